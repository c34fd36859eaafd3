//! What becomes of a schedule's due instant (a slot): sent, sent late with its time printed, or skipped with a reason.
//! A miss is always a row, so every slot gets exactly one fate.

#[cfg(test)]
mod tests;

use crate::domain::calendar::Calendar;
use crate::domain::schedule::{Missed, Slot};
use crate::domain::{wall, word::words};
use chrono::{DateTime, NaiveTime, TimeDelta, Timelike, Utc};
use chrono_tz::Tz;

/// Minutes after its slot within which a message counts as punctual and prints nothing about it: nobody notices ten
/// minutes, and a restart takes less.
pub const PLAIN_MINUTES_MAX: i64 = 10;

/// Office hours without the midday rest, as (hour, minute) of first and last minute: messages reach people at their desks.
const STANDARD_WINDOWS: [[(u32, u32); 2]; 2] = [[(9, 0), (11, 30)], [(14, 30), (17, 30)]];

words! {
    /// State of an occurrence: one due instant of a schedule.
    OccurrenceState {
        /// Known and not yet due.
        Planned = "planned",
        /// A push was made from it.
        Materialised = "materialised",
        /// Its time had passed by more than the rule allows.
        SkippedLate = "skipped_late",
        /// A newer slot of the same schedule went out instead.
        SkippedCollapsed = "skipped_collapsed",
        /// The schedule, or everything, was paused.
        SkippedPaused = "skipped_paused",
        /// The day is a holiday.
        SkippedHoliday = "skipped_holiday",
        /// The group had its messages for that day or week.
        SkippedCap = "skipped_cap",
        /// No approved item could go out to anybody; the reason says what was missing.
        SkippedUnapproved = "skipped_unapproved",
        /// Taken back by a person.
        Cancelled = "cancelled",
    }
}

words! {
    /// Why no push was made of a slot, where its state alone does not tell.
    MissReason {
        /// None of the schedule's chats is active.
        NoGroup = "no_group",
        /// No approved item fits the schedule on that day.
        NoItem = "no_item",
        /// The item has blanks that no setting fills.
        Unfilled = "unfilled",
        /// The chats address nobody whom the item is for.
        Nobody = "nobody",
        /// The working calendar has no data of the year.
        NoCalendar = "no_calendar",
        /// The time lies outside the allowed hours.
        OutsideHours = "outside_hours",
        /// The schedule was changed before this slot was sent.
        Edited = "edited",
        /// The schedule was removed before this slot was sent.
        Removed = "removed",
    }
}

/// What to do with one slot now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its time has not come.
    Wait,
    /// Its year is not in the working calendar; it waits in case the year is taken in in time.
    Hold,
    /// Send, and print nothing about the time.
    Plain,
    /// Send with the slot's wall time printed (原定09:30).
    Late,
    /// Do not send; a row says why.
    Skip(OccurrenceState, Option<MissReason>),
}

impl Fate {
    /// Whether a message goes out.
    pub const fn sends(self) -> bool {
        match self {
            Self::Plain | Self::Late => true,
            Self::Wait | Self::Hold | Self::Skip(..) => false,
        }
    }
}

/// A stretch of wall time within one day. Both ends belong to it, the last one as a whole minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from: NaiveTime,
    pub to: NaiveTime,
}

/// When messages may reach people, in the office's zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHours {
    pub windows: Vec<Window>,
    pub tz: Tz,
}

impl AllowedHours {
    /// 09:00–11:30 and 14:30–17:30.
    pub fn standard(tz: Tz) -> Self {
        let windows = STANDARD_WINDOWS.map(|[from, to]| Window { from: time_of_day(from), to: time_of_day(to) });
        Self { windows: windows.into(), tz }
    }

    /// Whether messages may go out at `now`: a workday, and inside one of the windows to the minute.
    pub fn allow(&self, now: DateTime<Utc>, calendar: &Calendar) -> bool {
        let wall = wall::of(now, self.tz);
        calendar.is_workday(wall.date()) && self.cover(wall.time())
    }

    /// Whether a time of day lies inside one of the windows, to the minute.
    pub fn cover(&self, time: NaiveTime) -> bool {
        let minute = |time: NaiveTime| time.hour() * 60 + time.minute();
        self.windows.iter().any(|w| (minute(w.from)..=minute(w.to)).contains(&minute(time)))
    }
}

/// What lateness is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Patience<'a> {
    /// Whether the schedule sends late at all.
    pub missed: Missed,
    /// How late at most.
    pub max_late: TimeDelta,
    pub hours: &'a AllowedHours,
    pub calendar: &'a Calendar,
}

/// The fate of a slot looked at alone: up to ten minutes late it goes out plain; later, within the schedule's bound, on the
/// same workday and inside the allowed hours, it goes out with its time printed; after that it is skipped.
pub fn fate(slot: &Slot, now: DateTime<Utc>, patience: &Patience<'_>) -> Fate {
    let Patience { missed, max_late, hours, calendar } = *patience;
    let plain = TimeDelta::minutes(PLAIN_MINUTES_MAX);
    let due = wall::of(slot.due, hours.tz);
    let delay = now - slot.due;
    let late_enough = || missed == Missed::Late && delay <= max_late && due.date() == wall::of(now, hours.tz).date();
    if delay < TimeDelta::zero() {
        Fate::Wait
    } else if !slot.known {
        let waits = delay <= plain || late_enough();
        if waits { Fate::Hold } else { Fate::Skip(OccurrenceState::SkippedLate, Some(MissReason::NoCalendar)) }
    } else if slot.off.is_some() {
        Fate::Skip(OccurrenceState::SkippedHoliday, None)
    } else if !hours.cover(due.time()) {
        Fate::Skip(OccurrenceState::SkippedCap, Some(MissReason::OutsideHours))
    } else if delay <= plain {
        Fate::Plain
    } else if late_enough() && hours.allow(now, calendar) {
        Fate::Late
    } else {
        Fate::Skip(OccurrenceState::SkippedLate, None)
    }
}

/// The fates of a schedule's slots, in the order given. Of those that could still go out only the newest does; the others
/// collapse into it. Of several that holidays moved to one time, the one that was there already counts as the newest.
pub fn fates(slots: &[Slot], now: DateTime<Utc>, patience: &Patience<'_>) -> Vec<Fate> {
    let alone: Vec<Fate> = slots.iter().map(|slot| fate(slot, now, patience)).collect();
    let age = |slot: &Slot| (slot.due, slot.moved_from.is_none(), slot.key);
    let newest = slots.iter().zip(&alone).filter(|(_, fate)| fate.sends()).map(|(slot, _)| age(slot)).max();
    let collapse = |(slot, fate): (&Slot, Fate)| {
        let collapses = fate.sends() && Some(age(slot)) != newest;
        if collapses { Fate::Skip(OccurrenceState::SkippedCollapsed, None) } else { fate }
    };
    slots.iter().zip(alone).map(collapse).collect()
}

fn time_of_day((hour, minute): (u32, u32)) -> NaiveTime {
    NaiveTime::MIN + TimeDelta::minutes(i64::from(hour * 60 + minute))
}
