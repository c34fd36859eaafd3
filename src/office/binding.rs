//! Joining: a person types the code from their slip of paper, sees whom it belongs to, and says 是我.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::channel::Reachable;
use crate::ctx::{Ctx, Line};
use crate::domain::ack::takes_presses;
use crate::domain::alert::Alert;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::invite::{FAILURES_MOST, GUESSERS, PAUSE_MINUTES, normalise};
use crate::domain::month::Month;
use crate::domain::wall;
use crate::ids::{AccountId, InviteId, PushId, StaffId};
use crate::office::ack::Known;
use crate::office::{Outcome, Refusal, ack, alert, calendar, note, staff};
use crate::secret::{Keys, Purpose};
use crate::store::account::{AccountRow, On, RecordRow};
use crate::store::ack::NewAck;
use crate::store::invite::InviteRow;
use crate::store::{self, Tx};

/// A person as they are shown before they said 是我: enough to recognise oneself, too little for others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    pub name: String,
    pub unit: String,
    pub staff_no: String,
}

/// What a typed code led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Offer {
    /// Is it you? `informed`: the notice on personal data was shown before.
    Confirm { invite: InviteId, owner: Owner, informed: bool },
    /// No such code, or no longer good; `left` more tries.
    Wrong { left: i64 },
    /// Too many wrong codes.
    Paused { until: DateTime<Utc> },
    /// The code was used before.
    Used,
    /// The code ran out, or was taken back for a newer one.
    Expired,
    /// The account is bound already.
    AlreadyBound,
}

/// What 是我 led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// Bound; the instants are of the kept presses that count now.
    Bound {
        credited: Vec<DateTime<Utc>>,
    },
    /// The code was used meanwhile.
    Used,
    /// The code ran out or was taken back.
    Expired,
    AlreadyBound,
    /// This account was not asked about that code: it did not send it.
    NotAsked,
}

/// What 不是我 led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Declined {
    /// The code stays good, and the admins are told.
    Kept,
    /// The code is no longer good anyway.
    Over,
    /// This account was not asked about that code.
    NotAsked,
}

/// The keyed hash under which a code is stored.
pub(super) fn code_mac(keys: &Keys, code: &str) -> String {
    hex::encode(keys.mac(Purpose::Invite, &[code.as_bytes()]))
}

/// What is stored about a bound person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub owner: Owner,
    pub record: RecordRow,
}

/// What is stored about the person an account is bound to; `None` while it is not bound. Someone who is not bound is
/// shown the notice on personal data next, which is remembered here.
pub async fn stored(ctx: &Ctx, line: &Line, account: &str) -> Outcome<Option<Stored>> {
    let mut tx = ctx.store.write().await?;
    let account = reachable(&mut tx, line, account).await?;
    let stored = if let Some(staff) = store::account::bound_to(&mut tx, account.id).await? {
        let owner = owner(&mut tx, staff).await?;
        let record = store::account::record(&mut tx, account.id).await?;
        record.map(|record| Stored { owner, record })
    } else {
        store::account::set_notice_shown(&mut tx, account.id, ctx.now()).await?;
        None
    };
    tx.commit().await?;
    Ok(stored)
}

/// The person on the roster whom an account is bound to, if any.
pub async fn person(ctx: &Ctx, line: &Line, account: &str) -> Outcome<Option<StaffId>> {
    let mut tx = ctx.store.write().await?;
    let known = store::account::ensure_many(&mut tx, line.id, &[account]).await?;
    let person = match known.first() {
        Some(row) if row.staff_id.is_some() => present(&mut tx, row.account_id).await?,
        Some(_) | None => None,
    };
    tx.commit().await?;
    Ok(person)
}

/// A person opened or closed the private chat.
pub async fn reached(ctx: &Ctx, line: &Line, reachable: &Reachable) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, &reachable.account).await?;
    if reachable.can_dm {
        store::account::opened(&mut tx, account.id).await?;
    } else {
        store::account::closed(&mut tx, account.id).await?;
    }
    Ok(tx.commit().await?)
}

/// Someone who writes to us in private can be written to.
async fn reachable(tx: &mut Tx, line: &Line, account: &str) -> Outcome<AccountRow> {
    let account = store::account::ensure(tx, line.id, account).await?;
    store::account::opened(tx, account.id).await?;
    Ok(account)
}

/// Looks up the code that an account sent.
pub async fn offer(ctx: &Ctx, line: &Line, account: &str, typed: &str) -> Outcome<Offer> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    let account = reachable(&mut tx, line, account).await?;
    let offer = match find(&mut tx, &account, typed, now).await? {
        Found::Good(invite) => {
            store::invite::offer(&mut tx, invite.id, account.id, now).await?;
            let owner = owner(&mut tx, invite.staff_id).await?;
            Offer::Confirm { invite: invite.id, owner, informed: account.notice_at.is_some() }
        }
        Found::Wrong => refuse(&mut tx, ctx, line, &account).await?,
        Found::Used => Offer::Used,
        Found::Expired => Offer::Expired,
        Found::Paused(until) => Offer::Paused { until },
        Found::Bound => Offer::AlreadyBound,
    };
    tx.commit().await?;
    Ok(offer)
}

