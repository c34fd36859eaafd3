//! Wall time of the office's zone. Summer time skips some wall times and repeats others; each still means one instant here.

use chrono::{DateTime, LocalResult, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// Longest stretch of wall time that a zone has skipped: Samoa dropped the whole of 30 December 2011 (24 h).
const GAP_MINUTES_MAX: i64 = 24 * 60;

/// Summer time comes and goes once a year; two years also show a zone that starts it next year.
const DAYS_OF_TWO_YEARS: usize = 731;

/// The wall time that clocks in `tz` show at `instant`.
pub fn of(instant: DateTime<Utc>, tz: Tz) -> NaiveDateTime {
    instant.with_timezone(&tz).naive_local()
}

/// The one instant a wall time stands for: the first of a repeated one, the next valid minute of a skipped one.
/// It never decreases as wall time grows.
pub fn instant(wall: NaiveDateTime, tz: Tz) -> DateTime<Utc> {
    let minute_after = |n: i64| earliest(wall + TimeDelta::minutes(n), tz);
    // No zone skips more than the bound, so the fallback only keeps the function total.
    (0..=GAP_MINUTES_MAX).find_map(minute_after).unwrap_or_else(|| wall.and_utc())
}

/// The first instant of the day after that of `at`.
pub fn next_day(at: DateTime<Utc>, tz: Tz) -> DateTime<Utc> {
    let day = of(at, tz).date();
    instant(day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN), tz)
}

/// Whether clocks in `tz` change within two years from a day, as summer time makes them.
pub fn has_summer_time(tz: Tz, from: NaiveDate) -> bool {
    let offset = |day: NaiveDate| tz.offset_from_utc_datetime(&day.and_time(NaiveTime::MIN)).fix();
    from.iter_days().take(DAYS_OF_TWO_YEARS).any(|day| offset(day) != offset(from))
}

fn earliest(wall: NaiveDateTime, tz: Tz) -> Option<DateTime<Utc>> {
    match tz.from_local_datetime(&wall) {
        LocalResult::Single(t) | LocalResult::Ambiguous(t, _) => Some(t.with_timezone(&Utc)),
        LocalResult::None => None,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::plain(Tz::Asia__Shanghai, "2026-09-07T09:30:00", "2026-09-07T01:30:00Z")]
    #[case::skipped(Tz::America__New_York, "2026-03-08T02:30:00", "2026-03-08T07:00:00Z")]
    #[case::repeated(Tz::America__New_York, "2026-11-01T01:30:00", "2026-11-01T05:30:00Z")]
    #[case::skipped_day(Tz::Pacific__Apia, "2011-12-30T00:00:00", "2011-12-30T10:00:00Z")]
    fn one_instant_for_each_wall_time(#[case] tz: Tz, #[case] wall: &str, #[case] expected: DateTime<Utc>) {
        assert_eq!(instant(wall.parse().unwrap(), tz), expected);
    }

    #[rstest]
    #[case(Tz::Asia__Shanghai, false)]
    #[case(Tz::UTC, false)]
    #[case(Tz::Europe__Berlin, true)]
    #[case(Tz::America__New_York, true)]
    #[case::by_ramadan(Tz::Africa__Casablanca, true)]
    fn summer_time_is_recognised(#[case] tz: Tz, #[case] expected: bool) {
        let from = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
        assert_eq!(has_summer_time(tz, from), expected);
    }
}
