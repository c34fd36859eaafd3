//! What an import does to the units, and which of it looks like a new name for an old unit.

use super::{Person, RosterDiff};
use std::collections::HashMap;

/// Units before and after an import.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UnitsDiff {
    /// Paths that the sheet has and the roster had not.
    pub added: Vec<String>,
    /// Paths that the roster had and the sheet has not.
    pub retired: Vec<String>,
    /// Pairs of those whose people are mostly the same: gone and new. A sheet cannot say that a unit was renamed.
    pub alike: Vec<(String, String)>,
}

/// Compares the units of two rosters; `current` are the people before.
pub fn units_diff(active: &[String], sheet: &[String], current: &[Person], diff: &RosterDiff<'_>) -> UnitsDiff {
    let is = |paths: &[String], path: &String| paths.iter().any(|known| known == path);
    let added: Vec<String> = sheet.iter().filter(|path| !is(active, path)).cloned().collect();
    let retired: Vec<String> = active.iter().filter(|path| !is(sheet, path)).cloned().collect();
    let mut moves: HashMap<(&str, &str), usize> = HashMap::new();
    for change in &diff.moved {
        *moves.entry((&change.before.unit, &change.after.unit)).or_default() += 1;
    }
    let mut sizes: HashMap<&str, usize> = HashMap::new();
    for person in current {
        *sizes.entry(person.unit.as_str()).or_default() += 1;
    }
    let mostly = |was: &String, now: &String| {
        let went = moves.get(&(was.as_str(), now.as_str())).copied().unwrap_or_default();
        went > 0 && went * 2 > sizes.get(was.as_str()).copied().unwrap_or_default()
    };
    let alike = retired
        .iter()
        .filter_map(|was| Some((was.clone(), added.iter().find(|now| mostly(was, now))?.clone())))
        .collect();
    UnitsDiff { added, retired, alike }
}
