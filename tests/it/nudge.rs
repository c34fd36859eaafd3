//! The one private reminder: on the day of the deadline, to who was reached and has not confirmed, once, and to nobody else.
//!
//! The required item goes to both groups at 09:35 on Thursday 3 September and asks for an answer until Monday the 7th 17:30.

use chrono::{DateTime, Utc};
use qingfeng::ids::PushId;
use qingfeng::office::push::{Beside, Hours, Now, NowTarget};
use qingfeng::office::{self, plan};
use qingfeng::store;
use serde_json::{Value, json};

use crate::db::databases;
use crate::people_chat::{screen, tap};
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// What happens between the decision, the call and the press.
pub(crate) mod between;
/// What keeps people from being reminded, and what is looked at again.
mod spared;
/// Days and times.
mod times;

/// The required item to both groups, by hand and now.
async fn push(office: &World, deadline: Option<&str>) -> PushId {
    let at = |text: &str| DateTime::parse_from_rfc3339(&format!("{text}:00+08:00")).unwrap().with_timezone(&Utc);
    let order = Now {
        slug: "feast".to_owned(),
        target: NowTarget::Groups(vec![STUDY.to_string(), FIRMS.to_string()]),
        confirm: None,
        hours: Hours::Any,
        deadline: deadline.map(at),
    };
    let id = office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown.push.id;
    office.work().await;
    id
}

/// An office in which these people have an account, and the push is out since 3 September.
async fn asked(db: crate::db::TestDb, people: &[i64]) -> (World, PushId) {
    let mut office = World::new(db).await;
    for user in people {
        office.bind(*user).await;
    }
    office.at(3, 9, 35).await;
    let id = push(&office, None).await;
    (office, id)
}

/// The reminders that a chat got.
async fn reminders(office: &World, chat: i64) -> Vec<Value> {
    let sent = office.sent(chat).await;
    sent.into_iter().filter(|sent| sent["text"].as_str().unwrap().starts_with("【仅发给您】")).collect()
}

/// Who of the cast was reminded, and how often.
async fn reminded(office: &World) -> Vec<(i64, usize)> {
    let mut all = Vec::new();
    for user in 1..=12 {
        let count = reminders(office, user).await.len();
        all.extend((count > 0).then_some((user, count)));
    }
    assert_eq!(reminders(office, STUDY).await.len() + reminders(office, FIRMS).await.len(), 0, "never in a group");
    all
}

async fn beside(office: &World, id: PushId) -> Beside {
    office::push::show(&office.ctx(), &OPERATOR, id).await.unwrap().beside.unwrap()
}

/// Day, reminders made, people without a private chat.
async fn days(office: &World, id: PushId) -> Vec<(String, i64, i64)> {
    let rows = beside(office, id).await.nudges;
    rows.into_iter().map(|row| (row.day.to_string(), row.queued, row.unreachable)).collect()
}

/// Reasons of the reminders that were put down, by person.
async fn put_down(office: &World, id: PushId) -> Vec<(&'static str, Option<&'static str>)> {
    let mut tx = office.ctx().store.read().await.unwrap();
    let unsettled = store::nudge::reminded(&mut tx, id).await.unwrap();
    assert_eq!(unsettled, [], "nobody got one");
    let rows = store::nudge::of_push(&mut tx, id).await.unwrap();
    rows.into_iter()
        .map(|row| (row.state.as_str(), row.reason.map(qingfeng::domain::delivery::StopReason::as_str)))
        .collect()
}

