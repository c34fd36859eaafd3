//! Ends of the chain that are noted in a file outside the database, and the chain compared with them. What is noted was
//! verified first, in the same reading transaction. The file is written before the entry that tells of it: the line covers
//! everything up to the entry before, and it is said to be there only once it is on the disk.

use std::path::Path;
use std::sync::Arc;

use chrono::DateTime;
use serde_json::json;

use self::file::{Appending, read_text};
use super::chain::{Walked, Wanted};
use super::{Against, LedgerFault, Noted, Verified, verified};
use crate::ctx::Ctx;
use crate::domain::audit::checkpoint::{Checkpoint, Line, UnmetKind, judge, read};
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::ids::AuditSeq;
use crate::office::{Outcome, Refusal, authorise, note};
use crate::secret::{KeyId, Purpose};
use crate::store::{self, StoreError, Tx};

/// Reading and writing the file.
mod file;

/// A checkpoint that was written.
#[derive(Debug)]
pub struct Written {
    /// Which line of the file, from 1.
    pub line: i64,
    /// What it covers.
    pub verified: Verified,
}

/// Notes the end of the chain behind what the file holds, which must be of this ledger; a file that is not there is begun.
pub async fn write(ctx: &Ctx, actor: &Actor, path: &Path) -> Outcome<Written> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::CheckpointWrite).await?;
    let file = Appending::open(path)?;
    let installation = installation(&mut tx).await?;
    let lines = parse(&tx, &installation, path, file.text())?;
    let (verified, walked) = verified(&mut tx, wanted(&lines)).await?;
    if verified.first_bad.is_some() {
        return Err(Refusal::Ledger(LedgerFault::Broken(Box::new(verified))));
    }
    if let Some(unmet) = against(ctx, &lines, &walked, walked.end.seq).and_then(|against| against.unmet) {
        return Err(Refusal::Ledger(LedgerFault::Unmet { path: path.display().to_string(), unmet }));
    }
    let keys = Arc::clone(tx.keys());
    // Nothing of the database is held while the file is written: sticks are slow.
    drop(tx);
    let line = i64::try_from(lines.len()).unwrap_or(i64::MAX - 1) + 1;
    let checkpoint = Checkpoint {
        n: line,
        at_ms: ctx.now().timestamp_millis(),
        installation,
        key_id: keys.current().id().to_string(),
        head: verified.head,
        entries: verified.entries,
        acks: verified.acks,
    };
    let previous = lines.last().map_or([0; 32], |line| line.tag);
    let sealed = checkpoint.seal(&previous, |bytes| keys.mac(Purpose::Checkpoint, &[bytes]));
    file.append(&format!("{sealed}\n"))?;
    let first = lines.first().map_or(sealed.tag, |line| line.tag);
    let detail = json!({
        "file": hex::encode(first), "line": line, "seq": verified.head.seq.0, "tag": hex::encode(sealed.tag),
    });
    let mut tx = ctx.store.write().await?;
    note(&mut tx, ctx.now(), actor, (Action::Checkpoint, "office".to_owned(), detail));
    tx.commit().await?;
    Ok(Written { line, verified })
}

/// Verifies the ledger, and that it holds every checkpoint of a file.
pub async fn verify(ctx: &Ctx, actor: &Actor, path: &Path) -> Outcome<Verified> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    let text = read_text(path)?;
    let installation = installation(&mut tx).await?;
    let lines = parse(&tx, &installation, path, &text)?;
    let (mut verified, walked) = verified(&mut tx, wanted(&lines)).await?;
    let reach = store::audit::latest(&mut tx, 1).await?.last().map_or(AuditSeq(0), |entry| entry.seq);
    let Some(against) = against(ctx, &lines, &walked, reach) else {
        return Err(Refusal::Ledger(LedgerFault::NoCheckpoints { path: path.display().to_string() }));
    };
    if let Some((unmet, ..)) = &against.unmet {
        verified.first_bad = verified.first_bad.or_else(|| Some(format!("checkpoint:{}", unmet.line)));
    }
    Ok(Verified { against: Some(against), ..verified })
}

fn parse(tx: &Tx, installation: &str, path: &Path, text: &str) -> Outcome<Vec<Line>> {
    let keys = tx.keys();
    let mac = |id: &str, bytes: &[u8]| Some(keys.by_id(&KeyId::parse(id)?)?.mac(Purpose::Checkpoint, &[bytes]));
    let path = path.display().to_string();
    read(text, installation, mac).map_err(|bad| Refusal::Ledger(LedgerFault::BadFile { path, bad }))
}

fn wanted(lines: &[Line]) -> Wanted {
    let places = lines.iter().map(|line| line.checkpoint.head.seq).collect();
    Wanted { places, file: lines.first().map(|line| line.tag) }
}

/// What comparing found; `None` when there is nothing to compare with. Behind the first thing that is wrong in the chain
/// nothing is judged, unless there is nothing: `reach` is the last entry, right or not.
fn against(ctx: &Ctx, lines: &[Line], walked: &Walked, reach: AuditSeq) -> Option<Against> {
    let noted = |line: &Line| {
        let at = DateTime::from_timestamp_millis(line.checkpoint.at_ms).unwrap_or_default();
        Noted { seq: line.checkpoint.head.seq, at: wall::of(at, ctx.zone) }
    };
    let unmet = judge(lines, &walked.held).err().and_then(|unmet| {
        let line = lines.iter().find(|line| line.checkpoint.n == unmet.line)?;
        let judged = unmet.kind == UnmetKind::Rewritten || walked.bad.is_none() || line.checkpoint.head.seq > reach;
        judged.then(|| (unmet, noted(line)))
    });
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let absent = (walked.lines - count).max(0);
    Some(Against { checkpoints: lines.len(), last: noted(lines.last()?), absent, unmet })
}

async fn installation(tx: &mut Tx) -> Outcome<String> {
    let found = store::installation::find(tx).await?.map(|found| found.installation_id);
    Ok(found.filter(|id| !id.is_empty()).ok_or(StoreError::Older)?)
}
