//! Chats that the bot was added to. An admin who adds it is asked which units it addresses; when anyone else adds it, it
//! stays mute, the admins are asked, and it leaves in the end. Rights in the chat itself grant nothing.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::{listed, set_state};
use crate::channel::GroupSeen;
use crate::ctx::{Ctx, Line};
use crate::domain::alert::Alert;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::delivery::StopReason;
use crate::domain::invite::expiry;
use crate::domain::policy::{Act, Scope, scope};
use crate::domain::wall;
use crate::domain::word::GroupState;
use crate::ids::{GroupId, StaffId};
use crate::office::{Outcome, alert, authorise, calendar, note};
use crate::store::group::GroupRow;
use crate::store::{self, Tx};

/// Workdays for which the bot stays in a chat that nobody of the office stands for.
const STAY_WORKDAYS: u32 = 3;
/// Pause before the platform is asked again to let the bot out of a chat.
const AGAIN: TimeDelta = TimeDelta::minutes(10);

/// What the bot does about a chat it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Met {
    /// It was there before, or the chat is linked.
    Known,
    /// An admin added it, who is asked which units the chat addresses.
    Ask(GroupId),
    /// Somebody else added it.
    Strange,
}

/// What 是我们的群 came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claimed {
    /// The chat is the office's, and is asked about.
    Ours,
    /// It addresses these units already.
    Linked(Vec<String>),
    Gone,
}

/// What 退出 came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parted {
    /// The bot goes now, from the chat of this platform id.
    Goes(String),
    /// It addresses these units already.
    Linked(Vec<String>),
    /// Another admin said that it is the office's.
    Claimed,
    Gone,
}

/// The bot is in a chat: it is known from now on, and mute until someone links it.
pub async fn seen(ctx: &Ctx, line: &Line, seen: &GroupSeen) -> Outcome<Met> {
    let mut tx = ctx.store.write().await?;
    let before = store::group::find_external(&mut tx, line.id, &seen.chat).await?;
    // A change of the bot's rights is told like its coming.
    let inside = before.iter().any(|group| group.state != GroupState::Gone);
    let id = store::group::seen(&mut tx, line.id, &seen.chat, &seen.title).await?;
    let actor = Actor::System { job: Job::Inbox };
    note(&mut tx, ctx.now(), &actor, (Action::GroupSeen, format!("group:{id}"), json!({ "chat": seen.chat })));
    let group = store::group::find(&mut tx, id).await?;
    let met = match group.filter(|group| group.state == GroupState::Unlinked && !inside) {
        Some(group) => meet(&mut tx, ctx, line, (&group, &seen.by)).await?,
        None => Met::Known,
    };
    tx.commit().await?;
    Ok(met)
}

/// The bot came into a chat that nobody linked.
async fn meet(tx: &mut Tx, ctx: &Ctx, line: &Line, (group, by): (&GroupRow, &str)) -> Outcome<Met> {
    if admin(tx, line, by).await?.is_some() {
        store::group::set_leaves(tx, group.id, None).await?;
        return Ok(Met::Ask(group.id));
    }
    let today = wall::of(ctx.now(), ctx.zone).date();
    let calendar = calendar::load(tx, ctx).await?;
    let leaves = wall::instant(expiry(&calendar, today, STAY_WORKDAYS), ctx.zone);
    store::group::set_leaves(tx, group.id, Some(leaves)).await?;
    alert::raise(tx, ctx, &strange(group, leaves)).await?;
    Ok(Met::Strange)
}

fn strange(group: &GroupRow, leaves: DateTime<Utc>) -> Alert {
    Alert::StrangeChat { group: group.id, title: group.title.clone(), leaves }
}

/// The person of an account, when they may link chats.
async fn admin(tx: &mut Tx, line: &Line, account: &str) -> Outcome<Option<StaffId>> {
    let bound = store::account::ensure_many(tx, line.id, &[account]).await?;
    let Some(staff) = bound.first().and_then(|row| row.staff_id) else { return Ok(None) };
    let grants = store::role::list(tx).await?;
    let allowed =
        grants.iter().any(|grant| grant.staff_id == staff && scope(grant.role, Act::GroupWrite) == Scope::Office);
    Ok(Some(staff).filter(|_| allowed))
}

