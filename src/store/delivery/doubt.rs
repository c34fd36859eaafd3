//! What nobody knows, what was left behind, and what is out of time.

use chrono::{DateTime, Utc};

use crate::domain::delivery::{DeliveryState, TargetKind};
use crate::ids::{AttemptId, DeliveryId, PushId};
use crate::store::{At, Result, Tx, on};

/// What senders that are gone left behind: claims without an attempt go back to the queue, pending attempts are in
/// doubt. A sender is gone when its lease ran out, or at once when only `boot` can be alive. Returns the deliveries now
/// in doubt; leases are over by `lease_now`. One that is alive after all loses nothing: its claim is refused at
/// [`begin_attempt`](super::begin_attempt), and the reply to its call still settles the delivery, long before
/// [`requeue_doubtful`] looks at it.
pub async fn recover(
    tx: &mut Tx,
    boot: Option<&str>,
    now: DateTime<Utc>,
    lease_now: DateTime<Utc>,
) -> Result<Vec<DeliveryId>> {
    // A comparison with an absent `boot` is never true, which leaves only the lease.
    const REQUEUE: &str =
        "UPDATE delivery SET state = 'queued', lease_owner = NULL, lease_until = NULL, changed_at = $2
        WHERE state = 'claimed' AND (lease_until <= $3 OR lease_owner <> $1)";
    const DOUBT: &str =
        "UPDATE delivery SET state = 'in_doubt', lease_owner = NULL, lease_until = NULL, changed_at = $2
        WHERE state = 'sending' AND (lease_until <= $3 OR lease_owner <> $1) RETURNING id";
    const ATTEMPTS: &str = "UPDATE attempt SET outcome = 'unknown', ended_at = $1
        WHERE outcome = 'pending' AND delivery_id IN (SELECT id FROM delivery WHERE state = 'in_doubt')";
    on!(tx, c => sqlx::query(REQUEUE).bind(boot).bind(At::from(now)).bind(At::from(lease_now)).execute(c).await.map(drop))?;
    let doubted = on!(tx, c => sqlx::query_scalar(DOUBT).bind(boot).bind(At::from(now)).bind(At::from(lease_now)).fetch_all(c).await)?;
    on!(tx, c => sqlx::query(ATTEMPTS).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(doubted)
}

/// Queues the one flagged re-send of each delivery to an active group that has been in doubt since `before` and is still
/// in time. A first message in a chat is said once: it stays in doubt.
pub async fn requeue_doubtful(tx: &mut Tx, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const SQL: &str = "UPDATE delivery SET state = 'queued', not_before = $1, changed_at = $1
        WHERE state = 'in_doubt' AND target_kind = 'group' AND kind <> 'notice' AND changed_at <= $2 AND expires_at > $1
            AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id AND a.possible_duplicate)
            AND EXISTS (SELECT 1 FROM chat_group g WHERE g.id = delivery.target_id AND g.state = 'active')
        RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).bind(At::from(before)).fetch_all(c).await)?)
}

/// Ends the deliveries whose time passed before they could be sent. One of which an earlier copy may be there goes back to
/// being in doubt: it is not known to have missed its people.
pub async fn expire(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<(DeliveryId, DeliveryState)>> {
    const LAPSE: &str = "UPDATE delivery SET state = 'in_doubt', changed_at = $1
        WHERE state IN ('queued', 'retry_wait') AND expires_at <= $1
            AND EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id AND a.outcome IN ('unknown', 'pending'))
        RETURNING id, state";
    const EXPIRE: &str = "UPDATE delivery SET state = 'expired', changed_at = $1,
            reason = CASE WHEN by_hand THEN 'not_relayed' ELSE reason END
        WHERE state IN ('queued', 'retry_wait') AND expires_at <= $1 RETURNING id, state";
    let mut ended = Vec::new();
    for sql in [LAPSE, EXPIRE] {
        let moved: Vec<(DeliveryId, DeliveryState)> =
            on!(tx, c => sqlx::query_as(sql).bind(At::from(now)).fetch_all(c).await)?;
        ended.extend(moved);
    }
    Ok(ended)
}

/// A delivery in doubt about which the program does nothing more by itself, and of which no admin was told.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StuckRow {
    pub id: DeliveryId,
    pub push_id: PushId,
    pub target_kind: TargetKind,
    pub target_id: i64,
    /// Its newest call.
    pub attempt_id: AttemptId,
}

/// Deliveries of pushes that were not taken back and stay in doubt: private ones, those whose second copy is in doubt as well, those out of time,
/// and those of a group that takes no messages. A few at a time.
pub async fn stuck(tx: &mut Tx, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<Vec<StuckRow>> {
    const SQL: &str = "SELECT d.id, d.subject_id AS push_id, d.target_kind, d.target_id,
            (SELECT MAX(a.id) FROM attempt a WHERE a.delivery_id = d.id) AS attempt_id
        FROM delivery d WHERE d.state = 'in_doubt' AND d.changed_at <= $2 AND d.kind = 'push'
            AND (d.target_kind <> 'group' OR d.expires_at <= $1
                OR EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.possible_duplicate)
                OR NOT EXISTS (SELECT 1 FROM chat_group g WHERE g.id = d.target_id AND g.state = 'active'))
            AND NOT EXISTS (SELECT 1 FROM alert t WHERE t.kind = 'in_doubt' AND t.key = CAST(d.id AS TEXT) || ':'
                || CAST((SELECT MAX(a.id) FROM attempt a WHERE a.delivery_id = d.id) AS TEXT))
            AND EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id)
            AND EXISTS (SELECT 1 FROM push p WHERE p.id = d.subject_id AND p.state IN ('open', 'closed'))
        ORDER BY d.id LIMIT 50";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(At::from(before)).fetch_all(c).await)?)
}
