//! The working calendar: which days people work. A listed make-up workday (调休) beats a listed holiday, which beats the
//! weekend. What the State Council has not announced yet is known as provisional, never silently guessed.

mod change;
mod check;
mod from_json;
mod from_toml;
mod problem;
mod read;
mod statutory;
mod warning;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt::Write;

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};
use sha2::{Digest, Sha256};

use crate::domain::word::words;
pub use change::{Change, diff};
pub use check::{BLOCK_DAYS_MAX, YEARS};
pub use problem::{Form, Key, Place, Problem, ProblemKind};
pub use read::{FILE_BYTES_MAX, read};
pub use statutory::{festival_day, statutory};
pub use warning::{Warning, warning};

/// Workdays that are counted at most, some forty years: no rule looks further, and a slip of the pen ends.
const WORKDAYS_MAX: i32 = 10_000;

words! {
    /// How a day is to be spent.
    DayKind {
        Workday = "workday",
        /// A Saturday or Sunday that is worked.
        Makeup = "makeup",
        Weekend = "weekend",
        Holiday = "holiday",
    }
}

impl DayKind {
    /// Whether people are at their desks.
    pub const fn is_worked(self) -> bool {
        match self {
            Self::Workday | Self::Makeup => true,
            Self::Weekend | Self::Holiday => false,
        }
    }
}

words! {
    /// What is known about a year.
    YearStatus {
        /// By the notice of the State Council.
        Official = "official",
        /// The 13 days of the law alone; days off in lieu and make-up workdays are not announced yet.
        Provisional = "provisional",
        /// Nothing; schedules that need to know hold.
        Missing = "missing",
    }
}

words! {
    /// A festival of the whole people (全国年节及纪念日放假办法, article 2), in the order of the year.
    Festival {
        NewYear = "new-year",
        Spring = "spring",
        Qingming = "qingming",
        Labour = "labour",
        DragonBoat = "dragon-boat",
        MidAutumn = "mid-autumn",
        National = "national",
    }
}

impl Festival {
    /// The short name in print.
    pub const fn label(self) -> &'static str {
        match self {
            Self::NewYear => "元旦",
            Self::Spring => "春节",
            Self::Qingming => "清明",
            Self::Labour => "劳动节",
            Self::DragonBoat => "端午",
            Self::MidAutumn => "中秋",
            Self::National => "国庆",
        }
    }

    /// Their spelling in tables, joined by a comma.
    pub fn words(festivals: &[Self]) -> String {
        festivals.iter().map(|festival| festival.as_str()).collect::<Vec<_>>().join(",")
    }

    /// Their short names in print: 国庆、中秋.
    pub fn labels(festivals: &[Self]) -> String {
        festivals.iter().map(|festival| festival.label()).collect::<Vec<_>>().join("、")
    }

    /// Reads a festival's name as notices, tables and people write it: 中秋, 中秋节, or the word of tables.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let bare = text.strip_suffix('节').unwrap_or(text);
        let named = |f: &&Self| f.label() == text || f.label() == bare || f.label().strip_suffix('节') == Some(bare);
        Self::ALL.iter().find(named).copied().or_else(|| Self::parse(text))
    }
}

/// Days off for one or more festivals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holiday {
    /// In the order of the year; several when their days off were announced as one block.
    pub festivals: Vec<Festival>,
    /// First day off.
    pub from: NaiveDate,
    /// Last day off.
    pub to: NaiveDate,
}

impl Holiday {
    /// Whether the day is one of them.
    pub fn has(&self, day: NaiveDate) -> bool {
        (self.from..=self.to).contains(&day)
    }

    /// 国庆、中秋
    pub fn name(&self) -> String {
        Festival::labels(&self.festivals)
    }
}

/// What one notice, or the law alone, says of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct YearFile {
    /// By the title of the notice; it may also settle the end of the December before.
    pub year: i32,
    /// Never `Missing`.
    pub status: YearStatus,
    /// The document: title and address as printed.
    pub source: String,
    /// Last day that the document decides.
    pub covers_until: NaiveDate,
    /// By date, never overlapping.
    pub holidays: Vec<Holiday>,
    /// Saturdays and Sundays that are worked, by date.
    pub makeup: Vec<NaiveDate>,
}

/// One day as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    pub kind: DayKind,
    /// The festivals of a holiday (国庆、中秋).
    pub name: Option<String>,
}

/// A festival of one year with its days off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FestivalDays {
    pub festival: Festival,
    /// The festival itself by the law and the lunar calendar: stays the same whatever a notice says.
    pub day: NaiveDate,
    pub first_off: NaiveDate,
    pub last_off: NaiveDate,
}

/// Every year that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Calendar {
    years: BTreeMap<i32, YearFile>,
    /// Days of the law where no notice speaks.
    law: Vec<Holiday>,
    days: BTreeMap<NaiveDate, DayKind>,
}

impl Calendar {
    /// Of several files for one year the last one counts. Where no notice speaks, the law does: of festivals that a
    /// provisional file leaves out, and of those behind the last day that an official one covers.
    pub fn new(files: impl IntoIterator<Item = YearFile>) -> Self {
        let years: BTreeMap<i32, YearFile> = files.into_iter().map(|file| (file.year, file)).collect();
        let law: Vec<Holiday> = years.values().flat_map(by_law).collect();
        let mut days = BTreeMap::new();
        for holiday in law.iter().chain(years.values().flat_map(|file| &file.holidays)) {
            days.extend(holiday.from.iter_days().take_while(|day| *day <= holiday.to).map(|d| (d, DayKind::Holiday)));
        }
        days.extend(years.values().flat_map(|file| &file.makeup).map(|day| (*day, DayKind::Makeup)));
        Self { years, law, days }
    }

