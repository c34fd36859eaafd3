//! HTTP of the running service: whether it lives, whether it can work, and its figures.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::ctx::Ctx;
use crate::office::{db, metrics};

/// Where the platform brings updates.
pub mod hook;
mod prometheus;

/// The routes of `serve`.
pub fn router(ctx: Ctx) -> Router {
    let router = Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz));
    router.route("/metrics", get(figures)).with_state(ctx)
}

/// The process answers.
async fn healthz() -> &'static str {
    "ok\n"
}

/// The database can be read and written; otherwise 503 with the technical cause.
async fn readyz(State(ctx): State<Ctx>) -> (StatusCode, String) {
    match db::writable(&ctx.store).await {
        Ok(()) => (StatusCode::OK, "ready\n".to_owned()),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("database: {error}\n")),
    }
}

/// The figures of this moment; 503 with the technical cause when the database does not tell them.
async fn figures(State(ctx): State<Ctx>) -> Response {
    match metrics::figures(&ctx).await {
        Ok(figures) => ([(CONTENT_TYPE, prometheus::CONTENT)], prometheus::text(&figures)).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, format!("database: {error}\n")).into_response(),
    }
}
