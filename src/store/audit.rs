//! The audit chain as it is stored. Entries are appended at a commit, with the head read inside the same transaction.

use super::types::json;
use super::{Result, StoreError, Tx, on};
use crate::domain::audit::{Entry, Event, Head};
use crate::ids::AuditSeq;
use crate::secret::{Keys, Purpose};

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

/// The stored end of the chain, checked against the entry it names.
pub async fn head(tx: &mut Tx) -> Result<StoredHead> {
    read_head(tx, "SELECT seq, mac FROM audit_head WHERE id = 1").await
}

/// Appends entries and moves the head. On PostgreSQL the head's row stays locked until the commit, which follows at once.
/// Nothing is appended to a head that was edited.
pub(super) async fn append(tx: &mut Tx, events: Vec<Event>) -> Result<()> {
    const MOVE: &str = "UPDATE audit_head SET seq = $1, mac = $2 WHERE id = 1";
    if events.is_empty() {
        return Ok(());
    }
    let lock = tx.pick(
        "SELECT seq, mac FROM audit_head WHERE id = 1",
        "SELECT seq, mac FROM audit_head WHERE id = 1 FOR UPDATE",
    );
    let StoredHead::Sound(mut head) = read_head(tx, lock).await? else {
        return Err(StoreError::Unreadable("audit_head".to_owned()));
    };
    let keys = tx.keys.clone();
    let mut rows = Vec::with_capacity(events.len());
    for event in &events {
        let entry = head.append(event, |bytes| keys.mac(Purpose::Audit, &[bytes]));
        head = Head { seq: entry.seq, mac: entry.mac };
        rows.push((
            entry.seq.0,
            entry.at_ms,
            entry.actor,
            entry.action,
            entry.subject,
            entry.detail,
            hex::encode(entry.mac),
        ));
    }
    add_many(tx, &json(&rows)).await?;
    on!(tx, c => sqlx::query(MOVE).bind(head.seq).bind(head_tag(&keys, head)).execute(c).await.map(drop))?;
    Ok(())
}

async fn add_many(tx: &mut Tx, rows: &str) -> Result<()> {
    const SQLITE: &str = "INSERT INTO audit_entry (seq, at, actor, action, subject, detail, mac)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), json_extract(value, '$[5]'),
            json_extract(value, '$[6]')
        FROM json_each($1)";
    const PG: &str = "INSERT INTO audit_entry (seq, at, actor, action, subject, detail, mac)
        SELECT (value->>0)::bigint, (value->>1)::bigint, value->>2, value->>3, value->>4, value->>5, value->>6
        FROM json_array_elements($1::json)";
    let sql = tx.pick(SQLITE, PG);
    on!(tx, c => sqlx::query(sql).bind(rows).execute(c).await.map(drop))?;
    Ok(())
}

/// Entries in order from `from` on, at most `limit`.
pub async fn page(tx: &mut Tx, from: AuditSeq, limit: i64) -> Result<Vec<Entry>> {
    const SQL: &str = "SELECT seq, at, actor, action, subject, detail, mac FROM audit_entry
        WHERE seq >= $1 ORDER BY seq LIMIT $2";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SQL).bind(from).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().map(entry).collect())
}

/// The latest entries in order, at most `limit`.
pub async fn latest(tx: &mut Tx, limit: i64) -> Result<Vec<Entry>> {
    const SQL: &str = "SELECT seq, at, actor, action, subject, detail, mac FROM audit_entry ORDER BY seq DESC LIMIT $1";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SQL).bind(limit).fetch_all(c).await)?;
    Ok(rows.into_iter().rev().map(entry).collect())
}

/// How many entries there are.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM audit_entry").fetch_one(c).await)?)
}

type Row = (i64, i64, String, String, String, String, String);

async fn read_head(tx: &mut Tx, sql: &'static str) -> Result<StoredHead> {
    const LAST: &str = "SELECT mac FROM audit_entry WHERE seq = $1";
    let row: Option<(AuditSeq, String)> = on!(tx, c => sqlx::query_as(sql).fetch_optional(c).await)?;
    let Some((seq, stored)) = row else { return Ok(StoredHead::Edited) };
    if seq == Head::EMPTY.seq && stored.is_empty() {
        return Ok(StoredHead::Sound(Head::EMPTY));
    }
    let last: Option<String> = on!(tx, c => sqlx::query_scalar(LAST).bind(seq).fetch_optional(c).await)?;
    let Some(last) = last else { return Ok(StoredHead::Cut) };
    let head = Head { seq, mac: tag(&last).unwrap_or_default() };
    Ok(if head_tag(&tx.keys, head) == stored { StoredHead::Sound(head) } else { StoredHead::Edited })
}

/// The tag of a head as it is stored.
fn head_tag(keys: &Keys, head: Head) -> String {
    hex::encode(keys.mac(Purpose::Audit, &[HEAD_V1, &head.seq.0.to_be_bytes(), &head.mac]))
}

fn entry((seq, at_ms, actor, action, subject, detail, mac): Row) -> Entry {
    // A tag in any other spelling than ours was edited; zeros can never match, so the chain names this entry.
    let mac = tag(&mac).unwrap_or([0; 32]);
    Entry { seq: AuditSeq(seq), at_ms, actor, action, subject, detail, mac }
}

/// Reads a tag; only the lower-case spelling that is written is one.
fn tag(text: &str) -> Option<[u8; 32]> {
    let mut tag = [0; 32];
    hex::decode_to_slice(text, &mut tag).ok()?;
    (hex::encode(tag) == text).then_some(tag)
}
