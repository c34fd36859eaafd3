#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use crate::domain::roster::{Doubt, diff, parse};

const FILE: &str = "花名册.xlsx";
const HEADER: &str = "工号|姓名|单位|支部|职务|类别|顺序";

fn sheet(lines: &[&str]) -> Vec<Vec<String>> {
    lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

fn lines_of(lines: &[&str]) -> String {
    problems(FILE, &parse(&sheet(lines)).unwrap_err()).join("\n")
}

fn person(staff_no: &str, unit: &str) -> Person {
    Person {
        staff_no: staff_no.into(),
        name: "甲木".into(),
        unit: unit.into(),
        branch: None,
        post: None,
        kinds: vec![Kind::Contract],
        order: None,
    }
}

#[test]
fn an_unreadable_file_says_what_to_do() {
    let problems = [
        FileProblem::TooLarge { bytes_max: 10 * BYTES_PER_MIB },
        FileProblem::UnpacksTooLarge { bytes_max: 128 << 20 },
        FileProblem::NotUtf8,
        FileProblem::OldWorkbook,
        FileProblem::BrokenWorkbook { detail: "zip directory".into() },
        FileProblem::TooManyRows { rows_max: 110_000 },
        FileProblem::TooManyColumns { columns_max: 100 },
        FileProblem::Cell { row: 3, column: 2, fault: CellFault::Date },
        FileProblem::Cell { row: 3, column: 27, fault: CellFault::LongNumber },
        FileProblem::Cell { row: 3, column: 100, fault: CellFault::FormulaError },
    ];
    insta::assert_snapshot!("file", problems.map(|p| file_problem(FILE, &p)).join("\n"));
}

#[test]
fn an_empty_sheet_or_a_wrong_header_says_what_to_do() {
    let sheets: [&[&str]; 3] = [&[], &[HEADER], &["工号|姓名|单位|职务|手机|姓名|", "G01|甲木|综合科||1||多"]];
    insta::assert_snapshot!("header", sheets.map(lines_of).join("\n"));
}

#[test]
fn each_row_says_what_to_do() {
    let name = "木".repeat(NAME_CHARS_MAX + 1);
    let long = format!("G05|{name}|管委会/综合科|||聘用|");
    let rows = [
        HEADER,
        "示例1|示例甲|管委会/综合科|||聘用|1",
        "G 1||管委会//综合科|/支部||临时工|第一",
        "G02|乙木|管委会/综合科|||党员、|",
        "G03|甲\n木||||聘用|",
        "G04|丙木|管委会|||聘用|",
        &long,
        "g02|乙木|管委会/综合科|||聘用|",
        "G02|丁木|管委会/综合科|||聘用|",
        "|戊木|管委会/综合科||||",
    ];
    insta::assert_snapshot!("rows", lines_of(&rows));
}

#[test]
fn a_problem_stays_one_short_line() {
    let broken = format!("G01|甲木|综合科|||{}|", "党\n".repeat(1000));
    insta::assert_snapshot!(lines_of(&[HEADER, &broken]), @"花名册.xlsx第2行“类别”：“党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣党␣…”不是可用的类别。请填党员、公职人员、聘用中的一个或几个，用“、”隔开。");
}

#[test]
fn very_many_problems_are_counted() {
    let mut rows = vec![HEADER];
    rows.resize(PROBLEMS_SHOWN_MAX + 3, "G01|甲木|综合科|||工人|");
    rows[1] = "G01|甲木|综合科|||聘用|";
    let found = parse(&sheet(&rows)).unwrap_err();
    let lines = problems(FILE, &found);
    assert_eq!(lines.len(), PROBLEMS_SHOWN_MAX + 1);
    let last = format!("花名册.xlsx：另有{}处问题，改好以上各处后再导入即可看到。", found.len() - PROBLEMS_SHOWN_MAX);
    assert_eq!(lines.last(), Some(&last));
    assert_eq!(problems(FILE, &found[..PROBLEMS_SHOWN_MAX]).len(), PROBLEMS_SHOWN_MAX);
}

#[test]
fn a_difference_is_told_in_counts_and_people() {
    let unit = "管委会/综合科";
    let current: Vec<Person> = ["G01", "G02", "G03", "G04", "G05", "G06"].map(|no| person(no, unit)).into();
    let incoming = [
        person("G01", unit),
        Person { name: "乙木".into(), ..person("G02", "管委会/企业服务科") },
        person("G06", unit),
        Person { post: Some("科长".into()), order: Some(3), ..person("G03", unit) },
        Person { order: Some(4), ..person("G04", unit) },
        person("G07", unit),
        person("G08", "管委会/企业服务科"),
    ];
    insta::assert_snapshot!(diff_lines(&diff(&current, &incoming)).join("\n"), @r"
    新增2人、调离1人、调整单位1人、更改姓名1人、其他变动1人、只变顺序1人；不变2人。
    新增：G07甲木（管委会/综合科）、G08甲木（管委会/企业服务科）
    调离：G05甲木（管委会/综合科）
    调整单位：G02乙木（管委会/综合科→管委会/企业服务科）
    更改姓名：G02（甲木→乙木）
    其他变动：G03甲木（职务）
    只变顺序：G06甲木
    调离的人今后不再推送，过去的统计不变。
    ");
}

#[test]
fn units_and_numbers_are_told_beside_the_people() {
    let units = UnitsDiff {
        added: vec!["管委会/党政办".into()],
        retired: vec!["管委会/综合科".into(), "管委会/法规科".into()],
        alike: vec![("管委会/综合科".into(), "管委会/党政办".into())],
    };
    insta::assert_snapshot!(other_lines(&[("G05".into(), "H05".into())], &units).join("\n"), @r"
    更换工号：G05→H05
    新单位：“管委会/党政办”
    撤销单位：“管委会/综合科”、“管委会/法规科”
    “管委会/综合科”的人多数在“管委会/党政办”。只是改名的话，先不要导入：用unit rename或unit move改好单位，再导入，它的统计才会连着。
    ");
    assert_eq!(other_lines(&[], &UnitsDiff::default()), Vec::<String>::new());
}

#[test]
fn each_doubt_says_what_to_do() {
    let text = str::to_owned;
    let renumbered = |olds: &[&str]| Doubt::Renumbered {
        olds: olds.iter().map(|old| text(old)).collect(),
        new: text("G12"),
        name: text("甲木"),
        unit: text("管委会/综合科"),
    };
    let all = [
        renumbered(&["G05"]),
        renumbered(&["G05", "G06"]),
        Doubt::CaseOnly { known: text("G01"), given: text("g01") },
        Doubt::OtherPerson { staff_no: text("G05"), name: text("乙木") },
        Doubt::Merged { staff_no: text("G05"), into: text("G12") },
        Doubt::ManyLeave { left: 12, of: 100, stated: None },
        Doubt::ManyLeave { left: 12, of: 100, stated: Some(10) },
        Doubt::ManyRenamed { renamed: 12, of: 100, stated: None },
        Doubt::ManyRenamed { renamed: 12, of: 100, stated: Some(10) },
        Doubt::LastAdmin { staff_no: text("G01") },
        Doubt::OldUnit { was: text("管委会/综合科"), now: text("管委会/党政办") },
        Doubt::Misstated { staff_no: text("G05") },
    ];
    insta::assert_snapshot!("doubts", doubts(&all).join("\n"));
    assert_eq!(
        doubts(&vec![all[0].clone(); 52]).last().map(String::as_str),
        Some("另有2处，弄清以上各处后再导入即可看到。")
    );
}

#[test]
fn an_equal_roster_changes_nothing() {
    let people = [person("G01", "综合科")];
    assert_eq!(diff_lines(&diff(&people, &people)), ["与现有花名册相同，人员没有改动（共1人）。"]);
}

#[test]
fn a_long_list_of_people_is_cut() {
    let people: Vec<Person> = (0..25).map(|n| person(&format!("G{n:02}"), "综合科")).collect();
    let lines = diff_lines(&diff(&[], &people));
    assert_eq!(lines[0], "新增25人；不变0人。");
    assert!(
        lines[1].starts_with("新增：G00甲木（综合科）、") && lines[1].ends_with("G19甲木（综合科）等25人"),
        "{}",
        lines[1]
    );
}
