//! When the admins are to be told that a notice is missing.

use chrono::{Datelike, NaiveDate};

use super::{Calendar, YearStatus};

/// Month from which the next year counts: its notice appears in late October or November.
const NEXT_YEAR_FROM_MONTH: u32 = 11;

/// Years that are not, or not to their end, settled by a notice, each with how it stands: provisional or missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// At least one, ascending.
    pub years: Vec<(i32, YearStatus)>,
}

/// What is to be told on `today`: the present year, and from 1 November on the next one, where no notice settles it.
pub fn warning(calendar: &Calendar, today: NaiveDate) -> Option<Warning> {
    let next = (today.month() >= NEXT_YEAR_FROM_MONTH).then(|| today.year() + 1);
    let standing = |year: i32| (year, calendar.standing(year));
    let open = |(_, status): &(i32, YearStatus)| *status != YearStatus::Official;
    let years: Vec<_> = std::iter::once(today.year()).chain(next).map(standing).filter(open).collect();
    (!years.is_empty()).then_some(Warning { years })
}
