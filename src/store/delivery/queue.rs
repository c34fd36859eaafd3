//! What waits, who takes it, and how it is given back. However many wait, only the first of each target is looked at.

use chrono::{DateTime, Utc};

use super::{DeliveryRow, delivery_columns};
use crate::domain::delivery::{Step, StopReason, TargetKind};
use crate::ids::{ChannelId, DeliveryId};
use crate::store::types::json;
use crate::store::{At, Result, Tx, on};

/// The first message that waits for a target.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WaitingRow {
    pub id: DeliveryId,
    pub target_kind: TargetKind,
    pub target_id: i64,
    /// The platform's chat; `None`: there is no active group or bound person.
    pub chat: Option<String>,
    pub due: bool,
}

/// Up to `most` targets of a kind after target `after`, each with the first message that waits for it, in the order of the
/// targets. One step of an index for each of them, whatever else waits.
pub async fn waiting(
    tx: &mut Tx,
    channel: ChannelId,
    (kind, after): (TargetKind, i64),
    most: i64,
    now: DateTime<Utc>,
) -> Result<Vec<WaitingRow>> {
    const SQL: &str = "WITH RECURSIVE ring (target, n) AS (
            SELECT (SELECT d.target_id FROM delivery d
                WHERE d.state IN ('queued', 'retry_wait') AND NOT d.by_hand AND d.target_kind = $1 AND d.target_id > $2
                ORDER BY d.target_kind, d.target_id LIMIT 1), 1
            UNION ALL
            SELECT (SELECT d.target_id FROM delivery d
                WHERE d.state IN ('queued', 'retry_wait') AND NOT d.by_hand AND d.target_kind = $1
                    AND d.target_id > ring.target
                ORDER BY d.target_kind, d.target_id LIMIT 1), n + 1
            FROM ring WHERE ring.target IS NOT NULL AND n < $4)
        SELECT d.id, d.target_kind, d.target_id, d.not_before <= $3 AS due,
            CASE d.target_kind WHEN 'group'
                THEN (SELECT g.external_id FROM chat_group g
                    WHERE g.id = d.target_id AND g.channel_id = $5 AND g.state = 'active')
                ELSE (SELECT a.external_id FROM binding b JOIN account a ON a.id = b.account_id
                    WHERE b.channel_id = $5 AND b.staff_id = d.target_id AND b.ended_at IS NULL) END AS chat
        FROM ring JOIN delivery d ON d.id = (SELECT w.id FROM delivery w
            WHERE w.state IN ('queued', 'retry_wait') AND NOT w.by_hand AND w.target_kind = $1
                AND w.target_id = ring.target
            ORDER BY w.not_before, w.id LIMIT 1)
        WHERE ring.target IS NOT NULL ORDER BY ring.n";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(kind).bind(after).bind(At::from(now)).bind(most).bind(channel)
        .fetch_all(c).await)?)
}

/// Claims deliveries for a sender until `lease_until`; each is handed out once. In order of their ids.
pub async fn claim(
    tx: &mut Tx,
    owner: &str,
    ids: &[DeliveryId],
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
) -> Result<Vec<DeliveryRow>> {
    const SQLITE: &str = concat!(
        "UPDATE delivery SET state = 'claimed', lease_owner = $1, lease_until = $3, epoch = epoch + 1, changed_at = $2
        WHERE id IN (SELECT value FROM json_each($4)) AND state IN ('queued', 'retry_wait') AND NOT by_hand
            AND not_before <= $2 AND expires_at > $2 RETURNING ",
        delivery_columns!()
    );
    const PG: &str = concat!(
        "UPDATE delivery SET state = 'claimed', lease_owner = $1, lease_until = $3, epoch = epoch + 1, changed_at = $2
        WHERE id IN (SELECT value::bigint FROM json_array_elements_text($4::json))
            AND state IN ('queued', 'retry_wait') AND NOT by_hand AND not_before <= $2 AND expires_at > $2 RETURNING ",
        delivery_columns!()
    );
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    let mut claimed: Vec<DeliveryRow> = on!(tx, c => sqlx::query_as(sql)
        .bind(owner).bind(At::from(now)).bind(At::from(lease_until)).bind(&ids).fetch_all(c).await)?;
    claimed.sort_unstable_by_key(|row| row.id);
    Ok(claimed)
}

