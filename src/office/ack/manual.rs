//! A confirmation that an admin records for somebody who cannot press: it says who recorded it, and counts by the instant at
//! which it is recorded.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::known::Known;
use super::{mark, seal_batch};
use crate::ctx::Ctx;
use crate::domain::ack::takes_presses;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId};
use crate::office::held::Held;
use crate::office::{Outcome, Refusal, authorise, note, personal};
use crate::store::ack::AckRow;
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};

/// How often a staff number may have been merged into the next: a bound that keeps the walk finite.
const MERGES_MOST: usize = 16;

/// A confirmation that was recorded.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub person: PersonRow,
    pub at: DateTime<Utc>,
    /// Who recorded it, as the ledger writes it.
    pub by: String,
    /// The person's deadline; none when the push has none.
    pub deadline: Option<DateTime<Utc>>,
}

impl Recorded {
    /// Whether it was recorded in time.
    pub fn on_time(&self) -> bool {
        self.deadline.is_none_or(|deadline| self.at < deadline)
    }
}

/// Records that a person confirmed a push, on their behalf.
pub async fn record(ctx: &Ctx, actor: &Actor, (push, staff_no): (PushId, &str), reason: &str) -> Outcome<Recorded> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::AckWrite).await?;
    personal::reason(&mut tx, reason).await?;
    let row = store::push::find(&mut tx, push).await?.ok_or(Refusal::UnknownPush(push.0))?;
    if !takes_presses(row.state) {
        return Err(Held::PushStands { push: push.0, state: row.state }.into());
    }
    if row.confirm == Confirm::None {
        return Err(Held::AckNotAsked(push.0).into());
    }
    let person = person(&mut tx, staff_no).await?;
    let numbers = expected(&mut tx, push, &person).await?;
    let pairs: Vec<(PushId, StaffId)> = numbers.into_iter().map(|staff| (push, staff)).collect();
    let (by, batch) = (actor.to_string(), store::ack::open_batch(&mut tx, now).await?);
    let mut stored: Vec<AckRow> = Vec::new();
    for pair in &pairs {
        stored.extend(store::ack::manual::record(&mut tx, batch, *pair, &by, now).await?);
    }
    if stored.is_empty() {
        return Err(already(&mut tx, &pairs, person.staff_no).await?);
    }
    seal_batch(&mut tx, (batch, now), &stored).await?;
    mark(&mut tx, &[push]).await?;
    let detail = json!({
        "staff": person.id, "acks": stored.iter().map(|ack| ack.id).collect::<Vec<_>>(), "reason": reason,
    });
    note(&mut tx, now, actor, (Action::AckRecord, format!("push:{push}"), detail));
    let own = store::deadline::find_many(&mut tx, &pairs).await?.into_iter().map(|row| row.deadline_at).max();
    let deadline = own.or(row.deadline_at).map(store::At::utc).filter(|_| row.confirm == Confirm::Required);
    tx.commit().await?;
    Ok(Recorded { person, at: now, by, deadline })
}

/// The person of a staff number, also one that was merged since, and one who left the roster: what is out still counts them.
async fn person(tx: &mut Tx, staff_no: &str) -> Outcome<PersonRow> {
    let unknown = || Refusal::UnknownStaff(staff_no.trim().to_owned());
    let mut person = store::staff::find_by_no(tx, staff_no.trim()).await?.ok_or_else(unknown)?;
    for _ in 0..MERGES_MOST {
        let Some(next) = store::merge::merged_into(tx, person.id).await? else { break };
        person = store::staff::find_by_no(tx, &next).await?.ok_or_else(unknown)?;
    }
    Ok(person)
}

/// The numbers under which a push expects a person; refused when it does not.
async fn expected(tx: &mut Tx, push: PushId, person: &PersonRow) -> Outcome<Vec<StaffId>> {
    let known = Known::read(tx, &[push], &[person.id]).await?;
    let numbers = known.expected(push, person.id);
    if numbers.is_empty() {
        let standing = known.numbers(push, person.id).first().and_then(|number| known.status(push, *number));
        return Err(Held::AckNotExpected { push: push.0, staff_no: person.staff_no.clone(), standing }.into());
    }
    Ok(numbers)
}

/// Since when it stands.
async fn already(tx: &mut Tx, pairs: &[(PushId, StaffId)], staff_no: String) -> Outcome<Refusal> {
    let acks = store::ack::find_many(tx, pairs).await?;
    let at = acks.iter().map(|ack| ack.pressed_at).min().map(store::At::utc).unwrap_or_default();
    let push = pairs.first().map(|(push, _)| push.0).unwrap_or_default();
    Ok(Held::AckStands { push, staff_no, at }.into())
}
