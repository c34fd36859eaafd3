//! Keeping leases, and running loops for as long as they are held.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;

use chrono::TimeDelta;

use crate::clock::Clock;
use crate::office::lease::{Keeper, Lease, RENEW_EVERY, TRY_EVERY};
use crate::office::troubled::Troubled;
use crate::stop::{self, Stop};

/// How often it is looked whether a lease ran out while the database does not answer.
const LOOK_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// Takes and renews leases until told to stop.
pub async fn keep(keeper: Arc<Keeper>, clock: Clock, mut stop: Stop) {
    let mut troubled = Troubled::default();
    while !stop.stopped() {
        // A task of its own: it is never dropped half-way, and the time of a lease runs out beside it.
        let renewing = Arc::clone(&keeper);
        let mut renewal = tokio::spawn(async move { renewing.renew().await });
        let renewed = loop {
            tokio::select! {
                renewed = &mut renewal => break renewed,
                () = clock.sleep(LOOK_EVERY) => keeper.expire(),
            }
        };
        let pause = match renewed {
            Ok(Ok(all)) => {
                troubled.over("lease");
                if all { RENEW_EVERY } else { TRY_EVERY }
            }
            Ok(Err(error)) => {
                troubled.tell("lease", &error);
                TRY_EVERY
            }
            // It panicked, which the panic itself has told.
            Err(_) => TRY_EVERY,
        };
        keeper.expire();
        wait(&clock, &mut stop, pause).await;
    }
}

async fn wait(clock: &Clock, stop: &mut Stop, pause: TimeDelta) {
    tokio::select! {
        () = clock.sleep_until(clock.now() + pause) => {}
        () = stop.wait() => {}
    }
}

/// Runs a loop whenever the lease is held, until told to stop. When the lease is lost the loop is told to stop, ends its
/// step and begins anew when the lease is held again.
pub async fn under<F: Future<Output = ()>>(mut lease: Lease, mut stop: Stop, run: impl Fn(Stop) -> F) {
    while !stop.stopped() {
        tokio::select! {
            () = lease.gained() => {}
            () = stop.wait() => return,
        }
        let (stopper, until) = stop::pair();
        let mut work = pin!(run(until));
        tokio::select! {
            () = &mut work => continue,
            () = lease.lost() => {}
            () = stop.wait() => {}
        }
        stopper.stop();
        work.await;
    }
}
