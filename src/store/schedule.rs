//! Recurring rules and the chats they speak to.

use chrono::{DateTime, NaiveDate, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::rotation::Pool;
use crate::domain::schedule::{Missed, OnHoliday, Rule, RuleError, Terms};
use crate::domain::word::{Confirm, ScheduleState};
use crate::ids::{GroupId, PushId, ScheduleId};

/// A recurring rule.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ScheduleRow {
    pub id: ScheduleId,
    pub name: String,
    pub state: ScheduleState,
    /// Grows with each change.
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
    /// Every slot due up to here has its row.
    pub planned_to: At,
    /// Slots due up to here are none of this rule.
    pub since_at: At,
    /// Theme of the item that `slug` names.
    pub item_theme: Option<String>,
    /// What the item that `slug` names asks for.
    pub item_confirm: Option<Confirm>,
}

impl ScheduleRow {
    /// What the rule says, with what bounds it.
    pub fn terms(&self) -> std::result::Result<Terms, RuleError> {
        let rule = Rule::parse(&self.rule)?;
        Ok(Terms { rule, on_holiday: self.on_holiday, starts_on: self.starts_on, ends_on: self.ends_on })
    }

    /// What the rule chooses from.
    pub fn pool(&self) -> Pool {
        match (&self.slug, &self.theme, &self.tag) {
            (Some(slug), _, _) => Pool::Item(slug.clone()),
            (None, Some(theme), _) => Pool::Theme(theme.clone()),
            (None, None, Some(tag)) => Pool::Tag(tag.clone()),
            (None, None, None) => Pool::Voluntary,
        }
    }

    /// After which instant slots are to be looked for at `now`. A clock that was far behind for a while took planning back to
    /// before the rule.
    pub fn look_from(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let (planned_to, since) = (self.planned_to.utc(), self.since_at.utc());
        if since <= now { planned_to.max(since) } else { planned_to }
    }
}

/// What a rule says, to store.
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
    /// Slots due up to here are none of this rule.
    pub since: DateTime<Utc>,
}

/// How far a rule has been planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advance {
    pub id: ScheduleId,
    pub revision: i64,
    /// Where `planned_to` stood when the slots were looked up.
    pub from: At,
    pub to: DateTime<Utc>,
    /// When to look again; `None`: no slot is left.
    pub next: Option<DateTime<Utc>>,
}

macro_rules! schedule_sql {
    ($rest:literal) => {
        concat!(
            "SELECT s.id, s.name, s.state, s.revision, s.rule, s.on_holiday, s.missed, s.max_late, s.starts_on, s.ends_on,
                s.theme, s.tag, s.slug, s.confirm, s.deadline, s.planned_to, s.since_at, v.theme AS item_theme,
                v.confirm AS item_confirm
             FROM schedule s LEFT JOIN item i ON i.slug = s.slug LEFT JOIN item_version v ON v.id = i.version_id ",
            $rest
        )
    };
}

/// Adds a rule, active. A rule of the same name is a violated constraint.
pub async fn add(tx: &mut Tx, new: &NewSchedule<'_>, now: DateTime<Utc>) -> Result<ScheduleId> {
    const ADD: &str =
        "INSERT INTO schedule (name, state, rule, on_holiday, missed, max_late, starts_on, ends_on, theme,
            tag, slug, confirm, deadline, since_at, planned_to, next_at, created_at)
        VALUES ($1, 'active', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $13, 0, $14) RETURNING id";
    let id: ScheduleId = on!(tx, c => sqlx::query_scalar(ADD)
        .bind(new.name).bind(new.rule).bind(new.on_holiday).bind(new.missed).bind(new.max_late)
        .bind(new.starts_on).bind(new.ends_on).bind(new.theme).bind(new.tag).bind(new.slug).bind(new.confirm)
        .bind(new.deadline).bind(At::from(new.since)).bind(At::from(now)).fetch_one(c).await)?;
    set_groups(tx, id, new.groups).await?;
    Ok(id)
}

