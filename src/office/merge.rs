//! Two staff numbers of one person are made one. What hangs on the first goes over to the second: the bound account, roles,
//! absences that are not over, reminders that wait. Frozen audiences and confirmations stay with the number under which they
//! were made.

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::{Act, Role};
use crate::domain::wall;
use crate::office::{Outcome, Refusal, authorise, note, staff};
use crate::store::merge::Merge;
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};

/// Why two staff numbers are not made one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MergeFault {
    #[error("the two numbers are one")]
    Same,
    #[error("{from} was merged into {into}")]
    Already { from: String, into: String },
    #[error("accounts are bound to both on one channel")]
    BothBound { from: String, into: String },
    #[error("the numbers bear different names")]
    OtherName { from: String, into: String },
    #[error("absences of both overlap")]
    LeaveOverlaps { from: String, into: String },
}

/// Whether two names that differ were said to be one person's: a number that is typed wrong would hand somebody's account,
/// roles and record to somebody else, and nothing takes that back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherName {
    Refused,
    Stated,
}

/// What went over.
#[derive(Debug, Clone)]
pub struct Merged {
    pub from: PersonRow,
    pub into: PersonRow,
    pub bindings: usize,
    pub leave: u64,
    pub roles: Vec<Role>,
}

/// Makes `from` a former number of the person of `into`. What was frozen for the former number is confirmed by whoever is
/// bound to the other from now on.
pub async fn merge(ctx: &Ctx, actor: &Actor, (from, into): (&str, &str), other_name: OtherName) -> Outcome<Merged> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::StaffWrite).await?;
    let from = any(&mut tx, from).await?;
    let into = staff::present(&mut tx, into).await?;
    if from.id == into.id {
        return Err(MergeFault::Same.into());
    }
    let numbers = || (from.staff_no.clone(), into.staff_no.clone());
    if let Some(known) = store::merge::merged_into(&mut tx, from.id).await? {
        return Err(MergeFault::Already { from: from.staff_no, into: known }.into());
    }
    if other_name == OtherName::Refused && !from.name.is_empty() && from.name != into.name {
        let (from, into) = numbers();
        return Err(MergeFault::OtherName { from, into }.into());
    }
    let today = wall::of(ctx.now(), ctx.zone).date();
    let merge = Merge { from: from.id, into: into.id, at: ctx.now() };
    if store::merge::both_bound(&mut tx, merge).await? {
        let (from, into) = numbers();
        return Err(MergeFault::BothBound { from, into }.into());
    }
    store::leave::hold(&mut tx, &[from.id, into.id]).await?;
    if store::merge::leave_overlaps(&mut tx, merge, today).await? {
        let (from, into) = numbers();
        return Err(MergeFault::LeaveOverlaps { from, into }.into());
    }
    let roles = store::merge::roles(&mut tx, from.id).await?;
    if !roles.is_empty() {
        authorise(&mut tx, actor, Act::RoleWrite).await?;
    }
    let bindings = store::merge::move_bindings(&mut tx, merge).await?;
    let leave = store::merge::copy_leave(&mut tx, merge, today).await?;
    store::merge::move_roles(&mut tx, merge).await?;
    store::merge::move_mute(&mut tx, merge).await?;
    store::merge::move_nudges(&mut tx, merge).await?;
    store::merge::close(&mut tx, merge).await?;
    store::office::bump_roster(&mut tx).await?;
    let words: Vec<&str> = roles.iter().map(|role| role.as_str()).collect();
    let detail = json!({ "into": into.id, "bindings": bindings, "leave": leave, "roles": words });
    note(&mut tx, ctx.now(), actor, (Action::StaffMerge, format!("staff:{}", from.id), detail));
    tx.commit().await?;
    Ok(Merged { from, into, bindings, leave, roles })
}

/// The person of a staff number, also when they left the roster.
async fn any(tx: &mut Tx, staff_no: &str) -> Outcome<PersonRow> {
    let person = store::staff::find_by_no(tx, staff_no.trim()).await?;
    person.ok_or_else(|| Refusal::NotOnRoster(staff_no.trim().to_owned()))
}
