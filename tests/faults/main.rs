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
mod selftest;
mod stage;
mod table;
mod verdict;

use dice::Dice;
use stage::{compare, kills, points, setup, stops};
use table::Report;
use tokio::time::Instant;
use verdict::Verdict;

/// How much of everything.
#[derive(Debug, Clone, Copy)]
struct Amount {
    /// Offices side by side, times deaths of each at each place.
    points: (usize, usize),
    kills: (usize, usize),
    stops: (usize, usize),
    setups: usize,
}

const LONG: Amount = Amount { points: (2, 10), kills: (2, 100), stops: (1, 50), setups: 20 };
const SHORT: Amount = Amount { points: (1, 1), kills: (1, 6), stops: (1, 3), setups: 4 };

/// Seed of all chance, unless another is given as `--seed=N`.
const SEED: u64 = 20_261_123;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let short = words.iter().any(|word| word == "--short");
    let seed = words.iter().find_map(|word| word.strip_prefix("--seed=")?.parse().ok()).unwrap_or(SEED);
    let named: Vec<String> = words.into_iter().filter(|word| !word.starts_with("--")).collect();
    let amount = if short { SHORT } else { LONG };
    if named.first().is_some_and(|name| name == "compare") {
        return compare(&named[1..], Dice::new(seed));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let report = runtime.block_on(run(amount, seed, &named));
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

async fn run(amount: Amount, seed: u64, named: &[String]) -> Report {
    let started = Instant::now();
    let wanted = |stage: &str| named.is_empty() || named.iter().any(|name| name == stage);
    let mut report = Report::default();
    let mut dice = Dice::new(seed);
    report.fail("self-test", &selftest::run());
    report.line(format!("Self-test of the verifier: {} doctored ledgers, each reported.", selftest::count()));
    let (at_points, at_random, stopped) = tokio::join!(
        offices(wanted("points"), amount.points, dice.split(), points::run),
        offices(wanted("kills"), amount.kills, dice.split(), kills::run),
        offices(wanted("stops"), amount.stops, dice.split(), stops::run),
    );
    if !at_points.is_empty() {
        tell_points(&mut report, &at_points);
    }
    if !at_random.is_empty() {
        let verdicts: Vec<&Verdict> = at_random.iter().collect();
        report.stage("kill -9 at random moments", amount.kills.0 * amount.kills.1, &verdicts);
    }
    for stops in &stopped {
        report.stage("SIGTERM", amount.stops.1, &[&stops.verdict]);
        report.line(format!("SIGTERM: the longest stop took {} ms.", stops.longest.as_millis()));
    }
    if wanted("setup") {
        report.fail("mid_migration", &setup::migrations(amount.setups));
        report.fail("mid_import", &setup::imports(amount.setups));
        report
            .line(format!("mid_migration and mid_import: {} deaths each; the next try does the whole.", amount.setups));
    }
    report.line(format!("Seed {seed}; {} s.", started.elapsed().as_secs()));
    report
}

/// Runs a stage in several offices side by side; none when it is not wanted.
async fn offices<T: Send + 'static, F>(
    wanted: bool,
    (offices, times): (usize, usize),
    mut dice: Dice,
    stage: impl Fn(db::TestDb, usize, Dice) -> F,
) -> Vec<T>
where
    F: Future<Output = T> + Send + 'static,
{
    let mut running = Vec::new();
    for _ in 0..if wanted { offices } else { 0 } {
        let database = db::databases().await.swap_remove(0);
        running.push(tokio::spawn(stage(database, times, dice.split())));
    }
    let mut done = Vec::new();
    for one in running {
        done.push(one.await.unwrap());
    }
    done
}

fn tell_points(report: &mut Report, offices: &[(Verdict, points::Deaths)]) {
    let verdicts: Vec<&Verdict> = offices.iter().map(|(verdict, _)| verdict).collect();
    let mut deaths = points::Deaths::new();
    for (name, (died, cut)) in offices.iter().flat_map(|(_, deaths)| deaths) {
        let entry = deaths.entry(name).or_default();
        *entry = (entry.0 + died, entry.1 + cut);
    }
    report.stage("named places", deaths.values().map(|(died, _)| died).sum(), &verdicts);
    let row =
        |(name, (died, cut)): (&&str, &(usize, usize))| vec![format!("`{name}`"), died.to_string(), cut.to_string()];
    let rows: Vec<Vec<String>> = deaths.iter().map(row).collect();
    report.table(&["place", "deaths", "cut sends"], &rows);
}
