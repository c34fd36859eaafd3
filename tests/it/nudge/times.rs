//! On which day and at what time, and what happens when nobody was there then.

use qingfeng::jobs::send;
use qingfeng::office::{self, plan};
use serde_json::{Value, json};

use super::{asked, days, push, reminded, reminders};
use crate::db::databases;
use crate::world::{OPERATOR, World};

async fn set(office: &World, value: &str) {
    office::setting::set(&office.ctx(), &OPERATOR, "nudge.time", value).await.unwrap();
}

#[tokio::test]
async fn a_deadline_on_a_day_off_or_too_early_is_reminded_of_on_the_workday_before() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.at(3, 9, 35).await;
        let sunday = push(&office, Some("2026-09-06T17:30")).await;
        let early = push(&office, Some("2026-09-08T09:30")).await;
        office.at(4, 9, 29).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}");
        office.at(4, 9, 30).await;
        office.work().await;
        let texts = reminders(&office, 1).await;
        assert!(texts[0]["text"].as_str().unwrap().contains("9月6日17:30前点一下“已阅”即可"), "{label}: {texts:?}");
        assert_eq!((days(&office, sunday).await.len(), days(&office, early).await.len()), (1, 0), "{label}");
        for day in 5..=7 {
            office.at(day, 9, 30).await;
            office.work().await;
        }
        assert_eq!(days(&office, early).await[0].0, "2026-09-07", "{label}");
        assert_eq!(reminded(&office).await, [(1, 2)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_goes_out_after_its_time_is_not_reminded_of_at_once() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.at(3, 10, 0).await;
        push(&office, Some("2026-09-03T17:30")).await;
        office.at(3, 15, 0).await;
        office.work().await;
        assert_eq!(reminded(&office).await, []);
        office.stop().await;
    }
}

#[tokio::test]
async fn switched_off_nobody_is_reminded_and_another_time_is_kept() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        set(&office, "off").await;
        for hour in [10, 15] {
            office.at(7, hour, 0).await;
            office.work().await;
        }
        assert_eq!((reminded(&office).await, days(&office, id).await), (vec![], vec![]), "{label}");
        set(&office, "15:30").await;
        office.at(7, 15, 29).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}");
        office.at(7, 15, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        for wrong in ["17:00", "9:30", "06:00", "关"] {
            assert!(
                office::setting::set(&office.ctx(), &OPERATOR, "nudge.time", wrong).await.is_err(),
                "{label}: {wrong}"
            );
        }
        office.stop().await;
    }
}

#[tokio::test]
async fn switched_off_between_the_decision_and_the_call_nobody_is_reminded() {
    for db in databases().await {
        let (mut office, _) = asked(db, &[1]).await;
        office.at(7, 9, 30).await;
        Box::pin(plan::plan(&office.ctx())).await.unwrap();
        set(&office, "off").await;
        Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap();
        assert_eq!(reminded(&office).await, []);
        office.stop().await;
    }
}

#[tokio::test]
async fn a_service_that_was_down_reminds_later_that_day_inside_the_hours() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        office.stop().await;
        office.at(7, 12, 0).await;
        office.start().await;
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}: the noon rest");
        office.at(7, 14, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        assert_eq!(days(&office, id).await[0].0, "2026-09-07", "{label}");
        office.stop().await;
    }
}

/// What the ledger says of days on which people should have been reminded.
async fn noted(office: &World) -> Vec<Value> {
    let entries = office::audit::tail(&office.ctx(), &OPERATOR, 99).await.unwrap();
    let nudges = entries.into_iter().filter(|entry| entry.action == "push_nudge");
    nudges.map(|entry| serde_json::from_str(&entry.detail).unwrap()).collect()
}

async fn look_back(office: &World) {
    office::nudge::look_back(&office.ctx()).await.unwrap();
}

