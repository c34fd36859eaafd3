//! Messages that a person passes on by hand (人工转发), to groups on platforms that take none from programs. The admins get
//! the finished words when their time has come; the first tap says what became of them.

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::alert::Alert;
use crate::domain::audit::{Action, Actor};
use crate::domain::channel::ChannelKind;
use crate::domain::delivery::{Decision, DeliveryState, StopReason, next};
use crate::domain::policy::Act;
use crate::domain::push::PushState;
use crate::ids::{DeliveryId, GroupId, PushId};
use crate::message::decide::Relay;
use crate::message::push::{Copy, Tags, copy};
use crate::office::group::{self, listed};
use crate::office::held::Held;
use crate::office::push::filled;
use crate::office::push::resolve::Pressed;
use crate::office::{Outcome, Refusal, alert, authorise, content, note, unit};
use crate::store::delivery::DeliveryRow;
use crate::store::delivery::decide::{self, NewRuling};
use crate::store::push::PushRow;
use crate::store::unit::OFFICE;
use crate::store::{self, StoreError, Tx};

/// Most characters of a relayed group's name.
const NAME_CHARS_MAX: usize = 40;

/// Adds a group that is served by hand.
pub async fn add(ctx: &Ctx, actor: &Actor, name: &str, unit_names: &[String]) -> Outcome<group::Listed> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > NAME_CHARS_MAX || name.chars().any(char::is_control) {
        return Err(Held::RelayName.into());
    }
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::GroupWrite).await?;
    let units = store::unit::list(&mut tx, OFFICE).await?;
    if units.is_empty() {
        return Err(Refusal::RosterEmpty);
    }
    let ids = unit::resolve(&units, unit_names)?;
    let kind = ChannelKind::Relay.as_str();
    let channel = match store::channel::find(&mut tx, kind).await? {
        Some((id, _)) => id,
        None => store::channel::add(&mut tx, kind, kind).await?,
    };
    let exists = || Held::RelayExists(name.to_owned());
    let id = store::group::add(&mut tx, channel, name).await?.ok_or_else(exists)?;
    store::group::set_units(&mut tx, id, &ids).await?;
    let detail = json!({ "channel": channel, "units": ids });
    note(&mut tx, ctx.now(), actor, (Action::GroupAdd, format!("group:{id}"), detail));
    let group = store::group::find(&mut tx, id).await?;
    let added = listed(&mut tx, ctx, group.into_iter().collect()).await?.pop();
    tx.commit().await?;
    added.ok_or_else(|| Refusal::UnknownGroup(name.to_owned()))
}

/// Hands the admins what is to be passed on now; each gets it once. While everything is stopped, nothing is handed out.
pub async fn hand_out(ctx: &Ctx) -> Outcome<()> {
    let mut tx = ctx.store.read().await?;
    let waiting = decide::to_carry(&mut tx, ctx.now()).await?;
    if waiting.is_empty() || !store::halt::list(&mut tx).await?.is_empty() {
        return Ok(());
    }
    let mut new = Vec::new();
    for delivery in waiting {
        let alert = Alert::Relay { delivery };
        let (raised, admins) = alert::untold(&mut tx, &alert).await?;
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
        alert::raise(&mut tx, ctx, alert).await?;
    }
    Ok(tx.commit().await?)
}

/// What an admin passes on, and to whom. Nobody can press there, so nothing in it asks for a press.
pub(super) async fn words(tx: &mut Tx, ctx: &Ctx, id: DeliveryId) -> Outcome<Relay> {
    let row = store::delivery::find(tx, id).await?.ok_or(Held::UnknownDelivery(id.0))?;
    let push = push_of(tx, &row).await?;
    let group = store::group::find(tx, GroupId(row.target_id)).await?;
    let version = store::item::version(tx, push.item_version_id).await?;
    let version = version.ok_or_else(|| Refusal::UnknownItem(push.slug.clone()))?;
    let item = content::source_of(&version)?;
    let fills = serde_json::from_str(&push.fills).map_err(|_| StoreError::Unreadable(push.fills.clone()))?;
    let body = filled(&item, &fills)?;
    let text = Copy {
        item: &item,
        body: &body,
        version: push.version,
        due: push.late.then(|| push.slot_at.utc()),
        deadline: None,
        resent: false,
        silent: &[],
        count: None,
        // Nobody can press there.
        asked: None,
        zone: ctx.zone,
    };
    Ok(Relay {
        group: group.map(|group| group.title).unwrap_or_default(),
        until: row.expires_at.utc(),
        text: copy(&text, Tags::default()).text.to_plain(),
        zone: ctx.zone,
    })
}

async fn push_of(tx: &mut Tx, row: &DeliveryRow) -> Outcome<PushRow> {
    let id = PushId(row.subject_id);
    store::push::find(tx, id).await?.ok_or(Refusal::UnknownPush(id.0))
}

/// What a press on 已转发 or 今天不发 comes to. The first one counts. `None`: no such message.
pub async fn press(ctx: &Ctx, actor: &Actor, id: DeliveryId, decision: Decision) -> Outcome<Option<Pressed>> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::PushWrite).await?;
    let Some(row) = store::delivery::find(&mut tx, id).await?.filter(|row| row.by_hand) else { return Ok(None) };
    let settled = Pressed::Settled { state: row.state, decision: row.decision };
    let open = push_of(&mut tx, &row).await?.state == PushState::Open;
    let Some(to) = next(row.state, decision.into()).filter(|_| row.state == DeliveryState::Queued && open) else {
        return Ok(Some(settled));
    };
    if row.expires_at.utc() <= now {
        return Ok(Some(Pressed::TooLate));
    }
    let by = actor.to_string();
    let reason = (decision == Decision::Declined).then_some(StopReason::Declined);
    let ruling = NewRuling { decision, by: &by, why: None, from: row.state, to, reason, expires_at: None };
    if !decide::rule(&mut tx, id, &ruling, now).await? {
        return Ok(Some(settled));
    }
    let detail = json!({ "decision": decision.as_str(), "state": to.as_str() });
    note(&mut tx, now, actor, (Action::DeliveryDecide, format!("delivery:{id}"), detail));
    tx.commit().await?;
    Ok(Some(Pressed::Decided(decision)))
}
