//! The program's own client against faults of the sandbox: what it makes of them, and what really happened.

use std::time::Duration;

use qingfeng::channel::telegram::{Settings, Telegram, Timeouts, Webhook};
use qingfeng::channel::{Address, Deleted, FaultKind, GoneReason, Receipt, RefusalKind, SendError, Style};
use qingfeng::domain::rich::{Rich, Span};
use qingfeng::message::outgoing::Outgoing;
use rstest::rstest;
use serde_json::{Value, json};

use super::{NOON, Server, TOKEN};

/// The program's client, which gives up early when the fault is that nothing comes.
fn client(server: &Server, call: Duration) -> Telegram {
    let timeouts = Timeouts { connect: call / 2, call, poll_margin: call };
    let api_url = Some(format!("http://{}", server.address));
    Telegram::new(&Settings { token: TOKEN.into(), api_url, proxy: None, timeouts }).unwrap()
}

fn words() -> Outgoing {
    Outgoing { text: Rich(vec![vec![Span::Bold("学习".into())]]), buttons: Vec::new() }
}

fn group() -> Address {
    Address { chat: "-100".into(), thread: None }
}

/// One send that meets the fault: its outcome, and the ledger.
async fn send(fault: &Value, call: Duration) -> (Result<Receipt, SendError>, Value) {
    let server = Server::start().await;
    server.office().await;
    server.order("faults", json!({"method": "sendMessage", "fault": fault})).await;
    let outcome = client(&server, call).send(&group(), &words(), Style::Styled).await;
    (outcome, server.look("ledger").await)
}

#[rstest]
#[case::d2_a_page_with_200(json!({"kind": "html", "code": 200}), FaultKind::BadBody)]
#[case::d3_no_answer(json!({"kind": "hang"}), FaultKind::Timeout)]
#[case::d4_reset(json!({"kind": "reset"}), FaultKind::Broken)]
#[case::d5_drip(json!({"kind": "drip", "ms": 50}), FaultKind::Timeout)]
#[case::e3_error(json!({"kind": "error", "code": 500}), FaultKind::Server(500))]
#[case::e3_gateway(json!({"kind": "html"}), FaultKind::Server(502))]
#[tokio::test]
async fn d2_d3_d4_d5_what_the_client_cannot_know_it_leaves_in_doubt(#[case] fault: Value, #[case] kind: FaultKind) {
    let waits = kind == FaultKind::Timeout;
    for accept in [true, false] {
        let mut fault = fault.clone();
        fault["accept"] = json!(accept);
        let (outcome, ledger) = send(&fault, Duration::from_millis(if waits { 500 } else { 20_000 })).await;
        assert!(matches!(&outcome, Err(SendError::InDoubt(seen)) if seen.kind == kind), "{outcome:?}");
        assert_eq!(ledger["sent"].as_array().unwrap().len(), usize::from(accept), "one call, never repeated");
        assert_eq!(
            (&ledger["faulted"][0]["accepted"], ledger["faulted"].as_array().unwrap().len()),
            (&json!(accept), 1)
        );
    }
}

#[rstest]
#[case::e1(json!({"kind": "limit", "retry_after": 35}), SendError::Limited { retry_after: Duration::from_secs(35) })]
#[case::e4(json!({"kind": "refused", "why": "unauthorized"}), SendError::Unauthorized)]
#[case::e6(json!({"kind": "refused", "why": "upgraded", "to": -1001}), SendError::Migrated { to: "-1001".into() })]
#[case::e7_kicked(json!({"kind": "refused", "why": "kicked"}), SendError::Gone(GoneReason::Kicked))]
#[case::e7_left(json!({"kind": "refused", "why": "left"}), SendError::Gone(GoneReason::Kicked))]
#[case::e7_deleted(json!({"kind": "refused", "why": "deleted"}), SendError::Gone(GoneReason::ChatGone))]
#[case::e7_not_found(json!({"kind": "refused", "why": "not_found"}), SendError::Gone(GoneReason::ChatGone))]
#[case::e7_blocked(json!({"kind": "refused", "why": "blocked"}), SendError::Gone(GoneReason::Blocked))]
#[case::e7_deactivated(json!({"kind": "refused", "why": "deactivated"}), SendError::Gone(GoneReason::Deactivated))]
#[case::e7_never_started(json!({"kind": "refused", "why": "never_started"}), SendError::Gone(GoneReason::NeverStarted))]
#[tokio::test]
async fn what_the_client_knows_is_exact(#[case] fault: Value, #[case] expected: SendError) {
    let (outcome, ledger) = send(&fault, Duration::from_secs(20)).await;
    assert_eq!(outcome, Err(expected));
    assert_eq!(ledger["sent"], json!([]));
}

#[rstest]
#[case::e7_no_rights("no_rights", RefusalKind::NoRights)]
#[case::e7_write_forbidden("write_forbidden", RefusalKind::NoRights)]
#[case::e9_closed("topic_closed", RefusalKind::NoTopic)]
#[case::e9_gone("no_topic", RefusalKind::NoTopic)]
#[tokio::test]
async fn refusals_that_keep_the_target(#[case] why: &str, #[case] kind: RefusalKind) {
    let (outcome, _) = send(&json!({"kind": "refused", "why": why}), Duration::from_secs(20)).await;
    assert!(matches!(&outcome, Err(SendError::Refused(refusal)) if refusal.kind == kind), "{outcome:?}");
}

#[tokio::test]
async fn e10_refused_markup_is_named() {
    let (outcome, _) = send(&json!({"kind": "refused", "why": "markup"}), Duration::from_secs(20)).await;
    assert!(matches!(outcome, Err(SendError::MarkupRefused(_))), "{outcome:?}");
}

#[tokio::test]
async fn a_drip_that_ends_in_time_is_a_success() {
    let (outcome, ledger) = send(&json!({"kind": "drip", "ms": 0, "accept": true}), Duration::from_secs(20)).await;
    assert_eq!(json!(outcome.unwrap().message_id.parse::<i64>().unwrap()), ledger["sent"][0]["message_id"]);
}

#[tokio::test]
async fn what_is_too_old_to_delete_says_so() {
    let server = Server::start().await;
    server.office().await;
    let bot = client(&server, Duration::from_secs(20));
    let sent = bot.send(&group(), &words(), Style::Styled).await.unwrap();
    server.order("clock", json!({"set": NOON + 48 * 3_600_000 + 1})).await;
    assert_eq!(bot.delete(&group(), &sent.message_id).await, Ok(Deleted::TooOld));
    assert_eq!(bot.delete(&group(), "99").await, Ok(Deleted::AlreadyGone));
}

#[tokio::test]
async fn the_client_sets_looks_at_and_removes_a_webhook() {
    let server = Server::start().await;
    server.office().await;
    let bot = client(&server, Duration::from_secs(20));
    let secret = "Ab-_9".to_owned().into();
    let url = "http://127.0.0.1:1/hook/telegram";
    let kinds = ["message", "callback_query", "my_chat_member"];
    bot.set_webhook(&Webhook { url, secret: &secret, allowed_updates: &kinds, max_connections: 100 }).await.unwrap();
    let info = bot.webhook_info().await.unwrap();
    assert_eq!((info.url.as_str(), info.max_connections, info.pending_update_count), (url, Some(100), 0));
    assert_eq!(info.allowed_updates.unwrap(), ["message", "callback_query", "my_chat_member"]);
    bot.delete_webhook().await.unwrap();
    assert_eq!(bot.webhook_info().await.unwrap().url, "");
}
