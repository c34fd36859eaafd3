//! The one office of a database: its zone and the key that seals it. It is read while opening (see `store::open`).

use chrono::{DateTime, Utc};

use super::{At, Result, StoreError, Tx, on};
use crate::secret::KeyId;

/// What the database knows of its office.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct OfficeRow {
    /// IANA name of the office's time zone.
    pub zone: String,
    /// Id of the key in the secret file.
    pub key_id: String,
}

/// Sets the office up. There is only ever one.
pub async fn create(tx: &mut Tx, office: &OfficeRow, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "INSERT INTO office (id, zone, key_id, created_at) VALUES (1, $1, $2, $3)";
    on!(tx, c => sqlx::query(SQL).bind(&office.zone).bind(&office.key_id).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Notes that people or units changed.
pub async fn bump_roster(tx: &mut Tx) -> Result<()> {
    const SQL: &str = "UPDATE office SET roster_revision = roster_revision + 1";
    on!(tx, c => sqlx::query(SQL).execute(c).await.map(drop))?;
    Ok(())
}

/// The id of the key in force; `None` before the office is set up.
pub async fn key_id(tx: &mut Tx) -> Result<Option<String>> {
    Ok(on!(tx, c => sqlx::query_scalar("SELECT key_id FROM office WHERE id = 1").fetch_optional(c).await)?)
}

/// Puts another key in force, in place of the one that is.
pub(super) async fn set_key_id(tx: &mut Tx, (from, to): (&KeyId, &KeyId)) -> Result<()> {
    const SQL: &str = "UPDATE office SET key_id = $2 WHERE id = 1 AND key_id = $1";
    let done = on!(tx, c => sqlx::query(SQL).bind(from.as_str()).bind(to.as_str()).execute(c).await
        .map(|done| done.rows_affected()))?;
    if done == 1 { Ok(()) } else { Err(StoreError::KeyChanged { wanted: to.to_string() }) }
}

/// The database's own integrity check, where it has one: `ok`, or what is wrong.
pub async fn integrity(tx: &mut Tx) -> Result<String> {
    let sql = tx.pick("PRAGMA integrity_check(1)", "SELECT 'ok'");
    Ok(on!(tx, c => sqlx::query_scalar(sql).fetch_one(c).await)?)
}

/// How often people or units changed.
pub async fn roster_revision(tx: &mut Tx) -> Result<i64> {
    const SQL: &str = "SELECT roster_revision FROM office WHERE id = 1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_optional(c).await)?.unwrap_or_default())
}
