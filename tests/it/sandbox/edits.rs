//! Editing and deleting.

use serde_json::json;

use super::{NOON, Server};

const NOT_MODIFIED: &str = "400 Bad Request: message is not modified: specified new message content and reply markup \
                            are exactly the same as a current content and reply markup of the message";

#[tokio::test]
async fn edits_change_and_are_recorded() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    let same = json!({"chat_id": -100, "message_id": id, "text": "学习", "reply_markup": {"inline_keyboard": [[{"text": "已阅", "callback_data": "a"}]]}});
    assert_eq!(server.refused("editMessageText", same).await, NOT_MODIFIED);
    server.order("clock", json!({"advance": 20_000})).await;
    let edited = server.ok("editMessageText", json!({"chat_id": -100, "message_id": id, "text": "学习 · 1人"})).await;
    assert_eq!(edited["edit_date"], (NOON + 20_000) / 1000);
    assert!(edited.get("reply_markup").is_none(), "an edit without buttons takes them away");
    let markup = json!({"inline_keyboard": [[{"text": "打开", "url": "https://t.me/qingfeng_bot?start=x"}]]});
    server.ok("editMessageReplyMarkup", json!({"chat_id": -100, "message_id": id, "reply_markup": markup})).await;
    let edits = &server.look("ledger").await["sent"][0]["edits"];
    assert_eq!(edits[0]["text"], "学习 · 1人");
    assert_eq!(edits[0]["at"], NOON + 20_000);
    assert_eq!(edits[1]["method"], "editMessageReplyMarkup");
    assert_eq!(edits[1]["buttons"][0][0]["url"], "https://t.me/qingfeng_bot?start=x");
}

#[tokio::test]
async fn edits_of_others_and_of_nothing_are_refused() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    let said = server.order("say", json!({"user": 1, "chat": -100, "text": "好"})).await["message_id"].clone();
    for (method, body, refusal) in [
        ("editMessageText", json!({"message_id": 999, "text": "x"}), "400 Bad Request: message to edit not found"),
        ("editMessageText", json!({"message_id": said, "text": "x"}), "400 Bad Request: message can't be edited"),
        ("editMessageText", json!({"text": "x"}), "400 Bad Request: message identifier is not specified"),
        (
            "editMessageCaption",
            json!({"message_id": id, "caption": "x"}),
            "400 Bad Request: there is no caption in the message to edit",
        ),
        ("deleteMessage", json!({"message_id": 999}), "400 Bad Request: message to delete not found"),
        ("deleteMessage", json!({"message_id": said}), "400 Bad Request: message can't be deleted"),
    ] {
        let mut body = body;
        body["chat_id"] = json!(-100);
        assert_eq!(server.refused(method, body).await, refusal);
    }
}

#[tokio::test]
async fn deleting_has_a_time_limit() {
    let server = Server::start().await;
    server.office().await;
    let (early, late) = (server.send_button("a").await, server.send_button("b").await);
    server.ok("deleteMessage", json!({"chat_id": -100, "message_id": early})).await;
    let again = server.refused("deleteMessage", json!({"chat_id": -100, "message_id": early})).await;
    assert_eq!(again, "400 Bad Request: message to delete not found");
    server.order("clock", json!({"set": NOON + 48 * 3_600_000 + 1})).await;
    let refused = server.refused("deleteMessage", json!({"chat_id": -100, "message_id": late})).await;
    assert_eq!(refused, "400 Bad Request: message can't be deleted for everyone");
    let sent = server.look("ledger").await["sent"].clone();
    assert_eq!((&sent[0]["deleted_at"], &sent[1]["deleted_at"]), (&json!(NOON), &json!(null)));
}
