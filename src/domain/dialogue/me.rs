//! `/me`: a person's own record, and until when they say they are away (本人申报: no approval, no reason).

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use super::people::Someone;
use super::{Given, Pick};
use crate::domain::leave::LeaveCategory;
use crate::domain::quiz::Tally;

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Me {
    /// Their record.
    Record,
    /// 哪天返岗？ The private reminder begins here.
    Back,
    /// The same, typed. `misread`: what was typed was no such day.
    BackTyped { misread: Option<Misread> },
}

/// Why a typed day was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Misread {
    /// It could not be read as a day.
    NoDay,
    /// It is today or before.
    NotAhead,
    /// Longer absences are recorded by an admin.
    TooFar,
}

/// What an answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Ask(Me),
    /// The person is back on that day.
    Declare(NaiveDate),
    /// The person wants private reminders again.
    Unmute,
    Cancelled,
    /// The question has no such answer; it stands.
    Stay,
}

/// What an answer leads to; `latest` is the last day that a person may name themselves.
pub fn next(at: Me, given: Given, (today, latest): (NaiveDate, NaiveDate)) -> Move {
    match (at, given) {
        (_, Given::Pick(Pick::Cancel)) => Move::Cancelled,
        (Me::Record, Given::Pick(Pick::Confirm)) => Move::Ask(Me::Back),
        (Me::Record, Given::Pick(Pick::Otherwise)) => Move::Unmute,
        (Me::Back, Given::Pick(Pick::Day(day))) if day > today => Move::Declare(day),
        (Me::Back, Given::Pick(Pick::OtherDay)) => Move::Ask(Me::BackTyped { misread: None }),
        (Me::BackTyped { .. }, Given::Day(day)) => match named(day, today, latest) {
            Ok(day) => Move::Declare(day),
            Err(misread) => Move::Ask(Me::BackTyped { misread: Some(misread) }),
        },
        (Me::Record | Me::Back | Me::BackTyped { .. }, _) => Move::Stay,
    }
}

fn named(day: Option<NaiveDate>, today: NaiveDate, latest: NaiveDate) -> Result<NaiveDate, Misread> {
    match day {
        None => Err(Misread::NoDay),
        Some(day) if day <= today => Err(Misread::NotAhead),
        Some(day) if day > latest => Err(Misread::TooFar),
        Some(day) => Ok(day),
    }
}

/// Whether a typed day answers the question.
pub const fn wants_day(at: Me) -> bool {
    match at {
        Me::BackTyped { .. } => true,
        Me::Record | Me::Back => false,
    }
}

/// A question with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    Record(Record),
    Back,
    BackTyped { misread: Option<Misread>, latest: NaiveDate },
}

/// What is shown to the person themselves, and to nobody else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub who: Someone,
    pub bound_at: DateTime<Utc>,
    /// Their own confirmations of the month's pushes.
    pub acks: i64,
    /// Their own answers to the month's questions, where they gave any.
    pub answers: Option<Tally>,
    /// What holds today: the category, and the last day where one is known.
    pub away: Option<(LeaveCategory, Option<NaiveDate>)>,
    /// They want no private reminders.
    pub muted: bool,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    Declared {
        back: NaiveDate,
        /// By when the next of their open pushes is asked for; `None`: nothing open waits for them.
        deadline: Option<DateTime<Utc>>,
    },
    /// The day cannot be taken; nothing was changed.
    NotTaken,
    /// They are reminded in private again.
    Unmuted,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_ahead_and_not_too_far_is_taken() {
        let days = (day("2026-12-31"), day("2027-03-01"));
        let typed = |text: &str| next(Me::BackTyped { misread: None }, Given::Day(Some(day(text))), days);
        let misread = |misread| Move::Ask(Me::BackTyped { misread: Some(misread) });
        assert_eq!(typed("2027-01-04"), Move::Declare(day("2027-01-04")));
        assert_eq!(typed("2026-12-31"), misread(Misread::NotAhead));
        assert_eq!(typed("2027-03-02"), misread(Misread::TooFar));
        assert_eq!(next(Me::BackTyped { misread: None }, Given::Day(None), days), misread(Misread::NoDay));
        assert_eq!(next(Me::Back, Given::Pick(Pick::Day(day("2027-01-05"))), days), Move::Declare(day("2027-01-05")));
        assert_eq!(next(Me::Back, Given::Pick(Pick::Confirm), days), Move::Stay);
        assert_eq!(next(Me::Record, Given::Pick(Pick::Confirm), days), Move::Ask(Me::Back));
        assert_eq!(next(Me::Record, Given::Pick(Pick::Otherwise), days), Move::Unmute);
        assert_eq!(next(Me::Back, Given::Pick(Pick::Otherwise), days), Move::Stay);
        assert_eq!(next(Me::Back, Given::Pick(Pick::Cancel), days), Move::Cancelled);
    }
}
