//! A new key. The key file comes first and the database second: in between the file holds a key that is not in force yet,
//! which harms nothing, and the next run takes it up. The entry that tells of it is the last one under the key before.

use std::sync::Arc;

use serde_json::json;

use super::LedgerFault;
use crate::config::Config;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::office::db::Hold;
use crate::office::{Outcome, Refusal, authorise, note};
use crate::secret;
use crate::store::{self, Tx};

/// What was put in force.
#[derive(Debug)]
pub struct Rotated {
    /// Names the key before.
    pub from: String,
    /// Names the key from here on.
    pub to: String,
}

/// Puts a new key in force. A running service would go on with the key before: the hold shows that there is none on a SQLite
/// file, the leases that there is none on a server. One that is overlooked can write nothing until it is started again.
pub async fn rotate(ctx: &Ctx, actor: &Actor, config: &Config, hold: &Hold) -> Outcome<Rotated> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::KeyRotate).await?;
    if !hold.alone() {
        alone(&mut tx, ctx).await?;
    }
    let from = tx.keys().current().id().clone();
    drop(tx);
    let keys = Arc::new(secret::grow(&config.secret_file, &from)?);
    let to = keys.current().id().clone();
    let mut tx = ctx.store.write().await?;
    let detail = json!({ "from": from.as_str(), "to": to.as_str() });
    note(&mut tx, ctx.now(), actor, (Action::KeyRotate, "office".to_owned(), detail));
    tx.rotate_to(keys);
    tx.commit().await?;
    Ok(Rotated { from: from.to_string(), to: to.to_string() })
}

/// Some instance of a running service always has a lease.
async fn alone(tx: &mut Tx, ctx: &Ctx) -> Outcome<()> {
    let now = tx.lease_now(ctx.now()).await?;
    let leases = store::lease::list(tx).await?;
    match leases.into_iter().find(|lease| lease.until.utc() > now) {
        Some(lease) => Err(Refusal::Ledger(LedgerFault::ServiceRuns { owner: lease.owner })),
        None => Ok(()),
    }
}
