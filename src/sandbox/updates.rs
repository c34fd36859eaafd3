//! The bot's queue of updates and the rules of `getUpdates`: offsets confirm, unfetched updates expire, the set of
//! allowed kinds stays until it is named again, and only the newest of several pollers is served. A webhook, while one
//! is set, takes its updates from the same queue (`webhook.rs`).

use std::collections::{HashSet, VecDeque};

use serde_json::Value;
use tokio::time::{Duration, Instant};

use super::ledger::Ledger;
use super::numbers::Oddities;
use super::params::Params;
use super::webhook::Trip;

/// Presses live this long (the open server queues `callback_query` with 150 s).
const PRESS_TTL_MS: i64 = 150_000;
/// Every other update lives a day.
const UPDATE_TTL_MS: i64 = 86_400_000;
/// First update id.
const FIRST_UPDATE_ID: i64 = 700_000_001;
/// Most updates in one answer.
const LIMIT_MAX: i64 = 100;
/// Longest wait of a poll in seconds.
const TIMEOUT_SECONDS_MAX: i64 = 50;
/// A poll that repeats its offset within this time waits at least as long (real server, system time only).
const REPEAT_WAIT: Duration = Duration::from_secs(3);
/// A poll that repeats its offset within this time gets one update (real server, system time only).
const REPEAT_LIMIT: Duration = Duration::from_millis(500);

/// Every kind the Bot API has; other names in `allowed_updates` are passed over, and none left is the default set.
const KNOWN_KINDS: [&str; 23] = [
    "message",
    "edited_message",
    "channel_post",
    "edited_channel_post",
    "business_connection",
    "business_message",
    "edited_business_message",
    "deleted_business_messages",
    "message_reaction",
    "message_reaction_count",
    "inline_query",
    "chosen_inline_result",
    "callback_query",
    "shipping_query",
    "pre_checkout_query",
    "purchased_paid_media",
    "poll",
    "poll_answer",
    "my_chat_member",
    "chat_member",
    "chat_join_request",
    "chat_boost",
    "removed_chat_boost",
];

/// Kinds of updates the sandbox makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Message,
    CallbackQuery,
    MyChatMember,
    ChatMember,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::CallbackQuery => "callback_query",
            Self::MyChatMember => "my_chat_member",
            Self::ChatMember => "chat_member",
        }
    }

    /// Whether it arrives when the bot has named nothing.
    fn is_default(self) -> bool {
        match self {
            Self::Message | Self::CallbackQuery | Self::MyChatMember => true,
            Self::ChatMember => false,
        }
    }

    /// Keeps lines of different kinds apart, with the numbers of the open server.
    fn line(self, about: i64) -> i64 {
        let kind = match self {
            Self::Message => 0,
            Self::CallbackQuery => 3,
            Self::MyChatMember => 5,
            Self::ChatMember => 6,
        };
        about.wrapping_add(kind << 33)
    }

    fn ttl_ms(self) -> i64 {
        match self {
            Self::CallbackQuery => PRESS_TTL_MS,
            Self::Message | Self::MyChatMember | Self::ChatMember => UPDATE_TTL_MS,
        }
    }
}

/// What an update is about.
#[derive(Debug, Clone, Copy)]
pub(super) struct Origin {
    pub(super) kind: Kind,
    /// The person or the chat whose updates a webhook gets one after another.
    pub(super) line: i64,
    /// Place in the ledger when it is a press.
    pub(super) press: Option<usize>,
}

#[derive(Clone)]
pub(super) struct Pending {
    pub(super) id: i64,
    pub(super) expires_at: i64,
    /// Updates of one line go to a webhook one after another; lines side by side.
    pub(super) line: i64,
    pub(super) press: Option<usize>,
    pub(super) json: String,
    /// Comes once more after it was confirmed.
    again: bool,
    /// How its delivery to a webhook stands.
    pub(super) trip: Trip,
}

/// Why a waiting poll was ended by something newer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Newer {
    Poll,
    Webhook,
}

/// One `getUpdates` call as it was understood.
#[derive(Debug, Clone, Copy)]
pub(super) struct Poll {
    offset: i64,
    limit: usize,
    /// How long it may wait for something to arrive.
    pub(super) wait: Duration,
    /// Order of arrival; a newer poll ends an older one.
    ticket: u64,
}

/// The queue.
pub(super) struct Updates {
    pub(super) queue: VecDeque<Pending>,
    pub(super) next_id: i64,
    /// What is to be odd about the next ones.
    pub(super) odd: Oddities,
    /// Names the bot asked for; `None` is the default set.
    allowed: Option<HashSet<String>>,
    ticket: u64,
    /// What took the last ticket.
    newer: Newer,
    previous: Option<(i64, Instant)>,
    /// Polls waiting now.
    pub(super) waiting: usize,
}

impl Default for Updates {
    fn default() -> Self {
        let queue = VecDeque::new();
        let (odd, newer) = (Oddities::default(), Newer::Poll);
        Self { queue, next_id: FIRST_UPDATE_ID, odd, allowed: None, ticket: 0, newer, previous: None, waiting: 0 }
    }
}

