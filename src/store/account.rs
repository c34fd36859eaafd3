//! Accounts of people on channels, and who they are bound to.

use chrono::{DateTime, Utc};

use super::types::{json, told};
use super::{At, Result, Tx, on};
use crate::domain::channel::ChannelKind;
use crate::ids::{AccountId, ChannelId, StaffId};

/// An account with what binding needs to know.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AccountRow {
    pub id: AccountId,
    pub external_id: String,
    /// Wrong binding codes in a row.
    pub code_failures: i64,
    /// No code is read before this.
    pub code_wait_until: Option<At>,
    /// When the notice on personal data was shown.
    pub notice_at: Option<At>,
}

/// An account and the person it is bound to.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct BoundRow {
    pub account_id: AccountId,
    pub external_id: String,
    pub staff_id: Option<StaffId>,
}

/// A binding in force.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct BindingRow {
    pub staff_id: StaffId,
    pub account_id: AccountId,
    pub external_id: String,
    pub bound_at: At,
}

/// A binding that may have ended.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct BindingSpan {
    pub staff_id: StaffId,
    pub bound_at: At,
    pub ended_at: Option<At>,
}

/// The account of a platform id, stored when it was not known.
pub async fn ensure(tx: &mut Tx, channel: ChannelId, external_id: &str) -> Result<AccountRow> {
    const ADD: &str = "INSERT INTO account (channel_id, external_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    const GET: &str = "SELECT id, external_id, code_failures, code_wait_until, notice_at FROM account
        WHERE channel_id = $1 AND external_id = $2";
    on!(tx, c => sqlx::query(ADD).bind(channel).bind(external_id).execute(c).await.map(drop))?;
    Ok(on!(tx, c => sqlx::query_as(GET).bind(channel).bind(external_id).fetch_one(c).await)?)
}

/// Accounts of many platform ids at once with whom they are bound to; unknown ones are stored.
pub async fn ensure_many(tx: &mut Tx, channel: ChannelId, external_ids: &[&str]) -> Result<Vec<BoundRow>> {
    const ADD_SQLITE: &str = "INSERT INTO account (channel_id, external_id)
        SELECT $1, value FROM json_each($2) WHERE true ON CONFLICT DO NOTHING";
    const ADD_PG: &str = "INSERT INTO account (channel_id, external_id)
        SELECT $1, value FROM json_array_elements_text($2::json) ON CONFLICT DO NOTHING";
    let ids = json(external_ids);
    let add = tx.pick(ADD_SQLITE, ADD_PG);
    let known = bound(tx, channel, &ids).await?;
    if known.len() == external_ids.len() {
        return Ok(known);
    }
    on!(tx, c => sqlx::query(add).bind(channel).bind(&ids).execute(c).await.map(drop))?;
    bound(tx, channel, &ids).await
}

async fn bound(tx: &mut Tx, channel: ChannelId, external_ids: &str) -> Result<Vec<BoundRow>> {
    const SQLITE: &str = "SELECT json_group_array(json_array(a.id, a.external_id, b.staff_id)) FROM account a
        LEFT JOIN binding b ON b.account_id = a.id AND b.ended_at IS NULL
        WHERE a.channel_id = $1 AND a.external_id IN (SELECT value FROM json_each($2))";
    const PG: &str = "SELECT COALESCE(json_agg(json_build_array(a.id, a.external_id, b.staff_id)), '[]')::text
        FROM account a LEFT JOIN binding b ON b.account_id = a.id AND b.ended_at IS NULL
        WHERE a.channel_id = $1 AND a.external_id IN (SELECT value FROM json_array_elements_text($2::json))";
    let sql = tx.pick(SQLITE, PG);
    let found: String = on!(tx, c => sqlx::query_scalar(sql).bind(channel).bind(external_ids).fetch_one(c).await)?;
    told(&found)
}

/// The platform lets us write to this person first.
pub async fn opened(tx: &mut Tx, account: AccountId) -> Result<()> {
    const SQL: &str = "UPDATE account SET can_dm = TRUE WHERE id = $1 AND NOT can_dm";
    on!(tx, c => sqlx::query(SQL).bind(account).execute(c).await.map(drop))?;
    Ok(())
}

/// The platform no longer lets us write to this person first.
pub async fn closed(tx: &mut Tx, account: AccountId) -> Result<()> {
    const SQL: &str = "UPDATE account SET can_dm = FALSE WHERE id = $1 AND can_dm";
    on!(tx, c => sqlx::query(SQL).bind(account).execute(c).await.map(drop))?;
    Ok(())
}

