//! The planner. First every slot that has come due gets its row (`domain::round` judges), a batch at a time and without
//! making anything of it, so that a thousand slots of one minute are on record within a breath. Then the rows that go out
//! become pushes.

mod make;

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::ctx::Ctx;
use crate::domain::calendar::Festival;
use crate::domain::round::Verdict;
use crate::domain::schedule::{MovedBy, Slot};
use crate::domain::slot::{OccurrenceState, PLAIN_MINUTES_MAX};
use crate::domain::wall;
use crate::ids::{GroupId, ScheduleId};
use crate::office::outlook::{Ground, Live, Round, judged, lives, week_end};
use crate::office::{Outcome, Refusal, calendar, nudge, relay};
use crate::store::occurrence::{Decision, NewOccurrence, OccurrenceRow};
use crate::store::schedule::{Advance, ScheduleRow};
use crate::store::{self, Tx};
pub(super) use make::deadline;
use make::make;

/// Slots decided, or made into pushes, in one transaction; the rest follow in the next. Few enough that nobody waits for
/// the database's writer for long.
const BATCH: u16 = 200;
/// Pause before a rule that could not be read is looked at again.
const BAD_RULE_PAUSE: TimeDelta = TimeDelta::seconds(60);
/// A clock that stands this far before what is planned was set back.
const SET_BACK: TimeDelta = TimeDelta::minutes(10);

/// Decides every slot that has come due and makes the pushes. Returns when to come again. A rule that fails holds up none
/// of the others: the first failure is returned once all have had their turn.
pub async fn plan(ctx: &Ctx) -> Outcome<Option<DateTime<Utc>>> {
    let began = ctx.now();
    let mut failed = None;
    while decide(ctx, &mut failed).await? {}
    while make(ctx, &mut failed).await? > 0 {}
    if let Err(why) = relay::hand_out(ctx).await {
        failed.get_or_insert(why);
    }
    if let Err(why) = nudge::remind(ctx).await {
        failed.get_or_insert(why);
    }
    let mut tx = ctx.store.read().await?;
    let next = [store::schedule::next_look(&mut tx).await?, store::occurrence::next_moved(&mut tx).await?];
    // What is due and could not be dealt with waits for the next look; coming back at once would change nothing.
    let next = next.into_iter().flatten().map(store::At::utc).filter(|next| *next > began).min();
    failed.map_or(Ok(next), Err)
}

/// Looks whether what plans rest on has changed without a command: the files of the calendar, or the clock.
pub async fn refresh(ctx: &Ctx) -> Outcome<()> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let known = store::schedule::plan_calendar(&mut tx).await? == ground.calendar.fingerprint();
    let tomorrow = wall::next_day(now, ctx.zone);
    let set_back = store::schedule::planned_beyond(&mut tx, now + SET_BACK, tomorrow).await?;
    drop(tx);
    if known && !set_back {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    calendar::replan(&mut tx, ctx, &ground.calendar).await?;
    if set_back {
        tracing::warn!("the clock was set back; slots that were skipped ahead of time are planned again");
        store::occurrence::reopen(&mut tx, now).await?;
        store::schedule::plan_from(&mut tx, now, tomorrow).await?;
    }
    Ok(tx.commit().await?)
}

/// Puts up to a batch of due slots on record. False: there is none, or none that can be decided now.
async fn decide(ctx: &Ctx, failed: &mut Option<Refusal>) -> Outcome<bool> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let look = store::schedule::next_look(&mut tx).await?.is_some_and(|at| at.utc() <= now);
    let moved = !store::occurrence::moved_due(&mut tx, now, 1).await?.is_empty();
    drop(tx);
    if !look && !moved {
        return Ok(false);
    }
    let mut tx = ctx.store.write().await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    calendar::replan(&mut tx, ctx, &ground.calendar).await?;
    let due = store::schedule::due(&mut tx, now, BATCH.into()).await?;
    let moved = store::occurrence::moved_due(&mut tx, now, BATCH.into()).await?;
    let own: HashSet<ScheduleId> = due.iter().map(|row| row.id).collect();
    let (all, bad) = with_neighbours(&mut tx, due, &moved).await?;
    let round = judged(&mut tx, &all, &ground, now, week_end(now, ctx.zone)).await?;
    let mut steps: Vec<Advance> =
        bad.iter().filter(|(row, _)| own.contains(&row.id)).map(|(row, _)| later(row, now)).collect();
    let mut rows = Vec::new();
    for (place, live) in all.iter().enumerate().filter(|(_, live)| own.contains(&live.row.id)) {
        let left = usize::from(BATCH).saturating_sub(rows.len());
        if left == 0 {
            break;
        }
        let (step, decided) = advance(live, (&round, place), (&ground, left), now);
        steps.push(step);
        rows.extend(decided);
    }
    let done: HashSet<ScheduleId> = store::schedule::advance(&mut tx, &steps).await?.into_iter().collect();
    rows.retain(|row| done.contains(&row.schedule_id));
    store::occurrence::add(&mut tx, &rows, now).await?;
    let moved = redecide(&mut tx, &round, &moved, now).await?;
    tx.commit().await?;
    for (row, why) in bad {
        tracing::error!(error = %why, schedule = %row.id, "a rule could not be planned");
        failed.get_or_insert(why);
    }
    Ok(!done.is_empty() || moved > 0)
}

