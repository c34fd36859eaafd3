//! Stores what is brought, one update a request. Requests that wait together share one commit: a storm of presses costs as
//! few as a polled batch does. A request is answered once its update is stored (invariant I1), and its reply holds the answer
//! to the press it brought: one exchange for each press.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use crate::channel::RawUpdate;
use crate::channel::telegram::inbound::brought;
use crate::clock::{Clock, Mark};
use crate::crash;
use crate::ctx::{Ctx, Line};
use crate::inbox::effect::{Due, Effect, Effects, Placed};
use crate::inbox::intake::{self, Stored};
use crate::office::troubled::Troubled;
use crate::office::{Outcome, Refusal, db, hearing};
use crate::stop;

/// Requests that wait at most; one more is turned away and the platform comes again.
const WAITING_MOST: usize = 1_000;
/// Updates stored in one transaction: as many as one poll brings at most.
const BATCH_MOST: usize = 100;
/// How often it is written down that updates would reach us.
const BEAT: Duration = Duration::from_secs(15);
/// How long it is believed that the data is not in quarantine: a storm of presses does not ask for each batch. Data is set
/// aside at a start or by a look once a minute, and a lease to poll may then go on for longer.
const HOME_FOR: Duration = Duration::from_secs(1);

/// What the log calls the storing of what is brought.
const JOB: &str = "webhook";
/// Longest time from a request to a reply that holds an answer. After that the answer goes out by a call of its own, which
/// tells whether it arrived: whoever brought the update may not be waiting any more.
const REPLY_WITHIN: Duration = Duration::from_secs(5);

/// An update that waits to be stored.
#[derive(Debug)]
struct Brought {
    update: RawUpdate,
    since: Mark,
    stored: oneshot::Sender<Option<Due>>,
}

/// Where updates are handed in. Cheap to clone; the writer ends when every clone is gone.
#[derive(Debug, Clone)]
pub struct Door {
    into: mpsc::Sender<Brought>,
    line: Line,
    clock: Clock,
}

/// Why an update was not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Turned {
    /// For good: without a number it could never be told from another.
    #[error("what was brought has no number")]
    Unreadable,
    #[error("too many updates wait to be stored")]
    Full,
    #[error("the update could not be stored")]
    NotStored,
}

impl Door {
    /// Returns once the update is stored, with the body of the reply when that is to answer a press.
    pub async fn hand_in(&self, body: &[u8]) -> Result<Option<Vec<u8>>, Turned> {
        let update = brought(body).ok_or(Turned::Unreadable)?;
        let (stored, told) = oneshot::channel();
        let brought = Brought { update, since: self.clock.mark(), stored };
        self.into.try_send(brought).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Turned::Full,
            mpsc::error::TrySendError::Closed(_) => Turned::NotStored,
        })?;
        // The other end is dropped when the batch was not stored.
        let due = told.await.map_err(|_| Turned::NotStored)?;
        Ok(due.map(|due| self.line.channel.answer_in_reply(&due.callback_id, &due.answer)))
    }
}

/// Stores what is handed in.
#[derive(Debug)]
pub struct Writer {
    ctx: Ctx,
    line: Line,
    waiting: mpsc::Receiver<Brought>,
    news: Arc<Notify>,
    /// When the data was last found not to be in quarantine.
    home: Option<Mark>,
    troubled: Troubled,
}

/// A writer and its door.
pub fn pair(ctx: Ctx, line: Line) -> (Door, Writer) {
    let (into, waiting) = mpsc::channel(WAITING_MOST);
    let door = Door { into, line: line.clone(), clock: ctx.clock.clone() };
    (door, Writer { ctx, line, waiting, news: Arc::default(), home: None, troubled: Troubled::default() })
}

/// Stores until every door is gone; then everything that was handed in is stored or turned away.
pub async fn run(mut writer: Writer) {
    let (ctx, line) = (writer.ctx.clone(), writer.line.clone());
    let effects = Effects::new(line.clone());
    let (stopper, mut over) = stop::pair();
    let store = async {
        while writer.step(&effects).await {}
        stopper.stop();
        effects.drain().await;
    };
    let beating = async {
        while !over.stopped() {
            if let Err(error) = beat(&ctx, &line).await {
                tracing::error!(%error, "it could not be written down that updates would reach us");
            }
            tokio::select! {
                () = ctx.clock.sleep(BEAT) => {}
                () = over.wait() => {}
            }
        }
    };
    tokio::join!(store, beating);
}

/// Updates would reach us now, unless they are all turned away.
async fn beat(ctx: &Ctx, line: &Line) -> Outcome<()> {
    if db::quarantine(&ctx.store).await?.is_none() {
        hearing::listening(ctx, line).await?;
    }
    Ok(())
}

impl Writer {
    /// Rings when something was stored that may have to be worked through.
    pub fn news(&self) -> Arc<Notify> {
        Arc::clone(&self.news)
    }

    /// Stores what has gathered, waiting for the first; false when nothing can come any more.
    async fn step(&mut self, effects: &Effects) -> bool {
        let mut gathered = Vec::new();
        if self.waiting.recv_many(&mut gathered, BATCH_MOST).await == 0 {
            return false;
        }
        let (batch, told): (Vec<RawUpdate>, Vec<_>) =
            gathered.into_iter().map(|one| (one.update, (one.since, one.stored))).unzip();
        match self.store(&batch).await {
            Ok(Stored { words, waits }) => {
                crash::point("after_ack");
                self.troubled.over(JOB);
                if waits {
                    self.news.notify_one();
                }
                let left = self.reply(told, words.await);
                effects.room().await;
                for effect in left {
                    effects.start(effect);
                }
            }
            // None of them is confirmed to the platform, which brings them again.
            Err(error) => self.troubled.tell(JOB, &error),
        }
        true
    }

    /// Lets every request be answered, those that brought a press with the answer to it. Returns what is left to do.
    fn reply(&self, told: Vec<(Mark, oneshot::Sender<Option<Due>>)>, due: Vec<Placed>) -> Vec<Effect> {
        let mut left = Vec::new();
        let mut due = due.into_iter().peekable();
        for (place, (since, stored)) in told.into_iter().enumerate() {
            let in_time = self.ctx.clock.since(&since) <= REPLY_WITHIN && !stored.is_closed();
            let mut answer = None;
            while let Some((_, effect)) = due.next_if(|(of, _)| *of == place) {
                match effect {
                    Effect::Answer(due) if answer.is_none() && in_time => answer = Some(due),
                    Effect::Answer(_) | Effect::Say { .. } | Effect::Edit { .. } | Effect::Leave { .. } => {
                        left.push(effect);
                    }
                }
            }
            // Whoever waited may have given up; the platform then brings the update again, and it is known.
            if let Err(Some(due)) = stored.send(answer) {
                left.push(Effect::Answer(due));
            }
        }
        left.extend(due.map(|(_, effect)| effect));
        left
    }

    /// Data in quarantine may be a copy: what the platform brings is for the one that is in use.
    async fn store(&mut self, batch: &[RawUpdate]) -> Outcome<Stored> {
        if self.home.as_ref().is_none_or(|found| self.ctx.clock.since(found) > HOME_FOR) {
            let asked = self.ctx.clock.mark();
            if db::quarantine(&self.ctx.store).await?.is_some() {
                return Err(Refusal::Quarantined);
            }
            self.home = Some(asked);
        }
        intake::store(&self.ctx, &self.line, batch).await
    }
}
