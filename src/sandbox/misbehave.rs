//! The answers of calls that meet a fault, and their entries in the ledger.

use axum::body::{Body, Bytes};
use axum::http::{StatusCode, header};
use axum::response::Response;
use futures::stream;
use tokio::sync::watch;
use tokio::time::Duration;

use super::faults::{Fault, Met};
use super::ledger::Faulted;
use super::params::Params;
use super::poll::{now, until};
use super::world::{ChatKind, World};
use super::{JSON, Sandbox, refuse, reply};

/// What a gateway shows.
const PAGE: &str = "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>";

impl World {
    /// Does a faulty call if the server takes it, and enters it. Gives the answer that the bot would have got.
    pub(super) fn meet(&mut self, met: &Met, method: &str, params: &Params) -> Option<String> {
        let before = self.ledger.sent.len();
        let answer = met.accepted.then(|| self.accept(method, params)).flatten();
        let message_id = self.ledger.sent.get(before).map(|sent| sent.message_id);
        self.ledger.faulted.push(Faulted {
            at: self.now(),
            method: method.to_owned(),
            chat: params.text("chat_id").parse().ok(),
            kind: met.fault.kind(),
            accepted: answer.is_some(),
            message_id,
        });
        answer
    }

    fn kind_of(&self, chat: &str) -> ChatKind {
        let found = chat.parse::<i64>().ok().and_then(|id| self.chats.get(&id));
        found.map_or(ChatKind::Supergroup, |chat| chat.kind)
    }
}

impl Sandbox {
    pub(super) async fn misbehave(&self, met: &Met, method: &str, params: &Params) -> Response {
        let (answer, refusal) = {
            let mut world = self.lock();
            let refusal = met.fault.refusal(world.kind_of(params.text("chat_id")));
            (world.meet(met, method, params), refusal)
        };
        self.serve_webhook();
        self.ring();
        if let Some(refusal) = refusal {
            return refuse(&refusal);
        }
        match &met.fault {
            Fault::Hang { .. } => {
                let mut closing = self.closing.subscribe();
                // Ends with the connection or with the sandbox, whichever comes first.
                drop(closing.wait_for(|closing| *closing).await);
                broken()
            }
            Fault::Drip { ms, .. } => {
                let body = answer.unwrap_or_else(|| PAGE.to_owned());
                dripping(body.into(), Duration::from_millis(*ms), self.closing.subscribe())
            }
            Fault::Html { code, .. } => {
                reply(StatusCode::from_u16(*code).unwrap_or(StatusCode::BAD_GATEWAY), "text/html", PAGE.into())
            }
            Fault::Reset { .. } | Fault::Error { .. } | Fault::Limit { .. } | Fault::Refused { .. } => broken(),
        }
    }
}

/// An answer that promises more bytes than it sends: the connection breaks in its middle.
fn broken() -> Response {
    let pieces = stream::iter([Err::<Bytes, _>(cut_off())]);
    with_length(Body::from_stream(pieces), 64)
}

/// An answer that comes one byte at a time, until the sandbox ends.
fn dripping(body: Bytes, pause: Duration, closing: watch::Receiver<bool>) -> Response {
    let length = body.len();
    let drops = stream::unfold((body, closing), move |(mut rest, mut closing)| async move {
        if rest.is_empty() {
            return None;
        }
        let over = tokio::select! {
            () = until(now() + pause) => false,
            _ = closing.wait_for(|closing| *closing) => true,
        };
        let drop = if over { Err(cut_off()) } else { Ok(rest.split_to(1)) };
        Some((drop, (rest, closing)))
    });
    with_length(Body::from_stream(drops), length)
}

fn with_length(body: Body, length: usize) -> Response {
    let mut response = reply(StatusCode::OK, JSON, body);
    response.headers_mut().insert(header::CONTENT_LENGTH, header::HeaderValue::from(length));
    response
}

fn cut_off() -> std::io::Error {
    std::io::Error::other("cut off on order")
}
