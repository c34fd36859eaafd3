//! Chat platforms behind one closed enum. A new platform is a new variant, and every `match` that must know of it
//! stops compiling until it does. Nothing here knows the database, and nothing here words a sentence for people.
//!
//! Accounts, chats, topics and messages carry the platform's own ids as strings, because that is what platforms use.

/// What can go wrong in a call, sorted by what the caller must do about it.
pub mod error;
/// What comes in, in words every platform shares.
pub mod inbound;
/// What goes out, in words every platform shares.
pub mod outgoing;
/// Telegram, by the Bot API.
pub mod telegram;

pub use error::{Conflict, Fault, FaultKind, GoneReason, PollError, Refusal, RefusalKind, SendError, SetupError};
pub use inbound::{Filed, GroupGone, GroupSeen, Inbound, Migrated, Place, Press, RawUpdate, Reachable, Said, Sender};
pub use outgoing::{Address, Answered, Deleted, Document, Edited, Receipt, Style};

use crate::message::outgoing::{Answer, Outgoing};

/// One connected chat platform.
#[derive(Debug, Clone)]
pub enum Channel {
    Telegram(telegram::Telegram),
}

impl Channel {
    /// The platform's name as stored in the `channel` table.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Telegram(_) => telegram::KIND,
        }
    }

    /// Whether the platform takes our token: one call that changes nothing.
    pub async fn check(&self) -> Result<(), SendError> {
        match self {
            Self::Telegram(telegram) => telegram.get_me().await.map(drop),
        }
    }

    /// Sends one message: one network call, never repeated by itself.
    pub async fn send(&self, to: &Address, what: &Outgoing, style: Style) -> Result<Receipt, SendError> {
        match self {
            Self::Telegram(telegram) => telegram.send(to, what, style).await,
        }
    }

    /// Sends a file.
    pub async fn send_document(&self, to: &Address, document: &Document) -> Result<Receipt, SendError> {
        match self {
            Self::Telegram(telegram) => telegram.send_document(to, document).await,
        }
    }

    /// Replaces the text and the buttons of a message sent earlier.
    pub async fn edit(&self, at: &Address, message_id: &str, what: &Outgoing) -> Result<Edited, SendError> {
        match self {
            Self::Telegram(telegram) => telegram.edit(at, message_id, what).await,
        }
    }

    /// Takes back a message sent earlier.
    pub async fn delete(&self, at: &Address, message_id: &str) -> Result<Deleted, SendError> {
        match self {
            Self::Telegram(telegram) => telegram.delete(at, message_id).await,
        }
    }

    /// Leaves a group.
    pub async fn leave(&self, chat: &str) -> Result<(), SendError> {
        match self {
            Self::Telegram(telegram) => telegram.leave_chat(chat).await,
        }
    }

    /// Answers a press. Platforms wait seconds for it, so it goes out right after the commit and is not paced.
    pub async fn answer(&self, callback_id: &str, answer: &Answer) -> Result<Answered, SendError> {
        match self {
            Self::Telegram(telegram) => telegram.answer(callback_id, answer).await,
        }
    }

    /// The answer to a press as JSON for the reply to the request that brought it, where the platform takes it from there.
    pub fn answer_in_reply(&self, callback_id: &str, answer: &Answer) -> Vec<u8> {
        match self {
            Self::Telegram(_) => telegram::Telegram::answer_in_reply(callback_id, answer),
        }
    }

    /// Reads a stored raw update. Never fails: what is not understood is [`Inbound::Other`].
    pub fn read(&self, raw: &str) -> Inbound {
        match self {
            Self::Telegram(_) => telegram::inbound::read(raw),
        }
    }
}
