//! Deliveries of which nobody knows whether they arrived: an admin decides. Decided once; a second decision is told so.

use serde_json::json;

use super::levers::until;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::delivery::{Decision, DeliveryKind, DeliveryState, next};
use crate::domain::policy::Act;
use crate::domain::push::PushState;
use crate::ids::{AttemptId, DeliveryId, PushId};
use crate::office::held::Held;
use crate::office::{Outcome, Refusal, authorise, note, personal};
use crate::store::delivery::DeliveryRow;
use crate::store::delivery::decide::{self, NewRuling};
use crate::store::{self, Tx};

/// Decides what became of a delivery in doubt. `why` is in the words of who decides.
pub async fn resolve(
    ctx: &Ctx,
    actor: &Actor,
    id: DeliveryId,
    (decision, why): (Decision, &str),
) -> Outcome<DeliveryRow> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::PushWrite).await?;
    personal::reason(&mut tx, why).await?;
    let row = store::delivery::find(&mut tx, id).await?.ok_or(Held::UnknownDelivery(id.0))?;
    rule(&mut tx, ctx, actor, (&row, decision, Some(why))).await?;
    let row = store::delivery::find(&mut tx, id).await?.ok_or(Held::UnknownDelivery(id.0))?;
    tx.commit().await?;
    Ok(row)
}

/// What a press on 已看到, 重发 or 放弃 came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pressed {
    /// It is decided so.
    Decided(Decision),
    /// It was settled before: by a decision, or because it became known.
    Settled { state: DeliveryState, decision: Option<Decision> },
    /// The time in which it could be sent again is over.
    TooLate,
}

/// Decides by a button about the copy that an attempt made. A button of an earlier copy decides nothing about a newer one.
/// `None`: no such copy.
pub async fn press(ctx: &Ctx, actor: &Actor, attempt: AttemptId, decision: Decision) -> Outcome<Option<Pressed>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::PushWrite).await?;
    let copies = store::delivery::pushes_of_attempts(&mut tx, &[attempt]).await?;
    let Some(copy) = copies.first() else { return Ok(None) };
    let Some(row) = store::delivery::find(&mut tx, copy.delivery_id).await? else { return Ok(None) };
    let newest = store::delivery::attempts(&mut tx, row.id).await?.last().map(|last| last.id);
    let settled = Pressed::Settled { state: row.state, decision: row.decision };
    if newest != Some(attempt) {
        return Ok(Some(settled));
    }
    match rule(&mut tx, ctx, actor, (&row, decision, None)).await {
        Ok(()) => {}
        Err(Refusal::Lever(Held::NotInDoubt { .. } | Held::PushStands { .. })) => return Ok(Some(settled)),
        Err(Refusal::DeadlinePassed) => return Ok(Some(Pressed::TooLate)),
        Err(other) => return Err(other),
    }
    tx.commit().await?;
    Ok(Some(Pressed::Decided(decision)))
}

async fn rule(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (row, decision, why): (&DeliveryRow, Decision, Option<&str>),
) -> Outcome<()> {
    let stands = || Refusal::from(Held::NotInDoubt { delivery: row.id.0, state: row.state });
    if row.state != DeliveryState::InDoubt {
        return Err(stands());
    }
    let to = next(row.state, decision.into()).ok_or_else(stands)?;
    let expires_at = match (decision, row.kind) {
        (Decision::Resend, DeliveryKind::Push | DeliveryKind::Nudge) => {
            let id = PushId(row.subject_id);
            let push = store::push::find(tx, id).await?.ok_or(Refusal::UnknownPush(id.0))?;
            if push.state != PushState::Open {
                return Err(Held::PushStands { push: id.0, state: push.state }.into());
            }
            Some(until(tx, &push, ctx.now()).await?)
        }
        (Decision::Resend, DeliveryKind::Alert | DeliveryKind::Notice) => Some(ctx.now() + crate::domain::alert::KEPT),
        (Decision::Sent | Decision::Abandon | Decision::Relayed | Decision::Declined, _) => None,
    };
    let by = actor.to_string();
    let ruling = NewRuling { decision, by: &by, why, from: row.state, to, reason: None, expires_at };
    if !decide::rule(tx, row.id, &ruling, ctx.now()).await? {
        return Err(stands());
    }
    let detail = json!({ "decision": decision.as_str(), "state": to.as_str() });
    note(tx, ctx.now(), actor, (Action::DeliveryDecide, format!("delivery:{}", row.id), detail));
    Ok(())
}
