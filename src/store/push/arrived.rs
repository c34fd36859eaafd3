//! Pushes that people can read in their chats.

use chrono::{DateTime, Utc};

use crate::ids::{AttemptId, PushId, StaffId};
use crate::store::{At, Result, Tx, on};

/// The open pushes that arrived in a chat, newest first, since an instant. Whom they address is not asked here.
pub async fn arrived(tx: &mut Tx, staff: StaffId, since: DateTime<Utc>) -> Result<Vec<ArrivedRow>> {
    const SQL: &str = "SELECT p.id AS push_id, MAX(a.id) AS attempt_id,
            EXISTS (SELECT 1 FROM ack k WHERE k.push_id = p.id AND k.staff_id = $1) AS confirmed
        FROM push p JOIN delivery d ON d.kind = 'push' AND d.subject_id = p.id
        JOIN attempt a ON a.delivery_id = d.id AND a.outcome IN ('ok', 'proved')
        WHERE p.state = 'open' AND p.slot_at >= $2
        GROUP BY p.id, p.slot_at ORDER BY p.slot_at DESC, p.id DESC";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff).bind(At::from(since)).fetch_all(c).await)?)
}

/// A push that arrived in a chat.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ArrivedRow {
    pub push_id: PushId,
    /// The newest copy that is known to have arrived.
    pub attempt_id: AttemptId,
    /// The person confirmed the push.
    pub confirmed: bool,
}