enum Found {
    Good(InviteRow),
    Wrong,
    Used,
    Expired,
    Paused(DateTime<Utc>),
    Bound,
}

async fn find(tx: &mut Tx, account: &AccountRow, typed: &str, now: DateTime<Utc>) -> Outcome<Found> {
    if present(tx, account.id).await?.is_some() {
        return Ok(Found::Bound);
    }
    if let Some(until) = account.code_wait_until.map(store::At::utc).filter(|until| *until > now) {
        return Ok(Found::Paused(until));
    }
    let Some(code) = normalise(typed) else { return Ok(Found::Wrong) };
    let Some(invite) = invite_of(tx, &code).await? else { return Ok(Found::Wrong) };
    if invite.used_at.is_some() {
        return Ok(Found::Used);
    }
    Ok(if good(tx, &invite, now).await? { Found::Good(invite) } else { Found::Expired })
}

/// The invite of a code, under whichever key it was made.
async fn invite_of(tx: &mut Tx, code: &str) -> Outcome<Option<InviteRow>> {
    let keys = std::sync::Arc::clone(tx.keys());
    for key in keys.every() {
        let mac = hex::encode(key.mac(Purpose::Invite, &[code.as_bytes()]));
        if let Some(invite) = store::invite::find_by_mac(tx, &mac).await? {
            return Ok(Some(invite));
        }
    }
    Ok(None)
}

/// Whether an unused code binds: in time, not taken back, and its person is on the roster.
async fn good(tx: &mut Tx, invite: &InviteRow, now: DateTime<Utc>) -> Outcome<bool> {
    if invite.revoked_at.is_some() || invite.expires_at.utc() <= now {
        return Ok(false);
    }
    let person = store::staff::find(tx, invite.staff_id).await?;
    Ok(person.is_some_and(|person| person.left_at.is_none()))
}

/// The person on the roster whom an account is bound to. One who left stands in nobody's way.
pub(super) async fn present(tx: &mut Tx, account: AccountId) -> Outcome<Option<StaffId>> {
    let Some(staff) = store::account::bound_to(tx, account).await? else { return Ok(None) };
    let person = store::staff::find(tx, staff).await?;
    Ok(person.filter(|person| person.left_at.is_none()).map(|person| person.id))
}

/// Counts a wrong code; after five in a row the account waits half an hour. Guessing from many accounts at once finds
/// nothing either (32^8 codes), so the others are not made to wait for it: that would let a stranger lock everybody out.
/// The admins are told instead.
async fn refuse(tx: &mut Tx, ctx: &Ctx, line: &Line, account: &AccountRow) -> Outcome<Offer> {
    let now = ctx.now();
    let failures = account.code_failures + 1;
    let actor = Actor::System { job: Job::Inbox };
    note(tx, now, &actor, (Action::BindRefused, format!("account:{}", account.id), json!({ "failures": failures })));
    if failures >= FAILURES_MOST {
        let until = now + TimeDelta::minutes(PAUSE_MINUTES);
        store::account::set_code_failures(tx, account.id, 0, Some(until)).await?;
        let accounts = store::account::paused(tx, line.id, now).await?;
        if accounts >= GUESSERS {
            let day = wall::of(now, ctx.zone).date();
            alert::raise(tx, ctx, &Alert::CodesGuessed { day, accounts }).await?;
        }
        return Ok(Offer::Paused { until });
    }
    store::account::set_code_failures(tx, account.id, failures, None).await?;
    Ok(Offer::Wrong { left: FAILURES_MOST - failures })
}

async fn owner(tx: &mut Tx, staff: StaffId) -> Outcome<Owner> {
    let person = store::staff::find(tx, staff).await?;
    let person = person.ok_or_else(|| Refusal::NotOnRoster(staff.to_string()))?;
    Ok(Owner { name: person.name, unit: person.unit, staff_no: person.staff_no })
}

/// 是我: uses the code up, binds the account, and credits the presses kept for it with their own time.
pub async fn accept(ctx: &Ctx, line: &Line, account: &str, invite: InviteId) -> Outcome<Accepted> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, account).await?;
    if present(&mut tx, account.id).await?.is_some() {
        return Ok(Accepted::AlreadyBound);
    }
    // Whoever got hold of the button alone is nobody's owner: the code has to come from the same account.
    if !store::invite::offered(&mut tx, invite, account.id).await? {
        return Ok(Accepted::NotAsked);
    }
    let Some(invite) = store::invite::find(&mut tx, invite).await? else { return Ok(Accepted::Expired) };
    if invite.used_at.is_some() {
        return Ok(Accepted::Used);
    }
    if !good(&mut tx, &invite, now).await? {
        return Ok(Accepted::Expired);
    }
    if !store::invite::use_up(&mut tx, invite.id, now).await? {
        return Ok(Accepted::Used);
    }
    // The account of someone who left.
    if let Some(left) = store::account::bound_to(&mut tx, account.id).await? {
        staff::let_go(&mut tx, ctx, &Actor::System { job: Job::Inbox }, (left, On::One(line.id))).await?;
    }
    // A new phone: the code is the proof, the old account is let go.
    let actor = Actor::Staff { id: invite.staff_id, channel: line.id };
    staff::let_go(&mut tx, ctx, &actor, (invite.staff_id, On::One(line.id))).await?;
    store::account::bind(&mut tx, line.id, account.id, invite.staff_id, now).await?;
    store::account::set_code_failures(&mut tx, account.id, 0, None).await?;
    let detail = json!({ "account": account.id, "invite": invite.id });
    note(&mut tx, now, &actor, (Action::Bind, format!("staff:{}", invite.staff_id), detail));
    let credited = credit(&mut tx, ctx, account.id, invite.staff_id, &actor).await?;
    tx.commit().await?;
    Ok(Accepted::Bound { credited })
}

