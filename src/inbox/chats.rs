//! Chats that the bot is added to, and what the admins say about them.

use crate::channel::{GroupSeen, Press};
use crate::ctx::{Ctx, Line};
use crate::domain::audit::Actor;
use crate::domain::tag::Verb;
use crate::ids::GroupId;
use crate::inbox::effect::{Due, Effect};
use crate::message::outgoing::Answer;
use crate::message::{decide, group as words, toast};
use crate::office::group::{self, Claimed, Met, Parted};
use crate::office::{Outcome, Refusal, binding};

/// The bot is in a chat.
pub(super) async fn seen(ctx: &Ctx, line: &Line, seen: &GroupSeen) -> Outcome<Vec<Effect>> {
    match group::seen(ctx, line, seen).await? {
        Met::Known | Met::Strange => Ok(Vec::new()),
        Met::Ask(id) => ask(ctx, line, &seen.by, id).await,
    }
}

/// 是我们的群 or 退出.
pub(super) async fn answered(
    ctx: &Ctx,
    line: &Line,
    press: &Press,
    (verb, id): (Verb, GroupId),
) -> Outcome<Vec<Effect>> {
    let answer = |answer: Answer| Effect::Answer(Due { callback_id: press.callback_id.clone(), answer });
    let Some(staff) = binding::person(ctx, line, &press.account).await? else {
        return Ok(vec![answer(decide::not_yours())]);
    };
    let actor = Actor::Staff { id: staff, channel: line.id };
    let decided = if verb == Verb::Ours { ours(ctx, &actor, id).await } else { leave(ctx, &actor, id).await };
    match decided {
        Ok(Next::Said(words)) => Ok(vec![answer(words)]),
        Ok(Next::Ask) => {
            let question = ask(ctx, line, &press.account, id).await?;
            Ok([answer(words::claimed())].into_iter().chain(question).collect())
        }
        Ok(Next::Leave(chat)) => Ok(vec![Effect::Leave { chat }, answer(words::left())]),
        Err(Refusal::Forbidden { .. }) => Ok(vec![answer(decide::not_yours())]),
        Err(other) => Err(other),
    }
}

enum Next {
    Said(Answer),
    Ask,
    Leave(String),
}

async fn ours(ctx: &Ctx, actor: &Actor, id: GroupId) -> Outcome<Next> {
    Ok(match group::claim(ctx, actor, id).await? {
        None => Next::Said(toast::unknown()),
        Some(Claimed::Ours) => Next::Ask,
        Some(Claimed::Linked(units)) => Next::Said(words::linked_already(&units)),
        Some(Claimed::Gone) => Next::Said(words::gone_already()),
    })
}

async fn leave(ctx: &Ctx, actor: &Actor, id: GroupId) -> Outcome<Next> {
    Ok(match group::leave(ctx, actor, id).await? {
        None => Next::Said(toast::unknown()),
        Some(Parted::Goes(chat)) => Next::Leave(chat),
        Some(Parted::Linked(units)) => Next::Said(words::linked_already(&units)),
        Some(Parted::Claimed) => Next::Said(words::claimed_already()),
        Some(Parted::Gone) => Next::Said(words::gone_already()),
    })
}

/// Asks an admin which units a chat addresses.
async fn ask(_ctx: &Ctx, _line: &Line, _account: &str, _id: GroupId) -> Outcome<Vec<Effect>> {
    Ok(Vec::new())
}
