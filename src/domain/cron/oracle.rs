//! Random expressions against a second, independent implementation of crontab.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::{Datelike, NaiveDate, NaiveTime, Offset, TimeDelta, TimeZone};
use croner::Cron;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rstest::rstest;

/// Expressions tried with each seed.
const EXPRESSIONS: u32 = 2_500;
/// Runs compared for each.
const RUNS: usize = 50;
/// The engine's last year; the oracle knows later ones.
const YEAR_LAST: i32 = 2099;
const ZONE: Tz = Tz::Asia__Shanghai;
const MONTHS: [&str; 4] = ["JAN", "feb", "Sep", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "mon", "Tue", "WED", "thu", "FRI", "sat"];

fn number_part(min: u8, max: u8) -> BoxedStrategy<String> {
    let one = (min..=max).prop_map(|v| v.to_string());
    let range = (min..=max, min..=max).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b)));
    let stepped = (min..=max, min..=max, 1..=(max - min) / 2)
        .prop_map(|(a, b, step)| format!("{}-{}/{step}", a.min(b), a.max(b)));
    prop_oneof![4 => one, 2 => range, 1 => stepped].boxed()
}

fn field(min: u8, max: u8, part: BoxedStrategy<String>) -> BoxedStrategy<String> {
    let list = prop::collection::vec(part, 1..4).prop_map(|parts| parts.join(","));
    let stepped_star = (1..=(max - min) / 2).prop_map(|step| format!("*/{step}"));
    prop_oneof![3 => Just("*".to_owned()), 5 => list, 1 => stepped_star].boxed()
}

fn numbers(min: u8, max: u8) -> BoxedStrategy<String> {
    field(min, max, number_part(min, max))
}

fn named(min: u8, max: u8, names: &'static [&'static str]) -> BoxedStrategy<String> {
    let name = select(names).prop_map(str::to_owned);
    field(min, max, prop_oneof![2 => number_part(min, max), 1 => name].boxed())
}

fn expressions() -> impl Strategy<Value = String> {
    // SUN-SUN is left out: the oracle reads it as the whole week, this module as Sundays.
    let weekday_range = (0_usize..6).prop_flat_map(|a| (Just(a), a + 1..7));
    let weekday_range = weekday_range.prop_map(|(a, b)| format!("{}-{}", WEEKDAYS[a], WEEKDAYS[b]));
    let weekday = prop_oneof![5 => named(0, 7, &WEEKDAYS), 1 => weekday_range];
    (numbers(0, 59), numbers(0, 23), numbers(1, 31), named(1, 12, &MONTHS), weekday)
        .prop_map(|(minute, hour, day, month, weekday)| format!("{minute} {hour} {day} {month} {weekday}"))
}

fn oracle_runs(cron: &Cron, after: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    cron.iter_after(after.with_timezone(&ZONE))
        .take_while(|run| run.year() <= YEAR_LAST)
        .take(RUNS)
        .map(|run| run.with_timezone(&Utc))
        .collect()
}

/// 20,000 expressions in all, in eight tests so that they run side by side.
#[rstest]
fn agrees_with_another_implementation(#[values(1, 2, 3, 4, 5, 6, 7, 8)] seed: u8) {
    let config = Config { cases: EXPRESSIONS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    // Ten years of minutes, from 2026 on.
    let cases = (expressions(), 0_i64..5_256_000);
    let outcome = runner.run(&cases, |(text, minutes)| {
        let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let after = start + TimeDelta::minutes(minutes);
        let theirs: Cron = text.parse().unwrap();
        let expected = oracle_runs(&theirs, after);
        match CronExpr::parse(&text) {
            Ok(ours) => {
                let runs: Vec<_> = ours.runs(after, ZONE).take(RUNS).collect();
                prop_assert_eq!(runs, expected, "{} after {}", text, after);
            }
            Err(CronError::NeverFires) => prop_assert!(expected.is_empty(), "{text} fires"),
            Err(other) => prop_assert!(false, "{text}: {other}"),
        }
        Ok(())
    });
    outcome.unwrap();
}

/// Expressions tried in a zone with summer time.
const SUMMER_EXPRESSIONS: u32 = 500;

fn summer(zone: Tz, expressions: impl Strategy<Value = String>, counts: impl Fn(NaiveDate) -> bool) {
    let config = Config { cases: SUMMER_EXPRESSIONS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    let outcome = runner.run(&(expressions, 0_i64..5_256_000), |(text, minutes)| {
        let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let after = start + TimeDelta::minutes(minutes);
        let Ok(ours) = CronExpr::parse(&text) else { return Ok(()) };
        let theirs: Cron = text.parse().unwrap();
        let ours: Vec<_> = ours.runs(after, zone).take(400).collect();
        let Some(last) = ours.last().copied() else { return Ok(()) };
        let theirs = theirs.iter_after(after.with_timezone(&zone)).map(|run| run.with_timezone(&Utc));
        let counted = |run: &DateTime<Utc>| counts(wall::of(*run, zone).date());
        let theirs: Vec<_> = theirs.take_while(|run| *run <= last).filter(counted).collect();
        let ours: Vec<_> = ours.into_iter().filter(counted).collect();
        prop_assert_eq!(ours, theirs, "{} after {}", text, after);
        Ok(())
    });
    outcome.unwrap();
}

/// Whether clocks change on that day.
fn changes(zone: Tz, day: NaiveDate) -> bool {
    let offset = |day: NaiveDate| zone.offset_from_utc_datetime(&day.and_time(NaiveTime::MIN)).fix();
    offset(day.pred_opt().unwrap()) != offset(day.succ_opt().unwrap())
}

/// On a day of change the other implementation runs lists and steps in both of a repeated hour and drops those in a skipped
/// one; here each wall time stands for one instant. All other days have to be the same.
#[rstest]
fn agrees_under_summer_time_but_on_the_days_of_change(#[values(Tz::Europe__Berlin, Tz::America__New_York)] zone: Tz) {
    summer(zone, expressions(), |day| !changes(zone, day));
}

/// A single time of day means the same to both, on the days of change as well.
#[rstest]
fn agrees_about_single_times_on_every_day(#[values(Tz::Europe__Berlin, Tz::America__New_York)] zone: Tz) {
    let single = (0_u8..60, 0_u8..5).prop_map(|(minute, hour)| format!("{minute} {hour} * * *"));
    summer(zone, single, |_| true);
}
