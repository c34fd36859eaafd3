//! Buttons that only admins use: what became of a message in doubt, and what was passed on by hand.

use crate::channel::Press;
use crate::ctx::{Ctx, Line};
use crate::domain::audit::Actor;
use crate::domain::delivery::Decision;
use crate::ids::{AttemptId, DeliveryId};
use crate::message::outgoing::Answer;
use crate::message::{decide as words, toast};
use crate::office::push::resolve::{self, Pressed};
use crate::office::{Outcome, Refusal, binding, relay};

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
    match pressed {
        Ok(Some(Pressed::Decided(decision))) => Ok(words::decided(decision)),
        Ok(Some(Pressed::Settled { state, decision })) => Ok(words::settled(state, decision)),
        Ok(Some(Pressed::TooLate)) => Ok(words::too_late()),
        Ok(None) => Ok(toast::unknown()),
        Err(Refusal::Forbidden { .. }) => Ok(words::not_yours()),
        Err(other) => Err(other),
    }
}
