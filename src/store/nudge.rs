//! The one private reminder of a required push: who wants none, on which days it was decided, and its deliveries, whose
//! subject is the push and whose target is the person.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::delivery::{DeliveryRow, delivery_columns};
use super::types::json;
use super::{At, Result, Tx, on};
use crate::ids::{PushId, StaffId};

/// A required push of which somebody may have to be reminded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenRow {
    pub push_id: PushId,
    pub slot_at: At,
    /// Everybody's deadline.
    pub deadline_at: At,
}

/// What was decided about a push for a day; nothing, when the day was over by then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct DayRow {
    pub push_id: PushId,
    pub day: NaiveDate,
    /// Reminders that were made.
    pub queued: i64,
    /// People without a private chat.
    pub unreachable: i64,
    pub decided_at: At,
}

/// A reminder to queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NewNudge {
    pub staff_id: StaffId,
    /// The person's deadline, in milliseconds.
    pub expires_at: i64,
}

/// Open required pushes that fell due after an instant.
macro_rules! open_sql {
    ($rest:literal) => {
        concat!(
            "SELECT p.id AS push_id, p.slot_at, p.deadline_at FROM push p
            WHERE p.slot_at > $1 AND p.state = 'open' AND p.confirm = 'required' AND p.deadline_at IS NOT NULL ",
            $rest
        )
    };
}

/// Those of which a deadline, everybody's or one person's own, is to come, and of which nothing was decided on a day.
pub async fn open(tx: &mut Tx, since: DateTime<Utc>, now: DateTime<Utc>, day: NaiveDate) -> Result<Vec<OpenRow>> {
    const SQL: &str = open_sql!(
        "AND (p.deadline_at > $2
                OR EXISTS (SELECT 1 FROM personal_deadline d WHERE d.push_id = p.id AND d.deadline_at > $2))
            AND NOT EXISTS (SELECT 1 FROM nudge_day n WHERE n.push_id = p.id AND n.day = $3)
        ORDER BY p.slot_at, p.id"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(since)).bind(At::from(now)).bind(day).fetch_all(c).await)?)
}

/// All of them, whatever was decided.
pub async fn all_open(tx: &mut Tx, since: DateTime<Utc>) -> Result<Vec<OpenRow>> {
    const SQL: &str = open_sql!("ORDER BY p.slot_at, p.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(since)).fetch_all(c).await)?)
}

/// Notes that a push was decided about on a day; false when it was before.
pub async fn add_day(tx: &mut Tx, row: &DayRow) -> Result<bool> {
    const SQL: &str = "INSERT INTO nudge_day (push_id, day, queued, unreachable, decided_at)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (push_id, day) DO NOTHING";
    let added = on!(tx, c => sqlx::query(SQL).bind(row.push_id).bind(row.day).bind(row.queued).bind(row.unreachable)
        .bind(row.decided_at).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// The days on which pushes were decided about.
pub async fn days(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<DayRow>> {
    const SQLITE: &str = "SELECT push_id, day, queued, unreachable, decided_at FROM nudge_day
        WHERE push_id IN (SELECT value FROM json_each($1)) ORDER BY push_id, day";
    const PG: &str = "SELECT push_id, day, queued, unreachable, decided_at FROM nudge_day
        WHERE push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY push_id, day";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// Queues reminders of a push. One that waits, went out or may have gone out stays as it is; one that ended without a call
/// begins anew.
pub async fn queue(tx: &mut Tx, push: PushId, new: &[NewNudge], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "INSERT INTO delivery (kind, subject_id, target_kind, target_id, state, not_before, expires_at,
            changed_at, by_hand)
        SELECT 'nudge', $1, 'staff', json_extract(value, '$.staff_id'), 'queued', $3,
            json_extract(value, '$.expires_at'), $3, FALSE
        FROM json_each($2) WHERE true ORDER BY key
        ON CONFLICT (kind, subject_id, target_kind, target_id, part) DO UPDATE SET state = 'queued', reason = NULL,
            tries = 0, not_before = excluded.not_before, expires_at = excluded.expires_at, changed_at = excluded.changed_at
        WHERE delivery.state IN ('expired', 'cancelled')
            AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id)";
    const PG: &str = "INSERT INTO delivery (kind, subject_id, target_kind, target_id, state, not_before, expires_at,
            changed_at, by_hand)
        SELECT 'nudge', $1, 'staff', (value->>'staff_id')::bigint, 'queued', $3, (value->>'expires_at')::bigint, $3, FALSE
        FROM json_array_elements($2::json) WITH ORDINALITY AS t (value, n) ORDER BY n
        ON CONFLICT (kind, subject_id, target_kind, target_id, part) DO UPDATE SET state = 'queued', reason = NULL,
            tries = 0, not_before = excluded.not_before, expires_at = excluded.expires_at, changed_at = excluded.changed_at
        WHERE delivery.state IN ('expired', 'cancelled')
            AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id)";
    let (sql, rows) = (tx.pick(SQLITE, PG), json(new));
    on!(tx, c => sqlx::query(sql).bind(push).bind(&rows).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Who was reminded of a push, or may have been: nobody is a second time.
pub async fn reminded(tx: &mut Tx, push: PushId) -> Result<Vec<StaffId>> {
    const SQL: &str = "SELECT d.target_id FROM delivery d WHERE d.kind = 'nudge' AND d.subject_id = $1
            AND (d.state NOT IN ('expired', 'cancelled')
                OR EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id))
        ORDER BY d.target_id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(push).fetch_all(c).await)?)
}

