//! Chats (or topics of them) and the units they address.

use chrono::{DateTime, NaiveDate, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::channel::ChannelKind;
use crate::domain::delivery::StopReason;
use crate::domain::word::GroupState;
use crate::ids::{ChannelId, GroupId, UnitId};

/// A chat the bot knows.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct GroupRow {
    pub id: GroupId,
    pub channel_id: ChannelId,
    /// The kind of platform it is on.
    pub channel: ChannelKind,
    pub external_id: String,
    /// Topic inside the chat; empty for none.
    pub thread: String,
    pub title: String,
    pub state: GroupState,
    /// Why it takes no messages, when the platform told.
    pub reason: Option<StopReason>,
    /// When the bot said in it what it is for.
    pub welcomed_at: Option<At>,
    /// When the bot leaves it, because nobody of the office stands for it.
    pub leaves_at: Option<At>,
}

macro_rules! group_sql {
    ($rest:literal) => {
        concat!(
            "SELECT g.id, g.channel_id, c.kind AS channel, g.external_id, g.thread, g.title, g.state, g.reason,
                g.welcomed_at, g.leaves_at
             FROM chat_group g JOIN channel c ON c.id = g.channel_id ",
            $rest
        )
    };
}

/// Every chat, in the order they were met.
pub async fn list(tx: &mut Tx) -> Result<Vec<GroupRow>> {
    Ok(on!(tx, c => sqlx::query_as(group_sql!("ORDER BY g.id")).fetch_all(c).await)?)
}

/// One chat.
pub async fn find(tx: &mut Tx, id: GroupId) -> Result<Option<GroupRow>> {
    Ok(on!(tx, c => sqlx::query_as(group_sql!("WHERE g.id = $1")).bind(id).fetch_optional(c).await)?)
}

/// The chat of a platform id, its topics included.
pub async fn find_external(tx: &mut Tx, channel: ChannelId, external_id: &str) -> Result<Vec<GroupRow>> {
    const SQL: &str = group_sql!("WHERE g.channel_id = $1 AND g.external_id = $2 ORDER BY g.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(channel).bind(external_id).fetch_all(c).await)?)
}

/// Stores a chat that the bot was added to, unlinked; a known one gets its title and, when it was gone, comes back.
pub async fn seen(tx: &mut Tx, channel: ChannelId, external_id: &str, title: &str) -> Result<GroupId> {
    const SQL: &str = "INSERT INTO chat_group (channel_id, external_id, title, state) VALUES ($1, $2, $3, 'unlinked')
        ON CONFLICT (channel_id, external_id, thread) DO UPDATE SET title = excluded.title,
            state = CASE WHEN chat_group.reason = 'by_admin' THEN chat_group.state
                WHEN chat_group.state IN ('gone', 'suspended') THEN
                CASE WHEN EXISTS (SELECT 1 FROM group_unit u WHERE u.group_id = chat_group.id)
                    THEN 'active' ELSE 'unlinked' END
                ELSE chat_group.state END,
            reason = CASE WHEN chat_group.reason = 'by_admin' THEN chat_group.reason END
        RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(channel).bind(external_id).bind(title).fetch_one(c).await)?)
}

/// Stores a chat that an admin names, active; `None` when the channel has one of that id.
pub async fn add(tx: &mut Tx, channel: ChannelId, external_id: &str) -> Result<Option<GroupId>> {
    const SQL: &str = "INSERT INTO chat_group (channel_id, external_id, title, state) VALUES ($1, $2, $2, 'active')
        ON CONFLICT (channel_id, external_id, thread) DO NOTHING RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(channel).bind(external_id).fetch_optional(c).await)?)
}

/// Moves a chat to a state, with the reason an admin reads.
pub async fn set_state(tx: &mut Tx, id: GroupId, state: GroupState, reason: Option<StopReason>) -> Result<()> {
    const SQL: &str = "UPDATE chat_group SET state = $2, reason = $3 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(state).bind(reason).execute(c).await.map(drop))?;
    Ok(())
}

/// Says when the bot leaves a chat; `None`: it stays.
pub async fn set_leaves(tx: &mut Tx, id: GroupId, at: Option<DateTime<Utc>>) -> Result<()> {
    const SQL: &str = "UPDATE chat_group SET leaves_at = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(at.map(At::from)).execute(c).await.map(drop))?;
    Ok(())
}

