use rstest::rstest;

use super::support::{SHANGHAI, announced, at, date, local};
use crate::domain::schedule::{DeadlineRule, Part, RuleError, default_deadline};
use crate::domain::slot::AllowedHours;

#[rstest]
#[case("workday-end", DeadlineRule::WorkdayEnd, "workday-end")]
#[case("3 workdays", DeadlineRule::Workdays(3), "3 workdays")]
#[case("1 workday", DeadlineRule::Workdays(1), "1 workdays")]
#[case("３个工作日", DeadlineRule::Workdays(3), "3 workdays")]
#[case("60 个工作日", DeadlineRule::Workdays(60), "60 workdays")]
#[case("24h", DeadlineRule::Hours(24), "24h")]
#[case("７２０Ｈ", DeadlineRule::Hours(720), "720h")]
#[case("２０２６－１２－３１", DeadlineRule::On(date("2026-12-31")), "2026-12-31")]
fn deadlines_are_read_and_spelled(#[case] text: &str, #[case] expected: DeadlineRule, #[case] spelled: &str) {
    assert_eq!(DeadlineRule::parse(text), Ok(expected));
    assert_eq!(expected.to_string(), spelled);
    assert_eq!(DeadlineRule::parse(spelled), Ok(expected));
}

#[rstest]
#[case("soon", RuleError::NotUnderstood { part: Part::Deadline, text: "soon".into() })]
#[case("0 workdays", RuleError::OutOfRange { part: Part::DeadlineWorkdays, text: "0".into() })]
#[case("61个工作日", RuleError::OutOfRange { part: Part::DeadlineWorkdays, text: "61".into() })]
#[case("721h", RuleError::OutOfRange { part: Part::DeadlineHours, text: "721".into() })]
#[case("-1h", RuleError::OutOfRange { part: Part::DeadlineHours, text: "-1".into() })]
#[case("h", RuleError::NotUnderstood { part: Part::DeadlineHours, text: String::new() })]
#[case("2026-02-29", RuleError::NoSuchDate { part: Part::Deadline, text: "2026-02-29".into() })]
fn deadlines_are_refused(#[case] text: &str, #[case] expected: RuleError) {
    assert_eq!(DeadlineRule::parse(text), Err(expected));
}

/// Around 国庆 2026, off from Thursday 1 to Wednesday 7 October, and Saturday 10 October, which is worked.
#[rstest]
#[case::same_day("workday-end", "2026-09-30 09:30", "2026-09-30 17:30")]
#[case::end_is_past("workday-end", "2026-09-30 17:30", "2026-10-08 17:30")]
#[case::day_off("workday-end", "2026-10-03 09:30", "2026-10-08 17:30")]
#[case::make_up_day("workday-end", "2026-10-10 09:30", "2026-10-10 17:30")]
#[case::over_the_holiday("2 workdays", "2026-09-30 09:30", "2026-10-09 17:30")]
#[case::counts_the_make_up_day("3 workdays", "2026-09-30 09:30", "2026-10-10 17:30")]
#[case::hours("4h", "2026-09-30 09:30", "2026-09-30 13:30")]
#[case::hours_into_a_day_off("24h", "2026-09-30 09:30", "2026-10-08 17:30")]
#[case::date("2026-10-09", "2026-09-30 09:30", "2026-10-09 17:30")]
#[case::date_off("2026-10-02", "2026-09-30 09:30", "2026-10-08 17:30")]
fn deadlines_lie_in_working_time(#[case] rule: &str, #[case] due: &str, #[case] expected: &str) {
    let hours = AllowedHours::standard(SHANGHAI);
    let deadline = DeadlineRule::parse(rule).unwrap().resolve(at(due), &announced(), &hours);
    assert_eq!(local(deadline), expected);
}

#[rstest]
#[case::two_workdays("2026-09-28 09:30", None, "2026-09-30 17:30")]
#[case::two_workdays_over_the_holiday("2026-09-30 09:30", None, "2026-10-09 17:30")]
#[case::before_the_festival("2026-09-28 09:30", Some("2026-10-01"), "2026-09-30 17:30")]
#[case::ends_on_a_make_up_day("2026-02-12 09:30", Some("2026-02-15"), "2026-02-14 17:30")]
#[case::the_last_minute_before("2026-09-30 17:29", Some("2026-10-01"), "2026-09-30 17:30")]
#[case::too_late_before_the_festival("2026-09-30 17:30", Some("2026-10-01"), "2026-10-08 17:30")]
fn defaults_lie_in_working_time(#[case] due: &str, #[case] first_off: Option<&str>, #[case] expected: &str) {
    let hours = AllowedHours::standard(SHANGHAI);
    assert_eq!(local(default_deadline(at(due), first_off.map(date), &announced(), &hours)), expected);
}
