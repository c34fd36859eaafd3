//! What a call came to, in words that say what follows from it. They are kept outside the database when it takes nothing.

use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

use crate::channel::{GoneReason, Receipt, RefusalKind, SendError, Style};
use crate::domain::delivery::{CallResult, StopReason};
use crate::office::delivery::Call;

/// Marks the attempt whose markup was refused; the next one goes out plain.
pub(super) const MARKUP: &str = "markup: ";
/// Marks the attempt whose topic was refused; the next one goes to the whole group.
pub(super) const TOPIC: &str = "topic: ";
/// Pause when the one that was asked for cannot be read.
const PAUSE: TimeDelta = TimeDelta::seconds(60);

/// What a call came to, with what follows from it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Came {
    Sent {
        message_id: String,
    },
    NotSent {
        error: String,
    },
    Limited {
        wait_ms: i64,
        error: String,
    },
    InDoubt {
        error: String,
    },
    /// The target takes no messages any more; the reason is a [`StopReason`].
    Closed {
        reason: String,
        error: String,
    },
    Refused {
        error: String,
    },
    /// The markup was refused: once more without.
    Plain {
        error: String,
    },
    /// The topic was refused: once more to the whole group.
    NoTopic {
        error: String,
    },
    Moved {
        chat: String,
        error: String,
    },
    Unauthorized {
        error: String,
    },
    /// The call was not made: the claim was held for too long.
    Withheld,
}

impl Came {
    pub(super) fn of(result: Result<Receipt, SendError>, call: &Call) -> Self {
        let error = match result {
            Ok(receipt) => return Self::Sent { message_id: receipt.message_id },
            Err(error) => error,
        };
        let text = error.to_string();
        let closed = |reason: StopReason| Self::Closed { reason: reason.as_str().to_owned(), error: text.clone() };
        match error {
            SendError::NotSent(_) => Self::NotSent { error: text },
            SendError::Limited { retry_after } => {
                let wait = TimeDelta::from_std(retry_after).unwrap_or(PAUSE);
                Self::Limited { wait_ms: wait.num_milliseconds(), error: text }
            }
            SendError::InDoubt(_) => Self::InDoubt { error: text },
            SendError::Gone(gone) => closed(gone_reason(gone)),
            SendError::MarkupRefused(words) if call.style == Style::Styled => {
                Self::Plain { error: format!("{MARKUP}{words}") }
            }
            SendError::MarkupRefused(_) => Self::Refused { error: text },
            SendError::Refused(refusal) => match refusal.kind {
                RefusalKind::NoRights => closed(StopReason::NoRights),
                RefusalKind::NoTopic if call.address.thread.is_some() => {
                    Self::NoTopic { error: format!("{TOPIC}{}", refusal.text) }
                }
                RefusalKind::NoTopic => closed(StopReason::NoTopic),
                RefusalKind::TooLong
                | RefusalKind::BadButton
                | RefusalKind::NotModified
                | RefusalKind::EditLost
                | RefusalKind::DeleteLost
                | RefusalKind::DeleteTooOld
                | RefusalKind::Malformed
                | RefusalKind::PressTooOld
                | RefusalKind::Unknown => Self::Refused { error: text },
            },
            SendError::Migrated { to } => Self::Moved { chat: to, error: text },
            SendError::Unauthorized => Self::Unauthorized { error: text },
        }
    }

    pub(super) fn result(&self) -> CallResult {
        match self {
            Self::Sent { .. } => CallResult::Sent,
            Self::NotSent { .. } => CallResult::NotSent,
            Self::Limited { wait_ms, .. } => CallResult::Limited { retry_after: TimeDelta::milliseconds(*wait_ms) },
            Self::InDoubt { .. } => CallResult::Unknown,
            Self::Closed { .. } | Self::Refused { .. } => CallResult::Refused,
            Self::Plain { .. } | Self::NoTopic { .. } | Self::Moved { .. } => CallResult::Mended,
            Self::Unauthorized { .. } => CallResult::Halted,
            Self::Withheld => CallResult::Withheld,
        }
    }

    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::Limited { .. })
    }

    pub(super) fn message_id(&self) -> Option<&str> {
        match self {
            Self::Sent { message_id } => Some(message_id),
            Self::NotSent { .. }
            | Self::Limited { .. }
            | Self::InDoubt { .. }
            | Self::Closed { .. }
            | Self::Refused { .. }
            | Self::Plain { .. }
            | Self::NoTopic { .. }
            | Self::Moved { .. }
            | Self::Unauthorized { .. }
            | Self::Withheld => None,
        }
    }

    pub(super) fn error(&self) -> Option<&str> {
        match self {
            Self::Sent { .. } => None,
            Self::Withheld => Some("held for too long; no call was made"),
            Self::NotSent { error }
            | Self::Limited { error, .. }
            | Self::InDoubt { error }
            | Self::Closed { error, .. }
            | Self::Refused { error }
            | Self::Plain { error }
            | Self::NoTopic { error }
            | Self::Moved { error, .. }
            | Self::Unauthorized { error } => Some(error),
        }
    }

    /// Why a delivery failed, if it did.
    pub(super) fn reason(&self) -> StopReason {
        match self {
            Self::Closed { reason, .. } => StopReason::parse(reason).unwrap_or(StopReason::Refused),
            Self::NotSent { .. } => StopReason::Unreachable,
            Self::Sent { .. }
            | Self::Limited { .. }
            | Self::InDoubt { .. }
            | Self::Refused { .. }
            | Self::Plain { .. }
            | Self::NoTopic { .. }
            | Self::Moved { .. }
            | Self::Unauthorized { .. }
            | Self::Withheld => StopReason::Refused,
        }
    }
}

fn gone_reason(gone: GoneReason) -> StopReason {
    match gone {
        GoneReason::Kicked => StopReason::Kicked,
        GoneReason::ChatGone => StopReason::ChatGone,
        GoneReason::Blocked => StopReason::Blocked,
        GoneReason::NeverStarted => StopReason::NeverStarted,
        GoneReason::Deactivated => StopReason::Deactivated,
    }
}
