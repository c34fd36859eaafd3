//! Polling when things go wrong between the platform and the database: nothing confirmed is lost, nobody counts twice, and
//! the program never goes deaf.

use std::time::Duration;

use qingfeng::channel::telegram::{Settings, Telegram, Timeouts};
use qingfeng::channel::{Conflict, PollError, RawUpdate};
use qingfeng::domain::audit::Action;
use qingfeng::domain::policy::Role;
use qingfeng::domain::tag::Verb;
use qingfeng::domain::word::InboundMode;
use qingfeng::inbox::intake;
use qingfeng::inbox::poll::{PollFailure, Poller};
use qingfeng::office::{self, hearing};
use serde_json::{Value, json};

use crate::db::databases;
use crate::sandbox::TOKEN;
use crate::world::{OPERATOR, STUDY, World};

/// An office in which `people` are bound and one voluntary push is out; the message.
async fn pushed(db: crate::db::TestDb, people: i64) -> (World, i64) {
    let mut office = World::new(db).await;
    for user in 1..=people {
        office.bind(user).await;
    }
    office.push_now(None).await;
    office.work().await;
    let message = office.newest(STUDY).await.parse().unwrap();
    (office, message)
}

async fn press(office: &World, user: i64, message: i64, times: usize) {
    let one = json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
    office.server.order("press", json!({ "presses": vec![one; times] })).await;
}

async fn acked(office: &World) -> Value {
    office.report().await["voluntary"]["acked"].clone()
}

/// What the newest `count` presses were answered with.
async fn toasts(office: &World, count: usize) -> Vec<String> {
    let ledger = office.server.look("ledger").await;
    let pressed = ledger["pressed"].as_array().unwrap();
    let newest = pressed[pressed.len() - count..].iter();
    newest.map(|press| press["answered"]["text"].as_str().unwrap_or("nothing").to_owned()).collect()
}

fn raw(id: i64, update: &Value) -> RawUpdate {
    RawUpdate { event_id: id.to_string(), id, raw: update.to_string() }
}

