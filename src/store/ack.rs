//! Confirmations: one per push and person (invariant I5), sealed in batches, and presses kept until their account is bound.

use chrono::{DateTime, Utc};
use serde::Serialize;

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::word::AckMethod;
use crate::ids::{AccountId, AckId, AttemptId, InboxId, PushId, StaffId};

/// A confirmation to store.
#[derive(Debug, Clone, Serialize)]
pub struct NewAck {
    pub push_id: PushId,
    pub staff_id: StaffId,
    /// When it was pressed, in milliseconds.
    pub pressed_at: i64,
    pub method: &'static str,
    pub attempt_id: Option<AttemptId>,
    pub inbox_id: Option<InboxId>,
}

impl NewAck {
    /// A press of a button.
    pub fn button(
        (push_id, staff_id): (PushId, StaffId),
        pressed_at: DateTime<Utc>,
        attempt: AttemptId,
        inbox: InboxId,
    ) -> Self {
        Self {
            push_id,
            staff_id,
            pressed_at: pressed_at.timestamp_millis(),
            method: AckMethod::Button.as_str(),
            attempt_id: Some(attempt),
            inbox_id: Some(inbox),
        }
    }
}

/// A stored confirmation with everything that its batch seals.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AckRow {
    pub id: AckId,
    pub push_id: PushId,
    pub staff_id: StaffId,
    pub pressed_at: At,
    pub method: AckMethod,
    /// Text form of the actor who entered it for the person; none: the person.
    pub recorded_by: Option<String>,
    pub attempt_id: Option<AttemptId>,
    pub inbox_id: Option<InboxId>,
    pub batch_id: i64,
}

/// A press kept for an account that is not bound.
#[derive(Debug, Clone, Serialize, sqlx::FromRow)]
pub struct KeptPress {
    pub push_id: PushId,
    pub account_id: AccountId,
    pub attempt_id: AttemptId,
    pub pressed_at: i64,
    pub inbox_id: InboxId,
}

macro_rules! ack_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, push_id, staff_id, pressed_at, method, recorded_by, attempt_id, inbox_id, batch_id FROM ack ",
            $rest
        )
    };
}

/// Opens a batch: the acks of one commit.
pub async fn open_batch(tx: &mut Tx, now: DateTime<Utc>) -> Result<i64> {
    const SQL: &str = "INSERT INTO ack_batch (recorded_at) VALUES ($1) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_one(c).await)?)
}

/// Takes a batch back that no confirmation went into.
pub async fn drop_batch(tx: &mut Tx, batch: i64) -> Result<()> {
    on!(tx, c => sqlx::query("DELETE FROM ack_batch WHERE id = $1").bind(batch).execute(c).await.map(drop))?;
    Ok(())
}

/// Batches in id order from `from` on, at most `limit`, as `(batch, recorded)`.
pub async fn batches(tx: &mut Tx, from: i64, limit: i64) -> Result<Vec<(i64, At)>> {
    const SQL: &str = "SELECT id, recorded_at FROM ack_batch WHERE id >= $1 ORDER BY id LIMIT $2";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(from).bind(limit).fetch_all(c).await)?)
}

/// Stores confirmations in the order given; a person's second one for a push is left out. Returns those stored, by id.
pub async fn add_many(tx: &mut Tx, batch: i64, acks: &[NewAck]) -> Result<Vec<AckRow>> {
    const SQLITE: &str = "INSERT INTO ack (push_id, staff_id, pressed_at, method, attempt_id, inbox_id, batch_id)
        SELECT json_extract(value, '$.push_id'), json_extract(value, '$.staff_id'), json_extract(value, '$.pressed_at'),
            json_extract(value, '$.method'), json_extract(value, '$.attempt_id'), json_extract(value, '$.inbox_id'), $2
        FROM json_each($1) WHERE true ORDER BY key ON CONFLICT (push_id, staff_id) DO NOTHING
        RETURNING id, push_id, staff_id, pressed_at, method, recorded_by, attempt_id, inbox_id, batch_id";
    const PG: &str = "INSERT INTO ack (push_id, staff_id, pressed_at, method, attempt_id, inbox_id, batch_id)
        SELECT (value->>'push_id')::bigint, (value->>'staff_id')::bigint, (value->>'pressed_at')::bigint,
            value->>'method', (value->>'attempt_id')::bigint, (value->>'inbox_id')::bigint, $2
        FROM json_array_elements($1::json) WITH ORDINALITY AS t (value, n) ORDER BY n
        ON CONFLICT (push_id, staff_id) DO NOTHING
        RETURNING id, push_id, staff_id, pressed_at, method, recorded_by, attempt_id, inbox_id, batch_id";
    let (sql, rows) = (tx.pick(SQLITE, PG), json(acks));
    let mut stored: Vec<AckRow> = on!(tx, c => sqlx::query_as(sql).bind(&rows).bind(batch).fetch_all(c).await)?;
    stored.sort_unstable_by_key(|row| row.id);
    Ok(stored)
}

