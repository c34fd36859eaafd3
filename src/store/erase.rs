//! Removing who somebody was. What is counted by points to ids, and ids stay; everything that leads from an id to a person goes.
//! What stands in their place is `#` and the row's own id: no roster and no platform spells anything so.

use chrono::{DateTime, Utc};

use super::types::json;
use super::{At, Result, Tx, on};
use crate::ids::{AccountId, ChannelId, InboxId, StaffId};

/// An account that is the person's alone.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AccountRow {
    pub id: AccountId,
    pub channel_id: ChannelId,
    pub external_id: String,
}

/// The accounts that were ever bound to these people and are not bound to somebody else now.
pub async fn accounts(tx: &mut Tx, staff: &[StaffId]) -> Result<Vec<AccountRow>> {
    const SQLITE: &str = "SELECT a.id, a.channel_id, a.external_id FROM account a
        WHERE a.id IN (SELECT account_id FROM binding WHERE staff_id IN (SELECT value FROM json_each($1)))
            AND NOT EXISTS (SELECT 1 FROM binding b WHERE b.account_id = a.id AND b.ended_at IS NULL
                AND b.staff_id NOT IN (SELECT value FROM json_each($1)))
        ORDER BY a.id";
    const PG: &str = "SELECT a.id, a.channel_id, a.external_id FROM account a
        WHERE a.id IN (SELECT account_id FROM binding
                WHERE staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)))
            AND NOT EXISTS (SELECT 1 FROM binding b WHERE b.account_id = a.id AND b.ended_at IS NULL
                AND b.staff_id NOT IN (SELECT value::bigint FROM json_array_elements_text($1::json)))
        ORDER BY a.id";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(staff));
    Ok(on!(tx, c => sqlx::query_as(sql).bind(&ids).fetch_all(c).await)?)
}

/// Takes away names, posts, staff numbers, bindings, codes, roles and wishes, and the people from the roster.
pub async fn people(tx: &mut Tx, staff: &[StaffId], now: DateTime<Utc>) -> Result<()> {
    const SQLITE: [&str; 6] = [
        "DELETE FROM person_name WHERE staff_id IN (SELECT value FROM json_each($1)) AND $2 > 0",
        "DELETE FROM nudge_mute WHERE staff_id IN (SELECT value FROM json_each($1)) AND $2 > 0",
        "UPDATE binding SET ended_at = $2 WHERE ended_at IS NULL AND staff_id IN (SELECT value FROM json_each($1))",
        "UPDATE invite SET revoked_at = $2 WHERE used_at IS NULL AND revoked_at IS NULL
            AND staff_id IN (SELECT value FROM json_each($1))",
        "UPDATE role_grant SET revoked_at = $2
            WHERE revoked_at IS NULL AND staff_id IN (SELECT value FROM json_each($1))",
        "UPDATE staff SET staff_no = '#' || id, left_at = COALESCE(left_at, $2), erased_at = $2, leaves_on = NULL
            WHERE id IN (SELECT value FROM json_each($1))",
    ];
    const PG: [&str; 6] = [
        "DELETE FROM person_name
            WHERE staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) AND $2::bigint > 0",
        "DELETE FROM nudge_mute
            WHERE staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json)) AND $2::bigint > 0",
        "UPDATE binding SET ended_at = $2 WHERE ended_at IS NULL
            AND staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))",
        "UPDATE invite SET revoked_at = $2 WHERE used_at IS NULL AND revoked_at IS NULL
            AND staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))",
        "UPDATE role_grant SET revoked_at = $2 WHERE revoked_at IS NULL
            AND staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))",
        "UPDATE staff SET staff_no = '#' || id, left_at = COALESCE(left_at, $2), erased_at = $2, leaves_on = NULL
            WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))",
    ];
    let ids = json(staff);
    for n in 0..SQLITE.len() {
        let sql = tx.pick(SQLITE[n], PG[n]);
        on!(tx, c => sqlx::query(sql).bind(&ids).bind(At::from(now)).execute(c).await.map(drop))?;
    }
    Ok(())
}

