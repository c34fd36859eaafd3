//! What people do: come, found groups, join and leave, add and block the bot, write. The shapes are the
//! bodies of the control routes; errors are sentences for whoever scripts the sandbox.

use std::collections::{BTreeMap, HashSet};

use serde::Deserialize;
use serde_json::{Value, json};

use super::entities::Formatted;
use super::ledger::Said;
use super::message::{Author, Content, File, Message};
use super::updates::{Kind, Origin};
use super::world::{Chat, ChatKind, Person, Standing, Topic, World};

/// First id of people who are not given one.
pub(super) const FIRST_PERSON_ID: i64 = 5_000_000_001;
/// First id of supergroups that are not given one, counted downwards.
const FIRST_SUPERGROUP_ID: i64 = -1_002_000_000_001;
/// First id of basic groups that are not given one, counted downwards.
const FIRST_GROUP_ID: i64 = -4_000_001;

/// A person to create.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewPerson {
    id: Option<i64>,
    first_name: String,
    last_name: Option<String>,
    username: Option<String>,
    /// Has pressed Start already.
    #[serde(default)]
    started: bool,
}

/// A topic by name, with an id of one's own if wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewTopic {
    id: Option<i64>,
    name: String,
}

/// A group to create. The first member is its creator.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChat {
    id: Option<i64>,
    kind: GroupKind,
    title: String,
    #[serde(default)]
    members: Vec<i64>,
    #[serde(default)]
    topics: Vec<NewTopic>,
    /// Standing of the bot; joining is told to it as usual.
    #[serde(default)]
    bot: BotStanding,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum GroupKind {
    Group,
    Supergroup,
    Forum,
}

/// Standings of the bot that can be ordered.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum BotStanding {
    #[default]
    Absent,
    Member,
    Administrator,
    Left,
    Kicked,
}

impl BotStanding {
    pub(super) fn standing(self) -> Standing {
        match self {
            Self::Absent => Standing::Absent,
            Self::Member => Standing::Member,
            Self::Administrator => Standing::Administrator,
            Self::Left => Standing::Left,
            Self::Kicked => Standing::Kicked,
        }
    }
}

/// Whether a person shuts the bot out of their private chat.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Block {
    user: i64,
    blocked: bool,
}

/// Words to say. Without `chat` they go to the private chat with the bot.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NewSaying {
    user: i64,
    chat: Option<i64>,
    text: String,
    thread: Option<i64>,
    reply_to: Option<i64>,
    /// Name of a file that is sent, with the text as its caption; nobody ever fetches what it holds.
    file: Option<String>,
}

impl World {
    fn create_person(&mut self, new: NewPerson) -> Result<i64, String> {
        let id = new.id.unwrap_or_else(|| self.free_person());
        if id <= 0 || self.people.contains_key(&id) {
            return Err(format!("person {id} exists or is no person's id (those are positive)"));
        }
        let NewPerson { first_name, last_name, username, started, .. } = new;
        let mut person = Person { id, first_name, last_name, username, wire: String::new(), toasts: Vec::new() };
        let wire = person.to_wire();
        person.wire = wire.to_string();
        let mut chat_wire = json!({"type": "private"});
        for field in ["id", "first_name", "last_name", "username"] {
            if let Some(value) = wire.get(field) {
                chat_wire[field] = value.clone();
            }
        }
        let mut chat = new_chat(id, ChatKind::Private, person.full_name(), chat_wire);
        chat.members.insert(id, Standing::Member);
        if started {
            chat.bot = Standing::Member;
        }
        self.people.insert(id, person);
        self.chats.insert(id, chat);
        Ok(id)
    }

    /// Creates all of them, or none when one of the ids is taken or named twice.
    pub(super) fn create_people(&mut self, people: Vec<NewPerson>) -> Result<Vec<i64>, String> {
        let mut named = HashSet::new();
        for id in people.iter().filter_map(|new| new.id) {
            if self.people.contains_key(&id) || !named.insert(id) {
                return Err(format!("person {id} exists"));
            }
        }
        people.into_iter().map(|new| self.create_person(new)).collect()
    }

    fn free_person(&mut self) -> i64 {
        while self.people.contains_key(&self.next_person) {
            self.next_person += 1;
        }
        self.next_person
    }

    fn free_chat(&self, first: i64) -> i64 {
        let mut id = first;
        while self.chats.contains_key(&id) {
            id -= 1;
        }
        id
    }

