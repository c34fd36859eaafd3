//! Raw inbound updates: what waits to be worked through, what is done, and how long texts are kept.

use crate::ctx::{Ctx, Line};
use crate::ids::InboxId;
use crate::office::{Outcome, setting};
use crate::store;
use crate::store::inbox::InboxRow;

/// Updates taken up in one step: as many as one poll brings at most.
const STEP_MOST: i64 = 100;
/// Tries before an update is set aside: a fault that passes gets two more, a poison update does not come back for ever.
const TRIES_MOST: i64 = 3;

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
    tx.commit().await?;
    Ok(if tries >= TRIES_MOST { Failed::SetAside } else { Failed::Again })
}

/// Erases raw texts whose days are over; the facts of a press stay. Returns how many.
pub async fn tidy(ctx: &Ctx) -> Outcome<u64> {
    let mut tx = ctx.store.write().await?;
    let kept = setting::load(&mut tx, ctx.zone).await?.inbox_kept;
    let erased = store::inbox::forget_raw(&mut tx, ctx.now() - kept).await?;
    tx.commit().await?;
    Ok(erased)
}
