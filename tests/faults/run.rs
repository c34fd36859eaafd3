//! Which stages run, how much of each, and what is told of them. Stages wait more than they work, so they run side by side,
//! each in offices of its own.

use std::future::Future;

use tokio::task::{JoinHandle, spawn_blocking, spawn_local};
use tokio::time::Instant;

use crate::db::{self, TestDb};
use crate::dice::Dice;
use crate::selftest;
use crate::stage::{backups, cluster, faulty, kills, points, setup, stops};
use crate::table::Report;
use crate::verdict::Verdict;

/// Offices side by side, and how much each goes through.
#[derive(Debug, Clone, Copy)]
struct Lanes {
    polling: usize,
    /// Offices to which the platform brings updates.
    hooked: usize,
    /// Of whatever the stage counts, in each.
    times: usize,
}

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Amount {
    /// Deaths at each place.
    points: Lanes,
    kills: Lanes,
    stops: Lanes,
    /// Calls that meet a fault.
    faulty: Lanes,
    /// Copies of the database.
    backups: Lanes,
    /// Messages of the office with three instances.
    cluster: usize,
    setups: usize,
}

pub(crate) const LONG: Amount = Amount {
    points: Lanes { polling: 2, hooked: 1, times: 10 },
    kills: Lanes { polling: 1, hooked: 1, times: 100 },
    stops: Lanes { polling: 1, hooked: 1, times: 25 },
    faulty: Lanes { polling: 1, hooked: 0, times: 1_000 },
    backups: Lanes { polling: 1, hooked: 0, times: 100 },
    cluster: 10_000,
    setups: 20,
};
pub(crate) const SHORT: Amount = Amount {
    points: Lanes { polling: 1, hooked: 0, times: 1 },
    kills: Lanes { polling: 0, hooked: 1, times: 6 },
    stops: Lanes { polling: 1, hooked: 0, times: 3 },
    faulty: Lanes { polling: 1, hooked: 0, times: 25 },
    backups: Lanes { polling: 1, hooked: 0, times: 3 },
    cluster: 0,
    setups: 4,
};

/// What one office of a stage is started with.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) db: TestDb,
    pub(crate) hook: bool,
    pub(crate) times: usize,
    pub(crate) dice: Dice,
}

/// Runs the stages that are named; all of them when none is.
pub(crate) async fn run(amount: Amount, seed: u64, named: &[String]) -> Report {
    let started = Instant::now();
    let wanted = |stage: &str| named.is_empty() || named.iter().any(|name| name == stage);
    let some =
        |stage: &str, lanes: Lanes| if wanted(stage) { lanes } else { Lanes { polling: 0, hooked: 0, times: 0 } };
    let mut report = Report::default();
    let mut dice = Dice::new(seed);
    report.fail("self-test", &selftest::run());
    report.line(format!("Self-test of the verifier: {} doctored ledgers, each reported.", selftest::count()));
    let at_points = start(some("points", amount.points), &mut dice, points::run).await;
    let at_random = start(some("kills", amount.kills), &mut dice, kills::run).await;
    let stopped = start(some("stops", amount.stops), &mut dice, stops::run).await;
    let lied_to = start(some("faulty", amount.faulty), &mut dice, faulty::run).await;
    let copied = start(some("backups", amount.backups), &mut dice, backups::run).await;
    let several = several(if wanted("cluster") { amount.cluster } else { 0 }, &mut dice, &mut report).await;
    if wanted("setup") {
        set_up(&mut report, amount.setups).await;
    }
    let died = ended(at_points, &mut report).await;
    tell_points(&mut report, &died);
    let verdicts = ended(at_random, &mut report).await;
    report.stage(
        "kill -9 at random moments",
        verdicts.len() * amount.kills.times,
        &verdicts.iter().collect::<Vec<_>>(),
    );
    for stops in ended(stopped, &mut report).await {
        report.stage("SIGTERM", amount.stops.times, &[&stops.verdict]);
        report.line(format!("SIGTERM: the longest stop took {} ms.", stops.longest.as_millis()));
    }
    for lies in ended(lied_to, &mut report).await {
        report.stage("faulty sends", 1, &[&lies.verdict]);
        report.line(format!("Faulty sends: {} calls, {} of them taken all the same.", lies.faulty, lies.taken));
    }
    for (verdict, sound) in ended(copied, &mut report).await {
        report.stage("live backups", 1, &[&verdict]);
        report.line(format!("Live backups: {sound} of {} restored and checked out.", amount.backups.times));
    }
    for (verdict, torments) in ended(several, &mut report).await {
        let cluster::Torments { kills, freezes, silences, stops, restarts } = torments;
        report.stage("three instances, PostgreSQL", kills + freezes + silences + stops, &[&verdict]);
        report.line(format!(
            "Three instances: {kills} kills, {freezes} freezes, {silences} silent connections, {stops} orderly stops, {restarts} started again."
        ));
    }
    report.line(format!("Seed {seed}; {} s.", started.elapsed().as_secs()));
    report
}

