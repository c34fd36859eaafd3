//! The roster sheet: who works where. It is read strictly — what could mean two things is a problem, never a guess —
//! and all problems of a sheet are found at once.

mod cell;
mod diff;
mod doubt;
mod header;
mod parse;
mod problem;
#[cfg(test)]
mod tests;
mod units;

use crate::domain::word::{Kind, words};
pub use cell::{NAME_CHARS_MAX, ORDER_MAX, STAFF_NO_CHARS_MAX, TEXT_CHARS_MAX, staff_no};
pub use diff::{Change, RosterDiff, diff};
pub use doubt::{Doubt, Former, Known, Renumbered, Stated, doubts, old_units, renumbered};
pub use parse::parse;
pub use problem::{CellFault, FileProblem, Problem, ProblemKind};
pub use units::{UnitsDiff, units_diff};

/// How the staff numbers of a template's example rows begin. Such a row is never imported.
pub const EXAMPLE_MARK: &str = "示例";

words! {
    /// A column of the roster sheet, spelt as its header cell.
    Column {
        /// Staff number, unique in the office.
        StaffNo = "工号",
        /// The person's name.
        Name = "姓名",
        /// Path of the leaf unit, parts joined by `/`.
        Unit = "单位",
        /// Path of the branch; may be empty.
        Branch = "支部",
        /// Post; may be empty.
        Post = "职务",
        /// Kinds of staff, joined by `、`.
        Kinds = "类别",
        /// Place in the roster; may be empty.
        Order = "顺序",
    }
}

impl Column {
    /// Whether each row must have something there.
    pub const fn required(self) -> bool {
        match self {
            Self::StaffNo | Self::Name | Self::Unit | Self::Kinds => true,
            Self::Branch | Self::Post | Self::Order => false,
        }
    }
}

/// Kinds as the sheet spells them in one cell.
pub fn kinds_text(kinds: &[Kind]) -> String {
    kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、")
}

/// One person as the roster states them. Also the shape in which the present roster is handed to [`diff`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// 1–32 of `0-9 A-Z a-z -`.
    pub staff_no: String,
    /// Kept as text even when it looks like a formula.
    pub name: String,
    /// Path of the leaf unit, parts joined by `/`.
    pub unit: String,
    /// Path of the branch, where the person has one.
    pub branch: Option<String>,
    /// Post, where one is stated.
    pub post: Option<String>,
    /// At least one, in the order of [`Kind::ALL`], each once.
    pub kinds: Vec<Kind>,
    /// Place in the roster, where one is stated; several people may share one.
    pub order: Option<u32>,
}

/// A checked roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roster {
    /// By stated place, then as the sheet lists them; those without a place follow.
    pub people: Vec<Person>,
    /// Leaf unit paths as the people name them first.
    pub units: Vec<String>,
    /// Branch paths as the people name them first.
    pub branches: Vec<String>,
}
