//! Two staff numbers of one person made one: what hangs on the first goes over to the second. Frozen audiences and
//! confirmations are never touched.

use chrono::{DateTime, NaiveDate, Utc};

use super::types::json;
use super::{At, Result, Tx, account, on};
use crate::domain::policy::Role;
use crate::ids::{AccountId, ChannelId, StaffId};

/// One number that becomes another, and when.
#[derive(Debug, Clone, Copy)]
pub struct Merge {
    pub from: StaffId,
    pub into: StaffId,
    pub at: DateTime<Utc>,
}

/// People by the former numbers that were merged into theirs, as `(former, now)`, whatever lies between.
pub async fn formers(tx: &mut Tx, now: &[StaffId]) -> Result<Vec<(StaffId, StaffId)>> {
    const SQLITE: &str = "WITH RECURSIVE same (id, now) AS (SELECT id, id FROM staff
                WHERE id IN (SELECT value FROM json_each($1))
            UNION SELECT s.id, same.now FROM staff s JOIN same ON s.merged_into = same.id)
        SELECT id, now FROM same WHERE id <> now ORDER BY id";
    const PG: &str = "WITH RECURSIVE same (id, now) AS (SELECT id, id FROM staff
                WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
            UNION SELECT s.id, same.now FROM staff s JOIN same ON s.merged_into = same.id)
        SELECT id, now FROM same WHERE id <> now ORDER BY id";
    let (sql, now) = (tx.pick(SQLITE, PG), json(now));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&now).fetch_all(c).await)?)
}

/// The number that a person goes on under, when theirs was merged.
pub async fn merged_into(tx: &mut Tx, staff: StaffId) -> Result<Option<String>> {
    const SQL: &str = "SELECT m.staff_no FROM staff s JOIN staff m ON m.id = s.merged_into WHERE s.id = $1";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff).fetch_optional(c).await)?)
}

/// Whether accounts are bound to both on one channel.
pub async fn both_bound(tx: &mut Tx, merge: Merge) -> Result<bool> {
    const SQL: &str = "SELECT COUNT(*) FROM binding a JOIN binding b ON b.channel_id = a.channel_id
        WHERE a.staff_id = $1 AND a.ended_at IS NULL AND b.staff_id = $2 AND b.ended_at IS NULL";
    let count: i64 = on!(tx, c => sqlx::query_scalar(SQL).bind(merge.from).bind(merge.into).fetch_one(c).await)?;
    Ok(count > 0)
}

/// Whether an absence of the one that is not over overlaps one of the other. What people declared may lie beside another.
pub async fn leave_overlaps(tx: &mut Tx, merge: Merge, today: NaiveDate) -> Result<bool> {
    const SQL: &str = "SELECT COUNT(*) FROM leave a JOIN leave b ON b.staff_id = $2 AND b.withdrawn_at IS NULL
            AND (b.ends_on IS NULL OR b.ends_on >= a.starts_on) AND (a.ends_on IS NULL OR a.ends_on >= b.starts_on)
            AND NOT b.declared
        WHERE a.staff_id = $1 AND NOT a.declared AND a.withdrawn_at IS NULL AND (a.ends_on IS NULL OR a.ends_on >= $3)";
    let count: i64 =
        on!(tx, c => sqlx::query_scalar(SQL).bind(merge.from).bind(merge.into).bind(today).fetch_one(c).await)?;
    Ok(count > 0)
}

/// The roles that a person holds.
pub async fn roles(tx: &mut Tx, staff: StaffId) -> Result<Vec<Role>> {
    const SQL: &str = "SELECT role FROM role_grant WHERE staff_id = $1 AND revoked_at IS NULL ORDER BY role";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff).fetch_all(c).await)?)
}

/// Accounts bound to the one are bound to the other from now on; how many.
pub async fn move_bindings(tx: &mut Tx, merge: Merge) -> Result<usize> {
    const OPEN: &str =
        "SELECT channel_id, account_id FROM binding WHERE staff_id = $1 AND ended_at IS NULL ORDER BY id";
    const END: &str = "UPDATE binding SET ended_at = $2 WHERE staff_id = $1 AND ended_at IS NULL";
    let open: Vec<(ChannelId, AccountId)> = on!(tx, c => sqlx::query_as(OPEN).bind(merge.from).fetch_all(c).await)?;
    on!(tx, c => sqlx::query(END).bind(merge.from).bind(At::from(merge.at)).execute(c).await.map(drop))?;
    for (channel, account) in &open {
        account::bind(tx, *channel, *account, merge.into, merge.at).await?;
    }
    Ok(open.len())
}

