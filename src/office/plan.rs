//! The planner: decides what becomes of every slot that has come due, and makes the pushes.

use chrono::{DateTime, NaiveDate, Utc};

use crate::ctx::Ctx;
use crate::domain::audit::{Actor, Job};
use crate::domain::content::ItemSource;
use crate::domain::rotation::{self, Choice, Pool};
use crate::domain::slot::{Fate, MissReason, OccurrenceState, fates};
use crate::domain::wall;
use crate::domain::word::{GroupState, ItemState, ScheduleState};
use crate::ids::{GroupId, ItemVersionId, OccurrenceId, ScheduleId};
use crate::office::push::{Order, Target};
use crate::office::schedule::terms;
use crate::office::{Outcome, Refusal, calendar, content, push, setting};
use crate::store::occurrence::NewOccurrence;
use crate::store::schedule::ScheduleRow;
use crate::store::{self, Tx};

/// Slots of one schedule decided in one transaction; the rest follow in the next.
const SLOTS_MOST: usize = 200;

/// What a rule chooses from.
pub(super) fn pool(schedule: &ScheduleRow) -> Pool {
    match (&schedule.slug, &schedule.theme) {
        (Some(slug), _) => Pool::Item(slug.clone()),
        (None, Some(theme)) => Pool::Theme(theme.clone()),
        (None, None) => Pool::Voluntary,
    }
}

/// Every approved item with its latest push.
pub(super) async fn choices(tx: &mut Tx) -> Outcome<Vec<Choice>> {
    let items = store::item::list(tx).await?.into_iter().filter(|item| item.state == ItemState::Approved);
    let choice = |item: store::item::ItemRow| Choice {
        slug: item.slug,
        code: item.code,
        theme: item.theme,
        confirm: item.confirm,
        expires_on: item.expires_on,
        last: item.last_slot.map(store::At::utc),
    };
    Ok(items.map(choice).collect())
}

/// Decides every slot that has come due since the last time, and returns when the next one comes. A rule that fails holds
/// up none of the others: the first failure is returned once all have had their turn.
pub async fn plan(ctx: &Ctx) -> Outcome<Option<DateTime<Utc>>> {
    let mut tx = ctx.store.read().await?;
    let schedules = store::schedule::list(&mut tx).await?;
    drop(tx);
    let mut next: Option<DateTime<Utc>> = None;
    let mut failed = None;
    for schedule in schedules.iter().filter(|schedule| schedule.state == ScheduleState::Active) {
        match plan_one(ctx, schedule).await {
            Ok(due) => next = [next, due].into_iter().flatten().min(),
            Err(error) => {
                tracing::error!(%error, schedule = %schedule.id, "a rule could not be planned");
                failed = failed.or(Some(error));
            }
        }
    }
    failed.map_or(Ok(next), Err)
}

async fn plan_one(ctx: &Ctx, schedule: &ScheduleRow) -> Outcome<Option<DateTime<Utc>>> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let calendar = calendar::load(&mut tx, ctx).await?;
    drop(tx);
    let terms = terms(schedule)?;
    let since = schedule.planned_to.utc();
    let next_after = |after| terms.slots(&calendar, ctx.zone, after).next().map(|slot| slot.due);
    let slots: Vec<DateTime<Utc>> = terms
        .slots(&calendar, ctx.zone, since)
        .map(|slot| slot.due)
        .take_while(|due| *due <= now)
        .take(SLOTS_MOST)
        .collect();
    let Some(last) = slots.last().copied() else { return Ok(next_after(since)) };
    let mut tx = ctx.store.write().await?;
    // An edit or another instance was faster: the rule is read again with the next step.
    if !store::schedule::set_planned_to(&mut tx, schedule.id, schedule.revision, last).await? {
        return Ok(Some(now));
    }
    let hours = setting::load(&mut tx, ctx.zone).await?.hours;
    for (slot, fate) in slots.iter().zip(fates(&slots, now, &hours)) {
        decide(&mut tx, ctx, schedule, (*slot, fate)).await?;
    }
    tx.commit().await?;
    Ok(next_after(last))
}

