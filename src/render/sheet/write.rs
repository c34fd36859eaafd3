//! The roster and its template to bytes. The same rows give the same bytes.

use super::{BOM, quoted};
use crate::domain::roster::{Column, EXAMPLE_MARK, Person, kinds_text};
use crate::domain::word::Kind;
use rust_xlsxwriter::{
    Color, DataValidation, DataValidationErrorStyle, DocProperties, ExcelDateTime, Format, Workbook, Worksheet,
    XlsxError,
};
use thiserror::Error;

/// A file could not be written to memory.
#[derive(Debug, Error)]
pub enum WriteError {
    #[error(transparent)]
    Xlsx(#[from] XlsxError),
    #[error(transparent)]
    Csv(#[from] csv::Error),
}

/// Rows of the template that are prepared as text and with the list of kinds; larger offices copy them downwards.
const TEMPLATE_ROWS: u32 = 2_000;

/// Kinds that the list offers; other combinations may be typed.
const OFFERED_KINDS: [&[Kind]; 5] = [
    &[Kind::PublicOfficial],
    &[Kind::PartyMember, Kind::PublicOfficial],
    &[Kind::PartyMember],
    &[Kind::Contract],
    &[Kind::PartyMember, Kind::Contract],
];

const SHEET_NAME: &str = "花名册";
const NOTES_NAME: &str = "填写说明";

/// Width of the column of notes, in characters of the sheet's font.
const NOTES_WIDTH: f64 = 90.0;

/// The roster as a workbook; every cell is text.
pub fn roster_xlsx(people: &[Person]) -> Result<Vec<u8>, WriteError> {
    let mut book = book()?;
    let sheet = roster_sheet(&mut book)?;
    for (row, person) in (1..).zip(people) {
        for (column, text) in (0..).zip(cells(person)) {
            sheet.write_string(row, column, text)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// The roster as CSV in UTF-8 with byte order mark and CRLF, as spreadsheet programs open it without asking. Cells that
/// look like formulas get a quote in front, which [`super::read`] takes away again.
pub fn roster_csv(people: &[Person]) -> Result<Vec<u8>, WriteError> {
    let mut bytes = BOM.as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    writer.write_record(Column::ALL.iter().map(|column| column.as_str()))?;
    for person in people {
        writer.write_record(cells(person).iter().map(|cell| quoted(cell)))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    Ok(bytes)
}

/// An empty roster to fill in: the header, two marked examples, a list of kinds, and a sheet of notes.
pub fn template() -> Result<Vec<u8>, WriteError> {
    let mut book = book()?;
    let sheet = roster_sheet(&mut book)?;
    let example = Format::new().set_num_format("@").set_italic().set_font_color(Color::Gray);
    for (row, cells) in (1..).zip(example_rows()) {
        for (column, text) in (0..).zip(cells) {
            sheet.write_string_with_format(row, column, text, &example)?;
        }
    }
    sheet.add_data_validation(1, position(Column::Kinds), TEMPLATE_ROWS, position(Column::Kinds), &kinds_list()?)?;
    notes_sheet(&mut book)?;
    Ok(book.save_to_buffer()?)
}

/// A workbook without the time of writing, so that the same rows give the same bytes.
pub(super) fn book() -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    let epoch = ExcelDateTime::from_ymd(2026, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    Ok(book)
}

/// The first sheet: bold header that stays in sight and heads every printed page, columns kept as text so that leading
/// zeros survive typing.
fn roster_sheet(book: &mut Workbook) -> Result<&mut Worksheet, XlsxError> {
    let sheet = book.add_worksheet();
    sheet.set_name(SHEET_NAME)?;
    sheet.set_freeze_panes(1, 0)?;
    // All columns side by side on A4, as many pages as there are people.
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    let bold = Format::new().set_bold();
    let text = Format::new().set_num_format("@");
    for (at, column) in (0..).zip(Column::ALL) {
        sheet.set_column_format(at, &text)?;
        sheet.set_column_width(at, width(*column))?;
        sheet.write_string_with_format(0, at, column.as_str(), &bold)?;
    }
    Ok(sheet)
}

/// Column width in characters of the sheet's font; a Chinese character takes two.
const fn width(column: Column) -> f64 {
    match column {
        Column::StaffNo | Column::Name => 12.0,
        Column::Unit => 28.0,
        Column::Branch | Column::Post => 20.0,
        Column::Kinds => 18.0,
        Column::Order => 8.0,
    }
}

fn position(column: Column) -> u16 {
    (0..).zip(Column::ALL).find(|(_, c)| **c == column).map_or(0, |(at, _)| at)
}

fn cells(person: &Person) -> [String; Column::ALL.len()] {
    let Person { staff_no, name, unit, branch, post, kinds, order } = person;
    [
        staff_no.clone(),
        name.clone(),
        unit.clone(),
        branch.clone().unwrap_or_default(),
        post.clone().unwrap_or_default(),
        kinds_text(kinds),
        order.map(|place| place.to_string()).unwrap_or_default(),
    ]
}

fn example_rows() -> [[String; Column::ALL.len()]; 2] {
    let row = |n: u8, name: &str, rest: [&str; 4]| {
        let [unit, branch, post, kinds] = rest.map(str::to_owned);
        [format!("{EXAMPLE_MARK}{n}"), format!("{EXAMPLE_MARK}{name}"), unit, branch, post, kinds, n.to_string()]
    };
    [
        row(1, "甲", ["管委会/综合科", "机关第一支部", "科长", "党员、公职人员"]),
        row(2, "乙", ["管委会/企业服务科", "", "", "聘用"]),
    ]
}

/// A list that offers the usual combinations and lets others through after a question.
fn kinds_list() -> Result<DataValidation, XlsxError> {
    let offered = OFFERED_KINDS.map(kinds_text);
    DataValidation::new()
        .allow_list_strings(&offered)?
        .set_error_style(DataValidationErrorStyle::Warning)
        .set_error_title("类别")?
        .set_error_message(format!("请填{}中的一个或几个，用“、”隔开。", all_kinds()))
}

fn all_kinds() -> String {
    Kind::ALL.iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、")
}

fn notes_sheet(book: &mut Workbook) -> Result<(), XlsxError> {
    let wrap = Format::new().set_text_wrap();
    let sheet = book.add_worksheet();
    sheet.set_name(NOTES_NAME)?;
    sheet.set_column_width(0, NOTES_WIDTH)?;
    for (row, line) in (0..).zip(notes()) {
        sheet.write_string_with_format(row, 0, line, &wrap)?;
    }
    Ok(())
}

fn notes() -> [String; 10] {
    [
        format!("一、在“{SHEET_NAME}”表中一人一行填写，不要改动第1行的列名。导入前请删除两行{EXAMPLE_MARK}。"),
        "二、工号：必填，不能重复，1至32位，只用数字、字母和“-”。本列已设为文本，开头的0会保留。".to_owned(),
        "三、姓名：必填，不超过40个字。可以重名，以工号区分。".to_owned(),
        "四、单位：必填，写到最末一级，各级用“/”隔开，如：管委会/综合科。有下级科室的单位不能直接放人。".to_owned(),
        "五、支部：可以不填；各级用“/”隔开，如：机关第一支部。".to_owned(),
        "六、职务：可以不填，不超过40个字。".to_owned(),
        format!("七、类别：必填，{}中的一个或几个，用“、”隔开，如：党员、公职人员。", all_kinds()),
        "八、顺序：可以不填；填1至99999的整数，统计表按它排列，不填的排在后面。".to_owned(),
        "九、导入以整张表为准：表里没有的人按调离处理，过去的统计不变。".to_owned(),
        "十、可以先试导入，只看会改什么，不真正改动：qingfeng roster import 文件 --dry-run".to_owned(),
    ]
}
