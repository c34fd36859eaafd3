//! What is going to go out: the slots to come of every rule, after holidays, allowed hours, caps and rotation. The planner
//! decides by the same round (`domain::round`), so what is shown here is what will happen unless something changes.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use chrono::{DateTime, Days, NaiveTime, TimeDelta, Utc};
use chrono_tz::Tz;

use crate::ctx::Ctx;
use crate::domain::calendar::{Calendar, Festival};
use crate::domain::cap::{RightOfWay, monday};
use crate::domain::content::Theme;
use crate::domain::rotation::{self, Want};
use crate::domain::round::{self, MovedSlot, Runner, Taken, Verdict, judge};
use crate::domain::schedule::{MovedBy, OnHoliday, Rule, Slot, Terms};
use crate::domain::slot::{MissReason, OccurrenceState, PLAIN_MINUTES_MAX};
use crate::domain::wall;
use crate::domain::word::{Confirm, ScheduleState};
use crate::ids::{GroupId, ItemVersionId, ScheduleId};
use crate::office::rotation::Shelf;
use crate::office::setting::{self, Settings};
use crate::office::{Outcome, Refusal, calendar, halt};
use crate::store::item::ItemRow;
use crate::store::occurrence::OccurrenceRow;
use crate::store::schedule::ScheduleRow;
use crate::store::{self, Tx};

/// Slots of one rule looked at in one round. More than the 240 minutes that anything may be late, so that the newest of a
/// rule that is due every minute is among them.
const SLOTS_MOST: usize = 2_000;
/// Days by which a calendar can move a slot away from its key: a month for the workday of a month, and room for the
/// longest days off before a festival.
const KEY_REACH: Days = Days::new(62);

/// One slot as the plan shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub schedule: ScheduleId,
    /// The schedule's name.
    pub name: String,
    /// The identity of the slot (`domain::schedule::Slot::key`).
    pub key: DateTime<Utc>,
    /// When it goes out, went out, or would have.
    pub at: DateTime<Utc>,
    /// The item that goes out, or went out; `None`: none fits, or nothing goes out.
    pub item: Option<EntryItem>,
    pub confirm: Option<Confirm>,
    /// Titles of the chats, in the order they were met.
    pub targets: Vec<String>,
    /// Where the slot was moved from, and why.
    pub moved: Option<(DateTime<Utc>, MovedBy)>,
    /// The festivals it reminds of.
    pub festivals: Vec<Festival>,
    pub standing: Standing,
}

/// The item of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryItem {
    pub version: ItemVersionId,
    pub slug: String,
    pub title: String,
    /// As printed: 全体, or kinds joined by 、.
    pub audience: String,
    /// As printed, one a line.
    pub basis: String,
}

/// What becomes of a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is to come and will go out.
    Ahead,
    /// A day off keeps it from going out, by name; a weekend has the empty name.
    Off(String),
    /// It is to come and will not go out for the reason.
    Miss(OccurrenceState, Option<MissReason>),
    /// It is past.
    Decided(OccurrenceState, Option<MissReason>),
}

/// What the decisions of one moment rest on.
#[derive(Debug)]
pub(super) struct Ground {
    pub(super) now: DateTime<Utc>,
    pub(super) calendar: Calendar,
    pub(super) settings: Settings,
    /// An admin stopped everything outgoing.
    pub(super) stopped: bool,
}

impl Ground {
    pub(super) async fn load(tx: &mut Tx, ctx: &Ctx) -> Outcome<Self> {
        let (calendar, settings) = (calendar::load(tx, ctx).await?, setting::load(tx, ctx.zone).await?);
        Ok(Self { now: ctx.now(), calendar, settings, stopped: halt::paused(tx).await? })
    }

    pub(super) fn rules(&self) -> round::Ground<'_> {
        round::Ground { calendar: &self.calendar, hours: &self.settings.hours, caps: self.settings.caps }
    }
}

/// A rule that was read, with its chats.
#[derive(Debug, Clone)]
pub(super) struct Live {
    pub(super) row: ScheduleRow,
    pub(super) terms: Terms,
    pub(super) groups: Vec<GroupId>,
    right: RightOfWay,
}

/// Reads rules; those that cannot be read come with the reason.
pub(super) async fn lives(tx: &mut Tx, rows: Vec<ScheduleRow>) -> Outcome<(Vec<Live>, Vec<(ScheduleRow, Refusal)>)> {
    let ids: Vec<ScheduleId> = rows.iter().map(|row| row.id).collect();
    let mut groups: HashMap<ScheduleId, Vec<GroupId>> = HashMap::new();
    for (schedule, group) in store::schedule::groups(tx, &ids).await? {
        groups.entry(schedule).or_default().push(group);
    }
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for row in rows {
        match row.terms() {
            Ok(terms) => {
                let groups = groups.remove(&row.id).unwrap_or_default();
                good.push(Live { right: right_of_way(&row, &terms.rule), terms, groups, row });
            }
            Err(why) => bad.push((row, why.into())),
        }
    }
    Ok((good, bad))
}

