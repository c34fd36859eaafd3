//! The second half of planning: rows that go out become pushes.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::BATCH;
use crate::ctx::Ctx;
use crate::domain::audit::{Actor, Job};
use crate::domain::calendar::Festival;
use crate::domain::rotation::{self, Want};
use crate::domain::schedule::{DeadlineRule, LATE_MINUTES, Slot, default_deadline, first_off};
use crate::domain::slot::{Fate, MissReason, OccurrenceState, PLAIN_MINUTES_MAX, Patience, fate};
use crate::domain::wall;
use crate::domain::word::{GroupState, ScheduleState};
use crate::ids::{GroupId, ScheduleId};
use crate::office::outlook::{Ground, Live, festivals, lives};
use crate::office::push::{self, Office, Order, Target};
use crate::office::rotation::Shelf;
use crate::office::{Outcome, Refusal, content};
use crate::store::occurrence::{Decision, OccurrenceRow};
use crate::store::{self, Tx};

/// Makes pushes of up to a batch of rows that go out. Returns how many rows are dealt with.
pub(super) async fn make(ctx: &Ctx, failed: &mut Option<Refusal>) -> Outcome<usize> {
    let mut tx = ctx.store.read().await?;
    let rows = store::occurrence::to_make(&mut tx, ctx.now(), BATCH.into()).await?;
    drop(tx);
    if rows.is_empty() {
        return Ok(0);
    }
    if make_all(ctx, &rows).await.is_ok() {
        return Ok(rows.len());
    }
    // One of them cannot be made: each by itself, so that it holds up none of the others. It is tried until its time is over.
    let mut done = 0;
    for row in &rows {
        match make_all(ctx, std::slice::from_ref(row)).await {
            Ok(()) => done += 1,
            Err(why) => {
                tracing::error!(error = %why, schedule = %row.schedule_id, "a push could not be made");
                failed.get_or_insert(why);
                done += usize::from(give_up(ctx, row).await?);
            }
        }
    }
    Ok(done)
}

/// Puts a row that could not be made, and is later than any rule allows, on record as missed. False: it is tried again.
async fn give_up(ctx: &Ctx, row: &OccurrenceRow) -> Outcome<bool> {
    let now = ctx.now();
    if now - row.due_at.utc() <= TimeDelta::minutes(LATE_MINUTES) {
        return Ok(false);
    }
    let decision = Decision {
        state: OccurrenceState::SkippedLate,
        reason: None,
        due_at: row.due_at.utc(),
        moved_from: row.moved_from.map(store::At::utc),
        moved_by: row.moved_by,
    };
    let mut tx = ctx.store.write().await?;
    let given_up = store::occurrence::redecide(&mut tx, row, &decision, now).await?;
    tx.commit().await?;
    Ok(given_up)
}

async fn make_all(ctx: &Ctx, rows: &[OccurrenceRow]) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    let taken = store::occurrence::take(&mut tx, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let rows: Vec<&OccurrenceRow> = rows.iter().filter(|row| taken.contains(&row.id)).collect();
    let ground = Ground::load(&mut tx, ctx).await?;
    let ids: Vec<ScheduleId> = rows.iter().map(|row| row.schedule_id).collect();
    let schedules = store::schedule::find_many(&mut tx, &ids).await?;
    let (lives, bad) = lives(&mut tx, schedules).await?;
    if let Some((_, why)) = bad.into_iter().next() {
        return Err(why);
    }
    let days: BTreeSet<NaiveDate> = rows.iter().map(|row| wall::of(row.due_at.utc(), ctx.zone).date()).collect();
    let groups: Vec<GroupId> =
        lives.iter().flat_map(|live| &live.groups).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let active = store::group::list(&mut tx).await?.into_iter().filter(|group| group.state == GroupState::Active);
    let mut desk = Desk {
        office: Office::load(&mut tx, ctx, &days).await?,
        shelf: Shelf::load(&mut tx, ctx, &groups).await?,
        active: active.map(|group| group.id).collect(),
        ground,
    };
    for row in rows {
        if let Some(live) = lives.iter().find(|live| live.row.id == row.schedule_id) {
            make_one(&mut tx, ctx, &mut desk, live, row).await?;
        }
    }
    Ok(tx.commit().await?)
}

/// What the pushes of one batch are made from.
struct Desk {
    ground: Ground,
    office: Office,
    shelf: Shelf,
    active: HashSet<GroupId>,
}

