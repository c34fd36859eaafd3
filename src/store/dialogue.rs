//! Conversations of several steps: one an account.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::ids::{AccountId, DialogueId};

/// A conversation as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DialogueRow {
    pub id: DialogueId,
    pub account_id: AccountId,
    pub step: i64,
    /// `domain::dialogue::State`, encoded.
    pub state: String,
    pub expires_at: At,
}

/// A conversation by its id.
pub async fn find(tx: &mut Tx, id: DialogueId) -> Result<Option<DialogueRow>> {
    const SQL: &str = "SELECT id, account_id, step, state, expires_at FROM dialogue WHERE id = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await)?)
}

/// The conversation of an account.
pub async fn of_account(tx: &mut Tx, account: AccountId) -> Result<Option<DialogueRow>> {
    const SQL: &str = "SELECT id, account_id, step, state, expires_at FROM dialogue WHERE account_id = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(account).fetch_optional(c).await)?)
}

/// Begins a conversation at step 0; the account's earlier one is gone, and no button of it means anything any more.
pub async fn begin(tx: &mut Tx, account: AccountId, state: &str, expires: DateTime<Utc>) -> Result<DialogueId> {
    const CLEAR: &str = "DELETE FROM dialogue WHERE account_id = $1";
    const ADD: &str = "INSERT INTO dialogue (account_id, step, state, expires_at) VALUES ($1, 0, $2, $3) RETURNING id";
    on!(tx, c => sqlx::query(CLEAR).bind(account).execute(c).await.map(drop))?;
    Ok(on!(tx, c => sqlx::query_scalar(ADD).bind(account).bind(state).bind(At::from(expires)).fetch_one(c).await)?)
}

/// Takes a step, before anything is done for it; false when it was taken meanwhile. Of two who come with the same step the
/// second waits here until the first has committed.
pub async fn take(tx: &mut Tx, id: DialogueId, step: i64) -> Result<bool> {
    const SQL: &str = "UPDATE dialogue SET step = step + 1 WHERE id = $1 AND step = $2";
    let done = on!(tx, c => sqlx::query(SQL).bind(id).bind(step).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Stores where a conversation stands after a step was taken.
pub async fn put(tx: &mut Tx, id: DialogueId, state: &str, expires: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE dialogue SET state = $2, expires_at = $3 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(state).bind(At::from(expires)).execute(c).await.map(drop))?;
    Ok(())
}

/// Removes conversations that ran out before an instant. Returns how many.
pub async fn forget(tx: &mut Tx, before: DateTime<Utc>) -> Result<u64> {
    const SQL: &str = "DELETE FROM dialogue WHERE expires_at < $1";
    Ok(on!(tx, c => sqlx::query(SQL).bind(At::from(before)).execute(c).await.map(|done| done.rows_affected()))?)
}
