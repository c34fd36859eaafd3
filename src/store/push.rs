//! Pushes, their frozen audiences and which delivery speaks to which unit.

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, StoreError, Tx, on};
use crate::domain::push::{Chunk, PushState};
use crate::domain::word::Confirm;
use crate::ids::{DeliveryId, ItemVersionId, OccurrenceId, PushId, StaffId, UnitId};

/// Pushes that people can read in their chats.
pub mod arrived;
/// How people stand to pushes.
pub mod audience;

/// A push to store.
#[derive(Debug, Clone)]
pub struct NewPush<'a> {
    /// None: sent by hand.
    pub occurrence_id: Option<OccurrenceId>,
    pub item_version_id: ItemVersionId,
    pub confirm: Confirm,
    pub slot_at: DateTime<Utc>,
    /// `YYYY-MM` of the slot in the office's zone.
    pub month: &'a str,
    pub deadline_at: Option<DateTime<Utc>>,
    pub late: bool,
    /// JSON object: what the item's placeholders were filled with.
    pub fills: &'a str,
}

/// A push as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PushRow {
    pub id: PushId,
    pub item_version_id: ItemVersionId,
    pub slug: String,
    pub version: i64,
    pub title: String,
    pub theme: String,
    /// As printed: 全体, or kinds joined by 、.
    pub audience: String,
    /// As printed, one a line.
    pub basis: String,
    pub confirm: Confirm,
    pub state: PushState,
    pub slot_at: At,
    pub deadline_at: Option<At>,
    pub late: bool,
    pub fills: String,
    /// Whether it asks the questions of its item.
    pub asks: bool,
}

macro_rules! push_sql {
    ($rest:literal) => {
        concat!(
            "SELECT p.id, p.item_version_id, i.slug, v.version, v.title, v.theme, v.audience, v.basis, p.confirm, p.state,
                p.slot_at, p.deadline_at, p.late, p.fills,
                EXISTS (SELECT 1 FROM push_quiz q WHERE q.push_id = p.id) AS asks
             FROM push p JOIN item_version v ON v.id = p.item_version_id JOIN item i ON i.id = v.item_id ",
            $rest
        )
    };
}

/// Adds a push.
pub async fn add(tx: &mut Tx, new: &NewPush<'_>, now: DateTime<Utc>) -> Result<PushId> {
    const SQL: &str = "INSERT INTO push (occurrence_id, item_version_id, confirm, state, slot_at, month, deadline_at,
            late, fills, created_at)
        VALUES ($1, $2, $3, 'open', $4, $5, $6, $7, $8, $9) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL)
        .bind(new.occurrence_id).bind(new.item_version_id).bind(new.confirm).bind(At::from(new.slot_at)).bind(new.month)
        .bind(new.deadline_at.map(At::from)).bind(new.late).bind(new.fills).bind(At::from(now)).fetch_one(c).await)?)
}

/// Freezes one unit's people into a push. An equal chunk that is stored already is used again.
pub async fn add_chunk(tx: &mut Tx, push: PushId, chunk: &Chunk, hash: &str) -> Result<()> {
    const CHUNK: &str =
        "INSERT INTO audience_chunk (hash, unit_id, members) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    const USE: &str = "INSERT INTO push_chunk (push_id, chunk_id) SELECT $1, id FROM audience_chunk WHERE hash = $2";
    on!(tx, c => sqlx::query(CHUNK).bind(hash).bind(chunk.unit).bind(chunk.encode()).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(USE).bind(push).bind(hash).execute(c).await.map(drop))?;
    Ok(())
}

/// Records that a delivery speaks to a unit of the push, or to one person of it.
pub async fn add_cover(
    tx: &mut Tx,
    push: PushId,
    delivery: DeliveryId,
    unit: UnitId,
    staff: Option<StaffId>,
) -> Result<()> {
    const SQL: &str = "INSERT INTO push_cover (push_id, delivery_id, unit_id, staff_id) VALUES ($1, $2, $3, $4)";
    on!(tx, c => sqlx::query(SQL).bind(push).bind(delivery).bind(unit).bind(staff).execute(c).await.map(drop))?;
    Ok(())
}

