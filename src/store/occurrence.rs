//! What became of the slots of recurring rules. A row is written when its slot is decided and never before: `planned`
//! means that it goes out, at once or, where it was moved, at its `due_at`.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::schedule::MovedBy;
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::ids::{GroupId, OccurrenceId, PushId, ScheduleId};

/// A decided slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewOccurrence {
    pub schedule_id: ScheduleId,
    /// The identity of the slot.
    pub slot_at: DateTime<Utc>,
    /// When it goes out, or would have.
    pub due_at: DateTime<Utc>,
    pub moved_from: Option<DateTime<Utc>>,
    pub moved_by: Option<MovedBy>,
    /// Which festivals it reminds of, joined by a comma.
    pub festivals: String,
    pub revision: i64,
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
    /// Name of the holiday that kept it from going out, as it was called then.
    pub off_name: Option<String>,
}

/// A decided slot as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OccurrenceRow {
    pub id: OccurrenceId,
    pub schedule_id: ScheduleId,
    pub slot_at: At,
    pub due_at: At,
    pub moved_from: Option<At>,
    pub moved_by: Option<MovedBy>,
    pub festivals: String,
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
    /// Name of the holiday that kept it from going out; `None`: none did, or a weekend.
    pub off_name: Option<String>,
    /// When this was decided, or changed last.
    pub decided_at: At,
}

/// What is decided about a row that was moved and has come due, or has become a push or a miss.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
    pub due_at: DateTime<Utc>,
    pub moved_from: Option<DateTime<Utc>>,
    pub moved_by: Option<MovedBy>,
}

macro_rules! occurrence_sql {
    ($rest:literal) => {
        concat!(
            "SELECT o.id, o.schedule_id, o.slot_at, o.due_at, o.moved_from, o.moved_by, o.festivals, o.state, o.reason,
                o.off_name, o.decided_at FROM occurrence o ",
            $rest
        )
    };
}

