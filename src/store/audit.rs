//! The audit chain as it is stored. Entries are appended at a commit, after the head as the same transaction finds it.

use std::sync::{Arc, Mutex, PoisonError};

use super::types::{self, json};
use super::{Conn, Result, StoreError, Tx, on};
use crate::domain::audit::{Entry, Event, Head};
use crate::ids::AuditSeq;
use crate::secret::{Key, KeyId, Keys, Purpose};

/// Names the encoding of the head's tag. Another encoding gets another name.
const HEAD_V1: &[u8] = b"qingfeng audit head 1";

/// The stored end of the chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredHead {
    /// It carries its tag. The tag is keyed, so whoever cuts entries off cannot put the head back to where they end.
    Sound(Head),
    /// It names an entry that is not there.
    Cut,
    /// Its row is gone or does not carry its tag.
    Edited,
}

/// The head with the tag of the entry it names.
const HEAD: &str = "SELECT h.seq, CAST(h.mac AS BLOB), CAST(e.mac AS BLOB) FROM audit_head h
    LEFT JOIN audit_entry e ON e.seq = h.seq WHERE h.id = 1";
const PG_HEAD: &str = "SELECT seq, convert_to(mac, 'UTF8'), NULL::bytea FROM audit_head WHERE id = 1";
const PG_HEAD_LOCKED: &str = "SELECT seq, convert_to(mac, 'UTF8'), NULL::bytea FROM audit_head WHERE id = 1 FOR UPDATE";
/// PostgreSQL asks apart: a look that waits for the head's row sees it as it is after the wait, and the entries as before.
const PG_LAST: &str = "SELECT convert_to(mac, 'UTF8') FROM audit_entry WHERE seq = $1";

/// The stored end of the chain, checked against the entry it names and under the key in force.
pub async fn head(tx: &mut Tx) -> Result<StoredHead> {
    let sql = tx.pick(HEAD, PG_HEAD);
    Ok(in_force(tx, sql).await?.map_or_else(|head| head, |(head, _)| StoredHead::Sound(head)))
}

/// The stored end of the chain, checked against the entry it names and under this very key, when that is at hand. Nothing
/// else may stand beside it.
pub async fn head_by(tx: &mut Tx, key: &KeyId) -> Result<StoredHead> {
    let rows: i64 = on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM audit_head").fetch_one(c).await)?;
    let sql = tx.pick(HEAD, PG_HEAD);
    let keys = Arc::clone(&tx.keys);
    match keys.by_id(key) {
        Some(key) if rows == 1 => read_head(tx, sql, key).await,
        Some(_) | None => Ok(StoredHead::Edited),
    }
}

/// Where this process last left the end of the chain, under the current key. It saves reading the head for most commits:
/// entries are added after it as long as the stored head stands there, which the statement that moves it checks.
#[derive(Debug, Clone, Default)]
pub(super) struct LastEnd(Arc<Mutex<Option<Head>>>);

impl LastEnd {
    fn known(&self) -> Option<Head> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// To be called once what moved the head is committed.
    pub(super) fn moved_to(&self, end: Head) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(end);
    }
}

/// Appends entries and moves the head. On PostgreSQL the head's row stays locked until the commit, which follows at once.
/// Nothing is appended to a head that was edited. With `next` the last entry is the last one under its key: the head is
/// sealed with the current one of `next`, and the office names it. Returns where the chain ends under the current key, when it
/// moved.
pub(super) async fn append(tx: &mut Tx, events: Vec<Event>, next: Option<Arc<Keys>>) -> Result<Option<Head>> {
    if events.is_empty() && next.is_none() {
        return Ok(None);
    }
    let keys = Arc::clone(&tx.keys);
    if let (Some(known), None) = (tx.last_end.known(), &next) {
        let added = Added::after(known, keys.current(), &events);
        if add(tx, (known, keys.current()), (&added, keys.current())).await? {
            return Ok(Some(added.end));
        }
    }
    let lock = tx.pick(HEAD, PG_HEAD_LOCKED);
    let Ok((head, id)) = in_force(tx, lock).await? else { return Err(unusable(tx).await?) };
    let key = keys.by_id(&id).unwrap_or(keys.current());
    let added = Added::after(head, key, &events);
    let sealing = next.as_ref().map_or(key, |next| next.current());
    if !add(tx, (head, key), (&added, sealing)).await? {
        return Err(unusable(tx).await?);
    }
    if let Some(next) = &next {
        super::office::set_key_id(tx, (&id, next.current().id())).await?;
    }
    Ok((sealing.id() == keys.current().id()).then_some(added.end))
}

