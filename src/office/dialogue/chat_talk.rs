//! 这个群面向哪些单位？ Two admins may be asked at once: who answers later is told what the first one chose.

use super::Step;
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::dialogue::chat::{Chat, Ended as End, Move, Question as Ask, next, rows};
use crate::domain::dialogue::{Ended, Given, Page, Pick, Question, Talk};
use crate::domain::policy::Act;
use crate::domain::word::GroupState;
use crate::ids::UnitId;
use crate::office::group;
use crate::office::{Outcome, authorise};
use crate::store::unit::OFFICE;
use crate::store::{self, Tx};

/// The question, or the end when the chat is gone or linked by now.
pub(super) async fn ask(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: Chat) -> Outcome<Step> {
    authorise(tx, actor, Act::GroupWrite).await?;
    let listed = match open(tx, ctx, &at).await? {
        Ok(listed) => listed,
        Err(end) => return Ok(ended(end)),
    };
    let units = units(tx).await?;
    let rows = rows(&units, &at.picked);
    let page = Page::of(rows.len(), at.page);
    let done = (!at.picked.is_empty()).then_some(Pick::Confirm);
    let picks = page.picks(&rows, |row| row.pick, &done.into_iter().collect::<Vec<_>>());
    let expected = group::expected(tx, ctx, &at.picked).await?;
    let picked = units.into_iter().filter(|(id, _)| at.picked.contains(id)).map(|(_, path)| path).collect();
    let question = Ask { title: listed.group.title, rows, page, picked, expected };
    let talk = Talk::Chat(Chat { page: page.at, ..at });
    Ok(Step::Ask { talk, question: Question::Chat(question), picks })
}

/// Takes an answer; 完成 links the chat.
pub(super) async fn take(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: &Chat, given: Given) -> Outcome<Step> {
    authorise(tx, actor, Act::GroupWrite).await?;
    let listed = match open(tx, ctx, at).await? {
        Ok(listed) => listed,
        Err(end) => return Ok(ended(end)),
    };
    match next(at, given, &units(tx).await?) {
        Move::Ask(at) => ask(tx, ctx, actor, at).await,
        Move::Cancelled => Ok(ended(End::Left { title: listed.group.title })),
        Move::Link(at) => {
            group::address(tx, ctx, actor, (&listed.group, &at.picked)).await?;
            let expected = group::expected(tx, ctx, &at.picked).await?;
            let units = units(tx).await?.into_iter().filter(|(id, _)| at.picked.contains(id));
            let units = units.map(|(_, path)| path).collect();
            Ok(ended(End::Linked { title: listed.group.title, units, expected }))
        }
    }
}

/// The chat while it can be asked about; otherwise what became of it.
async fn open(tx: &mut Tx, ctx: &Ctx, at: &Chat) -> Outcome<Result<group::Listed, End>> {
    let found = store::group::find(tx, at.group).await?;
    let Some(group) = found.filter(|group| group.state != GroupState::Gone) else { return Ok(Err(End::Gone)) };
    let Some(listed) = group::listed(tx, ctx, vec![group]).await?.pop() else { return Ok(Err(End::Gone)) };
    if listed.group.state == GroupState::Unlinked {
        return Ok(Ok(listed));
    }
    Ok(Err(End::Already { title: listed.group.title, units: listed.units }))
}

async fn units(tx: &mut Tx) -> Outcome<Vec<(UnitId, String)>> {
    let units = store::unit::list(tx, OFFICE).await?;
    Ok(units.into_iter().map(|unit| (unit.id, unit.path)).collect())
}

fn ended(end: End) -> Step {
    Step::End(Ended::Chat(end))
}
