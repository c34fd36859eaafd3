//! The one private reminder of a required push: who has not confirmed on the day of their deadline gets it, once. Decided
//! once for each push and day; whoever is to get it is looked at again right before the call (`office::delivery`).

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::leave::{Absence, Effect, standing};
use crate::domain::nudge::{Fate, Person, Terms, fate};
use crate::domain::wall;
use crate::ids::{PushId, StaffId};
use crate::office::{Outcome, Refusal, ack, binding, calendar, note, report, setting};
use crate::store::delivery::Seen;
use crate::store::nudge::{DayRow, NewNudge, OpenRow};
use crate::store::{self, Tx};

/// Days on which nobody was reminded although it was time.
mod missed;

pub use missed::look_back;
pub(super) use missed::{pass_over, settle};

const REMINDER: Actor = Actor::System { job: Job::Nudge };
/// Older pushes are not reminded of: who confirmed what is kept for 13 months.
const LOOK_BACK: TimeDelta = TimeDelta::days(400);

/// Reminds of every push whose day it is. While everything is stopped nobody is reminded; what goes on later that day is
/// made up for.
pub async fn remind(ctx: &Ctx) -> Outcome<()> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let settings = setting::load(&mut tx, ctx.zone).await?;
    let wall = wall::of(now, ctx.zone);
    let Some(time) = settings.nudge_time.filter(|time| *time <= wall.time()) else { return Ok(()) };
    let open = store::nudge::open(&mut tx, now - LOOK_BACK, now, wall.date()).await?;
    if open.is_empty() || !store::halt::list(&mut tx).await?.is_empty() {
        return Ok(());
    }
    let calendar = calendar::load(&mut tx, ctx).await?;
    let terms = Terms { time, calendar: &calendar, hours: &settings.hours };
    if !settings.hours.allow(now, &calendar) {
        return Ok(());
    }
    let (mut turns, mut failed) = (Vec::new(), None);
    for row in &open {
        match turn(&mut tx, row, (&terms, now, wall.date())).await {
            Ok(turn) => turns.extend(turn),
            Err(Refusal::Store(error)) if error.is_trouble() => return Err(error.into()),
            // What is wrong with one push keeps nobody from being reminded of another.
            Err(why) => {
                failed.get_or_insert(why);
            }
        }
    }
    drop(tx);
    for turn in turns {
        book(ctx, &turn, wall.date()).await?;
    }
    failed.map_or(Ok(()), Err)
}

/// What is decided about a push today.
struct Turn {
    push: PushId,
    nudges: Vec<NewNudge>,
    /// How many people have which fate.
    counts: HashMap<Fate, usize>,
}

impl Turn {
    fn count(&self, fate: Fate) -> usize {
        self.counts.get(&fate).copied().unwrap_or_default()
    }
}

