//! Who may do what, asked by every use case: the policy table against the roles in force. Chat and command line come through
//! here alike.

use std::collections::BTreeSet;

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::{Act, Role, Scope, scope};
use crate::ids::{StaffId, UnitId};
use crate::office::{Outcome, Refusal, note};
use crate::store::unit::OFFICE;
use crate::store::{self, Tx};

/// What an actor may see or change by one act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Allowed {
    /// Everything.
    Office,
    /// What belongs to these leaf units.
    Units(BTreeSet<UnitId>),
}

impl Allowed {
    /// Whether a unit is among them.
    pub fn covers(&self, unit: UnitId) -> bool {
        match self {
            Self::Office => true,
            Self::Units(units) => units.contains(&unit),
        }
    }
}

/// Refuses unless the actor may do `act` in the whole office. The machine's operator acts with an admin's rights.
pub async fn authorise(tx: &mut Tx, actor: &Actor, act: Act) -> Outcome<()> {
    match reach(tx, actor, act).await? {
        Some(Allowed::Office) => Ok(()),
        Some(Allowed::Units(_)) | None => Err(forbidden(actor, act)),
    }
}

/// What of the `asked` leaf units the actor may do `act` in; nothing asked means as far as the right reaches. Whoever asks
/// for one unit too many is refused, not given less.
pub async fn authorise_units(tx: &mut Tx, actor: &Actor, act: Act, asked: &[UnitId]) -> Outcome<Allowed> {
    let allowed = reach(tx, actor, act).await?.ok_or_else(|| forbidden(actor, act))?;
    let foreign: Vec<UnitId> = asked.iter().copied().filter(|unit| !allowed.covers(*unit)).collect();
    if !foreign.is_empty() {
        return Err(other_unit(tx, (actor, act), (&allowed, foreign)).await?);
    }
    Ok(if asked.is_empty() { allowed } else { Allowed::Units(asked.iter().copied().collect()) })
}

fn forbidden(actor: &Actor, act: Act) -> Refusal {
    Refusal::Forbidden { actor: actor.to_string(), act }
}

async fn other_unit(
    tx: &mut Tx,
    (actor, act): (&Actor, Act),
    (allowed, asked): (&Allowed, Vec<UnitId>),
) -> Outcome<Refusal> {
    let units = store::unit::list_all(tx, OFFICE).await?;
    let own = units.into_iter().filter(|unit| allowed.covers(unit.id)).map(|unit| unit.path).collect();
    Ok(Refusal::OtherUnit { actor: actor.to_string(), act, asked, own })
}

/// How far the actor may go with `act`; `None` is nowhere.
async fn reach(tx: &mut Tx, actor: &Actor, act: Act) -> Outcome<Option<Allowed>> {
    let staff = match actor {
        // A job of the program does what the program is for.
        Actor::System { .. } => return Ok(Some(Allowed::Office)),
        Actor::Operator { staff_no: None } => {
            let whole = scope(Role::Admin, act) == Scope::Office;
            return Ok(whole.then_some(Allowed::Office));
        }
        Actor::Operator { staff_no: Some(no) } => {
            let person = store::staff::find_by_no(tx, no).await?.filter(|person| person.left_at.is_none());
            person.ok_or_else(|| Refusal::NotOnRoster(no.clone()))?.id
        }
        Actor::Staff { id, .. } => *id,
    };
    of_person(tx, staff, act).await
}

async fn of_person(tx: &mut Tx, staff: StaffId, act: Act) -> Outcome<Option<Allowed>> {
    let mut whole = scope(Role::Staff, act) == Scope::Office;
    let mut units = BTreeSet::new();
    for grant in store::role::of_staff(tx, staff).await? {
        match (scope(grant.role, act), grant.unit_id) {
            (Scope::Office, None) => whole = true,
            // A role that was granted for a unit never reaches beyond it.
            (Scope::Office | Scope::OwnUnits, Some(unit)) => {
                units.insert(unit);
            }
            (Scope::OwnUnits, None) | (Scope::No, _) => {}
        }
    }
    Ok(if whole { Some(Allowed::Office) } else { Some(Allowed::Units(units)).filter(|units| *units != nothing()) })
}

fn nothing() -> Allowed {
    Allowed::Units(BTreeSet::new())
}

/// Puts on record that someone asked for what they have no right to; any other refusal is none of the ledger's business.
/// The use case's own transaction is undone, so this is one of its own.
pub async fn refused(ctx: &Ctx, actor: &Actor, refusal: &Refusal) -> Outcome<()> {
    if refusal.denied().is_none() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    note_refused(&mut tx, ctx, actor, refusal);
    Ok(tx.commit().await?)
}

/// The same inside a transaction that goes on.
pub(super) fn note_refused(tx: &mut Tx, ctx: &Ctx, actor: &Actor, refusal: &Refusal) {
    let Some((act, units)) = refusal.denied() else { return };
    let detail = if units.is_empty() { json!({}) } else { json!({ "units": units }) };
    note(tx, ctx.now(), actor, (Action::Refused, format!("act:{}", act.as_str()), detail));
}
