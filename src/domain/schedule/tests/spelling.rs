use chrono::{NaiveDate, NaiveTime, TimeDelta, Weekday};
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rstest::rstest;

use crate::domain::calendar::Festival;
use crate::domain::cron::{CronError, CronExpr};
use crate::domain::schedule::{BeforeFestival, Part, Rule, RuleError};

#[rstest]
#[case("cron 30 9 * * 1-5", "cron 30 9 * * 1-5")]
#[case("ｃｒｏｎ　３０　９　＊　＊　１－５", "cron 30 9 * * 1-5")]
#[case("every-weeks 2 thu 2026-09-03 14:30", "every-weeks 2 thu 2026-09-03 14:30")]
#[case("EVERY-WEEKS ２ 周四 ２０２６－０９－０３ １４：３０", "every-weeks 2 thu 2026-09-03 14:30")]
#[case("every-weeks 2 星期天 2026-09-03 14:30", "every-weeks 2 sun 2026-09-03 14:30")]
#[case("  workday-of-month  –1   09:30 ", "workday-of-month -1 09:30")]
#[case("before-festival mid-autumn,national 3 0 09:30", "before-festival mid-autumn,national 3 0 09:30")]
#[case("before-festival 国庆节、中秋，中秋 3 0 09:30", "before-festival mid-autumn,national 3 0 09:30")]
#[case(
    "before-festival ALL 3 0 09:30",
    "before-festival new-year,spring,qingming,labour,dragon-boat,mid-autumn,national 3 0 09:30"
)]
#[case("yearly 12-04 09:30", "yearly 12-04 09:30")]
#[case("yearly 02-29 09:30", "yearly 02-29 09:30")]
#[case("once 2026-12-01 09:30", "once 2026-12-01 09:30")]
fn every_kind_is_read_and_spelled(#[case] text: &str, #[case] spelled: &str) {
    let rule = Rule::parse(text).unwrap();
    assert_eq!(rule.to_string(), spelled);
    assert_eq!(Rule::parse(spelled), Ok(rule));
}

fn not_understood(part: Part, text: &str) -> RuleError {
    RuleError::NotUnderstood { part, text: text.to_owned() }
}

fn out_of_range(part: Part, text: &str) -> RuleError {
    RuleError::OutOfRange { part, text: text.to_owned() }
}

fn no_such_date(part: Part, text: &str) -> RuleError {
    RuleError::NoSuchDate { part, text: text.to_owned() }
}

#[rstest]
#[case("", RuleError::Unreadable(String::new()))]
#[case("每天 09:30", RuleError::Unreadable("每天 09:30".into()))]
#[case("cron", RuleError::Cron(CronError::FieldCount { found: 0 }))]
#[case("cron 0 9 30 2 *", RuleError::Cron(CronError::NeverFires))]
#[case("every-weeks", RuleError::Missing(Part::Weeks))]
#[case("every-weeks 2", RuleError::Missing(Part::Weekday))]
#[case("every-weeks 2 thu", RuleError::Missing(Part::From))]
#[case("every-weeks 2 thu 2026-09-03", RuleError::Missing(Part::At))]
#[case("every-weeks 0 thu 2026-09-03 14:30", out_of_range(Part::Weeks, "0"))]
#[case("every-weeks 53 thu 2026-09-03 14:30", out_of_range(Part::Weeks, "53"))]
#[case("every-weeks -2 thu 2026-09-03 14:30", out_of_range(Part::Weeks, "-2"))]
#[case("every-weeks 两 thu 2026-09-03 14:30", not_understood(Part::Weeks, "两"))]
#[case("every-weeks 2 4 2026-09-03 14:30", not_understood(Part::Weekday, "4"))]
#[case("every-weeks 2 thu 2026-9-3 14:30", not_understood(Part::From, "2026-9-3"))]
#[case("every-weeks 2 thu 2026-02-29 14:30", no_such_date(Part::From, "2026-02-29"))]
#[case("workday-of-month 0 09:30", out_of_range(Part::Nth, "0"))]
#[case("workday-of-month -0 09:30", out_of_range(Part::Nth, "-0"))]
#[case("workday-of-month 24 09:30", out_of_range(Part::Nth, "24"))]
#[case("workday-of-month -24 09:30", out_of_range(Part::Nth, "-24"))]
#[case("workday-of-month 99999999999999999999 09:30", out_of_range(Part::Nth, "99999999999999999999"))]
#[case("workday-of-month 1.5 09:30", not_understood(Part::Nth, "1.5"))]
#[case("workday-of-month 1 09:30 again", RuleError::Surplus("again".into()))]
#[case("before-festival 重阳 3 0 09:30", not_understood(Part::Festival, "重阳"))]
#[case("before-festival spring, 3 0 09:30", not_understood(Part::Festival, ""))]
#[case("before-festival all 0 0 09:30", out_of_range(Part::FestivalWorkdays, "0"))]
#[case("before-festival all 21 0 09:30", out_of_range(Part::FestivalWorkdays, "21"))]
#[case("before-festival all 3 61 09:30", out_of_range(Part::MergeWithin, "61"))]
#[case("before-festival all 3 -1 09:30", out_of_range(Part::MergeWithin, "-1"))]
#[case("before-festival all 3 09:30", RuleError::Missing(Part::At))]
#[case("yearly 02-30 09:30", no_such_date(Part::MonthDay, "02-30"))]
#[case("yearly 13-01 09:30", no_such_date(Part::MonthDay, "13-01"))]
#[case("yearly 12-4 09:30", not_understood(Part::MonthDay, "12-4"))]
#[case("once 2026-12-32 09:30", no_such_date(Part::Date, "2026-12-32"))]
#[case("once 1999-12-31 09:30", out_of_range(Part::Date, "1999-12-31"))]
#[case("once 2100-01-01 09:30", out_of_range(Part::Date, "2100-01-01"))]
#[case("once 2026-12-01 9:30", not_understood(Part::At, "9:30"))]
#[case("once 2026-12-01 09:30:00", not_understood(Part::At, "09:30:00"))]
#[case("once 2026-12-01 +9:30", not_understood(Part::At, "+9:30"))]
#[case("once 2026-12-01 24:00", out_of_range(Part::At, "24:00"))]
fn every_refusal_names_the_part_and_the_text(#[case] text: &str, #[case] expected: RuleError) {
    assert_eq!(Rule::parse(text), Err(expected));
}

