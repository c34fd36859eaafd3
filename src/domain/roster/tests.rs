#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use proptest::prelude::*;
use rstest::rstest;

const HEADER: &str = "工号|姓名|单位|支部|职务|类别|顺序";

fn sheet(lines: &[&str]) -> Vec<Vec<String>> {
    lines.iter().map(|line| line.split('|').map(str::to_owned).collect()).collect()
}

fn with_header(lines: &[&str]) -> Vec<Vec<String>> {
    sheet(&[&[HEADER], lines].concat())
}

fn problems(lines: &[&str]) -> Vec<Problem> {
    parse(&with_header(lines)).unwrap_err()
}

fn problem(row: u32, column: Column, kind: ProblemKind) -> Problem {
    Problem { row: Some(row), column: Some(column), kind }
}

fn person(staff_no: &str, name: &str, unit: &str) -> Person {
    let kinds = vec![Kind::PublicOfficial];
    Person {
        staff_no: staff_no.into(),
        name: name.into(),
        unit: unit.into(),
        branch: None,
        post: None,
        kinds,
        order: None,
    }
}

#[test]
fn reads_people_in_order_and_units_as_first_seen() {
    let rows = with_header(&[
        "G03|丙木|管委会/规划科||科长|公职人员|3",
        "G01|甲木|管委会/综合科|机关第一支部|主任|党员、公职人员|1",
        "",
        "Ｇ０２|乙 木|管委会／综合科|机关第一支部||聘用|２",
        "G04|丙木|管委会/规划科|||公职人员，党员，党员|",
    ]);
    let roster = parse(&rows).unwrap();
    let numbers: Vec<&str> = roster.people.iter().map(|p| p.staff_no.as_str()).collect();
    assert_eq!(numbers, ["G01", "G02", "G03", "G04"]);
    assert_eq!(roster.units, ["管委会/综合科", "管委会/规划科"]);
    assert_eq!(roster.branches, ["机关第一支部"]);
    let second = Person {
        branch: Some("机关第一支部".into()),
        kinds: vec![Kind::Contract],
        order: Some(2),
        ..person("G02", "乙木", "管委会/综合科")
    };
    assert_eq!(roster.people[1], second);
    assert_eq!(roster.people[3].kinds, [Kind::PartyMember, Kind::PublicOfficial]);
}

#[test]
fn finds_the_header_under_a_title_and_in_any_order() {
    let rows = sheet(&[
        "2026年职工花名册",
        "",
        "姓 名|工　号|类别|单位|顺序|职务|支部",
        "甲木|G01|聘用|综合科|||",
        "姓名|工号|类别|单位|顺序|职务|支部",
        "乙木|G02|聘用|综合科",
    ]);
    let roster = parse(&rows).unwrap();
    assert_eq!(roster.people.len(), 2);
    assert_eq!((roster.people[0].name.as_str(), roster.people[0].staff_no.as_str()), ("甲木", "G01"));
}

#[rstest]
#[case::formula("=1+1")]
#[case::full_width_formula("＝HYPERLINK")]
#[case::minus("-甲")]
#[case::latin("Anna Maria Green")]
#[case::dotted("阿依古丽·买买提")]
#[case::mixed("Anna 木 B")]
#[case::rare("𠮷木")]
fn names_are_kept_as_text(#[case] name: &str) {
    let roster = parse(&with_header(&[&format!("G01|{name}|综合科|||聘用|")])).unwrap();
    assert_eq!(roster.people[0].name, name);
}

#[rstest]
#[case::aligned("甲　木", "甲木")]
#[case::aligned_widely(" 甲   木\u{3000}子 ", "甲木子")]
#[case::latin("Anna　 Maria", "Anna Maria")]
fn blanks_in_names_are_one_or_none(#[case] text: &str, #[case] name: &str) {
    let roster = parse(&with_header(&[&format!("G01|{text}|综合科|||聘用|")])).unwrap();
    assert_eq!(roster.people[0].name, name);
}

#[rstest]
#[case("0001", "0001")]
#[case("g-2601", "g-2601")]
#[case("　Ｇ２６０１ ", "G2601")]
fn staff_numbers_are_normalised(#[case] text: &str, #[case] expected: &str) {
    assert_eq!(staff_no(text).unwrap(), expected);
}

