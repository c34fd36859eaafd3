//! Chats that the bot is added to, and what the admins say about them.

use crate::channel::{GroupSeen, Press};
use crate::ctx::{Ctx, Line};
use crate::domain::audit::Actor;
use crate::domain::dialogue::Talk;
use crate::domain::dialogue::chat::Chat;
use crate::domain::tag::Verb;
use crate::ids::{GroupId, InboxId};
use crate::inbox::dialogue::{self, Begun};
use crate::inbox::effect::{Due, Effect, say};
use crate::inbox::rights::permitted;
use crate::message::outgoing::Answer;
use crate::message::{decide, group as words, toast};
use crate::office::group::{self, Claimed, Met, Parted};
use crate::office::{Outcome, binding};

/// The bot is in a chat.
pub(super) async fn seen(ctx: &Ctx, line: &Line, seen: &GroupSeen, update: InboxId) -> Outcome<Vec<Effect>> {
    match group::seen(ctx, line, seen).await? {
        Met::Known | Met::Strange => Ok(Vec::new()),
        Met::Ask(id) => ask(ctx, line, &seen.by, (id, update)).await,
    }
}

/// 是我们的群 or 退出.
pub(super) async fn answered(
    ctx: &Ctx,
    line: &Line,
    press: &Press,
    (verb, id, update): (Verb, GroupId, InboxId),
) -> Outcome<Vec<Effect>> {
    let answer = |answer: Answer| Effect::Answer(Due { callback_id: press.callback_id.clone(), answer });
    let Some(staff) = binding::person(ctx, line, &press.account).await? else {
        return Ok(vec![answer(decide::not_yours())]);
    };
    let actor = Actor::Staff { id: staff, channel: line.id };
    let decided = if verb == Verb::Ours { ours(ctx, &actor, id).await } else { leave(ctx, &actor, id).await };
    match permitted(ctx, &actor, decided).await? {
        Some(Next::Said(words)) => Ok(vec![answer(words)]),
        Some(Next::Ask) => {
            let question = ask(ctx, line, &press.account, (id, update)).await?;
            Ok([answer(words::claimed())].into_iter().chain(question).collect())
        }
        Some(Next::Leave(chat)) => Ok(vec![Effect::Leave { chat }, answer(words::left())]),
        None => Ok(vec![answer(decide::not_yours())]),
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

/// Asks an admin in private which units a chat addresses.
async fn ask(ctx: &Ctx, line: &Line, account: &str, (id, update): (GroupId, InboxId)) -> Outcome<Vec<Effect>> {
    Ok(match dialogue::begin(ctx, line, account, update, Talk::Chat(Chat::about(id))).await? {
        Begun::Said(what) => vec![say(account, what)],
        Begun::NoRight | Begun::NotBound => Vec::new(),
    })
}
