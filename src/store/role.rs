//! Roles granted to people, for the whole office or for a unit of it. A revoked grant stays as a row.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::policy::Role;
use crate::ids::{StaffId, UnitId};

/// A grant in force.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct GrantRow {
    pub staff_id: StaffId,
    pub staff_no: String,
    pub role: Role,
    /// `None`: the whole office.
    pub unit_id: Option<UnitId>,
    /// Its path.
    pub unit: Option<String>,
    pub granted_at: At,
    /// Whether an account is bound to the person.
    pub bound: bool,
}

/// Grants a role for the whole office; false when the person already has it.
pub async fn grant(tx: &mut Tx, staff: StaffId, role: Role, now: DateTime<Utc>) -> Result<bool> {
    add(tx, (staff, role, None), now).await
}

/// Grants a role for one unit; false when the person already has it there.
pub async fn grant_in(tx: &mut Tx, staff: StaffId, role: Role, unit: UnitId, now: DateTime<Utc>) -> Result<bool> {
    add(tx, (staff, role, Some(unit)), now).await
}

async fn add(tx: &mut Tx, (staff, role, unit): (StaffId, Role, Option<UnitId>), now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "INSERT INTO role_grant (staff_id, role, unit_id, granted_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING";
    let done = on!(tx, c => sqlx::query(SQL).bind(staff).bind(role).bind(unit).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Revokes a role wherever it was granted; false when the person does not have it.
pub async fn revoke(tx: &mut Tx, staff: StaffId, role: Role, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE role_grant SET revoked_at = $3 WHERE staff_id = $1 AND role = $2 AND revoked_at IS NULL";
    let done = on!(tx, c => sqlx::query(SQL).bind(staff).bind(role).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

/// Revokes a role for one unit; false when the person does not have it there.
pub async fn revoke_in(tx: &mut Tx, staff: StaffId, role: Role, unit: UnitId, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE role_grant SET revoked_at = $4
        WHERE staff_id = $1 AND role = $2 AND unit_id = $3 AND revoked_at IS NULL";
    let done = on!(tx, c => sqlx::query(SQL).bind(staff).bind(role).bind(unit).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

macro_rules! grants_sql {
    ($rest:literal) => {
        concat!(
            "SELECT g.staff_id, s.staff_no, g.role, g.unit_id, u.path AS unit, g.granted_at,
                EXISTS (SELECT 1 FROM binding b WHERE b.staff_id = s.id AND b.ended_at IS NULL) AS bound FROM role_grant g
             JOIN staff s ON s.id = g.staff_id LEFT JOIN unit u ON u.id = g.unit_id
             WHERE g.revoked_at IS NULL AND s.left_at IS NULL ",
            $rest
        )
    };
}

/// Every grant in force, of people on the roster, in roster order.
pub async fn list(tx: &mut Tx) -> Result<Vec<GrantRow>> {
    const SQL: &str = grants_sql!("ORDER BY s.position, g.role, u.position, g.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}

/// The grants in force of one person; none of someone who left the roster.
pub async fn of_staff(tx: &mut Tx, staff: StaffId) -> Result<Vec<GrantRow>> {
    const SQL: &str = grants_sql!("AND g.staff_id = $1 ORDER BY g.role, u.position, g.id");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff).fetch_all(c).await)?)
}

/// Keeps others from changing who has a role until the end of the transaction. On SQLite there is one writer anyway.
pub async fn hold(tx: &mut Tx, role: Role) -> Result<()> {
    const SQLITE: &str = "SELECT id FROM role_grant WHERE role = $1 AND revoked_at IS NULL ORDER BY id";
    const PG: &str = "SELECT id FROM role_grant WHERE role = $1 AND revoked_at IS NULL ORDER BY id FOR UPDATE";
    let sql = tx.pick(SQLITE, PG);
    let held: Vec<i64> = on!(tx, c => sqlx::query_scalar(sql).bind(role).fetch_all(c).await)?;
    drop(held);
    Ok(())
}

/// Those who hold a role and stay: on the roster, with no day of leaving to come.
pub async fn staying(tx: &mut Tx, role: Role) -> Result<Vec<StaffId>> {
    const SQL: &str = "SELECT DISTINCT g.staff_id FROM role_grant g JOIN staff s ON s.id = g.staff_id
        WHERE g.role = $1 AND g.revoked_at IS NULL AND s.left_at IS NULL AND s.leaves_on IS NULL ORDER BY g.staff_id";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(role).fetch_all(c).await)?)
}

/// Whether a role was ever granted to anybody, revoked or not.
pub async fn was_granted(tx: &mut Tx, role: Role) -> Result<bool> {
    const SQL: &str = "SELECT EXISTS (SELECT 1 FROM role_grant WHERE role = $1)";
    let found: bool = on!(tx, c => sqlx::query_scalar(SQL).bind(role).fetch_one(c).await)?;
    Ok(found)
}
