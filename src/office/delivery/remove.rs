//! Deleting copies of a push that was taken back.

use chrono::TimeDelta;
use serde_json::json;

use crate::channel::{Address, Deleted, SendError};
use crate::ctx::{Ctx, Line};
use crate::domain::alert::Alert;
use crate::domain::audit::Action;
use crate::domain::delivery::{LEASE, Removal as Became};
use crate::ids::PushId;
use crate::office::delivery::{SENDER, doubt, settle};
use crate::office::{Outcome, alert, note};
use crate::store::delivery::removal::{self, RemovalRow};
use crate::store::{self, Tx};

/// Pause before a deletion that did not arrive is tried again. Deleting twice does no harm.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// A deletion that is booked and may be made.
#[derive(Debug)]
pub struct Removal {
    row: RemovalRow,
    pub address: Address,
    pub message_id: String,
}

pub(super) async fn book(tx: &mut Tx, ctx: &Ctx, row: RemovalRow) -> Outcome<Removal> {
    removal::book(tx, row.attempt_id, ctx.now() + LEASE).await?;
    let address = Address { chat: row.chat.clone(), thread: None };
    let message_id = row.message_id.clone();
    Ok(Removal { row, address, message_id })
}

/// Stores what a deletion came to.
pub async fn removed(ctx: &Ctx, line: &Line, removal: &Removal, result: &Result<Deleted, SendError>) -> Outcome<()> {
    let Removal { row, .. } = removal;
    let mut tx = ctx.store.write().await?;
    let became = match result {
        Ok(Deleted::Done) => Some(Became::Done),
        Ok(Deleted::AlreadyGone) => Some(Became::Gone),
        Ok(Deleted::TooOld) => Some(Became::TooOld),
        // The copies of a group that moved stay under its old id, which nobody can write to.
        Err(SendError::Refused(_) | SendError::MarkupRefused(_) | SendError::Gone(_) | SendError::Migrated { .. }) => {
            Some(Became::Refused)
        }
        Err(SendError::Limited { retry_after }) => {
            let pause = TimeDelta::from_std(*retry_after).unwrap_or(PAUSE);
            settle::close_gate(&mut tx, ctx, line.id, (&row.chat, pause)).await?;
            removal::book(&mut tx, row.attempt_id, ctx.now() + pause).await?;
            None
        }
        Err(SendError::Unauthorized) => {
            settle::halt(&mut tx, ctx).await?;
            removal::book(&mut tx, row.attempt_id, ctx.now()).await?;
            None
        }
        Err(SendError::NotSent(_) | SendError::InDoubt(_)) => {
            removal::book(&mut tx, row.attempt_id, ctx.now() + PAUSE).await?;
            None
        }
    };
    if let Some(became) = became
        && removal::finish(&mut tx, row.attempt_id, became, ctx.now()).await?
    {
        let detail = json!({ "attempt": row.attempt_id, "removal": became.as_str() });
        note(&mut tx, ctx.now(), &SENDER, (Action::CopyRemove, format!("delivery:{}", row.delivery_id), detail));
        if became == Became::Refused {
            tell(&mut tx, ctx, row).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// A copy that stays although its push was taken back: someone has to delete it by hand.
async fn tell(tx: &mut Tx, ctx: &Ctx, row: &RemovalRow) -> Outcome<()> {
    let Some(delivery) = store::delivery::find(tx, row.delivery_id).await? else { return Ok(()) };
    let push = PushId(delivery.subject_id);
    let Some(of) = store::push::find(tx, push).await? else { return Ok(()) };
    let target = doubt::target(tx, (delivery.target_kind, delivery.target_id)).await?;
    let told = Alert::RemovalRefused { push, title: of.title, target, attempt: row.attempt_id.0 };
    alert::raise(tx, ctx, &told).await.map(drop)
}
