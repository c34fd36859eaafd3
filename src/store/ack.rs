//! Confirmations: one per push and person (invariant I5), sealed in batches, and presses kept until their account is bound.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::types::{Added, json, lossy, told};
use super::{At, Result, Tx, on};
use crate::domain::audit::AckLine;
use crate::domain::word::AckMethod;
use crate::ids::{AccountId, AckId, AttemptId, InboxId, PushId, StaffId};

/// What presses are judged by.
pub mod look;
/// Recorded for somebody else.
pub mod manual;

/// A confirmation to store.
#[derive(Debug, Clone)]
pub struct NewAck {
    pub push_id: PushId,
    pub staff_id: StaffId,
    /// When it was pressed, in milliseconds.
    pub pressed_at: i64,
    pub method: AckMethod,
    pub attempt_id: Option<AttemptId>,
    pub inbox_id: Option<InboxId>,
}

/// One as the database is told it.
type NewRow = (PushId, StaffId, i64, &'static str, Option<AttemptId>, Option<InboxId>);

impl NewAck {
    /// What a person did: a press, or a text. The copy is unknown when a text names none.
    pub fn made(
        (push_id, staff_id): (PushId, StaffId),
        pressed_at: DateTime<Utc>,
        (method, attempt_id): (AckMethod, Option<AttemptId>),
        inbox: InboxId,
    ) -> Self {
        let (pressed_at, inbox_id) = (pressed_at.timestamp_millis(), Some(inbox));
        Self { push_id, staff_id, pressed_at, method, attempt_id, inbox_id }
    }

    fn row(&self) -> NewRow {
        let Self { push_id, staff_id, pressed_at, method, attempt_id, inbox_id } = *self;
        (push_id, staff_id, pressed_at, method.as_str(), attempt_id, inbox_id)
    }

    /// The row that it became.
    fn stored(&self, id: AckId, batch_id: i64) -> AckRow {
        let Self { push_id, staff_id, pressed_at, method, attempt_id, inbox_id } = *self;
        let pressed_at = At(pressed_at);
        AckRow { id, push_id, staff_id, pressed_at, method, recorded_by: None, attempt_id, inbox_id, batch_id }
    }
}

/// A stored confirmation with everything that its batch seals.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, Deserialize)]
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
    /// Button, text or deep link.
    #[serde(serialize_with = "spelled")]
    pub method: AckMethod,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature is serde's")]
fn spelled<S: serde::Serializer>(method: &AckMethod, into: S) -> std::result::Result<S::Ok, S::Error> {
    into.serialize_str(method.as_str())
}

macro_rules! ack_sql {
    ($rest:literal) => {
        concat!(
            "SELECT id, push_id, staff_id, pressed_at, method, recorded_by, attempt_id, inbox_id, batch_id FROM ack ",
            $rest
        )
    };
}

/// The same rows as one list.
macro_rules! listed_sql {
    (sqlite $rest:literal) => {
        concat!(
            "SELECT json_group_array(json_array(a.id, a.push_id, a.staff_id, a.pressed_at, a.method, a.recorded_by,
                a.attempt_id, a.inbox_id, a.batch_id)) ",
            $rest
        )
    };
    (pg $rest:literal) => {
        concat!(
            "SELECT COALESCE(json_agg(json_build_array(a.id, a.push_id, a.staff_id, a.pressed_at, a.method,
                a.recorded_by, a.attempt_id, a.inbox_id, a.batch_id)), '[]')::text ",
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

/// Opens a batch and stores confirmations in it, in the order given; a person's second one for a push is left out. Returns the
/// batch and those stored, by id.
pub async fn add_batch(tx: &mut Tx, acks: &[NewAck], now: DateTime<Utc>) -> Result<(i64, Vec<AckRow>)> {
    let rows: Vec<NewRow> = acks.iter().map(NewAck::row).collect();
    let rows = json(&rows);
    let (batch, mut stored) =
        if tx.is_sqlite() { add_sqlite(tx, (acks, &rows), now).await? } else { add_pg(tx, &rows, now).await? };
    stored.sort_unstable_by_key(|row| row.id);
    Ok((batch, stored))
}

