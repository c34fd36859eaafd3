//! Buttons that only admins use: what became of a message in doubt, and what was passed on by hand.

use crate::channel::Press;
use crate::ctx::{Ctx, Line};
use crate::domain::audit::Actor;
use crate::domain::delivery::Decision;
use crate::ids::{AttemptId, DeliveryId};
use crate::inbox::rights;
use crate::message::outgoing::Answer;
use crate::message::{decide as words, toast};
use crate::office::push::resolve::{self, Pressed};
use crate::office::{Outcome, binding, relay};

/// A decision that a button asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// About the copy that an attempt made.
    Doubt(AttemptId, Decision),
    /// About a message that a person carries.
    Relay(DeliveryId, Decision),
}

/// Decides, and says what came of it.
pub(super) async fn pressed(ctx: &Ctx, line: &Line, press: &Press, asked: Asked) -> Outcome<Answer> {
    let Some(staff) = binding::person(ctx, line, &press.account).await? else { return Ok(words::not_yours()) };
    let actor = Actor::Staff { id: staff, channel: line.id };
    let pressed = match asked {
        Asked::Doubt(attempt, decision) => resolve::press(ctx, &actor, attempt, decision).await,
        Asked::Relay(delivery, decision) => relay::press(ctx, &actor, delivery, decision).await,
    };
    Ok(match rights::permitted(ctx, &actor, pressed).await? {
        Some(Some(Pressed::Decided(decision))) => words::decided(decision),
        Some(Some(Pressed::Settled { state, decision })) => words::settled(state, decision),
        Some(Some(Pressed::TooLate)) => words::too_late(),
        Some(None) => toast::unknown(),
        None => words::not_yours(),
    })
}
