//! A local Bot API server: the try-out, the demo, the tests and the benchmarks talk to it as they would to the real
//! one, over HTTP. It knows nothing of the rest of the crate, keeps its own ledger of what really happened, has a
//! control API (`sandbox/control.rs`) and serves a chat page at `/`. It must never be kinder than the real server:
//! limits, refusals and their texts are the real ones.
//!
//! There is no router: `getUpdates` and `answerCallbackQuery` must cost next to nothing, so paths are compared by hand.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::body::Body;
use axum::extract::Request;
use axum::handler::HandlerWithoutStateExt;
use axum::http::{StatusCode, header};
use axum::response::Response;
use axum::serve::ListenerExt;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::{Notify, watch};

use control::Order;
use edit::AnswerCall;
use params::Params;
use refusal::Refusal;
use world::{Bot, World};

mod clock;
mod control;
mod deliver;
mod edit;
mod entities;
mod faults;
mod html;
mod keyboard;
mod ledger;
mod limits;
mod load;
mod message;
mod methods;
mod misbehave;
mod numbers;
mod params;
mod people;
mod poll;
mod press;
mod refusal;
mod send;
mod updates;
mod view;
mod webhook;
mod world;

pub use clock::Time;

/// The chat page, complete in itself.
const PAGE: &str = include_str!("sandbox/page.html");
/// Largest control request in bytes: presses come in bulk.
const CONTROL_BYTES_MAX: usize = 256 * 1024 * 1024;
/// Answer to a press that was taken; the hot path sends it without building anything.
const TAKEN: &str = "{\"ok\":true,\"result\":true}";

/// How a sandbox starts.
#[derive(Debug, Clone)]
pub struct Options {
    /// The only token that is let in, `<bot id>:<secret>`.
    pub token: String,
    /// The bot's name without `@`; also its name in deep links.
    pub username: String,
    /// Where time comes from until the control API says otherwise.
    pub time: Time,
}

/// A running world. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    world: Arc<Mutex<World>>,
    /// Rings when an update arrives or a newer poll takes over.
    arrived: Arc<Notify>,
    /// Rings when anything a script may wait for has changed.
    changed: Arc<Notify>,
    /// Turns true when serving ends, so that nothing waits longer.
    closing: Arc<watch::Sender<bool>>,
}

impl Sandbox {
    /// An empty world with one bot. A token without a number before its colon gives the bot the id 0.
    pub fn new(options: Options) -> Self {
        let Options { token, username, time } = options;
        let id = token.split_once(':').and_then(|(id, _)| id.parse().ok()).unwrap_or(0);
        let world = World::new(Bot { id, token, username, commands: std::collections::BTreeMap::new() }, time);
        Self {
            world: Arc::new(Mutex::new(world)),
            arrived: Arc::default(),
            changed: Arc::default(),
            closing: Arc::new(watch::Sender::new(false)),
        }
    }

    /// Serves until `shutdown` ends; waiting polls then get an empty answer.
    pub async fn serve(
        self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let closing = self.closing.clone();
        let answer = move |request: Request| {
            let sandbox = self.clone();
            async move { sandbox.respond(request).await }
        };
        // Small answers must not wait for more to send. A socket that refuses the option still works.
        let listener = listener.tap_io(|socket| drop(socket.set_nodelay(true)));
        axum::serve(listener, answer.into_make_service())
            .with_graceful_shutdown(async move {
                shutdown.await;
                closing.send_replace(true);
            })
            .await
    }

    /// One control request without HTTP: `route` is the path after `/sandbox/`, a query included. `None` as body looks,
    /// anything else changes. Routes and shapes stand in the header of `control.rs`; the error is a sentence.
    pub fn control(&self, route: &str, body: Option<&Value>) -> Result<Value, String> {
        let (route, query) = route.split_once('?').unwrap_or((route, ""));
        let method = if body.is_some() { axum::http::Method::POST } else { axum::http::Method::GET };
        let body = body.map(Value::to_string).unwrap_or_default();
        let outcome = self.lock().control(&Order { method: &method, route, query, body: body.as_bytes() });
        self.ring();
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) {
        self.arrived.notify_waiters();
        self.changed.notify_waiters();
    }

    async fn respond(&self, request: Request) -> Response {
        let path = request.uri().path();
        if path.starts_with("/bot") {
            self.bot_call(request).await
        } else if path.starts_with("/sandbox/") {
            self.control_call(request).await
        } else if path.starts_with("/file/bot") {
            self.download(path)
        } else if path == "/" {
            reply(StatusCode::OK, "text/html; charset=utf-8", PAGE.into())
        } else {
            refuse(&Refusal::new(404, "Not Found"))
        }
    }

    async fn bot_call(&self, request: Request) -> Response {
        let path = request.uri().path();
        let rest = path.strip_prefix("/bot").unwrap_or(path);
        let Some((token, method)) = rest.split_once('/') else { return refuse(&Refusal::new(404, "Not Found")) };
        if let Err(refusal) = self.check(token) {
            return refuse(&refusal);
        }
        let method = method.to_ascii_lowercase();
        if method == "answercallbackquery" && is_json(&request) {
            return self.answer_fast(request).await;
        }
        let params = match Params::read(request).await {
            Ok(params) => params,
            Err(refusal) => return refuse(&refusal),
        };
        self.run(&method, &params).await
    }

