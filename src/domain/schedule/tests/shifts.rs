use rstest::rstest;

use super::support::{announced, at, between, date, local, terms, with_law};
use crate::domain::calendar::Calendar;
use crate::domain::schedule::{OnHoliday, RuleError, Slot, Terms};

/// `MM-DD HH:MM`, with where it was moved from and the day off that keeps it.
fn line(slot: &Slot) -> String {
    let moved = slot.moved_from.map(|from| format!(" <{}", &local(from)[5..10])).unwrap_or_default();
    let off = slot.off.as_ref().map(|name| format!(" !{name}")).unwrap_or_default();
    let unknown = if slot.known { "" } else { " ?" };
    format!("{}{moved}{off}{unknown}", &local(slot.due)[5..])
}

fn lines(terms: &Terms, calendar: &Calendar, from: &str, to: &str) -> Vec<String> {
    between(terms, calendar, from, to).iter().map(line).collect()
}

const MON_WED_FRI: &str = "cron 30 9 * * 1,3,5";

/// 国庆 2026 is off from Thursday 1 to Wednesday 7 October; Saturday the 10th is worked.
#[rstest]
#[case(OnHoliday::Skip, &["09-30 09:30", "10-02 09:30 !国庆", "10-05 09:30 !国庆", "10-07 09:30 !国庆", "10-09 09:30"])]
#[case(OnHoliday::Run, &["09-30 09:30", "10-02 09:30", "10-05 09:30", "10-07 09:30", "10-09 09:30"])]
#[case(OnHoliday::Previous, &["09-30 09:30", "09-30 09:30 <10-02", "09-30 09:30 <10-05", "09-30 09:30 <10-07", "10-09 09:30"])]
#[case(OnHoliday::Next, &["09-30 09:30", "10-08 09:30 <10-02", "10-08 09:30 <10-05", "10-08 09:30 <10-07", "10-09 09:30"])]
fn national_day(#[case] on_holiday: OnHoliday, #[case] expected: &[&str]) {
    assert_eq!(lines(&terms(MON_WED_FRI, on_holiday), &announced(), "2026-09-30", "2026-10-11"), expected);
}

/// 春节 2026 is off from Sunday 15 to Monday 23 February; Saturdays the 14th and the 28th are worked.
#[rstest]
#[case(OnHoliday::Skip, &["02-14 10:00", "02-21 10:00 !春节", "02-28 10:00", "03-07 10:00 !"])]
#[case(OnHoliday::Run, &["02-14 10:00", "02-21 10:00", "02-28 10:00", "03-07 10:00"])]
#[case(OnHoliday::Previous, &["02-14 10:00", "02-14 10:00 <02-21", "02-28 10:00", "03-06 10:00 <03-07"])]
#[case(OnHoliday::Next, &["02-14 10:00", "02-24 10:00 <02-21", "02-28 10:00"])]
fn spring_festival_on_saturdays(#[case] on_holiday: OnHoliday, #[case] expected: &[&str]) {
    let saturdays = terms("cron 0 10 * * SAT", on_holiday);
    assert_eq!(lines(&saturdays, &announced(), "2026-02-10", "2026-03-07"), expected);
    let every_week = terms("every-weeks 1 sat 2026-01-01 10:00", on_holiday);
    assert_eq!(lines(&every_week, &announced(), "2026-02-10", "2026-03-07"), expected);
}

#[rstest]
#[case::to_a_make_up_day(OnHoliday::Previous, "once 2026-02-16 15:00", "02-14 15:00 <02-16")]
#[case::over_a_block(OnHoliday::Next, "once 2026-02-16 15:00", "02-24 15:00 <02-16")]
#[case::yearly(OnHoliday::Previous, "yearly 10-01 09:30", "09-30 09:30 <10-01")]
#[case::yearly_skipped(OnHoliday::Skip, "yearly 10-01 09:30", "10-01 09:30 !国庆")]
#[case::a_sunday_before_a_make_up_day(OnHoliday::Skip, "once 2026-09-20 09:30", "09-20 09:30")]
#[case::into_an_unknown_year(OnHoliday::Next, "once 2026-12-31 09:30", "12-31 09:30")]
fn single_days(#[case] on_holiday: OnHoliday, #[case] rule: &str, #[case] expected: &str) {
    assert_eq!(lines(&terms(rule, on_holiday), &announced(), "2026-01-01", "2026-12-31"), [expected]);
}

