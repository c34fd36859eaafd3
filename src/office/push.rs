//! Pushes: freeze an audience, send by hand, look at one, see who is missing.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::content::{ItemSource, placeholders};
use crate::domain::delivery::{DeliveryKind, TargetKind};
use crate::domain::month::Month;
use crate::domain::policy::Act;
use crate::domain::push::{Candidate, Chunk, MemberStatus, freeze};
use crate::domain::slot::{self, default_deadline};
use crate::domain::wall;
use crate::domain::word::{Confirm, ItemState, Kind};
use crate::ids::{GroupId, ItemVersionId, OccurrenceId, PushId, StaffId, UnitId};
use crate::office::setting::{self, Settings};
use crate::office::{Outcome, Refusal, authorise, content, group, note, staff};
use crate::store::delivery::{AttemptRow, DeliveryRow, NewDelivery};
use crate::store::group::GroupRow;
use crate::store::push::{NewPush, PushRow};
use crate::store::staff::PersonRow;
use crate::store::{self, StoreError, Tx};

/// Whom a push goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Groups(Vec<GroupId>),
    /// Private messages to these people.
    Private(Vec<StaffId>),
}

/// A push to make.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    pub occurrence: Option<OccurrenceId>,
    pub item: &'a ItemSource,
    pub item_version: ItemVersionId,
    pub confirm: Confirm,
    pub target: Target,
    pub slot: DateTime<Utc>,
    /// It goes out so late that it says when it was due.
    pub late: bool,
    /// None: the default of its kind.
    pub deadline: Option<DateTime<Utc>>,
}

/// A push that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    pub push: PushId,
    /// 应知
    pub expected: usize,
}

/// What `push now` is asked for.
#[derive(Debug, Clone)]
pub struct Now {
    pub slug: String,
    pub target: NowTarget,
    pub confirm: Option<Confirm>,
    pub hours: Hours,
    pub deadline: Option<DateTime<Utc>>,
}

/// Whom `push now` names.
#[derive(Debug, Clone)]
pub enum NowTarget {
    /// Groups by id or chat id.
    Groups(Vec<String>),
    /// Units or staff numbers.
    Private(Vec<String>),
}

/// Whether a push by hand keeps to the allowed hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hours {
    Allowed,
    Any,
}

/// A push with its deliveries and their calls.
#[derive(Debug, Clone)]
pub struct Shown {
    pub push: PushRow,
    pub deliveries: Vec<(DeliveryRow, Vec<AttemptRow>)>,
    /// The chats that deliveries go to.
    pub groups: Vec<GroupRow>,
    /// The people that private deliveries go to.
    pub people: Vec<PersonRow>,
}

/// What `push now` would do.
#[derive(Debug, Clone)]
pub struct Preview {
    pub shown: Shown,
    /// 应知
    pub expected: usize,
}

/// Freezes the audience of an order and queues its deliveries. Everything about the push is decided here, before the
/// first message goes out.
pub async fn make(tx: &mut Tx, ctx: &Ctx, actor: &Actor, order: &Order<'_>) -> Outcome<Made> {
    let settings = setting::load(tx, ctx.zone).await?;
    let fills = fills(order.item, &settings)?;
    let covers = covers(tx, &order.target).await?;
    let chunks = freeze(&candidates(tx, ctx, order, &covers).await?, &order.item.audience);
    if chunks.is_empty() {
        return Err(Refusal::NobodyAddressed);
    }
    let deadline = match order.confirm {
        Confirm::Required => Some(order.deadline.unwrap_or_else(|| default_deadline(order.slot, ctx.zone))),
        Confirm::Voluntary | Confirm::None => None,
    };
    let month = Month::of(order.slot, ctx.zone).to_string();
    let new = NewPush {
        occurrence_id: order.occurrence,
        item_version_id: order.item_version,
        confirm: order.confirm,
        slot_at: order.slot,
        month: &month,
        deadline_at: deadline,
        late: order.late,
        fills: &fills,
    };
    let push = store::push::add(tx, &new, ctx.now()).await?;
    let mut hashes = Vec::new();
    for chunk in &chunks {
        let hash = hash(chunk);
        store::push::add_chunk(tx, push, chunk, &hash).await?;
        hashes.push(hash);
    }
    let expires = deadline.unwrap_or(ctx.now() + TimeDelta::hours(slot::LATE_HOURS_MAX));
    let like = NewDelivery {
        kind: DeliveryKind::Push,
        subject_id: push.0,
        target_kind: TargetKind::Group,
        target_id: 0,
        not_before: ctx.now(),
        expires_at: expires,
    };
    queue(tx, &like, &covers, &chunks).await?;
    let expected = chunks.iter().flat_map(|c| &c.members).filter(|m| m.status == MemberStatus::Expected).count();
    let detail = json!({
        "item": order.item.slug, "item_version": order.item_version, "confirm": order.confirm.as_str(),
        "slot": order.slot.timestamp_millis(), "deadline": deadline.map(|at| at.timestamp_millis()),
        "expected": expected, "audience": hashes,
    });
    note(tx, ctx.now(), actor, (Action::PushCreate, format!("push:{push}"), detail));
    Ok(Made { push, expected })
}

