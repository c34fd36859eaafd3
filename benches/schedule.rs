//! Ten years of one schedule of each kind, and the next slot after an instant. Target: at most 5 ms for the ten years.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark fails loudly and prints its figures")]

#[path = "support/machine.rs"]
mod machine;

use std::hint::black_box;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use qingfeng::domain::calendar::{Calendar, statutory};
use qingfeng::domain::schedule::{OnHoliday, Rule, Terms};

const ZONE: Tz = Tz::Asia__Shanghai;
const RUNS: usize = 21;
/// Looks for the next slot that are timed together, from as many days.
const LOOKS: i64 = 1_000;
const TARGET_SECONDS: f64 = 0.005;

const KINDS: [(&str, OnHoliday); 9] = [
    ("cron 30 9 * * 1-5", OnHoliday::Skip),
    ("cron 30 9 * * 1-5", OnHoliday::Next),
    ("cron 0 9,15 1,15 * MON", OnHoliday::Previous),
    ("every-weeks 2 thu 2026-09-03 14:30", OnHoliday::Next),
    ("workday-of-month -1 09:30", OnHoliday::Skip),
    ("before-festival all 3 0 09:30", OnHoliday::Skip),
    ("before-festival spring 3 0 09:30", OnHoliday::Skip),
    ("yearly 12-04 09:30", OnHoliday::Next),
    ("once 2035-12-31 09:30", OnHoliday::Skip),
];

fn main() {
    let calendar = Calendar::new((2026..=2036).map(statutory));
    machine::print();
    println!(
        "{:<36} {:<9} {:>6} {:>12} {:>9} {:>12}",
        "rule", "days off", "slots", "ten years", "of 5 ms", "next slot"
    );
    for (rule, on_holiday) in KINDS {
        let terms = Terms { on_holiday, ..Terms::every_day(Rule::parse(rule).expect("a rule")) };
        row(rule, &terms, &calendar);
    }
}

/// One line of the table: medians.
fn row(rule: &str, terms: &Terms, calendar: &Calendar) {
    let start: DateTime<Utc> = "2026-01-01T00:00:00Z".parse().expect("an instant");
    let end = start + TimeDelta::days(3_652);
    let slots = || terms.slots(calendar, ZONE, start).take_while(|slot| slot.due <= end).count();
    let count = slots();
    let years = machine::median((0..RUNS).map(|_| machine::time(|| _ = black_box(slots()))).collect());
    let look = || {
        for day in 0..LOOKS {
            black_box(terms.slots(calendar, ZONE, start + TimeDelta::days(day)).next());
        }
    };
    let next = machine::median((0..RUNS).map(|_| machine::time(look)).collect()) / u32::try_from(LOOKS).expect("few");
    let ratio = format!("{:.1} %", years.as_secs_f64() / TARGET_SECONDS * 100.0);
    let (years, next) = (format!("{years:.1?}"), format!("{next:.1?}"));
    println!("{rule:<36} {:<9} {count:>6} {years:>12} {ratio:>9} {next:>12}", terms.on_holiday.as_str());
}
