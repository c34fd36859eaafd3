//! Presses kept for accounts that are not bound: when their time is over. Kept and taken by `store::ack`.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};

/// The months (`YYYY-MM`) of pushes with kept presses, in order, each with its earliest press.
pub async fn months(tx: &mut Tx) -> Result<Vec<(String, At)>> {
    const SQL: &str = "SELECT p.month, MIN(k.pressed_at) FROM kept_press k JOIN push p ON p.id = k.push_id
        GROUP BY p.month ORDER BY p.month";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// Forgets the presses on pushes of a month that were kept before an instant; returns how many.
pub async fn forget(tx: &mut Tx, month: &str, before: DateTime<Utc>) -> Result<u64> {
    const SQL: &str =
        "DELETE FROM kept_press WHERE pressed_at < $2 AND push_id IN (SELECT id FROM push WHERE month = $1)";
    Ok(
        on!(tx, c => sqlx::query(SQL).bind(month).bind(At::from(before)).execute(c).await.map(|done| done.rows_affected()))?,
    )
}
