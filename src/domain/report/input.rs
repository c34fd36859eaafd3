//! What the store hands over: stored facts, nothing counted yet.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use super::part::Extent;
use super::quiz::QuizFacts;
use super::withheld::Withheld;
use crate::domain::hearing::Silence;
use crate::domain::month::Month;
use crate::domain::push::MemberStatus;
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId, UnitId};

/// Everything a month report is computed from.
#[derive(Debug, Clone)]
pub struct MonthInput {
    /// The month reported on.
    pub month: Month,
    /// The office's zone; it decides which month a slot belongs to.
    pub zone: Tz,
    /// The cut-off: presses after it do not count.
    pub as_of: DateTime<Utc>,
    /// Whether all of the office is reported on, or the units below alone.
    pub extent: Extent,
    /// Every leaf unit that the pushes' audiences name, in roster order.
    pub units: Vec<UnitRef>,
    /// Pushes of the month in any order; those of other months are left out by their slot. A cancelled or recalled
    /// push expects nothing of anybody and is not among them.
    pub pushes: Vec<PushFacts>,
    /// Which figures of questions are not told, decided over the pushes as the whole office had them.
    pub withheld: Withheld,
    /// Days on which a slot fell and a holiday kept it from going out, in any order and as often as slots fell.
    pub off: Vec<DayOff>,
    /// Times in which presses on these pushes may be lost, in order.
    pub silent: Vec<Silence>,
}

/// A day on which a holiday kept something from going out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DayOff {
    /// The day in the office's zone.
    pub day: NaiveDate,
    /// The holiday, as it was called when the slot was decided.
    pub name: String,
}

/// A leaf unit as reports name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRef {
    /// The unit.
    pub id: UnitId,
    /// Its name or path.
    pub name: String,
}

/// The stored facts of one push.
#[derive(Debug, Clone)]
pub struct PushFacts {
    /// The push.
    pub id: PushId,
    /// Slug of its item.
    pub slug: String,
    /// Title of its item version.
    pub title: String,
    /// What the report calls pushes of this kind, e.g. 节前提醒. Only required pushes are named by it.
    pub label: String,
    /// What it asks of its readers.
    pub confirm: Confirm,
    /// When it was due. The month of this instant is the push's month.
    pub slot: DateTime<Utc>,
    /// Presses before this instant are on time. Only a required push has one.
    pub deadline: Option<DateTime<Utc>>,
    /// The frozen audience in roster order, each person once.
    pub members: Vec<Member>,
    /// The instant of each person's ack (the earliest not withdrawn), people outside the audience included.
    pub acks: HashMap<StaffId, DateTime<Utc>>,
    /// Since when an ack may have waited, of those that came in at the end of a time in which nobody took in presses.
    pub waited: HashMap<StaffId, DateTime<Utc>>,
    /// What became of the push's deliveries. Nudges and other messages about the push are not among them.
    pub coverage: Coverage,
    /// Members without a bound account, of whom no press is kept.
    pub unbound: HashSet<StaffId>,
    /// Messages of the push that people passed on by hand.
    pub relayed: u32,
    /// What it asked; `None`: nothing.
    pub quiz: Option<QuizFacts>,
}

/// One person of a frozen audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Member {
    /// The person.
    pub staff: StaffId,
    /// The leaf unit frozen with the push.
    pub unit: UnitId,
    /// Whether the person is expected; presses of the others are recorded and count in no rate.
    pub status: MemberStatus,
    /// The person's own deadline, which stands in place of the push's (leave).
    pub deadline: Option<DateTime<Utc>>,
}

/// Whom the deliveries of a push address: one entry per delivery and unit (or person), in any order.
#[derive(Debug, Clone)]
pub enum Coverage {
    /// Groups; a delivery to a group covers the group's units.
    Groups(Vec<(UnitId, Fate)>),
    /// Private messages.
    Private(Vec<(StaffId, Fate)>),
}

/// What became of one delivery, as far as figures care. Ordered: the highest fate among several says what a person got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// Will not arrive: failed, expired, cancelled, abandoned.
    Failed,
    /// May still be sent, and no call is known to have gone out: queued, claimed, waiting for a retry.
    Waiting,
    /// A call went out and its outcome is unknown: sending, in doubt.
    InDoubt,
    /// Sent.
    Sent,
}
