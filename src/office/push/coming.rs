//! The push that goes out next: item, words, people and time, found as the planner finds them and without a trace.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use super::estimate;
use super::make::{Office, filled, fills};
use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::calendar::Day;
use crate::domain::cap::monday;
use crate::domain::content::ItemSource;
use crate::domain::policy::Act;
use crate::domain::push::{Chunk, MemberStatus};
use crate::domain::slot::{MissReason, PLAIN_MINUTES_MAX};
use crate::domain::wall;
use crate::domain::word::{Confirm, GroupState};
use crate::ids::{GroupId, StaffId};
use crate::message::outgoing::Outgoing;
use crate::message::push::{Copy, Tags, copy};
use crate::message::quiz::Asked;
use crate::office::outlook::{Entry, Ground, Live, Standing, taken, week_end};
use crate::office::plan::deadline;
use crate::office::schedule::Wanted;
use crate::office::{Outcome, Refusal, authorise, content};
use crate::store::group::GroupRow;
use crate::store::{self, Tx};

/// The push that goes out next, as long as nothing changes until then.
#[derive(Debug)]
pub struct Coming {
    pub entry: Entry,
    /// The day it goes out on.
    pub day: Day,
    /// Whether its time lies in the allowed hours of a workday.
    pub in_hours: bool,
    /// It is due already, and goes out as soon as the service runs.
    pub overdue: bool,
    pub chats: Vec<Chat>,
    /// Most items a chat gets from Monday to Sunday.
    pub per_week: u32,
    /// How long until all of it is out.
    pub takes: TimeDelta,
    /// None while no item fits.
    pub draft: Option<Draft>,
    /// What keeps it from going out as things stand.
    pub stop: Option<Stop>,
}

/// The reason that its row would get, and the refusal that says what to do.
pub type Stop = (MissReason, Refusal);

/// A chat it goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chat {
    pub id: GroupId,
    pub title: String,
    /// Which item of its week this is, counted from 1.
    pub nth: u32,
}

/// What its readers get, and who is counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub code: String,
    pub version: i64,
    pub title: String,
    pub confirm: Confirm,
    /// Of a required push.
    pub deadline: Option<DateTime<Utc>>,
    pub heads: Heads,
    /// As a chat sees it; a placeholder that is not filled in stands as it is written. Buttons carry nothing.
    pub words: Outgoing,
}

/// An audience by head.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Heads {
    /// 应知
    pub expected: usize,
    /// 免计
    pub exempt: usize,
    /// Reached only where nobody can press back: counted in no rate.
    pub unasked: usize,
    /// Of 应知, those without an account.
    pub unbound: usize,
}

/// What goes out next, by the plan of that name or by any. Only reads.
pub async fn coming(ctx: &Ctx, actor: &Actor, plan: Option<&str>) -> Outcome<Coming> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::ScheduleRead).await?;
    let ground = Ground::load(&mut tx, ctx).await?;
    let wanted = Wanted::load(&mut tx, plan).await?;
    let mut before = wanted.entries(&mut tx, ctx, (&ground, 1)).await?;
    let nothing = || Refusal::NothingToCome(plan.map(|name| name.trim().to_owned()));
    let place = before.iter().position(|entry| wanted.goes_out(entry)).ok_or_else(nothing)?;
    before.truncate(place + 1);
    let entry = before.pop().ok_or_else(nothing)?;
    let live = wanted.lives.iter().find(|live| live.row.id == entry.schedule).ok_or_else(nothing)?;
    let groups = store::group::list(&mut tx).await?;
    let mut stop = None;
    if !groups.iter().any(|group| live.groups.contains(&group.id) && group.state == GroupState::Active) {
        let first = live.groups.first().map(ToString::to_string).unwrap_or_default();
        stop = Some((MissReason::NoGroup, Refusal::GroupNotLinked(first)));
    }
    let (draft, fault) = match draft(&mut tx, ctx, &ground, (live, &entry)).await? {
        Some((draft, fault)) => (Some(draft), fault),
        None => (None, Some((MissReason::NoItem, Refusal::NoFittingItem))),
    };
    let day = wall::of(entry.at, ctx.zone).date();
    let sends = |group: &&GroupRow| live.groups.contains(&group.id) && group.channel.capabilities().send;
    let sent = groups.iter().filter(sends).count();
    Ok(Coming {
        day: ground.calendar.day(day),
        in_hours: ground.settings.hours.allow(entry.at, &ground.calendar),
        overdue: entry.at <= ground.now,
        chats: chats(&mut tx, &ground, (live, &groups), (&wanted, &before, entry.at)).await?,
        per_week: ground.settings.caps.per_week,
        takes: estimate::of_slot(&ground.settings, sent, entry.at),
        draft,
        stop: stop.or(fault),
        entry,
    })
}

