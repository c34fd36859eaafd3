//! Settings that differ from their default.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::setting::Key;

/// Every stored setting as `(key, value)`.
pub async fn all(tx: &mut Tx) -> Result<Vec<(String, String)>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT key, value FROM setting ORDER BY key").fetch_all(c).await)?)
}

/// When a setting got its value; `None`: it has its default.
pub async fn changed(tx: &mut Tx, key: Key) -> Result<Option<At>> {
    const SQL: &str = "SELECT changed_at FROM setting WHERE key = $1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(key.as_str()).fetch_optional(c).await)?)
}

/// Stores a value, new or changed.
pub async fn put(tx: &mut Tx, key: Key, value: &str, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "INSERT INTO setting (key, value, changed_at) VALUES ($1, $2, $3)
        ON CONFLICT (key) DO UPDATE SET value = excluded.value, changed_at = excluded.changed_at";
    on!(tx, c => sqlx::query(SQL).bind(key.as_str()).bind(value).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}
