#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use chrono_tz::Tz;

use super::*;
use crate::domain::cron::CronExpr;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn half_past_nine() -> NaiveTime {
    NaiveTime::from_hms_opt(9, 30, 0).unwrap()
}

fn expr(text: &str) -> Rule {
    Rule::Cron(CronExpr::parse(text).unwrap())
}

fn every_weeks(weeks: u32) -> Rule {
    Rule::EveryWeeks { weeks, on: Weekday::Thu, from: day("2026-09-03"), at: half_past_nine() }
}

fn before(festivals: &[Festival], workdays: u32, merge_within: u32) -> Rule {
    Rule::BeforeFestival(BeforeFestival { festivals: festivals.to_vec(), workdays, merge_within, at: half_past_nine() })
}

fn every_kind() -> Vec<Rule> {
    let at = half_past_nine();
    vec![
        expr("30 9 * * 1,3,5"),
        every_weeks(1),
        every_weeks(2),
        every_weeks(4),
        Rule::WorkdayOfMonth { n: 3, at },
        Rule::WorkdayOfMonth { n: -1, at },
        Rule::WorkdayOfMonth { n: -2, at },
        before(Festival::ALL, 3, 0),
        before(&[Festival::MidAutumn], 1, 0),
        before(&[Festival::MidAutumn, Festival::National], 5, 7),
        Rule::Yearly { month: 12, day: 4, at },
        Rule::Yearly { month: 2, day: 29, at },
        Rule::Once { on: day("2026-12-01"), at },
    ]
}

#[test]
fn every_kind_is_one_sentence() {
    insta::assert_snapshot!(every_kind().iter().map(rule).collect::<Vec<_>>().join("\n"));
}

#[test]
fn bounds_follow_the_rule() {
    let (first, last) = (Some(day("2026-09-01")), Some(day("2026-12-31")));
    let bounded = |rule: Rule, on_holiday, starts_on, ends_on| terms(&Terms { rule, on_holiday, starts_on, ends_on });
    let at = half_past_nine();
    let said = [
        bounded(expr("30 9 * * 1"), OnHoliday::Skip, None, None),
        bounded(expr("30 9 * * *"), OnHoliday::Previous, first, None),
        bounded(every_weeks(2), OnHoliday::Next, None, last),
        bounded(Rule::Yearly { month: 12, day: 4, at }, OnHoliday::Run, first, last),
        bounded(Rule::WorkdayOfMonth { n: -1, at }, OnHoliday::Skip, first, None),
        bounded(before(&[Festival::MidAutumn], 3, 0), OnHoliday::Skip, None, None),
    ];
    insta::assert_snapshot!(said.join("\n"));
}

#[test]
fn what_speaks_against_a_rule_is_said_after_it() {
    let bounds = |tz| Bounds {
        hours: AllowedHours::standard(tz),
        caps: Caps { per_day: 1, per_week: 3 },
        today: day("2026-08-07"),
    };
    let said = [
        explained(&expr("30 9 * * 1,3,5"), &bounds(Tz::Asia__Shanghai)),
        explained(&expr("30 9 * * 1-5"), &bounds(Tz::Asia__Shanghai)),
        explained(&expr("0 9,12 * * 1"), &bounds(Tz::Asia__Shanghai)),
        explained(&expr("* * * * *"), &bounds(Tz::Asia__Shanghai)),
        explained(&every_weeks(2), &bounds(Tz::Europe__Berlin)),
    ];
    insta::assert_snapshot!(said.join("\n"));
}