    /// The file of a year.
    pub fn year(&self, year: i32) -> Option<&YearFile> {
        self.years.get(&year)
    }

    /// What is known about a year.
    pub fn status(&self, year: i32) -> YearStatus {
        self.year(year).map_or(YearStatus::Missing, |file| file.status)
    }

    /// What is known about the whole of a year: one whose notice ends before December does stands as provisional.
    pub fn standing(&self, year: i32) -> YearStatus {
        let whole = |file: &YearFile| NaiveDate::from_ymd_opt(year, 12, 31).is_some_and(|end| file.covers_until >= end);
        match self.status(year) {
            YearStatus::Official if !self.year(year).is_some_and(whole) => YearStatus::Provisional,
            status @ (YearStatus::Official | YearStatus::Provisional | YearStatus::Missing) => status,
        }
    }

    /// Whether the day lies in a year of which something is known. Otherwise the answers about it are by the weekday alone,
    /// and nothing may go out by them.
    pub fn knows(&self, day: NaiveDate) -> bool {
        self.status(day.year()) != YearStatus::Missing
    }

    /// How a day is to be spent.
    pub fn kind(&self, day: NaiveDate) -> DayKind {
        let by_weekday = match day.weekday() {
            Weekday::Sat | Weekday::Sun => DayKind::Weekend,
            Weekday::Mon | Weekday::Tue | Weekday::Wed | Weekday::Thu | Weekday::Fri => DayKind::Workday,
        };
        self.days.get(&day).copied().unwrap_or(by_weekday)
    }

    /// A day with the name of its festival.
    pub fn day(&self, day: NaiveDate) -> Day {
        let kind = self.kind(day);
        let named = || {
            let of = |year: i32| self.year(year).into_iter().flat_map(|file| &file.holidays);
            let holidays = of(day.year()).chain(of(day.year() + 1)).chain(&self.law);
            holidays.into_iter().find(|holiday| holiday.has(day))
        };
        let name = (kind == DayKind::Holiday).then(named).flatten().map(Holiday::name);
        Day { kind, name }
    }

    /// Whether people are at their desks.
    pub fn is_workday(&self, day: NaiveDate) -> bool {
        self.kind(day).is_worked()
    }

    /// The `n`th workday after `day` (before it when negative); 0: `day` itself. Counts at most 10,000, and stops where
    /// dates end.
    pub fn workdays_from(&self, day: NaiveDate, n: i32) -> NaiveDate {
        let step = TimeDelta::days(i64::from(n.signum()));
        let mut at = day;
        let mut left = n.clamp(-WORKDAYS_MAX, WORKDAYS_MAX).abs();
        while left > 0 {
            let Some(next) = at.checked_add_signed(step) else { break };
            at = next;
            left -= i32::from(self.is_workday(at));
        }
        at
    }

    /// The festivals of a year by first day off. A festival that no file lists has the days of the law.
    pub fn festivals(&self, year: i32) -> Vec<FestivalDays> {
        let listed = self.year(year).map_or(&[][..], |file| &file.holidays);
        let holidays = listed.iter().cloned().chain(unlisted(year, listed));
        let mut festivals: Vec<FestivalDays> = holidays
            .flat_map(|Holiday { festivals, from: first_off, to: last_off }| {
                let days = move |festival| {
                    let day = festival_day(festival, year)?;
                    Some(FestivalDays { festival, day, first_off, last_off })
                };
                festivals.into_iter().filter_map(days)
            })
            .collect();
        festivals.sort_by_key(|festival| (festival.first_off, festival.day));
        festivals
    }

    /// The days that files or the law list, in order; any other is what its weekday says.
    fn listed(&self) -> impl Iterator<Item = NaiveDate> {
        self.days.keys().copied()
    }

    /// Changes whenever an answer of the calendar could.
    pub fn fingerprint(&self) -> String {
        let mut text = String::new();
        for file in self.years.values() {
            // Writing to a string cannot fail.
            let _ = write!(text, "{file:?}");
        }
        hex::encode(Sha256::digest(text))
    }
}

/// The days of the law where a year's file leaves room for them.
fn by_law(file: &YearFile) -> Vec<Holiday> {
    let mut holidays = unlisted(file.year, &file.holidays);
    holidays.retain(|holiday| file.status != YearStatus::Official || holiday.from > file.covers_until);
    holidays
}

/// The days that the law gives to those festivals of a year that are not listed.
fn unlisted(year: i32, listed: &[Holiday]) -> Vec<Holiday> {
    let is_listed = |festival: &Festival| listed.iter().any(|holiday| holiday.festivals.contains(festival));
    // The almanac is asked only when it has to answer: a calendar is made at every step of the planner.
    if Festival::ALL.iter().all(is_listed) {
        return Vec::new();
    }
    let mut holidays = statutory(year).holidays;
    for holiday in &mut holidays {
        holiday.festivals.retain(|festival| !is_listed(festival));
    }
    holidays.retain(|holiday| !holiday.festivals.is_empty());
    holidays
}
