//! The count line under a push in a group: how many confirmed, never who. It is changed seldom, and right in the end.

use chrono::Duration;
use qingfeng::jobs::{self, send};
use qingfeng::store::delivery::count_line;
use qingfeng::{office, stop};
use serde_json::{Value, json};

use crate::db::{TestDb, databases};
use crate::world::{OPERATOR, STUDY, World};

/// An office whose first people are bound, with a voluntary push out in the study group; its message.
async fn pushed(db: TestDb, bound: i64) -> (World, String) {
    let mut office = World::new(db).await;
    for user in 1..=bound {
        Box::pin(office.bind(user)).await;
    }
    office.push_now(None).await;
    office.work().await;
    let message = office.newest(STUDY).await;
    (office, message)
}

/// When the first message was edited, in seconds after `since`, and to which last line.
async fn edits(office: &World, since: i64) -> Vec<(i64, String)> {
    let edits = office.sent(STUDY).await[0]["edits"].as_array().unwrap().clone();
    let line = |edit: &Value| edit["text"].as_str().unwrap().lines().last().unwrap().to_owned();
    edits.iter().map(|edit| ((edit["at"].as_i64().unwrap() - since) / 1000, line(edit))).collect()
}

/// Sends whatever falls due until then.
async fn run_until(office: &World, seconds: i64) {
    let end = office.clock.now() + Duration::seconds(seconds);
    while let Some(next) = Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap().filter(|at| *at < end) {
        office.move_to(next).await;
    }
    office.move_to(end).await;
}

#[tokio::test]
async fn presses_that_trickle_in_change_it_every_fifteen_seconds_and_the_last_number_stands() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 9).await;
        let start = office.clock.now().timestamp_millis();
        // One every five seconds from now on, each of whom presses three times.
        for user in 1..=9 {
            for _ in 0..3 {
                office.press(user, STUDY, &message, "已阅").await;
            }
            run_until(&office, 5).await;
        }
        run_until(&office, 600).await;
        let shown = edits(&office, start).await;
        let expected = [(15, "已阅4人"), (30, "已阅7人"), (45, "已阅9人")];
        assert_eq!(shown.iter().map(|(at, line)| (*at, line.as_str())).collect::<Vec<_>>(), expected, "{label}");
        // Nothing changes any more, and nothing is edited.
        office.press(1, STUDY, &message, "已阅").await;
        run_until(&office, 600).await;
        assert_eq!(edits(&office, start).await.len(), 3, "{label}");
        office.stop().await;
    }
}

/// On PostgreSQL an edit and a batch of presses can pass each other; the loop of `serve` finds what stayed behind.
#[tokio::test]
async fn a_number_that_stayed_behind_is_found_within_a_minute_and_at_a_start() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 3).await;
        let start = office.clock.now().timestamp_millis();
        let ctx = office.ctx();
        for (user, minutes) in [(1, 0), (2, 1), (3, 60)] {
            office.press(user, STUDY, &message, "已阅").await;
            office.behind_its_back("UPDATE count_line SET dirty = FALSE".to_owned()).await;
            office.later(minutes * 60).await;
            let (stopper, stop) = stop::pair();
            let loop_of_serve = tokio::spawn(jobs::refresh(ctx.clone(), stop));
            let mut found = false;
            for _ in 0..300 {
                found |= count_line::next_due(&mut ctx.store.read().await.unwrap()).await.unwrap().is_some();
                if found {
                    break;
                }
            }
            stopper.stop();
            loop_of_serve.await.unwrap();
            assert!(found, "{label}: {user}");
            run_until(&office, 60).await;
        }
        let shown: Vec<String> = edits(&office, start).await.into_iter().map(|(_, line)| line).collect();
        assert_eq!(shown, ["已阅1人", "已阅2人", "已阅3人"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn an_edit_waits_while_the_chat_has_had_all_it_may_get() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 1).await;
        let start = office.clock.now().timestamp_millis();
        office.press(1, STUDY, &message, "已阅").await;
        for _ in 0..17 {
            office.push_now(None).await;
        }
        run_until(&office, 120).await;
        // Eighteen messages went out in the first eighteen seconds; the edit would be the nineteenth call of a minute.
        let shown = edits(&office, start).await;
        assert_eq!(shown, [(60, "已阅1人".to_owned())], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn an_audience_of_nine_is_shown_no_number_ever() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=2 {
            office.bind(user).await;
        }
        // Ten people are in the group; one of them is outside the count.
        office.away("S10", 1..=30).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        office.press(1, STUDY, &message, "已阅").await;
        run_until(&office, 120).await;
        assert_eq!(edits(&office, 0).await, [], "{label}");
        // Not in a later copy either, nor in one that says how many pressed before it went out.
        office.press(2, STUDY, &message, "已阅").await;
        run_until(&office, 120).await;
        let said = office.sent(STUDY).await;
        assert!(said.iter().all(|sent| !sent["text"].as_str().unwrap().contains("人\n")), "{label}");
        assert!(said.iter().all(|sent| !sent["text"].as_str().unwrap().ends_with('人')), "{label}: {said:?}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_copy_that_a_press_proved_is_kept_up_to_date_as_well() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=3 {
            office.bind(user).await;
        }
        // The platform has it, and its reply is lost.
        let lost = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": lost})).await;
        let push = office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        for user in 1..=2 {
            office.press(user, STUDY, &message, "已阅").await;
        }
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        run_until(&office, 60).await;
        let lines = |edits: Vec<(i64, String)>| edits.into_iter().map(|(_, line)| line).collect::<Vec<_>>();
        assert_eq!(lines(edits(&office, 0).await), ["已阅2人"], "{label}");
        office.press(3, STUDY, &message, "已阅").await;
        run_until(&office, 60).await;
        assert_eq!(lines(edits(&office, 0).await), ["已阅2人", "已阅3人"], "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_copy_that_an_admin_saw_is_kept_up_to_date_once_it_is_pressed() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let lost = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": lost})).await;
        let push = office.push_now(None).await;
        office.work().await;
        let shown = office::push::show(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        let seen = (qingfeng::domain::delivery::Decision::Sent, "群里看到了");
        office::push::resolve::resolve(&office.ctx(), &OPERATOR, shown.deliveries[0].0.id, seen).await.unwrap();
        let message = office.newest(STUDY).await;
        office.press(1, STUDY, &message, "已阅").await;
        run_until(&office, 60).await;
        assert_eq!(edits(&office, 0).await.len(), 1, "{label}");
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}: no second copy");
        office.stop().await;
    }
}
