//! Schedules of every kind: what is accepted, what is refused and why, what an expression means.

use serde_json::{Value, json};

use crate::office::{Office, item};

fn with_group() -> Office {
    let office = Office::ready();
    office.item("festival/eve", &item("eve", "festival", "JQ-101", "过节不收礼。"));
    office.run("content sync").done();
    office.meet_group("-1001234567890", "机关群");
    office.run("group link 1 --units 管委会 服务中心/综合科").done();
    office
}

/// Every kind of rule with flags that bound it.
const KINDS: [(&str, &str); 8] = [
    ("小知识", "--cron \"30 9 * * 1,3,5\""),
    ("双周讲堂", "--every-weeks 2 --on 4 --from 2026-09-03 --at 14:30 --on-holiday next --end 2099-12-31"),
    ("双周例会", "--every-weeks ２ --on 星期三 --from 2026-09-03 --at ０９：３０ --missed skip"),
    ("月末", "--workday-of-month -1 --at 10:00 --max-late 90m"),
    ("节前", "--before-festival all --workdays 3 --at 09:30"),
    ("两节", "--before-festival 中秋节 national --workdays 1 --merge-within 7 --at 09:30 --start 2026-09-01"),
    ("宪法日", "--yearly 12-04 --at 09:30 --on-holiday previous"),
    ("一次", "--once 2099-12-01 --at 09:30 --on-holiday run --confirm voluntary"),
];

#[test]
fn every_kind_is_added_and_listed_in_words() {
    let office = with_group();
    let mut firsts = Vec::new();
    for (name, flags) in KINDS {
        let said = office.run(&format!("schedule add {name} {flags} --group 1")).done();
        assert!(said.starts_with(&format!("计划“{name}”已增加，下一次：")), "{said}");
        firsts.push(said.lines().next().unwrap().split("下一次：").nth(1).unwrap().chars().take(2).collect::<String>());
    }
    // Three a week are 小知识's own: a voluntary rule of the same chat that comes later finds no room, and says so.
    assert_eq!(firsts, ["20", "20", "没有", "20", "20", "20", "20", "20"]);
    let listed = office.run("schedule list --json").json();
    let never = |row: &&Value| row["next"].is_null();
    let never: Vec<&str> =
        listed.as_array().unwrap().iter().filter(never).map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(never, ["双周例会"], "the list agrees with what was said");
    let line = |row: &Value| format!("{}  {}", row["rule"].as_str().unwrap(), row["text"].as_str().unwrap());
    let mut lines: Vec<String> = listed.as_array().unwrap().iter().map(line).collect();
    lines.sort();
    insta::assert_snapshot!("kinds", lines.join("\n"));
    let plain = office.run("schedule list").done();
    assert!(plain.contains("每周一、三、五09:30；遇放假不推送") && !plain.contains("30 9 * * 1,3,5"), "{plain}");
}

#[test]
fn what_cannot_be_meant_is_refused() {
    let office = with_group();
    let flags = [
        "--cron \"30 9 * *\"",
        "--cron \"0 30 9 * * 1\"",
        "--cron \"30 25 * * *\"",
        "--cron \"30 9 30 2 *\"",
        "--every-weeks 0 --on mon --from 2026-09-03 --at 09:30",
        "--every-weeks 2 --on 8 --from 2026-09-03 --at 09:30",
        "--every-weeks 2 --on mon --from 2026-9-3 --at 09:30",
        "--workday-of-month 0 --at 09:30",
        "--workday-of-month 24 --at 09:30",
        "--before-festival 重阳 --workdays 3 --at 09:30",
        "--before-festival all --workdays 0 --at 09:30",
        "--before-festival all --workdays 21 --at 09:30",
        "--before-festival all --workdays 3 --merge-within -1 --at 09:30",
        "--yearly 02-30 --at 09:30",
        "--yearly 12月4日 --at 09:30",
        "--once 2026-02-30 --at 09:30",
        "--once 2099-12-01 --at 9点半",
        "--once 2099-12-01 --at 24:00",
        "--cron \"30 9 * * 1\" --start 2026-09-02 --end 2026-09-01",
        "--cron \"30 9 * * 1\" --deadline 后天",
    ];
    let refused = flags.map(|flags| office.refuses(&format!("schedule add 甲 {flags} --group 1")));
    insta::assert_snapshot!("refused", refused.join(""));
    let edits = ["schedule edit 甲", "schedule edit 甲 --start 2026-09-02 --end 2026-09-01"];
    insta::assert_snapshot!("refused_edits", edits.map(|line| office.refuses(line)).join(""));
}

