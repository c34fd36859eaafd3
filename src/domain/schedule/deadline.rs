//! By when a required push is to be confirmed. Whatever the rule, the end lies in working time: on a workday, at the end of
//! the allowed hours.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};

use crate::domain::calendar::Calendar;
use crate::domain::schedule::{Part, RuleError, read};
use crate::domain::slot::AllowedHours;
use crate::domain::{wall, width};

/// Workdays that a deadline may leave; a quarter at most.
pub const DEADLINE_WORKDAYS: RangeInclusive<i64> = 1..=60;

/// Hours that a deadline may leave; 30 days at most.
pub const DEADLINE_HOURS: RangeInclusive<i64> = 1..=720;

/// Workdays that readers have when nobody says more.
const DEFAULT_WORKDAYS: u32 = 2;

/// When a required push of a schedule is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadlineRule {
    /// The end of the allowed hours on the day of the push, or on the next workday when that is a day off or the end is past.
    WorkdayEnd,
    /// The end of the allowed hours on the `n`th workday after the push.
    Workdays(u32),
    /// Hours after the push; moves to the end of the allowed hours of the next workday when it falls on a day off.
    Hours(u32),
    /// The end of the allowed hours on a date, or on the next workday when that is a day off.
    On(NaiveDate),
}

impl DeadlineRule {
    /// Reads `workday-end`, `3 workdays` or `3个工作日`, `24h`, `2026-12-31`, in full width as well.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let text = width::plain(text).to_ascii_lowercase();
        let workdays = ["workdays", "workday", "个工作日"].iter().find_map(|unit| text.strip_suffix(unit));
        if text == "workday-end" {
            Ok(Self::WorkdayEnd)
        } else if let Some(n) = workdays {
            Ok(Self::Workdays(read::number(Part::DeadlineWorkdays, n, DEADLINE_WORKDAYS)?))
        } else if let Some(hours) = text.strip_suffix('h') {
            Ok(Self::Hours(read::number(Part::DeadlineHours, hours, DEADLINE_HOURS)?))
        } else {
            Ok(Self::On(read::date(Part::Deadline, &text)?))
        }
    }

    /// The deadline of a push that goes out at `due`.
    pub fn resolve(self, due: DateTime<Utc>, calendar: &Calendar, hours: &AllowedHours) -> DateTime<Utc> {
        let pushed = wall::of(due, hours.tz).date();
        match self {
            Self::WorkdayEnd => {
                let same_day = end_of(pushed, hours);
                let open = calendar.is_workday(pushed) && same_day > due;
                if open { same_day } else { end_of(calendar.workdays_from(pushed, 1), hours) }
            }
            Self::Workdays(n) => {
                // Bounded by the constructor.
                end_of(calendar.workdays_from(pushed, i32::try_from(n).unwrap_or(i32::MAX)), hours)
            }
            Self::Hours(n) => {
                let at = due + TimeDelta::hours(i64::from(n));
                let day = wall::of(at, hours.tz).date();
                if calendar.is_workday(day) { at } else { end_of(calendar.workdays_from(day, 1), hours) }
            }
            Self::On(day) if calendar.is_workday(day) => end_of(day, hours),
            Self::On(day) => end_of(calendar.workdays_from(day, 1), hours),
        }
    }
}

/// The spelling in tables: `workday-end`, `3 workdays`, `24h`, `2026-12-31`.
impl fmt::Display for DeadlineRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WorkdayEnd => f.write_str("workday-end"),
            Self::Workdays(n) => write!(f, "{n} workdays"),
            Self::Hours(n) => write!(f, "{n}h"),
            Self::On(day) => write!(f, "{day}"),
        }
    }
}

/// The deadline when nobody says more: the end of the second workday after the push; of a reminder before a festival the end of
/// the last workday before its first day off, or the next end when that is past.
pub fn default_deadline(
    due: DateTime<Utc>,
    first_off: Option<NaiveDate>,
    calendar: &Calendar,
    hours: &AllowedHours,
) -> DateTime<Utc> {
    let Some(first_off) = first_off else {
        return DeadlineRule::Workdays(DEFAULT_WORKDAYS).resolve(due, calendar, hours);
    };
    let end = end_of(calendar.workdays_from(first_off, -1), hours);
    if end > due { end } else { DeadlineRule::WorkdayEnd.resolve(due, calendar, hours) }
}

/// The last minute of a day at which messages are allowed.
pub(in crate::domain) fn end_of(day: NaiveDate, hours: &AllowedHours) -> DateTime<Utc> {
    // Hours without a window allow nothing; midnight keeps the function total.
    let end = hours.windows.iter().map(|window| window.to).max().unwrap_or(NaiveTime::MIN);
    wall::instant(day.and_time(end), hours.tz)
}
