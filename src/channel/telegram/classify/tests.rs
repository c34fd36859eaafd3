#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use rstest::rstest;

use super::*;

fn failure(status: u16, body: &str) -> Failure {
    Failure { status, retry_after: None, complaint: Complaint::read(body.as_bytes()) }
}

fn complaint(code: u16, description: &str) -> Failure {
    let body = serde_json::json!({ "ok": false, "error_code": code, "description": description });
    failure(code, &body.to_string())
}

fn refusal(kind: RefusalKind, text: &str) -> SendError {
    SendError::Refused(Refusal { kind, text: text.to_owned() })
}

#[rstest]
#[case::blocked(403, "Forbidden: bot was blocked by the user", GoneReason::Blocked)]
#[case::deactivated(403, "Forbidden: user is deactivated", GoneReason::Deactivated)]
#[case::kicked_super(403, "Forbidden: bot was kicked from the supergroup chat", GoneReason::Kicked)]
#[case::kicked_group(403, "Forbidden: bot was kicked from the group chat", GoneReason::Kicked)]
#[case::kicked_channel(403, "Forbidden: bot was kicked from the channel chat", GoneReason::Kicked)]
#[case::not_member_super(403, "Forbidden: bot is not a member of the supergroup chat", GoneReason::Kicked)]
#[case::not_member_channel(403, "Forbidden: bot is not a member of the channel chat", GoneReason::Kicked)]
#[case::deleted(403, "Forbidden: the group chat was deleted", GoneReason::ChatGone)]
#[case::not_found(400, "Bad Request: chat not found", GoneReason::ChatGone)]
#[case::never_started(403, "Forbidden: bot can't initiate conversation with a user", GoneReason::NeverStarted)]
fn gone_targets_are_told_apart(#[case] code: u16, #[case] words: &str, #[case] reason: GoneReason) {
    assert_eq!(send_error(&complaint(code, words)), SendError::Gone(reason));
    assert_eq!(
        send_error(&complaint(code, &words.to_uppercase())),
        SendError::Gone(reason),
        "letter case is no promise"
    );
}

#[rstest]
#[case("Bad Request: message is not modified: specified new message content is the same", RefusalKind::NotModified)]
#[case("Bad Request: message to edit not found", RefusalKind::EditLost)]
#[case("Bad Request: message can't be edited", RefusalKind::EditLost)]
#[case("Bad Request: message to delete not found", RefusalKind::DeleteLost)]
#[case("Bad Request: query is too old and response timeout expired or query ID is invalid", RefusalKind::PressTooOld)]
#[case("Bad Request: not enough rights to send text messages to the chat", RefusalKind::NoRights)]
#[case("Bad Request: have no rights to send a message", RefusalKind::NoRights)]
#[case("Bad Request: CHAT_WRITE_FORBIDDEN", RefusalKind::NoRights)]
#[case("Bad Request: need administrator rights in the channel chat", RefusalKind::NoRights)]
#[case("Bad Request: TOPIC_CLOSED", RefusalKind::NoTopic)]
#[case("Bad Request: message thread not found", RefusalKind::NoTopic)]
#[case("Bad Request: message is too long", RefusalKind::TooLong)]
#[case("Bad Request: message caption is too long", RefusalKind::TooLong)]
#[case("Bad Request: BUTTON_DATA_INVALID", RefusalKind::BadButton)]
#[case("Bad Request: BUTTON_URL_INVALID", RefusalKind::BadButton)]
#[case("Bad Request: something nobody has seen yet", RefusalKind::Unknown)]
fn refusals_keep_the_target_and_the_servers_words(#[case] words: &str, #[case] kind: RefusalKind) {
    assert_eq!(send_error(&complaint(400, words)), refusal(kind, words));
}

#[test]
fn an_unknown_403_keeps_the_target() {
    let words = "Forbidden: something nobody has seen yet";
    assert_eq!(send_error(&complaint(403, words)), refusal(RefusalKind::Unknown, words));
}

#[test]
fn refused_markup_is_its_own_case_whatever_it_quotes() {
    let words = "Bad Request: can't parse entities: Unsupported start tag \"chat not found\" at byte offset 3";
    assert_eq!(send_error(&complaint(400, words)), SendError::MarkupRefused(words.to_owned()));
}

