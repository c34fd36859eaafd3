//! Sending: text, documents, pictures.

use super::entities::{Formatted, utf16};
use super::keyboard::Keyboard;
use super::ledger::{Sent, buttons};
use super::message::{Author, Content, File, Message};
use super::params::Params;
use super::refusal::{Outcome, Refusal};
use super::world::{ChatKind, World};

/// Longest text in UTF-16 units, after the markup is parsed.
pub(super) const TEXT_MAX: usize = 4096;
/// Longest caption in UTF-16 units.
pub(super) const CAPTION_MAX: usize = 1024;
/// Largest document in bytes (cloud server).
const DOCUMENT_BYTES_MAX: usize = 50 * 1024 * 1024;
/// Largest picture in bytes.
const PHOTO_BYTES_MAX: usize = 10 * 1024 * 1024;
/// Largest width plus height of a picture.
const PHOTO_PIXELS_MAX: u32 = 10_000;

impl World {
    pub(super) fn send_message(&mut self, params: &Params) -> Outcome {
        let body = read_text(params)?;
        self.send(params, "sendMessage", body, Content::Text)
    }

    pub(super) fn send_document(&mut self, params: &Params) -> Outcome {
        let body = read_caption(params)?;
        let file = self.file_of(params, "document")?;
        if file.bytes.len() > DOCUMENT_BYTES_MAX {
            return Err(Refusal::new(413, "Request Entity Too Large"));
        }
        self.send(params, "sendDocument", body, Content::Document(file))
    }

    pub(super) fn send_photo(&mut self, params: &Params) -> Outcome {
        let body = read_caption(params)?;
        let file = self.file_of(params, "photo")?;
        let (width, height) = file.pixels.ok_or_else(|| Refusal::bad("IMAGE_PROCESS_FAILED"))?;
        if file.bytes.len() > PHOTO_BYTES_MAX {
            return Err(Refusal::bad("file is too big"));
        }
        let thin = width.max(height) > 20 * width.min(height).max(1);
        if width.saturating_add(height) > PHOTO_PIXELS_MAX || thin {
            return Err(Refusal::bad("PHOTO_INVALID_DIMENSIONS"));
        }
        self.send(params, "sendPhoto", body, Content::Photo(file))
    }

    fn send(&mut self, params: &Params, method: &'static str, body: Formatted, content: Content) -> Outcome {
        let keyboard = Keyboard::from_params(params)?;
        let chat = self.writable(params.text("chat_id"))?;
        let thread = self.thread_of(chat, params.integer("message_thread_id"))?;
        let reply_to = self.quoted(chat, params)?;
        let at = self.now();
        let file = match &content {
            Content::Document(file) | Content::Photo(file) => Some(file.name.clone()),
            Content::Text | Content::Service { .. } => None,
        };
        let record = Sent {
            chat,
            thread,
            message_id: 0,
            at,
            method,
            text: body.text.clone(),
            file,
            buttons: buttons(keyboard.as_ref()),
            edits: Vec::new(),
            deleted_at: None,
            accepted_but_unanswered: false,
        };
        let sent = Some(self.ledger.sent.len());
        let message = Message {
            id: 0,
            author: Author::Bot,
            at,
            edited_at: None,
            deleted_at: None,
            thread,
            reply_to,
            body,
            keyboard,
            content,
            sent,
            wire: String::new(),
        };
        let message_id = self.post(chat, message);
        self.ledger.sent.push(Sent { message_id, ..record });
        self.wire_of(chat, message_id)
    }

    /// The ready-made object of a message.
    pub(super) fn wire_of(&self, chat: i64, message: i64) -> Outcome {
        let found = self.chats.get(&chat).and_then(|chat| chat.messages.get(&message));
        found.map(|message| message.wire.clone()).ok_or_else(|| Refusal::bad("message not found"))
    }

