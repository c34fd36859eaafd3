//! Absences: recorded by an admin, declared by the person, ended, withdrawn, taken in from a file. Whoever is frozen into a push
//! later is judged by them; of the open pushes only deadlines move, and only later.

mod extend;
mod import;

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::leave::sheet::Problem;
use crate::domain::leave::{Effect, LeaveCategory, Span, effect, latest_return};
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::ids::{LeaveId, StaffId};
use crate::office::staff::present;
use crate::office::{Outcome, Refusal, authorise, authorise_units, calendar, note};
use crate::store::leave::{LeaveRow, NewLeave};
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};

use extend::{Past, extend};
pub use import::{Taken, import};

/// Why an absence was not recorded or changed.
#[derive(Debug, thiserror::Error)]
pub enum LeaveFault {
    #[error("it ends before it starts")]
    Backwards,
    #[error("it overlaps another")]
    Overlaps,
    #[error("the last day of {0:?} must be known")]
    NeedsEnd(LeaveCategory),
    #[error("there is none: {0}")]
    None(String),
    #[error("several could be meant")]
    Which(Vec<LeaveId>),
    #[error("the last day must lie in {0:?}")]
    End(Span),
    #[error("the day of return must lie after {today} and not after {latest}")]
    ReturnDay { today: NaiveDate, latest: NaiveDate },
    #[error("the sheet has problems")]
    Sheet(Vec<Problem>),
}

/// An absence to record.
#[derive(Debug, Clone)]
pub struct Leave {
    pub staff_no: String,
    pub category: LeaveCategory,
    pub from: NaiveDate,
    /// Last day; open without one.
    pub to: Option<NaiveDate>,
}

/// An absence that was recorded.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub person: PersonRow,
    pub leave: LeaveId,
    pub effect: Effect,
    /// Deadlines of open pushes that moved.
    pub moved: usize,
}

/// An absence with whose it is.
#[derive(Debug, Clone)]
pub struct Listed {
    pub row: LeaveRow,
    pub person: PersonRow,
    /// Looked at alone.
    pub effect: Effect,
}

/// Which absence is meant.
#[derive(Debug, Clone)]
pub enum Which {
    Id(LeaveId),
    /// The one of this staff number that has not ended.
    Of(String),
}

/// How an absence ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With this day as its last.
    On(NaiveDate),
    /// It was recorded by mistake.
    Withdrawn,
}

/// When a person said they are back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Declared {
    pub return_day: NaiveDate,
    /// Until when they may confirm now, when something waits for them whose deadline moved.
    pub deadline: Option<DateTime<Utc>>,
}

fn today(ctx: &Ctx) -> NaiveDate {
    wall::of(ctx.now(), ctx.zone).date()
}

/// Records an absence. Two that an admin records may not share a day; what the person declared may lie beside it.
pub async fn add(ctx: &Ctx, actor: &Actor, leave: &Leave) -> Outcome<Recorded> {
    let mut tx = ctx.store.write().await?;
    let recorded = add_in(&mut tx, ctx, actor, leave).await?;
    tx.commit().await?;
    Ok(recorded)
}

/// The same inside a transaction.
pub(super) async fn add_in(tx: &mut Tx, ctx: &Ctx, actor: &Actor, leave: &Leave) -> Outcome<Recorded> {
    let span = Span { from: leave.from, to: leave.to };
    check(leave.category, span)?;
    authorise(tx, actor, Act::LeaveWrite).await?;
    let person = present(tx, &leave.staff_no).await?;
    store::leave::hold(tx, &[person.id]).await?;
    let others = store::leave::of_many(tx, &[person.id]).await?;
    if others.iter().any(|other| !other.declared && other.span().overlaps(span)) {
        return Err(LeaveFault::Overlaps.into());
    }
    let (staff_id, category) = (person.id, leave.category);
    let new = NewLeave { staff_id, category, starts_on: leave.from, ends_on: leave.to, declared: false };
    let id = store::leave::add(tx, &new, ctx.now()).await?;
    let moved = extend(tx, ctx, &[(person.id, span)], Past::Too).await?;
    let detail = json!({ "leave": id, "from": leave.from, "to": leave.to, "moved": moved });
    note(tx, ctx.now(), actor, (Action::LeaveAdd, format!("staff:{}", person.id), detail));
    Ok(Recorded { person, leave: id, effect: effect(category, span), moved })
}

