//! The working calendar: what stands, what an import changes, and files that change nothing.

use serde_json::{Value, json};

use crate::office::Office;

/// A notice for 2027 as it is passed around, made up.
fn notice() -> Value {
    let days = [
        ("元旦", "2027-01-01", true),
        ("春节", "2027-02-05", true),
        ("春节", "2027-02-06", true),
        ("春节", "2027-02-07", true),
        ("春节", "2027-02-08", true),
        ("春节", "2027-02-09", true),
        ("春节", "2027-02-20", false),
        ("清明节", "2027-04-05", true),
        ("劳动节", "2027-05-01", true),
        ("劳动节", "2027-05-02", true),
        ("端午节", "2027-06-09", true),
        ("中秋节", "2027-09-15", true),
        ("国庆节", "2027-10-01", true),
        ("国庆节", "2027-10-02", true),
        ("国庆节", "2027-10-03", true),
    ];
    let days = days.map(|(name, date, off)| json!({ "name": name, "date": date, "isOffDay": off }));
    json!({ "$schema": "s", "year": 2027, "papers": ["https://www.gov.cn/2027"], "days": days })
}

fn status(office: &Office, year: i32) -> Value {
    office.run(&format!("calendar show {year} --json")).json()["status"].clone()
}

#[test]
fn a_year_is_shown_day_by_day() {
    let office = Office::ready();
    let year = office.run("calendar show 2026 --json").json();
    assert_eq!((&year["year"], &year["status"]), (&json!(2026), &json!("official")));
    assert_eq!(year["covers_until"], "2026-12-31");
    assert!(year["source"].as_str().unwrap().contains("content_7047091.htm"));
    let days = year["days"].as_array().unwrap();
    assert_eq!(days.len(), 365);
    let of = |date: &str| days.iter().find(|day| day["date"] == date).unwrap();
    assert_eq!(of("2026-09-25"), &json!({ "date": "2026-09-25", "kind": "holiday", "name": "中秋" }));
    assert_eq!(of("2026-10-10"), &json!({ "date": "2026-10-10", "kind": "makeup", "name": null }));
    assert_eq!(of("2026-10-11"), &json!({ "date": "2026-10-11", "kind": "weekend", "name": null }));
    assert_eq!(of("2026-10-12"), &json!({ "date": "2026-10-12", "kind": "workday", "name": null }));
    assert_eq!(office.run("calendar show 2024 --json").json()["days"].as_array().unwrap().len(), 366);
    let missing = office.run("calendar show 2028 --json").json();
    assert_eq!(
        (&missing["status"], &missing["source"], &missing["covers_until"]),
        (&json!("missing"), &Value::Null, &Value::Null)
    );
    assert_eq!(missing["days"].as_array().unwrap().len(), 366);
    let pages = ["2025", "2027", "2028"].map(|year| office.run(&format!("calendar show {year}")).done());
    insta::assert_snapshot!("shown", pages.join("\n"));
}

#[test]
fn an_import_is_shown_first_then_wins_and_is_recorded() {
    let office = Office::ready();
    office.write("2027.json", notice().to_string().as_bytes());
    let before = office.ledger();
    let dry = office.run("calendar import 2027.json --dry-run").done();
    assert_eq!((office.ledger(), status(&office, 2027)), (before, json!("provisional")));
    let done = office.run("calendar import 2027.json").done();
    let again = office.run("calendar import 2027.json").done();
    insta::assert_snapshot!("imported", [dry, done, again].join("\n"));
    assert_eq!(status(&office, 2027), "official");
    let tail = office.run("audit tail --count 1 --json").done();
    assert!(tail.contains("calendar_import") && tail.contains("calendar:2027"), "{tail}");
    office.write("content/calendar/2027.toml", b"broken");
    assert_eq!(status(&office, 2027), "official", "the import wins over a file that is broken, too");
    assert_eq!(office.run("doctor --offline").code, 1);
}

