//! Presses on the options of a question. Read here, judged and stored by `office::quiz` with the batch they came in.

use chrono::{DateTime, Utc};

use crate::channel::{Inbound, Press, Sender};
use crate::ctx::{Ctx, Line};
use crate::domain::dialogue::Talk;
use crate::domain::dialogue::quiz::Run;
use crate::domain::tag::Verb;
use crate::ids::{AttemptId, InboxId};
use crate::inbox::dialogue::{self, Begun};
use crate::inbox::effect::{Due, Effect};
use crate::message::outgoing::Outgoing;
use crate::message::{quiz as words, toast};
use crate::office::quiz::{self, Pressed};
use crate::office::{Outcome, delivery};

/// An answer, read out of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answering {
    account: String,
    chat: String,
    message_id: String,
    callback_id: String,
    attempt: AttemptId,
    option: u8,
}

/// The answer that an update is, if it is one. Forged and foreign data is none.
pub fn read(ctx: &Ctx, line: &Line, raw: &str) -> Option<Answering> {
    let Inbound::Press(press) = line.channel.read(raw) else { return None };
    // A press in the name of a group is nobody's.
    if press.sender != Sender::Person {
        return None;
    }
    let tag = delivery::read_tag(ctx.store.keys(), &press.data).filter(|tag| tag.verb == Verb::Answer)?;
    let (attempt, option) = quiz::link::unpack(tag.id);
    let Press { account, chat, message_id, callback_id, .. } = press;
    Some(Answering { account, chat, message_id, callback_id, attempt, option })
}

impl Answering {
    /// What the office judges.
    pub fn press(&self, at: DateTime<Utc>) -> quiz::Press<'_> {
        quiz::Press {
            account: &self.account,
            chat: &self.chat,
            message_id: &self.message_id,
            attempt: self.attempt,
            option: self.option,
            at,
        }
    }

    /// What it is answered with once it is stored; `bind` is the link into the private chat.
    pub fn answer(&self, pressed: &Pressed, bind: Option<String>) -> Effect {
        Effect::Answer(Due { callback_id: self.callback_id.clone(), answer: words::pressed(pressed, bind) })
    }

    /// What it is answered with when it could not be stored.
    pub fn not_stored(&self) -> Effect {
        Effect::Answer(Due { callback_id: self.callback_id.clone(), answer: toast::not_stored() })
    }
}

/// A link to questions was opened; `None`: whoever opened it is bound to nobody.
pub(super) async fn opened(
    ctx: &Ctx,
    line: &Line,
    account: &str,
    (update, code): (InboxId, &str),
) -> Outcome<Option<Outgoing>> {
    let Some(copy) = quiz::link::read(ctx.store.keys(), code) else { return Ok(Some(words::link_gone())) };
    let talk = Talk::Quiz(Run::of(copy));
    Ok(match dialogue::begin(ctx, line, account, update, talk).await? {
        Begun::Said(what) => Some(what),
        Begun::NoRight => Some(words::link_gone()),
        Begun::NotBound => None,
    })
}
