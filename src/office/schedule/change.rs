//! Rules that change: edited, paused, resumed, removed. What the old rule had due and not sent is put on record in the same
//! transaction, so that either the old or the new sends, and never both.

use chrono::{DateTime, NaiveDate, NaiveTime, TimeDelta, Utc};
use serde_json::json;

use super::{LATEST, Listed, Spelled, check, detail, find, reread};
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::domain::rotation::Pool;
use crate::domain::round::Verdict;
use crate::domain::schedule::{DeadlineRule, Missed, OnHoliday, Rule, Terms};
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::domain::wall;
use crate::domain::word::{Confirm, ScheduleState};
use crate::office::outlook::{Ground, Live, lives, pending};
use crate::office::plan::decided;
use crate::office::{Outcome, Refusal, authorise, group, note};
use crate::store::schedule::NewSchedule;
use crate::store::{self, Tx};

/// What an edit changes; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Change {
    pub rule: Option<Rule>,
    pub on_holiday: Option<OnHoliday>,
    pub missed: Option<Missed>,
    /// Minutes.
    pub max_late: Option<i64>,
    pub starts_on: Option<NaiveDate>,
    pub ends_on: Option<NaiveDate>,
    pub groups: Option<Vec<String>>,
    pub pool: Option<Pool>,
    pub confirm: Option<Confirm>,
    pub deadline: Option<DeadlineRule>,
}

/// Changes a rule. What is due and not sent yet goes by the new rule alone: the old one's slots become rows that say so.
/// A rule that has sent something today begins to count tomorrow, so that nobody gets the old and the new.
pub async fn edit(ctx: &Ctx, actor: &Actor, name: &str, change: &Change) -> Outcome<Listed> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::ScheduleWrite).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let row = find(&mut tx, name).await?;
    let (mut good, bad) = lives(&mut tx, vec![row]).await?;
    if let Some((_, why)) = bad.into_iter().next() {
        return Err(why);
    }
    let old = good.pop().ok_or_else(|| Refusal::UnknownSchedule(name.to_owned()))?;
    let terms = Terms {
        rule: change.rule.clone().unwrap_or_else(|| old.terms.rule.clone()),
        on_holiday: change.on_holiday.unwrap_or(old.terms.on_holiday),
        starts_on: change.starts_on.or(old.terms.starts_on),
        ends_on: change.ends_on.or(old.terms.ends_on),
    };
    let groups = match &change.groups {
        Some(groups) => group::pick_linked(&mut tx, groups).await?,
        None => old.groups.clone(),
    };
    let pool = change.pool.clone().unwrap_or_else(|| old.row.pool());
    check(&mut tx, ctx, (&ground, &groups), (&terms, &pool)).await?;
    let deadline = match change.deadline {
        Some(deadline) => Some(deadline),
        None => old.row.deadline.as_deref().map(DeadlineRule::parse).transpose()?,
    };
    let spelled = Spelled::of(&terms, &pool, deadline);
    let moves = spelled.rule != old.row.rule
        || terms.on_holiday != old.terms.on_holiday
        || (terms.starts_on, terms.ends_on) != (old.terms.starts_on, old.terms.ends_on);
    let since = if moves { retire(&mut tx, &old, &ground, now).await? } else { old.row.look_from(now) };
    let row = NewSchedule {
        name: &old.row.name,
        missed: change.missed.unwrap_or(old.row.missed),
        max_late: change.max_late.unwrap_or(old.row.max_late),
        confirm: change.confirm.or(old.row.confirm),
        groups: &groups,
        since,
        ..spelled.row(&terms)
    };
    store::schedule::change(&mut tx, old.row.id, &row).await?;
    if moves {
        let ahead = still_ahead(&mut tx, &old, &ground, &terms, since).await?;
        store::occurrence::forget_edited(&mut tx, old.row.id, &ahead).await?;
    }
    let subject = format!("schedule:{}", old.row.id);
    note(&mut tx, now, actor, (Action::ScheduleEdit, subject, detail(&row)));
    tx.commit().await?;
    reread(ctx, name, &ground).await
}

