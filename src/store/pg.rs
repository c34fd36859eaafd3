//! PostgreSQL that may be gone without a word. A server that is down says so at once; a network that swallows everything
//! says nothing, and the driver would wait for as long as the kernel does, a quarter of an hour. So every statement has a
//! time of its own here, and the connections of before are given up together when one of them falls silent.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{ConnectOptions, PgConnection, PgPool, Postgres, Transaction};

use super::Result;
use crate::clock;

/// Connections an instance opens.
const CONNECTIONS: u32 = 8;
/// Longest wait for a connection; a database that is gone is reported, not waited for.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
/// After this the server ends a statement by itself, and it then says so.
const STATEMENT_TIMEOUT: &str = "20s";
/// After this a statement that the server should have ended is taken for a connection that is dead.
const SILENCE: Duration = Duration::from_secs(25);
/// What the server does about a client that is gone: its locks are free within half a minute. And it compiles no statement:
/// what takes milliseconds would take tenths of a second.
const SERVER_SIDE: [(&str, &str); 7] = [
    ("jit", "off"),
    ("statement_timeout", STATEMENT_TIMEOUT),
    ("idle_in_transaction_session_timeout", "30s"),
    ("tcp_keepalives_idle", "10"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "25s"),
];

/// A server, and the connections to it that are in use at present.
#[derive(Debug)]
pub(super) struct Pg {
    options: PgConnectOptions,
    pool: RwLock<PgPool>,
}

impl Pg {
    /// Connects.
    pub(super) async fn connect(options: PgConnectOptions) -> Result<Arc<Self>> {
        let options = options.application_name("qingfeng").options(SERVER_SIDE).disable_statement_logging();
        let pool = pool_options().connect_with(options.clone()).await?;
        Ok(Arc::new(Self { options, pool: RwLock::new(pool) }))
    }

    /// The connections in use at present.
    pub(super) fn pool(&self) -> PgPool {
        self.pool.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Begins a transaction. Connections that do not answer in time are given up.
    pub(super) async fn begin(self: &Arc<Self>, statement: &'static str) -> sqlx::Result<PgTx> {
        let pool = self.pool();
        let begun = self.within(&pool, pool.begin_with(statement)).await;
        if matches!(begun, Err(sqlx::Error::PoolTimedOut)) {
            self.give_up(&pool);
        }
        Ok(PgTx { tx: begun?, home: Arc::clone(self), pool })
    }

    /// Waits for an answer, or gives these connections up. The work is dropped then where it stood: none of them is used
    /// again, so no transaction of it can be found half-way by another.
    async fn within<T>(&self, pool: &PgPool, work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        if let Some(done) = clock::limit(SILENCE, work).await {
            return done;
        }
        self.give_up(pool);
        Err(sqlx::Error::Io(std::io::ErrorKind::TimedOut.into()))
    }

    /// Begins anew with fresh connections. Of several that notice the same silence the first does it.
    fn give_up(&self, broken: &PgPool) {
        let mut pool = self.pool.write().unwrap_or_else(PoisonError::into_inner);
        if broken.is_closed() {
            return;
        }
        // Marked as closed by the call itself. Who waited for the end of it would wait for the silent connections.
        drop(broken.close());
        let broken = broken.clone();
        tokio::spawn(async move { broken.close().await });
        *pool = pool_options().connect_lazy_with(self.options.clone());
    }
}

fn pool_options() -> PgPoolOptions {
    PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT)
}

/// One transaction on one of the connections.
#[derive(Debug)]
pub(super) struct PgTx {
    tx: Transaction<'static, Postgres>,
    home: Arc<Pg>,
    pool: PgPool,
}

impl PgTx {
    /// What waits for answers on behalf of this transaction; taken apart, because the work borrows the connection.
    pub(super) fn patience(&self) -> Patience {
        Patience { home: Arc::clone(&self.home), pool: self.pool.clone() }
    }

    /// Commits, or says that nobody knows.
    pub(super) async fn commit(self) -> sqlx::Result<()> {
        self.home.within(&self.pool, self.tx.commit()).await
    }
}

impl Deref for PgTx {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.tx
    }
}

impl DerefMut for PgTx {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.tx
    }
}

/// See [`PgTx::patience`].
#[derive(Debug)]
pub(super) struct Patience {
    home: Arc<Pg>,
    pool: PgPool,
}

impl Patience {
    /// Waits for an answer for as long as it can still come.
    pub(super) async fn wait<T>(&self, work: impl Future<Output = sqlx::Result<T>>) -> sqlx::Result<T> {
        self.home.within(&self.pool, work).await
    }
}
