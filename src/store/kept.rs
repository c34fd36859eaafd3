//! Presses kept for accounts that are not bound: when their time is over. Kept and taken by `store::ack`.

use super::{Result, Tx, on};

/// The months (`YYYY-MM`) of pushes with kept presses, each once, in order.
pub async fn months(tx: &mut Tx) -> Result<Vec<String>> {
    const SQL: &str = "SELECT DISTINCT p.month FROM kept_press k JOIN push p ON p.id = k.push_id ORDER BY p.month";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_all(c).await)?)
}

/// Forgets the kept presses on pushes of a month; returns how many.
pub async fn forget(tx: &mut Tx, month: &str) -> Result<u64> {
    const SQL: &str = "DELETE FROM kept_press WHERE push_id IN (SELECT id FROM push WHERE month = $1)";
    Ok(on!(tx, c => sqlx::query(SQL).bind(month).execute(c).await.map(|done| done.rows_affected()))?)
}
