//! Who is not reminded: each for a reason of their own, judged when the day comes and once more right before the call.

use chrono::NaiveDate;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::policy::Role;
use qingfeng::domain::word::Confirm;
use qingfeng::jobs::send;
use qingfeng::office::leave::Leave;
use qingfeng::office::merge::OtherName;
use qingfeng::office::push::levers;
use qingfeng::office::role::Given;
use qingfeng::office::{self, plan};
use serde_json::json;

use super::{asked, beside, days, push, put_down, reminded, reminders};
use crate::db::databases;
use crate::people_chat::screen;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

async fn trip(office: &World, staff_no: &str, (from, to): (u32, u32)) {
    let day = |day: u32| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
    let (staff_no, category) = (staff_no.to_owned(), LeaveCategory::Trip);
    let leave = Leave { staff_no, category, from: day(from), to: Some(day(to)) };
    office::leave::add(&office.ctx(), &OPERATOR, &leave).await.unwrap();
}

async fn fault(office: &World, chat: i64, fault: serde_json::Value) {
    office.server.order("faults", json!({"method": "sendMessage", "chat": chat, "times": 1, "fault": fault})).await;
}

/// The morning of the deadline.
async fn morning(office: &World) {
    office.at(7, 9, 30).await;
    office.work().await;
}

#[tokio::test]
async fn who_confirmed() {
    for db in databases().await {
        let (mut office, id) = asked(db, &[1]).await;
        let copy = office.newest(STUDY).await;
        office.press(1, STUDY, &copy, "已阅").await;
        morning(&office).await;
        assert_eq!(reminded(&office).await, []);
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 0, 10)]);
        office.stop().await;
    }
}

#[tokio::test]
async fn who_is_away_until_the_day_of_their_own_deadline() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        // Recorded while the push is out: back on the 9th, asked until the 10th.
        trip(&office, "S01", (7, 8)).await;
        morning(&office).await;
        assert_eq!(reminded(&office).await, [(2, 1)], "{label}");
        office.at(8, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(2, 1)], "{label}");
        office.at(10, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1)], "{label}");
        let text = reminders(&office, 1).await[0]["text"].as_str().unwrap().to_owned();
        assert!(text.contains("今天17:30前点一下") && text.contains("请于9月10日17:30前点“已阅”。"), "{label}: {text}");
        let made: Vec<_> = days(&office, id).await.into_iter().map(|(day, queued, _)| (day, queued)).collect();
        assert_eq!(made, [("2026-09-07".to_owned(), 1), ("2026-09-10".to_owned(), 1)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_is_outside_the_count() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.bind(12).await;
        office.away("S01", 1..=30).await;
        office.at(3, 9, 35).await;
        let id = push(&office, None).await;
        morning(&office).await;
        assert_eq!(reminded(&office).await, [], "exempt, or not addressed");
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 0, 10)]);
        office.stop().await;
    }
}

#[tokio::test]
async fn who_was_not_reached() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in [1, 11] {
            office.bind(user).await;
        }
        office.at(3, 9, 35).await;
        fault(
            &office,
            FIRMS,
            json!({"kind": "error", "code": 400, "description": "Bad Request: text must be encoded in UTF-8"}),
        )
        .await;
        let id = push(&office, None).await;
        morning(&office).await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 1, 9)], "{label}: not people without a chat");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_may_or_may_not_have_been_reached() {
    for db in databases().await {
        let mut office = World::new(db).await;
        for user in [1, 11] {
            office.bind(user).await;
        }
        office.at(3, 9, 35).await;
        let lost = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": FIRMS, "times": 2, "fault": lost})).await;
        push(&office, None).await;
        office.later(91).await;
        office.work().await;
        morning(&office).await;
        assert_eq!(reminded(&office).await, [(1, 1)]);
        office.stop().await;
    }
}

#[tokio::test]
async fn who_blocked_the_bot_is_a_number() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.server.order("block", json!({"user": 1, "blocked": true})).await;
        office.poll().await;
        morning(&office).await;
        assert_eq!(reminded(&office).await, [(2, 1)], "{label}");
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 1, 10)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn readers_of_what_is_voluntary() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.at(3, 9, 35).await;
        let voluntary = office.push_now(None).await.push.id;
        let uncounted = office.push_now(Some(Confirm::None)).await.push.id;
        office.work().await;
        for day in 3..=11 {
            office.at(day, 9, 30).await;
            office.work().await;
        }
        assert_eq!(reminded(&office).await, []);
        for id in [voluntary, uncounted] {
            assert_eq!(days(&office, id).await, []);
        }
        office.stop().await;
    }
}

