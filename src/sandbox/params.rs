//! Parameters of a call, however they were sent: query string, JSON, urlencoded form or multipart form.
//! Like the real server, everything is text here; an object or array is its JSON text.

use std::collections::HashMap;

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Form, FromRequest, Multipart, Query, Request};
use serde_json::Value;

use super::refusal::Refusal;

/// Largest request body in bytes: 50 MB of file (the cloud server's limit) and room for the fields around it.
const BODY_BYTES_MAX: usize = 51 * 1024 * 1024;

type Pairs = Vec<(String, String)>;

/// A file sent with the call.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) name: String,
    pub(super) mime: String,
    pub(super) bytes: Bytes,
}

/// Parameters by name, files by the name of their form field.
#[derive(Debug, Default)]
pub(super) struct Params {
    values: HashMap<String, String>,
    files: HashMap<String, Upload>,
}

impl Params {
    /// Reads a request in whichever form it came. An unreadable body is refused with 400.
    pub(super) async fn read(mut request: Request) -> Result<Self, Refusal> {
        let mut params = Self::default();
        if let Ok(Query(pairs)) = Query::<Pairs>::try_from_uri(request.uri()) {
            params.values.extend(pairs);
        }
        let kind = request.headers().get("content-type").and_then(|v| v.to_str().ok()).unwrap_or("").to_lowercase();
        DefaultBodyLimit::max(BODY_BYTES_MAX).apply(&mut request);
        if kind.starts_with("application/json") {
            let bytes = Bytes::from_request(request, &()).await.map_err(|_| too_large())?;
            params.add_json(&bytes)?;
        } else if kind.starts_with("application/x-www-form-urlencoded") && request.method() == "POST" {
            if let Ok(Form(pairs)) = Form::<Pairs>::from_request(request, &()).await {
                params.values.extend(pairs);
            }
        } else if kind.starts_with("multipart/form-data") {
            let parts = Multipart::from_request(request, &()).await.map_err(|_| unreadable())?;
            params.add_multipart(parts).await?;
        }
        Ok(params)
    }

    pub(super) fn add_json(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if bytes.is_empty() {
            return Ok(());
        }
        let parsed: Value = serde_json::from_slice(bytes).map_err(|_| unreadable())?;
        let Value::Object(fields) = parsed else { return Err(unreadable()) };
        for (name, value) in fields {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
            };
            self.values.insert(name, text);
        }
        Ok(())
    }

    async fn add_multipart(&mut self, mut parts: Multipart) -> Result<(), Refusal> {
        while let Some(part) = parts.next_field().await.map_err(|_| unreadable())? {
            let field = part.name().unwrap_or("").to_owned();
            let file = part.file_name().map(str::to_owned);
            let mime = part.content_type().unwrap_or("application/octet-stream").to_owned();
            let bytes = part.bytes().await.map_err(|_| too_large())?;
            match file {
                Some(name) => {
                    self.files.insert(field, Upload { name, mime, bytes });
                }
                None => {
                    self.values.insert(field, String::from_utf8_lossy(&bytes).into_owned());
                }
            }
        }
        Ok(())
    }

    /// The text of a parameter; empty when it was not sent, which the real server treats alike.
    pub(super) fn text(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// A whole number; 0 when missing or unreadable, as the real server has it.
    pub(super) fn integer(&self, name: &str) -> i64 {
        self.text(name).trim().parse().unwrap_or(0)
    }

    /// A yes or no.
    pub(super) fn flag(&self, name: &str) -> bool {
        matches!(self.text(name).to_lowercase().as_str(), "true" | "yes" | "1")
    }

    /// A parameter that holds JSON; `None` when it was not sent or cannot be read.
    pub(super) fn json(&self, name: &str) -> Option<Value> {
        serde_json::from_str(self.text(name)).ok()
    }

    /// The uploaded file of a parameter: the form field of that name, or the one its `attach://` value names.
    pub(super) fn upload(&self, name: &str) -> Option<&Upload> {
        let field = self.text(name).strip_prefix("attach://").unwrap_or(name);
        self.files.get(field)
    }
}

fn unreadable() -> Refusal {
    Refusal::bad("can't parse the request body")
}

fn too_large() -> Refusal {
    Refusal::new(413, "Request Entity Too Large")
}
