//! Sending what is due. An attempt is committed before its call, and its result after it; no transaction is open while
//! the network is (invariant I2).
//!
//! One round: `claim` chooses what may go now and books it, `begin` commits the attempts, `make` makes one call,
//! `settle` stores what it came to. What cannot be stored waits in the `Spool`.

use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::channel::{Address, Style};
use crate::clock::Mark;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::delivery::LEASE;
use crate::domain::pacing::{self, Backlog, Limits};
use crate::ids::{AttemptId, DeliveryId};
use crate::message::outgoing::Outgoing;
use crate::office::setting::{self, Settings};
use crate::office::{Outcome, note};
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::{self, Tx};

mod begin;
mod came;
mod circuit;
mod claim;
mod compose;
mod doubt;
mod edit;
mod hint;
mod nudge;
mod remove;
mod settle;
mod spool;

pub use begin::{Begun, begin, release, release_own};
pub use came::Came;
pub use circuit::try_again;
pub use claim::{Cursor, Round, claim, made_late};
pub use compose::{basis, latest, read_tag, tag};
pub(in crate::office) use edit::found;
pub use edit::{Edit, RECOUNTED_AT_START, RECOUNTED_FOR, edited, recount};
pub use remove::{Removal, removed};
pub use settle::{Report, make, settle};
pub use spool::{Spool, replay};

/// Longest time a call may take, connecting included; the channel's own limit.
const CALL_MOST: TimeDelta = TimeDelta::seconds(15);
/// By how much less than its lease a sender trusts itself.
const DOUBT_SELF: TimeDelta = TimeDelta::seconds(10);

/// When a sender took what it holds.
#[derive(Debug, Clone, Copy)]
pub struct Held(Mark);

impl Held {
    fn since_now(ctx: &Ctx) -> Self {
        Self(ctx.clock.mark())
    }

    /// Whether a call that starts now ends well before another sender may take what is held.
    fn trusted(self, ctx: &Ctx) -> bool {
        let held = TimeDelta::from_std(ctx.clock.since(&self.0)).unwrap_or(TimeDelta::MAX);
        held <= LEASE - DOUBT_SELF - CALL_MOST
    }
}

/// Deliveries taken in one round.
#[derive(Debug)]
pub struct Claimed {
    pub rows: Vec<DeliveryRow>,
    held: Held,
}

/// A call that is committed and may be made.
#[derive(Debug)]
pub struct Call {
    delivery: DeliveryRow,
    attempt: AttemptRow,
    /// The number the copy shows, when it shows one.
    count: Option<i64>,
    held: Held,
    pub address: Address,
    pub outgoing: Outgoing,
    pub style: Style,
}

impl Call {
    /// The delivery it is for.
    pub fn delivery(&self) -> DeliveryId {
        self.delivery.id
    }
}

/// Whether another run of the program may be sending on the same database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Others {
    /// This run holds the database alone.
    None,
    /// Several instances share it; only a lease that ran out tells that one is gone.
    Maybe,
}

/// Takes up what senders that are gone left behind: results that were kept are stored, unsent claims go back, calls under
/// way are in doubt. Returns how many are in doubt.
pub async fn recover(ctx: &Ctx, others: Others) -> Outcome<usize> {
    replay(ctx).await?;
    let mut tx = ctx.store.write().await?;
    let boot = match others {
        Others::None => Some(ctx.boot.as_str()),
        Others::Maybe => None,
    };
    let in_doubt = left_behind(&mut tx, ctx, boot).await?;
    tx.commit().await?;
    Ok(in_doubt)
}

async fn left_behind(tx: &mut Tx, ctx: &Ctx, boot: Option<&str>) -> Outcome<usize> {
    let lease_now = tx.lease_now(ctx.now()).await?;
    let doubted = store::delivery::recover(tx, boot, ctx.now(), lease_now).await?;
    for delivery in &doubted {
        state_note(tx, ctx, *delivery, json!({ "state": "in_doubt", "by": "sender_gone" }));
    }
    Ok(doubted.len())
}

/// How long it takes until everything that waits and is due by now is out, when nothing goes wrong. Asked in the
/// transaction that adds a push, it counts that push.
pub async fn forecast(tx: &mut Tx, ctx: &Ctx) -> Outcome<TimeDelta> {
    let limits = limits(&setting::load(tx, ctx.zone).await?);
    let rows = store::delivery::backlog(tx, ctx.now()).await?;
    let backlog = |row: &store::delivery::BacklogRow| Backlog {
        is_group: row.target_kind == crate::domain::delivery::TargetKind::Group,
        calls: u32::try_from(row.calls).unwrap_or(u32::MAX),
    };
    Ok(pacing::estimate(limits, &rows.iter().map(backlog).collect::<Vec<_>>()))
}

/// The pace that the office set.
pub(in crate::office) fn limits(settings: &Settings) -> Limits {
    Limits { per_second: settings.send_per_second, per_group: settings.send_per_group }
}

/// Between 0 and 1, from a number: spreads retries without a random source.
fn jitter(number: i64) -> f64 {
    f64::from(u32::try_from(number.wrapping_mul(2_654_435_761).rem_euclid(1_000)).unwrap_or(0)) / 1_000.0
}

fn jitter_of(attempt: AttemptId) -> f64 {
    jitter(attempt.0)
}

const SENDER: Actor = Actor::System { job: Job::Send };

fn state_note(tx: &mut Tx, ctx: &Ctx, delivery: DeliveryId, detail: Value) {
    note(tx, ctx.now(), &SENDER, (Action::DeliveryState, format!("delivery:{delivery}"), detail));
}
