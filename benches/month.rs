//! The month's report over 300 people × 22 pushes, from a real SQLite file: facts read, figures counted, text rendered.
//! Target: at most 50 ms.
#![allow(clippy::expect_used, clippy::print_stdout, reason = "a benchmark fails loudly and prints its figures")]

#[path = "support/machine.rs"]
mod machine;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use qingfeng::clock::{Clock, Hand};
use qingfeng::config::Config;
use qingfeng::ctx::Ctx;
use qingfeng::domain::audit::Actor;
use qingfeng::domain::content::parse;
use qingfeng::domain::month::Month;
use qingfeng::domain::push::Chunk;
use qingfeng::domain::roster;
use qingfeng::ids::{GroupId, PushId};
use qingfeng::office::push::{Hours, Now, NowTarget};
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, db};
use qingfeng::render;
use qingfeng::store::{self, ack::NewAck};

const PEOPLE: usize = 300;
const PUSHES: i64 = 22;
const UNITS: usize = 10;
const RUNS: usize = 21;
const OPERATOR: Actor = Actor::Operator { staff_no: None };

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = format!("sqlite://{}", folder.path().join("month.db").display());
    let config = Config::from_env(|key| (key == "DATABASE_URL").then(|| file.clone())).expect("a configuration");
    let (ctx, _hand) = runtime.block_on(prepare(&config));
    let month = Month::new(2026, 9).expect("a month");
    let mut samples: Vec<Duration> = Vec::new();
    let mut bytes = 0;
    for _ in 0..RUNS {
        samples.push(machine::time(|| {
            let report = runtime.block_on(office::report::month(&ctx, &OPERATOR, month)).expect("a report");
            bytes = render::report::text(&report).len();
        }));
    }
    machine::print();
    let median = machine::median(samples);
    println!("month report, {PEOPLE} people × {PUSHES} pushes, {bytes} bytes of text: {median:?} (median of {RUNS})");
    println!("target 50 ms: {:.1} % of it", median.as_secs_f64() / 0.050 * 100.0);
}

/// A database with the people, the pushes and an ack of about nine in ten.
async fn prepare(config: &Config) -> (Ctx, Hand) {
    let start = DateTime::from_timestamp(1_788_226_200, 0).expect("1 September 2026, 09:30 in Shanghai");
    let (clock, hand) = Clock::manual(start);
    let hold = db::hold(&config.database).expect("a free database");
    let store = db::migrate(config, &hold, clock.now()).await.expect("a database");
    let ctx = Ctx {
        store,
        clock,
        zone: config.zone,
        content_dir: config.content_dir.as_path().into(),
        boot: "bench".to_owned(),
        spool: config.spool_file().into(),
    };
    let people = roster::parse(&rows()).expect("a roster");
    office::roster::import(&ctx, &OPERATOR, &people, Mode::Apply).await.expect("an import");
    let group = group(&ctx).await;
    for day in 0..PUSHES {
        hand.set(start + TimeDelta::days(day));
        push(&ctx, group).await;
    }
    hand.set(start + TimeDelta::days(PUSHES));
    (ctx, hand)
}

fn rows() -> Vec<Vec<String>> {
    let header = ["工号", "姓名", "单位", "支部", "职务", "类别", "顺序"].map(str::to_owned).to_vec();
    let person = |n: usize| {
        let unit = format!("管委会/第{}科", n % UNITS + 1);
        vec![
            format!("B{n:04}"),
            format!("青禾{n}"),
            unit,
            String::new(),
            String::new(),
            "公职人员".to_owned(),
            String::new(),
        ]
    };
    std::iter::once(header).chain((0..PEOPLE).map(person)).collect()
}

async fn group(ctx: &Ctx) -> GroupId {
    let mut tx = ctx.store.write().await.expect("a writer");
    let channel = store::channel::add(&mut tx, "telegram", "1").await.expect("a channel");
    let id = store::group::seen(&mut tx, channel, "-1001", "bench").await.expect("a chat");
    tx.commit().await.expect("a commit");
    let everyone = ["管委会".to_owned()];
    office::group::link(ctx, &OPERATOR, "-1001", &everyone).await.expect("a link");
    id
}

async fn push(ctx: &Ctx, group: GroupId) {
    let item = parse(
        "gifts",
        "bench",
        "---\nslug: bench\ntheme: gifts\ntitle: 题目\naudience: 全体\nbasis: 《中华人民共和国监察法》（2025年6月1日起施行）第六条\n\
         article_text: 条文。\ntakeaway: 一句话。\nverified_on: 2026-07-17\nchecked_by: 机关党委办公室\ncode: LP-001\n---\n正文。\n",
    )
    .expect("an item");
    office::content::sync(ctx, &OPERATOR, std::slice::from_ref(&item)).await.expect("a sync");
    let target = NowTarget::Groups(vec![group.to_string()]);
    let order = Now { slug: "bench".to_owned(), target, confirm: None, hours: Hours::Any, deadline: None };
    let made = office::push::now(ctx, &OPERATOR, &order).await.expect("a push").shown.push;
    let mut tx = ctx.store.write().await.expect("a writer");
    let (push, slot) = (made.id, made.slot_at.utc());
    let audience = store::push::audiences(&mut tx, &[push]).await.expect("an audience");
    store::ack::add_batch(&mut tx, &acks(&audience, slot), slot).await.expect("acks");
    tx.commit().await.expect("a commit");
}

fn acks(audience: &[(PushId, Chunk)], slot: DateTime<Utc>) -> Vec<NewAck> {
    let members =
        audience.iter().flat_map(|(push, chunk)| chunk.members.iter().map(move |member| (*push, member.staff)));
    let confirming = members.filter(|(push, staff)| (push.0 + staff.0) % 10 != 0);
    confirming
        .map(|(push_id, staff_id)| NewAck {
            push_id,
            staff_id,
            pressed_at: slot.timestamp_millis() + staff_id.0,
            method: qingfeng::domain::word::AckMethod::Button,
            attempt_id: None,
            inbox_id: None,
        })
        .collect()
}
