//! HTTP of the running service: whether it lives, whether it can work, and its figures.

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::clock;
use crate::ctx::Ctx;
use crate::office::metrics;

/// Where the platform brings updates.
pub mod hook;
mod prometheus;
/// Whether the service can work, and why not.
mod ready;

/// Longest time for an answer. Who asks about health asks again soon, and a database that is slower is not ready.
const ANSWER_WITHIN: Duration = Duration::from_secs(4);

/// The routes of `serve`.
pub fn router(ctx: Ctx) -> Router {
    let router = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    router.route("/metrics", get(figures)).with_state(ctx)
}

/// Runs work on the database to its end, also when whoever asked has gone away: the server drops a handler then, and a
/// transaction that is dropped half-way would hold its connection. `None`: it takes too long, and goes on by itself.
async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    clock::limit(ANSWER_WITHIN, tokio::spawn(work)).await.and_then(Result::ok)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// 200 when the service can work; otherwise 503 with every cause, one a line.
async fn readyz(State(ctx): State<Ctx>) -> (StatusCode, String) {
    let state = apart(async move { ready::look(&ctx).await }).await.unwrap_or_else(ready::State::silent);
    let status = if state.ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, state.text())
}

/// The figures of this moment; 503 with the technical cause when the database does not tell them.
async fn figures(State(ctx): State<Ctx>) -> Response {
    match apart(async move { metrics::figures(&ctx).await }).await {
        Some(Ok(figures)) => ([(CONTENT_TYPE, prometheus::CONTENT)], prometheus::text(&figures)).into_response(),
        Some(Err(error)) => (StatusCode::SERVICE_UNAVAILABLE, format!("database: {error}\n")).into_response(),
        None => (StatusCode::SERVICE_UNAVAILABLE, "database: no answer\n".to_owned()).into_response(),
    }
}
