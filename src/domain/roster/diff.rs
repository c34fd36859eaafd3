//! What importing a roster would change, told before it is done.

use super::{Column, Person};
use std::collections::{HashMap, HashSet};

/// One person before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    pub before: &'a Person,
    pub after: &'a Person,
}

/// The difference between two rosters, each in roster order. People are matched by staff number alone. Someone who moves
/// and is renamed stands in both lists. Whoever only stands one lower because somebody joined above has not changed.
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
    let kept = in_order(current, incoming);
    for after in incoming {
        match old.get(after.staff_no.as_str()) {
            None => diff.joined.push(after),
            Some(before) => {
                let place = if kept.contains(after.staff_no.as_str()) { Place::Kept } else { Place::Another };
                compare(&mut diff, Change { before, after }, place);
            }
        }
    }
    diff
}

/// Where a person stands among those who stay.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Kept,
    Another,
}

fn compare<'a>(diff: &mut RosterDiff<'a>, change: Change<'a>, place: Place) {
    let Change { before, after } = change;
    let columns = other_columns(change, place);
    if before.unit == after.unit && before.name == after.name && columns.is_empty() {
        diff.unchanged += 1;
        return;
    }
    if before.unit != after.unit {
        diff.moved.push(change);
    }
    if before.name != after.name {
        diff.renamed.push(change);
    }
    if !columns.is_empty() {
        diff.changed.push((change, columns));
    }
}

fn other_columns(Change { before, after }: Change<'_>, place: Place) -> Vec<Column> {
    let differs = |column: &Column| match column {
        Column::StaffNo | Column::Name | Column::Unit => false,
        Column::Branch => before.branch != after.branch,
        Column::Post => before.post != after.post,
        Column::Kinds => before.kinds != after.kinds,
        Column::Order => place == Place::Another,
    };
    Column::ALL.iter().copied().filter(differs).collect()
}

/// The most of those who stay that stand in the same order in both rosters: the longest ascending run of their old
/// places, read in the new order.
fn in_order<'a>(current: &[Person], incoming: &'a [Person]) -> HashSet<&'a str> {
    let old: HashMap<&str, usize> =
        current.iter().zip(0..).map(|(person, at)| (person.staff_no.as_str(), at)).collect();
    let staying: Vec<(&str, usize)> = incoming
        .iter()
        .filter_map(|person| Some((person.staff_no.as_str(), *old.get(person.staff_no.as_str())?)))
        .collect();
    // `ends[n]` is the one that ends the ascending run of length n + 1 with the smallest old place.
    let mut ends: Vec<usize> = Vec::new();
    let mut before: Vec<Option<usize>> = Vec::with_capacity(staying.len());
    for (at, (_, place)) in staying.iter().enumerate() {
        let length = ends.partition_point(|end| staying[*end].1 < *place);
        before.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        if length == ends.len() { ends.push(at) } else { ends[length] = at }
    }
    let mut kept = HashSet::with_capacity(ends.len());
    let mut next = ends.last().copied();
    while let Some(at) = next {
        kept.insert(staying[at].0);
        next = before[at];
    }
    kept
}
