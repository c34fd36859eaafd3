//! What a batch of presses is judged by, and the judgement.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::aim::Aim;
use super::known::Known;
use super::{Press, Pressed, Taken};
use crate::ctx::Line;
use crate::domain::ack::{PressResult, Standing, judge, takes_presses};
use crate::domain::content::Addressed;
use crate::domain::hearing::{Gap, waited_since};
use crate::domain::word::Kind;
use crate::ids::{AccountId, AttemptId, InboxId, PushId, StaffId};
use crate::office::Outcome;
use crate::store::ack::AckRow;
use crate::store::delivery::CopyRow;
use crate::store::push::PushRow;
use crate::store::{self, Tx};

/// Everything the presses of a batch are judged by, read once.
pub(super) struct Facts {
    pub(super) copies: HashMap<AttemptId, CopyRow>,
    pushes: HashMap<PushId, PushRow>,
    known: Known,
    /// Of those outside the audience of a push: whom it is for by their kinds.
    addressed: HashSet<(PushId, StaffId)>,
    /// People's own deadlines.
    own: HashMap<(PushId, StaffId), DateTime<Utc>>,
    accounts: Accounts,
    /// Times in which nobody took in presses, and which may have held up some of these.
    gaps: Vec<Gap>,
}

/// Accounts by the platform's id, with whom they are bound to.
pub(super) type Accounts = HashMap<String, (AccountId, Option<StaffId>)>;