/// Absences of the one that are not over hold for the other as well; how many. The first ones stay on record.
pub async fn copy_leave(tx: &mut Tx, merge: Merge, today: NaiveDate) -> Result<u64> {
    const SQL: &str = "INSERT INTO leave (staff_id, category, starts_on, ends_on, recorded_at, declared)
        SELECT $2, category, starts_on, ends_on, $4, declared FROM leave
        WHERE staff_id = $1 AND withdrawn_at IS NULL AND (ends_on IS NULL OR ends_on >= $3) ORDER BY id";
    Ok(on!(tx, c => sqlx::query(SQL).bind(merge.from).bind(merge.into).bind(today).bind(At::from(merge.at))
        .execute(c).await.map(|done| done.rows_affected()))?)
}

/// Roles of the one are given to the other and revoked.
pub async fn move_roles(tx: &mut Tx, merge: Merge) -> Result<()> {
    const GIVE: &str = "INSERT INTO role_grant (staff_id, role, unit_id, granted_at)
        SELECT $2, role, unit_id, $3 FROM role_grant WHERE staff_id = $1 AND revoked_at IS NULL ON CONFLICT DO NOTHING";
    const TAKE: &str = "UPDATE role_grant SET revoked_at = $2 WHERE staff_id = $1 AND revoked_at IS NULL";
    let at = At::from(merge.at);
    on!(tx, c => sqlx::query(GIVE).bind(merge.from).bind(merge.into).bind(at).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(TAKE).bind(merge.from).bind(at).execute(c).await.map(drop))?;
    Ok(())
}

/// Who wanted no private reminders under the one number wants none under the other.
pub async fn move_mute(tx: &mut Tx, merge: Merge) -> Result<()> {
    const GIVE: &str = "INSERT INTO nudge_mute (staff_id, muted_at)
        SELECT $2, muted_at FROM nudge_mute WHERE staff_id = $1 ON CONFLICT (staff_id) DO NOTHING";
    const TAKE: &str = "DELETE FROM nudge_mute WHERE staff_id = $1";
    on!(tx, c => sqlx::query(GIVE).bind(merge.from).bind(merge.into).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(TAKE).bind(merge.from).execute(c).await.map(drop))?;
    Ok(())
}

/// Reminders that were not sent to the one go to the other, unless they have their own of the same push.
pub async fn move_nudges(tx: &mut Tx, merge: Merge) -> Result<()> {
    const SQL: &str = "UPDATE delivery SET target_id = $2, state = 'queued', lease_owner = NULL, lease_until = NULL,
            changed_at = $3
        WHERE kind = 'nudge' AND target_kind = 'staff' AND target_id = $1 AND state IN ('queued', 'claimed', 'retry_wait')
            AND NOT EXISTS (SELECT 1 FROM delivery o WHERE o.kind = 'nudge' AND o.subject_id = delivery.subject_id
                AND o.target_kind = 'staff' AND o.target_id = $2)";
    let at = At::from(merge.at);
    on!(tx, c => sqlx::query(SQL).bind(merge.from).bind(merge.into).bind(at).execute(c).await.map(drop))?;
    Ok(())
}

/// The one leaves the roster for good: its open codes are void, and it names the other.
pub async fn close(tx: &mut Tx, merge: Merge) -> Result<()> {
    const CODES: &str =
        "UPDATE invite SET revoked_at = $2 WHERE staff_id = $1 AND used_at IS NULL AND revoked_at IS NULL";
    const STAFF: &str =
        "UPDATE staff SET left_at = COALESCE(left_at, $2), merged_into = $3, leaves_on = NULL WHERE id = $1";
    let at = At::from(merge.at);
    on!(tx, c => sqlx::query(CODES).bind(merge.from).bind(at).execute(c).await.map(drop))?;
    on!(tx, c => sqlx::query(STAFF).bind(merge.from).bind(at).bind(merge.into).execute(c).await.map(drop))?;
    Ok(())
}
