//! Telegram, by the Bot API. The library contributes the types of the API; its client, dispatcher, listener and
//! throttle stay unused, because they confirm updates before they are stored and hide what a failed call means.

use std::{fmt, sync::Arc, time::Duration};

use reqwest::multipart::{Form, Part};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;
use teloxide::payloads::{GetMe, LeaveChat};

use super::{
    Address, Answer, Answered, Deleted, Document, Edited, Outgoing, PollError, RawUpdate, Receipt, Refusal,
    RefusalKind, SendError, SetupError, Style,
};

mod call;
mod classify;
mod direct;
/// Formatted text in Telegram's markup.
pub mod html;
/// Raw updates, read.
pub mod inbound;
mod payload;
/// What the next poll must ask for.
pub mod poll;
#[cfg(test)]
mod tests;

/// The platform's name as stored in the `channel` table.
pub const KIND: &str = "telegram";

/// How to reach the Bot API. No `Debug`: a proxy address may hold a password.
pub struct Settings {
    pub token: SecretString,
    /// `None`: Telegram's own servers. A path prefix is kept.
    pub api_url: Option<String>,
    /// HTTP or SOCKS proxy; `None`: a direct connection, whatever the environment says.
    pub proxy: Option<String>,
    pub timeouts: Timeouts,
}

/// How long calls may take.
#[derive(Debug, Clone, Copy)]
pub struct Timeouts {
    /// Name, TCP, proxy and TLS together. Must stay below `call`, so that a call that runs out of time had a
    /// connection and is rightly in doubt.
    pub connect: Duration,
    /// A whole call, except a poll.
    pub call: Duration,
    /// What a poll gets beyond the time the server was asked to wait.
    pub poll_margin: Duration,
}

impl Default for Timeouts {
    /// 5 s, 15 s and 10 s.
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), call: Duration::from_secs(15), poll_margin: Duration::from_secs(10) }
    }
}

/// One bot. Clones share their connections.
#[derive(Clone)]
pub struct Telegram {
    caller: Arc<call::Caller>,
    poll_margin: Duration,
}

impl fmt::Debug for Telegram {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Telegram").field("caller", &self.caller).finish_non_exhaustive()
    }
}

/// The bot as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Me {
    pub id: String,
    /// Without the @.
    pub username: String,
    /// Whether it may be added to groups.
    pub can_join_groups: bool,
}

/// A command in the chat's menu.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// 1–32 of a–z, 0–9 and _, without the slash.
    pub name: String,
    /// 1–256 characters.
    pub description: String,
}

/// Who sees a list of commands; the narrowest list set for a person wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommandScope {
    AllPrivate,
    AllGroups,
    /// One chat, such as an admin's private one.
    Chat(String),
}

/// Where updates are to be sent.
#[derive(Debug, Clone, Copy)]
pub struct Webhook<'a> {
    /// HTTPS on port 443, 80, 88 or 8443 for Telegram's own servers.
    pub url: &'a str,
    /// Comes back in a header of each request: 1–256 of A–Z, a–z, 0–9, _ and -.
    pub secret: &'a SecretString,
    pub allowed_updates: &'a [&'a str],
    /// 1–100.
    pub max_connections: u8,
}

/// What the server says of the webhook. Its words about the last failure come from the server, not from us.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WebhookInfo {
    /// Empty when none is set.
    pub url: String,
    /// Updates not taken yet.
    #[serde(default)]
    pub pending_update_count: u64,
    pub max_connections: Option<u32>,
    /// Absent: the server's default set.
    pub allowed_updates: Option<Vec<String>>,
    /// Seconds since 1970.
    pub last_error_date: Option<i64>,
    pub last_error_message: Option<String>,
}

/// What most methods answer.
type True = IgnoredAny;

#[derive(Deserialize)]
struct Sent {
    message_id: i64,
}

impl From<Sent> for Receipt {
    fn from(sent: Sent) -> Self {
        Self { message_id: sent.message_id.to_string() }
    }
}

