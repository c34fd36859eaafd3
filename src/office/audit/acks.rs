//! Acks against the entries that seal them, batch by batch.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::PAGE;
use super::chain::Seal;
use crate::domain::audit::{AckLine, check_batch};
use crate::ids::AckId;
use crate::office::Outcome;
use crate::secret::{Purpose, Sealer};
use crate::store::{self, At, Tx};

/// Every batch is recorded at the instant of the entry that seals it. Returns the first for which that is not so.
pub(super) async fn batches(tx: &mut Tx, seals: &HashMap<i64, Seal>) -> Outcome<Option<String>> {
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
pub(super) async fn each(tx: &mut Tx, seals: &HashMap<i64, Seal>) -> Outcome<(i64, Option<String>)> {
    let keys = Arc::clone(tx.keys());
    let sealers: Vec<Sealer> = keys.every().map(|key| key.sealer(Purpose::AckBatch)).collect();
    let mut open: HashMap<i64, Vec<AckLine>> = HashMap::new();
    let mut filled: HashSet<i64> = HashSet::new();
    let (mut count, mut from, mut bad) = (0, Some(i64::MIN), None);
    while let Some(first) = from {
        let page = store::ack::sealed(tx, AckId(first), PAGE).await?;
        from = page.last().and_then(|line| line.ack.0.checked_add(1));
        for line in page {
            count += 1;
            let (ack, batch) = (line.ack, line.batch);
            let Some(seal) = seals.get(&batch).filter(|_| !filled.contains(&batch)) else {
                bad = bad.or_else(|| Some(format!("ack:{ack}")));
                continue;
            };
            let lines = open.entry(batch).or_default();
            lines.push(line);
            if lines.len() == seal.count {
                if !is_right(lines, seal, &sealers) {
                    bad = bad.or_else(|| Some(format!("ack_batch:{batch}")));
                }
                open.remove(&batch);
                filled.insert(batch);
            }
        }
    }
    // A seal that is left over was never filled: acks of it are gone.
    let missing = seals.keys().filter(|batch| !filled.contains(batch)).min();
    Ok((count, bad.or(missing.map(|batch| format!("ack_batch:{batch}")))))
}

/// The tag stands in an entry that is right, so it may have been made with any of the keys: a process that began before a
/// change of keys made it, and the entry was written after.
fn is_right(lines: &[AckLine], seal: &Seal, sealers: &[Sealer]) -> bool {
    sealers.iter().any(|sealer| check_batch(lines, seal.count, &seal.mac, |bytes| sealer.mac(&[bytes])).is_ok())
}
