//! Recurring rules of every kind and the slots they give. A rule is bare time; what a holiday does to it is said beside it.

mod deadline;
mod festival;
mod load;
mod read;
mod rule;
mod slots;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::domain::calendar::{Calendar, Festival};
use crate::domain::word::words;
pub(in crate::domain) use deadline::end_of;
pub use deadline::{DEADLINE_HOURS, DEADLINE_WORKDAYS, DeadlineRule, default_deadline};
pub use festival::first_off;
pub use load::{Load, load, outside_hours, stays_on_weekdays};
pub use rule::{BeforeFestival, FESTIVAL_WORKDAYS, MERGE_WITHIN, NTH_MAX, Part, Rule, RuleError, WEEKS};
use slots::Reading;

/// Minutes after its slot within which a message may go out late unless the schedule says less: half a workday. Later it
/// would meet people at another part of their day than was planned.
pub const LATE_MINUTES: i64 = 240;

words! {
    /// What a day off does to a slot.
    OnHoliday {
        /// No message; a row says why.
        Skip = "skip",
        /// To the workday before, same time.
        Previous = "previous",
        /// To the workday after, same time.
        Next = "next",
        /// The message goes out all the same.
        Run = "run",
    }
}

words! {
    /// What becomes of a slot that nobody could send in time.
    Missed {
        /// Later than ten minutes, a row.
        Skip = "skip",
        /// Later, within the bound of the schedule, with its time printed.
        Late = "late",
    }
}

words! {
    /// Why a slot goes out at another time than its rule says.
    MovedBy {
        Holiday = "holiday",
        /// The chats had their messages of that day or week.
        Cap = "cap",
    }
}

/// A rule with what bounds it.
#[derive(Debug, Clone)]
pub struct Terms {
    pub rule: Rule,
    pub on_holiday: OnHoliday,
    /// First day, in the office's zone: of what the rule says, or for a count of workdays of what comes of it.
    pub starts_on: Option<NaiveDate>,
    /// Last day, inclusive.
    pub ends_on: Option<NaiveDate>,
}

/// One slot of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its identity: what the rule says before any calendar touches it, so that the same slot keeps its key whatever a
    /// notice changes. For a festival the festival's own day, for a workday of the month the first of the month.
    pub key: DateTime<Utc>,
    /// When it goes out.
    pub due: DateTime<Utc>,
    /// Where a holiday moved it from.
    pub moved_from: Option<DateTime<Utc>>,
    /// The day off that keeps it from going out, by name; a weekend has the empty name.
    pub off: Option<String>,
    /// Whether the calendar knows the days this rests on. If not, the slot holds.
    pub known: bool,
    /// The festivals it reminds of, in the order of the year.
    pub festivals: Vec<Festival>,
    /// Their first day off.
    pub first_off: Option<NaiveDate>,
}

impl Slot {
    /// A slot at an instant, as far as no calendar has anything to say.
    pub fn at(due: DateTime<Utc>) -> Self {
        Self { key: due, due, moved_from: None, off: None, known: true, festivals: Vec::new(), first_off: None }
    }
}

impl Terms {
    /// A rule without bounds; a day off keeps a slot from going out.
    pub fn every_day(rule: Rule) -> Self {
        Self { rule, on_holiday: OnHoliday::Skip, starts_on: None, ends_on: None }
    }

    /// Whether the bounds leave anything between them.
    pub fn check(&self) -> Result<(), RuleError> {
        match (self.starts_on, self.ends_on) {
            (Some(starts_on), Some(ends_on)) if ends_on < starts_on => {
                Err(RuleError::EndsBeforeStart { starts_on, ends_on })
            }
            (Some(_) | None, Some(_) | None) => Ok(()),
        }
    }

    /// The slots due after `after`, ascending by due time, then by key, until the rule ends or the year 2099 does.
    pub fn slots<'a>(
        &'a self,
        calendar: &'a Calendar,
        tz: Tz,
        after: DateTime<Utc>,
    ) -> impl Iterator<Item = Slot> + 'a {
        Reading { terms: self, calendar, tz }.slots(after)
    }
}
