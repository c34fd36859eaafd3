//! The answer to a press travels in the reply to the request that brought it.

use futures::FutureExt;
use qingfeng::inbox::writer;
use reqwest::Client;
use serde_json::{Value, json};

use super::{HEADER, Hooked};
use crate::db::databases;
use crate::world::{STUDY, World};

/// A press as the platform would bring it; nobody else is brought it.
async fn press_in_hand(office: &World, user: i64, message: i64) -> String {
    let press = json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
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
        let update = press_in_hand(&office, 1, message).await;
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
        let update = press_in_hand(&office, 1, message).await;
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
