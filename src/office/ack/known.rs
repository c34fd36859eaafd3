//! By which staff numbers pushes know people: a frozen audience keeps a number that was merged into another since, and may
//! hold both of one person.

use std::collections::{HashMap, HashSet};

use crate::domain::push::{Chunk, MemberStatus};
use crate::ids::{PushId, StaffId};
use crate::office::Outcome;
use crate::store::{self, Tx};

/// The audiences of pushes, and the former numbers of people.
pub(in crate::office) struct Known {
    members: HashMap<(PushId, StaffId), MemberStatus>,
    formers: HashMap<StaffId, Vec<StaffId>>,
}

impl Known {
    /// What is known of these people in these pushes.
    pub(in crate::office) async fn read(tx: &mut Tx, pushes: &[PushId], people: &[StaffId]) -> Outcome<Self> {
        let mut formers: HashMap<StaffId, Vec<StaffId>> = HashMap::new();
        if !people.is_empty() {
            for (former, now) in store::merge::formers(tx, people).await? {
                formers.entry(now).or_default().push(former);
            }
        }
        let asked: HashSet<StaffId> = people.iter().chain(formers.values().flatten()).copied().collect();
        let audiences = store::push::audiences(tx, pushes).await?;
        let stands = |(push, chunk): (PushId, Chunk)| {
            let asked = chunk.members.into_iter().filter(|member| asked.contains(&member.staff));
            asked.map(|member| ((push, member.staff), member.status)).collect::<Vec<_>>()
        };
        let members = audiences.into_iter().flat_map(stands).collect();
        Ok(Self { members, formers })
    }

    /// How a number stands to a push; `None`: the push does not address it.
    pub(in crate::office) fn status(&self, push: PushId, staff: StaffId) -> Option<MemberStatus> {
        self.members.get(&(push, staff)).copied()
    }

    /// The numbers under which a push addresses a person, who confirms them all at once; theirs of today when it addresses
    /// none. Never empty.
    pub(in crate::office) fn numbers(&self, push: PushId, staff: StaffId) -> Vec<StaffId> {
        let formers = self.formers.get(&staff).into_iter().flatten().copied();
        let all = std::iter::once(staff).chain(formers);
        let numbers: Vec<StaffId> = all.filter(|number| self.members.contains_key(&(push, *number))).collect();
        if numbers.is_empty() { vec![staff] } else { numbers }
    }
    /// Those of them under which it expects the person; none when it does not.
    pub(in crate::office) fn expected(&self, push: PushId, staff: StaffId) -> Vec<StaffId> {
        let mut numbers = self.numbers(push, staff);
        numbers.retain(|number| self.status(push, *number) == Some(MemberStatus::Expected));
        numbers
    }
}
