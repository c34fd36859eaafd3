//! What rules are going to send, and what became of their slots.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};

use super::find;
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::month::Month;
use crate::domain::policy::Act;
use crate::domain::word::ScheduleState;
use crate::ids::{GroupId, ScheduleId};
use crate::office::outlook::{Entry, Ground, Live, Standing, entries, lives, past};
use crate::office::{Outcome, authorise};
use crate::store::schedule::ScheduleRow;
use crate::store::{self, Tx};

/// Days first looked ahead for the next slots of a rule, and at most.
const AHEAD_DAYS: (i64, i64) = (35, 800);

/// The next slots of a rule that go out, with the items that would, every other rule considered.
pub async fn next(ctx: &Ctx, actor: &Actor, name: &str, count: usize) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let wanted = Wanted::load(&mut tx, Some(name)).await?;
    let all = wanted.entries(&mut tx, ctx, (&ground, count)).await?;
    Ok(all.into_iter().filter(|entry| wanted.goes_out(entry)).take(count).collect())
}

/// When a rule next sends, every other rule considered; never while it is not active.
pub(super) async fn first(
    tx: &mut Tx,
    ctx: &Ctx,
    (ground, row): (&Ground, &ScheduleRow),
) -> Outcome<Option<DateTime<Utc>>> {
    if row.state != ScheduleState::Active {
        return Ok(None);
    }
    let wanted = Wanted::load(tx, Some(&row.name)).await?;
    let all = wanted.entries(tx, ctx, (ground, 1)).await?;
    Ok(all.iter().find(|entry| wanted.goes_out(entry)).map(|entry| entry.at))
}

/// A rule to look ahead for, with every other that has a say in it; or all rules.
pub(in crate::office) struct Wanted {
    pub(in crate::office) lives: Vec<Live>,
    only: Option<ScheduleId>,
}

impl Wanted {
    /// Reads the rule of a name, or every rule.
    pub(in crate::office) async fn load(tx: &mut Tx, name: Option<&str>) -> Outcome<Self> {
        let Some(name) = name else {
            let rows = store::schedule::list(tx).await?;
            return Ok(Self { lives: lives(tx, rows).await?.0, only: None });
        };
        let row = find(tx, name).await?;
        let id = row.id;
        let groups: BTreeSet<GroupId> =
            store::schedule::groups(tx, &[id]).await?.into_iter().map(|(_, group)| group).collect();
        let mut rows = store::schedule::sharing(tx, &groups.into_iter().collect::<Vec<_>>()).await?;
        if rows.iter().all(|other| other.id != id) {
            rows.push(row);
        }
        Ok(Self { lives: lives(tx, rows).await?.0, only: Some(id) })
    }

    /// Everything to come, as far ahead as it takes to find `count` slots that go out.
    pub(in crate::office) async fn entries(
        &self,
        tx: &mut Tx,
        ctx: &Ctx,
        (ground, count): (&Ground, usize),
    ) -> Outcome<Vec<Entry>> {
        let (mut days, most) = AHEAD_DAYS;
        if let Some((alone, first)) = self.far(ctx, ground, ctx.now() + TimeDelta::days(most)) {
            return entries(tx, ctx, (std::slice::from_ref(alone), ground), first).await;
        }
        loop {
            let until = ctx.now() + TimeDelta::days(days);
            let all = entries(tx, ctx, (&self.lives, ground), until).await?;
            if days >= most || all.iter().filter(|entry| self.goes_out(entry)).count() >= count {
                return Ok(all);
            }
            days = (days * 4).min(most);
        }
    }

    /// The rule that is looked for and its first slot, where that lies too far ahead for any other rule to matter.
    fn far(&self, ctx: &Ctx, ground: &Ground, horizon: DateTime<Utc>) -> Option<(&Live, DateTime<Utc>)> {
        let live = self.lives.iter().find(|live| Some(live.row.id) == self.only)?;
        let first = live.terms.slots(&ground.calendar, ctx.zone, ctx.now()).find(|slot| slot.off.is_none())?.due;
        (first > horizon).then_some((live, first))
    }

    /// Whether an entry is one that was looked for.
    pub(in crate::office) fn goes_out(&self, entry: &Entry) -> bool {
        entry.standing == Standing::Ahead && self.only.is_none_or(|id| entry.schedule == id)
    }
}

/// Everything of a month, past and to come, by time.
pub async fn month(ctx: &Ctx, actor: &Actor, month: Month) -> Outcome<Vec<Entry>> {
    let (mut tx, now, range) = (ctx.store.read().await?, ctx.now(), month.instants(ctx.zone));
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let mut all = Vec::new();
    if range.start <= now {
        all.extend(past(&mut tx, range.start, range.end.min(now)).await?);
    }
    if range.end > now {
        let (lives, _) = {
            let rows = store::schedule::list(&mut tx).await?;
            lives(&mut tx, rows).await?
        };
        let ahead = entries(&mut tx, ctx, (&lives, &ground), range.end - TimeDelta::milliseconds(1)).await?;
        all.extend(ahead.into_iter().filter(|entry| entry.at >= range.start));
    }
    all.sort_by_key(|entry| (entry.at, entry.schedule));
    Ok(all)
}

/// Everything to come from now until `days` days on, by time.
pub async fn ahead(ctx: &Ctx, actor: &Actor, days: u32) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let rows = store::schedule::list(&mut tx).await?;
    let (lives, _) = lives(&mut tx, rows).await?;
    entries(&mut tx, ctx, (&lives, &ground), ctx.now() + TimeDelta::days(days.into())).await
}
