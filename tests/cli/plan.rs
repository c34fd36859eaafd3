//! What a schedule does over time: shown, changed, paused, and planned ahead.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::{Value, json};

use crate::office::{Office, item};

fn with_schedule() -> Office {
    let office = Office::ready();
    office.meet_group("-1001234567890", "机关群");
    office.run("group link 1 --units 管委会 服务中心/综合科").done();
    office.run("schedule add 小知识 --cron \"30 9 * * 1,3\" --group 1").done();
    office
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn a_schedule_is_shown_with_what_comes() {
    let office = with_schedule();
    let shown = office.run("schedule show 小知识 --json").json();
    assert_eq!((&shown["text"], &shown["on_holiday"]), (&json!("每周一、三09:30；遇放假不推送"), &json!("skip")));
    assert_eq!((&shown["missed"], &shown["max_late"], &shown["latest"]), (&json!("late"), &json!(240), &json!([])));
    assert_eq!(shown["upcoming"].as_array().unwrap().len(), 3);
    assert_eq!(
        keys(&shown["upcoming"][0]),
        ["at", "item", "local", "moved_from", "reason", "weekday"],
        "the contract of next"
    );
    let plain = office.run("schedule show 小知识").done();
    let head: Vec<&str> = plain.lines().take(8).collect();
    insta::assert_snapshot!("shown", head.join("\n"));
    assert!(plain.ends_with("最近\n还没有到过时间\n"), "{plain}");
    let refused = ["show 乙", "next 乙", "edit 乙 --end 2099-12-31", "pause 乙", "resume 乙", "remove 乙"];
    insta::assert_snapshot!("unknown", refused.map(|line| office.refuses(&format!("schedule {line}"))).join(""));
}

#[test]
fn an_edit_changes_what_it_names_and_nothing_else() {
    let office = with_schedule();
    let one = |office: &Office| office.run("schedule show 小知识 --json").json();
    let before = one(&office);
    let said = office.run("schedule edit 小知识 --workday-of-month -1 --at 10:00 --deadline \"3 workdays\"").done();
    assert!(said.starts_with("计划“小知识”已修改，下一次：2"), "{said}");
    let after = one(&office);
    assert_eq!((&after["text"], &after["deadline"]), (&json!("每月最后一个工作日10:00"), &json!("3 workdays")));
    for same in ["schedule", "name", "on_holiday", "missed", "max_late", "groups", "item", "theme", "tag", "state"] {
        assert_eq!(after[same], before[same], "{same}");
    }
    office.run("schedule edit 小知识 --start 2099-06-01").done();
    office.refuses("schedule edit 小知识 --end 2099-05-31");
    office.refuses("schedule edit 小知识 --group 7");
    office.refuses("schedule edit 小知识 --item tokens");
}

#[test]
fn a_schedule_is_paused_and_resumed() {
    let office = with_schedule();
    let state = || office.run("schedule list --json").json()[0]["state"].clone();
    office.run("schedule pause 小知识").done();
    assert_eq!(state(), "paused");
    assert!(office.run("schedule list").done().contains("已暂停"));
    assert!(
        office
            .run("schedule show 小知识")
            .done()
            .contains("\n暂停中，恢复后才推送。请运行：qingfeng schedule resume 小知识\n")
    );
    let said = office.run("schedule resume 小知识").done();
    assert!(said.starts_with("计划“小知识”已恢复，下一次：2"), "{said}");
    assert_eq!(state(), "active");
}

#[test]
fn what_would_never_go_out_is_not_added() {
    let office = with_schedule();
    office.refuses("schedule add 甲 --once 2020-12-01 --at 09:30 --group 1");
    office.refuses("schedule add 甲 --cron \"30 9 * * 1\" --end 2020-12-31 --group 1");
    office.refuses("schedule add 甲 --cron \"0 12 * * 1\" --group 1");
    office.refuses("schedule add 甲 --cron \"30 9 * * 1\" --tag 没有 --group 1");
}

#[test]
fn a_month_is_a_table_and_a_file() {
    let office = with_schedule();
    let first = office.run("schedule next 小知识 --count 1 --json").json()[0].clone();
    let (date, month) = (&first["local"].as_str().unwrap()[..10], &first["local"].as_str().unwrap()[..7]);
    let rows = office.run(&format!("schedule month {month} --json")).json();
    let row = rows.as_array().unwrap().iter().find(|row| row["date"] == date).unwrap();
    let contract = ["audience", "basis", "confirm", "date", "note", "slug", "targets", "time", "title", "weekday"];
    assert_eq!(keys(row), contract);
    assert_eq!((&row["time"], &row["weekday"]), (&json!("09:30"), &first["weekday"]));
    assert_eq!((&row["title"], &row["slug"]), (&json!("一条内容"), &json!("token")));
    assert_eq!((&row["audience"], &row["targets"]), (&json!("全体"), &json!(["机关群"])));
    assert_eq!((&row["confirm"], &row["note"]), (&json!("voluntary"), &json!("")));
    assert!(row["basis"].as_str().unwrap().contains("第四条"));
    assert!(office.run(&format!("schedule month {month}")).done().contains("一条内容"));
    for file in ["计划.csv", "计划.xlsx", "计划.xlsx"] {
        let said = office.run(&format!("schedule month {month} --out {file}")).done();
        assert!(said.contains(&format!("行，已写入{file}\n")), "{said}");
        assert_eq!(fs::metadata(office.path(file)).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let csv = String::from_utf8(fs::read(office.path("计划.csv")).unwrap()).unwrap();
    assert!(csv.starts_with("\u{feff}日期,星期,时间,标题,短名,对象,发到,方式,依据,说明\r\n"), "{csv}");
    assert_eq!(csv.matches(date).count(), 1);
}

#[test]
fn a_month_says_when_its_days_off_are_not_announced() {
    let office = with_schedule();
    let says = |month: &str| {
        office.run(&format!("schedule month {month}")).done().contains("放假通知还没有导入，以上暂按法定节日")
    };
    assert_eq!(["2026-01", "2099-01"].map(says), [false, true]);
}

#[test]
fn what_is_sent_before_festivals_is_told_apart() {
    let office = with_schedule();
    office.item("festival/eve", &item("eve", "festival", "JQ-101", "过节不收礼。"));
    office.run("content sync").done();
    office.run("schedule add 节前 --before-festival all --workdays 3 --at 09:30 --group 1").done();
    office.run("schedule add 礼品 --cron \"0 15 * * 4\" --theme gifts --group 1").done();
    let chosen = ["小知识", "节前", "礼品"].map(|name| {
        let shown = office.run(&format!("schedule show {name}")).done();
        shown.lines().nth(3).unwrap().to_owned()
    });
    let chosen = chosen.map(|line| line.split('；').next().unwrap().to_owned());
    assert_eq!(chosen, ["内容：自愿内容轮换", "内容：各节日的提醒", "内容：礼品礼金轮换"]);
}

#[test]
fn what_is_to_come_is_a_calendar() {
    let office = with_schedule();
    let events = || {
        office.run("schedule export --ics 计划.ics").done();
        let bytes = fs::read(office.path("计划.ics")).unwrap();
        let calendar = ical::IcalParser::new(bytes.as_slice()).next().unwrap().unwrap();
        let property = |event: &ical::parser::ical::component::IcalEvent, name: &str| {
            event.properties.iter().find(|p| p.name == name).and_then(|p| p.value.clone()).unwrap()
        };
        let events =
            calendar.events.iter().map(|event| ["UID", "DTSTART", "SUMMARY"].map(|name| property(event, name)));
        events.collect::<Vec<_>>()
    };
    let found = events();
    // Two a week for a year, less the days off.
    assert!((80..=106).contains(&found.len()), "{}", found.len());
    assert_eq!(found.iter().map(|[uid, ..]| uid).collect::<BTreeSet<_>>().len(), found.len());
    assert!(found.iter().all(|[_, start, summary]| start.ends_with("T013000Z") && summary.starts_with("【小知识】")));
    assert_eq!(events(), found);
    assert_eq!(fs::metadata(office.path("计划.ics")).unwrap().permissions().mode() & 0o777, 0o600);
    office.refuses("schedule export --ics 没有/计划.ics");
}
