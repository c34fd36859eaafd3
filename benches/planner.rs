//! The planner at scale. Ten thousand schedules: one minute of planning (target: at most 50 ms) and memory over a working
//! day. A thousand slots of one minute by the real clock: how long after the minute each is on record (target: 250 ms for
//! the 99th of a hundred).
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark fails loudly and prints its figures")]

#[path = "support/machine.rs"]
mod machine;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Timelike};
use qingfeng::clock::{Clock, Hand};
use qingfeng::config::Config;
use qingfeng::ctx::Ctx;
use qingfeng::domain::audit::Actor;
use qingfeng::domain::content::parse;
use qingfeng::domain::roster;
use qingfeng::domain::schedule::{Missed, OnHoliday};
use qingfeng::ids::GroupId;
use qingfeng::office::lease::Lease;
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, db, plan, setting};
use qingfeng::store::schedule::NewSchedule;
use qingfeng::{jobs, stop, store};

const OPERATOR: Actor = Actor::Operator { staff_no: None };
/// Chats, each with its own unit of two people.
const CHATS: usize = 1_000;
const SCHEDULES: usize = 10_000;
/// Minutes of the working day that are planned: 09:00 to 11:30 and 14:30 to 17:30.
const MINUTES: [(i64, i64); 2] = [(9 * 60, 11 * 60 + 30), (14 * 60 + 30, 17 * 60 + 30)];
/// Monday 7 September 2026, 00:00 in Shanghai.
const MONDAY: i64 = 1_788_710_400;
/// Pause between two looks at what is on record.
const LOOK: Duration = Duration::from_millis(1);

fn main() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    machine::print();
    runtime.block_on(minutes());
    runtime.block_on(lateness());
}

/// Plans every minute of a working day and tells what a minute takes and what memory does.
async fn minutes() {
    let (clock, hand) = Clock::manual(DateTime::from_timestamp(MONDAY, 0).expect("an instant"));
    let office = Office::open(clock).await;
    for n in 0..SCHEDULES {
        let (from, to) = MINUTES[n % 2];
        let minute = from + i64::try_from(n / 2).expect("few") % (to - from);
        let day = n / CHATS % 5 + 1;
        office.add(n, &format!("cron {} {} * * {day}", minute % 60, minute / 60)).await;
    }
    let first = Box::pin(time(step(&office.ctx))).await;
    let mut samples = Vec::new();
    let mut memory = Vec::new();
    for minute in MINUTES.iter().flat_map(|(from, to)| *from..*to) {
        set(&hand, minute);
        samples.push(Box::pin(time(step(&office.ctx))).await);
        memory.push(resident_kib());
    }
    let counted = office.recorded().await;
    samples.sort_unstable();
    let at = |part: usize| samples[(samples.len() - 1) * part / 100];
    let median = at(50);
    println!("{SCHEDULES} schedules in {CHATS} chats, {} minutes, {counted} slots on record", samples.len());
    println!("first look at all of them: {first:.1?}");
    println!(
        "one minute: median {median:.1?}, p99 {:.1?}, worst {:.1?}; {:.0} % of 50 ms",
        at(99),
        at(100),
        median.as_secs_f64() / 0.050 * 100.0
    );
    let mib = |kib: u64| kib / 1024;
    println!(
        "memory: {} MiB after the first minute, {} MiB after the last",
        mib(memory[10]),
        mib(memory[memory.len() - 1])
    );
}

async fn step(ctx: &Ctx) {
    plan::plan(ctx).await.expect("a plan");
}

/// How long one run takes.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
async fn time(run: impl Future<Output = ()>) -> Duration {
    let start = std::time::Instant::now();
    run.await;
    start.elapsed()
}

fn set(hand: &Hand, minute: i64) {
    hand.set(DateTime::from_timestamp(MONDAY + minute * 60, 0).expect("an instant"));
}

/// Lets the planner's own loop meet a minute in which a thousand schedules are due.
async fn lateness() {
    let office = Office::open(Clock::system()).await;
    for (key, hours) in [("hours.morning", "00:00-12:00"), ("hours.afternoon", "12:01-23:59")] {
        setting::set(&office.ctx, &OPERATOR, key, hours).await.expect("a setting");
    }
    let now = office.ctx.now();
    let due = now + TimeDelta::seconds(75) - TimeDelta::seconds(i64::from((now + TimeDelta::seconds(75)).second()));
    let due = due - TimeDelta::nanoseconds(i64::from(due.timestamp_subsec_nanos()));
    let wall = due.with_timezone(&office.ctx.zone);
    for n in 0..CHATS {
        office.add(n, &format!("cron {} {} * * *", wall.minute(), wall.hour())).await;
    }
    let (stopper, stop) = stop::pair();
    let planner = tokio::spawn(jobs::plan(office.ctx.clone(), Lease::own(&office.ctx.clock), stop));
    office.ctx.clock.sleep_until(due - TimeDelta::milliseconds(50)).await;
    let mut lateness: Vec<TimeDelta> = Vec::with_capacity(CHATS);
    while lateness.len() < CHATS {
        let counted = office.recorded().await;
        let late = office.ctx.now() - due;
        lateness.resize(counted.max(lateness.len()), late);
        office.ctx.clock.sleep(LOOK).await;
    }
    let at = |part: usize| lateness[(CHATS - 1) * part / 100].num_milliseconds();
    println!(
        "{CHATS} slots of one minute on record after: first {} ms, median {} ms, p99 {} ms, last {} ms; {} % of 250 ms",
        at(0),
        at(50),
        at(99),
        at(100),
        at(99) * 100 / 250
    );
    while office.made().await < CHATS {
        office.ctx.clock.sleep(LOOK).await;
    }
    println!("all {CHATS} pushes made after {} ms", (office.ctx.now() - due).num_milliseconds());
    stopper.stop();
    planner.await.expect("a planner that ends");
}

