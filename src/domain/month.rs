//! The month that figures belong to. A push counts in the month of its slot, wherever its acks fall.

use crate::domain::calendar::Calendar;
use crate::domain::wall;
use chrono::{DateTime, Datelike, Months, NaiveDate, NaiveTime, Utc};
use chrono_tz::Tz;
use std::fmt;
use std::ops::Range;

/// Workday of the next month on which a month's figures are taken, and the hour.
const CUTOFF_WORKDAY: i32 = 3;
const CUTOFF_HOUR: u32 = 18;

/// A calendar month in the office's zone, written `2026-09`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    /// First day; the only state, so that every value is a month that exists.
    first: NaiveDate,
}

impl Month {
    /// The month an instant falls in, by the clocks of `tz`.
    pub fn of(instant: DateTime<Utc>, tz: Tz) -> Self {
        let day = wall::of(instant, tz).date();
        Self { first: day.with_day(1).unwrap_or(day) }
    }

    /// Reads `YYYY-MM`, four and two digits; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let (year, month) = text.split_once('-')?;
        let digits = |t: &str, n: usize| t.len() == n && t.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return None;
        }
        Self::new(year.parse().ok()?, month.parse().ok()?)
    }

    /// The month of a year; `None` unless `month` is 1 to 12 and `year` is one chrono knows.
    pub fn new(year: i32, month: u32) -> Option<Self> {
        NaiveDate::from_ymd_opt(year, month, 1).map(|first| Self { first })
    }

    /// Calendar year.
    pub fn year(self) -> i32 {
        self.first.year()
    }

    /// Month of the year, 1–12.
    pub fn number(self) -> u32 {
        self.first.month()
    }

    /// The instants of the month, from the start of its first day to the start of the next month's, by the clocks of `tz`.
    pub fn instants(self, tz: Tz) -> Range<DateTime<Utc>> {
        let start = |day: NaiveDate| wall::instant(day.and_time(NaiveTime::MIN), tz);
        start(self.first)..start(self.first + Months::new(1))
    }

    /// When the month's figures are taken: 18:00 on the third workday of the next month.
    pub fn cutoff(self, calendar: &Calendar, tz: Tz) -> DateTime<Utc> {
        let end = self.first + Months::new(1);
        let day = calendar.workdays_from(end.pred_opt().unwrap_or(end), CUTOFF_WORKDAY);
        wall::instant(day.and_hms_opt(CUTOFF_HOUR, 0, 0).unwrap_or_default(), tz)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year(), self.number())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use rstest::rstest;

    const TZ: Tz = Tz::Asia__Shanghai;

    #[rstest]
    #[case::last_minute("2026-09-30T15:59:00Z", "2026-09")]
    #[case::first_minute("2026-09-30T16:00:00Z", "2026-10")]
    #[case::year_end("2026-12-31T15:59:00Z", "2026-12")]
    fn a_slot_belongs_to_the_month_of_its_wall_time(#[case] slot: DateTime<Utc>, #[case] month: &str) {
        assert_eq!(Month::of(slot, TZ).to_string(), month);
        assert!(Month::parse(month).unwrap().instants(TZ).contains(&slot));
    }

    #[rstest]
    // 1 to 7 October are days off, 10 October is worked.
    #[case("2026-09", "2026-10-10T10:00:00Z")]
    #[case("2026-10", "2026-11-04T10:00:00Z")]
    #[case("2026-07", "2026-08-05T10:00:00Z")]
    fn figures_are_taken_on_the_third_workday(#[case] month: &str, #[case] cutoff: DateTime<Utc>) {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/content/calendar/2026.toml");
        let calendar = Calendar::new([crate::domain::calendar::read(&std::fs::read(file).unwrap()).unwrap()]);
        assert_eq!(Month::parse(month).unwrap().cutoff(&calendar, TZ), cutoff);
    }

    #[rstest]
    #[case("2026-9")]
    #[case("2026-13")]
    #[case("2026-00")]
    #[case("26-09")]
    #[case("2026-09-01")]
    #[case("202609")]
    #[case("+026-09")]
    #[case("")]
    fn other_spellings_of_a_month_are_refused(#[case] text: &str) {
        assert_eq!(Month::parse(text), None);
    }
}
