//! Figures of pushes and months, from stored facts.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::content::Theme;
use crate::domain::delivery::DeliveryState;
use crate::domain::hearing::{Gap, Silence, waited_since};
use crate::domain::month::Month;
use crate::domain::policy::Act;
use crate::domain::push::{Chunk, PushState};
use crate::domain::report::{
    self, Coverage, DayOff, Extent, Fate, Figures, Member, MonthInput, MonthReport, NotAcked, PushFacts, UnitRef,
    Withheld, month_report,
};
use crate::domain::wall;
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId};
use crate::office::{Allowed, Outcome, Refusal, authorise_units, note, push, quiz, unit};
use crate::store::account::BindingSpan;
use crate::store::push::PushRow;
use crate::store::report::CoverRow;
use crate::store::staff::PersonRow;
use crate::store::unit::{OFFICE, UnitRow};
use crate::store::{self, StoreError, Tx};

/// A person who has not confirmed a required push.
#[derive(Debug, Clone)]
pub struct Missing {
    pub person: PersonRow,
    /// The message reached a place where the person could read it.
    pub reached: bool,
    /// Until when they are asked: everybody's deadline or their own.
    pub deadline: Option<DateTime<Utc>>,
}

/// The month's report as of now, as far as the actor may see.
pub async fn month(ctx: &Ctx, actor: &Actor, month: Month) -> Outcome<MonthReport> {
    month_of(ctx, actor, month, &[]).await
}

/// The month's report of the units that are named, or of all that the actor may see.
pub async fn month_of(ctx: &Ctx, actor: &Actor, month: Month, names: &[String]) -> Outcome<MonthReport> {
    let mut tx = ctx.store.read().await?;
    let allowed = asked(&mut tx, actor, names).await?;
    let pushes = store::push::of_month(&mut tx, &month.to_string()).await?;
    let pushes: Vec<PushRow> = pushes.into_iter().filter(|push| push.state != PushState::Recalled).collect();
    let now = ctx.now();
    let whole = whole(&mut tx, &pushes, now, &allowed).await?;
    let withheld = Withheld::of(&whole, now);
    let facts = parts(whole, &allowed);
    let range = month.instants(ctx.zone);
    let mut units = units_at(&mut tx, now.min(range.end - TimeDelta::milliseconds(1))).await?;
    units.retain(|unit| allowed.covers(unit.id));
    let off = store::occurrence::days_off(&mut tx, range.start, range.end).await?;
    let off = off.into_iter().map(|(at, name)| DayOff { day: wall::of(at.utc(), ctx.zone).date(), name }).collect();
    let silent = silent(&mut tx, &facts).await?;
    let extent = match allowed {
        Allowed::Office => Extent::Office,
        Allowed::Units(_) => Extent::Units,
    };
    let input = MonthInput { month, zone: ctx.zone, as_of: now, extent, units, pushes: facts, withheld, off, silent };
    month_report(&input).map_err(Refusal::Check)
}

/// The units a report is asked of. A unit that is no longer there has its past figures.
async fn asked(tx: &mut Tx, actor: &Actor, names: &[String]) -> Outcome<Allowed> {
    // First the right, so that nobody without one learns which units there are.
    let allowed = authorise_units(tx, actor, Act::ReportRead, &[]).await?;
    if names.is_empty() {
        return Ok(allowed);
    }
    let ids = match unit::resolve(&store::unit::list(tx, OFFICE).await?, names) {
        Err(Refusal::UnknownUnit { .. }) => unit::resolve(&store::unit::list_all(tx, OFFICE).await?, names)?,
        found => found?,
    };
    authorise_units(tx, actor, Act::ReportRead, &ids).await
}

/// The times in which presses on these pushes may be lost.
async fn silent(tx: &mut Tx, pushes: &[PushFacts]) -> Outcome<Vec<Silence>> {
    let ids: Vec<PushId> = pushes.iter().map(|push| push.id).collect();
    let gaps = store::blind::of_pushes(tx, &ids).await?;
    Ok(gaps.into_iter().map(|(row, shown)| Silence { gap: row.into(), told: shown > 0 }).collect())
}

/// Every unit in roster order, with what it was called at an instant: a past month keeps its names.
async fn units_at(tx: &mut Tx, at: DateTime<Utc>) -> Outcome<Vec<UnitRef>> {
    let paths = store::unit::paths_at(tx, at).await?;
    let units = store::unit::list_all(tx, OFFICE).await?;
    let name = |unit: &UnitRow| leaf(paths.get(&unit.id).unwrap_or(&unit.path)).to_owned();
    Ok(units.iter().map(|unit| UnitRef { id: unit.id, name: name(unit) }).collect())
}

