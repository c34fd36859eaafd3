//! Random expressions against a second, independent implementation of crontab.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::{Datelike, TimeDelta};
use croner::Cron;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Expressions tried; a soak may raise it to 20,000.
const EXPRESSIONS: u32 = 2_500;
/// Runs compared for each; a soak may raise it to 50.
const RUNS: usize = 20;
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

#[test]
fn agrees_with_another_implementation() {
    let config = Config { cases: EXPRESSIONS, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha));
    // Ten years of minutes, from 2026 on.
    let cases = (expressions(), 0_i64..5_256_000);
    let outcome = runner.run(&cases, |(text, minutes)| {
        let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().unwrap();
        let after = start + TimeDelta::minutes(minutes);
        let theirs: Cron = text.parse().unwrap();
        let expected = oracle_runs(&theirs, after);
        match CronExpr::parse(&text) {
            Ok(ours) => {
                prop_assert_eq!(
                    ours.runs(after, ZONE).take(RUNS).collect::<Vec<_>>(),
                    expected,
                    "{} after {}",
                    text,
                    after
                );
            }
            Err(CronError::NeverFires) => prop_assert!(expected.is_empty(), "{text} fires"),
            Err(other) => prop_assert!(false, "{text}: {other}"),
        }
        Ok(())
    });
    outcome.unwrap();
}
