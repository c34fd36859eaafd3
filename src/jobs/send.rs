//! Sending: take what may go, commit to each call, make the calls side by side, store what they came to.

use std::future::pending;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinSet;

use crate::crash;
use crate::ctx::{Ctx, Line};
use crate::domain::delivery::{DeliveryState, HaltCause};
use crate::office::delivery::{self, Call, Cursor, Edit, Removal, Report, Round, Spool};
use crate::office::{Outcome, Refusal};
use crate::store::delivery::DeliveryRow;

/// Most calls under way. One that hangs takes a place for as long as a call may take, and holds up nothing else.
const CALLS_MOST: usize = 64;
/// How late a call may be made and still count as made when it was noted in the pace.
const LATE: TimeDelta = TimeDelta::milliseconds(50);
/// How often the platform is asked whether it takes a refused token again.
const CHECK_EVERY: TimeDelta = TimeDelta::seconds(60);

/// What a call that ended leaves to do.
enum Ended {
    Done,
    /// The same message goes on at once.
    Again,
    /// The database did not take the result.
    Kept(Box<Report>),
}

/// One sender with its calls under way.
pub struct Sender {
    ctx: Arc<Ctx>,
    line: Arc<Line>,
    calls: JoinSet<Ended>,
    cursor: Cursor,
    spool: Spool,
    /// Results that the database did not take. Nothing more is sent while there are any.
    kept: Vec<Report>,
    /// Claims that were not begun.
    left: Vec<DeliveryRow>,
    /// More could go than there was room for.
    full: bool,
    /// When the platform was last asked whether it takes our token.
    checked: Option<DateTime<Utc>>,
}

impl Sender {
    pub fn new(ctx: Ctx, line: Line) -> Self {
        let spool = Spool::new(&ctx.spool);
        let (ctx, line, calls) = (Arc::new(ctx), Arc::new(line), JoinSet::new());
        let (cursor, kept, left) = (Cursor::default(), Vec::new(), Vec::new());
        Self { ctx, line, calls, cursor, spool, kept, left, full: false, checked: None }
    }

    /// Makes sure of the place where results are kept that the database cannot take.
    pub fn prepare(&mut self) {
        if let Err(error) = self.spool.prepare() {
            tracing::error!(%error, "there is no place for results that the database cannot take");
        }
    }

    /// Starts what may go now and returns when to come again; calls go on by themselves.
    pub async fn round(&mut self) -> Outcome<Option<DateTime<Utc>>> {
        while let Some(ended) = self.calls.try_join_next() {
            self.take(ended);
        }
        self.store_kept().await?;
        if !self.left.is_empty() {
            delivery::release(&self.ctx, &self.left).await?;
            self.left.clear();
        }
        let room = CALLS_MOST.saturating_sub(self.calls.len());
        let mut round = delivery::claim(&self.ctx, &self.line, (room, &mut self.cursor)).await?;
        self.full = round.full;
        for removal in std::mem::take(&mut round.removals) {
            self.calls.spawn(remove(Arc::clone(&self.ctx), Arc::clone(&self.line), removal));
        }
        for edit in std::mem::take(&mut round.edits) {
            self.calls.spawn(change(Arc::clone(&self.ctx), Arc::clone(&self.line), edit));
        }
        let checked = self.check(&round).await?;
        let claimed = round.claimed.rows.len();
        if claimed > 0 {
            crash::point("before_attempt");
        }
        let begun = delivery::begin(&self.ctx, &self.line, round.claimed).await;
        if !begun.calls.is_empty() {
            crash::point("after_attempt");
        }
        // What ended without a call took no turn of its chat: there may be more like it.
        let more = (begun.calls.len() < claimed).then(|| self.ctx.now());
        for call in begun.calls {
            self.calls.spawn(send(Arc::clone(&self.ctx), Arc::clone(&self.line), call));
        }
        self.left = begun.left;
        if claimed > 0 && self.ctx.now() - round.noted > LATE {
            delivery::made_late(&self.ctx, &self.line, round.noted).await?;
        }
        match begun.trouble {
            Some(trouble) => Err(trouble),
            None => Ok([round.next, checked, more].into_iter().flatten().min()),
        }
    }

    /// Asks now and then whether the platform takes a refused token again. Returns when to ask next.
    async fn check(&mut self, round: &Round) -> Outcome<Option<DateTime<Utc>>> {
        let Some(halt) = round.halted_by(HaltCause::Unauthorized) else { return Ok(None) };
        let now = self.ctx.now();
        let due = self.checked.map_or(halt.since.utc(), |at| at.max(halt.since.utc())) + CHECK_EVERY;
        if due > now {
            return Ok(Some(due));
        }
        self.checked = Some(now);
        let again = delivery::try_again(&self.ctx, &self.line).await?;
        Ok(Some(if again { now } else { now + CHECK_EVERY }))
    }

