//! Which copy of the data this is, its last sign of life, and what in it still has to go out.

use chrono::{DateTime, Utc};

use super::{At, Conn, Result, Tx, on};
use crate::domain::delivery::{DeliveryKind, DeliveryState, TargetKind};
use crate::ids::DeliveryId;

/// Which copy this is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Installation {
    /// Empty in a database from before there were any.
    pub installation_id: String,
    pub generation: i64,
    /// By [`Tx::lease_now`].
    pub alive_at: Option<At>,
}

/// Which copy this is; `None` before the office is set up.
pub async fn find(tx: &mut Tx) -> Result<Option<Installation>> {
    const SQL: &str = "SELECT installation_id, generation, alive_at FROM office WHERE id = 1";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_optional(c).await)?)
}

/// Names a database that has no name yet; false when it has one.
pub async fn name(tx: &mut Tx, id: &str) -> Result<bool> {
    const SQL: &str = "UPDATE office SET installation_id = $1, generation = 1 WHERE id = 1 AND installation_id = ''";
    Ok(on!(tx, c => sqlx::query(SQL).bind(id).execute(c).await.map(|done| done.rows_affected()))? == 1)
}

/// Begins another generation.
pub async fn begin_generation(tx: &mut Tx, generation: i64) -> Result<()> {
    const SQL: &str = "UPDATE office SET generation = $1 WHERE id = 1";
    on!(tx, c => sqlx::query(SQL).bind(generation).execute(c).await.map(drop))?;
    Ok(())
}

/// A sign of life.
pub async fn alive(tx: &mut Tx, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE office SET alive_at = $1 WHERE id = 1";
    on!(tx, c => sqlx::query(SQL).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Writes what stands there already: whether anything can be written at all shows at the commit.
pub async fn touch(tx: &mut Tx) -> Result<()> {
    const SQL: &str = "UPDATE office SET generation = generation WHERE id = 1";
    on!(tx, c => sqlx::query(SQL).execute(c).await.map(drop))?;
    Ok(())
}

/// A delivery that is not over.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unsettled {
    pub id: DeliveryId,
    pub kind: DeliveryKind,
    pub subject_id: i64,
    pub state: DeliveryState,
    pub target_kind: TargetKind,
    pub target_id: i64,
    pub not_before: At,
    pub expires_at: At,
    /// A person carries it.
    pub by_hand: bool,
}

/// Leaves a million ids of every table unused: those that were given out after a copy was made stand in buttons, and must
/// never come to mean another row.
pub async fn skip_ids(tx: &mut Tx) -> Result<()> {
    const SQLITE: [&str; 2] = [
        "INSERT INTO sqlite_sequence (name, seq) SELECT name, 0 FROM sqlite_master
            WHERE type = 'table' AND sql LIKE '%AUTOINCREMENT%' AND name NOT IN (SELECT name FROM sqlite_sequence)",
        "UPDATE sqlite_sequence SET seq = seq + 1000000",
    ];
    const PG: [&str; 1] = ["SELECT COUNT(setval(s.sequence, nextval(s.sequence) + 1000000)) FROM (
            SELECT pg_get_serial_sequence(quote_ident(table_name), column_name)::regclass AS sequence
            FROM information_schema.columns WHERE table_schema = current_schema() AND is_identity = 'YES') s"];
    let steps: &[&'static str] = match &tx.conn {
        Conn::Sqlite(_) => &SQLITE,
        Conn::Pg(_) => &PG,
    };
    for sql in steps {
        on!(tx, c => sqlx::query(*sql).execute(c).await.map(drop))?;
    }
    Ok(())
}

impl Unsettled {
    /// Whether the program sends it by itself to people.
    pub fn is_push(&self) -> bool {
        match self.kind {
            DeliveryKind::Push | DeliveryKind::Nudge | DeliveryKind::Notice => !self.by_hand,
            DeliveryKind::Alert => false,
        }
    }
}

/// Puts every push that waits in doubt: another copy of the data may have sent it. Its call is one of which nothing is
/// known, so that what is sent after all says that it may be a second one. Returns the deliveries.
pub async fn doubt_waiting(tx: &mut Tx, now: DateTime<Utc>) -> Result<Vec<DeliveryId>> {
    const CALL: &str = "INSERT INTO attempt (delivery_id, n, boot, chat, started_at, ended_at, outcome)
        SELECT d.id, COALESCE((SELECT MAX(a.n) FROM attempt a WHERE a.delivery_id = d.id), 0) + 1, 'restore', '', $1, $1,
            'unknown'
        FROM delivery d WHERE d.kind IN ('push', 'nudge', 'notice') AND NOT d.by_hand AND d.state IN ('queued', 'claimed', 'retry_wait')";
    const DOUBT: &str =
        "UPDATE delivery SET state = 'in_doubt', lease_owner = NULL, lease_until = NULL, changed_at = $1
        WHERE kind IN ('push', 'nudge', 'notice') AND NOT by_hand AND state IN ('queued', 'claimed', 'retry_wait') RETURNING id";
    on!(tx, c => sqlx::query(CALL).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(on!(tx, c => sqlx::query_scalar(DOUBT).bind(At::from(now)).fetch_all(c).await)?)
}

/// Every delivery that waits, is under way or is in doubt, by time.
pub async fn unsettled(tx: &mut Tx) -> Result<Vec<Unsettled>> {
    const SQL: &str =
        "SELECT id, kind, subject_id, state, target_kind, target_id, not_before, expires_at, by_hand FROM delivery
        WHERE state IN ('queued', 'claimed', 'sending', 'retry_wait', 'in_doubt') ORDER BY not_before, id";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// What does not fit together, as `what:id`, at most `limit`: rows that point nowhere, a message called sent that no call
/// and no person says was sent, a call under way for a message that is over.
pub async fn misfits(tx: &mut Tx, limit: i64) -> Result<Vec<String>> {
    const SQL: &str = "SELECT 'delivery:' || id FROM delivery d WHERE state = 'sent' AND decision IS NULL
            AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.delivery_id = d.id AND a.outcome IN ('ok', 'proved'))
        UNION ALL
        SELECT 'attempt:' || a.id FROM attempt a JOIN delivery d ON d.id = a.delivery_id
            WHERE a.outcome = 'pending' AND d.state IN ('failed', 'expired', 'cancelled')
        LIMIT $1";
    // PostgreSQL holds its foreign keys at every moment.
    const POINTERS: &str = "SELECT \"table\" || ':' || COALESCE(rowid, 0) FROM pragma_foreign_key_check() LIMIT $1";
    let mut found: Vec<String> = on!(tx, c => sqlx::query_scalar(SQL).bind(limit).fetch_all(c).await)?;
    let pointers = tx.pick(POINTERS, "SELECT '' WHERE $1 < 0");
    found.extend::<Vec<String>>(on!(tx, c => sqlx::query_scalar(pointers).bind(limit).fetch_all(c).await)?);
    Ok(found)
}
