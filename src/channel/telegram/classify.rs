//! From a failed call to what it means for a delivery. Pure, so that every known answer of the server is one row of a
//! test table. The server gives no codes beyond the HTTP-like ones, so its words are compared, lower-cased.

use std::{error::Error, io, time::Duration};

use serde::Deserialize;

use crate::channel::{Conflict, Fault, FaultKind, GoneReason, PollError, Refusal, RefusalKind, SendError};

/// Pause when the server asks for one without saying how long. Its shortest usual pause is 3 s.
const UNSPECIFIED_PAUSE: Duration = Duration::from_secs(5);

/// An answer that is not a success.
#[derive(Debug)]
pub(super) struct Failure {
    /// HTTP status.
    pub(super) status: u16,
    /// HTTP `Retry-After`, in seconds.
    pub(super) retry_after: Option<u64>,
    /// The body, where it is the Bot API's own; a proxy's or portal's page is `None`.
    pub(super) complaint: Option<Complaint>,
}

/// The Bot API's error body.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Complaint {
    error_code: Option<u16>,
    #[serde(default)]
    pub(super) description: String,
    #[serde(default)]
    parameters: Parameters,
}

#[derive(Debug, Default, Deserialize)]
struct Parameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

impl Complaint {
    /// Reads an error body; `None` when it is not one.
    pub(super) fn read(body: &[u8]) -> Option<Self> {
        #[derive(Deserialize)]
        struct Body {
            ok: bool,
            #[serde(flatten)]
            complaint: Complaint,
        }
        serde_json::from_slice::<Body>(body).ok().filter(|body| !body.ok).map(|body| body.complaint)
    }
}

impl Failure {
    /// The server's own code, or the HTTP status where there is none.
    fn code(&self) -> u16 {
        self.complaint.as_ref().and_then(|complaint| complaint.error_code).unwrap_or(self.status)
    }

    fn pause(&self) -> Duration {
        let said = self.complaint.as_ref().and_then(|complaint| complaint.parameters.retry_after);
        said.or(self.retry_after).map_or(UNSPECIFIED_PAUSE, Duration::from_secs)
    }
}

/// What a failed call means for a delivery.
pub(super) fn send_error(failure: &Failure) -> SendError {
    let code = failure.code();
    // A gateway may answer 5xx after the server behind it has sent the message, whatever the body says.
    for server in [failure.status, code] {
        if (500..600).contains(&server) {
            return SendError::InDoubt(Fault { kind: FaultKind::Server(server), detail: words(failure) });
        }
    }
    match (code, &failure.complaint) {
        (401 | 404, _) => SendError::Unauthorized,
        (429, _) => SendError::Limited { retry_after: failure.pause() },
        // Only a proxy answers 407, and it has passed nothing on.
        (407, None) => SendError::NotSent(Fault {
            kind: FaultKind::Connect,
            detail: "the proxy wants a user name and password".to_owned(),
        }),
        (400..=499, Some(complaint)) => refused(complaint),
        (_, _) => SendError::InDoubt(Fault {
            kind: FaultKind::BadBody,
            detail: format!("HTTP {} {}", failure.status, words(failure)).trim_end().to_owned(),
        }),
    }
}

fn words(failure: &Failure) -> String {
    failure.complaint.as_ref().map(|complaint| complaint.description.clone()).unwrap_or_default()
}

/// What a failed poll means for the loop.
pub(super) fn poll_error(failure: &Failure) -> PollError {
    match &failure.complaint {
        // Webhook set already, or set just now by someone else: both name it.
        Some(complaint) if failure.code() == 409 && complaint.description.to_lowercase().contains("webhook") => {
            PollError::Conflict(Conflict::WebhookActive)
        }
        Some(_) if failure.code() == 409 => PollError::Conflict(Conflict::OtherPoller),
        Some(_) | None => send_error(failure).into(),
    }
}

impl From<SendError> for PollError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(fault) | SendError::InDoubt(fault) => Self::Unreachable(fault),
            SendError::Limited { retry_after } => Self::Limited { retry_after },
            SendError::Unauthorized => Self::Unauthorized,
            SendError::Refused(Refusal { text, .. }) | SendError::MarkupRefused(text) => Self::Refused(text),
            // Neither can be said about a poll; if it is, its words are all there is to report.
            error @ (SendError::Gone(_) | SendError::Migrated { .. }) => Self::Refused(error.to_string()),
        }
    }
}

enum Verdict {
    Gone(GoneReason),
    Refused(RefusalKind),
    Markup,
}

