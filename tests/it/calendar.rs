//! A year of the calendar is taken in while rules run: what is to come is planned anew, what is decided stays.

use qingfeng::domain::schedule::Rule;
use qingfeng::office::calendar;
use qingfeng::office::lease::Lease;
use qingfeng::office::roster::Mode;
use qingfeng::office::schedule::{self, Change};
use qingfeng::{jobs, stop};

use crate::db::databases;
use crate::plan::{add, live, rows};
use crate::world::{OPERATOR, STUDY, World};

/// 2026 as it would stand if 国庆 began a day or two earlier.
fn with_national_day_from(first: u32) -> Vec<u8> {
    let shipped = include_str!("../../content/calendar/2026.toml");
    let changed = shipped.replace("from = 2026-10-01", &format!("from = 2026-09-{first}"));
    assert_ne!(changed, shipped);
    changed.into_bytes()
}

async fn import(office: &World, bytes: &[u8]) -> usize {
    let ctx = office.ctx();
    calendar::import(&ctx, &OPERATOR, bytes, Mode::Apply).await.unwrap().changes.len()
}

#[tokio::test]
async fn an_announced_year_moves_what_is_to_come() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(25, 9, 0).await;
        add(&office, "月末", "workday-of-month -1 09:30").await;
        office.work().await;
        assert_eq!(import(&office, &with_national_day_from(30)).await, 1, "{label}");
        live(&office, 28, 30).await;
        assert_eq!(rows(&office, "月末").await, ["09-29 09:30 materialised"], "{label}");
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_slot_that_an_announcement_moves_into_the_past_is_on_record() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(25, 9, 0).await;
        add(&office, "月末", "workday-of-month -1 09:30").await;
        add(&office, "节前", "before-festival national 1 0 09:30").await;
        office.work().await;
        office.at(29, 16, 0).await;
        office.work().await;
        import(&office, &with_national_day_from(30)).await;
        live(&office, 30, 30).await;
        assert_eq!(rows(&office, "月末").await, ["09-29 09:30 skipped_late"], "{label}");
        assert_eq!(rows(&office, "节前").await, ["09-29 09:30 skipped_late"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_slot_that_went_out_does_not_go_out_again_on_its_new_day() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(25, 9, 0).await;
        import(&office, &with_national_day_from(29)).await;
        add(&office, "节前", "before-festival national 1 0 09:30").await;
        live(&office, 28, 28).await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        // Put right: the day before 国庆 is the 30th after all.
        import(&office, include_bytes!("../../content/calendar/2026.toml")).await;
        live(&office, 29, 30).await;
        assert_eq!(rows(&office, "节前").await, ["09-28 09:30 materialised"], "{label}");
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.stop().await;
    }
}

/// The loop of `serve` meets a slot at its very instant, and a change within a second.
#[tokio::test]
async fn the_loop_sleeps_until_the_slot_and_wakes_on_change() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        add(&office, "小知识", "cron 0 10 * * *").await;
        let (stopper, stop) = stop::pair();
        let planner = tokio::spawn(jobs::plan(ctx.clone(), Lease::own(&ctx.clock), stop));
        let decided = async |office: &World, at: (i64, i64, i64), name: &str| {
            office.at(at.0, at.1, at.2).await;
            for _ in 0..300 {
                let rows = rows(office, name).await;
                if !rows.is_empty() {
                    return rows;
                }
                // A change that comes in the middle of a step is met by the next one, a second later.
                office.later(1).await;
            }
            Vec::new()
        };
        assert_eq!(decided(&office, (1, 10, 0), "小知识").await.len(), 1, "{label}");
        let change = Change { rule: Some(Rule::parse("cron 0 11 * * *").unwrap()), ..Change::default() };
        add(&office, "另一个", "cron 0 15 * * 5").await;
        schedule::edit(&ctx, &OPERATOR, "另一个", &change).await.unwrap();
        assert_eq!(decided(&office, (1, 11, 0), "另一个").await.len(), 1, "{label}");
        stopper.stop();
        planner.await.unwrap();
        office.stop().await;
    }
}
