//! Who may do what only one instance does, by the database's clock: the clocks of two machines differ, and only one of
//! them has to be believed. A lease is a right to act until an instant; its epoch grows with each change of owner.

use chrono::{DateTime, Utc};

use super::{At, Conn, Result, Tx, on};

/// By which clock leases run out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeaseClock {
    /// The database's. A SQLite database has none of its own: there it is the machine's, which the caller tells.
    Database,
    /// What the caller tells, on any database: the one clock of a demo or a test that is moved by hand, and that no server
    /// knows of.
    Told,
}

/// A lease as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LeaseRow {
    pub name: String,
    /// The run of the program that has it (`Ctx::boot`).
    pub owner: String,
    pub epoch: i64,
    /// By the clock of [`Tx::lease_now`]; 0 when it was given back.
    pub until: At,
}

/// What an instance asks for.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'a> {
    pub name: &'a str,
    pub owner: &'a str,
    /// Now, by [`Tx::lease_now`].
    pub now: DateTime<Utc>,
    pub until: DateTime<Utc>,
    /// Whoever had it is known to be gone, as when this process holds the database's lock file.
    pub alone: bool,
}

impl Tx {
    /// The instant by which leases are taken, kept and run out. `told` is the caller's own time, which counts only where
    /// the database has no clock of its own.
    pub async fn lease_now(&mut self, told: DateTime<Utc>) -> Result<DateTime<Utc>> {
        match (&self.conn, self.lease_clock) {
            (Conn::Sqlite(_), _) | (Conn::Pg(_), LeaseClock::Told) => Ok(told),
            (Conn::Pg(_), LeaseClock::Database) => self.database_now(told).await,
        }
    }

    /// The database's clock, where it has one; otherwise `told`. For looking at how far two clocks stand apart.
    pub async fn database_now(&mut self, told: DateTime<Utc>) -> Result<DateTime<Utc>> {
        const SQL: &str = "SELECT (EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint";
        match &mut self.conn {
            Conn::Sqlite(_) => Ok(told),
            Conn::Pg(_) => Ok(on!(self, c => sqlx::query_scalar::<_, At>(SQL).fetch_one(c).await)?.utc()),
        }
    }
}

/// Takes a lease that is free or ran out, or keeps one that is ours: its epoch. `None` while another has it.
pub async fn take(tx: &mut Tx, claim: &Claim<'_>) -> Result<Option<i64>> {
    const SQL: &str = "INSERT INTO lease (name, owner, epoch, until) VALUES ($1, $2, 1, $4)
        ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, until = excluded.until,
            epoch = CASE WHEN lease.owner = excluded.owner THEN lease.epoch ELSE lease.epoch + 1 END
        WHERE lease.owner = excluded.owner OR lease.until <= $3 OR $5
        RETURNING epoch";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(claim.name).bind(claim.owner).bind(At::from(claim.now))
        .bind(At::from(claim.until)).bind(claim.alone).fetch_optional(c).await)?)
}

/// Gives back every lease of an owner, so that another may take them at once. Returns how many there were.
pub async fn give_back(tx: &mut Tx, owner: &str) -> Result<u64> {
    const SQL: &str = "UPDATE lease SET until = 0 WHERE owner = $1 AND until > 0";
    Ok(on!(tx, c => sqlx::query(SQL).bind(owner).execute(c).await.map(|done| done.rows_affected()))?)
}

/// Every lease that was ever taken, by name.
pub async fn list(tx: &mut Tx) -> Result<Vec<LeaseRow>> {
    const SQL: &str = "SELECT name, owner, epoch, until FROM lease ORDER BY name";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}
