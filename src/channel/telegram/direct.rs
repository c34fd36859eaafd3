//! Answers to presses over connections of our own. An office that presses at once is answered hundreds of times in a second,
//! and the general client spends on each call as much as the exchange itself. Only answers go this way, and none through a
//! proxy: what matters for a message, whether it may have left, is the general client's to tell.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper::header::{CONTENT_TYPE, HOST, HeaderValue, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode, Uri};
use hyper_rustls::builderstates::WantsSchemes;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use reqwest::Url;
use tokio::sync::Notify;
use tokio::time::timeout;
use tower_service::Service as _;

use super::Timeouts;
use super::call::{AGENT, KEEPALIVE, REST};
use super::classify::{causes, not_connected};
use crate::channel::{Fault, FaultKind, SendError};

/// A body as it came, with what was said around it.
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) retry_after: Option<u64>,
    pub(super) body: Bytes,
}

/// Connections to one server, kept while they are used.
pub(super) struct Direct {
    connector: HttpsConnector<HttpConnector>,
    /// Without a path.
    server: Uri,
    /// It holds the token.
    path: Uri,
    host: HeaderValue,
    timeouts: Timeouts,
    resting: Mutex<Vec<Kept>>,
}

/// A connection that nobody uses now.
struct Kept {
    way: SendRequest<Full<Bytes>>,
    used: Arc<Notify>,
}

impl Direct {
    /// Connections for calls of one method; `None` when its address is none that a request can be written for.
    pub(super) fn new(url: &Url, timeouts: Timeouts) -> Option<Self> {
        Self::trusting(HttpsConnectorBuilder::new().with_webpki_roots(), url, timeouts)
    }

    /// The same with certificates that are said to be good.
    pub(super) fn trusting(tls: HttpsConnectorBuilder<WantsSchemes>, url: &Url, timeouts: Timeouts) -> Option<Self> {
        let mut http = HttpConnector::new();
        http.enforce_http(false);
        http.set_nodelay(true);
        http.set_keepalive(Some(KEEPALIVE));
        let host = url.host_str()?;
        let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self {
            connector: tls.https_or_http().enable_http1().wrap_connector(http),
            server: format!("{}://{host}/", url.scheme()).parse().ok()?,
            path: url.path().parse().ok()?,
            host: HeaderValue::from_str(&host).ok()?,
            timeouts,
            resting: Mutex::default(),
        })
    }

    /// One call: its request leaves once.
    pub(super) async fn post(&self, body: Vec<u8>) -> Result<Reply, SendError> {
        let exchange = timeout(self.timeouts.call, self.exchange(body.into())).await;
        exchange.unwrap_or_else(|_| Err(in_doubt(FaultKind::Timeout, "no answer in time")))
    }

    async fn exchange(&self, body: Bytes) -> Result<Reply, SendError> {
        let mut request = self.request(body);
        let (kept, response) = loop {
            let (mut kept, new) = match self.rested().await {
                Some(kept) => (kept, false),
                None => (self.connect().await?, true),
            };
            match kept.way.try_send_request(request).await {
                Ok(response) => break (kept, response),
                Err(mut failed) => match failed.take_message() {
                    // The server closed the connection while it rested, and nothing of the request has left.
                    Some(unsent) if !new => request = unsent,
                    Some(_) | None => return Err(in_doubt(FaultKind::Broken, &failed.into_error().to_string())),
                },
            }
        };
        let reply = read(response).await?;
        kept.used.notify_one();
        self.resting.lock().unwrap_or_else(PoisonError::into_inner).push(kept);
        Ok(reply)
    }

    fn request(&self, body: Bytes) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.path.clone();
        let headers = request.headers_mut();
        headers.insert(HOST, self.host.clone());
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        request
    }

    /// The connection that was used last, of those that are still open.
    async fn rested(&self) -> Option<Kept> {
        loop {
            let mut kept = self.resting.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            if kept.way.ready().await.is_ok() {
                return Some(kept);
            }
        }
    }

    async fn connect(&self) -> Result<Kept, SendError> {
        let opening = async {
            let mut connector = self.connector.clone();
            std::future::poll_fn(|context| connector.poll_ready(context)).await?;
            let stream = connector.call(self.server.clone()).await?;
            let mut http = http1::Builder::new();
            Ok::<_, Box<dyn Error + Send + Sync>>(http.writev(false).handshake(stream).await?)
        };
        let opened = timeout(self.timeouts.connect, opening).await.unwrap_or_else(|late| Err(late.into()));
        let (way, connection) = opened.map_err(|error| not_connected(&*error, causes(&*error)))?;
        let used = Arc::new(Notify::new());
        tokio::spawn(keep(connection, Arc::clone(&used)));
        Ok(Kept { way, used })
    }
}

/// Holds a connection open until the server closes it or it rested for too long.
async fn keep<C: Future>(connection: C, used: Arc<Notify>) {
    tokio::pin!(connection);
    loop {
        tokio::select! {
            _ = &mut connection => return,
            rested = timeout(REST, used.notified()) => if rested.is_err() { return },
        }
    }
}

async fn read(response: Response<Incoming>) -> Result<Reply, SendError> {
    let status = response.status();
    let retry_after = response.headers().get(hyper::header::RETRY_AFTER);
    let retry_after = retry_after.and_then(|value| value.to_str().ok()?.trim().parse().ok());
    let body = match response.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) if status.is_success() => return Err(in_doubt(FaultKind::Broken, &error.to_string())),
        // The status alone already says what to do, or leaves it in doubt.
        Err(_) => Bytes::new(),
    };
    Ok(Reply { status, retry_after, body })
}

fn in_doubt(kind: FaultKind, detail: &str) -> SendError {
    SendError::InDoubt(Fault { kind, detail: detail.to_owned() })
}
