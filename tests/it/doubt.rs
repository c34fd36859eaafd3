//! Doubts that an admin settles, on the command line or by buttons. Decided once; the first press counts.

use qingfeng::domain::delivery::{Decision, TargetKind};
use qingfeng::domain::policy::Role;
use qingfeng::domain::tag::Verb;
use qingfeng::ids::DeliveryId;
use qingfeng::jobs::send;
use qingfeng::office::held::Held;
use qingfeng::office::push::{Now, NowTarget, Shown, resolve};
use qingfeng::office::{self, Refusal, delivery, push};
use serde_json::{Value, json};

use crate::db::databases;
use crate::levers::{lose_reply, shown};
use crate::world::{OPERATOR, STUDY, World};

async fn make_admin(office: &World, staff_no: &str) {
    office::role::grant(&office.ctx(), &OPERATOR, staff_no, Role::Admin).await.unwrap();
}

/// A delivery to the study group that is in doubt, and stays so.
async fn doubt(office: &World) -> (Shown, DeliveryId) {
    lose_reply(office, 1).await;
    let push = office.push_now(None).await;
    office.work().await;
    let id = push.deliveries[0].0.id;
    assert_eq!(office.delivery(&push).await.0, "in_doubt");
    (push, id)
}

#[tokio::test]
async fn an_admin_decides_a_doubt_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let (push, id) = doubt(&office).await;
        let ctx = office.ctx();
        let seen = resolve::resolve(&ctx, &OPERATOR, id, (Decision::Sent, "群里已看到")).await.unwrap();
        assert_eq!((seen.state.as_str(), seen.decision), ("sent", Some(Decision::Sent)), "{label}");
        let again = resolve::resolve(&ctx, &OPERATOR, id, (Decision::Resend, "")).await;
        assert!(matches!(again, Err(Refusal::Lever(Held::NotInDoubt { .. }))), "{label}");
        let unknown = resolve::resolve(&ctx, &OPERATOR, DeliveryId(99), (Decision::Sent, "")).await;
        assert!(matches!(unknown, Err(Refusal::Lever(Held::UnknownDelivery(99)))), "{label}");
        let ruling = shown(&office, push.push.id).await.rulings.remove(0);
        assert_eq!(ruling.decision_reason.as_deref(), Some("群里已看到"), "{label}");
        let entry = office::audit::tail(&ctx, &OPERATOR, 1).await.unwrap().remove(0);
        assert_eq!(entry.action, "delivery_decide", "{label}");
        assert!(!entry.detail.contains("群里"), "{label}: the ledger holds ids and words");
        assert_eq!(office.report().await["voluntary"]["in_doubt"], 0, "{label}");
    }
}

#[tokio::test]
async fn a_doubt_that_is_given_up_counts_as_not_reached_and_one_sent_again_says_so() {
    for db in databases().await {
        let label = db.label;
        let office = World::new(db).await;
        let (_, given_up) = doubt(&office).await;
        resolve::resolve(&office.ctx(), &OPERATOR, given_up, (Decision::Abandon, "当面说了")).await.unwrap();
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["undelivered"], &figures["in_doubt"]), (&json!(10), &json!(0)), "{label}");
        office.later(60).await;
        let (push, again) = doubt(&office).await;
        // Later than the message would have been worth sending by itself.
        office.later(4 * 3600).await;
        resolve::resolve(&office.ctx(), &OPERATOR, again, (Decision::Resend, "群里没有")).await.unwrap();
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        let text = office.sent(STUDY).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(text.starts_with("（补发）【廉政小知识】"), "{label}: {text}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_private_message_in_doubt_is_sent_again_only_by_an_admin() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(2).await;
        let fault = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": 2, "times": 1, "fault": fault})).await;
        let order = Now { target: NowTarget::Private(vec!["S02".to_owned()]), ..World::by_hand() };
        let push = push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown;
        office.work().await;
        assert_eq!(push.deliveries[0].0.target_kind, TargetKind::Staff);
        office.later(300).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "in_doubt");
        let id = push.deliveries[0].0.id;
        resolve::resolve(&office.ctx(), &OPERATOR, id, (Decision::Resend, "没收到")).await.unwrap();
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "sent");
    }
}

