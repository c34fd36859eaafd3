//! Telling the admins what they did not ask for, once each, in private and inside the allowed hours.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::ctx::Ctx;
use crate::domain::alert::{Alert, KEPT, expiring, horizon, opening, shortage, unsettled_years};
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::calendar::Calendar;
use crate::domain::delivery::{DeliveryKind, TargetKind};
use crate::domain::policy::Role;
use crate::domain::rotation::{Choice, Pool, Want};
use crate::domain::tag::Verb;
use crate::domain::wall;
use crate::domain::word::ScheduleState;
use crate::ids::{AlertId, GroupId, ScheduleId, StaffId};
use crate::message;
use crate::message::outgoing::Outgoing;
use crate::office::rotation::Shelf;
use crate::office::{Outcome, calendar, delivery, note, relay, setting};
use crate::store::delivery::NewDelivery;
use crate::store::schedule::ScheduleRow;
use crate::store::{self, StoreError, Tx};

/// Stores an alert, once, and queues it for every admin who can be written to and does not have it yet; false when there
/// is nothing to do.
pub async fn raise(tx: &mut Tx, ctx: &Ctx, alert: &Alert) -> Outcome<bool> {
    let (raised, admins) = untold(tx, alert).await?;
    let id = match raised {
        Some(_) if admins.is_empty() => return Ok(false),
        Some(id) => id,
        None => {
            let detail = json!(alert)["detail"].to_string();
            let added = store::alert::add(tx, alert.kind(), &alert.key(), &detail, ctx.now()).await?;
            let Some(id) = added else { return Ok(false) };
            id
        }
    };
    let (not_before, expires_at) = times(tx, ctx, alert).await?;
    for admin in &admins {
        let new = NewDelivery {
            by_hand: false,
            kind: DeliveryKind::Alert,
            subject_id: id.0,
            target_kind: TargetKind::Staff,
            target_id: admin.0,
            not_before,
            expires_at,
        };
        store::delivery::add(tx, &new, ctx.now()).await?;
    }
    let actor = Actor::System { job: Job::Watch };
    let detail = json!({ "kind": alert.kind().as_str(), "key": alert.key(), "to": admins });
    note(tx, ctx.now(), &actor, (Action::AlertRaise, format!("alert:{id}"), detail));
    Ok(true)
}

/// From when to when an alert is worth sending.
async fn times(tx: &mut Tx, ctx: &Ctx, alert: &Alert) -> Outcome<(DateTime<Utc>, DateTime<Utc>)> {
    let now = ctx.now();
    if let Alert::Relay { delivery } = alert {
        let carried = store::delivery::find(tx, *delivery).await?.map(|row| row.expires_at.utc());
        return Ok((now, carried.unwrap_or(now + KEPT)));
    }
    let hours = setting::load(tx, ctx.zone).await?.hours;
    let not_before = opening(&hours, &calendar::load(tx, ctx).await?, now);
    Ok((not_before, not_before + KEPT))
}

/// What an alert says, with its buttons.
pub(super) async fn told(tx: &mut Tx, ctx: &Ctx, id: AlertId) -> Outcome<Outgoing> {
    let found = find(tx, id).await?;
    let found = found.ok_or_else(|| StoreError::Unreadable(format!("alert:{id}")))?;
    let keys = std::sync::Arc::clone(tx.keys());
    Ok(match &found {
        Alert::InDoubt { attempt, .. } => {
            let tag = |verb| delivery::tag(&keys, verb, *attempt);
            let tags = [tag(Verb::Seen), tag(Verb::Resend), tag(Verb::Abandon)];
            message::decide::in_doubt(message::alert::alert(&found), tags)
        }
        Alert::Relay { delivery: id } => {
            let tag = |verb| delivery::tag(&keys, verb, id.0);
            message::decide::relay(&relay::words(tx, ctx, *id).await?, [tag(Verb::Relayed), tag(Verb::NotToday)])
        }
        Alert::CodeDeclined { staff, .. } => declined(tx, *staff).await?,
        Alert::StrangeChat { group, leaves, .. } => {
            let tag = |verb| delivery::tag(&keys, verb, group.0);
            let told = message::alert::alert(&found);
            message::group::strange(&told, *leaves, ctx.zone, [tag(Verb::Ours), tag(Verb::Leave)])
        }
        Alert::CalendarProvisional { .. }
        | Alert::PoolExhausted { .. }
        | Alert::ItemExpiring { .. }
        | Alert::GroupSuspended { .. }
        | Alert::TopicLost { .. }
        | Alert::PushFailed { .. }
        | Alert::RemovalRefused { .. }
        | Alert::DeliveryBroken { .. }
        | Alert::UpdateAside { .. }
        | Alert::OtherPoller { .. }
        | Alert::CodesGuessed { .. } => message::alert::alert(&found),
    })
}

/// Whose code reached somebody else, masked.
async fn declined(tx: &mut Tx, staff: StaffId) -> Outcome<Outgoing> {
    let person = store::staff::find(tx, staff).await?;
    let person = person.ok_or_else(|| StoreError::Unreadable(format!("staff:{staff}")))?;
    let masked = message::print::person(&person.name, &person.staff_no, &[]);
    Ok(message::binding::code_declined(&masked, message::print::unit_name(&person.unit)))
}

