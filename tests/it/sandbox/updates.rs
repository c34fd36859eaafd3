//! getUpdates: offsets, expiry, allowed kinds, long polls, two pollers.

use std::time::{Duration, Instant};

use qingfeng::sandbox::Time;
use serde_json::{Value, json};

use super::{NOON, Server};

fn ids(updates: &Value) -> Vec<i64> {
    updates.as_array().unwrap().iter().map(|update| update["update_id"].as_i64().unwrap()).collect()
}

async fn say(server: &Server, count: usize) {
    for _ in 0..count {
        server.order("say", json!({"user": 1, "text": "你好"})).await;
    }
}

#[tokio::test]
async fn offsets_confirm_and_limits_hold() {
    let server = Server::start().await;
    server.office().await;
    say(&server, 120).await;
    let first = ids(&server.ok("getUpdates", json!({})).await);
    assert_eq!(first.len(), 100);
    assert!(first.windows(2).all(|pair| pair[1] == pair[0] + 1));
    assert_eq!(ids(&server.ok("getUpdates", json!({"limit": 3})).await), first[..3]);
    let rest = ids(&server.ok("getUpdates", json!({"offset": first[99] + 1})).await);
    assert_eq!(rest.len(), 20);
    let far = ids(&server.ok("getUpdates", json!({"offset": first[0] + 5000})).await);
    assert_eq!(far, rest, "an offset beyond the end confirms nothing");
    assert_eq!(ids(&server.ok("getUpdates", json!({"offset": -2})).await), rest[18..]);
    assert_eq!(ids(&server.ok("getUpdates", json!({"offset": rest[19] + 1})).await), Vec::<i64>::new());
    assert_eq!(server.look("bot").await["pending"], 0);
}

#[tokio::test]
async fn presses_expire_long_before_messages() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    let press = json!({"presses": [{"user": 1, "chat": -100, "message_id": id, "button": 0}]});
    say(&server, 1).await;
    server.order("press", press).await;
    server.order("clock", json!({"set": NOON + 149_999})).await;
    assert_eq!(server.ok("getUpdates", json!({})).await.as_array().unwrap().len(), 2);
    server.order("clock", json!({"set": NOON + 150_000})).await;
    let left = server.ok("getUpdates", json!({})).await;
    assert_eq!(left.as_array().unwrap().len(), 1);
    assert_eq!(left[0]["message"]["text"], "你好");
    server.order("clock", json!({"set": NOON + 86_400_000})).await;
    assert_eq!(server.ok("getUpdates", json!({})).await, json!([]));
}

#[tokio::test]
async fn allowed_kinds_stay_until_named_again() {
    let server = Server::start().await;
    server.office().await;
    server.order("bot", json!({"chat": -100, "standing": "administrator", "by": 1})).await;
    server.skip_updates().await;
    let kinds = async |allowed: Option<Value>| {
        let body = allowed.map_or_else(|| json!({}), |names| json!({"allowed_updates": names}));
        server.ok("getUpdates", body).await;
        server.order("members", json!({"chat": -100, "leave": [2]})).await;
        let seen = server.ok("getUpdates", json!({})).await;
        super::assert_teloxide_reads(&seen);
        server.skip_updates().await;
        let kind = |update: &Value| update.as_object().unwrap().keys().find(|key| *key != "update_id").unwrap().clone();
        seen.as_array().unwrap().iter().map(kind).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(kinds(None).await, "message", "chat_member is not in the default set");
    assert_eq!(kinds(Some(json!(["chat_member", "message"]))).await, "chat_member message");
    assert_eq!(kinds(None).await, "chat_member message", "the set stays");
    assert_eq!(kinds(Some(json!(["callback_query"]))).await, "");
    assert_eq!(kinds(Some(json!([]))).await, "message", "an empty list is the default set");
    assert_eq!(kinds(Some(json!(["poll_answer"]))).await, "", "a kind that never comes is a choice all the same");
    assert_eq!(kinds(Some(json!(["moon_phase"]))).await, "message", "unknown names are passed over");
}

#[expect(clippy::disallowed_methods, reason = "a long poll is measured in real time")]
#[tokio::test]
async fn a_long_poll_ends_with_the_first_update() {
    let server = Server::start().await;
    server.office().await;
    let begun = Instant::now();
    let (updates, ()) = tokio::join!(server.ok("getUpdates", json!({"timeout": 50})), async {
        server.look("wait?idle=1").await;
        say(&server, 1).await;
    });
    assert_eq!(updates[0]["message"]["text"], "你好");
    assert!(begun.elapsed() < Duration::from_secs(20), "the poll did not wait its full time");
}

#[tokio::test]
async fn a_script_can_wait_for_what_the_bot_does() {
    let server = Server::start().await;
    server.office().await;
    let url = format!("http://{}/sandbox/wait?sent=1&seconds=0", server.address);
    assert_eq!(server.client.get(url).send().await.unwrap().status(), 408);
    let (seen, _) = tokio::join!(server.look("wait?sent=1"), server.send_button("a"));
    assert_eq!((&seen["sent"], &seen["answers"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn the_newer_poller_wins() {
    let server = Server::start().await;
    server.office().await;
    let (first, second) = tokio::join!(server.call("getUpdates", json!({"timeout": 50})), async {
        server.look("wait?idle=1").await;
        server.call("getUpdates", json!({"timeout": 0})).await
    });
    let text = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    assert_eq!(first, json!({"ok": false, "error_code": 409, "description": text}));
    assert_eq!(second, json!({"ok": true, "result": []}));
}

#[tokio::test]
async fn a_repeated_offset_gets_one_update_at_a_time() {
    let server = Server::start_at(Time::System).await;
    server.office().await;
    say(&server, 5).await;
    assert_eq!(server.ok("getUpdates", json!({"offset": 1})).await.as_array().unwrap().len(), 5);
    assert_eq!(server.ok("getUpdates", json!({"offset": 1})).await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn shutting_down_ends_waiting_polls() {
    let mut server = Server::start().await;
    let url = server.url("getUpdates?timeout=50");
    let poll = tokio::spawn(server.client.get(url).send());
    server.look("wait?idle=1").await;
    server.stop().await;
    assert_eq!(poll.await.unwrap().unwrap().text().await.unwrap(), r#"{"ok":true,"result":[]}"#);
}
