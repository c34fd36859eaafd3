//! Who of several instances plans, polls and looks after the rest. An instance takes what is free, keeps it by renewing it,
//! and believes itself for less time than the database grants: what it does on the strength of a lease is over before
//! another can have it. In quarantine it takes none, so everything that rests on a lease stands still.
//!
//! A process that is frozen between the question and the act can still act late. Each holder is therefore harmless when it
//! does: see "Leases" in `ARCHITECTURE.md`.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::clock::{Clock, Mark};
use crate::ctx::Ctx;
use crate::domain::delivery::HaltCause;
use crate::ids::ChannelId;
use crate::office::Outcome;
use crate::office::delivery::Others;
use crate::store;
use crate::store::lease::Claim;

/// How long a lease lasts by the database's clock.
const TTL: TimeDelta = TimeDelta::seconds(60);
/// How long its holder believes in it, counted from before it was asked for.
const TRUST: Duration = Duration::from_secs(50);
/// How often it is renewed.
pub const RENEW_EVERY: TimeDelta = TimeDelta::seconds(15);
/// How often one that is not held is tried for.
pub const TRY_EVERY: TimeDelta = TimeDelta::seconds(1);

/// Under which epoch, and since when.
#[derive(Debug, Clone, Copy)]
struct Held {
    epoch: i64,
    asked: Mark,
}

/// One lease as the loop sees it that rests on it.
#[derive(Debug, Clone)]
pub struct Lease {
    clock: Clock,
    held: watch::Receiver<Option<Held>>,
    /// Keeps the value alive of a lease that nobody keeps.
    _own: Option<std::sync::Arc<watch::Sender<Option<Held>>>>,
}

impl Lease {
    /// One that is always held: the process has everything to itself, as a test or a benchmark does.
    pub fn own(clock: &Clock) -> Self {
        let (sender, held) = watch::channel(Some(Held { epoch: i64::MAX, asked: clock.mark() }));
        Self { clock: clock.clone(), held, _own: Some(std::sync::Arc::new(sender)) }
    }

    /// Whether it is held at this moment. Asked right before each act.
    pub fn held(&self) -> bool {
        let held = *self.held.borrow();
        held.is_some_and(|held| trusted(&self.clock, held))
    }

    /// Returns once it is held.
    pub async fn gained(&mut self) {
        let clock = self.clock.clone();
        if self.held.wait_for(|held| held.is_some_and(|held| trusted(&clock, held))).await.is_err() {
            // Whoever keeps it is gone, and it is held no more.
            std::future::pending::<()>().await;
        }
    }

    /// Returns once it is held no more.
    pub async fn lost(&mut self) {
        // An error means that whoever kept it is gone.
        let _ = self.held.wait_for(Option::is_none).await;
    }
}

fn trusted(clock: &Clock, held: Held) -> bool {
    held.epoch == i64::MAX || clock.since(&held.asked) < TRUST
}

/// What one instance holds.
#[derive(Debug)]
pub struct Leases {
    /// Decides slots and makes pushes.
    pub plan: Lease,
    /// Takes in updates.
    pub poll: Lease,
    /// Looks ahead and tidies up.
    pub keep: Lease,
}

/// Takes and renews the leases of one instance.
#[derive(Debug)]
pub struct Keeper {
    ctx: Ctx,
    alone: bool,
    kept: Vec<(String, watch::Sender<Option<Held>>)>,
}

impl Keeper {
    /// None is held yet. `others`: whether another run of the program can have what this one wants.
    pub fn new(ctx: &Ctx, channel: ChannelId, others: Others) -> (Self, Leases) {
        let mut kept = Vec::new();
        let mut lease = |name: String| {
            let (sender, held) = watch::channel(None);
            kept.push((name, sender));
            Lease { clock: ctx.clock.clone(), held, _own: None }
        };
        let leases = Leases {
            plan: lease("plan".to_owned()),
            poll: lease(format!("poll:{channel}")),
            keep: lease("keep".to_owned()),
        };
        (Self { ctx: ctx.clone(), alone: others == Others::None, kept }, leases)
    }