/// The admins with an account, each once.
async fn admins(tx: &mut Tx) -> Outcome<BTreeSet<StaffId>> {
    let grants = store::role::list(tx).await?.into_iter().filter(|grant| grant.role == Role::Admin);
    let admins: BTreeSet<StaffId> = grants.map(|grant| grant.staff_id).collect();
    let bound = store::account::bindings(tx).await?.into_iter().map(|binding| binding.staff_id);
    Ok(bound.filter(|staff| admins.contains(staff)).collect())
}

/// An alert that was raised before, and the admins who can be written to and do not have it: one who joined while it
/// still holds is told as well.
pub(super) async fn untold(tx: &mut Tx, alert: &Alert) -> Outcome<(Option<AlertId>, BTreeSet<StaffId>)> {
    let mut admins = admins(tx).await?;
    let raised = store::alert::raised(tx, alert.kind(), &alert.key()).await?;
    if let Some(id) = raised {
        for told in store::alert::told(tx, id).await? {
            admins.remove(&told);
        }
    }
    Ok((raised, admins))
}

/// An alert as it was raised.
pub async fn find(tx: &mut Tx, id: AlertId) -> Outcome<Option<Alert>> {
    let Some(row) = store::alert::find(tx, id).await? else { return Ok(None) };
    let unreadable = |_| StoreError::Unreadable(row.detail.clone());
    let detail: Value = serde_json::from_str(&row.detail).map_err(unreadable)?;
    let told = json!({ "kind": row.kind.as_str(), "detail": detail });
    Ok(Some(serde_json::from_value(told).map_err(unreadable)?))
}

/// Looks ahead and raises what the admins do not know yet. Takes the writer only when there is something new.
pub async fn watch(ctx: &Ctx) -> Outcome<()> {
    let mut tx = ctx.store.read().await?;
    let mut new = Vec::new();
    for alert in ahead(&mut tx, ctx).await? {
        let (raised, admins) = untold(&mut tx, &alert).await?;
        if raised.is_none() || !admins.is_empty() {
            new.push(alert);
        }
    }
    drop(tx);
    if new.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    for alert in &new {
        raise(&mut tx, ctx, alert).await?;
    }
    Ok(tx.commit().await?)
}

/// Everything that the admins should know now.
async fn ahead(tx: &mut Tx, ctx: &Ctx) -> Outcome<Vec<Alert>> {
    let calendar = calendar::load(tx, ctx).await?;
    let today = wall::of(ctx.now(), ctx.zone).date();
    let months = setting::load(tx, ctx.zone).await?.rotation_months;
    let all = store::schedule::list(tx).await?.into_iter();
    let active: Vec<ScheduleRow> = all.filter(|schedule| schedule.state == ScheduleState::Active).collect();
    let groups = store::schedule::groups(tx, &active.iter().map(|row| row.id).collect::<Vec<_>>()).await?;
    let every: Vec<GroupId> = groups.iter().map(|(_, group)| *group).collect::<BTreeSet<_>>().into_iter().collect();
    let view = View { ctx, calendar, shelf: Shelf::load(tx, ctx, &every).await?, groups, months };
    let mut alerts = unsettled_years(&view.calendar, today);
    for schedule in &active {
        match view.exhausted(schedule) {
            Ok(alert) => alerts.extend(alert),
            // A rule that cannot be read is the planner's to complain of.
            Err(error) => tracing::warn!(%error, schedule = %schedule.id, "a rule could not be looked ahead"),
        }
    }
    let pools: Vec<Pool> = active.iter().map(ScheduleRow::pool).collect();
    let choices = view.shelf.choices(&[]);
    let soon = expiring(&choices, &pools, today, horizon(&view.calendar, today));
    alerts.extend(soon.into_iter().filter_map(|place| view.expiring(place)));
    Ok(alerts)
}

/// What looking ahead needs, read once.
struct View<'a> {
    ctx: &'a Ctx,
    calendar: Calendar,
    shelf: Shelf,
    groups: Vec<(ScheduleId, GroupId)>,
    months: u32,
}

impl View<'_> {
    fn exhausted(&self, schedule: &ScheduleRow) -> Outcome<Option<Alert>> {
        let of = |(id, group): &(ScheduleId, GroupId)| (*id == schedule.id).then_some(*group);
        let groups: Vec<GroupId> = self.groups.iter().filter_map(of).collect();
        let (zone, now, pool) = (self.ctx.zone, self.ctx.now(), schedule.pool());
        let today = wall::of(now, zone).date();
        let last = horizon(&self.calendar, today);
        let terms = schedule.terms()?;
        let slots = terms.slots(&self.calendar, zone, now).take_while(|slot| wall::of(slot.due, zone).date() <= last);
        let all_party = self.shelf.all_party(&groups);
        let want = Want { pool: &pool, day: today, zone, festivals: &[], all_party, months: self.months };
        let choices: Vec<Choice> = self.shelf.choices(&groups);
        let Some(short) = shortage(choices, &want, slots) else { return Ok(None) };
        Ok(Some(Alert::PoolExhausted {
            schedule: schedule.id,
            name: schedule.name.clone(),
            day: wall::of(short.due, zone).date(),
            left: short.left,
            again: short.again.and_then(|place| self.shelf.item(place)).map(|item| item.title.clone()),
            months: self.months,
        }))
    }

    fn expiring(&self, place: usize) -> Option<Alert> {
        let item = self.shelf.item(place)?;
        let (slug, code, title) = (item.slug.clone(), item.code.clone(), item.title.clone());
        Some(Alert::ItemExpiring { slug, code, title, on: item.expires_on? })
    }
}
