//! Chats: met when the bot is added, then linked to the units they address.

use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::delivery::StopReason;
use crate::domain::policy::Act;
use crate::domain::wall;
use crate::domain::word::GroupState;
use crate::ids::{ChannelId, GroupId, UnitId};
use crate::office::held::Held;
use crate::office::{Outcome, Refusal, authorise, note, personal, unit};
use crate::store::group::GroupRow;
use crate::store::unit::{OFFICE, UnitRow};
use crate::store::{self, Tx};

mod join;
mod welcome;

pub use join::{Claimed, Met, Parted, claim, departed, due, leave, put_off, seen, tell};
pub(super) use welcome::{welcome, welcomed};

/// A chat with whom it addresses today.
#[derive(Debug, Clone)]
pub struct Listed {
    pub group: GroupRow,
    /// Unit paths in roster order.
    pub units: Vec<String>,
    /// People who would be expected today, whatever an item's audience.
    pub expected: usize,
}

/// A chat that was given units.
#[derive(Debug, Clone)]
pub struct Linked {
    pub now: Listed,
    /// Paths of the units it addressed before: of two admins at once the later one sees what was changed.
    pub before: Vec<String>,
}

/// The chat that a person means: by our id or by the platform's.
pub(super) fn pick<'a>(groups: &'a [GroupRow], name: &str) -> Outcome<&'a GroupRow> {
    let means = |group: &&GroupRow| group.id.to_string() == name || group.external_id == name;
    groups.iter().find(means).ok_or_else(|| Refusal::UnknownGroup(name.to_owned()))
}

/// The chats that names mean, each once and all of them linked; refused when nothing is named.
pub(super) async fn pick_linked(tx: &mut Tx, names: &[String]) -> Outcome<Vec<GroupId>> {
    if names.is_empty() {
        return Err(Refusal::NoTarget);
    }
    let groups = store::group::list(tx).await?;
    let mut ids = Vec::new();
    for name in names {
        let group = pick(&groups, name)?;
        if group.state != GroupState::Active {
            return Err(Refusal::GroupNotLinked(name.clone()));
        }
        if !ids.contains(&group.id) {
            ids.push(group.id);
        }
    }
    Ok(ids)
}

/// Every chat the bot knows.
pub async fn list(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::GroupRead).await?;
    let groups = store::group::list(&mut tx).await?;
    listed(&mut tx, ctx, groups).await
}

pub(super) async fn listed(tx: &mut Tx, ctx: &Ctx, groups: Vec<GroupRow>) -> Outcome<Vec<Listed>> {
    let units = store::unit::list(tx, OFFICE).await?;
    let links = store::group::units(tx).await?;
    let people = store::staff::candidates(tx, wall::of(ctx.now(), ctx.zone).date()).await?;
    let of = |group: GroupRow| {
        let ids: Vec<UnitId> = links.iter().filter(|(id, _)| *id == group.id).map(|(_, unit)| *unit).collect();
        // Where nobody can press back, nobody is expected to.
        let asked = group.channel.capabilities().ack;
        let expected = people.iter().filter(|person| asked && !person.exempt && ids.contains(&person.unit_id)).count();
        Listed { units: paths(&units, &ids), expected, group }
    };
    Ok(groups.into_iter().map(of).collect())
}

/// How many people of some units would be expected today, whatever an item's audience.
pub(super) async fn expected(tx: &mut Tx, ctx: &Ctx, units: &[UnitId]) -> Outcome<usize> {
    let people = store::staff::candidates(tx, wall::of(ctx.now(), ctx.zone).date()).await?;
    Ok(people.iter().filter(|person| !person.exempt && units.contains(&person.unit_id)).count())
}

fn paths(units: &[UnitRow], ids: &[UnitId]) -> Vec<String> {
    units.iter().filter(|unit| ids.contains(&unit.id)).map(|unit| unit.path.clone()).collect()
}

/// Says which units a chat addresses; from then on it receives pushes.
pub async fn link(ctx: &Ctx, actor: &Actor, name: &str, unit_names: &[String]) -> Outcome<Linked> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::GroupWrite).await?;
    let groups = store::group::list(&mut tx).await?;
    let group = pick(&groups, name)?;
    let id = group.id;
    let links = store::group::units(&mut tx).await?;
    let before: Vec<UnitId> = links.into_iter().filter(|(of, _)| *of == id).map(|(_, unit)| unit).collect();
    let units = store::unit::list(&mut tx, OFFICE).await?;
    if units.is_empty() {
        return Err(Refusal::RosterEmpty);
    }
    let ids = unit::resolve(&units, unit_names)?;
    address(&mut tx, ctx, actor, (group, &ids)).await?;
    let group = store::group::find(&mut tx, id).await?.ok_or_else(|| Refusal::UnknownGroup(name.to_owned()))?;
    let now = listed(&mut tx, ctx, vec![group]).await?.pop();
    tx.commit().await?;
    let now = now.ok_or_else(|| Refusal::UnknownGroup(name.to_owned()))?;
    Ok(Linked { now, before: paths(&units, &before) })
}

