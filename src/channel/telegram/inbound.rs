//! Raw updates, read. Only the fields the program acts on are looked at: the API library's `Update` gives up a whole
//! press when one unrelated field has a new shape, and panics on a forged poll answer. Its types check these in tests.

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use crate::channel::{
    Filed, GroupGone, GroupSeen, Inbound, Migrated, Place, Press, RawUpdate, Reachable, Said, Sender,
};

/// The kinds of updates [`read`] understands, for `allowed_updates`.
pub const WANTED: &[&str] = &["message", "callback_query", "my_chat_member"];

/// Stand-ins Telegram uses as the sender where an older client expects a person: an anonymous group admin, a channel,
/// a channel's linked group. <https://core.telegram.org/bots/api#message>, `from` and `sender_chat`.
const STAND_INS: [i64; 3] = [1_087_968_824, 136_817_688, 777_000];

/// Reads one raw update. Never panics and never fails: what is not understood is [`Inbound::Other`].
pub fn read(raw: &str) -> Inbound {
    understood(raw).unwrap_or(Inbound::Other)
}

/// Takes the number out of an update and keeps its text as it came. `None` without a number: there is no way to
/// confirm such an update, and the server never sends one.
pub(super) fn number(update: Box<RawValue>) -> Option<RawUpdate> {
    let id = leading_number(update.get()).or_else(|| numbered(update.get()))?;
    Some(RawUpdate { event_id: id.to_string(), id, raw: Box::<str>::from(update).into_string() })
}

/// An update as it was brought to our address. A body that is no JSON is kept as well, as long as a number can be seen in
/// it; `None` without one: it would never be told from another.
pub fn brought(body: &[u8]) -> Option<RawUpdate> {
    // A database takes neither broken text nor the character of number nought.
    let raw = String::from_utf8_lossy(body).replace('\0', "\u{fffd}");
    let id = numbered(&raw).or_else(|| seen_number(&raw))?;
    Some(RawUpdate { event_id: id.to_string(), id, raw })
}

fn numbered(raw: &str) -> Option<i64> {
    #[derive(Deserialize)]
    struct Numbered {
        update_id: i64,
    }
    serde_json::from_str(raw).ok().map(|Numbered { update_id }| update_id)
}

/// The number of an update that is known to be JSON. The server writes it first; then the rest is not gone through for it.
fn leading_number(raw: &str) -> Option<i64> {
    let rest = raw.strip_prefix("{\"update_id\":")?;
    let (number, _) = rest.split_once(',')?;
    number.parse().ok()
}

/// The digits after the name of the number, in what cannot be read whole.
fn seen_number(raw: &str) -> Option<i64> {
    let (_, rest) = raw.split_once("\"update_id\"")?;
    let rest = rest.trim_start().strip_prefix(':')?.trim_start();
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest.get(..end)?.parse().ok()
}

/// An update holds one of these.
#[derive(Deserialize)]
struct Update {
    callback_query: Option<CallbackQuery>,
    message: Option<Written>,
    my_chat_member: Option<ChatMemberUpdated>,
}

#[derive(Deserialize)]
struct CallbackQuery {
    id: String,
    from: User,
    /// Absent only for messages sent through inline mode, which the program never uses.
    message: Pressed,
    /// Absent only on games.
    data: String,
}

/// What an inaccessible message still has in common with a readable one.
#[derive(Deserialize)]
struct Pressed {
    message_id: i64,
    chat: Chat,
}

#[derive(Deserialize)]
struct Written {
    /// Absent on posts of a channel.
    from: Option<User>,
    sender_chat: Option<IgnoredAny>,
    chat: Chat,
    text: Option<String>,
    /// A file of any kind but pictures, sounds and films.
    document: Option<IgnoredAny>,
    message_thread_id: Option<i64>,
    /// Without it `message_thread_id` only says what was replied to.
    #[serde(default)]
    is_topic_message: bool,
    /// Only messages of the same chat; those of others stand in another field.
    reply_to_message: Option<Quoted>,
    migrate_to_chat_id: Option<i64>,
    migrate_from_chat_id: Option<i64>,
}

