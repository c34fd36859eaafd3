//! Joining in private: a code, whose it is, 是我 or 不是我, and what comes after.

use crate::channel::Press;
use crate::ctx::{Ctx, Line};
use crate::domain::setting::Key;
use crate::domain::tag::Verb;
use crate::ids::InviteId;
use crate::inbox::effect::{Due, Effect, say};
use crate::message::outgoing::Outgoing;
use crate::message::{binding as words, print, toast};
use crate::office::binding::{self, Accepted, Declined, Offer, Owner};
use crate::office::setting::Settings;
use crate::office::{Outcome, delivery, setting};
use crate::store::account::RecordRow;

/// Buttons have an id; what these two show depends on who presses alone.
const WHOEVER_PRESSES: i64 = 1;

/// A code that someone sent.
pub(super) async fn offered(
    ctx: &Ctx,
    line: &Line,
    account: &str,
    typed: &str,
    settings: &Settings,
) -> Outcome<Outgoing> {
    let (office, contact) = (settings.text(Key::OfficeName), settings.text(Key::OfficeContact));
    Ok(match binding::offer(ctx, line, account, typed).await? {
        Offer::Confirm { invite, owner, informed } => {
            let keys = ctx.store.keys();
            let tags = words::Tags {
                accept: delivery::tag(keys, Verb::Accept, invite.0),
                decline: delivery::tag(keys, Verb::Decline, invite.0),
            };
            let Owner { name, unit, staff_no } = owner;
            let person = print::person(&name, &staff_no, &[]);
            let question = words::Question { person: &person, unit: print::unit_name(&unit), tags: &tags };
            if informed { words::question(&question) } else { words::notice_and_question(office, contact, &question) }
        }
        Offer::Wrong { left } => words::wrong_code(left),
        Offer::Paused { until } => words::paused(until, ctx.zone),
        Offer::Used => words::used(contact),
        Offer::Expired => words::expired(contact),
        Offer::AlreadyBound => words::already_bound(),
    })
}

/// 是我
pub(super) async fn accepted(ctx: &Ctx, line: &Line, press: &Press, invite: InviteId) -> Outcome<Vec<Effect>> {
    let settings = setting::read(ctx).await?;
    let contact = settings.text(Key::OfficeContact);
    let what = match binding::accept(ctx, line, &press.account, invite).await? {
        Accepted::Bound { credited } => {
            let keys = ctx.store.keys();
            let next = words::Next {
                latest: delivery::tag(keys, Verb::Latest, WHOEVER_PRESSES),
                record: delivery::tag(keys, Verb::Record, WHOEVER_PRESSES),
            };
            words::bound(&credited, &next, ctx.zone)
        }
        Accepted::Used => words::used(contact),
        Accepted::Expired => words::expired(contact),
        Accepted::AlreadyBound => words::already_bound(),
        Accepted::NotAsked => words::not_asked(),
    };
    Ok(replied(press, what))
}

/// 不是我
pub(super) async fn declined(ctx: &Ctx, line: &Line, press: &Press, invite: InviteId) -> Outcome<Vec<Effect>> {
    let settings = setting::read(ctx).await?;
    let what = match binding::decline(ctx, line, &press.account, invite).await? {
        Declined::Kept => words::declined(),
        Declined::Over => words::expired(settings.text(Key::OfficeContact)),
        Declined::NotAsked => words::not_asked(),
    };
    Ok(replied(press, what))
}

/// 看最近一条
pub(super) async fn latest(ctx: &Ctx, line: &Line, press: &Press) -> Outcome<Vec<Effect>> {
    let what = match binding::person(ctx, line, &press.account).await? {
        Some(staff) => delivery::latest(ctx, staff).await?.unwrap_or_else(words::nothing_yet),
        None => record(ctx, line, &press.account, &setting::read(ctx).await?).await?,
    };
    Ok(replied(press, what))
}

/// 我的记录
pub(super) async fn recorded(ctx: &Ctx, line: &Line, press: &Press) -> Outcome<Vec<Effect>> {
    let what = record(ctx, line, &press.account, &setting::read(ctx).await?).await?;
    Ok(replied(press, what))
}

/// What is stored about whoever asks; the notice for someone who is not bound.
pub(super) async fn record(ctx: &Ctx, line: &Line, account: &str, settings: &Settings) -> Outcome<Outgoing> {
    let (office, contact) = (settings.text(Key::OfficeName), settings.text(Key::OfficeContact));
    let Some(stored) = binding::stored(ctx, line, account).await? else { return Ok(words::notice(office, contact)) };
    let person = print::person(&stored.owner.name, &stored.owner.staff_no, &[]);
    let unit = print::unit_name(&stored.owner.unit);
    let RecordRow { bound_at, acks, answers, absences, muted } = stored.record;
    let bound_at = bound_at.utc();
    let record = words::Record { person: &person, unit, bound_at, acks, answers, absences, muted, contact };
    Ok(words::my_data(&record, ctx.zone))
}

/// A press is answered quietly, and the words go to the private chat.
fn replied(press: &Press, what: Outgoing) -> Vec<Effect> {
    let answer = Due { callback_id: press.callback_id.clone(), answer: toast::quiet() };
    vec![Effect::Answer(answer), say(&press.account, what)]
}
