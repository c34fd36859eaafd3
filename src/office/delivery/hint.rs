//! The line that a copy carries after presses may have been lost: one quiet edit shows it, every later edit keeps it.

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::Address;
use crate::ctx::Ctx;
use crate::domain::delivery::LEASE;
use crate::domain::hearing::Gap;
use crate::ids::{AttemptId, DeliveryId};
use crate::office::Outcome;
use crate::office::delivery::{Edit, words};
use crate::store::blind::{self, HintRow};
use crate::store::delivery::count_line;
use crate::store::{self, Tx};

/// Times that one copy speaks of; of more the newest.
const SAID_MOST: usize = 3;
/// Copies edited in one round.
const ROUND_MOST: i64 = 50;

/// What an edit is made for.
#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    /// The count line of a delivery.
    Count(DeliveryId),
    /// The word on lost presses, booked until an instant.
    Hint(AttemptId, DateTime<Utc>),
}

/// What a copy has to say, in order of time.
pub(super) async fn gaps(tx: &mut Tx, copy: AttemptId) -> Outcome<Vec<Gap>> {
    let mut said = blind::of_copy(tx, copy).await?;
    said.truncate(SAID_MOST);
    Ok(said.into_iter().rev().map(Gap::from).collect())
}

/// The copies to edit now; each is booked before its call, and its count line rests for `pause`.
pub(super) async fn book(tx: &mut Tx, ctx: &Ctx, pause: TimeDelta) -> Outcome<Vec<Edit>> {
    let now = ctx.now();
    let mut edits = Vec::new();
    for row in blind::due(tx, now, ROUND_MOST).await? {
        let again = now + LEASE.max(pause);
        blind::book(tx, row.attempt_id, again).await?;
        count_line::rest(tx, row.delivery_id, now + pause).await?;
        edits.extend(edit(tx, ctx, row, again).await?);
    }
    Ok(edits)
}

async fn edit(tx: &mut Tx, ctx: &Ctx, row: HintRow, again: DateTime<Utc>) -> Outcome<Option<Edit>> {
    let Some(push) = store::push::find(tx, row.push_id).await? else { return Ok(None) };
    let outgoing = words(tx, ctx, &push, (row.attempt_id, row.possible_duplicate), row.count).await?;
    let address = Address { chat: row.chat, thread: None };
    Ok(Some(Edit { what: What::Hint(row.attempt_id, again), address, message_id: row.message_id, outgoing }))
}

/// An edit needs no other try: the copy shows it, or nobody can read the copy any more.
pub async fn edit_done(ctx: &Ctx, edit: &Edit) -> Outcome<()> {
    let (copy, booked) = match edit.what {
        What::Count(_) => return Ok(()),
        What::Hint(copy, booked) => (copy, booked),
    };
    let mut tx = ctx.store.write().await?;
    blind::shown(&mut tx, copy, booked).await?;
    Ok(tx.commit().await?)
}
