//! 这个群面向哪些单位？ asked in private, answered with buttons, by one admin or by two at once.

use serde_json::json;

use super::{ADMIN, OTHER_ADMIN, STRANGER, staffed};
use crate::db::databases;
use crate::world::World;

/// A chat that nobody linked.
const PLAN: i64 = -3001;

/// Someone founds a chat with the bot in it.
async fn found(office: &mut World, by: i64) {
    let new = json!({"id": PLAN, "kind": "supergroup", "title": "规划群", "members": [by, 3], "bot": "member"});
    office.server.order("chats", new).await;
    office.poll().await;
}

/// What a person reads now in their private chat: the newest message, as it was last edited, with its buttons.
async fn screen(office: &World, user: i64) -> String {
    let sent = office.sent(user).await.pop().unwrap();
    let shown = sent["edits"].as_array().and_then(|edits| edits.last()).unwrap_or(&sent);
    let rows = shown["buttons"].as_array().into_iter().flatten();
    let labels = rows.flat_map(|row| row.as_array().unwrap()).map(|button| button["text"].as_str().unwrap().to_owned());
    [shown["text"].as_str().unwrap().to_owned()].into_iter().chain(labels).collect::<Vec<_>>().join(" | ")
}

async fn choose(office: &mut World, user: i64, label: &str) -> String {
    let message = office.newest(user).await;
    office.press(user, user, &message, label).await;
    screen(office, user).await
}

async fn state(office: &World) -> (String, Vec<String>, usize) {
    let groups = qingfeng::office::group::list(&office.ctx(), &crate::world::OPERATOR).await.unwrap();
    let group = groups.into_iter().find(|listed| listed.group.external_id == PLAN.to_string()).unwrap();
    (group.group.state.as_str().to_owned(), group.units, group.expected)
}

#[tokio::test]
async fn an_admin_who_adds_the_bot_is_asked_and_links_the_chat() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        found(&mut office, ADMIN).await;
        let asked = "“规划群”这个群面向哪些单位？点一下选上，再点一下去掉。\n";
        assert_eq!(
            screen(&office, ADMIN).await,
            format!("{asked}还没有选。 | 管委会（全部） | 综合科 | 规划科 | 企业科 | 取消"),
            "{label}"
        );
        assert!(office.sent(PLAN).await.is_empty(), "{label}: not a word in the chat before it is linked");
        let all = choose(&mut office, ADMIN, "管委会（全部）").await;
        assert!(all.starts_with(&format!("{asked}已选：综合科、规划科、企业科。今天应知12人。")), "{label}: {all}");
        let two = choose(&mut office, ADMIN, "✓ 企业科").await;
        assert!(two.contains("已选：综合科、规划科。今天应知10人。"), "{label}: {two}");
        let one = choose(&mut office, ADMIN, "✓ 综合科").await;
        assert!(one.ends_with(" | 管委会（全部） | 综合科 | ✓ 规划科 | 企业科 | 完成 | 取消"), "{label}: {one}");
        assert_eq!(
            choose(&mut office, ADMIN, "完成").await,
            "已关联：“规划群”面向规划科，今天应知5人。群里会先发一条说明，之后按计划推送。无需处理。",
            "{label}"
        );
        assert_eq!(state(&office).await, ("active".to_owned(), vec!["管委会/规划科".to_owned()], 5), "{label}");
        office.later(2).await;
        office.work().await;
        assert_eq!(office.sent(PLAN).await.len(), 1, "{label}");
        // Nobody else was bothered.
        assert!(!office.told(OTHER_ADMIN).await.contains("规划群"), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn two_admins_answer_and_the_later_one_is_told_what_stands() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        found(&mut office, STRANGER).await;
        office.work().await;
        for admin in [ADMIN, OTHER_ADMIN] {
            assert_eq!(
                office.tap(admin, "是我们的群").await.lines().next().unwrap_or_default(),
                "“规划群”这个群面向哪些单位？点一下选上，再点一下去掉。",
                "{label}"
            );
        }
        choose(&mut office, ADMIN, "规划科").await;
        choose(&mut office, OTHER_ADMIN, "企业科").await;
        choose(&mut office, OTHER_ADMIN, "完成").await;
        assert_eq!(
            choose(&mut office, ADMIN, "完成").await,
            "已有管理员关联了“规划群”，面向企业科。这里没有改动，无需处理。",
            "{label}"
        );
        assert_eq!(state(&office).await.1, ["管委会/企业科"], "{label}");
        assert_eq!(office.entries("group_link").await, 3, "{label}: two of before, and one here");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_chat_that_is_gone_or_a_question_that_ran_out_changes_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        found(&mut office, ADMIN).await;
        choose(&mut office, ADMIN, "规划科").await;
        office.later(31 * 60).await;
        let late = choose(&mut office, ADMIN, "完成").await;
        assert_eq!(late, "时间过了，没有改动。 | 重新选单位", "{label}");
        assert!(office.tap(ADMIN, "重新选单位").await.starts_with("“规划群”这个群面向哪些单位？"), "{label}");
        choose(&mut office, ADMIN, "规划科").await;
        office.server.order("bot", json!({"chat": PLAN, "standing": "kicked", "by": 3})).await;
        office.poll().await;
        assert_eq!(
            choose(&mut office, ADMIN, "完成").await,
            "机器人已经不在这个群里了，没有改动。无需处理。",
            "{label}"
        );
        assert_eq!(state(&office).await.0, "gone", "{label}");
        // Added again by the admin: asked again, and 取消 leaves the chat mute.
        office.server.order("bot", json!({"chat": PLAN, "standing": "member", "by": ADMIN})).await;
        office.poll().await;
        let left = choose(&mut office, ADMIN, "取消").await;
        assert!(left.starts_with("没有关联，机器人在“规划群”里不说话。"), "{label}: {left}");
        assert_eq!(state(&office).await.0, "unlinked", "{label}");
        assert!(office.verified().await, "{label}");
    }
}