/// Puts what a rule that is edited has due and not sent on record as taken back. Returns from when on another may send: the end of the day
/// when this one has sent something today.
async fn retire(tx: &mut Tx, old: &Live, ground: &Ground, now: DateTime<Utc>) -> Outcome<DateTime<Utc>> {
    let edited = MissReason::Edited;
    settle(tx, old, ground, Verdict::Skip(OccurrenceState::Cancelled, Some(edited)), now).await?;
    store::occurrence::cancel(tx, old.row.id, edited, now).await?;
    let zone = ground.settings.hours.tz;
    let today = wall::instant(wall::of(now, zone).date().and_time(NaiveTime::MIN), zone);
    let tomorrow = wall::next_day(now, zone);
    let sent = store::occurrence::between(tx, today, tomorrow).await?;
    let sent = sent.iter().any(|(row, push)| row.schedule_id == old.row.id && push.is_some());
    Ok(if sent { tomorrow - TimeDelta::milliseconds(1) } else { now })
}

/// Keys of the slots that an edit took back and that the new terms have still to come: the same reminder at another time.
async fn still_ahead(
    tx: &mut Tx,
    old: &Live,
    ground: &Ground,
    terms: &Terms,
    since: DateTime<Utc>,
) -> Outcome<Vec<DateTime<Utc>>> {
    let latest = store::occurrence::latest(tx, old.row.id, LATEST).await?;
    let edited = latest.iter().filter(|row| row.reason == Some(MissReason::Edited));
    let keys: Vec<DateTime<Utc>> = edited.map(|row| row.slot_at.utc()).collect();
    let Some(last) = keys.iter().max() else { return Ok(keys) };
    let slots = terms.slots(&ground.calendar, ground.settings.hours.tz, since);
    let ahead = slots.map(|slot| slot.key).take_while(|key| key <= last);
    Ok(ahead.filter(|key| keys.contains(key)).collect())
}

/// Gives every slot that is due and not decided its row by this verdict.
async fn settle(tx: &mut Tx, live: &Live, ground: &Ground, verdict: Verdict, now: DateTime<Utc>) -> Outcome<()> {
    let pending = pending(tx, live, ground, now).await?;
    let rows: Vec<_> = pending.iter().map(|slot| decided(live, slot, verdict)).collect();
    Ok(store::occurrence::add(tx, &rows, now).await?)
}

/// Stops a rule until it is resumed; slots meanwhile become rows that say so.
pub async fn pause(ctx: &Ctx, actor: &Actor, name: &str) -> Outcome<()> {
    move_to(ctx, actor, name, ScheduleState::Paused).await
}

/// Lets a paused rule go on with its next slot.
pub async fn resume(ctx: &Ctx, actor: &Actor, name: &str) -> Outcome<()> {
    move_to(ctx, actor, name, ScheduleState::Active).await
}

/// Takes a rule out of use; what it has sent stays.
pub async fn remove(ctx: &Ctx, actor: &Actor, name: &str) -> Outcome<()> {
    move_to(ctx, actor, name, ScheduleState::Removed).await
}

async fn move_to(ctx: &Ctx, actor: &Actor, name: &str, state: ScheduleState) -> Outcome<()> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::ScheduleWrite).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let row = find(&mut tx, name).await?;
    if row.state == state {
        return Err(Refusal::ScheduleStands { name: row.name, state });
    }
    let (id, subject, detail) = (row.id, format!("schedule:{}", row.id), json!({ "name": row.name }));
    // A rule that cannot be read has no slots to put on record but those that stand already.
    if let (Some(live), _) = lives(&mut tx, vec![row]).await.map(|(good, bad)| (good.into_iter().next(), bad))? {
        match state {
            ScheduleState::Paused => {}
            ScheduleState::Active => {
                let paused = Verdict::Skip(OccurrenceState::SkippedPaused, None);
                settle(&mut tx, &live, &ground, paused, now).await?;
            }
            ScheduleState::Removed => {
                let removed = Verdict::Skip(OccurrenceState::Cancelled, Some(MissReason::Removed));
                settle(&mut tx, &live, &ground, removed, now).await?;
            }
        }
    }
    if state == ScheduleState::Removed {
        store::occurrence::cancel(&mut tx, id, MissReason::Removed, now).await?;
    }
    store::schedule::set_state(&mut tx, id, state).await?;
    let action = match state {
        ScheduleState::Paused => Action::SchedulePause,
        ScheduleState::Active => Action::ScheduleResume,
        ScheduleState::Removed => Action::ScheduleRemove,
    };
    note(&mut tx, now, actor, (action, subject, detail));
    Ok(tx.commit().await?)
}