/// A database with people, items and chats.
struct Office {
    ctx: Ctx,
    groups: Vec<GroupId>,
    _folder: tempfile::TempDir,
    _hold: db::Hold,
}

impl Office {
    async fn open(clock: Clock) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("bench.db").display());
        let config = Config::from_env(|key| (key == "DATABASE_URL").then(|| url.clone())).expect("a configuration");
        let hold = db::hold(&config.database).expect("a free database");
        let store = db::migrate(&config, &hold, clock.now()).await.expect("a database");
        let content_dir = config.content_dir.as_path().into();
        let (boot, spool) = ("bench".to_owned(), config.spool_file().into());
        let ctx = Ctx { store, clock, zone: config.zone, content_dir, boot, spool };
        let people = roster::parse(&rows()).expect("a roster");
        office::roster::import(&ctx, &OPERATOR, &people, Mode::Apply).await.expect("an import");
        let items: Vec<_> = (0..40).map(item).collect();
        office::content::sync(&ctx, &OPERATOR, &items).await.expect("a sync");
        let mut tx = ctx.store.write().await.expect("a writer");
        let channel = store::channel::add(&mut tx, "telegram", "1").await.expect("a channel");
        let units = store::unit::list(&mut tx, store::unit::OFFICE).await.expect("units");
        let mut groups = Vec::new();
        for n in 0..CHATS {
            let group =
                store::group::seen(&mut tx, channel, &format!("-{}", 1_001 + n), "bench").await.expect("a chat");
            let unit = units.iter().find(|unit| unit.path.ends_with(&format!("第{n}科"))).expect("a unit");
            store::group::set_units(&mut tx, group, &[unit.id]).await.expect("a link");
            store::group::set_state(&mut tx, group, qingfeng::domain::word::GroupState::Active, None)
                .await
                .expect("a chat");
            groups.push(group);
        }
        tx.commit().await.expect("a commit");
        Self { ctx, groups, _folder: folder, _hold: hold }
    }

    async fn add(&self, n: usize, rule: &str) {
        let new = NewSchedule {
            name: &format!("计划{n}"),
            rule,
            on_holiday: OnHoliday::Run,
            missed: Missed::Late,
            max_late: 240,
            starts_on: None,
            ends_on: None,
            theme: None,
            tag: None,
            slug: None,
            confirm: None,
            deadline: None,
            groups: &[self.groups[n % CHATS]],
            since: self.ctx.now(),
        };
        let mut tx = self.ctx.store.write().await.expect("a writer");
        store::schedule::add(&mut tx, &new, self.ctx.now()).await.expect("a schedule");
        tx.commit().await.expect("a commit");
    }

    /// Slots that have their row.
    async fn recorded(&self) -> usize {
        let mut tx = self.ctx.store.read().await.expect("a reader");
        let counts = store::occurrence::count_by_state(&mut tx).await.expect("counts");
        usize::try_from(counts.into_iter().map(|(_, count)| count).sum::<i64>()).expect("a count")
    }

    async fn made(&self) -> usize {
        let mut tx = self.ctx.store.read().await.expect("a reader");
        let counts = store::occurrence::count_by_state(&mut tx).await.expect("counts");
        let made = counts.into_iter().filter(|(state, _)| state.as_str() == "materialised").map(|(_, count)| count);
        usize::try_from(made.sum::<i64>()).expect("a count")
    }
}

fn rows() -> Vec<Vec<String>> {
    let header = ["工号", "姓名", "单位", "支部", "职务", "类别", "顺序"].map(str::to_owned).to_vec();
    let person = |n: usize| {
        let blank = String::new;
        let unit = format!("管委会/第{}科", n / 2);
        vec![format!("B{n:04}"), format!("青禾{n}"), unit, blank(), blank(), "公职人员".to_owned(), blank()]
    };
    std::iter::once(header).chain((0..CHATS * 2).map(person)).collect()
}

fn item(n: usize) -> qingfeng::domain::content::ItemSource {
    let text = format!(
        "---\nslug: bench-{n}\ntheme: gifts\ntitle: 题目{n}\naudience: 全体\n\
         basis: 《中华人民共和国监察法》（2025年6月1日起施行）第六条\narticle_text: 条文。\ntakeaway: 一句话。\n\
         verified_on: 2026-07-17\nchecked_by: 机关党委办公室\ncode: LP-{n:03}\n---\n正文。\n"
    );
    parse("gifts", &format!("bench-{n}"), &text).expect("an item")
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("a status");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("a resident size");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}
