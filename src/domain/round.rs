//! One round of the planner: what becomes of every slot that has come due, seen together with what the same chats have
//! had this week and are still to get. The same input always gives the same verdicts.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::domain::calendar::Calendar;
use crate::domain::cap::{self, Candidate, Caps, Leeway, Place, RightOfWay, arrange};
use crate::domain::schedule::{Missed, Slot};
use crate::domain::slot::{AllowedHours, Fate, MissReason, OccurrenceState, PLAIN_MINUTES_MAX, Patience, fate, fates};
use crate::domain::wall;
use crate::ids::{GroupId, ScheduleId};

/// A schedule with those of its slots that matter now.
#[derive(Debug, Clone)]
pub struct Runner<'a> {
    pub schedule: ScheduleId,
    pub right: RightOfWay,
    pub groups: &'a [GroupId],
    /// Its slots become rows and nothing goes out.
    pub paused: bool,
    /// Everything outgoing is stopped: what comes due is missed, what is to come is judged as if it went on by then.
    pub stopped: bool,
    pub missed: Missed,
    pub max_late: TimeDelta,
    /// Due by now and not decided yet, ascending.
    pub pending: Vec<Slot>,
    /// To come, ascending: who goes first among the messages of a week cannot be told without them.
    pub ahead: Vec<Slot>,
    /// Decided once, and moved by it: when they are due now.
    pub moved: Vec<MovedSlot>,
}

/// A slot that was moved before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MovedSlot {
    pub due: DateTime<Utc>,
    /// It goes out on days off as well.
    pub any_day: bool,
}

/// Something a chat gets for certain: sent, or about to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    pub group: GroupId,
    /// The day it counts for.
    pub day: NaiveDate,
    /// It went out so late that its time was printed.
    pub late: bool,
}

/// What verdicts rest on.
#[derive(Debug, Clone, Copy)]
pub struct Ground<'a> {
    pub calendar: &'a Calendar,
    pub hours: &'a AllowedHours,
    pub caps: Caps,
}

impl Ground<'_> {
    fn tz(&self) -> Tz {
        self.hours.tz
    }

    fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        wall::of(at, self.tz()).date()
    }
}

/// What becomes of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It waits, in case its year is taken into the calendar in time.
    Hold,
    /// It goes out at its own time; a slot that is due goes out now.
    Go,
    /// It goes out later.
    Move(DateTime<Utc>),
    /// It does not go out.
    Skip(OccurrenceState, Option<MissReason>),
}

/// The verdicts on a runner's slots, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdicts {
    pub pending: Vec<Verdict>,
    pub ahead: Vec<Verdict>,
    pub moved: Vec<Verdict>,
}

/// Which list of a runner a slot stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum List {
    Pending,
    Ahead,
    Moved,
}

/// A slot that may go out as far as its own schedule is concerned.
#[derive(Debug, Clone, Copy)]
struct Wish {
    /// Place of its runner.
    runner: usize,
    list: List,
    /// Place in the list.
    slot: usize,
    due: DateTime<Utc>,
    leeway: Leeway,
}