    fn check(&self, token: &str) -> Result<(), Refusal> {
        if self.lock().bot.token == token {
            return Ok(());
        }
        let whole = token.split_once(':').is_some_and(|(id, secret)| id.parse::<i64>().is_ok() && !secret.is_empty());
        Err(Refusal::new(401, if whole { "Unauthorized" } else { "Unauthorized: invalid token specified" }))
    }

    /// The usual answer to a press, without any table of parameters. Whatever is unusual about it goes the long way.
    async fn answer_fast(&self, request: Request) -> Response {
        let Ok(body) = axum::body::to_bytes(request.into_body(), CONTROL_BYTES_MAX).await else {
            return refuse(&Refusal::bad("can't parse the request body"));
        };
        if let Ok(call) = serde_json::from_slice::<AnswerBody<'_>>(&body) {
            let mut world = self.lock();
            if !world.faults.concern("answercallbackquery") {
                let taken = world.answer(&AnswerCall {
                    callback_query_id: call.callback_query_id,
                    text: call.text.as_deref().unwrap_or(""),
                    show_alert: call.show_alert.unwrap_or(false),
                    url: call.url.as_deref().unwrap_or(""),
                });
                if taken.is_ok() {
                    // A load presses anew.
                    self.ring();
                    return reply(StatusCode::OK, JSON, TAKEN.into());
                }
            }
        }
        let mut params = Params::default();
        match params.add_json(&body) {
            Ok(()) => self.run("answercallbackquery", &params).await,
            Err(refusal) => refuse(&refusal),
        }
    }

    async fn run(&self, method: &str, params: &Params) -> Response {
        let fault = self.lock().faults.take(method, params.text("chat_id"));
        if let Some(met) = fault {
            return self.misbehave(&met, method, params).await;
        }
        if method == "getupdates" {
            return self.get_updates(params).await;
        }
        let outcome = self.lock().call(method, params);
        self.serve_webhook();
        self.ring();
        match outcome {
            Ok(result) => reply(StatusCode::OK, JSON, format!("{{\"ok\":true,\"result\":{result}}}").into()),
            Err(refusal) => refuse(&refusal),
        }
    }

    async fn control_call(&self, request: Request) -> Response {
        let (parts, body) = request.into_parts();
        let route = parts.uri.path().strip_prefix("/sandbox/").unwrap_or("");
        if let Some(id) = route.strip_prefix("files/") {
            return self.file(|file| file.id == id);
        }
        let Ok(body) = axum::body::to_bytes(body, CONTROL_BYTES_MAX).await else {
            return reply(StatusCode::PAYLOAD_TOO_LARGE, JSON, "{\"error\":\"too large\"}".into());
        };
        let query = parts.uri.query().unwrap_or("");
        if route == "wait" {
            return self.wait_for(&control::Wanted::read(query)).await;
        }
        if route == "ledger" {
            let text = serde_json::to_string(&self.lock().ledger.view(&control::ledger_since(query)));
            return reply(StatusCode::OK, JSON, text.unwrap_or_default().into());
        }
        let outcome = self.lock().control(&Order { method: &parts.method, route, query, body: &body });
        self.ring();
        match outcome {
            Ok(value) => reply(StatusCode::OK, JSON, value.to_string().into()),
            Err(why) => reply(StatusCode::BAD_REQUEST, JSON, serde_json::json!({"error": why}).to_string().into()),
        }
    }

    /// `/file/bot<token>/<path>`.
    fn download(&self, path: &str) -> Response {
        let rest = path.strip_prefix("/file/bot").unwrap_or(path);
        let Some((token, wanted)) = rest.split_once('/') else { return refuse(&Refusal::new(404, "Not Found")) };
        match self.check(token) {
            Ok(()) => self.file(|file| file.path == wanted),
            Err(refusal) => refuse(&refusal),
        }
    }

    fn file(&self, wanted: impl Fn(&message::File) -> bool) -> Response {
        let world = self.lock();
        match world.files.iter().find(|file| wanted(file)) {
            Some(file) => reply(StatusCode::OK, &file.mime, file.bytes.clone().into()),
            None => refuse(&Refusal::new(404, "Not Found")),
        }
    }
}

const JSON: &str = "application/json";

/// Parameters of `answerCallbackQuery` as JSON clients send them.
#[derive(serde::Deserialize)]
struct AnswerBody<'a> {
    callback_query_id: &'a str,
    #[serde(borrow)]
    text: Option<std::borrow::Cow<'a, str>>,
    show_alert: Option<bool>,
    url: Option<std::borrow::Cow<'a, str>>,
}

fn is_json(request: &Request) -> bool {
    request.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(JSON.as_bytes()))
}

fn reply(status: StatusCode, kind: &str, body: Body) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let kind = header::HeaderValue::from_str(kind).unwrap_or(header::HeaderValue::from_static(JSON));
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

fn refuse(refusal: &Refusal) -> Response {
    let status = StatusCode::from_u16(refusal.code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = reply(status, JSON, refusal.body().into());
    if let Some(seconds) = refusal.parameters.as_ref().and_then(|p| p["retry_after"].as_u64()) {
        response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(seconds));
    }
    response
}
