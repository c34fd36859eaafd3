//! How many presses a second are confirmed: stored once in a database that flushes each commit, then answered. The sandbox
//! keeps 64 or 512 presses waiting, in this process; the program, and its peers after it, each in a process of its own on
//! the same processors. Every flush takes a millisecond, with the database in memory, so that figures of different disks
//! compare; one part runs on the machine's own disk.
//!
//! `cargo bench --bench presses -- [runs of each: 5] [parts: throttled alone own postgres history]`
//!
//! Targets: 20,000 a second at 512 in flight and 8,000 at 64, 99 of 100 answered within 100 and 20 ms, 0.05 s of processor
//! for a thousand presses, 40 MiB, 0.05 flushes a press at 512; by webhook three quarters of polling at 100.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a benchmark fails loudly")]
#![allow(clippy::print_stdout, clippy::disallowed_methods, reason = "it measures real time and prints its figures")]
#![allow(dead_code, reason = "it uses a part of the harness")]

#[path = "../tests/support/db.rs"]
mod db;
#[path = "../tests/faults/dice.rs"]
mod dice;
#[path = "../tests/faults/facts.rs"]
mod facts;
#[path = "support/history.rs"]
mod history;
#[path = "../tests/faults/life.rs"]
mod life;
#[path = "support/machine.rs"]
mod machine;
#[path = "../tests/faults/office.rs"]
mod office;
#[path = "support/peers.rs"]
mod peers;
#[path = "support/process.rs"]
mod process;
#[path = "../tests/faults/program.rs"]
mod program;
#[path = "../tests/faults/proxy.rs"]
mod proxy;
#[path = "support/runs.rs"]
mod runs;
#[path = "support/stage.rs"]
mod stage;
#[path = "../tests/faults/verdict.rs"]
mod verdict;

use std::process::Command;

use peers::Peer;
use runs::{Figures, Table};
use stage::{Load, Stage};

/// Runs of each when no number is given.
const RUNS: usize = 5;
/// What is run when no part is named; beside them there is `alone`, of the first the program without the others.
const PARTS: [&str; 4] = ["throttled", "own", "postgres", "history"];
/// Set by this program for the process that runs one part.
const PART: &str = "PRESSES_PART";
/// A flush in microseconds.
const FLUSH_US: u32 = 1_000;
/// Messages pressed in a run: by ours and the bare client with 64 in flight and more, by the other peers, which take longer,
/// and one by one.
const MESSAGES: usize = 180;
const FEW: usize = 10;
const LONE: usize = 5;

fn main() {
    // Cargo adds an option of its own.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    let number = words.iter().find_map(|word| word.parse().ok()).unwrap_or(RUNS);
    if let Ok(part) = std::env::var(PART) {
        // One thread: the load is to leave the processors to the program.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(run(&part, number));
        program::forget();
        return;
    }
    machine::print();
    println!("program: {}", machine::commit());
    let asked: Vec<&str> = words.iter().map(String::as_str).filter(|word| word.parse::<usize>().is_err()).collect();
    for part in if asked.is_empty() { PARTS.to_vec() } else { asked } {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg(number.to_string()).env(PART, part);
        if part != "own" {
            command.env("TMPDIR", "/dev/shm");
        }
        assert!(command.status().unwrap().success(), "{part}");
    }
}

async fn run(part: &str, runs: usize) {
    match part {
        "throttled" => Box::pin(throttled(runs)).await,
        "alone" => {
            let stage = Stage::open(FLUSH_US, db::databases().await.swap_remove(0)).await;
            alone(runs, stage).await;
        }
        "own" => Box::pin(own(runs)).await,
        "postgres" => match db::databases().await.pop().filter(|db| db.label == "postgres") {
            Some(db) => postgres(runs, Stage::open(0, db).await).await,
            None => println!(
                "\nPostgreSQL: no server is named (QINGFENG_POSTGRES_FLUSHES=1 scripts/with-postgres.sh names one)"
            ),
        },
        "history" => Box::pin(history::compare(runs)).await,
        other => panic!("no part {other}"),
    }
}