/// Stores what was decided for slots. One that has its row already keeps it.
pub async fn add(tx: &mut Tx, rows: &[NewOccurrence], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "INSERT INTO occurrence
            (schedule_id, slot_at, due_at, moved_from, moved_by, festivals, revision, state, reason, off_name, decided_at)
        SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
            value ->> 8, value ->> 9, $2
        FROM json_each($1) WHERE true ON CONFLICT (schedule_id, slot_at) DO NOTHING";
    const PG: &str = "INSERT INTO occurrence
            (schedule_id, slot_at, due_at, moved_from, moved_by, festivals, revision, state, reason, off_name, decided_at)
        SELECT (n ->> 0)::bigint, (n ->> 1)::bigint, (n ->> 2)::bigint, (n ->> 3)::bigint, n ->> 4, n ->> 5,
            (n ->> 6)::bigint, n ->> 7, n ->> 8, n ->> 9, $2
        FROM json_array_elements($1::json) n ON CONFLICT (schedule_id, slot_at) DO NOTHING";
    let row = |new: &NewOccurrence| {
        (
            new.schedule_id,
            new.slot_at.timestamp_millis(),
            new.due_at.timestamp_millis(),
            new.moved_from.map(|at| at.timestamp_millis()),
            new.moved_by.map(MovedBy::as_str),
            new.festivals.clone(),
            new.revision,
            new.state.as_str(),
            new.reason.map(MissReason::as_str),
            new.off_name.clone(),
        )
    };
    if rows.is_empty() {
        return Ok(());
    }
    let (sql, rows) = (tx.pick(SQLITE, PG), json(&rows.iter().map(row).collect::<Vec<_>>()));
    on!(tx, c => sqlx::query(sql).bind(&rows).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Changes what was decided about a row that still is `planned` for the time it was read with; false when it is not.
pub async fn redecide(tx: &mut Tx, row: &OccurrenceRow, new: &Decision, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE occurrence SET state = $3, reason = $4, due_at = $5, moved_from = $6, moved_by = $7,
            decided_at = $8
        WHERE id = $1 AND state = 'planned' AND due_at = $2";
    let done = on!(tx, c => sqlx::query(SQL)
        .bind(row.id).bind(row.due_at).bind(new.state).bind(new.reason).bind(At::from(new.due_at))
        .bind(new.moved_from.map(At::from)).bind(new.moved_by).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Puts what was to go out from `since` on, and is not made into pushes yet, on record as missed in a pause. Returns how
/// many there are.
pub async fn miss_paused(tx: &mut Tx, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<u64> {
    const SQL: &str = "UPDATE occurrence SET state = 'skipped_paused', reason = NULL, decided_at = $2
        WHERE state = 'planned' AND due_at >= $1 AND due_at <= $2";
    Ok(on!(tx, c => sqlx::query(SQL).bind(At::from(since)).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?)
}

/// How many slots that fell due since an instant were missed because everything was paused.
pub async fn missed_in_pause(tx: &mut Tx, since: DateTime<Utc>) -> Result<i64> {
    const SQL: &str =
        "SELECT COUNT(*) FROM occurrence WHERE state = 'skipped_paused' AND due_at >= $1 AND decided_at >= $1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(since)).fetch_one(c).await)?)
}

/// Takes back what a rule has planned and not made a push of yet.
pub async fn cancel(tx: &mut Tx, id: ScheduleId, reason: MissReason, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE occurrence SET state = 'cancelled', reason = $2, decided_at = $3
        WHERE schedule_id = $1 AND state = 'planned'";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(reason).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Forgets misses of slots that are still to come: they were decided by a clock that ran ahead. What went out stays.
pub async fn reopen(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "DELETE FROM occurrence WHERE due_at > $1 AND decided_at > $1
        AND state IN ('skipped_late', 'skipped_collapsed', 'skipped_paused', 'skipped_holiday', 'skipped_cap',
            'skipped_unapproved')
        AND NOT EXISTS (SELECT 1 FROM push p WHERE p.occurrence_id = occurrence.id)";
    on!(tx, c => sqlx::query(SQL).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// The latest decided slots of a rule, newest first.
pub async fn latest(tx: &mut Tx, id: ScheduleId, limit: i64) -> Result<Vec<OccurrenceRow>> {
    const SQL: &str = occurrence_sql!("WHERE o.schedule_id = $1 ORDER BY o.slot_at DESC LIMIT $2");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).bind(limit).fetch_all(c).await)?)
}

/// Decided slots due in a stretch of time, by time, with the push that was made of them.
pub async fn between(
    tx: &mut Tx,
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(OccurrenceRow, Option<PushId>)>> {
    const SQL: &str = occurrence_sql!("WHERE o.due_at >= $1 AND o.due_at < $2 ORDER BY o.due_at, o.schedule_id");
    const PUSHES: &str = "SELECT p.occurrence_id, p.id FROM push p JOIN occurrence o ON o.id = p.occurrence_id
        WHERE o.due_at >= $1 AND o.due_at < $2";
    let (from, to) = (At::from(from), At::from(to));
    let rows: Vec<OccurrenceRow> = on!(tx, c => sqlx::query_as(SQL).bind(from).bind(to).fetch_all(c).await)?;
    let pushes: Vec<(OccurrenceId, PushId)> =
        on!(tx, c => sqlx::query_as(PUSHES).bind(from).bind(to).fetch_all(c).await)?;
    let pushes: HashMap<_, _> = pushes.into_iter().collect();
    let with_push = |row: OccurrenceRow| {
        let push = pushes.get(&row.id).copied();
        (row, push)
    };
    Ok(rows.into_iter().map(with_push).collect())
}

/// Slots due in a stretch of time that a holiday kept from going out, with its name.
pub async fn days_off(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Result<Vec<(At, String)>> {
    const SQL: &str = "SELECT due_at, off_name FROM occurrence
        WHERE due_at >= $1 AND due_at < $2 AND state = 'skipped_holiday' AND off_name IS NOT NULL ORDER BY due_at, id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(from)).bind(At::from(to)).fetch_all(c).await)?)
}

/// Which slots of these rules have their row, from the slot `since` on.
pub async fn decided(tx: &mut Tx, ids: &[ScheduleId], since: DateTime<Utc>) -> Result<Vec<(ScheduleId, At)>> {
    const SQLITE: &str = "SELECT schedule_id, slot_at FROM occurrence
        WHERE schedule_id IN (SELECT value FROM json_each($1)) AND slot_at >= $2";
    const PG: &str = "SELECT schedule_id, slot_at FROM occurrence
        WHERE schedule_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) AND slot_at >= $2";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).bind(At::from(since)).fetch_all(c).await)?)
}

/// Moved slots that have come due, at most `limit`.
pub async fn moved_due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<OccurrenceRow>> {
    const SQL: &str = occurrence_sql!(
        "WHERE o.state = 'planned' AND o.due_at <= $1 AND o.due_at > o.decided_at ORDER BY o.due_at, o.id LIMIT $2"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(limit).fetch_all(c).await)?)
}

/// Moved slots of these rules that wait for their time, due before `until`.
pub async fn moved_ahead(tx: &mut Tx, ids: &[ScheduleId], until: DateTime<Utc>) -> Result<Vec<OccurrenceRow>> {
    const SQLITE: &str = occurrence_sql!(
        "WHERE o.state = 'planned' AND o.due_at < $2 AND o.due_at > o.decided_at
            AND o.schedule_id IN (SELECT value FROM json_each($1)) ORDER BY o.due_at, o.id"
    );
    const PG: &str = occurrence_sql!(
        "WHERE o.state = 'planned' AND o.due_at < $2 AND o.due_at > o.decided_at
            AND o.schedule_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
         ORDER BY o.due_at, o.id"
    );
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).bind(At::from(until)).fetch_all(c).await)?)
}