/// Takes away absences. Of one that a deadline rests on the days stay, and its category becomes 其他免计. Returns how many
/// there were.
pub async fn leaves(tx: &mut Tx, staff: &[StaffId]) -> Result<u64> {
    const SQLITE: [&str; 2] = [
        "DELETE FROM leave WHERE staff_id IN (SELECT value FROM json_each($1))
            AND NOT EXISTS (SELECT 1 FROM personal_deadline d WHERE d.leave_id = leave.id)",
        "UPDATE leave SET category = 'other' WHERE staff_id IN (SELECT value FROM json_each($1))",
    ];
    const PG: [&str; 2] = [
        "DELETE FROM leave WHERE staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))
            AND NOT EXISTS (SELECT 1 FROM personal_deadline d WHERE d.leave_id = leave.id)",
        "UPDATE leave SET category = 'other'
            WHERE staff_id IN (SELECT value::bigint FROM json_array_elements_text($1::json))",
    ];
    let ids = json(staff);
    let mut gone = 0;
    for n in 0..SQLITE.len() {
        let sql = tx.pick(SQLITE[n], PG[n]);
        gone += on!(tx, c => sqlx::query(sql).bind(&ids).execute(c).await.map(|done| done.rows_affected()))?;
    }
    Ok(gone)
}

/// Takes away the platform's id of an account wherever it stands, presses kept for it and conversations with it.
pub async fn account(tx: &mut Tx, account: &AccountRow) -> Result<()> {
    const OF_ACCOUNT: [&str; 3] = [
        "DELETE FROM kept_press WHERE account_id = $1",
        "DELETE FROM dialogue WHERE account_id = $1",
        "UPDATE account SET external_id = '#' || id, can_dm = FALSE, notice_at = NULL, code_failures = 0,
            code_wait_until = NULL WHERE id = $1",
    ];
    const OF_CHAT: [&str; 2] = [
        "DELETE FROM pace WHERE channel_id = $1 AND chat = $2",
        "DELETE FROM gate WHERE channel_id = $1 AND chat = $2",
    ];
    const CALLS: &str = "UPDATE attempt SET chat = $2 WHERE chat = $1
        AND delivery_id IN (SELECT id FROM delivery WHERE target_kind = 'staff')";
    for sql in OF_ACCOUNT {
        on!(tx, c => sqlx::query(sql).bind(account.id).execute(c).await.map(drop))?;
    }
    let (chat, nobody) = (&account.external_id, format!("#{}", account.id));
    for sql in OF_CHAT {
        on!(tx, c => sqlx::query(sql).bind(account.channel_id).bind(chat).execute(c).await.map(drop))?;
    }
    on!(tx, c => sqlx::query(CALLS).bind(chat).bind(&nobody).execute(c).await.map(drop))?;
    Ok(())
}

/// Raw updates of a channel in which a text occurs.
pub async fn updates_with(tx: &mut Tx, channel: ChannelId, text: &str) -> Result<Vec<(InboxId, String)>> {
    const SQLITE: &str =
        "SELECT id, raw FROM inbox WHERE channel_id = $1 AND raw IS NOT NULL AND instr(raw, $2) > 0 ORDER BY id";
    const PG: &str =
        "SELECT id, raw FROM inbox WHERE channel_id = $1 AND raw IS NOT NULL AND strpos(raw, $2) > 0 ORDER BY id";
    let sql = tx.pick(SQLITE, PG);
    Ok(on!(tx, c => sqlx::query_as(sql).bind(channel).bind(text).fetch_all(c).await)?)
}

/// Takes away the texts of updates. What still waited to be worked through is over.
pub async fn updates(tx: &mut Tx, ids: &[InboxId]) -> Result<()> {
    const SQLITE: &str = "UPDATE inbox SET raw = NULL, state = CASE WHEN state = 'new' THEN 'done' ELSE state END
        WHERE id IN (SELECT value FROM json_each($1))";
    const PG: &str = "UPDATE inbox SET raw = NULL, state = CASE WHEN state = 'new' THEN 'done' ELSE state END
        WHERE id IN (SELECT value::bigint FROM json_array_elements_text($1::json))";
    let (sql, ids) = (tx.pick(SQLITE, PG), json(ids));
    on!(tx, c => sqlx::query(sql).bind(&ids).execute(c).await.map(drop))?;
    Ok(())
}
