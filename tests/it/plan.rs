//! Schedules over days and weeks: holidays, messages that give way, outages, clocks that jump, rules that change.

use chrono::{DateTime, Datelike, TimeDelta, Utc};
use qingfeng::domain::cap::Caps;
use qingfeng::domain::rotation::Pool;
use qingfeng::domain::schedule::{LATE_MINUTES, Missed, Rule, Terms};
use qingfeng::office::push::OverCap;
use qingfeng::office::schedule::{self, Change, New};
use qingfeng::office::{self, Refusal};
use qingfeng::store::occurrence::OccurrenceRow;
use serde_json::json;

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// Monday, Wednesday and Friday at 09:30.
pub(crate) const KNOWLEDGE: &str = "cron 30 9 * * 1,3,5";
/// The third workday before every festival.
pub(crate) const REMINDER: &str = "before-festival all 3 0 09:30";

pub(crate) fn new(name: &str, rule: &str, groups: &[i64]) -> New {
    New {
        name: name.to_owned(),
        terms: Terms::every_day(Rule::parse(rule).unwrap()),
        missed: Missed::Late,
        max_late: LATE_MINUTES,
        groups: groups.iter().map(ToString::to_string).collect(),
        pool: Pool::Voluntary,
        confirm: None,
        deadline: None,
    }
}

pub(crate) async fn add(office: &World, name: &str, rule: &str) {
    schedule::add(&office.ctx(), &OPERATOR, &new(name, rule, &[STUDY, FIRMS])).await.unwrap();
}

/// What became of a rule's slots, oldest first: `2026-09-28 09:30→2026-09-29 09:30 materialised`.
pub(crate) async fn rows(office: &World, name: &str) -> Vec<String> {
    let shown = schedule::show(&office.ctx(), &OPERATOR, name).await.unwrap();
    let zone = office.ctx().zone;
    let wall = |at: DateTime<Utc>| at.with_timezone(&zone).format("%m-%d %H:%M").to_string();
    let row = |row: &OccurrenceRow| {
        let moved = row.moved_from.map(|from| format!("{}→", wall(from.utc()))).unwrap_or_default();
        let reason = row.reason.map(|reason| format!(" {}", reason.as_str())).unwrap_or_default();
        format!("{moved}{} {}{reason}", wall(row.due_at.utc()), row.state.as_str())
    };
    shown.latest.iter().rev().map(row).collect()
}

/// The whole days from one to another of September 2026, at six times of each.
pub(crate) async fn live(office: &World, from: i64, to: i64) {
    for day in from..=to {
        for (hour, minute) in [(9, 0), (9, 30), (9, 31), (12, 0), (15, 0), (18, 0)] {
            office.at(day, hour, minute).await;
            office.work().await;
        }
    }
}

