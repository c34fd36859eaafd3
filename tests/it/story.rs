//! The main job, end to end: an item goes out on schedule, people confirm it in chat, the month's report comes out.

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};
use qingfeng::domain::roster::Stated;
use qingfeng::domain::schedule::{Missed, OnHoliday};
use qingfeng::jobs::send;
use qingfeng::office::push::Shown;
use qingfeng::office::{self, Refusal};
use qingfeng::store::schedule::NewSchedule;
use serde_json::json;

#[tokio::test]
async fn an_item_goes_out_people_confirm_and_the_report_adds_up() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=9 {
            office.bind(user).await;
        }
        office.away("S09", 1..=30).await;
        office.schedules().await;

        // 2 September, 09:30: the voluntary item reaches both groups.
        office.at(2, 9, 30).await;
        office.work().await;
        let first = office.newest(STUDY).await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        assert_eq!(office.sent(FIRMS).await.len(), 1, "{label}");
        assert_eq!(office.press(1, STUDY, &first, "已阅").await, "已记录（9月2日09:30），谢谢。");
        office.later(3600).await;
        assert_eq!(office.press(1, STUDY, &first, "已阅").await, "已记录过（9月2日09:30），不用再点。");
        assert_eq!(office.press(2, STUDY, &first, "已阅").await, "已记录（9月2日10:30），谢谢。");
        let exempt = office.press(9, STUDY, &first, "已阅").await;
        assert_eq!(exempt, "已记录。您目前在免计范围，点不点都不影响统计。");
        assert_eq!(office.press(1, STUDY, &first, "看原文").await, "第六条　条文。");

        // Someone who is not bound presses; the press counts with its own time once they are.
        let kept = office.press(10, STUDY, &first, "已阅").await;
        assert_eq!(kept, "已收到您的点击。还差一步：绑定工号，约一分钟，绑定后这次自动计入。");
        office.later(600).await;
        let bound = office.bind(10).await;
        assert_eq!(bound, "绑定好了。您9月2日10:30在群里点的那一条已经补记。以后在群里点“已阅”就行，不用再来这里。");

        // The count line follows, once, when its pause is over.
        office.work().await;
        let edits = office.sent(STUDY).await[0]["edits"].as_array().unwrap().clone();
        assert_eq!(edits.len(), 1, "{label}");
        assert!(edits[0]["text"].as_str().unwrap().ends_with("已阅4人"), "{label}: {edits:?}");

        // 3 September: the required item, one on time, one after its deadline on the 7th.
        office.at(3, 9, 35).await;
        office.work().await;
        let feast = office.newest(STUDY).await;
        assert_eq!(office.press(3, STUDY, &feast, "已阅").await, "已记录（9月3日09:35），谢谢。");
        office.at(7, 17, 30).await;
        let late = office.press(4, STUDY, &feast, "已阅").await;
        assert_eq!(late, "已记录。本条9月7日17:30截止，按“截止后确认”统计。");

        let report = office.report().await;
        let required = &report["required"];
        // 11 public officials, one exempt; 11 is reached in a group but never bound.
        assert_eq!(required["expected"], 10, "{label}");
        assert_eq!((&required["acked"], &required["on_time"], &required["late"]), (&json!(2), &json!(1), &json!(1)));
        assert_eq!((&required["exempt"], &required["undelivered"]), (&json!(1), &json!(1)));
        assert_eq!(required["rate"], "20.0%");
        assert_eq!(required["rate_delivered"], "22.2%");
        assert_eq!(report["voluntary"]["others"], 1, "{label}");
        assert!(report["checks"].as_array().unwrap().iter().all(|check| check["ok"] == true));
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_press_in_two_groups_counts_once() {
    for db in databases().await {
        let mut office = World::new(db).await;
        let units = vec!["企业科".to_owned(), "综合科".to_owned()];
        office::group::link(&office.ctx(), &OPERATOR, &FIRMS.to_string(), &units).await.unwrap();
        office.server.order("members", json!({"chat": FIRMS, "join": [1]})).await;
        office.bind(1).await;
        office.schedules().await;
        office.at(2, 9, 30).await;
        office.work().await;
        let (here, there) = (office.newest(STUDY).await, office.newest(FIRMS).await);
        assert_eq!(office.press(1, FIRMS, &there, "已阅").await, "已记录（9月2日09:30），谢谢。");
        assert_eq!(office.press(1, STUDY, &here, "已阅").await, "已记录过（9月2日09:30），不用再点。");
        assert_eq!(office.report().await["voluntary"]["acked"], 1);
    }
}