/// The stored confirmations of given people for given pushes.
pub async fn find_many(tx: &mut Tx, pairs: &[(PushId, StaffId)]) -> Result<Vec<AckRow>> {
    const SQLITE: &str = "SELECT a.id, a.push_id, a.staff_id, a.pressed_at, a.method, a.recorded_by, a.attempt_id,
            a.inbox_id, a.batch_id
        FROM json_each($1) j JOIN ack a ON a.push_id = json_extract(j.value, '$[0]')
            AND a.staff_id = json_extract(j.value, '$[1]')";
    const PG: &str = "SELECT a.id, a.push_id, a.staff_id, a.pressed_at, a.method, a.recorded_by, a.attempt_id,
            a.inbox_id, a.batch_id
        FROM json_array_elements($1::json) j JOIN ack a ON a.push_id = (j.value->>0)::bigint
            AND a.staff_id = (j.value->>1)::bigint";
    let (sql, pairs) = (tx.pick(SQLITE, PG), json(pairs));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&pairs).fetch_all(c).await)?)
}

/// Every confirmation in id order from `from` on, at most `limit`: the way the ledger is verified.
pub async fn page(tx: &mut Tx, from: AckId, limit: i64) -> Result<Vec<AckRow>> {
    const SQL: &str = ack_sql!("WHERE id >= $1 ORDER BY id LIMIT $2");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(from).bind(limit).fetch_all(c).await)?)
}

/// The confirmations of one batch in id order.
pub async fn of_batch(tx: &mut Tx, batch: i64) -> Result<Vec<AckRow>> {
    Ok(on!(tx, c => sqlx::query_as(ack_sql!("WHERE batch_id = $1 ORDER BY id")).bind(batch).fetch_all(c).await)?)
}

/// Who confirmed given pushes and when, as `(push, person, pressed)`.
pub async fn of_pushes(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<(PushId, StaffId, At)>> {
    const SQLITE: &str = "SELECT push_id, staff_id, pressed_at FROM ack
        WHERE push_id IN (SELECT value FROM json_each($1))";
    const PG: &str = "SELECT push_id, staff_id, pressed_at FROM ack
        WHERE push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(pushes));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// How many confirmed a push.
pub async fn count(tx: &mut Tx, push: PushId) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM ack WHERE push_id = $1").bind(push).fetch_one(c).await)?)
}

/// Keeps presses of accounts that are not bound; a later press of the same account for the same push changes nothing.
pub async fn keep(tx: &mut Tx, presses: &[KeptPress]) -> Result<()> {
    const SQLITE: &str = "INSERT INTO kept_press (push_id, account_id, attempt_id, pressed_at, inbox_id)
        SELECT json_extract(value, '$.push_id'), json_extract(value, '$.account_id'), json_extract(value, '$.attempt_id'),
            json_extract(value, '$.pressed_at'), json_extract(value, '$.inbox_id')
        FROM json_each($1) WHERE true ORDER BY key ON CONFLICT (push_id, account_id) DO NOTHING";
    const PG: &str = "INSERT INTO kept_press (push_id, account_id, attempt_id, pressed_at, inbox_id)
        SELECT (value->>'push_id')::bigint, (value->>'account_id')::bigint, (value->>'attempt_id')::bigint,
            (value->>'pressed_at')::bigint, (value->>'inbox_id')::bigint
        FROM json_array_elements($1::json) WITH ORDINALITY AS t (value, n) ORDER BY n
        ON CONFLICT (push_id, account_id) DO NOTHING";
    let (sql, rows) = (tx.pick(SQLITE, PG), json(presses));
    on!(tx, c => sqlx::query(sql).bind(&rows).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes the kept presses of an account out, oldest first, to be credited.
pub async fn take_kept(tx: &mut Tx, account: AccountId) -> Result<Vec<KeptPress>> {
    const GET: &str = "SELECT push_id, account_id, attempt_id, pressed_at, inbox_id FROM kept_press
        WHERE account_id = $1 ORDER BY pressed_at, id";
    const CLEAR: &str = "DELETE FROM kept_press WHERE account_id = $1";
    let kept = on!(tx, c => sqlx::query_as(GET).bind(account).fetch_all(c).await)?;
    on!(tx, c => sqlx::query(CLEAR).bind(account).execute(c).await.map(drop))?;
    Ok(kept)
}
