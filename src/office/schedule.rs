//! Recurring rules: add, list, look ahead, remove, and decide what is due.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::content::{ItemSource, Theme};
use crate::domain::cron::CronExpr;
use crate::domain::policy::Act;
use crate::domain::rotation::{self, Choice, Pool};
use crate::domain::slot::{Fate, MissReason, OccurrenceState, fates};
use crate::domain::wall;
use crate::domain::word::{Confirm, GroupState, ItemState, ScheduleState};
use crate::ids::{GroupId, ItemVersionId, OccurrenceId, ScheduleId};
use crate::office::push::{Order, Target};
use crate::office::{Outcome, Refusal, authorise, content, group, note, push, setting};
use crate::store::schedule::{NewOccurrence, NewSchedule, ScheduleRow};
use crate::store::{self, Tx};

/// Longest name of a schedule, in characters.
const NAME_MOST: usize = 40;
/// Slots of one schedule decided in one transaction; the rest follow in the next.
const SLOTS_MOST: usize = 200;

/// A schedule to add.
#[derive(Debug, Clone)]
pub struct New {
    pub name: String,
    pub cron: String,
    pub groups: Vec<String>,
    pub pool: Pool,
    pub confirm: Option<Confirm>,
}

/// A schedule with its chats and its next slot.
#[derive(Debug, Clone)]
pub struct Listed {
    pub schedule: ScheduleRow,
    pub groups: Vec<GroupId>,
    pub next: Option<DateTime<Utc>>,
}

/// One slot to come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upcoming {
    pub at: DateTime<Utc>,
    /// Slug of the item that would go out; `None`: none fits.
    pub item: Option<String>,
}

/// Adds a rule. Its first slot is the next one from now.
pub async fn add(ctx: &Ctx, actor: &Actor, new: &New) -> Outcome<Listed> {
    let cron = CronExpr::parse(&new.cron)?;
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MOST {
        return Err(Refusal::ScheduleName);
    }
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::ScheduleWrite).await?;
    if store::schedule::find(&mut tx, name).await?.is_some() {
        return Err(Refusal::ScheduleExists(name.to_owned()));
    }
    let groups = group::pick_linked(&mut tx, &new.groups).await?;
    check_pool(&mut tx, ctx, &new.pool).await?;
    let (theme, slug) = match &new.pool {
        Pool::Item(slug) => (None, Some(slug.as_str())),
        Pool::Theme(theme) => (Some(theme.as_str()), None),
        Pool::Voluntary => (None, None),
    };
    let row = NewSchedule { name, cron: cron.text(), theme, slug, confirm: new.confirm, groups: &groups };
    let id = store::schedule::add(&mut tx, &row, ctx.now()).await?;
    let detail = json!({ "name": name, "cron": cron.text(), "theme": theme, "slug": slug,
        "confirm": new.confirm.map(Confirm::as_str), "groups": groups });
    note(&mut tx, ctx.now(), actor, (Action::ScheduleAdd, format!("schedule:{id}"), detail));
    let schedule = find(&mut tx, name).await?;
    tx.commit().await?;
    Ok(Listed { next: cron.next_after(ctx.now(), ctx.zone), schedule, groups })
}

async fn check_pool(tx: &mut Tx, ctx: &Ctx, pool: &Pool) -> Outcome<()> {
    match pool {
        Pool::Item(slug) if store::item::find(tx, slug).await?.is_none() => {
            return Err(Refusal::UnknownItem(slug.clone()));
        }
        Pool::Theme(theme) if Theme::parse(theme).is_none() => return Err(Refusal::UnknownTheme(theme.clone())),
        Pool::Item(_) | Pool::Theme(_) | Pool::Voluntary => {}
    }
    let choices = choices(tx).await?;
    match rotation::next(&choices, pool, wall::of(ctx.now(), ctx.zone).date()) {
        Some(_) => Ok(()),
        None => Err(Refusal::NoFittingItem),
    }
}

