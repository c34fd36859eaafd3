//! Pushes: freeze an audience, send by hand, look at one, see what comes next.

mod coming;
mod estimate;
/// Taking a push back, sending again.
pub mod levers;
mod make;
/// Deciding about deliveries in doubt.
pub mod resolve;

use std::collections::BTreeSet;

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::cap::Caps;
use crate::domain::content::ItemSource;
use crate::domain::delivery::TargetKind;
use crate::domain::policy::Act;
use crate::domain::round::Taken;
use crate::domain::schedule::{LATE_MINUTES, default_deadline};
use crate::domain::wall;
use crate::domain::word::{Confirm, ItemState};
use crate::ids::{DeliveryId, GroupId, ItemVersionId, PushId, StaffId, UnitId};
use crate::office::outlook::{Ground, taken, week_end};
use crate::office::{Allowed, Outcome, Refusal, authorise, authorise_units, content, group, staff};
use crate::store::delivery::decide::{PlacedRow, RulingRow};
use crate::store::delivery::{AttemptRow, DeliveryRow};
use crate::store::group::GroupRow;
use crate::store::nudge::DayRow;
use crate::store::push::PushRow;
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};
pub use coming::{Chat, Coming, Draft, Heads, Stop, coming};
pub(super) use make::{Office, Order, Target, filled, make};

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
    /// What people decided about deliveries.
    pub rulings: Vec<RulingRow>,
    /// Copies that are in a chat, or may be.
    pub placed: Vec<PlacedRow>,
    /// Of all of the office; `None` for who sees a part of it.
    pub beside: Option<Beside>,
}

/// What happened about a push beside its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// Days on which people were reminded in private.
    pub nudges: Vec<DayRow>,
    /// Reminders that arrived.
    pub nudged: i64,
    /// Confirmations that an admin recorded for somebody else.
    pub manual: i64,
}

/// What `push now` would do.
#[derive(Debug, Clone)]
pub struct Preview {
    pub shown: Shown,
    /// 应知
    pub expected: usize,
    /// Chats that get more than the office's own limit by it.
    pub over: Vec<OverCap>,
    /// How long until all of it is out, what waits already included.
    pub takes: TimeDelta,
    /// People reached only where nobody can press back.
    pub unasked: usize,
    /// The newest push of the same item to one of the same chats or people.
    pub earlier: Option<PushRow>,
}

/// A chat that has had its messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OverCap {
    pub title: String,
    /// Messages it has today and this week, this one not counted.
    pub day: u32,
    pub week: u32,
    pub caps: Caps,
}

/// Sends an item by hand, at once. It counts towards what a chat gets and is never held by it.
pub async fn now(ctx: &Ctx, actor: &Actor, order: &Now) -> Outcome<Preview> {
    let mut tx = ctx.store.write().await?;
    let placed = place(&mut tx, ctx, actor, order).await?;
    tx.commit().await?;
    Ok(placed)
}

/// What [`now`] would do, by doing it and taking it back: it is refused for the same reasons.
pub async fn preview(ctx: &Ctx, actor: &Actor, order: &Now) -> Outcome<Preview> {
    let mut tx = ctx.store.write().await?;
    place(&mut tx, ctx, actor, order).await
}

async fn place(tx: &mut Tx, ctx: &Ctx, actor: &Actor, order: &Now) -> Outcome<Preview> {
    authorise(tx, actor, Act::PushWrite).await?;
    let now = ctx.now();
    let ground = Ground::load(tx, ctx).await?;
    let hours = &ground.settings.hours;
    if order.hours == Hours::Allowed && !hours.allow(now, &ground.calendar) {
        return Err(Refusal::OutsideHours { hours: hours.clone() });
    }
    if order.deadline.is_some_and(|deadline| deadline <= now) {
        return Err(Refusal::DeadlinePassed);
    }
    let target = target(tx, &order.target).await?;
    let over = match &target {
        Target::Groups(groups) => over_cap(tx, groups, (&ground, now)).await?,
        Target::Private(_) => Vec::new(),
    };
    let today = wall::of(now, ctx.zone).date();
    let (item_version, item) = ready(tx, &order.slug, today).await?;
    let confirm = order.confirm.unwrap_or(item.confirm);
    if order.deadline.is_some() && confirm != Confirm::Required {
        return Err(Refusal::DeadlineNotAsked);
    }
    let deadline = order.deadline.unwrap_or_else(|| default_deadline(now, None, &ground.calendar, hours));
    let order = Order {
        occurrence: None,
        item_version,
        confirm,
        item: &item,
        target,
        slot: now,
        late: false,
        deadline: Some(deadline),
        patience: TimeDelta::minutes(LATE_MINUTES),
    };
    let office = Office::load(tx, ctx, &BTreeSet::from([today])).await?;
    let made = make(tx, ctx, actor, (&order, &office)).await?;
    let takes = estimate::of_queue(tx, ctx).await?;
    let shown = find(tx, made.push).await?;
    let earlier = store::push::earlier(tx, &shown.push).await?;
    Ok(Preview { shown, expected: made.expected, over, takes, unasked: made.unasked, earlier })
}

