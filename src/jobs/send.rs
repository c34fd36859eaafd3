//! One step of sending: claim what is due, commit to each call, make it, store what it came to.

use chrono::{DateTime, TimeDelta, Utc};

use crate::channel::{Edited, SendError};
use crate::crash;
use crate::ctx::{Ctx, Line};
use crate::office::delivery::{self, Call, Edit};
use crate::office::{Outcome, Refusal};
use crate::store::delivery::DeliveryRow;

/// Pause before an edit that did not arrive is tried again.
const EDIT_PAUSE: TimeDelta = TimeDelta::seconds(60);
/// Times a result is offered to the database before it is left for the next start, which finds it in doubt.
const SETTLE_TRIES: u32 = 5;
/// Pause between two of them.
const SETTLE_PAUSE: std::time::Duration = std::time::Duration::from_millis(500);

/// Sends everything that is due now and edits the count lines that may be edited. Returns when the next falls due.
pub async fn step(ctx: &Ctx, line: &Line) -> Outcome<Option<DateTime<Utc>>> {
    loop {
        let claimed = delivery::claim(ctx).await?;
        if claimed.is_empty() {
            break;
        }
        // One that fails keeps its claim until the lease runs out, and holds up none of the others.
        for one in claimed {
            let id = one.id;
            if let Err(error) = deliver(ctx, line, one).await {
                tracing::error!(%error, delivery = %id, "a message could not be worked on");
            }
        }
    }
    for edit in delivery::edits(ctx).await? {
        change(ctx, line, &edit).await?;
    }
    delivery::next_due(ctx).await
}

async fn deliver(ctx: &Ctx, line: &Line, claimed: DeliveryRow) -> Outcome<()> {
    crash::point("before_attempt");
    match delivery::begin(ctx, line, claimed).await? {
        Some(call) => {
            crash::point("after_attempt");
            send(ctx, line, &call).await
        }
        None => Ok(()),
    }
}

async fn send(ctx: &Ctx, line: &Line, call: &Call) -> Outcome<()> {
    let result = line.channel.send(&call.address, &call.outgoing, call.style).await;
    crash::point("after_reply");
    if let Err(error) = &result {
        tracing::warn!(%error, "a message was not sent, or nobody knows");
    }
    let mut tries = 1;
    loop {
        match delivery::settle(ctx, line, call, &result).await {
            Ok(_) => {
                crash::point("after_result_commit");
                return Ok(());
            }
            Err(Refusal::Store(error)) if tries < SETTLE_TRIES => {
                tracing::error!(%error, "what a call came to could not be stored yet");
                tries += 1;
                ctx.clock.sleep(SETTLE_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn change(ctx: &Ctx, line: &Line, edit: &Edit) -> Outcome<()> {
    match line.channel.edit(&edit.address, &edit.message_id, &edit.outgoing).await {
        Ok(Edited::Changed | Edited::Unchanged | Edited::Lost) => delivery::edit_done(ctx, edit).await,
        Err(SendError::Limited { retry_after }) => {
            let pause = TimeDelta::from_std(retry_after).unwrap_or(EDIT_PAUSE);
            delivery::edit_failed(ctx, edit, pause).await
        }
        Err(SendError::NotSent(_) | SendError::InDoubt(_) | SendError::Unauthorized) => {
            delivery::edit_failed(ctx, edit, EDIT_PAUSE).await
        }
        // The chat or the words are refused: another try would be refused as well, and the number stands in the report.
        Err(SendError::Gone(_) | SendError::Refused(_) | SendError::MarkupRefused(_) | SendError::Migrated { .. }) => {
            delivery::edit_done(ctx, edit).await
        }
    }
}
