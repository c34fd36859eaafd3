//! The only SQL of the program. One file per aggregate; every function takes `&mut Tx` and runs on SQLite and PostgreSQL.
//!
//! One query text serves both databases. Where the dialects truly differ (many rows in one statement), the two stand
//! side by side. Nothing here decides anything: rules live in `domain`, use cases in `office`.

use std::sync::Arc;

use sqlx::error::ErrorKind;
use sqlx::migrate::MigrateError;
use sqlx::{Sqlite, SqlitePool, Transaction};

use crate::domain::audit::Event;
use crate::secret::Keys;

/// Accounts of people on channels, and who they are bound to.
pub mod account;
/// Confirmations, the presses kept for later, and the batches that seal them.
pub mod ack;
/// What the admins were told.
pub mod alert;
/// The audit chain.
pub mod audit;
/// A copy of a database in use.
pub mod backup;
/// Times in which nobody took in updates.
pub mod blind;
/// Years of the working calendar that were taken in.
pub mod calendar;
/// Connections to chat platforms.
pub mod channel;
/// People's own deadlines.
pub mod deadline;
/// Deliveries and their attempts.
pub mod delivery;
/// Conversations of several steps.
pub mod dialogue;
/// Removing who somebody was.
pub mod erase;
/// Until when the platform told us to wait.
pub mod gate;
/// Chats and the units they address.
pub mod group;
/// Why nothing goes out.
pub mod halt;
/// Raw inbound updates.
pub mod inbox;
/// Which copy of the data this is.
pub mod installation;
/// One-use binding codes.
pub mod invite;
/// Content items and their versions.
pub mod item;
/// Presses kept for accounts that are not bound.
pub mod kept;
/// Who may do what only one instance does.
pub mod lease;
/// Dated absences.
pub mod leave;
/// Two staff numbers of one person.
pub mod merge;
/// The one private reminder.
pub mod nudge;
/// What became of the slots of recurring rules.
pub mod occurrence;
/// The one office of a database.
pub mod office;
mod open;
/// The calls of the last minute.
pub mod pace;
/// People as conversations look for them.
pub mod people;
mod pg;
/// Pushes, their frozen audiences and covers.
pub mod push;
/// Questions that pushes ask, and answers.
pub mod quiz;
/// Facts for figures.
pub mod report;
/// Roles granted to people.
pub mod role;
/// The roster taken in by small steps.
pub mod roster;
/// Recurring rules.
pub mod schedule;
/// Settings that differ from their default.
pub mod setting;
/// The roster: people and their immutable versions.
pub mod staff;
/// What keeps a database from working.
pub mod trouble;
mod types;
/// Units and branches.
pub mod unit;

use audit::LastEnd;
use lease::LeaseClock;
pub use open::Unsealed;
use push::audience::Rolls;
use trouble::Failing;
pub use types::At;

/// Why the database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database holds migrations that this program does not know.
    #[error("the database is at version {found}, newer than this program")]
    Newer { found: i64 },
    /// The database is missing, empty or older than this program.
    #[error("the database is missing or older than this program")]
    Older,
    /// The bundled SQLite has a fault that can lose committed data.
    #[error("SQLite {0} can lose committed data")]
    UnsafeSqlite(String),
    /// A rule of the schema was violated; holds the constraint as the database names it.
    #[error("constraint violated: {0}")]
    Constraint(String),
    /// A stored text is not one of the words it must be.
    #[error("stored value {0:?} is not understood")]
    Unreadable(String),
    /// Another key was put in force since the database was opened.
    #[error("the database is sealed with key {wanted} by now")]
    KeyChanged { wanted: String },
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error(transparent)]
    Migrate(MigrateError),
    #[error(transparent)]
    Db(sqlx::Error),
}

impl StoreError {
    /// Whether the database itself is in trouble: gone, locked, full or broken. Otherwise it is about what was asked or
    /// what is stored, and the next question may well be answered.
    pub fn is_trouble(&self) -> bool {
        match self {
            Self::Db(error) => !matches!(
                error,
                sqlx::Error::RowNotFound
                    | sqlx::Error::ColumnNotFound(_)
                    | sqlx::Error::ColumnDecode { .. }
                    | sqlx::Error::ColumnIndexOutOfBounds { .. }
                    | sqlx::Error::TypeNotFound { .. }
                    | sqlx::Error::Decode(_)
                    | sqlx::Error::Encode(_)
            ),
            Self::Io(_) => true,
            Self::Newer { .. }
            | Self::Older
            | Self::UnsafeSqlite(_)
            | Self::Constraint(_)
            | Self::Unreadable(_)
            | Self::KeyChanged { .. }
            | Self::Migrate(_) => false,
        }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        if let Some(db) = error.as_database_error().filter(|db| !matches!(db.kind(), ErrorKind::Other)) {
            return Self::Constraint(db.constraint().unwrap_or(db.message()).to_owned());
        }
        if let sqlx::Error::ColumnDecode { source, .. } = &error
            && let Some(Self::Unreadable(text)) = source.downcast_ref()
        {
            return Self::Unreadable(text.clone());
        }
        Self::Db(error)
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        if let MigrateError::VersionMissing(found) = error { Self::Newer { found } } else { Self::Migrate(error) }
    }
}

