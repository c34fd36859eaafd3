//! Sending what is due. An attempt is committed before its call, and its result after it; no transaction is open while
//! the network is (invariant I2).

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::channel::{Address, GoneReason, Receipt, SendError, Style};
use crate::ctx::{Ctx, Line};
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::delivery::{
    CallResult, DOUBT_WAIT, DeliveryKind, DeliveryState, LEASE, StopReason, TargetKind, step,
};
use crate::domain::push::MemberStatus;
use crate::domain::tag::{Tag, Verb};
use crate::domain::word::{Confirm, GroupState};
use crate::ids::{AlertId, AttemptId, DeliveryId, GroupId, PushId, StaffId};
use crate::message;
use crate::message::outgoing::Outgoing;
use crate::message::push::{Copy, Tags, copy};
use crate::office::push::filled;
use crate::office::{Outcome, Refusal, alert, content, group, note, setting};
use crate::secret::{Keys, Purpose};
use crate::store::delivery::count_line::{self, DueRow};
use crate::store::delivery::{AttemptRow, CallRecord, DeliveryRow};
use crate::store::push::PushRow;
use crate::store::{self, StoreError, Tx};

/// The line that a copy carries after presses may have been lost.
mod hint;

use hint::What;
pub use hint::edit_done;

/// Deliveries claimed at a time; few, so that a sender that stops leaves little behind.
const CLAIM_MOST: i64 = 20;
/// How long everything waits when the platform refuses the bot itself.
const HALT: TimeDelta = TimeDelta::seconds(60);
/// Marks the attempt whose markup was refused; the next one goes out plain.
const MARKUP: &str = "markup: ";

/// A call that is committed and may be made.
#[derive(Debug)]
pub struct Call {
    delivery: DeliveryRow,
    attempt: AttemptRow,
    /// The number the copy shows, when it shows one.
    count: Option<i64>,
    pub address: Address,
    pub outgoing: Outgoing,
    pub style: Style,
}

/// An edit that is booked and may be made.
#[derive(Debug)]
pub struct Edit {
    what: What,
    pub address: Address,
    pub message_id: String,
    pub outgoing: Outgoing,
}

/// Whether another run of the program may be sending on the same database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// This run holds the database alone.
    None,
    /// Several instances share it; only a lease that ran out tells that one is gone.
    Maybe,
}

/// Takes up what senders that are gone left behind: unsent claims go back, calls under way are in doubt. Returns how many
/// are in doubt.
pub async fn recover(ctx: &Ctx, others: Others) -> Outcome<usize> {
    let mut tx = ctx.store.write().await?;
    let boot = match others {
        Others::None => Some(ctx.boot.as_str()),
        Others::Maybe => None,
    };
    let in_doubt = left_behind(&mut tx, ctx, boot).await?;
    tx.commit().await?;
    Ok(in_doubt)
}

async fn left_behind(tx: &mut Tx, ctx: &Ctx, boot: Option<&str>) -> Outcome<usize> {
    let doubted = store::delivery::recover(tx, boot, ctx.now()).await?;
    for delivery in &doubted {
        state_note(tx, ctx, *delivery, json!({ "state": "in_doubt", "by": "sender_gone" }));
    }
    Ok(doubted.len())
}

/// Ends what is out of time, takes up what is left behind, re-sends once what has been in doubt for long enough, and
/// claims what is due.
pub async fn claim(ctx: &Ctx) -> Outcome<Vec<DeliveryRow>> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let work = store::delivery::any_work(&mut tx, now, now - DOUBT_WAIT).await?;
    drop(tx);
    if !work {
        return Ok(Vec::new());
    }
    let mut tx = ctx.store.write().await?;
    left_behind(&mut tx, ctx, None).await?;
    for delivery in store::delivery::expire(&mut tx, now).await? {
        state_note(&mut tx, ctx, delivery, json!({ "state": "expired" }));
    }
    for delivery in store::delivery::requeue_doubtful(&mut tx, now, now - DOUBT_WAIT).await? {
        state_note(&mut tx, ctx, delivery, json!({ "state": "queued", "by": "doubt" }));
    }
    let claimed = store::delivery::claim(&mut tx, &ctx.boot, now, now + LEASE, CLAIM_MOST).await?;
    tx.commit().await?;
    Ok(claimed)
}