/// One push.
pub async fn find(tx: &mut Tx, id: PushId) -> Result<Option<PushRow>> {
    Ok(on!(tx, c => sqlx::query_as(push_sql!("WHERE p.id = $1")).bind(id).fetch_optional(c).await)?)
}

/// Several pushes.
pub async fn find_many(tx: &mut Tx, ids: &[PushId]) -> Result<Vec<PushRow>> {
    const SQLITE: &str = push_sql!("WHERE p.id IN (SELECT value FROM json_each($1))");
    const PG: &str = push_sql!("WHERE p.id IN (SELECT value::bigint FROM json_array_elements_text($1::json))");
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The newest pushes first.
pub async fn list(tx: &mut Tx) -> Result<Vec<PushRow>> {
    Ok(on!(tx, c => sqlx::query_as(push_sql!("ORDER BY p.slot_at DESC, p.id DESC")).fetch_all(c).await)?)
}

/// The pushes of a month (`YYYY-MM`) that were not cancelled, by slot.
pub async fn of_month(tx: &mut Tx, month: &str) -> Result<Vec<PushRow>> {
    const SQL: &str = push_sql!("WHERE p.month = $1 AND p.state <> 'cancelled' ORDER BY p.slot_at, p.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(month).fetch_all(c).await)?)
}

/// The newest other push of the same item that was meant for one of the same chats or people, and not cancelled.
pub async fn earlier(tx: &mut Tx, push: &PushRow) -> Result<Option<PushRow>> {
    const SQL: &str = push_sql!(
        "WHERE i.slug = $2 AND p.id <> $1 AND p.state <> 'cancelled' AND EXISTS (
            SELECT 1 FROM delivery d JOIN delivery n ON n.target_kind = d.target_kind AND n.target_id = d.target_id
            WHERE d.kind = 'push' AND d.subject_id = p.id AND n.kind = 'push' AND n.subject_id = $1)
         ORDER BY p.slot_at DESC, p.id DESC LIMIT 1"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(push.id).bind(&push.slug).fetch_optional(c).await)?)
}

/// Moves an open push to a state; false when it was not open.
pub async fn end(tx: &mut Tx, id: PushId, state: PushState) -> Result<bool> {
    const SQL: &str = "UPDATE push SET state = $2 WHERE id = $1 AND state = 'open'";
    let moved = on!(tx, c => sqlx::query(SQL).bind(id).bind(state).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(moved == 1)
}

/// Frozen audiences of many pushes, as `(push, chunk)`. Chunks shared by pushes are read once and cloned.
pub async fn audiences(tx: &mut Tx, pushes: &[PushId]) -> Result<Vec<(PushId, Chunk)>> {
    const USES_SQLITE: &str = "SELECT push_id, chunk_id FROM push_chunk
        WHERE push_id IN (SELECT value FROM json_each($1)) ORDER BY push_id, chunk_id";
    const USES_PG: &str = "SELECT push_id, chunk_id FROM push_chunk
        WHERE push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY push_id, chunk_id";
    const CHUNKS_SQLITE: &str = "SELECT id, unit_id, members FROM audience_chunk WHERE id IN
        (SELECT chunk_id FROM push_chunk WHERE push_id IN (SELECT value FROM json_each($1)))";
    const CHUNKS_PG: &str = "SELECT id, unit_id, members FROM audience_chunk WHERE id IN
        (SELECT chunk_id FROM push_chunk
            WHERE push_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)))";
    let ids = json(pushes);
    let (uses, chunks) = (tx.pick(USES_SQLITE, USES_PG), tx.pick(CHUNKS_SQLITE, CHUNKS_PG));
    let uses: Vec<(PushId, i64)> = on!(tx, c => sqlx::query_as(uses).bind(&ids).fetch_all(c).await)?;
    let rows: Vec<(i64, UnitId, String)> = on!(tx, c => sqlx::query_as(chunks).bind(&ids).fetch_all(c).await)?;
    let mut by_id = std::collections::HashMap::with_capacity(rows.len());
    for (id, unit, members) in rows {
        let chunk = Chunk::decode(unit, &members).ok_or(StoreError::Unreadable(members))?;
        by_id.insert(id, chunk);
    }
    Ok(uses.into_iter().filter_map(|(push, id)| by_id.get(&id).map(|chunk| (push, chunk.clone()))).collect())
}
