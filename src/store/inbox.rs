//! Raw inbound updates, committed before they are confirmed to the platform (invariant I1).

use chrono::{DateTime, Utc};

use super::types::{Added, json, told};
use super::{At, Result, Tx, on};
use crate::ids::{ChannelId, InboxId};

/// An update that is stored.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct InboxRow {
    pub id: InboxId,
    pub event_id: String,
    pub received_at: At,
    pub raw: String,
    /// Times it was tried and failed.
    pub tries: i64,
}

/// What adds a batch, and whether it tells the new rows.
macro_rules! add_sql {
    (sqlite $rest:literal) => {
        concat!(
            "INSERT INTO inbox (channel_id, event_id, received_at, raw, state)
            SELECT $1, json_extract(value, '$[0]'), $3,
                CAST(substr($4, json_extract(value, '$[1]'), json_extract(value, '$[2]')) AS TEXT), $5
            FROM jsonb_each($2) WHERE true ORDER BY key
            ON CONFLICT (channel_id, event_id) DO NOTHING",
            $rest
        )
    };
    (pg $rest:literal) => {
        concat!(
            "INSERT INTO inbox (channel_id, event_id, received_at, raw, state)
            SELECT $1, value->>0, $3,
                convert_from(substring($4::bytea from (value->>1)::int for (value->>2)::int), 'UTF8'), $5
            FROM json_array_elements($2::json) WITH ORDINALITY AS t (value, n) ORDER BY n
            ON CONFLICT (channel_id, event_id) DO NOTHING",
            $rest
        )
    };
}

/// Stores a batch of updates in the order given, as `(event id, raw text)`, to be worked through. Returns the ids of those
/// not seen before.
pub async fn receive(
    tx: &mut Tx,
    channel: ChannelId,
    batch: &[(&str, &str)],
    now: DateTime<Utc>,
) -> Result<Vec<(String, InboxId)>> {
    let sql = tx.pick(add_sql!(sqlite " RETURNING event_id, id"), add_sql!(pg " RETURNING event_id, id"));
    let ((places, texts), at) = (end_to_end(batch), At::from(now));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(channel).bind(&places).bind(at).bind(&texts).bind("new")
        .fetch_all(c).await)?)
}

/// The same for updates that are worked through in this very transaction. Returns the ids of all of them, and how many were
/// not seen before.
pub async fn receive_done(
    tx: &mut Tx,
    channel: ChannelId,
    batch: &[(&str, &str)],
    now: DateTime<Utc>,
) -> Result<(Vec<(String, InboxId)>, usize)> {
    let ((places, texts), at) = (end_to_end(batch), At::from(now));
    let events = batch.iter().map(|(event, _)| *event);
    let (rows, ids) = if tx.is_sqlite() {
        const SQLITE: &str = add_sql!(sqlite "");
        let added = on!(tx, c => sqlx::query(SQLITE).bind(channel).bind(&places).bind(at).bind(&texts).bind("done")
            .execute(c).await.map(Added::from))?;
        let numbered = |first| events.clone().map(str::to_owned).zip((first..).map(InboxId)).collect();
        (usize::try_from(added.rows).unwrap_or(usize::MAX), added.first(batch.len()).map(numbered))
    } else {
        const PG: &str = concat!(
            "WITH new AS (",
            add_sql!(pg " RETURNING event_id, id"),
            ") SELECT COALESCE(json_agg(json_build_array(event_id, id)), '[]')::text FROM new"
        );
        let new: Vec<(String, InboxId)> = told(&on!(tx, c => sqlx::query_scalar::<_, String>(PG).bind(channel)
            .bind(&places).bind(at).bind(&texts).bind("done").fetch_one(c).await)?)?;
        (new.len(), Some(new).filter(|new| new.len() == batch.len()))
    };
    let ids = match ids {
        Some(ids) => ids,
        None => seen(tx, channel, &events.collect::<Vec<_>>()).await?,
    };
    Ok((ids, rows))
}

