//! Raw inbound updates: what waits to be worked through, what is done, and how long they are kept.

use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::alert::Alert;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::wall;
use crate::ids::InboxId;
use crate::office::{Outcome, alert, note, setting};
use crate::store;
use crate::store::inbox::InboxRow;

/// Updates taken up in one step: as many as one poll brings at most.
const STEP_MOST: i64 = 100;
/// Tries before an update is set aside: a fault that passes gets two more, a poison update does not come back for ever.
const TRIES_MOST: i64 = 3;
/// Updates forgotten in one transaction, so that presses do not wait for the writer.
const FORGET_MOST: i64 = 1_000;

/// Whether an update that failed comes up again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failed {
    /// It is tried again with the next step.
    Again,
    /// It used up its tries and is kept for someone to look at.
    SetAside,
}

/// The oldest updates that still wait.
pub async fn waiting(ctx: &Ctx, line: &Line) -> Outcome<Vec<InboxRow>> {
    let mut tx = ctx.store.read().await?;
    Ok(store::inbox::waiting(&mut tx, line.id, STEP_MOST).await?)
}

/// An update was worked through.
pub async fn done(ctx: &Ctx, update: InboxId) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    store::inbox::done(&mut tx, &[update]).await?;
    Ok(tx.commit().await?)
}

/// An update could not be worked through.
pub async fn failed(ctx: &Ctx, update: InboxId) -> Outcome<Failed> {
    let mut tx = ctx.store.write().await?;
    let tries = store::inbox::failed(&mut tx, update, TRIES_MOST).await?;
    if tries < TRIES_MOST {
        tx.commit().await?;
        return Ok(Failed::Again);
    }
    let actor = Actor::System { job: Job::Inbox };
    note(&mut tx, ctx.now(), &actor, (Action::UpdateAside, format!("inbox:{update}"), json!({ "tries": tries })));
    tx.commit().await?;
    // Apart: what keeps the admins from being told must not bring the update back.
    if let Err(error) = Box::pin(tell(ctx, update)).await {
        tracing::error!(%error, %update, "the admins could not be told of an update that was set aside");
    }
    Ok(Failed::SetAside)
}

async fn tell(ctx: &Ctx, update: InboxId) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    let day = wall::of(ctx.now(), ctx.zone).date();
    alert::raise(&mut tx, ctx, &Alert::UpdateAside { day, first: update.0 }).await?;
    Ok(tx.commit().await?)
}

/// Forgets updates whose days are over; the facts of a press stay. Returns how many.
pub async fn tidy(ctx: &Ctx) -> Outcome<u64> {
    let mut all = 0;
    loop {
        let mut tx = ctx.store.write().await?;
        let kept = setting::load(&mut tx, ctx.zone).await?.inbox_kept;
        let forgotten = store::inbox::forget(&mut tx, ctx.now() - kept, FORGET_MOST).await?;
        tx.commit().await?;
        all += forgotten;
        if forgotten == 0 {
            return Ok(all);
        }
    }
}