/// What the placeholders of an item are filled with now, as JSON; refused while one is empty.
fn fills(item: &ItemSource, settings: &Settings) -> Outcome<String> {
    let mut fills = BTreeMap::new();
    let mut blanks = Vec::new();
    for blank in placeholders(item) {
        match settings.fill(&blank) {
            Some(value) => {
                fills.insert(blank.0, value);
            }
            None => blanks.push((blank.0.clone(), setting::placeholder_key(&blank))),
        }
    }
    if !blanks.is_empty() {
        return Err(Refusal::Unfilled { slug: item.slug.clone(), blanks });
    }
    Ok(json!(fills).to_string())
}

/// Which units, or which people, each delivery will speak to.
enum Covers {
    Groups(Vec<(GroupId, Vec<UnitId>)>),
    Private(Vec<StaffId>),
}

async fn covers(tx: &mut Tx, target: &Target) -> Outcome<Covers> {
    Ok(match target {
        Target::Private(staff) => Covers::Private(staff.clone()),
        Target::Groups(groups) => {
            let units = store::group::units(tx).await?;
            let of = |group: &GroupId| units.iter().filter(|(g, _)| g == group).map(|(_, unit)| *unit).collect();
            Covers::Groups(groups.iter().map(|group| (*group, of(group))).collect())
        }
    })
}

async fn candidates(tx: &mut Tx, ctx: &Ctx, order: &Order<'_>, covers: &Covers) -> Outcome<Vec<Candidate>> {
    let day = wall::of(order.slot, ctx.zone).date();
    let rows = store::staff::candidates(tx, day).await?;
    let covered = |row: &store::staff::CandidateRow| match covers {
        Covers::Private(staff) => staff.contains(&row.id),
        Covers::Groups(groups) => groups.iter().any(|(_, units)| units.contains(&row.unit_id)),
    };
    let candidate = |row: store::staff::CandidateRow| {
        let kinds = kinds(&row.kinds)?;
        Ok(Candidate { staff: row.id, version: row.version_id, unit: row.unit_id, kinds, exempt: row.exempt })
    };
    rows.into_iter().filter(covered).map(candidate).collect()
}

/// A word that is not understood is a fault: left out, it would drop the person from audiences without a trace.
fn kinds(stored: &str) -> Outcome<Vec<Kind>> {
    let words = stored.split(',').filter(|word| !word.is_empty());
    let kinds: Option<Vec<Kind>> = words.map(Kind::parse).collect();
    kinds.ok_or_else(|| StoreError::Unreadable(stored.to_owned()).into())
}

/// One delivery per target, with the units (or the person) of the frozen audience that it speaks to. `like` is what they
/// have in common.
async fn queue(tx: &mut Tx, like: &NewDelivery, covers: &Covers, chunks: &[Chunk]) -> Outcome<()> {
    let push = PushId(like.subject_id);
    match covers {
        Covers::Groups(groups) => {
            for (group, units) in groups {
                let addressed: Vec<UnitId> =
                    chunks.iter().map(|c| c.unit).filter(|unit| units.contains(unit)).collect();
                if addressed.is_empty() {
                    continue;
                }
                let new = NewDelivery { target_kind: TargetKind::Group, target_id: group.0, ..like.clone() };
                let id = store::delivery::add(tx, &new, like.not_before).await?;
                for unit in addressed {
                    store::push::add_cover(tx, push, id, unit, None).await?;
                }
            }
        }
        Covers::Private(_) => {
            // A person without an account has nothing to be sent to, and counts as not reached.
            let bound = store::account::bindings(tx).await?;
            let people: Vec<(UnitId, StaffId)> =
                chunks.iter().flat_map(|chunk| chunk.members.iter().map(|member| (chunk.unit, member.staff))).collect();
            for (unit, staff) in people.into_iter().filter(|(_, staff)| bound.iter().any(|b| b.staff_id == *staff)) {
                let new = NewDelivery { target_kind: TargetKind::Staff, target_id: staff.0, ..like.clone() };
                let id = store::delivery::add(tx, &new, like.not_before).await?;
                store::push::add_cover(tx, push, id, unit, Some(staff)).await?;
            }
        }
    }
    Ok(())
}

