//! Answers against the entries that seal them, batch by batch.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::PAGE;
use super::chain::Seal;
use crate::domain::audit::{AnswerLine, answers_mac};
use crate::office::{Outcome, quiz};
use crate::secret::{Purpose, Sealer};
use crate::store::{self, Tx};

/// Reads every answer in id order, gathers each batch until it is whole, and checks it. Returns the first that is not right.
pub(super) async fn each(tx: &mut Tx, seals: &HashMap<i64, Seal>) -> Outcome<Option<String>> {
    let keys = Arc::clone(tx.keys());
    let sealers: Vec<Sealer> = keys.every().map(|key| key.sealer(Purpose::AckBatch)).collect();
    let mut open: HashMap<i64, Vec<AnswerLine>> = HashMap::new();
    let mut filled: HashSet<i64> = HashSet::new();
    let (mut from, mut bad) = (Some(i64::MIN), None);
    while let Some(first) = from {
        let page = store::quiz::page(tx, first, PAGE).await?;
        from = page.last().and_then(|row| row.id.checked_add(1));
        for row in page {
            let batch = row.batch_id;
            let Some(seal) = seals.get(&batch).filter(|_| !filled.contains(&batch)) else {
                bad = bad.or_else(|| Some(format!("quiz_answer:{}", row.id)));
                continue;
            };
            let lines = open.entry(batch).or_default();
            lines.push(quiz::line(&row));
            if lines.len() == seal.count {
                let right = |sealer: &Sealer| answers_mac(lines, |bytes| sealer.mac(&[bytes])) == seal.mac;
                if !sealers.iter().any(right) {
                    bad = bad.or_else(|| Some(format!("quiz_batch:{batch}")));
                }
                open.remove(&batch);
                filled.insert(batch);
            }
        }
    }
    // A seal that is left over was never filled: answers of it are gone.
    let missing = seals.keys().filter(|batch| !filled.contains(batch)).min();
    Ok(bad.or(missing.map(|batch| format!("quiz_batch:{batch}"))))
}