/// The accounts of a batch, stored when they were not known.
pub(super) async fn accounts(tx: &mut Tx, line: &Line, presses: &[(InboxId, Press<'_>)]) -> Outcome<Accounts> {
    let names: BTreeSet<&str> = presses.iter().map(|(_, press)| press.account).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let rows = store::account::ensure_many(tx, line.id, &names).await?;
    Ok(rows.into_iter().map(|row| (row.external_id, (row.account_id, row.staff_id))).collect())
}

/// Reads it.
pub(super) async fn facts(tx: &mut Tx, accounts: Accounts, taken: &[Taken<'_>]) -> Outcome<Facts> {
    let attempts: BTreeSet<AttemptId> = taken.iter().filter_map(|one| one.aim.attempt()).collect();
    let attempts: Vec<AttemptId> = attempts.into_iter().collect();
    let copies = store::delivery::pushes_of_attempts(tx, &attempts).await?;
    let named = taken.iter().filter_map(|one| one.aim.push());
    let ids: BTreeSet<PushId> = copies.iter().map(|copy| copy.push_id).chain(named).collect();
    let ids: Vec<PushId> = ids.into_iter().collect();
    let pushes = store::push::find_many(tx, &ids).await?;
    let people: Vec<StaffId> = accounts.values().filter_map(|(_, staff)| *staff).collect();
    let known = Known::read(tx, &ids, &people).await?;
    let earliest = pushes.iter().filter_map(|push| push.deadline_at).min();
    let gaps = match earliest {
        // Only a deadline asks since when a press may have waited.
        Some(deadline) => store::blind::since(tx, deadline.utc()).await?,
        None => Vec::new(),
    };
    let mut facts = Facts {
        own: own_deadlines(tx, &pushes, &people, &known).await?,
        addressed: HashSet::new(),
        known,
        copies: copies.into_iter().map(|copy| (copy.id, copy)).collect(),
        pushes: pushes.into_iter().map(|push| (push.id, push)).collect(),
        accounts,
        gaps: gaps.into_iter().map(Gap::from).collect(),
    };
    facts.addressed = addressed(tx, &facts, taken).await?;
    Ok(facts)
}

/// Which of those outside the audience of what they pressed are people it is for. Asked only when there are any.
async fn addressed(tx: &mut Tx, facts: &Facts, taken: &[Taken<'_>]) -> Outcome<HashSet<(PushId, StaffId)>> {
    let outside = taken.iter().filter_map(|Taken { press, aim, .. }| {
        let (push, _, numbers) = facts.resolve(press, aim)?;
        let staff = *numbers.first()?;
        facts.known.status(push.id, staff).is_none().then_some((push, staff))
    });
    let outside: Vec<(&PushRow, StaffId)> = outside.collect();
    if outside.is_empty() {
        return Ok(HashSet::new());
    }
    let people: BTreeSet<StaffId> = outside.iter().map(|(_, staff)| *staff).collect();
    let people = store::staff::find_many(tx, &people.into_iter().collect::<Vec<_>>()).await?;
    let kinds = people.iter().map(|person| (person.id, person.kinds.split(',').filter_map(Kind::parse).collect()));
    let kinds: HashMap<StaffId, Vec<Kind>> = kinds.collect();
    let is_for = |(push, staff): &(&PushRow, StaffId)| {
        Addressed::parse(&push.audience).is_ok_and(|audience| kinds.get(staff).is_some_and(|of| audience.includes(of)))
    };
    Ok(outside.into_iter().filter(is_for).map(|(push, staff)| (push.id, staff)).collect())
}

/// The own deadlines that these presses may be judged by: one look, and none unless a required push is among them.
async fn own_deadlines(
    tx: &mut Tx,
    pushes: &[PushRow],
    people: &[StaffId],
    known: &Known,
) -> Outcome<HashMap<(PushId, StaffId), DateTime<Utc>>> {
    let asked = pushes.iter().filter(|push| push.deadline_at.is_some());
    let pairs = asked.flat_map(|push| people.iter().map(|staff| (push.id, *staff)));
    let numbers =
        pairs.flat_map(|(push, staff)| known.numbers(push, staff).into_iter().map(move |staff| (push, staff)));
    let pairs: Vec<(PushId, StaffId)> = numbers.collect();
    if pairs.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = store::deadline::find_many(tx, &pairs).await?;
    Ok(rows.into_iter().map(|row| ((row.push_id, row.staff_id), row.deadline_at.utc())).collect())
}

impl Facts {
    /// The push that is spoken of; `None` when there is none of ours.
    fn push(&self, aim: &Aim) -> Option<&PushRow> {
        let copied = || Some(self.copies.get(&aim.attempt()?)?.push_id);
        self.pushes.get(&aim.push().or_else(copied)?)
    }

    /// The push, the account and the numbers of the person of a press, none when the account is not bound; `None` when it
    /// is not on a copy of ours or may not be stored.
    pub(super) fn resolve(&self, press: &Press<'_>, aim: &Aim) -> Option<(&PushRow, AccountId, Vec<StaffId>)> {
        let push = self.push(aim)?;
        let (account, staff) = self.accounts.get(press.account)?;
        let numbers = staff.map(|staff| self.known.numbers(push.id, staff)).unwrap_or_default();
        takes_presses(push.state).then_some((push, *account, numbers))
    }

    pub(super) fn judge(
        &self,
        Taken { inbox, press, aim }: &Taken<'_>,
        acks: &HashMap<(PushId, StaffId), AckRow>,
    ) -> Pressed {
        let Some(push) = self.push(aim) else {
            return match aim {
                Aim::Unknown | Aim::Copy(_) | Aim::Push(_) => Pressed::of(PressResult::Unknown),
                Aim::Nobody => Pressed::of(PressResult::NotBound),
                Aim::Nothing => Pressed::of(PressResult::Nothing),
                Aim::Several(choices) => Pressed { choices: choices.clone(), ..Pressed::of(PressResult::Several) },
            };
        };
        let result = match self.resolve(press, aim) {
            None => PressResult::Recalled,
            Some((_, _, numbers)) => {
                let Some(staff) = numbers.first().copied() else { return Pressed::of(PressResult::NotBound) };
                let Some(ack) = acks.get(&(push.id, staff)) else { return Pressed::of(PressResult::Unknown) };
                let pressed = ack.pressed_at.utc();
                let standing = Standing {
                    state: push.state,
                    confirm: push.confirm,
                    deadline: self.own.get(&(push.id, staff)).copied().or(push.deadline_at.map(store::At::utc)),
                    member: self.known.status(push.id, staff),
                    addressed: self.addressed.contains(&(push.id, staff)),
                    // The update that made the ack gets the first answer again when it is delivered again.
                    repeat: ack.inbox_id != Some(*inbox),
                    waited_since: waited_since(pressed, &self.gaps),
                };
                judge(&standing, pressed)
            }
        };
        Pressed { audience: push.audience.clone(), ..Pressed::of(result) }
    }
}
