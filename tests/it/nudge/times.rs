//! On which day and at what time, and what happens when nobody was there then.

use qingfeng::jobs::send;
use qingfeng::office::{self, plan};

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

#[tokio::test]
async fn a_service_that_was_down_until_after_the_deadline_reminds_nobody() {
    for db in databases().await {
        let (mut office, id) = asked(db, &[1]).await;
        office.stop().await;
        office.at(7, 17, 30).await;
        office.start().await;
        office.work().await;
        office.at(8, 9, 30).await;
        office.work().await;
        assert_eq!((reminded(&office).await, days(&office, id).await), (vec![], vec![]));
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
