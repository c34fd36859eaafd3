//! Roles at the command line: given for units, refused with what to do, and what was refused stands in the ledger.

use serde_json::json;

use crate::office::Office;

/// G01 an admin, G02 head of 管委会/综合科, G03 an auditor; G04 holds no role.
fn staffed() -> Office {
    let office = Office::ready();
    office.run("staff role grant G01 admin").done();
    assert_eq!(
        office.run("staff role grant G02 unit_head --unit 管委会/综合科 --as G01").done(),
        "G02（钱青黛）现在是科室负责人（管委会/综合科）\n"
    );
    office.run("staff role grant G03 审计员 --as G01").done();
    office
}

#[test]
fn a_role_of_units_names_its_units() {
    let office = staffed();
    assert_eq!(
        office.run("staff role grant G02 科室负责人 --unit 财务科 服务中心").done(),
        "G02（钱青黛）现在是科室负责人（管委会/财务科、服务中心/综合科）\n"
    );
    let roles = office.run("staff role list --json").json();
    let told: Vec<_> =
        roles.as_array().unwrap().iter().map(|row| (&row["staff_no"], &row["role"], &row["unit"])).collect();
    let unit_head = json!("unit_head");
    let (g01, g02, g03) = (json!("G01"), json!("G02"), json!("G03"));
    let paths = ["管委会/综合科", "管委会/财务科", "服务中心/综合科"].map(|path| json!(path));
    assert_eq!(told[0], (&g01, &json!("admin"), &json!(null)));
    for (row, path) in told[1..4].iter().zip(&paths) {
        assert_eq!(*row, (&g02, &unit_head, path));
    }
    assert_eq!(told[4], (&g03, &json!("auditor"), &json!(null)));
    assert_eq!(
        office.run("staff role revoke G02 unit_head --unit 服务中心").done(),
        "G02（钱青黛）不再是科室负责人（服务中心/综合科）\n"
    );
    assert_eq!(office.run("staff role revoke G02 unit_head").done(), "G02（钱青黛）不再是科室负责人\n");
    let refused = [
        "staff role grant G04 unit_head",
        "staff role grant G04 leader --unit 财务科",
        "staff role grant G04 unit_head --unit 综合科",
        "staff role grant G04 unit_head --unit 工会",
        "staff role revoke G04 unit_head",
        "staff role revoke G01 admin",
        "setting set office.contact 机关党委赵霜降",
        "setting set office.contact 机关党委（13812345678）",
    ];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
    office.write(
        "没有管理员.csv",
        "工号,姓名,单位,支部,职务,类别,顺序\nG02,钱青黛,管委会/综合科,,,公职人员,\n".as_bytes(),
    );
    office.refuses("roster import 没有管理员.csv");
    insta::assert_snapshot!("grant_help", office.run("staff role grant --help").done());
}

#[test]
fn who_asks_for_more_than_they_may_is_refused_and_on_record() {
    let office = staffed();
    let own = office.run("staff list --json --as G02").json();
    let own: Vec<_> = own.as_array().unwrap().iter().map(|row| row["staff_no"].clone()).collect();
    assert_eq!(own, ["G01", "G02"]);
    let report = office.run("report month 2026-09 --as G02").done();
    assert!(report.contains("本表只含：综合科。"), "{report}");
    let denied = [
        "report month 2026-09 --unit 财务科 --as G02",
        "report month 2026-09 --unit 管委会 --as G02",
        "staff role list --as G02",
        "staff list --as G03",
        "setting set office.name 园区 --as G03",
        "calendar check --as G04",
        "audit tail --as G04",
    ];
    let told = denied.map(|line| format!("$ qingfeng {line}\n{}", office.run(line).refused()));
    insta::assert_snapshot!("denied", told.join(""));
    // The auditor sees all of it, in words and as data.
    let tail = office.run("audit tail --count 7 --as G03").done();
    let rows: Vec<&str> = tail.lines().filter(|row| row.contains("拒绝越权")).collect();
    assert_eq!(rows.len(), 7, "{tail}");
    for (row, (who, what)) in rows.iter().zip([
        ("G02", "查看报表"),
        ("G02", "查看报表"),
        ("G02", "查看角色"),
        ("G03", "查看花名册"),
        ("G03", "更改设置"),
        ("G04", "查看工作日历"),
        ("G04", "查看审计记录"),
    ]) {
        assert!(row.contains(who) && row.contains(what), "{row}");
    }
    let tail = office.run("audit tail --count 7 --json --as G03").json();
    assert_eq!(tail[0]["subject"], "act:report_read");
    assert_eq!(tail[0]["detail"]["units"].as_array().unwrap().len(), 1);
    assert_eq!(tail[2]["detail"], json!({}));
    assert!(office.ledger()["ok"].as_bool().unwrap());
}
