//! `doctor`: what is not in order is named with the next step; secrets never are.

use serde_json::{Value, json};
use wiremock::matchers::path_regex;
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::office::{Office, block_on};

const TOKEN: &str = "1001:hush-hush";

fn findings(office: &Office, line: &str) -> (i32, Vec<Value>, String) {
    let answer = office.run(line);
    (answer.code, serde_json::from_str(&answer.out).unwrap(), answer.err)
}

fn bad(findings: &[Value]) -> Vec<String> {
    let bad = findings.iter().filter(|finding| finding["ok"] == json!(false));
    bad.map(|finding| format!("{}：{}", finding["check"].as_str().unwrap(), finding["detail"].as_str().unwrap()))
        .collect()
}

#[test]
fn an_office_in_order_passes() {
    let office = Office::ready();
    office.run("setting set office.hotline 内线8000").done();
    let (code, found, err) = findings(&office, "doctor --offline --json");
    assert_eq!((code, bad(&found), err), (0, Vec::new(), String::new()));
    let checks: Vec<&str> = found.iter().map(|finding| finding["check"].as_str().unwrap()).collect();
    insta::assert_snapshot!("checks", checks.join(" "));
    let plain = office.run("doctor --offline").done();
    assert!(plain.starts_with("通过　  配置：数据库sqlite://data/qingfeng.db\n"), "{plain}");
    let roles = |found: &[Value]| {
        let roles = found.iter().find(|finding| finding["check"] == "roles").unwrap();
        roles["detail"].as_str().unwrap().to_owned()
    };
    assert!(roles(&found).contains("还没有管理员"));
    office.run("staff role grant G01 admin").done();
    let unbound = roles(&findings(&office, "doctor --offline --json").1);
    assert_eq!(
        unbound,
        "注意：G01还没有绑定账号，机器人要告诉管理员的话没有人收到，请运行：qingfeng staff invite 工号"
    );
}

#[test]
fn what_is_missing_is_named() {
    let fresh = Office::new();
    let (code, found, err) = findings(&fresh, "doctor --json");
    assert_eq!(code, 1);
    insta::assert_snapshot!("fresh", format!("{}\n{err}", bad(&found).join("\n")));

    let office = Office::ready();
    office.meet_group("-1001", "机关群");
    let (code, found, err) = findings(&office, "doctor --offline --json");
    assert_eq!(code, 1);
    let groups = found.iter().find(|finding| finding["check"] == "groups").unwrap();
    insta::assert_snapshot!(
        "unfilled_blanks",
        format!("{}\n{}\n{err}", bad(&found).join("\n"), groups["detail"].as_str().unwrap())
    );
}

#[test]
fn the_working_calendar_is_looked_at() {
    let office = Office::ready();
    std::fs::remove_dir_all(office.path("content/calendar")).unwrap();
    let calendar = |office: &Office| {
        let found = findings(office, "doctor --offline --json").1;
        let finding = found.into_iter().find(|finding| finding["check"] == "calendar").unwrap();
        (finding["ok"] == json!(true), finding["detail"].as_str().unwrap().to_owned())
    };
    let (ok, detail) = calendar(&office);
    assert!(!ok && detail.contains("年没有放假安排") && detail.contains("qingfeng calendar import"), "{detail}");
    let office = Office::ready();
    let (ok, detail) = calendar(&office);
    assert!(ok, "{detail}");
    office.write("content/calendar/2024.toml", b"year = 2024");
    let (ok, detail) = calendar(&office);
    assert!(!ok && detail.starts_with("content/calendar/2024.toml："), "{detail}");
}

#[test]
fn a_clock_that_went_back_is_noticed() {
    let office = Office::ready();
    office.tamper("UPDATE audit_entry SET at = at + 86400000000 WHERE seq = (SELECT MAX(seq) FROM audit_entry)");
    let (_, found, _) = findings(&office, "doctor --offline --json");
    assert!(bad(&found).iter().any(|line| line.starts_with("clock：本机时间是")), "{found:?}");
}

#[test]
fn a_broken_environment_is_told_by_doctor_too() {
    let office = Office::new().with("TELOXIDE_TOKEN", "hush");
    let (code, found, _) = findings(&office, "doctor --json");
    assert_eq!((code, found.len()), (1, 1));
    insta::assert_snapshot!("environment", bad(&found).join("\n"));
}

fn connected(office: Office, answer: ResponseTemplate) -> String {
    block_on(async {
        let server = MockServer::start().await;
        Mock::given(path_regex("/getMe$")).respond_with(answer).mount(&server).await;
        let office = office.with("TELOXIDE_TOKEN", TOKEN).with("TELOXIDE_API_URL", server.uri());
        let answer = tokio::task::spawn_blocking(move || office.run("doctor --json")).await.unwrap();
        assert!(!answer.out.contains("hush") && !answer.err.contains("hush"));
        let found: Vec<Value> = serde_json::from_str(&answer.out).unwrap();
        let last = found.last().unwrap();
        format!("{} {}", last["ok"], last["detail"].as_str().unwrap())
    })
}

#[test]
fn the_token_is_tried() {
    let me = json!({ "ok": true, "result": { "id": 1001, "is_bot": true, "first_name": "清风", "username": "qf_bot",
        "can_join_groups": false } });
    let refused = json!({ "ok": false, "error_code": 401, "description": "Unauthorized" });
    let other = Office::ready();
    other.meet_group("-1001", "机关群");
    other.tamper("UPDATE channel SET instance = '2002'");
    let answers = [
        connected(Office::ready(), ResponseTemplate::new(200).set_body_json(&me)),
        connected(Office::ready(), ResponseTemplate::new(401).set_body_json(&refused)),
        connected(Office::ready(), ResponseTemplate::new(502)),
        connected(other, ResponseTemplate::new(200).set_body_json(&me)),
    ];
    insta::assert_snapshot!(answers.join("\n"));
}
