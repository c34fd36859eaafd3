//! 人工转发: a group on a platform that takes no messages from programs. An admin gets the words and says what became of
//! them; its people are told, and nobody claims to know who read it.

use qingfeng::domain::policy::Role;
use qingfeng::domain::word::Confirm;
use qingfeng::ids::{GroupId, PushId};
use qingfeng::office::held::Held;
use qingfeng::office::push::levers::{self, CopyFate};
use qingfeng::office::push::{Hours, Now, NowTarget, Shown};
use qingfeng::office::{self, Refusal, halt, push, relay};
use serde_json::json;

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

/// An office with two admins, 1 and 2, and a relayed group for 企业科 and 规划科.
async fn with_relay(db: crate::db::TestDb) -> (World, GroupId) {
    let mut office = World::new(db).await;
    for user in 1..=2 {
        office.bind(user).await;
        office::role::grant(&office.ctx(), &OPERATOR, &format!("S{user:02}"), Role::Admin).await.unwrap();
    }
    let units = ["企业科", "规划科"].map(str::to_owned);
    let added = relay::add(&office.ctx(), &OPERATOR, "机关微信群", &units).await.unwrap();
    (office, added.group.id)
}

async fn push_to(office: &World, groups: &[String], confirm: Option<Confirm>) -> Shown {
    let order = Now {
        slug: "gift".to_owned(),
        target: NowTarget::Groups(groups.to_vec()),
        confirm,
        hours: Hours::Any,
        deadline: None,
    };
    push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown
}

async fn shown(office: &World, id: PushId) -> Shown {
    push::show(&office.ctx(), &OPERATOR, id).await.unwrap()
}

