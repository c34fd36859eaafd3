//! 调离: a person is off the roster from a day on. What was counted before stays.

use chrono::NaiveDate;
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::dialogue::people::When;
use crate::domain::policy::Role;
use crate::domain::wall;
use crate::ids::StaffId;
use crate::office::{Outcome, note, role};
use crate::store::{self, Tx};

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Departing {
    Done(When),
    /// The last admin stays.
    LastAdmin,
}

/// Takes a person off the roster from `day` on: now, or when the day comes. Rights were checked by the conversation.
pub(super) async fn depart(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (who, day): (StaffId, NaiveDate),
) -> Outcome<Departing> {
    if last_admin(tx, who).await? {
        return Ok(Departing::LastAdmin);
    }
    let when = if day > wall::of(ctx.now(), ctx.zone).date() { When::ToCome } else { When::Now };
    match when {
        When::Now => take_off(tx, ctx, (who, day)).await?,
        When::ToCome => store::people::set_leaves_on(tx, who, Some(day)).await?,
    }
    store::office::bump_roster(tx).await?;
    note(tx, ctx.now(), actor, (Action::StaffLeave, format!("staff:{who}"), json!({ "from": day })));
    Ok(Departing::Done(when))
}

/// Takes a day of leaving back that has not come. Rights were checked by the conversation.
pub(super) async fn stay(tx: &mut Tx, ctx: &Ctx, actor: &Actor, who: StaffId) -> Outcome<()> {
    store::people::set_leaves_on(tx, who, None).await?;
    store::office::bump_roster(tx).await?;
    note(tx, ctx.now(), actor, (Action::StaffLeave, format!("staff:{who}"), json!({ "from": null })));
    Ok(())
}

/// Takes those off the roster whose day has come. Audiences frozen on that day are without them already, whether this ran
/// before or not. Returns how many.
pub async fn due(ctx: &Ctx) -> Outcome<usize> {
    let today = wall::of(ctx.now(), ctx.zone).date();
    let mut tx = ctx.store.read().await?;
    let due = store::people::leaving(&mut tx, today).await?;
    drop(tx);
    if due.is_empty() {
        return Ok(0);
    }
    let mut tx = ctx.store.write().await?;
    let actor = Actor::System { job: Job::Tidy };
    let mut gone = 0;
    for (who, day) in store::people::leaving(&mut tx, today).await? {
        // The others may have lost the role since.
        if last_admin(&mut tx, who).await? {
            tracing::warn!(%who, "the last admin stays on the roster although their day has come");
            continue;
        }
        take_off(&mut tx, ctx, (who, day)).await?;
        note(
            &mut tx,
            ctx.now(),
            &actor,
            (Action::StaffLeave, format!("staff:{who}"), json!({ "from": day, "due": true })),
        );
        gone += 1;
    }
    if gone > 0 {
        store::office::bump_roster(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(gone)
}

async fn take_off(tx: &mut Tx, ctx: &Ctx, (who, day): (StaffId, NaiveDate)) -> Outcome<()> {
    let began = wall::instant(day.and_time(chrono::NaiveTime::MIN), ctx.zone);
    store::staff::leave(tx, who, began).await?;
    store::people::set_leaves_on(tx, who, None).await?;
    Ok(())
}

/// Whether the office would have no admin without this person.
async fn last_admin(tx: &mut Tx, who: StaffId) -> Outcome<bool> {
    let others = role::staying_admins(tx).await?.into_iter().any(|admin| admin != who);
    Ok(!others && store::role::of_staff(tx, who).await?.iter().any(|grant| grant.role == Role::Admin))
}