#[test]
fn the_parts_of_a_command_line_may_hold_spaces_around_them() {
    assert_eq!(Rule::yearly(" 12-04", "０９：３０ "), Rule::parse("yearly 12-04 09:30"));
    assert_eq!(
        Rule::before_festival("中秋, 国庆", "3", "0", "09:30"),
        Rule::parse("before-festival 中秋,国庆 3 0 09:30")
    );
    assert_eq!(Rule::workday_of_month("", "09:30"), Err(not_understood(Part::Nth, "")));
}

fn times() -> impl Strategy<Value = NaiveTime> {
    (0_i64..1440).prop_map(|minute| NaiveTime::MIN + TimeDelta::minutes(minute))
}

fn dates() -> impl Strategy<Value = NaiveDate> {
    (0_u64..36_500).prop_map(|day| NaiveDate::from_ymd_opt(2000, 1, 1).unwrap() + chrono::Days::new(day))
}

pub(super) fn rules() -> impl Strategy<Value = Rule> {
    const CRON: [&str; 4] = ["30 9 * * 1-5", "0 9,15 * * *", "*/30 8-10 1,15 * MON", "0 10 * * SAT,SUN"];
    let weekday = (0_u8..7).prop_map(|day| Weekday::try_from(day).unwrap());
    let nth = prop_oneof![1..=23, -23..=-1];
    prop_oneof![
        select(&CRON[..]).prop_map(|text| Rule::Cron(CronExpr::parse(text).unwrap())),
        (1_u32..=52, weekday, dates(), times()).prop_map(|(weeks, on, from, at)| Rule::EveryWeeks {
            weeks,
            on,
            from,
            at
        }),
        (nth, times()).prop_map(|(n, at)| Rule::WorkdayOfMonth { n, at }),
        (subsequence(Festival::ALL, 1..=7), 1_u32..=20, 0_u32..=60, times()).prop_map(
            |(festivals, workdays, merge_within, at)| {
                Rule::BeforeFestival(BeforeFestival { festivals, workdays, merge_within, at })
            }
        ),
        (dates(), times()).prop_map(|(date, at)| {
            let (month, day) = (chrono::Datelike::month(&date), chrono::Datelike::day(&date));
            Rule::Yearly { month, day, at }
        }),
        (dates(), times()).prop_map(|(on, at)| Rule::Once { on, at }),
    ]
}

proptest! {
    #[test]
    fn what_is_spelled_is_read_back(rule in rules()) {
        prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
    }

    #[test]
    fn no_text_makes_it_panic(text in "(cron|every-weeks|workday-of-month|before-festival|yearly|once)?[ 0-9a-z:,－－–：，、周四国庆-]{0,40}") {
        if let Ok(rule) = Rule::parse(&text) {
            prop_assert_eq!(Rule::parse(&rule.to_string()), Ok(rule));
        }
    }
}
