#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::TimeDelta;
use proptest::prelude::*;
use rstest::rstest;

const SHANGHAI: Tz = Tz::Asia__Shanghai;
const NEW_YORK: Tz = Tz::America__New_York;

fn first_runs(expr: &str, after: &str, tz: Tz, count: usize) -> Vec<String> {
    let expr = CronExpr::parse(expr).unwrap();
    let local = |run: DateTime<Utc>| run.with_timezone(&tz).format("%m-%d %H:%M %a").to_string();
    expr.runs(after.parse().unwrap(), tz).take(count).map(local).collect()
}

/// Shanghai, from Friday 2026-09-04 12:00 local.
fn runs(expr: &str, count: usize) -> Vec<String> {
    first_runs(expr, "2026-09-04T04:00:00Z", SHANGHAI, count)
}

#[rstest]
#[case::one_is_monday("30 9 * * 1", &["09-07 09:30 Mon", "09-14 09:30 Mon"])]
#[case::zero_is_sunday("30 9 * * 0", &["09-06 09:30 Sun", "09-13 09:30 Sun"])]
#[case::seven_is_sunday("30 9 * * 7", &["09-06 09:30 Sun", "09-13 09:30 Sun"])]
#[case::workdays_are_monday_to_friday("0 9 * * 1-5", &["09-07 09:00 Mon", "09-08 09:00 Tue", "09-09 09:00 Wed"])]
#[case::range_to_seven("0 9 * * 5-7", &["09-05 09:00 Sat", "09-06 09:00 Sun", "09-11 09:00 Fri"])]
#[case::range_to_sunday_by_name("0 9 * * FRI-SUN", &["09-05 09:00 Sat", "09-06 09:00 Sun", "09-11 09:00 Fri"])]
#[case::range_from_sunday("0 9 * * SUN-MON", &["09-06 09:00 Sun", "09-07 09:00 Mon", "09-13 09:00 Sun"])]
#[case::list_mixing_names("30 9 * * 1,wed,5", &["09-07 09:30 Mon", "09-09 09:30 Wed", "09-11 09:30 Fri"])]
#[case::weekday_step("0 9 * * */3", &["09-05 09:00 Sat", "09-06 09:00 Sun", "09-09 09:00 Wed"])]
#[case::day_or_weekday("0 9 15 * MON", &["09-07 09:00 Mon", "09-14 09:00 Mon", "09-15 09:00 Tue"])]
#[case::day_list_or_weekday("0 9 1,15 * 1", &["09-07 09:00 Mon", "09-14 09:00 Mon", "09-15 09:00 Tue"])]
#[case::question_mark_restricts_nothing("0 9 15 * ?", &["09-15 09:00 Tue", "10-15 09:00 Thu"])]
#[case::month_name("0 9 22 sep,oct *", &["09-22 09:00 Tue", "10-22 09:00 Thu"])]
#[case::thirty_first("0 9 31 * *", &["10-31 09:00 Sat", "12-31 09:00 Thu", "01-31 09:00 Sun"])]
#[case::leap_day("0 9 29 2 *", &["02-29 09:00 Tue", "02-29 09:00 Sun"])]
#[case::stepped_range("10-50/20 9 * * 1", &["09-07 09:10 Mon", "09-07 09:30 Mon", "09-07 09:50 Mon"])]
#[case::impossible_day_with_weekday("0 9 30 2 MON", &["02-01 09:00 Mon", "02-08 09:00 Mon"])]
#[case::full_width("３０　９　＊　＊　１，３，５", &["09-07 09:30 Mon", "09-09 09:30 Wed", "09-11 09:30 Fri"])]
#[case::full_width_signs("＊／３０ ９－１０ ＊ ＊ ｍｏｎ", &["09-07 09:00 Mon", "09-07 09:30 Mon", "09-07 10:00 Mon"])]
#[case::dash_of_a_word_processor("0 9 * * 1–5", &["09-07 09:00 Mon", "09-08 09:00 Tue"])]
fn fires_as_crontab_means_it(#[case] expr: &str, #[case] expected: &[&str]) {
    assert_eq!(runs(expr, expected.len()), expected);
}

#[rstest]
#[case::skipped_hour_runs_at_its_end("30 2 * * *", "2026-03-07T12:00:00Z", &["03-08 03:00 Sun", "03-09 02:30 Mon"])]
#[case::two_skipped_minutes_run_once("15,45 2 * * *", "2026-03-07T12:00:00Z", &["03-08 03:00 Sun", "03-09 02:15 Mon"])]
#[case::skipped_meets_a_real_run("30 2,3 * * *", "2026-03-07T12:00:00Z", &["03-08 03:00 Sun", "03-08 03:30 Sun"])]
#[case::repeated_hour_runs_once("30 1 * * *", "2026-10-31T12:00:00Z", &["11-01 01:30 Sun", "11-02 01:30 Mon"])]
#[case::between_the_repeats("30 1 * * *", "2026-11-01T06:10:00Z", &["11-02 01:30 Mon"])]
#[case::half_hours_stay_in_order("*/30 1,2 * * *", "2026-11-01T04:30:00Z",
    &["11-01 01:00 Sun", "11-01 01:30 Sun", "11-01 02:00 Sun"])]