#[test]
fn a_command_line_that_cannot_be_meant_changes_nothing() {
    let office = with_group();
    let before = office.ledger();
    let lines = [
        "schedule add 甲 --cron \"30 9 * * 1\"",
        "schedule add 甲 --group 1",
        "schedule add 甲 --group 1 --cron \"30 9 * * 1\" --once 2099-12-01 --at 09:30",
        "schedule add 甲 --group 1 --cron \"30 9 * * 1\" --at 09:30",
        "schedule add 甲 --group 1 --once 2099-12-01",
        "schedule add 甲 --group 1 --before-festival all --at 09:30",
        "schedule add 甲 --group 1 --cron \"30 9 * * 1\" --max-late 9",
        "schedule add 甲 --group 1 --cron \"30 9 * * 1\" --max-late 5h",
        "schedule add 甲 --group 1 --cron \"30 9 * * 1\" --on-holiday later",
        "schedule edit 甲 --at 09:30",
        "schedule month 2026-13",
        "schedule month 2026-09 --out 计划.pdf",
        "schedule export --ics 计划.txt",
        "schedule export",
        "schedule explain",
    ];
    for line in lines {
        let answer = office.run(line);
        assert_eq!(
            (answer.code, answer.out.as_str(), answer.err.lines().count()),
            (2, "", 1),
            "{line}: {}",
            answer.err
        );
    }
    assert_eq!(office.ledger(), before);
}

#[test]
fn an_expression_is_explained_without_a_database() {
    let office = Office::new();
    let explained = office.run("schedule explain \"３０　９　＊　＊　１,３、５\" --json").json();
    assert_eq!(explained["text"], "每周一、三、五09:30。");
    let next = explained["next"].as_array().unwrap();
    assert_eq!(next.len(), 12);
    for run in next {
        let (at, local) = (run["at"].as_str().unwrap(), run["local"].as_str().unwrap());
        assert_eq!(at, format!("{}:00+08:00", local.replace(' ', "T")));
        assert!(local.ends_with(" 09:30") && ["周一", "周三", "周五"].contains(&run["weekday"].as_str().unwrap()));
    }
    let expressions = [
        "\"* * * * *\"",
        "\"0 9,12 1 * 1\"",
        "cron 30 9 * * 1-5",
        "every-weeks 2 thu 2026-09-03 14:30",
        "workday-of-month -1 09:30",
        "before-festival all 3 0 09:30",
        "before-festival 中秋,国庆 1 7 08:30",
        "yearly 12-04 09:30",
        "once 2099-12-01 09:30",
    ];
    let text = |expr: &str| office.run(&format!("schedule explain {expr} --json")).json()["text"].clone();
    let texts = expressions.map(|expr| format!("{expr}\n  {}", text(expr).as_str().unwrap()));
    insta::assert_snapshot!("explained", texts.join("\n"));
    let plain = office.run("schedule explain \"30 9 * * 1-5\"").done();
    insta::assert_snapshot!("explained_to_people", plain.lines().take(5).collect::<Vec<_>>().join("\n"));
    assert!(!office.path("data").exists(), "nothing is made");
}

#[test]
fn an_expression_that_cannot_be_meant_is_refused_at_its_part() {
    let office = Office::new();
    let expressions = [
        "\"30 9 * *\"",
        "\"0 30 9 * * 1\"",
        "\"30 9 30 2 *\"",
        "\"60 9 * * *\"",
        "每周一",
        "before-festival 重阳 3 0 09:30",
        "before-festival all 0 0 09:30",
        "workday-of-month 0 09:30",
        "yearly 02-30 09:30",
        "once 2020-12-01 09:30",
        "before-festival all 3 09:30",
        "yearly 12-04 09:30 0",
    ];
    let refused = |expr: &str| format!("{expr}\n  {}", office.run(&format!("schedule explain {expr}")).refused());
    insta::assert_snapshot!("not_explained", expressions.map(refused).join(""));
}

#[test]
fn warnings_go_by_the_offices_own_bounds() {
    let office = Office::ready();
    office.run("setting set hours.morning 08:00-11:30").done();
    office.run("setting set push.per_week 5").done();
    let text = |expr: &str| office.run(&format!("schedule explain {expr} --json")).json()["text"].clone();
    assert_eq!(text("\"0 8 * * 1-5\""), json!("每周一至周五08:00。"));
    let abroad = Office::new().with("QINGFENG_TZ", "Europe/Berlin");
    let text = abroad.run("schedule explain \"30 2 * * *\" --json").json()["text"].clone();
    assert!(text.as_str().unwrap().contains("时区Europe/Berlin有夏令时"), "{text}");
}
