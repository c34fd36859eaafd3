//! Whoever writes or presses in the name of a group: the platform names a stand-in in place of the person.

use qingfeng::office;
use qingfeng::store;
use serde_json::json;

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

/// What the bot answers to someone who hides behind the study group: user 1 is its creator.
async fn hidden_press(office: &mut World, message: &str) -> String {
    let message: i64 = message.parse().unwrap();
    let press = json!({"user": 1, "chat": STUDY, "message_id": message, "button": "已阅", "anonymous": true});
    office.server.order("press", json!({ "presses": [press] })).await;
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    ledger["pressed"].as_array().unwrap().last().unwrap()["answered"]["text"].as_str().unwrap().to_owned()
}

async fn hidden_words(office: &mut World, text: &str, reply_to: Option<&str>) -> usize {
    let mut order = json!({"user": 1, "chat": STUDY, "text": text, "anonymous": true});
    if let Some(message) = reply_to {
        order["reply_to"] = json!(message.parse::<i64>().unwrap());
    }
    let before = office.sent(STUDY).await.len();
    office.server.order("say", order).await;
    office.poll().await;
    office.sent(STUDY).await.len() - before
}

#[tokio::test]
async fn whoever_hides_behind_the_group_counts_for_nobody_and_learns_why() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let copy = office.newest(STUDY).await;
        let hint = "现在是匿名身份，认不出是谁，没有记录。请关闭群管理里的“匿名”后再点一次。";
        assert_eq!(hidden_press(&mut office, &copy).await, hint, "{label}");
        assert_eq!(hidden_press(&mut office, &copy).await, hint, "{label}: a toast is told each time");
        // Neither counted nor kept for whoever the stand-in might be one day.
        let ctx = office.ctx();
        let mut tx = ctx.store.write().await.unwrap();
        let stand_in = store::account::ensure(&mut tx, office.line().id, "1087968824").await.unwrap();
        let kept = store::ack::take_kept(&mut tx, stand_in.id).await.unwrap();
        assert!(kept.is_empty(), "{label}");
        drop(tx);
        // In the chat it is told once a day.
        assert_eq!(hidden_words(&mut office, "大家好", None).await, 0, "{label}");
        assert_eq!(hidden_words(&mut office, "已阅", Some(&copy)).await, 1, "{label}");
        let said = office.sent(STUDY).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(said.contains("匿名") && said.chars().count() < 80, "{label}: {said}");
        assert_eq!(hidden_words(&mut office, "已阅", Some(&copy)).await, 0, "{label}");
        assert_eq!(hidden_words(&mut office, "/start", None).await, 0, "{label}");
        office.at(2, 9, 40).await;
        office.poll().await;
        assert_eq!(hidden_words(&mut office, "/start", None).await, 1, "{label}");
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["acked"], &figures["others"]), (&json!(0), &json!(0)), "{label}");
        // As themselves they are counted.
        assert!(office.press(1, STUDY, &copy, "已阅").await.starts_with("已记录"), "{label}");
        assert_eq!(office.report().await["voluntary"]["acked"], 1, "{label}");
        // While everything is stopped, and where nobody linked the chat, the bot stays mute.
        office.at(3, 9, 40).await;
        office::halt::pause(&ctx, &OPERATOR, "").await.unwrap();
        assert_eq!(hidden_words(&mut office, "/start", None).await, 0, "{label}");
        office::halt::resume(&ctx, &OPERATOR).await.unwrap();
        office::group::suspend(&ctx, &OPERATOR, &STUDY.to_string(), "").await.unwrap();
        assert_eq!(hidden_words(&mut office, "/start", None).await, 0, "{label}");
        assert!(office.verified().await, "{label}");
    }
}
