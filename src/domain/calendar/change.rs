//! What differs between two calendars.

use chrono::NaiveDate;

use super::{Calendar, Day};

/// A day that is to be spent in another way, or has another name, than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub date: NaiveDate,
    pub before: Day,
    pub after: Day,
}

/// Every day that two calendars see differently, in order. Days that neither lists are what their weekday says in both.
pub fn diff(before: &Calendar, after: &Calendar) -> Vec<Change> {
    let mut dates: Vec<NaiveDate> = before.listed().chain(after.listed()).collect();
    dates.sort_unstable();
    dates.dedup();
    let change = |date| Change { date, before: before.day(date), after: after.day(date) };
    dates.into_iter().map(change).filter(|change| change.before != change.after).collect()
}
