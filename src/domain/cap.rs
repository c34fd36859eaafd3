//! How many items a group gets, and which of them give way. Office rules count messages per workday and week; a message
//! with less right of way moves to a workday of the same week that is still free for its chats.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc, Weekday};
use chrono_tz::Tz;

use crate::domain::calendar::Calendar;
use crate::domain::wall;
use crate::ids::{GroupId, ScheduleId};

/// Most items a group gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Caps {
    /// On one day.
    pub per_day: u32,
    /// From Monday to Sunday.
    pub per_week: u32,
}

/// Who goes first where not all can go; the first word has the most right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RightOfWay {
    /// 节前提醒
    Reminder,
    /// 通知 and whatever else is to be confirmed.
    Notice,
    /// 小知识 for a day of its own, such as 国家宪法日: another day would not do.
    Dated,
    /// 小知识
    Knowledge,
}

/// What may become of a candidate that cannot have its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leeway {
    /// It stays on its day or moves to a later one.
    Any,
    /// It stays or is given up: it is late already.
    Stay,
    /// It has to move: its day is no workday any more.
    Move,
}

/// A slot that wants to go out.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    pub schedule: ScheduleId,
    pub due: DateTime<Utc>,
    /// It goes to all of them at once, so it needs a day that is free for each.
    pub groups: &'a [GroupId],
    pub right: RightOfWay,
    pub leeway: Leeway,
}

/// Where a candidate ends up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// At its own time.
    Stay,
    /// At the same wall time of a later workday of its week.
    Move(DateTime<Utc>),
    /// Nowhere: its week has no room.
    GiveUp,
}

/// What the places depend on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub caps: Caps,
    pub calendar: &'a Calendar,
    pub tz: Tz,
}

/// Places every candidate, in the order given. `taken` are the items that went out, or are certain to, by chat and day.
/// More right of way goes first; of equals the earlier one. A loser takes the next workday of its week that no equal or
/// better has for its own. The same input always gives the same places.
pub fn arrange(candidates: &[Candidate<'_>], taken: &[(GroupId, NaiveDate)], ground: &Ground<'_>) -> Vec<Place> {
    let mut room = Room { caps: ground.caps, days: HashMap::new(), weeks: HashMap::new() };
    for (group, day) in taken {
        room.take(std::slice::from_ref(group), *day);
    }
    let mut order: Vec<usize> = (0..candidates.len()).collect();
    order.sort_by_key(|place| {
        let candidate = &candidates[*place];
        (candidate.right, candidate.due, candidate.schedule)
    });
    let mut places = vec![Place::GiveUp; candidates.len()];
    for class in order.chunk_by(|one, other| candidates[*one].right == candidates[*other].right) {
        let mut losers = Vec::new();
        for place in class {
            let candidate = &candidates[*place];
            let day = wall::of(candidate.due, ground.tz).date();
            if candidate.leeway != Leeway::Move && room.is_free(candidate.groups, day) {
                room.take(candidate.groups, day);
                places[*place] = Place::Stay;
            } else if candidate.leeway != Leeway::Stay {
                losers.push(*place);
            }
        }
        for place in losers {
            if let Some((day, at)) = later(&candidates[place], &room, ground) {
                room.take(candidates[place].groups, day);
                places[place] = Place::Move(at);
            }
        }
    }
    places
}

/// The next workday of the week that is free for all of a candidate's chats, and its wall time on that day.
fn later(candidate: &Candidate<'_>, room: &Room, ground: &Ground<'_>) -> Option<(NaiveDate, DateTime<Utc>)> {
    let due = wall::of(candidate.due, ground.tz);
    let sunday = due.date().week(Weekday::Mon).last_day();
    let mut days = due.date().iter_days().skip(1).take_while(|day| *day <= sunday);
    let day = days.find(|day| ground.calendar.is_workday(*day) && room.is_free(candidate.groups, *day))?;
    Some((day, wall::instant(day.and_time(due.time()), ground.tz)))
}

/// The first day of a day's week.
pub fn monday(day: NaiveDate) -> NaiveDate {
    day.week(Weekday::Mon).first_day()
}

/// What each chat has on each day and in each week.
struct Room {
    caps: Caps,
    days: HashMap<(GroupId, NaiveDate), u32>,
    weeks: HashMap<(GroupId, NaiveDate), u32>,
}

impl Room {
    fn take(&mut self, groups: &[GroupId], day: NaiveDate) {
        for group in groups {
            *self.days.entry((*group, day)).or_default() += 1;
            *self.weeks.entry((*group, monday(day))).or_default() += 1;
        }
    }

    fn is_free(&self, groups: &[GroupId], day: NaiveDate) -> bool {
        let count = |counts: &HashMap<(GroupId, NaiveDate), u32>, key| counts.get(&key).copied().unwrap_or(0);
        groups.iter().all(|group| {
            count(&self.days, (*group, day)) < self.caps.per_day
                && count(&self.weeks, (*group, monday(day))) < self.caps.per_week
        })
    }
}
