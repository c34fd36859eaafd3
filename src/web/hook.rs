//! Where the platform brings updates. Whoever does not know the secret learns nothing: it is compared before anything of the
//! request is read. 2xx only once the update is stored (invariant I1); anything else makes the platform come again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Router;
use axum::body::{Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

/// Path of the route.
pub const PATH: &str = "/hook/telegram";
/// The header that carries the secret.
const SECRET: &str = "x-telegram-bot-api-secret-token";
/// Longest body that is read. An update is a few KiB; the platform's longest text is 4096 characters.
const BODY_MOST: usize = 1024 * 1024;

/// What became of a body that was brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// It is stored. The reply may hold a call, as JSON, which the platform then does.
    Stored { reply: Option<Vec<u8>> },
    /// It is not; it must come again.
    Not,
    /// It can never be stored.
    Never,
}

/// Stores a body.
pub type Take = Arc<dyn Fn(Bytes) -> BoxFuture<'static, Taken> + Send + Sync>;

/// What a request needs.
#[derive(Clone)]
struct Hook {
    /// The one that is told to the platform, and those of before.
    secrets: Arc<[SecretString]>,
    take: Take,
    /// Requests with the right secret of which nothing could be kept.
    unreadable: Arc<AtomicU64>,
}

/// The route.
pub fn routes(secrets: Vec<SecretString>, take: Take) -> Router {
    let hook = Hook { secrets: secrets.into(), take, unreadable: Arc::default() };
    Router::new().route(PATH, post(bring)).with_state(hook)
}

async fn bring(State(hook): State<Hook>, request: Request) -> Response {
    match take(&hook, request).await {
        Ok(Some(reply)) => ([(header::CONTENT_TYPE, "application/json")], reply).into_response(),
        Ok(None) => StatusCode::OK.into_response(),
        Err(status) => status.into_response(),
    }
}

/// The body of the reply, if it has one.
async fn take(hook: &Hook, request: Request) -> Result<Option<Vec<u8>>, StatusCode> {
    if !hook.knows(request.headers()) {
        return Err(StatusCode::UNAUTHORIZED);
    }
    if announced(request.headers()).is_some_and(|length| length > BODY_MOST) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    // Broken off or too long: what is too long ends the reading, so both come out as one error.
    let body = to_bytes(request.into_body(), BODY_MOST).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
    let bytes = body.len();
    match (hook.take)(body).await {
        Taken::Stored { reply } => Ok(reply),
        Taken::Not => Err(StatusCode::SERVICE_UNAVAILABLE),
        Taken::Never => {
            let so_far = hook.unreadable.fetch_add(1, Ordering::Relaxed) + 1;
            tracing::error!(so_far, bytes, "an update without a number was brought; it can never be stored");
            Ok(None)
        }
    }
}

impl Hook {
    /// Takes the same time wherever the two differ.
    fn knows(&self, headers: &HeaderMap) -> bool {
        let given = headers.get(SECRET).map(HeaderValue::as_bytes).unwrap_or_default();
        self.secrets.iter().any(|secret| secret.expose_secret().as_bytes().ct_eq(given).into())
    }
}

fn announced(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}
