//! Update numbers that come twice, out of order, with gaps, or begin anew.

use serde_json::{Value, json};

use super::{NOON, Server};

/// Numbers counted from the first one, and the text each carries.
async fn poll(server: &Server, offset: i64) -> Vec<(i64, String)> {
    let updates = server.ok("getUpdates", json!({"offset": offset})).await;
    let read = |update: &Value| {
        (update["update_id"].as_i64().unwrap(), update["message"]["text"].as_str().unwrap().to_owned())
    };
    updates.as_array().unwrap().iter().map(read).collect()
}

async fn say(server: &Server, texts: &[&str]) {
    for text in texts {
        server.order("say", json!({"user": 1, "text": text})).await;
    }
}

async fn odd(server: &Server, order: Value) -> i64 {
    server.order("updates", order).await["next"].as_i64().unwrap()
}

#[tokio::test]
async fn e12_an_update_can_stand_twice_in_one_answer() {
    let server = Server::start().await;
    server.office().await;
    let first = odd(&server, json!({"kind": "duplicate", "count": 1})).await;
    say(&server, &["甲", "乙"]).await;
    let expected = [(first, "甲".to_owned()), (first, "甲".to_owned()), (first + 1, "乙".to_owned())];
    assert_eq!(poll(&server, 0).await, expected);
    assert_eq!(poll(&server, first + 1).await, expected[2..]);
}

#[tokio::test]
async fn e12_an_update_can_come_again_after_it_was_confirmed() {
    let server = Server::start().await;
    server.office().await;
    let first = odd(&server, json!({"kind": "repeat", "count": 2})).await;
    say(&server, &["甲", "乙", "丙"]).await;
    assert_eq!(poll(&server, 0).await.len(), 3);
    let again = poll(&server, first + 3).await;
    assert_eq!(again, [(first, "甲".to_owned()), (first + 1, "乙".to_owned())]);
    assert_eq!(poll(&server, first + 2).await, []);
}

#[tokio::test]
async fn e12_answers_can_be_out_of_order_and_lose_nothing() {
    let server = Server::start().await;
    server.office().await;
    let first = odd(&server, json!({"kind": "swap", "count": 1})).await;
    say(&server, &["甲", "乙"]).await;
    assert_eq!(poll(&server, 0).await, [(first + 1, "乙".to_owned()), (first, "甲".to_owned())]);
    assert_eq!(poll(&server, first + 1).await, [(first + 1, "乙".to_owned())]);
    odd(&server, json!({"kind": "gap", "by": 500})).await;
    say(&server, &["丙"]).await;
    let numbers: Vec<i64> = poll(&server, 0).await.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [first + 1, first + 502]);
}

#[tokio::test]
async fn e12_numbers_begin_anew_after_a_quiet_week() {
    let server = Server::start().await;
    server.office().await;
    say(&server, &["甲"]).await;
    let early = server.sandbox.control("updates", Some(&json!({"kind": "restart"}))).unwrap_err();
    assert_eq!(early, "updates still wait; numbers begin anew after a quiet week");
    server.order("clock", json!({"set": NOON + 8 * 86_400_000})).await;
    assert_eq!(odd(&server, json!({"kind": "restart", "at": 12})).await, 12);
    say(&server, &["乙"]).await;
    assert_eq!(poll(&server, 900_000_000).await, [(12, "乙".to_owned())], "an old offset confirms nothing");
    assert_eq!(poll(&server, 13).await, []);
    assert!(odd(&server, json!({"kind": "restart"})).await < 12);
}