/// Judges every slot of every runner.
pub fn judge(runners: &[Runner<'_>], taken: &[Taken], now: DateTime<Utc>, ground: &Ground<'_>) -> Vec<Verdicts> {
    let mut wishes = Vec::new();
    let mut verdicts: Vec<Verdicts> = Vec::with_capacity(runners.len());
    for (place, runner) in runners.iter().enumerate() {
        verdicts.push(alone(runner, now, ground));
        let own = verdicts.last().into_iter().flat_map(|own| wishes_of(place, runner, own, now, ground));
        wishes.extend(own);
    }
    for place in late_losers(runners, &wishes, taken, ground.day(now)).into_iter().rev() {
        *verdict(&mut verdicts, &wishes.remove(place)) = COLLAPSED;
    }
    let candidates: Vec<Candidate<'_>> = wishes.iter().map(|wish| candidate(runners, wish)).collect();
    let taken: Vec<(GroupId, NaiveDate)> = taken.iter().map(|taken| (taken.group, taken.day)).collect();
    let rules = cap::Ground { caps: ground.caps, calendar: ground.calendar, tz: ground.tz() };
    for (wish, place) in wishes.iter().zip(arrange(&candidates, &taken, &rules)) {
        *verdict(&mut verdicts, wish) = match place {
            Place::Stay => Verdict::Go,
            Place::Move(to) => Verdict::Move(to),
            Place::GiveUp if wish.leeway == Leeway::Stay => COLLAPSED,
            Place::GiveUp => Verdict::Skip(OccurrenceState::SkippedCap, None),
        };
    }
    verdicts
}

/// A newer message, or one with more right, takes the place of a late one.
const COLLAPSED: Verdict = Verdict::Skip(OccurrenceState::SkippedCollapsed, None);

/// The verdicts as far as a schedule can tell by itself. `Go` may still have to give way.
fn alone(runner: &Runner<'_>, now: DateTime<Utc>, ground: &Ground<'_>) -> Verdicts {
    if runner.paused {
        let paused = Verdict::Skip(OccurrenceState::SkippedPaused, None);
        let all = |n: usize| vec![paused; n];
        return Verdicts {
            pending: all(runner.pending.len()),
            ahead: all(runner.ahead.len()),
            moved: all(runner.moved.len()),
        };
    }
    if runner.stopped {
        return while_stopped(alone(&Runner { stopped: false, ..runner.clone() }, now, ground), runner, now);
    }
    let patience =
        Patience { missed: runner.missed, max_late: runner.max_late, hours: ground.hours, calendar: ground.calendar };
    let of = |fate: Fate| match fate {
        Fate::Hold => Verdict::Hold,
        Fate::Wait | Fate::Plain | Fate::Late => Verdict::Go,
        Fate::Skip(state, reason) => Verdict::Skip(state, reason),
    };
    let pending = fates(&runner.pending, now, &patience).into_iter().map(of).collect();
    // What is to come is judged as on time, and as if its year were taken in by then; slots that holidays moved to one time
    // share it.
    let mut ahead = Vec::with_capacity(runner.ahead.len());
    for same in runner.ahead.chunk_by(|one, next| one.due == next.due) {
        let known: Vec<Slot> = same.iter().map(|slot| Slot { known: true, ..slot.clone() }).collect();
        ahead.extend(fates(&known, same[0].due, &patience).into_iter().map(of));
    }
    let moved = runner.moved.iter().map(|moved| of(fate(&Slot::at(moved.due), moved.due.max(now), &patience)));
    Verdicts { pending, ahead, moved: moved.collect() }
}

/// What is due while everything is stopped goes out neither now nor when it goes on.
fn while_stopped(otherwise: Verdicts, runner: &Runner<'_>, now: DateTime<Utc>) -> Verdicts {
    let paused = Verdict::Skip(OccurrenceState::SkippedPaused, None);
    let of = |(moved, verdict): (&MovedSlot, Verdict)| if moved.due <= now { paused } else { verdict };
    Verdicts {
        pending: vec![paused; runner.pending.len()],
        ahead: otherwise.ahead,
        moved: runner.moved.iter().zip(otherwise.moved).map(of).collect(),
    }
}

/// The wishes of the runner at a place among the others.
fn wishes_of<'a>(
    place: usize,
    runner: &'a Runner<'_>,
    own: &'a Verdicts,
    now: DateTime<Utc>,
    ground: &'a Ground<'_>,
) -> impl Iterator<Item = Wish> + 'a {
    let plain = TimeDelta::minutes(PLAIN_MINUTES_MAX);
    let late = move |due: DateTime<Utc>| if now - due > plain { Leeway::Stay } else { Leeway::Any };
    let wish = move |list, slot, due, leeway| Wish { runner: place, list, slot, due, leeway };
    let pending = own.pending.iter().zip(&runner.pending).enumerate().filter(|(_, (v, _))| **v == Verdict::Go);
    let pending = pending.map(move |(n, (_, slot))| wish(List::Pending, n, slot.due, late(slot.due)));
    let ahead = own.ahead.iter().zip(&runner.ahead).enumerate().filter(|(_, (v, _))| **v == Verdict::Go);
    let ahead = ahead.map(move |(n, (_, slot))| wish(List::Ahead, n, slot.due, Leeway::Any));
    let moved = own.moved.iter().zip(&runner.moved).enumerate().filter(|(_, (v, _))| **v == Verdict::Go);
    let moved = moved.map(move |(n, (_, moved))| {
        let off = !moved.any_day && !ground.calendar.is_workday(ground.day(moved.due));
        wish(List::Moved, n, moved.due, if off { Leeway::Move } else { late(moved.due) })
    });
    pending.chain(ahead).chain(moved)
}

/// Of the late wishes each chat gets one a day at most: the one with most right of way, of these the one for most chats,
/// of these the newest. Returns the places of the others, ascending.
fn late_losers(runners: &[Runner<'_>], wishes: &[Wish], taken: &[Taken], today: NaiveDate) -> BTreeSet<usize> {
    let mut had: HashSet<GroupId> =
        taken.iter().filter(|taken| taken.late && taken.day == today).map(|taken| taken.group).collect();
    let mut late: Vec<usize> = (0..wishes.len()).filter(|n| wishes[*n].leeway == Leeway::Stay).collect();
    let rank = |n: &usize| {
        let wish = &wishes[*n];
        let runner = &runners[wish.runner];
        (runner.right, Reverse(runner.groups.len()), Reverse(wish.due), runner.schedule)
    };
    late.sort_by_key(rank);
    let mut losers = BTreeSet::new();
    for place in late {
        let groups = runners[wishes[place].runner].groups;
        if groups.iter().any(|group| had.contains(group)) {
            losers.insert(place);
        } else {
            had.extend(groups);
        }
    }
    losers
}

fn candidate<'a>(runners: &[Runner<'a>], wish: &Wish) -> Candidate<'a> {
    let runner = &runners[wish.runner];
    Candidate {
        schedule: runner.schedule,
        due: wish.due,
        groups: runner.groups,
        right: runner.right,
        leeway: wish.leeway,
    }
}

fn verdict<'a>(verdicts: &'a mut [Verdicts], wish: &Wish) -> &'a mut Verdict {
    let own = &mut verdicts[wish.runner];
    let list = match wish.list {
        List::Pending => &mut own.pending,
        List::Ahead => &mut own.ahead,
        List::Moved => &mut own.moved,
    };
    &mut list[wish.slot]
}
