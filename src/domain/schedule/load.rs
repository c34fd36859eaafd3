//! What a rule asks of its readers by itself, before calendar and caps: at which times, and how often at most.

use chrono::{Datelike, NaiveDate, NaiveTime, Weekday};

use super::{BeforeFestival, Rule};
use crate::domain::calendar::Festival;
use crate::domain::cron::{CronExpr, Field};
use crate::domain::slot::AllowedHours;

/// Days after which the common calendar repeats its weekdays, leap years included, within 1901–2099: 28 years.
const CYCLE_DAYS: usize = 10_227;

/// How often a rule goes out at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// On one day.
    pub day: u32,
    /// From Monday to Sunday.
    pub week: u32,
}

/// The first time of day, counted from midnight, that a rule names and the hours do not allow.
pub fn outside_hours(rule: &Rule, hours: &AllowedHours) -> Option<NaiveTime> {
    times(rule).find(|time| !hours.cover(*time))
}

/// How often a rule goes out at most, whatever the year.
pub fn load(rule: &Rule) -> Load {
    match rule {
        Rule::Cron(expr) => {
            let day = u32::try_from(times(rule).count()).unwrap_or(u32::MAX);
            Load { day, week: day * days_a_week(expr) }
        }
        // Only these two festivals come so close that reminders of both may fall in one week.
        Rule::BeforeFestival(before) => {
            let close = [Festival::MidAutumn, Festival::National];
            let both = close.iter().all(|festival| before.festivals.contains(festival));
            Load { day: 1, week: if both { 2 } else { 1 } }
        }
        Rule::EveryWeeks { .. } | Rule::WorkdayOfMonth { .. } | Rule::Yearly { .. } | Rule::Once { .. } => {
            Load { day: 1, week: 1 }
        }
    }
}

/// Whether a rule names no Saturday and no Sunday, whatever the year.
pub fn stays_on_weekdays(rule: &Rule) -> bool {
    let week = |day: Weekday| !matches!(day, Weekday::Sat | Weekday::Sun);
    match rule {
        Rule::Cron(expr) => days(expr).all(|day| week(day.weekday())),
        Rule::EveryWeeks { on, .. } => week(*on),
        Rule::Once { on, .. } => week(on.weekday()),
        Rule::WorkdayOfMonth { .. } | Rule::BeforeFestival(_) | Rule::Yearly { .. } => false,
    }
}

/// The times of day that a rule names, ascending.
fn times(rule: &Rule) -> Box<dyn Iterator<Item = NaiveTime> + '_> {
    match rule {
        Rule::Cron(expr) => {
            let all = |field: Field, count: u8| expr.values(field).unwrap_or_else(|| (0..count).collect());
            let (hours, minutes) = (all(Field::Hour, 24), all(Field::Minute, 60));
            Box::new(hours.into_iter().flat_map(move |hour| {
                let time = move |minute: u8| NaiveTime::from_hms_opt(hour.into(), minute.into(), 0);
                minutes.clone().into_iter().filter_map(time)
            }))
        }
        Rule::EveryWeeks { at, .. }
        | Rule::WorkdayOfMonth { at, .. }
        | Rule::BeforeFestival(BeforeFestival { at, .. })
        | Rule::Yearly { at, .. }
        | Rule::Once { at, .. } => Box::new(std::iter::once(*at)),
    }
}

/// The days of one cycle that an expression names.
fn days(expr: &CronExpr) -> impl Iterator<Item = NaiveDate> {
    let [day, month, weekday] = [Field::Day, Field::Month, Field::Weekday].map(|field| expr.values(field));
    // A Monday.
    let first = NaiveDate::from_ymd_opt(2001, 1, 1).unwrap_or_default();
    first.iter_days().take(CYCLE_DAYS).filter(move |date| {
        let has = |values: &Option<Vec<u8>>, value: u32| {
            values.as_ref().map(|list| list.iter().any(|v| u32::from(*v) == value))
        };
        let of_week = has(&weekday, date.weekday().num_days_from_sunday());
        let on = match (has(&day, date.day()), of_week) {
            (Some(day), Some(of_week)) => day || of_week,
            (day, of_week) => day.or(of_week).unwrap_or(true),
        };
        on && has(&month, date.month()).unwrap_or(true)
    })
}

/// The most days from Monday to Sunday that an expression names.
fn days_a_week(expr: &CronExpr) -> u32 {
    let mut most = 0;
    let mut week = (NaiveDate::MIN, 0);
    for day in days(expr) {
        let monday = day.week(Weekday::Mon).first_day();
        week = if week.0 == monday { (monday, week.1 + 1) } else { (monday, 1) };
        most = most.max(week.1);
    }
    most
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use crate::domain::schedule::Rule;
    use chrono_tz::Tz;
    use rstest::rstest;

    fn cron(text: &str) -> Rule {
        Rule::Cron(CronExpr::parse(text).unwrap())
    }

    #[rstest]
    #[case("30 9 * * 1,3,5", 1, 3)]
    #[case("30 9 * * *", 1, 7)]
    #[case("0 9,15 * * 1-5", 2, 10)]
    #[case("* * * * *", 1440, 10_080)]
    #[case("30 9 1,15 * *", 1, 1)]
    #[case("30 9 28-31,1 2 *", 1, 2)]
    #[case("30 9 1 * 1", 1, 2)]
    #[case("30 9 29 2 *", 1, 1)]
    fn a_rule_asks_so_often(#[case] expr: &str, #[case] day: u32, #[case] week: u32) {
        assert_eq!(load(&cron(expr)), Load { day, week });
    }

    #[rstest]
    #[case("30 9 * * *", None)]
    #[case("30 11 * * *", None)]
    #[case("31 11 * * *", Some("11:31:00"))]
    #[case("0 8-10 * * *", Some("08:00:00"))]
    #[case("*/15 9-11 * * *", Some("11:45:00"))]
    #[case("0 15,12 * * *", Some("12:00:00"))]
    fn the_first_time_outside_is_found(#[case] expr: &str, #[case] found: Option<&str>) {
        let found = found.map(|time| time.parse().unwrap());
        assert_eq!(outside_hours(&cron(expr), &AllowedHours::standard(Tz::Asia__Shanghai)), found);
    }

    #[rstest]
    #[case("30 9 * * 1-5", true)]
    #[case("30 9 * * 1-6", false)]
    #[case("30 9 1 * 1", false)]
    #[case("30 9 * * *", false)]
    fn weekdays_are_told_from_weekends(#[case] expr: &str, #[case] stays: bool) {
        assert_eq!(stays_on_weekdays(&cron(expr)), stays);
    }
}
