//! What `/people` does in the end, in the transaction of the step that confirmed it.

use chrono::NaiveDate;
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::dialogue::people::{Absence, Ended, Old, Someone, Task};
use crate::office::depart::{self, Departing};
use crate::office::staff::{self, Leave};
use crate::office::{Outcome, Refusal, note};
use crate::store::{self, Tx};

/// Hands a code out; where the old account is let go at once, that comes first.
pub(super) async fn code(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (who, task, old): (Someone, Task, Option<Old>),
) -> Outcome<Ended> {
    if old == Some(Old::LetGo) {
        for channel in store::people::channels(tx, who.listed.id).await? {
            store::account::unbind(tx, channel, who.listed.id, ctx.now()).await?;
            note(
                tx,
                ctx.now(),
                actor,
                (Action::StaffUnbind, format!("staff:{}", who.listed.id), json!({ "channel": channel })),
            );
        }
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

/// Records an absence.
pub(super) async fn away(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (who, away): (Someone, Absence)) -> Outcome<Ended> {
    let leave =
        Leave { staff_no: who.listed.staff_no.clone(), category: away.category.0, from: away.from, to: away.to };
    match staff::record_leave(tx, ctx, actor, &leave).await {
        Ok(_) => Ok(Ended::Away { who, away }),
        // Nothing was written before the refusal.
        Err(Refusal::LeaveOverlaps) => Ok(Ended::Overlaps { who }),
        Err(other) => Err(other),
    }
}
