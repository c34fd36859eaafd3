//! What may go now: chosen by our pace among the first message of every target, the copies to delete and the count lines
//! to edit, and booked in the transaction that chooses.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::delivery::{DOUBT_WAIT, HaltCause, LEASE, TargetKind};
use crate::domain::pacing::{Kind, Pace, SECOND, Waiting, pace};
use crate::ids::{ChannelId, DeliveryId};
use crate::office::delivery::{
    Claimed, Edit, Held, Removal, doubt, edit, hint, left_behind, limits, remove, state_note,
};
use crate::office::{Outcome, setting};
use crate::store::blind::{self, HintRow};
use crate::store::delivery::count_line::{self, DueRow};
use crate::store::delivery::removal::{self, RemovalRow};
use crate::store::delivery::{DeliveryRow, WaitingRow, Work};
use crate::store::halt::HaltRow;
use crate::store::{self, At, Tx};

/// Targets of a kind that one look at the queue takes in; the pace lets far fewer through at once.
const LOOK: i64 = 100;
/// Looks at the queue of one round, when what it finds is not due yet.
const LOOKS_MOST: usize = 10;
/// Edits and deletions that one round considers.
const BESIDE_MOST: i64 = 50;
/// Pause before a queue that is longer than a round looks at is looked at further.
const GO_ON: chrono::TimeDelta = chrono::TimeDelta::milliseconds(50);

/// Where the next look at a long queue begins, so that all targets have their turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cursor {
    groups: i64,
    people: i64,
}

/// What goes now.
#[derive(Debug)]
pub struct Round {
    pub claimed: Claimed,
    pub removals: Vec<Removal>,
    pub edits: Vec<Edit>,
    /// When the next may go or falls due.
    pub next: Option<DateTime<Utc>>,
    /// More could go, but the sender has no room for it.
    pub full: bool,
    /// What holds everything up.
    pub halts: Vec<HaltRow>,
    /// The instant for which the calls are noted in the pace.
    pub noted: DateTime<Utc>,
}

impl Round {
    fn idle(ctx: &Ctx, halts: Vec<HaltRow>, next: Option<DateTime<Utc>>) -> Self {
        let claimed = Claimed { rows: Vec::new(), held: Held::since_now(ctx) };
        Self { claimed, removals: Vec::new(), edits: Vec::new(), next, full: false, halts, noted: ctx.now() }
    }

    /// Whether something holds everything up for this reason.
    pub fn halted_by(&self, cause: HaltCause) -> Option<&HaltRow> {
        self.halts.iter().find(|halt| halt.cause == cause)
    }
}

/// Ends what is out of time, takes up what is left behind, re-sends once what has been in doubt for long enough, and
/// takes what may go now, at most `room` calls. Nothing is taken while something holds everything up.
pub async fn claim(ctx: &Ctx, line: &Line, (room, cursor): (usize, &mut Cursor)) -> Outcome<Round> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    let halts = store::halt::list(&mut tx).await?;
    let lease_now = tx.lease_now(now).await?;
    let work = store::delivery::work(&mut tx, now, lease_now, now - DOUBT_WAIT).await?;
    let beside = beside(&mut tx).await?;
    let go_on = halts.is_empty() && (work.due || work.doubt || beside.is_some_and(|at| at.utc() <= now));
    if !work.over && !go_on {
        let next = next(&mut tx, now, None).await?;
        return Ok(Round::idle(ctx, halts, next));
    }
    drop(tx);
    let mut tx = ctx.store.write().await?;
    store::pace::hold(&mut tx, line.id).await?;
    // The writer may have been waited for: what is booked is booked when it goes.
    let now = ctx.now();
    let halts = store::halt::list(&mut tx).await?;
    clear_up(&mut tx, ctx, (work, halts.is_empty())).await?;
    let mut round = Round::idle(ctx, halts, None);
    let mut paced = None;
    if round.halts.is_empty() {
        let chosen = choose(&mut tx, ctx, line.id, (room, cursor)).await?;
        round.full = chosen.full;
        paced = chosen.next;
        book(&mut tx, ctx, line, (chosen.calls, &mut round)).await?;
    }
    round.next = next(&mut tx, now, paced).await?;
    tx.commit().await?;
    Ok(round)
}

