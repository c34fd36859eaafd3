//! Taking a push back, and sending again what failed of it.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{Shown, find};
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::delivery::{AttemptOutcome, DeliveryKind, DeliveryState, Removal, StopReason, TargetKind};
use crate::domain::policy::Act;
use crate::domain::push::PushState;
use crate::domain::schedule::LATE_MINUTES;
use crate::domain::slot::PLAIN_MINUTES_MAX;
use crate::domain::word::{Confirm, GroupState};
use crate::ids::{AttemptId, DeliveryId, PushId};
use crate::office::held::Held;
use crate::office::{Outcome, Refusal, authorise, note, personal};
use crate::store::delivery::decide::{self, PlacedRow};
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::push::PushRow;
use crate::store::{self, Tx};

/// How long after sending a platform lets a program delete a message (Telegram: 48 hours).
const DELETABLE: TimeDelta = TimeDelta::hours(48);

/// A push that was recalled.
#[derive(Debug, Clone)]
pub struct Recalled {
    pub shown: Shown,
    /// Messages that were not sent and never will be.
    pub cancelled: usize,
    /// What is out, or may be, in the order it was sent.
    pub copies: Vec<Copy>,
    /// Private reminders that are deleted, and those that the program cannot delete.
    pub reminders: [usize; 2],
}

/// Something of a recalled push that is in a chat, or may be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Copy {
    pub delivery: DeliveryId,
    /// The platform's id of the message, when it is known.
    pub message_id: Option<String>,
    pub fate: CopyFate,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CopyFate {
    /// The program deletes it.
    Deleted,
    /// The platform no longer lets the program delete it.
    TooOld,
    /// The platform did not tell which message it is, or whether there is one.
    Unknown,
    /// A person passed it on where the program cannot reach.
    ByHand,
}

/// Takes back a push of which nothing is out. Returns how many messages will not be sent.
pub async fn cancel(ctx: &Ctx, actor: &Actor, id: PushId, reason: &str) -> Outcome<usize> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::PushWrite).await?;
    personal::reason(&mut tx, reason).await?;
    let shown = find(&mut tx, id).await?;
    open(&shown.push)?;
    let count = |of: fn(&DeliveryRow, &[AttemptRow]) -> bool| {
        shown.deliveries.iter().filter(|(delivery, attempts)| of(delivery, attempts)).count()
    };
    let (sent, in_doubt) = (count(arrived), count(doubtful));
    if sent + in_doubt > 0 {
        return Err(Held::PushOut { push: id.0, sent, in_doubt }.into());
    }
    let cancelled = decide::cancel(&mut tx, id, now).await?;
    store::push::end(&mut tx, id, PushState::Cancelled).await?;
    let detail = json!({ "deliveries": cancelled, "reason": reason });
    note(&mut tx, now, actor, (Action::PushCancel, format!("push:{id}"), detail));
    tx.commit().await?;
    Ok(cancelled.len())
}

fn open(push: &PushRow) -> Outcome<()> {
    match push.state {
        PushState::Open => Ok(()),
        state @ (PushState::Closed | PushState::Cancelled | PushState::Recalled) => {
            Err(Held::PushStands { push: push.id.0, state }.into())
        }
    }
}

/// Whether people have it for certain.
fn arrived(delivery: &DeliveryRow, attempts: &[AttemptRow]) -> bool {
    let proved = |attempt: &AttemptRow| match attempt.outcome {
        AttemptOutcome::Ok | AttemptOutcome::Proved => true,
        AttemptOutcome::Pending
        | AttemptOutcome::NotSent
        | AttemptOutcome::Limited
        | AttemptOutcome::Rejected
        | AttemptOutcome::Unknown => false,
    };
    delivery.state == DeliveryState::Sent || attempts.iter().any(proved)
}

/// Whether people may have it and nobody knows.
fn doubtful(delivery: &DeliveryRow, attempts: &[AttemptRow]) -> bool {
    let unknown = |attempt: &AttemptRow| match attempt.outcome {
        AttemptOutcome::Pending | AttemptOutcome::Unknown => true,
        AttemptOutcome::Ok
        | AttemptOutcome::Proved
        | AttemptOutcome::NotSent
        | AttemptOutcome::Limited
        | AttemptOutcome::Rejected => false,
    };
    !arrived(delivery, attempts) && attempts.iter().any(unknown)
}

/// What [`recall`] would do, without doing it.
pub async fn look(ctx: &Ctx, actor: &Actor, id: PushId) -> Outcome<Recalled> {
    let mut tx = ctx.store.write().await?;
    take_back(&mut tx, ctx, actor, (id, "")).await
}

/// Takes back a push that is out: what was not sent is not sent any more, and the copies are deleted as far as the
/// platform lets us.
pub async fn recall(ctx: &Ctx, actor: &Actor, id: PushId, reason: &str) -> Outcome<Recalled> {
    let mut tx = ctx.store.write().await?;
    let recalled = take_back(&mut tx, ctx, actor, (id, reason)).await?;
    tx.commit().await?;
    Ok(recalled)
}

