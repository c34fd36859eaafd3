//! One-use binding codes. Only a keyed hash of a code is stored.

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::ids::{AccountId, InviteId, StaffId};

/// A code as far as the database knows it.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct InviteRow {
    pub id: InviteId,
    pub staff_id: StaffId,
    pub expires_at: At,
    pub used_at: Option<At>,
    pub revoked_at: Option<At>,
}

/// Stores a new code and takes the person's earlier unused ones back.
pub async fn issue(
    tx: &mut Tx,
    staff: StaffId,
    code_mac: &str,
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<InviteId> {
    let issued = issue_many(tx, &[(staff, code_mac.to_owned())], now, expires).await?;
    issued.into_iter().next().ok_or_else(|| sqlx::Error::RowNotFound.into())
}

/// Stores new codes, each with its person, and takes their earlier unused ones back. Returns the ids in the order given.
pub async fn issue_many(
    tx: &mut Tx,
    codes: &[(StaffId, String)],
    now: DateTime<Utc>,
    expires: DateTime<Utc>,
) -> Result<Vec<InviteId>> {
    const REVOKE_SQLITE: &str = "UPDATE invite SET revoked_at = $2 WHERE used_at IS NULL AND revoked_at IS NULL
        AND staff_id IN (SELECT json_extract(value, '$[0]') FROM json_each($1))";
    const REVOKE_PG: &str = "UPDATE invite SET revoked_at = $2 WHERE used_at IS NULL AND revoked_at IS NULL
        AND staff_id IN (SELECT (value->>0)::bigint FROM json_array_elements($1::json))";
    const ADD_SQLITE: &str = "INSERT INTO invite (staff_id, code_mac, issued_at, expires_at)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), $2, $3 FROM json_each($1)
        WHERE true ORDER BY key RETURNING id";
    const ADD_PG: &str = "INSERT INTO invite (staff_id, code_mac, issued_at, expires_at)
        SELECT (value->>0)::bigint, value->>1, $2, $3 FROM json_array_elements($1::json) WITH ORDINALITY AS t (value, n)
        ORDER BY n RETURNING id";
    let (revoke, add) = (tx.pick(REVOKE_SQLITE, REVOKE_PG), tx.pick(ADD_SQLITE, ADD_PG));
    let (codes, now, expires) = (json(codes), At::from(now), At::from(expires));
    on!(tx, c => sqlx::query(revoke).bind(&codes).bind(now).execute(c).await.map(drop))?;
    let mut ids: Vec<InviteId> =
        on!(tx, c => sqlx::query_scalar(add).bind(&codes).bind(now).bind(expires).fetch_all(c).await)?;
    // Ids grow in the order of the rows; what RETURNING tells has none.
    ids.sort_unstable();
    Ok(ids)
}

/// A code by its keyed hash.
pub async fn find_by_mac(tx: &mut Tx, code_mac: &str) -> Result<Option<InviteRow>> {
    const SQL: &str = "SELECT id, staff_id, expires_at, used_at, revoked_at FROM invite WHERE code_mac = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(code_mac).fetch_optional(c).await)?)
}

/// A code by its id.
pub async fn find(tx: &mut Tx, id: InviteId) -> Result<Option<InviteRow>> {
    const SQL: &str = "SELECT id, staff_id, expires_at, used_at, revoked_at FROM invite WHERE id = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await)?)
}

/// Uses a code up; false when it was used or taken back meanwhile.
pub async fn use_up(tx: &mut Tx, id: InviteId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE invite SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND revoked_at IS NULL";
    let done =
        on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(now)).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Remembers that a code's question was shown to an account.
pub async fn offer(tx: &mut Tx, id: InviteId, account: AccountId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "INSERT INTO invite_offer (invite_id, account_id, offered_at) VALUES ($1, $2, $3)
        ON CONFLICT (invite_id, account_id) DO UPDATE SET offered_at = excluded.offered_at";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(account).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a code's question to an account back; false when it was not asked.
pub async fn withdraw_offer(tx: &mut Tx, id: InviteId, account: AccountId) -> Result<bool> {
    const SQL: &str = "DELETE FROM invite_offer WHERE invite_id = $1 AND account_id = $2";
    let done = on!(tx, c => sqlx::query(SQL).bind(id).bind(account).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

/// Whether a code's question was shown to an account.
pub async fn offered(tx: &mut Tx, id: InviteId, account: AccountId) -> Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM invite_offer WHERE invite_id = $1 AND account_id = $2)";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(id).bind(account).fetch_one(c).await)?)
}

/// Whether it is still known to whom a code was shown that ran out.
pub async fn has_offers_over(tx: &mut Tx, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM invite_offer o JOIN invite i ON i.id = o.invite_id
        WHERE i.expires_at <= $1)";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(At::from(now)).fetch_one(c).await)?)
}

/// Forgets to whom codes were shown that ran out.
pub async fn forget_offers(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "DELETE FROM invite_offer WHERE invite_id IN (SELECT id FROM invite WHERE expires_at <= $1)";
    on!(tx, c => sqlx::query(SQL).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}
