//! `/people`: 新进人员, 换手机, 调离, 休假, 未绑定名单. Where an admin is in it, and what an answer leads to.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::{Given, Pick, turned};
use crate::domain::leave::LeaveCategory;
use crate::ids::{InviteId, LeaveId, PersonVersionId, StaffId, UnitId};

/// What is asked, and how it ends.
mod question;

pub use question::{CodeQuestion, Counted, Ended, Listed, Open, Question, Someone, Typed, When, days};

/// How far from today a day may lie that an admin types: a slip of the pen is not taken for a plan.
pub const DAYS_AWAY_MOST: i64 = 366;
/// Newest people without an account that are listed; the others are found by their unit.
pub const NEWEST_MOST: usize = 80;

/// What is to be done about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// 新进人员: hand out a code.
    Join,
    /// 换手机
    Phone,
    /// 调离
    Depart,
    /// 休假
    Away,
    /// 未绑定名单
    Unbound,
}

impl Task {
    /// In the order of their buttons.
    pub const ALL: [Self; 5] = [Self::Join, Self::Phone, Self::Depart, Self::Away, Self::Unbound];
}

/// Where an admin is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum People {
    /// What is it about?
    Menu,
    /// Who of the newest without an account?
    Newest {
        page: u16,
    },
    /// Which unit?
    Units {
        task: Task,
        page: u16,
    },
    /// Who of a unit?
    Staff {
        task: Task,
        unit: UnitId,
        page: u16,
    },
    /// A code for someone who has one that is unused, or who is bound. `seen` is how things stood when it was asked.
    Code {
        task: Task,
        who: StaffId,
        seen: Option<Seen>,
    },
    /// From which day is someone gone?
    DepartDay {
        who: StaffId,
    },
    /// The same, typed. `misread`: what was typed was no such day.
    DepartTyped {
        who: StaffId,
        misread: Option<Misread>,
    },
    Depart {
        who: StaffId,
        day: NaiveDate,
        seen: Option<Seen>,
    },
    /// Why is someone away?
    Category {
        who: StaffId,
    },
    FirstDay {
        who: StaffId,
        category: Kept,
    },
    FirstTyped {
        who: StaffId,
        category: Kept,
        misread: Option<Misread>,
    },
    LastDay {
        who: StaffId,
        category: Kept,
        from: NaiveDate,
    },
    LastTyped {
        who: StaffId,
        category: Kept,
        from: NaiveDate,
        misread: Option<Misread>,
    },
    Away {
        who: StaffId,
        away: Absence,
        seen: Option<Seen>,
    },
}

/// A category inside a stored place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Kept(#[serde(with = "super::category")] pub LeaveCategory);

/// An absence to be recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Absence {
    pub category: Kept,
    pub from: NaiveDate,
    /// Last day; 未定 without one.
    pub to: Option<NaiveDate>,
}

/// Why a typed day was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misread {
    /// It could not be read as a day.
    NoDay,
    /// It lies too far away.
    TooFar,
    /// It lies before the day it has to follow.
    TooEarly,
}

/// How things stood with a person when a question was asked. Compared with how they stand when it is answered, so that of
/// two admins the later one is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Unit, branch and kinds.
    pub version: PersonVersionId,
    pub leaves_on: Option<NaiveDate>,
    /// The newest binding ever, and whether it stands.
    pub bound: Option<(i64, bool)>,
    /// The code that may still be used.
    pub invite: Option<InviteId>,
    /// The newest absence.
    pub leave: Option<LeaveId>,
}

/// What changed meanwhile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Unit, branch or kinds.
    Moved,
    Departing,
    Binding,
    Code,
    Leave,
}

impl Seen {
    /// What is different now.
    pub fn changes(&self, now: &Self) -> Vec<Change> {
        let all = [
            (self.version != now.version, Change::Moved),
            (self.leaves_on != now.leaves_on, Change::Departing),
            (self.bound != now.bound, Change::Binding),
            (self.invite != now.invite, Change::Code),
            (self.leave != now.leave, Change::Leave),
        ];
        all.into_iter().filter(|(differs, _)| *differs).map(|(_, change)| change).collect()
    }
}

/// What becomes of the account that is bound now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Old {
    /// It counts until the new code is used.
    UntilBound,
    /// It is let go at once.
    LetGo,
}

/// What is to be done in the end. `seen` is how things stood when it was confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deed {
    Code {
        task: Task,
        who: StaffId,
        old: Old,
        seen: Option<Seen>,
    },
    Depart {
        who: StaffId,
        day: NaiveDate,
        seen: Option<Seen>,
    },
    /// The day of leaving that is on record no longer holds.
    Stay {
        who: StaffId,
    },
    Away {
        who: StaffId,
        away: Absence,
        seen: Option<Seen>,
    },
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    Ask(People),
    Do(Deed),
    Cancelled,
    /// The question has no such answer; it stands.
    Stay,
}

/// What an answer leads to. Pure: whether the people and units still exist is seen when the next question is made.
pub fn next(at: &People, given: Given, today: NaiveDate) -> Move {
    match given {
        Given::Pick(Pick::Cancel) => Move::Cancelled,
        Given::Pick(pick) => picked(at, pick),
        Given::Day(day) => typed(at, day, today),
    }
}

/// Whether a typed day answers the question.
pub const fn wants_day(at: &People) -> bool {
    match at {
        People::DepartTyped { .. } | People::FirstTyped { .. } | People::LastTyped { .. } => true,
        People::Menu
        | People::Newest { .. }
        | People::Units { .. }
        | People::Staff { .. }
        | People::Code { .. }
        | People::DepartDay { .. }
        | People::Depart { .. }
        | People::Category { .. }
        | People::FirstDay { .. }
        | People::LastDay { .. }
        | People::Away { .. } => false,
    }
}