#[test]
fn what_rests_on_an_unknown_year_is_unknown() {
    // 2 January 2027 is a Saturday; nothing is known of that year, and 2026 ends on a Thursday.
    let calendar = announced();
    let of = |on_holiday, rule| lines(&terms(rule, on_holiday), &calendar, "2026-12-28", "2027-01-05");
    assert_eq!(of(OnHoliday::Next, "once 2027-01-02 09:30"), ["01-04 09:30 <01-02 ?"]);
    assert_eq!(of(OnHoliday::Run, "once 2027-01-02 09:30"), ["01-02 09:30"], "it asks no calendar");
    assert_eq!(of(OnHoliday::Skip, "once 2027-01-01 09:30"), ["01-01 09:30 ?"]);
    let known =
        lines(&terms("once 2027-01-01 09:30", OnHoliday::Previous), &with_law(2027..=2027), "2026-12-28", "2027-01-05");
    assert_eq!(known, ["12-31 09:30 <01-01"]);
}

#[test]
fn moved_slots_are_sorted_by_the_time_they_go_out() {
    let twice = terms("cron 0 9,15 * * *", OnHoliday::Next);
    let expected = [
        "10-08 09:00 <10-01",
        "10-08 09:00 <10-02",
        "10-08 09:00 <10-03",
        "10-08 09:00 <10-04",
        "10-08 09:00 <10-05",
        "10-08 09:00 <10-06",
        "10-08 09:00 <10-07",
        "10-08 09:00",
        "10-08 15:00 <10-01",
        "10-08 15:00 <10-02",
        "10-08 15:00 <10-03",
        "10-08 15:00 <10-04",
        "10-08 15:00 <10-05",
        "10-08 15:00 <10-06",
        "10-08 15:00 <10-07",
        "10-08 15:00",
    ];
    assert_eq!(lines(&twice, &announced(), "2026-10-08", "2026-10-08"), expected);
}

#[rstest]
#[case::over_a_year_of_53_weeks("every-weeks 2 thu 2026-12-03 14:30", &["12-03 14:30", "12-17 14:30", "12-31 14:30", "01-14 14:30", "01-28 14:30"])]
#[case::counted_from_the_week_of_a_later_day("every-weeks 2 mon 2026-12-03 14:30", &["12-14 14:30", "12-28 14:30", "01-11 14:30", "01-25 14:30"])]
#[case::later_in_the_same_week("every-weeks 3 fri 2026-12-03 14:30", &["12-04 14:30", "12-25 14:30", "01-15 14:30"])]
fn weeks_are_counted_over_the_turn_of_the_year(#[case] rule: &str, #[case] expected: &[&str]) {
    let terms = terms(rule, OnHoliday::Run);
    assert_eq!(lines(&terms, &with_law(2027..=2027), "2026-11-01", "2027-01-31"), expected);
    // From the middle the same weeks are found.
    assert_eq!(
        lines(&terms, &with_law(2027..=2027), "2027-01-01", "2027-01-31").len(),
        expected.iter().filter(|l| l.starts_with("01")).count()
    );
}

#[test]
fn b8_the_leap_day_comes_in_leap_years() {
    let years = terms("yearly 02-29 09:30", OnHoliday::Run)
        .slots(&Calendar::default(), super::support::SHANGHAI, at("2026-01-01 00:00"))
        .map(|slot| local(slot.due)[..10].to_owned())
        .collect::<Vec<_>>();
    assert_eq!(years.first().unwrap(), "2028-02-29");
    assert_eq!(years.last().unwrap(), "2096-02-29");
    assert_eq!(years.len(), 18);
}