    /// Renews what is held and takes what is free. Returns whether everything is held.
    pub async fn renew(&self) -> Outcome<bool> {
        let asked = self.ctx.clock.mark();
        let wanted = self.wanted().await?;
        let mut all = wanted.len() == self.kept.len();
        for (name, sender) in self.kept.iter().filter(|(name, _)| !wanted.contains(name)) {
            set(name, sender, None);
        }
        if wanted.is_empty() {
            return Ok(false);
        }
        if wanted.iter().all(|name| self.fresh(name)) {
            return Ok(all);
        }
        let mut tx = self.ctx.store.write().await?;
        let now = tx.lease_now(self.ctx.now()).await?;
        let mut taken = Vec::new();
        for name in &wanted {
            let claim = Claim { name, owner: &self.ctx.boot, now, until: now + TTL, alone: self.alone };
            taken.push(store::lease::take(&mut tx, &claim).await?);
        }
        tx.commit().await?;
        for (name, sender) in &self.kept {
            let at = wanted.iter().position(|wanted| wanted == name);
            let epoch = at.and_then(|at| taken.get(at).copied().flatten());
            all &= epoch.is_some();
            set(name, sender, epoch.map(|epoch| Held { epoch, asked }));
        }
        Ok(all)
    }

    /// The leases that are ours or free; none in quarantine. Reads only, so that those who wait for a lease do not fight
    /// for the writer.
    async fn wanted(&self) -> Outcome<Vec<String>> {
        let mut tx = self.ctx.store.read().await?;
        let halts = store::halt::list(&mut tx).await?;
        if halts.iter().any(|halt| halt.cause == HaltCause::Quarantine) {
            return Ok(Vec::new());
        }
        let now = tx.lease_now(self.ctx.now()).await?;
        let rows = store::lease::list(&mut tx).await?;
        let foreign =
            |name: &str| rows.iter().any(|row| row.name == name && row.owner != self.ctx.boot && row.until.utc() > now);
        let names = self.kept.iter().map(|(name, _)| name);
        Ok(names.filter(|name| self.alone || !foreign(name)).cloned().collect())
    }

    /// Whether a lease is held and was renewed a moment ago: an instance that holds one of several and tries for the others
    /// does not write each time it tries.
    fn fresh(&self, name: &str) -> bool {
        let held = self.kept.iter().find(|(kept, _)| kept == name).and_then(|(_, sender)| *sender.borrow());
        let renewed = RENEW_EVERY.to_std().unwrap_or_default();
        held.is_some_and(|held| self.ctx.clock.since(&held.asked) < renewed)
    }

    /// Wakes those who rest on a lease whose time is up: the database could not be asked in time.
    pub fn expire(&self) {
        for (name, sender) in &self.kept {
            let over = sender.borrow().is_some_and(|held| !trusted(&self.ctx.clock, held));
            if over {
                set(name, sender, None);
            }
        }
    }

    /// Gives everything back, so that another instance goes on at once. The loops that rest on it have ended.
    pub async fn give_back(&self) -> Outcome<()> {
        self.kept.iter().for_each(|(name, sender)| set(name, sender, None));
        let mut tx = self.ctx.store.write().await?;
        store::lease::give_back(&mut tx, &self.ctx.boot).await?;
        Ok(tx.commit().await?)
    }
}

/// Notes how a lease stands; tells the log when it changed hands.
fn set(name: &str, sender: &watch::Sender<Option<Held>>, held: Option<Held>) {
    let before = sender.send_replace(held);
    match (before.map(|before| before.epoch), held.map(|held| held.epoch)) {
        (None, Some(epoch)) => tracing::info!(lease = name, epoch, "taken"),
        (Some(epoch), None) => tracing::info!(lease = name, epoch, "no longer held"),
        (Some(_), Some(_)) | (None, None) => {}
    }
}
