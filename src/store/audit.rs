//! The audit chain as it is stored. Entries are appended at a commit, with the head read inside the same transaction.

use super::types::json;
use super::{Result, StoreError, Tx, on};
use crate::domain::audit::{Entry, Event, Head};
use crate::ids::AuditSeq;
use crate::secret::Purpose;

/// The stored end of the chain.
pub async fn head(tx: &mut Tx) -> Result<Head> {
    read_head(tx, "SELECT seq, mac FROM audit_head WHERE id = 1").await
}

/// Appends entries and moves the head. On PostgreSQL the head's row stays locked until the commit, which follows at once.
pub(super) async fn append(tx: &mut Tx, events: Vec<Event>) -> Result<()> {
    const MOVE: &str = "UPDATE audit_head SET seq = $1, mac = $2 WHERE id = 1";
    if events.is_empty() {
        return Ok(());
    }
    let lock = tx.pick(
        "SELECT seq, mac FROM audit_head WHERE id = 1",
        "SELECT seq, mac FROM audit_head WHERE id = 1 FOR UPDATE",
    );
    let mut head = read_head(tx, lock).await?;
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
    on!(tx, c => sqlx::query(MOVE).bind(head.seq).bind(hex::encode(head.mac)).execute(c).await.map(drop))?;
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

/// Entries in order from after `after`, at most `limit`.
pub async fn page(tx: &mut Tx, after: AuditSeq, limit: i64) -> Result<Vec<Entry>> {
    const SQL: &str = "SELECT seq, at, actor, action, subject, detail, mac FROM audit_entry
        WHERE seq > $1 ORDER BY seq LIMIT $2";
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SQL).bind(after).bind(limit).fetch_all(c).await)?;
    rows.into_iter().map(entry).collect()
}

/// How many entries there are.
pub async fn count(tx: &mut Tx) -> Result<i64> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT COUNT(*) FROM audit_entry").fetch_one(c).await)?)
}

type Row = (i64, i64, String, String, String, String, String);

async fn read_head(tx: &mut Tx, sql: &'static str) -> Result<Head> {
    let (seq, mac): (AuditSeq, String) = on!(tx, c => sqlx::query_as(sql).fetch_one(c).await)?;
    if seq == AuditSeq(0) {
        return Ok(Head::EMPTY);
    }
    Ok(Head { seq, mac: tag(&mac)? })
}

fn entry((seq, at_ms, actor, action, subject, detail, mac): Row) -> Result<Entry> {
    // A tag that is not hex was edited; zeros can never match, so the chain names this entry.
    let mac = tag(&mac).unwrap_or([0; 32]);
    Ok(Entry { seq: AuditSeq(seq), at_ms, actor, action, subject, detail, mac })
}

fn tag(text: &str) -> Result<[u8; 32]> {
    let mut tag = [0; 32];
    hex::decode_to_slice(text, &mut tag).map_err(|_| StoreError::Unreadable(text.to_owned()))?;
    Ok(tag)
}
