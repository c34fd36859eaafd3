//! Recurring rules: add, change, list, look ahead, pause, remove. What is due is decided by the planner.

mod change;
mod look;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::content::Theme;
use crate::domain::policy::Act;
use crate::domain::rotation::{self, Pool, Want};
use crate::domain::schedule::{DeadlineRule, Missed, Slot, Terms, outside_hours};
use crate::domain::word::{Confirm, ScheduleState};
use crate::domain::{wall, width};
use crate::ids::{GroupId, ScheduleId};
use crate::office::outlook::Ground;
use crate::office::rotation::Shelf;
use crate::office::{Outcome, Refusal, authorise, group, note};
use crate::store::occurrence::OccurrenceRow;
use crate::store::schedule::{NewSchedule, ScheduleRow};
use crate::store::{self, Tx};
pub use change::{Change, edit, pause, remove, resume};
pub(in crate::office) use look::Wanted;
pub use look::{ahead, month, next};

/// Longest name of a schedule, in characters.
const NAME_MOST: usize = 40;
/// Slots of a new rule among which one must find an item: the seven festivals of a year and one more.
const SLOTS_TRIED: usize = 8;
/// Latest decided slots that are shown with a schedule.
const LATEST: i64 = 20;

/// A schedule to add.
#[derive(Debug, Clone)]
pub struct New {
    pub name: String,
    pub terms: Terms,
    pub missed: Missed,
    /// Minutes after its slot within which a message may go out late.
    pub max_late: i64,
    pub groups: Vec<String>,
    pub pool: Pool,
    pub confirm: Option<Confirm>,
    pub deadline: Option<DeadlineRule>,
}

/// A schedule with its chats and its next slot.
#[derive(Debug, Clone)]
pub struct Listed {
    pub schedule: ScheduleRow,
    pub groups: Vec<GroupId>,
    /// When it next sends, every other rule considered.
    pub next: Option<DateTime<Utc>>,
    /// When its rule next comes, whether it sends then or not; none while it is paused.
    pub due: Option<DateTime<Utc>>,
}

/// A schedule with what became of its latest slots, newest first.
#[derive(Debug, Clone)]
pub struct Shown {
    pub listed: Listed,
    pub terms: Terms,
    pub latest: Vec<OccurrenceRow>,
}

/// Adds a rule. Its first slot is the next one from now.
pub async fn add(ctx: &Ctx, actor: &Actor, new: &New) -> Outcome<Listed> {
    let name = new.name.trim();
    if name.is_empty() || name.chars().count() > NAME_MOST || width::has_unseen(name) {
        return Err(Refusal::ScheduleName);
    }
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::ScheduleWrite).await?;
    if store::schedule::find(&mut tx, name).await?.is_some() {
        return Err(Refusal::ScheduleExists(name.to_owned()));
    }
    let groups = group::pick_linked(&mut tx, &new.groups).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    check(&mut tx, ctx, (&ground, &groups), (&new.terms, &new.pool)).await?;
    let spelled = Spelled::of(&new.terms, &new.pool, new.deadline);
    let row = NewSchedule {
        name,
        missed: new.missed,
        max_late: new.max_late,
        confirm: new.confirm,
        groups: &groups,
        since: ctx.now(),
        ..spelled.row(&new.terms)
    };
    let id = store::schedule::add(&mut tx, &row, ctx.now()).await?;
    note(&mut tx, ctx.now(), actor, (Action::ScheduleAdd, format!("schedule:{id}"), detail(&row)));
    tx.commit().await?;
    reread(ctx, name, &ground).await
}

/// A rule as it stands after a change. Looking ahead takes its time and holds up no writer.
async fn reread(ctx: &Ctx, name: &str, ground: &Ground) -> Outcome<Listed> {
    let mut tx = ctx.store.read().await?;
    let row = find(&mut tx, name).await?;
    listed(&mut tx, ctx, (ground, row)).await
}

/// A rule's parts as they stand in the table.
struct Spelled {
    rule: String,
    theme: Option<String>,
    tag: Option<String>,
    slug: Option<String>,
    deadline: Option<String>,
}

impl Spelled {
    fn of(terms: &Terms, pool: &Pool, deadline: Option<DeadlineRule>) -> Self {
        let (theme, tag, slug) = match pool {
            Pool::Item(slug) => (None, None, Some(slug.clone())),
            Pool::Theme(theme) => (Some(theme.clone()), None, None),
            Pool::Tag(tag) => (None, Some(tag.clone()), None),
            Pool::Voluntary => (None, None, None),
        };
        let deadline = deadline.map(|deadline| deadline.to_string());
        Self { rule: terms.rule.to_string(), theme, tag, slug, deadline }
    }

    fn row<'a>(&'a self, terms: &Terms) -> NewSchedule<'a> {
        NewSchedule {
            name: "",
            rule: &self.rule,
            on_holiday: terms.on_holiday,
            missed: Missed::Late,
            max_late: 0,
            starts_on: terms.starts_on,
            ends_on: terms.ends_on,
            theme: self.theme.as_deref(),
            tag: self.tag.as_deref(),
            slug: self.slug.as_deref(),
            confirm: None,
            deadline: self.deadline.as_deref(),
            groups: &[],
            since: DateTime::UNIX_EPOCH,
        }
    }
}