impl Telegram {
    /// Prepares the client; no call is made.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let caller = Arc::new(call::Caller::new(settings)?);
        Ok(Self { caller, poll_margin: settings.timeouts.poll_margin })
    }

    /// Who the token belongs to.
    pub async fn get_me(&self) -> Result<Me, SendError> {
        #[derive(Deserialize)]
        struct User {
            id: i64,
            username: String,
            #[serde(default)]
            can_join_groups: bool,
        }
        let user: User = self.caller.call(&self.caller.methods.get_me, &GetMe::new()).await?;
        Ok(Me { id: user.id.to_string(), username: user.username, can_join_groups: user.can_join_groups })
    }

    /// Takes up to 100 updates, waiting up to `wait` (the server caps it at 50 s) for the first. `offset` confirms all
    /// earlier ones, so it may only name what is committed: [`poll::Poll`] keeps it. `allowed_updates` is sticky on the
    /// server. An update that cannot be read is in the batch like any other, as long as it has a number.
    pub async fn get_updates(
        &self,
        offset: Option<i64>,
        wait: Duration,
        allowed_updates: Option<&[&str]>,
    ) -> Result<Vec<RawUpdate>, PollError> {
        let payload = payload::GetUpdates { offset, timeout: wait.as_secs(), allowed_updates };
        let url = &self.caller.methods.get_updates;
        let batch: Vec<Box<RawValue>> = self.caller.poll(url, &payload, wait + self.poll_margin).await?;
        Ok(batch.into_iter().filter_map(inbound::number).collect())
    }

    /// Sends one message: one call, never repeated here.
    pub async fn send(&self, to: &Address, what: &Outgoing, style: Style) -> Result<Receipt, SendError> {
        let payload = payload::send(to, what, style)?;
        let sent: Sent = self.caller.call(&self.caller.methods.send_message, &payload).await?;
        Ok(sent.into())
    }

    /// Sends a file of up to 50 MB.
    pub async fn send_document(&self, to: &Address, document: &Document) -> Result<Receipt, SendError> {
        // Checked here, so that a wrong id reads the same as in the other methods.
        let mut form = Form::new().text("chat_id", payload::chat(&to.chat)?.to_string());
        if let Some(thread) = payload::thread(to)? {
            form = form.text("message_thread_id", thread.to_string());
        }
        let part = Part::bytes(document.bytes.clone()).file_name(document.file_name.clone());
        let sent: Sent = self.caller.upload(&self.caller.methods.send_document, form.part("document", part)).await?;
        Ok(sent.into())
    }

    /// Replaces the text and the buttons of a message.
    pub async fn edit(&self, at: &Address, message_id: &str, what: &Outgoing) -> Result<Edited, SendError> {
        let payload = payload::edit(at, message_id, what)?;
        match self.caller.call::<IgnoredAny>(&self.caller.methods.edit_message_text, &payload).await {
            Ok(_) => Ok(Edited::Changed),
            Err(SendError::Refused(Refusal { kind: RefusalKind::NotModified, .. })) => Ok(Edited::Unchanged),
            Err(SendError::Refused(Refusal { kind: RefusalKind::EditLost, .. })) => Ok(Edited::Lost),
            Err(error) => Err(error),
        }
    }

    /// Deletes a message; in groups and private chats this works for 48 hours.
    pub async fn delete(&self, at: &Address, message_id: &str) -> Result<Deleted, SendError> {
        let payload = payload::delete(at, message_id)?;
        match self.caller.call::<True>(&self.caller.methods.delete_message, &payload).await {
            Ok(_) => Ok(Deleted::Done),
            Err(SendError::Refused(Refusal { kind: RefusalKind::DeleteLost, .. })) => Ok(Deleted::AlreadyGone),
            Err(SendError::Refused(Refusal { kind: RefusalKind::DeleteTooOld, .. })) => Ok(Deleted::TooOld),
            Err(error) => Err(error),
        }
    }

    /// Answers a press. The person's client waits about 10 s for it.
    pub async fn answer(&self, callback_id: &str, answer: &Answer) -> Result<Answered, SendError> {
        let payload = payload::answer(callback_id, answer);
        match self.caller.answer::<True>(&payload).await {
            Ok(_) => Ok(Answered::Shown),
            Err(SendError::Refused(Refusal { kind: RefusalKind::PressTooOld, .. })) => Ok(Answered::TooLate),
            Err(error) => Err(error),
        }
    }

    /// The answer to a press as the body of the reply to the request that brought it: the server does the call it holds.
    pub fn answer_in_reply(callback_id: &str, answer: &Answer) -> Vec<u8> {
        serde_json::to_vec(&payload::answer_in_reply(callback_id, answer)).unwrap_or_default()
    }

    /// Sets the menu of commands that a scope sees.
    pub async fn set_my_commands(&self, scope: &CommandScope, commands: &[Command]) -> Result<(), SendError> {
        let payload = payload::commands(scope, commands)?;
        self.caller.call::<True>(&self.caller.methods.set_my_commands, &payload).await.map(drop)
    }

    /// Leaves a group or channel.
    pub async fn leave_chat(&self, chat: &str) -> Result<(), SendError> {
        let payload = LeaveChat::new(payload::chat(chat)?);
        self.caller.call::<True>(&self.caller.methods.leave_chat, &payload).await.map(drop)
    }

    /// Has updates sent to an address. Those that wait are sent too. The server takes one such call a second.
    pub async fn set_webhook(&self, hook: &Webhook<'_>) -> Result<(), SendError> {
        let Webhook { url, secret, allowed_updates, max_connections } = *hook;
        let secret_token = secret.expose_secret();
        let payload = payload::SetWebhook { url, secret_token, max_connections, allowed_updates };
        self.caller.call::<True>(&self.caller.methods.set_webhook, &payload).await.map(drop)
    }

    /// The webhook as the server knows it.
    pub async fn webhook_info(&self) -> Result<WebhookInfo, SendError> {
        self.caller.call(&self.caller.methods.get_webhook_info, &payload::Nothing {}).await
    }

    /// Removes a webhook so that polling works. Updates not yet fetched are kept.
    pub async fn delete_webhook(&self) -> Result<(), SendError> {
        let payload = payload::DeleteWebhook { drop_pending_updates: false };
        self.caller.call::<True>(&self.caller.methods.delete_webhook, &payload).await.map(drop)
    }
}

/// The address that opens the private chat to a bot and says `/start <code>` there. `code` is at most 64 of
/// A–Z, a–z, 0–9, _ and -.
pub fn start_link(username: &str, code: &str) -> String {
    format!("https://t.me/{username}?start={code}")
}
