#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use proptest::prelude::*;
use rstest::rstest;

use super::*;

mod bad;
mod notices;

pub(super) fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// A year that is shipped.
pub(super) fn shipped(year: i32) -> YearFile {
    let path = format!("{}/content/calendar/{year}.toml", env!("CARGO_MANIFEST_DIR"));
    read(&std::fs::read(path).unwrap()).unwrap()
}

pub(super) fn calendar() -> Calendar {
    Calendar::new((2024..=2027).map(shipped))
}

fn block(name: &str, from: &str, to: &str) -> Holiday {
    Holiday {
        festivals: name.split('、').map(|part| Festival::read(part).unwrap()).collect(),
        from: day(from),
        to: day(to),
    }
}

fn official(year: i32, holidays: Vec<Holiday>, makeup: &[&str]) -> YearFile {
    let covers_until = NaiveDate::from_ymd_opt(year, 12, 31).unwrap();
    let makeup = makeup.iter().map(|text| day(text)).collect();
    YearFile { year, status: YearStatus::Official, source: "通知".to_owned(), covers_until, holidays, makeup }
}

#[test]
fn b11_a_listed_workday_beats_a_listed_holiday_which_beats_the_weekend() {
    let file = official(2026, vec![block("国庆", "2026-10-01", "2026-10-07")], &["2026-10-04", "2026-10-10"]);
    let calendar = Calendar::new([file]);
    let kinds =
        ["2026-10-03", "2026-10-04", "2026-10-09", "2026-10-10", "2026-10-11"].map(|text| calendar.kind(day(text)));
    let expected = [DayKind::Holiday, DayKind::Makeup, DayKind::Workday, DayKind::Makeup, DayKind::Weekend];
    assert_eq!(kinds, expected);
    assert_eq!(calendar.day(day("2026-10-03")).name.as_deref(), Some("国庆"));
    assert_eq!(calendar.day(day("2026-10-04")).name, None);
}

#[test]
fn the_end_of_december_is_settled_by_the_file_of_the_next_year() {
    let this = official(2028, Vec::new(), &[]);
    let next = official(2029, vec![block("元旦", "2028-12-30", "2029-01-01")], &["2028-12-24"]);
    let (alone, both) = (Calendar::new([this.clone()]), Calendar::new([this, next]));
    assert_eq!(alone.kind(day("2028-12-24")), DayKind::Weekend);
    assert_eq!(both.kind(day("2028-12-24")), DayKind::Makeup);
    assert_eq!(both.day(day("2028-12-30")).name.as_deref(), Some("元旦"));
    assert_eq!(both.workdays_from(day("2028-12-28"), 1), day("2028-12-29"));
    assert_eq!(both.workdays_from(day("2028-12-29"), 1), day("2029-01-02"));
}

#[test]
fn the_law_speaks_where_no_notice_does() {
    let until_june = YearFile {
        covers_until: day("2027-06-30"),
        ..official(2027, vec![block("春节", "2027-02-04", "2027-02-10")], &["2027-02-14"])
    };
    let calendar = Calendar::new([until_june]);
    assert_eq!(calendar.kind(day("2027-06-09")), DayKind::Workday, "covered, and not listed");
    assert_eq!(calendar.day(day("2027-09-15")).name.as_deref(), Some("中秋"), "behind what is covered");
    assert_eq!((calendar.status(2027), calendar.standing(2027)), (YearStatus::Official, YearStatus::Provisional));
    let bare = YearFile { status: YearStatus::Provisional, holidays: Vec::new(), ..statutory(2027) };
    assert_eq!(diff(&Calendar::new([bare]), &Calendar::new([statutory(2027)])), []);
}

#[test]
fn a_year_of_which_nothing_is_known_says_so() {
    let calendar = calendar();
    let known = ["2023-12-31", "2024-01-01", "2027-12-31", "2028-01-01"].map(|text| calendar.knows(day(text)));
    assert_eq!(known, [false, true, true, false]);
    assert_eq!(calendar.status(2028), YearStatus::Missing);
}

