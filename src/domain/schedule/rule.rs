//! A rule and its spelling. Tables and command lines go through the same constructors, so both refuse the same way.

use std::fmt;
use std::ops::RangeInclusive;

use chrono::{NaiveDate, NaiveTime, Weekday};

use crate::domain::calendar::Festival;
use crate::domain::cron::{CronError, CronExpr};
use crate::domain::schedule::read;
use crate::domain::width;

/// Weeks between two slots of 双周讲堂 and the like; a year at most.
pub const WEEKS: RangeInclusive<i64> = 1..=52;

/// Largest number of a workday in its month, from either end: no month has more than 23 weekdays.
pub const NTH_MAX: i64 = 23;

/// Workdays between a reminder and the first day off; a month at most.
pub const FESTIVAL_WORKDAYS: RangeInclusive<i64> = 1..=20;

/// Days between two festivals that may share one reminder. 端午 and 中秋 always lie further apart, so a block ends with
/// the summer.
pub const MERGE_WITHIN: RangeInclusive<i64> = 0..=60;

/// The word for all festivals.
const ALL: &str = "all";

/// Why a rule is no usable rule. Texts are as typed, in half width.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    #[error(transparent)]
    Cron(#[from] CronError),
    /// No kind of rule begins like this.
    #[error("rule {0} is not understood")]
    Unreadable(String),
    /// A part is left out.
    #[error("{0:?} is missing")]
    Missing(Part),
    /// More is written than the rule has parts.
    #[error("{0} is too much")]
    Surplus(String),
    /// A part is not written as it must be.
    #[error("{part:?}: {text} is not understood")]
    NotUnderstood { part: Part, text: String },
    /// A number or a time outside its bounds.
    #[error("{part:?}: {text} is out of range")]
    OutOfRange { part: Part, text: String },
    /// A date that no calendar has, such as 30 February.
    #[error("{part:?}: there is no {text}")]
    NoSuchDate { part: Part, text: String },
    /// The last day lies before the first.
    #[error("ends on {ends_on}, before it starts on {starts_on}")]
    EndsBeforeStart { starts_on: NaiveDate, ends_on: NaiveDate },
}

/// A part of a rule or of a deadline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// [`WEEKS`]
    Weeks,
    Weekday,
    /// The day from which weeks are counted.
    From,
    /// `HH:MM`
    At,
    /// Which workday of the month: 1 to [`NTH_MAX`], or from the end −1 to −[`NTH_MAX`].
    Nth,
    Festival,
    /// [`FESTIVAL_WORKDAYS`]
    FestivalWorkdays,
    /// [`MERGE_WITHIN`]
    MergeWithin,
    /// `MM-DD`
    MonthDay,
    /// The date of a single slot.
    Date,
    Deadline,
    /// [`DEADLINE_WORKDAYS`](super::DEADLINE_WORKDAYS)
    DeadlineWorkdays,
    /// [`DEADLINE_HOURS`](super::DEADLINE_HOURS)
    DeadlineHours,
}

/// When something recurs. Checked by its constructors.
#[derive(Debug, Clone, PartialEq)]
pub enum Rule {
    Cron(CronExpr),
    /// 双周讲堂: every `weeks` weeks on a weekday, counted from the week of `from`, never before `from`.
    EveryWeeks {
        weeks: u32,
        on: Weekday,
        from: NaiveDate,
        at: NaiveTime,
    },
    /// The `n`th workday of each month, from its end when negative. Never 0. A month with fewer has no slot.
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
    /// In the order of the year, each once.
    pub festivals: Vec<Festival>,
    /// 1 to 20.
    pub workdays: u32,
    /// Two festivals share one reminder when no more than this many days lie between their days off, or none that is worked.
    pub merge_within: u32,
    pub at: NaiveTime,
}

