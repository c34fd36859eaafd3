//! The count line under a sent message: how many confirmed. Edits are coalesced here; they are not deliveries.

use chrono::{DateTime, Utc};

use crate::ids::{AttemptId, DeliveryId, PushId};
use crate::store::types::json;
use crate::store::{At, Result, Tx, on};

/// A count line that should be edited now.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct DueRow {
    pub delivery_id: DeliveryId,
    pub push_id: PushId,
    /// The copy that carries the line.
    pub attempt_id: AttemptId,
    pub chat: String,
    pub message_id: String,
    /// The number people see now.
    pub shown: i64,
    /// The number it should be.
    pub count: i64,
    pub possible_duplicate: bool,
}

/// Starts a line that shows `shown`.
pub async fn add(tx: &mut Tx, delivery: DeliveryId, shown: i64, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "INSERT INTO count_line (delivery_id, shown, edit_after) VALUES ($1, $2, $3)
        ON CONFLICT (delivery_id) DO NOTHING";
    on!(tx, c => sqlx::query(SQL).bind(delivery).bind(shown).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Marks the lines of pushes whose number changed.
pub async fn touch(tx: &mut Tx, pushes: &[PushId]) -> Result<()> {
    const SQLITE: &str =
        "UPDATE count_line SET dirty = TRUE WHERE NOT dirty AND delivery_id IN (SELECT id FROM delivery
        WHERE kind = 'push' AND subject_id IN (SELECT value FROM json_each($1)))";
    const PG: &str = "UPDATE count_line SET dirty = TRUE WHERE NOT dirty AND delivery_id IN (SELECT id FROM delivery
        WHERE kind = 'push' AND subject_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    on!(tx, c => sqlx::query(sql).bind(&ids).execute(c).await.map(drop))?;
    Ok(())
}

/// Up to `most` lines to edit now, on the newest copy of their message.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<Vec<DueRow>> {
    const SQL: &str =
        "SELECT l.delivery_id, d.subject_id AS push_id, a.id AS attempt_id, a.chat, a.message_id, l.shown,
            (SELECT COUNT(*) FROM ack k WHERE k.push_id = d.subject_id) AS count, a.possible_duplicate
        FROM count_line l JOIN delivery d ON d.id = l.delivery_id
        JOIN attempt a ON a.id = (SELECT MAX(x.id) FROM attempt x
            WHERE x.delivery_id = d.id AND x.message_id IS NOT NULL)
        WHERE l.dirty AND l.edit_after <= $1 ORDER BY l.edit_after, l.delivery_id LIMIT $2";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(most).fetch_all(c).await)?)
}

/// When the next line may be edited.
pub async fn next_due(tx: &mut Tx) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(edit_after) FROM count_line WHERE dirty";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}

/// Books an edit before its call, or after one that did not arrive: it is tried again at `again` unless the line is said
/// to show its number.
pub async fn book(tx: &mut Tx, delivery: DeliveryId, again: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE count_line SET edit_after = $2 WHERE delivery_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(delivery).bind(At::from(again)).execute(c).await.map(drop))?;
    Ok(())
}

/// The line shows `shown` and rests until `edit_after`. It stays dirty when the number changed while the edit was under
/// way, so that people see the last one in the end.
pub async fn show(tx: &mut Tx, delivery: DeliveryId, shown: i64, edit_after: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE count_line SET shown = $2, edit_after = $3, dirty = ((SELECT COUNT(*) FROM ack k
            JOIN delivery d ON d.subject_id = k.push_id WHERE d.id = count_line.delivery_id) <> $2)
        WHERE delivery_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(delivery).bind(shown).bind(At::from(edit_after)).execute(c).await.map(drop))?;
    Ok(())
}

/// Marks lines that rest, were settled since an instant and show another number than there is. On PostgreSQL a batch of
/// presses can find a line marked that is just being settled without it.
pub async fn recount(tx: &mut Tx, since: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE count_line SET dirty = TRUE WHERE NOT dirty AND edit_after >= $1
        AND shown <> (SELECT COUNT(*) FROM ack k JOIN delivery d ON d.subject_id = k.push_id
            WHERE d.id = count_line.delivery_id)";
    on!(tx, c => sqlx::query(SQL).bind(At::from(since)).execute(c).await.map(drop))?;
    Ok(())
}

/// The message that carried the line is gone: there is nothing more to edit.
pub async fn remove(tx: &mut Tx, delivery: DeliveryId) -> Result<()> {
    const SQL: &str = "DELETE FROM count_line WHERE delivery_id = $1";
    on!(tx, c => sqlx::query(SQL).bind(delivery).execute(c).await.map(drop))?;
    Ok(())
}
