//! A call the server turns down, in the real server's codes and words. Texts were compared with the open server's
//! `Client.cpp` and with answers seen by client libraries.

use std::borrow::Cow;

use serde_json::{Value, json};

/// What a call gives back: the JSON text of `result`, or a refusal.
pub(super) type Outcome = Result<String, Refusal>;

/// An answer with `ok: false`.
#[derive(Debug, Clone)]
pub(super) struct Refusal {
    /// HTTP status and `error_code` in one.
    pub(super) code: u16,
    pub(super) description: Cow<'static, str>,
    /// `retry_after` or `migrate_to_chat_id`.
    pub(super) parameters: Option<Value>,
}

impl Refusal {
    pub(super) fn new(code: u16, description: impl Into<Cow<'static, str>>) -> Self {
        Self { code, description: description.into(), parameters: None }
    }

    /// 400; the prefix is added.
    pub(super) fn bad(reason: &str) -> Self {
        Self::new(400, format!("Bad Request: {reason}"))
    }

    /// 403; the prefix is added.
    pub(super) fn forbidden(reason: &str) -> Self {
        Self::new(403, format!("Forbidden: {reason}"))
    }

    /// 429 with a pause in seconds.
    pub(super) fn too_many(seconds: u64) -> Self {
        let parameters = Some(json!({"retry_after": seconds}));
        Self { parameters, ..Self::new(429, format!("Too Many Requests: retry after {seconds}")) }
    }

    /// The body sent to the client.
    pub(super) fn body(&self) -> String {
        let mut body = json!({"ok": false, "error_code": self.code, "description": self.description});
        if let Some(parameters) = &self.parameters {
            body["parameters"] = parameters.clone();
        }
        body.to_string()
    }
}