/// The last part of a unit's path: how reports name it.
fn leaf(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// Figures of one push, as far as the actor may see; `None` when it asks for nothing.
pub async fn figures(ctx: &Ctx, actor: &Actor, push: &PushRow) -> Outcome<Option<Figures>> {
    let mut tx = ctx.store.read().await?;
    let allowed = push::seen(&mut tx, actor, Act::PushRead, push.id).await?;
    let facts = facts(&mut tx, std::slice::from_ref(push), ctx.now(), &allowed).await?;
    Ok(facts.first().and_then(|facts| report::push_figures(facts, ctx.now())))
}

/// Who of those the actor may see has not confirmed a required push, in roster order. Each look at these names is an entry in the ledger.
pub async fn missing(ctx: &Ctx, actor: &Actor, id: PushId) -> Outcome<Vec<Missing>> {
    let mut tx = ctx.store.write().await?;
    let allowed = push::seen(&mut tx, actor, Act::MissingRead, id).await?;
    let push = store::push::find(&mut tx, id).await?.ok_or(Refusal::UnknownPush(id.0))?;
    let facts = facts(&mut tx, std::slice::from_ref(&push), ctx.now(), &allowed).await?;
    let list = facts.first().and_then(|facts| report::missing(facts, ctx.now()));
    let list = list.ok_or(Refusal::NoMissingList(id.0))?;
    let ids: Vec<StaffId> = list.iter().map(|person| person.staff).collect();
    let rows: HashMap<StaffId, NotAcked> = list.into_iter().map(|row| (row.staff, row)).collect();
    let people = store::staff::find_many(&mut tx, &ids).await?;
    let named = |person: PersonRow| {
        let row = rows.get(&person.id)?;
        Some(Missing { reached: row.reached(), deadline: row.deadline, person })
    };
    let missing: Vec<Missing> = people.into_iter().filter_map(named).collect();
    let detail = json!({ "people": missing.len() });
    note(&mut tx, ctx.now(), actor, (Action::PushMissingView, format!("push:{id}"), detail));
    tx.commit().await?;
    Ok(missing)
}

/// Where those stand who are expected to confirm a required push and have not, as of now.
pub(super) async fn not_acked(tx: &mut Tx, push: &PushRow, as_of: DateTime<Utc>) -> Outcome<Vec<NotAcked>> {
    let facts = facts(tx, std::slice::from_ref(push), as_of, &Allowed::Office).await?;
    Ok(facts.first().and_then(|facts| report::missing(facts, as_of)).unwrap_or_default())
}

/// The stored facts of pushes, in the order given: of the units that may be seen, and without pushes that they had no part
/// in.
async fn facts(tx: &mut Tx, pushes: &[PushRow], as_of: DateTime<Utc>, allowed: &Allowed) -> Outcome<Vec<PushFacts>> {
    Ok(parts(whole(tx, pushes, as_of, allowed).await?, allowed))
}

fn parts(facts: Vec<PushFacts>, allowed: &Allowed) -> Vec<PushFacts> {
    match allowed {
        Allowed::Office => facts,
        Allowed::Units(units) => {
            let parts = facts.into_iter().map(|facts| facts.part(units));
            parts.filter(|part| !part.members.is_empty()).collect()
        }
    }
}

/// The facts as the whole office had them, but for what was passed on by hand.
async fn whole(tx: &mut Tx, pushes: &[PushRow], as_of: DateTime<Utc>, allowed: &Allowed) -> Outcome<Vec<PushFacts>> {
    let ids: Vec<PushId> = pushes.iter().map(|push| push.id).collect();
    let mut audiences: HashMap<PushId, Vec<Chunk>> = HashMap::new();
    for (push, chunk) in store::push::audiences(tx, &ids).await? {
        audiences.entry(push).or_default().push(chunk);
    }
    let mut acks: HashMap<PushId, HashMap<StaffId, DateTime<Utc>>> = HashMap::new();
    for (push, staff, pressed) in store::ack::of_pushes(tx, &ids).await? {
        acks.entry(push).or_default().insert(staff, pressed.utc());
    }
    let mut covers: HashMap<PushId, Vec<CoverRow>> = HashMap::new();
    for row in store::report::covers(tx, &ids).await? {
        covers.entry(row.push_id).or_default().push(row);
    }
    let relayed = relayed(tx, &ids, &covers, allowed).await?;
    let mut own: HashMap<PushId, HashMap<StaffId, DateTime<Utc>>> = HashMap::new();
    for row in store::deadline::of_pushes(tx, &ids).await? {
        own.entry(row.push_id).or_default().insert(row.staff_id, row.deadline_at.utc());
    }
    let mut quiz = quiz::facts(tx, &ids).await?;
    let spans = store::account::spans(tx).await?;
    let gaps = gaps(tx, pushes).await?;
    let fact = |push: &PushRow| {
        let theme = Theme::parse(&push.theme).ok_or_else(|| StoreError::Unreadable(push.theme.clone()))?;
        let members = members(&audiences.remove(&push.id).unwrap_or_default(), own.get(&push.id));
        let bound = bound(&spans, push.slot_at.utc(), as_of);
        Ok(PushFacts {
            id: push.id,
            slug: push.slug.clone(),
            title: push.title.clone(),
            label: theme.label().to_owned(),
            confirm: push.confirm,
            slot: push.slot_at.utc(),
            deadline: push.deadline_at.map(store::At::utc).filter(|_| push.confirm == Confirm::Required),
            unbound: members.iter().map(|m| m.staff).filter(|staff| !bound.contains(staff)).collect(),
            members,
            waited: waited(acks.get(&push.id), &gaps),
            acks: acks.remove(&push.id).unwrap_or_default(),
            coverage: coverage(&covers.remove(&push.id).unwrap_or_default()),
            relayed: relayed.get(&push.id).copied().unwrap_or_default(),
            quiz: quiz.remove(&push.id),
        })
    };
    pushes.iter().map(fact).collect()
}

/// How many messages of each push were passed on by hand to chats of the units that may be seen.
async fn relayed(
    tx: &mut Tx,
    ids: &[PushId],
    covers: &HashMap<PushId, Vec<CoverRow>>,
    allowed: &Allowed,
) -> Outcome<HashMap<PushId, u32>> {
    let mut relayed: HashMap<PushId, u32> = HashMap::new();
    for (push, delivery) in store::delivery::decide::relayed(tx, ids).await? {
        let mut rows = covers.get(&push).into_iter().flatten().filter(|row| row.delivery_id == delivery);
        if *allowed == Allowed::Office || rows.any(|row| allowed.covers(row.unit_id)) {
            *relayed.entry(push).or_default() += 1;
        }
    }
    Ok(relayed)
}

/// The gaps that may have held up a press beyond a deadline of these pushes.
async fn gaps(tx: &mut Tx, pushes: &[PushRow]) -> Outcome<Vec<Gap>> {
    let Some(deadline) = pushes.iter().filter_map(|push| push.deadline_at).min() else { return Ok(Vec::new()) };
    Ok(store::blind::since(tx, deadline.utc()).await?.into_iter().map(Gap::from).collect())
}

fn waited(acks: Option<&HashMap<StaffId, DateTime<Utc>>>, gaps: &[Gap]) -> HashMap<StaffId, DateTime<Utc>> {
    let acks = acks.into_iter().flatten();
    acks.filter_map(|(staff, pressed)| Some((*staff, waited_since(*pressed, gaps)?))).collect()
}

/// Everyone who had an account bound at a push's slot, or got one by `as_of`. A press of an account that is not bound is
/// kept for nobody yet.
fn bound(spans: &[BindingSpan], slot: DateTime<Utc>, as_of: DateTime<Utc>) -> HashSet<StaffId> {
    let counts =
        |span: &&BindingSpan| span.bound_at.utc() <= as_of && span.ended_at.is_none_or(|ended| ended.utc() > slot);
    spans.iter().filter(counts).map(|span| span.staff_id).collect()
}

fn members(chunks: &[Chunk], own: Option<&HashMap<StaffId, DateTime<Utc>>>) -> Vec<Member> {
    let mut members = Vec::new();
    for chunk in chunks {
        members.extend(chunk.members.iter().map(|m| Member {
            staff: m.staff,
            unit: chunk.unit,
            status: m.status,
            deadline: own.and_then(|own| own.get(&m.staff)).copied(),
        }));
    }
    members
}

fn coverage(rows: &[CoverRow]) -> Coverage {
    let private: Option<Vec<(StaffId, Fate)>> = rows.iter().map(|row| Some((row.staff_id?, fate(row)))).collect();
    match private {
        Some(private) if !private.is_empty() => Coverage::Private(private),
        Some(_) | None => Coverage::Groups(rows.iter().map(|row| (row.unit_id, fate(row))).collect()),
    }
}

/// What became of a delivery, as far as figures care. A copy that arrived counts whatever became of a later one.
fn fate(row: &CoverRow) -> Fate {
    match row.state {
        _ if row.arrived => Fate::Sent,
        DeliveryState::Sent => Fate::Sent,
        DeliveryState::Sending | DeliveryState::InDoubt => Fate::InDoubt,
        DeliveryState::Queued | DeliveryState::Claimed | DeliveryState::RetryWait => Fate::Waiting,
        DeliveryState::Failed | DeliveryState::Expired | DeliveryState::Cancelled | DeliveryState::Abandoned => {
            Fate::Failed
        }
    }
}
