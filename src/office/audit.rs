//! The ledger: verify every entry and every ack, note its end outside the database, change its key, read the latest entries.

use chrono::NaiveDateTime;

use crate::ctx::Ctx;
use crate::domain::audit::checkpoint::{BadLine, Unmet};
use crate::domain::audit::{Actor, Entry, Head};
use crate::domain::policy::Act;
use crate::ids::AuditSeq;
use crate::office::{Outcome, authorise};
use crate::store;

/// Acks against the entries that seal them.
mod acks;
/// Answers against the entries that seal them.
mod answers;
/// Entry by entry.
mod chain;
/// Ends of the chain that are noted in a file.
pub mod checkpoint;
/// A new key.
mod rotate;

use chain::Wanted;
pub use rotate::{Rotated, rotate};

/// Rows read at a time. Beside a page only the seals are kept, about 60 bytes for each batch of acks.
const PAGE: i64 = 1_000;

/// What verifying found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    pub entries: i64,
    pub acks: i64,
    /// The end of what is right: the last entry, when nothing is bad.
    pub head: Head,
    /// The first thing that is not right: `entry:17`, `audit_head`, `key_id`, `ack_batch:3`, `ack:9`, `quiz_batch:3`, `checkpoint:2`.
    pub first_bad: Option<String>,
    /// The key that entries are sealed with and that the key file does not hold, where verifying ends for that.
    pub missing_key: Option<String>,
    /// The key file holds a newer key than the one in force.
    pub waiting_key: Option<String>,
    /// What comparing with a file of checkpoints found, when there was one.
    pub against: Option<Against>,
}

/// What comparing with a file of checkpoints found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Against {
    /// How many checkpoints the file holds.
    pub checkpoints: usize,
    /// The last one.
    pub last: Noted,
    /// How many checkpoints of this file the ledger knows of beyond those that stand in it.
    pub absent: i64,
    /// The first one that the chain does not hold.
    pub unmet: Option<(Unmet, Noted)>,
}

/// What a line of a file of checkpoints says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// The last entry it covers.
    pub seq: AuditSeq,
    /// When it was written, by the clocks of the office.
    pub at: NaiveDateTime,
}

/// Why a ledger is not worked with.
#[derive(Debug, thiserror::Error)]
pub enum LedgerFault {
    /// Nothing is noted of a chain that is not right.
    #[error("the ledger is not right: {}", .0.first_bad.as_deref().unwrap_or_default())]
    Broken(Box<Verified>),
    /// Only plain files are written to and read.
    #[error("{path} is not a plain file")]
    NotPlain { path: String },
    #[error("{path} holds no checkpoint")]
    NoCheckpoints { path: String },
    #[error("line {} of {path}: {:?}", bad.line, bad.fault)]
    BadFile { path: String, bad: BadLine },
    /// Another process writes to it.
    #[error("{path} is being written to")]
    InUse { path: String },
    /// The chain does not hold what the file says.
    #[error("the ledger does not hold checkpoint {} of {path}", unmet.0.line)]
    Unmet { path: String, unmet: (Unmet, Noted) },
    /// It would not know of the new key.
    #[error("{owner} is running")]
    ServiceRuns { owner: String },
}

/// Verifies the chain from its start, and every batch of acks against the entry that seals it. A database has an entry
/// from the moment it was set up, so an empty chain is a chain that was cut.
pub async fn verify(ctx: &Ctx, actor: &Actor) -> Outcome<Verified> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    Ok(verified(&mut tx, Wanted::default()).await?.0)
}

/// Verifies everything in one reading transaction; what it finds is of one moment. Also returns what was wanted of the chain.
async fn verified(tx: &mut store::Tx, wanted: Wanted) -> Outcome<(Verified, chain::Walked)> {
    let walked = chain::walk(tx, wanted).await?;
    let bad_batch = acks::batches(tx, &walked.seals).await?;
    let (acks, bad_ack) = acks::each(tx, &walked.seals).await?;
    let bad_answer = answers::each(tx, &walked.answers).await?;
    let entries = store::audit::count(tx).await?;
    let verified = Verified {
        entries,
        acks,
        head: walked.end,
        first_bad: walked.bad.clone().or(bad_ack).or(bad_batch).or(bad_answer),
        missing_key: walked.missing_key.as_ref().map(ToString::to_string),
        waiting_key: tx.keys().waiting().last().map(ToString::to_string),
        against: None,
    };
    Ok((verified, walked))
}

/// The latest entries, oldest first.
pub async fn tail(ctx: &Ctx, actor: &Actor, count: i64) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::AuditRead).await?;
    Ok(store::audit::latest(&mut tx, count).await?)
}