/// Commits to one call. `None`: the target cannot be reached, or the claim is no longer ours.
pub async fn begin(ctx: &Ctx, line: &Line, delivery: DeliveryRow) -> Outcome<Option<Call>> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    let Some(address) = address(&mut tx, line, &delivery).await? else {
        let reason = StopReason::NoTarget;
        if store::delivery::fail_claimed(&mut tx, &delivery, reason, now).await? {
            let detail = json!({ "state": DeliveryState::Failed.as_str(), "reason": reason.as_str() });
            state_note(&mut tx, ctx, delivery.id, detail);
        }
        tx.commit().await?;
        return Ok(None);
    };
    let earlier = store::delivery::attempts(&mut tx, delivery.id).await?;
    let refused = earlier.iter().any(|attempt| attempt.error.as_deref().is_some_and(|e| e.starts_with(MARKUP)));
    let style = if refused { Style::Plain } else { Style::Styled };
    let attempt = store::delivery::begin_attempt(&mut tx, &delivery, &ctx.boot, &address.chat, now).await?;
    let Some(attempt) = attempt else { return Ok(None) };
    let (outgoing, count) = compose(&mut tx, ctx, &delivery, &attempt).await?;
    tx.commit().await?;
    Ok(Some(Call { delivery, attempt, count, address, outgoing, style }))
}

/// Where a delivery goes: the chat of an active group, or the private chat of a bound person.
async fn address(tx: &mut Tx, line: &Line, delivery: &DeliveryRow) -> Outcome<Option<Address>> {
    Ok(match delivery.target_kind {
        TargetKind::Group => {
            let group = store::group::find(tx, GroupId(delivery.target_id)).await?;
            let group = group.filter(|group| group.state == GroupState::Active && group.channel_id == line.id);
            group.map(|g| Address { chat: g.external_id, thread: Some(g.thread).filter(|t| !t.is_empty()) })
        }
        TargetKind::Staff => {
            let binding = store::account::of_staff(tx, line.id, StaffId(delivery.target_id)).await?;
            binding.map(|binding| Address { chat: binding.external_id, thread: None })
        }
    })
}

/// The words and buttons of a copy, and the number it shows.
async fn compose(
    tx: &mut Tx,
    ctx: &Ctx,
    delivery: &DeliveryRow,
    attempt: &AttemptRow,
) -> Outcome<(Outgoing, Option<i64>)> {
    match delivery.kind {
        DeliveryKind::Push => {}
        DeliveryKind::Alert => return Ok((told(tx, AlertId(delivery.subject_id)).await?, None)),
    }
    let push = PushId(delivery.subject_id);
    let row = store::push::find(tx, push).await?.ok_or(Refusal::UnknownPush(push.0))?;
    let count = match delivery.target_kind {
        TargetKind::Group if shows_count(tx, ctx, &row).await? => Some(store::ack::count(tx, push).await?),
        TargetKind::Group | TargetKind::Staff => None,
    };
    let outgoing = words(tx, ctx, &row, (attempt.id, attempt.possible_duplicate), count).await?;
    Ok((outgoing, count))
}

async fn told(tx: &mut Tx, id: AlertId) -> Outcome<Outgoing> {
    let found = alert::find(tx, id).await?;
    let found = found.ok_or_else(|| StoreError::Unreadable(format!("alert:{id}")))?;
    Ok(message::alert::alert(&found))
}

/// A group sees how many confirmed unless the audience is so small that the number would tell who did.
async fn shows_count(tx: &mut Tx, ctx: &Ctx, push: &PushRow) -> Outcome<bool> {
    let smallest = setting::load(tx, ctx.zone).await?.count_min_audience;
    let audience = store::push::audiences(tx, &[push.id]).await?;
    let members = audience.iter().flat_map(|(_, chunk)| &chunk.members);
    let expected = members.filter(|member| member.status == MemberStatus::Expected).count();
    Ok(push.confirm != Confirm::None && u32::try_from(expected).is_ok_and(|expected| expected >= smallest))
}

async fn words(
    tx: &mut Tx,
    ctx: &Ctx,
    push: &PushRow,
    (attempt, resent): (AttemptId, bool),
    count: Option<i64>,
) -> Outcome<Outgoing> {
    let version = store::item::version(tx, push.item_version_id).await?;
    let version = version.ok_or_else(|| Refusal::UnknownItem(push.slug.clone()))?;
    let item = content::source_of(&version)?;
    let fills: std::collections::BTreeMap<String, String> =
        serde_json::from_str(&push.fills).map_err(|_| StoreError::Unreadable(push.fills.clone()))?;
    let body = filled(&item, &fills)?;
    let keys = std::sync::Arc::clone(tx.keys());
    let ack = (push.confirm != Confirm::None).then(|| tag(&keys, Verb::Ack, attempt.0));
    let tags = Tags { ack, basis: tag(&keys, Verb::Basis, attempt.0) };
    let text = Copy {
        item: &item,
        body: &body,
        version: push.version,
        due: push.late.then(|| push.slot_at.utc()),
        deadline: push.deadline_at.map(store::At::utc),
        resent,
        silent: &hint::gaps(tx, attempt).await?,
        count,
        zone: ctx.zone,
    };
    Ok(copy(&text, tags))
}

