//! Making a push: the audience is frozen and its deliveries are queued. Everything about it is decided here, before the
//! first message goes out.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Timelike, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::channel::Capabilities;
use crate::domain::content::{ItemSource, fill, placeholders};
use crate::domain::delivery::{DeliveryKind, TargetKind};
use crate::domain::leave::{Absence, own_deadline};
use crate::domain::month::Month;
use crate::domain::pacing::spread;
use crate::domain::push::{Candidate, Chunk, MemberStatus, freeze};
use crate::domain::rich::Rich;
use crate::domain::slot::PLAIN_MINUTES_MAX;
use crate::domain::wall;
use crate::domain::word::{Confirm, Kind};
use crate::ids::{GroupId, ItemVersionId, OccurrenceId, PushId, StaffId, UnitId};
use crate::office::setting::{self, Settings};
use crate::office::{Outcome, Refusal, calendar, note};
use crate::store::deadline::NewOwn;
use crate::store::delivery::NewDelivery;
use crate::store::push::NewPush;
use crate::store::{self, StoreError, Tx};

/// Whom a push goes to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::office) enum Target {
    Groups(Vec<GroupId>),
    /// Private messages to these people.
    Private(Vec<StaffId>),
}

/// A push to make.
#[derive(Debug, Clone)]
pub(in crate::office) struct Order<'a> {
    pub occurrence: Option<OccurrenceId>,
    pub item: &'a ItemSource,
    pub item_version: ItemVersionId,
    pub confirm: Confirm,
    pub target: Target,
    pub slot: DateTime<Utc>,
    /// It goes out so late that it says when it was due.
    pub late: bool,
    /// Of a required push.
    pub deadline: Option<DateTime<Utc>>,
    /// How long after its slot a push without a deadline may still go out.
    pub patience: TimeDelta,
}

/// What pushes are made from, read once for many.
#[derive(Debug)]
pub(in crate::office) struct Office {
    settings: Settings,
    /// Which units each chat addresses.
    units: Vec<(GroupId, UnitId)>,
    /// Chats that a person serves by hand.
    by_hand: HashSet<GroupId>,
    /// Chats in which nobody can press back.
    mute: HashSet<GroupId>,
    /// Everyone on the roster as of a day.
    people: BTreeMap<NaiveDate, Vec<Candidate>>,
}

impl Office {
    pub(in crate::office) async fn load(tx: &mut Tx, ctx: &Ctx, days: &BTreeSet<NaiveDate>) -> Outcome<Self> {
        let mut people = BTreeMap::new();
        for day in days {
            let rows = store::staff::candidates(tx, *day).await?;
            people.insert(*day, rows.iter().map(candidate).collect::<Outcome<_>>()?);
        }
        let groups = store::group::list(tx).await?;
        let without = |can: fn(Capabilities) -> bool| {
            groups.iter().filter(|group| !can(group.channel.capabilities())).map(|group| group.id).collect()
        };
        Ok(Self {
            settings: setting::load(tx, ctx.zone).await?,
            units: store::group::units(tx).await?,
            by_hand: without(|can| can.send),
            mute: without(|can| can.ack),
            people,
        })
    }

    fn covers(&self, target: &Target) -> Covers {
        match target {
            Target::Private(staff) => Covers::Private(staff.clone()),
            Target::Groups(groups) => {
                let of =
                    |group: &GroupId| self.units.iter().filter(|(g, _)| g == group).map(|(_, unit)| *unit).collect();
                Covers::Groups(groups.iter().map(|group| (*group, of(group))).collect())
            }
        }
    }

    /// The audience of an item as it is frozen on a day that was loaded; refused when it is nobody.
    fn audience(&self, day: NaiveDate, covers: &Covers, item: &ItemSource) -> Outcome<Vec<Chunk>> {
        let covered = |person: &Candidate| {
            let asked = match covers {
                Covers::Private(staff) => staff.contains(&person.staff).then_some(true),
                Covers::Groups(groups) => groups
                    .iter()
                    .filter(|(_, units)| units.contains(&person.unit))
                    .map(|(group, _)| !self.mute.contains(group))
                    .max(),
            };
            asked.map(|asked| Candidate { asked, ..person.clone() })
        };
        let covered: Vec<Candidate> = self.people.get(&day).into_iter().flatten().filter_map(covered).collect();
        let chunks = freeze(&covered, &item.audience);
        if chunks.is_empty() { Err(Refusal::NobodyAddressed) } else { Ok(chunks) }
    }

    /// The audience that an item sent to these chats on a day would have.
    pub(super) fn audience_of(&self, day: NaiveDate, groups: &[GroupId], item: &ItemSource) -> Outcome<Vec<Chunk>> {
        self.audience(day, &self.covers(&Target::Groups(groups.to_vec())), item)
    }
}

