//! HTTP of the running service: whether it lives and whether it can work.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::ctx::Ctx;
use crate::office::db;

/// The routes of `serve`.
pub fn router(ctx: Ctx) -> Router {
    Router::new().route("/healthz", get(healthz)).route("/readyz", get(readyz)).with_state(ctx)
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
