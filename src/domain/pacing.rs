//! How fast we call: our own limits, kept below the platform's, so that it has no reason to refuse us. Messages, edits and
//! deletions count; answers to presses do not. Windows slide: whichever second or minute is looked at, it holds no more
//! calls than it may.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use crate::ids::PushId;

/// The window of the limit over all chats, and of one call per chat.
pub const SECOND: TimeDelta = TimeDelta::seconds(1);
/// The parts that a second is cut into. Each holds its share and one more, which makes up for waking late: calls that a
/// pause of the machine holds up arrive together with those after them, and the platform counts what arrives.
const PARTS: u32 = 5;
/// The window of a group's limit, and how long calls are remembered.
pub const MINUTE: TimeDelta = TimeDelta::seconds(60);

/// How many calls may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// In any second, over all chats; a fifth of it and one more in any fifth of a second.
    pub per_second: u32,
    /// In any minute, in one group. A chat of any kind gets one in a second.
    pub per_group: u32,
}

/// A call that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    pub chat: String,
    pub at: DateTime<Utc>,
}

/// Until when the platform told us to wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// `None`: every chat.
    pub chat: Option<String>,
    pub until: DateTime<Utc>,
}

/// What a waiting call does. In one chat the first kind goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Message,
    Removal,
    Edit,
}

/// A call that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    pub kind: Kind,
    pub chat: String,
    pub is_group: bool,
}

/// Which calls go now, and when the next may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pace {
    /// Places in the list that was asked about, in the order to call.
    pub go: Vec<usize>,
    /// When the earliest of the others may go; `None` when no other waits.
    pub next: Option<DateTime<Utc>>,
}

/// Chooses among waiting calls, given in due order. A chat gets one call at a time and the chat called longest ago comes
/// first, groups and people in turn: neither five hundred messages of one chat nor a thousand people hold up the others.
pub fn pace(limits: Limits, (past, gates): (&[Past], &[Gate]), waiting: &[Waiting], now: DateTime<Utc>) -> Pace {
    let mut window = Window::new(limits, past, now);
    let closed = |chat: &str| {
        let of = gates.iter().filter(|gate| gate.chat.as_deref().is_none_or(|closed| closed == chat));
        of.map(|gate| gate.until).filter(|until| *until > now).max()
    };
    let mut go = Vec::new();
    for place in order(&window, waiting) {
        let Some(one) = waiting.get(place) else { continue };
        if closed(&one.chat).is_none() && window.ready(one) <= now {
            window.call(&one.chat);
            go.push(place);
        }
    }
    let gone: HashSet<usize> = go.iter().copied().collect();
    let rest = waiting.iter().enumerate().filter(|(place, _)| !gone.contains(place)).map(|(_, one)| one);
    let next = rest.map(|one| closed(&one.chat).map_or(window.ready(one), |until| until.max(window.ready(one)))).min();
    Pace { go, next }
}

/// The first call of each chat, the chat called longest ago first, groups and people in turn.
fn order(window: &Window<'_>, waiting: &[Waiting]) -> Vec<usize> {
    let mut heads: HashMap<&str, (Kind, usize)> = HashMap::new();
    for (place, one) in waiting.iter().enumerate() {
        let head = heads.entry(&one.chat).or_insert((one.kind, place));
        *head = (*head).min((one.kind, place));
    }
    let is_group = |place: &usize| waiting.get(*place).is_some_and(|one| one.is_group);
    let last = |place: &usize| waiting.get(*place).and_then(|one| window.last.get(one.chat.as_str()));
    let mut places: Vec<usize> = heads.into_values().map(|(_, place)| place).collect();
    places.sort_unstable_by_key(|place| (last(place), *place));
    let (groups, people): (Vec<usize>, Vec<usize>) = places.into_iter().partition(is_group);
    let longer = groups.len().max(people.len());
    (0..longer).flat_map(|turn| [groups.get(turn), people.get(turn)]).flatten().copied().collect()
}

