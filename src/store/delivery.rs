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
mod doubt;
/// First messages in chats.
pub mod notice;
mod queue;
/// Copies that are taken back.
pub mod removal;

pub use doubt::{StuckRow, expire, recover, requeue_doubtful, stuck};
pub use queue::{
    BacklogRow, WaitingRow, Work, backlog, claim, next_due, put_down, release, release_own, waiting, work,
};

/// A delivery to store.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub kind: DeliveryKind,
    /// For kinds push and nudge the push, for kind alert the alert, for kind notice the chat.
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
    /// The run of the program that made it.
    pub boot: String,
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

/// The columns of [`DeliveryRow`].
macro_rules! delivery_columns {
    () => {
        "id, kind, subject_id, target_kind, target_id, state, reason, expires_at, tries, epoch, by_hand, decision"
    };
}
pub(super) use delivery_columns;

macro_rules! delivery_sql {
    ($rest:literal) => {
        concat!("SELECT ", delivery_columns!(), " FROM delivery ", $rest)
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
        RETURNING id, delivery_id, n, outcome, chat, message_id, error, possible_duplicate, boot";
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

/// A copy, and the message it was pressed under, as `(chat, message)`.
pub type Seen<'a> = (AttemptId, (&'a str, &'a str));

/// A press on a copy proves that copy: its attempt and, unless it was over, its delivery, which is then sent no second
/// time. A press under a message that the copy cannot be, because it is in another chat or known to be another one, proves
/// nothing; a group that became a supergroup has other numbers. Returns the copies proved, with the deliveries moved.
pub async fn prove(
    tx: &mut Tx,
    copies: &[Seen<'_>],
    now: DateTime<Utc>,
) -> Result<Vec<(AttemptId, Option<DeliveryId>)>> {
    const ATTEMPT: &str = "UPDATE attempt SET outcome = 'proved', ended_at = $4, message_id = COALESCE(message_id, $3)
        WHERE id = $1 AND outcome IN ('pending', 'unknown') AND (chat = $2 AND COALESCE(message_id, $3) = $3
            OR chat <> $2 AND EXISTS (SELECT 1 FROM delivery d JOIN chat_group g ON g.id = d.target_id
                WHERE d.id = attempt.delivery_id AND d.target_kind = 'group' AND g.external_id = $2))
            AND NOT EXISTS (SELECT 1 FROM attempt o WHERE o.chat = $2 AND o.message_id = $3 AND o.id <> $1)
        RETURNING delivery_id";
    const DELIVERY: &str = "UPDATE delivery SET state = 'sent', reason = NULL, changed_at = $2, lease_owner = NULL,
            lease_until = NULL
        WHERE id = $1 AND state IN ('queued', 'claimed', 'sending', 'retry_wait', 'in_doubt') RETURNING id";
    let mut proved = Vec::new();
    for (attempt, (chat, message_id)) in copies {
        let delivery: Option<DeliveryId> = on!(tx, c => sqlx::query_scalar(ATTEMPT).bind(attempt).bind(chat)
            .bind(message_id).bind(At::from(now)).fetch_optional(c).await)?;
        if let Some(delivery) = delivery {
            let moved =
                on!(tx, c => sqlx::query_scalar(DELIVERY).bind(delivery).bind(At::from(now)).fetch_optional(c).await)?;
            proved.push((*attempt, moved));
        }
    }
    Ok(proved)
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
    const SQL: &str =
        "SELECT id, delivery_id, n, outcome, chat, message_id, error, possible_duplicate, boot FROM attempt
        WHERE delivery_id = $1 ORDER BY n";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(delivery).fetch_all(c).await)?)
}

/// The push whose copy each attempt made, a reminder's too; an attempt of another kind of delivery is left out.
pub async fn pushes_of_attempts(tx: &mut Tx, attempts: &[AttemptId]) -> Result<Vec<CopyRow>> {
    const SQLITE: &str = "SELECT a.id, a.delivery_id, d.subject_id AS push_id, a.outcome
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind IN ('push', 'nudge') AND a.id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT a.id, a.delivery_id, d.subject_id AS push_id, a.outcome
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id
        WHERE d.kind IN ('push', 'nudge') AND a.id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(attempts));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The copy of a push behind each of some messages, as `(chat, message, copy)`; other messages are left out.
pub async fn copies_of_messages(tx: &mut Tx, messages: &[(&str, &str)]) -> Result<Vec<(String, String, AttemptId)>> {
    const SQLITE: &str = "SELECT a.chat, a.message_id, MAX(a.id) FROM json_each($1) j
        JOIN attempt a ON a.chat = json_extract(j.value, '$[0]') AND a.message_id = json_extract(j.value, '$[1]')
        JOIN delivery d ON d.id = a.delivery_id AND d.kind IN ('push', 'nudge') GROUP BY a.chat, a.message_id";
    const PG: &str = "SELECT a.chat, a.message_id, MAX(a.id) FROM json_array_elements($1::json) j
        JOIN attempt a ON a.chat = j.value->>0 AND a.message_id = j.value->>1
        JOIN delivery d ON d.id = a.delivery_id AND d.kind IN ('push', 'nudge') GROUP BY a.chat, a.message_id";
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
