//! What became of the slots of recurring rules.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::schedule::MovedBy;
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::ids::{OccurrenceId, ScheduleId};

/// A decided slot.
#[derive(Debug, Clone)]
pub struct NewOccurrence {
    pub schedule_id: ScheduleId,
    /// The identity of the slot.
    pub slot_at: DateTime<Utc>,
    /// When it goes out, or would have.
    pub due_at: DateTime<Utc>,
    pub moved_from: Option<DateTime<Utc>>,
    pub moved_by: Option<MovedBy>,
    /// Which festivals it reminds of, joined by a comma.
    pub festivals: String,
    pub revision: i64,
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
}

/// A decided slot as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OccurrenceRow {
    pub id: OccurrenceId,
    pub slot_at: At,
    pub due_at: At,
    pub moved_from: Option<At>,
    pub moved_by: Option<MovedBy>,
    pub festivals: String,
    pub state: OccurrenceState,
    pub reason: Option<MissReason>,
}

/// Stores what was decided for a slot; `None` when the slot has its row already.
pub async fn decide(tx: &mut Tx, new: &NewOccurrence, now: DateTime<Utc>) -> Result<Option<OccurrenceId>> {
    const SQL: &str = "INSERT INTO occurrence
            (schedule_id, slot_at, due_at, moved_from, moved_by, festivals, revision, state, reason, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (schedule_id, slot_at) DO NOTHING RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL)
        .bind(new.schedule_id).bind(At::from(new.slot_at)).bind(At::from(new.due_at)).bind(new.moved_from.map(At::from))
        .bind(new.moved_by).bind(&new.festivals).bind(new.revision).bind(new.state).bind(new.reason)
        .bind(At::from(now)).fetch_optional(c).await)?)
}

/// What was decided for a rule's slots, oldest first.
pub async fn occurrences(tx: &mut Tx, id: ScheduleId) -> Result<Vec<OccurrenceRow>> {
    const SQL: &str = "SELECT id, slot_at, due_at, moved_from, moved_by, festivals, state, reason FROM occurrence WHERE schedule_id = $1 ORDER BY slot_at";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_all(c).await)?)
}

/// Changes what was decided for a slot whose push could not be made.
pub async fn set_state(tx: &mut Tx, id: OccurrenceId, state: OccurrenceState, reason: MissReason) -> Result<()> {
    const SQL: &str = "UPDATE occurrence SET state = $2, reason = $3 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(state).bind(reason).execute(c).await.map(drop))?;
    Ok(())
}
