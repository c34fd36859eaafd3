//! `/me`: everyone sees their own record alone, and says themselves until when they are away.

use chrono::NaiveDate;

use super::Step;
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::dialogue::me::{Ended as End, Me, Move, Question as Ask, Record, next};
use crate::domain::dialogue::people::{Listed, Someone};
use crate::domain::dialogue::{Ended, Given, Pick, Question, Talk};
use crate::domain::leave::{latest_return, return_days};
use crate::domain::month::Month;
use crate::domain::wall;
use crate::ids::StaffId;
use crate::office::{Outcome, Refusal, calendar, leave, nudge, quiz};
use crate::store::{self, Tx};

/// The question of a place.
pub(super) async fn ask(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: Me) -> Outcome<Step> {
    let Some(me) = own(actor) else { return Ok(Step::End(Ended::NotBound)) };
    let today = wall::of(ctx.now(), ctx.zone).date();
    match at {
        Me::Record => {
            let Some(record) = record(tx, ctx, (me, today)).await? else { return Ok(Step::End(Ended::NotBound)) };
            let picks = if record.muted { vec![Pick::Confirm, Pick::Otherwise] } else { vec![Pick::Confirm] };
            Ok(asked(at, Ask::Record(record), picks))
        }
        Me::Back => {
            let calendar = calendar::load(tx, ctx).await?;
            let days = return_days(&calendar, today).map(Pick::Day);
            Ok(asked(at, Ask::Back, days.into_iter().chain([Pick::OtherDay, Pick::Cancel]).collect()))
        }
        Me::BackTyped { misread } => {
            Ok(asked(at, Ask::BackTyped { misread, latest: latest_return(today) }, vec![Pick::Cancel]))
        }
    }
}

/// Takes an answer; nobody declares for anybody else.
pub(super) async fn take(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: Me, given: Given) -> Outcome<Step> {
    let Some(me) = own(actor) else { return Ok(Step::End(Ended::NotBound)) };
    let today = wall::of(ctx.now(), ctx.zone).date();
    match next(at, given, (today, latest_return(today))) {
        Move::Ask(next) => ask(tx, ctx, actor, next).await,
        Move::Stay => ask(tx, ctx, actor, at).await,
        Move::Cancelled => Ok(Step::End(Ended::Cancelled)),
        Move::Unmute => {
            nudge::unmute_in(tx, ctx, actor, me).await?;
            Ok(Step::End(Ended::Me(End::Unmuted)))
        }
        Move::Declare(back) => {
            let end = match leave::declare_in(tx, ctx, actor, (me, back)).await {
                Ok(declared) => End::Declared { back: declared.return_day, deadline: declared.deadline },
                // Asked before midnight, answered after it. Nothing was written before the refusal.
                Err(Refusal::Leave(leave::LeaveFault::ReturnDay { .. })) => End::NotTaken,
                Err(other) => return Err(other),
            };
            Ok(Step::End(Ended::Me(end)))
        }
    }
}

/// The person who asks.
fn own(actor: &Actor) -> Option<StaffId> {
    match actor {
        Actor::Staff { id, .. } => Some(*id),
        Actor::Operator { .. } | Actor::System { .. } => None,
    }
}

fn asked(at: Me, question: Ask, picks: Vec<Pick>) -> Step {
    Step::Ask { talk: Talk::Me(at), question: Question::Me(question), picks }
}

async fn record(tx: &mut Tx, ctx: &Ctx, (me, today): (StaffId, NaiveDate)) -> Outcome<Option<Record>> {
    let Some(person) = store::staff::find(tx, me).await? else { return Ok(None) };
    let standing = store::people::standing(tx, me, ctx.now()).await?;
    let Some(bound_at) = standing.and_then(|standing| standing.bound_at) else { return Ok(None) };
    let month = Month::of(ctx.now(), ctx.zone).to_string();
    let acks = store::people::acks_of_month(tx, me, &month).await?;
    let answers = quiz::own(tx, me, &month).await?;
    let absences = store::leave::of_many(tx, &[me]).await?;
    let away = absences.iter().rfind(|row| row.span().covers(today)).map(|row| (row.category, row.ends_on));
    let listed = Listed { id: person.id, name: person.name, staff_no: person.staff_no, unit: person.unit };
    let who = Someone { listed, peers: Vec::new() };
    let muted = store::nudge::is_muted(tx, me).await?;
    Ok(Some(Record { who, bound_at: bound_at.utc(), acks, answers, away, muted }))
}
