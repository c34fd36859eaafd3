//! Whether updates reach us: by which way, when they last did, and what follows when they did not for a time. Presses that
//! the platform may have dropped meanwhile are not guessed: the time is on record, the copies in the chats say it, the
//! report says it.

use std::sync::atomic::Ordering;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::ctx::{Ctx, Line};
use crate::domain::alert::Alert;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::hearing::Gap;
use crate::domain::wall;
use crate::domain::word::InboundMode;
use crate::office::{Outcome, alert, note};
use crate::store::{self, At, Tx};

/// How often it is written down that updates reach us, while they do.
const WRITE_EVERY: TimeDelta = TimeDelta::seconds(10);

/// Updates reached us. After a time in which they did not, the gap is on record, and when presses may be lost the copies of
/// open pushes are to say so.
pub async fn heard(tx: &mut Tx, ctx: &Ctx, line: &Line, now: DateTime<Utc>) -> Outcome<()> {
    let Some((mode, last)) = news(tx, line, now).await? else { return Ok(()) };
    if let Some(gap) = Gap::ending(now, last.map(At::utc), mode) {
        remember(tx, ctx, line, &gap).await?;
    }
    Ok(store::channel::set_heard(tx, line.id, now).await?)
}

/// What the row says, when it is to be written anew. Not every batch writes it, nor asks: a storm of presses would queue up
/// behind this one row.
async fn news(tx: &mut Tx, line: &Line, now: DateTime<Utc>) -> Outcome<Option<(InboundMode, Option<At>)>> {
    if !is_news(Some(At(line.heard.load(Ordering::Relaxed))), now) {
        return Ok(None);
    }
    let (mode, last) = store::channel::inbound(tx, line.id).await?;
    if is_news(last, now) {
        return Ok(Some((mode, last)));
    }
    // Only what was read is kept: what this transaction writes may yet be undone.
    line.heard.store(last.map_or(0, |At(last)| last), Ordering::Relaxed);
    Ok(None)
}

/// A clock that was set back is news as well.
fn is_news(last: Option<At>, now: DateTime<Utc>) -> bool {
    last.is_none_or(|last| (now - last.utc()).abs() >= WRITE_EVERY)
}

async fn remember(tx: &mut Tx, ctx: &Ctx, line: &Line, gap: &Gap) -> Outcome<()> {
    let Some(window) = store::blind::add(tx, line.id, gap).await? else { return Ok(()) };
    if !gap.is_blind() {
        return Ok(());
    }
    let copies = store::blind::hint(tx, window, gap).await?;
    tracing::warn!(from = %gap.from, to = %gap.to, copies, "presses of this time may be lost; the chats are told");
    let actor = Actor::System { job: Job::Inbox };
    let detail = json!({ "from": gap.from.timestamp_millis(), "to": gap.to.timestamp_millis(), "copies": copies });
    note(tx, ctx.now(), &actor, (Action::BlindWindow, format!("channel:{}", line.id), detail));
    Ok(())
}

/// Updates would reach us: a poll brought nothing, or the address for them is being served.
pub async fn listening(ctx: &Ctx, line: &Line) -> Outcome<()> {
    let now = ctx.now();
    let mut tx = ctx.store.read().await?;
    if news(&mut tx, line, now).await?.is_none() {
        return Ok(());
    }
    drop(tx);
    let mut tx = ctx.store.write().await?;
    heard(&mut tx, ctx, line, now).await?;
    Ok(tx.commit().await?)
}

/// Updates reached us all the while although the clock jumped: it is turned by hand.
pub async fn keep(ctx: &Ctx, line: &Line) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    store::channel::set_heard(&mut tx, line.id, ctx.now()).await?;
    Ok(tx.commit().await?)
}

/// How updates are to reach every instance.
pub async fn mode(ctx: &Ctx, line: &Line) -> Outcome<InboundMode> {
    let mut tx = ctx.store.read().await?;
    Ok(store::channel::inbound(&mut tx, line.id).await?.0)
}

/// Has updates reach every instance in the way that the one which starts is configured for.
pub async fn choose(ctx: &Ctx, line: &Line, mode: InboundMode) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    let (stored, _) = store::channel::inbound(&mut tx, line.id).await?;
    if stored == mode {
        return Ok(());
    }
    tracing::warn!(
        from = stored.as_str(),
        to = mode.as_str(),
        "the way updates come in is changed; every instance needs the same QINGFENG_PUBLIC_URL"
    );
    store::channel::set_inbound(&mut tx, line.id, mode).await?;
    let detail = json!({ "from": stored.as_str(), "to": mode.as_str() });
    let actor = Actor::System { job: Job::Serve };
    note(&mut tx, ctx.now(), &actor, (Action::InboundMode, format!("channel:{}", line.id), detail));
    Ok(tx.commit().await?)
}

/// Another program takes the updates of this bot: the admins are told, once a day.
pub async fn other_poller(ctx: &Ctx) -> Outcome<()> {
    let mut tx = ctx.store.write().await?;
    alert::raise(&mut tx, ctx, &Alert::OtherPoller { day: wall::of(ctx.now(), ctx.zone).date() }).await?;
    Ok(tx.commit().await?)
}
