//! Groups, schedules, pushes by hand and reports.

use chrono::Timelike;
use qingfeng::clock::Clock;
use serde_json::{Value, json};

use crate::office::{Office, item};

const CHAT: &str = "-1001234567890";

pub(crate) fn with_group() -> Office {
    let office = Office::ready();
    office.meet_group(CHAT, "机关群");
    office
}

#[test]
fn a_group_is_linked_by_either_id() {
    let office = with_group();
    let groups = office.run("group list --json").json();
    let unlinked = json!([{ "group": 1, "channel": "telegram", "chat_id": CHAT, "topic": null, "title": "机关群",
        "state": "unlinked", "units": [], "expected": 0, "reason": null, "leaves_at": null }]);
    assert_eq!(groups, unlinked);
    let refused = [
        "group link -100999 --units 财务科".to_owned(),
        format!("group link {CHAT} --units 宣传科"),
        format!("group link {CHAT} --units 综合科"),
        format!("schedule add 小知识 --cron \"30 9 * * 1,3,5\" --group {CHAT}"),
        format!("push now --item token --group {CHAT} --outside-hours --yes"),
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(&line)).join(""));
    let linked = "群“机关群”已关联：管委会/综合科、管委会/财务科。今天应知4人\n";
    assert_eq!(office.run(&format!("group link {CHAT} --units 管委会/综合科,财务科")).done(), linked);
    assert_eq!(office.run("group link 1 --units 管委会").done(), linked);
    let other = "群“机关群”已关联：管委会/财务科（原来是：管委会/综合科、管委会/财务科）。今天应知2人\n";
    assert_eq!(office.run("group link 1 --units 财务科").done(), other);
    office.run("group link 1 --units 管委会").done();
    insta::assert_snapshot!("groups", office.run("group list").done());
}