/// 节前提醒 before 通知 before 小知识 (what people are told outranks what they may read).
fn right_of_way(row: &ScheduleRow, rule: &Rule) -> RightOfWay {
    let theme = row.item_theme.as_ref().or(row.theme.as_ref()).and_then(|theme| Theme::parse(theme));
    if matches!(rule, Rule::BeforeFestival(_)) || theme == Some(Theme::Festival) {
        RightOfWay::Reminder
    } else if theme == Some(Theme::Notice) || row.confirm.or(row.item_confirm) == Some(Confirm::Required) {
        RightOfWay::Notice
    } else {
        match rule {
            Rule::Yearly { .. } | Rule::Once { .. } => RightOfWay::Dated,
            Rule::Cron(_) | Rule::EveryWeeks { .. } | Rule::WorkdayOfMonth { .. } | Rule::BeforeFestival(_) => {
                RightOfWay::Knowledge
            }
        }
    }
}

/// Everything one round of judging needs, read in one transaction.
pub(super) struct Round<'a> {
    pub(super) runners: Vec<Runner<'a>>,
    /// The rows of each runner's moved slots.
    pub(super) moved: Vec<Vec<OccurrenceRow>>,
    pub(super) verdicts: Vec<round::Verdicts>,
}

/// Judges what these rules have due at `now` and are to have up to `until`.
pub(super) async fn judged<'a>(
    tx: &mut Tx,
    lives: &'a [Live],
    ground: &Ground,
    now: DateTime<Utc>,
    until: DateTime<Utc>,
) -> Outcome<Round<'a>> {
    let ids: Vec<ScheduleId> = lives.iter().map(|live| live.row.id).collect();
    let oldest = lives.iter().map(|live| live.row.look_from(now)).min().unwrap_or(now);
    let decided = decided(tx, &ids, oldest.min(now)).await?;
    let mut moved: HashMap<ScheduleId, Vec<OccurrenceRow>> = HashMap::new();
    for row in store::occurrence::moved_ahead(tx, &ids, until).await? {
        moved.entry(row.schedule_id).or_default().push(row);
    }
    let moved: Vec<Vec<OccurrenceRow>> = ids.iter().map(|id| moved.remove(id).unwrap_or_default()).collect();
    let runner = |(live, moved): (&'a Live, &Vec<OccurrenceRow>)| {
        let slots = |due| undecided(live, ground, &decided, due).take(SLOTS_MOST).collect();
        let from = live.row.look_from(now);
        let any_day = live.row.on_holiday == OnHoliday::Run;
        Runner {
            schedule: live.row.id,
            right: live.right,
            groups: &live.groups,
            paused: live.row.state == ScheduleState::Paused,
            stopped: ground.stopped,
            missed: live.row.missed,
            max_late: TimeDelta::minutes(live.row.max_late),
            pending: slots(from..now),
            ahead: slots(now.max(from)..until),
            moved: moved.iter().map(|row| MovedSlot { due: row.due_at.utc(), any_day }).collect(),
        }
    };
    let runners: Vec<Runner<'a>> = lives.iter().zip(&moved).map(runner).collect();
    let groups: Vec<GroupId> =
        lives.iter().flat_map(|live| &live.groups).copied().collect::<BTreeSet<_>>().into_iter().collect();
    let taken = taken(tx, &groups, (now, until), ground.settings.hours.tz).await?;
    let verdicts = judge(&runners, &taken, now, &ground.rules());
    Ok(Round { runners, moved, verdicts })
}

/// The slots of a rule that are due by `now` and have no row.
pub(super) async fn pending(tx: &mut Tx, live: &Live, ground: &Ground, now: DateTime<Utc>) -> Outcome<Vec<Slot>> {
    let from = live.row.look_from(now);
    let decided = decided(tx, &[live.row.id], from).await?;
    Ok(undecided(live, ground, &decided, from..now).collect())
}

/// Slots that have their row, by their keys.
type Decided = HashSet<(ScheduleId, DateTime<Utc>)>;

/// Which slots of these rules, due from an instant on, have their row.
async fn decided(tx: &mut Tx, ids: &[ScheduleId], from: DateTime<Utc>) -> Outcome<Decided> {
    let decided = store::occurrence::decided(tx, ids, from - KEY_REACH).await?;
    Ok(decided.into_iter().map(|(id, at)| (id, at.utc())).collect())
}