async fn find(tx: &mut Tx, name: &str) -> Outcome<ScheduleRow> {
    let found = store::schedule::find(tx, name.trim()).await?;
    found.ok_or_else(|| Refusal::UnknownSchedule(name.to_owned()))
}

/// Every rule that was not removed.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let groups = store::schedule::groups(&mut tx).await?;
    let mut listed = Vec::new();
    for schedule in store::schedule::list(&mut tx).await? {
        let groups = groups.iter().filter(|(id, _)| *id == schedule.id).map(|(_, group)| *group).collect();
        let next = CronExpr::parse(&schedule.cron)?.next_after(ctx.now(), ctx.zone);
        listed.push(Listed { schedule, groups, next });
    }
    Ok(listed)
}

/// The next slots of a rule with the items that would go out, other rules aside.
pub async fn next(ctx: &Ctx, actor: &Actor, name: &str, count: usize) -> Outcome<Vec<Upcoming>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let schedule = find(&mut tx, name).await?;
    let cron = CronExpr::parse(&schedule.cron)?;
    let pool = pool(&schedule);
    let mut choices = choices(&mut tx).await?;
    let upcoming = cron.runs(ctx.now(), ctx.zone).take(count).map(|at| {
        let place = rotation::next(&choices, &pool, wall::of(at, ctx.zone).date());
        let chosen = place.and_then(|place| choices.get_mut(place));
        let item = chosen.map(|choice| {
            choice.last = Some(at);
            choice.slug.clone()
        });
        Upcoming { at, item }
    });
    Ok(upcoming.collect())
}

/// Takes a rule out of use; what it has sent stays.
pub async fn remove(ctx: &Ctx, actor: &Actor, name: &str) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::ScheduleWrite).await?;
    let schedule = find(&mut tx, name).await?;
    store::schedule::remove(&mut tx, schedule.id).await?;
    let subject = format!("schedule:{}", schedule.id);
    note(&mut tx, ctx.now(), actor, (Action::ScheduleRemove, subject, json!({ "name": schedule.name })));
    Ok(tx.commit().await?)
}

fn pool(schedule: &ScheduleRow) -> Pool {
    match (&schedule.slug, &schedule.theme) {
        (Some(slug), _) => Pool::Item(slug.clone()),
        (None, Some(theme)) => Pool::Theme(theme.clone()),
        (None, None) => Pool::Voluntary,
    }
}

async fn choices(tx: &mut Tx) -> Outcome<Vec<Choice>> {
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
    let cron = CronExpr::parse(&schedule.cron)?;
    let since = schedule.planned_to.utc();
    let slots: Vec<DateTime<Utc>> =
        cron.runs(since, ctx.zone).take_while(|slot| *slot <= now).take(SLOTS_MOST).collect();
    let Some(last) = slots.last().copied() else { return Ok(cron.next_after(since, ctx.zone)) };
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
    Ok(cron.next_after(last, ctx.zone))
}

/// What came of one slot; a miss is a row with its reason.
async fn decide(tx: &mut Tx, ctx: &Ctx, schedule: &ScheduleRow, (slot, fate): (DateTime<Utc>, Fate)) -> Outcome<()> {
    let row = |state, reason| NewOccurrence {
        schedule_id: schedule.id,
        slot_at: slot,
        revision: schedule.revision,
        state,
        reason,
    };
    if !fate.sends() {
        store::schedule::decide(tx, &row(fate.state(), None), ctx.now()).await?;
        return Ok(());
    }
    let ready = match prepare(tx, schedule, wall::of(slot, ctx.zone).date()).await? {
        Ok(ready) => ready,
        Err(missing) => {
            let skipped = row(OccurrenceState::SkippedUnapproved, Some(missing));
            store::schedule::decide(tx, &skipped, ctx.now()).await?;
            return Ok(());
        }
    };
    // `None`: another instance decided this slot first.
    let made = store::schedule::decide(tx, &row(fate.state(), None), ctx.now()).await?;
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
    Ok(store::schedule::set_state(tx, occurrence, OccurrenceState::SkippedUnapproved, missing).await?)
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
