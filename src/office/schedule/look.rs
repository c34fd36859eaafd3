//! What rules are going to send, and what became of their slots.

use std::collections::BTreeSet;

use chrono::TimeDelta;

use super::{find, next_due};
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::month::Month;
use crate::domain::policy::Act;
use crate::ids::GroupId;
use crate::office::outlook::{Entry, Ground, Live, Standing, entries, lives, past};
use crate::office::{Outcome, authorise};
use crate::store;

/// Days first looked ahead for the next slots of a rule, and at most.
const AHEAD_DAYS: (i64, i64) = (35, 800);

/// The next slots of a rule that go out, with the items that would, every other rule considered.
pub async fn next(ctx: &Ctx, actor: &Actor, name: &str, count: usize) -> Outcome<Vec<Entry>> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let row = find(&mut tx, name).await?;
    let (id, first) = (row.id, next_due(&ground, &row)?);
    let groups: BTreeSet<GroupId> =
        store::schedule::groups(&mut tx, &[id]).await?.into_iter().map(|(_, group)| group).collect();
    let mut rows = store::schedule::sharing(&mut tx, &groups.into_iter().collect::<Vec<_>>()).await?;
    if rows.iter().all(|other| other.id != id) {
        rows.push(row);
    }
    let (lives, _) = lives(&mut tx, rows).await?;
    let (mut days, most) = AHEAD_DAYS;
    let horizon = ctx.now() + TimeDelta::days(most);
    if let Some(far) = first.filter(|at| *at > horizon) {
        // Too far for any other rule to matter.
        let alone: Vec<Live> = lives.into_iter().filter(|live| live.row.id == id).collect();
        return Ok(entries(&mut tx, ctx, (&alone, &ground), far).await?.into_iter().take(count).collect());
    }
    loop {
        let until = ctx.now() + TimeDelta::days(days);
        let all = entries(&mut tx, ctx, (&lives, &ground), until).await?;
        let goes = |entry: &Entry| entry.schedule == id && entry.standing == Standing::Ahead;
        let own: Vec<Entry> = all.into_iter().filter(goes).take(count).collect();
        if own.len() == count || days >= most {
            return Ok(own);
        }
        days = (days * 4).min(most);
    }
}

/// Everything of a month, past and to come, by time.
pub async fn month(ctx: &Ctx, actor: &Actor, month: Month) -> Outcome<Vec<Entry>> {
    let (mut tx, now, range) = (ctx.store.read().await?, ctx.now(), month.instants(ctx.zone));
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let mut all = Vec::new();
    if range.start <= now {
        all.extend(past(&mut tx, &ground, range.start, range.end.min(now)).await?);
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
