//! Days on which nobody was reminded although it was time: the program did not run, or was stopped. Each becomes a row once it
//! is over, like every other miss (invariant I7), with its reason in the ledger.

use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use serde_json::json;

use super::{LOOK_BACK, REMINDER};
use crate::ctx::Ctx;
use crate::domain::audit::Action;
use crate::domain::delivery::DeliveryState;
use crate::domain::nudge::Terms;
use crate::domain::setting::Key;
use crate::domain::slot::OccurrenceState;
use crate::domain::wall;
use crate::ids::PushId;
use crate::office::{Outcome, calendar, note, setting};
use crate::store::nudge::DayRow;
use crate::store::{self, Tx};

/// Puts them on record.
pub async fn look_back(ctx: &Ctx) -> Outcome<()> {
    let mut tx = ctx.store.read().await?;
    let nothing = undecided(&mut tx, ctx, today(ctx)).await?.is_empty();
    drop(tx);
    if nothing {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    settle(&mut tx, ctx).await?;
    Ok(tx.commit().await?)
}

/// Puts on record what was missed before today, with what stops everything as its reason while something does.
pub(in crate::office) async fn settle(tx: &mut Tx, ctx: &Ctx) -> Outcome<()> {
    let stopped = !store::halt::list(tx).await?.is_empty();
    let why = if stopped { OccurrenceState::SkippedPaused } else { OccurrenceState::SkippedLate };
    record(tx, ctx, (today(ctx), why.as_str())).await
}

/// Data that was put back does not know whom another copy of it reminded: of what had its time by now nobody is reminded any
/// more.
pub(in crate::office) async fn pass_over(tx: &mut Tx, ctx: &Ctx) -> Outcome<()> {
    record(tx, ctx, (ctx.now(), DeliveryState::InDoubt.as_str())).await
}

/// The first instant of today.
fn today(ctx: &Ctx) -> DateTime<Utc> {
    wall::instant(wall::of(ctx.now(), ctx.zone).date().and_time(NaiveTime::MIN), ctx.zone)
}

async fn record(tx: &mut Tx, ctx: &Ctx, (until, why): (DateTime<Utc>, &str)) -> Outcome<()> {
    let now = ctx.now();
    for (push_id, day) in undecided(tx, ctx, until).await? {
        let row = DayRow { push_id, day, queued: 0, unreachable: 0, decided_at: now.into() };
        if store::nudge::add_day(tx, &row).await? {
            let detail = json!({ "day": day, "state": why });
            note(tx, now, &REMINDER, (Action::PushNudge, format!("push:{push_id}"), detail));
        }
    }
    Ok(())
}

/// The days on which pushes had their time by an instant and nothing was decided; none from before reminders were switched on.
async fn undecided(tx: &mut Tx, ctx: &Ctx, until: DateTime<Utc>) -> Outcome<BTreeSet<(PushId, NaiveDate)>> {
    let settings = setting::load(tx, ctx.zone).await?;
    let Some(time) = settings.nudge_time else { return Ok(BTreeSet::new()) };
    let open = store::nudge::all_open(tx, until - LOOK_BACK).await?;
    if open.is_empty() {
        return Ok(BTreeSet::new());
    }
    let calendar = calendar::load(tx, ctx).await?;
    let terms = Terms { time, calendar: &calendar, hours: &settings.hours };
    let since = store::setting::changed(tx, Key::NudgeTime).await?.map_or(DateTime::UNIX_EPOCH, store::At::utc);
    let ids: Vec<PushId> = open.iter().map(|row| row.push_id).collect();
    let mut deadlines: HashMap<PushId, Vec<DateTime<Utc>>> = HashMap::new();
    for own in store::deadline::of_pushes(tx, &ids).await? {
        deadlines.entry(own.push_id).or_default().push(own.deadline_at.utc());
    }
    let mut days = BTreeSet::new();
    for row in open {
        let own = deadlines.remove(&row.push_id).unwrap_or_default();
        let all = std::iter::once(row.deadline_at.utc()).chain(own);
        let came =
            all.filter_map(|deadline| terms.came((row.slot_at.utc(), deadline), until)).filter(|at| since <= *at);
        days.extend(came.map(|at| (row.push_id, wall::of(at, ctx.zone).date())));
    }
    for decided in store::nudge::days(tx, &ids).await? {
        days.remove(&(decided.push_id, decided.day));
    }
    Ok(days)
}
