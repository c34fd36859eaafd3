//! Deliveries and their attempts. An attempt is committed before the call it records (invariant I2).

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::delivery::{AttemptOutcome, Decision, DeliveryKind, DeliveryState, Step, StopReason, TargetKind};
use crate::ids::{AttemptId, DeliveryId, PushId};

/// The count line under a sent message.
pub mod count_line;
/// What people decide.
pub mod decide;

/// A delivery to store.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub kind: DeliveryKind,
    /// For kind push the push, for kind alert the alert.
    pub subject_id: i64,
    pub target_kind: TargetKind,
    pub target_id: i64,
    pub not_before: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    /// A person carries it; no sender claims it.
    pub by_hand: bool,
}

/// A delivery as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DeliveryRow {
    pub id: DeliveryId,
    pub kind: DeliveryKind,
    pub subject_id: i64,
    pub target_kind: TargetKind,
    pub target_id: i64,
    pub state: DeliveryState,
    /// Set when it failed.
    pub reason: Option<StopReason>,
    pub expires_at: At,
    /// Tries used so far.
    pub tries: i64,
    /// Grows with each claim; every result names it.
    pub epoch: i64,
    /// A person carries it; no sender claims it.
    pub by_hand: bool,
    /// What a person decided about it.
    pub decision: Option<Decision>,
}

/// One call as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AttemptRow {
    pub id: AttemptId,
    pub delivery_id: DeliveryId,
    pub n: i64,
    pub outcome: AttemptOutcome,
    /// The platform's chat the call went to.
    pub chat: String,
    pub message_id: Option<String>,
    pub error: Option<String>,
    pub possible_duplicate: bool,
}

/// What a call came to, to be stored.
#[derive(Debug, Clone)]
pub struct CallRecord<'a> {
    pub attempt: AttemptId,
    pub delivery: DeliveryId,
    /// Epoch under which the call was made.
    pub epoch: i64,
    pub step: &'a Step,
    pub message_id: Option<&'a str>,
    pub error: Option<&'a str>,
}

macro_rules! delivery_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, kind, subject_id, target_kind, target_id, state, reason, expires_at, tries, epoch, by_hand, decision FROM delivery ",
            $rest
        )
    };
}

/// Adds a delivery, queued.
pub async fn add(tx: &mut Tx, new: &NewDelivery, now: DateTime<Utc>) -> Result<DeliveryId> {
    const SQL: &str = "INSERT INTO delivery (kind, subject_id, target_kind, target_id, state, not_before, expires_at,
            changed_at, by_hand)
        VALUES ($1, $2, $3, $4, 'queued', $5, $6, $7, $8) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL)
        .bind(new.kind).bind(new.subject_id).bind(new.target_kind).bind(new.target_id).bind(At::from(new.not_before))
        .bind(At::from(new.expires_at)).bind(At::from(now)).bind(new.by_hand).fetch_one(c).await)?)
}

