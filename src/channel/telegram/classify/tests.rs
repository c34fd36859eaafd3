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
#[case::not_member_group(403, "Forbidden: bot is not a member of the group chat", GoneReason::Kicked)]
#[case::not_member_super(403, "Forbidden: bot is not a member of the supergroup chat", GoneReason::Kicked)]
#[case::not_member_channel(403, "Forbidden: bot is not a member of the channel chat", GoneReason::Kicked)]
#[case::deleted(403, "Forbidden: the group chat was deleted", GoneReason::ChatGone)]
#[case::not_found(400, "Bad Request: chat not found", GoneReason::ChatGone)]
#[case::never_started(403, "Forbidden: bot can't initiate conversation with a user", GoneReason::NeverStarted)]
fn e7_gone_targets_are_told_apart(#[case] code: u16, #[case] words: &str, #[case] reason: GoneReason) {
    assert_eq!(send_error(&complaint(code, words)), SendError::Gone(reason));
    assert_eq!(
        send_error(&complaint(code, &words.to_uppercase())),
        SendError::Gone(reason),
        "letter case is no promise"
    );
}

/// The server's words, and that the target stays.
#[track_caller]
fn assert_refused(words: &str, kind: RefusalKind) {
    assert_eq!(send_error(&complaint(400, words)), refusal(kind, words));
    assert_eq!(send_error(&complaint(400, &words.to_lowercase())), refusal(kind, &words.to_lowercase()));
}

#[rstest]
#[case::text("Bad Request: not enough rights to send text messages to the chat")]
#[case::files("Bad Request: not enough rights to send documents to the chat")]
#[case::any("Bad Request: have no rights to send a message")]
#[case::channel("Bad Request: need administrator rights in the channel chat")]
#[case::write("Bad Request: CHAT_WRITE_FORBIDDEN")]
#[case::plain("Bad Request: CHAT_SEND_PLAIN_FORBIDDEN")]
#[case::restricted("Bad Request: CHAT_RESTRICTED")]
fn e7_a_group_where_the_bot_may_not_write_waits_for_its_admin(#[case] words: &str) {
    assert_refused(words, RefusalKind::NoRights);
}

#[rstest]
#[case::closed("Bad Request: TOPIC_CLOSED")]
#[case::deleted("Bad Request: TOPIC_DELETED")]
#[case::not_found("Bad Request: message thread not found")]
fn e9_a_topic_that_is_closed_or_gone_is_told_apart(#[case] words: &str) {
    assert_refused(words, RefusalKind::NoTopic);
}

#[rstest]
#[case::too_old("Bad Request: query is too old and response timeout expired or query ID is invalid")]
#[case::invalid("Bad Request: query ID is invalid")]
fn e14_an_answer_that_comes_too_late_is_told_apart(#[case] words: &str) {
    assert_refused(words, RefusalKind::PressTooOld);
}

#[rstest]
#[case::not_modified(
    "Bad Request: message is not modified: specified new message content and reply markup are exactly the same",
    RefusalKind::NotModified
)]
#[case::gone("Bad Request: message to edit not found", RefusalKind::EditLost)]
#[case::foreign("Bad Request: message can't be edited", RefusalKind::EditLost)]
#[case::delete_gone("Bad Request: message to delete not found", RefusalKind::DeleteLost)]
#[case::delete_too_old("Bad Request: message can't be deleted for everyone", RefusalKind::DeleteTooOld)]
#[case::delete_refused("Bad Request: message can't be deleted", RefusalKind::DeleteTooOld)]
fn e15_changes_that_cannot_be_made_are_told_apart(#[case] words: &str, #[case] kind: RefusalKind) {
    assert_refused(words, kind);
}

#[rstest]
#[case::text("Bad Request: message is too long", RefusalKind::TooLong)]
#[case::caption("Bad Request: message caption is too long", RefusalKind::TooLong)]
#[case::data("Bad Request: BUTTON_DATA_INVALID", RefusalKind::BadButton)]
#[case::address("Bad Request: BUTTON_URL_INVALID", RefusalKind::BadButton)]
fn our_own_mistakes_are_told_apart(#[case] words: &str, #[case] kind: RefusalKind) {
    assert_refused(words, kind);
}

