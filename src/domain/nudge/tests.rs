#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use chrono_tz::Tz;
use proptest::prelude::*;
use rstest::rstest;

use super::*;

const TZ: Tz = Tz::Asia__Shanghai;

/// Years without holidays: workdays are those from Monday to Friday.
fn at(text: &str) -> DateTime<Utc> {
    wall::instant(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap(), TZ)
}

fn time(text: &str) -> NaiveTime {
    NaiveTime::parse_from_str(text, "%H:%M").unwrap()
}

fn with<T>(start: &str, run: impl FnOnce(Terms<'_>) -> T) -> T {
    let (calendar, hours) = (Calendar::new([]), AllowedHours::standard(TZ));
    run(Terms { time: time(start), calendar: &calendar, hours: &hours })
}

#[rstest]
#[case::on_its_day("09:30", "2026-09-07 17:30", "2026-09-07 09:30")]
#[case::weekend("09:30", "2026-09-06 17:30", "2026-09-04 09:30")]
#[case::at_that_time("09:30", "2026-09-07 09:30", "2026-09-04 09:30")]
#[case::before_it("09:30", "2026-09-08 09:00", "2026-09-07 09:30")]
#[case::a_minute_after("09:30", "2026-09-07 09:31", "2026-09-07 09:30")]
#[case::before_the_hours("08:00", "2026-09-07 17:30", "2026-09-07 09:00")]
#[case::in_the_noon_rest("12:00", "2026-09-07 17:30", "2026-09-07 14:30")]
#[case::in_the_noon_rest_and_due_at_noon("12:00", "2026-09-07 13:00", "2026-09-04 14:30")]
fn the_day_and_the_time(#[case] start: &str, #[case] deadline: &str, #[case] expected: &str) {
    assert_eq!(with(start, |terms| terms.remind_at(at(deadline))), Some(at(expected)));
}

#[test]
fn after_the_hours_nobody_is_reminded() {
    assert_eq!(with("18:00", |terms| terms.remind_at(at("2026-09-07 23:00"))), None);
}

#[rstest]
#[case::before("2026-09-07 09:29", false)]
#[case::then("2026-09-07 09:30", true)]
#[case::later_that_day("2026-09-07 15:00", true)]
#[case::in_the_noon_rest("2026-09-07 12:00", false)]
#[case::after_the_deadline("2026-09-07 17:30", false)]
#[case::the_day_before("2026-09-04 10:00", false)]
#[case::another_day("2026-09-08 10:00", false)]
fn its_time_is_that_day_until_the_deadline(#[case] now: &str, #[case] due: bool) {
    let push = (at("2026-09-03 09:35"), at("2026-09-07 17:30"));
    assert_eq!(with("09:30", |terms| terms.is_due(push, at(now))), due);
}

#[test]
fn what_came_after_the_time_is_not_reminded_of_that_day() {
    let push = (at("2026-09-07 10:00"), at("2026-09-07 17:30"));
    assert!(!with("09:30", |terms| terms.is_due(push, at("2026-09-07 10:01"))));
}

#[rstest]
#[case::before("2026-09-07 09:29", None)]
#[case::then("2026-09-07 09:30", Some("2026-09-07 09:30"))]
#[case::another_day("2026-09-08 00:00", Some("2026-09-07 09:30"))]
fn its_time_has_come_from_then_on(#[case] now: &str, #[case] came: Option<&str>) {
    let push = (at("2026-09-03 09:35"), at("2026-09-07 17:30"));
    assert_eq!(with("09:30", |terms| terms.came(push, at(now))), came.map(at));
    let afterwards = (at("2026-09-07 10:00"), at("2026-09-07 17:30"));
    assert_eq!(with("09:30", |terms| terms.came(afterwards, at(now))), None);
}

#[rstest]
#[case::now("2026-09-07 09:30", "2026-09-07 09:30")]
#[case::noon("2026-09-07 12:00", "2026-09-07 14:30")]
#[case::early("2026-09-07 07:00", "2026-09-07 09:00")]
#[case::evening("2026-09-04 18:00", "2026-09-07 09:00")]
#[case::weekend("2026-09-05 10:00", "2026-09-07 09:00")]
fn the_next_allowed_instant(#[case] now: &str, #[case] expected: &str) {
    assert_eq!(with("09:30", |terms| terms.next_allowed(at(now))), at(expected));
}

#[rstest]
#[case(Standing::Missing, Person { reachable: true, ..Person::default() }, Fate::Reminded)]
#[case(Standing::Missing, Person::default(), Fate::Unreachable)]
#[case(Standing::Undelivered(Reason::Unbound), Person::default(), Fate::Unreachable)]
#[case(Standing::Missing, Person { away: true, reachable: true, muted: true }, Fate::Away)]
#[case(Standing::Missing, Person { muted: true, reachable: true, away: false }, Fate::Muted)]
#[case(Standing::InDoubt, Person { reachable: true, ..Person::default() }, Fate::NotReached)]
#[case(Standing::Undelivered(Reason::NoGroup), Person { reachable: true, ..Person::default() }, Fate::NotReached)]
#[case(Standing::OnTime, Person { reachable: true, ..Person::default() }, Fate::Confirmed)]
#[case(Standing::Late, Person { reachable: true, ..Person::default() }, Fate::Confirmed)]
fn who_is_reminded(#[case] standing: Standing, #[case] person: Person, #[case] expected: Fate) {
    assert_eq!(fate(standing, person), expected);
}

proptest! {
    /// Whatever the deadline, people are reminded on a workday, at the office's time, before the deadline, once.
    #[test]
    fn a_reminder_comes_before_its_deadline(minutes in 0i64..(400 * 24 * 60)) {
        let deadline = at("2026-01-01 00:00") + TimeDelta::minutes(minutes);
        with("09:30", |terms| {
            let reminded = terms.remind_at(deadline).unwrap();
            let wall = wall::of(reminded, TZ);
            prop_assert!(reminded < deadline && deadline - reminded < TimeDelta::days(5));
            prop_assert!(terms.calendar.is_workday(wall.date()) && wall.time() == time("09:30"));
            prop_assert!(terms.is_due((DateTime::UNIX_EPOCH, deadline), reminded));
            Ok(())
        })?;
    }
}
