//! Years of the working calendar that an admin took in.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};

/// Every year that was taken in, as `(year, file)`, ascending.
pub async fn all(tx: &mut Tx) -> Result<Vec<(i64, String)>> {
    Ok(on!(tx, c => sqlx::query_as("SELECT year, body FROM calendar_year ORDER BY year").fetch_all(c).await)?)
}

/// Stores the file of a year, new or in place of another.
pub async fn put(tx: &mut Tx, year: i32, body: &str, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "INSERT INTO calendar_year (year, body, imported_at) VALUES ($1, $2, $3)
        ON CONFLICT (year) DO UPDATE SET body = excluded.body, imported_at = excluded.imported_at";
    on!(tx, c => sqlx::query(SQL).bind(i64::from(year)).bind(body).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}
