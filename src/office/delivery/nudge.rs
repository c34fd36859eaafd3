//! Reminders, looked at right before their call: whoever confirmed, wants none, went away or left since they were
//! made gets none.

use chrono::{DateTime, Utc};

use super::compose::{item_of, tag};
use crate::ctx::Ctx;
use crate::domain::delivery::StopReason;
use crate::domain::nudge::Terms;
use crate::domain::push::PushState;
use crate::domain::tag::Verb;
use crate::domain::wall;
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId};
use crate::message::nudge::{Buttons, When, nudge};
use crate::message::outgoing::Outgoing;
use crate::message::push::Copy;
use crate::office::ack::Known;
use crate::office::nudge::{away, gone};
use crate::office::{Outcome, Refusal, calendar, setting};
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::{self, Tx};

/// Whether a reminder still goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Still {
    Wanted,
    /// It goes out to nobody any more.
    Over(StopReason),
    /// It is outside the allowed hours.
    Later(DateTime<Utc>),
}

/// Looks at a reminder once more.
pub(super) async fn still(tx: &mut Tx, ctx: &Ctx, delivery: &DeliveryRow) -> Outcome<Still> {
    let (id, staff) = (PushId(delivery.subject_id), StaffId(delivery.target_id));
    let push = store::push::find(tx, id).await?;
    let open = push.filter(|push| push.state == PushState::Open && push.confirm == Confirm::Required);
    let Some(push) = open else { return Ok(Still::Over(StopReason::TakenBack)) };
    let settings = setting::load(tx, ctx.zone).await?;
    let Some(time) = settings.nudge_time else { return Ok(Still::Over(StopReason::ByAdmin)) };
    if !gone(tx, &[staff]).await?.is_empty() {
        return Ok(Still::Over(StopReason::NoTarget));
    }
    let pairs = expected(tx, id, staff).await?;
    // Whoever confirmed under one of their numbers is not asked again under another.
    if pairs.is_empty() || !store::ack::find_many(tx, &pairs).await?.is_empty() {
        return Ok(Still::Over(StopReason::Confirmed));
    }
    if store::nudge::is_muted(tx, staff).await? {
        return Ok(Still::Over(StopReason::Muted));
    }
    let (now, everybodys) = (ctx.now(), push.deadline_at.map(store::At::utc));
    let Some(deadline) = own(tx, &pairs).await?.or(everybodys) else { return Ok(Still::Over(StopReason::TakenBack)) };
    let calendar = calendar::load(tx, ctx).await?;
    let terms = Terms { time, calendar: &calendar, hours: &settings.hours };
    let today = wall::of(now, ctx.zone).date();
    // An absence that was recorded since moves the deadline, and the reminder with it.
    let moved = terms.remind_at(deadline).is_some_and(|at| wall::of(at, ctx.zone).date() > today);
    if moved || !away(tx, &[staff], today).await?.is_empty() {
        return Ok(Still::Over(StopReason::OnLeave));
    }
    let next = terms.next_allowed(now);
    Ok(if next > now { Still::Later(next) } else { Still::Wanted })
}

/// The words and buttons of a reminder.
pub(super) async fn compose(tx: &mut Tx, ctx: &Ctx, delivery: &DeliveryRow, attempt: &AttemptRow) -> Outcome<Outgoing> {
    let (id, staff) = (PushId(delivery.subject_id), StaffId(delivery.target_id));
    let push = store::push::find(tx, id).await?.ok_or(Refusal::UnknownPush(id.0))?;
    let pairs = expected(tx, id, staff).await?;
    let everybodys = push.deadline_at.map_or(delivery.expires_at.utc(), store::At::utc);
    let deadline = own(tx, &pairs).await?.unwrap_or(everybodys);
    let (item, body) = item_of(tx, &push).await?;
    let said = Copy {
        item: &item,
        body: &body,
        version: push.version,
        due: None,
        deadline: Some(deadline),
        resent: attempt.possible_duplicate,
        silent: &[],
        count: None,
        asked: None,
        zone: ctx.zone,
    };
    let of = |verb| tag(tx.keys(), verb, attempt.id.0);
    let buttons = Buttons { ack: of(Verb::Ack), away: of(Verb::Away), mute: of(Verb::Mute) };
    Ok(nudge(&said, When { pushed: push.slot_at.utc(), deadline, now: ctx.now() }, buttons))
}

/// A push with the numbers under which it expects a person.
async fn expected(tx: &mut Tx, push: PushId, staff: StaffId) -> Outcome<Vec<(PushId, StaffId)>> {
    let numbers = Known::read(tx, &[push], &[staff]).await?.expected(push, staff);
    Ok(numbers.into_iter().map(|number| (push, number)).collect())
}

/// The latest own deadline of a person, where they have one.
async fn own(tx: &mut Tx, pairs: &[(PushId, StaffId)]) -> Outcome<Option<DateTime<Utc>>> {
    let rows = store::deadline::find_many(tx, pairs).await?;
    Ok(rows.into_iter().map(|row| row.deadline_at.utc()).max())
}
