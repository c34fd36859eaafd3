//! Which push a confirmation speaks of. A button and a link say it by their seal, a reply by its message; a text in private
//! that says nothing is taken for the one push that this person has not confirmed, if there is just one.

use std::collections::{BTreeSet, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::facts::accounts;
use super::{Brought, By, Press};
use crate::ctx::Line;
use crate::domain::push::MemberStatus;
use crate::ids::{AttemptId, InboxId, PushId, StaffId};
use crate::office::Outcome;
use crate::store::ack::OpenRow;
use crate::store::{self, Tx};

/// How long after its slot a push without a deadline can be meant by a text that does not say which.
const MEANT_FOR: TimeDelta = TimeDelta::days(7);
/// Pushes offered at most when several could be meant.
const CHOICES_MOST: usize = 5;

/// What a confirmation is aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// The push whose copy this is, if it is one.
    Copy(AttemptId),
    /// The only push it can mean.
    Push(PushId),
    /// Several pushes could be meant.
    Several(Vec<Choice>),
    /// The person has nothing to confirm.
    Nothing,
    /// It could only be told by the person, and nobody knows the person.
    Nobody,
    /// A reply to a message that is no push.
    Unknown,
}

impl Aim {
    pub(super) fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::Copy(attempt) => Some(*attempt),
            Self::Push(_) | Self::Several(_) | Self::Nothing | Self::Nobody | Self::Unknown => None,
        }
    }

    pub(super) fn push(&self) -> Option<PushId> {
        match self {
            Self::Push(push) => Some(*push),
            Self::Copy(_) | Self::Several(_) | Self::Nothing | Self::Nobody | Self::Unknown => None,
        }
    }
}

/// A push that could be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub title: String,
    /// A copy of it that arrived; its button confirms the push.
    pub attempt: AttemptId,
}

/// What each confirmation of a batch is aimed at, in its order.
pub(super) async fn find(tx: &mut Tx, line: &Line, Brought { presses, again }: &Brought<'_>) -> Outcome<Vec<Aim>> {
    let copies = replied_to(tx, presses).await?;
    // Only what names no message is looked for by the person.
    let unaimed = |by| match by {
        By::Private { chat, reply_to } => reply_to.is_none_or(|message| !copies.contains_key(&(chat, message))),
        By::Button { .. } | By::GroupReply { .. } | By::Link { .. } => false,
    };
    let names = presses.iter().filter(|(_, press)| unaimed(press.by)).map(|(_, press)| press.account);
    let accounts = accounts(tx, line, &names.collect::<BTreeSet<_>>()).await?;
    let mut aims = Vec::with_capacity(presses.len());
    for (inbox, press) in presses {
        let aim = match press.by {
            By::Button { attempt, .. } | By::Link { attempt } => Aim::Copy(attempt),
            By::GroupReply { chat, message_id } => {
                copies.get(&(chat, message_id)).copied().map_or(Aim::Unknown, Aim::Copy)
            }
            By::Private { chat, reply_to } => {
                match reply_to.and_then(|message| copies.get(&(chat, message)).copied()) {
                    Some(attempt) => Aim::Copy(attempt),
                    None => match accounts.get(press.account).and_then(|(_, staff)| *staff) {
                        Some(staff) => alone(tx, staff, again.then_some(*inbox), press.at).await?,
                        None => Aim::Nobody,
                    },
                }
            }
        };
        aims.push(aim);
    }
    Ok(aims)
}

/// The copies behind the messages that were replied to.
async fn replied_to<'a>(
    tx: &mut Tx,
    presses: &[(InboxId, Press<'a>)],
) -> Outcome<HashMap<(&'a str, &'a str), AttemptId>> {
    let message = |by| match by {
        By::GroupReply { chat, message_id } | By::Private { chat, reply_to: Some(message_id) } => {
            Some((chat, message_id))
        }
        By::Private { reply_to: None, .. } | By::Button { .. } | By::Link { .. } => None,
    };
    let messages: Vec<(&'a str, &'a str)> = presses.iter().filter_map(|(_, press)| message(press.by)).collect();
    if messages.is_empty() {
        return Ok(HashMap::new());
    }
    let copies = store::delivery::copies_of_messages(tx, &messages).await?;
    let copies: HashMap<(String, String), AttemptId> =
        copies.into_iter().map(|(chat, message, attempt)| ((chat, message), attempt)).collect();
    let of = |(chat, message): (&'a str, &'a str)| {
        let attempt = copies.get(&(chat.to_owned(), message.to_owned()))?;
        Some(((chat, message), *attempt))
    };
    Ok(messages.into_iter().filter_map(of).collect())
}

/// The pushes that expect a person who has not confirmed them, the newest first.
async fn expecting(tx: &mut Tx, staff: StaffId, now: DateTime<Utc>) -> Outcome<Vec<OpenRow>> {
    let open = store::ack::unconfirmed(tx, staff, now, now - MEANT_FOR).await?;
    let ids: Vec<PushId> = open.iter().map(|row| row.push_id).collect();
    let audiences = store::push::audiences(tx, &ids).await?;
    let expects = |push: PushId| {
        let mut members = audiences.iter().filter(|(of, _)| *of == push).flat_map(|(_, chunk)| &chunk.members);
        members.any(|member| member.staff == staff && member.status == MemberStatus::Expected)
    };
    Ok(open.into_iter().filter(|row| expects(row.push_id)).collect())
}

/// The one push that a person has not confirmed. An update that confirmed one speaks of the same one when it comes again;
/// `before` is one that may have come before.
async fn alone(tx: &mut Tx, staff: StaffId, before: Option<InboxId>, now: DateTime<Utc>) -> Outcome<Aim> {
    // What is out may name the person by a number that was merged since.
    let formers = store::merge::formers(tx, &[staff]).await?.into_iter().map(|(former, _)| former);
    let known_as: Vec<StaffId> = std::iter::once(staff).chain(formers).collect();
    if let Some(inbox) = before {
        for staff in &known_as {
            if let Some(push) = store::ack::of_inbox(tx, *staff, inbox).await? {
                return Ok(Aim::Push(push));
            }
        }
    }
    let mut meant: Vec<OpenRow> = Vec::new();
    for staff in known_as {
        meant.extend(expecting(tx, staff, now).await?);
    }
    let mut seen = HashSet::new();
    meant.retain(|row| seen.insert(row.push_id));
    meant.truncate(CHOICES_MOST);
    Ok(match meant.as_slice() {
        [] => Aim::Nothing,
        [only] => Aim::Push(only.push_id),
        [..] => {
            Aim::Several(meant.into_iter().map(|row| Choice { title: row.title, attempt: row.attempt_id }).collect())
        }
    })
}
