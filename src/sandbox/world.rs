//! The people, chats and messages of the sandbox, and what the bot may reach in them.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use super::clock::Time;
use super::faults::Faults;
use super::ledger::Ledger;
use super::limits::Limits;
use super::load::Load;
use super::message::{Author, File, Message, stand_in};
use super::people::FIRST_PERSON_ID;
use super::refusal::Refusal;
use super::updates::{Kind, Origin, Updates};
use super::webhook::Webhook;

/// The bot the sandbox plays server for.
pub(super) struct Bot {
    pub(super) id: i64,
    pub(super) token: String,
    pub(super) username: String,
    /// Commands by scope and language, as `setMyCommands` left them.
    pub(super) commands: BTreeMap<String, Value>,
}

impl Bot {
    pub(super) fn wire(&self) -> Value {
        json!({"id": self.id, "is_bot": true, "first_name": self.username, "username": self.username})
    }
}

/// A person with an account.
pub(super) struct Person {
    pub(super) id: i64,
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
    pub(super) username: Option<String>,
    /// Their Bot API `User` object as text.
    pub(super) wire: String,
    /// Places of their presses that got a visible answer.
    pub(super) toasts: Vec<usize>,
}

impl Person {
    pub(super) fn full_name(&self) -> String {
        match &self.last_name {
            Some(last) => format!("{} {last}", self.first_name),
            None => self.first_name.clone(),
        }
    }

    pub(super) fn to_wire(&self) -> Value {
        let mut wire =
            json!({"id": self.id, "is_bot": false, "first_name": self.first_name, "language_code": "zh-hans"});
        if let Some(last) = &self.last_name {
            wire["last_name"] = json!(last);
        }
        if let Some(username) = &self.username {
            wire["username"] = json!(username);
        }
        wire
    }
}

/// Kind of a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChatKind {
    Private,
    Group,
    Supergroup,
    /// A supergroup with topics.
    Forum,
}

impl ChatKind {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Private => "private",
            Self::Group => "group",
            Self::Supergroup | Self::Forum => "supergroup",
        }
    }
}

/// Standing of a person or the bot in a chat. In a private chat the bot is `Absent` until Start is pressed and `Kicked`
/// while it is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Absent,
    Member,
    Administrator,
    Creator,
    Left,
    Kicked,
}

impl Standing {
    pub(super) fn is_inside(self) -> bool {
        match self {
            Self::Member | Self::Administrator | Self::Creator => true,
            Self::Absent | Self::Left | Self::Kicked => false,
        }
    }

    pub(super) fn is_admin(self) -> bool {
        match self {
            Self::Administrator | Self::Creator => true,
            Self::Absent | Self::Member | Self::Left | Self::Kicked => false,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Administrator => "administrator",
            Self::Creator => "creator",
            Self::Absent | Self::Left => "left",
            Self::Kicked => "kicked",
        }
    }

    /// The Bot API `ChatMember` object.
    pub(super) fn wire(self, user: &Value) -> Value {
        let mut wire = json!({"user": user, "status": self.name()});
        match self {
            Self::Kicked => wire["until_date"] = json!(0),
            Self::Creator => wire["is_anonymous"] = json!(false),
            Self::Administrator => {
                for right in ADMIN_RIGHTS {
                    wire[right] = json!(true);
                }
                for right in ["is_anonymous", "can_promote_members", "can_post_stories", "can_edit_stories"] {
                    wire[right] = json!(false);
                }
                wire["can_delete_stories"] = json!(false);
            }
            Self::Absent | Self::Member | Self::Left => {}
        }
        wire
    }
}

const ADMIN_RIGHTS: [&str; 9] = [
    "can_be_edited",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
];

/// A topic of a forum.
#[derive(Debug, Clone)]
pub(super) struct Topic {
    pub(super) name: String,
    pub(super) closed: bool,
}

/// A chat: private, group or supergroup.
pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: ChatKind,
    pub(super) title: String,
    pub(super) bot: Standing,
    pub(super) members: BTreeMap<i64, Standing>,
    pub(super) topics: BTreeMap<i64, Topic>,
    /// The supergroup this group became.
    pub(super) migrated_to: Option<i64>,
    pub(super) messages: BTreeMap<i64, Message>,
    /// The Bot API `Chat` object.
    pub(super) wire: Value,
}

impl Chat {
    /// A message that has not been deleted.
    pub(super) fn message(&self, id: i64) -> Option<&Message> {
        self.messages.get(&id).filter(|message| message.deleted_at.is_none())
    }
}

/// Everything the sandbox knows.
pub(super) struct World {
    pub(super) bot: Bot,
    pub(super) time: Time,
    pub(super) people: HashMap<i64, Person>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) files: Vec<File>,
    pub(super) updates: Updates,
    pub(super) webhook: Webhook,
    pub(super) ledger: Ledger,
    pub(super) faults: Faults,
    pub(super) limits: Limits,
    pub(super) load: Load,
    /// Message ids of private chats and basic groups come from one counter, as in the real server.
    shared_message_id: i64,
    /// Where the search for a free id begins for people who are not given one.
    pub(super) next_person: i64,
}