#[tokio::test]
async fn the_end_of_september_knows_its_festivals() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(19, 9, 0).await;
        add(&office, "小知识", KNOWLEDGE).await;
        add(&office, "节前提醒", REMINDER).await;
        live(&office, 19, 30).await;
        let knowledge = rows(&office, "小知识").await;
        assert_eq!(
            knowledge,
            [
                "09-21 09:30 materialised",
                "09-23 09:30 materialised",
                "09-25 09:30 skipped_holiday",
                "09-28 09:30→09-29 09:30 materialised",
                "09-30 09:30 materialised"
            ],
            "{label}"
        );
        let reminders = rows(&office, "节前提醒").await;
        assert_eq!(reminders, ["09-22 09:30 materialised", "09-28 09:30 materialised"], "{label}");
        // 中秋 begins on the 25th, 国庆 on 1 October: each is to be confirmed by the end of the workday before.
        let pushes = office::push::list(&office.ctx(), &OPERATOR).await.unwrap();
        let zone = office.ctx().zone;
        let deadlines: Vec<String> = pushes
            .iter()
            .rev()
            .filter_map(|push| push.deadline_at)
            .map(|at| at.utc().with_timezone(&zone).format("%m-%d %H:%M").to_string())
            .collect();
        assert_eq!(deadlines, ["09-24 17:30", "09-30 17:30"], "{label}");
        let off = json!([{ "name": "中秋", "from": "2026-09-25", "to": "2026-09-25" }]);
        assert_eq!(office.report().await["days_off"], off, "{label}: plain weekends are not told");
        assert_eq!(office.sent(STUDY).await.len(), 6, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_was_shown_ahead_is_what_happens() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(19, 9, 0).await;
        add(&office, "小知识", KNOWLEDGE).await;
        add(&office, "节前提醒", REMINDER).await;
        let zone = office.ctx().zone;
        let september = qingfeng::domain::month::Month::new(2026, 9).unwrap();
        let plan = async |office: &World| {
            let entries = schedule::month(&office.ctx(), &OPERATOR, september).await.unwrap();
            let line = |entry: &office::outlook::Entry| {
                let moved = entry.moved.map(|(from, by)| format!("{}@{from}", by.as_str()));
                let item = entry.item.as_ref().map(|item| item.slug.clone());
                format!("{} {} {item:?} {moved:?}", entry.at.with_timezone(&zone), entry.name)
            };
            entries.iter().map(line).collect::<Vec<_>>()
        };
        let ahead = plan(&office).await;
        assert_eq!(ahead.len(), 7, "{label}: {ahead:?}");
        live(&office, 19, 30).await;
        assert_eq!(plan(&office).await, ahead, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn b9_three_days_down_leave_rows_and_one_message_for_each_chat() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "早", "cron 15 9 * * *").await;
        add(&office, "中", "cron 30 9 * * *").await;
        let firms = new("晚", "cron 0 10 * * *", &[FIRMS]);
        schedule::add(&office.ctx(), &OPERATOR, &firms).await.unwrap();
        office.work().await;
        office.stop().await;
        // Down from Tuesday the 1st; up again on Friday the 4th, an hour late.
        office.at(4, 10, 30).await;
        office.start().await;
        office.work().await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        assert_eq!(office.sent(FIRMS).await.len(), 1, "{label}");
        assert_eq!(
            rows(&office, "早").await,
            ["09-02 09:15 skipped_late", "09-03 09:15 skipped_late", "09-04 09:15 skipped_collapsed"],
            "{label}"
        );
        let mut last = Vec::new();
        for name in ["中", "晚"] {
            let rows = rows(&office, name).await;
            let missed = rows.iter().filter(|row| row.ends_with("skipped_late")).count();
            assert_eq!(missed, rows.len() - 1, "{label}: {rows:?}");
            last.push(rows[missed].split(' ').next_back().unwrap().to_owned());
        }
        // The newest for both chats goes; the second chat has had its message with it.
        assert_eq!(last, ["materialised", "skipped_collapsed"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn b1_b2_clocks_that_jump_fire_nothing_twice_and_flood_nobody() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * *").await;
        live(&office, 2, 2).await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        // Two hours back, and forward again.
        office.at(2, 8, 0).await;
        office.work().await;
        live(&office, 2, 2).await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        // Two weeks ahead by mistake: rows, and no flood.
        office.at(18, 12, 0).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        // The clock is put right; what was skipped ahead of time is planned again, and what went out stays.
        office.at(3, 9, 0).await;
        office::plan::refresh(&office.ctx()).await.unwrap();
        live(&office, 3, 4).await;
        assert_eq!(office.sent(STUDY).await.len(), 3, "{label}");
        assert_eq!(
            rows(&office, "小知识").await,
            ["09-02 09:30 materialised", "09-03 09:30 materialised", "09-04 09:30 materialised"],
            "{label}"
        );
        office.stop().await;
    }
}

#[tokio::test]
async fn b13_an_edit_while_due_sends_the_old_or_the_new() {
    for db in databases().await {
        let label = db.label;
        let change = |rule: &str| Change { rule: Some(Rule::parse(rule).unwrap()), ..Change::default() };
        // Edited after the slot came due and before it was decided: the new rule alone sends.
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * *").await;
        office.work().await;
        office.at(2, 9, 30).await;
        schedule::edit(&office.ctx(), &OPERATOR, "小知识", &change("cron 0 15 * * *")).await.unwrap();
        office.at(2, 15, 0).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        assert_eq!(
            rows(&office, "小知识").await,
            ["09-02 09:30 cancelled edited", "09-02 15:00 materialised"],
            "{label}"
        );
        // Edited after it was sent: the new rule begins the day after.
        schedule::edit(&office.ctx(), &OPERATOR, "小知识", &change("cron 0 16 * * *")).await.unwrap();
        office::plan::refresh(&office.ctx()).await.unwrap();
        office.at(2, 16, 0).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.at(3, 16, 0).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 2, "{label}");
        assert_eq!(
            rows(&office, "小知识").await,
            ["09-02 09:30 cancelled edited", "09-02 15:00 materialised", "09-03 16:00 materialised"],
            "{label}"
        );
        office.stop().await;
    }
}