/// Gives a claim back unsent. False when it is no longer held.
pub async fn release(tx: &mut Tx, claimed: &DeliveryRow, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE delivery SET state = 'queued', lease_owner = NULL, lease_until = NULL, changed_at = $3
        WHERE id = $1 AND epoch = $2 AND state = 'claimed'";
    let moved = on!(tx, c => sqlx::query(SQL).bind(claimed.id).bind(claimed.epoch).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// Gives back every claim of a sender that stops. Returns how many.
pub async fn release_own(tx: &mut Tx, owner: &str, now: DateTime<Utc>) -> Result<u64> {
    const SQL: &str = "UPDATE delivery SET state = 'queued', lease_owner = NULL, lease_until = NULL, changed_at = $2
        WHERE state = 'claimed' AND lease_owner = $1";
    Ok(on!(tx, c => sqlx::query(SQL).bind(owner).bind(At::from(now)).execute(c).await
        .map(|done| done.rows_affected()))?)
}

/// Moves a claimed delivery without a call: its message could not be made, or it has no chat. False when the claim is no
/// longer held.
pub async fn put_down(
    tx: &mut Tx,
    claimed: &DeliveryRow,
    (step, reason): (&Step, Option<StopReason>),
    now: DateTime<Utc>,
) -> Result<bool> {
    const SQL: &str = "UPDATE delivery SET state = $3, tries = $4, not_before = $5, reason = $6, changed_at = $7,
            lease_owner = NULL, lease_until = NULL
        WHERE id = $1 AND epoch = $2 AND state = 'claimed'";
    let moved = on!(tx, c => sqlx::query(SQL).bind(claimed.id).bind(claimed.epoch).bind(step.state).bind(step.tries)
        .bind(At::from(step.not_before)).bind(reason).bind(At::from(now)).execute(c).await
        .map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// The earliest instant after `now` at which a waiting delivery falls due.
pub async fn next_due(tx: &mut Tx, now: DateTime<Utc>) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(not_before) FROM delivery
        WHERE state IN ('queued', 'retry_wait') AND NOT by_hand AND not_before > $1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_one(c).await)?)
}

/// What a sender has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Work {
    /// A message is due.
    pub due: bool,
    /// A message is out of time, or was left behind by a sender that is gone.
    pub over: bool,
    /// A message has been in doubt for as long as it waits for a press.
    pub doubt: bool,
}

/// Whether a sender has anything to do now; leases are over by `lease_now`. Read before the writer is taken.
pub async fn work(
    tx: &mut Tx,
    now: DateTime<Utc>,
    lease_now: DateTime<Utc>,
    doubt_before: DateTime<Utc>,
) -> Result<Work> {
    const SQL: &str = "SELECT
            EXISTS (SELECT 1 FROM delivery WHERE state IN ('queued', 'retry_wait') AND NOT by_hand
                AND not_before <= $1) AS due,
            EXISTS (SELECT 1 FROM delivery WHERE state IN ('queued', 'retry_wait') AND expires_at <= $1)
                OR EXISTS (SELECT 1 FROM delivery WHERE state IN ('claimed', 'sending') AND lease_until <= $3) AS over,
            EXISTS (SELECT 1 FROM delivery d WHERE d.state = 'in_doubt' AND d.changed_at <= $2 AND d.kind = 'push'
                AND NOT EXISTS (SELECT 1 FROM alert t WHERE t.kind = 'in_doubt' AND t.key = CAST(d.id AS TEXT) || ':'
                    || CAST((SELECT MAX(a.id) FROM attempt a WHERE a.delivery_id = d.id) AS TEXT))) AS doubt";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(now)).bind(At::from(doubt_before))
        .bind(At::from(lease_now)).fetch_one(c).await)?)
}

/// How many messages wait for a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct BacklogRow {
    pub target_kind: TargetKind,
    pub target_id: i64,
    pub calls: i64,
}

/// What waits for each target and may go by `until`.
pub async fn backlog(tx: &mut Tx, until: DateTime<Utc>) -> Result<Vec<BacklogRow>> {
    const SQL: &str = "SELECT target_kind, target_id, COUNT(*) AS calls FROM delivery
        WHERE state IN ('queued', 'retry_wait') AND NOT by_hand AND not_before <= $1
        GROUP BY target_kind, target_id ORDER BY target_kind, target_id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(At::from(until)).fetch_all(c).await)?)
}