fn check(category: LeaveCategory, span: Span) -> Outcome<()> {
    match span.to {
        Some(to) if to < span.from => Err(LeaveFault::Backwards.into()),
        None if category.needs_end() => Err(LeaveFault::NeedsEnd(category).into()),
        Some(_) | None => Ok(()),
    }
}

/// The days that a person who says they are away is asked about first: the next two workdays.
pub async fn return_days(ctx: &Ctx) -> Outcome<[NaiveDate; 2]> {
    let mut tx = ctx.store.read().await?;
    let calendar = calendar::load(&mut tx, ctx).await?;
    Ok(crate::domain::leave::return_days(&calendar, today(ctx)))
}

/// 本人申报: a person says on which day they are back. Nobody approves it and no reason is asked. A later word replaces an
/// earlier one; deadlines that moved stay where they are, and one that has passed does not come back.
pub async fn declare(ctx: &Ctx, actor: &Actor, staff: StaffId, return_day: NaiveDate) -> Outcome<Declared> {
    let mut tx = ctx.store.write().await?;
    let declared = declare_in(&mut tx, ctx, actor, (staff, return_day)).await?;
    tx.commit().await?;
    Ok(declared)
}

/// The same inside a transaction.
pub(super) async fn declare_in(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (staff, return_day): (StaffId, NaiveDate),
) -> Outcome<Declared> {
    match actor {
        Actor::Staff { id, .. } if *id == staff => {}
        Actor::Staff { .. } | Actor::Operator { .. } | Actor::System { .. } => {
            return Err(Refusal::Forbidden { actor: actor.to_string(), act: Act::LeaveWrite });
        }
    }
    let person = store::staff::find(tx, staff).await?.filter(|person| person.left_at.is_none());
    let person = person.ok_or_else(|| Refusal::NotOnRoster(staff.to_string()))?;
    let (from, latest) = (today(ctx), latest_return(today(ctx)));
    let last = return_day.pred_opt().filter(|last| *last >= from && return_day <= latest);
    let last = last.ok_or(LeaveFault::ReturnDay { today: from, latest })?;
    store::leave::hold(tx, &[staff]).await?;
    let earlier = store::leave::of_many(tx, &[staff]).await?;
    for row in earlier.iter().filter(|row| row.declared && row.ends_on.is_none_or(|end| end >= from)) {
        replace(tx, ctx, row, from).await?;
    }
    let category = LeaveCategory::Away;
    let new = NewLeave { staff_id: staff, category, starts_on: from, ends_on: Some(last), declared: true };
    let id = store::leave::add(tx, &new, ctx.now()).await?;
    let span = Span { from, to: Some(last) };
    let moved = extend(tx, ctx, &[(staff, span)], Past::Never).await?;
    let deadline = store::deadline::next(tx, staff, ctx.now()).await?.map(store::At::utc);
    let detail = json!({ "leave": id, "from": from, "to": last, "moved": moved });
    note(tx, ctx.now(), actor, (Action::LeaveDeclare, format!("staff:{}", person.id), detail));
    Ok(Declared { return_day, deadline })
}

/// Ends what a person said before with yesterday; what began today never was.
async fn replace(tx: &mut Tx, ctx: &Ctx, row: &LeaveRow, today: NaiveDate) -> Outcome<()> {
    match today.pred_opt().filter(|yesterday| *yesterday >= row.starts_on) {
        Some(yesterday) => store::leave::end(tx, row.id, yesterday).await?,
        None => store::leave::withdraw(tx, row.id, ctx.now()).await?,
    }
    Ok(())
}

