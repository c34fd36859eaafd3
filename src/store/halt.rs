//! Why nothing goes out. While any row stands, no delivery is claimed and no call is begun.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::delivery::HaltCause;

/// One reason for standing still.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct HaltRow {
    pub cause: HaltCause,
    pub since: At,
    /// The actor, as the ledger writes it.
    pub by_actor: String,
    /// Words of who did it, or a technical cause; may be empty.
    pub detail: String,
}

/// Every reason that stands, in the order of their words.
pub async fn list(tx: &mut Tx) -> Result<Vec<HaltRow>> {
    const SQL: &str = "SELECT cause, since, by_actor, detail FROM halt ORDER BY cause";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// Makes a reason stand; false when it did already, which then stays as it was.
pub async fn put(tx: &mut Tx, cause: HaltCause, by: (&str, &str), now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "INSERT INTO halt (cause, since, by_actor, detail) VALUES ($1, $2, $3, $4)
        ON CONFLICT (cause) DO NOTHING";
    let (actor, detail) = by;
    let put = on!(tx, c => sqlx::query(SQL).bind(cause).bind(At::from(now)).bind(actor).bind(detail)
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(put == 1)
}

/// Takes a reason away; false when it did not stand.
pub async fn lift(tx: &mut Tx, cause: HaltCause) -> Result<bool> {
    const SQL: &str = "DELETE FROM halt WHERE cause = $1";
    let lifted = on!(tx, c => sqlx::query(SQL).bind(cause).execute(c).await.map(|done| done.rows_affected()))?;
    Ok(lifted == 1)
}
