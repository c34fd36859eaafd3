//! What waits. `getUpdates` waits for an update, for a newer poll, for the end of its time or of the sandbox. Waiting takes real
//! time whatever the sandbox's clock says. Scripts wait for what the bot does.

use axum::http::StatusCode;
use axum::response::Response;
use tokio::time::Instant;

use super::control::Wanted;
use super::params::Params;
use super::refusal::Refusal;
use super::updates::{Newer, Poll};
use super::webhook;
use super::{JSON, Sandbox, refuse, reply};

const SUPERSEDED: &str =
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";

/// Counts a poll as waiting for as long as it lives, also when its client goes away.
struct Waiting<'a>(&'a Sandbox);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.lock().updates.waiting -= 1;
    }
}

impl Sandbox {
    pub(super) async fn get_updates(&self, params: &Params) -> Response {
        let started = now();
        let poll = {
            let mut world = self.lock();
            if world.webhook.is_set() {
                return refuse(&Refusal::new(409, webhook::ACTIVE));
            }
            let rules = (!world.time.is_manual()).then_some(started);
            world.updates.waiting += 1;
            world.updates.begin(params, rules)
        };
        let waiting = Waiting(self);
        self.ring();
        let answer = self.wait(&poll, started).await;
        drop(waiting);
        self.changed.notify_waiters();
        answer
    }

    async fn wait(&self, poll: &Poll, started: Instant) -> Response {
        let mut closing = self.closing.subscribe();
        let end = started + poll.wait;
        loop {
            let mut arrived = std::pin::pin!(self.arrived.notified());
            arrived.as_mut().enable();
            if let Some(answer) = self.look(poll) {
                return answer;
            }
            self.changed.notify_waiters();
            let over = tokio::select! {
                () = arrived => false,
                () = until(end) => true,
                _ = closing.wait_for(|closing| *closing) => true,
            };
            if over {
                return reply(StatusCode::OK, JSON, "{\"ok\":true,\"result\":[]}".into());
            }
        }
    }

    /// `GET /sandbox/wait`: answers when everything wanted is so, or says what is when the time is over.
    pub(super) async fn wait_for(&self, wanted: &Wanted) -> Response {
        let mut closing = self.closing.subscribe();
        let end = now() + wanted.patience;
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let (met, seen) = self.lock().compare(wanted);
            if met {
                return reply(StatusCode::OK, JSON, seen.to_string().into());
            }
            let over = tokio::select! {
                () = changed => false,
                () = until(end) => true,
                _ = closing.wait_for(|closing| *closing) => true,
            };
            if over {
                return reply(StatusCode::REQUEST_TIMEOUT, JSON, seen.to_string().into());
            }
        }
    }

    /// What the poll can be told at once.
    fn look(&self, poll: &Poll) -> Option<Response> {
        let mut world = self.lock();
        match world.updates.superseded(poll) {
            Some(Newer::Poll) => return Some(refuse(&Refusal::new(409, SUPERSEDED))),
            Some(Newer::Webhook) => return Some(refuse(&Refusal::new(409, webhook::TERMINATED))),
            None => {}
        }
        let now = world.now();
        let world = &mut *world;
        let answer = world.updates.take(poll, now, &mut world.ledger)?;
        Some(reply(StatusCode::OK, JSON, answer.into()))
    }
}

#[expect(clippy::disallowed_methods, reason = "a long poll waits real time, whatever the sandbox's clock says")]
pub(super) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a long poll waits real time, whatever the sandbox's clock says")]
pub(super) async fn until(end: Instant) {
    tokio::time::sleep_until(end).await;
}