    /// Offers the database what it did not take before. An error while it still does not.
    async fn store_kept(&mut self) -> Outcome<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        while let Some(report) = self.kept.last() {
            match delivery::settle(&self.ctx, report).await {
                Ok(_) => {}
                Err(Refusal::Store(error)) if error.is_trouble() => return Err(error.into()),
                Err(error) => tracing::error!(%error, "a result cannot be stored and is left in doubt"),
            }
            self.kept.pop();
        }
        if let Err(error) = self.spool.clear() {
            tracing::error!(%error, "kept results are stored, and their file cannot be cleared");
        }
        Ok(())
    }

    /// Takes note of a call that ended. True when it leaves something to do at once.
    fn take(&mut self, ended: Result<Ended, tokio::task::JoinError>) -> bool {
        match ended {
            Ok(Ended::Done) => self.full,
            Ok(Ended::Again) => true,
            Ok(Ended::Kept(report)) => {
                if let Err(error) = self.spool.keep(&report) {
                    tracing::error!(%error, "a result that the database did not take is in memory alone");
                }
                self.kept.push(*report);
                true
            }
            Err(error) => {
                tracing::error!(%error, "a call ended by itself; its message is found in doubt");
                false
            }
        }
    }

    /// Returns when a call ended that leaves something to do at once.
    pub async fn news(&mut self) {
        loop {
            match self.calls.join_next().await {
                Some(ended) => {
                    if self.take(ended) {
                        return;
                    }
                }
                None => pending().await,
            }
        }
    }

    /// Waits for every call under way. True when there was one.
    async fn drain(&mut self) -> bool {
        let mut any = false;
        while let Some(ended) = self.calls.join_next().await {
            self.take(ended);
            any = true;
        }
        any
    }

    /// The last of it: calls under way come to their end, and what was not begun is given back.
    pub async fn finish(mut self) {
        self.drain().await;
        let stored = self.store_kept().await;
        if let Err(error) = stored.and(delivery::release_own(&self.ctx).await.map(drop)) {
            tracing::error!(%error, "the sender could not put everything in order before it stopped");
        }
    }
}

/// Sends everything that may go at the present instant, waits for the calls, and returns when to come again.
pub async fn step(ctx: &Ctx, line: &Line) -> Outcome<Option<DateTime<Utc>>> {
    delivery::replay(ctx).await?;
    let mut sender = Sender::new(ctx.clone(), line.clone());
    loop {
        let next = sender.round().await;
        let any = sender.drain().await;
        let next = next?;
        if !any && next.is_none_or(|next| next > ctx.now()) {
            return Ok(next);
        }
    }
}

async fn send(ctx: Arc<Ctx>, line: Arc<Line>, call: Call) -> Ended {
    let report = delivery::make(&ctx, &line, &call).await;
    crash::point("after_reply");
    let settled = delivery::settle(&ctx, &report).await;
    crash::point("after_result_commit");
    match settled {
        Ok(DeliveryState::Queued) => Ended::Again,
        Ok(_) => Ended::Done,
        Err(Refusal::Store(error)) if error.is_trouble() => {
            tracing::error!(%error, delivery = %call.delivery(), "what a call came to could not be stored yet");
            Ended::Kept(Box::new(report))
        }
        Err(error) => {
            tracing::error!(%error, delivery = %call.delivery(), "what a call came to cannot be stored");
            Ended::Done
        }
    }
}

/// Deleting twice does no harm: what cannot be stored is tried again.
async fn remove(ctx: Arc<Ctx>, line: Arc<Line>, removal: Removal) -> Ended {
    let result = line.channel.delete(&removal.address, &removal.message_id).await;
    if let Err(error) = delivery::removed(&ctx, &line, &removal, &result).await {
        tracing::error!(%error, "what a deletion came to could not be stored");
    }
    Ended::Done
}

/// So does editing twice.
async fn change(ctx: Arc<Ctx>, line: Arc<Line>, edit: Edit) -> Ended {
    let result = line.channel.edit(&edit.address, &edit.message_id, &edit.outgoing).await;
    if let Err(error) = delivery::edited(&ctx, &line, &edit, &result).await {
        tracing::error!(%error, "what an edit came to could not be stored");
    }
    Ended::Done
}
