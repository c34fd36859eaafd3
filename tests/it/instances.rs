//! Several instances on one database: one of them plans and polls, a clean stop hands over at once, a frozen one does no
//! harm, and the clocks that differ are not believed.

use chrono::TimeDelta;
use qingfeng::clock::Clock;
use qingfeng::ctx::Ctx;
use qingfeng::office::delivery::Others;
use qingfeng::office::lease::{Keeper, Leases};
use qingfeng::office::plan;
use qingfeng::sandbox::Time;
use qingfeng::store::lease::LeaseClock;
use qingfeng::{jobs, stop};
use serde_json::json;

use crate::db::databases;
use crate::process::{Machine, copies, free_address};
use crate::sandbox::Server;
use crate::world::{STUDY, World};

/// Another instance on the same database, by the same clock.
fn instance(office: &World, boot: &str) -> (Ctx, Keeper, Leases) {
    let ctx = Ctx { boot: boot.to_owned(), ..office.ctx() };
    let (keeper, leases) = Keeper::new(&ctx, office.line().id, Others::Maybe);
    (ctx, keeper, leases)
}

fn held(leases: &Leases) -> [bool; 3] {
    [leases.plan.held(), leases.poll.held(), leases.keep.held()]
}

#[tokio::test]
async fn a13_a_frozen_instance_stops_believing_in_its_leases_before_another_has_them() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let (_, one, ones) = instance(&office, "one");
        let (_, two, twos) = instance(&office, "two");
        assert!(one.renew().await.unwrap() && !two.renew().await.unwrap(), "{label}");
        assert_eq!((held(&ones), held(&twos)), ([true; 3], [false; 3]), "{label}");
        office.later(15).await;
        assert!(one.renew().await.unwrap());
        // Frozen from here on: it was renewed at 15 s and lasts until 75 s.
        office.later(49).await;
        assert_eq!(held(&ones), [true; 3], "{label}: 49 s after it was asked for");
        office.later(1).await;
        assert_eq!(held(&ones), [false; 3], "{label}: ten seconds before another may have it");
        assert!(!two.renew().await.unwrap(), "{label}");
        office.later(10).await;
        assert!(two.renew().await.unwrap(), "{label}");
        assert_eq!((held(&ones), held(&twos)), ([false; 3], [true; 3]), "{label}");
        // It thaws, asks, and learns that it lost.
        assert!(!one.renew().await.unwrap());
        assert_eq!(held(&ones), [false; 3], "{label}");
        one.give_back().await.unwrap();
        assert!(two.renew().await.unwrap(), "{label}: what another has is not given back");
        two.give_back().await.unwrap();
        assert_eq!(held(&twos), [false; 3]);
        assert!(one.renew().await.unwrap(), "{label}: handed over at once");
        office.stop().await;
    }
}

#[tokio::test]
async fn a13_a_planner_that_acts_late_plans_nothing_twice() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.schedules().await;
        office.at(2, 9, 30).await;
        let (one, _, _) = instance(&office, "one");
        let (two, _, _) = instance(&office, "two");
        // Both believe that they hold the lease.
        let (first, second) = tokio::join!(plan::plan(&one), plan::plan(&two));
        first.unwrap();
        second.unwrap();
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_loop_runs_while_its_lease_is_held_and_ends_its_step_when_it_is_lost() {
    let mut office = World::new(databases().await.remove(0)).await;
    let (_, one, leases) = instance(&office, "one");
    let (steps, mut seen) = tokio::sync::mpsc::unbounded_channel();
    let (stopper, stop) = stop::pair();
    let work = move |mut until: stop::Stop| {
        let steps = steps.clone();
        async move {
            steps.send("began").unwrap();
            until.wait().await;
            steps.send("ended").unwrap();
        }
    };
    let running = tokio::spawn(jobs::lease::under(leases.plan, stop, work));
    assert!(seen.try_recv().is_err(), "not before it is held");
    one.renew().await.unwrap();
    assert_eq!(seen.recv().await, Some("began"));
    office.later(50).await;
    one.expire();
    assert_eq!(seen.recv().await, Some("ended"));
    one.renew().await.unwrap();
    assert_eq!(seen.recv().await, Some("began"), "held again");
    stopper.stop();
    assert_eq!(seen.recv().await, Some("ended"));
    running.await.unwrap();
    office.stop().await;
}

