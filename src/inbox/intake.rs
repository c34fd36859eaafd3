//! Stores a batch with its acks and says what each press is answered with (invariants I1, I6).

use chrono::{DateTime, Utc};

use crate::channel::telegram::start_link;
use crate::channel::{Inbound, Press, RawUpdate};
use crate::ctx::{Ctx, Line};
use crate::domain::tag::Verb;
use crate::ids::AttemptId;
use crate::message::outgoing::Answer;
use crate::message::toast;
use crate::office::ack::{self, Incoming, Pressed};
use crate::office::{Outcome, db, delivery};

/// Payload of the deep link that a person who is not bound is sent through.
pub const BIND_LINK: &str = "bind";

/// An answer that may be said, because what it says is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    pub callback_id: String,
    pub answer: Answer,
}

/// One update with the ack it may be.
struct Read<'a> {
    update: &'a RawUpdate,
    press: Option<(Press, AttemptId)>,
}

impl Read<'_> {
    fn incoming(&self, at: DateTime<Utc>) -> Incoming<'_> {
        let press = self.press.as_ref().map(|(press, attempt)| ack::Press {
            account: &press.account,
            attempt: *attempt,
            message_id: &press.message_id,
            at,
        });
        Incoming { event_id: &self.update.event_id, raw: &self.update.raw, press }
    }
}

/// Stores a batch. When it cannot be stored whole it is replayed one by one, so that one poison update never costs the
/// others; an error means that not even a raw text could be stored, and nothing may be confirmed to the platform.
pub async fn take(ctx: &Ctx, line: &Line, batch: &[RawUpdate]) -> Outcome<Vec<Due>> {
    let now = ctx.now();
    let read: Vec<Read<'_>> = batch.iter().map(|update| read(ctx, line, update)).collect();
    let bind = bind_link(ctx).await;
    let whole: Vec<Incoming<'_>> = read.iter().map(|update| update.incoming(now)).collect();
    match ack::receive(ctx, line, &whole).await {
        Ok(results) => Ok(answers(ctx, &read, results, bind.as_ref())),
        Err(error) => {
            tracing::warn!(%error, updates = batch.len(), "a batch was not stored whole; storing one by one");
            one_by_one(ctx, line, &read, bind.as_ref()).await
        }
    }
}

fn read<'a>(ctx: &Ctx, line: &Line, update: &'a RawUpdate) -> Read<'a> {
    let press = match line.channel.read(&update.raw) {
        Inbound::Press(press) => delivery::read_tag(ctx.store.keys(), &press.data)
            .filter(|tag| tag.verb == Verb::Ack)
            .map(|tag| (press, AttemptId(tag.id))),
        Inbound::Said(_)
        | Inbound::GroupSeen(_)
        | Inbound::GroupGone(_)
        | Inbound::Migrated(_)
        | Inbound::Reachable(_)
        | Inbound::Other => None,
    };
    Read { update, press }
}

async fn one_by_one(ctx: &Ctx, line: &Line, read: &[Read<'_>], bind: Option<&String>) -> Outcome<Vec<Due>> {
    let mut due = Vec::new();
    for update in read {
        let incoming = update.incoming(ctx.now());
        match ack::receive(ctx, line, &[incoming]).await {
            Ok(results) => due.extend(answers(ctx, std::slice::from_ref(update), results, bind)),
            Err(error) => {
                tracing::error!(%error, event = incoming.event_id, "a press could not be counted and is tried again; its text is stored");
                ack::receive(ctx, line, &[Incoming { press: None, ..incoming }]).await?;
                let press = update.press.as_ref();
                due.extend(press.map(|(p, _)| Due { callback_id: p.callback_id.clone(), answer: toast::not_stored() }));
            }
        }
    }
    Ok(due)
}

fn answers(ctx: &Ctx, read: &[Read<'_>], results: Vec<Pressed>, bind: Option<&String>) -> Vec<Due> {
    let presses = read.iter().filter_map(|update| update.press.as_ref());
    let due = presses.zip(results).map(|((press, _), pressed)| Due {
        callback_id: press.callback_id.clone(),
        answer: toast::press(&pressed.result, &pressed.audience, bind.cloned(), ctx.zone),
    });
    due.collect()
}

/// The link into the private chat, once the platform told what our bot is called.
async fn bind_link(ctx: &Ctx) -> Option<String> {
    let name = db::bot_name(&ctx.store).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the bot's name could not be read; the answer goes out without its link");
        None
    });
    name.map(|name| start_link(&name, BIND_LINK))
}
