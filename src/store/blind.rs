//! Times in which nobody took in updates, and the copies that say so.

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::hearing::Gap;
use crate::ids::{AttemptId, ChannelId, DeliveryId, PushId};

/// A stored gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow, serde::Deserialize)]
pub struct GapRow {
    pub id: i64,
    pub from_at: At,
    pub to_at: At,
    pub settled_at: At,
}

impl From<GapRow> for Gap {
    fn from(row: GapRow) -> Self {
        Self { from: row.from_at.utc(), to: row.to_at.utc(), settled: row.settled_at.utc() }
    }
}

/// A copy that is to say so by an edit now.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HintRow {
    pub attempt_id: AttemptId,
    pub delivery_id: DeliveryId,
    pub push_id: PushId,
    pub chat: String,
    pub message_id: String,
    pub possible_duplicate: bool,
    /// The number the copy is to show, when it shows one.
    pub count: Option<i64>,
}

/// Stores a gap; `None` when another instance found the same one.
pub async fn add(tx: &mut Tx, channel: ChannelId, gap: &Gap) -> Result<Option<i64>> {
    const SQL: &str = "INSERT INTO blind_window (channel_id, from_at, to_at, settled_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (channel_id, from_at) DO NOTHING RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(channel).bind(At::from(gap.from)).bind(At::from(gap.to))
        .bind(At::from(gap.settled)).fetch_optional(c).await)?)
}

/// The gaps that were not settled before an instant, in order.
pub async fn since(tx: &mut Tx, instant: DateTime<Utc>) -> Result<Vec<GapRow>> {
    const SQL: &str =
        "SELECT id, from_at, to_at, settled_at FROM blind_window WHERE settled_at >= $1 ORDER BY from_at, id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(instant)).fetch_all(c).await)?)
}

/// Has every copy say so that people may have pressed in vain: it was in the chat before the gap's end, and its deadline,
/// or the day after it was sent, was not over when the gap began. Returns how many.
pub async fn hint(tx: &mut Tx, window: i64, gap: &Gap) -> Result<u64> {
    // A line that was edited a moment ago rests before the next edit.
    const SQL: &str = "INSERT INTO copy_hint (attempt_id, window_id, edit_after)
        SELECT a.id, $1, CASE WHEN l.edit_after > $3 THEN l.edit_after ELSE $3 END
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id AND d.kind = 'push' JOIN push p ON p.id = d.subject_id
        LEFT JOIN count_line l ON l.delivery_id = d.id
        WHERE p.state = 'open' AND p.confirm <> 'none' AND a.outcome IN ('ok', 'proved') AND a.message_id IS NOT NULL
            AND a.removal IS NULL AND a.ended_at < $3 AND COALESCE(p.deadline_at, a.ended_at + 86400000) > $2
        ON CONFLICT (attempt_id, window_id) DO NOTHING";
    Ok(on!(tx, c => sqlx::query(SQL).bind(window).bind(At::from(gap.from)).bind(At::from(gap.to))
        .execute(c).await.map(|done| done.rows_affected()))?)
}

/// The gaps that a copy speaks of, newest first.
pub async fn of_copy(tx: &mut Tx, copy: AttemptId) -> Result<Vec<GapRow>> {
    const SQL: &str = "SELECT w.id, w.from_at, w.to_at, w.settled_at FROM copy_hint h
        JOIN blind_window w ON w.id = h.window_id WHERE h.attempt_id = $1 ORDER BY w.from_at DESC, w.id DESC";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(copy).fetch_all(c).await)?)
}

/// The gaps that concern copies of given pushes, in order, with how many of these say so.
pub async fn of_pushes(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<(GapRow, i64)>> {
    const SQLITE: &str =
        "SELECT w.id, w.from_at, w.to_at, w.settled_at, COUNT(CASE WHEN h.edit_after IS NULL THEN 1 END)
        FROM copy_hint h JOIN blind_window w ON w.id = h.window_id JOIN attempt a ON a.id = h.attempt_id
        JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind = 'push' AND d.subject_id IN (SELECT value FROM json_each($1))
        GROUP BY w.id, w.from_at, w.to_at, w.settled_at ORDER BY w.from_at, w.id";
    const PG: &str = "SELECT w.id, w.from_at, w.to_at, w.settled_at, COUNT(CASE WHEN h.edit_after IS NULL THEN 1 END)
        FROM copy_hint h JOIN blind_window w ON w.id = h.window_id JOIN attempt a ON a.id = h.attempt_id
        JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind = 'push' AND d.subject_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
        GROUP BY w.id, w.from_at, w.to_at, w.settled_at ORDER BY w.from_at, w.id";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    let rows: Vec<(i64, At, At, At, i64)> = on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?;
    let row = |(id, from_at, to_at, settled_at, shown)| (GapRow { id, from_at, to_at, settled_at }, shown);
    Ok(rows.into_iter().map(row).collect())
}

/// The copies to edit now, each once, at most `limit`.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, limit: i64) -> Result<Vec<HintRow>> {
    const SQL: &str = "SELECT a.id AS attempt_id, d.id AS delivery_id, d.subject_id AS push_id, a.chat, a.message_id,
            a.possible_duplicate, CASE WHEN l.delivery_id IS NOT NULL
                THEN (SELECT COUNT(*) FROM ack k WHERE k.push_id = d.subject_id) END AS count
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id LEFT JOIN count_line l ON l.delivery_id = d.id
        WHERE a.id IN (SELECT attempt_id FROM copy_hint WHERE edit_after <= $1)
            AND (l.edit_after IS NULL OR l.edit_after <= $1)
        ORDER BY a.id LIMIT $2";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(limit).fetch_all(c).await)?)
}

/// When the next copy may be edited.
pub async fn next_due(tx: &mut Tx) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(edit_after) FROM copy_hint WHERE edit_after IS NOT NULL";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}

/// Books the edit of a copy before its call, or after one that did not arrive: it is tried again at `again` unless the copy
/// is said to show it.
pub async fn book(tx: &mut Tx, copy: AttemptId, again: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE copy_hint SET edit_after = $2 WHERE attempt_id = $1 AND edit_after IS NOT NULL";
    on!(tx, c => sqlx::query(SQL).bind(copy).bind(At::from(again)).execute(c).await.map(drop))?;
    Ok(())
}

/// The copy shows what was booked for `again`; a gap that came while the edit was under way waits for the next.
pub async fn shown(tx: &mut Tx, copy: AttemptId, again: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE copy_hint SET edit_after = NULL WHERE attempt_id = $1 AND edit_after = $2";
    on!(tx, c => sqlx::query(SQL).bind(copy).bind(At::from(again)).execute(c).await.map(drop))?;
    Ok(())
}