#[tokio::test]
async fn a4_a_batch_that_was_stored_and_not_confirmed_comes_again_and_counts_once() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 1).await;
        press(&office, 1, message, 1).await;
        office.poller.as_mut().unwrap().once(Duration::ZERO).await.unwrap();
        // Gone before the next poll could confirm it.
        office.stop().await;
        office.start().await;
        assert_eq!(office.poller.as_mut().unwrap().once(Duration::ZERO).await.unwrap(), 1, "{label}: it came again");
        office.poll().await;
        assert_eq!(acked(&office).await, 1, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a5_a_batch_that_was_fetched_and_not_stored_comes_again() {
    for db in databases().await {
        let (mut office, message) = pushed(db, 1).await;
        press(&office, 1, message, 1).await;
        // Fetched by a program that is gone before it stored anything.
        assert_eq!(office.server.ok("getUpdates", json!({})).await.as_array().unwrap().len(), 1);
        office.stop().await;
        office.start().await;
        office.poll().await;
        assert_eq!(toasts(&office, 1).await, ["已记录（9月1日09:30），谢谢。"]);
        assert_eq!(acked(&office).await, 1);
        office.stop().await;
    }
}

#[tokio::test]
async fn a6_an_ack_whose_answer_never_went_out_counts() {
    for db in databases().await {
        let (mut office, message) = pushed(db, 1).await;
        press(&office, 1, message, 1).await;
        let update = office.server.ok("getUpdates", json!({})).await[0].clone();
        let id = update["update_id"].as_i64().unwrap();
        let batch = [raw(id, &update)];
        // The answers are dropped: the program is gone right after the commit.
        drop(intake::take(&office.ctx(), &office.line(), &batch).await.unwrap());
        office.stop().await;
        office.start().await;
        office.server.ok("getUpdates", json!({ "offset": id + 1 })).await;
        assert_eq!(office.press(1, STUDY, &message.to_string(), "已阅").await, "已记录过（9月1日09:30），不用再点。");
        assert_eq!(acked(&office).await, 1);
        office.stop().await;
    }
}

#[tokio::test]
async fn g1_fifty_presses_of_one_person_are_one_ack_of_the_first_time() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 1).await;
        press(&office, 1, message, 20).await;
        office.poll().await;
        office.later(5).await;
        press(&office, 1, message, 30).await;
        office.poll().await;
        let told = toasts(&office, 50).await;
        assert_eq!(told[0], "已记录（9月1日09:30），谢谢。", "{label}");
        assert!(told[1..].iter().all(|text| text == "已记录过（9月1日09:30），不用再点。"), "{label}: {told:?}");
        assert_eq!(acked(&office).await, 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e11_what_nobody_understands_is_kept_and_holds_up_nothing() {
    for db in databases().await {
        let label = db.label;
        let (office, _) = pushed(db, 1).await;
        let future = json!({"update_id": 5, "telepathy": {"from": {"id": 1}}});
        let batch =
            [raw(5, &future), RawUpdate { event_id: "6".to_owned(), id: 6, raw: "{\"update_id\":6".to_owned() }];
        let effects = intake::take(&office.ctx(), &office.line(), &batch).await.unwrap();
        assert!(effects.is_empty(), "{label}");
        qingfeng::inbox::work::step(&office.ctx(), &office.line()).await;
        let mut tx = office.ctx().store.read().await.unwrap();
        assert_eq!(qingfeng::store::inbox::standing(&mut tx).await.unwrap(), (0, 0), "{label}: looked at and done");
        let kept = qingfeng::store::inbox::seen(&mut tx, office.line().id, &["5", "6"]).await.unwrap();
        assert_eq!(kept.len(), 2, "{label}");
    }
}

#[tokio::test]
async fn e12_repeats_gaps_and_numbers_that_start_anew_are_each_worked_through_once() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 4).await;
        let press = |user: i64| {
            let from = json!({"id": user, "is_bot": false, "first_name": "甲"});
            let chat = json!({"id": STUDY, "type": "supergroup", "title": "学习群"});
            move |data: &Value| {
                json!({"update_id": 0, "callback_query": {"id": format!("c{user}"), "from": from, "chat_instance": "1",
                    "data": data, "message": {"message_id": message, "date": 0, "chat": chat}}})
            }
        };
        let ctx = office.ctx();
        let push = office::push::list(&ctx, &OPERATOR).await.unwrap()[0].id;
        let shown = office::push::show(&ctx, &OPERATOR, push).await.unwrap();
        let data = json!(office::delivery::tag(ctx.store.keys(), Verb::Ack, shown.deliveries[0].1[0].id.0));
        let take = async |numbered: &[(i64, i64)]| {
            let batch: Vec<RawUpdate> = numbered.iter().map(|(id, user)| raw(*id, &press(*user)(&data))).collect();
            intake::take(&ctx, &office.line(), &batch).await.unwrap().len()
        };
        // Out of order, with a gap, and one of them twice.
        assert_eq!(take(&[(910, 2), (900, 1), (910, 2)]).await, 3, "{label}");
        assert_eq!(acked(&office).await, 2, "{label}");
        // Lower after a quiet week: as new as any other.
        assert_eq!(take(&[(12, 3)]).await, 1, "{label}");
        assert_eq!(acked(&office).await, 3, "{label}");
        // A number that was used before its days were over is a repeat; after them it is new.
        office.at(5, 9, 31).await;
        assert!(office::inbox::tidy(&ctx).await.unwrap() >= 3, "{label}");
        assert_eq!(take(&[(900, 4)]).await, 1, "{label}");
        assert_eq!(acked(&office).await, 4, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e12_the_poller_follows_the_platform_whatever_it_numbers() {
    for db in databases().await {
        let (mut office, message) = pushed(db, 2).await;
        press(&office, 1, message, 1).await;
        office.poll().await;
        // Confirmed and idle: what comes next is asked for without a number of before.
        press(&office, 2, message, 1).await;
        office.poll().await;
        assert_eq!(acked(&office).await, 2);
        office.stop().await;
    }
}

#[tokio::test]
async fn e13_the_wanted_kinds_are_named_again_after_a_first_poll_that_failed() {
    for db in databases().await {
        let (mut office, message) = pushed(db, 1).await;
        // An older program wanted texts alone.
        office.server.ok("getUpdates", json!({"allowed_updates": ["message"]})).await;
        office.stop().await;
        office.start().await;
        let fault = json!({"method": "getUpdates", "times": 1, "fault": {"kind": "error", "code": 502, "description": "Bad Gateway"}});
        office.server.order("faults", fault).await;
        let poller = office.poller.as_mut().unwrap();
        poller.once(Duration::ZERO).await.unwrap_err();
        poller.once(Duration::ZERO).await.unwrap();
        assert_eq!(office.press(1, STUDY, &message.to_string(), "已阅").await, "已记录（9月1日09:30），谢谢。");
        office.stop().await;
    }
}

#[tokio::test]
async fn e14_an_answer_that_comes_too_late_leaves_the_ack() {
    for db in databases().await {
        let (mut office, message) = pushed(db, 1).await;
        let old = "Bad Request: query is too old and response timeout expired or query ID is invalid";
        let fault = json!({"method": "answerCallbackQuery", "times": 1, "fault": {"kind": "error", "code": 400, "description": old}});
        office.server.order("faults", fault).await;
        press(&office, 1, message, 1).await;
        office.poll().await;
        assert_eq!(toasts(&office, 1).await, ["nothing"]);
        assert_eq!(acked(&office).await, 1);
        office.stop().await;
    }
}

#[tokio::test]
async fn d10_a_poll_that_falls_silent_is_replaced_by_a_new_one() {
    for db in databases().await {
        let (mut office, message) = pushed(db, 1).await;
        let timeouts = Timeouts { poll_margin: Duration::from_millis(50), ..Timeouts::default() };
        let api_url = Some(format!("http://{}/", office.server.address));
        let telegram = Telegram::new(&Settings { token: TOKEN.into(), api_url, proxy: None, timeouts }).unwrap();
        office.poller = Some(Poller::new(office.ctx(), office.line(), telegram));
        office.server.order("faults", json!({"method": "getUpdates", "times": 1, "fault": {"kind": "hang"}})).await;
        let silent = office.poller.as_mut().unwrap().once(Duration::ZERO).await.unwrap_err();
        assert!(matches!(silent, PollFailure::Poll(PollError::Unreachable(_))), "{silent:?}");
        assert_eq!(office.press(1, STUDY, &message.to_string(), "已阅").await, "已记录（9月1日09:30），谢谢。");
        office.stop().await;
    }
}

#[tokio::test]
async fn e5_another_program_that_polls_is_told_of_once_a_day_and_costs_nothing() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 1).await;
        office::role::grant(&office.ctx(), &OPERATOR, "S01", Role::Admin).await.unwrap();
        press(&office, 1, message, 1).await;
        let words = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
        let fault =
            json!({"method": "getUpdates", "times": 3, "fault": {"kind": "error", "code": 409, "description": words}});
        office.server.order("faults", fault).await;
        let before = office.sent(1).await.len();
        for _ in 0..3 {
            let poller = office.poller.as_mut().unwrap();
            let PollFailure::Poll(PollError::Conflict(conflict)) = poller.once(Duration::ZERO).await.unwrap_err()
            else {
                panic!("{label}: a conflict");
            };
            assert_eq!(conflict, Conflict::OtherPoller, "{label}");
            poller.give_way(conflict).await.unwrap();
        }
        office.work().await;
        let told = office.sent(1).await[before..].to_vec();
        let text = told[0]["text"].as_str().unwrap();
        assert!(text.starts_with("【管理员】有另一个程序在用同一个机器人收消息"), "{label}: {text}");
        assert_eq!(told.len(), 1, "{label}: once");
        office.poll().await;
        assert_eq!(acked(&office).await, 1, "{label}: what waited is still there");
        office.stop().await;
    }
}