/// The text inside a button.
pub fn tag(keys: &Keys, verb: Verb, id: i64) -> String {
    Tag { verb, id }.encode(|bytes| keys.mac(Purpose::Button, &[bytes]))
}

/// The meaning of a button's text; `None` for what is not ours.
pub fn read_tag(keys: &Keys, data: &str) -> Option<Tag> {
    Tag::decode(data, |bytes| keys.mac(Purpose::Button, &[bytes]))
}

/// Stores what a call came to, with everything that follows from it. Returns where the delivery stands now.
pub async fn settle(
    ctx: &Ctx,
    line: &Line,
    call: &Call,
    result: &Result<Receipt, SendError>,
) -> Outcome<DeliveryState> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    let step = step(&call_result(result, call.style), call.delivery.tries, now, jitter(call.attempt.id));
    let (message_id, error) = match result {
        Ok(receipt) => (Some(receipt.message_id.as_str()), None),
        Err(SendError::MarkupRefused(text)) => (None, Some(format!("{MARKUP}{text}"))),
        Err(error) => (None, Some(error.to_string())),
    };
    let reason = stop_reason(result).filter(|_| step.state == DeliveryState::Failed);
    let record = CallRecord {
        attempt: call.attempt.id,
        delivery: call.delivery.id,
        epoch: call.delivery.epoch,
        step: &step,
        message_id,
        error: error.as_deref(),
    };
    let state = if store::delivery::finish_attempt(&mut tx, &record, reason, now).await? {
        let detail = json!({ "state": step.state.as_str(), "attempt": call.attempt.id, "reason": reason.map(StopReason::as_str) });
        state_note(&mut tx, ctx, call.delivery.id, detail);
        step.state
    } else {
        // A press was quicker than the reply, or another sender has it by now: the ledger tells that move already.
        store::delivery::find(&mut tx, call.delivery.id).await?.map_or(step.state, |delivery| delivery.state)
    };
    match result {
        Ok(_) => start_count(&mut tx, ctx, call).await?,
        Err(SendError::Gone(gone)) => suspend(&mut tx, ctx, line, (call, *gone)).await?,
        Err(SendError::Migrated { to }) => {
            group::migrate(&mut tx, ctx, (line, Job::Send), (&call.address.chat, to)).await?;
        }
        Err(_) => {}
    }
    tx.commit().await?;
    Ok(state)
}

fn call_result(result: &Result<Receipt, SendError>, style: Style) -> CallResult {
    let wait = |pause: &std::time::Duration| TimeDelta::from_std(*pause).unwrap_or(HALT);
    match result {
        Ok(_) => CallResult::Sent,
        Err(SendError::NotSent(_)) => CallResult::NotSent,
        Err(SendError::Limited { retry_after }) => CallResult::Limited { retry_after: wait(retry_after) },
        Err(SendError::InDoubt(_)) => CallResult::Unknown,
        Err(SendError::MarkupRefused(_)) if style == Style::Styled => CallResult::Mended,
        Err(SendError::Migrated { .. }) => CallResult::Mended,
        Err(SendError::Gone(_) | SendError::Refused(_) | SendError::MarkupRefused(_)) => CallResult::Refused,
        Err(SendError::Unauthorized) => CallResult::Halted { retry_after: HALT },
    }
}

/// Why a delivery failed; `None` for what does not end one.
fn stop_reason(result: &Result<Receipt, SendError>) -> Option<StopReason> {
    match result {
        Err(SendError::Gone(gone)) => Some(gone_reason(*gone)),
        Err(SendError::Refused(_) | SendError::MarkupRefused(_)) => Some(StopReason::Refused),
        Err(SendError::NotSent(_)) => Some(StopReason::Unreachable),
        Ok(_)
        | Err(
            SendError::Limited { .. } | SendError::InDoubt(_) | SendError::Migrated { .. } | SendError::Unauthorized,
        ) => None,
    }
}

fn gone_reason(gone: GoneReason) -> StopReason {
    match gone {
        GoneReason::Kicked => StopReason::Kicked,
        GoneReason::ChatGone => StopReason::ChatGone,
        GoneReason::Blocked => StopReason::Blocked,
        GoneReason::NeverStarted => StopReason::NeverStarted,
        GoneReason::Deactivated => StopReason::Deactivated,
    }
}

/// Between 0 and 1, from the attempt's id: spreads retries without a random source.
fn jitter(attempt: AttemptId) -> f64 {
    f64::from(u32::try_from(attempt.0.wrapping_mul(2_654_435_761).rem_euclid(1_000)).unwrap_or(0)) / 1_000.0
}

