//! Inline keyboards: checked as the real server checks them, kept with the markup as it goes back to the client.

use std::sync::Arc;

use serde::Serialize;
use serde_json::{Value, json};

use super::html;
use super::params::Params;
use super::refusal::Refusal;

/// Longest `callback_data` in bytes.
const DATA_BYTES_MAX: usize = 64;
/// Most buttons under one message.
const BUTTONS_MAX: usize = 100;

/// One button as people see it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Button {
    pub(super) text: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) data: Option<Arc<str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) url: Option<String>,
}

/// The buttons under a message.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Keyboard {
    pub(super) rows: Vec<Vec<Button>>,
}

impl Keyboard {
    /// Reads `reply_markup`; `None` when there are no inline buttons (reply keyboards are accepted and not shown).
    pub(super) fn from_params(params: &Params) -> Result<Option<Self>, Refusal> {
        if params.text("reply_markup").is_empty() {
            return Ok(None);
        }
        let Some(markup) = params.json("reply_markup") else {
            return Err(Refusal::bad("can't parse reply keyboard markup JSON object"));
        };
        if !markup.is_object() {
            return Err(Refusal::bad("object expected as reply markup"));
        }
        let Some(given) = markup.get("inline_keyboard") else { return Ok(None) };
        let shape = || Refusal::bad("field \"inline_keyboard\" must be an Array of Arrays");
        let mut rows = Vec::new();
        for row in given.as_array().ok_or_else(shape)? {
            let buttons = row.as_array().ok_or_else(shape)?;
            let row: Vec<Button> = buttons.iter().map(button).collect::<Result<_, _>>()?;
            if !row.is_empty() {
                rows.push(row);
            }
        }
        if rows.iter().map(Vec::len).sum::<usize>() > BUTTONS_MAX {
            return Err(Refusal::bad("reply markup is too long"));
        }
        Ok((!rows.is_empty()).then_some(Self { rows }))
    }

    /// The markup as it stands in a message object.
    pub(super) fn wire(&self) -> Value {
        let row = |row: &Vec<Button>| -> Vec<Value> { row.iter().map(Button::wire).collect() };
        json!({"inline_keyboard": self.rows.iter().map(row).collect::<Vec<_>>()})
    }

    /// Every button in reading order.
    pub(super) fn buttons(&self) -> impl Iterator<Item = &Button> {
        self.rows.iter().flatten()
    }
}

impl Button {
    fn wire(&self) -> Value {
        match (&self.data, &self.url) {
            (Some(data), _) => json!({"text": self.text, "callback_data": &**data}),
            (None, url) => json!({"text": self.text, "url": url}),
        }
    }
}

fn button(given: &Value) -> Result<Button, Refusal> {
    let wrong = |why: &str| Refusal::bad(&format!("can't parse inline keyboard button: {why}"));
    let object = given.as_object().ok_or_else(|| wrong("InlineKeyboardButton must be an Object"))?;
    let text = match object.get("text") {
        None => return Err(wrong("Can't find field \"text\"")),
        Some(text) => text.as_str().ok_or_else(|| wrong("Field \"text\" must be of type String"))?,
    };
    let field = |name: &str| object.get(name).and_then(Value::as_str).filter(|value| !value.is_empty());
    if text.trim().is_empty() {
        return Err(Refusal::bad("text buttons are unallowed in the inline keyboard"));
    }
    let text = text.to_owned();
    if let Some(url) = field("url") {
        return match html::address(url) {
            Some(url) => Ok(Button { text, data: None, url: Some(url) }),
            None => {
                Err(Refusal::bad(&format!("inline keyboard button URL '{url}' is invalid: Wrong HTTP URL specified")))
            }
        };
    }
    match field("callback_data") {
        Some(data) if data.len() > DATA_BYTES_MAX => Err(Refusal::bad("BUTTON_DATA_INVALID")),
        Some(data) => Ok(Button { text, data: Some(data.into()), url: None }),
        None => Err(wrong("Text buttons are unallowed in the inline keyboard")),
    }
}
