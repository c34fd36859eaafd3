//! Buttons of the one private reminder: who is away says until when, and who wants no reminders gets none.

use crate::channel::{Place, Press};
use crate::ctx::{Ctx, Line};
use crate::domain::dialogue::Talk;
use crate::domain::dialogue::me::Me;
use crate::ids::{AttemptId, InboxId};
use crate::inbox::dialogue::{self, Begun};
use crate::inbox::effect::{Due, Effect, say};
use crate::message::outgoing::Answer;
use crate::message::{nudge as words, toast};
use crate::office::{Outcome, nudge};

fn answered(press: &Press, answer: Answer) -> Effect {
    Effect::Answer(Due { callback_id: press.callback_id.clone(), answer })
}

/// 我在休假或出差: asks when the person is back.
pub(super) async fn away(
    ctx: &Ctx,
    line: &Line,
    press: &Press,
    (attempt, update): (AttemptId, InboxId),
) -> Outcome<Vec<Effect>> {
    if press.place != Place::Private {
        return Ok(vec![answered(press, toast::unknown())]);
    }
    nudge::seen(ctx, (attempt, (&press.chat, &press.message_id))).await?;
    Ok(match dialogue::begin(ctx, line, &press.account, update, Talk::Me(Me::Back)).await? {
        Begun::Said(what) => vec![answered(press, toast::quiet()), say(&press.account, what)],
        Begun::NoRight | Begun::NotBound => vec![answered(press, toast::unknown())],
    })
}

/// 不再私聊提醒
pub(super) async fn muted(ctx: &Ctx, line: &Line, press: &Press, attempt: AttemptId) -> Outcome<Vec<Effect>> {
    if press.place != Place::Private {
        return Ok(vec![answered(press, toast::unknown())]);
    }
    nudge::seen(ctx, (attempt, (&press.chat, &press.message_id))).await?;
    let stored = nudge::mute(ctx, line, &press.account).await?;
    Ok(vec![answered(press, if stored { words::muted() } else { toast::unknown() })])
}
