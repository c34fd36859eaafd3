//! A long queue over many groups: how close sending comes to our own pacing, and what memory it takes. Targets: 95 % of
//! the pacing, 60 MiB. `cargo bench --bench queue -- 10000` runs the whole; without a number it is a fifth of that.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a benchmark fails loudly")]
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures real time and prints its figures")]
#![allow(dead_code, reason = "it uses a part of the harness")]

#[path = "../tests/support/db.rs"]
mod db;
#[path = "../tests/faults/dice.rs"]
mod dice;
#[path = "../tests/faults/facts.rs"]
mod facts;
#[path = "../tests/faults/life.rs"]
mod life;
#[path = "support/machine.rs"]
mod machine;
#[path = "../tests/faults/office.rs"]
mod office;
#[path = "../tests/faults/program.rs"]
mod program;
#[path = "../tests/faults/proxy.rs"]
mod proxy;
#[path = "../tests/faults/verdict.rs"]
mod verdict;

use std::time::Duration;

use dice::Dice;
use office::{Office, Size};
use serde_json::json;
use tokio::time::{Instant, sleep};

/// Messages when no number is given.
const MESSAGES: i64 = 2_000;
/// Messages of each group, all due at once.
const EACH: i64 = 8;
/// Our own pacing, messages a second.
const PACE: f64 = 25.0;
/// Memory to stay below, in MiB.
const MEMORY: f64 = 60.0;

fn main() {
    machine::print();
    // Cargo adds an option of its own.
    let number = std::env::args().skip(1).find_map(|word| word.parse::<i64>().ok());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(queue(number.unwrap_or(MESSAGES) / EACH));
    program::forget();
}

async fn queue(groups: i64) {
    let sqlite = db::databases().await.swap_remove(0);
    let office = Office::open(sqlite, Size { groups, people: 1 }).await;
    office.order("limits", &json!({"on": true}));
    for n in 0..EACH {
        office.push(&mut Dice::new(u64::try_from(n).unwrap())).await;
    }
    let wanted = usize::try_from(groups * EACH).unwrap();
    let mut life = office.serve(None);
    let begun = Instant::now();
    let patience = Duration::from_secs_f64(count(wanted) / PACE * 3.0 + 60.0);
    let mut sent = Vec::new();
    while sent.len() < wanted {
        assert!(begun.elapsed() < patience, "{} of {wanted} were sent in {patience:?}", sent.len());
        sleep(Duration::from_millis(500)).await;
        let more = office.look(&format!("ledger?sent={}&pressed=1000000000", sent.len()));
        sent.extend(more["sent"].as_array().unwrap().iter().filter_map(|sent| sent["at"].as_i64()));
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let took = (sent[sent.len() - 1] - sent[0]) as f64 / 1_000.0;
    let pace = (count(wanted) - 1.0) / took;
    println!("{wanted} messages to {groups} groups in {took:.1} s");
    println!("pace: {pace:.2} a second, {:.1} % of our own {PACE}", pace * 100.0 / PACE);
    let peak = peak_mib(&life);
    println!("memory: at most {peak:.1} MiB, {:.0} % of {MEMORY} MiB", peak * 100.0 / MEMORY);
    let ledger = office.look("ledger");
    let refused = ledger["refused"].as_array().unwrap().iter().filter(|refused| refused["code"] == 429).count();
    println!("calls refused for their rate: {refused}");
    life.kill();
}

/// Most memory the process ever had resident.
fn peak_mib(life: &life::Life) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", life.id())).unwrap();
    let peak = status.lines().find_map(|peak| peak.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn count(messages: usize) -> f64 {
    messages as f64
}