    pub(super) fn create_chat(&mut self, new: NewChat) -> Result<Value, String> {
        let (kind, first) = match new.kind {
            GroupKind::Group => (ChatKind::Group, FIRST_GROUP_ID),
            GroupKind::Supergroup => (ChatKind::Supergroup, FIRST_SUPERGROUP_ID),
            GroupKind::Forum => (ChatKind::Forum, FIRST_SUPERGROUP_ID),
        };
        let id = new.id.unwrap_or_else(|| self.free_chat(first));
        if self.chats.contains_key(&id) || id >= 0 {
            return Err(format!("chat {id} exists or is no group's id (those are negative)"));
        }
        if !new.topics.is_empty() && kind != ChatKind::Forum {
            return Err("only a forum has topics".to_owned());
        }
        let mut wire = json!({"id": id, "title": new.title, "type": kind.name()});
        if kind == ChatKind::Forum {
            wire["is_forum"] = json!(true);
        }
        let mut chat = new_chat(id, kind, new.title, wire);
        for (place, user) in new.members.iter().enumerate() {
            self.person(*user)?;
            chat.members.insert(*user, if place == 0 { Standing::Creator } else { Standing::Member });
        }
        self.chats.insert(id, chat);
        let mut topics = Vec::new();
        for topic in new.topics {
            topics.push(self.create_topic(id, topic)?);
        }
        let standing = new.bot.standing();
        let by = new.members.first().copied().unwrap_or(self.bot.id);
        self.order_bot(id, standing, by)?;
        Ok(json!({"chat": id, "topics": topics}))
    }

    pub(super) fn create_topic(&mut self, chat_id: i64, new: NewTopic) -> Result<i64, String> {
        let chat = self.group(chat_id)?;
        if chat.kind != ChatKind::Forum {
            return Err(format!("chat {chat_id} has no topics"));
        }
        let id = new.id.unwrap_or_else(|| chat.topics.last_key_value().map_or(2, |(last, _)| last + 1).max(2));
        chat.topics.insert(id, Topic { name: new.name, closed: false });
        Ok(id)
    }

    /// A group by its id.
    pub(super) fn group(&mut self, id: i64) -> Result<&mut Chat, String> {
        let found = self.chats.get_mut(&id).filter(|chat| chat.kind != ChatKind::Private);
        found.ok_or_else(|| format!("no group {id}"))
    }

    /// Sets the bot's standing in a group; when it comes in, the group shows so and the bot is told of that too.
    pub(super) fn order_bot(&mut self, chat_id: i64, standing: Standing, by: i64) -> Result<(), String> {
        let was_inside = self.group(chat_id)?.bot.is_inside();
        self.set_bot(chat_id, standing, by);
        if standing.is_inside() && !was_inside {
            let bot = self.bot.wire();
            let fields = json!({"new_chat_members": [bot], "new_chat_member": bot, "new_chat_participant": bot});
            self.serve_notice(chat_id, by, fields, "机器人加入了群组".to_owned());
        }
        Ok(())
    }

    /// People come and go: a service message, and `chat_member` for a bot that is an admin and asked for it.
    pub(super) fn move_member(&mut self, chat_id: i64, user: i64, standing: Standing) -> Result<(), String> {
        let person = self.person(user)?.to_wire();
        let name = self.person(user)?.full_name();
        let now = self.now();
        let chat = self.group(chat_id)?;
        let before = chat.members.insert(user, standing).unwrap_or(Standing::Left);
        let body = json!({
            "chat": chat.wire, "from": person, "date": now / 1000,
            "old_chat_member": before.wire(&person), "new_chat_member": standing.wire(&person),
        });
        let bot = chat.bot;
        let (fields, notice) = if standing.is_inside() {
            (json!({"new_chat_members": [person]}), format!("{name}加入了群组"))
        } else {
            (json!({"left_chat_member": person}), format!("{name}离开了群组"))
        };
        if bot.is_admin() {
            let origin = Origin { kind: Kind::ChatMember, line: user, press: None };
            self.updates.push(now, origin, &body.to_string());
        }
        self.serve_notice(chat_id, user, fields, notice);
        Ok(())
    }

    /// A basic group becomes a supergroup with a new id; both chats say so, and calls to the old id are refused.
    pub(super) fn migrate(&mut self, chat_id: i64) -> Result<i64, String> {
        let new = self.free_chat(FIRST_SUPERGROUP_ID);
        let old = self.group(chat_id)?;
        if old.kind != ChatKind::Group || old.migrated_to.is_some() {
            return Err(format!("chat {chat_id} is no basic group any more"));
        }
        let wire = json!({"id": new, "title": old.title, "type": ChatKind::Supergroup.name()});
        let mut chat = new_chat(new, ChatKind::Supergroup, old.title.clone(), wire);
        (chat.bot, chat.members) = (old.bot, old.members.clone());
        old.migrated_to = Some(new);
        let creator = old.members.iter().find(|(_, standing)| **standing == Standing::Creator).map(|(user, _)| *user);
        let by = creator.unwrap_or(self.bot.id);
        self.chats.insert(new, chat);
        self.serve_notice(chat_id, by, json!({"migrate_to_chat_id": new}), "群组已升级为超级群组".to_owned());
        self.serve_notice(new, by, json!({"migrate_from_chat_id": chat_id}), "群组已升级为超级群组".to_owned());
        Ok(new)
    }

