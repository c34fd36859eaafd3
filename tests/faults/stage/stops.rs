//! SIGTERM under load: the service ends in order, and the next one goes on.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::lane::{self, START, STOP};
use crate::run::Lane;
use crate::verdict::Verdict;

/// What the stops came to.
#[derive(Debug)]
pub(crate) struct Stops {
    pub(crate) verdict: Verdict,
    pub(crate) longest: Duration,
}

/// One office whose service is asked to stop `times` times.
pub(crate) async fn run(Lane { db, hook, times, dice }: Lane) -> Stops {
    let mut longest = Duration::ZERO;
    let mut verdict = lane::run(db, (hook, dice), async |office, dice| {
        let mut broken = Vec::new();
        for n in 1..=times {
            let mut life = office.serve(None);
            if !life.ready(office, START).await {
                broken.push(format!("service {n} did not take up its work"));
            }
            sleep(dice.ms(100, 2_500)).await;
            let asked = Instant::now();
            life.signal("TERM");
            match life.ended(STOP).await {
                Some(status) if status.success() => longest = longest.max(asked.elapsed()),
                Some(status) => broken.push(format!("service {n} ended with {status}")),
                None => broken.push(format!("service {n} did not stop within {STOP:?}")),
            }
            drop(life);
            let cut = office.count_cut().await;
            if cut > 0 {
                broken.push(format!("service {n} left {cut} sends unfinished"));
            }
        }
        broken
    })
    .await;
    if verdict.duplicates > 0 {
        verdict.broken.push(format!("{} second copies after orderly stops", verdict.duplicates));
    }
    Stops { verdict, longest }
}
