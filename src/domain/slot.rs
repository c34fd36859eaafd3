//! What becomes of a schedule's due instant (a slot): sent, sent late with its time printed, or skipped with a reason.
//! A miss is always a row, so every slot gets exactly one fate.

#[cfg(test)]
mod tests;

use crate::domain::{wall, word::words};
use chrono::{DateTime, Datelike, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;

/// Minutes after its slot within which a message counts as punctual and prints nothing about it: nobody notices ten
/// minutes, and a restart takes less.
const PLAIN_MINUTES_MAX: i64 = 10;

/// Hours after its slot within which a message may still go out late on the same day: half a workday. Later it would
/// meet people at another part of their day than was planned.
pub const LATE_HOURS_MAX: i64 = 4;

/// Office hours without the midday rest, as (hour, minute) of first and last minute: messages reach people at their desks.
const STANDARD_WINDOWS: [[(u32, u32); 2]; 2] = [[(9, 0), (11, 30)], [(14, 30), (17, 30)]];

/// Wall time (hour, minute) at which a required push is due by default: the end of the allowed hours.
const DEADLINE_TIME: (u32, u32) = (17, 30);

/// Workdays after the day of a required push that its readers have by default.
const DEADLINE_WORKDAYS: u32 = 2;

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
    /// What was missing when a slot was due and no push could be made of it.
    MissReason {
        /// None of the schedule's chats is active.
        NoGroup = "no_group",
        /// No approved item fits the schedule on that day.
        NoItem = "no_item",
        /// The item has blanks that no setting fills.
        Unfilled = "unfilled",
        /// The chats address nobody whom the item is for.
        Nobody = "nobody",
    }
}

/// What to do with one slot now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its time has not come.
    Wait,
    /// Send, and print nothing about the time.
    Plain,
    /// Send with the slot's wall time printed (原定09:30).
    Late,
    /// Do not send; a row says why.
    SkipLate,
    /// Do not send, because a newer slot goes out; a row says so.
    SkipCollapsed,
}

impl Fate {
    /// The state the occurrence takes.
    pub const fn state(self) -> OccurrenceState {
        match self {
            Self::Wait => OccurrenceState::Planned,
            Self::Plain | Self::Late => OccurrenceState::Materialised,
            Self::SkipLate => OccurrenceState::SkippedLate,
            Self::SkipCollapsed => OccurrenceState::SkippedCollapsed,
        }
    }

    /// Whether a message goes out.
    pub const fn sends(self) -> bool {
        match self {
            Self::Plain | Self::Late => true,
            Self::Wait | Self::SkipLate | Self::SkipCollapsed => false,
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
    pub fn allow(&self, now: DateTime<Utc>) -> bool {
        let wall = wall::of(now, self.tz);
        let minute = |time: NaiveTime| time.hour() * 60 + time.minute();
        let inside = |w: &Window| (minute(w.from)..=minute(w.to)).contains(&minute(wall.time()));
        is_workday(wall.date()) && self.windows.iter().any(inside)
    }
}

/// Monday to Friday. Holidays and make-up workdays are unknown to this rule.
pub fn is_workday(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

/// The fate of a slot looked at alone: up to ten minutes late it goes out plain; up to four hours late, on the same day
/// of the office's zone and inside the allowed hours, it goes out with its time printed; after that it is skipped.
pub fn fate(slot: DateTime<Utc>, now: DateTime<Utc>, hours: &AllowedHours) -> Fate {
    let delay = now - slot;
    let same_day = wall::of(slot, hours.tz).date() == wall::of(now, hours.tz).date();
    if delay < TimeDelta::zero() {
        Fate::Wait
    } else if delay <= TimeDelta::minutes(PLAIN_MINUTES_MAX) {
        Fate::Plain
    } else if delay <= TimeDelta::hours(LATE_HOURS_MAX) && same_day && hours.allow(now) {
        Fate::Late
    } else {
        Fate::SkipLate
    }
}

/// The fates of one schedule's open slots, in the order given. Of those that could still go out only the newest does;
/// the others collapse into it.
pub fn fates(slots: &[DateTime<Utc>], now: DateTime<Utc>, hours: &AllowedHours) -> Vec<Fate> {
    let alone: Vec<Fate> = slots.iter().map(|slot| fate(*slot, now, hours)).collect();
    let newest = slots.iter().zip(&alone).filter(|(_, fate)| fate.sends()).map(|(slot, _)| *slot).max();
    let collapse = |(slot, fate): (&DateTime<Utc>, Fate)| {
        if fate.sends() && Some(*slot) != newest { Fate::SkipCollapsed } else { fate }
    };
    slots.iter().zip(alone).map(collapse).collect()
}

/// Default deadline of a required push: 17:30 on the second workday after the day of the push, in the office's zone.
pub fn default_deadline(pushed: DateTime<Utc>, tz: Tz) -> DateTime<Utc> {
    let mut day = wall::of(pushed, tz).date();
    let mut workdays = 0;
    while workdays < DEADLINE_WORKDAYS {
        day += TimeDelta::days(1);
        workdays += u32::from(is_workday(day));
    }
    wall::instant(day.and_time(time_of_day(DEADLINE_TIME)), tz)
}

fn time_of_day((hour, minute): (u32, u32)) -> NaiveTime {
    NaiveTime::MIN + TimeDelta::minutes(i64::from(hour * 60 + minute))
}
