//! Each branch of `/people` once, as admins see it.

use chrono::NaiveDate;
use qingfeng::domain::audit::Action;
use qingfeng::office;

use super::{bound, noted, present, screen, tap, with_admins};
use crate::db::databases;
use crate::world::{OPERATOR, STUDY};

#[tokio::test]
async fn a_new_person_gets_a_code_and_joins_with_it() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.say(1, "/people").await;
        let mut seen = vec![screen(&office, 1).await.read()];
        seen.push(tap(&mut office, 1, "新进人员").await.read());
        seen.push(tap(&mut office, 1, "下一页").await.read());
        tap(&mut office, 1, "上一页").await;
        let handed = tap(&mut office, 1, "白*（工号尾号12）·企业科").await;
        let code = handed.text.lines().nth(1).unwrap().to_owned();
        seen.push(handed.read().replace(&code, "K7QF-3M2P").replace(&code.replace('-', ""), "K7QF3M2P"));
        if label == "sqlite" {
            insta::assert_snapshot!("a_new_person", seen.join("\n----\n"));
        }
        assert!(!seen.concat().contains("白露"), "{label}: no full name in chat");
        office.say(12, &code).await;
        let question = office.newest(12).await;
        office.press(12, 12, &question, "是我，绑定").await;
        assert!(bound(&office, "S12").await, "{label}");
        // Who is bound is on the list no more.
        office.say(1, "/people").await;
        let list = tap(&mut office, 1, "新进人员").await.read();
        assert!(!list.contains("尾号12") && list.contains("尾号11"), "{label}: {list}");
        // By unit, for an office with many.
        tap(&mut office, 1, "按单位找").await;
        let unit = tap(&mut office, 1, "规划科（5）").await;
        assert!(unit.text.starts_with("规划科：给谁发绑定码？"), "{label}: {}", unit.text);
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_new_phone_takes_over_when_it_is_bound_or_at_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.bind(6).await;
        office.say(1, "/people").await;
        let mut seen = vec![tap(&mut office, 1, "换手机").await.read()];
        seen.push(tap(&mut office, 1, "规划科（1）").await.read());
        seen.push(tap(&mut office, 1, "白*（工号尾号06）").await.read());
        let handed = tap(&mut office, 1, "发新码").await;
        assert!(handed.text.contains("新手机绑定后，旧手机自动停用"), "{label}: {}", handed.text);
        assert!(bound(&office, "S06").await, "{label}: the old phone counts until then");
        // Once more, and at once; the code from before is told of.
        office.say(1, "/people").await;
        tap(&mut office, 1, "换手机").await;
        tap(&mut office, 1, "规划科（1）").await;
        seen.push(tap(&mut office, 1, "白*（工号尾号06）").await.read());
        let handed = tap(&mut office, 1, "发新码并马上停用旧手机").await;
        assert!(handed.text.ends_with("旧手机已经停用，原来的记录都在。"), "{label}: {}", handed.text);
        assert!(!bound(&office, "S06").await, "{label}");
        if label == "sqlite" {
            insta::assert_snapshot!("a_new_phone", seen.join("\n----\n"));
        }
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn who_leaves_is_off_the_roster_from_the_day_on_and_figures_stay() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.push_now(None).await;
        office.work().await;
        office.say(1, "/people").await;
        let mut seen = vec![tap(&mut office, 1, "调离").await.read()];
        tap(&mut office, 1, "规划科（5）").await;
        seen.push(tap(&mut office, 1, "白*（工号尾号07）").await.read());
        seen.push(tap(&mut office, 1, "9月1日 周二").await.read());
        seen.push(tap(&mut office, 1, "确认调离").await.read());
        assert!(!present(&office, "S07").await, "{label}");
        assert_eq!(office.report().await["voluntary"]["expected"], 10, "{label}: what was frozen stays");
        // On a day to come, typed.
        office.say(1, "/people").await;
        tap(&mut office, 1, "调离").await;
        tap(&mut office, 1, "规划科（4）").await;
        tap(&mut office, 1, "白*（工号尾号08）").await;
        seen.push(tap(&mut office, 1, "其他日期").await.read());
        office.say(1, "下下个月").await;
        seen.push(screen(&office, 1).await.read());
        office.say(1, "9月3日").await;
        seen.push(screen(&office, 1).await.read());
        seen.push(tap(&mut office, 1, "确认调离").await.read());
        if label == "sqlite" {
            insta::assert_snapshot!("who_leaves", seen.join("\n----\n"));
        }
        assert_eq!(office::depart::due(&office.ctx()).await.unwrap(), 0, "{label}");
        assert!(present(&office, "S08").await, "{label}");
        office.at(3, 9, 0).await;
        // The audience of that day is without them, whether the roster was tidied before or not.
        let push = office.push_now(None).await;
        assert_eq!(office.report().await["pushes"][1]["expected"], 8, "{label}: {push:?}");
        assert_eq!(office::depart::due(&office.ctx()).await.unwrap(), 1, "{label}");
        assert!(!present(&office, "S08").await, "{label}");
        assert_eq!(noted(&office, Action::StaffLeave).await, 3, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_day_of_leaving_that_has_not_come_is_taken_back() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        let mut seen = Vec::new();
        for round in 0..2 {
            office.say(1, "/people").await;
            tap(&mut office, 1, "调离").await;
            tap(&mut office, 1, "规划科（5）").await;
            let asked = tap(&mut office, 1, "白*（工号尾号08）").await;
            if round == 0 {
                assert!(!asked.read().contains("撤销调离"), "{label}: {}", asked.read());
                tap(&mut office, 1, "9月2日 周三").await;
                tap(&mut office, 1, "确认调离").await;
            } else {
                seen.push(asked.read());
                seen.push(tap(&mut office, 1, "撤销调离").await.read());
            }
        }
        office.at(3, 9, 0).await;
        assert_eq!(office::depart::due(&office.ctx()).await.unwrap(), 0, "{label}");
        assert!(present(&office, "S08").await, "{label}");
        assert_eq!(noted(&office, Action::StaffLeave).await, 2, "{label}");
        insta::allow_duplicates! { insta::assert_snapshot!(seen.join("\n----\n"), @"
白*（工号尾号08）·规划科已定于2026年9月2日（周三）起不在册。改到哪天？不走了请点“撤销调离”。
[ 9月1日 周二 ] [ 9月2日 周三 ] [ 其他日期 ]
[ 撤销调离 ]
[ 取消 ]
----
已撤销调离：白*（工号尾号08）·规划科仍然在册，无需处理。
") };
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        for (who, last) in [("白*（工号尾号02）", false), ("白*（工号尾号01）", true)] {
            office.say(1, "/people").await;
            tap(&mut office, 1, "调离").await;
            let units = screen(&office, 1).await.read();
            let unit = if units.contains("综合科（5）") { "综合科（5）" } else { "综合科（4）" };
            tap(&mut office, 1, unit).await;
            tap(&mut office, 1, who).await;
            tap(&mut office, 1, "9月1日 周二").await;
            let end = tap(&mut office, 1, "确认调离").await.text;
            assert_eq!(end.contains("最后一位管理员，不能调离"), last, "{label}: {end}");
        }
        assert!(present(&office, "S01").await && !present(&office, "S02").await, "{label}");
    }
}

#[tokio::test]
async fn an_absence_is_recorded_by_category_and_days_alone() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        office.say(1, "/people").await;
        let mut seen = vec![tap(&mut office, 1, "休假").await.read()];
        tap(&mut office, 1, "规划科（5）").await;
        seen.push(tap(&mut office, 1, "白*（工号尾号09）").await.read());
        seen.push(tap(&mut office, 1, "产假育儿假").await.read());
        seen.push(tap(&mut office, 1, "9月2日 周三").await.read());
        tap(&mut office, 1, "其他日期").await;
        office.say(1, "9月1日").await;
        seen.push(screen(&office, 1).await.read());
        office.say(1, "2026-12-31").await;
        seen.push(screen(&office, 1).await.read());
        seen.push(tap(&mut office, 1, "确认记下").await.read());
        if label == "sqlite" {
            insta::assert_snapshot!("an_absence", seen.join("\n----\n"));
        }
        office.at(2, 9, 30).await;
        office.push_now(None).await;
        assert_eq!(office.report().await["voluntary"]["exempt"], 1, "{label}");
        // The same days once more.
        office.say(1, "/people").await;
        tap(&mut office, 1, "休假").await;
        tap(&mut office, 1, "规划科（5）").await;
        tap(&mut office, 1, "白*（工号尾号09）").await;
        tap(&mut office, 1, "长期病假").await;
        tap(&mut office, 1, "9月3日 周四").await;
        tap(&mut office, 1, "未定").await;
        let end = tap(&mut office, 1, "确认记下").await.text;
        assert!(end.ends_with("在这段时间已有休假记录，没有重复记。"), "{label}: {end}");
        assert_eq!(noted(&office, Action::LeaveAdd).await, 1, "{label}");
        assert!(NaiveDate::from_ymd_opt(2026, 9, 2).is_some() && office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn those_without_an_account_are_listed_masked_and_each_look_is_on_record() {
    for db in databases().await {
        let label = db.label;
        let mut office = with_admins(db).await;
        let before = noted(&office, Action::StaffView).await;
        office.say(1, "/people").await;
        let mut seen = vec![tap(&mut office, 1, "未绑定名单").await.read()];
        seen.push(tap(&mut office, 1, "规划科（5）").await.read());
        assert_eq!(noted(&office, Action::StaffView).await, before + 1, "{label}");
        tap(&mut office, 1, "换个单位").await;
        seen.push(tap(&mut office, 1, "取消").await.read());
        if label == "sqlite" {
            insta::assert_snapshot!("without_an_account", seen.join("\n----\n"));
        }
        for user in 3..=12 {
            office.bind(user).await;
        }
        office.say(1, "/people").await;
        assert_eq!(tap(&mut office, 1, "未绑定名单").await.text, "在册的人都已经绑定，无需处理。", "{label}");
        assert!(office.sent(STUDY).await.is_empty(), "{label}");
        assert!(office::audit::verify(&office.ctx(), &OPERATOR).await.unwrap().first_bad.is_none(), "{label}");
    }
}
