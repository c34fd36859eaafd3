//! `/people`: what each question shows, and what is done in the end. Two admins may be at the same person at once: before
//! anything is done, how things stand is compared with how they stood when it was asked.

use serde_json::json;

use super::Step;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::dialogue::people::{
    CodeQuestion, Counted, Deed, Ended as End, Kept, Listed, Move, NEWEST_MOST, Open, People, Question as Ask, Seen,
    Someone, Task, Typed, days, next,
};
use crate::domain::dialogue::{Ended, Given, Page, Pick, Question, Talk};
use crate::domain::leave::LeaveCategory;
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::ids::{StaffId, UnitId};
use crate::office::{Outcome, authorise, note};
use crate::store::people::{Among, ListedRow, StandingRow};
use crate::store::{self, Tx};

mod deeds;

/// Days offered as buttons where a day is asked for.
const DAYS_OFFERED: usize = 2;

/// The question of a place, or the end when there is nothing to ask there.
pub(super) async fn ask(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: People) -> Outcome<Step> {
    authorise(tx, actor, act(&at)).await?;
    match at {
        People::Menu => {
            let tasks = Task::ALL.into_iter().map(Pick::Task);
            Ok(asked(People::Menu, Ask::Menu, tasks.chain([Pick::Cancel]).collect()))
        }
        People::Newest { page } => newest(tx, page).await,
        People::Units { task, page } => units(tx, task, page).await,
        People::Staff { task, unit, page } => staff(tx, ctx, actor, (task, unit, page)).await,
        People::Code { who, .. }
        | People::DepartDay { who }
        | People::DepartTyped { who, .. }
        | People::Depart { who, .. }
        | People::Category { who }
        | People::FirstDay { who, .. }
        | People::FirstTyped { who, .. }
        | People::LastDay { who, .. }
        | People::LastTyped { who, .. }
        | People::Away { who, .. } => match who_is(tx, ctx, who).await? {
            Some((who, now)) => Ok(about(at, who, (&now, wall::of(ctx.now(), ctx.zone).date()))),
            None => Ok(ended(End::Gone)),
        },
    }
}

/// Takes an answer and does what it asks for.
pub(super) async fn take(tx: &mut Tx, ctx: &Ctx, actor: &Actor, at: &People, given: Given) -> Outcome<Step> {
    authorise(tx, actor, act(at)).await?;
    match next(at, given, wall::of(ctx.now(), ctx.zone).date()) {
        Move::Ask(at) => ask(tx, ctx, actor, at).await,
        Move::Stay => ask(tx, ctx, actor, at.clone()).await,
        Move::Cancelled => Ok(Step::End(Ended::Cancelled)),
        Move::Do(deed) => carry_out(tx, ctx, actor, deed).await,
    }
}

/// The right that a place needs. It is asked for at every step: rights may go while a conversation stands.
fn act(at: &People) -> Act {
    match at {
        People::Units { task: Task::Unbound, .. } | People::Staff { task: Task::Unbound, .. } => Act::RosterRead,
        People::Units { task: Task::Away, .. }
        | People::Staff { task: Task::Away, .. }
        | People::Category { .. }
        | People::FirstDay { .. }
        | People::FirstTyped { .. }
        | People::LastDay { .. }
        | People::LastTyped { .. }
        | People::Away { .. } => Act::LeaveWrite,
        People::Menu
        | People::Newest { .. }
        | People::Units { task: Task::Join | Task::Phone | Task::Depart, .. }
        | People::Staff { task: Task::Join | Task::Phone | Task::Depart, .. }
        | People::Code { .. }
        | People::DepartDay { .. }
        | People::DepartTyped { .. }
        | People::Depart { .. } => Act::StaffWrite,
    }
}

fn asked(at: People, question: Ask, picks: Vec<Pick>) -> Step {
    Step::Ask { talk: Talk::People(at), question: Question::People(question), picks }
}

fn ended(end: End) -> Step {
    Step::End(Ended::People(end))
}

const fn among(task: Task) -> Among {
    match task {
        Task::Join | Task::Unbound => Among::Unbound,
        Task::Phone => Among::Bound,
        Task::Depart | Task::Away => Among::All,
    }
}

fn listed(row: ListedRow) -> Listed {
    Listed { id: row.id, name: row.name, staff_no: row.staff_no, unit: row.unit }
}