/// When the next moved slot comes due.
pub async fn next_moved(tx: &mut Tx) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(due_at) FROM occurrence WHERE state = 'planned'";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}

/// Slots that go out now and have no push yet, at most `limit`.
pub async fn to_make(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<OccurrenceRow>> {
    const SQL: &str = occurrence_sql!(
        "WHERE o.state = 'planned' AND o.due_at <= $1 AND o.due_at <= o.decided_at ORDER BY o.due_at, o.id LIMIT $2"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(limit).fetch_all(c).await)?)
}

/// Takes slots that go out now in hand, and keeps other writers from them until the transaction ends. Returns those that
/// still go out: meanwhile a rule may have been edited, or another instance may have been faster.
pub async fn take(tx: &mut Tx, ids: &[OccurrenceId]) -> Result<Vec<OccurrenceId>> {
    const SQLITE: &str = "UPDATE occurrence SET decided_at = decided_at
        WHERE id IN (SELECT value FROM json_each($1)) AND state = 'planned' AND due_at <= decided_at RETURNING id";
    const PG: &str = "UPDATE occurrence SET decided_at = decided_at
        WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) AND state = 'planned'
            AND due_at <= decided_at
        RETURNING id";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    Ok(on!(tx, c => sqlx::query_scalar(sql).bind(&ids).fetch_all(c).await)?)
}

/// Forgets slots of a rule, by their keys, that an edit took back.
pub async fn forget_edited(tx: &mut Tx, id: ScheduleId, keys: &[DateTime<Utc>]) -> Result<()> {
    const SQLITE: &str = "DELETE FROM occurrence WHERE schedule_id = $1 AND state = 'cancelled' AND reason = 'edited'
        AND slot_at IN (SELECT value FROM json_each($2))";
    const PG: &str = "DELETE FROM occurrence WHERE schedule_id = $1 AND state = 'cancelled' AND reason = 'edited'
        AND slot_at IN (SELECT value::bigint FROM json_array_elements_text($2::json))";
    let keys: Vec<i64> = keys.iter().map(DateTime::timestamp_millis).collect();
    let (sql, keys) = (tx.pick(SQLITE, PG), json(&keys));
    on!(tx, c => sqlx::query(sql).bind(id).bind(&keys).execute(c).await.map(drop))?;
    Ok(())
}

/// What these chats get in a stretch of time for certain, as `(group, when it is due, when that was decided)`: pushes, by
/// hand too, and slots that are about to become one.
pub async fn taken(
    tx: &mut Tx,
    groups: &[GroupId],
    from: DateTime<Utc>,
    to: DateTime<Utc>,
) -> Result<Vec<(GroupId, At, At)>> {
    const SQLITE: &str = "SELECT d.target_id, p.slot_at, p.created_at FROM push p
            JOIN delivery d ON d.kind = 'push' AND d.subject_id = p.id AND d.target_kind = 'group'
            WHERE p.slot_at >= $2 AND p.slot_at < $3 AND p.state <> 'cancelled'
                AND d.target_id IN (SELECT value FROM json_each($1))
        UNION ALL
        SELECT g.group_id, o.due_at, o.decided_at FROM occurrence o JOIN schedule_group g ON g.schedule_id = o.schedule_id
            WHERE o.state = 'planned' AND o.due_at <= o.decided_at AND o.due_at >= $2 AND o.due_at < $3
                AND g.group_id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT d.target_id, p.slot_at, p.created_at FROM push p
            JOIN delivery d ON d.kind = 'push' AND d.subject_id = p.id AND d.target_kind = 'group'
            WHERE p.slot_at >= $2 AND p.slot_at < $3 AND p.state <> 'cancelled'
                AND d.target_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
        UNION ALL
        SELECT g.group_id, o.due_at, o.decided_at FROM occurrence o JOIN schedule_group g ON g.schedule_id = o.schedule_id
            WHERE o.state = 'planned' AND o.due_at <= o.decided_at AND o.due_at >= $2 AND o.due_at < $3
                AND g.group_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, groups) = (tx.pick(SQLITE, PG), json(groups));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&groups).bind(At::from(from)).bind(At::from(to)).fetch_all(c).await)?)
}

/// How many slots stand in each state that any is in.
pub async fn count_by_state(tx: &mut Tx) -> Result<Vec<(OccurrenceState, i64)>> {
    const SQL: &str = "SELECT state, COUNT(*) FROM occurrence GROUP BY state ORDER BY state";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}
