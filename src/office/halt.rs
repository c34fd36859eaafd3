//! Stopping everything that goes out, and letting it go on. The stop is a row, so that it stands across restarts; slots
//! that fall due meanwhile are missed for good, so that going on never floods anybody.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::delivery::HaltCause;
use crate::domain::policy::Act;
use crate::domain::round::Verdict;
use crate::domain::slot::OccurrenceState;
use crate::domain::word::ScheduleState;
use crate::office::held::Held;
use crate::office::outlook::{Ground, lives, pending};
use crate::office::plan::decided;
use crate::office::{Outcome, authorise, note, nudge, personal};
use crate::store::halt::HaltRow;
use crate::store::{self, Tx};

/// What going on leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resumed {
    pub since: DateTime<Utc>,
    /// Slots that fell due meanwhile and do not go out.
    pub missed: i64,
    /// Messages that were queued before and are still in time.
    pub waiting: i64,
}

/// Whether an admin stopped everything.
pub(super) async fn paused(tx: &mut Tx) -> Outcome<bool> {
    Ok(store::halt::list(tx).await?.iter().any(|row| row.cause == HaltCause::Paused))
}

/// Why nothing goes out; empty while everything does.
pub async fn standing(ctx: &Ctx) -> Outcome<Vec<HaltRow>> {
    let mut tx = ctx.store.read().await?;
    Ok(store::halt::list(&mut tx).await?)
}

/// Stops everything that the program sends by itself. Answers to what people do go on.
pub async fn pause(ctx: &Ctx, actor: &Actor, reason: &str) -> Outcome<()> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::OutgoingWrite).await?;
    personal::reason(&mut tx, reason).await?;
    if !store::halt::put(&mut tx, HaltCause::Paused, (&actor.to_string(), reason), now).await? {
        return Err(Held::PausedAlready.into());
    }
    note(&mut tx, now, actor, (Action::OutgoingPause, "office:1".to_owned(), json!({ "reason": reason })));
    Ok(tx.commit().await?)
}

/// Lets it go on: with the next slots, and with what was queued before and is still in time.
pub async fn resume(ctx: &Ctx, actor: &Actor) -> Outcome<Resumed> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::OutgoingWrite).await?;
    let rows = store::halt::list(&mut tx).await?;
    let since = rows.iter().find(|row| row.cause == HaltCause::Paused).map(|row| row.since.utc());
    let since = since.ok_or(Held::NotPaused)?;
    let ground = Ground::load(&mut tx, ctx).await?;
    settle(&mut tx, &ground, since).await?;
    store::occurrence::miss_paused(&mut tx, since, now).await?;
    nudge::settle(&mut tx, ctx).await?;
    // Those of a planner that ran meanwhile are on record already.
    let missed = store::occurrence::missed_in_pause(&mut tx, since).await?;
    store::halt::lift(&mut tx, HaltCause::Paused).await?;
    let waiting = store::delivery::decide::waiting(&mut tx, now).await?;
    let detail = json!({ "since": since.timestamp_millis(), "missed": missed });
    note(&mut tx, now, actor, (Action::OutgoingResume, "office:1".to_owned(), detail));
    tx.commit().await?;
    Ok(Resumed { since, missed, waiting })
}

/// Gives every slot that fell due in the pause its row: the service may have stood still as well.
async fn settle(tx: &mut Tx, ground: &Ground, since: DateTime<Utc>) -> Outcome<()> {
    let all = store::schedule::list(tx).await?.into_iter();
    let active = all.filter(|schedule| schedule.state == ScheduleState::Active).collect();
    let paused = Verdict::Skip(OccurrenceState::SkippedPaused, None);
    for live in lives(tx, active).await?.0 {
        let slots = pending(tx, &live, ground, ground.now).await?;
        let slots = slots.iter().filter(|slot| slot.due >= since);
        let rows: Vec<_> = slots.map(|slot| decided(&live, slot, paused)).collect();
        store::occurrence::add(tx, &rows, ground.now).await?;
    }
    Ok(())
}
