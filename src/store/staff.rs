//! The roster. A person's state is an immutable version; a name lives in one erasable place.

use chrono::{DateTime, NaiveDate, Utc};

use super::{At, Result, Tx, on};
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

/// A new state of a person.
#[derive(Debug, Clone)]
pub struct NewVersion<'a> {
    pub staff_id: StaffId,
    pub unit_id: UnitId,
    pub branch_id: Option<UnitId>,
    pub kinds: &'a str,
}

/// A person who may be frozen into an audience.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct CandidateRow {
    pub id: StaffId,
    pub version_id: PersonVersionId,
    pub unit_id: UnitId,
    pub kinds: String,
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

/// Adds a staff number. Its first version follows with [`set_version`] in the same transaction.
pub async fn add(tx: &mut Tx, staff_no: &str, position: i64) -> Result<StaffId> {
    const SQL: &str = "INSERT INTO staff (staff_no, version_id, position) VALUES ($1, 0, $2) RETURNING id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff_no).bind(position).fetch_one(c).await)?)
}

/// Puts a person at a place in the roster, and back on it if they had left.
pub async fn place(tx: &mut Tx, id: StaffId, position: i64) -> Result<()> {
    const SQL: &str = "UPDATE staff SET position = $2, left_at = NULL WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(position).execute(c).await.map(drop))?;
    Ok(())
}

/// Stores a new state of a person and puts it in force.
pub async fn set_version(tx: &mut Tx, new: &NewVersion<'_>, now: DateTime<Utc>) -> Result<PersonVersionId> {
    const ADD: &str = "INSERT INTO person_version (staff_id, unit_id, branch_id, kinds, since)
        VALUES ($1, $2, $3, $4, $5) RETURNING id";
    const USE: &str = "UPDATE staff SET version_id = $2 WHERE id = $1";
    let id: PersonVersionId = on!(tx, c => sqlx::query_scalar(ADD)
        .bind(new.staff_id).bind(new.unit_id).bind(new.branch_id).bind(new.kinds).bind(At::from(now))
        .fetch_one(c).await)?;
    on!(tx, c => sqlx::query(USE).bind(new.staff_id).bind(id).execute(c).await.map(drop))?;
    Ok(id)
}

/// Writes a person's name and post to their one place.
pub async fn put_name(tx: &mut Tx, id: StaffId, name: &str, post: &str) -> Result<()> {
    const SQL: &str = "INSERT INTO person_name (staff_id, name, post) VALUES ($1, $2, $3)
        ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name, post = excluded.post";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(name).bind(post).execute(c).await.map(drop))?;
    Ok(())
}

/// Takes a person off the roster.
pub async fn leave(tx: &mut Tx, id: StaffId, now: DateTime<Utc>) -> Result<()> {
    const SQL: &str = "UPDATE staff SET left_at = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(id).bind(At::from(now)).execute(c).await.map(drop))?;
    Ok(())
}

/// Everyone on the roster with whether an absence takes them out of the count on `day`, in roster order.
pub async fn candidates(tx: &mut Tx, day: NaiveDate) -> Result<Vec<CandidateRow>> {
    const SQL: &str = "SELECT s.id, s.version_id, v.unit_id, v.kinds,
            EXISTS (SELECT 1 FROM leave l WHERE l.staff_id = s.id AND l.starts_on <= $1
                AND (l.ends_on IS NULL OR l.ends_on >= $1)) AS exempt
         FROM staff s JOIN person_version v ON v.id = s.version_id
         WHERE s.left_at IS NULL AND (s.leaves_on IS NULL OR s.leaves_on > $1) ORDER BY s.position, s.id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(day).fetch_all(c).await)?)
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
