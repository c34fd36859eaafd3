//! Roles granted to people. A revoked grant stays as a row.

use chrono::{DateTime, Utc};

use super::{At, Result, Tx, on};
use crate::domain::policy::Role;
use crate::ids::StaffId;

/// A grant in force.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct GrantRow {
    pub staff_id: StaffId,
    pub staff_no: String,
    pub role: Role,
    pub granted_at: At,
}

/// Grants a role; false when the person already has it.
pub async fn grant(tx: &mut Tx, staff: StaffId, role: Role, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "INSERT INTO role_grant (staff_id, role, granted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING";
    let done = on!(tx, c => sqlx::query(SQL).bind(staff).bind(role).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done == 1)
}

/// Revokes a role; false when the person does not have it.
pub async fn revoke(tx: &mut Tx, staff: StaffId, role: Role, now: DateTime<Utc>) -> Result<bool> {
    const SQL: &str = "UPDATE role_grant SET revoked_at = $3 WHERE staff_id = $1 AND role = $2 AND revoked_at IS NULL";
    let done = on!(tx, c => sqlx::query(SQL).bind(staff).bind(role).bind(At::from(now))
        .execute(c).await.map(|done| done.rows_affected()))?;
    Ok(done > 0)
}

/// Every grant in force, of people on the roster, in roster order.
pub async fn list(tx: &mut Tx) -> Result<Vec<GrantRow>> {
    const SQL: &str = "SELECT g.staff_id, s.staff_no, g.role, g.granted_at FROM role_grant g
        JOIN staff s ON s.id = g.staff_id WHERE g.revoked_at IS NULL AND s.left_at IS NULL ORDER BY s.position, g.role";
    Ok(on!(tx, c => sqlx::query_as(SQL).fetch_all(c).await)?)
}