#[tokio::test]
async fn a_day_that_was_missed_for_good_is_a_row_with_its_reason() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        let longer = push(&office, Some("2026-09-09T17:30")).await;
        office.stop().await;
        office.at(7, 17, 30).await;
        office.start().await;
        office.work().await;
        look_back(&office).await;
        assert_eq!(days(&office, id).await, [], "{label}: the day is not over");
        office.at(8, 9, 30).await;
        for _ in 0..2 {
            look_back(&office).await;
            office.work().await;
        }
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 0, 0)], "{label}");
        assert_eq!(days(&office, longer).await, [], "{label}: its day is to come");
        assert_eq!(noted(&office).await, [json!({"day": "2026-09-07", "state": "skipped_late"})], "{label}");
        assert_eq!(reminded(&office).await, [], "{label}");
        office.at(9, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}: of the other one");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_day_that_passed_while_everything_was_paused_says_so() {
    for db in databases().await {
        let label = db.label;
        let (mut office, first) = asked(db, &[1]).await;
        let second = push(&office, Some("2026-09-08T17:30")).await;
        office::halt::pause(&office.ctx(), &OPERATOR, "").await.unwrap();
        office.at(7, 9, 30).await;
        office.work().await;
        office.at(8, 0, 0).await;
        look_back(&office).await;
        assert_eq!(days(&office, first).await, [("2026-09-07".to_owned(), 0, 0)], "{label}");
        // Nobody looked before it went on.
        office.at(9, 8, 0).await;
        office::halt::resume(&office.ctx(), &OPERATOR).await.unwrap();
        assert_eq!(days(&office, second).await, [("2026-09-08".to_owned(), 0, 0)], "{label}");
        let states: Vec<Value> = noted(&office).await.into_iter().map(|detail| detail["state"].clone()).collect();
        assert_eq!(states, ["skipped_paused", "skipped_paused"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn of_what_another_copy_may_have_reminded_data_that_was_put_back_reminds_nobody() {
    for db in databases().await {
        let label = db.label;
        let (mut office, past) = asked(db, &[1]).await;
        let today = push(&office, Some("2026-09-08T17:30")).await;
        let to_come = push(&office, Some("2026-09-09T17:30")).await;
        for _ in 0..2 {
            office.later(2).await;
            office.work().await;
        }
        let home = office.app.as_ref().unwrap().home.clone();
        office.behind_its_back("UPDATE office SET generation = 0".to_owned()).await;
        home.alive(&office.ctx()).await.unwrap();
        office.at(8, 10, 0).await;
        office::db::confirm::confirm(&office.ctx(), &OPERATOR, &home).await.unwrap();
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}");
        assert_eq!(days(&office, past).await, [("2026-09-07".to_owned(), 0, 0)], "{label}");
        assert_eq!(days(&office, today).await, [("2026-09-08".to_owned(), 0, 0)], "{label}");
        let states: Vec<Value> = noted(&office).await.into_iter().map(|detail| detail["state"].clone()).collect();
        assert_eq!(states, ["in_doubt", "in_doubt"], "{label}");
        office.at(9, 9, 30).await;
        office.work().await;
        assert_eq!((reminded(&office).await, days(&office, to_come).await.len()), (vec![(1, 1)], 1), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_day_on_which_reminders_were_off_is_no_miss() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        set(&office, "off").await;
        office.at(8, 9, 30).await;
        look_back(&office).await;
        set(&office, "09:30").await;
        look_back(&office).await;
        assert_eq!((days(&office, id).await, noted(&office).await), (vec![], vec![]), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_waits_is_not_said_in_the_noon_rest() {
    for db in databases().await {
        let label = db.label;
        let (mut office, _) = asked(db, &[1]).await;
        office.at(7, 11, 30).await;
        Box::pin(plan::plan(&office.ctx())).await.unwrap();
        for minute in [31, 59] {
            office.at(7, 11, minute).await;
            Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap();
            assert_eq!(reminded(&office).await, [], "{label}");
        }
        office.at(7, 14, 30).await;
        Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap();
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn while_everything_is_paused_nobody_is_reminded() {
    for db in databases().await {
        let label = db.label;
        let (mut office, _) = asked(db, &[1]).await;
        office::halt::pause(&office.ctx(), &OPERATOR, "").await.unwrap();
        office.at(7, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}");
        office::halt::resume(&office.ctx(), &OPERATOR).await.unwrap();
        office.at(7, 10, 0).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        office.stop().await;
    }
}
