//! The sandbox's own record of what really happened: what was sent, pressed, said and refused. Tests, the demo and the
//! benchmarks compare a bot's figures with it. A press costs about 130 bytes, so a million of them fit in memory.

use std::collections::HashSet;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::keyboard::Keyboard;

/// Callback ids are this number plus the press's place in the ledger. Real ones are long decimal numbers too.
const CALLBACK_ID_BASE: usize = 4_310_000_000_000_000_000;

/// One change to a sent message.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Edit {
    pub(super) at: i64,
    pub(super) method: &'static str,
    pub(super) text: String,
    pub(super) buttons: Option<Value>,
}

/// One message the bot sent. Instants are UTC milliseconds.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Sent {
    pub(super) chat: i64,
    pub(super) thread: Option<i64>,
    pub(super) message_id: i64,
    pub(super) at: i64,
    pub(super) method: &'static str,
    /// The words without markup; of a file, its caption.
    pub(super) text: String,
    pub(super) file: Option<String>,
    pub(super) buttons: Option<Value>,
    pub(super) edits: Vec<Edit>,
    pub(super) deleted_at: Option<i64>,
    /// The server took the call, but a fault kept the answer from the bot.
    pub(super) accepted_but_unanswered: bool,
}

/// What the bot answered to a press.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Answer {
    pub(super) at: i64,
    pub(super) text: Option<Arc<str>>,
    pub(super) show_alert: bool,
    pub(super) url: Option<Arc<str>>,
}

/// One press of a button.
#[derive(Debug, Clone)]
pub(super) struct Press {
    pub(super) user: i64,
    pub(super) chat: i64,
    pub(super) message_id: i64,
    pub(super) data: Arc<str>,
    pub(super) at: i64,
    /// First time `getUpdates` handed it out or it was sent to the webhook.
    pub(super) fetched_at: Option<i64>,
    pub(super) answered: Option<Box<Answer>>,
}

/// One message a person wrote.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Said {
    pub(super) user: i64,
    pub(super) chat: i64,
    pub(super) message_id: i64,
    pub(super) at: i64,
    pub(super) text: String,
    /// Whether privacy mode let the bot have it.
    pub(super) seen_by_bot: bool,
}

/// One call the sandbox turned down.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Refused {
    pub(super) at: i64,
    pub(super) method: String,
    pub(super) chat: String,
    pub(super) code: u16,
    pub(super) description: String,
}

/// One call that met a fault.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Faulted {
    pub(super) at: i64,
    /// In small letters.
    pub(super) method: String,
    pub(super) chat: Option<i64>,
    /// The fault's kind.
    pub(super) kind: &'static str,
    /// The server did what the call asked for, whatever the bot heard.
    pub(super) accepted: bool,
    /// The message it made, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) message_id: Option<i64>,
}

/// Where a look at the ledger begins in each list, so that a long one need not be read again.
#[derive(Debug, Default)]
pub(super) struct Since {
    pub(super) sent: usize,
    pub(super) pressed: usize,
    pub(super) said: usize,
    pub(super) refused: usize,
    pub(super) faulted: usize,
}

/// Everything that happened, in order.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) sent: Vec<Sent>,
    pub(super) pressed: Vec<Press>,
    pub(super) said: Vec<Said>,
    pub(super) refused: Vec<Refused>,
    pub(super) faulted: Vec<Faulted>,
    /// Edits taken and presses answered so far, for those who wait for them.
    pub(super) edits: usize,
    pub(super) answers: usize,
    /// Texts of answers, each kept once: a million presses get a handful of different ones.
    texts: HashSet<Arc<str>>,
}

impl Ledger {
    /// Enters a press and gives its place.
    pub(super) fn press(&mut self, press: Press) -> usize {
        self.pressed.push(press);
        self.pressed.len() - 1
    }

    /// One shared copy of a text.
    pub(super) fn intern(&mut self, text: &str) -> Arc<str> {
        if let Some(known) = self.texts.get(text) {
            return known.clone();
        }
        let shared: Arc<str> = text.into();
        self.texts.insert(shared.clone());
        shared
    }

    /// The last sent message was taken, but its sender will not hear so.
    pub(super) fn mark_unanswered(&mut self, sent_before: usize) {
        for sent in self.sent.iter_mut().skip(sent_before) {
            sent.accepted_but_unanswered = true;
        }
    }

    /// The record, ready to be written as JSON; the shape stands in the header of `control.rs`.
    pub(super) fn view(&self, from: &Since) -> impl Serialize + '_ {
        let pressed =
            Pressed { first: from.pressed.min(self.pressed.len()), presses: rest(&self.pressed, from.pressed) };
        View {
            sent: rest(&self.sent, from.sent),
            pressed,
            said: rest(&self.said, from.said),
            refused: rest(&self.refused, from.refused),
            faulted: rest(&self.faulted, from.faulted),
        }
    }
}

fn rest<T>(list: &[T], from: usize) -> &[T] {
    list.get(from..).unwrap_or_default()
}

#[derive(Serialize)]
struct View<'a> {
    sent: &'a [Sent],
    pressed: Pressed<'a>,
    said: &'a [Said],
    refused: &'a [Refused],
    faulted: &'a [Faulted],
}

/// Presses with their callback ids, written one by one so that a million of them need no second copy.
struct Pressed<'a> {
    /// Place of the first one.
    first: usize,
    presses: &'a [Press],
}

#[derive(Serialize)]
struct PressView<'a> {
    callback_id: String,
    user: i64,
    chat: i64,
    message_id: i64,
    data: &'a str,
    at: i64,
    fetched_at: Option<i64>,
    answered: Option<&'a Answer>,
}

impl Serialize for Pressed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.first..).zip(self.presses).map(|(place, press)| {
            let Press { user, chat, message_id, ref data, at, fetched_at, ref answered } = *press;
            let callback_id = callback_id(place);
            PressView { callback_id, user, chat, message_id, data, at, fetched_at, answered: answered.as_deref() }
        }))
    }
}

/// Buttons as the ledger and the chat view show them.
pub(super) fn buttons(keyboard: Option<&Keyboard>) -> Option<Value> {
    keyboard.map(|keyboard| json!(keyboard.rows))
}

/// The callback id of a press.
pub(super) fn callback_id(place: usize) -> String {
    (CALLBACK_ID_BASE + place).to_string()
}

/// The place of the press that has this callback id.
pub(super) fn place_of(callback_id: &str) -> Option<usize> {
    callback_id.parse::<usize>().ok()?.checked_sub(CALLBACK_ID_BASE)
}
