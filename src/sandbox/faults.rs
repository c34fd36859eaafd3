//! Misbehaviour on order: which calls go wrong, how, and whether the server took them before it misbehaved. Every order
//! is deterministic: the same calls meet the same faults. `misbehave.rs` gives the answers.

use serde::Deserialize;
use serde_json::{Value, json};

use super::refusal::Refusal;
use super::world::ChatKind;

/// How a call goes wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Fault {
    /// An answer with `ok: false`.
    Error {
        code: u16,
        #[serde(default)]
        description: Option<String>,
        #[serde(default)]
        parameters: Option<Value>,
        #[serde(default)]
        accept: Accept,
    },
    /// 429 with a pause in seconds.
    Limit { retry_after: u64 },
    /// Turned down in the real server's words.
    Refused {
        why: Why,
        /// The supergroup that a group became.
        #[serde(default)]
        to: Option<i64>,
    },
    /// No answer at all; the connection stays open.
    Hang {
        #[serde(default)]
        accept: Accept,
    },
    /// The connection breaks in the middle of the answer.
    Reset {
        #[serde(default)]
        accept: Accept,
    },
    /// The answer comes one byte at a time.
    Drip {
        /// Milliseconds between two bytes.
        #[serde(default = "a_second")]
        ms: u64,
        #[serde(default)]
        accept: Accept,
    },
    /// A web page instead of JSON, as a proxy sends it.
    Html {
        #[serde(default = "bad_gateway")]
        code: u16,
        #[serde(default)]
        accept: Accept,
    },
}

fn bad_gateway() -> u16 {
    502
}

fn a_second() -> u64 {
    1000
}

/// Which part of the faulty calls the server takes all the same: 0.5 is every second one.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(from = "Taken")]
pub(super) struct Accept(f64);

#[derive(Deserialize)]
#[serde(untagged)]
enum Taken {
    All(bool),
    Part(f64),
}

impl From<Taken> for Accept {
    fn from(taken: Taken) -> Self {
        match taken {
            Taken::All(true) => Self(1.0),
            Taken::All(false) => Self(0.0),
            Taken::Part(part) => Self(part),
        }
    }
}

impl Accept {
    /// Whether the call of this place, from 0, is among them; spread evenly.
    fn takes(self, place: u32) -> bool {
        let (place, part) = (f64::from(place), self.0);
        (part * (place + 1.0)).floor() > (part * place).floor()
    }
}

/// Why a call is turned down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Why {
    Blocked,
    Deactivated,
    NeverStarted,
    Kicked,
    Left,
    Deleted,
    NotFound,
    Upgraded,
    NoRights,
    WriteForbidden,
    TopicClosed,
    NoTopic,
    Markup,
    Unauthorized,
}

impl Why {
    /// The real server's code and words for a chat of this kind.
    fn refusal(self, kind: ChatKind) -> Refusal {
        let (code, words) = match (self, kind) {
            (Self::Blocked, _) => (403, "Forbidden: bot was blocked by the user"),
            (Self::Deactivated, _) => (403, "Forbidden: user is deactivated"),
            (Self::NeverStarted, _) => (403, "Forbidden: bot can't initiate conversation with a user"),
            (Self::Kicked, ChatKind::Group) => (403, "Forbidden: bot was kicked from the group chat"),
            (Self::Kicked, ChatKind::Private | ChatKind::Supergroup | ChatKind::Forum) => {
                (403, "Forbidden: bot was kicked from the supergroup chat")
            }
            (Self::Left, ChatKind::Group) => (403, "Forbidden: bot is not a member of the group chat"),
            (Self::Left, ChatKind::Private | ChatKind::Supergroup | ChatKind::Forum) => {
                (403, "Forbidden: bot is not a member of the supergroup chat")
            }
            (Self::Deleted, _) => (403, "Forbidden: the group chat was deleted"),
            (Self::NotFound, _) => (400, "Bad Request: chat not found"),
            (Self::Upgraded, _) => (400, "Bad Request: group chat was upgraded to a supergroup chat"),
            (Self::NoRights, _) => (400, "Bad Request: not enough rights to send text messages to the chat"),
            (Self::WriteForbidden, _) => (400, "Bad Request: CHAT_WRITE_FORBIDDEN"),
            (Self::TopicClosed, _) => (400, "Bad Request: TOPIC_CLOSED"),
            (Self::NoTopic, _) => (400, "Bad Request: message thread not found"),
            (Self::Markup, _) => {
                (400, "Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0")
            }
            (Self::Unauthorized, _) => (401, "Unauthorized"),
        };
        Refusal::new(code, words)
    }
}

impl Fault {
    fn accept(&self) -> Accept {
        match self {
            Self::Error { accept, .. }
            | Self::Hang { accept }
            | Self::Reset { accept }
            | Self::Drip { accept, .. }
            | Self::Html { accept, .. } => *accept,
            Self::Limit { .. } | Self::Refused { .. } => Accept::default(),
        }
    }

