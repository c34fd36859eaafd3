//! The part that some units have in a push. Everything that is counted of it is counted from these facts alone, so its sums
//! hold by themselves.

use std::collections::{BTreeSet, HashSet};

use super::input::{Coverage, PushFacts};
use crate::ids::{StaffId, UnitId};

/// What a report speaks of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The whole office.
    Office,
    /// The units that it lists.
    Units,
}

impl PushFacts {
    /// The same push as these units' people had it. Presses by people outside the audience belong to no unit and are left
    /// out.
    #[must_use]
    pub fn part(mut self, units: &BTreeSet<UnitId>) -> Self {
        self.members.retain(|member| units.contains(&member.unit));
        let staff: HashSet<StaffId> = self.members.iter().map(|member| member.staff).collect();
        self.acks.retain(|person, _| staff.contains(person));
        self.waited.retain(|person, _| staff.contains(person));
        self.unbound.retain(|person| staff.contains(person));
        if let Some(quiz) = &mut self.quiz {
            quiz.given.retain(|given| staff.contains(&given.staff));
        }
        match &mut self.coverage {
            Coverage::Groups(fates) => fates.retain(|(unit, _)| units.contains(unit)),
            Coverage::Private(fates) => fates.retain(|(person, _)| staff.contains(person)),
        }
        self
    }
}