async fn add_sqlite(tx: &mut Tx, (acks, rows): (&[NewAck], &str), now: DateTime<Utc>) -> Result<(i64, Vec<AckRow>)> {
    const ADD: &str = "INSERT INTO ack (push_id, staff_id, pressed_at, method, attempt_id, inbox_id, batch_id)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'), $2
        FROM jsonb_each($1) WHERE true ORDER BY key ON CONFLICT (push_id, staff_id) DO NOTHING";
    const STORED: &str = listed_sql!(sqlite "FROM ack a WHERE a.batch_id = $1");
    let batch = open_batch(tx, now).await?;
    let added = on!(tx, c => sqlx::query(ADD).bind(rows).bind(batch).execute(c).await.map(Added::from))?;
    if let Some(first) = added.first(acks.len()) {
        return Ok((batch, acks.iter().zip(first..).map(|(ack, id)| ack.stored(AckId(id), batch)).collect()));
    }
    Ok((batch, told(&on!(tx, c => sqlx::query_scalar::<_, String>(STORED).bind(batch).fetch_one(c).await)?)?))
}

/// One round trip for both.
async fn add_pg(tx: &mut Tx, rows: &str, now: DateTime<Utc>) -> Result<(i64, Vec<AckRow>)> {
    const SQL: &str = concat!(
        "WITH b AS (INSERT INTO ack_batch (recorded_at) VALUES ($2) RETURNING id),
        a AS (INSERT INTO ack (push_id, staff_id, pressed_at, method, attempt_id, inbox_id, batch_id)
        SELECT (value->>0)::bigint, (value->>1)::bigint, (value->>2)::bigint, value->>3, (value->>4)::bigint,
            (value->>5)::bigint, b.id
        FROM b, json_array_elements($1::json) WITH ORDINALITY AS t (value, n) ORDER BY n
        ON CONFLICT (push_id, staff_id) DO NOTHING RETURNING *)
        SELECT (SELECT id FROM b), (",
        listed_sql!(pg "FROM a"),
        ")"
    );
    let (batch, stored): (i64, String) =
        on!(tx, c => sqlx::query_as(SQL).bind(rows).bind(At::from(now)).fetch_one(c).await)?;
    Ok((batch, told(&stored)?))
}

/// The stored confirmations of given people for given pushes.
pub async fn find_many(tx: &mut Tx, pairs: &[(PushId, StaffId)]) -> Result<Vec<AckRow>> {
    const SQLITE: &str = listed_sql!(
        sqlite "FROM jsonb_each($1) j JOIN ack a ON a.push_id = json_extract(j.value, '$[0]')
            AND a.staff_id = json_extract(j.value, '$[1]')"
    );
    const PG: &str = listed_sql!(
        pg "FROM json_array_elements($1::json) j JOIN ack a ON a.push_id = (j.value->>0)::bigint
            AND a.staff_id = (j.value->>1)::bigint"
    );
    let (sql, pairs) = (tx.pick(SQLITE, PG), json(pairs));
    told(&on!(tx, c => sqlx::query_scalar::<_, String>(sql).bind(&pairs).fetch_one(c).await)?)
}

/// What is sealed of every confirmation, in id order from `from` on, at most `limit`: the way the ledger is verified. Texts
/// are taken as they stand, whatever they are: what was tampered with must be found, not stumbled over.
pub async fn sealed(tx: &mut Tx, from: AckId, limit: i64) -> Result<Vec<AckLine>> {
    const SQLITE: &str = "SELECT id, push_id, staff_id, pressed_at, attempt_id, inbox_id, batch_id,
        CAST(method AS BLOB), CAST(recorded_by AS BLOB) FROM ack WHERE id >= $1 ORDER BY id LIMIT $2";
    const PG: &str = "SELECT id, push_id, staff_id, pressed_at, attempt_id, inbox_id, batch_id,
        convert_to(method, 'UTF8'), convert_to(recorded_by, 'UTF8') FROM ack WHERE id >= $1 ORDER BY id LIMIT $2";
    let sql = tx.pick(SQLITE, PG);
    let rows: Vec<SealedRow> = on!(tx, c => sqlx::query_as(sql).bind(from).bind(limit).fetch_all(c).await)?;
    let text = |bytes: Vec<u8>| lossy(String::from_utf8(bytes));
    let line = |(ack, push, staff, at_ms, attempt, inbox, batch, method, recorded_by): SealedRow| AckLine {
        ack,
        push,
        staff,
        at_ms,
        method: text(method),
        recorded_by: recorded_by.map(text),
        attempt,
        inbox,
        batch,
    };
    Ok(rows.into_iter().map(line).collect())
}

type SealedRow = (AckId, PushId, StaffId, i64, Option<AttemptId>, Option<InboxId>, i64, Vec<u8>, Option<Vec<u8>>);

/// Every confirmation in id order from `from` on, at most `limit`.
pub async fn page(tx: &mut Tx, from: AckId, limit: i64) -> Result<Vec<AckRow>> {
    const SQL: &str = ack_sql!("WHERE id >= $1 ORDER BY id LIMIT $2");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(from).bind(limit).fetch_all(c).await)?)
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