/// A target that is gone takes no more messages until someone acts.
async fn suspend(tx: &mut Tx, ctx: &Ctx, line: &Line, (call, gone): (&Call, GoneReason)) -> Outcome<()> {
    match call.delivery.target_kind {
        TargetKind::Group => {
            let id = GroupId(call.delivery.target_id);
            let actor = Actor::System { job: Job::Send };
            group::set_state(tx, ctx, &actor, (id, GroupState::Suspended, gone_reason(gone))).await
        }
        TargetKind::Staff => {
            let account = store::account::ensure(tx, line.id, &call.address.chat).await?;
            Ok(store::account::closed(tx, account.id).await?)
        }
    }
}

/// From now on the copy's count line is kept up to date.
async fn start_count(tx: &mut Tx, ctx: &Ctx, call: &Call) -> Outcome<()> {
    let Some(shown) = call.count else { return Ok(()) };
    let pause = setting::load(tx, ctx.zone).await?.count_pause;
    count_line::add(tx, call.delivery.id, shown, ctx.now() + pause).await?;
    let push = PushId(call.delivery.subject_id);
    if store::ack::count(tx, push).await? != shown {
        count_line::touch(tx, &[push]).await?;
    }
    Ok(())
}

/// The count lines to edit now; each is booked before its call, so that no line is edited more often than it may be.
pub async fn edits(ctx: &Ctx) -> Outcome<Vec<Edit>> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let next = [count_line::next_due(&mut tx).await?, store::blind::next_due(&mut tx).await?];
    drop(tx);
    if !next.into_iter().flatten().any(|at| at.utc() <= now) {
        return Ok(Vec::new());
    }
    let mut tx = ctx.store.write().await?;
    let pause = setting::load(&mut tx, ctx.zone).await?.count_pause;
    let mut edits = hint::book(&mut tx, ctx, pause).await?;
    for row in count_line::due(&mut tx, now).await? {
        count_line::book(&mut tx, row.delivery_id, row.count, now + pause).await?;
        if row.count != row.shown {
            edits.extend(edit(&mut tx, ctx, &row).await?);
        }
    }
    tx.commit().await?;
    Ok(edits)
}

async fn edit(tx: &mut Tx, ctx: &Ctx, row: &DueRow) -> Outcome<Option<Edit>> {
    let Some(push) = store::push::find(tx, row.push_id).await? else { return Ok(None) };
    let outgoing = words(tx, ctx, &push, (row.attempt_id, row.possible_duplicate), Some(row.count)).await?;
    let address = Address { chat: row.chat.clone(), thread: None };
    Ok(Some(Edit { what: What::Count(row.delivery_id), address, message_id: row.message_id.clone(), outgoing }))
}

/// An edit did not arrive: it is tried again after `pause`.
pub async fn edit_failed(ctx: &Ctx, edit: &Edit, pause: TimeDelta) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    match edit.what {
        What::Count(delivery) => count_line::retry(&mut tx, delivery, ctx.now() + pause).await?,
        What::Hint(copy, _) => store::blind::book(&mut tx, copy, ctx.now() + pause).await?,
    }
    Ok(tx.commit().await?)
}

/// When something falls due next: a delivery or an edit.
pub async fn next_due(ctx: &Ctx) -> Outcome<Option<DateTime<Utc>>> {
    let mut tx = ctx.store.read().await?;
    let delivery = store::delivery::next_due(&mut tx).await?;
    let (edit, hint) = (count_line::next_due(&mut tx).await?, store::blind::next_due(&mut tx).await?);
    Ok([delivery, edit, hint].into_iter().flatten().min().map(store::At::utc))
}

/// What 看原文 shows for the copy that an attempt made.
pub async fn basis(ctx: &Ctx, attempt: AttemptId) -> Outcome<Option<String>> {
    let mut tx = ctx.store.read().await?;
    let copies = store::delivery::pushes_of_attempts(&mut tx, &[attempt]).await?;
    let Some(copy) = copies.first() else { return Ok(None) };
    let Some(push) = store::push::find(&mut tx, copy.push_id).await? else { return Ok(None) };
    let version = store::item::version(&mut tx, push.item_version_id).await?;
    version.map(|row| Ok(content::source_of(&row)?.alert_text())).transpose()
}

fn state_note(tx: &mut Tx, ctx: &Ctx, delivery: DeliveryId, detail: Value) {
    let actor = Actor::System { job: Job::Send };
    note(tx, ctx.now(), &actor, (Action::DeliveryState, format!("delivery:{delivery}"), detail));
}
