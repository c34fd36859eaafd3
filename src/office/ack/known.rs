//! By which staff numbers pushes know people: a frozen audience keeps a number that was merged into another since, and may
//! hold both of one person.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::push::MemberStatus;
use crate::ids::{PushId, StaffId};
use crate::office::Outcome;
use crate::store::push::audience::{self, Roll};
use crate::store::{self, Tx};

/// The audiences of pushes, and the former numbers of people.
pub(in crate::office) struct Known {
    rolls: HashMap<PushId, Vec<Arc<Roll>>>,
    formers: HashMap<StaffId, Vec<StaffId>>,
}

impl Known {
    /// What is known of these people in these pushes.
    pub(in crate::office) async fn read(tx: &mut Tx, pushes: &[PushId], people: &[StaffId]) -> Outcome<Self> {
        let formers = if people.is_empty() { Vec::new() } else { store::merge::formers(tx, people).await? };
        let chunks = audience::chunks(tx, pushes).await?;
        Self::of(tx, chunks, formers).await
    }

    /// The same, of which the chunks of the pushes, as `(push, name)`, and the former numbers, as `(former, now)`, were read.
    pub(super) async fn of(
        tx: &mut Tx,
        chunks: Vec<(PushId, String)>,
        formers: Vec<(StaffId, StaffId)>,
    ) -> Outcome<Self> {
        let rolls = audience::rolls(tx, chunks).await?;
        let mut by_now: HashMap<StaffId, Vec<StaffId>> = HashMap::new();
        for (former, now) in formers {
            by_now.entry(now).or_default().push(former);
        }
        Ok(Self { rolls, formers: by_now })
    }

    /// How a number stands to a push; `None`: the push does not address it.
    pub(in crate::office) fn status(&self, push: PushId, staff: StaffId) -> Option<MemberStatus> {
        self.rolls.get(&push)?.iter().find_map(|roll| roll.status(staff))
    }

    /// The numbers under which a push addresses a person, who confirms them all at once; theirs of today when it addresses
    /// none. Never empty.
    pub(in crate::office) fn numbers(&self, push: PushId, staff: StaffId) -> Vec<StaffId> {
        let formers = self.formers.get(&staff).into_iter().flatten().copied();
        let all = std::iter::once(staff).chain(formers);
        let numbers: Vec<StaffId> = all.filter(|number| self.status(push, *number).is_some()).collect();
        if numbers.is_empty() { vec![staff] } else { numbers }
    }

    /// Those of them under which it expects the person; none when it does not.
    pub(in crate::office) fn expected(&self, push: PushId, staff: StaffId) -> Vec<StaffId> {
        let mut numbers = self.numbers(push, staff);
        numbers.retain(|number| self.status(push, *number) == Some(MemberStatus::Expected));
        numbers
    }
}
