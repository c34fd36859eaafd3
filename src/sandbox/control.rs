//! The control API: JSON over HTTP, for tests, the demo, the benchmarks and the chat page. It is no part of the Bot API.
//! Instants are UTC milliseconds; ids are numbers, callback ids text. An impossible order changes nothing and gets 400
//! `{"error": "…"}`.
//!
//! | route | body or query | answer |
//! |---|---|---|
//! | `GET /sandbox/clock` | | `{now, manual}` |
//! | `POST /sandbox/clock` | `{"set": ms}`, `{"advance": ms}` (makes it manual) or `{"release": true}` | `{now, manual}` |
//! | `GET /sandbox/people` | | `{people: [{id, name, username, started, blocked}]}` |
//! | `POST /sandbox/people` | `{"people": [{id?, first_name, last_name?, username?, started?}]}` | `{people: [id]}` |
//! | `GET /sandbox/chats` | | `{chats: [{id, kind, title, topics, bot, members}]}`, groups only |
//! | `POST /sandbox/chats` | `{id?, kind: group/supergroup/forum, title, members?: [id], topics?: [{id?, name}], bot?: absent/member/administrator}`; the first member is the creator | `{chat, topics: [id]}` |
//! | `POST /sandbox/members` | `{chat, join?: [id], leave?: [id]}` | `{}` |
//! | `POST /sandbox/bot` | `{chat, standing: member/administrator/left/kicked, by: person}` | `{}` |
//! | `GET /sandbox/bot` | | `{id, username, waiting, pending, under_way, webhook, commands}`: polls waiting, updates not confirmed, those on their way to the webhook, its address or null |
//! | `POST /sandbox/migrate` | `{chat}`: a basic group becomes a supergroup | `{chat}`, the new id |
//! | `POST /sandbox/topics` | `{chat, name, id?}` | `{topic}` |
//! | `POST /sandbox/topics/state` | `{chat, topic, state: open/closed/deleted}` | `{}` |
//! | `POST /sandbox/block` | `{user, blocked}` | `{}` |
//! | `POST /sandbox/press` | `{"presses": [{user, chat, message_id, button: words or number from 0}]}` or `data: "raw forged data"` for `button` | `{callback_ids: [text]}` |
//! | `POST /sandbox/load` | `{in_flight, messages: [{chat, message_id}], button?: number from 0}`: everybody in the chats presses each message once, and as many presses wait for their answer at any time | `{presses, first}`, how many and the first one's place in the ledger |
//! | `GET /sandbox/load` | | `{first, pressed, answered, left}` |
//! | `POST /sandbox/say` | `{user, chat?, text, thread?, reply_to?, file?: name}`; without `chat` to the bot in private | `{message_id}` |
//! | `GET /sandbox/view` | `?user=` | `{now, bot, chats: [{id, kind, title, topics, members, last}]}` |
//! | `GET /sandbox/view` | `?user=&chat=` | `{now, chat, kind, title, started, messages, toasts, chats}`, as this person sees it |
//! | `GET /sandbox/files/<file_id>` | | the file |
//! | `GET /sandbox/wait` | `?sent=&edits=&answers=&turned=&idle=1&seconds=` | `{sent, edits, answers, turned, waiting, pending, under_way}` (`turned`: deliveries to the webhook that brought no 2xx) once there are as many and, with `idle`, a poll waits or a webhook is set, and nothing is left to deliver; 408 after `seconds` (60) |
//! | `GET /sandbox/ledger` | `?sent=&pressed=&said=&refused=&faulted=`: places to begin at, 0 when left out | `{sent, pressed, said, refused, faulted}` |
//! | `POST /sandbox/faults` | `{method, chat?, times?, every?, share?, seed?, fault}` or `faults: […]` in turn | `{}` |
//! | `DELETE /sandbox/faults` | | `{}` |
//! | `POST /sandbox/limits` | `{on}`: the real rate limits, see `limits.rs` | `{}` |
//! | `POST /sandbox/updates` | an oddity of update numbers, below | `{next}`, the next number |
//! | `POST /sandbox/webhook` | `{second_ms}`: how long a second of the pauses before repeats lasts | `{}` |
//!
//! The ledger: `sent: [{chat, thread, message_id, at, method, text, file, buttons, edits: [{at, method, text, buttons}],
//! deleted_at, accepted_but_unanswered}]`, `pressed: [{callback_id, user, chat, message_id, data, at, fetched_at,
//! answered: {at, text, show_alert, url}}]`, `said: [{user, chat, message_id, at, text, seen_by_bot}]`,
//! `refused: [{at, method, chat, code, description}]` (calls turned down; not those that met a fault),
//! `faulted: [{at, method, chat, kind, accepted, message_id?}]` (calls that met one; those that were accepted stand in
//! `sent` too, once for each copy). Methods of the last two are in small letters.
//!
//! Faults are for the next `times` calls of `method` (`*` is any): one when left out; with `every: n` each n-th call
//! and with `share: 0.3` a part drawn by `seed`, until `times` are used up or for ever. A fault is one of
//! - `{"kind": "error", code, description?, parameters?}`
//! - `{"kind": "limit", retry_after}`: 429
//! - `{"kind": "refused", why, to?}`: the real words; why is blocked, deactivated, never_started, kicked, left, deleted,
//!   not_found, upgraded (`to` a supergroup), no_rights, write_forbidden, topic_closed, no_topic, markup or unauthorized
//! - `{"kind": "hang"}`, `{"kind": "reset"}` (the answer breaks off), `{"kind": "drip", ms?}` (a byte each second or
//!   `ms`), `{"kind": "html", code?}` (502 when left out)
//!
//! `error`, `hang`, `reset`, `drip` and `html` take `accept: true` when the server is to do the call before it
//! misbehaves, or the part of the faulty calls for which it does: `0.5` is every second one.
//!
//! Oddities: `{"kind": "duplicate", count}` (the next new updates stand twice in one answer), `{"kind": "repeat", count}`
//! (they come again after they were confirmed), `{"kind": "swap", count}` (the next answers hold theirs in reverse
//! order), `{"kind": "gap", by}`, `{"kind": "restart", at?}` (numbers begin anew, lower when `at` is left out).

