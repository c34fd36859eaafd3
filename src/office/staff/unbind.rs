//! Accounts that are let go. What a person confirmed with one stays, and every binding that ends stands in the ledger.

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::channel::ChannelKind;
use crate::domain::policy::Act;
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, authorise, note};
use crate::store::account::On;
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};

/// A person whose account was let go.
#[derive(Debug, Clone)]
pub struct Unbound {
    pub person: PersonRow,
    /// The kinds of channels it was on.
    pub channels: Vec<ChannelKind>,
}

/// Lets a person's account go, on one kind of channel or on all: a phone that is lost.
pub async fn unbind(ctx: &Ctx, actor: &Actor, staff_no: &str, channel: Option<ChannelKind>) -> Outcome<Unbound> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::StaffWrite).await?;
    let person = store::staff::find_by_no(&mut tx, staff_no.trim()).await?;
    let person = person.ok_or_else(|| Refusal::NotOnRoster(staff_no.to_owned()))?;
    let channels = let_go(&mut tx, ctx, actor, (person.id, channel.map_or(On::Every, On::Kind))).await?;
    if channels.is_empty() {
        return Err(Refusal::NotBound(person.staff_no));
    }
    tx.commit().await?;
    Ok(Unbound { person, channels })
}

/// The same inside a transaction; empty when nothing was bound there.
pub(in crate::office) async fn let_go(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (staff, on): (StaffId, On),
) -> Outcome<Vec<ChannelKind>> {
    let channels = store::account::unbind(tx, staff, on, ctx.now()).await?;
    if !channels.is_empty() {
        let detail = json!({ "channels": channels.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() });
        note(tx, ctx.now(), actor, (Action::StaffUnbind, format!("staff:{staff}"), detail));
    }
    Ok(channels)
}
