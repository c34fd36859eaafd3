//! Recurring rules of every kind and the slots they give. A rule is bare time; what a holiday does to it is said beside it.

use std::fmt;

use chrono::{DateTime, NaiveDate, NaiveTime, Utc, Weekday};
use chrono_tz::Tz;

use crate::domain::calendar::{Calendar, Festival};
use crate::domain::cron::{CronError, CronExpr};
use crate::domain::word::words;

/// Minutes after its slot within which a message may go out late unless the schedule says less: half a workday. Later it
/// would meet people at another part of their day than was planned.
pub const LATE_MINUTES: i64 = 240;

/// Why a rule is no usable rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error(transparent)]
    Cron(#[from] CronError),
    /// A stored rule that this program does not understand.
    #[error("rule {0} is not understood")]
    Unreadable(String),
}

/// When something recurs.
#[derive(Debug, Clone)]
pub enum Rule {
    Cron(CronExpr),
    /// 双周讲堂: every `weeks` weeks on a weekday, counted from the week of `from`.
    EveryWeeks {
        weeks: u32,
        on: Weekday,
        from: NaiveDate,
        at: NaiveTime,
    },
    /// The `n`th workday of each month, from its end when negative. Never 0.
    WorkdayOfMonth {
        n: i32,
        at: NaiveTime,
    },
    /// Some workdays before the first day off.
    BeforeFestival(BeforeFestival),
    /// The same date each year; 29 February only in leap years.
    Yearly {
        month: u32,
        day: u32,
        at: NaiveTime,
    },
    Once {
        on: NaiveDate,
        at: NaiveTime,
    },
}

/// Reminders before festivals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BeforeFestival {
    /// In the order of the year.
    pub festivals: Vec<Festival>,
    /// 1 to 20.
    pub workdays: u32,
    /// Two festivals share one reminder when no more than this many days lie between their days off, or none that is worked.
    pub merge_within: u32,
    pub at: NaiveTime,
}

impl Rule {
    /// Reads what [`Display`](fmt::Display) writes.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        match text.split_once(' ') {
            Some(("cron", expr)) => Ok(Self::Cron(CronExpr::parse(expr)?)),
            _ => Err(RuleError::Unreadable(text.to_owned())),
        }
    }
}

/// The spelling in tables: `cron 30 9 * * 1-5`, `every-weeks 2 thu 2026-09-03 14:30`, `workday-of-month -1 09:30`,
/// `before-festival mid-autumn,national 3 0 09:30`, `yearly 12-04 09:30`, `once 2026-12-01 09:30`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(expr) => write!(f, "cron {}", expr.text()),
            Self::EveryWeeks { .. }
            | Self::WorkdayOfMonth { .. }
            | Self::BeforeFestival(_)
            | Self::Yearly { .. }
            | Self::Once { .. } => Err(fmt::Error),
        }
    }
}

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

/// When a required push of a schedule is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeadlineRule {
    /// The end of the allowed hours on the day of the push, or on the next workday when that is a day off.
    WorkdayEnd,
    /// The end of the allowed hours on the `n`th workday after the push.
    Workdays(u32),
    /// Hours after the push; moves to the end of the allowed hours of the next workday when it falls on a day off.
    Hours(u32),
    /// The end of the allowed hours on a date.
    On(NaiveDate),
}

/// A rule with what bounds it.
#[derive(Debug, Clone)]
pub struct Terms {
    pub rule: Rule,
    pub on_holiday: OnHoliday,
    /// First day, in the office's zone.
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
    /// The festivals it reminds of.
    pub festivals: Vec<Festival>,
}

impl Terms {
    /// A rule without bounds; a day off keeps a slot from going out.
    pub fn every_day(rule: Rule) -> Self {
        Self { rule, on_holiday: OnHoliday::Skip, starts_on: None, ends_on: None }
    }

    /// The slots due after `after`, ascending by due time, then by key.
    pub fn slots(&self, _calendar: &Calendar, tz: Tz, after: DateTime<Utc>) -> impl Iterator<Item = Slot> {
        let runs = match &self.rule {
            Rule::Cron(expr) => expr.runs(after, tz).take(1000).collect::<Vec<_>>(),
            Rule::EveryWeeks { .. }
            | Rule::WorkdayOfMonth { .. }
            | Rule::BeforeFestival(_)
            | Rule::Yearly { .. }
            | Rule::Once { .. } => Vec::new(),
        };
        let slot = |due| Slot { key: due, due, moved_from: None, off: None, known: true, festivals: Vec::new() };
        runs.into_iter().map(slot)
    }
}
