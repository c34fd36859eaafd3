//! Bytes to rows of text.

use super::{BOM, BYTES_MAX, COLUMNS_MAX, ROWS_MAX, Rows, archive, unquoted};
use crate::domain::roster::{CellFault, FileProblem};
use calamine::{DataRef, Dimensions, Reader as _, Xlsx, XlsxError};
use std::borrow::Cow;
use std::io::Cursor;

/// First bytes of the old binary workbook, and of a workbook locked with a password.
const OLD_WORKBOOK_SIGNATURE: &[u8] = b"\xD0\xCF\x11\xE0";

/// Bytes that a workbook may unpack to: 100,000 people take some 40 MiB.
const UNPACKED_BYTES_MAX: u64 = 128 * 1024 * 1024;

/// Rows that merged cells may fill, all together: a sheet in which no two of them overlap cannot have more.
const MERGED_ROWS_MAX: usize = ROWS_MAX as usize * COLUMNS_MAX as usize;

/// Largest whole number that spreadsheet programs keep exactly: 15 digits.
const EXACT_NUMBER_MAX: f64 = 999_999_999_999_999.0;

/// The rows of a CSV file in UTF-8 (with or without byte order mark), or of an XLSX workbook's first sheet, with row 1
/// first. Whole numbers come without a fraction (`8`), other cells as they are shown; a cell merged downwards stands in
/// each of its rows. A file without text gives rows without text.
pub fn read(bytes: &[u8]) -> Result<Rows, FileProblem> {
    read_with(bytes, cell_text)
}

/// Like [`read`], of a sheet in which days are expected: a cell that holds one gives it as `2026-09-01`.
#[expect(clippy::wildcard_enum_match_arm, reason = "every other kind of cell is read as in any sheet")]
pub fn read_dated(bytes: &[u8]) -> Result<Rows, FileProblem> {
    read_with(bytes, |value| match value {
        DataRef::DateTime(at) if at.is_datetime() => {
            let (year, month, day, ..) = at.to_ymd_hms_milli();
            Ok(format!("{year:04}-{month:02}-{day:02}"))
        }
        DataRef::DateTimeIso(text) => Ok(text.split('T').next().unwrap_or_default().to_owned()),
        other => cell_text(other),
    })
}