/// A push that was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::office) struct Made {
    pub push: PushId,
    /// 应知
    pub expected: usize,
    /// People reached only where nobody can press back.
    pub unasked: usize,
}

/// Freezes the audience of an order and queues its deliveries. Everything about the push is decided here, before the
/// first message goes out.
pub(in crate::office) async fn make(
    tx: &mut Tx,
    ctx: &Ctx,
    actor: &Actor,
    (order, office): (&Order<'_>, &Office),
) -> Outcome<Made> {
    let fills = fills(order.item, &office.settings)?;
    let covers = office.covers(&order.target);
    let chunks = office.audience(wall::of(order.slot, ctx.zone).date(), &covers, order.item)?;
    let deadline = match order.confirm {
        Confirm::Required => order.deadline,
        Confirm::Voluntary | Confirm::None => None,
    };
    let month = Month::of(order.slot, ctx.zone).to_string();
    let new = NewPush {
        occurrence_id: order.occurrence,
        item_version_id: order.item_version,
        confirm: order.confirm,
        slot_at: order.slot,
        month: &month,
        deadline_at: deadline,
        late: order.late,
        fills: &json!(fills).to_string(),
    };
    let push = store::push::add(tx, &new, ctx.now()).await?;
    let asks = office.settings.quiz.filter(|_| order.confirm != Confirm::None && !order.item.quiz.is_empty());
    if let Some(rules) = asks {
        store::quiz::ask(tx, push, order.item.quiz.0.len(), rules).await?;
    }
    let mut hashes = Vec::new();
    for chunk in &chunks {
        let hash = chunk.hash();
        store::push::add_chunk(tx, push, chunk, &hash).await?;
        hashes.push(hash);
    }
    let own = match deadline {
        Some(deadline) => own_deadlines(tx, ctx, (push, order.slot, deadline), (office, &chunks)).await?,
        None => 0,
    };
    let plain = TimeDelta::minutes(PLAIN_MINUTES_MAX);
    let expires = deadline.unwrap_or((order.slot + order.patience).max(ctx.now() + plain));
    let like = NewDelivery {
        by_hand: false,
        kind: DeliveryKind::Push,
        subject_id: push.0,
        target_kind: TargetKind::Group,
        target_id: 0,
        not_before: ctx.now(),
        expires_at: expires,
    };
    let how = How { by_hand: &office.by_hand, span: spread_of(order, office, ctx) };
    queue(tx, &like, (&covers, &how), &chunks).await?;
    let of = |status| chunks.iter().flat_map(|c| &c.members).filter(|m| m.status == status).count();
    let (expected, unasked) = (of(MemberStatus::Expected), of(MemberStatus::Unasked));
    let mut detail = json!({
        "item": order.item.slug, "item_version": order.item_version, "confirm": order.confirm.as_str(),
        "slot": order.slot.timestamp_millis(), "deadline": deadline.map(|at| at.timestamp_millis()),
        "expected": expected, "audience": hashes, "own_deadlines": own,
    });
    if asks.is_some() {
        detail["questions"] = json!(order.item.quiz.0.len());
    }
    note(tx, ctx.now(), actor, (Action::PushCreate, format!("push:{push}"), detail));
    Ok(Made { push, expected, unasked })
}

/// Stores the deadlines of those who are expected and away, and returns how many.
async fn own_deadlines(
    tx: &mut Tx,
    ctx: &Ctx,
    (push_id, slot, deadline): (PushId, DateTime<Utc>, DateTime<Utc>),
    (office, chunks): (&Office, &[Chunk]),
) -> Outcome<usize> {
    let pushed = wall::of(slot, ctx.zone).date();
    let mut absences: BTreeMap<StaffId, Vec<Absence>> = BTreeMap::new();
    for row in store::leave::standing(tx, pushed).await? {
        absences.entry(row.staff_id).or_default().push(row.absence());
    }
    let members = chunks.iter().flat_map(|chunk| &chunk.members);
    let expected: HashSet<StaffId> =
        members.filter(|member| member.status == MemberStatus::Expected).map(|member| member.staff).collect();
    absences.retain(|staff, _| expected.contains(staff));
    if absences.is_empty() {
        return Ok(0);
    }
    let calendar = calendar::load(tx, ctx).await?;
    let own = absences.into_iter().filter_map(|(staff_id, away)| {
        let own = own_deadline(&away, (Some(pushed), deadline), &calendar, &office.settings.hours)?;
        let deadline_at = own.deadline.timestamp_millis();
        Some(NewOwn { push_id, staff_id, deadline_at, leave_id: own.leave })
    });
    let own: Vec<NewOwn> = own.collect();
    store::deadline::put_many(tx, &own, ctx.now()).await?;
    Ok(own.len())
}

/// Over how long the messages of an order are spread: those of a schedule at the full or half hour, when every office
/// sends. Whether they are late was decided before, and is not changed by it.
fn spread_of(order: &Order<'_>, office: &Office, ctx: &Ctx) -> TimeDelta {
    let wall = wall::of(order.slot, ctx.zone);
    let crowded = wall.minute().is_multiple_of(30) && wall.second() == 0;
    if order.occurrence.is_some() && !order.late && crowded { office.settings.send_spread } else { TimeDelta::zero() }
}

/// What the placeholders of an item are filled with now; refused while one is empty.
pub(super) fn fills(item: &ItemSource, settings: &Settings) -> Outcome<BTreeMap<String, String>> {
    let mut fills = BTreeMap::new();
    let mut blanks = Vec::new();
    for blank in placeholders(item) {
        match settings.fill(&blank) {
            Some(value) => {
                fills.insert(blank.0, value);
            }
            None => blanks.push((blank.0.clone(), setting::placeholder_key(&blank))),
        }
    }
    if !blanks.is_empty() {
        return Err(Refusal::Unfilled { slug: item.slug.clone(), blanks });
    }
    Ok(fills)
}

/// The body of an item as it is read; refused while a placeholder is empty.
pub(in crate::office) fn filled(item: &ItemSource, fills: &BTreeMap<String, String>) -> Outcome<Rich> {
    fill(&item.body, |blank| fills.get(&blank.0).cloned()).map_err(|blanks| Refusal::Unfilled {
        slug: item.slug.clone(),
        blanks: blanks.into_iter().map(|blank| (blank.0, None)).collect(),
    })
}

/// Which units, or which people, each delivery will speak to.
enum Covers {
    Groups(Vec<(GroupId, Vec<UnitId>)>),
    Private(Vec<StaffId>),
}

fn candidate(row: &store::staff::CandidateRow) -> Outcome<Candidate> {
    let (kinds, exempt) = (kinds(&row.kinds)?, row.exempt);
    Ok(Candidate { staff: row.id, version: row.version_id, unit: row.unit_id, kinds, exempt, asked: true })
}

/// A word that is not understood is a fault: left out, it would drop the person from audiences without a trace.
fn kinds(stored: &str) -> Outcome<Vec<Kind>> {
    let words = stored.split(',').filter(|word| !word.is_empty());
    let kinds: Option<Vec<Kind>> = words.map(Kind::parse).collect();
    kinds.ok_or_else(|| StoreError::Unreadable(stored.to_owned()).into())
}

/// How the messages of a push go out.
struct How<'a> {
    /// Chats that a person serves by hand.
    by_hand: &'a HashSet<GroupId>,
    /// Over how long they are spread.
    span: TimeDelta,
}