/// The slots of a rule that are due after the first instant and up to the last, and have no row.
fn undecided<'a>(
    live: &'a Live,
    ground: &'a Ground,
    decided: &'a Decided,
    due: Range<DateTime<Utc>>,
) -> impl Iterator<Item = Slot> + 'a {
    let slots = live.terms.slots(&ground.calendar, ground.settings.hours.tz, due.start);
    let slots = slots.take_while(move |slot| slot.due <= due.end);
    slots.filter(|slot| !decided.contains(&(live.row.id, slot.key)))
}

/// What the chats get for certain from the Monday of `now` on.
pub(super) async fn taken(
    tx: &mut Tx,
    groups: &[GroupId],
    (now, until): (DateTime<Utc>, DateTime<Utc>),
    zone: Tz,
) -> Outcome<Vec<Taken>> {
    let week = monday(wall::of(now, zone).date());
    let from = wall::instant(week.and_time(NaiveTime::MIN), zone);
    let plain = TimeDelta::minutes(PLAIN_MINUTES_MAX);
    let taken = store::occurrence::taken(tx, groups, from, until.max(now) + TimeDelta::milliseconds(1)).await?;
    let of = |(group, due, decided): (GroupId, store::At, store::At)| Taken {
        group,
        day: wall::of(due.utc(), zone).date(),
        late: decided.utc() - due.utc() > plain,
    };
    Ok(taken.into_iter().map(of).collect())
}

/// The end of the week of an instant.
pub(super) fn week_end(at: DateTime<Utc>, zone: Tz) -> DateTime<Utc> {
    let next = monday(wall::of(at, zone).date()) + Days::new(7);
    wall::instant(next.and_time(NaiveTime::MIN), zone) - TimeDelta::milliseconds(1)
}

/// One slot of a round with its verdict, as the plan needs it.
struct Ahead {
    live: usize,
    key: DateTime<Utc>,
    at: DateTime<Utc>,
    moved: Option<(DateTime<Utc>, MovedBy)>,
    festivals: Vec<Festival>,
    standing: Standing,
}

/// What the rules are to send from now up to `until`, by time, with the items as they would be chosen.
pub(super) async fn entries(
    tx: &mut Tx,
    ctx: &Ctx,
    (lives, ground): (&[Live], &Ground),
    until: DateTime<Utc>,
) -> Outcome<Vec<Entry>> {
    // Whole weeks: who gives way in the last one depends on all of it.
    let round = judged(tx, lives, ground, ctx.now(), week_end(until, ctx.zone)).await?;
    let mut ahead: Vec<Ahead> = Vec::new();
    for (live, ((runner, rows), verdicts)) in round.runners.iter().zip(&round.moved).zip(&round.verdicts).enumerate() {
        let slots = runner.pending.iter().chain(&runner.ahead).zip(verdicts.pending.iter().chain(&verdicts.ahead));
        ahead.extend(slots.map(|(slot, verdict)| of_slot(live, slot, *verdict)));
        ahead.extend(rows.iter().zip(&verdicts.moved).map(|(row, verdict)| of_row(live, row, *verdict)));
    }
    ahead.retain(|entry| entry.at <= until);
    ahead.sort_by_key(|entry| (entry.at, lives[entry.live].row.id));
    let titles: HashMap<GroupId, String> =
        store::group::list(tx).await?.into_iter().map(|group| (group.id, group.title)).collect();
    let groups: Vec<GroupId> = titles.keys().copied().collect();
    let mut shelf = Shelf::load(tx, ctx, &groups).await?;
    let entry = |ahead: Ahead| {
        let live = &lives[ahead.live];
        let item = if ahead.standing == Standing::Ahead { choose(live, &ahead, (&mut shelf, ground)) } else { None };
        Entry {
            schedule: live.row.id,
            name: live.row.name.clone(),
            key: ahead.key,
            at: ahead.at,
            confirm: live.row.confirm.or(item.as_ref().map(|(_, confirm)| *confirm)),
            item: item.map(|(item, _)| item),
            targets: live.groups.iter().filter_map(|group| titles.get(group).cloned()).collect(),
            moved: ahead.moved,
            festivals: ahead.festivals,
            standing: ahead.standing,
        }
    };
    Ok(ahead.into_iter().map(entry).collect())
}

