//! Opening a database: connections, schema, and the office that tells which key belongs to it.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use secrecy::ExposeSecret;
use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnectionMetadata;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, PgConnection, SqliteConnection};

use super::audit::LastEnd;
use super::lease::LeaseClock;
use super::office::OfficeRow;
use super::pg::Pg;
use super::push::audience::Rolls;
use super::trouble::{Failing, Trouble};
use super::{Pools, Result, Store, StoreError};
use crate::config::DatabaseUrl;
use crate::crash;
use crate::secret::Keys;

/// Oldest SQLite without the WAL-reset fault (<https://sqlite.org/wal.html#the_wal_reset_bug>), as `(major, minor, patch)`.
const SQLITE_OLDEST: (u32, u32, u32) = (3, 51, 3);
/// How long a statement waits for another writer's lock before it fails.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Pages of the write-ahead log, of 4 KiB each, after which a commit brings them home: SQLite's own 1,000 is reached every
/// twenty batches of presses, and most pages of a batch are those of the one before.
const CHECKPOINT_PAGES: &str = "4000";
/// Rows that SQLite may be ahead of whoever reads them: with fewer the two wake each other all the time.
const ROWS_AHEAD: usize = 256;
/// Readers beside the one SQLite writer; more would only queue on two cores.
const SQLITE_READERS: u32 = 4;
/// Longest wait for a connection; a writer that is taken for longer is reported, not waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

static SQLITE_MIGRATIONS: Migrator = sqlx::migrate!("migrations/sqlite");
static PG_MIGRATIONS: Migrator = sqlx::migrate!("migrations/postgres");

/// A database that is open and whose key is not known yet: it can only tell which one that is.
#[derive(Debug)]
pub struct Unsealed(Pools);

impl Unsealed {
    /// Opens a database whose schema is exactly this program's.
    pub async fn open(url: &DatabaseUrl) -> Result<Self> {
        let database = Self(connect(url, OnMissing::Refuse).await?);
        database.check_schema().await?;
        Ok(database)
    }

    /// Opens a database, creating or upgrading its schema first. The caller makes sure that nobody else uses it.
    pub async fn open_migrated(url: &DatabaseUrl) -> Result<Self> {
        let pools = connect(url, OnMissing::Create).await?;
        match (&pools, url) {
            (Pools::Sqlite { write, .. }, _) => {
                for step in SQLITE_MIGRATIONS.iter() {
                    SQLITE_MIGRATIONS.run_to(step.version, write).await?;
                    crash::point("mid_migration");
                }
            }
            (Pools::Pg(pg), DatabaseUrl::Sqlite { .. }) => PG_MIGRATIONS.run(&pg.pool()).await?,
            (Pools::Pg(_), DatabaseUrl::Postgres { url, .. }) => {
                // A connection without the time that statements have otherwise: an index on a large table takes longer.
                let options: PgConnectOptions = url.expose_secret().parse()?;
                let mut connection = PgConnection::connect_with(&options).await?;
                for step in PG_MIGRATIONS.iter() {
                    PG_MIGRATIONS.run_to(step.version, &mut connection).await?;
                    crash::point("mid_migration");
                }
                connection.close().await?;
            }
        }
        Ok(Self(pools))
    }

    pub(super) fn of(pools: Pools) -> Self {
        Self(pools)
    }

    /// Whether the schema is one of this program's, this one's or an older one's: which.
    pub async fn version(&self) -> Result<i64> {
        match self.check_schema().await {
            Ok(()) => Ok(newest()),
            Err(StoreError::Older) => self.found().await?.ok_or(StoreError::Older),
            Err(error) => Err(error),
        }
    }

    /// The office, once it was set up.
    pub async fn office(&self) -> Result<Option<OfficeRow>> {
        const SQL: &str = "SELECT zone, key_id FROM office WHERE id = 1";
        Ok(match &self.0 {
            Pools::Sqlite { write, .. } => sqlx::query_as(SQL).fetch_optional(write).await?,
            Pools::Pg(pg) => sqlx::query_as(SQL).fetch_optional(&pg.pool()).await?,
        })
    }

    /// The database with the keys that seal it.
    pub fn seal(self, keys: Arc<Keys>) -> Store {
        Store {
            pools: self.0,
            keys,
            lease_clock: LeaseClock::Database,
            failing: Failing::default(),
            rolls: Rolls::default(),
            last_end: LastEnd::default(),
        }
    }

    async fn check_schema(&self) -> Result<()> {
        let known = newest();
        match self.found().await? {
            Some(found) if found > known => Err(StoreError::Newer { found }),
            Some(found) if found == known => Ok(()),
            _ => Err(StoreError::Older),
        }
    }

    /// The newest migration that was run.
    async fn found(&self) -> Result<Option<i64>> {
        match &self.0 {
            Pools::Sqlite { write, .. } => sqlx::query_scalar(LATEST_MIGRATION).fetch_one(write).await,
            Pools::Pg(pg) => sqlx::query_scalar(LATEST_MIGRATION).fetch_one(&pg.pool()).await,
        }
        // The table of migrations is not there: nothing was ever set up.
        .map_err(|error| {
            let error = StoreError::from(error);
            let plain = matches!(&error, StoreError::Db(sqlx::Error::Database(_))) && error.trouble() == Trouble::Other;
            if plain { StoreError::Older } else { error }
        })
    }
}

