//! Leaving the chats that nobody of the office stands for.

use crate::channel::SendError;
use crate::ctx::{Ctx, Line};
use crate::office::{Outcome, group};

/// Leaves the chats whose time is over, and tells admins who joined meanwhile of those that wait for an answer.
pub async fn step(ctx: &Ctx, line: &Line) -> Outcome<()> {
    group::tell(ctx).await?;
    for chat in group::due(ctx, line).await? {
        match line.channel.leave(&chat.external_id).await {
            // A chat that is gone, or that the bot was removed from, is left.
            Ok(()) | Err(SendError::Gone(_)) => group::departed(ctx, chat.id).await?,
            Err(error) => {
                tracing::warn!(%error, group = %chat.id, "a chat could not be left yet");
                group::put_off(ctx, chat.id).await?;
            }
        }
    }
    Ok(())
}
