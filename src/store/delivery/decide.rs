//! What people decide about deliveries: taken back, sent again, settled when nobody else could know, passed on by hand. The
//! states from which each moves are those of `domain::delivery::next`.

use chrono::{DateTime, Utc};

use crate::domain::delivery::{Decision, DeliveryKind, DeliveryState, Removal, StopReason};
use crate::ids::{AttemptId, DeliveryId, PushId};
use crate::store::types::json;
use crate::store::{At, Result, Tx, on};

/// A decision to store.
#[derive(Debug, Clone)]
pub struct NewRuling<'a> {
    pub decision: Decision,
    /// The actor, as the ledger writes it.
    pub by: &'a str,
    /// Words of who decided.
    pub why: Option<&'a str>,
    /// The state it is decided from, and the one it leads to.
    pub from: DeliveryState,
    pub to: DeliveryState,
    /// Why the delivery ends unsent, when it does.
    pub reason: Option<StopReason>,
    /// A new end of its time, when it is sent again.
    pub expires_at: Option<DateTime<Utc>>,
}

/// What was decided about a delivery.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RulingRow {
    pub delivery_id: DeliveryId,
    pub decision: Decision,
    pub decided_by: String,
    pub decided_at: At,
    pub decision_reason: Option<String>,
}

/// A copy of a push, or a reminder of it, which carries its whole text, that is in a chat, or may be.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PlacedRow {
    pub attempt_id: AttemptId,
    pub delivery_id: DeliveryId,
    pub kind: DeliveryKind,
    pub started_at: At,
    /// None: the platform did not tell, so that the program cannot delete it.
    pub message_id: Option<String>,
    /// What became of deleting it.
    pub removal: Option<Removal>,
}

/// Ends what of a push was not sent, its reminders included. Returns the deliveries.
pub async fn cancel(tx: &mut Tx, push: PushId, now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const SQL: &str = "UPDATE delivery SET state = 'cancelled', reason = 'taken_back', lease_owner = NULL,
            lease_until = NULL, changed_at = $2
        WHERE kind IN ('push', 'nudge') AND subject_id = $1 AND state IN ('queued', 'claimed', 'retry_wait')
        RETURNING id";
    let mut cancelled: Vec<DeliveryId> =
        on!(tx, c => sqlx::query_scalar(SQL).bind(push).bind(At::from(now)).fetch_all(c).await)?;
    cancelled.sort_unstable();
    Ok(cancelled)
}

/// Sees to it that nothing of a push is sent once more, its reminders included: a call under way ends as it ends, and a doubt
/// gets no second copy.
pub async fn close(tx: &mut Tx, push: PushId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE delivery SET expires_at = $2
        WHERE kind IN ('push', 'nudge') AND subject_id = $1 AND state IN ('sending', 'in_doubt') AND expires_at > $2";
    on!(tx, c => sqlx::query(SQL).bind(push).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Queues what failed, with all of its tries. Returns those that had failed indeed.
pub async fn again(
    tx: &mut Tx,
    ids: &[DeliveryId],
    expires_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<Vec<DeliveryId>> {
    const SQLITE: &str =
        "UPDATE delivery SET state = 'queued', reason = NULL, tries = 0, not_before = $3, expires_at = $2,
            changed_at = $3
        WHERE state = 'failed' AND id IN (SELECT value FROM json_each($1)) RETURNING id";
    const PG: &str = "UPDATE delivery SET state = 'queued', reason = NULL, tries = 0, not_before = $3, expires_at = $2,
            changed_at = $3
        WHERE state = 'failed' AND id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) RETURNING id";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    let mut moved: Vec<DeliveryId> = on!(tx, c => sqlx::query_scalar(sql).bind(&ids).bind(At::from(expires_at))
        .bind(At::from(now)).fetch_all(c).await)?;
    moved.sort_unstable();
    Ok(moved)
}

/// Stores what a person decided; false when the delivery is no longer where it was decided from.
pub async fn rule(tx: &mut Tx, id: DeliveryId, ruling: &NewRuling<'_>, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str =
        "UPDATE delivery SET state = $3, decision = $4, decided_by = $5, decided_at = $6, decision_reason = $7,
            reason = $8, not_before = $6, expires_at = COALESCE($9, expires_at), changed_at = $6, lease_owner = NULL,
            lease_until = NULL
        WHERE id = $1 AND state = $2";
    let moved = on!(tx, c => sqlx::query(SQL).bind(id).bind(ruling.from).bind(ruling.to).bind(ruling.decision)
        .bind(ruling.by).bind(At::from(now)).bind(ruling.why).bind(ruling.reason)
        .bind(ruling.expires_at.map(At::from)).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// What was decided about the deliveries of a push.
pub async fn rulings(tx: &mut Tx, push: PushId) -> Result<Vec<RulingRow>> {
    const SQL: &str = "SELECT id AS delivery_id, decision, decided_by, decided_at, decision_reason FROM delivery
        WHERE kind = 'push' AND subject_id = $1 AND decision IS NOT NULL ORDER BY id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push).fetch_all(c).await)?)
}