/// Absences the actor may see: of one person all there ever were, of everybody those that have not ended. Each look is an
/// entry in the ledger.
pub async fn list(ctx: &Ctx, actor: &Actor, staff_no: Option<&str>) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.write().await?;
    // First the right, so that nobody without one learns who is on the roster.
    let allowed = authorise_units(&mut tx, actor, Act::LeaveRead, &[]).await?;
    let (people, rows, subject) = if let Some(no) = staff_no {
        let person = store::staff::find_by_no(&mut tx, no.trim()).await?;
        let person = person.ok_or_else(|| Refusal::NotOnRoster(no.to_owned()))?;
        authorise_units(&mut tx, actor, Act::LeaveRead, &[person.unit_id]).await?;
        let rows = store::leave::of_staff(&mut tx, person.id).await?;
        let subject = format!("staff:{}", person.id);
        (vec![person], rows, subject)
    } else {
        let day = today(ctx);
        let rows = store::leave::standing(&mut tx, day).await?;
        let rows = rows.into_iter().filter(|row| row.ends_on.is_none_or(|end| end >= day)).collect();
        let mut people = store::staff::roster(&mut tx).await?;
        people.retain(|person| allowed.covers(person.unit_id));
        (people, rows, "roster".to_owned())
    };
    let mut listed: Vec<Listed> = Vec::new();
    for person in people {
        let of = rows.iter().filter(|row: &&LeaveRow| row.staff_id == person.id);
        listed.extend(of.map(|row| Listed {
            effect: effect(row.category, row.span()),
            row: row.clone(),
            person: person.clone(),
        }));
    }
    note(&mut tx, ctx.now(), actor, (Action::StaffView, subject, json!({ "leaves": listed.len() })));
    tx.commit().await?;
    Ok(listed)
}

/// Ends an absence early, gives an open one its last day, or takes back one that was recorded by mistake. Deadlines that it
/// moved stay where they are.
pub async fn end(ctx: &Ctx, actor: &Actor, which: &Which, ending: Ending) -> Outcome<Listed> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::LeaveWrite).await?;
    let row = meant(&mut tx, ctx, which).await?;
    let person = store::staff::find(&mut tx, row.staff_id).await?;
    let person = person.ok_or_else(|| Refusal::NotOnRoster(row.staff_id.to_string()))?;
    let last = match ending {
        Ending::On(last) if row.span().covers(last) => {
            store::leave::end(&mut tx, row.id, last).await?;
            Some(last)
        }
        Ending::On(_) => return Err(LeaveFault::End(row.span()).into()),
        Ending::Withdrawn => {
            store::leave::withdraw(&mut tx, row.id, ctx.now()).await?;
            None
        }
    };
    let detail = json!({ "leave": row.id, "last": last, "withdrawn": last.is_none() });
    note(&mut tx, ctx.now(), actor, (Action::LeaveEnd, format!("staff:{}", person.id), detail));
    let row = store::leave::find(&mut tx, row.id).await?.unwrap_or(row);
    tx.commit().await?;
    Ok(Listed { effect: effect(row.category, row.span()), row, person })
}

async fn meant(tx: &mut Tx, ctx: &Ctx, which: &Which) -> Outcome<LeaveRow> {
    match which {
        Which::Id(id) => {
            let row = store::leave::find(tx, *id).await?.filter(|row| row.withdrawn_at.is_none());
            row.ok_or_else(|| LeaveFault::None(id.to_string()).into())
        }
        Which::Of(no) => {
            let person = present(tx, no).await?;
            let day = today(ctx);
            let mut rows = store::leave::of_many(tx, &[person.id]).await?;
            rows.retain(|row| row.ends_on.is_none_or(|end| end >= day));
            match rows.as_slice() {
                [] => Err(LeaveFault::None(person.staff_no).into()),
                [only] => Ok(only.clone()),
                [..] => Err(LeaveFault::Which(rows.iter().map(|row| row.id).collect()).into()),
            }
        }
    }
}