    /// Checks the topic a call names. The General topic is reached by leaving the number out.
    fn thread_of(&self, chat: i64, thread: i64) -> Result<Option<i64>, Refusal> {
        if thread == 0 {
            return Ok(None);
        }
        let topic = self
            .chats
            .get(&chat)
            .filter(|chat| chat.kind == ChatKind::Forum)
            .and_then(|chat| chat.topics.get(&thread))
            .ok_or_else(|| Refusal::bad("message thread not found"))?;
        if topic.closed { Err(Refusal::bad("TOPIC_CLOSED")) } else { Ok(Some(thread)) }
    }

    fn quoted(&self, chat: i64, params: &Params) -> Result<Option<i64>, Refusal> {
        let reply = params.json("reply_parameters");
        let old_way = params.integer("reply_to_message_id");
        let wanted = reply.as_ref().and_then(|reply| reply["message_id"].as_i64()).unwrap_or(old_way);
        if wanted == 0 {
            return Ok(None);
        }
        if self.chats.get(&chat).is_some_and(|chat| chat.message(wanted).is_some()) {
            return Ok(Some(wanted));
        }
        let lenient = reply.is_some_and(|reply| reply["allow_sending_without_reply"] == true);
        if lenient { Ok(None) } else { Err(Refusal::bad("message to be replied not found")) }
    }

    /// The file of a parameter: an upload, or one that was sent before, by its id.
    fn file_of(&mut self, params: &Params, field: &str) -> Result<File, Refusal> {
        if let Some(upload) = params.upload(field) {
            if upload.bytes.is_empty() {
                return Err(Refusal::bad("file must be non-empty"));
            }
            let number = self.files.len() + 1;
            let extension = upload.name.rsplit_once('.').map_or("bin", |(_, extension)| extension);
            let file = File {
                id: format!("BQACAgUAAxkD{number:020}"),
                name: upload.name.clone(),
                mime: upload.mime.clone(),
                path: format!("{field}s/file_{number}.{extension}"),
                bytes: upload.bytes.clone(),
                pixels: pixels(&upload.bytes),
            };
            self.files.push(file.clone());
            return Ok(file);
        }
        let given = params.text(field);
        if given.is_empty() {
            return Err(Refusal::bad(&format!("there is no {field} in the request")));
        }
        let known = self.files.iter().find(|file| file.id == given).cloned();
        known.ok_or_else(|| Refusal::bad("wrong file identifier/HTTP URL specified"))
    }
}

/// The words of a text message.
pub(super) fn read_text(params: &Params) -> Result<Formatted, Refusal> {
    let body = Formatted::from_params(params, "text", "entities")?;
    match utf16(&body.text) {
        0 => Err(Refusal::bad("message text is empty")),
        1..=TEXT_MAX => Ok(body),
        _ => Err(Refusal::bad("message is too long")),
    }
}

/// The words under a file.
pub(super) fn read_caption(params: &Params) -> Result<Formatted, Refusal> {
    let body = Formatted::from_params(params, "caption", "caption_entities")?;
    if utf16(&body.text) > CAPTION_MAX {
        return Err(Refusal::bad("message caption is too long"));
    }
    Ok(body)
}

/// Width and height of a PNG or JPEG; `None` when it is neither.
fn pixels(bytes: &[u8]) -> Option<(u32, u32)> {
    let word = |at: usize| Some(u32::from(u16::from_be_bytes([*bytes.get(at)?, *bytes.get(at + 1)?])));
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        return Some((word(16)? << 16 | word(18)?, word(20)? << 16 | word(22)?));
    }
    if !bytes.starts_with(&[0xff, 0xd8]) {
        return None;
    }
    let mut at = 2;
    loop {
        let marker = *bytes.get(at + 1)?;
        // Start-of-frame markers carry the size; C4, C8 and CC are tables.
        if (0xc0..=0xcf).contains(&marker) && ![0xc4, 0xc8, 0xcc].contains(&marker) {
            return Some((word(at + 7)?, word(at + 5)?));
        }
        at += 2 + usize::try_from(word(at + 2)?).ok()?;
    }
}
