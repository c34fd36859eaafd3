//! The chain, entry by entry: each under the key that was in force when it was written, the head under the one that is.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::PAGE;
use crate::domain::audit::checkpoint::Held;
use crate::domain::audit::{Action, Broken, BrokenKind, Chain, Entry, Head, Tag};
use crate::ids::AuditSeq;
use crate::office::Outcome;
use crate::secret::{KeyId, Keys, Purpose, Sealer};
use crate::store::audit::StoredHead;
use crate::store::{self, Tx};

/// What an entry says of a batch: when it was recorded, how many acks, and their tag.
pub(super) struct Seal {
    pub at_ms: i64,
    pub count: usize,
    pub mac: Tag,
}

/// What is wanted of a chain beside whether it is right.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    /// Tags of these entries.
    pub places: BTreeSet<AuditSeq>,
    /// How many checkpoints were made in the file that begins with this line.
    pub file: Option<Tag>,
}

/// What walking the chain found.
pub(super) struct Walked {
    pub seals: HashMap<i64, Seal>,
    /// Of batches of answers.
    pub answers: HashMap<i64, Seal>,
    /// The end of what is right.
    pub end: Head,
    /// The first thing that is not.
    pub bad: Option<String>,
    /// The key that is missing there.
    pub missing_key: Option<KeyId>,
    pub held: Held,
    /// The last line that the chain knows of in the wanted file.
    pub lines: i64,
}

/// Walks the chain and gathers what is wanted of it, as far as it is right.
pub(super) async fn walk(tx: &mut Tx, wanted: Wanted) -> Outcome<Walked> {
    let keys = Arc::clone(tx.keys());
    let mut walk = Walk {
        chain: Chain::after(Head::EMPTY),
        force: None,
        keys: &keys,
        wanted,
        found: Walked {
            seals: HashMap::new(),
            answers: HashMap::new(),
            end: Head::EMPTY,
            bad: None,
            missing_key: None,
            held: Held::default(),
            lines: 0,
        },
    };
    // An entry placed before the first can only have been put there.
    let mut from = Some(i64::MIN);
    while let Some(first) = from {
        let page = store::audit::page(tx, AuditSeq(first), PAGE).await?;
        from = page.last().and_then(|entry| entry.seq.0.checked_add(1));
        for entry in &page {
            if let Err(broken) = walk.step(entry) {
                walk.found.end = walk.chain.head();
                walk.found.bad = Some(format!("entry:{}", broken.seq));
                return Ok(walk.found);
            }
        }
    }
    walk.finish(tx).await
}

/// The key that entries are sealed with.
struct Force {
    id: KeyId,
    sealer: Sealer,
}

struct Walk<'a> {
    chain: Chain,
    /// Found by the first entry; from then on only an entry changes it.
    force: Option<Force>,
    keys: &'a Keys,
    wanted: Wanted,
    found: Walked,
}

