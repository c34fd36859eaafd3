//! People: who is on the roster, binding codes.

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, authorise_units, note, unit};
use crate::store::staff::PersonRow;
use crate::store::unit::OFFICE;
use crate::store::{self, StoreError, Tx};

/// Binding codes.
mod invite;
/// Accounts that are let go.
mod unbind;

pub(in crate::office) use invite::issue;
pub use invite::{Invited, Invitees, invite};
pub(in crate::office) use unbind::let_go;
pub use unbind::{Unbound, unbind};

/// A person with whether an account is bound to them.
#[derive(Debug, Clone)]
pub struct Listed {
    pub person: PersonRow,
    pub bound: bool,
}

/// Everyone on the roster that the actor may see, in roster order. Each look at these names is an entry in the ledger.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.write().await?;
    let allowed = authorise_units(&mut tx, actor, Act::RosterRead, &[]).await?;
    let mut people = all(&mut tx).await?;
    people.retain(|listed| allowed.covers(listed.person.unit_id));
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