/// Claims up to `limit` due deliveries for a sender until `lease_until`; each is handed out once. In order of their ids.
pub async fn claim(
    tx: &mut Tx,
    owner: &str,
    now: DateTime<Utc>,
    lease_until: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<DeliveryRow>> {
    const SQLITE: &str = "UPDATE delivery SET state = 'claimed', lease_owner = $1, lease_until = $3, epoch = epoch + 1,
            changed_at = $2
        WHERE id IN (SELECT id FROM delivery WHERE state IN ('queued', 'retry_wait') AND NOT by_hand AND not_before <= $2
            AND expires_at > $2 ORDER BY not_before, id LIMIT $4)
        RETURNING id, kind, subject_id, target_kind, target_id, state, reason, expires_at, tries, epoch, by_hand, decision";
    // An array is made once; a plain IN may be planned as a loop that takes `limit` rows each time round.
    const PG: &str = "UPDATE delivery SET state = 'claimed', lease_owner = $1, lease_until = $3, epoch = epoch + 1,
            changed_at = $2
        WHERE id = ANY (ARRAY(SELECT id FROM delivery WHERE state IN ('queued', 'retry_wait') AND NOT by_hand AND not_before <= $2
            AND expires_at > $2 ORDER BY not_before, id LIMIT $4 FOR UPDATE SKIP LOCKED))
        RETURNING id, kind, subject_id, target_kind, target_id, state, reason, expires_at, tries, epoch, by_hand, decision";
    let sql = tx.pick(SQLITE, PG);
    let mut claimed: Vec<DeliveryRow> = on!(tx, c => sqlx::query_as(sql)
        .bind(owner).bind(At::from(now)).bind(At::from(lease_until)).bind(limit).fetch_all(c).await)?;
    claimed.sort_unstable_by_key(|row| row.id);
    Ok(claimed)
}

/// Commits to one call: the delivery goes to `sending` and the attempt row is there before the network is touched.
/// `None` when the claim is no longer held.
pub async fn begin_attempt(
    tx: &mut Tx,
    claimed: &DeliveryRow,
    boot: &str,
    chat: &str,
    now: DateTime<Utc>,
) -> Result<Option<AttemptRow>> {
    const MOVE: &str =
        "UPDATE delivery SET state = 'sending', changed_at = $3 WHERE id = $1 AND epoch = $2 AND state = 'claimed'";
    // A copy that follows one in doubt may be a second one in the chat, and says so.
    const ADD: &str = "INSERT INTO attempt (delivery_id, n, boot, chat, started_at, outcome, possible_duplicate)
        SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, $4, 'pending',
            COALESCE(MAX(CASE WHEN outcome IN ('unknown', 'pending') THEN 1 ELSE 0 END), 0) = 1
        FROM attempt WHERE delivery_id = $1
        RETURNING id, delivery_id, n, outcome, chat, message_id, error, possible_duplicate";
    let moved = on!(tx, c => sqlx::query(MOVE).bind(claimed.id).bind(claimed.epoch).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    if moved == 0 {
        return Ok(None);
    }
    Ok(Some(on!(tx, c => sqlx::query_as(ADD).bind(claimed.id).bind(boot).bind(chat).bind(At::from(now))
        .fetch_one(c).await)?))
}

/// Stores what a call came to. False when the delivery has moved on: under another epoch, or proved by a press that was
/// quicker than the platform's reply. The attempt keeps its result, and a proof is only replaced by the reply itself. A
/// reply that comes after the call was given up still settles a delivery that nobody took since.
pub async fn finish_attempt(
    tx: &mut Tx,
    record: &CallRecord<'_>,
    reason: Option<StopReason>,
    now: DateTime<Utc>,
) -> Result<bool> {
    const ATTEMPT: &str = "UPDATE attempt SET ended_at = $3, message_id = COALESCE($4, message_id), error = $5,
            outcome = CASE WHEN outcome = 'proved' AND $2 <> 'ok' THEN outcome ELSE $2 END
        WHERE id = $1";
    const DELIVERY: &str = "UPDATE delivery SET state = $3, tries = $4, not_before = $5, reason = $6, changed_at = $7,
            lease_owner = NULL, lease_until = NULL
        WHERE id = $1 AND epoch = $2 AND state IN ('sending', 'in_doubt')";
    let step = record.step;
    on!(tx, c => sqlx::query(ATTEMPT).bind(record.attempt).bind(step.outcome).bind(At::from(now)).bind(record.message_id)
        .bind(record.error).execute(c).await.map(drop))?;
    let moved = on!(tx, c => sqlx::query(DELIVERY).bind(record.delivery).bind(record.epoch).bind(step.state).bind(step.tries)
        .bind(At::from(step.not_before)).bind(reason).bind(At::from(now)).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// Ends a claimed delivery without a call: its target cannot be reached. False when the claim is no longer held.
pub async fn fail_claimed(tx: &mut Tx, claimed: &DeliveryRow, reason: StopReason, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE delivery SET state = 'failed', reason = $3, changed_at = $4, lease_owner = NULL,
            lease_until = NULL
        WHERE id = $1 AND epoch = $2 AND state = 'claimed'";
    let moved = on!(tx, c => sqlx::query(SQL).bind(claimed.id).bind(claimed.epoch).bind(reason).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// What senders that are gone left behind: claims without an attempt go back to the queue, pending attempts are in
/// doubt. A sender is gone when its lease ran out, or at once when only `boot` can be alive. Returns the deliveries now
/// in doubt. One that is alive after all loses nothing: its claim is refused at [`begin_attempt`], and the reply to its
/// call still settles the delivery, long before [`requeue_doubtful`] looks at it.
pub async fn recover(tx: &mut Tx, boot: Option<&str>, now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    // A comparison with an absent `boot` is never true, which leaves only the lease.
    const REQUEUE: &str =
        "UPDATE delivery SET state = 'queued', lease_owner = NULL, lease_until = NULL, changed_at = $2
        WHERE state = 'claimed' AND (lease_until <= $2 OR lease_owner <> $1)";
    const DOUBT: &str =
        "UPDATE delivery SET state = 'in_doubt', lease_owner = NULL, lease_until = NULL, changed_at = $2
        WHERE state = 'sending' AND (lease_until <= $2 OR lease_owner <> $1) RETURNING id";
    const ATTEMPTS: &str = "UPDATE attempt SET outcome = 'unknown', ended_at = $1
        WHERE outcome = 'pending' AND delivery_id IN (SELECT id FROM delivery WHERE state = 'in_doubt')";
    on!(tx, c => sqlx::query(REQUEUE).bind(boot).bind(At::from(now)).execute(c).await.map(drop))?;
    let doubted = on!(tx, c => sqlx::query_scalar(DOUBT).bind(boot).bind(At::from(now)).fetch_all(c).await)?;
    on!(tx, c => sqlx::query(ATTEMPTS).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(doubted)
}

/// Queues the one flagged re-send of each group delivery that has been in doubt since `before` and is still in time.
pub async fn requeue_doubtful(tx: &mut Tx, now: DateTime<Utc>, before: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const SQL: &str = "UPDATE delivery SET state = 'queued', not_before = $1, changed_at = $1
        WHERE state = 'in_doubt' AND target_kind = 'group' AND changed_at <= $2 AND expires_at > $1
            AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = delivery.id AND a.possible_duplicate)
        RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).bind(At::from(before)).fetch_all(c).await)?)
}

/// Ends the deliveries whose time passed before they could be sent.
pub async fn expire(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const SQL: &str = "UPDATE delivery SET state = 'expired', changed_at = $1,
            reason = CASE WHEN by_hand THEN 'not_relayed' ELSE reason END
        WHERE state IN ('queued', 'retry_wait') AND expires_at <= $1 RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_all(c).await)?)
}

/// A press on a copy proves that copy: its attempt and, unless it was over, its delivery, which is then sent no second
/// time. Returns the deliveries moved.
pub async fn prove(tx: &mut Tx, copies: &[(AttemptId, &str)], now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const ATTEMPT: &str = "UPDATE attempt SET outcome = 'proved', ended_at = $3, message_id = COALESCE(message_id, $2)
        WHERE id = $1 AND outcome IN ('pending', 'unknown') RETURNING delivery_id";
    const DELIVERY: &str = "UPDATE delivery SET state = 'sent', reason = NULL, changed_at = $2, lease_owner = NULL,
            lease_until = NULL
        WHERE id = $1 AND state IN ('queued', 'claimed', 'sending', 'retry_wait', 'in_doubt') RETURNING id";
    let mut moved = Vec::new();
    for (attempt, message_id) in copies {
        let delivery: Option<DeliveryId> = on!(tx, c => sqlx::query_scalar(ATTEMPT).bind(attempt).bind(message_id)
            .bind(At::from(now)).fetch_optional(c).await)?;
        if let Some(delivery) = delivery {
            let id: Option<DeliveryId> =
                on!(tx, c => sqlx::query_scalar(DELIVERY).bind(delivery).bind(At::from(now)).fetch_optional(c).await)?;
            moved.extend(id);
        }
    }
    Ok(moved)
}

/// One delivery.
pub async fn find(tx: &mut Tx, id: DeliveryId) -> Result<Option<DeliveryRow>> {
    Ok(on!(tx, c => sqlx::query_as(delivery_sql!("WHERE id = $1")).bind(id).fetch_optional(c).await)?)
}

/// The deliveries of a push.
pub async fn of_push(tx: &mut Tx, push: PushId) -> Result<Vec<DeliveryRow>> {
    const SQL: &str = delivery_sql!("WHERE kind = 'push' AND subject_id = $1 ORDER BY id");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push).fetch_all(c).await)?)
}

