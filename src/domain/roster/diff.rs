//! What importing a roster would change, told before it is done.

use super::{Column, Person};
use std::collections::HashMap;

/// One person before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    pub before: &'a Person,
    pub after: &'a Person,
}

/// The difference between two rosters. People are matched by staff number alone. Someone who moves and is renamed
/// stands in both lists.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RosterDiff<'a> {
    /// In the incoming roster alone, in its order.
    pub joined: Vec<&'a Person>,
    /// In the present roster alone, in its order.
    pub left: Vec<&'a Person>,
    /// In another unit than before.
    pub moved: Vec<Change<'a>>,
    /// Under another name than before.
    pub renamed: Vec<Change<'a>>,
    /// With another branch, post, kinds or place; the columns that differ.
    pub changed: Vec<(Change<'a>, Vec<Column>)>,
    /// People in both rosters, the same in everything.
    pub unchanged: usize,
}

impl RosterDiff<'_> {
    /// Whether importing would change nothing.
    pub fn is_empty(&self) -> bool {
        let Self { joined, left, moved, renamed, changed, unchanged: _ } = self;
        joined.is_empty() && left.is_empty() && moved.is_empty() && renamed.is_empty() && changed.is_empty()
    }
}

/// Compares the present roster with an incoming one. Each must hold a staff number once.
pub fn diff<'a>(current: &'a [Person], incoming: &'a [Person]) -> RosterDiff<'a> {
    let by_number = |people: &'a [Person]| -> HashMap<&str, &Person> {
        people.iter().map(|person| (person.staff_no.as_str(), person)).collect()
    };
    let (old, new) = (by_number(current), by_number(incoming));
    let mut diff = RosterDiff {
        left: current.iter().filter(|person| !new.contains_key(person.staff_no.as_str())).collect(),
        ..RosterDiff::default()
    };
    for after in incoming {
        match old.get(after.staff_no.as_str()) {
            None => diff.joined.push(after),
            Some(before) => compare(&mut diff, Change { before, after }),
        }
    }
    diff
}

fn compare<'a>(diff: &mut RosterDiff<'a>, change: Change<'a>) {
    let Change { before, after } = change;
    if before == after {
        diff.unchanged += 1;
        return;
    }
    if before.unit != after.unit {
        diff.moved.push(change);
    }
    if before.name != after.name {
        diff.renamed.push(change);
    }
    let columns = other_columns(change);
    if !columns.is_empty() {
        diff.changed.push((change, columns));
    }
}

fn other_columns(Change { before, after }: Change<'_>) -> Vec<Column> {
    let differs = |column: &Column| match column {
        Column::StaffNo | Column::Name | Column::Unit => false,
        Column::Branch => before.branch != after.branch,
        Column::Post => before.post != after.post,
        Column::Kinds => before.kinds != after.kinds,
        Column::Order => before.order != after.order,
    };
    Column::ALL.iter().copied().filter(differs).collect()
}