/// The server's words, lower-cased; the first that the description contains decides. Words about markup stand first
/// because they quote parts of our own text.
const KNOWN: &[(&str, Verdict)] = &[
    ("can't parse entities", Verdict::Markup),
    ("bot was blocked by the user", Verdict::Gone(GoneReason::Blocked)),
    ("user is deactivated", Verdict::Gone(GoneReason::Deactivated)),
    ("can't initiate conversation with a user", Verdict::Gone(GoneReason::NeverStarted)),
    ("group chat was deleted", Verdict::Gone(GoneReason::ChatGone)),
    ("chat not found", Verdict::Gone(GoneReason::ChatGone)),
    ("bot was kicked from the", Verdict::Gone(GoneReason::Kicked)),
    ("bot is not a member of the", Verdict::Gone(GoneReason::Kicked)),
    ("message is not modified", Verdict::Refused(RefusalKind::NotModified)),
    ("message to edit not found", Verdict::Refused(RefusalKind::EditLost)),
    ("message can't be edited", Verdict::Refused(RefusalKind::EditLost)),
    ("message to delete not found", Verdict::Refused(RefusalKind::DeleteLost)),
    ("message can't be deleted", Verdict::Refused(RefusalKind::DeleteTooOld)),
    ("query is too old", Verdict::Refused(RefusalKind::PressTooOld)),
    ("query id is invalid", Verdict::Refused(RefusalKind::PressTooOld)),
    ("not enough rights to send", Verdict::Refused(RefusalKind::NoRights)),
    ("have no rights to send", Verdict::Refused(RefusalKind::NoRights)),
    ("need administrator rights", Verdict::Refused(RefusalKind::NoRights)),
    ("chat_write_forbidden", Verdict::Refused(RefusalKind::NoRights)),
    ("chat_send_plain_forbidden", Verdict::Refused(RefusalKind::NoRights)),
    ("chat_restricted", Verdict::Refused(RefusalKind::NoRights)),
    ("topic_closed", Verdict::Refused(RefusalKind::NoTopic)),
    ("topic_deleted", Verdict::Refused(RefusalKind::NoTopic)),
    ("message thread not found", Verdict::Refused(RefusalKind::NoTopic)),
    ("message is too long", Verdict::Refused(RefusalKind::TooLong)),
    ("caption is too long", Verdict::Refused(RefusalKind::TooLong)),
    ("button_data_invalid", Verdict::Refused(RefusalKind::BadButton)),
    ("button_url_invalid", Verdict::Refused(RefusalKind::BadButton)),
];

fn refused(complaint: &Complaint) -> SendError {
    if let Some(to) = complaint.parameters.migrate_to_chat_id {
        return SendError::Migrated { to: to.to_string() };
    }
    let text = complaint.description.clone();
    let lower = text.to_lowercase();
    match KNOWN.iter().find(|(words, _)| lower.contains(words)) {
        Some((_, Verdict::Gone(reason))) => SendError::Gone(*reason),
        Some((_, Verdict::Refused(kind))) => SendError::Refused(Refusal { kind: *kind, text }),
        Some((_, Verdict::Markup)) => SendError::MarkupRefused(text),
        None => SendError::Refused(Refusal { kind: RefusalKind::Unknown, text }),
    }
}

/// What a call that brought no answer means. Connecting covers name, TCP, proxy tunnel and TLS, and its time limit is
/// shorter than the whole call's: whatever else runs out of time had a connection, so bytes may have left.
/// `detail` is [`causes`] without secrets.
pub(super) fn network(error: &reqwest::Error, detail: String) -> SendError {
    if error.is_builder() {
        SendError::Refused(Refusal { kind: RefusalKind::Malformed, text: detail })
    } else if error.is_connect() {
        not_connected(error, detail)
    } else if error.is_timeout() {
        SendError::InDoubt(Fault { kind: FaultKind::Timeout, detail })
    } else {
        SendError::InDoubt(Fault { kind: FaultKind::Broken, detail })
    }
}

/// What a connection that did not come about means. The kind only chooses words for people: all are equally not sent.
pub(super) fn not_connected(error: &(dyn Error + 'static), detail: String) -> SendError {
    let kind = if detail.contains("dns error") {
        FaultKind::Dns
    } else if chain(error).filter_map(|cause| cause.downcast_ref()).any(is_of_tls) {
        FaultKind::Tls
    } else {
        FaultKind::Connect
    };
    SendError::NotSent(Fault { kind, detail })
}

/// Wrong certificates and foreign protocols are invalid data; a peer that hangs up meanwhile is an unexpected end. TCP
/// alone fails with neither. The TLS connector wraps its error into another I/O error.
fn is_of_tls(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    matches!(inner.unwrap_or(error).kind(), io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof)
}

fn chain<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |e| (*e).source())
}

/// An error with its causes. The general client's own error is left out: it names the address, and the address holds the
/// token.
pub(super) fn causes(error: &(dyn Error + 'static)) -> String {
    let told = chain(error).filter(|cause| !cause.is::<reqwest::Error>());
    told.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

#[cfg(test)]
mod tests;