/// Remembers that the notice on personal data was shown.
pub async fn set_notice_shown(tx: &mut Tx, account: AccountId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE account SET notice_at = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(account).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Stores the count of wrong codes in a row and the pause they brought.
pub async fn set_code_failures(
    tx: &mut Tx,
    account: AccountId,
    failures: i64,
    wait: Option<DateTime<Utc>>,
) -> Result<()> {
    const SQL: &str = "UPDATE account SET code_failures = $2, code_wait_until = $3 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(account).bind(failures).bind(wait.map(At::from)).execute(c).await.map(drop))?;
    Ok(())
}

/// How many accounts of a channel wait after wrong codes.
pub async fn paused(tx: &mut Tx, channel: ChannelId, now: DateTime<Utc>) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM account WHERE channel_id = $1 AND code_wait_until > $2";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(channel).bind(At::from(now)).fetch_one(c).await)?)
}

/// Binds an account to a person. A binding in force of either is a violated constraint.
pub async fn bind(
    tx: &mut Tx,
    channel: ChannelId,
    account: AccountId,
    staff: StaffId,
    now: DateTime<Utc>,
) -> Result<()> {
    const SQL: &str = "INSERT INTO binding (channel_id, account_id, staff_id, bound_at) VALUES ($1, $2, $3, $4)";
    on!(tx, c => sqlx::query(SQL).bind(channel).bind(account).bind(staff).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// On which channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum On {
    Every,
    Kind(ChannelKind),
    One(ChannelId),
}

/// Ends the bindings in force of a person there; returns the kinds of the channels they were on.
pub async fn unbind(tx: &mut Tx, staff: StaffId, on: On, now: DateTime<Utc>) -> Result<Vec<ChannelKind>> {
    const SQL: &str = "UPDATE binding SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL AND channel_id IN
            (SELECT id FROM channel WHERE ($3 IS NULL OR kind = $3) AND ($4 IS NULL OR id = $4))
        RETURNING (SELECT c.kind FROM channel c WHERE c.id = binding.channel_id)";
    let (kind, channel) = match on {
        On::Every => (None, None),
        On::Kind(kind) => (Some(kind), None),
        On::One(channel) => (None, Some(channel)),
    };
    let (sql, now) = (SQL, At::from(now));
    Ok(on!(tx, c => sqlx::query_scalar(sql).bind(staff).bind(now).bind(kind).bind(channel).fetch_all(c).await)?)
}

/// What is stored about the person of an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RecordRow {
    pub bound_at: At,
    /// How many confirmations.
    pub acks: i64,
    /// How many answers to questions.
    pub answers: i64,
    /// How many absences.
    pub absences: i64,
    /// Whether the person wants no reminders.
    pub muted: bool,
}

/// What is stored about the person an account is bound to.
pub async fn record(tx: &mut Tx, account: AccountId) -> Result<Option<RecordRow>> {
    // Push by push: no index leads from a person to what they confirmed.
    const SQL: &str = "SELECT b.bound_at, (SELECT COUNT(*) FROM push p
                WHERE EXISTS (SELECT 1 FROM ack k WHERE k.push_id = p.id AND k.staff_id = b.staff_id)) AS acks,
            (SELECT COUNT(*) FROM quiz_answer q WHERE q.staff_id = b.staff_id) AS answers,
            (SELECT COUNT(*) FROM leave l WHERE l.staff_id = b.staff_id) AS absences,
            EXISTS (SELECT 1 FROM nudge_mute m WHERE m.staff_id = b.staff_id) AS muted
        FROM binding b WHERE b.account_id = $1 AND b.ended_at IS NULL";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(account).fetch_optional(c).await)?)
}

/// The person an account is bound to.
pub async fn bound_to(tx: &mut Tx, account: AccountId) -> Result<Option<StaffId>> {
    const SQL: &str = "SELECT staff_id FROM binding WHERE account_id = $1 AND ended_at IS NULL";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(account).fetch_optional(c).await)?)
}

/// The account on a channel that a person is bound to.
pub async fn of_staff(tx: &mut Tx, channel: ChannelId, staff: StaffId) -> Result<Option<BindingRow>> {
    const SQL: &str = "SELECT b.staff_id, b.account_id, a.external_id, b.bound_at FROM binding b
        JOIN account a ON a.id = b.account_id WHERE b.channel_id = $1 AND b.staff_id = $2 AND b.ended_at IS NULL";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(channel).bind(staff).fetch_optional(c).await)?)
}

/// Every binding in force.
pub async fn bindings(tx: &mut Tx) -> Result<Vec<BindingRow>> {
    const SQL: &str = "SELECT b.staff_id, b.account_id, a.external_id, b.bound_at FROM binding b
        JOIN account a ON a.id = b.account_id WHERE b.ended_at IS NULL";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// Every binding there ever was, for telling who could be reached at a past instant.
pub async fn spans(tx: &mut Tx) -> Result<Vec<BindingSpan>> {
    const SQL: &str = "SELECT staff_id, bound_at, ended_at FROM binding";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}