/// When the earliest edit or deletion is wanted.
async fn beside(tx: &mut Tx) -> Outcome<Option<At>> {
    let (edit, hint) = (count_line::next_due(tx).await?, blind::next_due(tx).await?);
    let removal = removal::next_due(tx).await?;
    Ok([edit, hint, removal].into_iter().flatten().min())
}

/// When to come again. What is due and was held up by the pace is in `paced`.
async fn next(tx: &mut Tx, now: DateTime<Utc>, paced: Option<DateTime<Utc>>) -> Outcome<Option<DateTime<Utc>>> {
    let due = store::delivery::next_due(tx, now).await?.map(At::utc);
    let beside = beside(tx).await?.map(At::utc).filter(|at| *at > now);
    Ok([due, beside, paced].into_iter().flatten().min())
}

async fn clear_up(tx: &mut Tx, ctx: &Ctx, (work, free): (Work, bool)) -> Outcome<()> {
    let now = ctx.now();
    if work.over {
        left_behind(tx, ctx, None).await?;
        for (delivery, state) in store::delivery::expire(tx, now).await? {
            state_note(tx, ctx, delivery, json!({ "state": state.as_str(), "by": "time" }));
        }
    }
    if work.doubt && free {
        for delivery in store::delivery::requeue_doubtful(tx, now, now - DOUBT_WAIT).await? {
            state_note(tx, ctx, delivery, json!({ "state": "queued", "by": "doubt" }));
        }
        doubt::tell(tx, ctx).await?;
    }
    Ok(())
}

/// A call that may go now.
enum Chosen {
    Message(WaitingRow),
    Removal(RemovalRow),
    Edit(DueRow),
    Hint(HintRow),
}

impl Chosen {
    /// As the pace sees it; `None` for a message without a chat, which makes no call.
    fn waiting(&self) -> Option<Waiting> {
        let (kind, chat, is_group) = match self {
            Self::Message(row) => (Kind::Message, row.chat.clone()?, row.target_kind == TargetKind::Group),
            Self::Removal(row) => (Kind::Removal, row.chat.clone(), row.is_group),
            Self::Edit(row) => (Kind::Edit, row.chat.clone(), true),
            Self::Hint(row) => (Kind::Edit, row.chat.clone(), true),
        };
        Some(Waiting { kind, chat, is_group })
    }
}

/// The calls that may go, in order, and when another may.
struct Choice {
    calls: Vec<Chosen>,
    /// There were more than there was room for.
    full: bool,
    next: Option<DateTime<Utc>>,
}

async fn choose(tx: &mut Tx, ctx: &Ctx, channel: ChannelId, (room, cursor): (usize, &mut Cursor)) -> Outcome<Choice> {
    let now = ctx.now();
    let groups = look(tx, ctx, channel, (TargetKind::Group, cursor.groups)).await?;
    let people = look(tx, ctx, channel, (TargetKind::Staff, cursor.people)).await?;
    let all = groups.rows.iter().chain(&people.rows).cloned().map(Chosen::Message);
    let removals = removal::due(tx, now, BESIDE_MOST).await?.into_iter().map(Chosen::Removal);
    let hints = blind::due(tx, now, BESIDE_MOST).await?.into_iter().map(Chosen::Hint);
    let edits = count_line::due(tx, now, BESIDE_MOST).await?.into_iter().map(Chosen::Edit);
    // A message without a chat needs no turn: it is over as soon as it is looked at.
    let (mut calls, mut paced, mut waiting) = (Vec::new(), Vec::new(), Vec::new());
    for one in all.chain(removals).chain(hints).chain(edits) {
        match one.waiting() {
            Some(call) => {
                waiting.push(call);
                paced.push(one);
            }
            None => calls.push(one),
        }
    }
    let limits = limits(&setting::load(tx, ctx.zone).await?);
    let past = store::pace::recent(tx, channel, now).await?;
    let gates = store::gate::closed(tx, channel, now).await?;
    let Pace { go, mut next } = pace(limits, (&past, &gates), &waiting, now);
    let mut paced: Vec<Option<Chosen>> = paced.into_iter().map(Some).collect();
    calls.extend(go.into_iter().filter_map(|place| paced.get_mut(place).and_then(Option::take)));
    let full = calls.len() > room;
    calls.truncate(room);
    let taken: HashSet<DeliveryId> = calls.iter().filter_map(message).map(|row| row.id).collect();
    cursor.groups = groups.after(&taken);
    cursor.people = people.after(&taken);
    if !calls.is_empty() {
        // Whatever else waits for the chats that had their turn.
        next = Some(next.map_or(now + SECOND, |next| next.min(now + SECOND)));
    } else if groups.more || people.more {
        next = Some(next.map_or(now + GO_ON, |next| next.min(now + GO_ON)));
    }
    Ok(Choice { calls, full, next })
}