#[rstest]
#[case(400, "Bad Request: something nobody has seen yet")]
#[case(403, "Forbidden: something nobody has seen yet")]
#[case(403, "Forbidden")]
#[case(409, "Conflict: something nobody has seen yet")]
fn e8_an_unknown_refusal_keeps_the_target(#[case] code: u16, #[case] words: &str) {
    assert_eq!(send_error(&complaint(code, words)), refusal(RefusalKind::Unknown, words));
}

#[test]
fn e10_refused_markup_is_its_own_case_whatever_it_quotes() {
    let words = "Bad Request: can't parse entities: Unsupported start tag \"chat not found\" at byte offset 3";
    assert_eq!(send_error(&complaint(400, words)), SendError::MarkupRefused(words.to_owned()));
}

#[test]
fn e6_an_upgraded_group_names_its_new_id() {
    let body = r#"{"ok":false,"error_code":400,
        "description":"Bad Request: group chat was upgraded to a supergroup chat",
        "parameters":{"migrate_to_chat_id":-1001234567890}}"#;
    assert_eq!(send_error(&failure(400, body)), SendError::Migrated { to: "-1001234567890".to_owned() });
}

#[rstest]
#[case(complaint(401, "Unauthorized"))]
#[case(complaint(401, "Unauthorized: invalid token specified"))]
#[case(complaint(404, "Not Found"))]
#[case(complaint(401, "UNAUTHORIZED"))]
#[case(failure(404, "<html>404</html>"))]
fn e4_a_refused_token_stops_the_channel(#[case] failure: Failure) {
    assert_eq!(send_error(&failure), SendError::Unauthorized);
    assert_eq!(poll_error(&failure), PollError::Unauthorized);
}

#[rstest]
#[case::parameter(r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#, Some(3), 35)]
#[case::header_of_a_proxy("<html>slow down</html>", Some(600), 600)]
#[case::hour(r#"{"ok":false,"error_code":429,"parameters":{"retry_after":3600}}"#, None, 3600)]
#[case::unspecified(r#"{"ok":false,"error_code":429,"description":"Too Many Requests"}"#, None, 5)]
fn e1_a_pause_is_as_long_as_asked(#[case] body: &str, #[case] header: Option<u64>, #[case] seconds: u64) {
    let failure = Failure { retry_after: header, ..failure(429, body) };
    let retry_after = Duration::from_secs(seconds);
    assert_eq!(send_error(&failure), SendError::Limited { retry_after });
    assert_eq!(poll_error(&failure), PollError::Limited { retry_after });
}

#[track_caller]
fn assert_in_doubt(failure: &Failure, kind: FaultKind) {
    let error = send_error(failure);
    assert!(matches!(&error, SendError::InDoubt(fault) if fault.kind == kind), "{error:?}");
    assert!(matches!(poll_error(failure), PollError::Unreachable(fault) if fault.kind == kind));
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
fn e3_the_servers_own_trouble_leaves_doubt(#[case] failure: Failure, #[case] kind: FaultKind) {
    assert_in_doubt(&failure, kind);
}

#[rstest]
#[case::portal(failure(200, "<html>please log in</html>"))]
#[case::redirect(failure(302, ""))]
#[case::firewall(failure(403, "<html>blocked</html>"))]
#[case::success_without_result(failure(200, r#"{"ok":true}"#))]
#[case::cut(failure(200, r#"{"ok":true,"result":{"mess"#))]
fn d2_an_answer_that_is_not_the_platforms_leaves_doubt(#[case] failure: Failure) {
    assert_in_doubt(&failure, FaultKind::BadBody);
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
fn e5_e18_conflicts_of_a_poll_are_told_apart(#[case] words: &str, #[case] conflict: Conflict) {
    assert_eq!(poll_error(&complaint(409, words)), PollError::Conflict(conflict));
}

#[test]
fn an_unknown_refusal_of_a_poll_keeps_its_words() {
    let words = "Bad Request: wrong limit";
    assert_eq!(poll_error(&complaint(400, words)), PollError::Refused(words.to_owned()));
}