async fn take_back(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (id, reason): (PushId, &str)) -> Outcome<Recalled> {
    let now = ctx.now();
    authorise(tx, actor, Act::PushWrite).await?;
    personal::reason(tx, reason).await?;
    let shown = find(tx, id).await?;
    open(&shown.push)?;
    if !shown.deliveries.iter().any(|(delivery, attempts)| arrived(delivery, attempts) || doubtful(delivery, attempts))
    {
        return Err(Held::NothingSent(id.0).into());
    }
    let cancelled = decide::cancel(tx, id, now).await?;
    decide::close(tx, id, now).await?;
    store::push::end(tx, id, PushState::Recalled).await?;
    let placed = decide::placed(tx, id).await?;
    let of = |wanted: CopyFate| -> Vec<AttemptId> {
        placed.iter().filter(|row| fate(row, now) == wanted).map(|row| row.attempt_id).collect()
    };
    let (deleted, too_old) = (of(CopyFate::Deleted), of(CopyFate::TooOld));
    decide::remove(tx, &deleted, Removal::Wanted, now).await?;
    decide::remove(tx, &too_old, Removal::TooOld, now).await?;
    let (reminders, copies): (Vec<_>, Vec<_>) = placed.into_iter().partition(|row| row.kind == DeliveryKind::Nudge);
    let copy = |row: PlacedRow| Copy { delivery: row.delivery_id, fate: fate(&row, now), message_id: row.message_id };
    let mut copies: Vec<Copy> = copies.into_iter().map(copy).collect();
    let by_hand = shown.deliveries.iter().filter(|(row, _)| row.by_hand && row.state == DeliveryState::Sent);
    copies.extend(by_hand.map(|(row, _)| Copy { delivery: row.id, message_id: None, fate: CopyFate::ByHand }));
    let gone = reminders.iter().filter(|row| fate(row, now) == CopyFate::Deleted).count();
    let detail = json!({ "deliveries": cancelled, "removed": deleted, "too_old": too_old, "reason": reason });
    note(tx, now, actor, (Action::PushRecall, format!("push:{id}"), detail));
    let reminders = [gone, reminders.len() - gone];
    Ok(Recalled { shown: find(tx, id).await?, cancelled: cancelled.len(), copies, reminders })
}

fn fate(row: &PlacedRow, now: DateTime<Utc>) -> CopyFate {
    if row.message_id.is_none() {
        CopyFate::Unknown
    } else if now - row.started_at.utc() >= DELETABLE {
        CopyFate::TooOld
    } else {
        CopyFate::Deleted
    }
}

/// Sends again what failed of a push, and nothing else: the same push for the same people.
pub async fn resend_failed(ctx: &Ctx, actor: &Actor, id: PushId) -> Outcome<Shown> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::PushWrite).await?;
    let shown = find(&mut tx, id).await?;
    open(&shown.push)?;
    let failed = |(row, _): &&(DeliveryRow, Vec<AttemptRow>)| row.state == DeliveryState::Failed;
    let failed: Vec<&DeliveryRow> = shown.deliveries.iter().filter(failed).map(|(row, _)| row).collect();
    if failed.is_empty() {
        return Err(Held::NothingFailed(id.0).into());
    }
    for row in &failed {
        takes_messages(&shown, row)?;
    }
    let ids: Vec<DeliveryId> = failed.iter().map(|row| row.id).collect();
    let until = until(&mut tx, &shown.push, now).await?;
    let queued = decide::again(&mut tx, &ids, until, now).await?;
    let detail = json!({ "deliveries": queued });
    note(&mut tx, now, actor, (Action::PushResend, format!("push:{id}"), detail));
    let shown = find(&mut tx, id).await?;
    tx.commit().await?;
    Ok(shown)
}

/// A chat that takes no messages has to be let in again first; sending would only fail once more.
fn takes_messages(shown: &Shown, row: &DeliveryRow) -> Outcome<()> {
    let group = match row.target_kind {
        TargetKind::Group => shown.groups.iter().find(|group| group.id.0 == row.target_id),
        TargetKind::Staff => None,
    };
    match group {
        Some(group) if group.state != GroupState::Active => Err(Held::GroupStopped {
            group: group.id.0,
            title: group.title.clone(),
            state: group.state,
            reason: group.reason.unwrap_or(StopReason::ByAdmin),
        }
        .into()),
        Some(_) | None => Ok(()),
    }
}

/// Until when something of a push may be sent again now: to its deadline, or as long as its schedule lets it be late.
pub(super) async fn until(tx: &mut Tx, push: &PushRow, now: DateTime<Utc>) -> Outcome<DateTime<Utc>> {
    match (push.confirm, push.deadline_at) {
        (Confirm::Required, Some(deadline)) if deadline.utc() <= now => Err(Refusal::DeadlinePassed),
        (Confirm::Required, Some(deadline)) => Ok(deadline.utc()),
        (Confirm::Required, None) | (Confirm::Voluntary | Confirm::None, _) => {
            let minutes = store::schedule::lateness(tx, push.id).await?.unwrap_or(LATE_MINUTES);
            Ok(now + TimeDelta::minutes(minutes.max(PLAIN_MINUTES_MAX)))
        }
    }
}
