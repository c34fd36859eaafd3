//! Confirmations that somebody recorded for another person.

use chrono::{DateTime, Utc};

use super::AckRow;
use crate::ids::{PushId, StaffId};
use crate::store::{At, Result, Tx, on};

/// Stores the confirmation of a person that `by` recorded; `None` when the person had confirmed before.
pub async fn record(
    tx: &mut Tx,
    batch: i64,
    (push, staff): (PushId, StaffId),
    by: &str,
    now: DateTime<Utc>,
) -> Result<Option<AckRow>> {
    const SQL: &str = "INSERT INTO ack (push_id, staff_id, pressed_at, method, recorded_by, batch_id)
        VALUES ($1, $2, $3, 'manual', $4, $5) ON CONFLICT (push_id, staff_id) DO NOTHING
        RETURNING id, push_id, staff_id, pressed_at, method, recorded_by, attempt_id, inbox_id, batch_id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push).bind(staff).bind(At::from(now)).bind(by).bind(batch)
        .fetch_optional(c).await)?)
}

/// How many confirmations of a push were recorded for somebody else.
pub async fn count(tx: &mut Tx, push: PushId) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM ack WHERE push_id = $1 AND method = 'manual'";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(push).fetch_one(c).await)?)
}
