//! The month report as text, JSON and CSV. All three print the same figures; none computes any.

mod csv;
mod json;
mod quiz;
#[cfg(test)]
mod tests;
mod text;

pub use csv::csv;
pub use json::{FiguresJson, MonthJson, json};
pub use text::text;
