//! The one office of a database: its zone and the key that seals it. It is read while opening (see `store::open`).

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};

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

/// The database's own integrity check, where it has one: `ok`, or what is wrong.
pub async fn integrity(tx: &mut Tx) -> Result<String> {
    let sql = tx.pick("PRAGMA integrity_check(1)", "SELECT 'ok'");
    Ok(on!(tx, c => sqlx::query_scalar(sql).fetch_one(c).await)?)
}

/// Says that people or units changed: whatever was prepared on the roster of before is not put in force any more.
pub async fn bump_roster(tx: &mut Tx) -> Result<()> {
    const SQL: &str = "UPDATE office SET roster_revision = roster_revision + 1 WHERE id = 1";
    on!(tx, c => sqlx::query(SQL).execute(c).await.map(drop))?;
    Ok(())
}
