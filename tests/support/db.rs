//! A fresh database of each kind for one test. Test binaries include this file with `#[path = "support/db.rs"] mod db;`.
//!
//! SQLite is always there. PostgreSQL is there when `QINGFENG_TEST_PG` names a server, which `make test` sees to;
//! a test therefore loops over `databases()` and never names one kind.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]
#![allow(dead_code, reason = "each test binary that includes this file uses a part of it")]

use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// URL of a PostgreSQL server on which databases may be created and dropped.
const SERVER: &str = "QINGFENG_TEST_PG";

/// An empty database that goes away with this value.
#[derive(Debug)]
pub(crate) struct TestDb {
    /// `sqlite` or `postgres`: the folder under `migrations/`, and the word to put into failure messages.
    pub(crate) label: &'static str,
    /// What stands in `DATABASE_URL`. The SQLite file does not exist yet.
    pub(crate) url: String,
    /// Also the place for a key file or other files of the test.
    pub(crate) folder: tempfile::TempDir,
    /// Server and name of the database to drop.
    dropped: Option<(String, String)>,
}

/// A fresh SQLite file and, where a server is given, a fresh PostgreSQL database.
pub(crate) async fn databases() -> Vec<TestDb> {
    let mut all = vec![sqlite()];
    if let Ok(server) = std::env::var(SERVER) {
        all.push(postgres(server).await);
    }
    all
}

fn sqlite() -> TestDb {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("test.db").display());
    TestDb { label: "sqlite", url, folder, dropped: None }
}

async fn postgres(server: String) -> TestDb {
    // Random, because test processes run side by side on one server.
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).unwrap();
    let name = format!("qf_test_{}", hex::encode(random));
    admin(&server, &format!("CREATE DATABASE {name}")).await;
    let folder = tempfile::tempdir().unwrap();
    TestDb { label: "postgres", url: with_database(&server, &name), folder, dropped: Some((server, name)) }
}

async fn admin(server: &str, statement: &str) {
    let mut connection = PgConnection::connect(server).await.expect("the server in QINGFENG_TEST_PG answers");
    // The name inside was made above from hexadecimal digits.
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// The same server URL with another database in its path.
fn with_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').map_or((server, None), |(address, query)| (address, Some(query)));
    let (scheme, rest) = address.split_once("://").expect("a URL with a scheme");
    let host = rest.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    format!("{scheme}://{host}/{name}{query}")
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let Some((server, name)) = self.dropped.take() else { return };
        // Best effort, on a thread of its own because a test's runtime cannot be blocked from inside.
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(admin(&server, &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")));
        });
        let _ = dropping.join();
    }
}