/// Names a chunk by what it holds: ids and status words, never names.
fn hash(chunk: &Chunk) -> String {
    hex::encode(Sha256::digest(format!("{}:{}", chunk.unit, chunk.encode())))
}

/// Sends an item by hand, at once.
pub async fn now(ctx: &Ctx, actor: &Actor, order: &Now) -> Outcome<Shown> {
    let mut tx = ctx.store.write().await?;
    let placed = place(&mut tx, ctx, actor, order).await?;
    tx.commit().await?;
    Ok(placed.shown)
}

/// What [`now`] would do, by doing it and taking it back: it is refused for the same reasons.
pub async fn preview(ctx: &Ctx, actor: &Actor, order: &Now) -> Outcome<Preview> {
    let mut tx = ctx.store.write().await?;
    place(&mut tx, ctx, actor, order).await
}

async fn place(tx: &mut Tx, ctx: &Ctx, actor: &Actor, order: &Now) -> Outcome<Preview> {
    authorise(tx, actor, Act::PushWrite).await?;
    let settings = setting::load(tx, ctx.zone).await?;
    if order.hours == Hours::Allowed && !settings.hours.allow(ctx.now()) {
        return Err(Refusal::OutsideHours { hours: settings.hours });
    }
    if order.deadline.is_some_and(|deadline| deadline <= ctx.now()) {
        return Err(Refusal::DeadlinePassed);
    }
    let target = target(tx, &order.target).await?;
    let unknown = || Refusal::UnknownItem(order.slug.clone());
    let row = store::item::find(tx, &order.slug).await?.ok_or_else(unknown)?;
    let today = wall::of(ctx.now(), ctx.zone).date();
    if row.state != ItemState::Approved {
        return Err(Refusal::ItemNotReady { slug: row.slug, state: row.state });
    }
    if let Some(on) = row.expires_on.filter(|day| *day <= today) {
        return Err(Refusal::ItemExpired { slug: row.slug, on });
    }
    let version = store::item::version(tx, row.version_id).await?.ok_or_else(unknown)?;
    let item = content::source_of(&version)?;
    let confirm = order.confirm.unwrap_or(item.confirm);
    if order.deadline.is_some() && confirm != Confirm::Required {
        return Err(Refusal::DeadlineNotAsked);
    }
    let order = Order {
        occurrence: None,
        item_version: row.version_id,
        confirm,
        item: &item,
        target,
        slot: ctx.now(),
        late: false,
        deadline: order.deadline,
    };
    let made = make(tx, ctx, actor, &order).await?;
    Ok(Preview { shown: find(tx, made.push).await?, expected: made.expected })
}

async fn target(tx: &mut Tx, asked: &NowTarget) -> Outcome<Target> {
    match asked {
        NowTarget::Groups(names) => Ok(Target::Groups(group::pick_linked(tx, names).await?)),
        NowTarget::Private(names) => {
            let staff = staff::pick(tx, names).await?;
            if staff.is_empty() { Err(Refusal::NoTarget) } else { Ok(Target::Private(staff)) }
        }
    }
}

/// The newest pushes first.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<PushRow>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::PushRead).await?;
    Ok(store::push::list(&mut tx).await?)
}

/// One push with its deliveries.
pub async fn show(ctx: &Ctx, actor: &Actor, id: PushId) -> Outcome<Shown> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::PushRead).await?;
    find(&mut tx, id).await
}

async fn find(tx: &mut Tx, id: PushId) -> Outcome<Shown> {
    let push = store::push::find(tx, id).await?.ok_or(Refusal::UnknownPush(id.0))?;
    let mut deliveries = Vec::new();
    for delivery in store::delivery::of_push(tx, id).await? {
        let attempts = store::delivery::attempts(tx, delivery.id).await?;
        deliveries.push((delivery, attempts));
    }
    let of = |kind: TargetKind| deliveries.iter().filter(move |(d, _)| d.target_kind == kind).map(|(d, _)| d.target_id);
    let staff: Vec<StaffId> = of(TargetKind::Staff).map(StaffId).collect();
    let chats: Vec<i64> = of(TargetKind::Group).collect();
    let groups = store::group::list(tx).await?.into_iter().filter(|group| chats.contains(&group.id.0)).collect();
    Ok(Shown { groups, people: store::staff::find_many(tx, &staff).await?, push, deliveries })
}
