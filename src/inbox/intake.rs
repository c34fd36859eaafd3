//! Stores a batch with its acks and says what each confirmation is answered with (invariants I1, I6).

use crate::channel::RawUpdate;
use crate::channel::telegram::start_link;
use crate::ctx::{Ctx, Line};
use crate::domain::ack::PressResult;
use crate::domain::setting::Key;
use crate::inbox::confirm::{self, Confirming};
use crate::inbox::effect::{Effect, say};
use crate::inbox::guard::{self, Trouble, guarded, is_database};
use crate::inbox::quiz::{self, Answering};
use crate::message::binding as words;
use crate::office::ack::{self, Incoming, Received};
use crate::office::quiz::Pressed;
use crate::office::{Outcome, binding, db, setting};
use chrono::{DateTime, Utc};

/// Payload of the deep link that a person who is not bound is sent through.
pub const BIND_LINK: &str = "bind";

/// What an update leads to, with its place in the batch.
pub type Placed = (usize, Effect);

/// A batch that is stored.
#[derive(Debug)]
pub struct Stored {
    pub effects: Vec<Placed>,
    /// Some of it is still to be worked through.
    pub waits: bool,
}

/// One update with the confirmation it may be.
struct Read<'a> {
    place: usize,
    update: &'a RawUpdate,
    confirming: Option<Confirming>,
    /// Looked for only where nothing is confirmed.
    answering: Option<Answering>,
}

impl Read<'_> {
    fn incoming(&self, at: DateTime<Utc>) -> Incoming<'_> {
        let press = self.confirming.as_ref().map(|confirming| confirming.press(at));
        let answer = self.answering.as_ref().map(|answering| answering.press(at));
        Incoming { event_id: &self.update.event_id, raw: &self.update.raw, press, answer }
    }
}

/// Stores a batch. When it cannot be stored whole because of what is in it, it is replayed one by one, so that one poison
/// update never costs the others. An error means that the database takes nothing now, and nothing may be confirmed to the
/// platform: presses that wait there come again, whole batches at a time, while one by one each would wait for the database.
pub async fn take(ctx: &Ctx, line: &Line, batch: &[RawUpdate]) -> Outcome<Vec<Effect>> {
    Ok(store(ctx, line, batch).await?.effects.into_iter().map(|(_, effect)| effect).collect())
}

/// [`take`], with what is known beside the effects.
pub async fn store(ctx: &Ctx, line: &Line, batch: &[RawUpdate]) -> Outcome<Stored> {
    let now = ctx.now();
    let read: Vec<Read<'_>> =
        batch.iter().enumerate().map(|(place, update)| read(ctx, line, (place, update))).collect();
    let whole: Vec<Incoming<'_>> = read.iter().map(|update| update.incoming(now)).collect();
    match guarded(Box::pin(ack::receive(ctx, line, now, &whole))).await {
        Ok(results) => {
            let waits = read.iter().any(|update| update.confirming.is_none());
            Ok(Stored { effects: answers(ctx, line, &read, results).await, waits })
        }
        Err(Trouble::Refused(refusal)) if is_database(&refusal) => Err(refusal),
        Err(error) => {
            tracing::warn!(%error, updates = batch.len(), "a batch was not stored whole; storing one by one");
            Ok(Stored { effects: one_by_one(ctx, line, &read).await?, waits: true })
        }
    }
}

fn read<'a>(ctx: &Ctx, line: &Line, (place, update): (usize, &'a RawUpdate)) -> Read<'a> {
    let confirming = guard::read(|| confirm::read(ctx, line, &update.raw));
    let answering = if confirming.is_none() { guard::read(|| quiz::read(ctx, line, &update.raw)) } else { None };
    Read { place, update, confirming, answering }
}

async fn one_by_one(ctx: &Ctx, line: &Line, read: &[Read<'_>]) -> Outcome<Vec<Placed>> {
    let mut effects = Vec::new();
    for update in read {
        let now = ctx.now();
        let incoming = update.incoming(now);
        match guarded(Box::pin(ack::receive(ctx, line, now, &[incoming]))).await {
            Ok(results) => effects.extend(answers(ctx, line, std::slice::from_ref(update), results).await),
            Err(Trouble::Refused(refusal)) if is_database(&refusal) => return Err(refusal),
            Err(error) => {
                tracing::error!(%error, event = incoming.event_id, "an update could not be counted and is tried again; its text is stored");
                ack::receive(ctx, line, now, &[Incoming { press: None, answer: None, ..incoming }]).await?;
                let said = update.confirming.as_ref().and_then(Confirming::not_stored);
                let said = said.into_iter().chain(update.answering.as_ref().map(Answering::not_stored));
                effects.extend(said.map(|effect| (update.place, effect)));
            }
        }
    }
    Ok(effects)
}

async fn answers(ctx: &Ctx, line: &Line, read: &[Read<'_>], results: Received) -> Vec<Placed> {
    let Received { pressed, answered } = results;
    let strangers = pressed.iter().any(|pressed| pressed.result == PressResult::NotBound)
        || answered.iter().any(|answered| matches!(answered, Pressed::NotBound));
    let bind = if strangers { bind_link(ctx).await } else { None };
    let mut effects = Vec::with_capacity(pressed.len() + answered.len());
    let answering = read.iter().filter_map(|update| Some((update.place, update.answering.as_ref()?)));
    for ((place, answering), answered) in answering.zip(&answered) {
        effects.push((place, answering.answer(answered, bind.clone())));
    }
    let confirming = read.iter().filter_map(|update| Some((update.place, update.confirming.as_ref()?)));
    for ((place, confirming), pressed) in confirming.zip(pressed) {
        effects.extend(confirming.answer(ctx, &pressed, bind.clone()).map(|effect| (place, effect)));
        if let Some(account) = confirming.stranger(&pressed) {
            match guarded(Box::pin(notice(ctx, line, account))).await {
                Ok(notice) => effects.extend(notice.map(|effect| (place, effect))),
                Err(error @ (Trouble::Refused(_) | Trouble::Panicked)) => {
                    tracing::warn!(%error, "someone who is not bound was not shown how to bind");
                }
            }
        }
    }
    effects
}

/// How to bind, for someone who is not bound.
async fn notice(ctx: &Ctx, line: &Line, account: &str) -> Outcome<Option<Effect>> {
    let settings = setting::read(ctx).await?;
    let (office, contact) = (settings.text(Key::OfficeName), settings.text(Key::OfficeContact));
    let bound = binding::stored(ctx, line, account).await?.is_some();
    Ok((!bound).then(|| say(account, words::notice(office, contact))))
}

/// The link into the private chat, once the platform told what our bot is called.
async fn bind_link(ctx: &Ctx) -> Option<String> {
    let name = db::bot_name(&ctx.store).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "the bot's name could not be read; the answer goes out without its link");
        None
    });
    name.map(|name| start_link(&name, BIND_LINK))
}
