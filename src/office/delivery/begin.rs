//! Committing to calls: the attempts of a round, in one transaction before any of them is made.

use serde_json::json;

use crate::channel::{Address, Style};
use crate::ctx::{Ctx, Line};
use crate::domain::alert::Alert;
use crate::domain::delivery::{
    AttemptOutcome, Before, DeliveryKind, DeliveryState, Event, Step, StopReason, TargetKind, next, unmade,
};
use crate::domain::word::GroupState;
use crate::ids::{GroupId, StaffId};
use crate::office::delivery::came::{MARKUP, TOPIC};
use crate::office::delivery::nudge::{self, Still};
use crate::office::delivery::{Call, Claimed, Held, compose, jitter, state_note};
use crate::office::{Outcome, Refusal, alert};
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::{self, Tx};

/// What became of a round of claims.
#[derive(Debug, Default)]
pub struct Begun {
    /// Their attempts are committed.
    pub calls: Vec<Call>,
    /// Still claimed and not begun: to be given back as soon as the database takes it.
    pub left: Vec<DeliveryRow>,
    /// What is wrong with the database.
    pub trouble: Option<Refusal>,
}

/// Commits to the calls of a round. A message that cannot be made takes none of the others with it; one whose target
/// cannot be reached ends. When everything is held up meanwhile, or the claims are too old, all are given back.
pub async fn begin(ctx: &Ctx, line: &Line, claimed: Claimed) -> Begun {
    let Claimed { rows, held } = claimed;
    if rows.is_empty() {
        return Begun::default();
    }
    match all(ctx, line, (&rows, held)).await {
        Ok(calls) => Begun { calls, ..Begun::default() },
        Err(Refusal::Store(error)) if error.is_trouble() => {
            Begun { left: rows, trouble: Some(error.into()), ..Begun::default() }
        }
        Err(_) => each(ctx, line, (rows, held)).await,
    }
}

/// One by one, because one of them spoils the others' transaction.
async fn each(ctx: &Ctx, line: &Line, (rows, held): (Vec<DeliveryRow>, Held)) -> Begun {
    let mut begun = Begun::default();
    for row in rows {
        if begun.trouble.is_some() {
            begun.left.push(row);
            continue;
        }
        let one = match all(ctx, line, (std::slice::from_ref(&row), held)).await {
            Ok(calls) => {
                begun.calls.extend(calls);
                Ok(())
            }
            Err(Refusal::Store(error)) if error.is_trouble() => Err(error.into()),
            Err(error) => set_aside(ctx, &row, &error).await,
        };
        if let Err(trouble) = one {
            begun.left.push(row);
            begun.trouble = Some(trouble);
        }
    }
    begun
}

async fn all(ctx: &Ctx, line: &Line, (rows, held): (&[DeliveryRow], Held)) -> Outcome<Vec<Call>> {
    let mut tx = ctx.store.write().await?;
    if !held.trusted(ctx) || !store::halt::list(&mut tx).await?.is_empty() {
        give_back(&mut tx, ctx, rows).await?;
        tx.commit().await?;
        return Ok(Vec::new());
    }
    let mut calls = Vec::new();
    for row in rows {
        calls.extend(one(&mut tx, ctx, line, (row, held)).await?);
    }
    tx.commit().await?;
    Ok(calls)
}

async fn one(tx: &mut Tx, ctx: &Ctx, line: &Line, (row, held): (&DeliveryRow, Held)) -> Outcome<Option<Call>> {
    let earlier = store::delivery::attempts(tx, row.id).await?;
    if !wanted(tx, ctx, (row, &earlier)).await? {
        return Ok(None);
    }
    let had = |mark: &str| earlier.iter().any(|a| a.error.as_deref().is_some_and(|error| error.starts_with(mark)));
    let mut address = match address(tx, line, row).await? {
        Ok(address) => address,
        Err(reason) => {
            hopeless(tx, ctx, (row, &earlier), reason).await?;
            return Ok(None);
        }
    };
    if had(TOPIC) {
        address.thread = None;
    }
    let style = if had(MARKUP) { Style::Plain } else { Style::Styled };
    let attempt = store::delivery::begin_attempt(tx, row, &ctx.boot, &address.chat, ctx.now()).await?;
    let Some(attempt) = attempt else { return Ok(None) };
    let (outgoing, count) = compose::compose(tx, ctx, row, &attempt).await?;
    Ok(Some(Call { delivery: row.clone(), attempt, count, held, address, outgoing, style }))
}

/// Whether a message still goes out now. A reminder that does not is put down.
async fn wanted(tx: &mut Tx, ctx: &Ctx, (row, earlier): (&DeliveryRow, &[AttemptRow])) -> Outcome<bool> {
    let still = match row.kind {
        DeliveryKind::Nudge => nudge::still(tx, ctx, row).await?,
        DeliveryKind::Push | DeliveryKind::Alert | DeliveryKind::Notice => Still::Wanted,
    };
    let (event, not_before, reason) = match still {
        Still::Wanted => return Ok(true),
        Still::Later(at) => (Event::Unmade, at, None),
        Still::Over(_) if doubted(earlier) => (Event::Lapsed, ctx.now(), None),
        Still::Over(reason) => (Event::Cancelled, ctx.now(), Some(reason)),
    };
    let state = next(DeliveryState::Claimed, event).unwrap_or(DeliveryState::Cancelled);
    let step = Step { state, outcome: AttemptOutcome::NotSent, tries: row.tries, not_before };
    put_down(tx, ctx, (row, &step), reason).await?;
    Ok(false)
}

