//! Recurring rules and the occurrences decided for them.

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::domain::word::{Confirm, ScheduleState};
use crate::ids::{GroupId, OccurrenceId, ScheduleId};

/// A recurring rule.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ScheduleRow {
    pub id: ScheduleId,
    pub name: String,
    pub state: ScheduleState,
    pub revision: i64,
    pub cron: String,
    pub theme: Option<String>,
    pub slug: Option<String>,
    pub confirm: Option<Confirm>,
    /// Every slot up to here has its row.
    pub planned_to: At,
}

/// A rule to store.
#[derive(Debug, Clone)]
pub struct NewSchedule<'a> {
    pub name: &'a str,
    pub cron: &'a str,
    pub theme: Option<&'a str>,
    pub slug: Option<&'a str>,
    pub confirm: Option<Confirm>,
    pub groups: &'a [GroupId],
}

/// A decided slot.
#[derive(Debug, Clone)]
pub struct NewOccurrence {
    pub schedule_id: ScheduleId,
    pub slot_at: DateTime<Utc>,
    pub revision: i64,
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
}

/// A decided slot as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OccurrenceRow {
    pub id: OccurrenceId,
    pub slot_at: At,
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
}

/// Adds a rule whose first slot lies after `now`. A rule of the same name is a violated constraint.
pub async fn add(tx: &mut Tx, new: &NewSchedule<'_>, now: DateTime<Utc>) -> Result<ScheduleId> {
    const ADD: &str = "INSERT INTO schedule (name, state, cron, theme, slug, confirm, planned_to, created_at)
        VALUES ($1, 'active', $2, $3, $4, $5, $6, $6) RETURNING id";
    const GROUPS_SQLITE: &str =
        "INSERT INTO schedule_group (schedule_id, group_id) SELECT $1, value FROM json_each($2)";
    const GROUPS_PG: &str = "INSERT INTO schedule_group (schedule_id, group_id)
        SELECT $1, value::bigint FROM json_array_elements_text($2::json)";
    let id: ScheduleId = on!(tx, c => sqlx::query_scalar(ADD)
        .bind(new.name).bind(new.cron).bind(new.theme).bind(new.slug).bind(new.confirm).bind(At::from(now))
        .fetch_one(c).await)?;
    let (sql, groups) = (tx.pick(GROUPS_SQLITE, GROUPS_PG), json(new.groups));
    on!(tx, c => sqlx::query(sql).bind(id).bind(&groups).execute(c).await.map(drop))?;
    Ok(id)
}

/// Every rule that was not removed, in the order they were added.
pub async fn list(tx: &mut Tx) -> Result<Vec<ScheduleRow>> {
    const SQL: &str = "SELECT id, name, state, revision, cron, theme, slug, confirm, planned_to FROM schedule
        WHERE state <> 'removed' ORDER BY id";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// A rule by name, unless it was removed.
pub async fn find(tx: &mut Tx, name: &str) -> Result<Option<ScheduleRow>> {
    const SQL: &str = "SELECT id, name, state, revision, cron, theme, slug, confirm, planned_to FROM schedule
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

/// Stores what was decided for a slot; `None` when the slot has its row already.
pub async fn decide(tx: &mut Tx, new: &NewOccurrence, now: DateTime<Utc>) -> Result<Option<OccurrenceId>> {
    const SQL: &str = "INSERT INTO occurrence (schedule_id, slot_at, revision, state, reason, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (schedule_id, slot_at) DO NOTHING RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL)
        .bind(new.schedule_id).bind(At::from(new.slot_at)).bind(new.revision).bind(new.state).bind(new.reason)
        .bind(At::from(now)).fetch_optional(c).await)?)
}

/// What was decided for a rule's slots, oldest first.
pub async fn occurrences(tx: &mut Tx, id: ScheduleId) -> Result<Vec<OccurrenceRow>> {
    const SQL: &str = "SELECT id, slot_at, state, reason FROM occurrence WHERE schedule_id = $1 ORDER BY slot_at";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_all(c).await)?)
}

/// Changes what was decided for a slot whose push could not be made.
pub async fn set_state(tx: &mut Tx, id: OccurrenceId, state: OccurrenceState, reason: MissReason) -> Result<()> {
    const SQL: &str = "UPDATE occurrence SET state = $2, reason = $3 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(state).bind(reason).execute(c).await.map(drop))?;
    Ok(())
}