/// Replaces what a rule says; its name stays. Its next slot is looked up anew.
pub async fn change(tx: &mut Tx, id: ScheduleId, new: &NewSchedule<'_>) -> Result<()> {
    const SQL: &str = "UPDATE schedule SET rule = $2, on_holiday = $3, missed = $4, max_late = $5, starts_on = $6,
            ends_on = $7, theme = $8, tag = $9, slug = $10, confirm = $11, deadline = $12, since_at = $13, planned_to = $13, next_at = 0,
            revision = revision + 1
        WHERE id = $1";
    on!(tx, c => sqlx::query(SQL)
        .bind(id).bind(new.rule).bind(new.on_holiday).bind(new.missed).bind(new.max_late)
        .bind(new.starts_on).bind(new.ends_on).bind(new.theme).bind(new.tag).bind(new.slug).bind(new.confirm)
        .bind(new.deadline).bind(At::from(new.since)).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query("DELETE FROM schedule_group WHERE schedule_id = $1").bind(id)
        .execute(c).await.map(drop))?;
    set_groups(tx, id, new.groups).await
}

async fn set_groups(tx: &mut Tx, id: ScheduleId, groups: &[GroupId]) -> Result<()> {
    const SQLITE: &str = "INSERT INTO schedule_group (schedule_id, group_id) SELECT $1, value FROM json_each($2)";
    const PG: &str = "INSERT INTO schedule_group (schedule_id, group_id)
        SELECT $1, value::bigint FROM json_array_elements_text($2::json)";
    let (sql, groups) = (tx.pick(SQLITE, PG), json(groups));
    on!(tx, c => sqlx::query(sql).bind(id).bind(&groups).execute(c).await.map(drop))?;
    Ok(())
}

/// Every rule that was not removed, in the order they were added.
pub async fn list(tx: &mut Tx) -> Result<Vec<ScheduleRow>> {
    const SQL: &str = schedule_sql!("WHERE s.state <> 'removed' ORDER BY s.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// A rule by name, unless it was removed.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<ScheduleRow>> {
    const SQL: &str = schedule_sql!("WHERE s.name = $1 AND s.state <> 'removed'");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(name).fetch_optional(c).await)?)
}

/// Several rules, removed ones too.
pub async fn find_many(tx: &mut Tx, ids: &[ScheduleId]) -> Result<Vec<ScheduleRow>> {
    const SQLITE: &str = schedule_sql!("WHERE s.id IN (SELECT value FROM json_each($1)) ORDER BY s.id");
    const PG: &str =
        schedule_sql!("WHERE s.id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY s.id");
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The rules to look at now, longest waiting first, at most `limit`. Paused ones too: their slots become rows.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<ScheduleRow>> {
    const SQL: &str = schedule_sql!("WHERE s.state <> 'removed' AND s.next_at <= $1 ORDER BY s.next_at, s.id LIMIT $2");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(limit).fetch_all(c).await)?)
}

/// The active rules that speak to any of these chats.
pub async fn sharing(tx: &mut Tx, groups: &[GroupId]) -> Result<Vec<ScheduleRow>> {
    const SQLITE: &str = schedule_sql!(
        "WHERE s.state = 'active' AND s.id IN (SELECT g.schedule_id FROM schedule_group g
            WHERE g.group_id IN (SELECT value FROM json_each($1))) ORDER BY s.id"
    );
    const PG: &str = schedule_sql!(
        "WHERE s.state = 'active' AND s.id IN (SELECT g.schedule_id FROM schedule_group g
            WHERE g.group_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))) ORDER BY s.id"
    );
    let (sql, groups) = (tx.pick(SQLITE, PG), json(groups));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&groups).fetch_all(c).await)?)
}

/// When a rule has to be looked at next.
pub async fn next_look(tx: &mut Tx) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(next_at) FROM schedule WHERE state <> 'removed'";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}

