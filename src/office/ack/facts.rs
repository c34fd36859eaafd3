//! What a batch of presses is judged by, and the judgement.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::aim::Aim;
use super::known::Known;
use super::{Press, Pressed};
use crate::ctx::Line;
use crate::domain::ack::{PressResult, Standing, judge, takes_presses};
use crate::domain::content::Addressed;
use crate::domain::delivery::AttemptOutcome;
use crate::domain::hearing::{Gap, waited_since};
use crate::domain::word::Kind;
use crate::ids::{AccountId, InboxId, PushId, StaffId};
use crate::office::Outcome;
use crate::store::ack::AckRow;
use crate::store::ack::look::{Asked, Look, PressRow, PressedPush, look};
use crate::store::{self, Tx};

/// Everything the presses of a batch are judged by, read once.
pub(super) struct Facts {
    pushes: HashMap<PushId, PressedPush>,
    known: Known,
    /// Of those outside the audience of a push: whom it is for by their kinds.
    addressed: HashSet<(PushId, StaffId)>,
    /// People's own deadlines.
    own: HashMap<(PushId, StaffId), DateTime<Utc>>,
    /// Times in which nobody took in presses, and which may have held up some of these.
    gaps: Vec<Gap>,
    /// Pushes whose count line is not marked to be edited.
    pub(super) unmarked: HashSet<PushId>,
}

/// A confirmation that is stored, with what it names.
pub(super) struct Taken<'a> {
    pub(super) inbox: InboxId,
    pub(super) press: Press<'a>,
    pub(super) aim: Aim,
    account: AccountId,
    /// Whom the account is bound to.
    staff: Option<StaffId>,
    push: Option<PushId>,
    /// What is known of the copy.
    pub(super) outcome: Option<AttemptOutcome>,
}

/// Looks: the confirmations with what they name, what they are judged by, and what the people confirmed before.
pub(super) async fn facts<'a>(
    tx: &mut Tx,
    line: &Line,
    presses: &[(InboxId, Press<'a>)],
    aims: Vec<Aim>,
) -> Outcome<(Vec<Taken<'a>>, Facts, Vec<AckRow>)> {
    let asked = presses.iter().zip(&aims).map(|((_, press), aim)| Asked(press.account, aim.attempt(), aim.push()));
    let Look { presses: rows, pushes, chunks, formers, acks, own, gaps, unmarked } =
        look(tx, line.id, &asked.collect::<Vec<_>>()).await?;
    let unknown = presses.iter().zip(&rows).filter(|(_, row)| row.account_id.is_none());
    let new = accounts(tx, line, &unknown.map(|((_, press), _)| press.account).collect()).await?;
    let taken = presses.iter().zip(aims).zip(rows).filter_map(|(((inbox, press), aim), row)| {
        let PressRow { account_id, staff_id, push_id, outcome } = row;
        let account = account_id.or_else(|| Some(new.get(press.account)?.0))?;
        Some(Taken { inbox: *inbox, press: *press, aim, account, staff: staff_id, push: push_id, outcome })
    });
    let taken: Vec<Taken<'a>> = taken.collect();
    let mut facts = Facts {
        known: Known::of(tx, chunks, formers).await?,
        addressed: HashSet::new(),
        own: own.into_iter().map(|row| ((row.push_id, row.staff_id), row.deadline_at.utc())).collect(),
        pushes: pushes.into_iter().map(|push| (push.id, push)).collect(),
        gaps: gaps.into_iter().map(Gap::from).collect(),
        unmarked: unmarked.into_iter().collect(),
    };
    facts.addressed = addressed(tx, &facts, &taken).await?;
    Ok((taken, facts, acks))
}

/// Which of those outside the audience of what they pressed are people it is for. Asked only when there are any.
async fn addressed(tx: &mut Tx, facts: &Facts, taken: &[Taken<'_>]) -> Outcome<HashSet<(PushId, StaffId)>> {
    let outside = taken.iter().filter_map(|one| {
        let (push, _, numbers) = facts.resolve(one)?;
        let staff = *numbers.first()?;
        facts.known.status(push.id, staff).is_none().then_some((push, staff))
    });
    let outside: Vec<(&PressedPush, StaffId)> = outside.collect();
    if outside.is_empty() {
        return Ok(HashSet::new());
    }
    let people: BTreeSet<StaffId> = outside.iter().map(|(_, staff)| *staff).collect();
    let people = store::staff::find_many(tx, &people.into_iter().collect::<Vec<_>>()).await?;
    let kinds = people.iter().map(|person| (person.id, person.kinds.split(',').filter_map(Kind::parse).collect()));
    let kinds: HashMap<StaffId, Vec<Kind>> = kinds.collect();
    let is_for = |(push, staff): &(&PressedPush, StaffId)| {
        Addressed::parse(&push.audience).is_ok_and(|audience| kinds.get(staff).is_some_and(|of| audience.includes(of)))
    };
    Ok(outside.into_iter().filter(is_for).map(|(push, staff)| (push.id, staff)).collect())
}

/// Accounts by their names with whom they are bound to, stored when they were not known.
pub(super) async fn accounts(
    tx: &mut Tx,
    line: &Line,
    names: &BTreeSet<&str>,
) -> Outcome<HashMap<String, (AccountId, Option<StaffId>)>> {
    if names.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = store::account::ensure_many(tx, line.id, &names.iter().copied().collect::<Vec<_>>()).await?;
    Ok(rows.into_iter().map(|row| (row.external_id, (row.account_id, row.staff_id))).collect())
}

impl Facts {
    /// The push that is spoken of; `None` when there is none of ours.
    fn push(&self, taken: &Taken<'_>) -> Option<&PressedPush> {
        self.pushes.get(&taken.push?)
    }

    /// The push, the account and the numbers of the person of a press, none when the account is not bound; `None` when it
    /// is not on a copy of ours or may not be stored.
    pub(super) fn resolve(&self, taken: &Taken<'_>) -> Option<(&PressedPush, AccountId, Vec<StaffId>)> {
        let push = self.push(taken)?;
        let numbers = taken.staff.map(|staff| self.known.numbers(push.id, staff)).unwrap_or_default();
        takes_presses(push.state).then_some((push, taken.account, numbers))
    }

    pub(super) fn judge(&self, taken: &Taken<'_>, acks: &HashMap<(PushId, StaffId), AckRow>) -> Pressed {
        let Some(push) = self.push(taken) else {
            return match &taken.aim {
                Aim::Unknown | Aim::Copy(_) | Aim::Push(_) => Pressed::of(PressResult::Unknown),
                Aim::Nobody => Pressed::of(PressResult::NotBound),
                Aim::Nothing => Pressed::of(PressResult::Nothing),
                Aim::Several(choices) => Pressed { choices: choices.clone(), ..Pressed::of(PressResult::Several) },
            };
        };
        let result = match self.resolve(taken) {
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
                    repeat: ack.inbox_id != Some(taken.inbox),
                    waited_since: waited_since(pressed, &self.gaps),
                };
                judge(&standing, pressed)
            }
        };
        Pressed { audience: push.audience.clone(), ..Pressed::of(result) }
    }
}
