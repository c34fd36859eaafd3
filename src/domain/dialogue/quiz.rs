//! The questions of a push, one after another, in private. Each answer is stored when it is given, so that whoever stops
//! half-way goes on where they stopped.

use serde::{Deserialize, Serialize};

use super::{Given, Pick};
use crate::domain::month::Month;
use crate::domain::quiz::{Letters, Question as Asked, Try};
use crate::ids::AttemptId;

/// Where a person is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// The copy that led here.
    pub copy: AttemptId,
    /// The question that stands, counted from 0; none: whichever is next.
    pub at: Option<u8>,
    /// Options marked so far, where several may be.
    pub marked: i64,
}

impl Run {
    /// The beginning.
    pub const fn of(copy: AttemptId) -> Self {
        Self { copy, at: None, marked: 0 }
    }

    /// What is marked.
    pub fn letters(self) -> Letters {
        Letters::from_number(self.marked).unwrap_or_default()
    }
}

/// What a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// Of the item.
    pub title: String,
    /// Counted from 1.
    pub nth: usize,
    pub of: usize,
    pub asked: Asked,
    pub marked: Letters,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is left to answer.
    Done(Summary),
    /// Every question was asked; those that were answered wrongly may be answered so often again.
    Again { summary: Summary, left: u8 },
    /// 先不答了: what was answered stands.
    Later,
    /// The push was taken back.
    Recalled,
    /// The month of the push is closed.
    Closed(Option<Month>),
    /// Nothing is asked there.
    Nothing,
}

/// What a person answered, for their own eyes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub title: String,
    /// In the order of the questions.
    pub rows: Vec<Row>,
}

/// One question with the answer that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub asked: Asked,
    pub counted: Option<Try>,
    /// Whether some answer to it was right.
    pub known: bool,
}

/// What an answer leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// It is stored.
    Answer(Letters),
    /// The same question with other marks.
    Mark(Run),
    Later,
    /// The question has no such answer; it stands.
    Stay,
}

/// What an answer leads to: one option answers a single choice, marks and 确认 a multiple one.
pub fn next(at: Run, given: Given, asked: &Asked) -> Move {
    match given {
        Given::Pick(Pick::Cancel) => Move::Later,
        Given::Pick(Pick::Option(option)) => match Letters::one(option).filter(|letter| asked.has(*letter)) {
            None => Move::Stay,
            Some(_) if asked.is_multiple() => Move::Mark(Run { marked: at.letters().toggled(option).number(), ..at }),
            Some(letter) => Move::Answer(letter),
        },
        Given::Pick(Pick::Confirm) if asked.is_multiple() && asked.has(at.letters()) => Move::Answer(at.letters()),
        Given::Pick(_) | Given::Day(_) => Move::Stay,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::content::Basis;

    fn asked(key: &str) -> Asked {
        Asked {
            text: "问？".to_owned(),
            options: ["甲", "乙", "丙"].map(str::to_owned).to_vec(),
            key: Letters::parse(key).unwrap(),
            explain: String::new(),
            basis: Basis::parse("《某法》（2020年7月1日起施行）第一条").unwrap(),
        }
    }

    #[test]
    fn one_option_answers_and_several_are_marked_first() {
        let at = Run { copy: AttemptId(1), at: Some(0), marked: 0 };
        let pick = |at, pick, key: &str| next(at, Given::Pick(pick), &asked(key));
        assert_eq!(pick(at, Pick::Option(1), "B"), Move::Answer(Letters::parse("B").unwrap()));
        assert_eq!(pick(at, Pick::Option(3), "B"), Move::Stay);
        assert_eq!(pick(at, Pick::Confirm, "B"), Move::Stay);
        let marked = Run { marked: 4, ..at };
        assert_eq!(pick(at, Pick::Option(2), "AC"), Move::Mark(marked));
        assert_eq!(pick(marked, Pick::Option(2), "AC"), Move::Mark(at));
        assert_eq!(pick(at, Pick::Confirm, "AC"), Move::Stay);
        assert_eq!(pick(marked, Pick::Confirm, "AC"), Move::Answer(Letters::parse("C").unwrap()));
        assert_eq!(pick(marked, Pick::Cancel, "AC"), Move::Later);
        assert_eq!(next(at, Given::Day(None), &asked("B")), Move::Stay);
    }
}
