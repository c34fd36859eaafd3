//! Setting an office up, from an empty folder to the first push.

use serde_json::json;

use crate::office::{Office, shipped};

fn keys(value: &serde_json::Value) -> Vec<&str> {
    value[0].as_object().unwrap().keys().map(String::as_str).collect()
}

#[test]
fn an_office_is_set_up() {
    let office = Office::new().with("QINGFENG_CONTENT_DIR", shipped());
    insta::assert_snapshot!("set_up_missing", office.run("staff list").refused());
    assert!(office.run("db migrate").done().contains("已就绪"));
    assert!(office.path("data/qingfeng.key").exists());
    office.run("db migrate").done();

    let roster = format!("{}/roster.example.csv", shipped());
    assert!(office.run(&format!("roster import {roster} --dry-run")).done().contains("没有改动"));
    assert_eq!(office.run("staff list --json").json(), json!([]));
    assert!(office.run(&format!("roster import {roster}")).done().contains("新增42人"));
    assert!(office.run(&format!("roster import {roster}")).done().contains("没有改动（共42人）"));
    let staff = office.run("staff list --json").json();
    assert_eq!(keys(&staff), ["bound", "branch", "kinds", "name", "staff_no", "unit"]);
    assert_eq!(staff.as_array().unwrap().len(), 42);
    assert_eq!(staff[0]["kinds"], json!(["party", "official"]));

    assert!(office.run("content sync").done().starts_with("新增"));
    assert!(office.run("content sync").done().starts_with("新增0条，更新0条，撤下0条"));
    let items = office.run("content list --json").json();
    for key in ["slug", "version", "theme", "title", "audience", "confirm", "state"] {
        assert!(items[0].get(key).is_some(), "{key}");
    }
    assert!(office.run("content show token-price-is-gift").done().contains("依据：《国家行政机关"));

    let invited = office.run("staff invite --all --json").json();
    assert_eq!(keys(&invited), ["code", "expires_at", "link", "staff_no"]);
    assert_eq!(invited.as_array().unwrap().len(), 42);
    assert!(invited[0]["expires_at"].as_str().unwrap().ends_with("T17:30:00+08:00"));
    assert!(office.run("staff invite G2601").done().contains("绑定码"));
}

#[test]
fn people_get_roles_and_leave() {
    let office = Office::ready();
    assert_eq!(office.run("staff role grant G01 admin").done(), "G01（赵霜降）现在是管理员\n");
    assert_eq!(office.run("staff role grant G02 领导 --as G01").done(), "G02（钱青黛）现在是领导\n");
    let roles = office.run("staff role list --json").json();
    assert_eq!((&roles[0]["staff_no"], &roles[0]["role"]), (&json!("G01"), &json!("admin")));
    assert_eq!(
        office.run("staff leave add G04 --category 产假 --from 2026-09-01 --to 2027-02-05").done(),
        "已登记：G04（李忍冬）2026年9月1日至2027年2月5日免计（产假育儿假）\n"
    );
    let refused = [
        "staff list --as G99",
        "staff role grant G01 admin",
        "staff role revoke G01 leader",
        "staff role revoke G01 admin",
        "staff role grant G99 admin",
        "staff leave add G04 --category other --from 2027-01-01",
        "staff leave add G05 --category other --from 2027-01-02 --to 2027-01-01",
        "staff invite G99",
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
    assert_eq!(office.run("report month 2026-09 --as G02").code, 0);
}

#[test]
fn the_environment_names_who_acts_and_the_flag_wins() {
    let office = Office::ready();
    office.run("staff role grant G01 admin").done();
    let office = office.with("QINGFENG_OPERATOR", "G03");
    assert_eq!(office.run("staff list").code, 1);
    office.run("setting set office.name 园区 --as G01").done();
    let last = office.run("audit tail --count 1 --as G01").done();
    assert!(last.contains("G01     更改设置"), "{last}");
    let entries = office.run("audit tail --count 1 --json --as G01").json();
    assert_eq!((&entries[0]["actor"], &entries[0]["action"]), (&json!("operator:G01"), &json!("setting_set")));
}

#[test]
fn settings_keep_their_bounds() {
    let office = Office::ready();
    assert_eq!(
        office.run("setting set office.hotline 内线8000").done(),
        "office.hotline（本单位监督电话）已改为：内线8000\n"
    );
    let shown = office.run("setting show office.hotline --json").json();
    assert_eq!((&shown["value"], &shown["changed"]), (&json!("内线8000"), &json!(true)));
    insta::assert_snapshot!("settings", office.run("setting list").done());
    let refused = [
        "setting set office.phone 8000",
        "setting show office.phone",
        "setting set hours.morning 11:30-09:00",
        "setting set count.edit_seconds 5",
        "setting set inbox.days -1",
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
}

#[test]
fn nobody_reading_any_more_is_no_failure() {
    let office = Office::ready();
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut command = office.command("audit tail");
    let ended = command.stdout(writer).stderr(std::process::Stdio::piped()).output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr), (Some(0), Vec::new()));
}

#[test]
fn every_problem_of_the_environment_is_told_at_once() {
    let office =
        Office::new().with("TELOXIDE_TOKEN", "hush").with("QINGFENG_TZ", "Mars").with("DATABASE_URL", "mysql://x");
    let reason = office.run("staff list").refused();
    assert!(!reason.contains("hush"));
    insta::assert_snapshot!("environment", reason);
}

#[test]
fn the_env_file_is_read_and_the_environment_wins() {
    let office = Office::new();
    office.write(".env", b"DATABASE_URL=sqlite://else/where.db\n");
    office.run("db migrate").done();
    assert!(office.path("else/where.db").exists());
    let office = office.with("DATABASE_URL", "sqlite://here.db");
    office.run("db migrate").done();
    assert!(office.path("here.db").exists());
    office.write(".env", b"TELOXIDE_TOKEN='hush hush\n");
    insta::assert_snapshot!("env_file", office.run("staff list").refused());
}