/// The due rules, those of the moved slots, and every active rule that speaks to the same chats.
async fn with_neighbours(
    tx: &mut Tx,
    mut rows: Vec<ScheduleRow>,
    moved: &[OccurrenceRow],
) -> Outcome<(Vec<Live>, Vec<(ScheduleRow, Refusal)>)> {
    let mut known: HashSet<ScheduleId> = rows.iter().map(|row| row.id).collect();
    let of_moved: Vec<ScheduleId> = moved
        .iter()
        .map(|row| row.schedule_id)
        .filter(|id| known.insert(*id))
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    rows.extend(store::schedule::find_many(tx, &of_moved).await?);
    let ids: Vec<ScheduleId> = rows.iter().map(|row| row.id).collect();
    let groups: BTreeSet<GroupId> =
        store::schedule::groups(tx, &ids).await?.into_iter().map(|(_, group)| group).collect();
    let sharing = store::schedule::sharing(tx, &groups.into_iter().collect::<Vec<_>>()).await?;
    rows.extend(sharing.into_iter().filter(|row| known.insert(row.id)));
    lives(tx, rows).await
}

fn later(row: &ScheduleRow, now: DateTime<Utc>) -> Advance {
    let to = row.planned_to.utc();
    Advance { id: row.id, revision: row.revision, from: row.planned_to, to, next: Some(now + BAD_RULE_PAUSE) }
}

/// The rows of a rule's due slots, at most `most` and as many as share the last one's time, and how far that brings it.
fn advance(
    live: &Live,
    (round, place): (&Round<'_>, usize),
    (ground, most): (&Ground, usize),
    now: DateTime<Utc>,
) -> (Advance, Vec<NewOccurrence>) {
    let (pending, verdicts) = (&round.runners[place].pending, &round.verdicts[place].pending);
    let mut rows: Vec<NewOccurrence> = Vec::new();
    let mut to = live.row.look_from(now);
    let mut next = None;
    for (slot, verdict) in pending.iter().zip(verdicts) {
        if rows.len() >= most && slot.due > to {
            next = Some(now);
            break;
        }
        if *verdict == Verdict::Hold {
            let wait = TimeDelta::minutes(live.row.max_late.max(PLAIN_MINUTES_MAX));
            next = Some(slot.due + wait + TimeDelta::milliseconds(1));
            break;
        }
        rows.push(decided(live, slot, *verdict));
        to = slot.due;
    }
    let next = next.or_else(|| {
        let after = now.max(to);
        live.terms.slots(&ground.calendar, ground.settings.hours.tz, after).next().map(|slot| slot.due)
    });
    let step = Advance { id: live.row.id, revision: live.row.revision, from: live.row.planned_to, to, next };
    (step, rows)
}

/// The row of a slot with its verdict.
pub(super) fn decided(live: &Live, slot: &Slot, verdict: Verdict) -> NewOccurrence {
    let holiday = slot.moved_from.map(|_| MovedBy::Holiday);
    let (state, reason, due_at) = match verdict {
        Verdict::Go | Verdict::Hold => (OccurrenceState::Planned, None, slot.due),
        Verdict::Move(to) => (OccurrenceState::Planned, None, to),
        Verdict::Skip(state, reason) => (state, reason, slot.due),
    };
    let by_cap = matches!(verdict, Verdict::Move(_));
    NewOccurrence {
        schedule_id: live.row.id,
        slot_at: slot.key,
        due_at,
        moved_from: if by_cap { slot.moved_from.or(Some(slot.due)) } else { slot.moved_from },
        moved_by: if by_cap { Some(MovedBy::Cap) } else { holiday },
        festivals: Festival::words(&slot.festivals),
        revision: live.row.revision,
        state,
        reason,
        off_name: slot.off.clone().filter(|name| state == OccurrenceState::SkippedHoliday && !name.is_empty()),
    }
}

/// What becomes of moved slots that have come due: they go out, or move on, or their week has no room any more. Returns how
/// many it decided.
async fn redecide(tx: &mut Tx, round: &Round<'_>, due: &[OccurrenceRow], now: DateTime<Utc>) -> Outcome<usize> {
    let mut decided = 0;
    let all = round.moved.iter().flatten().zip(round.verdicts.iter().flat_map(|verdicts| &verdicts.moved));
    for (row, verdict) in all.filter(|(row, _)| due.iter().any(|due| due.id == row.id)) {
        let stays = |state, reason| Decision {
            state,
            reason,
            due_at: row.due_at.utc(),
            moved_from: row.moved_from.map(store::At::utc),
            moved_by: row.moved_by,
        };
        let decision = match verdict {
            Verdict::Go | Verdict::Hold => stays(OccurrenceState::Planned, None),
            Verdict::Move(to) => Decision { due_at: *to, ..stays(OccurrenceState::Planned, None) },
            Verdict::Skip(state, reason) => stays(*state, *reason),
        };
        decided += usize::from(store::occurrence::redecide(tx, row, &decision, now).await?);
    }
    Ok(decided)
}
