//! Dated absences that take a person out of the count.

use chrono::{DateTime, NaiveDate, Utc};

use super::{At, Result, Tx, on};
use crate::domain::leave::LeaveCategory;
use crate::ids::{LeaveId, StaffId};

/// A new absence.
#[derive(Debug, Clone)]
pub struct NewLeave {
    pub staff_id: StaffId,
    pub category: LeaveCategory,
    pub starts_on: NaiveDate,
    /// Last day, inclusive; open without one.
    pub ends_on: Option<NaiveDate>,
}

/// Records an absence.
pub async fn add(tx: &mut Tx, new: &NewLeave, now: DateTime<Utc>) -> Result<LeaveId> {
    const SQL: &str = "INSERT INTO leave (staff_id, category, starts_on, ends_on, recorded_at)
        VALUES ($1, $2, $3, $4, $5) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL)
        .bind(new.staff_id).bind(new.category).bind(new.starts_on).bind(new.ends_on).bind(At::from(now))
        .fetch_one(c).await)?)
}

/// Days of a person's recorded absences, first and last.
pub async fn of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<(NaiveDate, Option<NaiveDate>)>> {
    const SQL: &str = "SELECT starts_on, ends_on FROM leave WHERE staff_id = $1 ORDER BY starts_on";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff).fetch_all(c).await)?)
}