/// One delivery per target, with the units (or the person) of the frozen audience that it speaks to. `like` is what they
/// have in common.
async fn queue(tx: &mut Tx, like: &NewDelivery, (covers, how): (&Covers, &How<'_>), chunks: &[Chunk]) -> Outcome<()> {
    let push = PushId(like.subject_id);
    let to = |target_kind: TargetKind, target_id: i64| {
        let not_before = like.not_before + spread(push, target_id, how.span);
        NewDelivery { target_kind, target_id, not_before, ..like.clone() }
    };
    match covers {
        Covers::Groups(groups) => {
            for (group, units) in groups {
                let addressed: Vec<UnitId> =
                    chunks.iter().map(|c| c.unit).filter(|unit| units.contains(unit)).collect();
                if addressed.is_empty() {
                    continue;
                }
                let new = NewDelivery { by_hand: how.by_hand.contains(group), ..to(TargetKind::Group, group.0) };
                let id = store::delivery::add(tx, &new, like.not_before).await?;
                for unit in addressed {
                    store::push::add_cover(tx, push, id, unit, None).await?;
                }
            }
        }
        Covers::Private(_) => {
            // A person without an account has nothing to be sent to, and counts as not reached.
            let bound = store::account::bindings(tx).await?;
            let people: Vec<(UnitId, StaffId)> =
                chunks.iter().flat_map(|chunk| chunk.members.iter().map(|member| (chunk.unit, member.staff))).collect();
            for (unit, staff) in people.into_iter().filter(|(_, staff)| bound.iter().any(|b| b.staff_id == *staff)) {
                let new = to(TargetKind::Staff, staff.0);
                let id = store::delivery::add(tx, &new, like.not_before).await?;
                store::push::add_cover(tx, push, id, unit, Some(staff)).await?;
            }
        }
    }
    Ok(())
}
