//! The Bot API methods by name, and those that only look something up.

use serde_json::{Value, json};

use super::params::Params;
use super::refusal::{Outcome, Refusal};
use super::world::{Chat, ChatKind, Person, Standing, World};

impl World {
    /// Runs one method; `method` is in small letters. `getUpdates` is not among them because it waits.
    pub(super) fn call(&mut self, method: &str, params: &Params) -> Outcome {
        let (now, chat) = (self.now(), params.text("chat_id"));
        let outcome = self.limits.check(now, method, chat).and_then(|()| self.dispatch(method, params));
        if outcome.is_ok() {
            self.limits.count(now, method, chat);
        }
        if let Err(refusal) = &outcome {
            self.ledger.refused.push(super::ledger::Refused {
                at: now,
                method: method.to_owned(),
                chat: chat.to_owned(),
                code: refusal.code,
                description: refusal.description.clone().into_owned(),
            });
        }
        outcome
    }

    /// Does a call whose answer will not reach the bot as it should; the answer it would have got, when it was done.
    pub(super) fn accept(&mut self, method: &str, params: &Params) -> Option<String> {
        if method == "getupdates" {
            if self.webhook.is_set() {
                return None;
            }
            let poll = self.updates.begin(params, None);
            let now = self.now();
            let answer = self.updates.take(&poll, now, &mut self.ledger);
            return answer.or_else(|| Some("{\"ok\":true,\"result\":[]}".to_owned()));
        }
        let before = self.ledger.sent.len();
        let result = self.call(method, params).ok()?;
        self.ledger.mark_unanswered(before);
        Some(format!("{{\"ok\":true,\"result\":{result}}}"))
    }

    fn dispatch(&mut self, method: &str, params: &Params) -> Outcome {
        match method {
            "getme" => Ok(self.get_me()),
            "sendmessage" => self.send_message(params),
            "senddocument" => self.send_document(params),
            "sendphoto" => self.send_photo(params),
            "editmessagetext" => self.edit_text(params),
            "editmessagecaption" => self.edit_caption(params),
            "editmessagereplymarkup" => self.edit_markup(params),
            "deletemessage" => self.delete_message(params),
            "answercallbackquery" => self.answer_callback(params),
            "setmycommands" => self.set_commands(params),
            "getmycommands" => Ok(self.commands(params)),
            "getchat" => self.get_chat(params),
            "getchatmember" => self.get_chat_member(params),
            "getchatadministrators" => self.get_chat_administrators(params),
            "leavechat" => self.leave_chat(params),
            "getfile" => self.get_file(params),
            "setwebhook" => self.set_webhook(params),
            "deletewebhook" => Ok(self.delete_webhook(params)),
            "getwebhookinfo" => Ok(self.webhook_info()),
            _ => Err(Refusal::new(404, "Not Found: method not found")),
        }
    }

    fn get_me(&self) -> String {
        let mut me = self.bot.wire();
        for (flag, value) in [
            ("can_join_groups", true),
            ("can_read_all_group_messages", false),
            ("supports_inline_queries", false),
            ("can_connect_to_business", false),
            ("has_main_web_app", false),
        ] {
            me[flag] = json!(value);
        }
        me.to_string()
    }

    fn set_commands(&mut self, params: &Params) -> Outcome {
        let Some(Value::Array(commands)) = params.json("commands") else {
            return Err(Refusal::bad("can't parse commands list JSON object"));
        };
        for command in &commands {
            let name = command["command"].as_str().unwrap_or("").trim_start_matches('/');
            let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
            if name.is_empty() || name.len() > 32 || !plain {
                return Err(Refusal::bad("BOT_COMMAND_INVALID"));
            }
            let words = command["description"].as_str().unwrap_or("").chars().count();
            if !(1..=256).contains(&words) {
                return Err(Refusal::bad("BOT_COMMAND_DESCRIPTION_INVALID"));
            }
        }
        if commands.len() > 100 {
            return Err(Refusal::bad("BOT_COMMANDS_TOO_MUCH"));
        }
        self.bot.commands.insert(scope(params), Value::Array(commands));
        Ok("true".to_owned())
    }

    fn commands(&self, params: &Params) -> String {
        self.bot.commands.get(&scope(params)).map_or_else(|| "[]".to_owned(), Value::to_string)
    }

