//! Where each expected person stands with one push. The order of the questions is the rule.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, Utc};

use super::counts::{Basis, Counts, Figures};
use super::input::{Coverage, Fate, Member, PushFacts};
use crate::domain::push::MemberStatus;
use crate::domain::word::Confirm;
use crate::domain::word::words;
use crate::ids::{StaffId, UnitId};

/// Exactly one holds for each expected person of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Acked before the deadline, or without one.
    OnTime,
    /// Acked at or after the deadline.
    Late,
    /// Nothing was sent for certain, something is in doubt.
    InDoubt,
    /// The system did not do its part.
    Undelivered(Reason),
    /// Reached, recognisable, and no press.
    Missing,
}

words! {
    /// Why a person is undelivered rather than missing. The first that applies, in this order, is the reason.
    Reason {
        /// A delivery is still queued. Nothing was sent yet, so the person can be neither missing nor in doubt.
        Waiting = "waiting",
        /// Every delivery failed for good.
        SendFailed = "send_failed",
        /// No delivery was addressed to the person: the unit has no group.
        NoGroup = "no_group",
        /// Sent, but the person has no bound account and no kept press; or a private push had nobody to go to.
        Unbound = "unbound",
    }
}

/// An expected person who has not confirmed a required push.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAcked {
    /// The person.
    pub staff: StaffId,
    /// The leaf unit frozen with the push.
    pub unit: UnitId,
    /// In doubt, undelivered or missing.
    pub standing: Standing,
    /// Until when the person is asked: everybody's deadline or their own.
    pub deadline: Option<DateTime<Utc>>,
}

impl NotAcked {
    /// Whether the push reached the person: only then is silence theirs.
    pub fn reached(&self) -> bool {
        self.standing == Standing::Missing
    }
}

/// The figures of one push at `as_of`; `None` for a push without a button.
pub fn push_figures(push: &PushFacts, as_of: DateTime<Utc>) -> Option<Figures> {
    let basis = Basis::of(push.confirm)?;
    let judge = Judge::new(push, as_of);
    let mut counts = Counts::default();
    for member in &push.members {
        judge.count(member, &mut counts);
    }
    counts.others = judge.presses().saturating_sub(counts.acked);
    Some(Figures { counts, basis: Some(basis) })
}

/// The expected people without an ack at `as_of`, in the audience's order; `None` unless the push is required, because
/// of other pushes no list of the missing exists.
pub fn missing(push: &PushFacts, as_of: DateTime<Utc>) -> Option<Vec<NotAcked>> {
    match push.confirm {
        Confirm::Required => {}
        Confirm::Voluntary | Confirm::None => return None,
    }
    let judge = Judge::new(push, as_of);
    let expected = push.members.iter().filter(|member| member.status == MemberStatus::Expected);
    Some(expected.filter_map(|member| judge.not_acked(member)).collect())
}

/// Answers for one push; folds the coverage once, so that each person costs a few look-ups.
pub(super) struct Judge<'a> {
    push: &'a PushFacts,
    as_of: DateTime<Utc>,
    best: Best,
}

/// The best fate per target.
enum Best {
    Groups(HashMap<UnitId, Fate>),
    Private(HashMap<StaffId, Fate>),
}

impl<'a> Judge<'a> {
    pub(super) fn new(push: &'a PushFacts, as_of: DateTime<Utc>) -> Self {
        let best = match &push.coverage {
            Coverage::Groups(fates) => Best::Groups(best_of(fates)),
            Coverage::Private(fates) => Best::Private(best_of(fates)),
        };
        Self { push, as_of, best }
    }

    /// Adds one member to the counts. Presses from outside the audience belong to no member.
    pub(super) fn count(&self, member: &Member, counts: &mut Counts) {
        match member.status {
            MemberStatus::Expected => counts.count(self.standing(member)),
            MemberStatus::Exempt => counts.count_exempt(self.acked(member)),
            MemberStatus::Unasked => counts.count_unasked(self.acked(member)),
        }
    }

    /// Where an expected member stands.
    pub(super) fn standing(&self, member: &Member) -> Standing {
        self.acked(member).unwrap_or_else(|| self.without_ack(member))
    }

    /// Everyone whose press counts by now, expected or not.
    pub(super) fn presses(&self) -> u32 {
        let presses = self.push.acks.values().filter(|at| **at <= self.as_of).count();
        u32::try_from(presses).unwrap_or(u32::MAX)
    }

    fn not_acked(&self, member: &Member) -> Option<NotAcked> {
        match self.acked(member) {
            Some(_) => None,
            None => Some(NotAcked {
                staff: member.staff,
                unit: member.unit,
                standing: self.without_ack(member),
                deadline: self.deadline(member),
            }),
        }
    }

    /// Until when a member is asked; a push that is not required has no deadline.
    fn deadline(&self, member: &Member) -> Option<DateTime<Utc>> {
        match self.push.confirm {
            Confirm::Required => member.deadline.or(self.push.deadline),
            Confirm::Voluntary | Confirm::None => None,
        }
    }

    fn acked(&self, member: &Member) -> Option<Standing> {
        let at = *self.push.acks.get(&member.staff).filter(|at| **at <= self.as_of)?;
        // What may have waited for us counts from when it may have been made.
        let made = self.push.waited.get(&member.staff).map_or(at, |since| at.min(*since));
        Some(if self.deadline(member).is_none_or(|deadline| made < deadline) {
            Standing::OnTime
        } else {
            Standing::Late
        })
    }

    /// Whether an expected member is on time only because the press may have waited for us.
    pub(super) fn is_excused(&self, member: &Member) -> bool {
        let received = self.push.acks.get(&member.staff);
        member.status == MemberStatus::Expected
            && self.acked(member) == Some(Standing::OnTime)
            && matches!((received, self.deadline(member)), (Some(received), Some(deadline)) if *received >= deadline)
    }

    fn without_ack(&self, member: &Member) -> Standing {
        let unbound = self.push.unbound.contains(&member.staff);
        match self.fate(member) {
            Some(Fate::InDoubt) => Standing::InDoubt,
            Some(Fate::Waiting) => Standing::Undelivered(Reason::Waiting),
            Some(Fate::Failed) => Standing::Undelivered(Reason::SendFailed),
            None if unbound && matches!(self.best, Best::Private(_)) => Standing::Undelivered(Reason::Unbound),
            None => Standing::Undelivered(Reason::NoGroup),
            Some(Fate::Sent) if unbound => Standing::Undelivered(Reason::Unbound),
            Some(Fate::Sent) => Standing::Missing,
        }
    }

    fn fate(&self, member: &Member) -> Option<Fate> {
        match &self.best {
            Best::Groups(best) => best.get(&member.unit).copied(),
            Best::Private(best) => best.get(&member.staff).copied(),
        }
    }
}

fn best_of<K: Copy + Eq + Hash>(fates: &[(K, Fate)]) -> HashMap<K, Fate> {
    let mut best = HashMap::with_capacity(fates.len());
    for (target, fate) in fates {
        let seen = best.entry(*target).or_insert(*fate);
        *seen = (*seen).max(*fate);
    }
    best
}