fn of_slot(live: usize, slot: &Slot, verdict: Verdict) -> Ahead {
    let by_holiday = slot.moved_from.map(|from| (from, MovedBy::Holiday));
    let (at, moved, standing) = match verdict {
        Verdict::Go => (slot.due, by_holiday, Standing::Ahead),
        Verdict::Move(to) => (to, Some((slot.moved_from.unwrap_or(slot.due), MovedBy::Cap)), Standing::Ahead),
        Verdict::Hold => {
            (slot.due, by_holiday, Standing::Miss(OccurrenceState::SkippedLate, Some(MissReason::NoCalendar)))
        }
        Verdict::Skip(OccurrenceState::SkippedHoliday, _) => {
            (slot.due, None, Standing::Off(slot.off.clone().unwrap_or_default()))
        }
        Verdict::Skip(state, reason) => (slot.due, by_holiday, Standing::Miss(state, reason)),
    };
    Ahead { live, key: slot.key, at, moved, festivals: slot.festivals.clone(), standing }
}

fn of_row(live: usize, row: &OccurrenceRow, verdict: Verdict) -> Ahead {
    let moved = row.moved_from.map(store::At::utc).zip(row.moved_by);
    let due = row.due_at.utc();
    let (at, moved, standing) = match verdict {
        Verdict::Go | Verdict::Hold => (due, moved, Standing::Ahead),
        Verdict::Move(to) => (to, moved, Standing::Ahead),
        Verdict::Skip(state, reason) => (due, moved, Standing::Miss(state, reason)),
    };
    Ahead { live, key: row.slot_at.utc(), at, moved, festivals: festivals(row), standing }
}

/// The festivals that a stored slot reminds of.
pub(super) fn festivals(row: &OccurrenceRow) -> Vec<Festival> {
    row.festivals.split(',').filter_map(Festival::parse).collect()
}

/// The item of a slot, which the shelf remembers as pushed, and what it asks for.
fn choose(live: &Live, ahead: &Ahead, (shelf, ground): (&mut Shelf, &Ground)) -> Option<(EntryItem, Confirm)> {
    let zone = ground.settings.hours.tz;
    let pool = live.row.pool();
    let want = Want {
        pool: &pool,
        day: wall::of(ahead.at, zone).date(),
        zone,
        festivals: &ahead.festivals,
        all_party: shelf.all_party(&live.groups),
        months: ground.settings.rotation_months,
    };
    let pick = rotation::next(&shelf.choices(&live.groups), &want)?;
    let row = shelf.item(pick.place)?.clone();
    shelf.pushed(row.id, &live.groups, ahead.at);
    let ItemRow { version_id, slug, title, audience, basis, confirm, .. } = row;
    Some((EntryItem { version: version_id, slug, title, audience, basis }, confirm))
}

/// What became of slots in a stretch of time that is past, by time.
pub(super) async fn past(tx: &mut Tx, from: DateTime<Utc>, to: DateTime<Utc>) -> Outcome<Vec<Entry>> {
    let rows = store::occurrence::between(tx, from, to).await?;
    let ids: Vec<ScheduleId> = rows.iter().map(|(row, _)| row.schedule_id).collect();
    let schedules = store::schedule::find_many(tx, &ids).await?;
    let groups = store::schedule::groups(tx, &ids).await?;
    let titles = store::group::list(tx).await?;
    let pushes: Vec<_> = rows.iter().filter_map(|(_, push)| *push).collect();
    let pushes: HashMap<_, _> =
        store::push::find_many(tx, &pushes).await?.into_iter().map(|push| (push.id, push)).collect();
    let mut entries = Vec::new();
    for (row, push) in rows {
        let Some(schedule) = schedules.iter().find(|schedule| schedule.id == row.schedule_id) else { continue };
        let of = |group: &crate::store::group::GroupRow| groups.contains(&(schedule.id, group.id));
        let push = push.and_then(|push| pushes.get(&push));
        let standing = if row.state == OccurrenceState::SkippedHoliday {
            Standing::Off(row.off_name.clone().unwrap_or_default())
        } else {
            Standing::Decided(row.state, row.reason)
        };
        entries.push(Entry {
            schedule: schedule.id,
            name: schedule.name.clone(),
            key: row.slot_at.utc(),
            at: row.due_at.utc(),
            item: push.map(|push| EntryItem {
                version: push.item_version_id,
                slug: push.slug.clone(),
                title: push.title.clone(),
                audience: push.audience.clone(),
                basis: push.basis.clone(),
            }),
            confirm: push.map(|push| push.confirm).or(schedule.confirm),
            targets: titles.iter().filter(|group| of(group)).map(|group| group.title.clone()).collect(),
            moved: row.moved_from.map(store::At::utc).zip(row.moved_by),
            festivals: festivals(&row),
            standing,
        });
    }
    Ok(entries)
}
