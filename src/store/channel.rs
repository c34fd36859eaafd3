//! Connections to chat platforms.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::word::InboundMode;
use crate::ids::ChannelId;

/// The connection of a kind, with the platform's id of our bot.
pub async fn find(tx: &mut Tx, kind: &str) -> Result<Option<(ChannelId, String)>> {
    const SQL: &str = "SELECT id, instance FROM channel WHERE kind = $1 ORDER BY id LIMIT 1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(kind).fetch_optional(c).await)?)
}

/// Stores a connection, seen for the first time.
pub async fn add(tx: &mut Tx, kind: &str, instance: &str) -> Result<ChannelId> {
    const SQL: &str = "INSERT INTO channel (kind, instance) VALUES ($1, $2) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(kind).bind(instance).fetch_one(c).await)?)
}

/// Remembers what the platform calls our bot in links.
pub async fn set_name(tx: &mut Tx, id: ChannelId, name: &str) -> Result<()> {
    const SQL: &str = "UPDATE channel SET name = $2 WHERE id = $1 AND name <> $2";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(name).execute(c).await.map(drop))?;
    Ok(())
}

/// What the platforms call our bots, as far as they told.
pub async fn names(tx: &mut Tx) -> Result<Vec<String>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT name FROM channel WHERE name <> '' ORDER BY id").fetch_all(c).await)?)
}

/// How updates of a connection reach us, and when they last did.
pub async fn inbound(tx: &mut Tx, id: ChannelId) -> Result<(InboundMode, Option<At>)> {
    const SQL: &str = "SELECT inbound, heard_at FROM channel WHERE id = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_one(c).await)?)
}

/// Has updates reach us in another way.
pub async fn set_inbound(tx: &mut Tx, id: ChannelId, mode: InboundMode) -> Result<()> {
    const SQL: &str = "UPDATE channel SET inbound = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(mode).execute(c).await.map(drop))?;
    Ok(())
}

/// Remembers when updates last reached us.
pub async fn set_heard(tx: &mut Tx, id: ChannelId, at: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE channel SET heard_at = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(at)).execute(c).await.map(drop))?;
    Ok(())
}

/// When updates last reached us on any connection.
pub async fn last_heard(tx: &mut Tx) -> Result<Option<At>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT MAX(heard_at) FROM channel").fetch_one(c).await)?)
}

/// How updates reach each connection, and when they last did.
pub async fn heard(tx: &mut Tx) -> Result<Vec<(InboundMode, Option<At>)>> {
    Ok(
        on!(tx, c => sqlx::query_as("SELECT inbound, heard_at FROM channel WHERE kind <> 'relay' ORDER BY id").fetch_all(c).await)?,
    )
}
