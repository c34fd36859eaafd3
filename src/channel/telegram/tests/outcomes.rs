//! What each method makes of an answer that is not a success.

use rstest::rstest;
use serde_json::json;
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

use super::*;
use crate::channel::{Conflict, Fault, FaultKind, GoneReason};

/// A server that always answers the same, and a bot that talks to it.
async fn server(answer: ResponseTemplate) -> (MockServer, Telegram) {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(answer).mount(&server).await;
    let bot = patient_bot(&server.uri());
    (server, bot)
}

fn complaint(code: u16, description: &str) -> ResponseTemplate {
    let body = json!({ "ok": false, "error_code": code, "description": description });
    ResponseTemplate::new(code).set_body_json(body)
}

async fn send_to(answer: ResponseTemplate) -> SendError {
    let (server, bot) = server(answer).await;
    let error = free_of_token(bot.send(&group(), &item(), Style::Styled).await.unwrap_err());
    assert_eq!(server.received_requests().await.unwrap().len(), 1, "one attempt is one request");
    error
}

#[rstest]
#[case("Bad Request: message is not modified: specified new message content", Edited::Unchanged)]
#[case("Bad Request: message to edit not found", Edited::Lost)]
#[case("Bad Request: message can't be edited", Edited::Lost)]
#[tokio::test]
async fn e15_an_edit_that_changes_nothing_is_no_error(#[case] words: &str, #[case] expected: Edited) {
    let (_server, bot) = server(complaint(400, words)).await;
    assert_eq!(bot.edit(&group(), "1", &item()).await, Ok(expected));
}

#[tokio::test]
async fn e14_an_answer_that_comes_too_late_is_no_error() {
    let words = "Bad Request: query is too old and response timeout expired or query ID is invalid";
    let (_server, bot) = server(complaint(400, words)).await;
    assert_eq!(bot.answer("cb", &toast()).await, Ok(Answered::TooLate));
}

#[rstest]
#[case("Bad Request: message to delete not found", Deleted::AlreadyGone)]
#[case("Bad Request: message can't be deleted for everyone", Deleted::TooOld)]
#[case("Bad Request: message can't be deleted", Deleted::TooOld)]
#[tokio::test]
async fn what_cannot_be_deleted_is_no_error(#[case] words: &str, #[case] expected: Deleted) {
    let (_server, bot) = server(complaint(400, words)).await;
    assert_eq!(bot.delete(&group(), "1").await, Ok(expected));
}

#[tokio::test]
async fn other_failures_of_edit_delete_and_answer_stay_errors() {
    let (_server, bot) = server(complaint(403, "Forbidden: bot was kicked from the group chat")).await;
    let gone = SendError::Gone(GoneReason::Kicked);
    assert_eq!(bot.edit(&group(), "1", &item()).await, Err(gone.clone()));
    assert_eq!(bot.delete(&group(), "1").await, Err(gone.clone()));
    assert_eq!(bot.answer("cb", &toast()).await, Err(gone));
}

#[rstest]
#[case::page_of_a_portal(ResponseTemplate::new(200).set_body_string("<html>log in</html>"), FaultKind::BadBody)]
#[case::success_of_another_shape(ResponseTemplate::new(200).set_body_string(r#"{"ok":true,"result":{}}"#), FaultKind::BadBody)]
#[case::empty(ResponseTemplate::new(200), FaultKind::BadBody)]
#[case::contradiction(ResponseTemplate::new(200).set_body_string(r#"{"ok":false,"result":{"message_id":1}}"#), FaultKind::BadBody)]
#[case::internal(complaint(500, "Internal Server Error"), FaultKind::Server(500))]
#[case::gateway(ResponseTemplate::new(502).set_body_string("<html>502</html>"), FaultKind::Server(502))]
#[case::gateway_timeout(ResponseTemplate::new(504), FaultKind::Server(504))]
#[tokio::test]
async fn a_send_without_a_clear_answer_is_in_doubt(#[case] answer: ResponseTemplate, #[case] kind: FaultKind) {
    let error = send_to(answer).await;
    assert!(matches!(&error, SendError::InDoubt(Fault { kind: seen, .. }) if *seen == kind), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let (stranger, _) = server(ResponseTemplate::new(200)).await;
    let answer = ResponseTemplate::new(307).insert_header("location", stranger.uri());
    assert!(matches!(send_to(answer).await, SendError::InDoubt(Fault { kind: FaultKind::BadBody, .. })));
    assert_eq!(stranger.received_requests().await.unwrap().len(), 0);
}

#[tokio::test]
async fn a_pause_may_stand_in_the_header_alone() {
    let answer = ResponseTemplate::new(429).insert_header("retry-after", "17");
    assert_eq!(send_to(answer).await, SendError::Limited { retry_after: Duration::from_secs(17) });
}

#[rstest]
#[case(401, "Unauthorized")]
#[case(404, "Not Found")]
#[tokio::test]
async fn a_refused_token_is_named_but_not_shown(#[case] code: u16, #[case] words: &str) {
    assert_eq!(send_to(complaint(code, words)).await, SendError::Unauthorized);
    let (_server, bot) = server(complaint(code, words)).await;
    assert_eq!(free_of_token(bot.get_me().await.unwrap_err()), SendError::Unauthorized);
}

#[tokio::test]
async fn a_server_that_repeats_the_token_is_not_quoted() {
    let words = format!("Bad Request: no such path /bot{TOKEN}/sendMessage");
    for code in [400, 500] {
        let error = send_to(complaint(code, &words)).await;
        assert!(error.to_string().contains("/bot…/sendMessage"), "{error}");
    }
}

#[rstest]
#[case(
    complaint(
        409,
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
    ),
    PollError::Conflict(Conflict::OtherPoller)
)]
#[case(
    complaint(409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook first"),
    PollError::Conflict(Conflict::WebhookActive)
)]
#[case(complaint(401, "Unauthorized"), PollError::Unauthorized)]
#[case(
    ResponseTemplate::new(502).set_body_string("<html>"),
    PollError::Unreachable(Fault { kind: FaultKind::Server(502), detail: String::new() })
)]
#[case(complaint(400, "Bad Request: wrong limit"), PollError::Refused("Bad Request: wrong limit".into()))]
#[tokio::test]
async fn a_failed_poll_says_why(#[case] answer: ResponseTemplate, #[case] expected: PollError) {
    let (_server, bot) = server(answer).await;
    let error = bot.get_updates(None, Duration::ZERO, None).await.unwrap_err();
    assert_eq!(free_of_token(error), expected);
}