/// 不是我: nothing is bound, the code stays good, and the admins are told once that it reached somebody else.
pub async fn decline(ctx: &Ctx, line: &Line, account: &str, invite: InviteId) -> Outcome<Declined> {
    let now = ctx.now();
    let mut tx = ctx.store.write().await?;
    let account = store::account::ensure(&mut tx, line.id, account).await?;
    if !store::invite::withdraw_offer(&mut tx, invite, account.id).await? {
        return Ok(Declined::NotAsked);
    }
    let Some(row) = store::invite::find(&mut tx, invite).await? else { return Ok(Declined::NotAsked) };
    let kept = row.used_at.is_none() && good(&mut tx, &row, now).await?;
    let actor = Actor::System { job: Job::Inbox };
    let detail = json!({ "account": account.id, "invite": invite });
    note(&mut tx, now, &actor, (Action::InviteDecline, format!("staff:{}", row.staff_id), detail));
    if kept {
        alert::raise(&mut tx, ctx, &Alert::CodeDeclined { invite, staff: row.staff_id }).await?;
    }
    tx.commit().await?;
    Ok(if kept { Declined::Kept } else { Declined::Over })
}

/// How long a press on a push of a month that is over is kept: the person may bind in the next days.
const KEPT_LATE: TimeDelta = TimeDelta::days(31);

/// Forgets the kept presses whose month is over, of people who never bound, and which codes were shown to whom once they
/// ran out. Returns how many presses.
pub async fn tidy(ctx: &Ctx) -> Outcome<u64> {
    let mut tx = ctx.store.read().await?;
    let calendar = calendar::load(&mut tx, ctx).await?;
    let months = store::kept::months(&mut tx).await?;
    let over = |(month, earliest): (String, store::At)| {
        let cutoff = Month::parse(&month)?.cutoff(&calendar, ctx.zone);
        let before = cutoff.max(ctx.now() - KEPT_LATE);
        (cutoff <= ctx.now() && earliest.utc() < before).then_some((month, before))
    };
    let over: Vec<(String, DateTime<Utc>)> = months.into_iter().filter_map(over).collect();
    let offers = store::invite::has_offers_over(&mut tx, ctx.now()).await?;
    drop(tx);
    if over.is_empty() && !offers {
        return Ok(0);
    }
    let mut tx = ctx.store.write().await?;
    store::invite::forget_offers(&mut tx, ctx.now()).await?;
    let actor = Actor::System { job: Job::Tidy };
    let mut all = 0;
    for (month, before) in over {
        let presses = store::kept::forget(&mut tx, &month, before).await?;
        if presses > 0 {
            note(
                &mut tx,
                ctx.now(),
                &actor,
                (Action::PressPurge, format!("month:{month}"), json!({ "presses": presses })),
            );
        }
        all += presses;
    }
    tx.commit().await?;
    Ok(all)
}

async fn credit(
    tx: &mut Tx,
    ctx: &Ctx,
    account: AccountId,
    staff: StaffId,
    actor: &Actor,
) -> Outcome<Vec<DateTime<Utc>>> {
    let kept = store::ack::take_kept(tx, account).await?;
    let ids: Vec<_> = kept.iter().map(|press| press.push_id).collect();
    let pushes = store::push::find_many(tx, &ids).await?;
    let counts = |push| pushes.iter().any(|row| row.id == push && takes_presses(row.state));
    let known = Known::read(tx, &ids, &[staff]).await?;
    let mut acks: Vec<NewAck> = Vec::new();
    for press in kept.iter().filter(|press| counts(press.push_id)) {
        let (pressed, how) = (store::At(press.pressed_at).utc(), (press.method, Some(press.attempt_id)));
        let numbers = known.numbers(press.push_id, staff).into_iter();
        acks.extend(numbers.map(|staff| NewAck::made((press.push_id, staff), pressed, how, press.inbox_id)));
    }
    let stored = ack::seal(tx, ctx, &acks).await?;
    if !stored.is_empty() {
        let detail = json!({ "acks": stored.iter().map(|ack| ack.id).collect::<Vec<_>>() });
        note(tx, ctx.now(), actor, (Action::PressCredit, format!("staff:{staff}"), detail));
    }
    let presses: BTreeMap<PushId, store::At> = stored.iter().map(|ack| (ack.push_id, ack.pressed_at)).collect();
    Ok(presses.into_values().map(store::At::utc).collect())
}
