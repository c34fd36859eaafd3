//! What is going to go out: the slots to come of every rule, after holidays, allowed hours, caps and rotation.

use chrono::{DateTime, Utc};

use crate::domain::schedule::MovedBy;
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::domain::word::Confirm;
use crate::ids::ScheduleId;

/// One slot as the plan shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub schedule: ScheduleId,
    /// The schedule's name.
    pub name: String,
    /// When it goes out, went out, or would have.
    pub at: DateTime<Utc>,
    /// The item that goes out, or went out; `None`: none fits, or nothing goes out.
    pub item: Option<EntryItem>,
    pub confirm: Option<Confirm>,
    /// Titles of the chats, in the order they were met.
    pub targets: Vec<String>,
    /// Where the slot was moved from, and why.
    pub moved: Option<(DateTime<Utc>, MovedBy)>,
    pub standing: Standing,
}

/// The item of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryItem {
    pub slug: String,
    pub title: String,
    /// As printed: 全体, or kinds joined by 、.
    pub audience: String,
    /// As printed, one a line.
    pub basis: String,
}

/// What becomes of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is to come and will go out.
    Ahead,
    /// It is to come and will not go out: a day off, by name; a weekend has the empty name.
    Off(String),
    /// It is to come and will not go out for the reason.
    Miss(OccurrenceState, Option<MissReason>),
    /// It is past.
    Decided(OccurrenceState, Option<MissReason>),
}