#[rstest]
#[case::first("workday-of-month 1 09:30", &["09-01 09:30", "10-08 09:30", "11-02 09:30"])]
#[case::third("workday-of-month 3 09:30", &["09-03 09:30", "10-10 09:30", "11-04 09:30"])]
#[case::last("workday-of-month -1 09:30", &["09-30 09:30", "10-30 09:30", "11-30 09:30"])]
#[case::from_the_end("workday-of-month -9 09:30", &["09-18 09:30", "10-20 09:30", "11-18 09:30"])]
#[case::months_that_are_too_short("workday-of-month 22 09:30", &["09-30 09:30"])]
#[case::too_short_from_the_end("workday-of-month -21 09:30", &["09-02 09:30", "11-02 09:30"])]
fn workdays_are_counted_in_their_month(#[case] rule: &str, #[case] expected: &[&str]) {
    // 2026 has 22, 18 and 21 workdays in these months.
    for on_holiday in OnHoliday::ALL {
        assert_eq!(lines(&terms(rule, *on_holiday), &announced(), "2026-09-01", "2026-11-30"), expected);
    }
}

#[test]
fn the_key_of_a_counted_workday_is_the_first_of_its_month() {
    let last = terms("workday-of-month -1 09:30", OnHoliday::Skip);
    let keys: Vec<_> = between(&last, &announced(), "2026-09-01", "2026-10-31").iter().map(|s| local(s.key)).collect();
    assert_eq!(keys, ["2026-09-01 09:30", "2026-10-01 09:30"]);
}

#[test]
fn bounds_hold_for_what_the_rule_says() {
    // 1 October is inside, though its message goes out a week after the end.
    let bounded = Terms {
        starts_on: Some(date("2026-09-30")),
        ends_on: Some(date("2026-10-01")),
        ..terms("cron 0 9 * * *", OnHoliday::Next)
    };
    assert_eq!(lines(&bounded, &announced(), "2026-09-01", "2026-10-31"), ["09-30 09:00", "10-08 09:00 <10-01"]);
    let counted = Terms {
        starts_on: Some(date("2026-09-02")),
        ends_on: Some(date("2026-11-02")),
        ..terms("workday-of-month 1 09:30", OnHoliday::Skip)
    };
    assert_eq!(lines(&counted, &announced(), "2026-01-01", "2026-12-31"), ["10-08 09:30", "11-02 09:30"]);
    assert_eq!(counted.check(), Ok(()));
    let backwards = Terms { ends_on: Some(date("2026-09-01")), ..counted };
    let (starts_on, ends_on) = (date("2026-09-02"), date("2026-09-01"));
    assert_eq!(backwards.check(), Err(RuleError::EndsBeforeStart { starts_on, ends_on }));
    assert!(lines(&backwards, &announced(), "2026-01-01", "2026-12-31").is_empty());
}

/// Clocks in Berlin skip 02:00 to 03:00 on 29 March 2026 and repeat it on 25 October, both Sundays.
#[rstest]
#[case("once 2026-03-29 02:30", &["2026-03-29T01:00:00+00:00"])]
#[case("once 2026-10-25 02:30", &["2026-10-25T00:30:00+00:00"])]
#[case("yearly 03-29 02:30", &["2026-03-29T01:00:00+00:00", "2027-03-29T00:30:00+00:00"])]
#[case("every-weeks 1 sun 2026-03-22 02:30",
    &["2026-03-22T01:30:00+00:00", "2026-03-29T01:00:00+00:00", "2026-04-05T00:30:00+00:00"])]
fn summer_time_means_one_instant_for_each_slot(#[case] rule: &str, #[case] expected: &[&str]) {
    let (terms, calendar) = (terms(rule, OnHoliday::Run), announced());
    let slots = terms.slots(&calendar, chrono_tz::Tz::Europe__Berlin, at("2026-01-01 00:00"));
    let due: Vec<String> = slots.take(expected.len()).map(|slot| slot.due.to_rfc3339()).collect();
    assert_eq!(due, expected);
}
