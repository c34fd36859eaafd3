//! The tag over the acks of one commit. The audit chain holds one `ack_batch` entry per commit instead of one per
//! press; the tag in it makes every press as safe from being changed as an entry of its own.

use crate::ids::{AckId, AttemptId, InboxId, PushId, StaffId};

use super::{Tag, put};

/// Names the encoding below.
const BATCH_V1: &[u8] = b"qingfeng ack batch 1";

/// What the tag covers of one ack row: all that figures and disputes rest on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AckLine {
    /// The row.
    pub ack: AckId,
    /// The push confirmed.
    pub push: PushId,
    /// Who confirmed.
    pub staff: StaffId,
    /// When they did, UTC milliseconds.
    pub at_ms: i64,
    /// How, in the table's spelling (`button`, `text`, `manual` …).
    pub method: String,
    /// Who recorded it for them, as an [`Actor`](super::Actor)'s text form; none when they did it themselves.
    pub recorded_by: Option<String>,
    /// The copy that was pressed.
    pub attempt: Option<AttemptId>,
    /// The inbound update that carried it.
    pub inbox: Option<InboxId>,
    /// The commit it belongs to.
    pub batch: i64,
}

impl AckLine {
    /// Numbers as 8 bytes, big endian, then each text preceded by its length. What may be absent is preceded by a byte
    /// that says whether it is there.
    fn encode(&self, bytes: &mut Vec<u8>) {
        for number in [self.ack.0, self.push.0, self.staff.0, self.at_ms, self.batch] {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        for number in [self.attempt.map(|id| id.0), self.inbox.map(|id| id.0)] {
            bytes.push(u8::from(number.is_some()));
            bytes.extend_from_slice(&number.unwrap_or_default().to_be_bytes());
        }
        put(bytes, self.method.as_bytes());
        bytes.push(u8::from(self.recorded_by.is_some()));
        put(bytes, self.recorded_by.as_deref().unwrap_or_default().as_bytes());
    }
}

/// The tag of a commit's acks. Rows are taken in the order of their id, whatever order they come in.
pub fn batch_mac(lines: &[AckLine], mac: impl Fn(&[u8]) -> Tag) -> Tag {
    let mut ordered: Vec<&AckLine> = lines.iter().collect();
    ordered.sort_unstable_by_key(|line| line.ack);
    let mut bytes = Vec::with_capacity(32 + 64 * lines.len());
    put(&mut bytes, BATCH_V1);
    bytes.extend_from_slice(&(lines.len() as u64).to_be_bytes());
    for line in ordered {
        line.encode(&mut bytes);
    }
    mac(&bytes)
}

/// How a commit's acks differ from what their `ack_batch` entry says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchFault {
    /// Rows were removed or added.
    Count {
        /// How many the entry says.
        expected: usize,
        /// How many there are.
        found: usize,
    },
    /// The number is right, a row is not.
    Edited,
}

/// Compares the stored rows of a batch with the count and tag in its entry.
pub fn check_batch(
    lines: &[AckLine],
    expected: usize,
    tag: &Tag,
    mac: impl Fn(&[u8]) -> Tag,
) -> Result<(), BatchFault> {
    if lines.len() != expected {
        return Err(BatchFault::Count { expected, found: lines.len() });
    }
    if batch_mac(lines, mac) != *tag {
        return Err(BatchFault::Edited);
    }
    Ok(())
}
