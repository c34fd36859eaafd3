//! Leaf units of the office (科室) and branches (支部), in roster order.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::ids::UnitId;

/// Which of the two views of the same people.
pub const OFFICE: &str = "office";
/// See [`OFFICE`].
pub const BRANCH: &str = "branch";

/// A unit that has not been retired.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnitRow {
    pub id: UnitId,
    /// Names from the top, joined by `/`.
    pub path: String,
    /// Roster order.
    pub position: i64,
}

/// The units of one view in roster order.
pub async fn list(tx: &mut Tx, kind: &str) -> Result<Vec<UnitRow>> {
    const SQL: &str =
        "SELECT id, path, position FROM unit WHERE kind = $1 AND retired_at IS NULL ORDER BY position, id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(kind).fetch_all(c).await)?)
}

/// Every unit of one view, retired ones too: what old figures are printed with.
pub async fn list_all(tx: &mut Tx, kind: &str) -> Result<Vec<UnitRow>> {
    const SQL: &str = "SELECT id, path, position FROM unit WHERE kind = $1 ORDER BY position, id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(kind).fetch_all(c).await)?)
}

/// Adds a unit, or brings a retired one of the same path back, at a place in the order.
pub async fn put(tx: &mut Tx, kind: &str, path: &str, position: i64) -> Result<UnitId> {
    const SQL: &str = "INSERT INTO unit (kind, path, position) VALUES ($1, $2, $3)
        ON CONFLICT (kind, path) DO UPDATE SET position = excluded.position, retired_at = NULL RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(kind).bind(path).bind(position).fetch_one(c).await)?)
}

/// Takes a unit off the roster; its past figures keep pointing to it.
pub async fn retire(tx: &mut Tx, id: UnitId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE unit SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}
