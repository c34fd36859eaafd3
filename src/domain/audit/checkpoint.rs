//! Ends of the chain that are noted outside the database, one to a line of a text file. A chain by itself cannot show that
//! it was longer once; a line can. Each line's tag covers the tag of the line before, so no line can be edited, removed from
//! between others, or put in; a file that was cut short is right as far as it goes.

use std::fmt;

use chrono::{DateTime, SecondsFormat, Utc};

use super::{Head, Tag, put};
use crate::ids::AuditSeq;

/// Names the encoding, and begins every line.
const MARK: &str = "qingfeng-checkpoint-1";
/// Digits of an installation's name.
const INSTALLATION: usize = 32;

/// The end of a chain at an instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which line of its file, from 1.
    pub n: i64,
    /// When it was noted, UTC milliseconds.
    pub at_ms: i64,
    /// Which database's chain: the name of the installation.
    pub installation: String,
    /// Names the key that the line is sealed with.
    pub key_id: String,
    /// The last entry it covers.
    pub head: Head,
    /// How many entries there were.
    pub entries: i64,
    /// How many acks there were.
    pub acks: i64,
}

/// A checkpoint as it stands in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What is noted.
    pub checkpoint: Checkpoint,
    /// Over the line and the tag of the line before.
    pub tag: Tag,
}

impl Checkpoint {
    /// The line that follows the one of tag `previous`; of zeros before the first.
    pub fn seal(self, previous: &Tag, mac: impl Fn(&[u8]) -> Tag) -> Line {
        let tag = mac(&self.bytes(previous));
        Line { checkpoint: self, tag }
    }

    fn bytes(&self, previous: &Tag) -> Vec<u8> {
        let mut bytes = previous.to_vec();
        put(&mut bytes, self.to_string().as_bytes());
        bytes
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at = DateTime::<Utc>::from_timestamp_millis(self.at_ms).unwrap_or_default();
        let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let Self { n, installation, key_id, head, entries, acks, .. } = self;
        let mac = hex::encode(head.mac);
        write!(f, "{MARK} {n} {at} {installation} {key_id} {} {mac} {entries} {acks}", head.seq)
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.checkpoint, hex::encode(self.tag))
    }
}

impl Line {
    /// Reads a line; `None` unless it is spelled as it would be written.
    pub fn parse(text: &str) -> Option<Self> {
        let parts: Vec<&str> = text.split(' ').collect();
        let &[MARK, n, at, installation, key_id, seq, mac, entries, acks, tag] = parts.as_slice() else { return None };
        let checkpoint = Checkpoint {
            n: n.parse().ok()?,
            at_ms: DateTime::parse_from_rfc3339(at).ok()?.timestamp_millis(),
            installation: Some(installation).filter(|name| is_hex(name, INSTALLATION))?.to_owned(),
            key_id: Some(key_id).filter(|id| is_hex(id, 8))?.to_owned(),
            head: Head { seq: AuditSeq(seq.parse().ok()?), mac: read_tag(mac)? },
            entries: entries.parse().ok()?,
            acks: acks.parse().ok()?,
        };
        let line = Self { checkpoint, tag: read_tag(tag)? };
        (line.to_string() == text).then_some(line)
    }
}

fn is_hex(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn read_tag(text: &str) -> Option<Tag> {
    let mut tag = [0; 32];
    hex::decode_to_slice(text, &mut tag).ok().map(|()| tag)
}

/// The first line of a file that is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    /// How it is not right.
    pub fault: LineFault,
}

/// How a line is not right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LineFault {
    /// No line of a checkpoint file at all.
    Shape,
    /// The last line does not end: its writing was interrupted, or it was cut.
    Unfinished,
    /// It is of another database.
    Foreign,
    /// It is sealed with a key that is not at hand.
    KeyMissing {
        /// Names the key.
        key_id: String,
    },
    /// It does not carry its tag: it, or a line before it, was changed, removed or put in.
    Edited,
}

/// Reads a file of the database that is named `installation`. `mac` makes a tag with the key of an id, when there is one.
pub fn read(text: &str, installation: &str, mac: impl Fn(&str, &[u8]) -> Option<Tag>) -> Result<Vec<Line>, BadLine> {
    let mut lines: Vec<Line> = Vec::new();
    for (index, raw) in text.split_inclusive('\n').enumerate() {
        let bad = |fault| BadLine { line: index + 1, fault };
        let whole = raw.strip_suffix('\n');
        let Some(line) = Line::parse(whole.unwrap_or(raw)) else {
            // What a first line does not begin like was never a file of ours, ended or not.
            let cut = whole.is_none() && (index > 0 || raw.starts_with(MARK));
            return Err(bad(if cut { LineFault::Unfinished } else { LineFault::Shape }));
        };
        if whole.is_none() {
            return Err(bad(LineFault::Unfinished));
        }
        if line.checkpoint.installation != installation {
            return Err(bad(LineFault::Foreign));
        }
        let previous = lines.last().map_or([0; 32], |line| line.tag);
        let key_id = &line.checkpoint.key_id;
        let Some(tag) = mac(key_id, &line.checkpoint.bytes(&previous)) else {
            return Err(bad(LineFault::KeyMissing { key_id: key_id.clone() }));
        };
        if tag != line.tag || usize::try_from(line.checkpoint.n) != Ok(index + 1) {
            return Err(bad(LineFault::Edited));
        }
        lines.push(line);
    }
    Ok(lines)
}

/// A checkpoint that the chain does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unmet {
    /// Which line of the file, from 1.
    pub line: i64,
    /// How the chain differs.
    pub kind: UnmetKind,
    /// The first entry that says the data was put back, behind the last checkpoint that the chain does hold.
    pub restored: Option<AuditSeq>,
}

/// How a chain differs from a checkpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnmetKind {
    /// It ends before.
    Shorter,
    /// It has another entry there: it was written again, or put back and gone on with.
    Rewritten,
}

/// What judging needs of a chain that was checked.
#[derive(Debug, Clone, Default)]
pub struct Held {
    /// Tags of the entries that checkpoints name, by place; absent where the chain has none.
    pub tags: std::collections::BTreeMap<AuditSeq, Tag>,
    /// Where the data was put back, or confirmed to go on, in order.
    pub restores: Vec<AuditSeq>,
}

/// Compares checkpoints with a chain. Since each tag covers everything before it, an entry that is the same shows that
/// all before it is.
pub fn judge(lines: &[Line], held: &Held) -> Result<(), Unmet> {
    let mut met = AuditSeq(0);
    for Line { checkpoint, .. } in lines {
        let kind = match held.tags.get(&checkpoint.head.seq) {
            Some(tag) if *tag == checkpoint.head.mac => {
                met = checkpoint.head.seq;
                continue;
            }
            Some(_) => UnmetKind::Rewritten,
            None => UnmetKind::Shorter,
        };
        let restored = held.restores.iter().copied().find(|seq| *seq > met);
        return Err(Unmet { line: checkpoint.n, kind, restored });
    }
    Ok(())
}

#[cfg(test)]
mod tests;
