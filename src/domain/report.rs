//! The figures of a push and of a month: who was expected, who confirmed, and what the system could not do.
//! One place computes them, so that `push show`, the month report and every export print the same numbers.
//!
//! Every expected person of a push is exactly one of, in this order (`Standing`): acked (on time or late), in doubt,
//! undelivered with a reason, missing. Rates are micro averages: sums of numerators over sums of denominators.

mod check;
mod counts;
mod input;
mod month;
mod off;
mod part;
mod quiz;
mod rate;
mod standing;
mod withheld;

#[cfg(test)]
mod tests;

pub use check::{Check, CheckFailed, CheckName};
pub use counts::{Basis, Counts, Figures, Undelivered};
pub use input::{Coverage, DayOff, Fate, Member, MonthInput, PushFacts, UnitRef};
pub use month::{MonthReport, People, PushRow, UnitRow, month_report};
pub use off::DaysOff;
pub use part::Extent;
pub use quiz::{Given, QuizCounts, QuizFacts, QuizQuestion, QuizReport, QuizUnit};
pub use rate::Rate;
pub use standing::{NotAcked, Reason, Standing, missing, push_figures};
pub use withheld::Withheld;