#[tokio::test]
async fn e18_a_webhook_in_the_way_is_removed_and_nothing_is_dropped() {
    for db in databases().await {
        let label = db.label;
        let (mut office, message) = pushed(db, 1).await;
        // Set by another program; it never answers there.
        office.server.ok("setWebhook", json!({"url": "http://127.0.0.1:9/elsewhere"})).await;
        press(&office, 1, message, 1).await;
        let poller = office.poller.as_mut().unwrap();
        let failed = poller.once(Duration::ZERO).await.unwrap_err();
        let PollFailure::Poll(PollError::Conflict(conflict)) = failed else { panic!("{label}: {failed:?}") };
        // Told to use webhooks by another instance, this one leaves it alone.
        let (ctx, line) = (office.ctx(), office.line());
        hearing::choose(&ctx, &line, InboundMode::Webhook).await.unwrap();
        office.poller.as_mut().unwrap().give_way(conflict).await.unwrap();
        assert!(office.server.look("bot").await["webhook"].is_string(), "{label}");
        hearing::choose(&ctx, &line, InboundMode::Poll).await.unwrap();
        office.poller.as_mut().unwrap().give_way(conflict).await.unwrap();
        assert!(office.server.look("bot").await["webhook"].is_null(), "{label}");
        office.poll().await;
        assert_eq!(acked(&office).await, 1, "{label}");
        let entries = office::audit::tail(&ctx, &OPERATOR, i64::MAX).await.unwrap();
        let changes = entries.iter().filter(|entry| entry.action == Action::InboundMode.as_str()).count();
        assert_eq!(changes, 2, "{label}");
        office.stop().await;
    }
}
