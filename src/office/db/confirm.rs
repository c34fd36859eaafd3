//! Going on with data that may be a copy: what would go out is shown first, then a person says so.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::delivery::{DeliveryState, HaltCause, TargetKind};
use crate::domain::installation::Doubt;
use crate::domain::policy::Act;
use crate::ids::{DeliveryId, GroupId, StaffId};
use crate::office::db::{CopyFault, Home};
use crate::office::outlook::{Entry, Ground, entries, lives};
use crate::office::{Outcome, authorise, note, nudge};
use crate::store::installation::Unsettled;
use crate::store::{self, At, Tx};

/// What waits for the confirmation.
#[derive(Debug)]
pub struct Waiting {
    /// A [`Doubt`].
    pub why: String,
    pub since: DateTime<Utc>,
    /// Last sign of life of a running service.
    pub alive_at: Option<DateTime<Utc>>,
    /// Slots that came due meanwhile, with what becomes of each on going on.
    pub slots: Vec<Entry>,
    /// Messages that wait or were under way; those in time go out, the others expire.
    pub queued: Vec<Message>,
    /// Messages of which nobody knows whether they arrived.
    pub in_doubt: Vec<Message>,
}

/// A message that is not over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: DeliveryId,
    pub kind: &'static str,
    pub subject: i64,
    /// Title of a group, or a staff number.
    pub target: String,
    pub not_before: DateTime<Utc>,
    /// Whether it is too late for it.
    pub over: bool,
    /// Whether its time is yet to come.
    pub ahead: bool,
}

/// Shows what waits. Changes nothing.
pub async fn waiting(ctx: &Ctx, actor: &Actor) -> Outcome<Waiting> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::DatabaseWrite).await?;
    let halts = store::halt::list(&mut tx).await?;
    let halt = halts.into_iter().find(|halt| halt.cause == HaltCause::Quarantine).ok_or(CopyFault::NothingToConfirm)?;
    let alive_at = store::installation::find(&mut tx).await?.and_then(|found| found.alive_at).map(At::utc);
    let ground = Ground::load(&mut tx, ctx).await?;
    let rows = store::schedule::list(&mut tx).await?;
    // One that cannot be read plans nothing, and `doctor` and the log name it.
    let (lives, _) = lives(&mut tx, rows).await?;
    let slots = entries(&mut tx, ctx, (&lives, &ground), ctx.now()).await?;
    let unsettled = store::installation::unsettled(&mut tx).await?;
    let names = Names::of(&mut tx, &unsettled).await?;
    let lost = may_have_gone_out(&halt.detail);
    let (in_doubt, queued) = unsettled.into_iter().partition(|row| {
        // What was under way when the copy was made is in doubt as soon as a service looks at it, and what waited may have
        // been sent by whoever went on.
        row.state == DeliveryState::InDoubt || row.state == DeliveryState::Sending || (lost && row.is_push())
    });
    let shown = |rows: Vec<Unsettled>| rows.iter().map(|row| names.message(row, ctx.now())).collect();
    let (in_doubt, queued) = (shown(in_doubt), shown(queued));
    Ok(Waiting { why: halt.detail, since: halt.since.utc(), alive_at, slots, queued, in_doubt })
}

/// Whether what waits in the data may have been sent since by another copy of it: then nobody knows. Data that only nobody
/// served for a day was sent by nobody.
fn may_have_gone_out(why: &str) -> bool {
    Doubt::parse(why).is_none_or(|doubt| match doubt {
        Doubt::Foreign | Doubt::Generation | Doubt::Older | Doubt::Restored => true,
        Doubt::Silent => false,
    })
}

/// Lets the data go on as the one that is served here. Returns its generation. A running service notices within a second.
pub async fn confirm(ctx: &Ctx, actor: &Actor, home: &Home) -> Outcome<i64> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::DatabaseWrite).await?;
    let halts = store::halt::list(&mut tx).await?;
    let halt = halts.into_iter().find(|halt| halt.cause == HaltCause::Quarantine).ok_or(CopyFault::NothingToConfirm)?;
    store::halt::lift(&mut tx, HaltCause::Quarantine).await?;
    let generation = home.next_generation(&mut tx).await?;
    // The messages of what happened after the copy was made are still in the chats, with their buttons.
    store::installation::skip_ids(&mut tx).await?;
    if may_have_gone_out(&halt.detail) {
        for delivery in store::installation::doubt_waiting(&mut tx, ctx.now()).await? {
            let detail = json!({ "state": DeliveryState::InDoubt.as_str(), "by": "restore" });
            note(&mut tx, ctx.now(), actor, (Action::DeliveryState, format!("delivery:{delivery}"), detail));
        }
        nudge::pass_over(&mut tx, ctx).await?;
    }
    let now = tx.lease_now(ctx.now()).await?;
    // What comes next is measured from here: a service that starts later finds no day of silence.
    store::installation::alive(&mut tx, now).await?;
    let detail = json!({ "generation": generation });
    note(&mut tx, ctx.now(), actor, (Action::RestoreConfirm, "office".to_owned(), detail));
    tx.commit().await?;
    // After the database: were it lost in between, the next start would ask once more.
    home.remember(&ctx.store).await?;
    Ok(generation)
}

/// What the targets of messages are called.
struct Names {
    groups: HashMap<GroupId, String>,
    staff: HashMap<StaffId, String>,
}

impl Names {
    async fn of(tx: &mut Tx, rows: &[Unsettled]) -> Outcome<Self> {
        let groups = store::group::list(tx).await?.into_iter().map(|group| (group.id, group.title)).collect();
        let of_people = rows.iter().filter(|row| row.target_kind == TargetKind::Staff);
        let ids: Vec<StaffId> = of_people.map(|row| StaffId(row.target_id)).collect();
        let staff = store::staff::find_many(tx, &ids).await?;
        Ok(Self { groups, staff: staff.into_iter().map(|person| (person.id, person.staff_no)).collect() })
    }

    fn message(&self, row: &Unsettled, now: DateTime<Utc>) -> Message {
        let named = match row.target_kind {
            TargetKind::Group => self.groups.get(&GroupId(row.target_id)),
            TargetKind::Staff => self.staff.get(&StaffId(row.target_id)),
        };
        Message {
            id: row.id,
            kind: row.kind.as_str(),
            subject: row.subject_id,
            target: named.cloned().unwrap_or_else(|| row.target_id.to_string()),
            not_before: row.not_before.utc(),
            over: row.expires_at.utc() <= now,
            ahead: row.not_before.utc() > now,
        }
    }
}
