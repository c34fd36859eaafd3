//! The tag over the answers of one commit: the `quiz_batch` entry holds it and a count, and nothing of what was answered.

use crate::ids::{AttemptId, InboxId, PushId, StaffId};

use super::{Tag, put};

/// Names the encoding below.
const BATCH_V1: &[u8] = b"qingfeng quiz batch 1";

/// What the tag covers of one answer: every column of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLine {
    /// The row.
    pub answer: i64,
    /// The push that asked.
    pub push: PushId,
    /// Who answered.
    pub staff: StaffId,
    /// Which question, from 0.
    pub question: i64,
    /// Which answer to it, from 1.
    pub n: i64,
    /// A set of options.
    pub chosen: i64,
    /// Whether it is right.
    pub is_right: bool,
    /// UTC milliseconds.
    pub at_ms: i64,
    /// The copy that asked or led there.
    pub attempt: AttemptId,
    /// The press.
    pub inbox: Option<InboxId>,
    /// The commit it belongs to.
    pub batch: i64,
}

impl AnswerLine {
    /// Numbers as 8 bytes, big endian; a byte before the last says whether it is there.
    fn encode(&self, bytes: &mut Vec<u8>) {
        let ids = [self.answer, self.push.0, self.staff.0, self.question, self.n, self.chosen];
        for number in ids.into_iter().chain([i64::from(self.is_right), self.at_ms, self.attempt.0, self.batch]) {
            bytes.extend_from_slice(&number.to_be_bytes());
        }
        bytes.push(u8::from(self.inbox.is_some()));
        bytes.extend_from_slice(&self.inbox.map(|id| id.0).unwrap_or_default().to_be_bytes());
    }
}

/// The tag of a commit's answers, in the order of their ids.
pub fn answers_mac(lines: &[AnswerLine], mac: impl Fn(&[u8]) -> Tag) -> Tag {
    let mut ordered: Vec<&AnswerLine> = lines.iter().collect();
    ordered.sort_unstable_by_key(|line| line.answer);
    let mut bytes = Vec::with_capacity(32 + 96 * lines.len());
    put(&mut bytes, BATCH_V1);
    bytes.extend_from_slice(&(lines.len() as u64).to_be_bytes());
    for line in ordered {
        line.encode(&mut bytes);
    }
    mac(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_changes_the_tag_and_the_order_does_not() {
        let line = AnswerLine {
            answer: 1,
            push: PushId(2),
            staff: StaffId(3),
            question: 0,
            n: 1,
            chosen: 2,
            is_right: false,
            at_ms: 4,
            attempt: AttemptId(5),
            inbox: Some(InboxId(0)),
            batch: 6,
        };
        let mac = |bytes: &[u8]| {
            use sha2::Digest as _;
            Tag::from(sha2::Sha256::digest(bytes))
        };
        let tag = |line| answers_mac(&[line], mac);
        let changed = [
            AnswerLine { answer: 9, ..line },
            AnswerLine { push: PushId(9), ..line },
            AnswerLine { staff: StaffId(9), ..line },
            AnswerLine { question: 9, ..line },
            AnswerLine { n: 9, ..line },
            AnswerLine { chosen: 9, ..line },
            AnswerLine { is_right: true, ..line },
            AnswerLine { at_ms: 9, ..line },
            AnswerLine { attempt: AttemptId(9), ..line },
            AnswerLine { inbox: None, ..line },
            AnswerLine { batch: 9, ..line },
        ];
        assert!(changed.into_iter().all(|other| tag(other) != tag(line)));
        let other = AnswerLine { answer: 9, ..line };
        assert_eq!(answers_mac(&[line, other], mac), answers_mac(&[other, line], mac));
    }
}