/// The migration this program was made for.
fn newest() -> i64 {
    SQLITE_MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

const LATEST_MIGRATION: &str = "SELECT MAX(version) FROM _sqlx_migrations WHERE success";

/// What to do about a SQLite file that is not there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum OnMissing {
    Create,
    Refuse,
}

async fn connect(url: &DatabaseUrl, on_missing: OnMissing) -> Result<Pools> {
    match url {
        DatabaseUrl::Sqlite { path } => {
            if on_missing == OnMissing::Create {
                create_private(path)?;
            } else if !path.exists() {
                return Err(StoreError::Older);
            }
            let options = SqliteConnectOptions::new()
                .filename(path)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .row_buffer_size(ROWS_AHEAD)
                .busy_timeout(BUSY_TIMEOUT)
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                .disable_statement_logging();
            // A file does not hang up: whether a connection works is looked at once, when it is given back.
            let pool = || {
                let pool = SqlitePoolOptions::new().acquire_timeout(ACQUIRE_TIMEOUT).test_before_acquire(false);
                pool.after_release(drop_if_stuck)
            };
            let write = pool().max_connections(1).connect_with(options.clone()).await?;
            let version: String = sqlx::query_scalar("SELECT sqlite_version()").fetch_one(&write).await?;
            if !is_safe_sqlite(&version) {
                return Err(StoreError::UnsafeSqlite(version));
            }
            let read = pool().max_connections(SQLITE_READERS).connect_lazy_with(options.pragma("query_only", "1"));
            Ok(Pools::Sqlite { write, read })
        }
        DatabaseUrl::Postgres { url, .. } => {
            let options: PgConnectOptions = url.expose_secret().parse()?;
            Ok(Pools::Pg(Pg::connect(options).await?))
        }
    }
}

/// Keeps a connection only when no transaction is open on it. SQLite undoes a transaction by itself when the disk is full
/// or fails; the driver then counts one that is not there, and the only writer would refuse every transaction to come.
fn drop_if_stuck(
    connection: &mut SqliteConnection,
    _: PoolConnectionMetadata,
) -> BoxFuture<'_, std::result::Result<bool, sqlx::Error>> {
    async move {
        if connection.is_in_transaction() {
            // The undoing of a dropped transaction was queued before this and is through once it answers.
            connection.ping().await?;
        }
        Ok(!connection.is_in_transaction())
    }
    .boxed()
}

/// Creates the file readable by its owner only; SQLite gives its side files the same rights.
fn create_private(path: &std::path::Path) -> std::io::Result<()> {
    use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.exists()) {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    std::fs::OpenOptions::new().create(true).append(true).mode(0o600).open(path).map(drop)
}

fn is_safe_sqlite(version: &str) -> bool {
    let mut parts = version.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let found = (parts.next().unwrap_or(0), parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    found >= SQLITE_OLDEST
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[tokio::test]
    async fn every_sqlite_connection_flushes_each_commit_and_only_one_writes() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite { path: folder.path().join("test.db") };
        let Pools::Sqlite { write, read } = connect(&url, OnMissing::Create).await.unwrap() else { unreachable!() };
        for (pool, query_only) in [(&write, 0_i64), (&read, 1)] {
            for (pragma, expected) in [
                ("PRAGMA synchronous", 2), // FULL
                ("PRAGMA foreign_keys", 1),
                ("PRAGMA query_only", query_only),
                ("PRAGMA busy_timeout", 10_000),
            ] {
                let found: i64 = sqlx::query_scalar(pragma).fetch_one(pool).await.unwrap();
                assert_eq!(found, expected, "{pragma}");
            }
            let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(pool).await.unwrap();
            assert_eq!(journal, "wal");
        }
        assert_eq!(write.options().get_max_connections(), 1);
    }

    #[tokio::test]
    async fn a_full_disk_costs_one_transaction_and_not_the_writer() {
        let folder = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite { path: folder.path().join("test.db") };
        let Pools::Sqlite { write, .. } = connect(&url, OnMissing::Create).await.unwrap() else { unreachable!() };
        sqlx::query("CREATE TABLE note (text BLOB)").execute(&write).await.unwrap();
        // Of this connection alone: the one that replaces it has room again.
        sqlx::query("PRAGMA max_page_count = 2").execute(&write).await.unwrap();
        let mut tx = write.begin_with("BEGIN IMMEDIATE").await.unwrap();
        let error = sqlx::query("INSERT INTO note VALUES (zeroblob(100000))").execute(&mut *tx).await.unwrap_err();
        assert_eq!(error.as_database_error().unwrap().code().unwrap(), "13"); // SQLITE_FULL
        drop(tx);

        let mut tx = write.begin_with("BEGIN IMMEDIATE").await.unwrap();
        sqlx::query("INSERT INTO note VALUES (zeroblob(100000))").execute(&mut *tx).await.unwrap();
        tx.commit().await.unwrap();
        let notes: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM note").fetch_one(&write).await.unwrap();
        assert_eq!(notes, 1);
    }

    #[test]
    fn sqlite_with_the_wal_fault_is_refused() {
        assert!(!is_safe_sqlite("3.46.0"));
        assert!(!is_safe_sqlite("3.51.2"));
        assert!(is_safe_sqlite("3.51.3"));
        assert!(is_safe_sqlite("3.52.0"));
    }
}