use std::time::Duration;

use axum::http::Method;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::clock::Time;
use super::faults::FaultOrder;
use super::ledger::Since;
use super::limits::LimitsOrder;
use super::load::LoadOrder;
use super::numbers::NumberOrder;
use super::people::{Block, BotStanding, NewChat, NewPerson, NewSaying, NewTopic};
use super::press::NewPress;
use super::webhook::HookOrder;
use super::world::{Standing, World};

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum ClockOrder {
    Set(i64),
    Advance(i64),
    /// Back to the machine's clock; the value is `true`.
    Release(bool),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct People {
    people: Vec<NewPerson>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Members {
    chat: i64,
    #[serde(default)]
    join: Vec<i64>,
    #[serde(default)]
    leave: Vec<i64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BotOrder {
    chat: i64,
    standing: BotStanding,
    by: i64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Migration {
    chat: i64,
}

#[derive(Deserialize)]
struct TopicOrder {
    chat: i64,
    #[serde(flatten)]
    topic: NewTopic,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TopicStateOrder {
    chat: i64,
    topic: i64,
    state: TopicState,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum TopicState {
    Open,
    Closed,
    Deleted,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Presses {
    presses: Vec<NewPress>,
}

/// What a script waits for.
pub(super) struct Wanted {
    sent: usize,
    edits: usize,
    answers: usize,
    turned: usize,
    idle: bool,
    pub(super) patience: Duration,
}

impl Wanted {
    /// Reads the query; what it leaves out is not waited for.
    pub(super) fn read(query: &str) -> Self {
        let count = |name| number(query, name).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let seconds = number(query, "seconds").and_then(|n| u64::try_from(n).ok()).unwrap_or(60);
        let patience = Duration::from_secs(seconds.min(3600));
        Self {
            sent: count("sent"),
            edits: count("edits"),
            answers: count("answers"),
            turned: count("turned"),
            idle: count("idle") > 0,
            patience,
        }
    }
}

/// A control request. `route` is the path after `/sandbox/`.
pub(super) struct Order<'a> {
    pub(super) method: &'a Method,
    pub(super) route: &'a str,
    pub(super) query: &'a str,
    pub(super) body: &'a [u8],
}

impl World {
    /// Does one order; the error is a sentence for whoever scripts the sandbox.
    pub(super) fn control(&mut self, order: &Order<'_>) -> Result<Value, String> {
        if *order.method == Method::GET {
            self.look(order)
        } else if *order.method == Method::DELETE && order.route == "faults" {
            self.faults.clear();
            Ok(json!({}))
        } else {
            self.change(order)
        }
    }

    /// Whether everything wanted is so, and what is.
    pub(super) fn compare(&self, wanted: &Wanted) -> (bool, Value) {
        let (sent, edits, answers) = (self.ledger.sent.len(), self.ledger.edits, self.ledger.answers);
        let (waiting, pending) = (self.updates.waiting, self.updates.pending(self.now()));
        let (turned, under_way) = (self.webhook.turned, self.webhook.under_way);
        let done = sent >= wanted.sent && edits >= wanted.edits && answers >= wanted.answers;
        let enough = done && turned >= wanted.turned;
        let seen = json!({
            "sent": sent, "edits": edits, "answers": answers, "turned": turned, "waiting": waiting,
            "pending": pending, "under_way": under_way,
        });
        let idle = (waiting > 0 || self.webhook.is_set()) && pending == 0 && under_way == 0;
        (enough && (!wanted.idle || idle), seen)
    }

    fn look(&self, order: &Order<'_>) -> Result<Value, String> {
        match order.route {
            "clock" => Ok(self.clock_view()),
            "people" => Ok(self.people_view()),
            "chats" => Ok(self.chats_view()),
            "bot" => Ok(json!({
                "id": self.bot.id, "username": self.bot.username, "waiting": self.updates.waiting,
                "pending": self.updates.pending(self.now()), "under_way": self.webhook.under_way,
                "webhook": self.webhook_view(), "commands": self.bot.commands,
            })),
            "load" => Ok(self.load_view()),
            "ledger" => {
                serde_json::to_value(self.ledger.view(&ledger_since(order.query))).map_err(|why| why.to_string())
            }
            "view" => {
                let user = number(order.query, "user").ok_or("name a user")?;
                match number(order.query, "chat") {
                    Some(chat) => self.chat_view(user, chat),
                    None => self.chat_list(user),
                }
            }
            other => Err(format!("no route /sandbox/{other}")),
        }
    }

    fn change(&mut self, order: &Order<'_>) -> Result<Value, String> {
        match order.route {
            "clock" => self.set_clock(&read(order.body)?),
            "people" => {
                let People { people } = read(order.body)?;
                Ok(json!({"people": self.create_people(people)?}))
            }
            "chats" => self.create_chat(read::<NewChat>(order.body)?),
            "members" => self.move_members(&read(order.body)?),
            "bot" => {
                let BotOrder { chat, standing, by } = read(order.body)?;
                self.order_bot(chat, standing.standing(), by).map(|()| json!({}))
            }
            "migrate" => {
                let Migration { chat } = read(order.body)?;
                Ok(json!({"chat": self.migrate(chat)?}))
            }
            "topics" => {
                let TopicOrder { chat, topic } = read(order.body)?;
                Ok(json!({"topic": self.create_topic(chat, topic)?}))
            }
            "topics/state" => self.set_topic(&read(order.body)?),
            "block" => {
                let block: Block = read(order.body)?;
                self.block(&block).map(|()| json!({}))
            }
            "press" => {
                let Presses { presses } = read(order.body)?;
                Ok(json!({"callback_ids": self.press(&presses)?}))
            }
            "say" => Ok(json!({"message_id": self.say(read::<NewSaying>(order.body)?)?})),
            "webhook" => {
                self.webhook.order(&read::<HookOrder>(order.body)?);
                Ok(json!({}))
            }
            "faults" => {
                self.faults.add(read::<FaultOrder>(order.body)?)?;
                Ok(json!({}))
            }
            "limits" => {
                self.limits.order(&read::<LimitsOrder>(order.body)?);
                Ok(json!({}))
            }
            "load" => self.start_load(&read::<LoadOrder>(order.body)?),
            "updates" => {
                let now = self.now();
                Ok(json!({"next": self.updates.order(now, read::<NumberOrder>(order.body)?)?}))
            }
            other => Err(format!("no route /sandbox/{other}")),
        }
    }

    fn clock_view(&self) -> Value {
        json!({"now": self.now(), "manual": self.time.is_manual()})
    }

    fn set_clock(&mut self, order: &ClockOrder) -> Result<Value, String> {
        self.time = match order {
            ClockOrder::Set(at) => Time::Manual(*at),
            ClockOrder::Advance(by) => Time::Manual(self.now().saturating_add(*by)),
            ClockOrder::Release(true) => Time::System,
            ClockOrder::Release(false) => return Err("release takes true".to_owned()),
        };
        Ok(self.clock_view())
    }

    fn move_members(&mut self, order: &Members) -> Result<Value, String> {
        self.group(order.chat)?;
        for user in order.join.iter().chain(&order.leave) {
            self.person(*user)?;
        }
        for user in &order.join {
            self.move_member(order.chat, *user, Standing::Member)?;
        }
        for user in &order.leave {
            self.move_member(order.chat, *user, Standing::Left)?;
        }
        Ok(json!({}))
    }

    fn set_topic(&mut self, order: &TopicStateOrder) -> Result<Value, String> {
        let chat = self.group(order.chat)?;
        let topic = chat.topics.get_mut(&order.topic).ok_or_else(|| format!("no topic {}", order.topic))?;
        match order.state {
            TopicState::Open => topic.closed = false,
            TopicState::Closed => topic.closed = true,
            TopicState::Deleted => {
                chat.topics.remove(&order.topic);
            }
        }
        Ok(json!({}))
    }
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    serde_json::from_slice(body).map_err(|why| why.to_string())
}

/// Where a look at the ledger begins.
pub(super) fn ledger_since(query: &str) -> Since {
    let place = |name| number(query, name).and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    Since {
        sent: place("sent"),
        pressed: place("pressed"),
        said: place("said"),
        refused: place("refused"),
        faulted: place("faulted"),
    }
}

fn number(query: &str, name: &str) -> Option<i64> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))?;
    value.parse().ok()
}
