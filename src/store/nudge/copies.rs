//! Reminders of a push that is taken back: they carry its whole text.

use chrono::{DateTime, Utc};

use crate::ids::{DeliveryId, PushId};
use crate::store::delivery::decide::PlacedRow;
use crate::store::{At, Result, Tx, on};

/// Ends the reminders of a push that were not sent. Returns the deliveries.
pub async fn cancel(tx: &mut Tx, push: PushId, now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const SQL: &str = "UPDATE delivery SET state = 'cancelled', reason = 'taken_back', lease_owner = NULL,
            lease_until = NULL, changed_at = $2
        WHERE kind = 'nudge' AND subject_id = $1 AND state IN ('queued', 'claimed', 'retry_wait') RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(push).bind(At::from(now)).fetch_all(c).await)?)
}

/// Sees to it that no reminder of a push is sent once more.
pub async fn close(tx: &mut Tx, push: PushId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE delivery SET expires_at = $2
        WHERE kind = 'nudge' AND subject_id = $1 AND state IN ('sending', 'in_doubt') AND expires_at > $2";
    on!(tx, c => sqlx::query(SQL).bind(push).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// The reminders of a push that are in a private chat, or may be, in the order they were made.
pub async fn placed(tx: &mut Tx, push: PushId) -> Result<Vec<PlacedRow>> {
    const SQL: &str = "SELECT a.id AS attempt_id, a.delivery_id, a.started_at, a.message_id, a.removal
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind = 'nudge' AND d.subject_id = $1
            AND (a.message_id IS NOT NULL OR a.outcome IN ('pending', 'ok', 'unknown', 'proved'))
        ORDER BY a.id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push).fetch_all(c).await)?)
}