impl World {
    pub(super) fn new(bot: Bot, time: Time) -> Self {
        Self {
            bot,
            time,
            people: HashMap::new(),
            chats: BTreeMap::new(),
            files: Vec::new(),
            updates: Updates::default(),
            webhook: Webhook::default(),
            ledger: Ledger::default(),
            faults: Faults::default(),
            limits: Limits::default(),
            load: Load::default(),
            shared_message_id: 0,
            next_person: FIRST_PERSON_ID,
        }
    }

    pub(super) fn now(&self) -> i64 {
        self.time.now_ms()
    }

    /// The chat a call names, if the bot may write there. Public `@names` do not exist here, so only numbers are found.
    pub(super) fn writable(&self, chat_id: &str) -> Result<i64, Refusal> {
        if chat_id.is_empty() {
            return Err(Refusal::bad("chat_id is empty"));
        }
        let id = chat_id.parse::<i64>().ok();
        let chat = id.and_then(|id| self.chats.get(&id)).ok_or_else(|| Refusal::bad("chat not found"))?;
        if let Some(supergroup) = chat.migrated_to {
            let refusal = Refusal::bad("group chat was upgraded to a supergroup chat");
            return Err(Refusal { parameters: Some(json!({"migrate_to_chat_id": supergroup})), ..refusal });
        }
        let refused = match (chat.kind, chat.bot) {
            (_, Standing::Member | Standing::Administrator | Standing::Creator) => return Ok(chat.id),
            (ChatKind::Private, Standing::Absent | Standing::Left) => "bot can't initiate conversation with a user",
            (ChatKind::Private, Standing::Kicked) => "bot was blocked by the user",
            (ChatKind::Group, Standing::Kicked) => "bot was kicked from the group chat",
            (ChatKind::Group, Standing::Left) => "bot is not a member of the group chat",
            (ChatKind::Supergroup | ChatKind::Forum, Standing::Kicked) => "bot was kicked from the supergroup chat",
            (ChatKind::Supergroup | ChatKind::Forum, Standing::Left) => "bot is not a member of the supergroup chat",
            (ChatKind::Group | ChatKind::Supergroup | ChatKind::Forum, Standing::Absent) => {
                return Err(Refusal::bad("chat not found"));
            }
        };
        Err(Refusal::forbidden(refused))
    }

    /// Refuses unless a person can hide behind the group: an admin of a supergroup.
    pub(super) fn may_hide(&self, user: i64, chat: i64) -> Result<(), String> {
        let hides = self.chats.get(&chat).is_some_and(|chat| {
            matches!(chat.kind, ChatKind::Supergroup | ChatKind::Forum)
                && chat.members.get(&user).is_some_and(|standing| standing.is_admin())
        });
        if hides { Ok(()) } else { Err(format!("person {user} is no admin of supergroup {chat}")) }
    }

    /// The JSON object of an author.
    pub(super) fn author_wire(&self, author: Author) -> Value {
        match author {
            Author::Bot => self.bot.wire(),
            Author::Person(id) => self.people.get(&id).map_or(Value::Null, Person::to_wire),
            Author::Group => stand_in(),
        }
    }

    /// Gives the message an id, makes its object and puts it in the chat. Gives back the id.
    pub(super) fn post(&mut self, chat_id: i64, mut message: Message) -> i64 {
        let Some(chat) = self.chats.get(&chat_id) else { return 0 };
        let id = match chat.kind {
            ChatKind::Private | ChatKind::Group => {
                self.shared_message_id += 1;
                self.shared_message_id
            }
            ChatKind::Supergroup | ChatKind::Forum => chat.messages.last_key_value().map_or(1, |(last, _)| last + 1),
        };
        message.id = id;
        if let Some(chat) = self.chats.get_mut(&chat_id) {
            chat.messages.insert(id, message);
        }
        self.rewire(chat_id, id);
        id
    }

    /// Makes a message's Bot API object anew after a change.
    pub(super) fn rewire(&mut self, chat_id: i64, id: i64) {
        let Some(chat) = self.chats.get(&chat_id) else { return };
        let Some(message) = chat.messages.get(&id) else { return };
        let quoted = message.reply_to.and_then(|quoted| chat.message(quoted)).map(|quoted| {
            let mut wire = quoted.to_wire(&self.author_wire(quoted.author), &chat.wire, None);
            if let Some(fields) = wire.as_object_mut() {
                fields.remove("reply_markup");
            }
            wire
        });
        let wire = message.to_wire(&self.author_wire(message.author), &chat.wire, quoted).to_string();
        if let Some(message) = self.chats.get_mut(&chat_id).and_then(|chat| chat.messages.get_mut(&id)) {
            message.wire = wire;
        }
    }

    /// Changes the bot's standing and tells it, as `my_chat_member` does. `by` is the person who did it.
    pub(super) fn set_bot(&mut self, chat_id: i64, standing: Standing, by: i64) {
        let now = self.now();
        let bot = self.bot.wire();
        let by = self.people.get(&by).map_or_else(|| bot.clone(), Person::to_wire);
        let Some(chat) = self.chats.get_mut(&chat_id) else { return };
        let before = std::mem::replace(&mut chat.bot, standing);
        if before == standing {
            return;
        }
        let body = json!({
            "chat": chat.wire, "from": by, "date": now / 1000,
            "old_chat_member": before.wire(&bot), "new_chat_member": standing.wire(&bot),
        });
        let origin = Origin { kind: Kind::MyChatMember, line: chat_id, press: None };
        self.updates.push(now, origin, &body.to_string());
    }
}
