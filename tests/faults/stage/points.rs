//! Every named place to die at, many times each.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use crate::facts;
use crate::lane::Ground;
use crate::life::Life;
use crate::office::Office;
use crate::run::Lane;
use crate::verdict::Verdict;

/// Fault and place in the running service; `tests/tidy` compares the places with those in `src`.
pub(crate) const POINTS: &[(&str, &str)] = &[
    ("a14", "before_attempt"),
    ("a1", "after_attempt"),
    ("a3", "after_reply"),
    ("a3", "after_result_commit"),
    ("a5", "before_inbox_commit"),
    ("a4", "after_inbox_commit"),
    ("a6", "after_ack"),
    ("a4", "before_offset"),
];
/// The request is on the wire and its answer held back: by the sandbox, because no line of ours runs there. Either the
/// platform has taken the message by then or it has not.
const HELD: [(&str, bool); 2] = [("a2 request_written (taken)", true), ("a2 request_written (not taken)", false)];
/// Longest wait for a place to be reached.
const REACH: Duration = Duration::from_mins(1);
/// SIGABRT: how the program dies at a place.
const ABORT: i32 = 6;
/// A call is written long before it has been pending for this time.
const WRITTEN: Duration = Duration::from_millis(300);

/// Deaths and the sends they cut in two, by place.
pub(crate) type Deaths = BTreeMap<String, (usize, usize)>;

/// One office whose service dies `times` times at each place.
pub(crate) async fn run(Lane { db, hook, times, dice }: Lane) -> (Verdict, Deaths) {
    let mut ground = Ground::lay(db, hook, dice).await;
    let office = Arc::clone(&ground.office);
    let (mut deaths, mut broken) = (Deaths::new(), Vec::new());
    for _ in 0..times {
        for (name, taken) in HELD {
            let reached = die_held(&office, taken).await;
            note(&mut deaths, name, reached, office.count_cut().await, &mut broken);
        }
        for (fault, point) in POINTS {
            // The platform is told an offset only by who asks it.
            if hook && *point == "before_offset" {
                continue;
            }
            let reached = die_at(&office, point, ground.dice.below(6)).await;
            note(&mut deaths, &format!("{fault} {point}"), reached, office.count_cut().await, &mut broken);
        }
    }
    (ground.judge(broken).await, deaths)
}

fn note(deaths: &mut Deaths, name: &str, reached: bool, cut: usize, broken: &mut Vec<String>) {
    let (died, cuts) = deaths.entry(name.to_owned()).or_default();
    if reached {
        *died += 1;
        *cuts += cut;
    } else {
        broken.push(format!("{name} was not reached"));
    }
}

/// A life that ends at a place, the first `passes` times passed by.
async fn die_at(office: &Office, point: &str, passes: u64) -> bool {
    let order = if passes == 0 { format!("{point}=return") } else { format!("{point}={passes}*off->return") };
    let mut life = office.serve(Some(&order));
    life.ended(REACH).await.is_some_and(|status| status.signal() == Some(ABORT))
}

/// A life that is killed while a request is on the wire.
async fn die_held(office: &Arc<Office>, taken: bool) -> bool {
    let mut life = office.serve(None);
    let held = hold(office, &mut life, taken).await;
    life.kill();
    office.clear_faults().await;
    held
}

async fn hold(office: &Office, life: &mut Life, taken: bool) -> bool {
    if !life.ready(office, REACH).await {
        return false;
    }
    office.order("faults", &json!({"method": "sendMessage", "fault": {"kind": "hang", "accept": taken}}));
    let end = Instant::now() + REACH;
    while Instant::now() < end {
        if facts::pending_for(office, WRITTEN).await {
            return true;
        }
        sleep(Duration::from_millis(20)).await;
    }
    false
}