fn detail(row: &NewSchedule<'_>) -> serde_json::Value {
    json!({ "name": row.name, "rule": row.rule, "on_holiday": row.on_holiday.as_str(), "missed": row.missed.as_str(),
        "max_late": row.max_late, "starts_on": row.starts_on, "ends_on": row.ends_on, "theme": row.theme, "tag": row.tag,
        "slug": row.slug, "confirm": row.confirm.map(Confirm::as_str), "deadline": row.deadline, "groups": row.groups })
}

/// Refuses a rule that could never send anything, or at a time when nothing may be sent.
async fn check(
    tx: &mut Tx,
    ctx: &Ctx,
    (ground, groups): (&Ground, &[GroupId]),
    (terms, pool): (&Terms, &Pool),
) -> Outcome<()> {
    terms.check()?;
    let hours = &ground.settings.hours;
    if let Some(at) = outside_hours(&terms.rule, hours) {
        return Err(Refusal::ScheduleOutsideHours { at, hours: hours.clone() });
    }
    let slots: Vec<_> = terms.slots(&ground.calendar, ctx.zone, ctx.now()).take(SLOTS_TRIED).collect();
    // A rule with fewer slots ends with them.
    let ends = slots.len() < SLOTS_TRIED;
    if ends && slots.iter().all(|slot| slot.off.is_some()) {
        return Err(Refusal::ScheduleNeverDue);
    }
    check_pool(tx, pool).await?;
    let shelf = Shelf::load(tx, ctx, groups).await?;
    let choices = shelf.choices(groups);
    let fits = |slot: &Slot| {
        let want = Want {
            pool,
            day: wall::of(slot.due, ctx.zone).date(),
            zone: ctx.zone,
            festivals: &slot.festivals,
            all_party: shelf.all_party(groups),
            months: ground.settings.rotation_months,
        };
        rotation::next(&choices, &want).is_some()
    };
    if slots.iter().any(fits) { Ok(()) } else { Err(Refusal::NoFittingItem) }
}

async fn check_pool(tx: &mut Tx, pool: &Pool) -> Outcome<()> {
    match pool {
        Pool::Item(slug) if store::item::find(tx, slug).await?.is_none() => Err(Refusal::UnknownItem(slug.clone())),
        Pool::Theme(theme) if Theme::parse(theme).is_none() => Err(Refusal::UnknownTheme(theme.clone())),
        Pool::Item(_) | Pool::Theme(_) | Pool::Tag(_) | Pool::Voluntary => Ok(()),
    }
}

async fn find(tx: &mut Tx, name: &str) -> Outcome<ScheduleRow> {
    let found = store::schedule::find(tx, name.trim()).await?;
    found.ok_or_else(|| Refusal::UnknownSchedule(name.to_owned()))
}

async fn listed(tx: &mut Tx, ctx: &Ctx, (ground, schedule): (&Ground, ScheduleRow)) -> Outcome<Listed> {
    let groups = store::schedule::groups(tx, &[schedule.id]).await?.into_iter().map(|(_, group)| group).collect();
    Ok(Listed {
        next: look::first(tx, ctx, (ground, &schedule)).await?,
        due: due(ground, &schedule)?,
        schedule,
        groups,
    })
}

fn due(ground: &Ground, row: &ScheduleRow) -> Outcome<Option<DateTime<Utc>>> {
    if row.state != ScheduleState::Active {
        return Ok(None);
    }
    let terms = row.terms()?;
    let mut slots = terms.slots(&ground.calendar, ground.settings.hours.tz, row.look_from(ground.now).max(ground.now));
    Ok(slots.next().map(|slot| slot.due))
}

/// Every rule that was not removed.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let rows = store::schedule::list(&mut tx).await?;
    let groups = store::schedule::groups(&mut tx, &rows.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let of = |id: ScheduleId| groups.iter().filter(|(of, _)| *of == id).map(|(_, group)| *group).collect();
    let mut listed = Vec::new();
    for schedule in rows {
        // A rule that cannot be read is listed as it is stored; the planner complains of it.
        let readable = schedule.terms().is_ok();
        let next = if readable { look::first(&mut tx, ctx, (&ground, &schedule)).await? } else { None };
        let due = if readable { due(&ground, &schedule)? } else { None };
        listed.push(Listed { next, due, groups: of(schedule.id), schedule });
    }
    Ok(listed)
}

/// One rule.
pub async fn show(ctx: &Ctx, actor: &Actor, name: &str) -> Outcome<Shown> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let row = find(&mut tx, name).await?;
    let latest = store::occurrence::latest(&mut tx, row.id, LATEST).await?;
    Ok(Shown { terms: row.terms()?, listed: listed(&mut tx, ctx, (&ground, row)).await?, latest })
}