impl Rule {
    /// Reads what [`Display`](fmt::Display) writes, in full width as well, and `all` for every festival.
    pub fn parse(text: &str) -> Result<Self, RuleError> {
        let plain = width::plain(text);
        let (kind, rest) = plain.split_once(' ').unwrap_or((&plain, ""));
        let mut words = rest.split(' ').filter(|word| !word.is_empty());
        let mut word = |part| words.next().ok_or(RuleError::Missing(part));
        let rule = match kind.to_ascii_lowercase().as_str() {
            "cron" => return Self::cron(rest),
            "every-weeks" => {
                Self::every_weeks(word(Part::Weeks)?, word(Part::Weekday)?, word(Part::From)?, word(Part::At)?)
            }
            "workday-of-month" => Self::workday_of_month(word(Part::Nth)?, word(Part::At)?),
            "before-festival" => {
                let (names, workdays) = (word(Part::Festival)?, word(Part::FestivalWorkdays)?);
                Self::before_festival(names, workdays, word(Part::MergeWithin)?, word(Part::At)?)
            }
            "yearly" => Self::yearly(word(Part::MonthDay)?, word(Part::At)?),
            "once" => Self::once(word(Part::Date)?, word(Part::At)?),
            _ => return Err(RuleError::Unreadable(plain.clone())),
        }?;
        match words.next() {
            Some(surplus) => Err(RuleError::Surplus(surplus.to_owned())),
            None => Ok(rule),
        }
    }

    /// Five fields of a crontab.
    pub fn cron(expr: &str) -> Result<Self, RuleError> {
        Ok(Self::Cron(CronExpr::parse(expr)?))
    }

    /// `2`, `thu` or 周四, `2026-09-03`, `14:30`.
    pub fn every_weeks(weeks: &str, on: &str, from: &str, at: &str) -> Result<Self, RuleError> {
        Ok(Self::EveryWeeks {
            weeks: read::number(Part::Weeks, weeks, WEEKS)?,
            on: read::weekday(on)?,
            from: read::date(Part::From, from)?,
            at: read::time(at)?,
        })
    }

    /// `-1`, `09:30`.
    pub fn workday_of_month(n: &str, at: &str) -> Result<Self, RuleError> {
        let nth = read::number(Part::Nth, n, -NTH_MAX..=NTH_MAX)?;
        if nth == 0 {
            return Err(RuleError::OutOfRange { part: Part::Nth, text: width::plain(n) });
        }
        Ok(Self::WorkdayOfMonth { n: nth, at: read::time(at)? })
    }

    /// Names joined by commas, or `all`; `3`, `0`, `09:30`. Names are words of tables or as notices write them.
    pub fn before_festival(names: &str, workdays: &str, merge_within: &str, at: &str) -> Result<Self, RuleError> {
        Ok(Self::BeforeFestival(BeforeFestival {
            festivals: read::festivals(names, ALL)?,
            workdays: read::number(Part::FestivalWorkdays, workdays, FESTIVAL_WORKDAYS)?,
            merge_within: read::number(Part::MergeWithin, merge_within, MERGE_WITHIN)?,
            at: read::time(at)?,
        }))
    }

    /// `12-04`, `09:30`.
    pub fn yearly(on: &str, at: &str) -> Result<Self, RuleError> {
        let (month, day) = read::month_day(on)?;
        Ok(Self::Yearly { month, day, at: read::time(at)? })
    }

    /// `2026-12-01`, `09:30`.
    pub fn once(on: &str, at: &str) -> Result<Self, RuleError> {
        Ok(Self::Once { on: read::date(Part::Date, on)?, at: read::time(at)? })
    }
}

/// The spelling in tables: `cron 30 9 * * 1-5`, `every-weeks 2 thu 2026-09-03 14:30`, `workday-of-month -1 09:30`,
/// `before-festival mid-autumn,national 3 0 09:30`, `yearly 12-04 09:30`, `once 2026-12-01 09:30`.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(expr) => write!(f, "cron {}", expr.text()),
            Self::EveryWeeks { weeks, on, from, at } => {
                let on = on.to_string().to_ascii_lowercase();
                write!(f, "every-weeks {weeks} {on} {from} {}", clock(*at))
            }
            Self::WorkdayOfMonth { n, at } => write!(f, "workday-of-month {n} {}", clock(*at)),
            Self::BeforeFestival(BeforeFestival { festivals, workdays, merge_within, at }) => {
                let names = Festival::words(festivals);
                write!(f, "before-festival {names} {workdays} {merge_within} {}", clock(*at))
            }
            Self::Yearly { month, day, at } => write!(f, "yearly {month:02}-{day:02} {}", clock(*at)),
            Self::Once { on, at } => write!(f, "once {on} {}", clock(*at)),
        }
    }
}

fn clock(at: NaiveTime) -> impl fmt::Display {
    at.format("%H:%M")
}