/// The texts in one value, out of which the database cuts them, and their places in it: as JSON they would be escaped here
/// and read twice there.
fn end_to_end(batch: &[(&str, &str)]) -> (String, Vec<u8>) {
    let mut texts = Vec::with_capacity(batch.iter().map(|(_, raw)| raw.len()).sum());
    let mut places = Vec::with_capacity(batch.len());
    for (event, raw) in batch {
        places.push((event, texts.len() + 1, raw.len()));
        texts.extend_from_slice(raw.as_bytes());
    }
    (json(&places), texts)
}

/// Ids of updates that are stored, as `(event id, id)`.
pub async fn seen(tx: &mut Tx, channel: ChannelId, event_ids: &[&str]) -> Result<Vec<(String, InboxId)>> {
    const SQLITE: &str = "SELECT json_group_array(json_array(event_id, id)) FROM inbox
        WHERE channel_id = $1 AND event_id IN (SELECT value FROM json_each($2))";
    const PG: &str = "SELECT COALESCE(json_agg(json_build_array(event_id, id)), '[]')::text FROM inbox
        WHERE channel_id = $1 AND event_id IN (SELECT value FROM json_array_elements_text($2::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(event_ids));
    told(&on!(tx, c => sqlx::query_scalar::<_, String>(sql).bind(channel).bind(&ids).fetch_one(c).await)?)
}

/// Marks updates as worked through.
pub async fn done(tx: &mut Tx, ids: &[InboxId]) -> Result<()> {
    const SQLITE: &str = "UPDATE inbox SET state = 'done' WHERE id IN (SELECT value FROM json_each($1))";
    const PG: &str =
        "UPDATE inbox SET state = 'done' WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    on!(tx, c => sqlx::query(sql).bind(&ids).execute(c).await.map(drop))?;
    Ok(())
}

/// Updates still to be worked through, oldest first.
pub async fn waiting(tx: &mut Tx, channel: ChannelId, limit: i64) -> Result<Vec<InboxRow>> {
    const SQL: &str = "SELECT id, event_id, received_at, COALESCE(raw, '') AS raw, tries FROM inbox
        WHERE state = 'new' AND channel_id = $1 ORDER BY id LIMIT $2";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(channel).bind(limit).fetch_all(c).await)?)
}

/// Records that an update could not be worked through; after `most` times it is set aside for good. Returns its tries.
pub async fn failed(tx: &mut Tx, id: InboxId, most: i64) -> Result<i64> {
    const SQL: &str = "UPDATE inbox SET tries = tries + 1,
            state = CASE WHEN tries + 1 >= $2 THEN 'quarantined' ELSE state END
        WHERE id = $1 RETURNING tries";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(id).bind(most).fetch_one(c).await)?)
}

/// Forgets updates received before an instant, at most `limit`: ids that start anew after a quiet week are not taken for
/// repeats. One that was set aside keeps its row, without its text and its id. Returns how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>, limit: i64) -> Result<u64> {
    const DONE: &str = "DELETE FROM inbox
        WHERE id IN (SELECT id FROM inbox WHERE state = 'done' AND received_at < $1 ORDER BY received_at LIMIT $2)";
    const ASIDE: &str = "UPDATE inbox SET raw = NULL, event_id = 'aside:' || id
        WHERE id IN (SELECT id FROM inbox WHERE state = 'quarantined' AND received_at < $1 AND raw IS NOT NULL
            ORDER BY received_at LIMIT $2)";
    let mut forgotten = 0;
    for sql in [DONE, ASIDE] {
        forgotten += on!(tx, c => sqlx::query(sql).bind(At::from(before)).bind(limit).execute(c).await
            .map(|done| done.rows_affected()))?;
    }
    Ok(forgotten)
}

/// How many updates wait, and how many were set aside.
pub async fn standing(tx: &mut Tx) -> Result<(i64, i64)> {
    const SQL: &str = "SELECT (SELECT COUNT(*) FROM inbox WHERE state = 'new'),
        (SELECT COUNT(*) FROM inbox WHERE state = 'quarantined')";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_one(c).await)?)
}
