//! Chats: what the bot hears, who is in, where it may write, topics, commands.

use rstest::rstest;
use serde_json::{Value, json};

use super::{Server, assert_teloxide_reads};

#[rstest]
#[case("大家好", false)]
#[case("/today", true)]
#[case("/today@qingfeng_bot", true)]
#[case("/today@other_bot", false)]
#[case("请看 @qingfeng_bot", true)]
#[tokio::test]
async fn privacy_mode_hides_the_groups_talk(#[case] text: &str, #[case] seen: bool) {
    let server = Server::start().await;
    server.office().await;
    server.order("say", json!({"user": 1, "chat": -100, "text": text})).await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_teloxide_reads(&updates);
    assert_eq!(updates.as_array().unwrap().len(), usize::from(seen));
    assert_eq!(server.look("ledger").await["said"][0]["seen_by_bot"], seen);
    server.skip_updates().await;
    server.order("bot", json!({"chat": -100, "standing": "administrator", "by": 1})).await;
    server.skip_updates().await;
    server.order("say", json!({"user": 1, "chat": -100, "text": text})).await;
    assert_eq!(server.ok("getUpdates", json!({})).await[0]["message"]["text"], text, "an admin hears everything");
}

#[tokio::test]
async fn replies_to_the_bot_are_heard() {
    let server = Server::start().await;
    server.office().await;
    let id = server.send_button("a").await;
    server.order("say", json!({"user": 1, "chat": -100, "text": "收到", "reply_to": id})).await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_teloxide_reads(&updates);
    assert_eq!(updates[0]["message"]["reply_to_message"]["message_id"], id);
}

#[tokio::test]
async fn start_and_block_in_private() {
    let server = Server::start().await;
    server.office().await;
    server.order("say", json!({"user": 2, "text": "/start code"})).await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_eq!(updates.as_array().unwrap().len(), 1, "pressing Start is only a message");
    assert_eq!(updates[0]["message"]["entities"][0], json!({"type": "bot_command", "offset": 0, "length": 6}));
    assert_teloxide_reads(&updates);
    server.ok("sendMessage", json!({"chat_id": 2, "text": "好"})).await;
    server.skip_updates().await;
    server.order("block", json!({"user": 2, "blocked": true})).await;
    let blocked = server.refused("sendMessage", json!({"chat_id": 2, "text": "好"})).await;
    assert_eq!(blocked, "403 Forbidden: bot was blocked by the user");
    let updates = server.ok("getUpdates", json!({})).await;
    assert_eq!(updates[0]["my_chat_member"]["new_chat_member"]["status"], "kicked");
    assert_teloxide_reads(&updates);
    server.order("block", json!({"user": 2, "blocked": false})).await;
    server.ok("sendMessage", json!({"chat_id": 2, "text": "好"})).await;
}

#[rstest]
#[case("group", "kicked", "403 Forbidden: bot was kicked from the group chat")]
#[case("group", "left", "403 Forbidden: bot is not a member of the group chat")]
#[case("supergroup", "kicked", "403 Forbidden: bot was kicked from the supergroup chat")]
#[case("supergroup", "left", "403 Forbidden: bot is not a member of the supergroup chat")]
#[case("forum", "absent", "400 Bad Request: chat not found")]
#[tokio::test]
async fn outside_the_bot_cannot_write(#[case] kind: &str, #[case] standing: &str, #[case] refusal: &str) {
    let server = Server::start().await;
    server.office().await;
    let group = json!({"id": -5, "kind": kind, "title": "二组", "members": [1], "bot": "member"});
    server.order("chats", group).await;
    server.order("bot", json!({"chat": -5, "standing": standing, "by": 1})).await;
    assert_eq!(server.refused("sendMessage", json!({"chat_id": -5, "text": "x"})).await, refusal);
    let updates = server.ok("getUpdates", json!({})).await;
    assert_teloxide_reads(&updates);
    let added = &updates[0]["my_chat_member"];
    assert_eq!((&added["from"]["id"], &added["new_chat_member"]["status"]), (&json!(1), &json!("member")));
    assert_eq!(updates[1]["message"]["new_chat_members"][0]["is_bot"], true);
    assert_eq!(updates[2]["my_chat_member"]["old_chat_member"]["status"], "member");
}

