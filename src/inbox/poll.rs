//! The polling loop: poll, commit, poll. The next poll confirms a batch to the platform, so it waits for the commit.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;

use crate::channel::telegram::Telegram;
use crate::channel::telegram::inbound::WANTED;
use crate::channel::telegram::poll::Poll;
use crate::channel::{Conflict, PollError, RawUpdate};
use crate::crash;
use crate::ctx::{Ctx, Line};
use crate::domain::word::InboundMode;
use crate::inbox::effect::Effects;
use crate::inbox::intake::{self, Stored};
use crate::inbox::work;
use crate::office::troubled::Troubled;
use crate::office::{Outcome, Refusal, hearing};
use crate::stop::Stop;

/// How long the platform holds a poll open when there is nothing (it caps at 50 s). The client gives up ten seconds
/// later, which replaces a poll that has fallen silent.
const HOLD: Duration = Duration::from_secs(25);
/// First and longest pause after a poll or a commit that failed.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_LONGEST: Duration = Duration::from_mins(1);
/// Shortest pause while another program polls: each try ends the other's poll.
const PAUSE_CONFLICT: Duration = Duration::from_secs(5);
/// What the log calls the storing of what was polled.
const JOB: &str = "poll";
/// Conflicts in a row before the admins are told: the first may be our own poll of before a restart.
const CONFLICTS_TOLD: u32 = 2;
/// Longest wait for answers under way when the program stops.
const DRAIN: Duration = Duration::from_secs(5);

/// One poller of one bot. The demo and the tests call [`Poller::once`]; the running program repeats it.
#[derive(Debug)]
pub struct Poller {
    ctx: Ctx,
    line: Line,
    telegram: Telegram,
    poll: Poll,
    /// Answers under way.
    effects: Effects,
    /// Polls in a row that another program ended.
    conflicts: u32,
    troubled: Troubled,
}

