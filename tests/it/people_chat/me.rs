//! `/me`: a person's own record, and until when they say they are away. Files that people send.

use qingfeng::domain::audit::Action;
use qingfeng::domain::word::Confirm;
use serde_json::json;

use super::{noted, press_data, screen, tap, with_admins};
use crate::db::databases;
use crate::world::STUDY;

#[tokio::test]
async fn a_person_sees_their_own_record_and_says_when_they_are_back() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.bind(3).await;
        office.push_now(Some(Confirm::Required)).await;
        office.push_now(None).await;
        office.work().await;
        office.later(60).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        office.press(3, STUDY, &message, "已阅").await;
        office.say(3, "/me").await;
        let mut seen = vec![screen(&office, 3).await.read()];
        seen.push(tap(&mut office, 3, "我在休假或出差").await.read());
        let asked = screen(&office, 3).await;
        seen.push(tap(&mut office, 3, "9月3日 周四").await.read());
        // The deadline lies on the day of return, not in the absence, and stays.
        assert_eq!(seen[2], "已记下：9月3日返岗。这期间不再提醒。", "{label}");
        // A later word replaces the earlier one, and may be typed.
        office.say(3, "/me").await;
        seen.push(screen(&office, 3).await.read());
        tap(&mut office, 3, "我在休假或出差").await;
        seen.push(tap(&mut office, 3, "其他日期").await.read());
        for text in ["不知道", "今天", "12月31日", "9月8号"] {
            office.say(3, text).await;
            seen.push(screen(&office, 3).await.read());
        }
        if label == "sqlite" {
            insta::assert_snapshot!("own_record", seen.join("\n----\n"));
        }
        assert_eq!(noted(&office, Action::LeaveDeclare).await, 2, "{label}");
        // The buttons of before are no way back.
        let past = press_data(&mut office, 3, &asked.id, &asked.data("9月2日 周三")).await;
        assert_eq!(past, "这一步已经过去了，请看最新的一条。", "{label}");
        assert!(office.say(4, "/me").await.contains("绑定前请先看"), "{label}: who is not bound");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn files_are_refused_in_private_and_not_answered_in_a_group() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.bind(3).await;
        // An admin, a person, a stranger: nobody hands names in over a channel.
        for user in [1, 3, 4] {
            let file = json!({"user": user, "text": "花名册，白露九调入", "file": "花名册.xlsx"});
            office.server.order("say", file).await;
            office.poll().await;
            let answer = office.sent(user).await.pop().unwrap()["text"].clone();
            assert_eq!(answer, "含姓名的材料请在本机导入或导出。", "{label}: {user}");
        }
        let before = office.sent(STUDY).await.len();
        let file = json!({"user": 1, "chat": STUDY, "text": "/people", "file": "花名册.xlsx"});
        office.server.order("say", file).await;
        office.poll().await;
        assert_eq!(office.sent(STUDY).await.len(), before, "{label}");
    }
}
