//! Until when the platform told us to wait: for one chat, or for all.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::pacing::Gate;
use crate::ids::ChannelId;

/// The gates that are not open again by `now`.
pub async fn closed(tx: &mut Tx, channel: ChannelId, now: DateTime<Utc>) -> Result<Vec<Gate>> {
    const SQL: &str = "SELECT chat, until FROM gate WHERE channel_id = $1 AND until > $2 ORDER BY chat";
    let rows: Vec<(String, At)> =
        on!(tx, c => sqlx::query_as(SQL).bind(channel).bind(At::from(now)).fetch_all(c).await)?;
    let gate = |(chat, until): (String, At)| Gate { chat: Some(chat).filter(|c| !c.is_empty()), until: until.utc() };
    Ok(rows.into_iter().map(gate).collect())
}

/// Closes the gate of a chat (`None`: of every chat) until an instant; one that is closed for longer stays so. Gates that
/// are long open are forgotten.
pub async fn close(
    tx: &mut Tx,
    channel: ChannelId,
    chat: Option<&str>,
    until: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<()> {
    const PRUNE: &str = "DELETE FROM gate WHERE channel_id = $1 AND until <= $2 AND since < $2 - 60000";
    const SQL: &str = "INSERT INTO gate (channel_id, chat, until, since) VALUES ($1, $2, $3, $4)
        ON CONFLICT (channel_id, chat) DO UPDATE SET since = excluded.since,
            until = CASE WHEN gate.until > excluded.until THEN gate.until ELSE excluded.until END";
    on!(tx, c => sqlx::query(PRUNE).bind(channel).bind(At::from(now)).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(SQL).bind(channel).bind(chat.unwrap_or_default()).bind(At::from(until))
        .bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Whether the platform told another chat than `chat` to wait since `since`.
pub async fn others(tx: &mut Tx, channel: ChannelId, chat: &str, since: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM gate
        WHERE channel_id = $1 AND chat <> $2 AND chat <> '' AND since >= $3)";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(channel).bind(chat).bind(At::from(since)).fetch_one(c).await)?)
}
