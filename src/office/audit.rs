//! The ledger: verify every entry and every ack, and read the latest entries.

use std::collections::{HashMap, HashSet};

use crate::ctx::Ctx;
use crate::domain::audit::{AckLine, Action, Actor, Chain, Entry, Head, check_batch};
use crate::domain::policy::Act;
use crate::ids::{AckId, AuditSeq};
use crate::office::{Outcome, ack, authorise};
use crate::secret::Purpose;
use crate::store::audit::StoredHead;
use crate::store::{self, At, Tx};

/// Rows read at a time. Beside a page only the seals are kept, about 60 bytes for each batch of acks.
const PAGE: i64 = 1_000;

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub entries: i64,
    pub acks: i64,
    /// The end of what is right: the last entry, when nothing is bad.
    pub head: Head,
    /// The first thing that is not right: `entry:17`, `audit_head`, `ack_batch:3`, `ack:9`.
    pub first_bad: Option<String>,
}

/// Verifies the chain from its start, and every batch of acks against the entry that seals it. A database has an entry
/// from the moment it was set up, so an empty chain is a chain that was cut.
pub async fn verify(ctx: &Ctx, actor: &Actor) -> Outcome<Verified> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    let mut seals = HashMap::new();
    let (head, bad_entry) = verify_chain(&mut tx, &mut seals).await?;
    let bad_batch = verify_batches(&mut tx, &seals).await?;
    let (acks, bad_ack) = verify_acks(&mut tx, seals).await?;
    let entries = store::audit::count(&mut tx).await?;
    Ok(Verified { entries, acks, head, first_bad: bad_entry.or(bad_ack).or(bad_batch) })
}

/// What an entry says of a batch: when it was recorded, how many acks, and their tag.
struct Seal {
    at_ms: i64,
    count: usize,
    mac: [u8; 32],
}

/// Walks the chain and gathers the seals. Returns the end of what is right, and the first entry that is not.
async fn verify_chain(tx: &mut Tx, seals: &mut HashMap<i64, Seal>) -> Outcome<(Head, Option<String>)> {
    let keys = std::sync::Arc::clone(tx.keys());
    let mut chain = Chain::after(Head::EMPTY);
    // An entry placed before the first can only have been put there.
    let mut from = Some(i64::MIN);
    while let Some(first) = from {
        let page = store::audit::page(tx, AuditSeq(first), PAGE).await?;
        from = page.last().and_then(|entry| entry.seq.0.checked_add(1));
        for entry in &page {
            if let Err(broken) = chain.check(entry, |bytes| keys.mac(Purpose::Audit, &[bytes])) {
                return Ok((chain.head(), Some(format!("entry:{}", broken.seq))));
            }
            if let Some((batch, seal)) = seal_of(entry) {
                seals.insert(batch, seal);
            }
        }
    }
    let end = chain.head();
    let next = format!("entry:{}", end.seq.0 + 1);
    let bad = match store::audit::head(tx).await? {
        _ if end == Head::EMPTY => Some(next),
        StoredHead::Cut => Some(next),
        StoredHead::Edited => Some("audit_head".to_owned()),
        StoredHead::Sound(stored) => chain.finish(stored).err().map(|broken| format!("entry:{}", broken.seq)),
    };
    Ok((end, bad))
}

/// The seal that an `ack_batch` entry holds.
fn seal_of(entry: &Entry) -> Option<(i64, Seal)> {
    if entry.action != Action::AckBatch.as_str() {
        return None;
    }
    let batch = entry.subject.strip_prefix("ack_batch:")?.parse().ok()?;
    let detail: serde_json::Value = serde_json::from_str(&entry.detail).ok()?;
    let count = usize::try_from(detail.get("count")?.as_u64()?).ok()?;
    let mut mac = [0; 32];
    hex::decode_to_slice(detail.get("mac")?.as_str()?, &mut mac).ok()?;
    Some((batch, Seal { at_ms: entry.at_ms, count, mac }))
}

/// Every batch is recorded at the instant of the entry that seals it. Returns the first for which that is not so.
async fn verify_batches(tx: &mut Tx, seals: &HashMap<i64, Seal>) -> Outcome<Option<String>> {
    let mut wrong: Vec<i64> = Vec::new();
    let mut seen = HashSet::new();
    let mut from = Some(i64::MIN);
    while let Some(first) = from {
        let page = store::ack::batches(tx, first, PAGE).await?;
        from = page.last().and_then(|(batch, _)| batch.checked_add(1));
        for (batch, At(recorded)) in page {
            seen.insert(batch);
            if seals.get(&batch).is_none_or(|seal| seal.at_ms != recorded) {
                wrong.push(batch);
            }
        }
    }
    wrong.extend(seals.keys().filter(|batch| !seen.contains(batch)));
    Ok(wrong.into_iter().min().map(|batch| format!("ack_batch:{batch}")))
}

/// Reads every ack in id order, gathers each batch until it is whole, and checks it. What belongs to no seal, or is
/// missing from one, is named. Returns how many acks there are and the first that is not right.
async fn verify_acks(tx: &mut Tx, mut seals: HashMap<i64, Seal>) -> Outcome<(i64, Option<String>)> {
    let keys = std::sync::Arc::clone(tx.keys());
    let mut open: HashMap<i64, Vec<AckLine>> = HashMap::new();
    let (mut count, mut from, mut bad) = (0, Some(i64::MIN), None);
    while let Some(first) = from {
        let page = store::ack::page(tx, AckId(first), PAGE).await?;
        from = page.last().and_then(|row| row.id.0.checked_add(1));
        for row in &page {
            count += 1;
            let lines = open.entry(row.batch_id).or_default();
            lines.push(ack::line(row));
            let Some(seal) = seals.get(&row.batch_id) else {
                bad = bad.or_else(|| Some(format!("ack:{}", row.id)));
                continue;
            };
            if lines.len() == seal.count {
                let right = check_batch(lines, seal.count, &seal.mac, |bytes| keys.mac(Purpose::AckBatch, &[bytes]));
                if right.is_err() {
                    bad = bad.or_else(|| Some(format!("ack_batch:{}", row.batch_id)));
                }
                open.remove(&row.batch_id);
                seals.remove(&row.batch_id);
            }
        }
    }
    // A seal that is left over was never filled: acks of it are gone.
    let missing = seals.keys().min().map(|batch| format!("ack_batch:{batch}"));
    Ok((count, bad.or(missing)))
}

/// The latest entries, oldest first.
pub async fn tail(ctx: &Ctx, actor: &Actor, count: i64) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    Ok(store::audit::latest(&mut tx, count).await?)
}
