//! The program dies, stands still or cannot write at a bad moment. The numbers are those of the list of faults.

use qingfeng::domain::delivery::{DeliveryState, Removal};
use qingfeng::domain::policy::Role;
use qingfeng::ids::AttemptId;
use qingfeng::jobs::send;
use qingfeng::office::delivery::{self, Cursor, Round};
use qingfeng::office::push::{Now, NowTarget, Shown};
use qingfeng::office::{self};
use qingfeng::store;
use serde_json::json;

use crate::db::databases;
use crate::quiz::forged;
use crate::world::{OPERATOR, STUDY, World};

async fn claim(office: &World) -> Round {
    delivery::claim(&office.ctx(), &office.line(), (64, &mut Cursor::default())).await.unwrap()
}

/// The next messages meet a fault; `accept`: the chat has them all the same.
async fn fault(office: &World, kind: &str, accept: bool) {
    let fault = json!({"kind": kind, "accept": accept});
    office.server.order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": fault})).await;
}

fn kept(office: &World) -> usize {
    std::fs::read_to_string(&*office.ctx().spool)
        .map_or(0, |text| text.split('\n').filter(|line| !line.is_empty()).count())
}

#[tokio::test]
async fn a1_a_death_between_the_attempt_and_its_call_leaves_a_doubt_and_one_flagged_copy() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        let round = claim(&office).await;
        let begun = delivery::begin(&office.ctx(), &office.line(), round.claimed).await;
        assert_eq!(begun.calls.len(), 1, "{label}");
        office.stop().await;
        office.later(61).await;
        office.start().await;
        assert_eq!(office.delivery(&push).await, ("in_doubt".to_owned(), vec!["unknown".to_owned()]), "{label}");
        office.later(90).await;
        office.work().await;
        let sent = office.sent(STUDY).await;
        assert_eq!(sent.len(), 1, "{label}");
        assert!(sent[0]["text"].as_str().unwrap().starts_with("（补发）"), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a3_a_death_after_the_reply_and_before_its_commit_is_settled_by_a_press() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let push = office.push_now(None).await;
        let round = claim(&office).await;
        let begun = delivery::begin(&office.ctx(), &office.line(), round.claimed).await;
        drop(delivery::make(&office.ctx(), &office.line(), &begun.calls[0]).await);
        office.stop().await;
        office.later(61).await;
        office.start().await;
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        let message = office.newest(STUDY).await;
        office.press(1, STUDY, &message, "已阅").await;
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["proved".to_owned()]), "{label}");
        office.later(600).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a7_a_sender_that_stops_gives_back_what_it_had_not_begun() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        claim(&office).await;
        assert_eq!(office.delivery(&push).await.0, "claimed", "{label}");
        send::Sender::new(office.ctx(), office.line()).finish().await;
        assert_eq!(office.delivery(&push).await, ("queued".to_owned(), vec![]), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a13_a_process_that_stood_still_makes_no_call_under_an_old_claim() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let (ctx, line) = (office.ctx(), office.line());
        // Before the attempt: the claim goes back.
        let push = office.push_now(None).await;
        let round = claim(&office).await;
        office.later(36).await;
        assert!(delivery::begin(&ctx, &line, round.claimed).await.calls.is_empty(), "{label}");
        assert_eq!(office.delivery(&push).await, ("queued".to_owned(), vec![]), "{label}");
        // After the attempt: the call is not made, and that is known.
        let round = claim(&office).await;
        let begun = delivery::begin(&ctx, &line, round.claimed).await;
        office.later(600).await;
        let report = delivery::make(&ctx, &line, &begun.calls[0]).await;
        assert_eq!(delivery::settle(&ctx, &report).await.unwrap(), DeliveryState::RetryWait, "{label}");
        assert_eq!(office.sent(STUDY).await.len(), 0, "{label}");
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["not_sent".to_owned(), "ok".to_owned()]));
        assert!(!office.sent(STUDY).await[0]["text"].as_str().unwrap().starts_with("（补发）"), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a14_starting_again_and_again_sends_nothing_by_itself() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        fault(&office, "reset", true).await;
        let push = office.push_now(None).await;
        office.work().await;
        for _ in 0..5 {
            office.stop().await;
            office.later(60).await;
            office.start().await;
        }
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.work().await;
        // One flagged copy, however often it was started.
        assert_eq!((office.sent(STUDY).await.len(), office.delivery(&push).await.0), (2, "sent".to_owned()), "{label}");
        office.stop().await;
    }
}

