//! One HTTP call to the Bot API. Written by hand because the library's client hides the HTTP status and `error_code`,
//! sleeps inside a call after a 5xx, and throws the raw update away. One call here is one request: nothing is repeated.

use std::{fmt, time::Duration};

use hyper::body::Bytes;
use reqwest::{
    Proxy, RequestBuilder, Response, StatusCode, Url,
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    multipart::Form,
    redirect, retry,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Settings,
    classify::{self, Complaint, Failure},
    direct::{Direct, Reply},
};
use crate::channel::{Fault, PollError, Refusal, RefusalKind, SendError, SetupError};

/// Where Telegram's own servers answer.
const TELEGRAM: &str = "https://api.telegram.org";
/// Idle connections kept open: as many as answers go out side by side, which they do here when there is a proxy, and some for
/// everything else. Fewer would be closed and opened all the time while people press.
const KEPT_CONNECTIONS: usize = 72;

/// How long a connection may rest unused. Firewalls forget quiet connections without a word, and a message written to a
/// forgotten one is in doubt.
pub(super) const REST: Duration = Duration::from_secs(30);
/// Keeps the connection of a waiting poll alive in those firewalls, and notices when the other side is gone.
pub(super) const KEEPALIVE: Duration = Duration::from_secs(20);

/// What we are called by servers.
pub(super) const AGENT: &str = concat!("qingfeng/", env!("CARGO_PKG_VERSION"));

/// One address per method, built once. They hold the token, so this has no `Debug`.
pub(super) struct Methods {
    pub(super) get_me: Url,
    pub(super) get_updates: Url,
    pub(super) send_message: Url,
    pub(super) send_document: Url,
    pub(super) edit_message_text: Url,
    pub(super) delete_message: Url,
    pub(super) answer_callback_query: Url,
    pub(super) set_my_commands: Url,
    pub(super) leave_chat: Url,
    pub(super) set_webhook: Url,
    pub(super) delete_webhook: Url,
    pub(super) get_webhook_info: Url,
}

impl Methods {
    fn new(base: &Url, token: &str) -> Result<Self, SetupError> {
        let base = base.as_str().trim_end_matches('/');
        let url = |name: &str| Url::parse(&format!("{base}/bot{token}/{name}")).map_err(|_| SetupError::ApiUrl);
        Ok(Self {
            get_me: url("getMe")?,
            get_updates: url("getUpdates")?,
            send_message: url("sendMessage")?,
            send_document: url("sendDocument")?,
            edit_message_text: url("editMessageText")?,
            delete_message: url("deleteMessage")?,
            answer_callback_query: url("answerCallbackQuery")?,
            set_my_commands: url("setMyCommands")?,
            leave_chat: url("leaveChat")?,
            set_webhook: url("setWebhook")?,
            delete_webhook: url("deleteWebhook")?,
            get_webhook_info: url("getWebhookInfo")?,
        })
    }
}

/// The HTTP side of one bot.
pub(super) struct Caller {
    http: reqwest::Client,
    /// For answers, unless they have to go through a proxy.
    direct: Option<Direct>,
    token: SecretString,
    host: String,
    pub(super) methods: Methods,
}

impl fmt::Debug for Caller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller").field("host", &self.host).finish_non_exhaustive()
    }
}

