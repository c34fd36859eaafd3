//! What `/people` does in the end, in the transaction of the step that confirmed it.

use chrono::NaiveDate;

use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::dialogue::people::{Absence, Ended, Old, Someone, Task};
use crate::office::depart::{self, Departing};
use crate::office::leave::{self, Leave, LeaveFault};
use crate::office::{Outcome, Refusal, staff};
use crate::store::Tx;
use crate::store::account::On;

/// Hands a code out; where the old account is let go at once, that comes first.
pub(super) async fn code(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (who, task, old): (Someone, Task, Option<Old>),
) -> Outcome<Ended> {
    if old == Some(Old::LetGo) {
        staff::let_go(tx, ctx, actor, (who.listed.id, On::Every)).await?;
    }
    let invited = staff::issue(tx, ctx, actor, who.listed.id).await?;
    let until = invited.expires_at;
    Ok(Ended::Code { who, code: invited.code, link: invited.link, until, task, old })
}

/// Takes someone off the roster from a day on.
pub(super) async fn depart(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (who, day): (Someone, NaiveDate)) -> Outcome<Ended> {
    match depart::depart(tx, ctx, actor, (who.listed.id, day)).await? {
        Departing::Done(when) => Ok(Ended::Departed { who, day, when }),
        Departing::LastAdmin => Ok(Ended::LastAdmin { who }),
    }
}

/// Takes the day of leaving back.
pub(super) async fn stay(tx: &mut Tx, ctx: &Ctx, actor: &Actor, who: Someone) -> Outcome<Ended> {
    depart::stay(tx, ctx, actor, who.listed.id).await?;
    Ok(Ended::Stays { who })
}

/// Records an absence.
pub(super) async fn away(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (who, away): (Someone, Absence)) -> Outcome<Ended> {
    let leave =
        Leave { staff_no: who.listed.staff_no.clone(), category: away.category.0, from: away.from, to: away.to };
    match leave::add_in(tx, ctx, actor, &leave).await {
        Ok(_) => Ok(Ended::Away { who, away }),
        // Nothing was written before the refusal.
        Err(Refusal::Leave(LeaveFault::Overlaps)) => Ok(Ended::Overlaps { who }),
        Err(other) => Err(other),
    }
}
