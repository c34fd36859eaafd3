//! The token was refused: everything waits, and the platform is asked now and then whether it takes it again.

use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::audit::Action;
use crate::domain::delivery::HaltCause;
use crate::office::delivery::SENDER;
use crate::office::{Outcome, note};
use crate::store;

/// Asks the platform once; when it answers, what was stopped for the token's sake goes on. True when it does.
pub async fn try_again(ctx: &Ctx, line: &Line) -> Outcome<bool> {
    if let Err(error) = line.channel.check().await {
        tracing::warn!(%error, "the platform was asked whether it takes our token again");
        return Ok(false);
    }
    let cause = HaltCause::Unauthorized;
    let mut tx = ctx.store.write().await?;
    if store::halt::lift(&mut tx, cause).await? {
        let detail = json!({ "cause": cause.as_str() });
        note(&mut tx, ctx.now(), &SENDER, (Action::OutgoingResume, "office:1".to_owned(), detail));
    }
    tx.commit().await?;
    Ok(true)
}