/// Every reminder of a push, by person.
pub async fn of_push(tx: &mut Tx, push: PushId) -> Result<Vec<DeliveryRow>> {
    const SQL: &str = concat!(
        "SELECT ",
        delivery_columns!(),
        " FROM delivery WHERE kind = 'nudge' AND subject_id = $1 ORDER BY target_id"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push).fetch_all(c).await)?)
}

/// How many reminders of a push arrived.
pub async fn arrived(tx: &mut Tx, push: PushId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM delivery WHERE kind = 'nudge' AND subject_id = $1 AND state = 'sent'";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(push).fetch_one(c).await)?)
}

/// Everyone on the roster with a private chat that the bot may write to.
pub async fn reachable(tx: &mut Tx) -> Result<Vec<StaffId>> {
    const SQL: &str = "SELECT DISTINCT b.staff_id FROM binding b JOIN account a ON a.id = b.account_id
        JOIN staff s ON s.id = b.staff_id
        WHERE b.ended_at IS NULL AND a.can_dm AND s.left_at IS NULL ORDER BY b.staff_id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_all(c).await)?)
}

/// Everyone who wants no private reminders.
pub async fn muted(tx: &mut Tx) -> Result<Vec<StaffId>> {
    const SQL: &str = "SELECT staff_id FROM nudge_mute ORDER BY staff_id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_all(c).await)?)
}

/// Whether a person wants none.
pub async fn is_muted(tx: &mut Tx, staff: StaffId) -> Result<bool> {
    const SQL: &str = "SELECT COUNT(*) FROM nudge_mute WHERE staff_id = $1";
    let count: i64 = on!(tx, c => sqlx::query_scalar(SQL).bind(staff).fetch_one(c).await)?;
    Ok(count > 0)
}

/// A person wants no private reminders; false when they wanted none before.
pub async fn mute(tx: &mut Tx, staff: StaffId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "INSERT INTO nudge_mute (staff_id, muted_at) VALUES ($1, $2) ON CONFLICT (staff_id) DO NOTHING";
    let added = on!(tx, c => sqlx::query(SQL).bind(staff).bind(At::from(now)).execute(c).await
        .map(|done| done.rows_affected()))?;
    Ok(added == 1)
}

/// A person wants them again; false when nothing kept them away.
pub async fn unmute(tx: &mut Tx, staff: StaffId) -> Result<bool> {
    const SQL: &str = "DELETE FROM nudge_mute WHERE staff_id = $1";
    let gone = on!(tx, c => sqlx::query(SQL).bind(staff).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(gone == 1)
}
