//! Misbehaviour on order: the next calls of a method are refused, never answered, cut off or answered with a web page.
//! `accept` says whether the server took the call before it misbehaved.

use serde::Deserialize;
use serde_json::Value;

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
        accept: bool,
    },
    /// No answer at all; the connection stays open.
    Hang {
        #[serde(default)]
        accept: bool,
    },
    /// The connection breaks in the middle of the answer.
    Reset {
        #[serde(default)]
        accept: bool,
    },
    /// A web page instead of JSON, as a proxy sends it.
    Html {
        #[serde(default = "bad_gateway")]
        code: u16,
        #[serde(default)]
        accept: bool,
    },
}

fn bad_gateway() -> u16 {
    502
}

impl Fault {
    pub(super) fn accepts(&self) -> bool {
        match self {
            Self::Error { accept, .. } | Self::Hang { accept } | Self::Reset { accept } | Self::Html { accept, .. } => {
                *accept
            }
        }
    }
}

/// One order: the next `times` calls of `method` (in `chat`, when it is named) go wrong.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultOrder {
    method: String,
    #[serde(default)]
    chat: Option<i64>,
    #[serde(default = "once")]
    times: u32,
    fault: Fault,
}

fn once() -> u32 {
    1
}

/// Orders not yet used up, oldest first.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<FaultOrder>);

impl Faults {
    pub(super) fn add(&mut self, order: FaultOrder) {
        self.0.push(order);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The fault this call meets, if any, and counts it. `method` is in small letters.
    pub(super) fn take(&mut self, method: &str, chat: &str) -> Option<Fault> {
        let fits = |order: &FaultOrder| {
            order.method.eq_ignore_ascii_case(method) && order.chat.is_none_or(|wanted| wanted.to_string() == chat)
        };
        let place = self.0.iter().position(fits)?;
        let order = self.0.get_mut(place)?;
        let fault = order.fault.clone();
        order.times = order.times.saturating_sub(1);
        if order.times == 0 {
            self.0.remove(place);
        }
        Some(fault)
    }
}
