//! People as conversations look for them: by unit, with or without an account, and how things stand with one of them.

use chrono::{DateTime, NaiveDate, Utc};

use super::{At, Result, Tx, on};
use crate::ids::{InviteId, LeaveId, PersonVersionId, StaffId, UnitId};

/// Which people of the roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    All,
    /// With an account.
    Bound,
    /// Without one.
    Unbound,
}

impl Among {
    const fn as_str(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Bound => "bound",
            Self::Unbound => "unbound",
        }
    }
}

/// A unit with how many people it has.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct CountedRow {
    pub id: UnitId,
    pub path: String,
    pub people: i64,
}

/// A person of a list.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ListedRow {
    pub id: StaffId,
    pub name: String,
    pub staff_no: String,
    pub unit: String,
}

/// How things stand with a person who is on the roster.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StandingRow {
    pub version_id: PersonVersionId,
    pub leaves_on: Option<NaiveDate>,
    /// The newest binding there ever was.
    pub binding: Option<i64>,
    /// Since when an account is bound.
    pub bound_at: Option<At>,
    /// The code that may still be used, and until when.
    pub invite: Option<InviteId>,
    pub invite_until: Option<At>,
    /// The newest absence.
    pub leave: Option<LeaveId>,
}

macro_rules! among {
    ($select:literal, $rest:literal) => {
        concat!(
            $select,
            " FROM staff s JOIN person_version v ON v.id = s.version_id JOIN unit u ON u.id = v.unit_id
              LEFT JOIN person_name n ON n.staff_id = s.id
              WHERE s.left_at IS NULL AND ($1 = 'all' OR ($1 = 'bound') =
                EXISTS (SELECT 1 FROM binding b WHERE b.staff_id = s.id AND b.ended_at IS NULL)) ",
            $rest
        )
    };
}

/// The units that have such people, with how many, in roster order.
pub async fn units(tx: &mut Tx, among: Among) -> Result<Vec<CountedRow>> {
    const SQL: &str = among!(
        "SELECT u.id, u.path, COUNT(*) AS people",
        "GROUP BY u.id, u.path, u.position ORDER BY u.position, u.id"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(among.as_str()).fetch_all(c).await)?)
}

/// Such people of a unit, in roster order.
pub async fn of_unit(tx: &mut Tx, among: Among, unit: UnitId) -> Result<Vec<ListedRow>> {
    const SQL: &str = among!(
        "SELECT s.id, COALESCE(n.name, '') AS name, s.staff_no, u.path AS unit",
        "AND u.id = $2 ORDER BY s.position, s.id"
    );
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(among.as_str()).bind(unit).fetch_all(c).await)?)
}

/// Those of such people who came onto the roster last, the newest first.
pub async fn newest(tx: &mut Tx, among: Among, most: i64) -> Result<Vec<ListedRow>> {
    const SQL: &str =
        among!("SELECT s.id, COALESCE(n.name, '') AS name, s.staff_no, u.path AS unit", "ORDER BY s.id DESC LIMIT $2");
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(among.as_str()).bind(most).fetch_all(c).await)?)
}

/// How things stand with a person; `None` when they are not on the roster.
pub async fn standing(tx: &mut Tx, staff: StaffId, now: DateTime<Utc>) -> Result<Option<StandingRow>> {
    const SQL: &str = "SELECT s.version_id, s.leaves_on,
            (SELECT MAX(b.id) FROM binding b WHERE b.staff_id = s.id) AS binding,
            (SELECT MAX(b.bound_at) FROM binding b WHERE b.staff_id = s.id AND b.ended_at IS NULL) AS bound_at,
            i.id AS invite, i.expires_at AS invite_until,
            (SELECT MAX(l.id) FROM leave l WHERE l.staff_id = s.id) AS leave
         FROM staff s LEFT JOIN invite i
            ON i.staff_id = s.id AND i.used_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > $2
         WHERE s.id = $1 AND s.left_at IS NULL";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(staff).bind(At::from(now)).fetch_optional(c).await)?)
}

/// Says from which day on a person is off the roster, or that nothing of the kind is to come.
pub async fn set_leaves_on(tx: &mut Tx, staff: StaffId, day: Option<NaiveDate>) -> Result<()> {
    const SQL: &str = "UPDATE staff SET leaves_on = $2 WHERE id = $1";
    on!(tx, c => sqlx::query(SQL).bind(staff).bind(day).execute(c).await.map(drop))?;
    Ok(())
}

/// Those on the roster whose day has come.
pub async fn leaving(tx: &mut Tx, day: NaiveDate) -> Result<Vec<(StaffId, NaiveDate)>> {
    const SQL: &str = "SELECT id, leaves_on FROM staff WHERE left_at IS NULL AND leaves_on <= $1 ORDER BY id";
    Ok(on!(tx, c => sqlx::query_as(SQL).bind(day).fetch_all(c).await)?)
}

/// How many pushes of a month a person has confirmed.
pub async fn acks_of_month(tx: &mut Tx, staff: StaffId, month: &str) -> Result<i64> {
    const SQL: &str = "SELECT COUNT(*) FROM push p WHERE p.month = $2
            AND EXISTS (SELECT 1 FROM ack k WHERE k.push_id = p.id AND k.staff_id = $1)";
    Ok(on!(tx, c => sqlx::query_scalar(SQL).bind(staff).bind(month).fetch_one(c).await)?)
}