/// The calls made for a delivery, in order.
pub async fn attempts(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<AttemptRow>> {
    const SQL: &str = "SELECT id, delivery_id, n, outcome, chat, message_id, error, possible_duplicate FROM attempt
        WHERE delivery_id = $1 ORDER BY n";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(delivery).fetch_all(c).await)?)
}

/// The push whose copy each attempt made; an attempt of another kind of delivery is left out.
pub async fn pushes_of_attempts(tx: &mut Tx, attempts: &[AttemptId]) -> Result<Vec<CopyRow>> {
    const SQLITE: &str = "SELECT a.id, a.delivery_id, d.subject_id AS push_id, a.outcome
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind = 'push' AND a.id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT a.id, a.delivery_id, d.subject_id AS push_id, a.outcome
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind = 'push' AND a.id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(attempts));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The copy of a push behind each of some messages, as `(chat, message, copy)`; other messages are left out.
pub async fn copies_of_messages(tx: &mut Tx, messages: &[(&str, &str)]) -> Result<Vec<(String, String, AttemptId)>> {
    const SQLITE: &str = "SELECT a.chat, a.message_id, MAX(a.id) FROM json_each($1) j
        JOIN attempt a ON a.chat = json_extract(j.value, '$[0]') AND a.message_id = json_extract(j.value, '$[1]')
        JOIN delivery d ON d.id = a.delivery_id AND d.kind = 'push' GROUP BY a.chat, a.message_id";
    const PG: &str = "SELECT a.chat, a.message_id, MAX(a.id) FROM json_array_elements($1::json) j
        JOIN attempt a ON a.chat = j.value->>0 AND a.message_id = j.value->>1
        JOIN delivery d ON d.id = a.delivery_id AND d.kind = 'push' GROUP BY a.chat, a.message_id";
    let (sql, messages) = (tx.pick(SQLITE, PG), json(messages));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&messages).fetch_all(c).await)?)
}