#[rstest]
#[case("")]
#[case("G 01")]
#[case("G_01")]
#[case("工01")]
#[case("0123456789012345678901234567890123")]
fn other_staff_numbers_are_refused(#[case] text: &str) {
    assert_eq!(staff_no(text).unwrap_err(), ProblemKind::StaffNo { text: text.to_owned() });
}

#[rstest]
#[case::no_rows(&[])]
#[case::blank_rows(&["", "||"])]
fn a_sheet_without_text_is_empty(#[case] lines: &[&str]) {
    let expected = Problem { row: None, column: None, kind: ProblemKind::EmptySheet };
    assert_eq!(parse(&sheet(lines)).unwrap_err(), [expected]);
}

#[test]
fn a_header_alone_is_no_roster() {
    assert_eq!(problems(&["", "||||||"]), [Problem { row: None, column: None, kind: ProblemKind::NoDataRow }]);
}

#[test]
fn header_problems_are_all_named_and_rows_still_read() {
    let rows = sheet(&["工号|姓名|单位|职务|手机|姓名|", "G01|甲木|||1||多"]);
    let found = parse(&rows).unwrap_err();
    let expected = [
        Problem { row: Some(1), column: None, kind: ProblemKind::UnknownColumn { position: 5, text: "手机".into() } },
        problem(1, Column::Name, ProblemKind::RepeatedColumn),
        problem(1, Column::Branch, ProblemKind::MissingColumn),
        problem(1, Column::Kinds, ProblemKind::MissingColumn),
        problem(1, Column::Order, ProblemKind::MissingColumn),
        Problem { row: Some(2), column: None, kind: ProblemKind::OutsideColumns { position: 7 } },
        problem(2, Column::Unit, ProblemKind::Blank),
    ];
    assert_eq!(found, expected);
}

#[rstest]
#[case::kinds("G01|甲木|综合科|||临时工|", Column::Kinds, ProblemKind::Kinds { word: "临时工".into() })]
#[case::trailing_comma("G01|甲木|综合科|||党员、|", Column::Kinds, ProblemKind::Kinds { word: String::new() })]
#[case::order("G01|甲木|综合科|||聘用|第一", Column::Order, ProblemKind::Order { text: "第一".into() })]
#[case::order_zero("G01|甲木|综合科|||聘用|0", Column::Order, ProblemKind::Order { text: "0".into() })]
#[case::order_fraction("G01|甲木|综合科|||聘用|1.5", Column::Order, ProblemKind::Order { text: "1.5".into() })]
#[case::order_large("G01|甲木|综合科|||聘用|100000", Column::Order, ProblemKind::Order { text: "100000".into() })]
#[case::path("G01|甲木|管委会//综合科|||聘用|", Column::Unit, ProblemKind::Path { text: "管委会//综合科".into() })]
#[case::branch("G01|甲木|综合科|/支部||聘用|", Column::Branch, ProblemKind::Path { text: "/支部".into() })]
#[case::line_break("G01|甲\n木|综合科|||聘用|", Column::Name, ProblemKind::BadCharacter)]
#[case::zero_width("G01|甲\u{200B}木|综合科|||聘用|", Column::Name, ProblemKind::BadCharacter)]
#[case::blank("G01||综合科|||聘用|", Column::Name, ProblemKind::Blank)]
#[case::blank_full_width("G01|甲木|　|||聘用|", Column::Unit, ProblemKind::Blank)]
fn each_cell_names_its_problem(#[case] line: &str, #[case] column: Column, #[case] kind: ProblemKind) {
    assert_eq!(problems(&[line]), [problem(2, column, kind)]);
}

#[test]
fn long_names_are_refused_with_their_length() {
    let name = "木".repeat(NAME_CHARS_MAX + 1);
    let kind = ProblemKind::TooLong { chars: 41, chars_max: 40 };
    assert_eq!(problems(&[&format!("G01|{name}|综合科|||聘用|")]), [problem(2, Column::Name, kind)]);
    assert!(parse(&with_header(&[&format!("G01|{}|综合科|||聘用|", "木".repeat(NAME_CHARS_MAX))])).is_ok());
}