impl Walk<'_> {
    fn step(&mut self, entry: &Entry) -> Result<(), Broken> {
        if self.force.is_none() {
            self.begin(entry)?;
        }
        let Some(force) = &self.force else { return Ok(()) };
        self.chain.check(entry, |bytes| force.sealer.mac(&[bytes]))?;
        self.gather(entry);
        if entry.action == Action::KeyRotate.as_str() {
            self.change(entry)?;
        }
        Ok(())
    }

    /// The first entry is right under one of the keys, and that one is in force.
    fn begin(&mut self, entry: &Entry) -> Result<(), Broken> {
        let mut broken = None;
        for key in self.keys.every() {
            let sealer = key.sealer(Purpose::Audit);
            let mut chain = self.chain;
            match chain.check(entry, |bytes| sealer.mac(&[bytes])) {
                Ok(()) => {
                    self.force = Some(Force { id: key.id().clone(), sealer });
                    return Ok(());
                }
                Err(found) => broken = Some(found),
            }
        }
        // The first entry of a database names its key. Nothing seals that while the key is missing, so it only hints.
        self.found.missing_key = named(entry, "key_id").filter(|id| self.keys.by_id(id).is_none());
        broken.map_or(Ok(()), Err)
    }

    /// What comes after this entry is sealed with the key it names.
    fn change(&mut self, entry: &Entry) -> Result<(), Broken> {
        let next = named(entry, "to");
        let key = next.as_ref().and_then(|id| self.keys.by_id(id));
        let Some(key) = key else {
            self.found.missing_key = next;
            let seq = AuditSeq(entry.seq.0 + 1);
            return Err(Broken { seq, kind: BrokenKind::Edited });
        };
        self.force = Some(Force { id: key.id().clone(), sealer: key.sealer(Purpose::Audit) });
        Ok(())
    }

    fn gather(&mut self, entry: &Entry) {
        if self.wanted.places.contains(&entry.seq) {
            self.found.held.tags.insert(entry.seq, entry.mac);
        }
        if let Some((batch, seal)) = seal_of(entry, (Action::AckBatch, "ack_batch:")) {
            self.found.seals.insert(batch, seal);
        }
        if let Some((batch, seal)) = seal_of(entry, (Action::QuizBatch, "quiz_batch:")) {
            self.found.answers.insert(batch, seal);
        }
        let is = |action: Action| entry.action == action.as_str();
        if is(Action::DbRestore) || is(Action::RestoreConfirm) {
            self.found.held.restores.push(entry.seq);
        }
        if is(Action::Checkpoint) {
            self.count_line(entry);
        }
    }

    fn count_line(&mut self, entry: &Entry) {
        let detail = detail_of(entry);
        let file = detail.get("file").and_then(serde_json::Value::as_str);
        if file.is_some() && file == self.wanted.file.map(hex::encode).as_deref() {
            let line = detail.get("line").and_then(serde_json::Value::as_i64).unwrap_or_default();
            self.found.lines = self.found.lines.max(line);
        }
    }

    /// Compares what was walked with the stored head, and with the key that the database names.
    async fn finish(mut self, tx: &mut Tx) -> Outcome<Walked> {
        let end = self.chain.head();
        self.found.end = end;
        let next = format!("entry:{}", end.seq.0 + 1);
        let Some(force) = &self.force else {
            self.found.bad = Some(next);
            return Ok(self.found);
        };
        self.found.bad = match store::audit::head_by(tx, &force.id).await? {
            StoredHead::Cut => Some(next),
            StoredHead::Edited => Some("audit_head".to_owned()),
            StoredHead::Sound(stored) => {
                if let Err(broken) = self.chain.finish(stored) {
                    Some(format!("entry:{}", broken.seq))
                } else {
                    let named = store::office::key_id(tx).await?;
                    named.filter(|named| named != force.id.as_str()).map(|_| "key_id".to_owned())
                }
            }
        };
        Ok(self.found)
    }
}

fn detail_of(entry: &Entry) -> serde_json::Value {
    serde_json::from_str(&entry.detail).unwrap_or_default()
}

fn named(entry: &Entry, key: &str) -> Option<KeyId> {
    KeyId::parse(detail_of(entry).get(key)?.as_str()?)
}

/// The seal that the entry of a batch holds.
fn seal_of(entry: &Entry, (action, subject): (Action, &str)) -> Option<(i64, Seal)> {
    if entry.action != action.as_str() {
        return None;
    }
    let batch = entry.subject.strip_prefix(subject)?.parse().ok()?;
    let detail = detail_of(entry);
    let count = usize::try_from(detail.get("count")?.as_u64()?).ok()?;
    let mut mac = [0; 32];
    hex::decode_to_slice(detail.get("mac")?.as_str()?, &mut mac).ok()?;
    Some((batch, Seal { at_ms: entry.at_ms, count, mac }))
}
