//! A roster taken in by small steps. What an import changes is staged in parts, each in a short transaction, and nobody
//! sees it: versions that nobody points to, people who are not on the roster. One last transaction puts it in force.

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

use super::types::json;
use super::{At, Conn, Result, Tx, on};
use crate::ids::{PersonVersionId, StaffId, UnitId};

/// Anyone who has or had a staff number.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownRow {
    pub id: StaffId,
    pub staff_no: String,
    pub version_id: PersonVersionId,
    pub left_at: Option<At>,
    pub position: i64,
    pub unit_id: UnitId,
    pub unit: String,
    pub branch_id: Option<UnitId>,
    pub branch: Option<String>,
    /// Words of `domain::word::Kind`, joined by commas.
    pub kinds: String,
    /// None: it was removed, or an import that would have brought it was cut off.
    pub name: Option<String>,
    pub post: Option<String>,
    /// Staff number under which the same person goes on.
    pub merged_into: Option<String>,
}

/// One person whom an import changes.
#[derive(Debug, Clone, Serialize)]
pub struct Staged<'a> {
    pub staff_id: StaffId,
    pub version_id: PersonVersionId,
    pub position: i64,
    /// None: on the roster.
    pub left_at: Option<i64>,
    /// Of a new person, or the new number of a known one.
    pub staff_no: Option<&'a str>,
    /// Of a new version, with the next two.
    pub unit_id: Option<UnitId>,
    pub branch_id: Option<UnitId>,
    pub kinds: Option<&'a str>,
    /// When the name or the post is another.
    pub name: Option<&'a str>,
    pub post: Option<&'a str>,
    pub new_staff: u8,
    pub new_version: u8,
    /// 1: the name goes in with its part, because its person is not on the roster and has none.
    pub new_name: u8,
}

/// Where the roster and its imports stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Turn {
    /// Grows with every change of people and units.
    pub revision: i64,
    /// The newest import; earlier ones are over.
    pub import: i64,
}

/// Everyone who has or had a staff number, in roster order.
pub async fn known(tx: &mut Tx) -> Result<Vec<KnownRow>> {
    const SQL: &str = "SELECT s.id, s.staff_no, s.version_id, s.left_at, s.position, v.unit_id, u.path AS unit,
            v.branch_id, b.path AS branch, v.kinds, CASE WHEN g.staff_id IS NULL THEN n.name END AS name,
            n.post, m.staff_no AS merged_into
        FROM staff s JOIN person_version v ON v.id = s.version_id JOIN unit u ON u.id = v.unit_id
        LEFT JOIN unit b ON b.id = v.branch_id LEFT JOIN person_name n ON n.staff_id = s.id
        LEFT JOIN staff m ON m.id = s.merged_into
        LEFT JOIN (SELECT DISTINCT staff_id FROM roster_stage WHERE new_name = 1) g
            ON g.staff_id = s.id AND s.left_at IS NOT NULL
        ORDER BY s.position, s.id";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// Begins an import: every earlier one that is under way is over.
pub async fn begin(tx: &mut Tx) -> Result<i64> {
    const SQL: &str = "UPDATE office SET roster_import = roster_import + 1 WHERE id = 1 RETURNING roster_import";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).fetch_one(c).await)?)
}

/// Where the roster and its imports stand; on PostgreSQL nobody changes either until the commit.
pub async fn turn(tx: &mut Tx) -> Result<Turn> {
    let sql = tx.pick(
        "SELECT roster_revision AS revision, roster_import AS import FROM office WHERE id = 1",
        "SELECT roster_revision AS revision, roster_import AS import FROM office WHERE id = 1 FOR UPDATE",
    );
    Ok(on!(tx, c => sqlx::query_as(sql).fetch_one(c).await)?)
}

/// Ids that no person has had, ascending.
pub async fn new_staff(tx: &mut Tx, count: usize) -> Result<Vec<StaffId>> {
    let ids = match tx.conn {
        Conn::Sqlite(_) => after(tx, "SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'staff'", count).await?,
        Conn::Pg(_) => drawn(tx, "SELECT nextval(pg_get_serial_sequence('staff', 'id'))", count).await?,
    };
    Ok(ids.into_iter().map(StaffId).collect())
}