#[tokio::test]
async fn a_person_passes_it_on_and_says_so() {
    for db in databases().await {
        let label = db.label;
        let (mut office, group) = with_relay(db).await;
        office.at(1, 9, 40).await;
        let push = push_to(&office, &[group.to_string()], None).await;
        assert!(push.deliveries[0].0.by_hand, "{label}");
        office.work().await;
        office.work().await;
        let asked = office.sent(1).await.pop().unwrap();
        insta::assert_snapshot!("asked_to_pass_it_on", asked["text"].as_str().unwrap());
        let before = office.sent(1).await.len();
        office.later(60).await;
        office.work().await;
        assert_eq!(office.sent(1).await.len(), before, "{label}: each admin is asked once");
        let (first, second) = (office.newest(1).await, office.newest(2).await);
        assert_eq!(office.press(2, 2, &second, "已转发").await, "已记为转发。无需处理。", "{label}");
        assert_eq!(office.press(1, 1, &first, "今天不发").await, "已有管理员点过“已转发”。无需处理。", "{label}");
        let now = shown(&office, push.push.id).await;
        assert_eq!(now.deliveries[0].0.state.as_str(), "sent", "{label}");
        let ruling = &now.rulings[0];
        assert!(ruling.decided_by.starts_with("staff:"), "{label}");
        assert_eq!(ruling.decided_at.utc(), office.ctx().now(), "{label}");
        // Nobody is expected, so there is no rate; it is counted as passed on.
        let report = office.report().await;
        let figures = &report["pushes"][0];
        let expected = (&json!(0), &json!(7), &json!("—"), &json!(1));
        assert_eq!(
            (&figures["expected"], &figures["unasked"], &figures["rate"], &figures["relayed"]),
            expected,
            "{label}"
        );
        assert_eq!(report["relayed"], 1, "{label}");
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn people_of_both_kinds_of_group_are_expected_where_they_can_press() {
    for db in databases().await {
        let label = db.label;
        let (mut office, group) = with_relay(db).await;
        let push = push_to(&office, &[STUDY.to_string(), group.to_string()], Some(Confirm::Required)).await;
        office.work().await;
        // 综合科 and 规划科 are in the chat; the two of 企业科 only get it by hand.
        let figures = office.report().await["required"].clone();
        assert_eq!((&figures["expected"], &figures["unasked"]), (&json!(10), &json!(2)), "{label}");
        let missing = office::report::missing(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        assert!(missing.iter().all(|missing| !["S11", "S12"].contains(&missing.person.staff_no.as_str())), "{label}");
        // The chat asks for a press before the deadline, the words to pass on do not.
        let in_chat = office.sent(STUDY).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(in_chat.contains("前点“已阅”"), "{label}: {in_chat}");
        let by_hand = office.sent(1).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(by_hand.contains("【廉政小知识】题目LP-001") && !by_hand.contains("已阅"), "{label}: {by_hand}");
        let month = qingfeng::domain::month::Month::new(2026, 9).unwrap();
        let message = office.newest(1).await;
        office.press(1, 1, &message, "已转发").await;
        let report = office::report::month(&office.ctx(), &OPERATOR, month).await.unwrap();
        let notes = qingfeng::message::report::notes(&report);
        assert!(notes.contains(&"本月发出的消息，其中人工转发1条，不统计阅知。".to_owned()), "{label}: {notes:?}");
    }
}

#[tokio::test]
async fn what_nobody_passes_on_expires_and_says_why() {
    for db in databases().await {
        let label = db.label;
        let (mut office, group) = with_relay(db).await;
        let push = push_to(&office, &[group.to_string()], None).await;
        office.work().await;
        let message = office.newest(1).await;
        office.later(4 * 3600).await;
        // The tap comes when the time is over, before or after the row says so.
        assert_eq!(office.press(1, 1, &message, "已转发").await, "已过时间，不能再发。没有改动。", "{label}");
        office.work().await;
        let row = shown(&office, push.push.id).await.deliveries.remove(0).0;
        assert_eq!((row.state.as_str(), row.reason.unwrap().as_str()), ("expired", "not_relayed"), "{label}");
        assert_eq!(office.press(1, 1, &message, "已转发").await, "已过时间，没有发出。无需处理。", "{label}");
        assert_eq!(office.report().await["relayed"], 0, "{label}");
    }
}

#[tokio::test]
async fn an_admin_may_choose_not_to() {
    for db in databases().await {
        let (mut office, group) = with_relay(db).await;
        let push = push_to(&office, &[group.to_string()], None).await;
        office.work().await;
        let message = office.newest(1).await;
        assert_eq!(office.press(1, 1, &message, "今天不发").await, "已记下今天不发。无需处理。");
        let row = shown(&office, push.push.id).await.deliveries.remove(0).0;
        assert_eq!((row.state.as_str(), row.reason.unwrap().as_str()), ("cancelled", "declined"));
    }
}

#[tokio::test]
async fn while_everything_is_stopped_nobody_is_asked_to_pass_anything_on() {
    for db in databases().await {
        let (office, group) = with_relay(db).await;
        let before = office.sent(1).await.len();
        push_to(&office, &[group.to_string()], None).await;
        halt::pause(&office.ctx(), &OPERATOR, "").await.unwrap();
        office.work().await;
        assert_eq!(office.sent(1).await.len(), before);
        halt::resume(&office.ctx(), &OPERATOR).await.unwrap();
        office.work().await;
        assert_eq!(office.sent(1).await.len(), before + 1);
    }
}

#[tokio::test]
async fn what_was_passed_on_is_recalled_by_hand() {
    for db in databases().await {
        let (mut office, group) = with_relay(db).await;
        let push = push_to(&office, &[group.to_string()], None).await;
        office.work().await;
        let message = office.newest(1).await;
        office.press(1, 1, &message, "已转发").await;
        assert!(matches!(
            levers::cancel(&office.ctx(), &OPERATOR, push.push.id, "").await,
            Err(Refusal::Lever(Held::PushOut { sent: 1, .. }))
        ));
        let recalled = levers::recall(&office.ctx(), &OPERATOR, push.push.id, "有误").await.unwrap();
        assert_eq!(recalled.copies.iter().map(|copy| copy.fate).collect::<Vec<_>>(), [CopyFate::ByHand]);
        assert_eq!(office.report().await["relayed"], 0);
    }
}

#[tokio::test]
async fn a_relayed_group_has_a_name_of_its_own() {
    for db in databases().await {
        let (office, group) = with_relay(db).await;
        let units = ["综合科".to_owned()];
        for name in ["", "一\n二", &"长".repeat(41)] {
            let refused = relay::add(&office.ctx(), &OPERATOR, name, &units).await;
            assert!(matches!(refused, Err(Refusal::Lever(Held::RelayName))), "{name}");
        }
        let twice = relay::add(&office.ctx(), &OPERATOR, "机关微信群", &units).await;
        assert!(matches!(twice, Err(Refusal::Lever(Held::RelayExists(_)))));
        let other = relay::add(&office.ctx(), &OPERATOR, "值班群", &units).await.unwrap();
        assert_ne!(other.group.id, group);
        assert_eq!((other.group.channel.as_str(), other.expected), ("relay", 0));
    }
}