    /// Its name in the ledger.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Error { .. } => "error",
            Self::Limit { .. } => "limit",
            Self::Refused { .. } => "refused",
            Self::Hang { .. } => "hang",
            Self::Reset { .. } => "reset",
            Self::Drip { .. } => "drip",
            Self::Html { .. } => "html",
        }
    }

    /// The refusal it answers with, when it is one; `chat` is the kind of the chat the call names.
    pub(super) fn refusal(&self, chat: ChatKind) -> Option<Refusal> {
        match self {
            Self::Error { code, description, parameters, .. } => {
                let code = *code;
                let status = axum::http::StatusCode::from_u16(code).ok();
                let default = status.and_then(|code| code.canonical_reason()).unwrap_or("");
                let description = description.clone().unwrap_or_else(|| default.to_owned());
                Some(Refusal { parameters: parameters.clone(), ..Refusal::new(code, description) })
            }
            Self::Limit { retry_after } => Some(Refusal::too_many(*retry_after)),
            Self::Refused { why, to } => {
                let parameters = to.map(|to| json!({"migrate_to_chat_id": to}));
                Some(Refusal { parameters, ..why.refusal(chat) })
            }
            Self::Hang { .. } | Self::Reset { .. } | Self::Drip { .. } | Self::Html { .. } => None,
        }
    }
}

/// Which calls go wrong: those of `method` (`*` is any), in `chat` when it is named.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultOrder {
    method: String,
    #[serde(default)]
    chat: Option<i64>,
    /// How many go wrong; left out, one, and with `every` or `share` all of them.
    #[serde(default)]
    times: Option<u32>,
    /// Only each n-th of them.
    #[serde(default)]
    every: Option<u32>,
    /// Only this part of them, drawn by `seed`.
    #[serde(default)]
    share: Option<f64>,
    #[serde(default)]
    seed: u64,
    #[serde(default)]
    fault: Option<Fault>,
    /// Several faults, in turn.
    #[serde(default)]
    faults: Vec<Fault>,
}

/// An order in force.
#[derive(Debug)]
struct Standing {
    method: String,
    chat: Option<String>,
    left: Option<u32>,
    every: u32,
    share: Option<f64>,
    random: u64,
    faults: Vec<Fault>,
    /// Calls that fit, and those of them that went wrong.
    seen: u32,
    met: u32,
}

impl Standing {
    fn new(order: FaultOrder) -> Result<Self, String> {
        let FaultOrder { method, chat, times, every, share, seed, fault, mut faults } = order;
        faults.extend(fault);
        if faults.is_empty() {
            return Err("name a fault".to_owned());
        }
        if every == Some(0) || share.is_some_and(|share| !(0.0..=1.0).contains(&share)) {
            return Err("every is at least 1 and share is between 0 and 1".to_owned());
        }
        let lost = |fault: &Fault| matches!(fault, Fault::Refused { why: Why::Upgraded, to: None });
        if faults.iter().any(lost) {
            return Err("an upgraded group names the supergroup in `to`".to_owned());
        }
        let once = (every.is_none() && share.is_none()).then_some(1);
        let (chat, left) = (chat.map(|chat| chat.to_string()), times.or(once));
        let every = every.unwrap_or(1);
        Ok(Self { method, chat, left, every, share, random: seed, faults, seen: 0, met: 0 })
    }

    fn concerns(&self, method: &str) -> bool {
        self.method == "*" || self.method.eq_ignore_ascii_case(method)
    }

    /// Counts a call that fits and says whether it goes wrong.
    fn strikes(&mut self) -> bool {
        self.seen = self.seen.wrapping_add(1);
        let drawn = self.share.is_none_or(|share| next(&mut self.random) < share);
        drawn && self.seen.is_multiple_of(self.every)
    }

    /// The fault of the next call that goes wrong. Each kind in turn is taken evenly.
    fn meet(&mut self) -> Option<Met> {
        let kinds = u32::try_from(self.faults.len()).unwrap_or(1);
        let (round, turn) = (self.met / kinds, self.met % kinds);
        let fault = self.faults.get(usize::try_from(turn).ok()?)?.clone();
        self.met = self.met.wrapping_add(1);
        self.left = self.left.map(|left| left.saturating_sub(1));
        let accepted = fault.accept().takes(round);
        Some(Met { fault, accepted })
    }
}

/// A number from 0 to 1 (splitmix64).
fn next(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut x = *state;
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    let high = u32::try_from((x ^ (x >> 31)) >> 32).unwrap_or(0);
    f64::from(high) / (f64::from(u32::MAX) + 1.0)
}

/// A fault that a call meets.
#[derive(Debug)]
pub(super) struct Met {
    pub(super) fault: Fault,
    /// The server does the call before it misbehaves.
    pub(super) accepted: bool,
}

/// Orders not yet used up, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Standing>);

impl Faults {
    pub(super) fn add(&mut self, order: FaultOrder) -> Result<(), String> {
        let order = Standing::new(order)?;
        if order.left != Some(0) {
            self.0.push(order);
        }
        Ok(())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Whether a call of this method could go wrong; `method` is in small letters.
    pub(super) fn concern(&self, method: &str) -> bool {
        self.0.iter().any(|order| order.concerns(method))
    }

    /// The fault this call meets, if any, and counts it. `method` is in small letters.
    pub(super) fn take(&mut self, method: &str, chat: &str) -> Option<Met> {
        let place = self.0.iter_mut().position(|order| {
            order.concerns(method) && order.chat.as_ref().is_none_or(|wanted| wanted == chat) && order.strikes()
        })?;
        let order = self.0.get_mut(place)?;
        let met = order.meet();
        if order.left == Some(0) {
            self.0.remove(place);
        }
        met
    }
}