/// The chats that the bot leaves at some time.
pub async fn leaving(tx: &mut Tx) -> Result<Vec<GroupRow>> {
    const SQL: &str = group_sql!("WHERE g.leaves_at IS NOT NULL AND g.state = 'unlinked' ORDER BY g.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// Remembers that the bot said in a chat what it is for. False when it was known.
pub async fn set_welcomed(tx: &mut Tx, id: GroupId, at: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE chat_group SET welcomed_at = $2 WHERE id = $1 AND welcomed_at IS NULL";
    let done =
        on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(at)).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// The platform gave a chat another id (group to supergroup); rows of its topics follow. It may tell us of the new chat
/// first: such a row, which nobody linked, makes way. Where someone did link the new chat, the old one is gone instead.
/// False when the old chat is not known, as when the move was told before.
pub async fn migrate(tx: &mut Tx, channel: ChannelId, from: &str, to: &str) -> Result<bool> {
    const MAKE_WAY: &str = "DELETE FROM chat_group WHERE channel_id = $1 AND external_id = $3 AND state = 'unlinked'
        AND EXISTS (SELECT 1 FROM chat_group o WHERE o.channel_id = $1 AND o.external_id = $2)
        AND NOT EXISTS (SELECT 1 FROM group_unit u WHERE u.group_id = chat_group.id)
        AND NOT EXISTS (SELECT 1 FROM schedule_group s WHERE s.group_id = chat_group.id)
        AND NOT EXISTS (SELECT 1 FROM delivery d WHERE d.target_kind = 'group' AND d.target_id = chat_group.id)";
    const MOVE: &str = "UPDATE chat_group SET external_id = $3 WHERE channel_id = $1 AND external_id = $2
        AND NOT EXISTS (SELECT 1 FROM chat_group o
            WHERE o.channel_id = $1 AND o.external_id = $3 AND o.thread = chat_group.thread)";
    const RETIRE: &str = "UPDATE chat_group SET state = 'gone', reason = 'migrated'
        WHERE channel_id = $1 AND external_id = $2 AND $3 <> $2 AND (state <> 'gone' OR reason IS DISTINCT FROM 'migrated')";
    let mut moved = 0;
    for sql in [MAKE_WAY, MOVE, RETIRE] {
        moved += on!(tx, c => sqlx::query(sql).bind(channel).bind(from).bind(to)
            .execute(c).await.map(|done| done.rows_affected()))?;
    }
    Ok(moved > 0)
}

/// Notes that a linked chat is told on this day how to be counted; false when it was today, or when the chat is not linked.
pub async fn hint(tx: &mut Tx, channel: ChannelId, external_id: &str, day: NaiveDate) -> Result<bool> {
    const SQL: &str = "UPDATE chat_group SET hinted_on = $3 WHERE channel_id = $1 AND external_id = $2
        AND state = 'active' AND hinted_on IS DISTINCT FROM $3";
    let told = on!(tx, c => sqlx::query(SQL).bind(channel).bind(external_id).bind(day)
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(told > 0)
}

/// Replaces the units that a chat addresses.
pub async fn set_units(tx: &mut Tx, id: GroupId, units: &[UnitId]) -> Result<()> {
    const CLEAR: &str = "DELETE FROM group_unit WHERE group_id = $1";
    const ADD_SQLITE: &str = "INSERT INTO group_unit (group_id, unit_id) SELECT $1, value FROM json_each($2)";
    const ADD_PG: &str =
        "INSERT INTO group_unit (group_id, unit_id) SELECT $1, value::bigint FROM json_array_elements_text($2::json)";
    on!(tx, c => sqlx::query(CLEAR).bind(id).execute(c).await.map(drop))?;
    let (sql, units) = (tx.pick(ADD_SQLITE, ADD_PG), json(units));
    on!(tx, c => sqlx::query(sql).bind(id).bind(&units).execute(c).await.map(drop))?;
    Ok(())
}

/// Which units each chat addresses, as `(group, unit)`, in roster order.
pub async fn units(tx: &mut Tx) -> Result<Vec<(GroupId, UnitId)>> {
    const SQL: &str = "SELECT gu.group_id, gu.unit_id FROM group_unit gu JOIN unit u ON u.id = gu.unit_id
        WHERE u.retired_at IS NULL ORDER BY gu.group_id, u.position, u.id";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}
