//! One arm a conversation: what it asks, what an answer leads to.

use super::{Step, chat_talk, me_talk, people_talk, quiz_talk};
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::dialogue::day::Lean;
use crate::domain::dialogue::{Given, Talk, me, people};
use crate::office::Outcome;
use crate::store::Tx;

/// The question of a place in a conversation, or the end when there is nothing to ask there.
pub(super) async fn ask(tx: &mut Tx, ctx: &Ctx, actor: &Actor, talk: Talk) -> Outcome<Step> {
    match talk {
        Talk::People(at) => people_talk::ask(tx, ctx, actor, at).await,
        Talk::Me(at) => me_talk::ask(tx, ctx, actor, at).await,
        Talk::Chat(at) => chat_talk::ask(tx, ctx, actor, at).await,
        Talk::Quiz(at) => quiz_talk::ask(tx, ctx, actor, at).await,
    }
}

/// Takes an answer: does what it asks for, in the transaction it is given, and says what comes next.
pub(super) async fn take(tx: &mut Tx, ctx: &Ctx, actor: &Actor, talk: Talk, given: Given) -> Outcome<Step> {
    match talk {
        Talk::People(at) => people_talk::take(tx, ctx, actor, &at, given).await,
        Talk::Me(at) => me_talk::take(tx, ctx, actor, at, given).await,
        Talk::Chat(at) => chat_talk::take(tx, ctx, actor, &at, given).await,
        Talk::Quiz(at) => quiz_talk::take(tx, ctx, actor, at, given).await,
    }
}

/// Whether a conversation waits for a typed day, and which one is meant when the year was left out.
pub(super) fn wants_day(talk: &Talk) -> Option<Lean> {
    match talk {
        Talk::People(at) => people::wants_day(at).then_some(Lean::Nearest),
        Talk::Me(at) => me::wants_day(*at).then_some(Lean::Ahead),
        Talk::Chat(_) | Talk::Quiz(_) => None,
    }
}
