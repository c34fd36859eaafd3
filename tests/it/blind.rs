//! Times in which nobody took in presses: on record, said in the chat once, in the report, and never held against anybody.

use chrono::TimeDelta;
use qingfeng::domain::audit::Action;
use qingfeng::domain::month::Month;
use qingfeng::domain::word::Confirm;
use qingfeng::office;
use qingfeng::office::push::{Hours, Now, NowTarget};
use qingfeng::render::report::text;
use serde_json::{Value, json};

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

async fn press(office: &World, user: i64, message: &str) {
    let message: i64 = message.parse().unwrap();
    let press = json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
    office.server.order("press", json!({ "presses": [press] })).await;
}

/// Edits of the newest message in the study group, as texts.
async fn edits(office: &World) -> Vec<String> {
    let sent = office.sent(STUDY).await.pop().unwrap();
    let edits = sent["edits"].as_array().cloned().unwrap_or_default();
    edits.iter().map(|edit| edit["text"].as_str().unwrap().to_owned()).collect()
}

async fn windows(office: &World) -> usize {
    let entries = office::audit::tail(&office.ctx(), &OPERATOR, i64::MAX).await.unwrap();
    entries.iter().filter(|entry| entry.action == Action::BlindWindow.as_str()).count()
}

async fn report_text(office: &World) -> String {
    let month = Month::new(2026, 9).unwrap();
    text(&office::report::month(&office.ctx(), &OPERATOR, month).await.unwrap())
}

#[tokio::test]
async fn d7_an_outage_of_a_hundred_seconds_loses_nothing_and_is_no_blind_window() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        press(&office, 1, &message).await;
        office.later(100).await;
        office.poll_again().await;
        assert_eq!(office.report().await["voluntary"]["acked"], 1, "{label}");
        office.work().await;
        assert_eq!(windows(&office).await, 0, "{label}");
        assert_eq!(office.report().await["interruptions"], json!([]), "{label}");
        assert!(edits(&office).await.iter().all(|text| !text.contains("没有收到点击")), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn d8_an_outage_of_ten_minutes_is_on_record_said_once_and_in_the_report() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.bind(2).await;
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        office.poll().await;
        press(&office, 1, &message).await;
        // A word lives for a day at the platform, a press for 150 seconds.
        office
            .server
            .order(
                "say",
                json!({"user": 2, "chat": STUDY, "text": "已阅", "reply_to": message.parse::<i64>().unwrap()}),
            )
            .await;
        office.later(600).await;
        office.poll_again().await;
        assert_eq!(office.report().await["voluntary"]["acked"], 1, "{label}: the press is lost, the word is not");
        assert_eq!(windows(&office).await, 1, "{label}");
        office.work().await;
        let line = "9月1日09:30至09:40系统没有收到点击，这段时间点过的，请再点一次。";
        let told = edits(&office).await;
        assert_eq!(told.iter().filter(|text| text.contains(line)).count(), 1, "{label}: {told:?}");
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}: no new message");
        // Later edits keep the line, and no other edit is made for it.
        office.later(30).await;
        assert_eq!(office.press(1, STUDY, &message, "已阅").await, "已记录（9月1日09:40），谢谢。", "{label}");
        office.work().await;
        let told = edits(&office).await;
        let last = told.last().unwrap();
        assert!(last.contains(line) && last.ends_with("已阅2人"), "{label}: {last}");
        office.later(60).await;
        office.work().await;
        assert_eq!(edits(&office).await.len(), told.len(), "{label}");
        let report = report_text(&office).await;
        let sentence = "9月1日09:30至09:40采集中断10分钟，恢复后已在群内提示可补点一次。";
        assert!(report.contains(sentence), "{label}: {report}");
        let expected = json!([{"from": "2026-09-01T09:30:00+08:00", "to": "2026-09-01T09:40:00+08:00", "told": true}]);
        assert_eq!(office.report().await["interruptions"], expected, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn d8_a_copy_without_a_count_says_so_as_well_and_one_sent_afterwards_does_not() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(3).await;
        let order = Now { target: NowTarget::Private(vec!["S03".to_owned()]), ..World::by_hand() };
        office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap();
        office.work().await;
        let before = office.sent(3).await.len();
        office.poll().await;
        office.later(300).await;
        office.push_now(None).await;
        office.poll_again().await;
        office.work().await;
        let private = office.sent(3).await.pop().unwrap();
        let edits_made = private["edits"].as_array().unwrap();
        assert_eq!(edits_made.len(), 1, "{label}");
        assert!(edits_made[0]["text"].as_str().unwrap().contains("09:30至09:35系统没有收到点击"), "{label}");
        assert_eq!(office.sent(3).await.len(), before, "{label}: quietly");
        assert!(edits(&office).await.is_empty(), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn d8_a_hint_that_does_not_arrive_is_tried_again() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.push_now(None).await;
        office.work().await;
        office.poll().await;
        office.later(300).await;
        office.poll_again().await;
        let fault = json!({"method": "editMessageText", "times": 1, "fault": {"kind": "error", "code": 502, "description": "Bad Gateway"}});
        office.server.order("faults", fault).await;
        office.work().await;
        assert!(edits(&office).await.is_empty(), "{label}");
        let told = |report: &Value| report["interruptions"][0]["told"].clone();
        assert_eq!(told(&office.report().await), false, "{label}");
        office.later(60).await;
        office.work().await;
        assert_eq!(edits(&office).await.len(), 1, "{label}");
        assert_eq!(told(&office.report().await), true, "{label}");
        office.stop().await;
    }
}

/// The required item to the study group, due at 17:30.
async fn required(office: &World) -> String {
    let deadline = office.ctx().now() + TimeDelta::hours(8);
    let order = Now {
        slug: "feast".to_owned(),
        confirm: Some(Confirm::Required),
        hours: Hours::Any,
        deadline: Some(deadline),
        ..World::by_hand()
    };
    office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap();
    office.work().await;
    office.newest(STUDY).await
}

#[tokio::test]
async fn a_press_that_waited_out_a_gap_over_the_deadline_is_on_time_with_a_footnote() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.bind(2).await;
        let message = required(&office).await;
        office.at(1, 17, 29).await;
        office.poll().await;
        // Pressed while nobody listened; taken in 100 seconds later, after the deadline.
        press(&office, 1, &message).await;
        office.later(100).await;
        office.poll_again().await;
        assert_eq!(office.press(1, STUDY, &message, "已阅").await, "已记录过（9月1日17:30），不用再点。", "{label}");
        // Made long after: late like any other.
        office.later(60).await;
        let late = office.press(2, STUDY, &message, "已阅").await;
        assert_eq!(late, "已记录。本条9月1日17:30截止，按“截止后确认”统计。", "{label}");
        let report = office.report().await;
        let figures = &report["required"];
        assert_eq!(
            (&figures["on_time"], &figures["late"], &report["excused"]),
            (&json!(1), &json!(1), &json!(1)),
            "{label}"
        );
        let note = "有1人次的确认在采集中断后收到，中断始于截止之前，计为按期。";
        assert!(report_text(&office).await.contains(note), "{label}");
        office.stop().await;
    }
}