/// Ours and every peer that is there, in turn, so that all meet the same neighbours; who begins changes from round to round.
async fn throttled(runs: usize) {
    let mut stage = Stage::open(FLUSH_US, db::databases().await.swap_remove(0)).await;
    let peers = peers::installed();
    let mut table = Table::default();
    for round in 0..runs {
        if round % 2 == 1 {
            beside(&stage, &peers, &mut table).await;
        }
        table.add("polling, 512 in flight", stage.ours(load(512)).await);
        table.add("polling, 64 in flight", stage.ours(load(64)).await);
        table.add("polling, 100 in flight", stage.ours(load(100)).await);
        table.add("webhook, 100 in flight", stage.brought(load(100)).await);
        table.add("a lone press", stage.ours(Load { in_flight: 1, messages: LONE }).await);
        if round % 2 == 0 {
            beside(&stage, &peers, &mut table).await;
        }
    }
    table.print("SQLite, every flush takes 1 ms");
    table.ratio("webhook, 100 in flight", "polling, 100 in flight");
    compare(&table, &peers);
    let per_second = |figures: &Figures| figures.per_second;
    let lone = table.median("a lone press", per_second).unwrap_or(f64::NAN);
    println!("a lone press: {:.2} ms on average; one exchange {:.2} ms", 1_000.0 / lone, stage.exchange_ms().await);
}

/// The same on the machine's own disk, as far as it is about many presses.
async fn own(runs: usize) {
    let stage = Stage::open(0, db::databases().await.swap_remove(0)).await;
    let peers = peers::installed();
    let mut table = Table::default();
    for _ in 0..runs {
        table.add("polling, 512 in flight", stage.ours(load(512)).await);
        table.add("polling, 64 in flight", stage.ours(load(64)).await);
        beside(&stage, &peers, &mut table).await;
    }
    table.print("SQLite on the machine's own disk");
    compare(&table, &peers);
}

fn load(in_flight: usize) -> Load {
    Load { in_flight, messages: MESSAGES }
}

/// Every peer that is there, once.
async fn beside(stage: &Stage, peers: &[Peer], table: &mut Table) {
    for peer in peers {
        let messages = if peer.name == "bare client" { MESSAGES } else { FEW };
        for in_flight in [512, 64] {
            let name = named(peer, in_flight);
            match stage.peer(peer, Load { in_flight, messages }).await {
                Some(figures) => table.add(&name, figures),
                None => table.broken_off(&name),
            }
        }
    }
}

fn compare(table: &Table, peers: &[Peer]) {
    for peer in peers {
        for in_flight in [512, 64] {
            table.ratio(&format!("polling, {in_flight} in flight"), &named(peer, in_flight));
        }
    }
}

fn named(peer: &Peer, in_flight: usize) -> String {
    format!("{}, {in_flight} in flight", peer.name)
}

/// One instance, and two side by side of which one polls.
async fn postgres(runs: usize, stage: Stage) {
    let mut table = Table::default();
    for _ in 0..runs {
        table.add("polling, 512 in flight", stage.ours(load(512)).await);
        table.add("polling, 512 in flight, two instances", stage.two(load(512)).await);
        table.add("polling, 64 in flight", stage.ours(load(64)).await);
    }
    table.print("PostgreSQL");
    table.ratio("polling, 512 in flight, two instances", "polling, 512 in flight");
}

/// Ours alone.
async fn alone(runs: usize, stage: Stage) {
    let mut table = Table::default();
    for _ in 0..runs {
        table.add("polling, 512 in flight", stage.ours(load(512)).await);
        table.add("polling, 64 in flight", stage.ours(load(64)).await);
    }
    table.print("SQLite, every flush takes 1 ms");
}