#[tokio::test]
async fn a_paused_rule_leaves_rows_and_goes_on_without_a_flood() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * *").await;
        let ctx = office.ctx();
        schedule::pause(&ctx, &OPERATOR, "小知识").await.unwrap();
        assert!(matches!(schedule::pause(&ctx, &OPERATOR, "小知识").await, Err(Refusal::ScheduleStands { .. })));
        live(&office, 2, 3).await;
        office.at(4, 9, 31).await;
        schedule::resume(&ctx, &OPERATOR, "小知识").await.unwrap();
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 0, "{label}");
        let paused = ["09-02 09:30 skipped_paused", "09-03 09:30 skipped_paused", "09-04 09:30 skipped_paused"];
        assert_eq!(rows(&office, "小知识").await, paused, "{label}");
        live(&office, 7, 7).await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        schedule::remove(&ctx, &OPERATOR, "小知识").await.unwrap();
        live(&office, 8, 8).await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_push_by_hand_counts_and_is_never_held() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        add(&office, "小知识", "cron 30 9 * * 3").await;
        office.at(2, 9, 0).await;
        office.work().await;
        office.push_now(None).await;
        office.at(2, 9, 30).await;
        office.work().await;
        assert_eq!(rows(&office, "小知识").await, ["09-02 09:30→09-03 09:30 planned"], "{label}");
        office.at(3, 9, 30).await;
        office.work().await;
        assert_eq!(rows(&office, "小知识").await, ["09-02 09:30→09-03 09:30 materialised"], "{label}");
        let order = World::by_hand();
        let preview = office::push::preview(&office.ctx(), &OPERATOR, &order).await.unwrap();
        let caps = Caps { per_day: 1, per_week: 3 };
        assert_eq!(preview.over, [OverCap { title: "学习群".to_owned(), day: 1, week: 2, caps }], "{label}");
        office.push_now(None).await;
        office.stop().await;
    }
}

