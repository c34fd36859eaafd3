//! Roster files: what is wrong is told by file, row and column, and nothing is taken in.

use std::os::unix::fs::PermissionsExt;

use crate::office::{Office, ROSTER};

const HEAD: &str = "工号,姓名,单位,支部,职务,类别,顺序\n";
const ROW: &str = "G01,赵霜降,管委会/综合科,,,党员,\n";

#[test]
fn a_bad_roster_is_refused_whole() {
    let office = Office::ready();
    let people = office.run("staff list").done();
    let csv = |rows: &str| format!("{HEAD}{rows}").into_bytes();
    let bad: [(&str, Vec<u8>); 11] = [
        ("重号.csv", csv(&format!("{ROW}{ROW}"))),
        ("同号两名.csv", csv(&format!("{ROW}G01,钱青黛,管委会/财务科,,,党员,\n"))),
        ("空.csv", Vec::new()),
        ("无人.csv", csv("")),
        ("编码.csv", vec![0xb9, 0xa4, 0xba, 0xc5, b',', 0xd0, 0xd5, 0xc3, 0xfb, b'\n']),
        ("缺列.csv", "工号,姓名,单位,支部,职务,顺序\nG01,赵霜降,综合科,,,\n".into()),
        ("多列.csv", format!("{},电话\n", HEAD.trim_end()).into_bytes()),
        ("类别.csv", csv("G01,赵霜降,管委会/综合科,,,干部,\n")),
        ("几处.csv", csv("张三,,管委会//综合科,,,党员,零\n")),
        ("分级.csv", csv(&format!("{ROW}G02,钱青黛,管委会,,,党员,\n"))),
        ("坏表.xlsx", b"PK\x03\x04 broken".to_vec()),
    ];
    let answers = bad.map(|(name, bytes)| {
        office.write(name, &bytes);
        office.refuses(&format!("roster import {name}"))
    });
    insta::assert_snapshot!(answers.join(""));
    assert_eq!(office.run("staff list").done(), people);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let office = Office::ready();
    office.write("夹/a.csv", b"");
    let lines = ["roster import 没有.csv", "roster import 夹"];
    insta::assert_snapshot!(lines.map(|line| office.refuses(line)).join(""));
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_accepted() {
    let office = Office::ready();
    let text = format!("\u{feff}{}", ROSTER.replace('\n', "\r\n"));
    office.write("花名册.csv", text.as_bytes());
    assert!(office.run("roster import 花名册.csv").done().contains("没有改动（共6人）"));
}

#[test]
fn who_is_not_in_the_file_leaves() {
    let office = Office::ready();
    office.write("新.csv", format!("{HEAD}{ROW}").as_bytes());
    insta::assert_snapshot!("leaving_dry", office.run("roster import 新.csv --dry-run").done());
    office.run("roster import 新.csv").done();
    assert_eq!(office.run("staff list --json").json().as_array().unwrap().len(), 1);
}

#[test]
fn an_export_comes_back_as_it_was() {
    let office = Office::ready();
    for name in ["备份.csv", "备份.xlsx"] {
        office.run(&format!("roster export {name}")).done();
        let mode = std::fs::metadata(office.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(office.run(&format!("roster import {name} --dry-run")).done().contains("没有改动（共6人）"));
    }
    let refused = ["roster export 备份.csv", "roster export 没有/备份.csv", "roster template 备份.xlsx"];
    insta::assert_snapshot!(refused.map(|line| office.refuses(line)).join(""));
}

#[test]
fn a_template_is_no_roster_yet() {
    let office = Office::ready();
    office.run("roster template 模板.xlsx").done();
    insta::assert_snapshot!("template", office.refuses("roster import 模板.xlsx"));
}
