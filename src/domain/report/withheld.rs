//! Which figures do not say how many answers are right. Decided over the whole office at once, so that neither a small figure nor what
//! is left when others are taken from a sum tells what one or two people answered, and so that the report of some units tells
//! nothing which the report of all was silent about.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, Utc};

use super::input::PushFacts;
use crate::domain::push::MemberStatus;
use crate::ids::{PushId, StaffId, UnitId};

/// How many people must have answered before it is told how many answers are right: of one alone it would tell theirs, and of
/// two it would tell each of them the other's.
const TOLD_FROM: usize = 3;

/// A question: its push, and which of its questions, counted from 0.
pub(super) type Asked = (PushId, usize);

/// What has a figure of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Office,
    Unit(UnitId),
    Question(Asked),
    /// A question in one unit: the report of that unit alone has it.
    Cell(UnitId, Asked),
}

/// The figures that are not told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Withheld(BTreeSet<Part>);

impl Withheld {
    /// Decides; `pushes` are those of the whole office.
    pub fn of(pushes: &[PushFacts], as_of: DateTime<Utc>) -> Self {
        let people = people(pushes, as_of);
        let sums = sums(&people);
        let few = |people: &HashSet<StaffId>| people.len() < TOLD_FROM;
        let mut withheld: BTreeSet<Part> =
            people.iter().filter(|(_, people)| few(people)).map(|(part, _)| *part).collect();
        while let Some(more) = sums.iter().find_map(|sum| uncovered(sum, &withheld, &people)) {
            withheld.extend(more);
        }
        Self(withheld)
    }

    /// Of the whole office.
    pub(super) fn office(&self) -> bool {
        self.0.contains(&Part::Office)
    }

    /// Of a unit.
    pub(super) fn unit(&self, unit: UnitId) -> bool {
        self.0.contains(&Part::Unit(unit))
    }

    /// Of a question.
    pub(super) fn question(&self, asked: Asked) -> bool {
        self.0.contains(&Part::Question(asked))
    }

    /// Of a question in one unit.
    pub(super) fn cell(&self, unit: UnitId, asked: Asked) -> bool {
        self.0.contains(&Part::Cell(unit, asked))
    }
}

/// Who answered, by what counts their answers.
fn people(pushes: &[PushFacts], as_of: DateTime<Utc>) -> BTreeMap<Part, HashSet<StaffId>> {
    let mut people: BTreeMap<Part, HashSet<StaffId>> = BTreeMap::new();
    for push in pushes {
        let Some(quiz) = &push.quiz else { continue };
        let expected = push.members.iter().filter(|member| member.status == MemberStatus::Expected);
        let units: BTreeMap<StaffId, UnitId> = expected.map(|member| (member.staff, member.unit)).collect();
        for given in quiz.given.iter().filter(|given| given.at <= as_of) {
            let (Some(unit), asked) = (units.get(&given.staff), (push.id, given.question)) else { continue };
            for part in [Part::Office, Part::Unit(*unit), Part::Question(asked), Part::Cell(*unit, asked)] {
                people.entry(part).or_default().insert(given.staff);
            }
        }
    }
    people
}

/// A figure that is the sum of others.
struct Sum {
    whole: Part,
    parts: Vec<Part>,
}

fn sums(people: &BTreeMap<Part, HashSet<StaffId>>) -> Vec<Sum> {
    let mut sums: BTreeMap<(Part, bool), Vec<Part>> = BTreeMap::new();
    for part in people.keys() {
        match *part {
            Part::Office => {}
            // The office is the sum of its units, and of its questions.
            Part::Unit(_) => sums.entry((Part::Office, false)).or_default().push(*part),
            Part::Question(_) => sums.entry((Part::Office, true)).or_default().push(*part),
            Part::Cell(unit, asked) => {
                sums.entry((Part::Unit(unit), false)).or_default().push(*part);
                sums.entry((Part::Question(asked), false)).or_default().push(*part);
            }
        }
    }
    sums.into_iter().map(|((whole, _), parts)| Sum { whole, parts }).collect()
}

/// What must be withheld as well because of one sum; `None` when nothing more.
fn uncovered(sum: &Sum, withheld: &BTreeSet<Part>, people: &BTreeMap<Part, HashSet<StaffId>>) -> Option<Vec<Part>> {
    let (hidden, shown): (Vec<Part>, Vec<Part>) = sum.parts.iter().partition(|part| withheld.contains(part));
    if withheld.contains(&sum.whole) {
        // Added up they would say it.
        return Some(shown).filter(|shown| !shown.is_empty());
    }
    // What is told, taken from the whole, leaves what these people answered.
    let mut left = HashSet::new();
    for staff in hidden.iter().filter_map(|part| people.get(part)).flatten() {
        left.insert(*staff);
        if left.len() >= TOLD_FROM {
            return None;
        }
    }
    let smallest = shown.into_iter().min_by_key(|part| people.get(part).map_or(0, HashSet::len))?;
    (!left.is_empty()).then(|| vec![smallest])
}