/// Has a chat address units. It stays from then on, and is told once what the bot is for.
pub(super) async fn address(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (group, units): (&GroupRow, &[UnitId]),
) -> Outcome<()> {
    let id = group.id;
    store::group::set_units(tx, id, units).await?;
    store::group::set_leaves(tx, id, None).await?;
    // What an admin stopped goes on by `resume` alone.
    if (group.state, group.reason) != (GroupState::Suspended, Some(StopReason::ByAdmin)) {
        store::group::set_state(tx, id, GroupState::Active, None).await?;
    }
    note(tx, ctx.now(), actor, (Action::GroupLink, format!("group:{id}"), json!({ "units": units })));
    welcome::queue(tx, ctx, group).await
}

/// Stops messages to one chat until someone lets it in again. Its people stay in every audience, and count as not reached.
pub async fn suspend(ctx: &Ctx, actor: &Actor, name: &str, reason: &str) -> Outcome<GroupRow> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::GroupWrite).await?;
    personal::reason(&mut tx, reason).await?;
    let group = pick(&store::group::list(&mut tx).await?, name)?.clone();
    if group.state != GroupState::Active {
        return Err(Held::GroupStands { group: name.to_owned(), state: group.state }.into());
    }
    let stop = StopReason::ByAdmin;
    store::group::set_state(&mut tx, group.id, GroupState::Suspended, Some(stop)).await?;
    let detail = json!({ "state": GroupState::Suspended.as_str(), "reason": stop.as_str(), "why": reason });
    note(&mut tx, ctx.now(), actor, (Action::GroupState, format!("group:{}", group.id), detail));
    tx.commit().await?;
    Ok(group)
}

/// Lets messages to a suspended chat go on; one that addresses nobody yet has to be linked first.
pub async fn resume(ctx: &Ctx, actor: &Actor, name: &str) -> Outcome<GroupRow> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::GroupWrite).await?;
    let group = pick(&store::group::list(&mut tx).await?, name)?.clone();
    if group.state != GroupState::Suspended {
        return Err(Held::GroupStands { group: name.to_owned(), state: group.state }.into());
    }
    let linked = store::group::units(&mut tx).await?.iter().any(|(id, _)| *id == group.id);
    if !linked {
        return Err(Refusal::GroupNotLinked(name.to_owned()));
    }
    store::group::set_state(&mut tx, group.id, GroupState::Active, None).await?;
    let detail = json!({ "state": GroupState::Active.as_str() });
    note(&mut tx, ctx.now(), actor, (Action::GroupState, format!("group:{}", group.id), detail));
    welcome::queue(&mut tx, ctx, &group).await?;
    tx.commit().await?;
    Ok(group)
}

/// The bot was removed from a chat.
pub async fn gone(ctx: &Ctx, line: &Line, chat: &str) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    for group in store::group::find_external(&mut tx, line.id, chat).await? {
        store::group::set_leaves(&mut tx, group.id, None).await?;
        if (group.state, group.reason) == (GroupState::Gone, Some(StopReason::Left)) {
            // Our own going, told back.
            continue;
        }
        let own = group.leaves_at.is_some_and(|at| at.utc() <= ctx.now());
        let reason = if own { StopReason::Left } else { StopReason::Removed };
        set_state(&mut tx, ctx, &Actor::System { job: Job::Inbox }, (group.id, GroupState::Gone, reason)).await?;
    }
    Ok(tx.commit().await?)
}

/// The platform gave a chat another id.
pub async fn migrated(ctx: &Ctx, line: &Line, from: &str, to: &str) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    migrate(&mut tx, ctx, (line.id, Job::Inbox), (from, to)).await?;
    Ok(tx.commit().await?)
}

/// Follows a chat to its other id. The platform tells of a move more than once; the ledger does only the first time.
pub(super) async fn migrate(
    tx: &mut Tx,
    ctx: &Ctx,
    (channel, job): (ChannelId, Job),
    (from, to): (&str, &str),
) -> Outcome<()> {
    if store::group::migrate(tx, channel, from, to).await? {
        let actor = Actor::System { job };
        note(tx, ctx.now(), &actor, (Action::GroupState, format!("chat:{from}"), json!({ "migrated_to": to })));
    }
    Ok(())
}

/// Moves a chat to a state and says why in the ledger.
pub(super) async fn set_state(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    to: (GroupId, GroupState, StopReason),
) -> Outcome<()> {
    let (id, state, reason) = to;
    store::group::set_state(tx, id, state, Some(reason)).await?;
    let detail = json!({ "state": state.as_str(), "reason": reason.as_str() });
    note(tx, ctx.now(), actor, (Action::GroupState, format!("group:{id}"), detail));
    Ok(())
}
