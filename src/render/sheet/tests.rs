#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use crate::domain::roster::{self, CellFault, FileProblem, Person, ProblemKind};
use crate::domain::word::Kind;
use calamine::{Reader as _, Xlsx};
use proptest::prelude::*;
use rstest::rstest;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::io::{Cursor, Write as _};

const EXAMPLE_CSV: &[u8] = include_bytes!("../../../content/roster.example.csv");

fn rows(lines: &[&[&str]]) -> Rows {
    lines.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect()
}

fn workbook(fill: impl FnOnce(&mut Worksheet)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(book.add_worksheet());
    book.add_worksheet().write_string(0, 0, "second sheet").unwrap();
    book.save_to_buffer().unwrap()
}

fn person(staff_no: &str, name: &str) -> Person {
    let kinds = vec![Kind::PartyMember, Kind::PublicOfficial];
    let (branch, post, order) = (Some("机关第一支部".into()), Some("科长, \"副\"".into()), Some(3));
    Person {
        staff_no: staff_no.into(), name: name.into(), unit: "管委会/综合科".into(), branch, post, kinds, order
    }
}

#[rstest]
#[case::plain("工号,姓名\n1,甲\n")]
#[case::bom_and_crlf("\u{FEFF}工号,姓名\r\n1,甲\r\n")]
#[case::no_last_line_end("工号,姓名\n1,甲")]
#[case::quoted("\"工号\",\"姓名\"\n\"1\",甲\n")]
fn csv_in_utf8_is_read(#[case] text: &str) {
    assert_eq!(read(text.as_bytes()).unwrap(), rows(&[&["工号", "姓名"], &["1", "甲"]]));
}

#[test]
fn empty_lines_and_broken_cells_keep_the_row_numbers() {
    let text = "a,b\r\n\r\n\r\n\"x\ny\",1\r\nlast,2\r\n";
    assert_eq!(read(text.as_bytes()).unwrap(), rows(&[&["a", "b"], &[], &[], &["x\ny", "1"], &["last", "2"]]));
}

#[rstest]
#[case::gbk(b"\xB9\xA4\xBA\xC5,\xD0\xD5\xC3\xFB\r\n")]
#[case::utf16_with_mark(b"\xFF\xFE\xE5\x5D\xF7\x53")]
#[case::utf16_ascii(b"a\0,\0b\0")]
#[case::picture(b"\x89PNG\r\n\x1a\n")]
fn other_encodings_are_refused(#[case] bytes: &[u8]) {
    assert_eq!(read(bytes).unwrap_err(), FileProblem::NotUtf8);
}

#[rstest]
#[case::nothing(b"")]
#[case::mark_alone("\u{FEFF}".as_bytes())]
fn an_empty_file_has_no_rows(#[case] bytes: &[u8]) {
    let found = roster::parse(&read(bytes).unwrap()).unwrap_err();
    assert_eq!(found[0].kind, ProblemKind::EmptySheet);
}