/// One copy of a push in a chat.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CopyRow {
    pub id: AttemptId,
    pub delivery_id: DeliveryId,
    pub push_id: PushId,
    pub outcome: AttemptOutcome,
}

/// The earliest instant at which a waiting delivery falls due.
pub async fn next_due(tx: &mut Tx) -> Result<Option<At>> {
    const SQL: &str = "SELECT MIN(not_before) FROM delivery WHERE state IN ('queued', 'retry_wait') AND NOT by_hand";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}

/// Whether a sender has anything to do now: a delivery that is due or over, one left behind by a sender that is gone, or
/// one in doubt since `doubt_before` that waits for its re-send. Read before the writer is taken.
pub async fn any_work(tx: &mut Tx, now: DateTime<Utc>, doubt_before: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM delivery WHERE state IN ('queued', 'retry_wait')
                AND (NOT by_hand AND not_before <= $1 OR expires_at <= $1))
            OR EXISTS (SELECT 1 FROM delivery WHERE state IN ('claimed', 'sending') AND lease_until <= $1)
            OR EXISTS (SELECT 1 FROM delivery d WHERE d.state = 'in_doubt' AND d.target_kind = 'group'
                AND d.changed_at <= $2 AND d.expires_at > $1
                AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.possible_duplicate))";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).bind(At::from(doubt_before)).fetch_one(c).await)?)
}
