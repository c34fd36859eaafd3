//! Misbehaviour on order, and the ledger that tells what was taken all the same.

use std::time::Duration;

use rstest::rstest;
use serde_json::{Value, json};

use super::{NOON, Server};

#[tokio::test]
async fn errors_come_as_ordered_and_run_out() {
    let server = Server::start().await;
    server.office().await;
    let fault = json!({"kind": "error", "code": 429, "description": "Too Many Requests: retry after 3", "parameters": {"retry_after": 3}});
    server.order("faults", json!({"method": "sendMessage", "chat": -100, "times": 2, "fault": fault})).await;
    server.ok("sendMessage", json!({"chat_id": 1, "text": "x"})).await;
    let body = r#"{"chat_id":-100,"text":"x"}"#;
    let request = server.client.post(server.url("sendMessage")).header("content-type", "application/json").body(body);
    let answer = request.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "3"));
    let refused = server.refused("sendMessage", json!({"chat_id": -100, "text": "x"})).await;
    assert_eq!(refused, "429 Too Many Requests: retry after 3");
    server.ok("sendMessage", json!({"chat_id": -100, "text": "x"})).await;
    assert_eq!(server.look("ledger").await["sent"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_call_can_be_taken_and_not_answered() {
    let server = Server::start().await;
    server.office().await;
    for (kind, accept) in [("hang", true), ("hang", false), ("reset", true), ("reset", false)] {
        let before = server.look("ledger").await["sent"].as_array().unwrap().len();
        let fault = json!({"kind": kind, "accept": accept});
        server.order("faults", json!({"method": "sendMessage", "fault": fault})).await;
        let request = server.client.post(server.url("sendMessage")).header("content-type", "application/json");
        let request = request.body(r#"{"chat_id":-100,"text":"x"}"#).timeout(Duration::from_millis(300));
        let outcome = async { request.send().await?.text().await }.await;
        assert!(outcome.is_err(), "{kind} must not end in an answer");
        let sent = server.look("ledger").await["sent"].clone();
        assert_eq!(sent.as_array().unwrap().len(), before + usize::from(accept), "{kind}");
        if accept {
            assert_eq!(sent[before]["accepted_but_unanswered"], true);
        }
    }
}

#[tokio::test]
async fn a_web_page_can_stand_in_for_json() {
    let server = Server::start().await;
    server.office().await;
    let fault = json!({"kind": "html", "code": 200});
    server.order("faults", json!({"method": "getUpdates", "fault": fault})).await;
    let page = server.client.get(server.url("getUpdates")).send().await.unwrap().text().await.unwrap();
    assert!(page.starts_with("<html>"));
    server.order("faults", json!({"method": "getMe", "times": 9, "fault": {"kind": "error", "code": 500}})).await;
    assert_eq!(server.refused("getMe", json!({})).await, "500 Internal Server Error");
    server.client.delete(format!("http://{}/sandbox/faults", server.address)).send().await.unwrap();
    server.ok("getMe", json!({})).await;
}

/// Kinds and fates of the calls that met a fault, in order.
fn fates(ledger: &Value) -> Vec<String> {
    let fate = |faulted: &Value| {
        let (kind, message) = (faulted["kind"].as_str().unwrap(), faulted["message_id"].as_i64());
        assert_eq!((&faulted["method"], &faulted["at"]), (&json!("sendmessage"), &json!(NOON)));
        let accepted = faulted["accepted"].as_bool().unwrap();
        assert_eq!(accepted, message.is_some(), "a message that was accepted has its id: {faulted}");
        format!("{kind} {}", if accepted { "taken" } else { "lost" })
    };
    ledger["faulted"].as_array().unwrap().iter().map(fate).collect()
}

/// One call; whatever comes of it.
async fn attempt(server: &Server, patience: u64) -> Option<String> {
    let request = server.client.post(server.url("sendMessage")).header("content-type", "application/json");
    let request = request.body(r#"{"chat_id":-100,"text":"x"}"#).timeout(Duration::from_millis(patience));
    async { request.send().await?.text().await }.await.ok()
}

#[tokio::test]
async fn one_order_makes_a_thousand_faulty_sends_half_of_them_taken() {
    let server = Server::start().await;
    server.office().await;
    let faults = json!([
        {"kind": "reset", "accept": 0.5}, {"kind": "html", "code": 200, "accept": 0.5},
        {"kind": "error", "code": 502, "accept": 0.5}, {"kind": "limit", "retry_after": 1},
    ]);
    server.order("faults", json!({"method": "sendMessage", "times": 1000, "faults": faults})).await;
    for _ in 0..1000 {
        attempt(&server, 10_000).await;
    }
    let ledger = server.look("ledger").await;
    let fates = fates(&ledger);
    let count = |fate: &str| fates.iter().filter(|seen| *seen == fate).count();
    for kind in ["reset", "html", "error"] {
        assert_eq!((count(&format!("{kind} taken")), count(&format!("{kind} lost"))), (125, 125), "{kind}");
    }
    assert_eq!((count("limit lost"), fates.len()), (250, 1000));
    let copies: Vec<&Value> = ledger["sent"].as_array().unwrap().iter().map(|sent| &sent["message_id"]).collect();
    let faulted = ledger["faulted"].as_array().unwrap().iter();
    let named: Vec<&Value> = faulted.map(|fault| &fault["message_id"]).filter(|id| !id.is_null()).collect();
    assert_eq!(copies, named, "each copy that was made is named by the call that made it");
    server.ok("sendMessage", json!({"chat_id": -100, "text": "x"})).await;
    let rest = server.look("ledger?sent=374&faulted=1000&refused=0").await;
    assert_eq!((rest["sent"].as_array().unwrap().len(), &rest["faulted"]), (2, &json!([])));
}

#[tokio::test]
async fn faults_can_come_now_and_then() {
    let server = Server::start().await;
    server.office().await;
    let met = async |order: Value| {
        server.order("faults", order).await;
        let mut met = String::new();
        for _ in 0..12 {
            let answer = server.call("sendMessage", json!({"chat_id": 1, "text": "x"})).await;
            met.push(if answer["ok"] == true { '.' } else { 'x' });
        }
        server.client.delete(format!("http://{}/sandbox/faults", server.address)).send().await.unwrap();
        met
    };
    let fault = json!({"kind": "error", "code": 500});
    assert_eq!(met(json!({"method": "sendMessage", "every": 4, "fault": fault})).await, "...x...x...x");
    assert_eq!(met(json!({"method": "*", "every": 4, "times": 2, "fault": fault})).await, "...x...x....");
    assert_eq!(met(json!({"method": "sendDocument", "every": 1, "fault": fault})).await, "............");
    let drawn = met(json!({"method": "sendMessage", "share": 0.5, "seed": 7, "fault": fault})).await;
    assert!(drawn.contains('x') && drawn.contains('.'), "{drawn}");
    assert_eq!(met(json!({"method": "sendMessage", "share": 0.5, "seed": 7, "fault": fault})).await, drawn);
    assert_eq!(met(json!({"method": "sendMessage", "share": 0.0, "fault": fault})).await, "............");
}

#[rstest]
#[case(1, "blocked", "403 Forbidden: bot was blocked by the user")]
#[case(1, "deactivated", "403 Forbidden: user is deactivated")]
#[case(1, "never_started", "403 Forbidden: bot can't initiate conversation with a user")]
#[case(-100, "kicked", "403 Forbidden: bot was kicked from the supergroup chat")]
#[case(-200, "kicked", "403 Forbidden: bot was kicked from the group chat")]
#[case(-100, "left", "403 Forbidden: bot is not a member of the supergroup chat")]
#[case(-200, "left", "403 Forbidden: bot is not a member of the group chat")]
#[case(-200, "deleted", "403 Forbidden: the group chat was deleted")]
#[case(-100, "not_found", "400 Bad Request: chat not found")]
#[case(-100, "no_rights", "400 Bad Request: not enough rights to send text messages to the chat")]
#[case(-100, "write_forbidden", "400 Bad Request: CHAT_WRITE_FORBIDDEN")]
#[case(-100, "topic_closed", "400 Bad Request: TOPIC_CLOSED")]
#[case(-100, "no_topic", "400 Bad Request: message thread not found")]
#[case(-100, "unauthorized", "401 Unauthorized")]
#[tokio::test]
async fn refusals_come_in_the_real_words(#[case] chat: i64, #[case] why: &str, #[case] refusal: &str) {
    let server = Server::start().await;
    server.office().await;
    server.order("chats", json!({"id": -200, "kind": "group", "title": "小组", "members": [1], "bot": "member"})).await;
    let fault = json!({"kind": "refused", "why": why});
    server.order("faults", json!({"method": "sendMessage", "chat": chat, "fault": fault})).await;
    assert_eq!(server.refused("sendMessage", json!({"chat_id": chat, "text": "x"})).await, refusal);
    let ledger = server.look("ledger").await;
    assert_eq!((&ledger["sent"], &ledger["refused"]), (&json!([]), &json!([])));
    let expected = json!({"at": NOON, "method": "sendmessage", "chat": chat, "kind": "refused", "accepted": false});
    assert_eq!(ledger["faulted"], json!([expected]));
}

#[tokio::test]
async fn pauses_and_moves_carry_their_numbers() {
    let server = Server::start().await;
    server.office().await;
    let body = json!({"chat_id": -100, "text": "x"});
    let order = async |fault: Value| server.order("faults", json!({"method": "sendMessage", "fault": fault})).await;
    order(json!({"kind": "limit", "retry_after": 35})).await;
    let answer = server.call("sendMessage", body.clone()).await;
    assert_eq!(answer["parameters"], json!({"retry_after": 35}));
    assert_eq!(answer["description"], "Too Many Requests: retry after 35");
    order(json!({"kind": "refused", "why": "upgraded", "to": -1_001_234})).await;
    let answer = server.call("sendMessage", body).await;
    assert_eq!(answer["parameters"], json!({"migrate_to_chat_id": -1_001_234}));
    for (wrong, why) in [
        (json!({"fault": {"kind": "refused", "why": "upgraded"}}), "an upgraded group names the supergroup in `to`"),
        (json!({}), "name a fault"),
        (json!({"every": 0, "fault": {"kind": "hang"}}), "every is at least 1 and share is between 0 and 1"),
        (json!({"share": 1.5, "fault": {"kind": "hang"}}), "every is at least 1 and share is between 0 and 1"),
    ] {
        let mut wrong = wrong;
        wrong["method"] = json!("sendMessage");
        assert_eq!(server.sandbox.control("faults", Some(&wrong)).unwrap_err(), why);
    }
}

#[tokio::test]
async fn an_answer_can_come_drop_by_drop() {
    let server = Server::start().await;
    server.office().await;
    let order = async |ms: u64, accept: bool| {
        let fault = json!({"kind": "drip", "ms": ms, "accept": accept});
        server.order("faults", json!({"method": "sendMessage", "fault": fault})).await;
    };
    order(0, true).await;
    let answer: Value = serde_json::from_str(&attempt(&server, 20_000).await.unwrap()).unwrap();
    assert_eq!(answer["result"]["text"], "x", "it is the real answer");
    order(0, false).await;
    assert!(attempt(&server, 20_000).await.unwrap().starts_with("<html>"));
    order(1000, true).await;
    assert_eq!(attempt(&server, 300).await, None);
    assert_eq!(fates(&server.look("ledger").await), ["drip taken", "drip lost", "drip taken"]);
}

#[tokio::test]
async fn faults_of_sends_leave_answers_to_presses_alone() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    server.order("faults", json!({"method": "sendMessage", "every": 1, "fault": {"kind": "error", "code": 500}})).await;
    let press = json!({"presses": [{"user": 1, "chat": -100, "message_id": id, "button": 0}]});
    let query = server.order("press", press).await["callback_ids"][0].clone();
    server.ok("answerCallbackQuery", json!({"callback_query_id": query})).await;
    assert_eq!(server.look("ledger").await["faulted"], json!([]));
}