#[test]
fn old_and_broken_workbooks_are_told_apart() {
    assert_eq!(read(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1").unwrap_err(), FileProblem::OldWorkbook);
    assert!(matches!(read(b"PK\x03\x04rest").unwrap_err(), FileProblem::BrokenWorkbook { .. }));
    let whole = workbook(|_| {});
    assert!(matches!(read(&whole[..whole.len() / 2]).unwrap_err(), FileProblem::BrokenWorkbook { .. }));
}

#[test]
fn sizes_are_capped() {
    let bytes = vec![b'a'; BYTES_MAX + 1];
    assert_eq!(read(&bytes).unwrap_err(), FileProblem::TooLarge { bytes_max: BYTES_MAX });
    let lines = "a\n".repeat(ROWS_MAX as usize);
    assert_eq!(read(lines.as_bytes()).unwrap().len(), ROWS_MAX as usize);
    assert_eq!(read(format!("{lines}a\n").as_bytes()).unwrap_err(), FileProblem::TooManyRows { rows_max: ROWS_MAX });
    let wide = ",".repeat(COLUMNS_MAX as usize);
    assert_eq!(read(wide.as_bytes()).unwrap_err(), FileProblem::TooManyColumns { columns_max: COLUMNS_MAX });
    let deep = workbook(|sheet| drop(sheet.write_string(ROWS_MAX, 0, "a")));
    assert_eq!(read(&deep).unwrap_err(), FileProblem::TooManyRows { rows_max: ROWS_MAX });
    let right = workbook(|sheet| drop(sheet.write_string(0, 100, "a")));
    assert_eq!(read(&right).unwrap_err(), FileProblem::TooManyColumns { columns_max: COLUMNS_MAX });
}

#[test]
fn a_workbook_that_claims_gigabytes_is_not_unpacked() {
    let mut bytes = workbook(|sheet| drop(sheet.write_string(0, 0, "a")));
    let entry = bytes.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    bytes[entry + 24..entry + 28].copy_from_slice(&u32::MAX.to_le_bytes());
    assert_eq!(read(&bytes).unwrap_err(), FileProblem::UnpacksTooLarge { bytes_max: 128 << 20 });
}

#[test]
fn what_a_zip_holds_is_measured_and_not_believed() {
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    to.start_file("zeros", zip::write::SimpleFileOptions::default()).unwrap();
    to.write_all(&[0; 4000]).unwrap();
    let mut bytes = to.finish().unwrap().into_inner();
    assert_eq!((archive::fits(&bytes, 4000).unwrap(), archive::fits(&bytes, 3999).unwrap()), (true, false));
    // It claims to hold ten bytes, in its directory and at the entry.
    for (signature, at) in [(b"PK\x01\x02", 24), (b"PK\x03\x04", 22)] {
        let entry = bytes.windows(4).position(|w| w == signature).unwrap();
        bytes[entry + at..entry + at + 4].copy_from_slice(&10_u32.to_le_bytes());
    }
    assert!(!archive::fits(&bytes, 3999).is_ok_and(|fits| fits));
}

#[test]
fn workbook_cells_read_as_they_are_shown() {
    let bytes = workbook(|sheet| {
        sheet.write_string(1, 0, "0008").unwrap();
        sheet.write_number(1, 1, 8.0).unwrap();
        sheet.write_number(1, 2, 0.1).unwrap();
        sheet.write_boolean(1, 3, true).unwrap();
        sheet.write_formula(1, 4, Formula::new("=1+1").set_result("2")).unwrap();
        sheet.write_string(1, 5, "=1+1").unwrap();
        sheet.write_blank(400_000, 0, &Format::new().set_bold()).unwrap();
    });
    assert_eq!(read(&bytes).unwrap(), rows(&[&[], &["0008", "8", "0.1", "TRUE", "2", "=1+1"]]));
}

#[test]
fn cells_whose_text_is_lost_are_named() {
    let date = workbook(|sheet| {
        let format = Format::new().set_num_format("yyyy-mm-dd");
        sheet.write_datetime_with_format(2, 1, ExcelDateTime::from_ymd(2026, 3, 1).unwrap(), &format).unwrap();
    });
    assert_eq!(read(&date).unwrap_err(), FileProblem::Cell { row: 3, column: 2, fault: CellFault::Date });
    let long = workbook(|sheet| drop(sheet.write_number(0, 0, 1_234_567_890_123_456.0)));
    assert_eq!(read(&long).unwrap_err(), FileProblem::Cell { row: 1, column: 1, fault: CellFault::LongNumber });
    let error = workbook(|sheet| drop(sheet.write_formula(0, 0, Formula::new("=1/0").set_result("#DIV/0!"))));
    assert_eq!(read(&error).unwrap_err(), FileProblem::Cell { row: 1, column: 1, fault: CellFault::FormulaError });
}

#[test]
fn merged_cells_stand_for_their_rows() {
    let bytes = workbook(|sheet| {
        let plain = Format::new();
        sheet.merge_range(0, 0, 0, 2, "2026年花名册", &plain).unwrap();
        sheet.merge_range(1, 0, 2, 0, "工号", &plain).unwrap();
        sheet.merge_range(3, 1, 4, 1, "综合科", &plain).unwrap();
        sheet.write_string(3, 0, "1").unwrap();
        sheet.write_string(4, 0, "2").unwrap();
    });
    assert_eq!(read(&bytes).unwrap(), rows(&[&["2026年花名册"], &["工号"], &[], &["1", "综合科"], &["2", "综合科"]]));
}

#[test]
fn the_template_left_as_it_is_imports_nobody() {
    let bytes = template().unwrap();
    let found = roster::parse(&read(&bytes).unwrap()).unwrap_err();
    assert_eq!(
        found.iter().map(|p| (p.row, &p.kind)).collect::<Vec<_>>(),
        [(Some(2), &ProblemKind::ExampleRow), (Some(3), &ProblemKind::ExampleRow)]
    );
    assert_eq!(bytes, template().unwrap());
}

#[test]
fn the_template_explains_itself() {
    let bytes = template().unwrap();
    let mut book = Xlsx::new(Cursor::new(&bytes)).unwrap();
    assert_eq!(book.sheet_names(), ["花名册", "填写说明"]);
    let notes = book.worksheet_range("填写说明").unwrap();
    let notes: Vec<String> = notes.rows().map(|row| row[0].to_string()).collect();
    insta::assert_snapshot!("template", format!("{:#?}\n{}", read(&bytes).unwrap(), notes.join("\n")));
}

#[test]
fn csv_for_spreadsheet_programs() {
    let bytes = roster_csv(&[person("0001", "＝甲"), person("-2", "乙")]).unwrap();
    let expected = "\u{FEFF}工号,姓名,单位,支部,职务,类别,顺序\r\n\
        0001,'＝甲,管委会/综合科,机关第一支部,\"科长, \"\"副\"\"\",党员、公职人员,3\r\n\
        '-2,乙,管委会/综合科,机关第一支部,\"科长, \"\"副\"\"\",党员、公职人员,3\r\n";
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);
}

#[test]
fn both_example_files_hold_the_same_office() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/content/roster.example.xlsx");
    let from_csv = read(EXAMPLE_CSV).unwrap();
    let workbook = std::fs::read(path).unwrap();
    assert_eq!(read(&workbook).unwrap(), from_csv);
    let office = roster::parse(&from_csv).unwrap();
    assert!(
        roster_xlsx(&office.people).unwrap() == workbook,
        "written anew it differs: write it again with `roster export`"
    );
    assert_eq!((office.people.len(), office.units.len(), office.branches.len()), (42, 5, 3));
    assert_eq!(roster_csv(&office.people).unwrap(), EXAMPLE_CSV);
}

