//! The one private reminder of a required push: on which day and at what time, and who of those that have not confirmed gets
//! it. It is said once, to the person alone, and nothing is counted by it.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Timelike, Utc};

use super::calendar::Calendar;
use super::report::{Reason, Standing};
use super::slot::AllowedHours;
use super::wall;

/// Days that are looked ahead for one on which messages may go out: longer than any holiday.
const AHEAD_DAYS: i64 = 30;

/// When people may be reminded.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The office's time for it.
    pub time: NaiveTime,
    pub calendar: &'a Calendar,
    pub hours: &'a AllowedHours,
}

impl Terms<'_> {
    /// When a person is reminded of what they are asked for by a deadline: on its workday, and on the workday before when the
    /// deadline's day is none, or is too short. `None`: no allowed hour is left after the office's time.
    pub fn remind_at(&self, deadline: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let time = first_from(self.hours, self.time)?;
        let on = |day: NaiveDate| wall::instant(day.and_time(time), self.hours.tz);
        let due = wall::of(deadline, self.hours.tz).date();
        let same_day = self.calendar.is_workday(due) && on(due) < deadline;
        Some(if same_day { on(due) } else { on(self.calendar.workdays_from(due, -1)) })
    }

    /// When people were to be reminded of a push of `slot`, once that time has come; not of what came only afterwards.
    pub fn came(&self, (slot, deadline): (DateTime<Utc>, DateTime<Utc>), now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.remind_at(deadline).filter(|at| slot < *at && *at <= now)
    }

    /// Whether it is time now to remind of a push of `slot`: on that day, from that time on, inside the allowed hours, and
    /// before the deadline.
    pub fn is_due(&self, (slot, deadline): (DateTime<Utc>, DateTime<Utc>), now: DateTime<Utc>) -> bool {
        let day = |at: DateTime<Utc>| wall::of(at, self.hours.tz).date();
        let due = |at| day(at) == day(now);
        now < deadline && self.hours.allow(now, self.calendar) && self.came((slot, deadline), now).is_some_and(due)
    }

    /// The first instant from `now` on at which messages may go out.
    pub fn next_allowed(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        if self.hours.allow(now, self.calendar) {
            return now;
        }
        let wall = wall::of(now, self.hours.tz);
        let days = wall.date().iter_days().take(usize::try_from(AHEAD_DAYS).unwrap_or(1));
        let starts = days.filter(|day| self.calendar.is_workday(*day)).flat_map(|day| {
            let mut starts: Vec<NaiveTime> = self.hours.windows.iter().map(|window| window.from).collect();
            starts.sort_unstable();
            starts.into_iter().map(move |time| wall::instant(day.and_time(time), self.hours.tz))
        });
        starts.into_iter().find(|start| *start > now).unwrap_or(now + TimeDelta::days(AHEAD_DAYS))
    }
}

/// The first allowed minute of a day that is not before a time.
fn first_from(hours: &AllowedHours, time: NaiveTime) -> Option<NaiveTime> {
    let minute = |time: NaiveTime| time.hour() * 60 + time.minute();
    let open = hours.windows.iter().filter(|window| minute(time) <= minute(window.to));
    open.map(|window| window.from.max(time)).min()
}

/// What keeps somebody from being reminded.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Person {
    /// Away today.
    pub away: bool,
    /// Wants no private reminders.
    pub muted: bool,
    /// Has a private chat that the bot may write to.
    pub reachable: bool,
}

/// What becomes of somebody whose day it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    Reminded,
    /// They have no private chat: a number for the admin.
    Unreachable,
    /// The push itself did not reach them, or nobody knows.
    NotReached,
    Away,
    Muted,
    /// They confirmed.
    Confirmed,
}

/// What becomes of an expected person, by where they stand with the push. The order of the questions is the rule.
pub fn fate(standing: Standing, person: Person) -> Fate {
    let reachable = match standing {
        Standing::OnTime | Standing::Late => return Fate::Confirmed,
        Standing::InDoubt | Standing::Undelivered(Reason::Waiting | Reason::SendFailed | Reason::NoGroup) => {
            return Fate::NotReached;
        }
        // The message is where they could read it, and nobody knows who they are there.
        Standing::Undelivered(Reason::Unbound) => false,
        Standing::Missing => person.reachable,
    };
    match person {
        Person { away: true, .. } => Fate::Away,
        Person { muted: true, .. } => Fate::Muted,
        Person { away: false, muted: false, .. } => {
            if reachable {
                Fate::Reminded
            } else {
                Fate::Unreachable
            }
        }
    }
}

#[cfg(test)]
mod tests;
