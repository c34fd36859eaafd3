//! Request bodies. Rare calls use the payload types of the Bot API library; the answer to a press and the poll are
//! small borrowed structs, because one is on the hot path and the other needs 64-bit offsets.

use reqwest::Url;
use serde::Serialize;
use teloxide::{
    payloads::{
        DeleteMessage, EditMessageText, EditMessageTextSetters as _, SendMessage, SendMessageSetters as _,
        SetMyCommands, SetMyCommandsSetters as _,
    },
    types::{
        BotCommand, BotCommandScope, ChatId, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions, MessageId,
        ParseMode, Recipient, ThreadId,
    },
};

use super::{Command, CommandScope, html};
use crate::channel::{Address, Refusal, RefusalKind, SendError, Style};
use crate::message::outgoing::{Answer, Button, Emphasis, Outgoing};

/// Telegram's number for a forum's first topic. Messages to it are refused when they name it.
const GENERAL_TOPIC: i32 = 1;

#[derive(Serialize)]
pub(super) struct GetUpdates<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) offset: Option<i64>,
    /// Seconds.
    pub(super) timeout: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) allowed_updates: Option<&'a [&'a str]>,
}

#[derive(Serialize)]
pub(super) struct AnswerCallbackQuery<'a> {
    callback_query_id: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    text: &'a str,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    show_alert: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
}

/// A call that the platform takes out of the reply to an update it brought.
#[derive(Serialize)]
pub(super) struct AnswerInReply<'a> {
    method: &'static str,
    #[serde(flatten)]
    answer: AnswerCallbackQuery<'a>,
}

/// Never drops pending updates, see [`DeleteWebhook`].
#[derive(Serialize)]
pub(super) struct SetWebhook<'a> {
    pub(super) url: &'a str,
    pub(super) secret_token: &'a str,
    pub(super) max_connections: u8,
    /// Always named: left out, an older list would stay in force unnoticed.
    pub(super) allowed_updates: &'a [&'a str],
}

#[derive(Serialize)]
pub(super) struct Nothing {}

/// Never drops pending updates: they may be presses nobody has stored yet.
#[derive(Serialize)]
pub(super) struct DeleteWebhook {
    pub(super) drop_pending_updates: bool,
}

pub(super) fn answer<'a>(callback_id: &'a str, answer: &'a Answer) -> AnswerCallbackQuery<'a> {
    AnswerCallbackQuery {
        callback_query_id: callback_id,
        text: &answer.text,
        show_alert: answer.emphasis == Emphasis::Alert,
        url: answer.open.as_deref(),
    }
}

pub(super) fn answer_in_reply<'a>(callback_id: &'a str, given: &'a Answer) -> AnswerInReply<'a> {
    AnswerInReply { method: "answerCallbackQuery", answer: answer(callback_id, given) }
}

pub(super) fn send(to: &Address, what: &Outgoing, style: Style) -> Result<SendMessage, SendError> {
    let payload = match style {
        Style::Styled => SendMessage::new(chat(&to.chat)?, html::styled(&what.text)).parse_mode(ParseMode::Html),
        Style::Plain => SendMessage::new(chat(&to.chat)?, html::plain(&what.text)),
    };
    let mut payload = payload.link_preview_options(no_preview());
    payload.message_thread_id = thread(to)?.map(|id| ThreadId(MessageId(id)));
    payload.reply_markup = keyboard(&what.buttons)?.map(Into::into);
    Ok(payload)
}

pub(super) fn edit(at: &Address, message_id: &str, what: &Outgoing) -> Result<EditMessageText, SendError> {
    let mut payload = EditMessageText::new(chat(&at.chat)?, message(message_id)?, html::styled(&what.text))
        .parse_mode(ParseMode::Html)
        .link_preview_options(no_preview());
    payload.reply_markup = keyboard(&what.buttons)?;
    Ok(payload)
}

pub(super) fn delete(at: &Address, message_id: &str) -> Result<DeleteMessage, SendError> {
    Ok(DeleteMessage::new(chat(&at.chat)?, message(message_id)?))
}

pub(super) fn commands(scope: &CommandScope, commands: &[Command]) -> Result<SetMyCommands, SendError> {
    let scope = match scope {
        CommandScope::AllPrivate => BotCommandScope::AllPrivateChats,
        CommandScope::AllGroups => BotCommandScope::AllGroupChats,
        CommandScope::Chat(id) => BotCommandScope::Chat { chat_id: chat(id)? },
    };
    let list = commands.iter().map(|c| BotCommand::new(c.name.as_str(), c.description.as_str()));
    Ok(SetMyCommands::new(list).scope(scope))
}

pub(super) fn chat(id: &str) -> Result<Recipient, SendError> {
    id.parse().map(|id| Recipient::Id(ChatId(id))).map_err(|_| malformed("chat id"))
}

/// The topic to name in a message, if any.
pub(super) fn thread(to: &Address) -> Result<Option<i32>, SendError> {
    let Some(id) = &to.thread else { return Ok(None) };
    let id = id.parse().map_err(|_| malformed("topic id"))?;
    Ok((id != GENERAL_TOPIC).then_some(id))
}

fn message(id: &str) -> Result<MessageId, SendError> {
    id.parse().map(MessageId).map_err(|_| malformed("message id"))
}

fn keyboard(rows: &[Vec<Button>]) -> Result<Option<InlineKeyboardMarkup>, SendError> {
    if rows.is_empty() {
        return Ok(None);
    }
    let rows: Result<Vec<Vec<_>>, _> = rows.iter().map(|row| row.iter().map(button).collect()).collect();
    Ok(Some(InlineKeyboardMarkup::new(rows?)))
}

fn button(button: &Button) -> Result<InlineKeyboardButton, SendError> {
    match button {
        Button::Press { label, data } => Ok(InlineKeyboardButton::callback(label.as_str(), data.as_str())),
        Button::Open { label, url } => {
            let url = Url::parse(url).map_err(|_| malformed("button address"))?;
            Ok(InlineKeyboardButton::url(label.as_str(), url))
        }
    }
}

/// A preview would show a foreign page's picture and title under an official text.
fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

/// The value itself stays out: an address may carry a one-time code.
fn malformed(what: &str) -> SendError {
    SendError::Refused(Refusal { kind: RefusalKind::Malformed, text: format!("malformed {what}") })
}