proptest! {
    #[test]
    fn a_roster_comes_back_as_it_was_written(names in prop::collection::vec("['=+@＝－a甲][ '=+@＝－,\"a甲]{0,6}['=@a甲]", 1..8)) {
        let people: Vec<Person> = names.iter().enumerate().map(|(i, name)| person(&format!("-{i}"), name)).collect();
        let kept = |bytes: Vec<u8>| roster::parse(&read(&bytes).unwrap()).unwrap().people;
        prop_assert_eq!(kept(roster_xlsx(&people).unwrap()), kept(roster_csv(&people).unwrap()));
        let names_of = |people: Vec<Person>| people.into_iter().map(|p| p.name.replace(' ', "")).collect::<Vec<_>>();
        prop_assert_eq!(names_of(kept(roster_csv(&people).unwrap())), names_of(people));
    }

    #[test]
    fn no_csv_cell_starts_like_a_formula(cell in "[ '=+@＝－a甲]{0,6}") {
        let written = quoted(&cell);
        prop_assert!(!written.trim_start().starts_with(FORMULA_SIGNS));
        prop_assert_eq!(unquoted(&written), cell);
    }

    #[test]
    fn no_bytes_make_it_panic(head in prop::sample::select(vec!["", "PK\u{3}\u{4}", "a,b\n\""]), tail in prop::collection::vec(any::<u8>(), 0..200)) {
        let bytes = [head.as_bytes(), &tail].concat();
        if let Ok(rows) = read(&bytes) {
            prop_assert!(rows.len() <= bytes.len());
        }
    }
}

/// The template with another number for its first cell.
fn with_first_cell(number: &str) -> Vec<u8> {
    use std::io::{Read as _, Write as _};
    let mut from = zip::ZipArchive::new(Cursor::new(template().unwrap())).unwrap();
    let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..from.len() {
        let mut part = from.by_index(at).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        part.read_to_end(&mut text).unwrap();
        if name == "xl/worksheets/sheet1.xml" {
            let sheet = String::from_utf8(text).unwrap();
            assert!(sheet.contains("r=\"A1\""));
            text = sheet.replace("r=\"A1\"", &format!("r=\"{number}\"")).into_bytes();
        }
        to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        to.write_all(&text).unwrap();
    }
    to.finish().unwrap().into_inner()
}

#[rstest]
#[case("A4294967297")]
#[case("A99999999999")]
#[case("ZZZZZZZZ2")]
fn a_cell_that_no_sheet_has_is_a_broken_workbook(#[case] number: &str) {
    let found = read(&with_first_cell(number));
    assert!(matches!(&found, Err(FileProblem::BrokenWorkbook { .. })), "{found:?}");
}