#[derive(Deserialize)]
struct Quoted {
    message_id: i64,
}

#[derive(Deserialize)]
struct ChatMemberUpdated {
    chat: Chat,
    from: User,
    new_chat_member: Member,
}

#[derive(Deserialize)]
struct Member {
    status: Status,
    /// Told only about restricted members.
    #[serde(default)]
    is_member: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Creator,
    Administrator,
    Member,
    Restricted,
    Left,
    Kicked,
}

#[derive(Deserialize)]
struct User {
    id: i64,
    #[serde(default)]
    is_bot: bool,
}

#[derive(Deserialize)]
struct Chat {
    id: i64,
    #[serde(rename = "type")]
    kind: ChatKind,
    title: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum ChatKind {
    Private,
    Group,
    Supergroup,
    #[serde(other)]
    Elsewhere,
}

impl Chat {
    /// `None` in channels, where nobody can be told from anybody.
    fn place(&self) -> Option<Place> {
        match self.kind {
            ChatKind::Private => Some(Place::Private),
            ChatKind::Group | ChatKind::Supergroup => Some(Place::Group),
            ChatKind::Elsewhere => None,
        }
    }
}

fn understood(raw: &str) -> Option<Inbound> {
    let update: Update = serde_json::from_str(raw).ok()?;
    if let Some(query) = update.callback_query {
        press(query)
    } else if let Some(message) = update.message {
        written(message)
    } else {
        membership(update.my_chat_member?)
    }
}

fn press(query: CallbackQuery) -> Option<Inbound> {
    // An anonymous admin presses as the group's own bot, everyone else as themselves.
    let sender =
        if query.from.is_bot || STAND_INS.contains(&query.from.id) { Sender::Anonymous } else { Sender::Person };
    Some(Inbound::Press(Press {
        callback_id: query.id,
        sender,
        account: query.from.id.to_string(),
        place: query.message.chat.place()?,
        chat: query.message.chat.id.to_string(),
        message_id: query.message.message_id.to_string(),
        data: query.data,
    }))
}

fn written(message: Written) -> Option<Inbound> {
    let here = message.chat.id.to_string();
    match (message.migrate_to_chat_id, message.migrate_from_chat_id) {
        (Some(to), _) => Some(Inbound::Migrated(Migrated { from: here, to: to.to_string() })),
        (None, Some(from)) => Some(Inbound::Migrated(Migrated { from: from.to_string(), to: here })),
        (None, None) => said(message, here),
    }
}

fn said(message: Written, chat: String) -> Option<Inbound> {
    let from = message.from?;
    let sender = if message.sender_chat.is_some() || STAND_INS.contains(&from.id) {
        Sender::Anonymous
    } else if from.is_bot {
        return None;
    } else {
        Sender::Person
    };
    let (account, place) = (from.id.to_string(), message.chat.place()?);
    if message.document.is_some() {
        return Some(Inbound::Filed(Filed { account, sender, chat, place }));
    }
    Some(Inbound::Said(Said {
        account,
        sender,
        place,
        chat,
        thread: message.message_thread_id.filter(|_| message.is_topic_message).map(|id| id.to_string()),
        reply_to: message.reply_to_message.map(|quoted| quoted.message_id.to_string()),
        text: message.text?,
    }))
}

fn membership(change: ChatMemberUpdated) -> Option<Inbound> {
    let inside = match change.new_chat_member.status {
        Status::Creator | Status::Administrator | Status::Member => true,
        Status::Restricted => change.new_chat_member.is_member,
        Status::Left | Status::Kicked => false,
    };
    let (chat, by) = (change.chat.id.to_string(), change.from.id.to_string());
    Some(match (change.chat.place()?, inside) {
        (Place::Private, can_dm) => Inbound::Reachable(Reachable { account: chat, can_dm }),
        (Place::Group, true) => {
            Inbound::GroupSeen(GroupSeen { chat, title: change.chat.title.unwrap_or_default(), by })
        }
        (Place::Group, false) => Inbound::GroupGone(GroupGone { chat, by }),
    })
}

#[cfg(test)]
mod tests;
