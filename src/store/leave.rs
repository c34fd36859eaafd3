//! Dated absences. One that was recorded by mistake is withdrawn and stays as a row.

use chrono::{DateTime, Days, NaiveDate, Utc};
use serde::Serialize;

use super::types::json;
use super::{At, Result, Tx, on};
use crate::domain::leave::{Absence, LeaveCategory, Span};
use crate::ids::{LeaveId, StaffId};

/// A new absence.
#[derive(Debug, Clone)]
pub struct NewLeave {
    pub staff_id: StaffId,
    pub category: LeaveCategory,
    pub starts_on: NaiveDate,
    /// Last day, inclusive; open without one.
    pub ends_on: Option<NaiveDate>,
    /// The person said so themselves.
    pub declared: bool,
}

/// An absence as it stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LeaveRow {
    pub id: LeaveId,
    pub staff_id: StaffId,
    pub category: LeaveCategory,
    pub starts_on: NaiveDate,
    pub ends_on: Option<NaiveDate>,
    pub declared: bool,
    pub recorded_at: At,
    pub withdrawn_at: Option<At>,
}

impl LeaveRow {
    /// Its days.
    pub fn span(&self) -> Span {
        Span { from: self.starts_on, to: self.ends_on }
    }

    /// As the rules see it.
    pub fn absence(&self) -> Absence {
        Absence { id: self.id, category: self.category, span: self.span() }
    }
}

/// How far back absences are read that others may continue: longer than any rule asks how long one lasts.
const CHAIN: Days = Days::new(366);

macro_rules! leave_sql {
    ($rest:literal) => {
        concat!(
            "SELECT l.id, l.staff_id, l.category, l.starts_on, l.ends_on, l.declared, l.recorded_at, l.withdrawn_at
             FROM leave l ",
            $rest
        )
    };
}

/// Records an absence.
pub async fn add(tx: &mut Tx, new: &NewLeave, now: DateTime<Utc>) -> Result<LeaveId> {
    const SQL: &str = "INSERT INTO leave (staff_id, category, starts_on, ends_on, declared, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL)
        .bind(new.staff_id).bind(new.category).bind(new.starts_on).bind(new.ends_on).bind(new.declared)
        .bind(At::from(now)).fetch_one(c).await)?)
}

#[derive(Serialize)]
struct Listed<'a>(StaffId, &'a str, NaiveDate, Option<NaiveDate>, bool);

/// Records many absences.
pub async fn add_many(tx: &mut Tx, new: &[NewLeave], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: &str = "INSERT INTO leave (staff_id, category, starts_on, ends_on, declared, recorded_at)
        SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]'),
            json_extract(value, '$[3]'), json_extract(value, '$[4]'), $2
        FROM json_each($1) WHERE true ORDER BY key";
    const PG: &str = "INSERT INTO leave (staff_id, category, starts_on, ends_on, declared, recorded_at)
        SELECT (value->>0)::bigint, value->>1, (value->>2)::date, (value->>3)::date, (value->>4)::boolean, $2
        FROM json_array_elements($1::json) WITH ORDINALITY AS t (value, n) ORDER BY n";
    let rows = new.iter().map(|l| Listed(l.staff_id, l.category.as_str(), l.starts_on, l.ends_on, l.declared));
    let (sql, rows) = (tx.pick(SQLITE, PG), json(&rows.collect::<Vec<_>>()));
    on!(tx, c => sqlx::query(sql).bind(&rows).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// One absence, withdrawn or not.
pub async fn find(tx: &mut Tx, id: LeaveId) -> Result<Option<LeaveRow>> {
    Ok(on!(tx, c => sqlx::query_as(leave_sql!("WHERE l.id = $1")).bind(id).fetch_optional(c).await)?)
}

/// Every absence of a person, withdrawn ones too, by their first day.
pub async fn of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<LeaveRow>> {
    const SQL: &str = leave_sql!("WHERE l.staff_id = $1 ORDER BY l.starts_on, l.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff).fetch_all(c).await)?)
}

/// Keeps others from recording absences of these people until the end of the transaction, so that what is looked at before
/// stays true. On SQLite there is one writer anyway.
pub async fn hold(tx: &mut Tx, staff: &[StaffId]) -> Result<()> {
    const SQLITE: &str = "SELECT id FROM staff WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id";
    const PG: &str = "SELECT id FROM staff
        WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY id FOR NO KEY UPDATE";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(staff));
    let held: Vec<StaffId> = on!(tx, c => sqlx::query_scalar(sql).bind(&ids).fetch_all(c).await)?;
    drop(held);
    Ok(())
}

/// The absences in force of given people, by their first day.
pub async fn of_many(tx: &mut Tx, staff: &[StaffId]) -> Result<Vec<LeaveRow>> {
    const SQLITE: &str = leave_sql!(
        "WHERE l.withdrawn_at IS NULL AND l.staff_id IN (SELECT value FROM json_each($1)) ORDER BY l.starts_on, l.id"
    );
    const PG: &str = leave_sql!(
        "WHERE l.withdrawn_at IS NULL
            AND l.staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY l.starts_on, l.id"
    );
    let (sql, ids) = (tx.pick(SQLITE, PG), json(staff));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// The absences in force that matter from a day on: of people with one that has not ended by then, all that may make a
/// stretch with it.
pub async fn standing(tx: &mut Tx, day: NaiveDate) -> Result<Vec<LeaveRow>> {
    const SQL: &str = leave_sql!(
        "WHERE l.withdrawn_at IS NULL AND (l.ends_on IS NULL OR l.ends_on >= $2) AND l.staff_id IN
            (SELECT n.staff_id FROM leave n WHERE n.withdrawn_at IS NULL AND (n.ends_on IS NULL OR n.ends_on >= $1))
         ORDER BY l.starts_on, l.id"
    );
    let earliest = day.checked_sub_days(CHAIN).unwrap_or(day);
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(day).bind(earliest).fetch_all(c).await)?)
}

/// Sets the last day of an absence.
pub async fn end(tx: &mut Tx, id: LeaveId, last: NaiveDate) -> Result<()> {
    const SQL: &str = "UPDATE leave SET ends_on = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(last).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes an absence back that was recorded by mistake.
pub async fn withdraw(tx: &mut Tx, id: LeaveId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE leave SET withdrawn_at = $2 WHERE id = $1 AND withdrawn_at IS NULL";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}