/// How the value of a workbook's cell becomes text.
type CellText = fn(&DataRef<'_>) -> Result<String, CellFault>;

fn read_with(bytes: &[u8], cell_text: CellText) -> Result<Rows, FileProblem> {
    if bytes.len() > BYTES_MAX {
        return Err(FileProblem::TooLarge { bytes_max: BYTES_MAX });
    }
    if bytes.starts_with(OLD_WORKBOOK_SIGNATURE) {
        return Err(FileProblem::OldWorkbook);
    }
    if bytes.starts_with(archive::SIGNATURE) {
        return read_xlsx(bytes, cell_text);
    }
    // UTF-16 of plain ASCII is valid UTF-8 full of NUL characters.
    let text = std::str::from_utf8(bytes).ok().filter(|text| !text.contains('\0')).ok_or(FileProblem::NotUtf8)?;
    read_csv(text.strip_prefix(BOM).unwrap_or(text))
}

fn read_csv(text: &str) -> Result<Rows, FileProblem> {
    // With a line end after the last row too, each row ends one line further on.
    let text = if text.ends_with('\n') { Cow::Borrowed(text) } else { Cow::Owned(format!("{text}\n")) };
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Rows::new();
    let mut record = csv::StringRecord::new();
    let mut line = reader.position().line();
    while reader.read_record(&mut record).map_err(|_| FileProblem::NotUtf8)? {
        // The reader drops empty lines; put back, row numbers are those that a spreadsheet program shows.
        let breaks: u64 = record.iter().map(|cell| cell.matches('\n').count() as u64).sum();
        let line_after = reader.position().line();
        for _ in line + 1 + breaks..line_after {
            push_row(&mut rows, Vec::new())?;
        }
        line = line_after;
        push_row(&mut rows, record.iter().map(|cell| unquoted(cell).to_owned()).collect())?;
    }
    Ok(rows)
}

fn push_row(rows: &mut Rows, row: Vec<String>) -> Result<(), FileProblem> {
    if row.len() > COLUMNS_MAX as usize {
        return Err(FileProblem::TooManyColumns { columns_max: COLUMNS_MAX });
    }
    if rows.len() >= ROWS_MAX as usize {
        return Err(FileProblem::TooManyRows { rows_max: ROWS_MAX });
    }
    rows.push(row);
    Ok(())
}

fn read_xlsx(bytes: &[u8], cell_text: CellText) -> Result<Rows, FileProblem> {
    match archive::fits(bytes, UNPACKED_BYTES_MAX) {
        Ok(true) => {}
        Ok(false) => return Err(FileProblem::UnpacksTooLarge { bytes_max: UNPACKED_BYTES_MAX }),
        Err(error) => return Err(FileProblem::BrokenWorkbook { detail: error.to_string() }),
    }
    // The library panics over cell numbers that no sheet has.
    std::panic::catch_unwind(|| read_book(bytes, cell_text))
        .unwrap_or_else(|_| Err(FileProblem::BrokenWorkbook { detail: "cell reference out of range".to_owned() }))
}

fn read_book(bytes: &[u8], cell_text: CellText) -> Result<Rows, FileProblem> {
    let mut book = Xlsx::new(Cursor::new(bytes)).map_err(broken)?;
    let Some(sheet) = book.sheet_names().first().cloned() else { return Ok(Rows::new()) };
    let merged = book.merge_cells_by_sheet_name(&sheet).map_err(broken)?;
    // Cell by cell: a range as a whole would be laid out up to its farthest cell before any limit could be checked.
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let mut rows = Rows::new();
    while let Some(cell) = cells.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let text = cell_text(cell.get_value()).map_err(|fault| FileProblem::Cell {
            row: row + 1,
            column: column + 1,
            fault,
        })?;
        if !text.is_empty() {
            place(&mut rows, (row, column), text)?;
        }
    }
    let height = |region: &Dimensions| (region.end.0 as usize).min(rows.len()).saturating_sub(region.start.0 as usize);
    if merged.iter().map(height).sum::<usize>() > MERGED_ROWS_MAX {
        return Err(FileProblem::BrokenWorkbook { detail: "merged cells overlap".to_owned() });
    }
    repeat_downwards(&mut rows, &merged);
    Ok(rows)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape map_err asks for")]
fn broken(error: XlsxError) -> FileProblem {
    FileProblem::BrokenWorkbook { detail: error.to_string() }
}

fn place(rows: &mut Rows, (row, column): (u32, u32), text: String) -> Result<(), FileProblem> {
    if column >= COLUMNS_MAX {
        return Err(FileProblem::TooManyColumns { columns_max: COLUMNS_MAX });
    }
    if row >= ROWS_MAX {
        return Err(FileProblem::TooManyRows { rows_max: ROWS_MAX });
    }
    let (row, column) = (row as usize, column as usize);
    if rows.len() <= row {
        rows.resize(row + 1, Vec::new());
    }
    let cells = &mut rows[row];
    if cells.len() <= column {
        cells.resize(column + 1, String::new());
    }
    cells[column] = text;
    Ok(())
}

fn cell_text(value: &DataRef<'_>) -> Result<String, CellFault> {
    match value {
        DataRef::Empty => Ok(String::new()),
        DataRef::String(text) => Ok(text.clone()),
        DataRef::SharedString(text) => Ok((*text).to_owned()),
        DataRef::Int(number) => Ok(number.to_string()),
        DataRef::Float(number) if number.abs() > EXACT_NUMBER_MAX => Err(CellFault::LongNumber),
        // Display prints the shortest digits that read back the same, and whole numbers without a fraction.
        DataRef::Float(number) => Ok(number.to_string()),
        DataRef::Bool(value) => Ok(if *value { "TRUE" } else { "FALSE" }.to_owned()),
        DataRef::DateTime(_) | DataRef::DateTimeIso(_) | DataRef::DurationIso(_) => Err(CellFault::Date),
        DataRef::Error(_) => Err(CellFault::FormulaError),
    }
}

/// A cell merged over several rows of one column means its text for each of them, as in a unit written once beside its
/// people. Only rows that hold something else get it, so a merged column never makes rows.
fn repeat_downwards(rows: &mut Rows, merged: &[Dimensions]) {
    for region in merged.iter().filter(|region| region.start.1 == region.end.1) {
        let (first, last, column) = (region.start.0 as usize, region.end.0 as usize, region.start.1 as usize);
        let Some(text) = rows.get(first).and_then(|row| row.get(column)).cloned() else { continue };
        for row in rows.iter_mut().take(last.saturating_add(1)).skip(first + 1) {
            if row.is_empty() {
                continue;
            }
            if row.len() <= column {
                row.resize(column + 1, String::new());
            }
            row[column].clone_from(&text);
        }
    }
}
