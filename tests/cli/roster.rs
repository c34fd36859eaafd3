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

#[test]
fn what_could_mean_two_things_is_refused_with_what_to_state() {
    let office = Office::ready();
    let many: String = (10..70).map(|n| format!("G{n},白露{n},管委会/综合科,,,聘用,\n")).collect::<Vec<_>>().concat();
    office.write("多人.csv", format!("{}{many}", ROSTER.replace("\u{feff}", "")).as_bytes());
    office.run("roster import 多人.csv").done();
    let all = format!("{ROSTER}{many}");
    let sheets = [
        ("换号.csv", all.replace("G02,", "H02,")),
        ("大小写.csv", all.replace("G02,", "g02,")),
        ("他人.csv", all.replace("G03,孙鸦青,管委会/财务科", "G03,秋分,管委会/综合科")),
        ("半张.csv", ROSTER.to_owned()),
        ("错行.csv", all.replace("白露", "霜降")),
    ];
    let answers = sheets.map(|(name, text)| {
        office.write(name, text.as_bytes());
        office.refuses(&format!("roster import {name}"))
    });
    let wrong = ["roster import 半张.csv --leaving 59", "roster import 多人.csv --renumbered G02=H02"];
    insta::assert_snapshot!(
        "two_meanings",
        answers.into_iter().chain(wrong.map(|line| office.refuses(line))).collect::<String>()
    );
    let dry = office.run("roster import 换号.csv --dry-run");
    assert_eq!(dry.code, 1);
    insta::assert_snapshot!("two_meanings_dry", format!("{}---\n{}", dry.out, dry.err));
    let stated = [
        "roster import 换号.csv --renumbered G02=H02",
        "roster import 他人.csv --renamed G03 --renumbered all",
        "roster import 半张.csv --leaving 60 --renamed G03",
    ];
    let last = |text: String| text.lines().last().unwrap_or_default().to_owned();
    insta::assert_snapshot!("stated", stated.map(|line| last(office.run(line).done())).join("\n"));
}

#[test]
fn formulas_in_names_stay_text_and_are_defused_on_export() {
    let office = Office::ready();
    let names = ["=HYPERLINK(\"\"http://a\"\",\"\"b\"\")", "＝1+1", "+1", "＋甲", "-1", "－甲", "@甲", "＠甲", "𬭊㛃"];
    let row = |(n, name): (usize, &&str)| format!("F{n:02},\"{name}\",管委会/综合科,,,聘用,\n");
    let rows: String = names.iter().enumerate().map(row).collect();
    office.write("公式.csv", format!("{ROSTER}{rows}").as_bytes());
    office.run("roster import 公式.csv").done();
    let stored = office.run("staff list --json").json();
    let stored: Vec<&str> = stored.as_array().unwrap().iter().map(|row| row["name"].as_str().unwrap()).collect();
    assert_eq!(stored[6], "=HYPERLINK(\"http://a\",\"b\")");
    assert_eq!(stored[14], "𬭊㛃");
    for file in ["出.csv", "出.xlsx"] {
        office.run(&format!("roster export {file}")).done();
        assert!(office.run(&format!("roster import {file} --dry-run")).done().contains("没有改动（共15人）"), "{file}");
    }
    let text = std::fs::read_to_string(office.path("出.csv")).unwrap();
    let cells: Vec<&str> = text.lines().skip(7).map(|line| line.split_once(',').unwrap().1).collect();
    assert!(cells[..8].iter().all(|cell| cell.trim_start_matches('"').starts_with('\'')), "{cells:?}");
    assert!(cells[8].starts_with("𬭊㛃"));
}

#[test]
fn files_that_are_no_roster_are_told_by_what_they_are() {
    let office = Office::ready();
    let utf16: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("工号,姓名".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    office.write("UTF16.csv", &utf16);
    // 100 MB that take no room on the disk.
    std::fs::File::create(office.path("大.xlsx")).unwrap().set_len(100 << 20).unwrap();
    let rows = "G,\n".repeat(110_001);
    office.write("行多.csv", format!("{HEAD}{rows}").as_bytes());
    let lines = ["roster import UTF16.csv", "roster import 大.xlsx", "roster import 行多.csv"];
    insta::assert_snapshot!("no_roster", lines.map(|line| office.refuses(line)).join(""));
}

#[test]
fn a_header_of_two_rows_with_merged_cells_is_read() {
    use rust_xlsxwriter::{Format, Workbook};
    let office = Office::ready();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let plain = Format::new();
    sheet.merge_range(0, 0, 0, 6, "2026年花名册", &plain).unwrap();
    for (column, name) in [(0, "工号"), (1, "姓名"), (4, "职务"), (5, "类别"), (6, "顺序")] {
        sheet.merge_range(1, column, 2, column, name, &plain).unwrap();
    }
    sheet.merge_range(1, 2, 1, 3, "所在单位", &plain).unwrap();
    sheet.write_string(2, 2, "单位").unwrap();
    sheet.write_string(2, 3, "支部").unwrap();
    for (row, line) in (3..).zip(ROSTER.lines().skip(1)) {
        for (column, cell) in (0..).zip(line.split(',')) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    office.write("合并.xlsx", &book.save_to_buffer().unwrap());
    assert!(office.run("roster import 合并.xlsx --dry-run").done().contains("没有改动（共6人）"));
}

#[test]
fn units_get_other_names_and_places() {
    let office = Office::ready();
    let done = [
        "unit list",
        "unit rename 财务科 计划财务科",
        "unit rename 管委会 园区管委会",
        "unit move 服务中心/综合科 --before 计划财务科",
    ];
    let mut said: Vec<String> = done[..3].iter().map(|line| office.run(line).done()).collect();
    said.push(office.refuses(done[3]));
    for line in ["unit move 计划财务科 --before 园区管委会/综合科", "unit move 服务中心/综合科 --under /", "unit list"]
    {
        said.push(office.run(line).done());
    }
    for line in [
        "unit rename 财务科 会计科",
        "unit rename 计划财务科 综合科",
        "unit rename 计划财务科 财务/会计",
        "unit rename 计划财务科 \" \"",
        "unit move 园区管委会 --under /园区管委会/计划财务科",
        "unit move 计划财务科 --under 党群部",
        "unit rename 综合处 甲",
    ] {
        said.push(office.refuses(line));
    }
    insta::assert_snapshot!("units", said.join(""));
    assert_eq!(office.run("unit list --json").json().as_array().unwrap().len(), 3);
}

#[test]
fn two_numbers_of_one_person_are_made_one() {
    let office = Office::ready();
    office.run("staff role grant G05 leader").done();
    let mut said = vec![office.refuses("staff merge G05 G06")];
    said.push(office.run("staff merge G05 G06 --other-name").done());
    let lines = ["staff merge G05 G01", "staff merge G01 G05", "staff merge G01 G01", "roster import 花名册.csv"];
    said.extend(lines.map(|line| office.refuses(line)));
    insta::assert_snapshot!("merged", said.join(""));
    assert_eq!(office.run("staff list --json").json().as_array().unwrap().len(), 5);
}
