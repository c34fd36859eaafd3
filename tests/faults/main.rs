//! Proves that nothing is lost and nothing hidden: the real program is killed, stopped, cut off and lied to while people
//! press buttons, and afterwards its database is compared with the sandbox's ledger of what really happened.
//!
//! `make faults` runs everything; `-- --short` is the part that `make ci` runs; `-- STAGE…` runs the stages named. The
//! figures and their definitions stand in `docs/reliability.md`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a harness fails loudly")]
#![allow(clippy::print_stdout, reason = "its table is its result")]
#![allow(clippy::disallowed_methods, reason = "real processes die in real time")]

use std::process::ExitCode;

#[path = "../support/db.rs"]
mod db;
mod dice;
mod facts;
mod lane;
mod life;
mod load;
mod office;
mod program;
mod proxy;
mod run;
mod selftest;
mod stage;
mod table;
mod verdict;

use dice::Dice;
use run::{LONG, SHORT};
use stage::compare;
use tokio::task::LocalSet;

/// Seed of all chance, unless another is given as `--seed=N`.
const SEED: u64 = 20_261_123;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let short = words.iter().any(|word| word == "--short");
    let seed = words.iter().find_map(|word| word.strip_prefix("--seed=")?.parse().ok()).unwrap_or(SEED);
    let named: Vec<String> = words.into_iter().filter(|word| !word.starts_with("--")).collect();
    if named.first().is_some_and(|name| name == "compare") {
        return compare(&named[1..], Dice::new(seed));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let amount = if short { SHORT } else { LONG };
    let report = runtime.block_on(LocalSet::new().run_until(run::run(amount, seed, &named)));
    program::forget();
    report.print();
    if report.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `compare PROGRAM KILLS`: the table of `scripts/lost-presses.sh`.
fn compare(words: &[String], dice: Dice) -> ExitCode {
    let [stock, kills] = words else { panic!("compare PROGRAM KILLS") };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let kills = kills.parse().expect("a number of kills");
    let (sides, broken) = runtime.block_on(compare::run(stock.into(), kills, dice));
    program::forget();
    table::compared(&sides, kills);
    for why in &broken {
        println!("- {why}");
    }
    if broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
