//! From a rule to its slots: bare instants, then what the calendar makes of them.

use std::iter;

use chrono::{DateTime, Datelike, Days, Months, NaiveDate, NaiveTime, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;

use crate::domain::calendar::{Calendar, YEARS};
use crate::domain::schedule::festival::{Block, season};
use crate::domain::schedule::{BeforeFestival, OnHoliday, Rule, Slot, Terms};
use crate::domain::wall;

/// The last year in which a rule has slots; the crontab engine ends with it too.
const YEAR_LAST: i32 = *YEARS.end();

type Slots<'a> = Box<dyn Iterator<Item = Slot> + 'a>;

/// Terms with what they are read by.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) terms: &'a Terms,
    pub(super) calendar: &'a Calendar,
    pub(super) tz: Tz,
}

impl<'a> Reading<'a> {
    /// The slots due after `after`, ascending by due time, then by key.
    pub(super) fn slots(self, after: DateTime<Utc>) -> Slots<'a> {
        match &self.terms.rule {
            Rule::Cron(expr) => self.judged(Box::new(expr.runs(self.bare_from(after), self.tz)), after),
            Rule::EveryWeeks { weeks, on, from, at } => {
                let dates = every_weeks(*weeks, *on, *from, self.date_from(after));
                self.judged(self.dated(dates, *at, after), after)
            }
            Rule::Yearly { month, day, at } => {
                let dates = yearly(*month, *day, self.date_from(after));
                self.judged(self.dated(dates, *at, after), after)
            }
            Rule::Once { on, at } => self.judged(self.dated(iter::once(*on), *at, after), after),
            Rule::WorkdayOfMonth { n, at } => self.counted(self.workdays_of_months(*n, *at, after), after),
            Rule::BeforeFestival(rule) => self.counted(self.reminders(rule, after), after),
        }
    }

    fn day(self, instant: DateTime<Utc>) -> NaiveDate {
        wall::of(instant, self.tz).date()
    }

    fn instant(self, day: NaiveDate, at: NaiveTime) -> DateTime<Utc> {
        wall::instant(day.and_time(at), self.tz)
    }

    /// The first instant of the terms.
    fn start(self) -> DateTime<Utc> {
        self.terms.starts_on.map_or(DateTime::<Utc>::MIN_UTC, |day| self.instant(day, NaiveTime::MIN))
    }

    /// The instant at which the terms are over.
    fn end(self) -> DateTime<Utc> {
        let century = NaiveDate::from_ymd_opt(YEAR_LAST + 1, 1, 1).unwrap_or(NaiveDate::MAX);
        let day = self.terms.ends_on.and_then(|last| last.succ_opt()).map_or(century, |day| century.min(day));
        self.instant(day, NaiveTime::MIN)
    }

    /// The instant after which bare slots may be due after `after`: a day off may have put off those since the last workday.
    fn bare_from(self, after: DateTime<Utc>) -> DateTime<Utc> {
        let from = match self.terms.on_holiday {
            OnHoliday::Skip | OnHoliday::Run | OnHoliday::Previous => after,
            OnHoliday::Next => {
                let worked = self.calendar.workdays_from(self.day(after), -1);
                self.instant(worked + Days::new(1), NaiveTime::MIN) - TimeDelta::seconds(1)
            }
        };
        self.terms.starts_on.map_or(from, |_| from.max(self.start() - TimeDelta::seconds(1)))
    }

    /// A date before all dates that matter. One day more than it seems, because a skipped day falls on the next.
    fn date_from(self, after: DateTime<Utc>) -> NaiveDate {
        self.day(self.bare_from(after)) - Days::new(1)
    }

    fn dated(
        self,
        dates: impl Iterator<Item = NaiveDate> + 'a,
        at: NaiveTime,
        after: DateTime<Utc>,
    ) -> impl Iterator<Item = DateTime<Utc>> + 'a {
        let from = self.bare_from(after);
        dates.map(move |day| self.instant(day, at)).filter(move |bare| *bare > from)
    }

    /// Bare instants, ascending, as the calendar lets them stand.
    fn judged(self, bare: impl Iterator<Item = DateTime<Utc>> + 'a, after: DateTime<Utc>) -> Slots<'a> {
        let end = self.end();
        let slots = bare.take_while(move |bare| *bare < end).map(move |bare| self.slot(bare));
        match self.terms.on_holiday {
            OnHoliday::Skip | OnHoliday::Run => Box::new(slots),
            OnHoliday::Previous | OnHoliday::Next => Box::new(self.by_due(slots).filter(move |slot| slot.due > after)),
        }
    }

    fn slot(self, bare: DateTime<Utc>) -> Slot {
        let day = self.day(bare);
        let known = self.terms.on_holiday == OnHoliday::Run || self.calendar.knows(day);
        let slot = Slot { known, ..Slot::at(bare) };
        if self.calendar.is_workday(day) {
            return slot;
        }
        match self.terms.on_holiday {
            OnHoliday::Run => slot,
            OnHoliday::Skip => Slot { off: Some(self.calendar.day(day).name.unwrap_or_default()), ..slot },
            OnHoliday::Previous => self.moved(slot, -1),
            OnHoliday::Next => self.moved(slot, 1),
        }
    }

    fn moved(self, slot: Slot, workdays: i32) -> Slot {
        let bare = wall::of(slot.due, self.tz);
        let day = self.calendar.workdays_from(bare.date(), workdays);
        let known = slot.known && self.calendar.knows(day);
        Slot { due: self.instant(day, bare.time()), moved_from: Some(slot.due), known, ..slot }
    }

    /// Slots in the order of their due time. A day off moves all its slots to one workday, and never past those of another
    /// day, so it is enough to sort each day they fall on.
    fn by_due(self, slots: impl Iterator<Item = Slot> + 'a) -> impl Iterator<Item = Slot> + 'a {
        let mut slots = slots.peekable();
        let days = iter::from_fn(move || {
            let mut day = vec![slots.next()?];
            let due = self.day(day[0].due);
            while let Some(slot) = slots.next_if(|slot| self.day(slot.due) == due) {
                day.push(slot);
            }
            day.sort_by_key(|slot| (slot.due, slot.key));
            Some(day)
        });
        days.flatten()
    }

    /// Slots that stand on workdays by themselves, within the terms.
    fn counted(self, slots: impl Iterator<Item = Slot> + 'a, after: DateTime<Utc>) -> Slots<'a> {
        let (start, end) = (self.start(), self.end());
        let slots = slots.filter(move |slot| slot.due > after && slot.due >= start);
        Box::new(slots.take_while(move |slot| slot.due < end))
    }

    fn on_workday(self, day: NaiveDate, key: NaiveDate, at: NaiveTime) -> Slot {
        Slot { key: self.instant(key, at), known: self.calendar.knows(day), ..Slot::at(self.instant(day, at)) }
    }

    fn workdays_of_months(self, n: i32, at: NaiveTime, after: DateTime<Utc>) -> impl Iterator<Item = Slot> + 'a {
        let day = self.day(after.max(self.start()));
        let months = iter::successors(day.with_day(1), |first| first.checked_add_months(Months::new(1)));
        let months = months.take_while(|first| first.year() <= YEAR_LAST);
        months.filter_map(move |first| Some(self.on_workday(nth_workday(self.calendar, first, n)?, first, at)))
    }

    fn reminders(self, rule: &'a BeforeFestival, after: DateTime<Utc>) -> impl Iterator<Item = Slot> + 'a {
        let slot = move |block: Block| {
            // Bounded by the constructor.
            let workdays = i32::try_from(rule.workdays).unwrap_or(i32::MAX);
            let day = self.calendar.workdays_from(block.first_off, -workdays);
            let slot = self.on_workday(day, block.day, rule.at);
            Slot { festivals: block.festivals, first_off: Some(block.first_off), ..slot }
        };
        let year = self.day(after.max(self.start())).year();
        (year..=YEAR_LAST + 1).flat_map(move |year| season(rule, self.calendar, year)).map(slot)
    }
}

/// Dates on a weekday every so many weeks, counted from the week of `from`, from the first that is not before `from` and
/// `earliest` on.
fn every_weeks(
    weeks: u32,
    on: Weekday,
    from: NaiveDate,
    earliest: NaiveDate,
) -> impl Iterator<Item = NaiveDate> + use<> {
    let first = from.week(Weekday::Mon).first_day() + Days::new(on.num_days_from_monday().into());
    let step = u64::from(weeks) * 7;
    let behind = u64::try_from((earliest.max(from) - first).num_days()).unwrap_or(0);
    let first = first.checked_add_days(Days::new(behind.div_ceil(step) * step));
    iter::successors(first, move |day| day.checked_add_days(Days::new(step)))
}

fn yearly(month: u32, day: u32, earliest: NaiveDate) -> impl Iterator<Item = NaiveDate> + use<> {
    (earliest.year()..=YEAR_LAST).filter_map(move |year| NaiveDate::from_ymd_opt(year, month, day))
}

/// The `n`th workday of the month that begins with `first`, from its end when negative; `None` when it has fewer.
fn nth_workday(calendar: &Calendar, first: NaiveDate, n: i32) -> Option<NaiveDate> {
    let days = first.iter_days().take_while(|day| day.month() == first.month());
    let workdays: Vec<NaiveDate> = days.filter(|day| calendar.is_workday(*day)).collect();
    let place = usize::try_from(n.unsigned_abs()).ok()?;
    let at = if n > 0 { place.checked_sub(1)? } else { workdays.len().checked_sub(place)? };
    workdays.get(at).copied()
}
