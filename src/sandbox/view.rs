//! The sandbox as one person sees it: their chats, the messages of one chat, the answers to their own presses.

use serde_json::{Value, json};

use super::ledger::{buttons, callback_id};
use super::message::{Author, Content, File, Message};
use super::world::{Chat, ChatKind, World};

impl World {
    /// Everyone, with whether they have started the bot.
    pub(super) fn people_view(&self) -> Value {
        let mut people: Vec<_> = self.people.values().collect();
        people.sort_by_key(|person| person.id);
        let view = |person: &&super::world::Person| {
            let bot = self.chats.get(&person.id).map(|chat| chat.bot);
            json!({
                "id": person.id, "name": person.full_name(), "username": person.username,
                "started": bot.is_some_and(super::world::Standing::is_inside),
                "blocked": bot == Some(super::world::Standing::Kicked),
            })
        };
        json!({"people": people.iter().map(view).collect::<Vec<_>>()})
    }

    /// The groups, with their members.
    pub(super) fn chats_view(&self) -> Value {
        let groups = self.chats.values().filter(|chat| chat.kind != ChatKind::Private);
        let view = |chat: &Chat| {
            json!({
                "id": chat.id, "kind": chat.kind.name(), "title": chat.title, "topics": topics(chat),
                "bot": chat.bot.wire(&Value::Null)["status"], "members": inside(chat),
            })
        };
        json!({"chats": groups.map(view).collect::<Vec<_>>()})
    }

    /// The chats of a person: the private chat with the bot first, then the groups they are in.
    pub(super) fn chat_list(&self, user: i64) -> Result<Value, String> {
        self.person(user)?;
        let own = |chat: &&Chat| {
            chat.migrated_to.is_none() && chat.members.get(&user).is_some_and(|standing| standing.is_inside())
        };
        let mut chats: Vec<&Chat> = self.chats.values().filter(own).collect();
        chats.sort_by_key(|chat| (chat.kind != ChatKind::Private, std::cmp::Reverse(chat.id)));
        let view = |chat: &&Chat| {
            let last = chat.messages.values().rev().find(|message| message.deleted_at.is_none());
            json!({
                "id": chat.id, "kind": chat.kind.name(), "topics": topics(chat), "members": inside(chat).len(),
                "title": if chat.kind == ChatKind::Private { &self.bot.username } else { &chat.title },
                "last": last.map(|message| json!({"at": message.at, "id": message.id, "text": summary(message)})),
            })
        };
        let chats: Vec<Value> = chats.iter().map(view).collect();
        Ok(json!({"now": self.now(), "bot": self.bot.username, "chats": chats}))
    }

    /// One chat as a person sees it, with the answers their own presses there got.
    pub(super) fn chat_view(&self, user: i64, chat_id: i64) -> Result<Value, String> {
        let chat = self.chats.get(&chat_id).ok_or_else(|| format!("no chat {chat_id}"))?;
        if !chat.members.get(&user).is_some_and(|standing| standing.is_inside()) {
            return Err(format!("person {user} is not in chat {chat_id}"));
        }
        let messages = chat.messages.values().filter(|message| message.deleted_at.is_none());
        let messages: Vec<Value> = messages.map(|message| self.message_view(chat, message)).collect();
        let list = self.chat_list(user)?;
        Ok(json!({
            "now": self.now(), "chat": chat_id, "kind": chat.kind.name(), "title": chat.title,
            "started": chat.bot.is_inside(), "messages": messages, "toasts": self.toasts(user, chat_id),
            "chats": list["chats"],
        }))
    }

    fn toasts(&self, user: i64, chat: i64) -> Vec<Value> {
        let places = self.people.get(&user).map_or(&[][..], |person| &person.toasts);
        let toast = |place: &usize| {
            let press = self.ledger.pressed.get(*place).filter(|press| press.chat == chat)?;
            let answer = press.answered.as_deref()?;
            Some(json!({
                "callback_id": callback_id(*place), "message_id": press.message_id, "at": answer.at,
                "text": answer.text, "show_alert": answer.show_alert, "url": answer.url,
            }))
        };
        places.iter().filter_map(toast).collect()
    }

    fn message_view(&self, chat: &Chat, message: &Message) -> Value {
        let from = match message.author {
            Author::Bot => json!({"id": self.bot.id, "name": self.bot.username, "bot": true}),
            Author::Person(id) => {
                json!({"id": id, "name": self.people.get(&id).map(super::world::Person::full_name), "bot": false})
            }
            Author::Group => json!({"id": chat.id, "name": chat.title, "bot": false}),
        };
        let mut view = json!({
            "message_id": message.id, "from": from, "at": message.at, "edited_at": message.edited_at,
            "text": message.body.text, "entities": message.body.entities,
            "buttons": buttons(message.keyboard.as_ref()).unwrap_or_else(|| json!([])),
        });
        if let Some(thread) = message.thread {
            view["thread"] = json!(thread);
            view["topic"] = json!(chat.topics.get(&thread).map(|topic| &topic.name));
        }
        if let Some(quoted) = message.reply_to.and_then(|quoted| chat.message(quoted)) {
            view["reply_to"] = json!({"message_id": quoted.id, "text": summary(quoted)});
        }
        match &message.content {
            Content::Text => {}
            Content::Document(file) => view["document"] = file_view(file),
            Content::Photo(file) => view["photo"] = file_view(file),
            Content::Service { notice, .. } => view["notice"] = json!(notice),
        }
        view
    }
}

fn file_view(file: &File) -> Value {
    json!({"name": file.name, "size": file.bytes.len(), "url": format!("/sandbox/files/{}", file.id)})
}

fn topics(chat: &Chat) -> Vec<Value> {
    let view =
        |(id, topic): (&i64, &super::world::Topic)| json!({"id": id, "name": topic.name, "closed": topic.closed});
    chat.topics.iter().map(view).collect()
}

fn inside(chat: &Chat) -> Vec<i64> {
    chat.members.iter().filter(|(_, standing)| standing.is_inside()).map(|(user, _)| *user).collect()
}

/// One line about a message.
fn summary(message: &Message) -> String {
    let words = message.body.text.lines().next().unwrap_or("");
    match &message.content {
        Content::Text => words.to_owned(),
        Content::Document(file) => format!("[文件] {} {words}", file.name),
        Content::Photo(_) => format!("[图片] {words}"),
        Content::Service { notice, .. } => notice.clone(),
    }
}