/// Makes the push of one slot; a miss is a row with its reason.
async fn make_one(tx: &mut Tx, ctx: &Ctx, desk: &mut Desk, live: &Live, row: &OccurrenceRow) -> Outcome<()> {
    let now = ctx.now();
    let outcome = match readiness(live, row, &desk.ground, now) {
        Ok(late) => send(tx, ctx, desk, (live, row, late)).await?,
        Err(missed) => Err(missed),
    };
    let (state, reason) = match outcome {
        Ok(()) => (OccurrenceState::Materialised, None),
        Err(missed) => missed,
    };
    let decision = Decision {
        state,
        reason,
        due_at: row.due_at.utc(),
        moved_from: row.moved_from.map(store::At::utc),
        moved_by: row.moved_by,
    };
    store::occurrence::redecide(tx, row, &decision, now).await?;
    Ok(())
}

/// Why a slot that was to go out does not.
type Missed = (OccurrenceState, Option<MissReason>);

/// Whether a slot that was to go out still may, and whether it does so late: the program may have stopped in between.
fn readiness(live: &Live, row: &OccurrenceRow, ground: &Ground, now: DateTime<Utc>) -> Result<Lateness, Missed> {
    match live.row.state {
        ScheduleState::Active if ground.stopped => return Err((OccurrenceState::SkippedPaused, None)),
        ScheduleState::Active => {}
        ScheduleState::Paused => return Err((OccurrenceState::SkippedPaused, None)),
        ScheduleState::Removed => return Err((OccurrenceState::Cancelled, Some(MissReason::Removed))),
    }
    let patience = Patience {
        missed: live.row.missed,
        max_late: TimeDelta::minutes(live.row.max_late),
        hours: &ground.settings.hours,
        calendar: &ground.calendar,
    };
    match fate(&Slot::at(row.due_at.utc()), now, &patience) {
        Fate::Late => Ok(Lateness::Late),
        Fate::Plain | Fate::Wait | Fate::Hold => Ok(Lateness::Punctual),
        Fate::Skip(state, reason) => Err((state, reason)),
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Lateness {
    Punctual,
    Late,
}

async fn send(
    tx: &mut Tx,
    ctx: &Ctx,
    desk: &mut Desk,
    (live, row, lateness): (&Live, &OccurrenceRow, Lateness),
) -> Outcome<Result<(), Missed>> {
    let miss = |reason| Ok(Err((OccurrenceState::SkippedUnapproved, Some(reason))));
    // One that cannot be written to keeps its place: its people stay in the audience, and its delivery is a row that says
    // why it failed.
    if !live.groups.iter().any(|group| desk.active.contains(group)) {
        return miss(MissReason::NoGroup);
    }
    let due = row.due_at.utc();
    let festivals = festivals(row);
    let pool = live.row.pool();
    let want = Want {
        pool: &pool,
        day: wall::of(due, ctx.zone).date(),
        zone: ctx.zone,
        festivals: &festivals,
        all_party: desk.shelf.all_party(&live.groups),
        months: desk.ground.settings.rotation_months,
    };
    let pick = rotation::next(&desk.shelf.choices(&live.groups), &want);
    let Some(item) = pick.and_then(|pick| desk.shelf.item(pick.place)).cloned() else {
        return miss(MissReason::NoItem);
    };
    let Some(version) = store::item::version(tx, item.version_id).await? else { return miss(MissReason::NoItem) };
    let source = content::source_of(&version)?;
    let order = Order {
        occurrence: Some(row.id),
        item: &source,
        item_version: item.version_id,
        confirm: live.row.confirm.unwrap_or(source.confirm),
        target: Target::Groups(live.groups.clone()),
        slot: due,
        late: lateness == Lateness::Late,
        deadline: Some(deadline(live, (due, &festivals), &desk.ground)?),
        patience: TimeDelta::minutes(live.row.max_late.max(PLAIN_MINUTES_MAX)),
    };
    match push::make(tx, ctx, &Actor::System { job: Job::Plan }, (&order, &desk.office)).await {
        Ok(_) => {
            desk.shelf.pushed(item.id, &live.groups, due);
            Ok(Ok(()))
        }
        Err(Refusal::Unfilled { .. }) => miss(MissReason::Unfilled),
        Err(Refusal::NobodyAddressed) => miss(MissReason::Nobody),
        Err(other) => Err(other),
    }
}

/// When a required push of a slot is due. A fixed date that is past is none.
pub(in crate::office) fn deadline(
    live: &Live,
    (due, festivals): (DateTime<Utc>, &[Festival]),
    ground: &Ground,
) -> Outcome<DateTime<Utc>> {
    let hours = &ground.settings.hours;
    let own = live.row.deadline.as_deref().map(DeadlineRule::parse).transpose()?;
    let own = own.map(|rule| rule.resolve(due, &ground.calendar, hours)).filter(|deadline| *deadline > due);
    Ok(own.unwrap_or_else(|| {
        let day = wall::of(due, hours.tz).date();
        default_deadline(due, first_off(festivals, &ground.calendar, day), &ground.calendar, hours)
    }))
}