#[tokio::test]
async fn b3_a_clock_that_is_ahead_takes_no_lease_from_another() {
    for db in databases().await.into_iter().filter(|db| db.label == "postgres") {
        let mut office = World::new(db).await;
        let by_database = office.ctx().store.with_lease_clock(LeaseClock::Database);
        let with_clock = |boot: &str, ahead: i64| {
            let (clock, _) = Clock::manual(Clock::system().now() + TimeDelta::hours(ahead));
            let ctx = Ctx { boot: boot.to_owned(), clock, store: by_database.clone(), ..office.ctx() };
            Keeper::new(&ctx, office.line().id, Others::Maybe)
        };
        let (slow, slows) = with_clock("slow", -2);
        let (fast, fasts) = with_clock("fast", 2);
        assert!(slow.renew().await.unwrap());
        assert!(!fast.renew().await.unwrap());
        assert_eq!((held(&slows), held(&fasts)), ([true; 3], [false; 3]));
        office.stop().await;
    }
}

/// An office on processes: people, items, one linked group.
async fn office(server: &Server, machine: &Machine) {
    machine.run("db migrate");
    machine.run(&format!("roster import {}/content/roster.example.csv", env!("CARGO_MANIFEST_DIR")));
    machine.run("content sync");
    machine.run("setting set office.hotline 内线8000");
    let people: Vec<_> = (1..=200).map(|id| json!({"id": id, "first_name": format!("甲{id}")})).collect();
    server.order("people", json!({ "people": people })).await;
    let members: Vec<i64> = (1..=200).collect();
    let group = json!({"id": -1001, "kind": "supergroup", "title": "学习群", "members": members, "bot": "member"});
    server.order("chats", group).await;
}

async fn press_all(server: &Server, people: std::ops::RangeInclusive<i64>) {
    let sent = &copies(server, -1001).await[0];
    let presses: Vec<_> = people
        .map(|user| json!({"user": user, "chat": -1001, "message_id": sent["message_id"], "button": "已阅"}))
        .collect();
    server.order("press", json!({ "presses": presses })).await;
}

/// How many copies the chat got, and how many presses the database knows.
async fn counted(server: &Server, machine: &Machine) -> (usize, i64) {
    (copies(server, -1001).await.len(), machine.presses().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn i9_instances_are_replaced_under_load_without_a_lost_press_or_a_second_push() {
    for db in databases().await.into_iter().filter(|db| db.label == "postgres") {
        let server = Server::start_at(Time::System).await;
        let mut machine = Machine::new(format!("http://{}/", server.address)).await;
        machine.database = Some(db.url.clone());
        office(&server, &machine).await;
        let first = machine.serve();
        machine.until_worked_through(&server).await;
        machine.run("group link -1001 --units 管委会");
        machine.http = free_address().await;
        let second = machine.serve();
        machine.until_ready_says("ready").await;
        machine.run("push now --item gift-no-threshold --group -1001 --outside-hours --yes --json");
        press_all(&server, 1..=50).await;
        assert_eq!(first.end("TERM"), Some(0));
        press_all(&server, 51..=100).await;
        server.look("wait?answers=100&seconds=30").await;
        machine.http = free_address().await;
        let third = machine.serve();
        machine.until_ready_says("ready").await;
        press_all(&server, 101..=150).await;
        assert_eq!(second.end("TERM"), Some(0));
        press_all(&server, 151..=200).await;
        server.look("wait?answers=200&idle=1&seconds=30").await;
        assert_eq!(third.end("TERM"), Some(0));
        assert_eq!(counted(&server, &machine).await, (1, 200));
        assert_eq!(machine.run("db check --json")["ok"], true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a8_signals_one_after_the_other_lose_nothing() {
    let server = Server::start_at(Time::System).await;
    let machine = Machine::new(format!("http://{}/", server.address)).await;
    office(&server, &machine).await;
    let running = machine.serve();
    machine.until_worked_through(&server).await;
    machine.run("group link -1001 --units 管委会");
    machine.run("push now --item gift-no-threshold --group -1001 --outside-hours --yes --json");
    press_all(&server, 1..=100).await;
    running.signal("TERM");
    assert_eq!(running.end("TERM"), Some(0), "the second asks for what is under way");
    press_all(&server, 101..=150).await;
    let running = machine.serve();
    server.look("wait?answers=1&seconds=30").await;
    running.signal("TERM");
    running.end("KILL");
    press_all(&server, 151..=200).await;
    let running = machine.serve();
    server.look("wait?idle=1&seconds=30").await;
    assert_eq!(running.end("TERM"), Some(0));
    assert_eq!(counted(&server, &machine).await, (1, 200));
    assert_eq!(machine.run("db check --json")["ok"], true);
}
