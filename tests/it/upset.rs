//! Schedules when things go wrong at a bad moment: edits, pauses and clocks around a slot, rules that cannot be read, two
//! planners at once.

use std::time::Duration;

use chrono::TimeDelta;
use qingfeng::domain::schedule::Rule;
use qingfeng::office::schedule::{self, Change};
use qingfeng::office::{self, Refusal};

use crate::db::databases;
use crate::plan::{REMINDER, add, live, new, rows};
use crate::world::{OPERATOR, STUDY, World};

fn change(rule: &str) -> Change {
    Change { rule: Some(Rule::parse(rule).unwrap()), ..Change::default() }
}

/// Rows of all rules together.
async fn count(office: &World) -> i64 {
    let mut tx = office.ctx().store.read().await.unwrap();
    let states = qingfeng::store::occurrence::count_by_state(&mut tx).await.unwrap();
    states.iter().map(|(_, count)| count).sum()
}

#[tokio::test]
async fn an_edit_is_no_clock_that_was_set_back() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * *").await;
        live(&office, 2, 2).await;
        office.at(2, 14, 0).await;
        schedule::edit(&office.ctx(), &OPERATOR, "小知识", &change("cron 0 16 * * *")).await.unwrap();
        // The service looks at its clock: today has had its message and gets no second one.
        office::plan::refresh(&office.ctx()).await.unwrap();
        office.at(2, 16, 0).await;
        office.work().await;
        assert_eq!(rows(&office, "小知识").await, ["09-02 09:30 materialised"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn an_edit_while_due_keeps_the_reminder_of_the_same_festival() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(20, 9, 0).await;
        add(&office, "节前", "before-festival mid-autumn 3 0 09:30").await;
        add(&office, "每月", "workday-of-month 17 09:30").await;
        office.work().await;
        office.at(22, 9, 30).await;
        schedule::edit(&office.ctx(), &OPERATOR, "节前", &change("before-festival mid-autumn 1 0 09:30"))
            .await
            .unwrap();
        schedule::edit(&office.ctx(), &OPERATOR, "每月", &change("workday-of-month 18 09:30")).await.unwrap();
        live(&office, 22, 30).await;
        assert_eq!(rows(&office, "节前").await, ["09-24 09:30 materialised"], "{label}");
        assert_eq!(rows(&office, "每月").await, ["09-23 09:30 materialised"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_rule_of_every_minute_loses_no_slot_when_it_changes_after_an_outage() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        schedule::add(&ctx, &OPERATOR, &new("停", "cron * 9-10 * * *", &[STUDY])).await.unwrap();
        schedule::add(&ctx, &OPERATOR, &new("删", "cron * 9-10 * * *", &[STUDY])).await.unwrap();
        schedule::pause(&ctx, &OPERATOR, "停").await.unwrap();
        // Down from 09:30 on the 1st; 89 slots are left of that day, and 120 come every day.
        office.at(28, 9, 30).await;
        schedule::resume(&ctx, &OPERATOR, "停").await.unwrap();
        schedule::remove(&ctx, &OPERATOR, "删").await.unwrap();
        assert_eq!(count(&office).await, 2 * (89 + 26 * 120 + 31), "{label}");
        office.work().await;
        assert!(office.sent(STUDY).await.is_empty(), "{label}: what was due while it was paused went out");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_clock_that_ran_ahead_leaves_nothing_paused() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * *").await;
        schedule::pause(&office.ctx(), &OPERATOR, "小知识").await.unwrap();
        office.at(11, 12, 0).await;
        office.work().await;
        // One that was added by that clock counts from the time that it is put right.
        add(&office, "后来", "cron 0 15 * * *").await;
        office.at(3, 9, 0).await;
        office::plan::refresh(&office.ctx()).await.unwrap();
        schedule::resume(&office.ctx(), &OPERATOR, "小知识").await.unwrap();
        live(&office, 3, 3).await;
        assert_eq!(
            rows(&office, "小知识").await,
            ["09-02 09:30 skipped_paused", "09-03 09:30 materialised"],
            "{label}"
        );
        assert_eq!(rows(&office, "后来").await, ["09-03 15:00 skipped_cap"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_clock_far_behind_invents_no_misses_from_before_a_rule() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * *").await;
        live(&office, 2, 2).await;
        office.at(-900, 8, 0).await;
        office::plan::refresh(&office.ctx()).await.unwrap();
        office.work().await;
        office.at(3, 9, 0).await;
        office::plan::refresh(&office.ctx()).await.unwrap();
        live(&office, 3, 3).await;
        assert_eq!(rows(&office, "小知识").await, ["09-02 09:30 materialised", "09-03 09:30 materialised"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_rule_that_cannot_be_read_holds_up_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(28, 9, 0).await;
        add(&office, "小知识", "cron 30 9 28 9 *").await;
        add(&office, "节前", REMINDER).await;
        office.at(28, 9, 30).await;
        office.work().await;
        assert_eq!(rows(&office, "小知识").await, ["09-28 09:30→09-29 09:30 planned"], "{label}");
        office.behind_its_back("UPDATE schedule SET rule = 'nonsense' WHERE name = '小知识'".to_owned()).await;
        office.at(29, 9, 30).await;
        let ctx = office.ctx();
        let planned = tokio::time::timeout(Duration::from_secs(30), office::plan::plan(&ctx)).await;
        assert!(matches!(planned, Ok(Err(Refusal::Rule(_)))), "{label}: {planned:?}");
        // What it has planned goes with it.
        schedule::remove(&ctx, &OPERATOR, "小知识").await.unwrap();
        let next = office::plan::plan(&ctx).await.unwrap();
        assert!(next.is_none_or(|next| next > ctx.now()), "{label}: {next:?}");
        office.stop().await;
    }
}

#[tokio::test]
async fn two_planners_at_once_send_what_one_would() {
    // SQLite has one service a file.
    for db in databases().await.into_iter().filter(|db| db.label == "postgres") {
        let mut office = World::new(db).await;
        for n in 0..30 {
            add(&office, &format!("计划{n}"), &format!("cron {} 9 * * *", 30 + n % 3)).await;
        }
        let config = office.config(crate::sandbox::TOKEN);
        let second = qingfeng::app::build(&config, office.clock.clone()).await.unwrap();
        let ctx = office.ctx();
        for day in 2..=9 {
            for minute in [30, 31, 32] {
                office.at(day, 9, minute).await;
                let (one, two) = tokio::join!(office::plan::plan(&ctx), office::plan::plan(&second.ctx));
                one.unwrap();
                two.unwrap();
            }
        }
        let pushes = office::push::list(&ctx, &OPERATOR).await.unwrap();
        let mut days: Vec<_> =
            pushes.iter().map(|push| (push.slot_at.utc() + TimeDelta::hours(8)).date_naive().to_string()).collect();
        days.sort_unstable();
        let expected = ["02", "03", "04", "07", "08", "09"].map(|day| format!("2026-09-{day}"));
        assert_eq!(days, expected);
        assert!(office.verified().await);
        second.ctx.store.close().await;
        office.stop().await;
    }
}

#[tokio::test]
async fn the_next_time_shown_is_one_that_goes_out() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        add(&office, "小知识", "cron 30 9 * * *").await;
        add(&office, "周末", "cron * 9-10 * * 6,0").await;
        let next = async || {
            let listed = schedule::list(&ctx, &OPERATOR).await.unwrap();
            listed.into_iter().map(|listed| listed.next.is_some()).collect::<Vec<_>>()
        };
        assert_eq!(next().await, [true, true], "{label}: 20 September is worked");
        office::setting::set(&ctx, &OPERATOR, "hours.morning", "09:40-11:30").await.unwrap();
        assert_eq!(next().await, [false, true], "{label}");
        office.stop().await;
    }
}

/// A slot was put on record and the program stopped before its push; then its rule is spoiled.
#[tokio::test]
async fn a_slot_that_cannot_be_made_is_given_up_when_its_time_is_over() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        add(&office, "小知识", "cron 30 9 * * *").await;
        live(&office, 2, 2).await;
        let spoil = "UPDATE schedule SET rule = 'nonsense', next_at = NULL WHERE name = '小知识';
            DELETE FROM occurrence WHERE id NOT IN (SELECT occurrence_id FROM push WHERE occurrence_id IS NOT NULL);
            INSERT INTO occurrence (schedule_id, slot_at, due_at, festivals, revision, state, decided_at)
            SELECT schedule_id, slot_at + 86400000, due_at + 86400000, '', 1, 'planned', due_at + 86400000 FROM occurrence";
        office.behind_its_back(spoil.to_owned()).await;
        let state = async |office: &World| {
            let mut tx = office.ctx().store.read().await.unwrap();
            let row = qingfeng::store::schedule::find(&mut tx, "小知识").await.unwrap().unwrap();
            qingfeng::store::occurrence::latest(&mut tx, row.id, 1).await.unwrap().remove(0).state.as_str()
        };
        office.at(3, 13, 30).await;
        assert!(matches!(office::plan::plan(&ctx).await, Err(Refusal::Rule(_))), "{label}");
        assert_eq!(state(&office).await, "planned", "{label}: it is tried again while it could go out");
        office.at(3, 13, 31).await;
        assert!(matches!(office::plan::plan(&ctx).await, Err(Refusal::Rule(_))), "{label}");
        assert_eq!(state(&office).await, "skipped_late", "{label}");
        assert!(office::plan::plan(&ctx).await.is_ok(), "{label}: nothing is left to complain of");
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.stop().await;
    }
}
