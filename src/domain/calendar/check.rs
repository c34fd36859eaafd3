//! Judging what a year file says, in whichever form it was written. Every problem is told at once.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use chrono::{Datelike, NaiveDate, Weekday};

use super::problem::{Place, Problem, ProblemKind};
use super::{Festival, Holiday, YearFile, YearStatus, festival_day};

/// Days of the longest block: twice the longest that was ever announced.
pub const BLOCK_DAYS_MAX: i64 = 31;

/// Years that the almanac and the law are used for. Rules end with the last of them.
pub const YEARS: RangeInclusive<i32> = 2000..=2099;

/// Characters that part the festivals of one block.
const PARTS: [char; 3] = ['、', '，', ','];

/// Something with its place in the file.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) place: Place,
    pub(super) value: T,
}

/// Days off as a file writes them.
#[derive(Debug, Clone)]
pub(super) struct Block {
    pub(super) name: String,
    pub(super) from: NaiveDate,
    pub(super) to: NaiveDate,
}

/// What a file says before anything of it is believed.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    pub(super) year: Option<Placed<i64>>,
    pub(super) status: Option<YearStatus>,
    pub(super) source: String,
    pub(super) covers_until: Option<Placed<NaiveDate>>,
    pub(super) blocks: Vec<Placed<Block>>,
    pub(super) makeup: Vec<Placed<NaiveDate>>,
    /// Days and blocks that were listed, readable or not.
    pub(super) entries: usize,
    /// What could not be read.
    pub(super) problems: Vec<Problem>,
}

/// Judges a draft.
pub(super) fn check(draft: Draft) -> Result<YearFile, Vec<Problem>> {
    let Draft { year, status, source, covers_until, blocks, makeup, entries, problems } = draft;
    let mut judge = Judge { problems, ..Judge::default() };
    let year = year.and_then(|year| judge.year(&year));
    let source = source.trim().to_owned();
    if entries == 0 {
        judge.tell(Place::File, ProblemKind::Empty);
    } else if source.is_empty() && status == Some(YearStatus::Official) {
        judge.tell(Place::File, ProblemKind::NoSource);
    }
    if let (Some(year), Some(until)) = (year, &covers_until)
        && until.value.year() != year
    {
        judge.tell(until.place, ProblemKind::CoversOtherYear);
    }
    judge.covers_until = covers_until.map(|until| until.value);
    let mut holidays: Vec<Holiday> = blocks.iter().map(|block| judge.block(block)).collect();
    judge.makeup(&makeup);
    let (Some(year), Some(status), Some(covers_until), []) = (year, status, judge.covers_until, &*judge.problems)
    else {
        return Err(judge.problems);
    };
    holidays.sort_by_key(|holiday| holiday.from);
    let makeup = judge.worked.into_iter().collect();
    Ok(YearFile { year, status, source, covers_until, holidays, makeup })
}

#[derive(Default)]
struct Judge {
    problems: Vec<Problem>,
    year: Option<i32>,
    covers_until: Option<NaiveDate>,
    /// Each festival's own day in the year.
    own: Vec<(Festival, NaiveDate)>,
    seen: BTreeSet<Festival>,
    off: BTreeSet<NaiveDate>,
    worked: BTreeSet<NaiveDate>,
}

impl Judge {
    fn tell(&mut self, place: Place, kind: ProblemKind) {
        self.problems.push(Problem { place, kind });
    }

    fn year(&mut self, year: &Placed<i64>) -> Option<i32> {
        self.year = i32::try_from(year.value).ok().filter(|year| YEARS.contains(year));
        let Some(known) = self.year else {
            self.tell(year.place, ProblemKind::Year);
            return None;
        };
        let own = |festival: &Festival| Some((*festival, festival_day(*festival, known)?));
        self.own = Festival::ALL.iter().filter_map(own).collect();
        Some(known)
    }

    fn block(&mut self, block: &Placed<Block>) -> Holiday {
        let Placed { place, value: Block { name, from, to } } = block;
        let (place, from, to) = (*place, *from, *to);
        let festivals = self.festivals(name, place);
        for day in [Some(from), Some(to).filter(|to| *to != from)].into_iter().flatten() {
            self.day(day, place);
        }
        let length = (to - from).num_days() + 1;
        if length < 1 {
            self.tell(place, ProblemKind::Backwards);
        } else if length > BLOCK_DAYS_MAX {
            self.tell(place, ProblemKind::TooLong);
        } else {
            self.days_off(from, to, place);
            self.festivals_inside(&festivals, (from, to), place);
        }
        Holiday { festivals, from, to }
    }

    /// The festivals of a block in the order of the year.
    fn festivals(&mut self, name: &str, place: Place) -> Vec<Festival> {
        let mut festivals = Vec::new();
        for part in name.split(PARTS) {
            match Festival::read(part) {
                Some(festival) if self.seen.insert(festival) => festivals.push(festival),
                Some(festival) => self.tell(place, ProblemKind::FestivalTwice(festival)),
                None => self.tell(place, ProblemKind::UnknownFestival(part.trim().to_owned())),
            }
        }
        festivals.sort_by_key(|festival| (self.own_day(*festival), *festival));
        festivals
    }

    fn own_day(&self, festival: Festival) -> Option<NaiveDate> {
        self.own.iter().find(|(known, _)| *known == festival).map(|(_, day)| *day)
    }

    /// The almanac knows on which day a festival falls, so a slip in a block's dates does not pass.
    fn festivals_inside(&mut self, festivals: &[Festival], (from, to): (NaiveDate, NaiveDate), place: Place) {
        for festival in festivals.iter().copied() {
            let day = self.own_day(festival).filter(|day| !(from..=to).contains(day));
            if let Some(day) = day {
                self.tell(place, ProblemKind::FestivalElsewhere { festival, day });
            }
        }
    }

    /// Notes days off; of days that are taken already the first is told.
    fn days_off(&mut self, from: NaiveDate, to: NaiveDate, place: Place) {
        let mut taken = None;
        for day in from.iter_days().take_while(|day| *day <= to) {
            if !self.off.insert(day) {
                taken = taken.or(Some(day));
            }
        }
        if let Some(day) = taken {
            self.tell(place, ProblemKind::Overlap(day));
        }
    }

    fn makeup(&mut self, days: &[Placed<NaiveDate>]) {
        for Placed { place, value: day } in days {
            self.day(*day, *place);
            if !self.worked.insert(*day) {
                self.tell(*place, ProblemKind::Repeated(*day));
                continue;
            }
            if self.off.contains(day) {
                self.tell(*place, ProblemKind::Contradiction(*day));
            }
            if !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) {
                self.tell(*place, ProblemKind::MakeupOnWeekday(*day));
            }
        }
    }

    /// A day lies in the year or in the December before, and not behind what the file covers.
    fn day(&mut self, day: NaiveDate, place: Place) {
        let december = |year: i32| day.year() == year - 1 && day.month() == 12;
        if self.year.is_some_and(|year| day.year() != year && !december(year)) {
            self.tell(place, ProblemKind::OutsideYear(day));
        } else if self.covers_until.is_some_and(|until| day > until) {
            self.tell(place, ProblemKind::NotCovered(day));
        }
    }
}
