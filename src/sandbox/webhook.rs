//! The webhook of the bot: setting it, what it says of itself, and which update goes to it next. Texts, order and
//! pauses are those of the open server (`Client.cpp`, `WebhookActor.cpp`) run with `--local`, which takes any address:
//! updates of one person's presses, or of one chat's messages, go one after another, different ones side by side; an
//! update stays in the queue until a 2xx; the first repeat comes at once, the next after 2, 4, 8 … 60 seconds.
//! `deliver.rs` carries them.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant};

use super::params::Params;
use super::poll;
use super::refusal::{Outcome, Refusal};
use super::updates::{Newer, Pending, Updates};
use super::world::World;

/// What a poll hears while a webhook is set.
pub(super) const ACTIVE: &str =
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first";
/// What a waiting poll hears when one is set.
pub(super) const TERMINATED: &str = "Conflict: terminated by setWebhook request";
/// Deliveries at once unless the bot says otherwise.
const CONNECTIONS: usize = 40;
const CONNECTIONS_MAX: i64 = 100;
const SECRET_MAX: usize = 256;
/// Longest pause before a repeat, in seconds.
const PAUSE_MAX: u64 = 60;
/// Longest pause a webhook can ask for, in seconds.
const RETRY_AFTER_MAX: u64 = 3600;
/// The server takes one `setWebhook` in this time.
const SET_EVERY: Duration = Duration::from_secs(1);
/// A webhook that answers 410 for this long is given up.
const GONE_MS: i64 = 23 * 3_600_000;

/// How the delivery of one update stands.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Trip {
    /// It is on its way to the webhook of this generation.
    under_way: Option<u64>,
    fails: u32,
    /// Last pause in seconds.
    pause: u64,
    /// Not to be repeated before.
    not_before: Option<Instant>,
}

/// Where updates go.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Target {
    url: String,
    secret: String,
    connections: usize,
}

/// An update to carry.
pub(super) struct Parcel {
    pub(super) id: i64,
    pub(super) url: String,
    pub(super) secret: String,
    pub(super) json: String,
    generation: u64,
}

/// What the courier does next.
pub(super) enum Next {
    Carry(Parcel),
    /// Nothing to do until something changes, or until the instant.
    Wait(Option<Instant>),
    /// The webhook is another one or none.
    Over,
}

/// What became of a delivery.
pub(super) enum Arrival {
    Taken,
    /// Answered with another status; the text of `getWebhookInfo`, and `Retry-After` in seconds.
    Turned {
        status: u16,
        why: String,
        retry_after: u64,
    },
    Broken(String),
}

/// Orders of the control API about the webhook.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HookOrder {
    /// How long a second of the pauses between repeats lasts.
    second_ms: u64,
}

/// The webhook, and what is remembered of it.
#[derive(Debug)]
pub(super) struct Webhook {
    target: Option<Target>,
    /// Grows with every change, so that an older courier ends and what it still carries no longer counts.
    generation: u64,
    /// The generation that has a courier.
    served: u64,
    /// Deliveries of this generation under way.
    pub(super) under_way: usize,
    /// Deliveries that brought no 2xx, for those who wait for them.
    pub(super) turned: usize,
    /// When `setWebhook` was last called.
    set_at: Option<Instant>,
    /// Sandbox time in milliseconds and words.
    last_error: Option<(i64, String)>,
    /// When the answers 410 began.
    gone_since: Option<i64>,
    second: Duration,
}

impl Default for Webhook {
    fn default() -> Self {
        Self {
            target: None,
            generation: 0,
            served: 0,
            under_way: 0,
            turned: 0,
            set_at: None,
            last_error: None,
            gone_since: None,
            second: Duration::from_secs(1),
        }
    }
}

impl Webhook {
    pub(super) fn is_set(&self) -> bool {
        self.target.is_some()
    }

    /// The generation of a webhook that nobody serves yet; whoever asks serves it.
    pub(super) fn unserved(&mut self) -> Option<u64> {
        let new = self.target.is_some() && self.served != self.generation;
        new.then(|| {
            self.served = self.generation;
            self.generation
        })
    }

    pub(super) fn order(&mut self, order: &HookOrder) {
        self.second = Duration::from_millis(order.second_ms);
    }

    fn change(&mut self, target: Option<Target>) {
        self.target = target;
        self.generation += 1;
        self.under_way = 0;
        self.last_error = None;
        self.gone_since = None;
    }
}

impl World {
    pub(super) fn set_webhook(&mut self, params: &Params) -> Outcome {
        let url = params.text("url");
        if url.is_empty() {
            return Ok(self.delete_webhook(params));
        }
        let now = poll::now();
        let early = self.webhook.set_at.is_some_and(|at| now.duration_since(at) < SET_EVERY);
        // Left out while the time is manual, like the rules about repeated offsets: steps follow each other closely.
        if early && !self.time.is_manual() {
            return Err(Refusal::too_many(1));
        }
        self.webhook.set_at = Some(now);
        let target = Some(read_target(params)?);
        let drop_pending = params.flag("drop_pending_updates");
        if target != self.webhook.target || drop_pending {
            if drop_pending {
                self.updates.clear();
            }
            self.updates.end_polls(Newer::Webhook);
            self.webhook.change(target);
        }
        self.updates.allow(params);
        Ok("true".to_owned())
    }

    /// Updates that were not delivered stay for whoever asks next.
    pub(super) fn delete_webhook(&mut self, params: &Params) -> String {
        if params.flag("drop_pending_updates") {
            self.updates.clear();
        }
        if self.webhook.is_set() {
            self.webhook.change(None);
        }
        "true".to_owned()
    }