/// Presses a button that an admin's alert would carry; the toast.
async fn press_tag(office: &mut World, user: i64, data: String) -> String {
    let press = json!({"user": user, "chat": user, "message_id": office.newest(user).await.parse::<i64>().unwrap(), "data": data});
    let ids = office.server.order("press", json!({ "presses": [press] })).await;
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    let pressed = ledger["pressed"].as_array().unwrap();
    let mine = pressed.iter().find(|press| press["callback_id"] == ids["callback_ids"][0]).unwrap();
    mine["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
}

/// Raises the alert about a doubt, as the sender does when it does nothing more by itself, and sends it.
async fn tell(office: &World, push: &Shown) {
    let ctx = office.ctx();
    let now = shown(office, push.push.id).await;
    let (row, attempts) = &now.deliveries[0];
    let alert = qingfeng::domain::alert::Alert::InDoubt {
        delivery: row.id,
        push: push.push.id,
        title: push.push.title.clone(),
        target: "学习群".to_owned(),
        attempt: attempts.last().unwrap().id.0,
    };
    let mut tx = ctx.store.write().await.unwrap();
    office::alert::raise(&mut tx, &ctx, &alert).await.unwrap();
    tx.commit().await.unwrap();
    send::step(&ctx, &office.line()).await.unwrap();
}

#[tokio::test]
async fn admins_decide_by_buttons_and_the_first_press_counts() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=3 {
            office.bind(user).await;
        }
        make_admin(&office, "S01").await;
        make_admin(&office, "S02").await;
        let (push, id) = doubt(&office).await;
        tell(&office, &push).await;
        let asked = office.sent(1).await.pop().unwrap();
        let text = asked["text"].as_str().unwrap();
        assert!(text.starts_with("【管理员】《题目LP-001》发到“学习群”的这条不确定是否发出"), "{label}: {text}");
        let labels: Vec<&str> = buttons(&asked).iter().map(|(label, _)| *label).collect();
        assert_eq!(labels, ["已看到", "重发", "放弃"], "{label}");
        // Someone who is no admin, with the very same button.
        let stolen = buttons(&asked)[1].1.to_owned();
        let said = press_tag(&mut office, 3, stolen).await;
        assert_eq!(said, "这个按钮由管理员使用，没有改动。", "{label}");
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        let message = office.newest(1).await;
        assert_eq!(
            office.press(1, 1, &message, "重发").await,
            "马上重发，新的一条会注明（补发）。无需处理。",
            "{label}"
        );
        let message = office.newest(2).await;
        assert_eq!(office.press(2, 2, &message, "放弃").await, "已有管理员点过“重发”。无需处理。", "{label}");
        lose_reply(&office, 1).await;
        // A chat gets one call a second.
        office.later(1).await;
        office.work().await;
        // The second copy is in doubt as well. A button about the first decides nothing about it.
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        assert_eq!(office.press(2, 2, &message, "放弃").await, "已有管理员点过“重发”。无需处理。", "{label}");
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        tell(&office, &push).await;
        let message = office.newest(2).await;
        assert_eq!(office.press(2, 2, &message, "已看到").await, "已记为发出。无需处理。", "{label}");
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        let ruling = shown(&office, push.push.id).await.rulings.remove(0);
        assert!(ruling.decided_by.starts_with("staff:"), "{label}");
        assert_eq!(ruling.delivery_id, id, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

fn buttons(sent: &Value) -> Vec<(&str, &str)> {
    let rows = sent["buttons"].as_array().unwrap().iter();
    let all = rows.flat_map(|row| row.as_array().unwrap());
    all.map(|button| (button["text"].as_str().unwrap(), button["data"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_press_in_the_group_settles_a_doubt_before_the_admin_does() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        make_admin(&office, "S01").await;
        let (push, _) = doubt(&office).await;
        tell(&office, &push).await;
        let copy = office.newest(STUDY).await;
        office.press(1, STUDY, &copy, "已阅").await;
        let message = office.newest(1).await;
        assert_eq!(office.press(1, 1, &message, "重发").await, "已经确定发出。无需处理。");
        let unknown = delivery::tag(office.ctx().store.keys(), Verb::Seen, 9_999);
        assert_eq!(press_tag(&mut office, 1, unknown).await, "这个按钮已经失效，没有记录，请以最新的一条为准。");
    }
}
