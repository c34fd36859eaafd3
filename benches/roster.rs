//! Taking rosters in: 5,000 and 100,000 people from a sheet into an empty office, then the same again with everybody one
//! place lower and every tenth moved; and how long presses wait while a command imports 5,000 people beside the service.
//! Targets: 5,000 within 2 s, 100,000 within 30 s, the write lock held at most 2 s in all and 250 ms at a time, 99 of 100
//! presses answered within 300 ms. On PostgreSQL too when `QINGFENG_TEST_PG` names a server.
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

use std::fmt::Write as _;
use std::time::Duration;

use db::TestDb;
use dice::Dice;
use office::{Office, Size};
use qingfeng::clock::Clock;
use qingfeng::config::Config;
use qingfeng::ctx::Ctx;
use qingfeng::domain::audit::Actor;
use qingfeng::domain::roster::{self, Roster, Stated};
use qingfeng::office::roster::{Imported, Mode, import_stated};
use qingfeng::render::sheet;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

const OPERATOR: Actor = Actor::Operator { staff_no: None };
/// People who press while others are imported.
const PRESSING: i64 = 500;
/// Presses at once, each tenth of a second.
const AT_ONCE: usize = 5;
const TICK: Duration = Duration::from_millis(100);
const PATIENCE: Duration = Duration::from_mins(1);

fn main() {
    machine::print();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        for people in [5_000, 100_000] {
            for database in db::databases().await {
                Box::pin(imports(database, people)).await;
            }
        }
        for database in db::databases().await {
            Box::pin(presses(database)).await;
        }
    });
    program::forget();
}

async fn imports(database: TestDb, people: usize) {
    let label = database.label;
    let ctx = ctx(&database).await;
    let units = people / 40;
    let first = csv(0..people, units);
    tell(label, "first", people, import(&ctx, first.as_bytes()).await);
    let xlsx = sheet::roster_xlsx(&parsed(first.as_bytes()).people).expect("a workbook");
    println!("  as a workbook of {} KiB:", xlsx.len() / 1024);
    tell(label, "same again", people, import(&ctx, &xlsx).await);
    // Somebody new on top puts everyone one place lower; every tenth moves to another unit.
    let mut moved = csv(people..people + 1, units);
    moved.push_str(&rows(0..people, |n| if n % 10 == 0 { (n + 1) % units } else { n % units }));
    tell(label, "all moved", people, import(&ctx, moved.as_bytes()).await);
    ctx.store.close().await;
}

async fn ctx(database: &TestDb) -> Ctx {
    let (url, key) = (database.url.clone(), database.folder.path().join("test.key").display().to_string());
    let config = Config::from_env(|name| match name {
        "DATABASE_URL" => Some(url.clone()),
        "QINGFENG_SECRET_FILE" => Some(key.clone()),
        _ => None,
    });
    let config = config.expect("a configuration");
    let hold = qingfeng::office::db::hold(&config.database).expect("a free database");
    let clock = Clock::system();
    let store = qingfeng::office::db::migrate(&config, &hold, clock.now()).await.expect("a database");
    Ctx {
        store,
        clock,
        zone: config.zone,
        content_dir: config.content_dir.as_path().into(),
        boot: "bench".to_owned(),
        spool: config.spool_file().into(),
    }
}

fn parsed(bytes: &[u8]) -> Roster {
    roster::parse(&sheet::read(bytes).expect("rows")).expect("a roster")
}

/// From the bytes of a file to the roster in force.
async fn import(ctx: &Ctx, bytes: &[u8]) -> (Duration, Duration, Imported) {
    let begun = Instant::now();
    let roster = parsed(bytes);
    let read = begun.elapsed();
    let stated = Stated::default();
    let imported = import_stated(ctx, &OPERATOR, (&roster, &stated), Mode::Apply).await.expect("an import");
    (read, begun.elapsed(), imported)
}