async fn newest(tx: &mut Tx, page: u16) -> Outcome<Step> {
    let most = i64::try_from(NEWEST_MOST).unwrap_or(i64::MAX);
    let people: Vec<Listed> = store::people::newest(tx, Among::Unbound, most).await?.into_iter().map(listed).collect();
    if people.is_empty() {
        return Ok(ended(End::Nobody(Task::Join)));
    }
    let page = Page::of(people.len(), page);
    let picks = page.picks(&people, |person| Pick::Person(person.id), &[Pick::Task(Task::Join)]);
    Ok(asked(People::Newest { page: page.at }, Ask::Newest { people, page }, picks))
}

async fn units(tx: &mut Tx, task: Task, page: u16) -> Outcome<Step> {
    let rows = store::people::units(tx, among(task)).await?;
    let units: Vec<Counted> =
        rows.into_iter().map(|row| Counted { id: row.id, path: row.path, people: row.people }).collect();
    if units.is_empty() {
        return Ok(ended(End::Nobody(task)));
    }
    let page = Page::of(units.len(), page);
    let picks = page.picks(&units, |unit| Pick::Unit(unit.id), &[]);
    Ok(asked(People::Units { task, page: page.at }, Ask::Units { task, units, page }, picks))
}

async fn staff(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (task, unit, page): (Task, UnitId, u16)) -> Outcome<Step> {
    let people: Vec<Listed> = store::people::of_unit(tx, among(task), unit).await?.into_iter().map(listed).collect();
    // Someone else was quicker, or the unit is gone.
    let Some(path) = people.first().map(|person| person.unit.clone()) else { return units(tx, task, 0).await };
    let page = Page::of(people.len(), page);
    let back = [Pick::Task(task)];
    let picks = if task == Task::Unbound {
        let detail = json!({ "unbound": people.len(), "unit": unit });
        note(tx, ctx.now(), actor, (Action::StaffView, "roster".to_owned(), detail));
        page.turns().chain(back).chain([Pick::Cancel]).collect()
    } else {
        page.picks(&people, |person| Pick::Person(person.id), &back)
    };
    let at = People::Staff { task, unit, page: page.at };
    Ok(asked(at, Ask::Staff { task, unit: path, people, page }, picks))
}

/// A person on the roster and how things stand with them.
async fn who_is(tx: &mut Tx, ctx: &Ctx, who: StaffId) -> Outcome<Option<(Someone, StandingRow)>> {
    let Some(now) = store::people::standing(tx, who, ctx.now()).await? else { return Ok(None) };
    let Some(row) = store::staff::find(tx, who).await? else { return Ok(None) };
    let peers = store::people::of_unit(tx, Among::All, row.unit_id).await?;
    let peers = peers.into_iter().map(|peer| peer.staff_no).collect();
    let listed = Listed { id: row.id, name: row.name, staff_no: row.staff_no, unit: row.unit };
    Ok(Some((Someone { listed, peers }, now)))
}

fn seen(row: &StandingRow) -> Seen {
    Seen {
        version: row.version_id,
        leaves_on: row.leaves_on,
        bound: row.binding.map(|binding| (binding, row.bound_at.is_some())),
        invite: row.invite,
        leave: row.leave,
    }
}

