//! SIGTERM under load: the service ends in order, and the next one goes on.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::lane::{Ground, START, STOP};
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
    let mut ground = Ground::lay(db, hook, dice).await;
    let (mut longest, mut broken) = (Duration::ZERO, Vec::new());
    for n in 1..=times {
        let mut life = ground.office.serve(None);
        if !life.ready(&ground.office, START).await {
            broken.push(format!("service {n} did not take up its work"));
        }
        sleep(ground.dice.ms(100, 2_500)).await;
        let asked = Instant::now();
        life.signal("TERM");
        match life.ended(STOP).await {
            Some(status) if status.success() => longest = longest.max(asked.elapsed()),
            Some(status) => broken.push(format!("service {n} ended with {status}")),
            None => broken.push(format!("service {n} did not stop within {STOP:?}")),
        }
        drop(life);
        let cut = ground.office.count_cut().await;
        if cut > 0 {
            broken.push(format!("service {n} left {cut} sends unfinished"));
        }
    }
    let mut verdict = ground.judge(broken).await;
    if verdict.duplicates > 0 {
        verdict.broken.push(format!("{} second copies after orderly stops", verdict.duplicates));
    }
    Stops { verdict, longest }
}
