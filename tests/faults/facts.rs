//! Reads both sides: the sandbox's ledger, and the database with SQL of its own, which shares nothing with the program.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection, PgConnection, Row, SqliteConnection};

use crate::office::Office;
use crate::verdict::{Ack, Attempt, Copy, Delivery, Facts, Press};

/// The words that a second copy carries.
const FLAG: &str = "（补发）";
/// Longest wait for the database while others write.
const PATIENCE: Duration = Duration::from_secs(10);
/// Columns of a row as text; `None` for NULL.
type Cells = Vec<Option<String>>;

/// Rows of a query whose columns are all text.
async fn rows(office: &Office, sql: &'static str) -> Vec<Cells> {
    macro_rules! fetch {
        ($connection:expr) => {{
            let mut connection = $connection;
            let rows = sqlx::query(sql).fetch_all(&mut connection).await.unwrap();
            connection.close().await.unwrap();
            rows.iter().map(|row| (0..row.len()).map(|at| row.get(at)).collect()).collect()
        }};
    }
    if let Some(path) = office.db.url.strip_prefix("sqlite://") {
        let options = SqliteConnectOptions::new().filename(path).busy_timeout(PATIENCE);
        fetch!(SqliteConnection::connect_with(&options).await.unwrap())
    } else {
        fetch!(PgConnection::connect(&office.db.url).await.unwrap())
    }
}

fn text(cells: &mut Cells) -> String {
    cells.remove(0).unwrap()
}

fn id(cells: &mut Cells) -> i64 {
    text(cells).parse().unwrap()
}

/// Calls whose outcome is not known yet.
pub(crate) async fn pending(office: &Office) -> usize {
    rows(office, "SELECT CAST(id AS TEXT) FROM attempt WHERE outcome = 'pending'").await.len()
}

/// Confirmations stored.
pub(crate) async fn acked(office: &Office) -> usize {
    rows(office, "SELECT CAST(id AS TEXT) FROM ack").await.len()
}

/// Calls that did not come to a plain reply.
pub(crate) async fn faulty(office: &Office) -> usize {
    const SQL: &str = "SELECT CAST(id AS TEXT) FROM attempt WHERE outcome NOT IN ('ok', 'pending')";
    rows(office, SQL).await.len()
}

/// Whether a call has been under way for so long.
pub(crate) async fn pending_for(office: &Office, length: Duration) -> bool {
    let calls = rows(office, "SELECT CAST(started_at AS TEXT) FROM attempt WHERE outcome = 'pending'").await;
    let before = chrono::Utc::now() - length;
    calls.into_iter().any(|mut call| id(&mut call) <= before.timestamp_millis())
}

/// Whether nothing is left to be sent, re-sent or fetched.
pub(crate) async fn settled(office: &Office) -> bool {
    const OPEN: &str = "SELECT CAST(id AS TEXT) FROM delivery d
        WHERE state IN ('queued', 'claimed', 'sending', 'retry_wait') OR (state = 'in_doubt' AND target_kind = 'group'
            AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.possible_duplicate))";
    let bot = office.look("bot");
    bot["pending"] == 0 && bot["under_way"] == 0 && rows(office, OPEN).await.is_empty()
}

/// Presses as `(attempt, person)`: all that stayed within their time at the platform, and those that the stock bot stored.
pub(crate) async fn stock(office: &Office) -> (BTreeSet<(i64, String)>, BTreeSet<(i64, String)>) {
    let issued = presses(office, &office.look("ledger")).into_iter().filter(|press| press.within_ttl);
    let options = SqliteConnectOptions::new().filename(office.db.folder.path().join("stock.db"));
    let mut connection = SqliteConnection::connect_with(&options).await.unwrap();
    let stored: Vec<(String, String)> =
        sqlx::query_as("SELECT data, person FROM press").fetch_all(&mut connection).await.unwrap();
    let stored = stored.into_iter().filter_map(|(data, person)| Some((attempt_of(&Value::from(data))?, person)));
    (issued.map(|press| (press.attempt, press.user)).collect(), stored.collect())
}

/// The attempt named by a button's text, when it is one of 已阅: `1a<attempt>.<seal>`.
pub(crate) fn attempt_of(data: &Value) -> Option<i64> {
    data.as_str()?.strip_prefix("1a")?.split('.').next()?.parse().ok()
}

/// Everything there is to compare.
pub(crate) async fn read(office: &Office) -> Facts {
    let ledger = office.look("ledger");
    let (chain, integrity) = office.checked().await;
    Facts {
        copies: ledger["sent"].as_array().unwrap().iter().filter_map(copy).collect(),
        presses: presses(office, &ledger),
        deliveries: deliveries(office).await,
        attempts: attempts(office).await,
        acks: acks(office).await,
        chain,
        integrity,
        cut: office.cut.load(Ordering::Relaxed),
    }
}

fn copy(sent: &Value) -> Option<Copy> {
    let attempt = attempt_of(&sent["buttons"][0][0]["data"])?;
    let flagged = sent["text"].as_str().unwrap().contains(FLAG);
    Some(Copy { attempt, message_id: sent["message_id"].to_string(), flagged })
}

fn presses(office: &Office, ledger: &Value) -> Vec<Press> {
    let waits = office.look("bot")["pending"].as_i64().unwrap() > 0;
    let press = |pressed: &Value| {
        let attempt = attempt_of(&pressed["data"])?;
        let within_ttl = waits || !pressed["fetched_at"].is_null();
        Some(Press { attempt, user: pressed["user"].to_string(), within_ttl })
    };
    ledger["pressed"].as_array().unwrap().iter().filter_map(press).collect()
}

async fn deliveries(office: &Office) -> Vec<Delivery> {
    const SQL: &str = "SELECT CAST(id AS TEXT), CAST(subject_id AS TEXT), state, target_kind FROM delivery
        WHERE kind = 'push'";
    let delivery =
        |mut c: Cells| Delivery { id: id(&mut c), push: id(&mut c), state: text(&mut c), target: text(&mut c) };
    rows(office, SQL).await.into_iter().map(delivery).collect()
}

async fn attempts(office: &Office) -> Vec<Attempt> {
    const SQL: &str = "SELECT CAST(a.id AS TEXT), CAST(a.delivery_id AS TEXT), a.outcome,
            CASE WHEN a.possible_duplicate THEN 'yes' ELSE 'no' END, a.message_id
        FROM attempt a JOIN delivery d ON d.id = a.delivery_id WHERE d.kind = 'push'";
    let attempt = |mut c: Cells| Attempt {
        id: id(&mut c),
        delivery: id(&mut c),
        outcome: text(&mut c),
        possible_duplicate: text(&mut c) == "yes",
        message_id: c.remove(0),
    };
    rows(office, SQL).await.into_iter().map(attempt).collect()
}

async fn acks(office: &Office) -> Vec<Ack> {
    const SQL: &str = "SELECT CAST(k.push_id AS TEXT), a.external_id FROM ack k
        JOIN binding b ON b.staff_id = k.staff_id JOIN account a ON a.id = b.account_id";
    let ack = |mut c: Cells| Ack { push: id(&mut c), user: text(&mut c) };
    rows(office, SQL).await.into_iter().map(ack).collect()
}