#[test]
fn an_upgraded_group_names_its_new_id() {
    let body = r#"{"ok":false,"error_code":400,
        "description":"Bad Request: group chat was upgraded to a supergroup chat",
        "parameters":{"migrate_to_chat_id":-1001234567890}}"#;
    assert_eq!(send_error(&failure(400, body)), SendError::Migrated { to: "-1001234567890".to_owned() });
}

#[rstest]
#[case(complaint(401, "Unauthorized"))]
#[case(complaint(401, "Unauthorized: invalid token specified"))]
#[case(complaint(404, "Not Found"))]
#[case(failure(404, "<html>404</html>"))]
fn a_refused_token_stops_the_channel(#[case] failure: Failure) {
    assert_eq!(send_error(&failure), SendError::Unauthorized);
    assert_eq!(poll_error(&failure), PollError::Unauthorized);
}

#[rstest]
#[case::parameter(r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#, Some(3), 35)]
#[case::header_of_a_proxy("<html>slow down</html>", Some(600), 600)]
#[case::hour(r#"{"ok":false,"error_code":429,"parameters":{"retry_after":3600}}"#, None, 3600)]
#[case::unspecified(r#"{"ok":false,"error_code":429,"description":"Too Many Requests"}"#, None, 5)]
fn a_pause_is_as_long_as_asked(#[case] body: &str, #[case] header: Option<u64>, #[case] seconds: u64) {
    let failure = Failure { retry_after: header, ..failure(429, body) };
    let retry_after = Duration::from_secs(seconds);
    assert_eq!(send_error(&failure), SendError::Limited { retry_after });
    assert_eq!(poll_error(&failure), PollError::Limited { retry_after });
}

#[rstest]
#[case::json(
    failure(500, r#"{"ok":false,"error_code":500,"description":"Internal Server Error"}"#),
    FaultKind::Server(500)
)]
#[case::html(failure(502, "<html>502 Bad Gateway</html>"), FaultKind::Server(502))]
#[case::timeout(failure(504, ""), FaultKind::Server(504))]
#[case::status_says_400_body_500(failure(400, r#"{"ok":false,"error_code":500}"#), FaultKind::Server(500))]
#[case::status_says_502_body_400(
    failure(502, r#"{"ok":false,"error_code":400,"description":"chat not found"}"#),
    FaultKind::Server(502)
)]
#[case::portal(failure(200, "<html>please log in</html>"), FaultKind::BadBody)]
#[case::redirect(failure(302, ""), FaultKind::BadBody)]
#[case::firewall(failure(403, "<html>blocked</html>"), FaultKind::BadBody)]
#[case::success_without_result(failure(200, r#"{"ok":true}"#), FaultKind::BadBody)]
#[case::cut(failure(200, r#"{"ok":true,"result":{"mess"#), FaultKind::BadBody)]
fn what_cannot_be_known_stays_in_doubt(#[case] failure: Failure, #[case] kind: FaultKind) {
    let error = send_error(&failure);
    assert!(matches!(&error, SendError::InDoubt(fault) if fault.kind == kind), "{error:?}");
    assert!(matches!(poll_error(&failure), PollError::Unreachable(fault) if fault.kind == kind));
}

#[test]
fn a_proxy_that_wants_a_password_has_sent_nothing() {
    assert!(matches!(send_error(&failure(407, "<html>407</html>")), SendError::NotSent(_)));
}

#[rstest]
#[case(
    "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    Conflict::OtherPoller
)]
#[case(
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    Conflict::WebhookActive
)]
#[case("Conflict: terminated by setWebhook request", Conflict::WebhookActive)]
fn conflicts_of_a_poll_are_told_apart(#[case] words: &str, #[case] conflict: Conflict) {
    assert_eq!(poll_error(&complaint(409, words)), PollError::Conflict(conflict));
}

#[test]
fn an_unknown_refusal_of_a_poll_keeps_its_words() {
    let words = "Bad Request: wrong limit";
    assert_eq!(poll_error(&complaint(400, words)), PollError::Refused(words.to_owned()));
}