/// Ids that no version has had, ascending.
pub async fn new_versions(tx: &mut Tx, count: usize) -> Result<Vec<PersonVersionId>> {
    let ids = match tx.conn {
        Conn::Sqlite(_) => {
            after(tx, "SELECT MAX(seq) FROM sqlite_sequence WHERE name = 'person_version'", count).await?
        }
        Conn::Pg(_) => drawn(tx, "SELECT nextval(pg_get_serial_sequence('person_version', 'id'))", count).await?,
    };
    Ok(ids.into_iter().map(PersonVersionId).collect())
}

/// The only writer counts on from the last id that was given.
async fn after(tx: &mut Tx, last: &'static str, count: usize) -> Result<Vec<i64>> {
    let last: Option<i64> = on!(tx, c => sqlx::query_scalar(last).fetch_one(c).await)?;
    Ok((1..).take(count).map(|n: i64| last.unwrap_or_default() + n).collect())
}

/// The server gives ids to several at once.
async fn drawn(tx: &mut Tx, next: &str, count: usize) -> Result<Vec<i64>> {
    let sql = format!("{next} FROM generate_series(1, $1)");
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    let sql = sqlx::AssertSqlSafe(sql);
    let mut ids: Vec<i64> = on!(tx, c => sqlx::query_scalar(sql).bind(count).fetch_all(c).await)?;
    ids.sort_unstable();
    Ok(ids)
}

/// Stages one part of an import.
pub async fn stage(tx: &mut Tx, (import, part): (i64, i64), rows: &[Staged<'_>], now: DateTime<Utc>) -> Result<()> {
    const ROWS_SQLITE: &str =
        "INSERT INTO roster_stage (import, part, staff_id, version_id, position, left_at, staff_no,
            unit_id, branch_id, kinds, name, post, new_staff, new_version, new_name)
        SELECT $1, $2, json_extract(value, '$.staff_id'), json_extract(value, '$.version_id'),
            json_extract(value, '$.position'), json_extract(value, '$.left_at'), json_extract(value, '$.staff_no'),
            json_extract(value, '$.unit_id'), json_extract(value, '$.branch_id'), json_extract(value, '$.kinds'),
            json_extract(value, '$.name'), json_extract(value, '$.post'), json_extract(value, '$.new_staff'),
            json_extract(value, '$.new_version'), json_extract(value, '$.new_name')
        FROM json_each($3)";
    const ROWS_PG: &str = "INSERT INTO roster_stage (import, part, staff_id, version_id, position, left_at, staff_no,
            unit_id, branch_id, kinds, name, post, new_staff, new_version, new_name)
        SELECT $1, $2, r.* FROM json_to_recordset($3::json) AS r (staff_id bigint, version_id bigint, position bigint,
            left_at bigint, staff_no text, unit_id bigint, branch_id bigint, kinds text, name text, post text,
            new_staff bigint, new_version bigint, new_name bigint)";
    const STAFF: &str = "INSERT INTO staff (id, staff_no, version_id, position, left_at)
        SELECT staff_id, staff_no, version_id, position, $3 FROM roster_stage
        WHERE import = $1 AND part = $2 AND new_staff = 1";
    const VERSIONS: &str = "INSERT INTO person_version (id, staff_id, unit_id, branch_id, kinds, since)
        SELECT version_id, staff_id, unit_id, branch_id, kinds, $3 FROM roster_stage
        WHERE import = $1 AND part = $2 AND new_version = 1";
    const NAMES: &str = "INSERT INTO person_name (staff_id, name, post)
        SELECT staff_id, name, COALESCE(post, '') FROM roster_stage WHERE import = $1 AND part = $2 AND new_name = 1";
    let (sql, rows) = (tx.pick(ROWS_SQLITE, ROWS_PG), json(rows));
    on!(tx, c => sqlx::query(sql).bind(import).bind(part).bind(&rows).execute(c).await.map(drop))?;
    for sql in [STAFF, VERSIONS] {
        on!(tx, c => sqlx::query(sql).bind(import).bind(part).bind(At::from(now)).execute(c).await.map(drop))?;
    }
    on!(tx, c => sqlx::query(NAMES).bind(import).bind(part).execute(c).await.map(drop))?;
    Ok(())
}