/// An approved item that may go out on a day.
async fn ready(tx: &mut Tx, slug: &str, day: NaiveDate) -> Outcome<(ItemVersionId, ItemSource)> {
    let unknown = || Refusal::UnknownItem(slug.to_owned());
    let row = store::item::find(tx, slug).await?.ok_or_else(unknown)?;
    if row.state != ItemState::Approved {
        return Err(Refusal::ItemNotReady { slug: row.slug, state: row.state });
    }
    if let Some(on) = row.expires_on.filter(|end| *end <= day) {
        return Err(Refusal::ItemExpired { slug: row.slug, on });
    }
    let version = store::item::version(tx, row.version_id).await?.ok_or_else(unknown)?;
    Ok((row.version_id, content::source_of(&version)?))
}

/// The chats that have had their messages of the day or week.
async fn over_cap(tx: &mut Tx, groups: &[GroupId], (ground, now): (&Ground, DateTime<Utc>)) -> Outcome<Vec<OverCap>> {
    let (caps, zone) = (ground.settings.caps, ground.settings.hours.tz);
    let taken = taken(tx, groups, (now, week_end(now, zone)), zone).await?;
    let today = wall::of(now, zone).date();
    let count = |of: &dyn Fn(&Taken) -> bool| u32::try_from(taken.iter().filter(|t| of(t)).count()).unwrap_or(u32::MAX);
    let mut over = Vec::new();
    for group in store::group::list(tx).await?.into_iter().filter(|group| groups.contains(&group.id)) {
        let (day, week) = (count(&|t| t.group == group.id && t.day == today), count(&|t| t.group == group.id));
        if day >= caps.per_day || week >= caps.per_week {
            over.push(OverCap { title: group.title, day, week, caps });
        }
    }
    Ok(over)
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

/// The pushes that the actor may see, the newest first.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<PushRow>> {
    let mut tx = ctx.store.read().await?;
    let allowed = authorise_units(&mut tx, actor, Act::PushRead, &[]).await?;
    let mut pushes = store::push::list(&mut tx).await?;
    if allowed != Allowed::Office {
        let ids: Vec<PushId> = pushes.iter().map(|push| push.id).collect();
        let audiences = store::push::audiences(&mut tx, &ids).await?;
        let own: BTreeSet<PushId> =
            audiences.iter().filter(|(_, chunk)| allowed.covers(chunk.unit)).map(|(push, _)| *push).collect();
        pushes.retain(|push| own.contains(&push.id));
    }
    Ok(pushes)
}

/// One push with those of its deliveries that the actor may see.
pub async fn show(ctx: &Ctx, actor: &Actor, id: PushId) -> Outcome<Shown> {
    let mut tx = ctx.store.read().await?;
    let allowed = seen(&mut tx, actor, Act::PushRead, id).await?;
    let mut shown = find(&mut tx, id).await?;
    if allowed != Allowed::Office {
        let covers = store::report::covers(&mut tx, &[id]).await?;
        let own = covers.iter().filter(|row| allowed.covers(row.unit_id)).map(|row| row.delivery_id);
        shown.keep(&own.collect());
    }
    Ok(shown)
}

/// What of a push the actor may see. A push in which none of their units has a part is another unit's.
pub(super) async fn seen(tx: &mut Tx, actor: &Actor, act: Act, id: PushId) -> Outcome<Allowed> {
    let allowed = authorise_units(tx, actor, act, &[]).await?;
    let units: Vec<UnitId> =
        store::push::audiences(tx, &[id]).await?.into_iter().map(|(_, chunk)| chunk.unit).collect();
    if !units.is_empty() && !units.iter().any(|unit| allowed.covers(*unit)) {
        return authorise_units(tx, actor, act, &units).await;
    }
    Ok(allowed)
}

impl Shown {
    /// Leaves out every other delivery, with whom it goes to and what was decided about it.
    fn keep(&mut self, own: &BTreeSet<DeliveryId>) {
        self.deliveries.retain(|(delivery, _)| own.contains(&delivery.id));
        let to = |kind: TargetKind, id: i64| {
            self.deliveries.iter().any(|(delivery, _)| delivery.target_kind == kind && delivery.target_id == id)
        };
        self.groups.retain(|group| to(TargetKind::Group, group.id.0));
        self.people.retain(|person| to(TargetKind::Staff, person.id.0));
        self.rulings.retain(|ruling| own.contains(&ruling.delivery_id));
        self.placed.retain(|placed| own.contains(&placed.delivery_id));
        self.beside = None;
    }
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
    Ok(Shown {
        groups,
        people: store::staff::find_many(tx, &staff).await?,
        rulings: store::delivery::decide::rulings(tx, id).await?,
        placed: store::delivery::decide::placed(tx, id).await?,
        beside: Some(Beside {
            nudges: store::nudge::days(tx, &[id]).await?,
            nudged: store::nudge::arrived(tx, id).await?,
            manual: store::ack::manual::count(tx, id).await?,
        }),
        push,
        deliveries,
    })
}
