//! What confirms a push: the button 已阅, the same word as a text, or a link that was opened. Read here, counted by
//! `office::ack`.

use chrono::{DateTime, Utc};

use crate::channel::{Inbound, Place, Press, Said, Sender};
use crate::ctx::{Ctx, Line};
use crate::domain::ack::PressResult;
use crate::domain::tag::{Tag, Verb};
use crate::ids::AttemptId;
use crate::inbox::effect::{Due, Effect, say};
use crate::message::outgoing::Outgoing;
use crate::message::{confirm as words, toast};
use crate::office::ack::{self, By, Pressed};
use crate::office::delivery;

/// A confirmation, read out of an update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirming {
    account: String,
    how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum How {
    Button { attempt: AttemptId, chat: String, message_id: String, callback_id: String },
    GroupReply { chat: String, message_id: String },
    Private { chat: String, reply_to: Option<String> },
    Link { attempt: AttemptId },
}

/// The confirmation that an update is, if it is one. Forged and foreign data is none.
pub fn read(ctx: &Ctx, line: &Line, raw: &str) -> Option<Confirming> {
    match line.channel.read(raw) {
        Inbound::Press(press) => pressed(ctx, press),
        Inbound::Said(said) => said_so(ctx, said),
        Inbound::Filed(_)
        | Inbound::GroupSeen(_)
        | Inbound::GroupGone(_)
        | Inbound::Migrated(_)
        | Inbound::Reachable(_)
        | Inbound::Other => None,
    }
}

fn pressed(ctx: &Ctx, press: Press) -> Option<Confirming> {
    // A press in the name of a group is nobody's: it is neither counted nor kept.
    if press.sender != Sender::Person {
        return None;
    }
    let tag = delivery::read_tag(ctx.store.keys(), &press.data).filter(|tag| tag.verb == Verb::Ack)?;
    let Press { account, chat, message_id, callback_id, .. } = press;
    Some(Confirming { account, how: How::Button { attempt: AttemptId(tag.id), chat, message_id, callback_id } })
}

fn said_so(ctx: &Ctx, said: Said) -> Option<Confirming> {
    // A text in the name of a group is nobody's.
    if said.sender != Sender::Person {
        return None;
    }
    let Said { account, chat, place, reply_to, text, .. } = said;
    let how = match (place, reply_to) {
        (Place::Private, _) if link_code(&text).is_some() => {
            How::Link { attempt: ack::link::read(ctx.store.keys(), link_code(&text)?)? }
        }
        (Place::Private, reply_to) if words::is_confirmation(&text) => How::Private { chat, reply_to },
        (Place::Group, Some(message_id)) if words::is_confirmation(&text) => How::GroupReply { chat, message_id },
        (Place::Private | Place::Group, _) => return None,
    };
    Some(Confirming { account, how })
}

/// The code of a link that is meant to confirm something; opening one sends `/start` and the code.
pub fn link_code(text: &str) -> Option<&str> {
    let (command, code) = text.trim().split_once(char::is_whitespace)?;
    let start = command.split('@').next() == Some("/start");
    Some(code.trim()).filter(|code| start && Tag::is_link(code))
}

impl Confirming {
    /// What the office counts.
    pub fn press(&self, at: DateTime<Utc>) -> ack::Press<'_> {
        let by = match &self.how {
            How::Button { attempt, chat, message_id, .. } => By::Button { attempt: *attempt, chat, message_id },
            How::GroupReply { chat, message_id } => By::GroupReply { chat, message_id },
            How::Private { chat, reply_to } => By::Private { chat, reply_to: reply_to.as_deref() },
            How::Link { attempt } => By::Link { attempt: *attempt },
        };
        ack::Press { account: &self.account, by, at }
    }

    /// Who is to be shown how to bind, in private: a word there finds nobody it could count for.
    pub fn stranger(&self, pressed: &Pressed) -> Option<&str> {
        let private = match self.how {
            How::Private { .. } | How::Link { .. } => true,
            How::Button { .. } | How::GroupReply { .. } => false,
        };
        (private && pressed.result == PressResult::NotBound).then_some(&self.account)
    }

    /// What it is answered with once it is stored; `bind` is the link into the private chat. In a group a text is not
    /// answered: who confirmed is nobody else's business.
    pub fn answer(&self, ctx: &Ctx, pressed: &Pressed, bind: Option<String>) -> Option<Effect> {
        match &self.how {
            How::Button { callback_id, .. } => {
                let answer = toast::press(&pressed.result, &pressed.audience, bind, ctx.zone);
                Some(Effect::Answer(Due { callback_id: callback_id.clone(), answer }))
            }
            How::GroupReply { .. } => None,
            How::Link { .. } if pressed.result == PressResult::Unknown => Some(self.say(words::link_gone())),
            How::Private { .. } | How::Link { .. } => {
                let data = |choice: &ack::Choice| delivery::tag(ctx.store.keys(), Verb::Ack, choice.attempt.0);
                let choices = pressed.choices.iter();
                let choices = choices.map(|choice| words::Choice { title: &choice.title, data: data(choice) });
                Some(self.say(words::reply(&pressed.result, &pressed.audience, choices.collect(), ctx.zone)))
            }
        }
    }

    /// What it is answered with when it could not be counted.
    pub fn not_stored(&self) -> Option<Effect> {
        match &self.how {
            How::Button { callback_id, .. } => {
                Some(Effect::Answer(Due { callback_id: callback_id.clone(), answer: toast::not_stored() }))
            }
            How::GroupReply { .. } => None,
            How::Private { .. } | How::Link { .. } => Some(self.say(words::not_stored())),
        }
    }

    fn say(&self, what: Outgoing) -> Effect {
        say(&self.account, what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("/start ack_1a7-00", Some("ack_1a7-00"))]
    #[case(" /start@qingfeng_bot  ack_1a7-00 ", Some("ack_1a7-00"))]
    #[case("/start K7QF3M2P", None)]
    #[case("/start", None)]
    #[case("ack_1a7-00", None)]
    #[case("/stop ack_1a7-00", None)]
    fn a_link_s_code_is_told_from_a_binding_code(#[case] text: &str, #[case] code: Option<&str>) {
        assert_eq!(link_code(text), code);
    }
}
