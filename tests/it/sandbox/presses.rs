//! Presses: made in bulk, delivered, answered once, forged, expired.

use serde_json::json;

use super::{NOON, Server, assert_teloxide_reads};

const TOO_OLD: &str = "400 Bad Request: query is too old and response timeout expired or query ID is invalid";

#[tokio::test]
async fn a_press_is_delivered_answered_and_recorded() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a1:x").await;
    let presses = json!([
        {"user": 1, "chat": -100, "message_id": id, "button": "已阅"},
        {"user": 2, "chat": -100, "message_id": id, "button": 0},
        {"user": 2, "chat": -100, "message_id": id, "data": "forged:<\"&"},
    ]);
    let made = server.order("press", json!({"presses": presses})).await;
    server.order("clock", json!({"advance": 1500})).await;
    let updates = server.ok("getUpdates", json!({"timeout": 50})).await;
    assert_teloxide_reads(&updates);
    let query = &updates[0]["callback_query"];
    assert_eq!(query["id"], made["callback_ids"][0]);
    assert_eq!((&query["from"]["id"], &query["data"]), (&json!(1), &json!("a1:x")));
    assert_eq!(query["message"]["message_id"], id);
    assert_eq!(query["message"]["reply_markup"]["inline_keyboard"][0][0]["text"], "已阅");
    assert_eq!(updates[2]["callback_query"]["data"], "forged:<\"&");

    let answer = json!({"callback_query_id": query["id"], "text": "已记录", "show_alert": true});
    server.ok("answerCallbackQuery", answer.clone()).await;
    assert_eq!(server.refused("answerCallbackQuery", answer).await, TOO_OLD);
    let press = &server.look("ledger").await["pressed"][0];
    let answered = json!({"at": NOON + 1500, "text": "已记录", "show_alert": true, "url": null});
    let expected = json!({
        "callback_id": query["id"], "user": 1, "chat": -100, "message_id": id, "data": "a1:x",
        "at": NOON, "fetched_at": NOON + 1500, "answered": answered,
    });
    assert_eq!(*press, expected);
    let view = server.look("view?user=1&chat=-100").await;
    assert_eq!(view["toasts"][0]["text"], "已记录");
    assert_eq!(server.look("view?user=2&chat=-100").await["toasts"], json!([]));
}

#[tokio::test]
async fn answers_have_limits() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    let press = json!({"presses": [{"user": 1, "chat": -100, "message_id": id, "button": 0}]});
    let query = server.order("press", press.clone()).await["callback_ids"][0].clone();
    for (body, refusal) in [
        (json!({"callback_query_id": query, "text": "字".repeat(201)}), "400 Bad Request: MESSAGE_TOO_LONG"),
        (json!({"callback_query_id": query, "url": "https://example.com"}), "400 Bad Request: URL_INVALID"),
        (json!({"callback_query_id": "12"}), TOO_OLD),
    ] {
        assert_eq!(server.refused("answerCallbackQuery", body).await, refusal);
    }
    let link = "https://t.me/qingfeng_bot?start=bind";
    server.ok("answerCallbackQuery", json!({"callback_query_id": query, "text": "字".repeat(200), "url": link})).await;
    let late = server.order("press", press).await["callback_ids"][0].clone();
    server.order("clock", json!({"advance": 15_001})).await;
    assert_eq!(server.refused("answerCallbackQuery", json!({"callback_query_id": late})).await, TOO_OLD);
}

#[tokio::test]
async fn impossible_presses_change_nothing() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    let good = json!({"user": 1, "chat": -100, "message_id": id, "button": 0});
    for (field, value, why) in [
        ("user", json!(9), "press 1: no person 9"),
        ("chat", json!(2), "press 1: person 1 is not in chat 2"),
        ("message_id", json!(99), "press 1: the bot has no message 99 there"),
        ("button", json!("没有"), "press 1: there is no such button"),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value;
        let refused = server.sandbox.control("press", Some(&json!({"presses": [good, wrong]}))).unwrap_err();
        assert_eq!(refused, why);
    }
    assert_eq!(server.look("ledger").await["pressed"], json!([]));
}

#[tokio::test]
async fn a_press_on_a_deleted_message_has_no_message_to_show() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    server.ok("deleteMessage", json!({"chat_id": -100, "message_id": id})).await;
    server.order("press", json!({"presses": [{"user": 1, "chat": -100, "message_id": id, "button": 0}]})).await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_eq!(updates[0]["callback_query"]["message"]["date"], 0);
    assert_teloxide_reads(&updates);
}

#[tokio::test]
async fn a_load_keeps_as_many_presses_waiting_as_ordered() {
    let server = Server::start().await;
    server.office().await;
    let messages = [server.send_button("a").await, server.send_button("b").await];
    let targets = messages.map(|id| json!({"chat": -100, "message_id": id}));
    let made = server.order("load", json!({"in_flight": 3, "messages": targets})).await;
    assert_eq!(made, json!({"presses": 4, "first": 0}));
    let mut seen = Vec::new();
    let mut offset = json!(0);
    while seen.len() < 4 {
        let left = server.look("load").await;
        assert_eq!(left["pressed"].as_i64().unwrap(), 4.min(3 + i64::try_from(seen.len()).unwrap()));
        let updates = server.ok("getUpdates", json!({"offset": offset, "limit": 1, "timeout": 10})).await;
        offset = json!(updates[0]["update_id"].as_i64().unwrap() + 1);
        let query = &updates[0]["callback_query"];
        seen.push((query["message"]["message_id"].as_i64().unwrap(), query["from"]["id"].as_i64().unwrap()));
        server.ok("answerCallbackQuery", json!({"callback_query_id": query["id"]})).await;
    }
    let [first, second] = messages;
    assert_eq!(seen, [(first, 1), (first, 2), (second, 1), (second, 2)]);
    assert_eq!(server.look("load").await, json!({"first": 0, "pressed": 4, "answered": 4, "left": 0}));
    let nobody = json!({"in_flight": 1, "messages": [{"chat": -100, "message_id": 99}]});
    let refused = server.sandbox.control("load", Some(&nobody)).unwrap_err();
    assert_eq!(refused, "the bot has no message 99 there");
}