#[rstest]
#[case::itself("2026-10-01", 0, "2026-10-01")]
#[case::after("2026-09-30", 1, "2026-10-08")]
#[case::after_a_makeup("2026-10-09", 1, "2026-10-10")]
#[case::before("2026-10-01", -1, "2026-09-30")]
#[case::before_over_a_makeup("2026-09-25", -5, "2026-09-20")]
fn workdays_are_counted(#[case] from: &str, #[case] n: i32, #[case] to: &str) {
    assert_eq!(calendar().workdays_from(day(from), n), day(to));
}

#[test]
fn counting_ends() {
    let calendar = Calendar::default();
    assert_eq!(calendar.workdays_from(NaiveDate::MAX, 3), NaiveDate::MAX);
    assert_eq!(calendar.workdays_from(NaiveDate::MIN, -3), NaiveDate::MIN);
    let far = calendar.workdays_from(day("2026-01-01"), i32::MAX);
    assert_eq!(far, calendar.workdays_from(day("2026-01-01"), 10_000));
    assert_eq!(calendar.workdays_from(day("2026-01-01"), i32::MIN), calendar.workdays_from(day("2026-01-01"), -10_000));
}

#[test]
fn changes_are_told_day_by_day() {
    let before = Calendar::new([statutory(2027)]);
    let after = Calendar::new([official(
        2027,
        [
            vec![block("国庆", "2027-10-01", "2027-10-05")],
            statutory(2027).holidays.into_iter().filter(|h| h.name() != "国庆").collect(),
        ]
        .concat(),
        &["2027-10-09"],
    )]);
    let told: Vec<_> = diff(&before, &after)
        .into_iter()
        .map(|c| {
            format!(
                "{} {} {} {}",
                c.date,
                c.before.kind.as_str(),
                c.after.kind.as_str(),
                c.after.name.unwrap_or_default()
            )
        })
        .collect();
    let expected = ["2027-10-04 workday holiday 国庆", "2027-10-05 workday holiday 国庆", "2027-10-09 weekend makeup "];
    assert_eq!(told, expected);
    assert_eq!(diff(&after, &after), []);
    assert_ne!(before.fingerprint(), after.fingerprint());
}

#[rstest]
#[case::settled("2026-10-31", &[])]
#[case::from_november("2026-11-01", &[(2027, YearStatus::Provisional)])]
#[case::this_year_all_the_time("2027-03-01", &[(2027, YearStatus::Provisional)])]
#[case::both("2027-12-01", &[(2027, YearStatus::Provisional), (2028, YearStatus::Missing)])]
fn a_missing_notice_is_warned_of(#[case] today: &str, #[case] years: &[(i32, YearStatus)]) {
    let told = warning(&calendar(), day(today)).map(|warning| warning.years).unwrap_or_default();
    assert_eq!(told, years);
}

proptest! {
    #[test]
    fn whatever_the_bytes_reading_ends(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read(&bytes);
    }

    #[test]
    fn whatever_the_days_reading_ends(text in "[\\[\\]{}\"=,\\-0-9a-z :\n]{0,200}", year in -9999..99999_i64) {
        let _ = read(text.as_bytes());
        let _ = read(format!("year = {year}\nmakeup = [{year}-01-01]\n{text}").as_bytes());
        let _ = read(format!("{{\"year\": {year}, \"days\": [{text}]}}").as_bytes());
    }

    #[test]
    fn counting_there_and_back_ends_where_it_began(offset in 0..1400_i64, n in 1..40) {
        let calendar = calendar();
        let from = calendar.workdays_from(day("2024-01-01") + TimeDelta::days(offset), 1);
        let to = calendar.workdays_from(from, n);
        prop_assert!(calendar.is_workday(to) && to > from);
        prop_assert_eq!(calendar.workdays_from(to, -n), from);
    }
}
