//! What a person in chat has no right to: put on record, and answered by whoever asked the use case.

use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::office::{self, Outcome};

/// What a use case came to; `None` when the person may not, which is on record then. Every use case that an update leads to
/// with a person as its actor comes through here.
pub(super) async fn permitted<T>(ctx: &Ctx, actor: &Actor, outcome: Outcome<T>) -> Outcome<Option<T>> {
    match outcome {
        Ok(done) => Ok(Some(done)),
        Err(refusal) if refusal.denied().is_some() => {
            office::refused(ctx, actor, &refusal).await?;
            Ok(None)
        }
        Err(refusal) => Err(refusal),
    }
}
