//! The real rate limits, on demand.

use serde_json::{Value, json};

use super::{NOON, Server};

async fn limited() -> Server {
    let server = Server::start().await;
    server.office().await;
    server.order("limits", json!({"on": true})).await;
    server
}

async fn send(server: &Server, chat: i64) -> Value {
    let answer = server.call("sendMessage", json!({"chat_id": chat, "text": "x"})).await;
    answer["parameters"]["retry_after"].clone()
}

async fn set_seconds(server: &Server, seconds: i64) {
    server.order("clock", json!({"set": NOON + seconds * 1000})).await;
}

#[tokio::test]
async fn a_chat_takes_a_small_burst_and_then_one_a_second() {
    let server = limited().await;
    for _ in 0..3 {
        assert_eq!(send(&server, 1).await, Value::Null);
    }
    assert_eq!(send(&server, 1).await, 1);
    let text = server.refused("sendMessage", json!({"chat_id": 1, "text": "x"})).await;
    assert_eq!(text, "429 Too Many Requests: retry after 1");
    set_seconds(&server, 1).await;
    assert_eq!((send(&server, 1).await, send(&server, 1).await), (Value::Null, json!(1)));
    let refused = &server.look("ledger").await["refused"][0];
    assert_eq!((&refused["code"], &refused["chat"]), (&json!(429), &json!("1")));
}

#[tokio::test]
async fn a_group_takes_twenty_a_minute_edits_included() {
    let server = limited().await;
    let id = server.send_button("a").await;
    for second in 1..20 {
        set_seconds(&server, second).await;
        let edit = json!({"chat_id": -100, "message_id": id, "text": format!("已阅{second}人")});
        server.ok("editMessageText", edit).await;
    }
    let edit = json!({"chat_id": -100, "message_id": id, "text": "已阅20人"});
    assert_eq!(server.call("editMessageText", edit.clone()).await["parameters"]["retry_after"], 41);
    assert_eq!(send(&server, -100).await, 41);
    assert_eq!(send(&server, 1).await, Value::Null, "others are not slowed");
    server.ok("deleteMessage", json!({"chat_id": -100, "message_id": id})).await;
    set_seconds(&server, 60).await;
    assert_eq!(send(&server, -100).await, Value::Null);
    assert_eq!(send(&server, -100).await, 1, "the next one leaves the minute a second later");
}

#[tokio::test]
async fn thirty_a_second_are_all_and_answers_to_presses_are_free() {
    let server = limited().await;
    let people: Vec<Value> = (10..50).map(|id| json!({"id": id, "first_name": "某", "started": true})).collect();
    server.order("people", json!({"people": people})).await;
    let id = server.send_button("a").await;
    for person in 10..39 {
        assert_eq!(send(&server, person).await, Value::Null);
    }
    assert_eq!(send(&server, 39).await, 1);
    let presses = vec![json!({"user": 1, "chat": -100, "message_id": id, "button": 0}); 100];
    let made = server.order("press", json!({"presses": presses})).await;
    for query in made["callback_ids"].as_array().unwrap() {
        server.ok("answerCallbackQuery", json!({"callback_query_id": query})).await;
    }
    server.order("limits", json!({"on": false})).await;
    assert_eq!(send(&server, 39).await, Value::Null);
}

#[tokio::test]
async fn what_is_turned_down_does_not_count() {
    let server = limited().await;
    for _ in 0..50 {
        server.refused("sendMessage", json!({"chat_id": 1, "text": ""})).await;
    }
    assert_eq!(send(&server, 1).await, Value::Null);
}
