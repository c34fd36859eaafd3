//! Days on which nothing was sent because people were off.

use std::collections::BTreeMap;

use chrono::{Datelike, NaiveDate};

use super::input::MonthInput;
use crate::domain::wall;

/// Days of one holiday on which something would have gone out and nothing did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DaysOff {
    /// 国庆、中秋
    pub name: String,
    pub from: NaiveDate,
    /// The last of them, inclusive.
    pub to: NaiveDate,
}

/// The days off of the month in order. Those of one holiday are one stretch unless something went out in between; a day
/// on which something went out is none.
pub(super) fn days_off(input: &MonthInput) -> Vec<DaysOff> {
    let days: BTreeMap<NaiveDate, &str> = input.off.iter().map(|off| (off.day, off.name.as_str())).collect();
    let pushed = |from: NaiveDate, to: NaiveDate| {
        let mut sent = input.pushes.iter().map(|push| wall::of(push.slot, input.zone).date());
        sent.any(|day| (from..=to).contains(&day))
    };
    let of_month = |day: NaiveDate| (day.year(), day.month()) == (input.month.year(), input.month.number());
    let mut stretches: Vec<DaysOff> = Vec::new();
    for (day, name) in days.into_iter().filter(|(day, _)| of_month(*day) && !pushed(*day, *day)) {
        match stretches.last_mut() {
            Some(last) if last.name == name && !pushed(last.to, day) => last.to = day,
            Some(_) | None => stretches.push(DaysOff { name: name.to_owned(), from: day, to: day }),
        }
    }
    stretches
}
