//! Leaf units of the office (科室) and branches (支部), in roster order.

use std::collections::HashMap;

use chrono::{DateTime, Utc};

use super::types::json;
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

/// Takes units off the roster; past figures keep pointing to them.
pub async fn retire_many(tx: &mut Tx, ids: &[UnitId], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "UPDATE unit SET retired_at = $2 WHERE id IN (SELECT value FROM json_each($1))";
    const PG: &str =
        "UPDATE unit SET retired_at = $2 WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    on!(tx, c => sqlx::query(sql).bind(&ids).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Adds units that are not in force yet: paths and places. Known ones, retired or not, stay as they are.
pub async fn stage(tx: &mut Tx, kind: &str, units: &[(&str, i64)], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "INSERT INTO unit (kind, path, position, retired_at)
        SELECT $1, json_extract(value, '$[0]'), json_extract(value, '$[1]'), $3 FROM json_each($2) WHERE true
        ORDER BY key ON CONFLICT (kind, path) DO NOTHING";
    const PG: &str = "INSERT INTO unit (kind, path, position, retired_at)
        SELECT $1, value->>0, (value->>1)::bigint, $3 FROM json_array_elements($2::json) WITH ORDINALITY AS t (value, n)
        ORDER BY n ON CONFLICT (kind, path) DO NOTHING";
    let (sql, units) = (tx.pick(SQLITE, PG), json(units));
    on!(tx, c => sqlx::query(sql).bind(kind).bind(&units).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts units in force at places of the order.
pub async fn arrange(tx: &mut Tx, places: &[(UnitId, i64)]) -> Result<()> {
    const SQLITE: &str = "UPDATE unit SET position = json_extract(j.value, '$[1]'), retired_at = NULL
        FROM json_each($1) j WHERE unit.id = json_extract(j.value, '$[0]')";
    const PG: &str = "UPDATE unit SET position = (j.value->>1)::bigint, retired_at = NULL
        FROM json_array_elements($1::json) j WHERE unit.id = (j.value->>0)::bigint";
    let (sql, places) = (tx.pick(SQLITE, PG), json(places));
    on!(tx, c => sqlx::query(sql).bind(&places).execute(c).await.map(drop))?;
    Ok(())
}

/// Gives units other paths. What each was called until now stays on record.
pub async fn rename(tx: &mut Tx, units: &[(UnitId, String)], now: DateTime<Utc>) -> Result<()> {
    const WAS_SQLITE: &str = "INSERT INTO unit_was (unit_id, path, until_at)
        SELECT u.id, u.path, $2 FROM json_each($1) j JOIN unit u ON u.id = json_extract(j.value, '$[0]') ORDER BY j.key";
    const WAS_PG: &str = "INSERT INTO unit_was (unit_id, path, until_at)
        SELECT u.id, u.path, $2 FROM json_array_elements($1::json) WITH ORDINALITY AS j (value, n)
        JOIN unit u ON u.id = (j.value->>0)::bigint ORDER BY j.n";
    const IS_SQLITE: &str = "UPDATE unit SET path = json_extract(j.value, '$[1]')
        FROM json_each($1) j WHERE unit.id = json_extract(j.value, '$[0]')";
    const IS_PG: &str = "UPDATE unit SET path = j.value->>1
        FROM json_array_elements($1::json) j WHERE unit.id = (j.value->>0)::bigint";
    let (was, is, units) = (tx.pick(WAS_SQLITE, WAS_PG), tx.pick(IS_SQLITE, IS_PG), json(units));
    on!(tx, c => sqlx::query(was).bind(&units).bind(At::from(now)).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(is).bind(&units).execute(c).await.map(drop))?;
    Ok(())
}

/// What every unit and branch was called at an instant, retired ones too.
pub async fn paths_at(tx: &mut Tx, at: DateTime<Utc>) -> Result<HashMap<UnitId, String>> {
    const SQL: &str = "SELECT u.id, COALESCE((SELECT w.path FROM unit_was w WHERE w.unit_id = u.id AND w.until_at > $1
            ORDER BY w.until_at, w.id LIMIT 1), u.path) FROM unit u";
    let rows: Vec<(UnitId, String)> = on!(tx, c => sqlx::query_as(SQL).bind(At::from(at)).fetch_all(c).await)?;
    Ok(rows.into_iter().collect())
}

/// A former path of a unit that is in force, and what the unit is called now.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WasRow {
    pub was: String,
    pub now: String,
    pub until_at: At,
}

/// Former paths of the units of one view, the latest change last.
pub async fn former(tx: &mut Tx, kind: &str) -> Result<Vec<WasRow>> {
    const SQL: &str = "SELECT w.path AS was, u.path AS now, w.until_at FROM unit_was w JOIN unit u ON u.id = w.unit_id
        WHERE u.kind = $1 AND u.retired_at IS NULL AND w.path <> u.path ORDER BY w.until_at, w.id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(kind).fetch_all(c).await)?)
}
