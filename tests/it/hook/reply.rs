//! The answer to a press travels in the reply to the request that brought it.

use futures::FutureExt;
use futures::future::join_all;
use qingfeng::inbox::writer::{self, Turned};
use reqwest::Client;
use serde_json::{Value, json};

use super::{HEADER, Hooked};
use crate::db::databases;
use crate::quiz::{SINGLE, asking, push};
use crate::world::{STUDY, World};

/// A press as the platform would bring it; nobody else is brought it.
async fn press_in_hand(office: &World, user: i64, message: i64, button: &str) -> String {
    let press = json!({"user": user, "chat": STUDY, "message_id": message, "button": button});
    office.server.order("press", json!({ "presses": [press] })).await;
    let update = office.server.ok("getUpdates", json!({})).await[0].clone();
    let next = update["update_id"].as_i64().unwrap() + 1;
    assert_eq!(office.server.ok("getUpdates", json!({ "offset": next })).await, json!([]));
    update.to_string()
}

#[tokio::test]
async fn a_press_is_answered_in_the_reply_to_the_request_that_brought_it() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await.parse().unwrap();
        let update = press_in_hand(&office, 1, message, "已阅").await;
        let hooked = Hooked::over(office).await;
        let bring = async |body: String| {
            let request = Client::new().post(&hooked.url).header(HEADER, hooked.secret()).body(body);
            let reply = request.send().await.unwrap();
            assert_eq!(reply.status(), 200, "{label}");
            reply.text().await.unwrap()
        };
        let reply: Value = serde_json::from_str(&bring(update.clone()).await).unwrap();
        let press: Value = serde_json::from_str(&update).unwrap();
        let expected = json!({
            "method": "answerCallbackQuery", "callback_query_id": press["callback_query"]["id"],
            "text": "已记录（9月1日09:30），谢谢。",
        });
        assert_eq!(reply, expected, "{label}");
        assert_eq!(hooked.acked().await, 1, "{label}");
        // The same update once more gets the same words, and what is no press gets none.
        assert_eq!(serde_json::from_str::<Value>(&bring(update).await).unwrap(), expected, "{label}");
        assert_eq!(bring(json!({"update_id": 5, "message": {}}).to_string()).await, "", "{label}");
        // There was no call beside the reply.
        let ledger = hooked.office.server.look("ledger").await;
        assert_eq!(ledger["pressed"].as_array().unwrap().last().unwrap()["answered"], json!(null), "{label}");
        hooked.close().await;
    }
}

#[tokio::test]
async fn a_press_whose_request_is_gone_is_answered_by_a_call() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await.parse().unwrap();
        let update = press_in_hand(&office, 1, message, "已阅").await;
        let (door, writer) = writer::pair(office.ctx(), office.line());
        // It is handed in, and then nobody waits for the reply.
        assert!(door.hand_in(update.as_bytes()).now_or_never().is_none(), "{label}");
        drop(door);
        Box::pin(writer::run(writer)).await;
        let ledger = office.server.look("ledger").await;
        let answered = &ledger["pressed"].as_array().unwrap().last().unwrap()["answered"];
        assert_eq!(answered["text"], "已记录（9月1日09:30），谢谢。", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn whatever_shares_a_batch_each_press_is_answered_in_its_own_reply() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 3).await;
        let message = push(&office).await.1.parse().unwrap();
        let mut brought = Vec::new();
        for (user, button) in [(1, "已阅"), (2, "B"), (3, "已阅"), (1, "A")] {
            brought.push(press_in_hand(&office, user, message, button).await);
        }
        let (door, writer) = writer::pair(office.ctx(), office.line());
        // All of them wait before the first is stored.
        let bring = async {
            let replies = join_all(brought.iter().map(|update| door.hand_in(update.as_bytes()))).await;
            drop(door);
            replies
        };
        let (replies, ()) = futures::join!(bring, Box::pin(writer::run(writer)));
        let text = |reply: Result<Option<Vec<u8>>, Turned>| {
            let reply = reply.unwrap().unwrap_or_default();
            serde_json::from_slice::<Value>(&reply).unwrap()["text"].as_str().unwrap().to_owned()
        };
        let texts: Vec<String> = replies.into_iter().map(text).collect();
        let said = ["已记录", "答对了", "已记录", "正确答案是B"];
        let told = texts.iter().zip(said).all(|(text, begins)| text.starts_with(begins));
        assert!(told, "{label}: {texts:?}");
        office.stop().await;
    }
}
