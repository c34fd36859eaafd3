//! What `/people` asks, and how it ends, with everything that is shown.

use chrono::{DateTime, NaiveDate, Utc};

use super::{Absence, Change, Misread, Old, Task};
use crate::domain::dialogue::{Page, Pick};
use crate::domain::leave::LeaveCategory;
use crate::ids::{StaffId, UnitId};

/// Someone as a list or a question shows them. The name is masked where it is worded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub id: StaffId,
    pub name: String,
    pub staff_no: String,
    /// Path of the unit.
    pub unit: String,
}

/// The person that a question is about, told from the others of the unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Someone {
    pub listed: Listed,
    /// Staff numbers of the unit.
    pub peers: Vec<String>,
}

/// A unit with how many people a question is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub id: UnitId,
    pub path: String,
    pub people: i64,
}

/// A question with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    Menu,
    /// The whole list, so that everyone on it is told from everyone else.
    Newest {
        people: Vec<Listed>,
        page: Page,
    },
    Units {
        task: Task,
        units: Vec<Counted>,
        page: Page,
    },
    Staff {
        task: Task,
        unit: String,
        people: Vec<Listed>,
        page: Page,
    },
    Code(CodeQuestion),
    DepartDay {
        who: Someone,
        /// The day to come that is on record.
        planned: Option<NaiveDate>,
    },
    Depart {
        who: Someone,
        day: NaiveDate,
        changes: Vec<Change>,
    },
    Category {
        who: Someone,
    },
    FirstDay {
        who: Someone,
        category: LeaveCategory,
    },
    LastDay {
        who: Someone,
        category: LeaveCategory,
        from: NaiveDate,
    },
    /// A day is typed next.
    Typed {
        about: Typed,
        who: Someone,
        misread: Option<Misread>,
    },
    Away {
        who: Someone,
        away: Absence,
        changes: Vec<Change>,
    },
}

/// Whether a code is handed out although one is unused, or the person is bound.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodeQuestion {
    pub task: Task,
    pub who: Someone,
    /// Since when an account is bound.
    pub bound_at: Option<DateTime<Utc>>,
    /// Until when the unused code is good.
    pub unused_until: Option<DateTime<Utc>>,
    pub changes: Vec<Change>,
}

/// Which day is typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    Depart,
    First,
    /// Not before this day.
    Last(NaiveDate),
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// A code to hand over.
    Code {
        who: Someone,
        code: String,
        link: Option<String>,
        until: DateTime<Utc>,
        task: Task,
        old: Option<Old>,
    },
    /// Off the roster, now or on a day to come.
    Departed {
        who: Someone,
        day: NaiveDate,
        when: When,
    },
    /// The day of leaving no longer holds.
    Stays {
        who: Someone,
    },
    Away {
        who: Someone,
        away: Absence,
    },
    /// The person is not on the roster any more.
    Gone,
    /// There is nobody that the branch is about.
    Nobody(Task),
    /// The last admin stays.
    LastAdmin {
        who: Someone,
    },
    /// There is such an absence already.
    Overlaps {
        who: Someone,
    },
}

/// Whether a day has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    Now,
    ToCome,
}

/// The buttons of a question for a day: a day and those after it, any other, 未定 where that is an answer, 取消.
pub fn days(from: NaiveDate, offered: usize, open: Open) -> Vec<Pick> {
    let mut picks: Vec<Pick> = from.iter_days().take(offered).map(Pick::Day).collect();
    picks.push(Pick::OtherDay);
    picks.extend(match open {
        Open::Allowed => Some(Pick::NoDay),
        Open::Refused => None,
    });
    picks.push(Pick::Cancel);
    picks
}

/// Whether 未定 is an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Open {
    Allowed,
    Refused,
}