fn message(one: &Chosen) -> Option<&WaitingRow> {
    match one {
        Chosen::Message(row) => Some(row),
        Chosen::Removal(_) | Chosen::Edit(_) | Chosen::Hint(_) => None,
    }
}

/// What a look at the queue of one kind of target found.
struct Seen {
    /// Due ones.
    rows: Vec<WaitingRow>,
    /// Last target looked at.
    last: i64,
    /// There are targets beyond.
    more: bool,
}

impl Seen {
    /// Where the next look begins: behind the last that got its turn, or behind all that were held up.
    fn after(&self, taken: &HashSet<DeliveryId>) -> i64 {
        if !self.more {
            return 0;
        }
        let mine = self.rows.iter().rev().find(|row| taken.contains(&row.id));
        mine.map_or(self.last, |row| row.target_id)
    }
}

/// The first due message of targets from the cursor on, around the ring of all targets, until enough are found.
async fn look(tx: &mut Tx, ctx: &Ctx, channel: ChannelId, (kind, from): (TargetKind, i64)) -> Outcome<Seen> {
    let mut seen = Seen { rows: Vec::new(), last: from, more: true };
    let mut wrapped = from == 0;
    for _ in 0..LOOKS_MOST {
        let page = store::delivery::waiting(tx, channel, (kind, seen.last), LOOK, ctx.now()).await?;
        let whole = i64::try_from(page.len()).is_ok_and(|found| found == LOOK);
        if let Some(last) = page.last() {
            seen.last = last.target_id;
        }
        // On the second way round only up to where the first began.
        let second = wrapped && from != 0;
        let over = second && seen.last >= from;
        seen.rows.extend(page.into_iter().filter(|row| row.due && (!second || row.target_id <= from)));
        if over || (!whole && wrapped) {
            seen.more = false;
            break;
        }
        if !whole {
            wrapped = true;
            seen.last = 0;
        }
        if seen.rows.len() >= usize::try_from(LOOK).unwrap_or(usize::MAX) {
            break;
        }
    }
    Ok(seen)
}

/// Calls that were noted in the pace and made only now: the disk may have stood still between the two, and the next ones
/// keep their distance from when the platform was called.
pub async fn made_late(ctx: &Ctx, line: &Line, noted: DateTime<Utc>) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    store::pace::made_late(&mut tx, line.id, noted, ctx.now()).await?;
    Ok(tx.commit().await?)
}

/// Notes the calls in the pace and takes what they are for.
async fn book(tx: &mut Tx, ctx: &Ctx, line: &Line, (calls, round): (Vec<Chosen>, &mut Round)) -> Outcome<()> {
    let now = ctx.now();
    round.noted = now;
    let paced: Vec<Waiting> = calls.iter().filter_map(Chosen::waiting).collect();
    let chats: Vec<&str> = paced.iter().map(|call| call.chat.as_str()).collect();
    store::pace::add(tx, line.id, &chats, now).await?;
    let mut messages = Vec::new();
    for one in calls {
        match one {
            Chosen::Message(row) => messages.push(row.id),
            Chosen::Removal(row) => round.removals.push(remove::book(tx, ctx, row).await?),
            Chosen::Edit(row) => round.edits.extend(edit::book(tx, ctx, row).await?),
            Chosen::Hint(row) => round.edits.extend(hint::book(tx, ctx, row).await?),
        }
    }
    let held = Held::since_now(ctx);
    let until = tx.lease_now(now).await? + LEASE;
    let rows: Vec<DeliveryRow> = store::delivery::claim(tx, &ctx.boot, &messages, now, until).await?;
    round.claimed = Claimed { rows, held };
    Ok(())
}