#[tokio::test]
async fn whoever_has_not_confirmed_is_reminded_in_private_on_the_day_with_the_whole_text() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        let copy = office.newest(STUDY).await;
        office.press(2, STUDY, &copy, "已阅").await;
        office.at(7, 9, 29).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}");
        office.at(7, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        let shown = screen(&office, 1).await.read();
        if label == "sqlite" {
            insta::assert_snapshot!(shown, @"
            【仅发给您】9月3日的《题目JQ-2026-01廉洁提醒》还没有收到您的确认，今天17:30前点一下“已阅”即可。全文在下面，不用回群里找。

            【节前廉洁提醒】题目JQ-2026-01

            正文。

            适用：公职人员
            依据：《中华人民共和国监察法》（2025年6月1日起施行）第六条
            编号JQ-2026-01　第1版　2026年7月17日核对
            请于9月7日17:30前点“已阅”。

            本条只提醒这一次。
            [ 已阅 ]
            [ 我在休假或出差 ] [ 不再私聊提醒 ]
            ");
        }
        // Nine more were reached in their groups and have no private chat: a number, and nobody's task.
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 1, 9)], "{label}");
        assert_eq!(beside(&office, id).await.nudged, 1, "{label}");
        let entry = office::audit::tail(&office.ctx(), &OPERATOR, 9).await.unwrap();
        let entry = entry.into_iter().find(|entry| entry.action == "push_nudge").unwrap();
        assert_eq!((entry.actor.as_str(), entry.subject), ("system:nudge", format!("push:{id}")), "{label}");
        let detail: Value = serde_json::from_str(&entry.detail).unwrap();
        let expected =
            json!({"day": "2026-09-07", "queued": 1, "unreachable": 9, "not_reached": 0, "away": 0, "muted": 0});
        assert_eq!(detail, expected, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_press_on_the_reminder_confirms_with_that_copy() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.at(7, 9, 30).await;
        office.work().await;
        office.at(7, 10, 0).await;
        let reminder = screen(&office, 1).await.id;
        assert_eq!(office.press(1, 1, &reminder, "已阅").await, "已记录（9月7日10:00），谢谢。", "{label}");
        assert_eq!(office.press(1, 1, &reminder, "已阅").await, "已记录过（9月7日10:00），不用再点。", "{label}");
        // The word in reply to it, or alone, means the same.
        office.say(2, "已阅").await;
        let required = office.report().await["required"].clone();
        assert_eq!((&required["acked"], &required["on_time"]), (&2.into(), &2.into()), "{label}");
        let mut tx = office.ctx().store.read().await.unwrap();
        let acks = store::ack::page(&mut tx, qingfeng::ids::AckId(0), 9).await.unwrap();
        let attempt = acks[0].attempt_id.unwrap();
        let copies = store::delivery::pushes_of_attempts(&mut tx, &[attempt]).await.unwrap();
        let delivery = store::delivery::find(&mut tx, copies[0].delivery_id).await.unwrap().unwrap();
        assert_eq!((copies[0].push_id, delivery.kind.as_str()), (id, "nudge"), "{label}");
        drop(tx);
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn nobody_is_reminded_twice() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.at(7, 9, 30).await;
        // Two instances at once, and one that dies between deciding and sending.
        let (one, two) = (office.ctx(), qingfeng::ctx::Ctx { boot: "two".to_owned(), ..office.ctx() });
        let (first, second) = tokio::join!(plan::plan(&one), plan::plan(&two));
        first.unwrap();
        second.unwrap();
        office.stop().await;
        office.start().await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1)], "{label}");
        office.stop().await;
        office.start().await;
        for (day, hour) in [(7, 11), (7, 15), (8, 10)] {
            office.at(day, hour, 0).await;
            office.work().await;
        }
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1)], "{label}");
        assert_eq!(days(&office, id).await.len(), 1, "{label}");
        let entries = office::audit::tail(&office.ctx(), &OPERATOR, 99).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.action == "push_nudge").count(), 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn whoever_wants_no_reminders_gets_none_until_they_take_it_back() {
    for db in databases().await {
        let label = db.label;
        let (mut office, _) = asked(db, &[1, 2]).await;
        office.at(7, 9, 30).await;
        office.work().await;
        let before = office.report().await["required"].clone();
        let reminder = screen(&office, 1).await.id;
        let toast = "好的，以后不再私聊提醒，统计不受影响。想恢复请发/me。";
        assert_eq!(office.press(1, 1, &reminder, "不再私聊提醒").await, toast, "{label}");
        assert_eq!(office.press(1, 1, &reminder, "不再私聊提醒").await, toast, "{label}: once more");
        assert_eq!(office.report().await["required"], before, "{label}: no figure changes");
        office.at(8, 9, 35).await;
        push(&office, None).await;
        office.at(10, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 2)], "{label}");
        // The button on the reminder still confirms.
        office.say(1, "/me").await;
        let me = screen(&office, 1).await.read();
        assert!(me.contains("私聊提醒：已关闭，统计不受影响") && me.contains("[ 恢复私聊提醒 ]"), "{label}: {me}");
        let back = tap(&mut office, 1, "恢复私聊提醒").await.read();
        assert_eq!(back, "已恢复私聊提醒：要求确认的内容到截止那天还没有确认的，私聊提醒一次。", "{label}");
        office.say(1, "/me").await;
        assert!(!screen(&office, 1).await.read().contains("私聊提醒"), "{label}");
        office.at(11, 9, 35).await;
        push(&office, None).await;
        office.at(15, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 2), (2, 3)], "{label}");
        let entries = office::audit::tail(&office.ctx(), &OPERATOR, 99).await.unwrap();
        let noted = |action: &str| entries.iter().filter(|entry| entry.action == action).count();
        assert_eq!((noted("nudge_mute"), noted("nudge_unmute")), (1, 1), "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_is_away_says_so_on_the_reminder_and_has_until_they_are_back() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.at(7, 9, 30).await;
        office.work().await;
        let reminder = screen(&office, 1).await.id;
        assert_eq!(office.press(1, 1, &reminder, "我在休假或出差").await, "nothing", "{label}");
        let question = screen(&office, 1).await.read();
        assert!(
            question.starts_with("哪天返岗？只选日期，不用写原因。\n[ 9月8日 周二 ] [ 9月9日 周三 ] [ 其他日期 ]"),
            "{label}: {question}"
        );
        let told = tap(&mut office, 1, "9月9日 周三").await.read();
        assert_eq!(told, "已记下：9月9日返岗。这期间不再提醒，截止时间顺延到9月10日17:30。", "{label}");
        // They were reminded of it: once is once.
        office.at(10, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1)], "{label}");
        assert_eq!(days(&office, id).await.len(), 2, "{label}: the day of their deadline was looked at");
        assert_eq!(office.press(1, 1, &reminder, "已阅").await, "已记录（9月10日09:30），谢谢。", "{label}");
        office.stop().await;
    }
}