#[test]
fn example_rows_are_not_people() {
    let found = problems(&["示例1|示例甲|管委会/综合科|||聘用|1", "G01|甲木|管委会/综合科|||聘用|"]);
    assert_eq!(found, [Problem { row: Some(2), column: None, kind: ProblemKind::ExampleRow }]);
}

#[test]
fn a_number_stands_once() {
    let found = problems(&["G01|甲木|综合科|||聘用|", "Ｇ０１|甲木|综合科|||聘用|", "g01|乙木|综合科|||聘用|"]);
    let duplicate = ProblemKind::DuplicateStaffNo { text: "G01".into(), first_row: 2 };
    let two_names = ProblemKind::TwoNames { text: "g01".into(), first_row: 2 };
    assert_eq!(found, [problem(3, Column::StaffNo, duplicate), problem(4, Column::StaffNo, two_names)]);
}

#[test]
fn people_of_one_name_are_fine() {
    assert!(parse(&with_header(&["G01|甲木|综合科|||聘用|", "G02|甲木|综合科|||聘用|"])).is_ok());
}

#[test]
fn a_person_belongs_to_a_leaf() {
    let found = problems(&[
        "G01|甲木|管委会|支部||聘用|",
        "G02|乙木|管委会/综合科/文秘组|支部/一组||聘用|",
        "G03|丙木|管委会/综合科|||聘用|",
    ]);
    let unit =
        |path: &str| ProblemKind::Divided {
            path: path.into(), child: "管委会/综合科/文秘组".into(), child_row: 3
        };
    let branch = ProblemKind::Divided { path: "支部".into(), child: "支部/一组".into(), child_row: 3 };
    let expected = [
        problem(2, Column::Unit, unit("管委会")),
        problem(2, Column::Branch, branch),
        problem(4, Column::Unit, unit("管委会/综合科")),
    ];
    assert_eq!(found, expected);
}

#[test]
fn all_problems_are_found_at_once() {
    let found = problems(&["G 1||综合科|||工人|x", "G02|乙木|综合科|||聘用|"]);
    let columns: Vec<_> = found.iter().filter_map(|p| p.column).collect();
    assert_eq!(columns, [Column::StaffNo, Column::Name, Column::Kinds, Column::Order]);
}

#[test]
fn diff_tells_each_aspect() {
    let with_post = |p: Person| Person { post: Some("科长".into()), ..p };
    let current = [person("1", "甲", "a"), person("2", "乙", "a"), person("3", "丙", "a"), person("4", "丁", "a")];
    let incoming = [
        person("5", "戊", "b"),
        person("1", "甲", "a"),
        with_post(person("2", "乙木", "b")),
        with_post(person("3", "丙", "a")),
    ];
    let diff = diff(&current, &incoming);
    assert_eq!(diff.joined, [&incoming[0]]);
    assert_eq!(diff.left, [&current[3]]);
    let second = Change { before: &current[1], after: &incoming[2] };
    assert_eq!((diff.moved.as_slice(), diff.renamed.as_slice()), ([second].as_slice(), [second].as_slice()));
    let third = Change { before: &current[2], after: &incoming[3] };
    assert_eq!(diff.changed, [(second, vec![Column::Post]), (third, vec![Column::Post])]);
    assert_eq!(diff.unchanged, 1);
    assert!(!diff.is_empty());
}

proptest! {
    #[test]
    fn no_sheet_makes_it_panic(cells in prop::collection::vec(prop::collection::vec("[0-9A党员聘用/、= \n-]{0,6}", 0..9), 0..6)) {
        let mut rows = with_header(&[]);
        rows.extend(cells);
        if let Err(problems) = parse(&rows) {
            prop_assert!(!problems.is_empty());
        }
    }

    #[test]
    fn a_roster_differs_from_itself_in_nothing(numbers in prop::collection::btree_set("[A-Z0-9]{1,4}", 0..20)) {
        let people: Vec<Person> = numbers.iter().map(|no| person(no, "甲", "a")).collect();
        let same = diff(&people, &people);
        prop_assert!(same.is_empty());
        prop_assert_eq!(same.unchanged, people.len());
        prop_assert_eq!(diff(&[], &people).joined.len(), people.len());
        prop_assert_eq!(diff(&people, &[]).left.len(), people.len());
    }
}