/// Entries that follow an end of the chain.
struct Added {
    /// As the database is told them.
    rows: String,
    end: Head,
}

impl Added {
    fn after(head: Head, key: &Key, events: &[Event]) -> Self {
        let sealer = key.sealer(Purpose::Audit);
        let mut end = head;
        let mut rows = Vec::with_capacity(events.len());
        for event in events {
            let entry = end.append(event, |bytes| sealer.mac(&[bytes]));
            end = Head { seq: entry.seq, mac: entry.mac };
            let mac = hex::encode(entry.mac);
            rows.push((entry.seq.0, entry.at_ms, entry.actor, entry.action, entry.subject, entry.detail, mac));
        }
        Self { rows: json(&rows), end }
    }
}

/// The head and the key in force. That is the current one of ours; when the head does not carry its tag, someone may have
/// put another in force since we opened the database, which then names it.
async fn in_force(tx: &mut Tx, sql: &'static str) -> Result<std::result::Result<(Head, KeyId), StoredHead>> {
    let keys = Arc::clone(&tx.keys);
    let found = read_head(tx, sql, keys.current()).await?;
    if let StoredHead::Sound(head) = found {
        return Ok(Ok((head, keys.current().id().clone())));
    }
    let named = super::office::key_id(tx).await?;
    let Some(key) = named.and_then(|id| keys.by_id(&KeyId::parse(&id)?)) else { return Ok(Err(found)) };
    Ok(match read_head(tx, sql, key).await? {
        StoredHead::Sound(head) => Ok((head, key.id().clone())),
        StoredHead::Cut | StoredHead::Edited => Err(found),
    })
}

/// Why nothing can be appended.
async fn unusable(tx: &mut Tx) -> Result<StoreError> {
    let named = super::office::key_id(tx).await?.and_then(|id| KeyId::parse(&id));
    Ok(match named {
        Some(id) if tx.keys.by_id(&id).is_none() => StoreError::KeyChanged { wanted: id.to_string() },
        Some(_) | None => StoreError::Unreadable("audit_head".to_owned()),
    })
}

/// Moves the head, as long as it stands where it is said to stand, with the entry it names.
macro_rules! move_sql {
    ($rest:literal) => {
        concat!(
            "UPDATE audit_head SET seq = $1, mac = $2 WHERE id = 1 AND seq = $3 AND mac = $4
            AND (seq = 0 OR EXISTS (SELECT 1 FROM audit_entry WHERE seq = $3 AND mac = $5))",
            $rest
        )
    };
}

/// Moves the head from one end, as the first key seals it, to where the entries end, and adds them. Nothing is done, and `false`
/// returned, when the stored head or the entry it names is another.
async fn add(tx: &mut Tx, (from, key): (Head, &Key), (added, sealing): (&Added, &Key)) -> Result<bool> {
    const MOVE: &str = move_sql!("");
    const SQLITE: &str = "INSERT INTO audit_entry (seq, at, actor, action, subject, detail, mac)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
            json_extract(value, '$[6]')
        FROM json_each($1)";
    const PG: &str = concat!(
        "WITH moved AS (",
        move_sql!(" RETURNING id"),
        "), added AS (INSERT INTO audit_entry (seq, at, actor, action, subject, detail, mac)
            SELECT (value->>0)::bigint, (value->>1)::bigint, value->>2, value->>3, value->>4, value->>5, value->>6
            FROM moved CROSS JOIN json_array_elements($6::json))
        SELECT COUNT(*) FROM moved"
    );
    let (stored, last) = (stored_tag(key, from), hex::encode(from.mac));
    let (seq, mac) = (added.end.seq, head_tag(sealing, added.end));
    if !tx.is_sqlite() {
        let moved: i64 = on!(tx, c => sqlx::query_scalar(PG).bind(seq).bind(&mac).bind(from.seq).bind(&stored).bind(&last)
            .bind(&added.rows).fetch_one(c).await)?;
        return Ok(moved == 1);
    }
    let moved = on!(tx, c => sqlx::query(MOVE).bind(seq).bind(&mac).bind(from.seq).bind(&stored).bind(&last).execute(c)
        .await.map(|done| done.rows_affected()))?;
    if moved == 1 {
        on!(tx, c => sqlx::query(SQLITE).bind(&added.rows).execute(c).await.map(drop))?;
    }
    Ok(moved == 1)
}

