//! The roster. A person's state is an immutable version; a name lives in one erasable place.

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};

use super::{At, Result, Tx, on};
use crate::domain::leave::{Absence, outside};
use crate::ids::{PersonVersionId, StaffId, UnitId};

/// A person on the roster, or one who left it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct PersonRow {
    pub id: StaffId,
    pub staff_no: String,
    pub version_id: PersonVersionId,
    pub left_at: Option<At>,
    pub unit_id: UnitId,
    pub unit: String,
    pub branch: Option<String>,
    /// Words of `domain::word::Kind`, joined by commas.
    pub kinds: String,
    /// Place in the roster.
    pub position: i64,
    pub name: String,
    pub post: String,
}

/// A person who may be frozen into an audience.
#[derive(Debug, Clone)]
pub struct CandidateRow {
    pub id: StaffId,
    pub version_id: PersonVersionId,
    pub unit_id: UnitId,
    pub kinds: String,
    /// Outside the count on the day that was asked for.
    pub exempt: bool,
}

macro_rules! person_sql {
    ($where:literal) => {
        concat!(
            "SELECT s.id, s.staff_no, s.version_id, s.left_at, v.unit_id, u.path AS unit, b.path AS branch, v.kinds,
                s.position, COALESCE(n.name, '') AS name, COALESCE(n.post, '') AS post
             FROM staff s JOIN person_version v ON v.id = s.version_id JOIN unit u ON u.id = v.unit_id
             LEFT JOIN unit b ON b.id = v.branch_id LEFT JOIN person_name n ON n.staff_id = s.id ",
            $where
        )
    };
}

/// Everyone on the roster, in roster order.
pub async fn roster(tx: &mut Tx) -> Result<Vec<PersonRow>> {
    const SQL: &str = person_sql!("WHERE s.left_at IS NULL ORDER BY s.position, s.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// A person by staff number, also after they left.
pub async fn find_by_no(tx: &mut Tx, staff_no: &str) -> Result<Option<PersonRow>> {
    const SQL: &str = person_sql!("WHERE s.staff_no = $1");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff_no).fetch_optional(c).await)?)
}

/// A person by id, also after they left.
pub async fn find(tx: &mut Tx, id: StaffId) -> Result<Option<PersonRow>> {
    const SQL: &str = person_sql!("WHERE s.id = $1");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(id).fetch_optional(c).await)?)
}

/// Takes a person off the roster.
pub async fn leave(tx: &mut Tx, id: StaffId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE staff SET left_at = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Everyone on the roster in roster order, with whether the rule of absences takes them out of the count on `day`.
pub async fn candidates(tx: &mut Tx, day: NaiveDate) -> Result<Vec<CandidateRow>> {
    const SQL: &str = "SELECT s.id, s.version_id, v.unit_id, v.kinds, s.joined_on
         FROM staff s JOIN person_version v ON v.id = s.version_id
         WHERE s.left_at IS NULL AND (s.leaves_on IS NULL OR s.leaves_on > $1) ORDER BY s.position, s.id";
    type Row = (StaffId, PersonVersionId, UnitId, String, Option<NaiveDate>);
    let rows: Vec<Row> = on!(tx, c => sqlx::query_as(SQL).bind(day).fetch_all(c).await)?;
    let mut absences: HashMap<StaffId, Vec<Absence>> = HashMap::new();
    for row in super::leave::standing(tx, day).await? {
        absences.entry(row.staff_id).or_default().push(row.absence());
    }
    let candidate = |(id, version_id, unit_id, kinds, joined_on): Row| {
        let exempt = outside(absences.get(&id).map_or(&[][..], Vec::as_slice), joined_on, day);
        CandidateRow { id, version_id, unit_id, kinds, exempt }
    };
    Ok(rows.into_iter().map(candidate).collect())
}

/// Given people in roster order, also those who left.
pub async fn find_many(tx: &mut Tx, ids: &[StaffId]) -> Result<Vec<PersonRow>> {
    const SQLITE: &str = person_sql!("WHERE s.id IN (SELECT value FROM json_each($1)) ORDER BY s.position, s.id");
    const PG: &str = person_sql!(
        "WHERE s.id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) ORDER BY s.position, s.id"
    );
    let (sql, ids) = (tx.pick(SQLITE, PG), super::types::json(ids));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}
