//! What the program does by itself: step functions that ask the database what is due, and one loop that runs them.

use std::future::Future;

use chrono::{DateTime, TimeDelta, Utc};

use crate::ctx::{Ctx, Line};
use crate::office::{Outcome, alert, inbox, plan};
use crate::stop::Stop;

/// Sends what is due and keeps count lines up to date.
pub mod send;

/// Longest sleep of a loop: commands change the database beside the running service, and it notices within a second.
const LOOK_AGAIN: TimeDelta = TimeDelta::seconds(1);
/// Pause after a step that failed.
const PAUSE: TimeDelta = TimeDelta::seconds(5);
/// How often the files of the calendar and the clock are looked at.
const REFRESH_EVERY: TimeDelta = TimeDelta::minutes(1);
/// How often it is looked at what admins should know; they are told days ahead.
const WATCH_EVERY: TimeDelta = TimeDelta::minutes(10);
/// Pause between two rounds of tidying.
const TIDY_EVERY: TimeDelta = TimeDelta::hours(1);

/// Runs a step until told to stop. A step returns when it wants to be called next.
async fn repeat<F>(ctx: &Ctx, mut stop: Stop, name: &'static str, work: impl Fn() -> F)
where
    F: Future<Output = Outcome<DateTime<Utc>>>,
{
    while !stop.stopped() {
        let next = match work().await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, job = name, "a step failed and will be repeated");
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

/// Decides due slots until told to stop.
pub async fn plan(ctx: Ctx, stop: Stop) {
    let work = async || Ok(soon(&ctx, plan::plan(&ctx).await?));
    repeat(&ctx, stop, "plan", work).await;
}

/// Sends until told to stop. Calls under way hold up nothing: it comes again when something may go, and at least once a
/// second, so that a stop that was ordered beside it is heeded.
pub async fn send(ctx: Ctx, line: Line, mut stop: Stop) {
    let mut sender = send::Sender::new(ctx.clone(), line);
    sender.prepare();
    while !stop.stopped() {
        let next = match sender.round().await {
            Ok(next) => soon(&ctx, next),
            Err(error) => {
                tracing::error!(%error, job = "send", "a step failed and will be repeated");
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
    let work = async || {
        plan::refresh(&ctx).await?;
        Ok(ctx.now() + REFRESH_EVERY)
    };
    repeat(&ctx, stop, "refresh", work).await;
}

/// Tells admins ahead of time what they should know until told to stop.
pub async fn watch(ctx: Ctx, stop: Stop) {
    let work = async || {
        alert::watch(&ctx).await?;
        Ok(ctx.now() + WATCH_EVERY)
    };
    repeat(&ctx, stop, "watch", work).await;
}

/// Removes what is past its keeping until told to stop.
pub async fn tidy(ctx: Ctx, stop: Stop) {
    let work = async || {
        inbox::tidy(&ctx).await?;
        Ok(ctx.now() + TIDY_EVERY)
    };
    repeat(&ctx, stop, "tidy", work).await;
}
