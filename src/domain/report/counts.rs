//! Counts that add up, and the figures made of them.

use std::iter::Sum;
use std::ops::{Add, AddAssign};

use super::rate::Rate;
use super::standing::{Reason, Standing};
use crate::domain::word::Confirm;

/// What the figures of a push speak of. It decides which rates exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Required pushes: 知悉率, 按期知悉率 and the rate by delivered.
    Required,
    /// Voluntary pushes: 参与率 and the rate by delivered. They have no deadline, so no rate of being on time.
    Voluntary,
}

impl Basis {
    /// The basis of one push; `None` for a push without a button, which is outside all figures.
    pub const fn of(confirm: Confirm) -> Option<Self> {
        match confirm {
            Confirm::Required => Some(Self::Required),
            Confirm::Voluntary => Some(Self::Voluntary),
            Confirm::None => None,
        }
    }
}

/// Expected people the system did not reach or could not recognise, by reason.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Undelivered {
    /// Every delivery to them failed for good.
    pub send_failed: u32,
    /// No delivery was addressed to them: their unit has no group.
    pub no_group: u32,
    /// The push went out, but nobody could know their press: no account bound, no press kept.
    pub unbound: u32,
    /// A delivery is still queued; nothing was sent yet.
    pub waiting: u32,
}

impl Undelivered {
    /// All reasons together.
    pub const fn total(self) -> u32 {
        self.send_failed + self.no_group + self.unbound + self.waiting
    }

    fn count(&mut self, reason: Reason) {
        match reason {
            Reason::SendFailed => self.send_failed += 1,
            Reason::NoGroup => self.no_group += 1,
            Reason::Unbound => self.unbound += 1,
            Reason::Waiting => self.waiting += 1,
        }
    }
}

impl AddAssign for Undelivered {
    fn add_assign(&mut self, other: Self) {
        self.send_failed += other.send_failed;
        self.no_group += other.no_group;
        self.unbound += other.unbound;
        self.waiting += other.waiting;
    }
}

/// Counts of people for one push, of people times pushes (人次) for several. They add field by field.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// 应知: the frozen audience without the exempt.
    pub expected: u32,
    /// 免计: in the frozen audience, counted in no rate.
    pub exempt: u32,
    /// In the frozen audience, reached only where nobody can press back: counted in no rate.
    pub unasked: u32,
    /// 已确认: expected people whose press counts.
    pub acked: u32,
    /// Of the acked, those before the deadline. Equal to `acked` where there is no deadline.
    pub on_time: u32,
    /// Of the acked, those at or after the deadline.
    pub late: u32,
    /// 未确认: reached, recognisable, and no press.
    pub missing: u32,
    /// 未送达, by reason.
    pub undelivered: Undelivered,
    /// 存疑: nothing sent for certain, something in doubt.
    pub in_doubt: u32,
    /// Presses by people who are not expected: exempt, unasked or outside the audience. In no rate.
    pub others: u32,
}

impl Counts {
    /// Counts one expected person.
    pub(super) fn count(&mut self, standing: Standing) {
        self.expected += 1;
        match standing {
            Standing::OnTime => {
                self.acked += 1;
                self.on_time += 1;
            }
            Standing::Late => {
                self.acked += 1;
                self.late += 1;
            }
            Standing::InDoubt => self.in_doubt += 1,
            Standing::Undelivered(reason) => self.undelivered.count(reason),
            Standing::Missing => self.missing += 1,
        }
    }

    /// Counts one exempt person, who is expected of nothing and whose press is one of the `others`.
    pub(super) fn count_exempt(&mut self, press: Option<Standing>) {
        self.exempt += 1;
        self.others += u32::from(press.is_some());
    }

    /// Counts one person whom nobody could ask. A press, made in a chat of others, is one of the `others`.
    pub(super) fn count_unasked(&mut self, press: Option<Standing>) {
        self.unasked += 1;
        self.others += u32::from(press.is_some());
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.expected += other.expected;
        self.exempt += other.exempt;
        self.unasked += other.unasked;
        self.acked += other.acked;
        self.on_time += other.on_time;
        self.late += other.late;
        self.missing += other.missing;
        self.undelivered += other.undelivered;
        self.in_doubt += other.in_doubt;
        self.others += other.others;
    }
}

impl Add for Counts {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), Add::add)
    }
}

/// Counts together with what they speak of; the rates follow from both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Figures {
    /// The counts.
    pub counts: Counts,
    /// What they speak of; `None` where required and voluntary are added: counts only, since no rate mixes the two.
    pub basis: Option<Basis>,
}

impl Add for Figures {
    type Output = Self;

    /// Figures of the same basis keep it; otherwise only counts remain.
    fn add(self, other: Self) -> Self {
        let basis = if self.basis == other.basis { self.basis } else { None };
        Self { counts: self.counts + other.counts, basis }
    }
}

impl Figures {
    /// 知悉率 or 参与率: acked of expected.
    pub const fn rate(&self) -> Rate {
        match self.basis {
            Some(Basis::Required | Basis::Voluntary) => Rate::of(self.counts.acked, self.counts.expected),
            None => Rate::NONE,
        }
    }

    /// 按期知悉率: acked before the deadline, of expected.
    pub const fn on_time_rate(&self) -> Rate {
        match self.basis {
            Some(Basis::Required) => Rate::of(self.counts.on_time, self.counts.expected),
            Some(Basis::Voluntary) | None => Rate::NONE,
        }
    }

    /// 按已送达计: acked of those neither undelivered nor in doubt.
    pub const fn rate_delivered(&self) -> Rate {
        match self.basis {
            Some(Basis::Required | Basis::Voluntary) => {
                // Written as a sum of what is left, so that it cannot fall below zero.
                Rate::of(self.counts.acked, self.counts.acked + self.counts.missing)
            }
            None => Rate::NONE,
        }
    }

    /// Whether anyone is undelivered or in doubt, so that the rate by delivered has to be printed as well.
    pub const fn has_gaps(&self) -> bool {
        self.counts.undelivered.total() + self.counts.in_doubt > 0
    }
}