/// Makes the database refuse every result, as a full disk does after the attempt was written.
async fn full(office: &World) {
    let sql = if office.db.label == "sqlite" {
        "CREATE TRIGGER full BEFORE UPDATE ON attempt BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END;"
    } else {
        "CREATE FUNCTION full_disk() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'could not extend file'
            USING ERRCODE = '53100'; END $$ LANGUAGE plpgsql;
        CREATE TRIGGER full_disk BEFORE UPDATE ON attempt FOR EACH ROW EXECUTE FUNCTION full_disk();"
    };
    office.behind_its_back(sql.to_owned()).await;
}

async fn room_again(office: &World) {
    let sql = if office.db.label == "sqlite" { "DROP TRIGGER full" } else { "DROP TRIGGER full_disk ON attempt" };
    office.behind_its_back(sql.to_owned()).await;
}

#[tokio::test]
async fn c2_a_result_that_cannot_be_written_is_kept_and_nothing_more_is_sent() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        full(&office).await;
        assert!(send::step(&office.ctx(), &office.line()).await.is_err(), "{label}");
        assert_eq!(office.delivery(&push).await.0, "sending", "{label}");
        assert_eq!(kept(&office), 1, "{label}");
        let next = office.push_now(None).await;
        office.later(5).await;
        assert!(send::step(&office.ctx(), &office.line()).await.is_err(), "{label}");
        assert_eq!(
            (office.delivery(&next).await.0, office.sent(STUDY).await.len()),
            ("queued".to_owned(), 1),
            "{label}"
        );
        room_again(&office).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["ok".to_owned()]), "{label}");
        assert_eq!(office.delivery(&next).await.0, "sent", "{label}");
        assert_eq!(kept(&office), 0, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn c2_a_kept_result_outlives_the_process() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        full(&office).await;
        assert!(send::step(&office.ctx(), &office.line()).await.is_err(), "{label}");
        office.stop().await;
        room_again(&office).await;
        office.later(600).await;
        office.start().await;
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["ok".to_owned()]), "{label}");
        assert_eq!(kept(&office), 0, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn c2_one_sender_goes_on_by_itself_when_there_is_room_again() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let mut sender = send::Sender::new(office.ctx(), office.line());
        sender.prepare();
        assert_eq!(std::fs::metadata(&*office.ctx().spool).unwrap().len(), 65_536, "{label}: room is made beforehand");
        let push = office.push_now(None).await;
        full(&office).await;
        sender.round().await.unwrap();
        sender.news().await;
        assert!(sender.round().await.is_err(), "{label}");
        assert_eq!(kept(&office), 1, "{label}");
        room_again(&office).await;
        sender.round().await.unwrap();
        assert_eq!((office.delivery(&push).await.0, kept(&office)), ("sent".to_owned(), 0), "{label}");
        sender.finish().await;
        office.stop().await;
    }
}

#[tokio::test]
async fn d1_a_platform_that_cannot_be_reached_uses_up_the_tries_and_fails() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = office.push_now(None).await;
        office.server.stop().await;
        for _ in 0..8 {
            office.work().await;
            office.hand.set(office.clock.now() + chrono::Duration::seconds(300));
        }
        let (state, outcomes) = office.delivery(&push).await;
        assert_eq!((state.as_str(), outcomes), ("failed", vec!["not_sent".to_owned(); 8]), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn d2_and_e3_a_page_or_an_error_of_the_server_leaves_a_doubt() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for (kind, code) in [("html", 200), ("html", 502), ("error", 500), ("error", 504)] {
            let fault = json!({"kind": kind, "code": code, "accept": true});
            office.server.order("faults", json!({"method": "sendMessage", "times": 1, "fault": fault})).await;
            let push = office.push_now(None).await;
            office.work().await;
            assert_eq!(
                office.delivery(&push).await,
                ("in_doubt".to_owned(), vec!["unknown".to_owned()]),
                "{label} {code}"
            );
            office.later(1).await;
        }
        office.stop().await;
    }
}