fn b4_summer_time_neither_loses_nor_doubles_a_run(#[case] expr: &str, #[case] after: &str, #[case] expected: &[&str]) {
    assert_eq!(first_runs(expr, after, NEW_YORK, expected.len()), expected);
}

/// Clocks in Berlin go from 02:00 to 03:00 on 29 March 2026 and from 03:00 back to 02:00 on 25 October.
#[rstest]
#[case::skipped_hour_runs_at_its_end("30 2 * * *", "2026-03-28T12:00:00Z", &["03-29 03:00 Sun", "03-30 02:30 Mon"])]
#[case::skipped_minutes_run_once("*/10 2 * * SUN", "2026-03-28T12:00:00Z", &["03-29 03:00 Sun", "04-05 02:00 Sun"])]
#[case::repeated_hour_runs_once("30 2 * * *", "2026-10-24T12:00:00Z", &["10-25 02:30 Sun", "10-26 02:30 Mon"])]
#[case::repeated_half_hours("*/30 2,3 25 10 *", "2026-10-24T12:00:00Z",
    &["10-25 02:00 Sun", "10-25 02:30 Sun", "10-25 03:00 Sun", "10-25 03:30 Sun"])]
fn summer_time_in_berlin(#[case] expr: &str, #[case] after: &str, #[case] expected: &[&str]) {
    assert_eq!(first_runs(expr, after, Tz::Europe__Berlin, expected.len()), expected);
}

/// 02:30 comes first at +02:00, half an hour after midnight UTC, and again at +01:00.
#[test]
fn a_repeated_time_runs_the_first_time() {
    let expr = CronExpr::parse("30 2 * * *").unwrap();
    let next = expr.next_after("2026-10-24T12:00:00Z".parse().unwrap(), Tz::Europe__Berlin).unwrap();
    assert_eq!(next.to_rfc3339(), "2026-10-25T00:30:00+00:00");
}

fn at_field(field: Field, text: &str) -> (Field, String) {
    (field, text.to_owned())
}

#[rstest]
#[case("")]
#[case("30 9 * *")]
#[case("@daily")]
#[case("0 30 9 * * MON 2026")]
fn counts_the_fields(#[case] expr: &str) {
    let found = expr.split_whitespace().count();
    assert_eq!(CronExpr::parse(expr).unwrap_err(), CronError::FieldCount { found });
}

#[test]
fn b7_six_fields_are_named_as_seconds() {
    assert_eq!(CronExpr::parse("0 30 9 * * MON").unwrap_err(), CronError::Seconds);
}

#[rstest]
#[case("60 9 * * *", Field::Minute, "60")]
#[case("0 24 * * *", Field::Hour, "24")]
#[case("0 9 0 * *", Field::Day, "0")]
#[case("0 9 32 * *", Field::Day, "32")]
#[case("0 9 * 13 *", Field::Month, "13")]
#[case("0 9 * * 8", Field::Weekday, "8")]
#[case("5-60 9 * * *", Field::Minute, "60")]
#[case("0 99999999999999999999 * * *", Field::Hour, "99999999999999999999")]
fn names_the_field_out_of_range(#[case] expr: &str, #[case] field: Field, #[case] text: &str) {
    let (field, text) = at_field(field, text);
    assert_eq!(CronExpr::parse(expr).unwrap_err(), CronError::OutOfRange { field, text });
}

#[rstest]
#[case::last_day("0 9 L * *", Field::Day, "L")]
#[case::nearest_weekday("0 9 15W * *", Field::Day, "15W")]
#[case::nth_weekday("0 9 * * MON#1", Field::Weekday, "MON#1")]
#[case::full_name("0 9 * * MONDAY", Field::Weekday, "MONDAY")]
#[case::weekday_in_month("0 9 * MON *", Field::Month, "MON")]
#[case::empty_part("0,,5 9 * * *", Field::Minute, "")]
#[case::star_in_a_list("*,5 9 * * *", Field::Minute, "*,5")]
#[case::open_range("5- 9 * * *", Field::Minute, "")]
#[case::double_range("1-5-7 9 * * *", Field::Minute, "5-7")]
#[case::signed("+5 9 * * *", Field::Minute, "+5")]
#[case::decimal("0 9.5 * * *", Field::Hour, "9.5")]
#[case::chinese("0 9 * * 周一", Field::Weekday, "周一")]
#[case::step_without_number("*/ 9 * * *", Field::Minute, "*/")]
fn names_the_text_it_cannot_read(#[case] expr: &str, #[case] field: Field, #[case] text: &str) {
    let (field, text) = at_field(field, text);
    assert_eq!(CronExpr::parse(expr).unwrap_err(), CronError::NotUnderstood { field, text });
}

