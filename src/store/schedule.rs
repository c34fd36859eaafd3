//! Recurring rules and the chats they speak to.

use chrono::{DateTime, NaiveDate, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::schedule::{Missed, OnHoliday};
use crate::domain::word::{Confirm, ScheduleState};
use crate::ids::{GroupId, ScheduleId};

/// A recurring rule.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ScheduleRow {
    pub id: ScheduleId,
    pub name: String,
    pub state: ScheduleState,
    pub revision: i64,
    /// As `domain::schedule::Rule` spells it.
    pub rule: String,
    pub on_holiday: OnHoliday,
    pub missed: Missed,
    /// Minutes.
    pub max_late: i64,
    pub starts_on: Option<NaiveDate>,
    /// Last day, inclusive.
    pub ends_on: Option<NaiveDate>,
    pub theme: Option<String>,
    pub tag: Option<String>,
    pub slug: Option<String>,
    pub confirm: Option<Confirm>,
    /// As `domain::schedule::DeadlineRule` spells it; `None`: the default of what goes out.
    pub deadline: Option<String>,
    /// Slots due up to here are none of this revision.
    pub since_at: At,
    /// Every slot up to here has its row.
    pub planned_to: At,
    /// When to look at it again; `None`: never.
    pub next_at: Option<At>,
}

/// A rule to store.
#[derive(Debug, Clone)]
pub struct NewSchedule<'a> {
    pub name: &'a str,
    pub rule: &'a str,
    pub on_holiday: OnHoliday,
    pub missed: Missed,
    /// Minutes.
    pub max_late: i64,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub theme: Option<&'a str>,
    pub tag: Option<&'a str>,
    pub slug: Option<&'a str>,
    pub confirm: Option<Confirm>,
    pub deadline: Option<&'a str>,
    pub groups: &'a [GroupId],
}

/// Adds a rule whose first slot lies after `now`. A rule of the same name is a violated constraint.
pub async fn add(tx: &mut Tx, new: &NewSchedule<'_>, now: DateTime<Utc>) -> Result<ScheduleId> {
    const ADD: &str =
        "INSERT INTO schedule (name, state, rule, on_holiday, missed, max_late, starts_on, ends_on, theme,
            tag, slug, confirm, deadline, since_at, planned_to, next_at, created_at)
        VALUES ($1, 'active', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, $13, $13) RETURNING id";
    const GROUPS_SQLITE: &str =
        "INSERT INTO schedule_group (schedule_id, group_id) SELECT $1, value FROM json_each($2)";
    const GROUPS_PG: &str = "INSERT INTO schedule_group (schedule_id, group_id)
        SELECT $1, value::bigint FROM json_array_elements_text($2::json)";
    let id: ScheduleId = on!(tx, c => sqlx::query_scalar(ADD)
        .bind(new.name).bind(new.rule).bind(new.on_holiday).bind(new.missed).bind(new.max_late)
        .bind(new.starts_on).bind(new.ends_on).bind(new.theme).bind(new.tag).bind(new.slug).bind(new.confirm)
        .bind(new.deadline).bind(At::from(now)).fetch_one(c).await)?;
    let (sql, groups) = (tx.pick(GROUPS_SQLITE, GROUPS_PG), json(new.groups));
    on!(tx, c => sqlx::query(sql).bind(id).bind(&groups).execute(c).await.map(drop))?;
    Ok(id)
}

/// Every rule that was not removed, in the order they were added.
pub async fn list(tx: &mut Tx) -> Result<Vec<ScheduleRow>> {
    const SQL: &str =
        "SELECT id, name, state, revision, rule, on_holiday, missed, max_late, starts_on, ends_on, theme, tag,
        slug, confirm, deadline, since_at, planned_to, next_at FROM schedule
        WHERE state <> 'removed' ORDER BY id";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// A rule by name, unless it was removed.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<ScheduleRow>> {
    const SQL: &str =
        "SELECT id, name, state, revision, rule, on_holiday, missed, max_late, starts_on, ends_on, theme, tag,
        slug, confirm, deadline, since_at, planned_to, next_at FROM schedule
        WHERE name = $1 AND state <> 'removed'";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(name).fetch_optional(c).await)?)
}

/// Takes a rule out of use; its occurrences stay.
pub async fn remove(tx: &mut Tx, id: ScheduleId) -> Result<()> {
    const SQL: &str = "UPDATE schedule SET state = 'removed', revision = revision + 1 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).execute(c).await.map(drop))?;
    Ok(())
}

/// The chats of every rule, as `(schedule, group)`.
pub async fn groups(tx: &mut Tx) -> Result<Vec<(ScheduleId, GroupId)>> {
    const SQL: &str = "SELECT schedule_id, group_id FROM schedule_group ORDER BY schedule_id, group_id";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// Remembers that every slot up to an instant has its row. The revision guards against an edit made meanwhile:
/// false when the rule changed since it was read.
pub async fn set_planned_to(tx: &mut Tx, id: ScheduleId, revision: i64, to: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE schedule SET planned_to = $3 WHERE id = $1 AND revision = $2";
    let done = on!(tx, c => sqlx::query(SQL).bind(id).bind(revision).bind(At::from(to))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}
