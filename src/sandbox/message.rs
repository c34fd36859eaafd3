//! One message of a chat, and its Bot API object.

use serde_json::{Value, json};

use super::entities::Formatted;
use super::keyboard::Keyboard;

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Author {
    Bot,
    Person(i64),
    /// An admin in the name of the group: the platform shows a stand-in and the chat, and no person.
    Group,
}

/// Whom the platform names in place of an admin who acts in the name of the group.
/// <https://core.telegram.org/bots/api#message>, `from` and `sender_chat`.
pub(super) fn stand_in() -> Value {
    json!({"id": 1_087_968_824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"})
}

/// A file that came to the sandbox.
#[derive(Debug, Clone)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) mime: String,
    /// Path under `/file/bot<token>/`.
    pub(super) path: String,
    pub(super) bytes: axum::body::Bytes,
    /// Width and height in pixels, when it is a picture.
    pub(super) pixels: Option<(u32, u32)>,
}

impl File {
    /// The part every file object of the Bot API shares.
    pub(super) fn wire(&self) -> Value {
        let unique = self.id.chars().rev().take(12).collect::<String>();
        json!({"file_id": self.id, "file_unique_id": unique, "file_size": self.bytes.len()})
    }

    fn document(&self) -> Value {
        let mut wire = self.wire();
        wire["file_name"] = json!(self.name);
        wire["mime_type"] = json!(self.mime);
        wire
    }

    fn photo(&self) -> Value {
        let mut wire = self.wire();
        let (width, height) = self.pixels.unwrap_or((1, 1));
        wire["width"] = json!(width);
        wire["height"] = json!(height);
        json!([wire])
    }
}

/// What a message holds beside its words.
#[derive(Debug, Clone)]
pub(super) enum Content {
    Text,
    Document(File),
    Photo(File),
    /// A service message: its Bot API fields, and what people see in its place.
    Service {
        fields: Value,
        notice: String,
    },
}

impl Content {
    /// Whether the words are a caption.
    pub(super) fn has_caption(&self) -> bool {
        match self {
            Self::Document(_) | Self::Photo(_) => true,
            Self::Text | Self::Service { .. } => false,
        }
    }
}

/// One message. Instants are UTC milliseconds.
#[derive(Debug, Clone)]
pub(super) struct Message {
    pub(super) id: i64,
    pub(super) author: Author,
    pub(super) at: i64,
    pub(super) edited_at: Option<i64>,
    pub(super) deleted_at: Option<i64>,
    /// Topic of a forum.
    pub(super) thread: Option<i64>,
    pub(super) reply_to: Option<i64>,
    pub(super) body: Formatted,
    pub(super) keyboard: Option<Keyboard>,
    pub(super) content: Content,
    /// Place in the ledger's list of what was sent; `None` for what people wrote.
    pub(super) sent: Option<usize>,
    /// The Bot API object as text, kept ready because every press carries it.
    pub(super) wire: String,
}

impl Message {
    /// The Bot API object. `from` and `chat` are the JSON objects of author and chat, `quoted` that of the message
    /// replied to.
    pub(super) fn to_wire(&self, from: &Value, chat: &Value, quoted: Option<Value>) -> Value {
        let mut wire = json!({"message_id": self.id, "from": from, "chat": chat, "date": self.at / 1000});
        match self.author {
            Author::Group => wire["sender_chat"] = chat.clone(),
            Author::Bot | Author::Person(_) => {}
        }
        if let Some(at) = self.edited_at {
            wire["edit_date"] = json!(at / 1000);
        }
        if let Some(thread) = self.thread {
            wire["message_thread_id"] = json!(thread);
            wire["is_topic_message"] = json!(true);
        }
        if let Some(quoted) = quoted {
            wire["reply_to_message"] = quoted;
        }
        let words = if self.content.has_caption() { ("caption", "caption_entities") } else { ("text", "entities") };
        if !self.body.text.is_empty() {
            wire[words.0] = json!(self.body.text);
        }
        if !self.body.entities.is_empty() {
            wire[words.1] = json!(self.body.entities);
        }
        if let Some(keyboard) = &self.keyboard {
            wire["reply_markup"] = keyboard.wire();
        }
        match &self.content {
            Content::Text => {}
            Content::Document(file) => wire["document"] = file.document(),
            Content::Photo(file) => wire["photo"] = file.photo(),
            Content::Service { fields, .. } => {
                if let (Some(object), Some(more)) = (wire.as_object_mut(), fields.as_object()) {
                    object.extend(more.clone());
                }
            }
        }
        wire
    }
}