/// Why a poll came to nothing; nothing of it is confirmed to the platform.
#[derive(Debug, thiserror::Error)]
pub enum PollFailure {
    #[error(transparent)]
    Poll(#[from] PollError),
    #[error("updates could not be stored: {0}")]
    Store(#[from] Refusal),
}

impl Poller {
    /// A poller that has not polled yet.
    pub fn new(ctx: Ctx, line: Line, telegram: Telegram) -> Self {
        let effects = Effects::new(line.clone());
        Self { ctx, line, telegram, poll: Poll::new(WANTED), effects, conflicts: 0, troubled: Troubled::default() }
    }

    /// Polls once, holding the poll open for at most `hold`, stores what came, lets the answers go out and works through
    /// the rest. Returns how
    /// many updates came.
    pub async fn once(&mut self, hold: Duration) -> Result<usize, PollFailure> {
        let batch = self.fetch(hold).await?;
        let came = batch.len();
        Box::pin(self.take(batch)).await?;
        work::step(&self.ctx, &self.line).await;
        Ok(came)
    }

    /// Asks for updates. May be dropped half-way: nothing is stored or confirmed by it.
    async fn fetch(&self, hold: Duration) -> Result<Vec<RawUpdate>, PollFailure> {
        Ok(self.telegram.get_updates(self.poll.offset(), hold, self.poll.allowed_updates()).await?)
    }

    /// Stores what came. Runs to its end, so that no transaction is dropped half-way. Returns whether some of it is still to be
    /// worked through.
    async fn take(&mut self, batch: Vec<RawUpdate>) -> Result<bool, PollFailure> {
        self.conflicts = 0;
        let mut left = false;
        if batch.is_empty() {
            hearing::listening(&self.ctx, &self.line).await?;
        } else {
            let Stored { words, waits } = intake::store(&self.ctx, &self.line, &batch).await?;
            left = waits;
            crash::point("after_ack");
            // People are answered within seconds, or the platform keeps their presses.
            self.effects.room().await;
            self.effects.follow(words);
        }
        crash::point("before_offset");
        self.poll.committed(&batch);
        Ok(left)
    }

    /// Waits for the answers under way.
    pub async fn drain(&self) {
        self.effects.drain().await;
    }

    /// What follows from a conflict. A webhook that is in the way is removed, with its updates kept, unless other
    /// instances are told to use it.
    pub async fn give_way(&mut self, conflict: Conflict) -> Outcome<()> {
        match conflict {
            Conflict::OtherPoller => {
                self.conflicts += 1;
                if self.conflicts >= CONFLICTS_TOLD {
                    hearing::other_poller(&self.ctx).await?;
                }
            }
            Conflict::WebhookActive => match hearing::mode(&self.ctx, &self.line).await? {
                InboundMode::Poll => self.remove_webhook().await,
                InboundMode::Webhook => tracing::warn!("another instance takes updates by webhook; this one rests"),
            },
        }
        Ok(())
    }

    /// Makes way for polling, while that is how updates are to come in.
    async fn make_way(&self) {
        match hearing::mode(&self.ctx, &self.line).await {
            Ok(InboundMode::Poll) => self.remove_webhook().await,
            Ok(InboundMode::Webhook) => {}
            Err(error) => tracing::error!(%error, "it could not be read how updates are to come in"),
        }
    }

    /// Best effort: while a webhook is set each poll is told so, and comes back here.
    async fn remove_webhook(&self) {
        if let Err(error) = self.telegram.delete_webhook().await {
            tracing::warn!(%error, "a webhook that may be in the way could not be removed yet");
        }
    }
}

/// Polls until told to stop. `news` rings when something was stored that may have to be worked through, which is done
/// apart: presses never wait for a text that is being answered.
pub async fn run(mut poller: Poller, news: Arc<Notify>, mut stop: Stop) {
    let clock = poller.ctx.clock.clone();
    let mut pause = PAUSE_FIRST;
    // The first poll is not held open: what was missed meanwhile is known at once.
    let mut hold = Duration::ZERO;
    poller.make_way().await;
    while !stop.stopped() {
        let fetched = tokio::select! {
            fetched = poller.fetch(hold) => fetched,
            () = stop.wait() => break,
        };
        let taken = match fetched {
            Ok(batch) => poller.take(batch).await,
            Err(failure) => Err(failure),
        };
        let failure = match taken {
            Ok(left) => {
                poller.troubled.over(JOB);
                if left {
                    news.notify_one();
                }
                (pause, hold) = (PAUSE_FIRST, HOLD);
                continue;
            }
            Err(failure) => failure,
        };
        if let PollFailure::Poll(PollError::Conflict(conflict)) = failure
            && let Err(error) = poller.give_way(conflict).await
        {
            tracing::error!(%error, "a conflict could not be dealt with");
        }
        if let PollFailure::Store(error) = &failure {
            // Nothing of it is confirmed to the platform.
            poller.troubled.tell(JOB, error);
        }
        let rest = rest(&failure, pause);
        pause = (pause * 2).min(PAUSE_LONGEST);
        tokio::select! {
            () = clock.sleep(rest) => {}
            () = stop.wait() => break,
        }
    }
    tokio::select! {
        () = poller.drain() => {}
        () = clock.sleep(DRAIN) => tracing::warn!("stopped with answers under way; what they say is stored"),
    }
}

/// How long to rest after a failed poll. What the platform is to blame for is said in the log.
fn rest(failure: &PollFailure, pause: Duration) -> Duration {
    match failure {
        PollFailure::Poll(PollError::Limited { retry_after }) => *retry_after,
        PollFailure::Poll(PollError::Conflict(conflict)) => {
            tracing::error!(?conflict, "another program takes this bot's updates; stop it, or remove the webhook");
            pause.max(PAUSE_CONFLICT)
        }
        PollFailure::Poll(PollError::Unauthorized) => {
            tracing::error!("the platform refuses the token; check TELOXIDE_TOKEN");
            PAUSE_LONGEST
        }
        PollFailure::Poll(error @ (PollError::Unreachable(_) | PollError::Refused(_))) => {
            tracing::warn!(%error, "the poll failed");
            pause
        }
        PollFailure::Store(_) => pause,
    }
}