/// What came of one slot; a miss is a row with its reason.
async fn decide(tx: &mut Tx, ctx: &Ctx, schedule: &ScheduleRow, (slot, fate): (DateTime<Utc>, Fate)) -> Outcome<()> {
    let row = |state, reason| NewOccurrence {
        schedule_id: schedule.id,
        slot_at: slot,
        due_at: slot,
        moved_from: None,
        moved_by: None,
        festivals: String::new(),
        revision: schedule.revision,
        state,
        reason,
    };
    if !fate.sends() {
        store::occurrence::decide(tx, &row(fate.state(), None), ctx.now()).await?;
        return Ok(());
    }
    let ready = match prepare(tx, schedule, wall::of(slot, ctx.zone).date()).await? {
        Ok(ready) => ready,
        Err(missing) => {
            let skipped = row(OccurrenceState::SkippedUnapproved, Some(missing));
            store::occurrence::decide(tx, &skipped, ctx.now()).await?;
            return Ok(());
        }
    };
    // `None`: another instance decided this slot first.
    let made = store::occurrence::decide(tx, &row(fate.state(), None), ctx.now()).await?;
    let Some(occurrence) = made else { return Ok(()) };
    let order = Order {
        occurrence: Some(occurrence),
        item: &ready.item,
        item_version: ready.version,
        confirm: schedule.confirm.unwrap_or(ready.item.confirm),
        target: Target::Groups(ready.groups),
        slot,
        late: fate == Fate::Late,
        deadline: None,
    };
    let actor = Actor::System { job: Job::Plan };
    match push::make(tx, ctx, &actor, &order).await {
        Ok(_) => Ok(()),
        Err(Refusal::Unfilled { .. }) => skip(tx, occurrence, MissReason::Unfilled).await,
        Err(Refusal::NobodyAddressed) => skip(tx, occurrence, MissReason::Nobody).await,
        Err(other) => Err(other),
    }
}

async fn skip(tx: &mut Tx, occurrence: OccurrenceId, missing: MissReason) -> Outcome<()> {
    Ok(store::occurrence::set_state(tx, occurrence, OccurrenceState::SkippedUnapproved, missing).await?)
}

/// What a slot needs to become a push.
struct Ready {
    item: ItemSource,
    version: ItemVersionId,
    groups: Vec<GroupId>,
}

/// The item whose turn it is and the chats it can go to; otherwise what is missing.
async fn prepare(tx: &mut Tx, schedule: &ScheduleRow, day: NaiveDate) -> Outcome<Result<Ready, MissReason>> {
    let groups = open_groups(tx, schedule.id).await?;
    if groups.is_empty() {
        return Ok(Err(MissReason::NoGroup));
    }
    let choices = choices(tx).await?;
    let chosen = rotation::next(&choices, &pool(schedule), day).and_then(|place| choices.get(place));
    let Some(chosen) = chosen else { return Ok(Err(MissReason::NoItem)) };
    let Some(row) = store::item::find(tx, &chosen.slug).await? else { return Ok(Err(MissReason::NoItem)) };
    let Some(version) = store::item::version(tx, row.version_id).await? else { return Ok(Err(MissReason::NoItem)) };
    Ok(Ok(Ready { item: content::source_of(&version)?, version: row.version_id, groups }))
}

/// The chats of a rule; none when not one of them can be written to. One that cannot keeps its place: its people stay in
/// the audience, and its delivery is a row that says why it failed.
async fn open_groups(tx: &mut Tx, schedule: ScheduleId) -> Outcome<Vec<GroupId>> {
    let groups = store::group::list(tx).await?;
    let active = |id: &GroupId| groups.iter().any(|group| group.id == *id && group.state == GroupState::Active);
    let wanted = store::schedule::groups(tx).await?;
    let wanted: Vec<GroupId> = wanted.into_iter().filter(|(id, _)| *id == schedule).map(|(_, group)| group).collect();
    Ok(if wanted.iter().any(active) { wanted } else { Vec::new() })
}
