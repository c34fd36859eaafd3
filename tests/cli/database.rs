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
fn c12_a_newer_database_is_refused() {
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
    use std::os::unix::fs::PermissionsExt;
    let office = Office::new();
    office.write("data/qingfeng.db", b"this is no database, only a long enough text to be taken for a header........");
    fs::set_permissions(office.path("data/qingfeng.db"), fs::Permissions::from_mode(0o600)).unwrap();
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

/// Sizes, times and names of files that differ from run to run.
fn steady(text: &str) -> String {
    let digits = |text: &str| {
        let mut shown = String::new();
        for c in text.chars() {
            if !c.is_ascii_digit() {
                shown.push(c);
            } else if !shown.ends_with('0') {
                shown.push('0');
            }
        }
        shown
    };
    text.lines().map(digits).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_copy_is_written_put_back_and_confirmed_in_words() {
    let office = Office::ready();
    let mut said = vec![office.run("db confirm-restore").refused(), office.run("db backup copy.db").done()];
    said.push(office.run("db backup copy.db").refused());
    said.push(office.run("db backup nowhere/copy.db").refused());
    said.push(office.run("db restore 花名册.csv").refused());
    office.run("setting set office.name 园区").done();
    said.push(office.run("db restore copy.db").done());
    let shown = office.run("db confirm-restore");
    assert_eq!(shown.code, 1);
    said.extend([shown.out, shown.err, office.run("doctor --offline").out.lines().nth(3).unwrap().to_owned()]);
    said.push(office.run("db confirm-restore --yes").done());
    insta::assert_snapshot!("copies", steady(&said.join("\n")));
    assert_eq!(office.run("db check --json").json()["ok"], true);
    let aside = fs::read_dir(office.path("data")).unwrap().map(|f| f.unwrap().file_name().into_string().unwrap());
    assert_eq!(aside.filter(|name| name.contains("before-restore")).count(), 1);
}

#[test]
fn c6_a_damaged_file_is_refused_with_the_command_to_restore() {
    let office = Office::ready().with("TELOXIDE_TOKEN", "1001:hush-hush");
    office.run("db backup copy.db").done();
    let file = office.path("data/qingfeng.db");
    let whole = fs::read(&file).unwrap();
    let mut scratched = whole.clone();
    let page = scratched.len() / 2 / 4096 * 4096;
    scratched[page..page + 4096].fill(0x5a);
    for damaged in [scratched, whole[..whole.len() / 2].to_vec()] {
        fs::write(&file, damaged).unwrap();
        let refused = office.run("serve").refused();
        assert!(refused.contains("损坏") && refused.contains("qingfeng db restore 副本文件"), "{refused}");
    }
    office.run("db restore copy.db").done();
    assert_eq!(office.run("db check --json").json()["ok"], true);
}

#[test]
fn c8_files_that_others_may_read_are_named() {
    use std::os::unix::fs::PermissionsExt;
    let office = Office::ready();
    let open = |name: &str| fs::set_permissions(office.path(name), fs::Permissions::from_mode(0o644)).unwrap();
    open("data/qingfeng.db");
    let shown = office.run("doctor --offline --json");
    let found: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let disk = found.as_array().unwrap().iter().find(|finding| finding["check"] == "disk").unwrap();
    assert_eq!(disk["detail"], "data/qingfeng.db的权限是644，别的用户也能读。请运行：chmod 600 data/qingfeng.db");
    assert!(office.run("db migrate").err.contains("closed to them now"));
    let mode = fs::metadata(office.path("data/qingfeng.db")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    open("data/qingfeng.key");
    assert!(office.run("db migrate").refused().contains("权限"));
}

#[test]
fn a_database_that_vanished_is_not_made_anew() {
    let office = Office::ready();
    office.run("db backup copy.db").done();
    office.run("db restore copy.db").done();
    office.run("db confirm-restore --yes").done();
    fs::remove_file(office.path("data/qingfeng.db")).unwrap();
    let refused = office.run("db migrate").refused();
    assert!(refused.contains("原来有数据") && refused.contains("qingfeng.key.installation"), "{refused}");
    office.run("db restore copy.db").done();
}
