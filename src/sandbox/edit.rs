//! Changing and deleting what was sent, and answering presses.

use std::sync::Arc;

use super::entities::utf16;
use super::keyboard::Keyboard;
use super::ledger::{Answer, Edit, buttons, place_of};
use super::message::{Author, Message};
use super::params::Params;
use super::refusal::{Outcome, Refusal};
use super::send::{read_caption, read_text};
use super::world::{ChatKind, World};

/// A message can be deleted for everyone this long.
const DELETE_WINDOW_MS: i64 = 48 * 3_600_000;
/// A press can be answered this long. The real limit is not documented; 15 s is what bots in the field report.
const ANSWER_WINDOW_MS: i64 = 15_000;
/// Longest answer in UTF-16 units.
const ANSWER_MAX: usize = 200;
const NOT_MODIFIED: &str = "message is not modified: specified new message content and reply markup are exactly the \
                            same as a current content and reply markup of the message";
const TOO_OLD: &str = "query is too old and response timeout expired or query ID is invalid";

/// An answer to a press as the client sent it.
pub(super) struct AnswerCall<'a> {
    pub(super) callback_query_id: &'a str,
    pub(super) text: &'a str,
    pub(super) show_alert: bool,
    pub(super) url: &'a str,
}

impl World {
    pub(super) fn edit_text(&mut self, params: &Params) -> Outcome {
        let body = read_text(params)?;
        let keyboard = Keyboard::from_params(params)?;
        let (chat, id) = self.editable(params)?;
        self.edit(chat, id, "editMessageText", |message| {
            if message.content.has_caption() {
                return Err(Refusal::bad("there is no text in the message to edit"));
            }
            message.body = body;
            message.keyboard = keyboard;
            Ok(())
        })
    }

    pub(super) fn edit_caption(&mut self, params: &Params) -> Outcome {
        let body = read_caption(params)?;
        let keyboard = Keyboard::from_params(params)?;
        let (chat, id) = self.editable(params)?;
        self.edit(chat, id, "editMessageCaption", |message| {
            if !message.content.has_caption() {
                return Err(Refusal::bad("there is no caption in the message to edit"));
            }
            message.body = body;
            message.keyboard = keyboard;
            Ok(())
        })
    }

    pub(super) fn edit_markup(&mut self, params: &Params) -> Outcome {
        let keyboard = Keyboard::from_params(params)?;
        let (chat, id) = self.editable(params)?;
        self.edit(chat, id, "editMessageReplyMarkup", |message| {
            message.keyboard = keyboard;
            Ok(())
        })
    }

    /// The message a call wants to edit: there, and the bot's own.
    fn editable(&self, params: &Params) -> Result<(i64, i64), Refusal> {
        let chat = self.writable(params.text("chat_id"))?;
        let id = params.integer("message_id");
        if params.text("message_id").is_empty() {
            return Err(Refusal::bad("message identifier is not specified"));
        }
        let found = self.chats.get(&chat).and_then(|chat| chat.message(id));
        let message = found.ok_or_else(|| Refusal::bad("message to edit not found"))?;
        if message.author == Author::Bot { Ok((chat, id)) } else { Err(Refusal::bad("message can't be edited")) }
    }

    fn edit(
        &mut self,
        chat: i64,
        id: i64,
        method: &'static str,
        change: impl FnOnce(&mut Message) -> Result<(), Refusal>,
    ) -> Outcome {
        let at = self.now();
        let slot = self.chats.get_mut(&chat).and_then(|chat| chat.messages.get_mut(&id));
        let slot = slot.ok_or_else(|| Refusal::bad("message to edit not found"))?;
        let mut changed = slot.clone();
        change(&mut changed)?;
        if changed.body == slot.body && changed.keyboard == slot.keyboard {
            return Err(Refusal::bad(NOT_MODIFIED));
        }
        changed.edited_at = Some(at);
        let edit = Edit { at, method, text: changed.body.text.clone(), buttons: buttons(changed.keyboard.as_ref()) };
        if let Some(sent) = changed.sent.and_then(|place| self.ledger.sent.get_mut(place)) {
            sent.edits.push(edit);
            self.ledger.edits += 1;
        }
        *slot = changed;
        self.rewire(chat, id);
        self.wire_of(chat, id)
    }

    pub(super) fn delete_message(&mut self, params: &Params) -> Outcome {
        let chat_id = self.writable(params.text("chat_id"))?;
        let now = self.now();
        let gone = || Refusal::bad("message to delete not found");
        let chat = self.chats.get_mut(&chat_id).ok_or_else(gone)?;
        let admin = chat.bot.is_admin();
        let private = chat.kind == ChatKind::Private;
        let message = chat.messages.get_mut(&params.integer("message_id")).filter(|m| m.deleted_at.is_none());
        let message = message.ok_or_else(gone)?;
        let own = message.author == Author::Bot;
        if !own && !admin && !private {
            return Err(Refusal::bad("message can't be deleted"));
        }
        if now - message.at > DELETE_WINDOW_MS && !admin {
            return Err(Refusal::bad("message can't be deleted for everyone"));
        }
        message.deleted_at = Some(now);
        if let Some(sent) = message.sent.and_then(|place| self.ledger.sent.get_mut(place)) {
            sent.deleted_at = Some(now);
        }
        Ok("true".to_owned())
    }

    pub(super) fn answer_callback(&mut self, params: &Params) -> Outcome {
        let call = AnswerCall {
            callback_query_id: params.text("callback_query_id"),
            text: params.text("text"),
            show_alert: params.flag("show_alert"),
            url: params.text("url"),
        };
        self.answer(&call).map(|()| "true".to_owned())
    }

    /// Answers a press: once, and while the client still waits.
    pub(super) fn answer(&mut self, call: &AnswerCall<'_>) -> Result<(), Refusal> {
        if call.text.len() > ANSWER_MAX && utf16(call.text) > ANSWER_MAX {
            return Err(Refusal::bad("MESSAGE_TOO_LONG"));
        }
        if !call.url.is_empty() && !self.is_own_link(call.url) {
            return Err(Refusal::bad("URL_INVALID"));
        }
        let now = self.now();
        let text = (!call.text.is_empty()).then(|| self.ledger.intern(call.text));
        let url: Option<Arc<str>> = (!call.url.is_empty()).then(|| call.url.into());
        let place = place_of(call.callback_query_id);
        let press = place.and_then(|place| self.ledger.pressed.get_mut(place));
        let press = press.filter(|press| press.answered.is_none() && now - press.at <= ANSWER_WINDOW_MS);
        let Some(press) = press else { return Err(Refusal::bad(TOO_OLD)) };
        let visible = text.is_some() || url.is_some();
        press.answered = Some(Box::new(Answer { at: now, text, show_alert: call.show_alert, url }));
        let user = press.user;
        self.ledger.answers += 1;
        if let (true, Some(place), Some(person)) = (visible, place, self.people.get_mut(&user)) {
            person.toasts.push(place);
        }
        if let Some(place) = place {
            self.load_answered(place);
        }
        Ok(())
    }

    /// Answers may open only the bot's own deep links.
    fn is_own_link(&self, url: &str) -> bool {
        let link = url.trim_start_matches("https://").trim_start_matches("http://");
        link.starts_with(&format!("t.me/{}?start=", self.bot.username))
    }
}