/// Puts everything staged in force; everything that is staged is of this import. Whoever comes onto the roster by it took
/// up work on `joined_on`; without it they were here before. Whoever leaves or comes has no day of leaving before them.
pub async fn swap(tx: &mut Tx, joined_on: Option<NaiveDate>) -> Result<()> {
    const STATES: &str = "UPDATE staff SET version_id = g.version_id
        FROM roster_stage g WHERE g.staff_id = staff.id AND g.new_version = 1 AND g.new_staff = 0";
    const PLACES: &str = "UPDATE staff SET position = g.position, left_at = g.left_at,
            joined_on = CASE WHEN staff.left_at IS NOT NULL AND g.left_at IS NULL THEN $1 ELSE staff.joined_on END,
            leaves_on = CASE WHEN staff.left_at IS NULL AND g.left_at IS NULL THEN staff.leaves_on END
        FROM roster_stage g WHERE g.staff_id = staff.id";
    const NUMBERS: &str = "UPDATE staff SET staff_no = g.staff_no
        FROM roster_stage g WHERE g.staff_id = staff.id AND g.staff_no IS NOT NULL AND g.new_staff = 0";
    const NAMES: &str = "INSERT INTO person_name (staff_id, name, post)
        SELECT staff_id, name, COALESCE(post, '') FROM roster_stage WHERE name IS NOT NULL AND new_name = 0
        ON CONFLICT (staff_id) DO UPDATE SET name = excluded.name, post = excluded.post";
    on!(tx, c => sqlx::query(STATES).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(PLACES).bind(joined_on).execute(c).await.map(drop))?;
    for sql in [NUMBERS, NAMES, "DELETE FROM roster_stage"] {
        on!(tx, c => sqlx::query(sql).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Takes one part of an import earlier than `import` back; false when there is none. Its people stay as numbers off the
/// roster, without a name: deleting them would have the database look through every table that points to people.
pub async fn sweep(tx: &mut Tx, import: i64) -> Result<bool> {
    const FIRST: &str = "SELECT import, part FROM roster_stage WHERE import < $1 ORDER BY import, part LIMIT 1";
    const NAMES: &str = "DELETE FROM person_name WHERE staff_id IN (SELECT g.staff_id FROM roster_stage g
            JOIN staff s ON s.id = g.staff_id
            WHERE g.import = $1 AND g.part = $2 AND g.new_name = 1 AND s.left_at IS NOT NULL)";
    const ROWS: &str = "DELETE FROM roster_stage WHERE import = $1 AND part = $2";
    let first: Option<(i64, i64)> = on!(tx, c => sqlx::query_as(FIRST).bind(import).fetch_optional(c).await)?;
    let Some((of, part)) = first else { return Ok(false) };
    for sql in [NAMES, ROWS] {
        on!(tx, c => sqlx::query(sql).bind(of).bind(part).execute(c).await.map(drop))?;
    }
    Ok(true)
}

/// Puts people at other places of the roster.
pub async fn reorder(tx: &mut Tx, places: &[(StaffId, i64)]) -> Result<()> {
    const SQLITE: &str = "UPDATE staff SET position = json_extract(j.value, '$[1]')
        FROM json_each($1) j WHERE staff.id = json_extract(j.value, '$[0]')";
    const PG: &str = "UPDATE staff SET position = (j.value->>1)::bigint
        FROM json_array_elements($1::json) j WHERE staff.id = (j.value->>0)::bigint";
    let (sql, places) = (tx.pick(SQLITE, PG), json(places));
    on!(tx, c => sqlx::query(sql).bind(&places).execute(c).await.map(drop))?;
    Ok(())
}