/// Result of every store function.
pub type Result<T> = std::result::Result<T, StoreError>;

/// An open database. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pools: Pools,
    keys: Arc<Keys>,
    lease_clock: LeaseClock,
    /// What the last transaction that failed at its commit failed by, until it is known to be over.
    failing: Failing,
    rolls: Rolls,
    last_end: LastEnd,
}

#[derive(Debug, Clone)]
enum Pools {
    /// One writer per process: several would fight for the lock.
    Sqlite {
        write: SqlitePool,
        read: SqlitePool,
    },
    Pg(Arc<pg::Pg>),
}

impl Store {
    /// The keys that seal this database.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The same database with leases that run by another clock than its own.
    #[must_use]
    pub fn with_lease_clock(self, lease_clock: LeaseClock) -> Self {
        Self { lease_clock, ..self }
    }

    fn tx(&self, conn: Conn) -> Tx {
        Tx {
            conn,
            keys: Arc::clone(&self.keys),
            lease_clock: self.lease_clock,
            failing: self.failing.clone(),
            rolls: self.rolls.clone(),
            last_end: self.last_end.clone(),
            events: Vec::new(),
            next_keys: None,
        }
    }

    /// Whether the database takes what is written to it now. A disk that is full takes a little and not a lot, so after
    /// something failed it must also have room for a lot.
    pub async fn probe(&self) -> Result<()> {
        let mut tx = self.write().await?;
        installation::touch(&mut tx).await?;
        tx.commit().await?;
        if self.failing.any() {
            self.room()?;
            self.failing.over();
        }
        Ok(())
    }

    /// Starts a writing transaction. It is undone unless [`Tx::commit`] is called.
    pub async fn write(&self) -> Result<Tx> {
        let conn = match &self.pools {
            Pools::Sqlite { write, .. } => Conn::Sqlite(write.begin_with("BEGIN IMMEDIATE").await?),
            Pools::Pg(pool) => Conn::Pg(pool.begin("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE").await?),
        };
        Ok(self.tx(conn))
    }

    /// Starts a reading transaction: everything it reads is of one moment.
    pub async fn read(&self) -> Result<Tx> {
        let conn = match &self.pools {
            Pools::Sqlite { read, .. } => Conn::Sqlite(read.begin().await?),
            Pools::Pg(pool) => Conn::Pg(pool.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?),
        };
        Ok(self.tx(conn))
    }

    /// Waits until every connection has been given back and closes them.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { write, read } => {
                read.close().await;
                write.close().await;
            }
            Pools::Pg(pg) => pg.pool().close().await,
        }
    }
}

/// One transaction on either database. Entries noted for the audit chain are appended at the commit, so that the
/// chain's head is moved last and, on PostgreSQL, locked for the shortest time.
#[derive(Debug)]
pub struct Tx {
    conn: Conn,
    keys: Arc<Keys>,
    lease_clock: LeaseClock,
    failing: Failing,
    rolls: Rolls,
    last_end: LastEnd,
    events: Vec<Event>,
    next_keys: Option<Arc<Keys>>,
}

#[derive(Debug)]
enum Conn {
    Sqlite(Transaction<'static, Sqlite>),
    Pg(pg::PgTx),
}

impl Tx {
    /// Notes an entry for the audit chain; it is written with the commit of this transaction.
    pub fn note(&mut self, event: Event) {
        self.events.push(event);
    }

    /// The keys that seal this database.
    pub fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// Puts the current one of `keys` in force with the commit. The entries noted here are the last under the one before.
    pub fn rotate_to(&mut self, keys: Arc<Keys>) {
        self.next_keys = Some(keys);
    }

    fn is_sqlite(&self) -> bool {
        match self.conn {
            Conn::Sqlite(_) => true,
            Conn::Pg(_) => false,
        }
    }

    /// Of two texts that mean the same, the one for this database.
    fn pick(&self, sqlite: &'static str, pg: &'static str) -> &'static str {
        match self.conn {
            Conn::Sqlite(_) => sqlite,
            Conn::Pg(_) => pg,
        }
    }

    /// Appends the noted entries and commits.
    pub async fn commit(self) -> Result<()> {
        let failing = self.failing.clone();
        failing.of(self.finish().await)
    }

    async fn finish(mut self) -> Result<()> {
        let (events, next) = (std::mem::take(&mut self.events), self.next_keys.take());
        let end = audit::append(&mut self, events, next).await?;
        match self.conn {
            Conn::Sqlite(tx) => tx.commit().await?,
            Conn::Pg(tx) => tx.commit().await?,
        }
        if let Some(end) = end {
            self.last_end.moved_to(end);
        }
        Ok(())
    }
}

/// Runs one query text on whichever database the transaction is of: `on!(tx, c => sqlx::query(SQL).execute(c).await)`.
macro_rules! on {
    ($tx:expr, $conn:ident => $body:expr) => {
        match &mut $tx.conn {
            $crate::store::Conn::Sqlite(inner) => {
                let $conn = &mut **inner;
                $body
            }
            $crate::store::Conn::Pg(inner) => {
                let patience = inner.patience();
                let $conn = &mut **inner;
                // Boxed: every function of the store would otherwise hold the statement twice.
                patience.wait(Box::pin(async { $body })).await
            }
        }
    };
}
use on;
