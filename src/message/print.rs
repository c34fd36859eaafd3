//! Days, times and people as they are printed.

use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, Timelike, Utc, Weekday};
use chrono_tz::Tz;

use crate::domain::channel::Names;
use crate::domain::slot::AllowedHours;
use crate::domain::wall;

/// `2026年11月20日`
pub fn date(day: NaiveDate) -> String {
    format!("{}年{}月{}日", day.year(), day.month(), day.day())
}

/// `9月9日（周三）`
pub fn month_day(day: NaiveDate) -> String {
    format!("{}月{}日（{}）", day.month(), day.day(), weekday_of(day))
}

/// `11月25日09:41`
pub fn day_time(at: DateTime<Utc>, zone: Tz) -> String {
    let wall = wall::of(at, zone);
    format!("{}月{}日{:02}:{:02}", wall.month(), wall.day(), wall.hour(), wall.minute())
}

/// `09:30`
pub fn time(at: DateTime<Utc>, zone: Tz) -> String {
    let wall = wall::of(at, zone);
    format!("{:02}:{:02}", wall.hour(), wall.minute())
}

/// `9月16日09:10至09:24`; of two days both are named.
pub fn span(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> String {
    let same_day = wall::of(from, zone).date() == wall::of(to, zone).date();
    let end = if same_day { time(to, zone) } else { day_time(to, zone) };
    format!("{}至{end}", day_time(from, zone))
}

/// `2026-09-02 09:30`: the `local` of JSON outputs.
pub fn local(at: DateTime<Utc>, zone: Tz) -> String {
    wall::of(at, zone).format("%Y-%m-%d %H:%M").to_string()
}

/// `周三`
pub fn weekday(at: DateTime<Utc>, zone: Tz) -> &'static str {
    weekday_of(wall::of(at, zone).date())
}

/// `周三`
pub fn weekday_of(day: NaiveDate) -> &'static str {
    weekday_name(day.weekday())
}

/// `周三`
pub const fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Mon => "周一",
        Weekday::Tue => "周二",
        Weekday::Wed => "周三",
        Weekday::Thu => "周四",
        Weekday::Fri => "周五",
        Weekday::Sat => "周六",
        Weekday::Sun => "周日",
    }
}

/// `09:00—11:30、14:30—17:30`
pub fn hours(hours: &AllowedHours) -> String {
    let clock = |time: NaiveTime| format!("{:02}:{:02}", time.hour(), time.minute());
    let windows = hours.windows.iter().map(|window| format!("{}—{}", clock(window.from), clock(window.to)));
    windows.collect::<Vec<_>>().join("、")
}

/// The last part of a unit's path: how people call it.
pub fn unit_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// How a person is shown where names are masked. Only [`person`] makes one, so that a sentence that takes it cannot be handed
/// a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Masked {
    /// `张*`
    pub(in crate::message) name: String,
    /// Last characters of the staff number.
    pub(in crate::message) tail: String,
}

impl std::fmt::Display for Masked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}（工号尾号{}）", self.name, self.tail)
    }
}

/// The one function that renders a person for people, as the place allows where it is read.
pub fn named(names: Names, name: &str, staff_no: &str, others: &[&str]) -> String {
    match names {
        Names::Masked => person(name, staff_no, others).to_string(),
        Names::Full => format!("{staff_no}（{name}）"),
    }
}

/// A person where names must not appear: the first character of the name and the end of
/// the staff number, at least two characters and as many more as make it unique among `others`.
pub fn person(name: &str, staff_no: &str, others: &[&str]) -> Masked {
    let characters: Vec<char> = staff_no.chars().collect();
    let tail = |length: usize| characters[characters.len().saturating_sub(length)..].iter().collect::<String>();
    let shared = |tail: &str| others.iter().any(|other| *other != staff_no && other.ends_with(tail));
    let length = (2..characters.len()).find(|length| !shared(&tail(*length))).unwrap_or(characters.len());
    let first: String = name.chars().take(1).collect();
    Masked { name: format!("{first}*"), tail: tail(length) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("G2608", &[], "08")]
    #[case("G2608", &["G2618", "G2607"], "08")]
    #[case("G2608", &["G2508", "G2608"], "608")]
    #[case("8", &["18"], "8")]
    #[case("", &[], "")]
    fn a_person_is_masked_and_unique(#[case] no: &str, #[case] others: &[&str], #[case] tail: &str) {
        let masked = person("张青禾", no, others);
        assert_eq!(masked, Masked { name: "张*".to_owned(), tail: tail.to_owned() });
        assert_eq!(masked.to_string(), format!("张*（工号尾号{tail}）"));
        assert_eq!(named(Names::Masked, "张青禾", no, others), masked.to_string());
        assert_eq!(named(Names::Full, "张青禾", no, others), format!("{no}（张青禾）"));
    }

    #[test]
    fn instants_are_printed_by_the_office_s_clock() {
        let at = DateTime::from_timestamp(1_795_571_000, 0).unwrap_or_default();
        let zone = Tz::Asia__Shanghai;
        assert_eq!(day_time(at, zone), "11月25日09:43");
        assert_eq!(local(at, zone), "2026-11-25 09:43");
        assert_eq!(span(at, at + chrono::TimeDelta::minutes(14), zone), "11月25日09:43至09:57");
        assert_eq!(span(at, at + chrono::TimeDelta::hours(15), zone), "11月25日09:43至11月26日00:43");
        assert_eq!(weekday(at, zone), "周三");
        assert_eq!(unit_name("管委会/综合科"), "综合科");
    }
}
