//! Conversations: a press is read into a choice, the office takes it, and its words go out. A question is edited in place
//! after a press, so that the chat stays short, and sent anew after a text, so that it stands below it.

use crate::channel::{Place, Press};
use crate::ctx::{Ctx, Line};
use crate::domain::dialogue::{Choice, Ended, Talk};
use crate::domain::tag::Verb;
use crate::ids::InboxId;
use crate::inbox::effect::{Due, Effect, say};
use crate::message::outgoing::{Answer, Outgoing};
use crate::message::{chat as chat_words, dialogue as words, toast};
use crate::office::dialogue::{self, Asked, Turn};
use crate::office::{Outcome, delivery};

/// What beginning a conversation led to.
pub(super) enum Begun {
    /// What is said.
    Said(Outgoing),
    /// The person has no right to it: they get the answer they would get to anything else.
    NoRight,
    /// The account is bound to nobody.
    NotBound,
}

/// Begins a conversation. `update` is what led to it.
pub(super) async fn begin(ctx: &Ctx, line: &Line, account: &str, update: InboxId, talk: Talk) -> Outcome<Begun> {
    let turn = dialogue::begin(ctx, line, account, update, talk).await?;
    Ok(match turn {
        Turn::Ended(Ended::NoRight) => Begun::NoRight,
        Turn::Ended(Ended::NotBound) => Begun::NotBound,
        turn @ (Turn::Asked(_) | Turn::Ended(_) | Turn::Past(_) | Turn::Expired(_) | Turn::Over(_) | Turn::Foreign) => {
            shown(ctx, &turn).map_or(Begun::NoRight, Begun::Said)
        }
    })
}

/// A button of a conversation was pressed.
pub(super) async fn pressed(
    ctx: &Ctx,
    line: &Line,
    press: &Press,
    (update, number): (InboxId, i64),
) -> Outcome<Vec<Effect>> {
    let answer = |answer: Answer| Effect::Answer(Due { callback_id: press.callback_id.clone(), answer });
    let Some(choice) = Choice::unpack(number).filter(|_| press.place == Place::Private) else {
        return Ok(vec![answer(toast::unknown())]);
    };
    let turn = dialogue::choose(ctx, line, &press.account, update, choice).await?;
    let told = match &turn {
        Turn::Asked(_) | Turn::Ended(_) => toast::quiet(),
        Turn::Past(_) => words::past(),
        Turn::Expired(talk) => words::late(talk),
        Turn::Over(talk) => words::over(talk),
        Turn::Foreign => words::foreign(),
    };
    let edit = shown(ctx, &turn).map(|what| Effect::Edit {
        chat: press.chat.clone(),
        message_id: press.message_id.clone(),
        what: Box::new(what),
    });
    Ok([answer(told)].into_iter().chain(edit).collect())
}

/// A private text that may be an answer; `None` when no conversation waits for one.
pub(super) async fn typed(
    ctx: &Ctx,
    line: &Line,
    account: &str,
    (update, text): (InboxId, &str),
) -> Outcome<Option<Vec<Effect>>> {
    let Some(turn) = dialogue::typed(ctx, line, account, update, text).await? else { return Ok(None) };
    Ok(Some(shown(ctx, &turn).map(|what| say(account, what)).into_iter().collect()))
}

/// What a turn shows in the chat; `None`: nothing, what stands there stays.
fn shown(ctx: &Ctx, turn: &Turn) -> Option<Outgoing> {
    match turn {
        Turn::Asked(asked) | Turn::Past(Some(asked)) => Some(question(ctx, asked)),
        Turn::Ended(Ended::NoRight | Ended::NotBound) => Some(words::no_right()),
        Turn::Ended(ended) => words::ended(ended, ctx.zone),
        Turn::Expired(Talk::Chat(chat)) => {
            Some(chat_words::expired(delivery::tag(ctx.store.keys(), Verb::Ours, chat.group.0)))
        }
        Turn::Expired(talk) => Some(words::expired(talk)),
        Turn::Past(None) | Turn::Over(_) | Turn::Foreign => None,
    }
}

fn question(ctx: &Ctx, asked: &Asked) -> Outgoing {
    let tag = |option: usize| {
        let option = u8::try_from(option).ok()?;
        let packed = Choice { dialogue: asked.dialogue, step: asked.step, option }.pack()?;
        Some(delivery::tag(ctx.store.keys(), Verb::Choose, packed))
    };
    // A number that has no tag is refused when it is pressed; the bounds are far beyond any list.
    let tags = (0..asked.picks.len()).map(|option| tag(option).unwrap_or_default()).collect();
    words::message(words::question(&asked.question, &asked.picks, ctx.zone), &asked.picks, tags)
}
