//! The database and its key: what does not belong together is refused.

use std::fs;

use serde_json::json;

use crate::office::Office;

/// The id of a key differs from run to run.
fn without_key_ids(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("密钥") {
        shown.push_str(before);
        shown.push_str("密钥");
        let id = after.get(..8).is_some_and(|id| id.bytes().all(|b| b.is_ascii_hexdigit()));
        rest = if id { &after[8..] } else { after };
        shown.push_str(if id { "……" } else { "" });
    }
    shown + rest
}

#[test]
fn a_sound_database_is_told_so() {
    let office = Office::ready();
    assert!(office.run("db check").done().starts_with("数据库完好"));
    let checked = office.run("db check --json").json();
    assert_eq!(
        (&checked["ok"], &checked["integrity"], &checked["first_bad"]),
        (&json!(true), &json!("ok"), &json!(null))
    );
    let verified = office.ledger();
    assert_eq!((&verified["ok"], &verified["acks"], &verified["first_bad"]), (&json!(true), &json!(0), &json!(null)));
    assert_eq!(verified["head"].as_str().unwrap().len(), 64);
}

#[test]
fn a_changed_ledger_is_located() {
    let office = Office::ready();
    office.tamper("UPDATE audit_entry SET detail = '{}' WHERE seq = 2");
    let verified = office.run("audit verify --json");
    assert_eq!(verified.code, 1);
    let found: serde_json::Value = serde_json::from_str(&verified.out).unwrap();
    assert_eq!((&found["ok"], &found["first_bad"]), (&json!(false), &json!("entry:2")));
    let plain = office.run("audit verify").refused();
    assert_eq!(plain, verified.err);
    assert_eq!(office.run("db check").refused(), plain);
    insta::assert_snapshot!("ledger", plain);
}

#[test]
fn a_missing_or_foreign_key_is_refused() {
    let office = Office::ready();
    let before = office.ledger();
    let key = office.path("data/qingfeng.key");
    let own = fs::read(&key).unwrap();
    let mut lines = Vec::new();
    fs::remove_file(&key).unwrap();
    lines.push(office.run("staff list").refused());
    lines.push(office.run("db migrate").refused());
    assert!(!key.exists(), "no key is made for a database that has one");

    let other = Office::ready();
    fs::copy(other.path("data/qingfeng.key"), &key).unwrap();
    lines.push(office.run("staff list").refused());
    fs::write(&key, "no key\n").unwrap();
    lines.push(office.run("staff list").refused());
    insta::assert_snapshot!(without_key_ids(&lines.join("")).replace("、", ""));
    fs::write(&key, own).unwrap();
    assert_eq!(office.ledger(), before);
}

#[test]
fn a_newer_database_is_refused() {
    let office = Office::ready();
    office.tamper(
        "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
         VALUES (9999, 'later', 1, x'00', 0)",
    );
    let answers = ["staff list", "db migrate", "db check"].map(|line| office.run(line).refused());
    insta::assert_snapshot!(answers.join(""));
}

#[test]
fn a_database_that_is_none_is_refused() {
    let office = Office::new();
    office.write("data/qingfeng.db", b"this is no database, only a long enough text to be taken for a header........");
    let answers = ["staff list", "db migrate"].map(|line| office.run(line).refused());
    insta::assert_snapshot!(answers.join(""));
}

#[test]
fn another_zone_is_refused() {
    let office = Office::ready().with("QINGFENG_TZ", "Asia/Urumqi");
    let answers = ["staff list", "db migrate"].map(|line| office.run(line).refused());
    insta::assert_snapshot!(answers.join(""));
}

#[test]
fn beside_a_running_service_commands_work_and_migrate_does_not() {
    let office = Office::ready();
    let hold = qingfeng::office::db::hold(&office.config().database).unwrap();
    let reason = office.run("db migrate").refused().replace(&std::process::id().to_string(), "4321");
    insta::assert_snapshot!(reason);
    office.run("setting set office.name 园区").done();
    drop(hold);
    office.run("db migrate").done();
}