fn tell(label: &str, what: &str, people: usize, (read, whole, imported): (Duration, Duration, Imported)) {
    let locked = imported.locked;
    println!(
        "{label}, {people} people, {what}: {:.2} s in all, file read in {:.2} s; write lock held {} times, {} ms in all, \
         longest {} ms",
        whole.as_secs_f64(),
        read.as_secs_f64(),
        locked.times,
        locked.total.as_millis(),
        locked.longest.as_millis()
    );
}

fn csv(people: std::ops::Range<usize>, units: usize) -> String {
    format!("工号,姓名,单位,支部,职务,类别,顺序\n{}", rows(people, |n| n % units))
}

fn rows(people: std::ops::Range<usize>, unit: impl Fn(usize) -> usize) -> String {
    let mut text = String::new();
    for n in people {
        let unit = unit(n);
        writeln!(text, "B{n:06},青禾{n},管委会/第{unit}科,第{}支部,科员,党员、公职人员,", unit % 20).expect("room");
    }
    text
}

async fn presses(database: TestDb) {
    let label = database.label;
    let office = Office::open(database, Size { groups: 1, people: PRESSING }).await;
    let sheet = office::roster_csv(office.size) + &rows(0..5_000 - usize::try_from(PRESSING).unwrap(), |n| n % 100);
    std::fs::write(office.db.folder.path().join("roster.csv"), sheet).expect("room on the disk");
    let mut life = office.serve(None);
    assert!(life.ready(&office, PATIENCE).await, "the service takes up its work");
    office.push(&mut Dice::new(1)).await;
    while office.look("ledger")["sent"].as_array().unwrap().is_empty() {
        sleep(TICK).await;
    }
    let mut command = office.command("roster import roster.csv", 0);
    let importing = tokio::task::spawn_blocking(move || {
        std::thread::sleep(Duration::from_secs(1));
        let begun = std::time::Instant::now();
        let done = command.output().expect("the program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        (begun, begun.elapsed())
    });
    let sent = press(&office).await;
    let (begun, took) = importing.await.expect("an import");
    let during: Vec<usize> = (0..sent.len()).filter(|n| sent[*n] >= begun && sent[*n] <= begun + took + TICK).collect();
    let last = Instant::now();
    while facts::acked(&office).await < usize::try_from(PRESSING).unwrap() {
        assert!(last.elapsed() < PATIENCE, "every press is committed");
        sleep(TICK).await;
    }
    sleep(Duration::from_secs(2)).await;
    let ledger = office.look("ledger");
    let pressed = ledger["pressed"].as_array().unwrap();
    let answered = |press: &Value| Some(press["answered"]["at"].as_i64()? - press["at"].as_i64()?);
    let all: Vec<i64> = pressed.iter().filter_map(answered).collect();
    let some: Vec<i64> = during.iter().filter_map(|n| answered(&pressed[*n])).collect();
    println!(
        "{label}, {PRESSING} presses; a command imports 5,000 people beside the service in {:.2} s",
        took.as_secs_f64()
    );
    println!("  answers to all: {}; during the import: {}", quantiles(all), quantiles(some));
    life.kill();
}

/// When each press was made.
async fn press(office: &Office) -> Vec<std::time::Instant> {
    let sent = office.look("ledger")["sent"][0].clone();
    let members = office.members(sent["chat"].as_i64().unwrap());
    let mut made = Vec::new();
    let mut next = Instant::now();
    for some in members.chunks(AT_ONCE) {
        let one =
            |user: &i64| json!({"user": user, "chat": sent["chat"], "message_id": sent["message_id"], "button": 0});
        office.order("press", &json!({"presses": some.iter().map(one).collect::<Vec<Value>>()}));
        made.extend(some.iter().map(|_| std::time::Instant::now()));
        next += TICK;
        tokio::time::sleep_until(next).await;
    }
    made
}

fn quantiles(mut took: Vec<i64>) -> String {
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent / 100).min(took.len().saturating_sub(1))).copied();
    format!(
        "{} answers, p50 {} ms, p99 {} ms, longest {} ms",
        took.len(),
        at(50).unwrap_or_default(),
        at(99).unwrap_or_default(),
        at(100).unwrap_or_default()
    )
}