    /// A chat the bot may look at. Looking needs less than writing: a blocked private chat can still be looked at.
    fn readable(&self, params: &Params) -> Result<&Chat, Refusal> {
        let private = params.integer("chat_id");
        if let Some(chat) = self.chats.get(&private).filter(|chat| chat.kind == ChatKind::Private) {
            let known = chat.bot != Standing::Absent || self.shares_chat(private);
            return if known { Ok(chat) } else { Err(Refusal::bad("chat not found")) };
        }
        let id = self.writable(params.text("chat_id"))?;
        self.chats.get(&id).ok_or_else(|| Refusal::bad("chat not found"))
    }

    fn shares_chat(&self, user: i64) -> bool {
        self.chats.values().any(|chat| chat.bot.is_inside() && chat.members.contains_key(&user))
    }

    fn get_chat(&self, params: &Params) -> Outcome {
        let chat = self.readable(params)?;
        let mut wire = chat.wire.clone();
        wire["accent_color_id"] = json!(0);
        wire["max_reaction_count"] = json!(11);
        let gifts = ["unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels"];
        wire["accepted_gift_types"] = gifts.iter().map(|name| ((*name).to_owned(), json!(false))).collect();
        if chat.kind != ChatKind::Private {
            let permissions = [
                "can_send_messages",
                "can_send_audios",
                "can_send_documents",
                "can_send_photos",
                "can_send_videos",
                "can_send_video_notes",
                "can_send_voice_notes",
                "can_send_polls",
                "can_send_other_messages",
                "can_add_web_page_previews",
                "can_change_info",
                "can_invite_users",
                "can_pin_messages",
                "can_manage_topics",
            ];
            wire["permissions"] = permissions.iter().map(|name| ((*name).to_owned(), json!(true))).collect();
        }
        Ok(wire.to_string())
    }

    fn member_wire(&self, chat: &Chat, user: i64) -> Option<Value> {
        if user == self.bot.id {
            return Some(chat.bot.wire(&self.bot.wire()));
        }
        let person = self.people.get(&user)?;
        Some(chat.members.get(&user).copied().unwrap_or(Standing::Left).wire(&person.to_wire()))
    }

    fn get_chat_member(&self, params: &Params) -> Outcome {
        let chat = self.readable(params)?;
        let user = params.integer("user_id");
        let member = self.member_wire(chat, user).ok_or_else(|| Refusal::bad("user not found"))?;
        Ok(member.to_string())
    }

    fn get_chat_administrators(&self, params: &Params) -> Outcome {
        let chat = self.readable(params)?;
        if chat.kind == ChatKind::Private {
            return Err(Refusal::bad("there are no administrators in the private chat"));
        }
        let people = chat.members.iter().filter(|(_, standing)| standing.is_admin()).map(|(user, _)| *user);
        let bot = chat.bot.is_admin().then_some(self.bot.id);
        let admins: Vec<Value> = people.chain(bot).filter_map(|user| self.member_wire(chat, user)).collect();
        Ok(Value::Array(admins).to_string())
    }

    fn leave_chat(&mut self, params: &Params) -> Outcome {
        let id = self.writable(params.text("chat_id"))?;
        if self.chats.get(&id).is_some_and(|chat| chat.kind == ChatKind::Private) {
            return Err(Refusal::bad("chat member status can't be changed in private chats"));
        }
        self.set_bot(id, Standing::Left, self.bot.id);
        Ok("true".to_owned())
    }

    fn get_file(&self, params: &Params) -> Outcome {
        let id = params.text("file_id");
        let file = self.files.iter().find(|file| file.id == id);
        let file = file.ok_or_else(|| Refusal::bad("invalid file_id"))?;
        let mut wire = file.wire();
        wire["file_path"] = json!(file.path);
        Ok(wire.to_string())
    }

    /// The person of an id, or a control error.
    pub(super) fn person(&self, user: i64) -> Result<&Person, String> {
        self.people.get(&user).ok_or_else(|| format!("no person {user}"))
    }
}

/// Commands are kept per scope and language.
fn scope(params: &Params) -> String {
    let scope = params.json("scope").unwrap_or_else(|| json!({"type": "default"}));
    format!("{scope} {}", params.text("language_code"))
}