    fn serve_notice(&mut self, chat_id: i64, by: i64, fields: Value, notice: String) {
        let author = if self.people.contains_key(&by) { Author::Person(by) } else { Author::Bot };
        let mut message = plain(author, self.now(), Formatted::default());
        message.content = Content::Service { fields, notice };
        let id = self.post(chat_id, message);
        self.tell_bot(chat_id, id);
    }

    /// Puts a message into the bot's queue if it may see the chat.
    fn tell_bot(&mut self, chat_id: i64, id: i64) -> bool {
        let now = self.now();
        let Some(chat) = self.chats.get(&chat_id).filter(|chat| chat.bot.is_inside()) else { return false };
        let Some(message) = chat.message(id) else { return false };
        self.updates.push(now, Origin { kind: Kind::Message, line: chat_id, press: None }, &message.wire)
    }

    /// A person shuts the bot out of their private chat, or lets it in again.
    pub(super) fn block(&mut self, order: &Block) -> Result<(), String> {
        self.person(order.user)?;
        self.set_bot(order.user, if order.blocked { Standing::Kicked } else { Standing::Member }, order.user);
        Ok(())
    }

    /// A person writes. Writing to the bot is pressing Start, and unblocks it.
    pub(super) fn say(&mut self, new: NewSaying) -> Result<i64, String> {
        let user = self.person(new.user)?.id;
        let chat_id = new.chat.unwrap_or(user);
        let chat = self.chats.get_mut(&chat_id).ok_or_else(|| format!("no chat {chat_id}"))?;
        if !chat.members.get(&user).is_some_and(|standing| standing.is_inside()) {
            return Err(format!("person {user} is not in chat {chat_id}"));
        }
        if let Some(thread) = new.thread.filter(|thread| !chat.topics.contains_key(thread)) {
            return Err(format!("chat {chat_id} has no topic {thread}"));
        }
        let private = chat.kind == ChatKind::Private;
        match chat.bot {
            Standing::Absent if private => chat.bot = Standing::Member,
            Standing::Kicked if private => self.set_bot(chat_id, Standing::Member, user),
            Standing::Absent
            | Standing::Member
            | Standing::Administrator
            | Standing::Creator
            | Standing::Left
            | Standing::Kicked => {}
        }
        let at = self.now();
        let mut message = plain(Author::Person(user), at, Formatted::found_in(&new.text));
        message.thread = new.thread;
        message.reply_to = new.reply_to;
        if let Some(name) = new.file {
            let (id, path) = (format!("said-{user}-{at}"), format!("documents/{name}"));
            let (mime, bytes) = ("application/octet-stream".to_owned(), axum::body::Bytes::new());
            message.content = Content::Document(File { id, name, mime, path, bytes, pixels: None });
        }
        let message_id = self.post(chat_id, message);
        let shown = private || self.is_for_bot(chat_id, message_id);
        let seen_by_bot = shown && self.tell_bot(chat_id, message_id);
        self.ledger.said.push(Said { user, chat: chat_id, message_id, at, text: new.text, seen_by_bot });
        Ok(message_id)
    }

    /// Privacy mode: what the bot sees of a group's talk unless it is an admin there.
    fn is_for_bot(&self, chat_id: i64, id: i64) -> bool {
        let Some(chat) = self.chats.get(&chat_id) else { return false };
        let Some(message) = chat.message(id) else { return false };
        let quoted = message.reply_to.and_then(|quoted| chat.message(quoted));
        let text = message.body.text.as_str();
        let mentioned = text.contains(&format!("@{}", self.bot.username));
        let command = text.strip_prefix('/').map(|rest| rest.split_whitespace().next().unwrap_or(""));
        let open_command = command.is_some_and(|command| !command.is_empty() && !command.contains('@'));
        chat.bot.is_admin() || mentioned || open_command || quoted.is_some_and(|q| q.author == Author::Bot)
    }
}

fn new_chat(id: i64, kind: ChatKind, title: String, wire: Value) -> Chat {
    let (members, topics, messages) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
    Chat { id, kind, title, bot: Standing::Absent, members, topics, migrated_to: None, messages, wire }
}

fn plain(author: Author, at: i64, body: Formatted) -> Message {
    Message {
        id: 0,
        author,
        at,
        edited_at: None,
        deleted_at: None,
        thread: None,
        reply_to: None,
        body,
        keyboard: None,
        content: Content::Text,
        sent: None,
        wire: String::new(),
    }
}