/// The columns of an entry, its texts as bytes: a text that is none must be found, not stumble over.
macro_rules! entry_sql {
    (sqlite $rest:literal) => {
        concat!(
            "SELECT seq, at, CAST(actor AS BLOB), CAST(action AS BLOB), CAST(subject AS BLOB), CAST(detail AS BLOB),
            CAST(mac AS BLOB) FROM audit_entry ",
            $rest
        )
    };
    (pg $rest:literal) => {
        concat!(
            "SELECT seq, at, convert_to(actor, 'UTF8'), convert_to(action, 'UTF8'), convert_to(subject, 'UTF8'),
            convert_to(detail, 'UTF8'), convert_to(mac, 'UTF8') FROM audit_entry ",
            $rest
        )
    };
}

/// Entries in order from `from` on, at most `limit`.
pub async fn page(tx: &mut Tx, from: AuditSeq, limit: i64) -> Result<Vec<Entry>> {
    const SQLITE: &str = entry_sql!(sqlite "WHERE seq >= $1 ORDER BY seq LIMIT $2");
    const PG: &str = entry_sql!(pg "WHERE seq >= $1 ORDER BY seq LIMIT $2");
    let sql = tx.pick(SQLITE, PG);
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql).bind(from).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(entry).collect())
}

/// The latest entries in order, at most `limit`.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Entry>> {
    const SQLITE: &str = entry_sql!(sqlite "ORDER BY seq DESC LIMIT $1");
    const PG: &str = entry_sql!(pg "ORDER BY seq DESC LIMIT $1");
    let sql = tx.pick(SQLITE, PG);
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(sql).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().rev().map(entry).collect())
}

/// How many entries there are.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM audit_entry").fetch_one(c).await)?)
}

type Row = (i64, i64, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>, Vec<u8>);

async fn read_head(tx: &mut Tx, sql: &'static str, key: &Key) -> Result<StoredHead> {
    let row: Option<(AuditSeq, Vec<u8>, Option<Vec<u8>>)> = on!(tx, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    let Some((seq, stored, last)) = row else { return Ok(StoredHead::Edited) };
    if seq == Head::EMPTY.seq && stored.is_empty() {
        return Ok(StoredHead::Sound(Head::EMPTY));
    }
    let last = match &tx.conn {
        Conn::Sqlite(_) => last,
        Conn::Pg(_) => on!(tx, c => sqlx::query_scalar(PG_LAST).bind(seq).fetch_optional(c).await)?,
    };
    let Some(last) = last else { return Ok(StoredHead::Cut) };
    let head = Head { seq, mac: tag(&last).unwrap_or_default() };
    Ok(if head_tag(key, head).as_bytes() == stored { StoredHead::Sound(head) } else { StoredHead::Edited })
}

/// What stands beside a head: nothing while the chain is empty.
fn stored_tag(key: &Key, head: Head) -> String {
    if head == Head::EMPTY { String::new() } else { head_tag(key, head) }
}

/// The tag of a head as it is stored.
fn head_tag(key: &Key, head: Head) -> String {
    hex::encode(key.mac(Purpose::Audit, &[HEAD_V1, &head.seq.0.to_be_bytes(), &head.mac]))
}

fn entry((seq, at_ms, actor, action, subject, detail, mac): Row) -> Entry {
    let texts = [actor, action, subject, detail].map(String::from_utf8);
    // A tag in any other spelling than ours was edited, and so was a text that is none; zeros can never match, so the chain
    // names this entry.
    let mac = tag(&mac).filter(|_| texts.iter().all(std::result::Result::is_ok)).unwrap_or([0; 32]);
    let [actor, action, subject, detail] = texts.map(types::lossy);
    Entry { seq: AuditSeq(seq), at_ms, actor, action, subject, detail, mac }
}

/// Reads a tag; only the lower-case spelling that is written is one.
fn tag(text: &[u8]) -> Option<[u8; 32]> {
    let mut tag = [0; 32];
    hex::decode_to_slice(text, &mut tag).ok()?;
    (hex::encode(tag).as_bytes() == text).then_some(tag)
}