/// The entry's item as it would go out, with what keeps it; `None` when it has no item.
async fn draft(
    tx: &mut Tx,
    ctx: &Ctx,
    ground: &Ground,
    (live, entry): (&Live, &Entry),
) -> Outcome<Option<(Draft, Option<Stop>)>> {
    let Some(chosen) = &entry.item else { return Ok(None) };
    let Some(version) = store::item::version(tx, chosen.version).await? else { return Ok(None) };
    let item = content::source_of(&version)?;
    let confirm = live.row.confirm.unwrap_or(item.confirm);
    let deadline = match confirm {
        Confirm::Required => Some(deadline(live, (entry.at, &entry.festivals), ground)?),
        Confirm::Voluntary | Confirm::None => None,
    };
    let mut stop = None;
    let body = match fills(&item, &ground.settings) {
        Ok(fills) => filled(&item, &fills)?,
        Err(unfilled) => {
            stop = Some((MissReason::Unfilled, unfilled));
            item.body.clone()
        }
    };
    let day = wall::of(entry.at, ctx.zone).date();
    let heads = match heads(tx, ctx, (day, &live.groups), &item).await {
        Ok(heads) => heads,
        Err(Refusal::NobodyAddressed) => {
            stop.get_or_insert((MissReason::Nobody, Refusal::NobodyAddressed));
            Heads::default()
        }
        Err(other) => return Err(other),
    };
    let plain = TimeDelta::minutes(PLAIN_MINUTES_MAX);
    let text = Copy {
        item: &item,
        body: &body,
        version: version.version,
        due: (ground.now - entry.at > plain).then_some(entry.at),
        deadline,
        resent: false,
        silent: &[],
        count: None,
        asked: ground.settings.quiz.filter(|_| confirm != Confirm::None).and_then(|_| asked(&item)),
        zone: ctx.zone,
    };
    let tags = Tags { ack: (confirm != Confirm::None).then(String::new), basis: String::new() };
    let words = copy(&text, tags);
    let (code, title) = (version.code, version.title);
    Ok(Some((Draft { code, version: version.version, title, confirm, deadline, heads, words }, stop)))
}

/// What it would ask; the buttons carry nothing.
fn asked(item: &ItemSource) -> Option<Asked<'_>> {
    let here = item.quiz.in_place();
    let here = here.map(|question| Asked::Here { question, tags: vec![String::new(); question.options.len()] });
    let questions = item.quiz.0.len();
    here.or_else(|| (questions > 0).then(|| Asked::Private { questions, link: String::new() }))
}

/// The audience by head, as it would be frozen.
async fn heads(tx: &mut Tx, ctx: &Ctx, (day, groups): (NaiveDate, &[GroupId]), item: &ItemSource) -> Outcome<Heads> {
    let office = Office::load(tx, ctx, &BTreeSet::from([day])).await?;
    let chunks: Vec<Chunk> = office.audience_of(day, groups, item)?;
    let bound: HashSet<StaffId> =
        store::account::bindings(tx).await?.into_iter().map(|binding| binding.staff_id).collect();
    let of = |status| chunks.iter().flat_map(|chunk| &chunk.members).filter(move |member| member.status == status);
    Ok(Heads {
        expected: of(MemberStatus::Expected).count(),
        exempt: of(MemberStatus::Exempt).count(),
        unasked: of(MemberStatus::Unasked).count(),
        unbound: of(MemberStatus::Expected).filter(|member| !bound.contains(&member.staff)).count(),
    })
}

/// The rule's chats, each with how many items of the week it has had by then.
async fn chats(
    tx: &mut Tx,
    ground: &Ground,
    (live, groups): (&Live, &[GroupRow]),
    (wanted, before, at): (&Wanted, &[Entry], DateTime<Utc>),
) -> Outcome<Vec<Chat>> {
    let zone = ground.settings.hours.tz;
    let week = |day: NaiveDate| monday(day) == monday(wall::of(at, zone).date());
    let mut had: HashMap<GroupId, u32> = HashMap::new();
    for taken in taken(tx, &live.groups, (ground.now, week_end(ground.now, zone)), zone).await? {
        *had.entry(taken.group).or_default() += u32::from(week(taken.day));
    }
    let goes = |entry: &&Entry| entry.standing == Standing::Ahead && entry.item.is_some();
    for entry in before.iter().filter(goes).filter(|entry| week(wall::of(entry.at, zone).date())) {
        let other = wanted.lives.iter().find(|live| live.row.id == entry.schedule);
        for group in other.into_iter().flat_map(|other| &other.groups) {
            *had.entry(*group).or_default() += 1;
        }
    }
    let chat = |group: &GroupRow| Chat {
        id: group.id,
        title: group.title.clone(),
        nth: had.get(&group.id).copied().unwrap_or_default() + 1,
    };
    Ok(groups.iter().filter(|group| live.groups.contains(&group.id)).map(chat).collect())
}