#[test]
fn a_file_of_ours_is_taken_as_well() {
    let office = Office::ready();
    std::fs::copy(office.path("content/calendar/2026.toml"), office.path("2026.toml")).unwrap();
    insta::assert_snapshot!(office.run("calendar import 2026.toml").done(), @r"
    没有变化
    已导入2026年
    ");
}

#[test]
fn a_bad_file_changes_nothing() {
    let office = Office::ready();
    office.write("空.json", br#"{"year": 2027, "papers": [], "days": []}"#);
    office.write(
        "矛盾.toml",
        "year = 2027\nstatus = \"official\"\nsource = \"通知\"\ncovers_until = 2027-12-31
makeup = [2027-10-11, 2028-01-08]
[[holiday]]\nname = \"国庆、重阳\"\nfrom = 2027-10-01\nto = 2027-09-30\n"
            .as_bytes(),
    );
    office.write("编码.toml", &[0xb9, 0xa4]);
    office.write("很大.toml", &vec![b'#'; 3 << 20]);
    office.write("花名册2.csv", "工号,姓名\n".as_bytes());
    let lines = ["空.json", "矛盾.toml", "编码.toml", "很大.toml", "花名册2.csv", "content", "没有.toml"];
    let answers = lines.map(|file| office.refuses(&format!("calendar import {file}")));
    insta::assert_snapshot!("refused", answers.join(""));
    assert_eq!(status(&office, 2027), "provisional");
    assert_eq!(office.run("calendar import").code, 2);
    assert_eq!(office.run("calendar show 1999").code, 2);
}

#[test]
fn files_are_checked_with_or_without_a_database() {
    let office = Office::new();
    assert_eq!(office.run("calendar check").code, 1, "nothing is there");
    office.years(2026..=2027);
    let mut answers = vec![office.run("calendar check").done()];
    office.write("content/calendar/2028.toml", b"year = 2027\nstatus = \"official\"\n");
    std::fs::copy(office.path("content/calendar/2026.toml"), office.path("content/calendar/2029.toml")).unwrap();
    answers.push(office.run("calendar check").refused());
    office.run("db migrate").done();
    office.tamper("INSERT INTO calendar_year (year, body, imported_at) VALUES (2030, 'x', 0)");
    answers.push(office.run("calendar check").refused());
    insta::assert_snapshot!("checked", answers.join("\n"));
    assert_eq!(status(&office, 2026), "official", "the others are as good as ever");
}

#[test]
fn workdays_are_counted() {
    let office = Office::ready();
    let lines = ["2026-09-30", "2026-09-25 -5", "2026-10-09", "2027-06-08 2"];
    let said = lines.map(|line| office.run(&format!("calendar next-workday {line}")).done());
    let refused = office.refuses("calendar next-workday 2027-12-31");
    insta::assert_snapshot!("next_workday", format!("{}{refused}", said.join("")));
    let json = office.run("calendar next-workday 2026-09-25 -5 --json").json();
    assert_eq!(json, json!({ "date": "2026-09-20", "weekday": "周日", "kind": "makeup", "provisional": [] }));
    assert_eq!(office.run("calendar next-workday 2026-09-25 0").code, 2);
}

#[test]
fn rights_are_asked_for() {
    let office = Office::ready();
    office.write("2027.json", notice().to_string().as_bytes());
    let before = office.ledger()["entries"].as_i64().unwrap();
    let refused = office.run("calendar import 2027.json --as G04").refused();
    assert!(refused.starts_with("G04没有权限导入放假安排。请由管理员操作，"), "{refused}");
    assert_eq!(office.ledger()["entries"], before + 1, "what was refused is on record, and nothing else");
    assert_eq!(office.run("calendar show 2026 --as G04").code, 1);
    office.run("staff role grant G01 admin").done();
    office.run("calendar import 2027.json --as G01").done();
}
