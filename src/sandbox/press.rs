//! Pressing buttons, in bulk. Every press becomes a ledger entry and an update whose JSON is written once, here.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::keyboard::Keyboard;
use super::ledger::{Press, callback_id};
use super::message::{Author, stand_in};
use super::updates::{Kind, Origin};
use super::world::World;

/// One press to make: a button of the message (by its words or its number, from 0), or raw data as a forged client
/// would send it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPress {
    user: i64,
    chat: i64,
    message_id: i64,
    #[serde(default)]
    button: Option<ButtonRef>,
    #[serde(default)]
    data: Option<Arc<str>>,
    /// In the name of the group, as its admins may.
    #[serde(default)]
    anonymous: bool,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum ButtonRef {
    Number(usize),
    Words(String),
}

impl NewPress {
    /// A press on a button by its number.
    pub(super) fn of_button(user: i64, (chat, message_id): (i64, i64), button: usize) -> Self {
        Self { user, chat, message_id, button: Some(ButtonRef::Number(button)), data: None, anonymous: false }
    }
}

impl World {
    /// Presses buttons: all of them, or none when one is impossible. Gives back the callback ids.
    pub(super) fn press(&mut self, presses: &[NewPress]) -> Result<Vec<String>, String> {
        let mut chosen = Vec::with_capacity(presses.len());
        for (place, press) in presses.iter().enumerate() {
            chosen.push(self.pressed_data(press).map_err(|why| format!("press {place}: {why}"))?);
        }
        let now = self.now();
        Ok(presses.iter().zip(chosen).map(|(press, data)| self.press_one(now, press, data)).collect())
    }

    pub(super) fn pressed_data(&self, press: &NewPress) -> Result<Arc<str>, String> {
        self.person(press.user)?;
        let chat = self.chats.get(&press.chat).ok_or_else(|| format!("no chat {}", press.chat))?;
        if !chat.members.get(&press.user).is_some_and(|standing| standing.is_inside()) {
            return Err(format!("person {} is not in chat {}", press.user, press.chat));
        }
        if press.anonymous {
            self.may_hide(press.user, press.chat)?;
        }
        let message = chat.messages.get(&press.message_id).filter(|message| message.author == Author::Bot);
        let message = message.ok_or_else(|| format!("the bot has no message {} there", press.message_id))?;
        if let Some(data) = &press.data {
            return Ok(data.clone());
        }
        let mut buttons = message.keyboard.iter().flat_map(Keyboard::buttons);
        let button = match &press.button {
            None => return Err("name a button or data".to_owned()),
            Some(ButtonRef::Number(number)) => buttons.nth(*number),
            Some(ButtonRef::Words(words)) => buttons.find(|button| button.text == *words),
        };
        let button = button.ok_or("there is no such button")?;
        button.data.clone().ok_or_else(|| "this button opens a link".to_owned())
    }

    pub(super) fn press_one(&mut self, now: i64, press: &NewPress, data: Arc<str>) -> String {
        let escaped = serde_json::to_string(&*data).unwrap_or_default();
        let NewPress { user, chat, message_id, anonymous, .. } = *press;
        let record = Press { user, chat, message_id, data, at: now, fetched_at: None, answered: None };
        let place = self.ledger.press(record);
        let id = callback_id(place);
        let hidden = anonymous.then(|| stand_in().to_string());
        let person = || self.people.get(&user).map_or("null", |person| person.wire.as_str());
        let from = hidden.as_deref().unwrap_or_else(person);
        let message = self.chats.get(&chat).and_then(|chat| chat.messages.get(&message_id));
        let inaccessible;
        let shown = match message {
            Some(message) if message.deleted_at.is_none() => message.wire.as_str(),
            Some(_) | None => {
                let chat = self.chats.get(&chat).map_or(&Value::Null, |chat| &chat.wire);
                inaccessible = json!({"chat": chat, "message_id": message_id, "date": 0}).to_string();
                inaccessible.as_str()
            }
        };
        // Real instances are opaque numbers that are the same for one chat.
        let instance = chat.wrapping_mul(0x9E37_79B9_7F4A_7C15_u64.cast_signed());
        let body = format!(
            "{{\"id\":\"{id}\",\"from\":{from},\"message\":{shown},\"chat_instance\":\"{instance}\",\"data\":{escaped}}}"
        );
        let origin = Origin { kind: Kind::CallbackQuery, line: user, press: Some(place) };
        self.updates.push(now, origin, &body);
        id
    }
}
