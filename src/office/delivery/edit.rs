//! Edits of sent messages: count lines, at most once in their pause and in the end to the last number, and the word on
//! presses that may be lost.

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::{Address, Edited, SendError};
use crate::ctx::{Ctx, Line};
use crate::domain::ack::takes_presses;
use crate::domain::delivery::{DeliveryKind, LEASE, TargetKind};
use crate::ids::{AttemptId, DeliveryId, PushId};
use crate::message::outgoing::Outgoing;
use crate::office::delivery::{compose, settle};
use crate::office::{Outcome, Refusal, setting};
use crate::store::delivery::count_line::{self, DueRow};
use crate::store::{self, Tx, blind};

/// Pause before an edit that did not arrive is tried again.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// For how long after an edit its number is compared with the presses again: several times as long as a transaction lasts, and at
/// a start for what the program before could not compare any more.
pub const RECOUNTED_FOR: TimeDelta = TimeDelta::minutes(10);
pub const RECOUNTED_AT_START: TimeDelta = TimeDelta::days(1);

/// What a copy shows whose words nobody knows: no number, so that an edit says the right one.
const UNKNOWN: i64 = -1;

/// An edit that is booked and may be made.
#[derive(Debug)]
pub struct Edit {
    pub(super) delivery: DeliveryId,
    /// The number the copy then shows, when it shows one.
    pub(super) count: Option<i64>,
    /// The copy that then speaks of lost presses, and until when that is booked.
    pub(super) hint: Option<(AttemptId, DateTime<Utc>)>,
    pub address: Address,
    pub message_id: String,
    pub outgoing: Outgoing,
}

/// Books an edit; `None` when there is nothing to say after all.
pub(super) async fn book(tx: &mut Tx, ctx: &Ctx, row: DueRow) -> Outcome<Option<Edit>> {
    let pause = setting::load(tx, ctx.zone).await?.count_pause;
    if row.count == row.shown {
        count_line::show(tx, row.delivery_id, row.count, ctx.now() + pause).await?;
        return Ok(None);
    }
    count_line::book(tx, row.delivery_id, ctx.now() + LEASE.max(pause)).await?;
    let outgoing = match words(tx, ctx, &row).await {
        Ok(outgoing) => outgoing,
        Err(Refusal::Store(error)) if error.is_trouble() => return Err(error.into()),
        Err(error) => {
            tracing::error!(%error, delivery = %row.delivery_id, "a count line cannot be made and is no longer kept");
            count_line::remove(tx, row.delivery_id).await?;
            return Ok(None);
        }
    };
    let address = Address { chat: row.chat, thread: None };
    let (delivery, count) = (row.delivery_id, Some(row.count));
    Ok(Some(Edit { delivery, count, hint: None, address, message_id: row.message_id, outgoing }))
}

async fn words(tx: &mut Tx, ctx: &Ctx, row: &DueRow) -> Outcome<Outgoing> {
    let push = store::push::find(tx, row.push_id).await?.ok_or(Refusal::UnknownPush(row.push_id.0))?;
    compose::words(tx, ctx, &push, (row.attempt_id, row.possible_duplicate), Some(row.count)).await
}

/// Stores what an edit came to.
pub async fn edited(ctx: &Ctx, line: &Line, edit: &Edit, result: &Result<Edited, SendError>) -> Outcome<()> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    match result {
        Ok(Edited::Changed | Edited::Unchanged) => {
            let pause = setting::load(&mut tx, ctx.zone).await?.count_pause;
            if let Some(count) = edit.count {
                count_line::show(&mut tx, edit.delivery, count, now + pause).await?;
            }
            edit.hinted(&mut tx).await?;
        }
        // Gone, or refused for good: another try would be refused as well, and the number stands in the report.
        Ok(Edited::Lost)
        | Err(SendError::Gone(_) | SendError::Refused(_) | SendError::MarkupRefused(_) | SendError::Migrated { .. }) => {
            count_line::remove(&mut tx, edit.delivery).await?;
            edit.hinted(&mut tx).await?;
        }
        Err(SendError::Limited { retry_after }) => {
            let pause = TimeDelta::from_std(*retry_after).unwrap_or(PAUSE);
            settle::close_gate(&mut tx, ctx, line.id, (&edit.address.chat, pause)).await?;
            edit.put_off(&mut tx, now + pause).await?;
        }
        Err(SendError::Unauthorized) => {
            settle::halt(&mut tx, ctx).await?;
            edit.put_off(&mut tx, now).await?;
        }
        Err(SendError::NotSent(_) | SendError::InDoubt(_)) => edit.put_off(&mut tx, now + PAUSE).await?,
    }
    Ok(tx.commit().await?)
}

impl Edit {
    /// The copy speaks of lost presses, or nobody can read it any more.
    async fn hinted(&self, tx: &mut Tx) -> Outcome<()> {
        if let Some((copy, booked)) = self.hint {
            blind::shown(tx, copy, booked).await?;
        }
        Ok(())
    }

    /// It did not arrive and is tried again.
    async fn put_off(&self, tx: &mut Tx, again: DateTime<Utc>) -> Outcome<()> {
        if let Some((copy, _)) = self.hint {
            blind::book(tx, copy, again).await?;
        }
        Ok(count_line::book(tx, self.delivery, again).await?)
    }
}

/// Looks again at the numbers shown lately, so that the last one is shown in the end.
pub async fn recount(ctx: &Ctx, lately: TimeDelta) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    count_line::recount(&mut tx, ctx.now() - lately).await?;
    Ok(tx.commit().await?)
}

/// From now on the copy's count line is kept up to date.
pub(super) async fn start(tx: &mut Tx, ctx: &Ctx, (delivery, push): (DeliveryId, PushId), shown: i64) -> Outcome<()> {
    let pause = setting::load(tx, ctx.zone).await?.count_pause;
    count_line::add(tx, delivery, shown, ctx.now() + pause).await?;
    if store::ack::count(tx, push).await? != shown {
        count_line::touch(tx, &[push]).await?;
    }
    Ok(())
}

/// Copies turned out to be in their chats, and nobody knows which number they show: they are kept up to date from now on.
pub(in crate::office) async fn found(tx: &mut Tx, ctx: &Ctx, copies: &[AttemptId]) -> Outcome<()> {
    for copy in store::delivery::pushes_of_attempts(tx, copies).await? {
        let Some(delivery) = store::delivery::find(tx, copy.delivery_id).await? else { continue };
        if (delivery.kind, delivery.target_kind) != (DeliveryKind::Push, TargetKind::Group) {
            continue;
        }
        let Some(push) = store::push::find(tx, copy.push_id).await? else { continue };
        if takes_presses(push.state) && compose::shows_count(tx, ctx, &push).await? {
            start(tx, ctx, (delivery.id, push.id), UNKNOWN).await?;
        }
    }
    Ok(())
}
