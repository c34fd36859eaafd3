//! 已阅 as a word and as a link, which live a day at the platform where a press lives minutes.

use qingfeng::channel::RawUpdate;
use qingfeng::domain::word::AckMethod;
use qingfeng::inbox::intake;
use qingfeng::office;
use qingfeng::office::ack::link;
use qingfeng::office::push::{Now, NowTarget};
use serde_json::{Value, json};

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

/// A person writes in the study group, as a reply to a message or not.
async fn say_in_group(office: &mut World, user: i64, text: &str, reply_to: Option<&str>) {
    let reply_to = reply_to.map(|message| message.parse::<i64>().unwrap());
    office.server.order("say", json!({"user": user, "chat": STUDY, "text": text, "reply_to": reply_to})).await;
    office.poll().await;
}

async fn acked(office: &World) -> Value {
    office.report().await["voluntary"]["acked"].clone()
}

/// How the stored confirmations were made, oldest first.
async fn methods(office: &World) -> Vec<AckMethod> {
    let mut tx = office.ctx().store.read().await.unwrap();
    let rows = qingfeng::store::ack::page(&mut tx, qingfeng::ids::AckId(0), 99).await.unwrap();
    rows.iter().map(|row| row.method).collect()
}

#[tokio::test]
async fn a_reply_in_the_group_confirms_and_nobody_is_named() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        let before = office.server.look("ledger").await["sent"].as_array().unwrap().len();
        say_in_group(&mut office, 1, "已阅了吗？", Some(&message)).await;
        assert_eq!(acked(&office).await, 0, "{label}");
        say_in_group(&mut office, 1, " 已阅。", Some(&message)).await;
        say_in_group(&mut office, 1, "已阅！", Some(&message)).await;
        assert_eq!((acked(&office).await, methods(&office).await), (json!(1), vec![AckMethod::Text]), "{label}");
        assert_eq!(office.server.look("ledger").await["sent"].as_array().unwrap().len(), before, "{label}: no reply");
        assert_eq!(office.press(1, STUDY, &message, "已阅").await, "已记录过（9月1日09:30），不用再点。", "{label}");
        assert!(office.verified().await, "{label}: the way it was made is sealed");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_reply_of_someone_who_is_not_bound_is_kept_and_credited_as_a_word() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        say_in_group(&mut office, 2, "已阅", Some(&message)).await;
        assert!(office.sent(2).await.is_empty(), "{label}");
        assert_eq!(acked(&office).await, 0, "{label}");
        let words = office.bind(2).await;
        assert!(words.contains("已经补记"), "{label}: {words}");
        assert_eq!((acked(&office).await, methods(&office).await), (json!(1), vec![AckMethod::Text]), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn in_private_the_word_alone_confirms_the_one_that_is_open_or_asks_which() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let hello = office.say(1, "已阅").await;
        assert!(hello.contains("绑定前请先看"), "{label}: {hello}");
        office.bind(1).await;
        assert_eq!(office.say(1, "已阅").await, "现在没有需要您确认的内容。", "{label}");
        office.push_now(None).await;
        office.work().await;
        assert_eq!(office.say(1, "已阅").await, "已记录（9月1日09:30），谢谢。", "{label}");
        assert_eq!(office.say(1, "已阅").await, "现在没有需要您确认的内容。", "{label}");
        office.later(60).await;
        office.push_now(None).await;
        let feast = Now { slug: "feast".to_owned(), ..World::by_hand() };
        office::push::now(&office.ctx(), &OPERATOR, &feast).await.unwrap();
        // A chat gets one message a second.
        for _ in 0..2 {
            office.work().await;
            office.later(1).await;
        }
        assert_eq!(office.say(1, "已阅").await, "有几条还没有确认，请点其中一条。", "{label}");
        let asked = office.newest(1).await;
        assert_eq!(office.press(1, 1, &asked, "题目JQ-2026-01").await, "已记录（9月1日09:31），谢谢。", "{label}");
        assert_eq!(office.say(1, "已阅").await, "已记录（9月1日09:31），谢谢。", "{label}: one is left");
        let expected = [AckMethod::Text, AckMethod::Button, AckMethod::Text];
        assert_eq!(methods(&office).await, expected, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_word_that_is_delivered_again_confirms_nothing_else() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        office.server.order("say", json!({"user": 1, "text": "已阅"})).await;
        let update = office.server.ok("getUpdates", json!({})).await[0].clone();
        let id = update["update_id"].as_i64().unwrap();
        let batch = [RawUpdate { event_id: id.to_string(), id, raw: update.to_string() }];
        let first = intake::take(&office.ctx(), &office.line(), &batch).await.unwrap();
        office.push_now(None).await;
        office.work().await;
        let again = intake::take(&office.ctx(), &office.line(), &batch).await.unwrap();
        assert_eq!(first, again, "{label}");
        assert_eq!(acked(&office).await, 1, "{label}: the second push is not confirmed by the first word");
        office.stop().await;
    }
}

