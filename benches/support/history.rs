//! Whether presses cost more on a database with a long past, and what else the benchmark asks databases: SQL of its own.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::db;
use crate::runs::Table;
use crate::stage::{Load, Stage};

/// Confirmations of before, and the people they are of.
const OLD: i64 = 10_000_000;
const PEOPLE: i64 = 3_000;
/// Confirmations of one commit.
const BATCH: i64 = 100;
const FLUSH_US: u32 = 1_000;
const LOAD: Load = Load { in_flight: 512, messages: 180 };

/// The same presses on a new database and on one with old confirmations, in turn.
pub(crate) async fn compare(runs: usize) {
    let new = Stage::open(FLUSH_US, db::databases().await.swap_remove(0)).await;
    let old = Stage::open(FLUSH_US, db::databases().await.swap_remove(0)).await;
    age(&old.kept().join("test.db")).await;
    let (without, with) = ("no confirmations stored".to_owned(), format!("{OLD} stored"));
    let mut table = Table::default();
    for _ in 0..runs {
        table.add(&without, new.ours(LOAD).await);
        table.add(&with, old.ours(LOAD).await);
    }
    table.print("SQLite, every flush takes 1 ms, 512 in flight");
    table.ratio(&with, &without);
}

async fn sqlite(path: &Path) -> SqliteConnection {
    SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await.unwrap()
}

/// Gives a database a past: old pushes that everybody confirmed.
async fn age(path: &Path) {
    // Ten million rows whose references are right by themselves.
    let quick = SqliteConnectOptions::new().filename(path).foreign_keys(false).synchronous(SqliteSynchronous::Off);
    let mut connection = SqliteConnection::connect_with(&quick).await.unwrap();
    let names =
        "SELECT group_concat(name) FROM pragma_table_info('push') WHERE name NOT IN ('id', 'occurrence_id', 'state')";
    let columns: String = sqlx::query_scalar(names).fetch_one(&mut connection).await.unwrap();
    let pushes = OLD / PEOPLE + 1;
    let add = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {pushes})
        INSERT INTO push (state, {columns}) SELECT 'closed', {columns} FROM n, (SELECT * FROM push ORDER BY id LIMIT 1)"
    );
    // Made of the schema's own names.
    sqlx::raw_sql(AssertSqlSafe(add)).execute(&mut connection).await.unwrap();
    let fill = format!(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {OLD} / {BATCH} + 1)
        INSERT INTO ack_batch (recorded_at) SELECT 0 FROM n;
        INSERT INTO ack (push_id, staff_id, pressed_at, method, inbox_id, batch_id)
        SELECT p.id, s.id, 0, 'button', 0, (SELECT MIN(id) FROM ack_batch)
            + ((p.id - (SELECT MIN(id) FROM push WHERE state = 'closed')) * {PEOPLE} + s.id - 1) / {BATCH}
        FROM push p CROSS JOIN staff s WHERE p.state = 'closed' LIMIT {OLD}"
    );
    sqlx::raw_sql(AssertSqlSafe(fill)).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Has a SQLite database believe that it listened until now: after a silence the program tells every chat of it by an edit,
/// which is work of its own.
pub(crate) async fn listening(path: &Path) {
    const SQL: &str = "UPDATE channel SET heard_at = 1000 * unixepoch()";
    let mut connection = sqlite(path).await;
    sqlx::raw_sql(SQL).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Presses that a peer stored.
pub(crate) async fn stored(path: &Path) -> usize {
    let mut connection = sqlite(path).await;
    let rows: i64 = sqlx::query_scalar("SELECT COUNT(*) FROM press").fetch_one(&mut connection).await.unwrap();
    usize::try_from(rows).unwrap()
}

/// Takes every confirmation out of a PostgreSQL database.
pub(crate) async fn forget_acks(url: &str) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    sqlx::raw_sql(
        "TRUNCATE ack, ack_batch, inbox CASCADE;
        UPDATE channel SET heard_at = 1000 * extract(epoch FROM now())::bigint",
    )
    .execute(&mut connection)
    .await
    .unwrap();
    connection.close().await.unwrap();
}