    pub(super) fn webhook_info(&self) -> String {
        let target = self.webhook.target.as_ref();
        let mut info = json!({
            "url": target.map_or("", |target| &target.url), "has_custom_certificate": false,
            "pending_update_count": self.updates.pending(self.now()),
        });
        if let Some((at, why)) = &self.webhook.last_error {
            info["last_error_date"] = json!(at / 1000);
            info["last_error_message"] = json!(why);
        }
        if let Some(target) = target {
            info["max_connections"] = json!(target.connections);
            info["ip_address"] = json!("127.0.0.1");
        }
        if let Some(names) = self.updates.chosen() {
            info["allowed_updates"] = json!(names);
        }
        info.to_string()
    }

    /// The webhook for the control API.
    pub(super) fn webhook_view(&self) -> Value {
        json!(self.webhook.target.as_ref().map(|target| &target.url))
    }

    /// The next update for the courier of a generation, marked as under way.
    pub(super) fn next_parcel(&mut self, generation: u64) -> Next {
        let Some(target) = self.webhook.target.as_ref().filter(|_| self.webhook.generation == generation) else {
            return Next::Over;
        };
        if self.webhook.under_way >= target.connections {
            return Next::Wait(None);
        }
        let now = self.now();
        let (place, wake) = self.updates.ready(now, generation);
        let Some(update) = place.and_then(|place| self.updates.queue.get_mut(place)) else { return Next::Wait(wake) };
        update.trip.under_way = Some(generation);
        self.webhook.under_way += 1;
        if let Some(press) = update.press.and_then(|place| self.ledger.pressed.get_mut(place)) {
            press.fetched_at.get_or_insert(now);
        }
        let (url, secret) = (target.url.clone(), target.secret.clone());
        Next::Carry(Parcel { id: update.id, url, secret, json: update.json.clone(), generation })
    }

    /// Takes in what became of a delivery. One that an older webhook got no longer counts.
    pub(super) fn arrived(&mut self, parcel: &Parcel, arrival: &Arrival) {
        if self.webhook.generation != parcel.generation {
            return;
        }
        self.webhook.under_way -= 1;
        let carried = |update: &Pending| update.id == parcel.id && update.trip.under_way == Some(parcel.generation);
        let Some(place) = self.updates.queue.iter().position(carried) else { return };
        let now = self.now();
        let (why, retry_after) = match arrival {
            Arrival::Taken => {
                self.webhook.gone_since = None;
                self.updates.confirm_at(place);
                return;
            }
            Arrival::Turned { status, why, retry_after } => {
                self.note_gone(now, *status);
                (why.clone(), (*retry_after).min(RETRY_AFTER_MAX))
            }
            Arrival::Broken(why) => (why.clone(), 0),
        };
        self.webhook.last_error = Some((now, why));
        self.webhook.turned += 1;
        self.repeat_later(now, place, retry_after);
    }

    fn repeat_later(&mut self, now: i64, place: usize, retry_after: u64) {
        let Some(update) = self.updates.queue.get_mut(place) else { return };
        let trip = &mut update.trip;
        trip.under_way = None;
        let mut pause = retry_after;
        if retry_after == 0 && trip.fails > 0 {
            trip.pause = (trip.pause.max(1) * 2).min(PAUSE_MAX);
            pause = trip.pause;
        }
        trip.fails += 1;
        let seconds = u32::try_from(pause).unwrap_or(u32::MAX);
        trip.not_before = Some(poll::now() + self.webhook.second * seconds);
        if now + i64::from(seconds) * 1000 > update.expires_at {
            self.updates.queue.remove(place);
        }
    }

    fn note_gone(&mut self, now: i64, status: u16) {
        if status != 410 {
            self.webhook.gone_since = None;
            return;
        }
        let since = *self.webhook.gone_since.get_or_insert(now);
        if now - since > GONE_MS {
            self.webhook.change(None);
        }
    }
}

impl Updates {
    /// Place of the next update that may go to the webhook, or when the first one may be repeated.
    fn ready(&mut self, now: i64, generation: u64) -> (Option<usize>, Option<Instant>) {
        while self.queue.front().is_some_and(|update| update.expires_at <= now) {
            self.queue.pop_front();
        }
        let instant = poll::now();
        let mut busy = HashSet::new();
        let mut wake: Option<Instant> = None;
        let mut first = None;
        for (place, update) in self.queue.iter().enumerate() {
            if update.trip.under_way == Some(generation) {
                busy.insert(update.line);
                continue;
            }
            if update.expires_at <= now || !busy.insert(update.line) {
                continue;
            }
            match update.trip.not_before.filter(|at| *at > instant) {
                Some(at) => wake = Some(wake.map_or(at, |wake| wake.min(at))),
                None if first.is_none() && self.odd.has_swaps() => first = Some(place),
                None => {
                    // A second one that may go is only looked for when they are to be swapped.
                    if first.is_some() {
                        self.odd.swaps();
                    }
                    return (Some(place), None);
                }
            }
        }
        (first, wake)
    }
}

fn read_target(params: &Params) -> Result<Target, Refusal> {
    let url = params.text("url");
    let whole = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
    let parsed = reqwest::Url::parse(&whole).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    if parsed.is_none_or(|url| !url.has_host()) {
        return Err(Refusal::bad("invalid webhook URL specified"));
    }
    let secret = params.text("secret_token");
    if secret.len() > SECRET_MAX {
        return Err(Refusal::bad("secret token is too long"));
    }
    if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-') {
        return Err(Refusal::bad("secret token contains unallowed characters"));
    }
    let connections = match params.text("max_connections") {
        "" => CONNECTIONS,
        _ => usize::try_from(params.integer("max_connections").clamp(1, CONNECTIONS_MAX)).unwrap_or(CONNECTIONS),
    };
    Ok(Target { url: url.to_owned(), secret: secret.to_owned(), connections })
}