impl Caller {
    pub(super) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let token = settings.token.expose_secret();
        if token.is_empty() || !token.bytes().all(|b| b.is_ascii_alphanumeric() || b":_-".contains(&b)) {
            return Err(SetupError::Token);
        }
        let base = Url::parse(settings.api_url.as_deref().unwrap_or(TELEGRAM)).map_err(|_| SetupError::ApiUrl)?;
        let host = base.host_str().ok_or(SetupError::ApiUrl)?.to_owned();
        if !matches!(base.scheme(), "http" | "https") {
            return Err(SetupError::ApiUrl);
        }
        let methods = Methods::new(&base, token)?;
        let direct = match &settings.proxy {
            None => Direct::new(&methods.answer_callback_query, settings.timeouts),
            Some(_) => None,
        };
        Ok(Self { http: client(settings)?, direct, methods, token: settings.token.clone(), host })
    }

    /// Answers a press.
    pub(super) async fn answer<R: DeserializeOwned>(&self, payload: &impl Serialize) -> Result<R, SendError> {
        let Some(direct) = &self.direct else { return self.call(&self.methods.answer_callback_query, payload).await };
        let Reply { status, retry_after, body } =
            direct.post(body(payload)?).await.map_err(|error| self.clean(error))?;
        self.read(status, retry_after, &body).map_err(Trouble::of_send)
    }

    /// Calls a method with a JSON body and reads its result.
    pub(super) async fn call<R: DeserializeOwned>(&self, url: &Url, payload: &impl Serialize) -> Result<R, SendError> {
        self.exchange(self.json(url, payload)?).await.map_err(Trouble::of_send)
    }

    /// Calls a method with a multipart body and reads its result.
    pub(super) async fn upload<R: DeserializeOwned>(&self, url: &Url, form: Form) -> Result<R, SendError> {
        self.exchange(self.http.post(url.clone()).multipart(form)).await.map_err(Trouble::of_send)
    }

    /// Calls a method that may take as long as `limit`.
    pub(super) async fn poll<R: DeserializeOwned>(
        &self,
        url: &Url,
        payload: &impl Serialize,
        limit: Duration,
    ) -> Result<R, PollError> {
        self.exchange(self.json(url, payload)?.timeout(limit)).await.map_err(Trouble::of_poll)
    }

    fn json(&self, url: &Url, payload: &impl Serialize) -> Result<RequestBuilder, SendError> {
        let json = HeaderValue::from_static("application/json");
        Ok(self.http.post(url.clone()).header(CONTENT_TYPE, json).body(body(payload)?))
    }

    async fn exchange<R: DeserializeOwned>(&self, request: RequestBuilder) -> Result<R, Trouble> {
        let response = request.send().await.map_err(|error| self.network(&error))?;
        let status = response.status();
        let retry_after = retry_after(&response);
        let body = match response.bytes().await {
            Ok(body) => body,
            Err(error) if status.is_success() => return Err(self.network(&error)),
            // The status alone already says what to do, or leaves it in doubt.
            Err(_) => Bytes::new(),
        };
        self.read(status, retry_after, &body)
    }

    fn read<R: DeserializeOwned>(
        &self,
        status: StatusCode,
        retry_after: Option<u64>,
        body: &[u8],
    ) -> Result<R, Trouble> {
        if status.is_success()
            && let Ok(Success { ok: true, result }) = serde_json::from_slice::<Success<R>>(body)
        {
            return Ok(result);
        }
        let mut complaint = Complaint::read(body);
        if let Some(complaint) = &mut complaint {
            complaint.description = self.scrubbed(&complaint.description);
        }
        Err(Trouble::Failure(Failure { status: status.as_u16(), retry_after, complaint }))
    }

    fn network(&self, error: &reqwest::Error) -> Trouble {
        Trouble::Network(classify::network(error, self.scrubbed(&classify::causes(error))))
    }

    fn clean(&self, error: SendError) -> SendError {
        let clean = |fault: Fault| Fault { detail: self.scrubbed(&fault.detail), ..fault };
        match error {
            SendError::NotSent(fault) => SendError::NotSent(clean(fault)),
            SendError::InDoubt(fault) => SendError::InDoubt(clean(fault)),
            error @ (SendError::Limited { .. }
            | SendError::Gone(_)
            | SendError::Refused(_)
            | SendError::Migrated { .. }
            | SendError::MarkupRefused(_)
            | SendError::Unauthorized) => error,
        }
    }

    /// Foreign words are shown and stored; whatever they say, the token is not among them.
    fn scrubbed(&self, text: &str) -> String {
        text.replace(self.token.expose_secret(), "…")
    }
}

fn body(payload: &impl Serialize) -> Result<Vec<u8>, SendError> {
    let refused = |error: serde_json::Error| Refusal { kind: RefusalKind::Malformed, text: error.to_string() };
    serde_json::to_vec(payload).map_err(|error| SendError::Refused(refused(error)))
}

#[derive(Deserialize)]
struct Success<R> {
    ok: bool,
    result: R,
}

/// A failed exchange, before it is known what the call was for.
enum Trouble {
    Network(SendError),
    Failure(Failure),
}

impl Trouble {
    fn of_send(self) -> SendError {
        match self {
            Self::Network(error) => error,
            Self::Failure(failure) => classify::send_error(&failure),
        }
    }

    fn of_poll(self) -> PollError {
        match self {
            Self::Network(error) => error.into(),
            Self::Failure(failure) => classify::poll_error(&failure),
        }
    }
}

fn retry_after(response: &Response) -> Option<u64> {
    response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()
}

fn client(settings: &Settings) -> Result<reqwest::Client, SetupError> {
    let mut builder = reqwest::Client::builder()
        .user_agent(AGENT)
        .connect_timeout(settings.timeouts.connect)
        .timeout(settings.timeouts.call)
        .pool_max_idle_per_host(KEPT_CONNECTIONS)
        .pool_idle_timeout(REST)
        .tcp_keepalive(KEEPALIVE)
        // A captive portal redirects; following it would send the message to a stranger.
        .redirect(redirect::Policy::none())
        // One attempt is one request.
        .retry(retry::never())
        // Only the proxy that was configured, not one that happens to stand in the environment.
        .no_proxy();
    if let Some(address) = &settings.proxy {
        builder = builder.proxy(proxy(address)?);
    }
    builder.build().map_err(|_| SetupError::Client)
}

fn proxy(address: &str) -> Result<Proxy, SetupError> {
    let url = Url::parse(address).map_err(|_| SetupError::Proxy)?;
    if !matches!(url.scheme(), "http" | "https" | "socks4" | "socks4a" | "socks5" | "socks5h") || !url.has_host() {
        return Err(SetupError::Proxy);
    }
    Proxy::all(url).map_err(|_| SetupError::Proxy)
}