/// Which chats these rules speak to, as `(schedule, group)`.
pub async fn groups(tx: &mut Tx, ids: &[ScheduleId]) -> Result<Vec<(ScheduleId, GroupId)>> {
    const SQLITE: &str = "SELECT schedule_id, group_id FROM schedule_group
        WHERE schedule_id IN (SELECT value FROM json_each($1)) ORDER BY schedule_id, group_id";
    const PG: &str = "SELECT schedule_id, group_id FROM schedule_group
        WHERE schedule_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
        ORDER BY schedule_id, group_id";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// Moves rules to a state. Each is looked at again at once.
pub async fn set_state(tx: &mut Tx, id: ScheduleId, state: ScheduleState) -> Result<()> {
    const SQL: &str = "UPDATE schedule SET state = $2, revision = revision + 1, next_at = 0 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(state).execute(c).await.map(drop))?;
    Ok(())
}

/// Records how far rules have been planned. Returns those for which it did: a rule that was edited, or planned by another
/// instance, meanwhile keeps what it has.
pub async fn advance(tx: &mut Tx, steps: &[Advance]) -> Result<Vec<ScheduleId>> {
    const SQLITE: &str = "UPDATE schedule SET planned_to = n.value ->> 3, next_at = n.value ->> 4
        FROM json_each($1) n
        WHERE schedule.id = n.value ->> 0 AND schedule.revision = n.value ->> 1 AND schedule.planned_to = n.value ->> 2
        RETURNING schedule.id";
    const PG: &str = "UPDATE schedule SET planned_to = (n ->> 3)::bigint, next_at = (n ->> 4)::bigint
        FROM json_array_elements($1::json) n
        WHERE schedule.id = (n ->> 0)::bigint AND schedule.revision = (n ->> 1)::bigint
            AND schedule.planned_to = (n ->> 2)::bigint
        RETURNING schedule.id";
    let row = |step: &Advance| {
        let next = step.next.map(|next| next.timestamp_millis());
        (step.id, step.revision, step.from.0, step.to.timestamp_millis(), next)
    };
    let (sql, rows) = (tx.pick(SQLITE, PG), json(&steps.iter().map(row).collect::<Vec<_>>()));
    Ok(on!(tx, c => sqlx::query_scalar(sql).bind(&rows).fetch_all(c).await)?)
}

/// Has every rule looked at anew from `since` on: what it rests on has changed. Slots that have their row keep it.
pub async fn replan(tx: &mut Tx, since: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE schedule SET next_at = 0,
            planned_to = CASE WHEN planned_to < $1 THEN planned_to WHEN since_at > $1 THEN since_at ELSE $1 END
        WHERE state <> 'removed'";
    on!(tx, c => sqlx::query(SQL).bind(At::from(since)).execute(c).await.map(drop))?;
    Ok(())
}

/// Whether some rule has been planned beyond an instant. One that was edited and begins to count by `begins` has not.
pub async fn planned_beyond(tx: &mut Tx, at: DateTime<Utc>, begins: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "SELECT MAX(planned_to) FROM schedule
        WHERE state <> 'removed' AND (planned_to > since_at OR since_at > $1)";
    let last: Option<At> = on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(begins)).fetch_one(c).await)?;
    Ok(last.is_some_and(|last| last > At::from(at)))
}

/// Takes planning back to an instant for every rule that is ahead of it. One that begins to count by `begins` still does so
/// then; one that was to begin later was added by a clock that ran ahead, and counts from now.
pub async fn plan_from(tx: &mut Tx, at: DateTime<Utc>, begins: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE schedule SET next_at = 0,
            planned_to = CASE WHEN since_at > $1 AND since_at <= $2 THEN since_at ELSE $1 END
        WHERE planned_to > $1 AND state <> 'removed'";
    on!(tx, c => sqlx::query(SQL).bind(At::from(at)).bind(At::from(begins)).execute(c).await.map(drop))?;
    Ok(())
}

/// The calendar that `next_at` was computed with.
pub async fn plan_calendar(tx: &mut Tx) -> Result<String> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT calendar FROM plan_state WHERE id = 1").fetch_one(c).await)?)
}

/// Remembers the calendar that `next_at` is computed with.
pub async fn set_plan_calendar(tx: &mut Tx, fingerprint: &str) -> Result<()> {
    on!(tx, c => sqlx::query("UPDATE plan_state SET calendar = $1 WHERE id = 1").bind(fingerprint)
        .execute(c).await.map(drop))?;
    Ok(())
}

/// Minutes by which a push may be late by the rule that made it; `None` for one by hand.
pub async fn lateness(tx: &mut Tx, push: PushId) -> Result<Option<i64>> {
    const SQL: &str = "SELECT s.max_late FROM push p JOIN occurrence o ON o.id = p.occurrence_id
        JOIN schedule s ON s.id = o.schedule_id WHERE p.id = $1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(push).fetch_optional(c).await)?)
}