/// A private copy whose outcome nobody knows.
async fn private_doubt(office: &mut World) -> Shown {
    office.bind(1).await;
    office.bind(2).await;
    office::role::grant(&office.ctx(), &OPERATOR, "S02", Role::Admin).await.unwrap();
    let fault = json!({"kind": "reset", "accept": true});
    office.server.order("faults", json!({"method": "sendMessage", "chat": 1, "times": 1, "fault": fault})).await;
    let order = Now { target: NowTarget::Private(vec!["S01".to_owned()]), ..World::by_hand() };
    let push = office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown;
    office.work().await;
    push
}

#[tokio::test]
async fn a_private_doubt_is_held_and_the_admins_are_told_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let push = private_doubt(&mut office).await;
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        let before = office.sent(2).await.len();
        for _ in 0..4 {
            office.later(90).await;
            office.work().await;
        }
        assert_eq!(office.delivery(&push).await.1.len(), 1, "{label}: not sent again");
        let told = office.sent(2).await;
        assert_eq!(told.len(), before + 1, "{label}");
        let words = told.last().unwrap()["text"].as_str().unwrap();
        assert!(words.contains("不确定是否发出") && words.contains("尾号01"), "{label}: {words}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_second_copy_that_is_refused_leaves_the_doubt_about_the_first() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        fault(&office, "reset", true).await;
        let push = office.push_now(None).await;
        office.work().await;
        let kicked =
            json!({"kind": "error", "code": 403, "description": "Forbidden: bot was kicked from the supergroup chat"});
        office.server.order("faults", json!({"method": "sendMessage", "times": 1, "fault": kicked})).await;
        office.later(90).await;
        office.work().await;
        let outcomes = vec!["unknown".to_owned(), "rejected".to_owned()];
        assert_eq!(office.delivery(&push).await, ("in_doubt".to_owned(), outcomes), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn copies_that_are_wanted_back_are_deleted_at_our_pace_and_tried_again() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let first = office.push_now(None).await;
        office.work().await;
        let second = office.push_now(None).await;
        office.later(1).await;
        office.work().await;
        let wanted = async |office: &World, push: &Shown| {
            let mut tx = office.ctx().store.write().await.unwrap();
            let delivery = push.deliveries[0].0.id;
            let attempt = store::delivery::attempts(&mut tx, delivery).await.unwrap().remove(0).id;
            let now = office.clock.now();
            store::delivery::decide::remove(&mut tx, &[attempt], Removal::Wanted, now).await.unwrap();
            tx.commit().await.unwrap();
            attempt
        };
        let one = wanted(&office, &first).await;
        let two = wanted(&office, &second).await;
        let lost = json!({"kind": "reset"});
        office.server.order("faults", json!({"method": "deleteMessage", "times": 1, "fault": lost})).await;
        let old =
            json!({"kind": "error", "code": 400, "description": "Bad Request: message can't be deleted for everyone"});
        office.server.order("faults", json!({"method": "deleteMessage", "times": 1, "fault": old})).await;
        for _ in 0..70 {
            office.later(1).await;
            office.work().await;
        }
        let ctx = office.ctx();
        let entries = office::audit::tail(&ctx, &OPERATOR, i64::MAX).await.unwrap();
        let became: Vec<&str> =
            entries.iter().filter(|entry| entry.action == "copy_remove").map(|entry| entry.detail.as_str()).collect();
        let of =
            |attempt: AttemptId, became: Removal| json!({"attempt": attempt, "removal": became.as_str()}).to_string();
        assert_eq!(became, [of(two, Removal::TooOld), of(one, Removal::Done)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_press_under_another_message_settles_no_doubt() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let other = office.newest(STUDY).await;
        office.later(10).await;
        fault(&office, "reset", true).await;
        let push = office.push_now(None).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        // What the button of the message in doubt holds, sent under the message before it by a client that was tampered with.
        let sent = office.sent(STUDY).await;
        let data = sent.last().unwrap()["buttons"][0][0]["data"].as_str().unwrap().to_owned();
        let said = forged(&mut office, (1, STUDY), &other, &data).await;
        // The person confirmed; which message carries the button is not known by it.
        assert_eq!(said, "已记录（9月1日09:30），谢谢。", "{label}");
        assert_eq!(office.delivery(&push).await, ("in_doubt".to_owned(), vec!["unknown".to_owned()]), "{label}");
        let message = office.newest(STUDY).await;
        assert_eq!(office.press(1, STUDY, &message, "已阅").await, "已记录过（9月1日09:30），不用再点。", "{label}");
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["proved".to_owned()]), "{label}");
        office.stop().await;
    }
}
