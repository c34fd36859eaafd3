//! The calls of the last minute. What may be called next is read from here, so that the pace holds across restarts and
//! instances.

use chrono::{DateTime, TimeDelta, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::pacing::{MINUTE, Past};
use crate::ids::ChannelId;

/// By how much another instance's clock may be ahead of ours. What is further ahead is of a clock that was set back.
const AHEAD: TimeDelta = TimeDelta::seconds(5);

/// Keeps other senders of the channel from choosing at the same time, until this transaction ends. SQLite has one writer.
pub async fn hold(tx: &mut Tx, channel: ChannelId) -> Result<()> {
    const SQLITE: &str = "SELECT id FROM channel WHERE id = $1";
    // Rows that point to the channel may still be added meanwhile.
    const PG: &str = "SELECT id FROM channel WHERE id = $1 FOR NO KEY UPDATE";
    let sql = tx.pick(SQLITE, PG);
    on!(tx, c => sqlx::query(sql).bind(channel).execute(c).await.map(drop))?;
    Ok(())
}

/// The calls that still count.
pub async fn recent(tx: &mut Tx, channel: ChannelId, now: DateTime<Utc>) -> Result<Vec<Past>> {
    const SQL: &str = "SELECT chat, at FROM pace WHERE channel_id = $1 AND at > $2 AND at <= $3 ORDER BY at, id";
    let rows: Vec<(String, At)> = on!(tx, c => sqlx::query_as(SQL).bind(channel).bind(At::from(now - MINUTE))
        .bind(At::from(now + AHEAD)).fetch_all(c).await)?;
    Ok(rows.into_iter().map(|(chat, at)| Past { chat, at: at.utc() }).collect())
}

/// Calls that were noted for an instant and made at a later one.
pub async fn made_late(tx: &mut Tx, channel: ChannelId, noted: DateTime<Utc>, made: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE pace SET at = $3 WHERE channel_id = $1 AND at = $2";
    on!(tx, c => sqlx::query(SQL).bind(channel).bind(At::from(noted)).bind(At::from(made)).execute(c).await.map(drop))?;
    Ok(())
}

/// Notes calls to chats that go now, and forgets those that count no more.
pub async fn add(tx: &mut Tx, channel: ChannelId, chats: &[&str], now: DateTime<Utc>) -> Result<()> {
    const PRUNE: &str = "DELETE FROM pace WHERE channel_id = $1 AND (at <= $2 OR at > $3)";
    const SQLITE: &str = "INSERT INTO pace (channel_id, chat, at) SELECT $1, value, $3 FROM json_each($2)";
    const PG: &str =
        "INSERT INTO pace (channel_id, chat, at) SELECT $1, value, $3 FROM json_array_elements_text($2::json)";
    on!(tx, c => sqlx::query(PRUNE).bind(channel).bind(At::from(now - MINUTE)).bind(At::from(now + AHEAD))
        .execute(c).await.map(drop))?;
    let (sql, chats) = (tx.pick(SQLITE, PG), json(chats));
    on!(tx, c => sqlx::query(sql).bind(channel).bind(&chats).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}
