//! The real server's rate limits, on demand: about one message a second in a chat with a small burst, 20 messages and
//! edits a minute in a group, 30 a second over all. They are counted in the sandbox's own time. Answers to presses,
//! deletions and questions are free, and so is a call that is turned down.

use std::collections::{HashMap, VecDeque};

use super::refusal::Refusal;

const SECOND_MS: i64 = 1000;
/// Messages a chat takes at once before one a second is all it gets.
const CHAT_BURST: i64 = 3;
const GROUP_A_MINUTE: usize = 20;
const MINUTE_MS: i64 = 60_000;
const OVERALL_A_SECOND: usize = 30;

/// What a call counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Weight {
    Message,
    Edit,
}

impl Weight {
    fn of(method: &str) -> Option<Self> {
        if method.starts_with("send") && method != "sendchataction" {
            Some(Self::Message)
        } else {
            method.starts_with("edit").then_some(Self::Edit)
        }
    }
}

/// One chat.
#[derive(Debug, Default)]
struct Pace {
    /// When all messages so far would be out at one a second.
    paid_until: i64,
    /// Messages and edits of the last minute.
    minute: VecDeque<i64>,
}

/// What was sent lately.
#[derive(Debug, Default)]
struct Lately {
    chats: HashMap<i64, Pace>,
    second: VecDeque<i64>,
}

/// Off until they are ordered.
#[derive(Debug, Default)]
pub(super) struct Limits(Option<Lately>);

impl Limits {
    /// Orders them, with nothing sent lately.
    pub(super) fn order(&mut self, wanted: &LimitsOrder) {
        self.0 = wanted.on.then(Lately::default);
    }

    /// Refuses a call that comes too soon; `method` is in small letters.
    pub(super) fn check(&mut self, now: i64, method: &str, chat: &str) -> Result<(), Refusal> {
        let (Some(lately), Some(weight)) = (&mut self.0, Weight::of(method)) else { return Ok(()) };
        let Ok(chat) = chat.parse::<i64>() else { return Ok(()) };
        let mut wait = full_for(&mut lately.second, now, SECOND_MS, OVERALL_A_SECOND);
        let pace = lately.chats.entry(chat).or_default();
        if weight == Weight::Message {
            wait = wait.max(pace.paid_until - now - (CHAT_BURST - 1) * SECOND_MS);
        }
        // Groups have negative ids.
        if chat < 0 {
            wait = wait.max(full_for(&mut pace.minute, now, MINUTE_MS, GROUP_A_MINUTE));
        }
        if wait <= 0 {
            return Ok(());
        }
        Err(Refusal::too_many(u64::try_from((wait + SECOND_MS - 1) / SECOND_MS).unwrap_or(1)))
    }

    /// Counts a call that was done.
    pub(super) fn count(&mut self, now: i64, method: &str, chat: &str) {
        let (Some(lately), Some(weight)) = (&mut self.0, Weight::of(method)) else { return };
        let Ok(chat) = chat.parse::<i64>() else { return };
        lately.second.push_back(now);
        let pace = lately.chats.entry(chat).or_default();
        pace.minute.push_back(now);
        if weight == Weight::Message {
            pace.paid_until = pace.paid_until.max(now) + SECOND_MS;
        }
    }
}

/// How long until the window has room for one more; it forgets what has left it.
fn full_for(window: &mut VecDeque<i64>, now: i64, length: i64, room: usize) -> i64 {
    while window.front().is_some_and(|at| *at + length <= now) {
        window.pop_front();
    }
    let over = window.len().checked_sub(room).and_then(|over| window.get(over));
    over.map_or(0, |at| at + length - now)
}

/// Whether the limits hold.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsOrder {
    on: bool,
}
