//! Five hundred people press within ten seconds in one group, against the platform's real limits: how soon everything is
//! committed and answered, and how often the message is edited meanwhile. Targets: all committed within a second of the
//! last press, 99 of 100 answers within 200 ms, one edit in 15 s, no call refused for its rate.
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
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const PEOPLE: i64 = 500;
/// Five presses each tenth of a second: all of them in ten seconds.
const AT_ONCE: i64 = 5;
const TICK: Duration = Duration::from_millis(100);
/// How long the message is watched, for its edits.
const WATCH: Duration = Duration::from_secs(45);

fn main() {
    machine::print();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(storm());
    program::forget();
}

async fn storm() {
    let sqlite = db::databases().await.swap_remove(0);
    let office = Office::open(sqlite, Size { groups: 1, people: PEOPLE }).await;
    office.order("limits", &json!({"on": true}));
    let mut life = office.serve(None);
    assert!(life.ready(&office, Duration::from_secs(30)).await, "the service takes up its work");
    office.push(&mut Dice::new(1)).await;
    while office.look("ledger")["sent"].as_array().unwrap().is_empty() {
        sleep(TICK).await;
    }
    let begun = Instant::now();
    press(&office).await;
    let last = Instant::now();
    while facts::acked(&office).await < usize::try_from(PEOPLE).unwrap() {
        assert!(last.elapsed() < WATCH, "every press is committed");
        sleep(Duration::from_millis(10)).await;
    }
    let committed = last.elapsed();
    sleep(WATCH).await;
    let ledger = office.look("ledger");
    println!("{PEOPLE} presses in {:.1} s, one group", (last - begun).as_secs_f64());
    println!("last press to all committed: {} ms, {:.0} % of 1 s", committed.as_millis(), share(committed, 1.0));
    tell_answers(&ledger);
    tell_edits(&ledger);
    let refused = ledger["refused"].as_array().unwrap().iter().filter(|refused| refused["code"] == 429).count();
    println!("calls refused for their rate: {refused}");
    life.kill();
}

async fn press(office: &Office) {
    let sent = office.look("ledger")["sent"][0].clone();
    let members = office.members(sent["chat"].as_i64().unwrap());
    let mut next = Instant::now();
    for some in members.chunks(usize::try_from(AT_ONCE).unwrap()) {
        let one =
            |user: &i64| json!({"user": user, "chat": sent["chat"], "message_id": sent["message_id"], "button": 0});
        office.order("press", &json!({"presses": some.iter().map(one).collect::<Vec<Value>>()}));
        next += TICK;
        tokio::time::sleep_until(next).await;
    }
}

fn tell_answers(ledger: &Value) {
    let presses = ledger["pressed"].as_array().unwrap();
    let took = |press: &Value| Some(press["answered"]["at"].as_i64()? - press["at"].as_i64()?);
    let mut took: Vec<i64> = presses.iter().filter_map(took).collect();
    took.sort_unstable();
    let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
    println!(
        "answers: {} of {}, p50 {} ms, p99 {} ms, longest {} ms",
        took.len(),
        presses.len(),
        at(50),
        at(99),
        at(100)
    );
    println!("  p99 is {} % of 200 ms", at(99) / 2);
}

fn tell_edits(ledger: &Value) {
    let edits: Vec<i64> =
        ledger["sent"][0]["edits"].as_array().unwrap().iter().filter_map(|edit| edit["at"].as_i64()).collect();
    let shortest = edits.windows(2).map(|two| two[1] - two[0]).min();
    let shortest = shortest.map_or_else(|| "only one".to_owned(), |ms| format!("{:.1} s", seconds(ms)));
    println!("edits of the message: {}, shortest pause between two {shortest}", edits.len());
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1_000.0
}

fn share(took: Duration, of_seconds: f64) -> f64 {
    took.as_secs_f64() * 100.0 / of_seconds
}
