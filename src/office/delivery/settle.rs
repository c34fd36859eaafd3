//! One call, and what follows from what it came to.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::alert::Alert;
use crate::domain::audit::{Action, Job};
use crate::domain::delivery::{Before, DeliveryKind, DeliveryState, HaltCause, StopReason, TargetKind, step};
use crate::domain::word::GroupState;
use crate::ids::{AttemptId, ChannelId, DeliveryId, GroupId, PushId};
use crate::office::delivery::came::Came;
use crate::office::delivery::{Call, SENDER, doubt, edit, jitter_of, state_note};
use crate::office::{Outcome, Refusal, alert, group, note};
use crate::store::delivery::{AttemptRow, CallRecord, DeliveryRow};
use crate::store::{self, Tx};

/// Requests to wait in two chats within this time mean the whole bot.
const TOGETHER: TimeDelta = TimeDelta::seconds(5);

/// What a call came to, in a form that can be kept outside the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    channel: ChannelId,
    delivery: DeliveryId,
    attempt: AttemptId,
    /// The run of the program that made the attempt: ids alone may mean another one in data that was put back.
    boot: String,
    epoch: i64,
    /// The number the copy shows, when it shows one.
    count: Option<i64>,
    came: Came,
}

/// Makes the call of an attempt, unless the claim behind it is so old that another sender may take it before the call
/// would be over: this process may have stood still since.
pub async fn make(ctx: &Ctx, line: &Line, call: &Call) -> Report {
    let came = if call.held.trusted(ctx) {
        let result = line.channel.send(&call.address, &call.outgoing, call.style).await;
        if let Err(error) = &result {
            tracing::warn!(%error, delivery = %call.delivery.id, "a message was not sent, or nobody knows");
        }
        Came::of(result, call)
    } else {
        Came::Withheld
    };
    let (delivery, attempt, epoch) = (call.delivery.id, call.attempt.id, call.delivery.epoch);
    Report { channel: line.id, delivery, attempt, boot: call.attempt.boot.clone(), epoch, count: call.count, came }
}

