//! Copies that are taken back: who recalls a push marks them, and the sender deletes them at its pace.

use chrono::{DateTime, Utc};

use crate::domain::delivery::Removal;
use crate::ids::{AttemptId, DeliveryId};
use crate::store::{At, Result, Tx, on};

/// A copy to delete.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RemovalRow {
    pub attempt_id: AttemptId,
    pub delivery_id: DeliveryId,
    pub chat: String,
    /// Whether the chat is a group's.
    pub is_group: bool,
    pub message_id: String,
}

/// Up to `most` copies to delete now, the longest wanted first.
pub async fn due(tx: &mut Tx, now: DateTime<Utc>, most: i64) -> Result<Vec<RemovalRow>> {
    const SQL: &str =
        "SELECT a.id AS attempt_id, a.delivery_id, a.chat, d.target_kind = 'group' AS is_group, a.message_id
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE a.removal = 'wanted' AND a.removal_at <= $1 AND a.message_id IS NOT NULL
        ORDER BY a.removal_at, a.id LIMIT $2";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(most).fetch_all(c).await)?)
}

/// Books a deletion before its call, or after one that did not arrive: it is tried again at `again` unless its result is
/// stored. Deleting twice does no harm.
pub async fn book(tx: &mut Tx, attempt: AttemptId, again: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE attempt SET removal_at = $2 WHERE id = $1 AND removal = 'wanted'";
    on!(tx, c => sqlx::query(SQL).bind(attempt).bind(At::from(again)).execute(c).await.map(drop))?;
    Ok(())
}

/// Stores what became of a deletion. False when it was stored before.
pub async fn finish(tx: &mut Tx, attempt: AttemptId, became: Removal, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE attempt SET removal = $2, removal_at = $3 WHERE id = $1 AND removal = 'wanted'";
    let stored = on!(tx, c => sqlx::query(SQL).bind(attempt).bind(became).bind(At::from(now)).execute(c).await
        .map(|done| done.rows_affected()))?;
    Ok(stored == 1)
}

/// The earliest instant at which a copy is to be deleted.
pub async fn next_due(tx: &mut Tx) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(removal_at) FROM attempt WHERE removal = 'wanted'";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}
