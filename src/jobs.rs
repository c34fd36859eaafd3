//! What the program does by itself: step functions that ask the database what is due, and one loop that runs them.

use std::future::Future;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ctx::{Ctx, Line};
use crate::office::lease::Lease;
use crate::office::troubled::Troubled;
use crate::office::{Outcome, alert, binding, db, delivery, depart, dialogue, inbox, nudge, plan};
use crate::stop::Stop;

/// Keeping leases, and loops that rest on one.
pub mod lease;
/// Sends what is due and keeps count lines up to date.
pub mod send;
/// Leaving strange chats.
pub mod strangers;

/// Longest sleep of a loop: commands change the database beside the running service, and it notices within a second.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);
/// Pause after a step that failed.
const PAUSE: TimeDelta = TimeDelta::seconds(5);
/// How often the files of the calendar, the clock and the numbers shown lately are looked at.
const REFRESH_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How often it is looked at what admins should know; they are told days ahead.
const WATCH_EVERY: TimeDelta = TimeDelta::minutes(10);
/// How often the service gives a sign of life.
const ALIVE_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How often it is looked at which chats to leave.
const STRANGERS_EVERY: TimeDelta = TimeDelta::minutes(1);
/// Pause between two rounds of tidying.
const TIDY_EVERY: TimeDelta = TimeDelta::hours(1);

/// Runs a step until told to stop. A step returns when it wants to be called next.
async fn repeat<F>(ctx: &Ctx, mut stop: Stop, name: &'static str, work: impl Fn() -> F)
where
    F: Future<Output = Outcome<DateTime<Utc>>>,
{
    let mut troubled = Troubled::default();
    while !stop.stopped() {
        let next = match work().await {
            Ok(next) => {
                troubled.over(name);
                next
            }
            Err(error) => {
                troubled.tell(name, &error);
                ctx.now() + PAUSE
            }
        };
        tokio::select! {
            () = ctx.clock.sleep_until(next) => {}
            () = stop.wait() => {}
        }
    }
}

/// When to come again: at the next thing that is due, and never later than commands expect.
fn soon(ctx: &Ctx, next: Option<DateTime<Utc>>) -> DateTime<Utc> {
    let look_again = ctx.now() + LOOK_AGAIN;
    next.map_or(look_again, |next| next.min(look_again))
}

/// Decides due slots until told to stop, for as long as the lease is held.
pub async fn plan(ctx: Ctx, lease: Lease, stop: Stop) {
    let work = async || {
        let next = if lease.held() { plan::plan(&ctx).await? } else { None };
        Ok(soon(&ctx, next))
    };
    repeat(&ctx, stop, "plan", work).await;
}

/// Sends until told to stop. Calls under way hold up nothing: it comes again when something may go, and at least once a
/// second, so that a stop that was ordered beside it is heeded.
pub async fn send(ctx: Ctx, line: Line, mut stop: Stop) {
    let mut sender = send::Sender::new(ctx.clone(), line);
    sender.prepare();
    let mut troubled = Troubled::default();
    while !stop.stopped() {
        let next = match sender.round().await {
            Ok(next) => {
                troubled.over("send");
                soon(&ctx, next)
            }
            Err(error) => {
                troubled.tell("send", &error);
                ctx.now() + LOOK_AGAIN
            }
        };
        tokio::select! {
            () = ctx.clock.sleep_until(next) => {}
            () = sender.news() => {}
            () = stop.wait() => {}
        }
    }
    sender.finish().await;
}

/// Notices what changes without a command until told to stop.
pub async fn refresh(ctx: Ctx, stop: Stop) {
    let begun = ctx.now();
    let work = async || {
        let at_start = ctx.now() < begun + REFRESH_EVERY;
        delivery::recount(&ctx, if at_start { delivery::RECOUNTED_AT_START } else { delivery::RECOUNTED_FOR }).await?;
        plan::refresh(&ctx).await?;
        Ok(ctx.now() + REFRESH_EVERY)
    };
    repeat(&ctx, stop, "refresh", work).await;
}

/// Tells admins ahead of time what they should know, and puts on record on which days nobody was reminded, until told to stop.
pub async fn watch(ctx: Ctx, stop: Stop) {
    let work = async || {
        depart::due(&ctx).await?;
        alert::watch(&ctx).await?;
        nudge::look_back(&ctx).await?;
        Ok(ctx.now() + WATCH_EVERY)
    };
    repeat(&ctx, stop, "watch", work).await;
}

/// Gives signs of life until told to stop.
pub async fn alive(ctx: Ctx, home: db::Home, stop: Stop) {
    let work = async || {
        home.alive(&ctx).await?;
        Ok(ctx.now() + ALIVE_EVERY)
    };
    repeat(&ctx, stop, "alive", work).await;
}

/// Leaves strange chats when their time is over until told to stop.
pub async fn strangers(ctx: Ctx, line: Line, stop: Stop) {
    let work = async || {
        strangers::step(&ctx, &line).await?;
        Ok(ctx.now() + STRANGERS_EVERY)
    };
    repeat(&ctx, stop, "strangers", work).await;
}

/// Removes what is past its keeping until told to stop.
pub async fn tidy(ctx: Ctx, stop: Stop) {
    let work = async || {
        inbox::tidy(&ctx).await?;
        binding::tidy(&ctx).await?;
        dialogue::tidy(&ctx).await?;
        Ok(ctx.now() + TIDY_EVERY)
    };
    repeat(&ctx, stop, "tidy", work).await;
}