#[tokio::test]
async fn the_head_of_their_unit() {
    for db in databases().await {
        let (mut office, _) = asked(db, &[1, 12]).await;
        let head = Given { role: Role::UnitHead, units: vec!["企业科".to_owned()] };
        office::role::grant(&office.ctx(), &OPERATOR, "S12", head).await.unwrap();
        let before = office.sent(12).await.len();
        morning(&office).await;
        assert_eq!(office.sent(12).await.len(), before, "nobody tells them who has not confirmed");
        office.stop().await;
    }
}

#[tokio::test]
async fn whoever_settled_it_between_the_decision_and_the_call() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2, 3]).await;
        let copy = office.newest(STUDY).await;
        // An earlier reminder lets 2 want none; it is of another push.
        office.at(7, 9, 30).await;
        Box::pin(plan::plan(&office.ctx())).await.unwrap();
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 3, 8)], "{label}");
        office.press(1, STUDY, &copy, "已阅").await;
        assert!(office::nudge::mute(&office.ctx(), &office.line(), "2").await.unwrap());
        trip(&office, "S03", (7, 8)).await;
        Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap();
        assert_eq!(reminded(&office).await, [], "{label}");
        let cancelled = ["confirmed", "muted", "on_leave"].map(|reason| ("cancelled", Some(reason)));
        assert_eq!(put_down(&office, id).await, cancelled, "{label}");
        // Whose deadline moved has their day after all.
        office.at(10, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(3, 1)], "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn everybody_when_the_push_is_taken_back() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.at(7, 9, 30).await;
        Box::pin(plan::plan(&office.ctx())).await.unwrap();
        let recalled = levers::recall(&office.ctx(), &OPERATOR, id, "内容有误").await.unwrap();
        assert_eq!((recalled.cancelled, recalled.reminders), (2, [0, 0]), "{label}");
        Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap();
        assert_eq!(reminded(&office).await, [], "{label}");
        assert_eq!(put_down(&office, id).await, [("cancelled", Some("taken_back")); 2], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_reminder_that_is_out_goes_with_its_push() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        morning(&office).await;
        let reminder = screen(&office, 1).await;
        assert!(reminder.text.starts_with("【仅发给您】"));
        let recalled = levers::recall(&office.ctx(), &OPERATOR, id, "内容有误").await.unwrap();
        assert_eq!(recalled.reminders, [1, 0], "{label}");
        office.later(2).await;
        office.work().await;
        assert_ne!(screen(&office, 1).await.id, reminder.id, "{label}: it is deleted");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_reminder_in_doubt_is_held_and_a_press_proves_it() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        fault(&office, 1, json!({"kind": "reset", "accept": true})).await;
        morning(&office).await;
        office.later(120).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}: no second one");
        assert_eq!(beside(&office, id).await.nudged, 0, "{label}: nobody knows");
        let reminder = screen(&office, 1).await.id;
        office.press(1, 1, &reminder, "不再私聊提醒").await;
        assert_eq!(beside(&office, id).await.nudged, 1, "{label}: any press on it tells");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_reminder_in_doubt_of_a_push_taken_back_is_deleted_once_a_press_proves_it() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        fault(&office, 1, json!({"kind": "reset", "accept": true})).await;
        morning(&office).await;
        let recalled = levers::recall(&office.ctx(), &OPERATOR, id, "内容有误").await.unwrap();
        assert_eq!(recalled.reminders, [0, 1], "{label}: nobody knows which message it is");
        let reminder = screen(&office, 1).await;
        assert!(reminder.text.starts_with("【仅发给您】"), "{label}");
        office.press(1, 1, &reminder.id, "不再私聊提醒").await;
        office.later(2).await;
        office.work().await;
        assert_ne!(screen(&office, 1).await.id, reminder.id, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_number_that_was_merged_is_the_same_person() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.at(4, 9, 30).await;
        assert!(office::nudge::mute(&office.ctx(), &office.line(), "2").await.unwrap());
        for (from, into) in [("S01", "S03"), ("S02", "S04")] {
            office::merge::merge(&office.ctx(), &OPERATOR, (from, into), OtherName::Stated).await.unwrap();
        }
        morning(&office).await;
        // Bound is one account, expected are both numbers: one reminder, and a wish that went over.
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        let reminder = screen(&office, 1).await.id;
        assert_eq!(office.press(1, 1, &reminder, "已阅").await, "已记录（9月7日09:30），谢谢。", "{label}");
        assert_eq!(office.report().await["required"]["acked"], 2, "{label}: both numbers");
        assert_eq!(days(&office, id).await[0].1, 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_was_erased_leaves_no_wish_behind() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        assert!(office::nudge::mute(&office.ctx(), &office.line(), "1").await.unwrap());
        office::erase::erase(&office.ctx(), &OPERATOR, "S01").await.unwrap();
        let mut tx = office.ctx().store.read().await.unwrap();
        assert_eq!(qingfeng::store::nudge::muted(&mut tx).await.unwrap(), []);
        drop(tx);
        office.stop().await;
    }
}