/// A question about one person.
fn about(at: People, who: Someone, (row, today): (&StandingRow, chrono::NaiveDate)) -> Step {
    let id = who.listed.id;
    let now = seen(row);
    let changes = |before: Option<Seen>| before.map(|before| before.changes(&now)).unwrap_or_default();
    let confirm = || vec![Pick::Confirm, Pick::Cancel];
    let ask = Some(now);
    match at {
        People::Code { task, seen, .. } => {
            let other = (task == Task::Phone && row.bound_at.is_some()).then_some(Pick::Otherwise);
            let picks = [Pick::Confirm].into_iter().chain(other).chain([Pick::Cancel]).collect();
            let question = CodeQuestion {
                task,
                who,
                bound_at: row.bound_at.map(store::At::utc),
                unused_until: row.invite_until.map(store::At::utc),
                changes: changes(seen),
            };
            asked(People::Code { task, who: id, seen: ask }, Ask::Code(question), picks)
        }
        People::DepartDay { .. } => {
            let mut picks = days(today, DAYS_OFFERED, Open::Refused);
            if row.leaves_on.is_some() {
                picks.insert(picks.len() - 1, Pick::Otherwise);
            }
            asked(People::DepartDay { who: id }, Ask::DepartDay { who, planned: row.leaves_on }, picks)
        }
        People::Depart { day, seen, .. } => {
            let question = Ask::Depart { who, day, changes: changes(seen) };
            asked(People::Depart { who: id, day, seen: ask }, question, confirm())
        }
        People::Category { .. } => {
            let picks = LeaveCategory::ALL.iter().map(|category| Pick::Category(*category)).chain([Pick::Cancel]);
            asked(People::Category { who: id }, Ask::Category { who }, picks.collect())
        }
        People::FirstDay { category, .. } => {
            let question = Ask::FirstDay { who, category: category.0 };
            asked(People::FirstDay { who: id, category }, question, days(today, DAYS_OFFERED, Open::Refused))
        }
        People::LastDay { category, from, .. } => last_day(who, (category, from)),
        People::Away { away, seen, .. } => {
            let question = Ask::Away { who, away, changes: changes(seen) };
            asked(People::Away { who: id, away, seen: ask }, question, confirm())
        }
        at @ (People::DepartTyped { .. } | People::FirstTyped { .. } | People::LastTyped { .. }) => typed(at, who),
        at @ (People::Menu | People::Newest { .. } | People::Units { .. } | People::Staff { .. }) => {
            asked(at, Ask::Menu, vec![Pick::Cancel])
        }
    }
}

fn last_day(who: Someone, (category, from): (Kept, chrono::NaiveDate)) -> Step {
    let open = if category.0.needs_end() { Open::Refused } else { Open::Allowed };
    let at = People::LastDay { who: who.listed.id, category, from };
    asked(at, Ask::LastDay { who, category: category.0, from }, days(from, DAYS_OFFERED, open))
}

/// A day is typed: the only button is 取消.
fn typed(at: People, who: Someone) -> Step {
    let (about, misread) = match &at {
        People::FirstTyped { misread, .. } => (Typed::First, *misread),
        People::LastTyped { from, misread, .. } => (Typed::Last(*from), *misread),
        People::DepartTyped { misread, .. } => (Typed::Depart, *misread),
        People::Menu
        | People::Newest { .. }
        | People::Units { .. }
        | People::Staff { .. }
        | People::Code { .. }
        | People::DepartDay { .. }
        | People::Depart { .. }
        | People::Category { .. }
        | People::FirstDay { .. }
        | People::LastDay { .. }
        | People::Away { .. } => (Typed::Depart, None),
    };
    asked(at, Ask::Typed { about, who, misread }, vec![Pick::Cancel])
}

async fn carry_out(tx: &mut Tx, ctx: &Ctx, actor: &Actor, deed: Deed) -> Outcome<Step> {
    let (Deed::Code { who, .. } | Deed::Depart { who, .. } | Deed::Stay { who } | Deed::Away { who, .. }) = deed;
    let Some((someone, row)) = who_is(tx, ctx, who).await? else { return Ok(ended(End::Gone)) };
    let now = seen(&row);
    // Without a question before it, a code is handed out only to someone who has neither a code nor an account.
    let settled = |before: Option<Seen>| match before {
        Some(before) => before == now,
        None => now.invite.is_none() && row.bound_at.is_none(),
    };
    let today = wall::of(ctx.now(), ctx.zone).date();
    let again = |at: People, who: Someone| Ok(about(at, who, (&row, today)));
    match deed {
        Deed::Code { task, seen, .. } if !settled(seen) => again(People::Code { task, who, seen }, someone),
        Deed::Depart { day, seen, .. } if !settled(seen) => again(People::Depart { who, day, seen }, someone),
        Deed::Away { away, seen, .. } if !settled(seen) => again(People::Away { who, away, seen }, someone),
        Deed::Code { task, old, .. } => {
            let old = row.bound_at.map(|_| old);
            Ok(ended(deeds::code(tx, ctx, actor, (someone, task, old)).await?))
        }
        Deed::Depart { day, .. } => Ok(ended(deeds::depart(tx, ctx, actor, (someone, day)).await?)),
        Deed::Stay { .. } => Ok(ended(deeds::stay(tx, ctx, actor, someone).await?)),
        Deed::Away { away, .. } => Ok(ended(deeds::away(tx, ctx, actor, (someone, away)).await?)),
    }
}
