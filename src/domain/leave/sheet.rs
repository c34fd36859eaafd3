//! The sheet of absences: 工号 类别 起 止, one row an absence. There is no column for a reason, and a sheet that has one is
//! refused.

use chrono::NaiveDate;

use super::{LeaveCategory, Span};
use crate::domain::roster::staff_no;
use crate::domain::width;
use crate::domain::word::words;

words! {
    /// A column of the sheet, spelt as its header cell.
    Column {
        /// Staff number.
        StaffNo = "工号",
        /// Category by a name or the stored word.
        Category = "类别",
        /// First day.
        From = "起",
        /// Last day; may be empty where no end has to be known.
        To = "止",
    }
}

/// One absence of the sheet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// As spreadsheet programs count rows.
    pub row: u32,
    pub staff_no: String,
    pub category: LeaveCategory,
    pub span: Span,
}

/// What could be read of a sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sheet {
    pub entries: Vec<Entry>,
    pub problems: Vec<Problem>,
}

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `None` when the sheet as a whole is meant.
    pub row: Option<u32>,
    pub kind: ProblemKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// No cell holds text.
    Empty,
    /// A header and nothing beneath.
    NoRow,
    MissingColumn(Column),
    RepeatedColumn(Column),
    /// A column that such a sheet does not have.
    UnknownColumn(String),
    /// A cell with text under no header.
    Outside,
    Blank(Column),
    StaffNo(String),
    Category(String),
    Date(Column, String),
    Backwards,
    /// The last day of this category must be known.
    NeedsEnd(LeaveCategory),
    /// It shares days with the row of this number.
    OverlapsRow(u32),
    /// It shares days with an absence that is recorded.
    OverlapsRecorded(Span),
    NotOnRoster(String),
}

/// Rows above the header that may hold a title.
const TITLE_ROWS_MAX: usize = 9;

/// Reads a sheet with everything that is wrong about it.
pub fn parse(rows: &[Vec<String>]) -> Sheet {
    let mut sheet = Sheet::default();
    let Some(first) = rows.iter().position(|row| !is_blank(row)) else {
        sheet.tell(None, ProblemKind::Empty);
        return sheet;
    };
    let known = |row: &Vec<String>| row.iter().filter(|cell| column(cell).is_some()).count() >= 2;
    let header = rows.iter().take(first + TITLE_ROWS_MAX + 1).position(known).unwrap_or(first);
    let places = sheet.header(row_number(header), &rows[header]);
    let mut read = 0;
    for (index, row) in rows.iter().enumerate().skip(header + 1).filter(|(_, row)| !is_blank(row)) {
        read += 1;
        let entry = sheet.entry((row_number(index), row), &places);
        sheet.entries.extend(entry);
    }
    if read == 0 {
        sheet.tell(None, ProblemKind::NoRow);
    }
    sheet.overlaps();
    sheet
}

/// Which column stands where; `None` for one that is not ours.
type Places = Vec<Option<Column>>;

impl Sheet {
    fn tell(&mut self, row: Option<u32>, kind: ProblemKind) {
        self.problems.push(Problem { row, kind });
    }

    fn header(&mut self, row: u32, cells: &[String]) -> Places {
        let mut places = Places::new();
        for cell in cells {
            let found = column(cell);
            match found {
                Some(found) if places.contains(&Some(found)) => {
                    self.tell(Some(row), ProblemKind::RepeatedColumn(found));
                }
                None if !cell.trim().is_empty() => {
                    self.tell(Some(row), ProblemKind::UnknownColumn(cell.trim().to_owned()));
                }
                Some(_) | None => {}
            }
            places.push(found);
        }
        for missing in Column::ALL.iter().filter(|column| !places.contains(&Some(**column))) {
            self.tell(Some(row), ProblemKind::MissingColumn(*missing));
        }
        places
    }

    fn entry(&mut self, (row, cells): (u32, &[String]), places: &Places) -> Option<Entry> {
        let mut stray = cells.iter().enumerate().filter(|(place, _)| places.get(*place).copied().flatten().is_none());
        if stray.any(|(_, cell)| !cell.trim().is_empty()) {
            self.tell(Some(row), ProblemKind::Outside);
        }
        let text = |column: Column| {
            let place = places.iter().position(|place| *place == Some(column))?;
            Some(cells.get(place).map(|cell| cell.trim()).unwrap_or_default())
        };
        let mut required = |column: Column| {
            let text = text(column)?;
            if text.is_empty() {
                self.tell(Some(row), ProblemKind::Blank(column));
            }
            Some(text).filter(|text| !text.is_empty())
        };
        let (no, category, from) = (required(Column::StaffNo), required(Column::Category), required(Column::From));
        let to = text(Column::To).filter(|text| !text.is_empty());
        let no = no.and_then(|text| self.read(row, staff_no(text).map_err(|_| ProblemKind::StaffNo(text.to_owned()))));
        let category = category.and_then(|text| {
            let word = width::half_text(text);
            self.read(row, LeaveCategory::read(word.trim()).ok_or_else(|| ProblemKind::Category(text.to_owned())))
        });
        let from = from.and_then(|text| self.read(row, date(Column::From, text)));
        let to = match to {
            Some(text) => Some(self.read(row, date(Column::To, text))?),
            None => None,
        };
        let (staff_no, category, from) = (no?, category?, from?);
        let span = Span { from, to };
        match to {
            Some(to) if to < from => self.tell(Some(row), ProblemKind::Backwards),
            None if category.needs_end() => self.tell(Some(row), ProblemKind::NeedsEnd(category)),
            Some(_) | None => return Some(Entry { row, staff_no, category, span }),
        }
        None
    }

    fn read<T>(&mut self, row: u32, read: Result<T, ProblemKind>) -> Option<T> {
        read.map_err(|kind| self.tell(Some(row), kind)).ok()
    }

    /// Rows of one person that share days.
    fn overlaps(&mut self) {
        let mut by_person: std::collections::HashMap<&str, Vec<&Entry>> = std::collections::HashMap::new();
        let mut found = Vec::new();
        for entry in &self.entries {
            let earlier = by_person.entry(&entry.staff_no).or_default();
            if let Some(other) = earlier.iter().find(|other| other.span.overlaps(entry.span)) {
                found.push(Problem { row: Some(entry.row), kind: ProblemKind::OverlapsRow(other.row) });
            }
            earlier.push(entry);
        }
        self.problems.extend(found);
    }
}

fn is_blank(row: &[String]) -> bool {
    row.iter().all(|cell| cell.trim().is_empty())
}

fn row_number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX - 1) + 1
}

fn column(cell: &str) -> Option<Column> {
    let name: String = cell.chars().filter(|c| !c.is_whitespace()).collect();
    Column::parse(&name)
}

/// A day as people write it: 2026-09-01, 2026/9/1, 2026.9.1, 2026年9月1日.
fn date(column: Column, text: &str) -> Result<NaiveDate, ProblemKind> {
    let plain = width::plain(text).replace(['年', '月', '/', '.'], "-");
    let plain = plain.strip_suffix('日').unwrap_or(&plain);
    let parts: Vec<&str> = plain.split('-').collect();
    let digits = parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()));
    let read = |years: &str, months: &str, days: &str| {
        let day = NaiveDate::from_ymd_opt(years.parse().ok()?, months.parse().ok()?, days.parse().ok()?);
        day.filter(|_| years.len() == 4)
    };
    let day = match parts.as_slice() {
        [years, months, days] if digits => read(years, months, days),
        _ => None,
    };
    day.ok_or_else(|| ProblemKind::Date(column, text.to_owned()))
}
