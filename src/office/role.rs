//! Roles: given, taken away, listed. Once there was an admin, there always is one.

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::{Act, Role, is_of_units};
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, authorise, note, staff, unit};
use crate::store::role::GrantRow;
use crate::store::staff::PersonRow;
use crate::store::unit::{OFFICE, UnitRow};
use crate::store::{self, Tx};

/// A role to give or to take away.
#[derive(Debug, Clone)]
pub struct Given {
    pub role: Role,
    /// Units as people name them; a parent stands for the leaves that it has now. Empty for the whole office.
    pub units: Vec<String>,
}

impl From<Role> for Given {
    fn from(role: Role) -> Self {
        Self { role, units: Vec::new() }
    }
}

/// What is wrong with a role and its units.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RoleFault {
    #[error("role {0:?} is given for units")]
    NeedsUnit(Role),
    #[error("role {0:?} is given for the whole office")]
    TakesNoUnit(Role),
}

/// Whose role was changed, and the units it was changed for.
#[derive(Debug, Clone)]
pub struct Changed {
    pub person: PersonRow,
    pub units: Vec<UnitRow>,
}

/// Gives a person a role.
pub async fn grant(ctx: &Ctx, actor: &Actor, staff_no: &str, given: impl Into<Given>) -> Outcome<Changed> {
    let given = given.into();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::RoleWrite).await?;
    let person = staff::present(&mut tx, staff_no).await?;
    if is_of_units(given.role) && given.units.is_empty() {
        return Err(RoleFault::NeedsUnit(given.role).into());
    }
    let units = named(&mut tx, &given).await?;
    let units = put(&mut tx, ctx, (person.id, given.role), units).await?;
    let units = units.ok_or_else(|| Refusal::RoleHeld { staff_no: person.staff_no.clone(), role: given.role })?;
    let changed = Changed { person, units };
    record(&mut tx, ctx, actor, (Action::RoleGrant, given.role, &changed));
    tx.commit().await?;
    Ok(changed)
}

/// The units a role is new for, none of them for a role of the whole office; `None` when all of it was held before.
async fn put(
    tx: &mut Tx,
    ctx: &Ctx,
    (staff, role): (StaffId, Role),
    units: Vec<UnitRow>,
) -> Outcome<Option<Vec<UnitRow>>> {
    if units.is_empty() {
        return Ok(store::role::grant(tx, staff, role, ctx.now()).await?.then(Vec::new));
    }
    let mut new = Vec::with_capacity(units.len());
    for unit in units {
        if store::role::grant_in(tx, staff, role, unit.id, ctx.now()).await? {
            new.push(unit);
        }
    }
    Ok(Some(new).filter(|new| !new.is_empty()))
}

/// Takes a role away, of units in those that are named or in all. The last admin keeps theirs. Someone who left the roster
/// has none in force, and may lose it for good, so that it does not come back with them.
pub async fn revoke(ctx: &Ctx, actor: &Actor, staff_no: &str, given: impl Into<Given>) -> Outcome<Changed> {
    let given = given.into();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::RoleWrite).await?;
    store::role::hold(&mut tx, Role::Admin).await?;
    let person = store::staff::find_by_no(&mut tx, staff_no.trim()).await?;
    let person = person.ok_or_else(|| Refusal::NotOnRoster(staff_no.to_owned()))?;
    let units = named(&mut tx, &given).await?;
    let everywhere = units.is_empty() && store::role::revoke(&mut tx, person.id, given.role, ctx.now()).await?;
    let mut taken = Vec::with_capacity(units.len());
    for unit in units {
        if store::role::revoke_in(&mut tx, person.id, given.role, unit.id, ctx.now()).await? {
            taken.push(unit);
        }
    }
    if !everywhere && taken.is_empty() {
        return Err(Refusal::RoleNotHeld { staff_no: person.staff_no, role: given.role });
    }
    if given.role == Role::Admin {
        guard_last_admin(&mut tx).await?;
    }
    let changed = Changed { person, units: taken };
    record(&mut tx, ctx, actor, (Action::RoleRevoke, given.role, &changed));
    tx.commit().await?;
    Ok(changed)
}

/// The leaf units that were named; only a role of units takes any.
async fn named(tx: &mut Tx, given: &Given) -> Outcome<Vec<UnitRow>> {
    if given.units.is_empty() {
        return Ok(Vec::new());
    }
    if !is_of_units(given.role) {
        return Err(RoleFault::TakesNoUnit(given.role).into());
    }
    let units = store::unit::list(tx, OFFICE).await?;
    let ids = unit::resolve(&units, &given.units)?;
    Ok(units.into_iter().filter(|unit| ids.contains(&unit.id)).collect())
}

fn record(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (action, role, changed): (Action, Role, &Changed)) {
    let mut detail = json!({ "role": role.as_str() });
    if !changed.units.is_empty() {
        detail["units"] = changed.units.iter().map(|unit| unit.id.0).collect();
    }
    note(tx, ctx.now(), actor, (action, format!("staff:{}", changed.person.id), detail));
}

/// Refuses what was done in this transaction when it leaves an office that had an admin without one: whoever takes an admin
/// off the roster, or their role away, asks here before the commit. Nobody could give the role again from chat.
pub(super) async fn guard_last_admin(tx: &mut Tx) -> Outcome<()> {
    let gone = staying_admins(tx).await?.is_empty() && store::role::was_granted(tx, Role::Admin).await?;
    if gone { Err(Refusal::LastAdmin) } else { Ok(()) }
}

/// The admins, but for those whose last day is known; nobody else changes them before the end of the transaction.
pub(super) async fn staying_admins(tx: &mut Tx) -> Outcome<Vec<StaffId>> {
    store::role::hold(tx, Role::Admin).await?;
    Ok(store::role::staying(tx, Role::Admin).await?)
}

/// Every role in force.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<GrantRow>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::RoleRead).await?;
    Ok(store::role::list(&mut tx).await?)
}