/// Where a delivery goes: the chat of an active group, or the private chat of a bound person. Otherwise why it cannot.
async fn address(tx: &mut Tx, line: &Line, delivery: &DeliveryRow) -> Outcome<Result<Address, StopReason>> {
    match delivery.target_kind {
        TargetKind::Group => {
            let group = store::group::find(tx, GroupId(delivery.target_id)).await?;
            let Some(group) = group.filter(|group| group.channel_id == line.id) else {
                return Ok(Err(StopReason::NoTarget));
            };
            if group.state != GroupState::Active {
                return Ok(Err(group.reason.unwrap_or(StopReason::NoTarget)));
            }
            // A topic that was lost stays so until someone links the group anew.
            let lost = group.reason == Some(StopReason::NoTopic);
            let thread = Some(group.thread).filter(|thread| !thread.is_empty() && !lost);
            Ok(Ok(Address { chat: group.external_id, thread }))
        }
        TargetKind::Staff => {
            let binding = store::account::of_staff(tx, line.id, StaffId(delivery.target_id)).await?;
            let address = binding.map(|binding| Address { chat: binding.external_id, thread: None });
            Ok(address.ok_or(StopReason::NoTarget))
        }
    }
}

/// Whether a copy of an earlier call may be in the chat.
fn doubted(earlier: &[AttemptRow]) -> bool {
    earlier.iter().any(|attempt| match attempt.outcome {
        AttemptOutcome::Unknown | AttemptOutcome::Pending => true,
        AttemptOutcome::Ok
        | AttemptOutcome::NotSent
        | AttemptOutcome::Limited
        | AttemptOutcome::Rejected
        | AttemptOutcome::Proved => false,
    })
}

/// Ends a delivery that has nowhere to go. One that is in doubt stays so.
async fn hopeless(
    tx: &mut Tx,
    ctx: &Ctx,
    (row, earlier): (&DeliveryRow, &[AttemptRow]),
    reason: StopReason,
) -> Outcome<()> {
    let event = if doubted(earlier) { Event::Lapsed } else { Event::Hopeless };
    let state = next(DeliveryState::Claimed, event).unwrap_or(DeliveryState::Failed);
    let step = Step { state, outcome: AttemptOutcome::NotSent, tries: row.tries, not_before: ctx.now() };
    let reason = Some(reason).filter(|_| step.state == DeliveryState::Failed);
    put_down(tx, ctx, (row, &step), reason).await.map(drop)
}

async fn put_down(
    tx: &mut Tx,
    ctx: &Ctx,
    (row, step): (&DeliveryRow, &Step),
    reason: Option<StopReason>,
) -> Outcome<bool> {
    let moved = store::delivery::put_down(tx, row, (step, reason), ctx.now()).await?;
    if moved {
        let detail = json!({ "state": step.state.as_str(), "reason": reason.map(StopReason::as_str) });
        state_note(tx, ctx, row.id, detail);
    }
    Ok(moved)
}

/// A message that could not be made: a later try may, and after the last it is set aside and the admins are told.
async fn set_aside(ctx: &Ctx, row: &DeliveryRow, error: &Refusal) -> Outcome<()> {
    tracing::error!(%error, delivery = %row.id, "a message could not be made");
    let mut tx = ctx.store.write().await?;
    let earlier = store::delivery::attempts(&mut tx, row.id).await?;
    let before = Before { tries: row.tries, doubted: doubted(&earlier) };
    let step = unmade(before, ctx.now(), jitter(row.id.0));
    let reason = (step.state == DeliveryState::Failed).then_some(StopReason::Broken);
    let moved = put_down(&mut tx, ctx, (row, &step), reason).await?;
    // Of an alert that cannot be made nobody can be told by another.
    if moved && step.state == DeliveryState::Failed && row.kind != DeliveryKind::Alert {
        alert::raise(&mut tx, ctx, &Alert::DeliveryBroken { delivery: row.id }).await?;
    }
    Ok(tx.commit().await?)
}

async fn give_back(tx: &mut Tx, ctx: &Ctx, rows: &[DeliveryRow]) -> Outcome<()> {
    for row in rows {
        store::delivery::release(tx, row, ctx.now()).await?;
    }
    Ok(())
}

/// Gives claims back unsent.
pub async fn release(ctx: &Ctx, rows: &[DeliveryRow]) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    give_back(&mut tx, ctx, rows).await?;
    Ok(tx.commit().await?)
}

/// Gives back every claim of this run, which stops. Returns how many.
pub async fn release_own(ctx: &Ctx) -> Outcome<u64> {
    let mut tx = ctx.store.write().await?;
    let released = store::delivery::release_own(&mut tx, &ctx.boot, ctx.now()).await?;
    tx.commit().await?;
    Ok(released)
}
