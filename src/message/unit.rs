//! Names of units.

use chrono::NaiveDate;

/// The path that a retired unit keeps when another takes its name on a day; `n` counts those of the same day.
pub fn set_aside(path: &str, day: NaiveDate, n: u32) -> String {
    if n == 1 { format!("{path}（{day}前）") } else { format!("{path}（{day}前，{n}）") }
}