#[test]
fn schedules_look_ahead() {
    let office = with_group();
    office.run("group link 1 --units 管委会 服务中心/综合科").done();
    office.run(&format!("schedule add 小知识 --cron \"30 9 * * 1,3,5\" --group {CHAT}")).done();
    let next = office.run("schedule next 小知识 --count 4 --json").json();
    assert_eq!(next.as_array().unwrap().len(), 4);
    for slot in next.as_array().unwrap() {
        assert!(slot["at"].as_str().unwrap().ends_with("T09:30:00+08:00"));
        assert!(slot["local"].as_str().unwrap().ends_with(" 09:30"));
        assert!(["周一", "周三", "周五"].contains(&slot["weekday"].as_str().unwrap()));
        assert_eq!(
            (&slot["item"], &slot["moved_from"], &slot["reason"]),
            (&json!("token"), &json!(null), &json!(null))
        );
    }
    assert_eq!(office.run("schedule list --json").json()[0]["groups"], json!([1]));
    assert!(office.run("schedule list").done().contains("自愿内容轮换"));
    let refused = [
        "schedule add 小知识 --cron \"30 9 * * 1\" --group 1",
        "schedule add 乙 --cron \"30 9 30 2 *\" --group 1",
        "schedule add 乙 --cron \"30 25 * * *\" --group 1",
        "schedule add 乙 --cron \"30 9 * *\" --group 1",
        "schedule add 乙 --cron \"0 30 9 * * 1\" --group 1",
        "schedule add 乙 --cron \"30 9 * * 1\" --group 7",
        "schedule add 乙 --cron \"30 9 * * 1\" --group 1 --theme gift",
        "schedule add 乙 --cron \"30 9 * * 1\" --group 1 --theme law",
        "schedule add 乙 --cron \"30 9 * * 1\" --group 1 --item tokens",
        "schedule next 乙",
        "schedule remove 乙",
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
    office.run("schedule remove 小知识").done();
    assert_eq!(office.run("schedule list --json").json(), json!([]));
}

#[test]
fn a_push_is_looked_at_before_it_is_made() {
    let office = with_group();
    office.run("group link 1 --units 管委会").done();
    let before = office.ledger();
    let preview = office.run("push now --item token --group 1 --outside-hours");
    assert_eq!((preview.code, office.ledger()), (1, before));
    assert!(preview.out.contains("发到：机关群（群1）\n应知：4人\n"), "{}", preview.out);
    assert!(preview.err.contains("--yes"));
    assert_eq!(office.run("push list --json").json(), json!([]));

    let made = office.run(&format!("push now --item token --group {CHAT} --outside-hours --yes --json")).json();
    let push = made["push"].as_i64().unwrap();
    assert_eq!(made["deliveries"][0]["target"], "group:1");
    assert_eq!(made["deliveries"][0]["state"], "queued");
    assert_eq!(office.run("push list --json").json()[0]["slug"], "token");
    let shown = office.run(&format!("push show {push} --json")).json();
    assert_eq!((&shown["figures"]["expected"], &shown["figures"]["undelivered"]), (&json!(4), &json!(4)));
    assert_eq!(shown["deliveries"][0]["attempts"], json!([]));
    assert!(office.run(&format!("push show {push}")).done().contains("参与率0.0%"));
    insta::assert_snapshot!("voluntary_names_nobody", office.refuses(&format!("push missing {push}")));
    assert!(!preview.err.contains("已经向"), "{}", preview.err);
    let again = office.run("push now --item token --group 1 --outside-hours");
    assert!(again.err.contains(&format!("已经向其中的群或人推送过，见：qingfeng push show {push}\n")), "{}", again.err);
    let other = office.run("push now --item token --private G01 --outside-hours");
    assert!(!other.err.contains("已经向"), "{}", other.err);
}

#[test]
fn a_push_says_whether_questions_go_with_it() {
    let office = with_group();
    office.run("group link 1 --units 管委会").done();
    let quiz = "quiz:\n  - question: 问？\n    options: [甲, 乙]\n    answer: A\n    explain: 释。\n";
    let asking = item("token", "gifts", "LP-101", "价低也是礼").replace("code:", &format!("{quiz}code:"));
    office.item("gifts/token", &asking);
    office.run("content sync").done();
    for (on, says) in [("off", "方式：自愿；"), ("on", "方式：自愿，带小题；")] {
        office.run(&format!("setting set quiz.enabled {on}")).done();
        // The second time it warns that the group had it before.
        let made = office.run("push now --item token --group 1 --outside-hours --yes --json");
        let push = &serde_json::from_str::<Value>(&made.out).unwrap()["push"];
        assert!(office.run(&format!("push show {push}")).done().contains(says), "{on}");
        assert_eq!(office.run(&format!("push show {push} --json")).json()["quiz"], on == "on");
    }
}

#[test]
fn a_required_push_names_who_is_missing_and_the_look_is_audited() {
    let office = with_group();
    insta::assert_snapshot!(
        "unfilled",
        office.refuses("push now --item hotline --private 财务科 --outside-hours --yes")
    );
    office.run("setting set office.hotline 内线8000").done();
    let line =
        "push now --item hotline --private 财务科 G06 --outside-hours --deadline \"2099-01-05 17:30\" --yes --json";
    let made = office.run(line).json();
    // Nobody is bound: there is nothing to send to, and all three are expected all the same.
    assert_eq!(made["deliveries"], json!([]));
    let push = &made["push"];
    let missing = office.run(&format!("push missing {push} --json")).json();
    let first = json!({
        "staff_no": "G03", "name": "孙鸦青", "unit": "管委会/财务科", "reached": false, "deadline": "2099-01-05T17:30:00+08:00",
    });
    assert_eq!(missing[0], first);
    assert!(office.run(&format!("push missing {push}")).done().contains("未送达  2099-01-05 17:30"));
    assert_eq!(office.run("audit tail --count 1 --json").json()[0]["action"], "push_missing_view");
    let month = office.run(&format!("push show {push} --json")).json()["slot"].as_str().unwrap()[..7].to_owned();
    let report = office.run(&format!("report month {month} --format json")).json();
    assert_eq!((&report["month"], &report["required"]["expected"]), (&json!(month), &json!(3)));
}

#[test]
fn a_confirmation_is_recorded_for_somebody() {
    let office = with_group();
    office.run("group link 1 --units 管委会").done();
    office.run("setting set office.hotline 内线8000").done();
    let made = office.run("push now --item hotline --group 1 --outside-hours --yes --json").json();
    let push = made["push"].as_i64().unwrap();
    let said = office.run(&format!("push ack {push} --staff G01 --reason 当面看过")).done();
    assert!(said.starts_with(&format!("推送{push}：G01的确认已代为登记（")), "{said}");
    assert!(said.ends_with("，按期），原因记入审计记录\n"), "{said}");
    let json = office.run(&format!("push ack {push} --staff G02 --reason 当面看过 --json")).json();
    assert_eq!(
        (&json["push"], &json["staff_no"], &json["method"], &json["recorded_by"], &json["on_time"]),
        (&json!(push), &json!("G02"), &json!("manual"), &json!("operator"), &json!(true))
    );
    assert!(office.run(&format!("push show {push}")).done().contains("代为登记：2人\n"));
    let shown = office.run(&format!("push show {push} --json")).json();
    assert_eq!((&shown["manual"], &shown["nudged"], &shown["nudges"]), (&json!(2), &json!(0), &json!([])));
    assert_eq!((&shown["figures"]["acked"], &shown["figures"]["on_time"]), (&json!(2), &json!(2)));
    let refused = [
        "push ack 9 --staff G01 --reason 当面看过".to_owned(),
        format!("push ack {push} --staff G01 --reason 当面看过"),
        format!("push ack {push} --staff G99 --reason 当面看过"),
        format!("push ack {push} --staff G03 --reason 赵霜降说看过"),
        format!("push ack {push} --staff G03 --reason \" \""),
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(&line)).join(""));
    assert_eq!(office.run(&format!("push ack {push} --staff G03")).code, 2);
}