/// Stores what a call came to, with everything that follows from it. Returns where the delivery stands now. Storing it
/// twice changes nothing more.
pub async fn settle(ctx: &Ctx, report: &Report) -> Outcome<DeliveryState> {
    match store_result(ctx, report, Follow::All).await {
        Err(Refusal::Store(error)) if error.is_trouble() => Err(error.into()),
        // The result itself must not be lost over what follows from it.
        Err(error) => {
            tracing::error!(%error, delivery = %report.delivery, "what follows from a result could not be done");
            store_result(ctx, report, Follow::Nothing).await
        }
        stored => stored,
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follow {
    All,
    Nothing,
}

async fn store_result(ctx: &Ctx, report: &Report, what_follows: Follow) -> Outcome<DeliveryState> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    if report.came.is_limit() {
        // As claims do, before any delivery is touched.
        store::pace::hold(&mut tx, report.channel).await?;
    }
    let delivery = store::delivery::find(&mut tx, report.delivery).await?;
    let attempts = store::delivery::attempts(&mut tx, report.delivery).await?;
    let attempt = attempts.into_iter().find(|attempt| attempt.id == report.attempt && attempt.boot == report.boot);
    let (Some(delivery), Some(attempt)) = (delivery, attempt) else {
        tracing::warn!(delivery = %report.delivery, "a result belongs to another database and is dropped");
        return Ok(DeliveryState::InDoubt);
    };
    let came = &report.came;
    let before = Before { tries: delivery.tries, doubted: attempt.possible_duplicate };
    let step = step(&came.result(), before, now, jitter_of(attempt.id));
    let reason = Some(came.reason()).filter(|_| step.state == DeliveryState::Failed);
    let record = CallRecord {
        attempt: attempt.id,
        delivery: delivery.id,
        epoch: report.epoch,
        step: &step,
        message_id: came.message_id(),
        error: came.error(),
    };
    let mut state = delivery.state;
    if store::delivery::finish_attempt(&mut tx, &record, reason, now).await? {
        let detail =
            json!({ "state": step.state.as_str(), "attempt": attempt.id, "reason": reason.map(StopReason::as_str) });
        state_note(&mut tx, ctx, delivery.id, detail);
        state = step.state;
        if state == DeliveryState::Failed && what_follows == Follow::All {
            tell_failed(&mut tx, ctx, came, (&delivery, attempt.id)).await?;
        }
    }
    // Otherwise a press was quicker than the reply, or another sender has it by now: the ledger tells that move already.
    if what_follows == Follow::All {
        follow(&mut tx, ctx, report, (&delivery, &attempt)).await?;
    }
    tx.commit().await?;
    Ok(state)
}

/// What a result means beyond its own delivery.
async fn follow(
    tx: &mut Tx,
    ctx: &Ctx,
    report: &Report,
    (delivery, attempt): (&DeliveryRow, &AttemptRow),
) -> Outcome<()> {
    match &report.came {
        Came::Sent { .. } => {
            store::delivery::decide::remove_late(tx, &[attempt.id], ctx.now()).await?;
            if delivery.kind == DeliveryKind::Notice {
                group::welcomed(tx, ctx, GroupId(delivery.subject_id)).await?;
            }
            match report.count {
                Some(shown) => edit::start(tx, ctx, (delivery.id, PushId(delivery.subject_id)), shown).await,
                None => Ok(()),
            }
        }
        Came::Limited { wait_ms, .. } => {
            close_gate(tx, ctx, report.channel, (&attempt.chat, TimeDelta::milliseconds(*wait_ms))).await
        }
        Came::Closed { .. } => suspend(tx, ctx, report, (delivery, attempt)).await,
        Came::NoTopic { .. } => topic_lost(tx, ctx, delivery).await,
        Came::Moved { chat, .. } => group::migrate(tx, ctx, (report.channel, Job::Send), (&attempt.chat, chat)).await,
        Came::Unauthorized { .. } => halt(tx, ctx).await,
        Came::NotSent { .. } | Came::InDoubt { .. } | Came::Refused { .. } | Came::Plain { .. } | Came::Withheld => {
            Ok(())
        }
    }
}

/// A push that will not reach a group which takes other messages: nobody would see that it is missing. A group that takes
/// none is told of by itself, and people who closed their private chat are in the figures.
async fn tell_failed(
    tx: &mut Tx,
    ctx: &Ctx,
    came: &Came,
    (delivery, attempt): (&DeliveryRow, AttemptId),
) -> Outcome<()> {
    let spoken = matches!(came, Came::Closed { .. }) || delivery.kind != DeliveryKind::Push;
    if spoken || delivery.target_kind != TargetKind::Group {
        return Ok(());
    }
    let push = PushId(delivery.subject_id);
    let Some(row) = store::push::find(tx, push).await? else { return Ok(()) };
    let target = doubt::target(tx, (delivery.target_kind, delivery.target_id)).await?;
    let reason = came.reason().as_str().to_owned();
    let told = Alert::PushFailed { delivery: delivery.id, push, title: row.title, target, reason, attempt: attempt.0 };
    alert::raise(tx, ctx, &told).await.map(drop)
}

/// A target that is gone takes no more messages until someone acts. Told once for each time that it happens.
async fn suspend(
    tx: &mut Tx,
    ctx: &Ctx,
    report: &Report,
    (delivery, attempt): (&DeliveryRow, &AttemptRow),
) -> Outcome<()> {
    let reason = report.came.reason();
    match delivery.target_kind {
        TargetKind::Group => {
            let found = store::group::find(tx, GroupId(delivery.target_id)).await?;
            // A late reply about the chat before it moved, or one more of several calls under way, changes nothing.
            let group = found.filter(|g| g.state == GroupState::Active && g.external_id == attempt.chat);
            let Some(group) = group else { return Ok(()) };
            group::set_state(tx, ctx, &SENDER, (group.id, GroupState::Suspended, reason)).await?;
            let (title, reason) = (group.title, reason.as_str().to_owned());
            let told = Alert::GroupSuspended { group: group.id, title, reason, since: ctx.now() };
            alert::raise(tx, ctx, &told).await.map(drop)
        }
        TargetKind::Staff => {
            let account = store::account::ensure(tx, report.channel, &attempt.chat).await?;
            Ok(store::account::closed(tx, account.id).await?)
        }
    }
}

/// The group stays, without its topic: the reason beside its state says so until someone links it anew.
async fn topic_lost(tx: &mut Tx, ctx: &Ctx, delivery: &DeliveryRow) -> Outcome<()> {
    if delivery.target_kind != TargetKind::Group {
        return Ok(());
    }
    let found = store::group::find(tx, GroupId(delivery.target_id)).await?;
    let group = found.filter(|g| g.state == GroupState::Active && g.reason != Some(StopReason::NoTopic));
    let Some(group) = group else { return Ok(()) };
    group::set_state(tx, ctx, &SENDER, (group.id, GroupState::Active, StopReason::NoTopic)).await?;
    let told = Alert::TopicLost { group: group.id, title: group.title, since: ctx.now() };
    alert::raise(tx, ctx, &told).await.map(drop)
}

/// The platform told us to wait in a chat. In two chats at about the same time it means all of them.
pub(super) async fn close_gate(
    tx: &mut Tx,
    ctx: &Ctx,
    channel: ChannelId,
    (chat, wait): (&str, TimeDelta),
) -> Outcome<()> {
    let now = ctx.now();
    // Two that are told at the same time see each other.
    store::pace::hold(tx, channel).await?;
    store::gate::close(tx, channel, Some(chat), now + wait, now).await?;
    if store::gate::others(tx, channel, chat, now - TOGETHER).await? {
        store::gate::close(tx, channel, None, now + wait, now).await?;
    }
    Ok(())
}

/// The platform refuses our token: nothing goes out, and nothing is used up, until it takes it again.
pub(super) async fn halt(tx: &mut Tx, ctx: &Ctx) -> Outcome<()> {
    let cause = HaltCause::Unauthorized;
    if store::halt::put(tx, cause, (&SENDER.to_string(), ""), ctx.now()).await? {
        tracing::error!("the platform refuses our token; everything waits until it takes it again");
        let detail = json!({ "cause": cause.as_str() });
        note(tx, ctx.now(), &SENDER, (Action::OutgoingPause, "office:1".to_owned(), detail));
    }
    Ok(())
}
