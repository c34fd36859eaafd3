//! First messages in chats: a delivery of its own kind, whose subject is the chat.

use chrono::{DateTime, Utc};

use crate::ids::GroupId;
use crate::store::{At, Result, Tx, on};

/// Queues the first message in a chat. One that waits, went out or may have gone out stays as it is; one that ended unsent
/// begins anew.
pub async fn queue(
    tx: &mut Tx,
    group: GroupId,
    not_before: DateTime<Utc>,
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str = "INSERT INTO delivery (kind, subject_id, target_kind, target_id, state, not_before, expires_at,
            changed_at, by_hand)
        VALUES ('notice', $1, 'group', $1, 'queued', $2, $3, $4, FALSE)
        ON CONFLICT (kind, subject_id, target_kind, target_id, part) DO UPDATE SET state = 'queued', reason = NULL,
            tries = 0, not_before = excluded.not_before, expires_at = excluded.expires_at, changed_at = excluded.changed_at
        WHERE delivery.state IN ('failed', 'expired', 'cancelled')";
    on!(tx, c => sqlx::query(SQL).bind(group).bind(At::from(not_before)).bind(At::from(expires_at)).bind(At::from(now))
        .execute(c).await.map(drop))?;
    Ok(())
}