#[rstest]
#[case("0 9 * * FRI-MON", Field::Weekday, "FRI-MON")]
#[case("0 9 * * 5-1", Field::Weekday, "5-1")]
#[case("0 22-6 * * *", Field::Hour, "22-6")]
#[case("0 9 * NOV-FEB *", Field::Month, "NOV-FEB")]
fn refuses_ranges_that_run_backwards(#[case] expr: &str, #[case] field: Field, #[case] text: &str) {
    let (field, text) = at_field(field, text);
    assert_eq!(CronExpr::parse(expr).unwrap_err(), CronError::WrapAround { field, text });
}

#[rstest]
#[case("*/0 9 * * *", Field::Minute, "*/0")]
#[case("*/60 9 * * *", Field::Minute, "*/60")]
#[case("0 */24 * * *", Field::Hour, "*/24")]
#[case("0 9 * * 1-5/7", Field::Weekday, "1-5/7")]
fn refuses_steps_that_leave_nothing(#[case] expr: &str, #[case] field: Field, #[case] text: &str) {
    let (field, text) = at_field(field, text);
    assert_eq!(CronExpr::parse(expr).unwrap_err(), CronError::Step { field, text });
}

#[test]
fn a_step_needs_a_range() {
    let (field, text) = at_field(Field::Minute, "10/20");
    assert_eq!(CronExpr::parse("10/20 9 * * *").unwrap_err(), CronError::StepWithoutRange { field, text });
}

#[rstest]
#[case("0 9 30 2 *")]
#[case("0 9 31 2,4,6,9,11 *")]
#[case("0 9 31 4 ?")]
fn b6_refuses_dates_that_never_come(#[case] expr: &str) {
    assert_eq!(CronExpr::parse(expr).unwrap_err(), CronError::NeverFires);
}

#[test]
fn text_is_in_one_spelling() {
    let expr = CronExpr::parse("  ３０　9   ?  ｓｅｐ mon，wed、5 ").unwrap();
    assert_eq!(expr.text(), "30 9 * SEP MON,WED,5");
}

#[test]
fn after_is_exclusive_to_the_millisecond() {
    let expr = CronExpr::parse("30 9 * * *").unwrap();
    let next = |after: &str| expr.next_after(after.parse().unwrap(), SHANGHAI).unwrap().to_rfc3339();
    assert_eq!(next("2026-09-07T01:29:59.999Z"), "2026-09-07T01:30:00+00:00");
    assert_eq!(next("2026-09-07T01:30:00Z"), "2026-09-08T01:30:00+00:00");
    assert_eq!(next("2026-09-07T01:30:00.001Z"), "2026-09-08T01:30:00+00:00");
}

#[test]
fn the_engine_ends_with_its_last_year() {
    let expr = CronExpr::parse("0 9 29 2 *").unwrap();
    assert_eq!(expr.next_after("2096-03-01T00:00:00Z".parse().unwrap(), SHANGHAI), None);
}

proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[0-9A-Za-z*/,?#一－＊ -]{0,24}") {
        if let Ok(expr) = CronExpr::parse(&text) {
            let again = CronExpr::parse(expr.text()).unwrap();
            prop_assert_eq!(again.text(), expr.text());
            prop_assert!(expr.next_after("2026-09-04T04:00:00Z".parse().unwrap(), SHANGHAI).is_some());
        }
    }
}

proptest! {
    #[test]
    fn runs_ascend_over_summer_time(
        expr in prop::sample::select(vec!["*/20 * * * *", "15,45 1-3 * * *", "30 0 * * 0,6", "0 0 1 * MON"]),
        tz in prop::sample::select(vec![NEW_YORK, Tz::Australia__Lord_Howe, Tz::America__Havana, Tz::Pacific__Apia, SHANGHAI]),
        minutes in 0_i64..5_256_000,
    ) {
        // Ten years from 2008, over Samoa's missing day.
        let start: DateTime<Utc> = "2008-01-01T00:00:00Z".parse().unwrap();
        let expr = CronExpr::parse(expr).unwrap();
        let runs: Vec<_> = expr.runs(start + TimeDelta::minutes(minutes), tz).take(200).collect();
        prop_assert!(runs.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert!(runs.iter().all(|run| expr.next_after(*run - TimeDelta::milliseconds(1), tz) == Some(*run)));
    }
}