#[tokio::test]
async fn rules_that_could_never_send_are_refused() {
    for db in databases().await {
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        let refused = async |new: &New| schedule::add(&ctx, &OPERATOR, new).await.unwrap_err();
        let day = |text: &str| Some(text.parse().unwrap());
        let at_night = new("夜", "cron 0 20 * * *", &[STUDY]);
        assert!(matches!(refused(&at_night).await, Refusal::ScheduleOutsideHours { .. }));
        let past = new("过去", "once 2026-08-01 09:30", &[STUDY]);
        assert!(matches!(refused(&past).await, Refusal::ScheduleNeverDue));
        let on_saturday = new("周六", "once 2026-09-05 09:30", &[STUDY]);
        assert!(matches!(refused(&on_saturday).await, Refusal::ScheduleNeverDue));
        for name in ["", "两\n行", "\u{1b}[31m红", "反\u{202e}向", &"长".repeat(41)] {
            assert!(matches!(refused(&new(name, KNOWLEDGE, &[STUDY])).await, Refusal::ScheduleName), "{name:?}");
        }
        let mut backwards = new("倒", KNOWLEDGE, &[STUDY]);
        (backwards.terms.starts_on, backwards.terms.ends_on) = (day("2026-10-02"), day("2026-10-01"));
        assert!(matches!(refused(&backwards).await, Refusal::Rule(_)));
        let mut nothing = new("空", KNOWLEDGE, &[STUDY]);
        nothing.pool = Pool::Theme("secrecy".to_owned());
        assert!(matches!(refused(&nothing).await, Refusal::NoFittingItem));
        nothing.pool = Pool::Tag("没有".to_owned());
        assert!(matches!(refused(&nothing).await, Refusal::NoFittingItem));
        assert!(matches!(refused(&new("无群", KNOWLEDGE, &[])).await, Refusal::NoTarget));
        assert!(schedule::list(&ctx, &OPERATOR).await.unwrap().is_empty(), "nothing was half added");
        office.stop().await;
    }
}

/// A die without a source of chance: the same throws every time.
struct Die(u64);

impl Die {
    fn throw(&mut self, sides: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % sides.unsigned_abs()).unwrap()
    }
}

/// Whatever happens to the clock, the program and the rules, no slot goes out twice and no chat gets more than it may.
#[tokio::test]
async fn no_slot_goes_out_twice_whatever_happens() {
    let mut went_out = 0;
    for seed in 0..6 {
        for db in databases().await {
            let label = db.label;
            let mut office = World::new(db).await;
            let mut die = Die(seed);
            add(&office, "甲", "cron 30 9 * * *").await;
            add(&office, "乙", "every-weeks 1 wed 2026-09-02 10:00").await;
            add(&office, "丙", REMINDER).await;
            let mut now = office.ctx().now();
            for _ in 0..40 {
                match die.throw(10) {
                    0 => {
                        office.stop().await;
                        office.start().await;
                    }
                    1 => now -= TimeDelta::minutes(die.throw(300)),
                    2 => now += TimeDelta::hours(die.throw(80)),
                    3 => {
                        let rules =
                            ["cron 30 9 * * *", "cron 0 10 * * *", "cron 30 15 * * 1-5", "workday-of-month 3 09:30"];
                        let rule = rules[usize::try_from(die.throw(4)).unwrap()];
                        let change = Change { rule: Some(Rule::parse(rule).unwrap()), ..Change::default() };
                        schedule::edit(&office.ctx(), &OPERATOR, "甲", &change).await.unwrap();
                    }
                    4 => office.forget_calendar().await,
                    5 => office::plan::refresh(&office.ctx()).await.unwrap(),
                    6 => now += TimeDelta::minutes(die.throw(200)),
                    // 09:30 of the next day in Shanghai.
                    _ => now = (now + TimeDelta::hours(32)).date_naive().and_hms_opt(1, 30, 0).unwrap().and_utc(),
                }
                office.move_to(now).await;
                office.work().await;
            }
            let pushes = office::push::list(&office.ctx(), &OPERATOR).await.unwrap();
            let mut days: Vec<_> =
                pushes.iter().map(|push| (push.slot_at.utc() + TimeDelta::hours(8)).date_naive()).collect();
            days.sort_unstable();
            let sent = days.len();
            days.dedup();
            went_out += sent;
            assert_eq!(days.len(), sent, "{label}, seed {seed}: two messages on one day");
            let weeks = days.chunk_by(|one, other| one.iso_week() == other.iso_week());
            assert!(weeks.map(<[_]>::len).all(|week| week <= 3), "{label}, seed {seed}: {days:?}");
            assert!(office.verified().await, "{label}, seed {seed}");
            office.stop().await;
        }
    }
    assert!(went_out > 12, "too little went out to prove anything: {went_out}");
}
