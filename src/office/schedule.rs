//! Recurring rules: add, list, look ahead, remove. What is due is decided by the planner.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::calendar::Calendar;
use crate::domain::content::Theme;
use crate::domain::month::Month;
use crate::domain::policy::Act;
use crate::domain::rotation::{self, Pool};
use crate::domain::schedule::{DeadlineRule, Missed, OnHoliday, Rule, Terms};
use crate::domain::wall;
use crate::domain::word::Confirm;
use crate::ids::GroupId;
use crate::office::outlook::{Entry, Standing};
use crate::office::plan::choices;
use crate::office::{Outcome, Refusal, authorise, calendar, group, note};
use crate::store::occurrence::OccurrenceRow;
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

/// What an edit changes; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub rule: Option<Rule>,
    pub on_holiday: Option<OnHoliday>,
    pub missed: Option<Missed>,
    /// Minutes.
    pub max_late: Option<i64>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub groups: Option<Vec<String>>,
    pub pool: Option<Pool>,
    pub confirm: Option<Confirm>,
    pub deadline: Option<DeadlineRule>,
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
        Pool::Tag(_) | Pool::Voluntary => (None, None),
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
        Pool::Item(_) | Pool::Theme(_) | Pool::Tag(_) | Pool::Voluntary => {}
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
pub async fn next(ctx: &Ctx, actor: &Actor, name: &str, count: usize) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let schedule = find(&mut tx, name).await?;
    let terms = terms(&schedule)?;
    let calendar = calendar::load(&mut tx, ctx).await?;
    let entry = |at| Entry {
        schedule: schedule.id,
        name: schedule.name.clone(),
        at,
        item: None,
        confirm: None,
        targets: Vec::new(),
        moved: None,
        standing: Standing::Ahead,
    };
    Ok(terms.slots(&calendar, ctx.zone, ctx.now()).take(count).map(|slot| entry(slot.due)).collect())
}

/// One rule.
pub async fn show(_ctx: &Ctx, _actor: &Actor, name: &str) -> Outcome<Shown> {
    Err(Refusal::UnknownSchedule(name.to_owned()))
}

/// Changes a rule. What is due and not decided yet goes by the new rule alone; its old slots become rows.
pub async fn edit(_ctx: &Ctx, _actor: &Actor, name: &str, _change: &Change) -> Outcome<Listed> {
    Err(Refusal::UnknownSchedule(name.to_owned()))
}

/// Stops a rule until it is resumed; slots meanwhile become rows that say so.
pub async fn pause(_ctx: &Ctx, _actor: &Actor, name: &str) -> Outcome<()> {
    Err(Refusal::UnknownSchedule(name.to_owned()))
}

/// Lets a paused rule go on with its next slot.
pub async fn resume(_ctx: &Ctx, _actor: &Actor, name: &str) -> Outcome<()> {
    Err(Refusal::UnknownSchedule(name.to_owned()))
}

/// Everything of a month, past and to come, by time.
pub async fn month(_ctx: &Ctx, _actor: &Actor, _month: Month) -> Outcome<Vec<Entry>> {
    Ok(Vec::new())
}

/// Everything to come from now until `days` days on, by time.
pub async fn ahead(_ctx: &Ctx, _actor: &Actor, _days: u32) -> Outcome<Vec<Entry>> {
    Ok(Vec::new())
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
