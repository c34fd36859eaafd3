//! Absences and erasing at the command line.

use serde_json::json;

use crate::office::Office;

#[test]
fn absences_are_recorded_listed_and_ended() {
    let office = Office::ready();
    let said = [
        "staff leave add G01 --category 出差 --from 2026-09-01 --to 2099-09-03",
        "staff leave add G02 --category 停职 --from 2026-09-01",
        "staff leave add G03 --category 退休 --from 2026-09-01",
        "staff leave add G05 --category 借入 --from 2026-09-01",
        "staff leave list",
        "staff leave end G01 --on 2026-09-02",
        "staff leave end --id 2 --withdraw",
        "staff leave list",
        "staff leave list G02",
    ];
    let said = said.map(|line| format!("$ qingfeng {line}\n{}", office.run(line).done()));
    insta::assert_snapshot!(said.join(""));
    let listed = office.run("staff leave list G01 --json").json();
    let expected = json!([{
        "id": 1, "staff_no": "G01", "name": "赵霜降", "unit": "管委会/综合科", "category": "trip", "from": "2026-09-01",
        "to": "2026-09-02", "effect": "excused", "declared": false, "withdrawn": false,
    }]);
    assert_eq!(listed, expected);
    let refused = [
        "staff leave add G01 --category 事假 --from 2026-09-01",
        "staff leave end G01 --on 2026-09-02",
        "staff leave end G03 --on 2026-08-31",
        "staff leave end --id 99 --withdraw",
        "staff leave list G99",
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
    office.run("staff leave add G01 --category 出差 --from 2098-09-01 --to 2098-09-03").done();
    office.run("staff leave add G01 --category 出差 --from 2098-09-05 --to 2098-09-06").done();
    insta::assert_snapshot!(office.refuses("staff leave end G01 --withdraw"));
}

/// A reason that must not be told stands nowhere.
#[test]
fn why_somebody_is_suspended_is_told_nowhere() {
    let office = Office::ready();
    office.run("staff leave add G02 --category 留置 --from 2026-09-01").done();
    let lines = ["staff leave list", "staff leave list G02 --json", "audit tail --json", "staff list --json"];
    for line in lines {
        assert!(!office.run(line).done().contains("留置"), "{line}");
    }
    let bytes = std::fs::read(office.path("data/qingfeng.db")).unwrap();
    assert!(!bytes.windows("留置".len()).any(|window| window == "留置".as_bytes()));
}

#[test]
fn a_sheet_is_taken_in() {
    let office = Office::ready();
    office.write("请假.csv", "工号,类别,起,止\nG01,出差,2026-09-01,2026-09-03\nG02,产假,2026/9/1,\n".as_bytes());
    let said = ["请假.csv --dry-run", "请假.csv", "请假.csv"];
    let said = said.map(|rest| office.run(&format!("staff leave import {rest}")).done());
    insta::assert_snapshot!(said.join(""));
    office.write("坏.csv", "工号,类别,起,止,事由\nG01,出差,2026-09-03,,开会\nG98,产假,9月,\n".as_bytes());
    office.write("坏.xlsx", b"PK\x03\x04 broken");
    let refused = ["坏.csv", "坏.xlsx", "没有.csv"];
    insta::assert_snapshot!(refused.map(|file| office.refuses(&format!("staff leave import {file}"))).join(""));
}

#[test]
fn somebody_is_erased_after_a_look() {
    let office = Office::ready();
    office.run("staff leave add G02 --category 产假 --from 2026-09-01").done();
    let before = office.ledger();
    let looked = office.run("staff erase G02");
    assert_eq!((looked.code, office.ledger()), (1, before));
    let erased = office.run("staff erase G02 --yes").done();
    insta::assert_snapshot!([looked.out, looked.err, erased].join(""));
    assert_eq!(office.run("staff list --json").json().as_array().unwrap().len(), 5);
    assert!(office.refuses("staff erase G02 --yes").contains("从来没有工号"));
    assert!(office.ledger()["ok"].as_bool().unwrap());
}
