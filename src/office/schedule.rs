//! Recurring rules: add, list, look ahead, remove. What is due is decided by the planner.

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::calendar::Calendar;
use crate::domain::content::Theme;
use crate::domain::policy::Act;
use crate::domain::rotation::{self, Pool};
use crate::domain::schedule::{DeadlineRule, Missed, Rule, Terms};
use crate::domain::wall;
use crate::domain::word::Confirm;
use crate::ids::GroupId;
use crate::office::plan::{choices, pool};
use crate::office::{Outcome, Refusal, authorise, calendar, group, note};
use crate::store::schedule::{NewSchedule, ScheduleRow};
use crate::store::{self, Tx};

/// Longest name of a schedule, in characters.
const NAME_MOST: usize = 40;

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
    let rule = new.terms.rule.to_string();
    let row = NewSchedule {
        name,
        rule: &rule,
        on_holiday: new.terms.on_holiday,
        missed: new.missed,
        max_late: new.max_late,
        starts_on: new.terms.starts_on,
        ends_on: new.terms.ends_on,
        theme,
        tag: None,
        slug,
        confirm: new.confirm,
        deadline: None,
        groups: &groups,
    };
    let id = store::schedule::add(&mut tx, &row, ctx.now()).await?;
    let detail = json!({ "name": name, "rule": rule, "theme": theme, "slug": slug,
        "confirm": new.confirm.map(Confirm::as_str), "groups": groups });
    note(&mut tx, ctx.now(), actor, (Action::ScheduleAdd, format!("schedule:{id}"), detail));
    let schedule = find(&mut tx, name).await?;
    let calendar = calendar::load(&mut tx, ctx).await?;
    tx.commit().await?;
    Ok(Listed { next: next_due(ctx, &schedule, &calendar)?, schedule, groups })
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
    let calendar = calendar::load(&mut tx, ctx).await?;
    let mut listed = Vec::new();
    for schedule in store::schedule::list(&mut tx).await? {
        let groups = groups.iter().filter(|(id, _)| *id == schedule.id).map(|(_, group)| *group).collect();
        let next = next_due(ctx, &schedule, &calendar)?;
        listed.push(Listed { schedule, groups, next });
    }
    Ok(listed)
}

/// What a rule says, with what bounds it.
pub(super) fn terms(row: &ScheduleRow) -> Outcome<Terms> {
    let rule = Rule::parse(&row.rule)?;
    Ok(Terms { rule, on_holiday: row.on_holiday, starts_on: row.starts_on, ends_on: row.ends_on })
}

fn next_due(ctx: &Ctx, row: &ScheduleRow, calendar: &Calendar) -> Outcome<Option<DateTime<Utc>>> {
    Ok(terms(row)?.slots(calendar, ctx.zone, ctx.now()).next().map(|slot| slot.due))
}

/// The next slots of a rule with the items that would go out, other rules aside.
pub async fn next(ctx: &Ctx, actor: &Actor, name: &str, count: usize) -> Outcome<Vec<Upcoming>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let schedule = find(&mut tx, name).await?;
    let terms = terms(&schedule)?;
    let calendar = calendar::load(&mut tx, ctx).await?;
    let pool = pool(&schedule);
    let mut choices = choices(&mut tx).await?;
    let upcoming = terms.slots(&calendar, ctx.zone, ctx.now()).take(count).map(|slot| {
        let at = slot.due;
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