/// Whose turn it is with a push; `None`: nobody's deadline has its day today.
async fn turn(
    tx: &mut Tx,
    row: &OpenRow,
    (terms, now, today): (&Terms<'_>, DateTime<Utc>, NaiveDate),
) -> Outcome<Option<Turn>> {
    let own = store::deadline::of_pushes(tx, &[row.push_id]).await?;
    let due = |deadline: DateTime<Utc>| terms.is_due((row.slot_at.utc(), deadline), now);
    if !due(row.deadline_at.utc()) && !own.iter().any(|own| due(own.deadline_at.utc())) {
        return Ok(None);
    }
    let Some(push) = store::push::find(tx, row.push_id).await? else { return Ok(None) };
    let silent = report::not_acked(tx, &push, now).await?.into_iter();
    let silent: Vec<_> =
        silent.filter_map(|one| Some((one, one.deadline.filter(|deadline| due(*deadline))?))).collect();
    let who = Who::read(tx, row.push_id).await?;
    let numbers: Vec<StaffId> = silent.iter().map(|(one, _)| who.now(one.staff)).collect();
    let away = away(tx, &numbers, today).await?;
    let gone = gone(tx, &numbers).await?;
    let (mut nudges, mut counts, mut seen) = (Vec::new(), HashMap::new(), HashSet::new());
    for (one, deadline) in &silent {
        let staff = who.now(one.staff);
        if !seen.insert(staff) || gone.contains(&staff) || who.reminded.contains(&staff) {
            continue;
        }
        if who.confirmed.contains(&staff) {
            *counts.entry(Fate::Confirmed).or_default() += 1;
            continue;
        }
        let person = Person {
            away: away.contains(&staff),
            muted: who.muted.contains(&staff),
            reachable: who.reachable.contains(&staff),
        };
        let fate = fate(one.standing, person);
        *counts.entry(fate).or_default() += 1;
        if fate == Fate::Reminded {
            nudges.push(NewNudge { staff_id: staff, expires_at: deadline.timestamp_millis() });
        }
    }
    Ok(Some(Turn { push: row.push_id, nudges, counts }))
}

/// Queues the reminders of a push, unless another instance did today.
async fn book(ctx: &Ctx, turn: &Turn, day: NaiveDate) -> Outcome<()> {
    let now = ctx.now();
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let (queued, unreachable) = (turn.count(Fate::Reminded), turn.count(Fate::Unreachable));
    let row = DayRow {
        push_id: turn.push,
        day,
        queued: number(queued),
        unreachable: number(unreachable),
        decided_at: now.into(),
    };
    let mut tx = ctx.store.write().await?;
    if !store::nudge::add_day(&mut tx, &row).await? {
        return Ok(());
    }
    store::nudge::queue(&mut tx, turn.push, &turn.nudges, now).await?;
    let detail = json!({
        "day": day, "queued": queued, "unreachable": unreachable, "not_reached": turn.count(Fate::NotReached),
        "away": turn.count(Fate::Away), "muted": turn.count(Fate::Muted),
    });
    note(&mut tx, now, &REMINDER, (Action::PushNudge, format!("push:{}", turn.push), detail));
    Ok(tx.commit().await?)
}

/// What is known of people, by the numbers they go under now.
struct Who {
    reachable: BTreeSet<StaffId>,
    muted: BTreeSet<StaffId>,
    reminded: BTreeSet<StaffId>,
    /// Confirmed under any number of theirs: nobody is asked for what they did before their numbers were made one.
    confirmed: BTreeSet<StaffId>,
    /// Numbers that were merged into others since.
    now: HashMap<StaffId, StaffId>,
}

impl Who {
    async fn read(tx: &mut Tx, push: PushId) -> Outcome<Self> {
        let reachable = store::nudge::reachable(tx).await?;
        let now: HashMap<StaffId, StaffId> = store::merge::formers(tx, &reachable).await?.into_iter().collect();
        let current = |staff: StaffId| now.get(&staff).copied().unwrap_or(staff);
        let reminded = store::nudge::reminded(tx, push).await?;
        let acks = store::ack::of_pushes(tx, &[push]).await?;
        Ok(Self {
            reminded: reminded.into_iter().map(current).collect(),
            confirmed: acks.into_iter().map(|(_, staff, _)| current(staff)).collect(),
            muted: store::nudge::muted(tx).await?.into_iter().collect(),
            reachable: reachable.into_iter().collect(),
            now,
        })
    }

    fn now(&self, staff: StaffId) -> StaffId {
        self.now.get(&staff).copied().unwrap_or(staff)
    }
}

/// Who of these is away on a day.
pub(super) async fn away(tx: &mut Tx, people: &[StaffId], day: NaiveDate) -> Outcome<BTreeSet<StaffId>> {
    let mut absences: HashMap<StaffId, Vec<Absence>> = HashMap::new();
    for row in store::leave::of_many(tx, people).await? {
        absences.entry(row.staff_id).or_default().push(row.absence());
    }
    let is_away = |all: &Vec<Absence>| standing(all, day).is_some_and(|effect| effect > Effect::Present);
    Ok(absences.into_iter().filter(|(_, all)| is_away(all)).map(|(staff, _)| staff).collect())
}

/// Who of these left the roster since.
pub(super) async fn gone(tx: &mut Tx, people: &[StaffId]) -> Outcome<BTreeSet<StaffId>> {
    let people = store::staff::find_many(tx, people).await?;
    Ok(people.into_iter().filter(|person| person.left_at.is_some()).map(|person| person.id).collect())
}

/// 不再私聊提醒, pressed on the reminder that an attempt made. False: the account is bound to nobody.
pub async fn mute(ctx: &Ctx, line: &Line, account: &str) -> Outcome<bool> {
    let Some(staff) = binding::person(ctx, line, account).await? else { return Ok(false) };
    let mut tx = ctx.store.write().await?;
    if store::nudge::mute(&mut tx, staff, ctx.now()).await? {
        let actor = Actor::Staff { id: staff, channel: line.id };
        note(&mut tx, ctx.now(), &actor, (Action::NudgeMute, format!("staff:{staff}"), json!({})));
    }
    tx.commit().await?;
    Ok(true)
}

/// 恢复私聊提醒, in a conversation.
pub(super) async fn unmute_in(tx: &mut Tx, ctx: &Ctx, actor: &Actor, staff: StaffId) -> Outcome<()> {
    if store::nudge::unmute(tx, staff).await? {
        note(tx, ctx.now(), actor, (Action::NudgeUnmute, format!("staff:{staff}"), json!({})));
    }
    Ok(())
}

/// A press on any button of a reminder shows that it arrived.
pub async fn seen(ctx: &Ctx, copy: Seen<'_>) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    ack::proved(&mut tx, ctx, BTreeSet::from([copy])).await?;
    Ok(tx.commit().await?)
}