/// The calls of the last minute, those chosen now included.
struct Window<'a> {
    limits: Limits,
    now: DateTime<Utc>,
    /// Over all chats, within the last second, oldest first.
    all: Vec<DateTime<Utc>>,
    /// Of each chat, oldest first.
    chats: HashMap<&'a str, Vec<DateTime<Utc>>>,
    /// Place of each chat's last call among all; of calls of one instant the first was made first.
    last: HashMap<&'a str, usize>,
}

impl<'a> Window<'a> {
    fn new(limits: Limits, past: &'a [Past], now: DateTime<Utc>) -> Self {
        let mut past: Vec<&Past> = past.iter().filter(|call| call.at > now - MINUTE).collect();
        past.sort_by_key(|call| call.at);
        let all = past.iter().map(|call| call.at).filter(|at| *at > now - SECOND).collect();
        let (mut chats, mut last) = (HashMap::<&str, Vec<DateTime<Utc>>>::new(), HashMap::new());
        for (place, call) in past.into_iter().enumerate() {
            chats.entry(&call.chat).or_default().push(call.at);
            last.insert(call.chat.as_str(), place);
        }
        Self { limits, now, all, chats, last }
    }

    fn call(&mut self, chat: &'a str) {
        self.all.push(self.now);
        self.chats.entry(chat).or_default().push(self.now);
    }

    /// When a call may go as far as our own limits care; `now` or earlier when it may at once.
    fn ready(&self, one: &Waiting) -> DateTime<Utc> {
        let none = Vec::new();
        let chat = self.chats.get(one.chat.as_str()).unwrap_or(&none);
        let all = free(&self.all, self.limits.per_second, SECOND);
        let part = free(&self.all, self.limits.per_second.div_ceil(PARTS) + 1, SECOND / PARTS.cast_signed());
        let own = free(chat, 1, SECOND);
        let minute = if one.is_group { free(chat, self.limits.per_group, MINUTE) } else { None };
        [all, part, own, minute].into_iter().flatten().max().unwrap_or(self.now)
    }
}

/// When a window that holds at most `most` calls takes one more; `None`: it is not full.
fn free(calls: &[DateTime<Utc>], most: u32, window: TimeDelta) -> Option<DateTime<Utc>> {
    // A limit of nothing would wait for ever.
    let most = usize::try_from(most).unwrap_or(usize::MAX).max(1);
    let blocking = calls.len().checked_sub(most)?;
    calls.get(blocking).map(|at| *at + window)
}

/// How much waits for one chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backlog {
    pub is_group: bool,
    pub calls: u32,
}

/// How long it takes until everything that waits is out, when nothing goes wrong.
pub fn estimate(limits: Limits, chats: &[Backlog]) -> TimeDelta {
    let full = |calls: u64, most: u32, window: TimeDelta| {
        let windows = calls.saturating_sub(1) / u64::from(most.max(1));
        window * i32::try_from(windows).unwrap_or(i32::MAX)
    };
    let all = full(chats.iter().map(|chat| u64::from(chat.calls)).sum(), limits.per_second, SECOND);
    let alone = chats.iter().filter(|chat| chat.calls > 0).map(|chat| {
        if !chat.is_group {
            return full(chat.calls.into(), 1, SECOND);
        }
        let in_minute = (chat.calls - 1) % limits.per_group.max(1);
        full(chat.calls.into(), limits.per_group, MINUTE) + SECOND * i32::try_from(in_minute).unwrap_or(i32::MAX)
    });
    alone.fold(all, TimeDelta::max)
}

/// By how much a message due at the full or half hour is put off, so that not every office calls at the same moment: the
/// same for a push and a target whenever it is asked, from nothing to `span`.
pub fn spread(push: PushId, target: i64, span: TimeDelta) -> TimeDelta {
    let seconds = span.num_seconds().max(0) + 1;
    // The constants of a known hash (Knuth); only an even spread is wanted.
    let mixed = push.0.wrapping_mul(2_654_435_761).wrapping_add(target.wrapping_mul(40_503)).rotate_right(16);
    TimeDelta::seconds(mixed.rem_euclid(seconds))
}

#[cfg(test)]
mod tests;