#[tokio::test]
async fn a_missed_slot_is_a_row_and_a_late_one_says_when_it_was_due() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.schedules().await;
        // Down from the 1st to the 8th: of five missed slots only today's goes out, an hour late.
        office.at(8, 10, 30).await;
        office.work().await;
        let sent = office.sent(STUDY).await;
        assert_eq!(sent.len(), 1);
        assert!(sent[0]["text"].as_str().unwrap().starts_with("原定09:30　【廉政小知识】"), "{sent:?}");
        let ctx = office.ctx();
        let mut tx = ctx.store.read().await.unwrap();
        let schedule = qingfeng::store::schedule::find(&mut tx, "小知识").await.unwrap().unwrap();
        let mut rows = qingfeng::store::occurrence::latest(&mut tx, schedule.id, 9).await.unwrap();
        rows.reverse();
        let states: Vec<&str> = rows.iter().map(|row| row.state.as_str()).collect();
        assert_eq!(states, ["skipped_late", "skipped_late", "skipped_late", "skipped_late", "materialised"]);
        drop(tx);
        // The clock falls back by two hours: nothing fires twice.
        office.at(8, 8, 30).await;
        office.work().await;
        office.at(8, 9, 30).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1);
        office.stop().await;
    }
}

#[tokio::test]
async fn the_audience_is_frozen_at_the_push() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.schedules().await;
        office.at(2, 9, 30).await;
        office.work().await;
        let before = office.report().await;
        // Person 1 leaves, person 2 moves: the roster of tomorrow.
        let rows = "工号,姓名,单位,支部,职务,类别,顺序\nS02,白露2,管委会/企业科,,,公职人员,\n";
        let rows = qingfeng::render::sheet::read(rows.as_bytes()).unwrap();
        let people = qingfeng::domain::roster::parse(&rows).unwrap();
        let stated = Stated { leaving: Some(11), ..Stated::default() };
        let ctx = office.ctx();
        let taken = office::roster::import_stated(&ctx, &OPERATOR, (&people, &stated), office::roster::Mode::Apply);
        Box::pin(taken).await.unwrap();
        let after = office.report().await;
        for key in ["totals", "required", "voluntary", "people", "pushes"] {
            assert_eq!(before[key], after[key], "{key}");
        }
        // The units stand in the order of the new roster, each with the figures it had.
        let by_name = |report: &serde_json::Value| {
            let mut units = report["units"].as_array().unwrap().clone();
            units.sort_by_key(|unit| unit["unit"].as_str().unwrap().to_owned());
            units
        };
        assert_eq!(by_name(&before), by_name(&after));
        office.stop().await;
    }
}

#[tokio::test]
async fn a_later_push_sees_the_roster_of_its_own_day() {
    for db in databases().await {
        let mut office = World::new(db).await;
        let expected = async |office: &World, push: &Shown| {
            let figures = office::report::figures(&office.ctx(), &OPERATOR, &push.push).await.unwrap().unwrap();
            figures.counts.expected
        };
        let before = office.push_now(None).await;
        let rows = "工号,姓名,单位,支部,职务,类别,顺序\nS02,白露2,管委会/综合科,,,公职人员,\n";
        let rows = qingfeng::render::sheet::read(rows.as_bytes()).unwrap();
        let people = qingfeng::domain::roster::parse(&rows).unwrap();
        let stated = Stated { leaving: Some(11), ..Stated::default() };
        let ctx = office.ctx();
        let taken = office::roster::import_stated(&ctx, &OPERATOR, (&people, &stated), office::roster::Mode::Apply);
        Box::pin(taken).await.unwrap();
        let after = office.push_now(None).await;
        assert_eq!((expected(&office, &before).await, expected(&office, &after).await), (10, 1));
        office.stop().await;
    }
}

#[tokio::test]
async fn a_rule_that_cannot_be_planned_holds_up_no_other() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        // Written by another program: it stands before the good ones.
        let bad = NewSchedule {
            name: "坏计划",
            rule: "soon",
            on_holiday: OnHoliday::Skip,
            missed: Missed::Late,
            max_late: 240,
            starts_on: None,
            ends_on: None,
            theme: None,
            tag: None,
            slug: None,
            confirm: None,
            deadline: None,
            groups: &[],
            since: ctx.now(),
        };
        let mut tx = ctx.store.write().await.unwrap();
        qingfeng::store::schedule::add(&mut tx, &bad, ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        office.schedules().await;
        office.at(2, 9, 30).await;
        let planned = office::plan::plan(&ctx).await;
        assert!(matches!(planned, Err(Refusal::Rule(_))), "{label}: {planned:?}");
        send::step(&ctx, &office.line()).await.unwrap();
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        office.stop().await;
    }
}
