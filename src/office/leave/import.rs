//! A sheet of absences taken in whole, or refused with every problem it has.

use std::collections::HashMap;

use serde_json::json;

use super::LeaveFault;
use super::extend::{Past, extend};
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::leave::Span;
use crate::domain::leave::sheet::{Problem, ProblemKind, Sheet};
use crate::domain::policy::Act;
use crate::ids::StaffId;
use crate::office::roster::Mode;
use crate::office::{Outcome, authorise, note};
use crate::store::leave::{LeaveRow, NewLeave};
use crate::store::{self, Tx};

/// What a sheet came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Taken {
    pub added: usize,
    /// Rows that were recorded already, day by day the same.
    pub known: usize,
    /// Deadlines of open pushes that moved.
    pub moved: usize,
}

/// Takes a sheet in, or only tells what it would come to. A row that is recorded already changes nothing, so a sheet can be
/// taken in again after it was added to.
pub async fn import(ctx: &Ctx, actor: &Actor, sheet: &Sheet, mode: Mode) -> Outcome<Taken> {
    let mut tx = match mode {
        Mode::DryRun => ctx.store.read().await?,
        Mode::Apply => ctx.store.write().await?,
    };
    authorise(&mut tx, actor, Act::LeaveWrite).await?;
    let (new, known) = new_ones(&mut tx, sheet, mode).await?;
    let taken = Taken { added: new.len(), known, moved: 0 };
    if mode == Mode::DryRun {
        return Ok(taken);
    }
    store::leave::add_many(&mut tx, &new, ctx.now()).await?;
    let spans: Vec<(StaffId, Span)> =
        new.iter().map(|leave| (leave.staff_id, Span { from: leave.starts_on, to: leave.ends_on })).collect();
    let moved = extend(&mut tx, ctx, &spans, Past::Too).await?;
    let detail = json!({ "added": new.len(), "known": known, "moved": moved });
    note(&mut tx, ctx.now(), actor, (Action::LeaveImport, "roster".to_owned(), detail));
    tx.commit().await?;
    Ok(Taken { moved, ..taken })
}

/// The rows that are not recorded yet, with how many are; every problem when there is one.
async fn new_ones(tx: &mut Tx, sheet: &Sheet, mode: Mode) -> Outcome<(Vec<NewLeave>, usize)> {
    let people: HashMap<String, StaffId> =
        store::staff::roster(tx).await?.into_iter().map(|person| (person.staff_no, person.id)).collect();
    let ids: Vec<StaffId> = sheet.entries.iter().filter_map(|entry| people.get(&entry.staff_no)).copied().collect();
    if mode == Mode::Apply {
        store::leave::hold(tx, &ids).await?;
    }
    let mut recorded: HashMap<StaffId, Vec<LeaveRow>> = HashMap::new();
    for row in store::leave::of_many(tx, &ids).await?.into_iter().filter(|row| !row.declared) {
        recorded.entry(row.staff_id).or_default().push(row);
    }
    let mut problems = sheet.problems.clone();
    let (mut new, mut known) = (Vec::new(), 0);
    for entry in &sheet.entries {
        let mut tell = |kind| problems.push(Problem { row: Some(entry.row), kind });
        let Some(staff_id) = people.get(&entry.staff_no).copied() else {
            tell(ProblemKind::NotOnRoster(entry.staff_no.clone()));
            continue;
        };
        let others = recorded.get(&staff_id).map_or(&[][..], Vec::as_slice);
        match others.iter().find(|row| row.span().overlaps(entry.span)) {
            Some(same) if same.span() == entry.span && same.category == entry.category => known += 1,
            Some(other) => tell(ProblemKind::OverlapsRecorded(other.span())),
            None => {
                let (category, Span { from, to }) = (entry.category, entry.span);
                new.push(NewLeave { staff_id, category, starts_on: from, ends_on: to, declared: false });
            }
        }
    }
    if problems.is_empty() {
        return Ok((new, known));
    }
    problems.sort_by_key(|problem| problem.row);
    Err(LeaveFault::Sheet(problems).into())
}
