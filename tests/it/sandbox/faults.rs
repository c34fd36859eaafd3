//! Misbehaviour on order, and the ledger that tells what was taken all the same.

use std::time::Duration;

use serde_json::json;

use super::Server;

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
