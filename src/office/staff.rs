//! People: who is on the roster, binding codes, absences, roles.

use chrono::NaiveDate;
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::leave::LeaveCategory;
use crate::domain::policy::{Act, Role};
use crate::domain::push::covers;
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, authorise, note, unit};
use crate::store::leave::NewLeave;
use crate::store::role::GrantRow;
use crate::store::staff::PersonRow;
use crate::store::unit::OFFICE;
use crate::store::{self, StoreError, Tx};

/// Binding codes, and accounts that are let go.
mod invite;

pub(in crate::office) use invite::issue;
pub use invite::{Invited, Invitees, Unbound, invite, unbind};

/// A person with whether an account is bound to them.
#[derive(Debug, Clone)]
pub struct Listed {
    pub person: PersonRow,
    pub bound: bool,
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

/// Everyone on the roster, in roster order. Each look at these names is an entry in the ledger.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::RosterRead).await?;
    let people = all(&mut tx).await?;
    note(&mut tx, ctx.now(), actor, (Action::StaffView, "roster".to_owned(), json!({ "people": people.len() })));
    tx.commit().await?;
    Ok(people)
}

async fn all(tx: &mut Tx) -> Result<Vec<Listed>, StoreError> {
    let bound: std::collections::HashSet<StaffId> =
        store::account::bindings(tx).await?.into_iter().map(|binding| binding.staff_id).collect();
    let people = store::staff::roster(tx).await?;
    Ok(people.into_iter().map(|person| Listed { bound: bound.contains(&person.id), person }).collect())
}

/// The person of a staff number who is on the roster now.
pub(super) async fn present(tx: &mut Tx, staff_no: &str) -> Outcome<PersonRow> {
    let person = store::staff::find_by_no(tx, staff_no.trim()).await?.filter(|person| person.left_at.is_none());
    person.ok_or_else(|| Refusal::NotOnRoster(staff_no.to_owned()))
}

/// The people that a list of staff numbers and units means, each once.
pub(super) async fn pick(tx: &mut Tx, names: &[String]) -> Outcome<Vec<StaffId>> {
    let units = store::unit::list(tx, OFFICE).await?;
    let people = store::staff::roster(tx).await?;
    let mut picked = std::collections::HashSet::new();
    for name in names {
        if let Some(person) = people.iter().find(|person| person.staff_no == name.trim()) {
            picked.insert(person.id);
            continue;
        }
        let ids = unit::resolve(&units, std::slice::from_ref(name))?;
        picked.extend(people.iter().filter(|person| ids.contains(&person.unit_id)).map(|person| person.id));
    }
    Ok(people.iter().map(|person| person.id).filter(|id| picked.contains(id)).collect())
}

/// Records an absence that takes a person out of the count of pushes frozen on its days.
pub async fn add_leave(ctx: &Ctx, actor: &Actor, leave: &Leave) -> Outcome<PersonRow> {
    let mut tx = ctx.store.write().await?;
    let person = record_leave(&mut tx, ctx, actor, leave).await?;
    tx.commit().await?;
    Ok(person)
}

/// The same inside a transaction.
pub(super) async fn record_leave(tx: &mut Tx, ctx: &Ctx, actor: &Actor, leave: &Leave) -> Outcome<PersonRow> {
    if leave.to.is_some_and(|to| to < leave.from) {
        return Err(Refusal::LeaveBackwards);
    }
    authorise(tx, actor, Act::LeaveWrite).await?;
    let person = present(tx, &leave.staff_no).await?;
    let others = store::leave::of_staff(tx, person.id).await?;
    let overlaps = |(from, to): &(NaiveDate, Option<NaiveDate>)| {
        covers(*from, *to, leave.from) || covers(leave.from, leave.to, *from)
    };
    if others.iter().any(overlaps) {
        return Err(Refusal::LeaveOverlaps);
    }
    let new = NewLeave { staff_id: person.id, category: leave.category, starts_on: leave.from, ends_on: leave.to };
    let id = store::leave::add(tx, &new, ctx.now()).await?;
    let detail = json!({ "leave": id, "from": leave.from, "to": leave.to });
    note(tx, ctx.now(), actor, (Action::LeaveAdd, format!("staff:{}", person.id), detail));
    Ok(person)
}

/// Gives a person a role.
pub async fn grant(ctx: &Ctx, actor: &Actor, staff_no: &str, role: Role) -> Outcome<PersonRow> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::RoleWrite).await?;
    let person = present(&mut tx, staff_no).await?;
    if !store::role::grant(&mut tx, person.id, role, ctx.now()).await? {
        return Err(Refusal::RoleHeld { staff_no: person.staff_no, role });
    }
    let subject = format!("staff:{}", person.id);
    note(&mut tx, ctx.now(), actor, (Action::RoleGrant, subject, json!({ "role": role.as_str() })));
    tx.commit().await?;
    Ok(person)
}

/// Takes a role away; the last admin keeps theirs.
pub async fn revoke(ctx: &Ctx, actor: &Actor, staff_no: &str, role: Role) -> Outcome<PersonRow> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::RoleWrite).await?;
    let person = present(&mut tx, staff_no).await?;
    if !store::role::revoke(&mut tx, person.id, role, ctx.now()).await? {
        return Err(Refusal::RoleNotHeld { staff_no: person.staff_no, role });
    }
    let admins = store::role::list(&mut tx).await?.iter().filter(|grant| grant.role == Role::Admin).count();
    if role == Role::Admin && admins == 0 {
        return Err(Refusal::LastAdmin);
    }
    let subject = format!("staff:{}", person.id);
    note(&mut tx, ctx.now(), actor, (Action::RoleRevoke, subject, json!({ "role": role.as_str() })));
    tx.commit().await?;
    Ok(person)
}

/// Every role in force.
pub async fn roles(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<GrantRow>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::RosterRead).await?;
    Ok(store::role::list(&mut tx).await?)
}