#[tokio::test]
async fn topics_open_closed_and_deleted() {
    let server = Server::start().await;
    server.office().await;
    let forum = json!({"id": -200, "kind": "forum", "title": "学习群", "members": [1], "bot": "member", "topics": [{"name": "学习"}]});
    let topic = server.order("chats", forum).await["topics"][0].clone();
    let body = json!({"chat_id": -200, "text": "x", "message_thread_id": topic});
    let sent = server.ok("sendMessage", body.clone()).await;
    assert_eq!((&sent["message_thread_id"], &sent["is_topic_message"]), (&topic, &json!(true)));
    assert_eq!(server.look("ledger").await["sent"][0]["thread"], topic);
    server.order("topics/state", json!({"chat": -200, "topic": topic, "state": "closed"})).await;
    assert_eq!(server.refused("sendMessage", body.clone()).await, "400 Bad Request: TOPIC_CLOSED");
    server.order("topics/state", json!({"chat": -200, "topic": topic, "state": "deleted"})).await;
    assert_eq!(server.refused("sendMessage", body).await, "400 Bad Request: message thread not found");
    server.ok("sendMessage", json!({"chat_id": -200, "text": "x"})).await;
}

#[tokio::test]
async fn looking_at_chats_and_members() {
    let server = Server::start().await;
    server.office().await;
    for chat in [-100, 1] {
        let info = server.ok("getChat", json!({"chat_id": chat})).await;
        let _: teloxide::types::ChatFullInfo = serde_json::from_str(&info.to_string()).unwrap();
    }
    let status = async |user: i64| {
        let member = server.ok("getChatMember", json!({"chat_id": -100, "user_id": user})).await;
        let _: teloxide::types::ChatMember = serde_json::from_str(&member.to_string()).unwrap();
        member["status"].clone()
    };
    assert_eq!((status(1).await, status(2).await), (json!("creator"), json!("member")));
    server.order("members", json!({"chat": -100, "leave": [2]})).await;
    assert_eq!(status(2).await, "left");
    let nobody = server.refused("getChatMember", json!({"chat_id": -100, "user_id": 77})).await;
    assert_eq!(nobody, "400 Bad Request: user not found");
    server.order("bot", json!({"chat": -100, "standing": "administrator", "by": 1})).await;
    assert_eq!(status(7_000_001).await, "administrator");
    let admins = server.ok("getChatAdministrators", json!({"chat_id": -100})).await;
    assert_eq!(admins.as_array().unwrap().len(), 2);
    server.ok("leaveChat", json!({"chat_id": -100})).await;
    let refused = server.refused("getChat", json!({"chat_id": -100})).await;
    assert_eq!(refused, "403 Forbidden: bot is not a member of the supergroup chat");
}

#[tokio::test]
async fn commands_are_kept_per_scope() {
    let server = Server::start().await;
    let commands = json!([{"command": "today", "description": "今天的小知识"}]);
    server.ok("setMyCommands", json!({"commands": commands, "scope": {"type": "all_private_chats"}})).await;
    assert_eq!(server.ok("getMyCommands", json!({"scope": {"type": "all_private_chats"}})).await, commands);
    assert_eq!(server.ok("getMyCommands", json!({})).await, json!([]));
    let wrong: Value = json!([{"command": "Today", "description": "x"}]);
    assert_eq!(
        server.refused("setMyCommands", json!({"commands": wrong})).await,
        "400 Bad Request: BOT_COMMAND_INVALID"
    );
    assert_eq!(server.ok("deleteWebhook", json!({})).await, true);
}

#[tokio::test]
async fn a_group_becomes_a_supergroup() {
    let server = Server::start().await;
    server.office().await;
    server.order("chats", json!({"id": -5, "kind": "group", "title": "二组", "members": [1], "bot": "member"})).await;
    server.skip_updates().await;
    let new = server.order("migrate", json!({"chat": -5})).await["chat"].clone();
    let refused = server.call("sendMessage", json!({"chat_id": -5, "text": "x"})).await;
    assert_eq!(refused["description"], "Bad Request: group chat was upgraded to a supergroup chat");
    assert_eq!(refused["parameters"], json!({"migrate_to_chat_id": new}));
    server.ok("sendMessage", json!({"chat_id": new, "text": "x"})).await;
    let updates = server.ok("getUpdates", json!({})).await;
    assert_teloxide_reads(&updates);
    assert_eq!(updates[0]["message"]["migrate_to_chat_id"], new);
    assert_eq!(updates[1]["message"]["migrate_from_chat_id"], -5);
    assert_eq!(server.look("view?user=1").await["chats"][2]["id"], new);
}