#[test]
fn what_push_now_cannot_do_is_refused() {
    let office = with_group();
    office.run("group link 1 --units 管委会").done();
    office.run("setting set office.hotline 内线8000").done();
    let refused = [
        "push now --item tokens --group 1 --outside-hours --yes",
        "push now --item token --group 9 --outside-hours --yes",
        "push now --item token --private 宣传科 --outside-hours --yes",
        "push now --item token --private 综合科 --outside-hours --yes",
        "push now --item token --private 、 --outside-hours --yes",
        "push now --item token --group 1 --deadline \"2099-01-05 17:30\" --outside-hours --yes",
        "push now --item hotline --group 1 --deadline \"2020-01-06 17:30\" --outside-hours --yes",
        "push show 9",
        "push missing 9",
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
}

/// What depends on the day the test runs on.
fn timeless(text: &str) -> String {
    let line = |line: &str| match line.split_once('：') {
        Some(("时间", rest)) => format!("时间：（{}", rest.split_once('（').unwrap().1),
        Some(("期限", _)) => "期限：……".to_owned(),
        Some(_) | None if line.starts_with("请于") => "请于……前点“已阅”。".to_owned(),
        Some(_) | None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_comes_next_is_shown_and_nothing_is_changed() {
    let office = with_group();
    office.meet_group("-1001234567891", "服务群");
    office.run("group link 1 --units 管委会").done();
    office.run("group link 2 --units 服务中心").done();
    insta::assert_snapshot!("nothing_to_come", office.refuses("push preview"));
    office.run("schedule add 小知识 --cron \"30 9 * * 1\" --group 1 2").done();
    office.run("staff leave add G02 --category 借调 --from 2020-01-01").done();
    let before = (office.ledger(), office.run("push list --json").json());
    let next = office.run("schedule next 小知识 --count 1 --json").json()[0].clone();
    let shown = office.run("push preview 小知识 --json").json();
    for same in ["at", "local", "weekday", "item", "moved_from", "reason"] {
        assert_eq!(shown[same], next[same], "{same}");
    }
    let mut contract = shown.clone();
    for moving in ["at", "local"] {
        contract[moving] = json!("……");
    }
    insta::assert_snapshot!("coming_json", serde_json::to_string_pretty(&contract).unwrap());
    insta::assert_snapshot!("coming", timeless(&office.run("push preview 小知识").done()));
    assert_eq!((office.ledger(), office.run("push list --json").json()), before);
    office.run("schedule pause 小知识").done();
    office.run("schedule add 通知 --cron \"0 15 * * 3\" --item hotline --group 1").done();
    insta::assert_snapshot!("coming_unfilled", timeless(&office.run("push preview 通知").done()));
    assert_eq!(office.run("push preview 通知 --json").json()["reason"], "unfilled");
    office.run("setting set office.hotline 内线8000").done();
    insta::assert_snapshot!("coming_required", timeless(&office.run("push preview 通知").done()));
    office.run("schedule pause 通知").done();
    let refused = ["push preview 通知", "push preview 别的"];
    insta::assert_snapshot!("nothing_of_a_plan", refused.map(|line| office.refuses(line)).join(""));
}

/// A zone in which it is about noon.
fn zone_at_noon() -> String {
    let ahead = 12 - i64::from(Clock::system().now().hour());
    if ahead >= 0 { format!("Etc/GMT-{ahead}") } else { format!("Etc/GMT+{}", -ahead) }
}

#[test]
fn outside_the_allowed_hours_nothing_goes_out_by_itself() {
    let office = Office::new().with("QINGFENG_TZ", zone_at_noon());
    office.item("gifts/token", &crate::office::item("token", "gifts", "LP-101", "价低也是礼"));
    office.write("花名册.csv", crate::office::ROSTER.as_bytes());
    for line in ["db migrate", "roster import 花名册.csv", "content sync"] {
        office.run(line).done();
    }
    office.run("setting set hours.morning 00:00-00:01").done();
    office.run("setting set hours.afternoon 23:58-23:59").done();
    insta::assert_snapshot!("outside_hours", office.refuses("push now --item token --private G01 --yes"));
}

#[test]
fn a_report_is_printed_or_written() {
    let office = Office::ready();
    assert!(office.run("report month 2026-09").done().contains("不作为对单位和个人考核评价的依据"));
    let json = office.run("report month 2026-09 --format json").json();
    assert_eq!((&json["month"], &json["pushes"]), (&json!("2026-09"), &json!([])));
    for _ in 0..2 {
        assert!(office.run("report month 2026-09 --format csv --out 九月.csv").done().contains("九月.csv"));
    }
    assert!(std::fs::read(office.path("九月.csv")).unwrap().starts_with("\u{feff}".as_bytes()));
    office.run("report month 2026-09 --out 九月.json").done();
    let written: serde_json::Value = serde_json::from_slice(&std::fs::read(office.path("九月.json")).unwrap()).unwrap();
    assert_eq!(written["month"], "2026-09", "the extension says the format");
    for (line, told) in [("--out 九月.xlsx", "不能写成xlsx文件"), ("--format csv --out 九月.json", "扩展名是json的")]
    {
        let said = office.refuses(&format!("report month 2026-09 {line}"));
        assert!(said.contains(told), "{said}");
    }
    assert!(!office.path("九月.xlsx").exists());
    let refused = ["report month 2026-09 --out 没有/九月.txt", "report month 2026-09 --out content"];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
}
