//! When a person who was away is asked for a confirmation: by the end of the second workday from the day they are back. A
//! deadline only ever moves later.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::{Absence, Effect};
use crate::domain::calendar::Calendar;
use crate::domain::schedule::end_of;
use crate::domain::slot::AllowedHours;
use crate::domain::wall;
use crate::ids::LeaveId;

/// Workdays that a person has from the day they are back, that day included.
const WORKDAYS_BACK: i32 = 2;

/// Days ahead of today that a person may say they are back: longer absences are recorded by an admin.
pub const RETURN_DAYS_MOST: i64 = 60;

/// A person's own deadline of one push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Own {
    pub deadline: DateTime<Utc>,
    /// The absence after which the person is back.
    pub leave: LeaveId,
}

/// The own deadline of a person, where an absence moves it: one that covers the day of the deadline, or `pushed`, the day of
/// the push. When it moves into another absence it moves on. An absence without an end moves nothing: no day can be named.
pub fn own_deadline(
    absences: &[Absence],
    (pushed, deadline): (Option<NaiveDate>, DateTime<Utc>),
    calendar: &Calendar,
    hours: &AllowedHours,
) -> Option<Own> {
    let away: Vec<Absence> = absences.iter().filter(|one| one.effect(absences) > Effect::Present).copied().collect();
    let on = |day: NaiveDate| away.iter().find(|one| one.span.covers(day));
    let due = |at: DateTime<Utc>| wall::of(at, hours.tz).date();
    let mut own: Option<Own> = None;
    let mut next = on(due(deadline)).or_else(|| on(pushed?));
    // Each round leads past one absence at least.
    for _ in 0..away.len() {
        let Some((back, leave)) = next.and_then(|one| back(one, &away, calendar)) else { break };
        let moved = end_of(calendar.workdays_from(back.pred_opt().unwrap_or(back), WORKDAYS_BACK), hours);
        if moved <= own.map_or(deadline, |own| own.deadline) {
            break;
        }
        own = Some(Own { deadline: moved, leave });
        next = on(due(moved));
    }
    own
}

/// The day a person is back, and the absence they are back from. Who is away again by the first workday is not back.
fn back(first: &Absence, away: &[Absence], calendar: &Calendar) -> Option<(NaiveDate, LeaveId)> {
    let mut last = first;
    for _ in 0..=away.len() {
        let end = last.span.to?;
        let workday = calendar.workdays_from(end, 1);
        match away.iter().find(|one| one.span.covers(workday)) {
            Some(again) => last = again,
            None => return Some((end.succ_opt()?, last.id)),
        }
    }
    None
}

/// The days that a person who is away now is asked about first: the next two workdays.
pub fn return_days(calendar: &Calendar, today: NaiveDate) -> [NaiveDate; 2] {
    [1, 2].map(|n| calendar.workdays_from(today, n))
}

/// The last day that a person may say they are back.
pub fn latest_return(today: NaiveDate) -> NaiveDate {
    today.checked_add_signed(TimeDelta::days(RETURN_DAYS_MOST)).unwrap_or(today)
}