/// The copies of a push and the reminders of it that are in a chat, or may be, in the order they were made.
pub async fn placed(tx: &mut Tx, push: PushId) -> Result<Vec<PlacedRow>> {
    const SQL: &str = "SELECT a.id AS attempt_id, a.delivery_id, d.kind, a.started_at, a.message_id, a.removal
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind IN ('push', 'nudge') AND d.subject_id = $1
            AND (a.message_id IS NOT NULL OR a.outcome IN ('pending', 'ok', 'unknown', 'proved'))
        ORDER BY a.id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push).fetch_all(c).await)?)
}

/// Says that these copies are to be deleted, or why they cannot be. One that was dealt with already stays as it is.
pub async fn remove(tx: &mut Tx, attempts: &[AttemptId], removal: Removal, now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "UPDATE attempt SET removal = $2, removal_at = $3
        WHERE removal IS NULL AND id IN (SELECT value FROM json_each($1))";
    const PG: &str = "UPDATE attempt SET removal = $2, removal_at = $3
        WHERE removal IS NULL AND id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(attempts));
    on!(tx, c => sqlx::query(sql).bind(&ids).bind(removal).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Has copies deleted that turned out to be in a chat after their push was recalled.
pub async fn remove_late(tx: &mut Tx, attempts: &[AttemptId], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "UPDATE attempt SET removal = 'wanted', removal_at = $2
        WHERE removal IS NULL AND message_id IS NOT NULL AND id IN (SELECT value FROM json_each($1))
            AND EXISTS (SELECT 1 FROM delivery d JOIN push p ON p.id = d.subject_id
                WHERE d.id = attempt.delivery_id AND d.kind IN ('push', 'nudge') AND p.state = 'recalled')";
    const PG: &str = "UPDATE attempt SET removal = 'wanted', removal_at = $2
        WHERE removal IS NULL AND message_id IS NOT NULL
            AND id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
            AND EXISTS (SELECT 1 FROM delivery d JOIN push p ON p.id = d.subject_id
                WHERE d.id = attempt.delivery_id AND d.kind IN ('push', 'nudge') AND p.state = 'recalled')";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(attempts));
    on!(tx, c => sqlx::query(sql).bind(&ids).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Deliveries that wait for a person to carry them, whose time has come and is not over.
pub async fn to_carry(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const SQL: &str = "SELECT id FROM delivery
        WHERE by_hand AND state = 'queued' AND not_before <= $1 AND expires_at > $1 ORDER BY id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_all(c).await)?)
}

/// The messages of pushes that were passed on by hand.
pub async fn relayed(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<(PushId, DeliveryId)>> {
    const SQLITE: &str = "SELECT subject_id, id FROM delivery
        WHERE kind = 'push' AND decision = 'relayed' AND subject_id IN (SELECT value FROM json_each($1)) ORDER BY id";
    const PG: &str = "SELECT subject_id, id FROM delivery
        WHERE kind = 'push' AND decision = 'relayed'
            AND subject_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY id";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// How many messages wait to be sent and are in time.
pub async fn waiting(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM delivery
        WHERE state IN ('queued', 'retry_wait', 'claimed') AND NOT by_hand AND expires_at > $1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_one(c).await)?)
}