impl Updates {
    /// Adds an update made at `now`, unless the bot does not want its kind. `body` is the JSON of the kind's field.
    pub(super) fn push(&mut self, now: i64, origin: Origin, body: &str) -> bool {
        let Origin { kind, line, press } = origin;
        let wanted = self.allowed.as_ref().map_or_else(|| kind.is_default(), |names| names.contains(kind.name()));
        if wanted {
            let id = self.next_id;
            self.next_id += 1;
            let json = format!("{{\"update_id\":{id},\"{}\":{body}}}", kind.name());
            let (expires_at, line, again) = (now + kind.ttl_ms(), kind.line(line), self.odd.repeats());
            let update = Pending { id, expires_at, line, press, json, again, trip: Trip::default() };
            if self.odd.duplicates() {
                self.queue.push_back(update.clone());
            }
            self.queue.push_back(update);
        }
        wanted
    }

    /// Reads the parameters of a poll, keeps its allowed kinds and makes it the newest poll. The two rules about a
    /// repeated offset are left out while the time is manual: there a repeated step is meant.
    pub(super) fn begin(&mut self, params: &Params, started: Option<Instant>) -> Poll {
        self.allow(params);
        let offset = params.integer("offset");
        let mut limit = match params.integer("limit") {
            n @ 1..=LIMIT_MAX => usize::try_from(n).unwrap_or(1),
            _ => usize::try_from(LIMIT_MAX).unwrap_or(100),
        };
        let seconds = params.integer("timeout").clamp(0, TIMEOUT_SECONDS_MAX);
        let mut wait = Duration::from_secs(u64::try_from(seconds).unwrap_or(0));
        if let Some(now) = started {
            if let Some((_, at)) = self.previous.filter(|(previous, _)| *previous == offset) {
                if now.duration_since(at) < REPEAT_WAIT {
                    wait = wait.max(REPEAT_WAIT);
                }
                if now.duration_since(at) < REPEAT_LIMIT {
                    limit = 1;
                }
            }
            self.previous = Some((offset, now));
        }
        self.end_polls(Newer::Poll);
        Poll { offset, limit, wait, ticket: self.ticket }
    }

    /// Keeps the kinds a call names; a call that names none leaves them as they are.
    pub(super) fn allow(&mut self, params: &Params) {
        if let Some(Value::Array(names)) = params.json("allowed_updates") {
            let names = names.iter().filter_map(|name| name.as_str().map(str::to_lowercase));
            let names: HashSet<String> = names.filter(|name| KNOWN_KINDS.contains(&name.as_str())).collect();
            self.allowed = (!names.is_empty()).then_some(names);
        }
    }

    /// The kinds the bot has chosen, in the order of the Bot API; `None` is the default set.
    pub(super) fn chosen(&self) -> Option<Vec<&'static str>> {
        let names = self.allowed.as_ref()?;
        Some(KNOWN_KINDS.into_iter().filter(|name| names.contains(*name)).collect())
    }

    /// Whatever polls now is ended.
    pub(super) fn end_polls(&mut self, newer: Newer) {
        self.ticket += 1;
        self.newer = newer;
    }

    /// What has come since the poll began and ends it.
    pub(super) fn superseded(&self, poll: &Poll) -> Option<Newer> {
        (self.ticket != poll.ticket).then_some(self.newer)
    }

    /// Confirms what the offset confirms and gives the next updates as a JSON answer; `None` when there are none.
    pub(super) fn take(&mut self, poll: &Poll, now: i64, ledger: &mut Ledger) -> Option<String> {
        self.confirm(poll.offset);
        while self.queue.front().is_some_and(|update| update.expires_at <= now) {
            self.queue.pop_front();
        }
        let waiting = self.queue.iter().filter(|update| update.expires_at > now).take(poll.limit);
        let mut chosen: Vec<&Pending> = waiting.collect();
        if chosen.len() > 1 && self.odd.swaps() {
            chosen.reverse();
        }
        let mut answer = String::new();
        for update in chosen {
            answer.push_str(if answer.is_empty() { "{\"ok\":true,\"result\":[" } else { "," });
            answer.push_str(&update.json);
            if let Some(press) = update.press.and_then(|place| ledger.pressed.get_mut(place)) {
                press.fetched_at.get_or_insert(now);
            }
        }
        if answer.is_empty() {
            return None;
        }
        answer.push_str("]}");
        Some(answer)
    }

    /// Forgets updates before the offset. A negative offset keeps that many from the end; one far beyond the end
    /// confirms nothing, as in the real server.
    fn confirm(&mut self, offset: i64) {
        if offset < 0 {
            let keep = usize::try_from(offset.unsigned_abs()).unwrap_or(usize::MAX);
            let drop = self.queue.len().saturating_sub(keep);
            self.queue.drain(..drop);
        } else if offset <= self.next_id {
            let mut again = Vec::new();
            while self.queue.front().is_some_and(|update| update.id < offset) {
                again.extend(self.queue.pop_front().filter(|update| update.again));
            }
            for update in again.into_iter().rev() {
                self.queue.push_front(Pending { again: false, ..update });
            }
        }
    }

    /// Forgets one that a webhook has taken, unless it is to come again.
    pub(super) fn confirm_at(&mut self, place: usize) {
        match self.queue.get_mut(place) {
            Some(update) if update.again => (update.again, update.trip) = (false, Trip::default()),
            Some(_) | None => drop(self.queue.remove(place)),
        }
    }

    /// Updates waiting at `now`, fetched or not.
    pub(super) fn pending(&self, now: i64) -> usize {
        self.queue.iter().filter(|update| update.expires_at > now).count()
    }

    /// Forgets everything waiting.
    pub(super) fn clear(&mut self) {
        self.queue.clear();
    }
}