/// 是我们的群: the bot stays. `None`: no such chat.
pub async fn claim(ctx: &Ctx, actor: &Actor, id: GroupId) -> Outcome<Option<Claimed>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::GroupWrite).await?;
    let Some(group) = store::group::find(&mut tx, id).await? else { return Ok(None) };
    match group.state {
        GroupState::Gone => return Ok(Some(Claimed::Gone)),
        GroupState::Active | GroupState::Suspended => {
            return Ok(Some(Claimed::Linked(units(&mut tx, ctx, group).await?)));
        }
        GroupState::Unlinked => {}
    }
    store::group::set_leaves(&mut tx, id, None).await?;
    note(&mut tx, ctx.now(), actor, (Action::GroupClaim, format!("group:{id}"), json!({})));
    tx.commit().await?;
    Ok(Some(Claimed::Ours))
}

/// 退出: the bot goes at once. `None`: no such chat.
pub async fn leave(ctx: &Ctx, actor: &Actor, id: GroupId) -> Outcome<Option<Parted>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::GroupWrite).await?;
    let Some(group) = store::group::find(&mut tx, id).await? else { return Ok(None) };
    match group.state {
        GroupState::Gone => return Ok(Some(Parted::Gone)),
        GroupState::Active | GroupState::Suspended => {
            return Ok(Some(Parted::Linked(units(&mut tx, ctx, group).await?)));
        }
        GroupState::Unlinked if group.leaves_at.is_none() => return Ok(Some(Parted::Claimed)),
        GroupState::Unlinked => {}
    }
    // Should the call fail, it is made again like that of a chat whose time is over.
    store::group::set_leaves(&mut tx, id, Some(ctx.now())).await?;
    note(&mut tx, ctx.now(), actor, (Action::GroupLeave, format!("group:{id}"), json!({ "state": "leaving" })));
    tx.commit().await?;
    Ok(Some(Parted::Goes(group.external_id)))
}

async fn units(tx: &mut Tx, ctx: &Ctx, group: GroupRow) -> Outcome<Vec<String>> {
    let listed = listed(tx, ctx, vec![group]).await?;
    Ok(listed.into_iter().flat_map(|listed| listed.units).collect())
}

/// The chats of a channel whose time is over. Nothing is left while everything outgoing is stopped.
pub async fn due(ctx: &Ctx, line: &Line) -> Outcome<Vec<GroupRow>> {
    let mut tx = ctx.store.read().await?;
    if !store::halt::list(&mut tx).await?.is_empty() {
        return Ok(Vec::new());
    }
    let leaving = store::group::leaving(&mut tx).await?.into_iter();
    let over = |group: &GroupRow| group.leaves_at.is_some_and(|at| at.utc() <= ctx.now());
    Ok(leaving.filter(|group| group.channel_id == line.id && over(group)).collect())
}

/// Tells admins who joined meanwhile of the chats that wait for an answer.
pub async fn tell(ctx: &Ctx) -> Outcome<()> {
    let mut tx = ctx.store.read().await?;
    let mut untold = Vec::new();
    for group in store::group::leaving(&mut tx).await? {
        let Some(leaves) = group.leaves_at.map(store::At::utc).filter(|at| *at > ctx.now()) else { continue };
        let alert = strange(&group, leaves);
        let (raised, admins) = alert::untold(&mut tx, &alert).await?;
        if raised.is_none() || !admins.is_empty() {
            untold.push(alert);
        }
    }
    drop(tx);
    if untold.is_empty() {
        return Ok(());
    }
    let mut tx = ctx.store.write().await?;
    for alert in &untold {
        alert::raise(&mut tx, ctx, alert).await?;
    }
    Ok(tx.commit().await?)
}

/// The bot is out of a chat, or was before.
pub async fn departed(ctx: &Ctx, id: GroupId) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    let actor = Actor::System { job: Job::Tidy };
    store::group::set_leaves(&mut tx, id, None).await?;
    set_state(&mut tx, ctx, &actor, (id, GroupState::Gone, StopReason::Left)).await?;
    note(&mut tx, ctx.now(), &actor, (Action::GroupLeave, format!("group:{id}"), json!({ "state": "gone" })));
    Ok(tx.commit().await?)
}

/// The platform did not let the bot out yet.
pub async fn put_off(ctx: &Ctx, id: GroupId) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    store::group::set_leaves(&mut tx, id, Some(ctx.now() + AGAIN)).await?;
    Ok(tx.commit().await?)
}
