//! What the admins were told. A kind and a key stand once.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::alert::AlertKind;
use crate::ids::{AlertId, StaffId};

/// Something that was told.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AlertRow {
    pub kind: AlertKind,
    /// JSON: ids, dates and counts for the sentence.
    pub detail: String,
}

/// Stores an alert; `None` when it was raised before.
pub async fn add(tx: &mut Tx, kind: AlertKind, key: &str, detail: &str, now: DateTime<Utc>) -> Result<Option<AlertId>> {
    const SQL: &str = "INSERT INTO alert (kind, key, detail, raised_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (kind, key) DO NOTHING RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(kind).bind(key).bind(detail).bind(At::from(now))
        .fetch_optional(c).await)?)
}

/// An alert that was raised before.
pub async fn raised(tx: &mut Tx, kind: AlertKind, key: &str) -> Result<Option<AlertId>> {
    const SQL: &str = "SELECT id FROM alert WHERE kind = $1 AND key = $2";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(kind).bind(key).fetch_optional(c).await)?)
}

/// The people to whom an alert was sent, or is to be.
pub async fn told(tx: &mut Tx, id: AlertId) -> Result<Vec<StaffId>> {
    const SQL: &str = "SELECT target_id FROM delivery
        WHERE kind = 'alert' AND subject_id = $1 AND target_kind = 'staff' ORDER BY target_id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(id).fetch_all(c).await)?)
}

/// One alert.
pub async fn find(tx: &mut Tx, id: AlertId) -> Result<Option<AlertRow>> {
    const SQL: &str = "SELECT kind, detail FROM alert WHERE id = $1";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await)?)
}