#[tokio::test]
async fn in_private_a_reply_says_which_one_is_meant() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let private = Now { target: NowTarget::Private(vec!["S01".to_owned()]), ..World::by_hand() };
        for slug in ["gift", "feast"] {
            let order = Now { slug: slug.to_owned(), ..private.clone() };
            office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap();
            office.work().await;
            office.later(1).await;
        }
        let sent = office.sent(1).await;
        let gift = sent.iter().find(|sent| sent["text"].as_str().unwrap().contains("LP-001")).unwrap();
        let message = gift["message_id"].clone();
        office.server.order("say", json!({"user": 1, "text": "已阅", "reply_to": message})).await;
        office.poll().await;
        let reply = office.sent(1).await.pop().unwrap();
        assert_eq!(reply["text"], "已记录（9月1日09:30），谢谢。", "{label}");
        let report = office.report().await;
        let confirmed: Vec<_> = report["pushes"].as_array().unwrap().iter().filter(|push| push["acked"] == 1).collect();
        assert_eq!(confirmed.len(), 1, "{label}");
        assert_eq!(confirmed[0]["slug"], "gift", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_link_confirms_its_copy_for_whoever_opens_it_and_a_forged_one_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let push = office.push_now(None).await;
        office.work().await;
        let shown = office::push::show(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        let attempt = shown.deliveries[0].1[0].id;
        let code = link::code(office.ctx().store.keys(), attempt);
        assert_eq!(office.say(1, &format!("/start {code}")).await, "已记录（9月1日09:30），谢谢。", "{label}");
        assert_eq!(office.say(1, &format!("/start {code}")).await, "已记录过（9月1日09:30），不用再点。", "{label}");
        assert_eq!(methods(&office).await, [AckMethod::DeepLink], "{label}");
        // Someone who is not bound is told how to bind, and it counts then.
        let told = office.say(2, &format!("/start {code}")).await;
        assert!(told.contains("绑定前请先看"), "{label}: {told}");
        let first = office.sent(2).await[0]["text"].as_str().unwrap().to_owned();
        assert!(first.starts_with("已收到您的点击。还差一步"), "{label}: {first}");
        office.bind(2).await;
        assert_eq!(acked(&office).await, 2, "{label}");
        let forged = format!("{}0", &code[..code.len() - 1]);
        let forged = if forged == code { format!("{}1", &code[..code.len() - 1]) } else { forged };
        for dead in [forged.as_str(), "ack_1a7", "ack_"] {
            let told = office.say(3, &format!("/start {dead}")).await;
            assert_eq!(told, "这个链接已经失效，没有记录，请以最新的一条为准。", "{label}: {dead}");
        }
        // It was no attempt at a binding code.
        assert!(office.bind(3).await.starts_with("绑定好了"), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn g6_a_word_in_the_name_of_the_group_is_nobody_s() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.push_now(None).await;
        office.work().await;
        let message: i64 = office.newest(STUDY).await.parse().unwrap();
        let group = json!({"id": STUDY, "type": "supergroup", "title": "学习群"});
        let update = json!({"update_id": 77, "message": {"message_id": 900, "date": 0, "chat": group, "sender_chat": group,
            "from": {"id": 1_087_968_824, "is_bot": true, "first_name": "Group", "username": "GroupAnonymousBot"},
            "text": "已阅", "reply_to_message": {"message_id": message, "date": 0, "chat": group}}});
        let batch = [RawUpdate { event_id: "77".to_owned(), id: 77, raw: update.to_string() }];
        assert!(intake::take(&office.ctx(), &office.line(), &batch).await.unwrap().is_empty(), "{label}");
        let mut tx = office.ctx().store.write().await.unwrap();
        let stand_in = qingfeng::store::account::ensure(&mut tx, office.line().id, "1087968824").await.unwrap();
        assert!(qingfeng::store::ack::take_kept(&mut tx, stand_in.id).await.unwrap().is_empty(), "{label}");
        drop(tx);
        office.stop().await;
    }
}

#[tokio::test]
async fn g8_a_word_that_is_edited_or_deleted_afterwards_still_counts() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        say_in_group(&mut office, 1, "已阅", Some(&message)).await;
        let edited = json!({"update_id": 78, "edited_message": {"message_id": 901, "date": 0, "edit_date": 5,
            "chat": {"id": STUDY, "type": "supergroup", "title": "学习群"},
            "from": {"id": 1, "is_bot": false, "first_name": "甲1"}, "text": "没看"}});
        let batch = [RawUpdate { event_id: "78".to_owned(), id: 78, raw: edited.to_string() }];
        intake::take(&office.ctx(), &office.line(), &batch).await.unwrap();
        office.poll().await;
        assert_eq!(acked(&office).await, 1, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}
