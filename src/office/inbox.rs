//! Keeping of raw inbound texts.

use crate::ctx::Ctx;
use crate::office::{Outcome, setting};
use crate::store;

/// Erases raw texts whose days are over; the facts of a press stay. Returns how many.
pub async fn tidy(ctx: &Ctx) -> Outcome<u64> {
    let mut tx = ctx.store.write().await?;
    let kept = setting::load(&mut tx, ctx.zone).await?.inbox_kept;
    let erased = store::inbox::forget_raw(&mut tx, ctx.now() - kept).await?;
    tx.commit().await?;
    Ok(erased)
}
