//! Stores a batch with its acks and says what each confirmation is answered with (invariants I1, I6).

use chrono::{DateTime, Utc};
use futures::future::BoxFuture;

use crate::channel::RawUpdate;
use crate::channel::telegram::start_link;
use crate::ctx::{Ctx, Line};
use crate::domain::ack::PressResult;
use crate::domain::setting::Key;
use crate::inbox::confirm::{self, Confirming};
use crate::inbox::effect::{Effect, Placed, say};
use crate::inbox::guard::{self, Trouble, guarded, is_database};
use crate::inbox::quiz::{self, Answering};
use crate::message::binding as words;
use crate::office::ack::{self, Incoming, Received};
use crate::office::quiz::Pressed;
use crate::office::{Outcome, binding, db, setting};

/// Payload of the deep link that a person who is not bound is sent through.
pub const BIND_LINK: &str = "bind";

/// A batch that is stored.
pub struct Stored {
    /// Puts what it leads to into words, in the order of the batch. Nothing is said unless this is waited for, or given to
    /// [`Effects::follow`].
    ///
    /// [`Effects::follow`]: crate::inbox::effect::Effects::follow
    pub words: BoxFuture<'static, Vec<Placed>>,
    /// Some of it is still to be worked through.
    pub waits: bool,
}

/// What there is to read in one update.
struct Read {
    place: usize,
    confirming: Option<Confirming>,
    /// Looked for only where nothing is confirmed.
    answering: Option<Answering>,
}

impl Read {
    fn incoming<'a>(&'a self, update: &'a RawUpdate, at: DateTime<Utc>) -> Incoming<'a> {
        let press = self.confirming.as_ref().map(|confirming| confirming.press(at));
        let answer = self.answering.as_ref().map(|answering| answering.press(at));
        Incoming { event_id: &update.event_id, raw: &update.raw, press, answer }
    }
}

/// Stores a batch. When it cannot be stored whole because of what is in it, it is replayed one by one, so that one poison
/// update never costs the others. An error means that the database takes nothing now, and nothing may be confirmed to the
/// platform: presses that wait there come again, whole batches at a time, while one by one each would wait for the database.
pub async fn take(ctx: &Ctx, line: &Line, batch: &[RawUpdate]) -> Outcome<Vec<Effect>> {
    Ok(store(ctx, line, batch).await?.words.await.into_iter().map(|(_, effect)| effect).collect())
}

/// [`take`], with what is known beside the effects.
pub async fn store(ctx: &Ctx, line: &Line, batch: &[RawUpdate]) -> Outcome<Stored> {
    let now = ctx.now();
    // The database gets ready while the updates are read.
    let reading = async { batch.iter().enumerate().map(|update| read(ctx, line, update)).collect::<Vec<Read>>() };
    let (ready, read) = futures::join!(ack::Intake::ready(ctx), reading);
    let whole: Vec<Incoming<'_>> = read.iter().zip(batch).map(|(read, update)| read.incoming(update, now)).collect();
    match guarded(Box::pin(async { ready?.receive(ctx, line, (&whole, now)).await })).await {
        Ok(results) => {
            let waits = read.iter().any(|update| update.confirming.is_none());
            Ok(Stored { words: Box::pin(answers(ctx.clone(), line.clone(), read, results)), waits })
        }
        Err(Trouble::Refused(refusal)) if is_database(&refusal) => Err(refusal),
        Err(error) => {
            tracing::warn!(%error, updates = batch.len(), "a batch was not stored whole; storing one by one");
            let effects = one_by_one(ctx, line, (read, batch)).await?;
            Ok(Stored { words: Box::pin(std::future::ready(effects)), waits: true })
        }
    }
}

fn read(ctx: &Ctx, line: &Line, (place, update): (usize, &RawUpdate)) -> Read {
    let confirming = guard::read(|| confirm::read(ctx, line, &update.raw));
    let answering = if confirming.is_none() { guard::read(|| quiz::read(ctx, line, &update.raw)) } else { None };
    Read { place, confirming, answering }
}

async fn one_by_one(ctx: &Ctx, line: &Line, (read, batch): (Vec<Read>, &[RawUpdate])) -> Outcome<Vec<Placed>> {
    let mut effects = Vec::new();
    for (read, update) in read.into_iter().zip(batch) {
        let now = ctx.now();
        let incoming = read.incoming(update, now);
        match guarded(Box::pin(ack::receive(ctx, line, now, &[incoming]))).await {
            Ok(results) => effects.extend(answers(ctx.clone(), line.clone(), vec![read], results).await),
            Err(Trouble::Refused(refusal)) if is_database(&refusal) => return Err(refusal),
            Err(error) => {
                tracing::error!(%error, event = incoming.event_id, "an update could not be counted and is tried again; its text is stored");
                ack::receive(ctx, line, now, &[Incoming { press: None, answer: None, ..incoming }]).await?;
                let said = read.confirming.as_ref().and_then(Confirming::not_stored);
                let said = said.into_iter().chain(read.answering.as_ref().map(Answering::not_stored));
                effects.extend(said.map(|effect| (read.place, effect)));
            }
        }
    }
    Ok(effects)
}

async fn answers(ctx: Ctx, line: Line, read: Vec<Read>, results: Received) -> Vec<Placed> {
    let Received { pressed, answered } = results;
    let strangers = pressed.iter().any(|pressed| pressed.result == PressResult::NotBound)
        || answered.iter().any(|answered| matches!(answered, Pressed::NotBound));
    let bind = if strangers { bind_link(&ctx).await } else { None };
    let mut effects = Vec::with_capacity(pressed.len() + answered.len());
    let answering = read.iter().filter_map(|update| Some((update.place, update.answering.as_ref()?)));
    for ((place, answering), answered) in answering.zip(&answered) {
        effects.push((place, answering.answer(answered, bind.clone())));
    }
    let confirming = read.iter().filter_map(|update| Some((update.place, update.confirming.as_ref()?)));
    for ((place, confirming), pressed) in confirming.zip(pressed) {
        effects.extend(confirming.answer(&ctx, &pressed, bind.clone()).map(|effect| (place, effect)));
        if let Some(account) = confirming.stranger(&pressed) {
            match guarded(Box::pin(notice(&ctx, &line, account))).await {
                Ok(notice) => effects.extend(notice.map(|effect| (place, effect))),
                Err(error @ (Trouble::Refused(_) | Trouble::Panicked)) => {
                    tracing::warn!(%error, "someone who is not bound was not shown how to bind");
                }
            }
        }
    }
    // Answers to questions were put before those to confirmations.
    effects.sort_by_key(|(place, _)| *place);
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
