//! The ledger: verify every entry and every ack, and read the latest entries.

use std::collections::HashMap;

use crate::ctx::Ctx;
use crate::domain::audit::{AckLine, Action, Actor, Chain, Entry, Head, check_batch};
use crate::domain::policy::Act;
use crate::ids::{AckId, AuditSeq};
use crate::office::{Outcome, ack, authorise};
use crate::secret::Purpose;
use crate::store::{self, Tx};

/// Rows read at a time, so that a ledger of any length is verified in the same memory.
const PAGE: i64 = 1_000;

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub entries: i64,
    pub acks: i64,
    /// The end of the chain as it is stored.
    pub head: Head,
    /// The first thing that is not right: `entry:17`, `ack_batch:3`, `ack:9`.
    pub first_bad: Option<String>,
}

/// Verifies the chain from its start, and every batch of acks against the entry that seals it.
pub async fn verify(ctx: &Ctx, actor: &Actor) -> Outcome<Verified> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    let head = store::audit::head(&mut tx).await?;
    let mut seals = HashMap::new();
    let chain = verify_chain(&mut tx, head, &mut seals).await?;
    let (acks, bad_ack) = verify_acks(&mut tx, seals).await?;
    let entries = store::audit::count(&mut tx).await?;
    Ok(Verified { entries, acks, head, first_bad: chain.or(bad_ack) })
}

/// What an entry says of a batch: how many acks, and their tag.
struct Seal {
    count: usize,
    mac: [u8; 32],
}

async fn verify_chain(tx: &mut Tx, stored: Head, seals: &mut HashMap<i64, Seal>) -> Outcome<Option<String>> {
    let keys = std::sync::Arc::clone(tx.keys());
    let mut chain = Chain::after(Head::EMPTY);
    // An entry placed before the first can only have been put there.
    let mut after = AuditSeq(i64::MIN);
    loop {
        let page = store::audit::page(tx, after, PAGE).await?;
        let Some(last) = page.last().map(|entry| entry.seq) else { break };
        for entry in &page {
            if let Err(broken) = chain.check(entry, |bytes| keys.mac(Purpose::Audit, &[bytes])) {
                return Ok(Some(format!("entry:{}", broken.seq)));
            }
            if let Some((batch, seal)) = seal_of(entry) {
                seals.insert(batch, seal);
            }
        }
        after = last;
    }
    Ok(chain.finish(stored).err().map(|broken| format!("entry:{}", broken.seq)))
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
    Some((batch, Seal { count, mac }))
}

/// Reads every ack in id order, gathers each batch until it is whole, and checks it. What belongs to no seal, or is
/// missing from one, is named. Returns how many acks there are and the first that is not right.
async fn verify_acks(tx: &mut Tx, mut seals: HashMap<i64, Seal>) -> Outcome<(i64, Option<String>)> {
    let keys = std::sync::Arc::clone(tx.keys());
    let mut open: HashMap<i64, Vec<AckLine>> = HashMap::new();
    let (mut count, mut after, mut bad) = (0, AckId(i64::MIN), None);
    loop {
        let page = store::ack::page(tx, after, PAGE).await?;
        let Some(last) = page.last().map(|row| row.id) else { break };
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
        after = last;
    }
    // A seal that is left over was never filled: acks of it are gone.
    let missing = seals.keys().min().map(|batch| format!("ack_batch:{batch}"));
    Ok((count, bad.or(missing)))
}

/// The latest entries, oldest first.
pub async fn tail(ctx: &Ctx, actor: &Actor, count: i64) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    let head = store::audit::head(&mut tx).await?;
    Ok(store::audit::page(&mut tx, AuditSeq(head.seq.0.saturating_sub(count)), count).await?)
}
