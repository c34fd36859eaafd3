//! The line that a copy carries after presses may have been lost: one quiet edit shows it, every later edit keeps it.

use crate::channel::Address;
use crate::ctx::Ctx;
use crate::domain::delivery::LEASE;
use crate::domain::hearing::Gap;
use crate::ids::AttemptId;
use crate::office::delivery::{Edit, compose};
use crate::office::{Outcome, Refusal, setting};
use crate::store::blind::{self, HintRow};
use crate::store::delivery::count_line;
use crate::store::{self, Tx};

/// Times that one copy speaks of; of more the newest.
const SAID_MOST: usize = 3;

/// What a copy has to say, in order of time.
pub(super) async fn gaps(tx: &mut Tx, copy: AttemptId) -> Outcome<Vec<Gap>> {
    let mut said = blind::of_copy(tx, copy).await?;
    said.truncate(SAID_MOST);
    Ok(said.into_iter().rev().map(Gap::from).collect())
}

/// Books the edit of a copy; its count line rests meanwhile. `None` when the copy cannot be made any more.
pub(super) async fn book(tx: &mut Tx, ctx: &Ctx, row: HintRow) -> Outcome<Option<Edit>> {
    let again = ctx.now() + LEASE.max(setting::load(tx, ctx.zone).await?.count_pause);
    blind::book(tx, row.attempt_id, again).await?;
    count_line::book(tx, row.delivery_id, again).await?;
    let push = store::push::find(tx, row.push_id).await?.ok_or(Refusal::UnknownPush(row.push_id.0))?;
    let outgoing = match compose::words(tx, ctx, &push, (row.attempt_id, row.possible_duplicate), row.count).await {
        Ok(outgoing) => outgoing,
        Err(Refusal::Store(error)) if error.is_trouble() => return Err(error.into()),
        Err(error) => {
            tracing::error!(%error, delivery = %row.delivery_id, "a copy cannot be made any more and stays as it is");
            blind::shown(tx, row.attempt_id, again).await?;
            return Ok(None);
        }
    };
    let address = Address { chat: row.chat, thread: None };
    let (delivery, count, hint) = (row.delivery_id, row.count, Some((row.attempt_id, again)));
    Ok(Some(Edit { delivery, count, hint, address, message_id: row.message_id, outgoing }))
}