fn picked(at: &People, pick: Pick) -> Move {
    let to = match (at, pick) {
        (People::Menu, Pick::Task(Task::Join)) => People::Newest { page: 0 },
        (People::Menu | People::Newest { .. }, Pick::Task(task)) => People::Units { task, page: 0 },
        (People::Newest { .. }, Pick::Person(who)) => return code(Task::Join, who, None),
        (People::Newest { page }, pick) => return turn(*page, pick, |page| People::Newest { page }),
        (People::Units { task, .. }, Pick::Unit(unit)) => People::Staff { task: *task, unit, page: 0 },
        (People::Units { task, page }, pick) => return turn(*page, pick, |page| People::Units { task: *task, page }),
        (People::Staff { task, .. }, Pick::Person(who)) => return chosen(*task, who),
        (People::Staff { task, .. }, Pick::Task(_)) => People::Units { task: *task, page: 0 },
        (People::Staff { task, unit, page }, pick) => {
            return turn(*page, pick, |page| People::Staff { task: *task, unit: *unit, page });
        }
        (People::Code { task, who, seen }, Pick::Confirm) => return code(*task, *who, *seen),
        (People::Code { task, who, seen }, Pick::Otherwise) => {
            return Move::Do(Deed::Code { task: *task, who: *who, old: Old::LetGo, seen: *seen });
        }
        (People::DepartDay { who }, Pick::Day(day)) => People::Depart { who: *who, day, seen: None },
        (People::DepartDay { who }, Pick::Otherwise) => return Move::Do(Deed::Stay { who: *who }),
        (People::DepartDay { who }, Pick::OtherDay) => People::DepartTyped { who: *who, misread: None },
        (People::Depart { who, day, seen }, Pick::Confirm) => {
            return Move::Do(Deed::Depart { who: *who, day: *day, seen: *seen });
        }
        (at, pick) => return absent(at, pick),
    };
    Move::Ask(to)
}

fn absent(at: &People, pick: Pick) -> Move {
    let to = match (at, pick) {
        (People::Category { who }, Pick::Category(category)) => {
            People::FirstDay { who: *who, category: Kept(category) }
        }
        (People::FirstDay { who, category }, Pick::Day(from)) => {
            People::LastDay { who: *who, category: *category, from }
        }
        (People::FirstDay { who, category }, Pick::OtherDay) => {
            People::FirstTyped { who: *who, category: *category, misread: None }
        }
        (People::LastDay { who, category, from }, Pick::Day(to)) => away(*who, (*category, *from), Some(to)),
        (People::LastDay { who, category, from }, Pick::NoDay) => away(*who, (*category, *from), None),
        (People::LastDay { who, category, from }, Pick::OtherDay) => {
            People::LastTyped { who: *who, category: *category, from: *from, misread: None }
        }
        (People::Away { who, away, seen }, Pick::Confirm) => {
            return Move::Do(Deed::Away { who: *who, away: *away, seen: *seen });
        }
        _ => return Move::Stay,
    };
    Move::Ask(to)
}

fn away(who: StaffId, (category, from): (Kept, NaiveDate), to: Option<NaiveDate>) -> People {
    People::Away { who, away: Absence { category, from, to }, seen: None }
}

fn turn(page: u16, pick: Pick, at: impl Fn(u16) -> People) -> Move {
    turned(page, pick).map_or(Move::Stay, |page| Move::Ask(at(page)))
}

fn code(task: Task, who: StaffId, seen: Option<Seen>) -> Move {
    Move::Do(Deed::Code { task, who, old: Old::UntilBound, seen })
}

fn chosen(task: Task, who: StaffId) -> Move {
    match task {
        Task::Join => code(task, who, None),
        Task::Phone => Move::Ask(People::Code { task, who, seen: None }),
        Task::Depart => Move::Ask(People::DepartDay { who }),
        Task::Away => Move::Ask(People::Category { who }),
        Task::Unbound => Move::Stay,
    }
}

fn typed(at: &People, day: Option<NaiveDate>, today: NaiveDate) -> Move {
    let far = |day: NaiveDate| (day - today).num_days().abs() > DAYS_AWAY_MOST;
    let after = |from: Option<NaiveDate>| match day {
        None => Err(Misread::NoDay),
        Some(day) if far(day) => Err(Misread::TooFar),
        Some(day) if from.is_some_and(|from| day < from) => Err(Misread::TooEarly),
        Some(day) => Ok(day),
    };
    match at.clone() {
        People::DepartTyped { who, .. } => Move::Ask(match after(None) {
            Ok(day) => People::Depart { who, day, seen: None },
            Err(misread) => People::DepartTyped { who, misread: Some(misread) },
        }),
        People::FirstTyped { who, category, .. } => Move::Ask(match after(None) {
            Ok(from) => People::LastDay { who, category, from },
            Err(misread) => People::FirstTyped { who, category, misread: Some(misread) },
        }),
        People::LastTyped { who, category, from, .. } => Move::Ask(match after(Some(from)) {
            Ok(to) => away(who, (category, from), Some(to)),
            Err(misread) => People::LastTyped { who, category, from, misread: Some(misread) },
        }),
        People::Menu
        | People::Newest { .. }
        | People::Units { .. }
        | People::Staff { .. }
        | People::Code { .. }
        | People::DepartDay { .. }
        | People::Depart { .. }
        | People::Category { .. }
        | People::FirstDay { .. }
        | People::LastDay { .. }
        | People::Away { .. } => Move::Stay,
    }
}