/// Starts a stage in its offices, on the thread of the run: the sandboxes and the people have threads of their own.
async fn start<F>(lanes: Lanes, dice: &mut Dice, stage: impl Fn(Lane) -> F) -> Vec<JoinHandle<F::Output>>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let mut running = Vec::new();
    for n in 0..lanes.polling + lanes.hooked {
        let db = db::databases().await.swap_remove(0);
        let lane = Lane { db, hook: n >= lanes.polling, times: lanes.times, dice: dice.split() };
        running.push(spawn_local(stage(lane)));
    }
    running
}

/// What the offices of a stage came to. One whose harness failed is a broken promise and ends no other.
async fn ended<T>(running: Vec<JoinHandle<T>>, report: &mut Report) -> Vec<T> {
    let mut done = Vec::new();
    for one in running {
        match one.await {
            Ok(result) => done.push(result),
            Err(error) => report.fail("the harness", &[error.to_string()]),
        }
    }
    done
}

/// Starts the office with three instances, where there is a PostgreSQL.
async fn several(
    messages: usize,
    dice: &mut Dice,
    report: &mut Report,
) -> Vec<JoinHandle<(Verdict, cluster::Torments)>> {
    if messages == 0 {
        return Vec::new();
    }
    let Some(db) = db::databases().await.into_iter().find(|db| db.label == "postgres") else {
        report.line("Three instances: not run, there is no PostgreSQL.".to_owned());
        return Vec::new();
    };
    vec![spawn_local(cluster::run(db, messages, dice.split()))]
}

async fn set_up(report: &mut Report, times: usize) {
    report.fail("mid_migration", &spawn_blocking(move || setup::migrations(times)).await.unwrap());
    report.fail("mid_import", &spawn_blocking(move || setup::imports(times)).await.unwrap());
    report.line(format!("mid_migration and mid_import: {times} deaths each; the next try does the whole."));
}

fn tell_points(report: &mut Report, offices: &[(Verdict, points::Deaths)]) {
    let verdicts: Vec<&Verdict> = offices.iter().map(|(verdict, _)| verdict).collect();
    let mut deaths = points::Deaths::new();
    for (name, (died, cut)) in offices.iter().flat_map(|(_, deaths)| deaths) {
        let entry = deaths.entry(name.clone()).or_default();
        *entry = (entry.0 + died, entry.1 + cut);
    }
    report.stage("named places", deaths.values().map(|(died, _)| died).sum(), &verdicts);
    let row = |(name, (died, cut)): (&String, &(usize, usize))| vec![name.clone(), died.to_string(), cut.to_string()];
    let rows: Vec<Vec<String>> = deaths.iter().map(row).collect();
    if !rows.is_empty() {
        report.table(&["place", "deaths", "cut sends"], &rows);
    }
}
