//! The audit chain: what was done, by whom, in which order. Each entry's tag covers the tag before it, so an edited,
//! inserted, removed or moved entry breaks the chain at a known place. The tag is keyed, so nobody who can write the
//! database can mend the chain afterwards. How a tag is made is passed in as a function: this module knows no key.
//!
//! What a chain by itself cannot show is its end being cut off: the shorter chain is a right one. `Chain::finish`
//! therefore compares with the head that is stored apart from the entries and keyed as well. Whoever puts back both, as
//! they stood together once, is found out only by a checkpoint kept outside the database.

use serde_json::Value;

/// What answers of one commit are tagged as.
mod answers;
/// What acks of one commit are tagged as.
mod batch;
/// Ends of the chain that are noted outside the database.
pub mod checkpoint;
/// Who acts and what was done.
mod event;

pub use answers::{AnswerLine, answers_mac};
pub use batch::{AckLine, BatchFault, batch_mac, check_batch};
pub use event::{Action, Actor, Job};

use crate::ids::AuditSeq;

/// A tag of the chain (HMAC-SHA256).
pub type Tag = [u8; 32];

/// Names the encoding below. Another encoding gets another name, so that no entry can be read both ways.
const LINK_V1: &[u8] = b"qingfeng audit entry 1";

/// What an entry says, before it has a place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// When it happened, UTC milliseconds.
    pub at_ms: i64,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub action: Action,
    /// What it was done to, such as `group:7`: ids, never names.
    pub subject: String,
    /// Particulars: ids and words, never names. Stored as [`canonical`] JSON.
    pub detail: Value,
}

/// One stored entry, its words as they stand in the table: the check is of the stored text itself, so that a word this
/// program does not know is still checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Place in the chain: 1, 2, 3 … without gaps.
    pub seq: AuditSeq,
    /// When it happened, UTC milliseconds.
    pub at_ms: i64,
    /// [`Actor`] in its text form.
    pub actor: String,
    /// [`Action`] in its text form.
    pub action: String,
    /// What it was done to.
    pub subject: String,
    /// Particulars as [`canonical`] JSON text.
    pub detail: String,
    /// The tag over all of the above and over the tag before.
    pub mac: Tag,
}

/// The end of a chain: the last entry's place and tag. Place 0 with a tag of zeros is the end of the empty chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// Place of the last entry.
    pub seq: AuditSeq,
    /// Tag of the last entry.
    pub mac: Tag,
}

impl Head {
    /// The end of the empty chain.
    pub const EMPTY: Self = Self { seq: AuditSeq(0), mac: [0; 32] };

    /// The entry that follows this head. `mac` makes a tag of bytes.
    pub fn append(self, event: &Event, mac: impl Fn(&[u8]) -> Tag) -> Entry {
        let mut entry = Entry {
            seq: AuditSeq(self.seq.0 + 1),
            at_ms: event.at_ms,
            actor: event.actor.to_string(),
            action: event.action.as_str().to_owned(),
            subject: event.subject.clone(),
            detail: canonical(&event.detail),
            mac: [0; 32],
        };
        entry.mac = mac(&link(&self.mac, &entry));
        entry
    }
}

/// The bytes an entry's tag is made of: the name of the encoding, the tag before, place, instant, then each text
/// preceded by its length. Numbers are 8 bytes, big endian. The entry's own tag is not among them.
pub fn link(previous: &Tag, entry: &Entry) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(160 + entry.detail.len());
    put(&mut bytes, LINK_V1);
    bytes.extend_from_slice(previous);
    bytes.extend_from_slice(&entry.seq.0.to_be_bytes());
    bytes.extend_from_slice(&entry.at_ms.to_be_bytes());
    for text in [&entry.actor, &entry.action, &entry.subject, &entry.detail] {
        put(&mut bytes, text.as_bytes());
    }
    bytes
}

/// Adds a text preceded by its length, so that no two lists of texts have the same bytes.
fn put(bytes: &mut Vec<u8>, text: &[u8]) {
    bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
    bytes.extend_from_slice(text);
}

/// JSON with the keys of every object in byte order and no spaces: the same value always has the same text.
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<(&String, &Value)> = map.iter().collect();
            pairs.sort_unstable_by_key(|(key, _)| *key);
            let pairs: Vec<String> = pairs
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", pairs.join(","))
        }
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(canonical).collect();
            format!("[{}]", values.join(","))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

/// Where a chain is broken, and how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Broken {
    /// The first place that is not right.
    pub seq: AuditSeq,
    /// How it is not right.
    pub kind: BrokenKind,
}

/// How a place of the chain is not right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BrokenKind {
    /// The entry does not match its tag or the tag before it: it, or its tag, was changed.
    Edited,
    /// No entry stands here, though later ones do, or the stored head says so.
    Missing,
    /// An entry stands here that belongs earlier, or a second one.
    OutOfOrder,
    /// A right entry stands here beyond the stored head: the head was put back.
    BeyondHead,
}

/// Checks a chain entry by entry, so that no more than one page of it is ever in memory. Entries come in the order of
/// their place.
#[derive(Debug, Clone, Copy)]
pub struct Chain {
    head: Head,
}

impl Chain {
    /// Begins after `head`: [`Head::EMPTY`], or a checkpoint when earlier entries were pruned.
    pub fn after(head: Head) -> Self {
        Self { head }
    }

    /// The end of what has been checked.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Checks the next entry. After an error the chain stays where it was.
    pub fn check(&mut self, entry: &Entry, mac: impl Fn(&[u8]) -> Tag) -> Result<(), Broken> {
        let due = AuditSeq(self.head.seq.0 + 1);
        if entry.seq > due {
            return Err(Broken { seq: due, kind: BrokenKind::Missing });
        }
        if entry.seq < due {
            return Err(Broken { seq: entry.seq, kind: BrokenKind::OutOfOrder });
        }
        if entry.mac != mac(&link(&self.head.mac, entry)) {
            return Err(Broken { seq: due, kind: BrokenKind::Edited });
        }
        self.head = Head { seq: entry.seq, mac: entry.mac };
        Ok(())
    }

    /// Compares what has been checked with the stored head; finds a cut end.
    pub fn finish(self, stored: Head) -> Result<Head, Broken> {
        let (seq, kind) = match self.head.seq.cmp(&stored.seq) {
            std::cmp::Ordering::Less => (AuditSeq(self.head.seq.0 + 1), BrokenKind::Missing),
            std::cmp::Ordering::Greater => (AuditSeq(stored.seq.0 + 1), BrokenKind::BeyondHead),
            std::cmp::Ordering::Equal if self.head.mac != stored.mac => (stored.seq, BrokenKind::Edited),
            std::cmp::Ordering::Equal => return Ok(stored),
        };
        Err(Broken { seq, kind })
    }
}

/// Checks a whole chain that begins after `start`.
pub fn verify<'a>(
    start: Head,
    entries: impl IntoIterator<Item = &'a Entry>,
    mac: impl Fn(&[u8]) -> Tag,
) -> Result<Head, Broken> {
    let mut chain = Chain::after(start);
    entries.into_iter().try_for_each(|entry| chain.check(entry, &mac))?;
    Ok(chain.head())
}

#[cfg(test)]
mod tests;
