//! Whoever writes or presses in the name of a group: the platform tells of no person, so nothing of it counts.

use crate::ctx::{Ctx, Line};
use crate::domain::wall;
use crate::office::Outcome;
use crate::store;

/// What was written in the name of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Meant<'a> {
    /// A command to the bot.
    Command,
    /// A confirmation, in reply to a message.
    Reply(&'a str),
}

/// Whether the chat is to be told now that nobody can be told from that: once a day, where the bot speaks at all.
pub async fn hint(ctx: &Ctx, line: &Line, chat: &str, meant: Meant<'_>) -> Outcome<bool> {
    let mut tx = ctx.store.write().await?;
    let ours = match meant {
        Meant::Command => true,
        Meant::Reply(message) => !store::delivery::copies_of_messages(&mut tx, &[(chat, message)]).await?.is_empty(),
    };
    if !ours || !store::halt::list(&mut tx).await?.is_empty() {
        return Ok(false);
    }
    let today = wall::of(ctx.now(), ctx.zone).date();
    let due = store::group::hint(&mut tx, line.id, chat, today).await?;
    tx.commit().await?;
    Ok(due)
}