/// The push that an update of a person confirmed.
pub async fn of_inbox(tx: &mut Tx, staff: StaffId, inbox: InboxId) -> Result<Option<PushId>> {
    // Push by push: no index leads from a person to what they confirmed.
    const SQL: &str = "SELECT p.id FROM push p WHERE EXISTS (SELECT 1 FROM ack k
            WHERE k.push_id = p.id AND k.staff_id = $1 AND k.inbox_id = $2) LIMIT 1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff).bind(inbox).fetch_optional(c).await)?)
}

/// A push that a person may still confirm.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OpenRow {
    pub push_id: PushId,
    pub title: String,
    /// The newest copy that is known to have arrived.
    pub attempt_id: AttemptId,
}

/// The pushes that arrived somewhere and that a person has not confirmed, newest first: those whose deadline, or the
/// person's own, is to come, and those without one that fell due since an instant. Whom they address is not asked here.
pub async fn unconfirmed(
    tx: &mut Tx,
    staff: StaffId,
    now: DateTime<Utc>,
    since: DateTime<Utc>,
) -> Result<Vec<OpenRow>> {
    const SQL: &str = "SELECT p.id AS push_id, v.title, MAX(a.id) AS attempt_id
        FROM push p JOIN item_version v ON v.id = p.item_version_id
        JOIN delivery d ON d.kind = 'push' AND d.subject_id = p.id
        JOIN attempt a ON a.delivery_id = d.id AND a.outcome IN ('ok', 'proved')
        LEFT JOIN personal_deadline o ON o.push_id = p.id AND o.staff_id = $1
        WHERE p.state = 'open' AND p.confirm <> 'none'
            AND (COALESCE(o.deadline_at, p.deadline_at) > $2 OR p.deadline_at IS NULL AND p.slot_at >= $3)
            AND NOT EXISTS (SELECT 1 FROM ack k WHERE k.push_id = p.id AND k.staff_id = $1)
        GROUP BY p.id, v.title, p.slot_at ORDER BY p.slot_at DESC, p.id DESC";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff).bind(At::from(now)).bind(At::from(since)).fetch_all(c).await)?)
}

/// How many confirmed a push.
pub async fn count(tx: &mut Tx, push: PushId) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM ack WHERE push_id = $1").bind(push).fetch_one(c).await)?)
}

/// Keeps presses of accounts that are not bound; a later press of the same account for the same push changes nothing.
pub async fn keep(tx: &mut Tx, presses: &[KeptPress]) -> Result<()> {
    const SQLITE: &str = "INSERT INTO kept_press (push_id, account_id, attempt_id, pressed_at, inbox_id, method)
        SELECT json_extract(value, '$.push_id'), json_extract(value, '$.account_id'), json_extract(value, '$.attempt_id'),
            json_extract(value, '$.pressed_at'), json_extract(value, '$.inbox_id'), json_extract(value, '$.method')
        FROM json_each($1) WHERE true ORDER BY key ON CONFLICT (push_id, account_id) DO NOTHING";
    const PG: &str = "INSERT INTO kept_press (push_id, account_id, attempt_id, pressed_at, inbox_id, method)
        SELECT (value->>'push_id')::bigint, (value->>'account_id')::bigint, (value->>'attempt_id')::bigint,
            (value->>'pressed_at')::bigint, (value->>'inbox_id')::bigint, value->>'method'
        FROM json_array_elements($1::json) WITH ORDINALITY AS t (value, n) ORDER BY n
        ON CONFLICT (push_id, account_id) DO NOTHING";
    let (sql, rows) = (tx.pick(SQLITE, PG), json(presses));
    on!(tx, c => sqlx::query(sql).bind(&rows).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes the kept presses of an account out, oldest first, to be credited.
pub async fn take_kept(tx: &mut Tx, account: AccountId) -> Result<Vec<KeptPress>> {
    const GET: &str = "SELECT push_id, account_id, attempt_id, pressed_at, inbox_id, method FROM kept_press
        WHERE account_id = $1 ORDER BY pressed_at, id";
    const CLEAR: &str = "DELETE FROM kept_press WHERE account_id = $1";
    let kept = on!(tx, c => sqlx::query_as(GET).bind(account).fetch_all(c).await)?;
    on!(tx, c => sqlx::query(CLEAR).bind(account).execute(c).await.map(drop))?;
    Ok(kept)
}
