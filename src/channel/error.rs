//! What can go wrong in a call, sorted by what the caller must do about it: wait, leave it in doubt, give the target
//! up, or stop the channel. No error here holds a secret or an address with one.

use std::{fmt, time::Duration};

use thiserror::Error;

/// Why a call did not bring what it was made for. Each variant is one way on for a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SendError {
    /// Provably not sent: safe to repeat.
    #[error("not sent: {0}")]
    NotSent(Fault),
    /// The platform wants a pause. Provably not sent, and it uses up no attempt.
    #[error("told to wait {} s", retry_after.as_secs())]
    Limited { retry_after: Duration },
    /// It may or may not have been sent; only evidence or a person can tell.
    #[error("in doubt: {0}")]
    InDoubt(Fault),
    /// The target is gone for good until something changes on its side: suspends the target.
    #[error("target gone: {0:?}")]
    Gone(GoneReason),
    /// Refused for another reason: the delivery failed, the target stays.
    #[error("refused: {0}")]
    Refused(Refusal),
    /// The group goes on under another id; the same delivery continues there.
    #[error("group moved to {to}")]
    Migrated { to: String },
    /// The platform could not read our markup: send it once more as [`Style::Plain`](super::Style::Plain).
    #[error("markup refused: {0}")]
    MarkupRefused(String),
    /// The platform does not know the token: nothing may be sent or consumed until an operator acts.
    #[error("the platform refuses the token")]
    Unauthorized,
}

/// A technical failure on the way to or from the platform.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Technical text for the log and the attempt's row, free of secrets. May be empty.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            FaultKind::Dns => f.write_str("name not resolved")?,
            FaultKind::Connect => f.write_str("no connection")?,
            FaultKind::Tls => f.write_str("no secure connection")?,
            FaultKind::Timeout => f.write_str("no answer in time")?,
            FaultKind::Broken => f.write_str("connection broke before the whole answer came")?,
            FaultKind::BadBody => f.write_str("answer is not what the platform sends")?,
            FaultKind::Server(status) => write!(f, "server error {status}")?,
        }
        if self.detail.is_empty() { Ok(()) } else { write!(f, " ({})", self.detail) }
    }
}

/// Where on the way it failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// The platform's (or the proxy's) name did not resolve.
    Dns,
    /// No connection to the platform or the proxy.
    Connect,
    /// The TLS handshake failed: wrong certificate, or something in between.
    Tls,
    /// Connected and written, but no whole answer in time.
    Timeout,
    /// Connected, then closed or reset before the whole answer came.
    Broken,
    /// An answer that is not the platform's, such as a page of a captive portal.
    BadBody,
    /// The platform's own trouble, with its HTTP status or error code (500–599).
    Server(u16),
}

/// Why a target cannot be reached any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GoneReason {
    /// The bot was removed from the group, or never was in it.
    Kicked,
    /// The group was deleted, or the platform does not know the chat.
    ChatGone,
    /// The person blocked the bot.
    Blocked,
    /// The person has not opened the private chat yet.
    NeverStarted,
    /// The account is closed.
    Deactivated,
}

/// A refusal that leaves the target as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub kind: RefusalKind,
    /// The platform's own words.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What a refusal is about, as far as the program or an admin can do something about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The bot may not write in this group until the group's admin allows it: the target is as good as gone until then.
    NoRights,
    /// The topic is closed or deleted.
    NoTopic,
    /// Longer than the platform takes: a bug of ours.
    TooLong,
    /// A button the platform does not take: a bug of ours.
    BadButton,
    /// The edit would change nothing.
    NotModified,
    /// The message to edit is gone or can no longer be edited.
    EditLost,
    /// The message to delete is gone.
    DeleteLost,
    /// The message to delete is older than the platform lets one delete, or not ours to delete.
    DeleteTooOld,
    /// Not even asked: an id or a button's address that the platform has no form for.
    Malformed,
    /// The press is too old to be answered.
    PressTooOld,
    /// Words not met before.
    Unknown,
}

/// Why a poll brought no updates. Nothing was confirmed to the platform by a failed poll.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum PollError {
    /// Someone else takes the updates of this bot.
    #[error("conflict: {0:?}")]
    Conflict(Conflict),
    /// The platform wants a pause.
    #[error("told to wait {} s", retry_after.as_secs())]
    Limited { retry_after: Duration },
    /// The platform does not know the token.
    #[error("the platform refuses the token")]
    Unauthorized,
    /// Network or server trouble: try again, slower.
    #[error("unreachable: {0}")]
    Unreachable(Fault),
    /// The platform refused the poll in words not met before.
    #[error("refused: {0}")]
    Refused(String),
}

/// Who else takes the updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Another program polls with the same token.
    OtherPoller,
    /// A webhook is set: polling cannot work until it is removed.
    WebhookActive,
}

/// Why a channel could not be set up. The texts never repeat the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SetupError {
    /// Empty, or with characters that cannot stand in an address.
    #[error("the token is empty or malformed")]
    Token,
    /// Not an http or https address.
    #[error("the API address is not an http or https address")]
    ApiUrl,
    /// Not an address of an HTTP or SOCKS proxy.
    #[error("the proxy address is not usable")]
    Proxy,
    /// The HTTP client could not start, such as for lack of TLS roots.
    #[error("the HTTP client could not start")]
    Client,
}
