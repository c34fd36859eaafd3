//! People's own deadlines of required pushes, which absences gave them. One never moves earlier.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::types::json;
use super::{At, Result, Tx, on};
use crate::ids::{LeaveId, PushId, StaffId};

/// An own deadline to store.
#[derive(Debug, Clone, Serialize)]
pub struct NewOwn {
    pub push_id: PushId,
    pub staff_id: StaffId,
    /// In milliseconds.
    pub deadline_at: i64,
    pub leave_id: LeaveId,
}

/// A person's own deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow, serde::Deserialize)]
pub struct OwnRow {
    pub push_id: PushId,
    pub staff_id: StaffId,
    pub deadline_at: At,
}

/// Stores own deadlines; one that is there is replaced by a later one only.
pub async fn put_many(tx: &mut Tx, new: &[NewOwn], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "INSERT INTO personal_deadline (push_id, staff_id, deadline_at, leave_id, recorded_at)
        SELECT json_extract(value, '$.push_id'), json_extract(value, '$.staff_id'),
            json_extract(value, '$.deadline_at'), json_extract(value, '$.leave_id'), $2
        FROM json_each($1) WHERE true
        ON CONFLICT (push_id, staff_id) DO UPDATE SET deadline_at = excluded.deadline_at,
            leave_id = excluded.leave_id, recorded_at = excluded.recorded_at
        WHERE excluded.deadline_at > personal_deadline.deadline_at";
    const PG: &str = "INSERT INTO personal_deadline (push_id, staff_id, deadline_at, leave_id, recorded_at)
        SELECT (value->>'push_id')::bigint, (value->>'staff_id')::bigint, (value->>'deadline_at')::bigint,
            (value->>'leave_id')::bigint, $2
        FROM json_array_elements($1::json) AS t (value)
        ON CONFLICT (push_id, staff_id) DO UPDATE SET deadline_at = excluded.deadline_at,
            leave_id = excluded.leave_id, recorded_at = excluded.recorded_at
        WHERE excluded.deadline_at > personal_deadline.deadline_at";
    let (sql, rows) = (tx.pick(SQLITE, PG), json(new));
    on!(tx, c => sqlx::query(sql).bind(&rows).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Every own deadline of given pushes.
pub async fn of_pushes(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<OwnRow>> {
    const SQLITE: &str = "SELECT push_id, staff_id, deadline_at FROM personal_deadline
        WHERE push_id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT push_id, staff_id, deadline_at FROM personal_deadline
        WHERE push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The own deadlines of given people for given pushes.
pub async fn find_many(tx: &mut Tx, pairs: &[(PushId, StaffId)]) -> Result<Vec<OwnRow>> {
    const SQLITE: &str = "SELECT d.push_id, d.staff_id, d.deadline_at
        FROM json_each($1) j JOIN personal_deadline d ON d.push_id = json_extract(j.value, '$[0]')
            AND d.staff_id = json_extract(j.value, '$[1]')";
    const PG: &str = "SELECT d.push_id, d.staff_id, d.deadline_at
        FROM json_array_elements($1::json) j JOIN personal_deadline d ON d.push_id = (j.value->>0)::bigint
            AND d.staff_id = (j.value->>1)::bigint";
    let (sql, pairs) = (tx.pick(SQLITE, PG), json(pairs));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&pairs).fetch_all(c).await)?)
}

/// Open required pushes of which some deadline, everybody's or one person's own, may lie between two instants.
pub async fn open(tx: &mut Tx, from: DateTime<Utc>, until: Option<DateTime<Utc>>) -> Result<Vec<(PushId, At)>> {
    const SQL: &str = "SELECT p.id, p.deadline_at FROM push p
        WHERE p.state = 'open' AND p.confirm = 'required' AND p.deadline_at < $2 AND (p.deadline_at >= $1
            OR EXISTS (SELECT 1 FROM personal_deadline d WHERE d.push_id = p.id AND d.deadline_at >= $1))
        ORDER BY p.id";
    let until = until.map_or(At(i64::MAX), At::from);
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(from)).bind(until).fetch_all(c).await)?)
}

/// The first own deadline that a person has before them and has not met yet.
pub async fn next(tx: &mut Tx, staff: StaffId, now: DateTime<Utc>) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(d.deadline_at) FROM personal_deadline d JOIN push p ON p.id = d.push_id
        WHERE d.staff_id = $1 AND d.deadline_at > $2 AND p.state = 'open'
            AND NOT EXISTS (SELECT 1 FROM ack k WHERE k.push_id = d.push_id AND k.staff_id = d.staff_id)";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff).bind(At::from(now)).fetch_one(c).await)?)
}
