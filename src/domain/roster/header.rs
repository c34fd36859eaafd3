//! The header row: which column stands where.

use super::{Column, Problem, ProblemKind};

/// Rows above the header that may hold a title. Real sheets have one or two.
const TITLE_ROWS_MAX: usize = 9;

/// Known column names that make a row the header; a title is a single cell.
const HEADER_NAMES_MIN: usize = 2;

/// Where the columns of a sheet stand.
pub(super) struct Header {
    /// Index of the header row.
    pub(super) index: usize,
    positions: Vec<Option<Column>>,
    /// Columns under a header cell with text, known or not.
    headed: Vec<bool>,
    pub(super) problems: Vec<Problem>,
}

impl Header {
    /// Finds the header: of the top rows the first with the most known names, at least two, else the first row with any
    /// text. In a header of two rows with merged cells that is the second one. `None` for a sheet without text.
    pub(super) fn find(rows: &[Vec<String>]) -> Option<Self> {
        let names =
            |row: &[String]| Column::ALL.iter().filter(|c| row.iter().any(|cell| column(cell) == Some(**c))).count();
        let first = rows.iter().position(|row| !is_blank(row))?;
        let mut best = (first, HEADER_NAMES_MIN - 1);
        for (index, row) in rows.iter().enumerate().take(first + TITLE_ROWS_MAX + 1) {
            if names(row) > best.1 {
                best = (index, names(row));
            }
        }
        let index = best.0;
        Some(Self::read(index, rows.get(index)?))
    }

    fn read(index: usize, row: &[String]) -> Self {
        let mut header = Self { index, positions: Vec::new(), headed: Vec::new(), problems: Vec::new() };
        for (cell, position) in row.iter().zip(1..) {
            let column = column(cell);
            match column {
                Some(column) if header.positions.contains(&Some(column)) => {
                    header.report(Some(column), ProblemKind::RepeatedColumn);
                }
                None if !cell.trim().is_empty() => {
                    header.report(None, ProblemKind::UnknownColumn { position, text: cell.trim().to_owned() });
                }
                Some(_) | None => {}
            }
            header.positions.push(column);
            header.headed.push(!cell.trim().is_empty());
        }
        for column in Column::ALL {
            if !header.positions.contains(&Some(*column)) {
                header.report(Some(*column), ProblemKind::MissingColumn);
            }
        }
        header
    }

    fn report(&mut self, column: Option<Column>, kind: ProblemKind) {
        self.problems.push(Problem { row: Some(row_number(self.index)), column, kind });
    }

    /// The text of a row under a column; `None` when the sheet has no such column.
    pub(super) fn text<'a>(&self, row: &'a [String], column: Column) -> Option<&'a str> {
        let position = self.positions.iter().position(|c| *c == Some(column))?;
        Some(row.get(position).map_or("", |cell| cell.trim()))
    }

    /// Whether a row repeats the header, as sheets laid out for printing do.
    pub(super) fn is_repeated_by(&self, row: &[String]) -> bool {
        let names: Vec<_> = row.iter().map(|cell| column(cell)).collect();
        names.iter().flatten().count() >= HEADER_NAMES_MIN && names.iter().zip(&self.positions).all(|(a, b)| a == b)
    }

    /// Positions (from 1) of a row's cells that hold text under an empty header cell or beyond the last one.
    pub(super) fn outside(&self, row: &[String]) -> Vec<u32> {
        let headed = self.headed.iter().copied().chain(std::iter::repeat(false));
        let stray = row.iter().zip(headed).zip(1..).filter(|((cell, headed), _)| !headed && !cell.trim().is_empty());
        stray.map(|(_, position)| position).collect()
    }
}

/// Whether no cell of a row holds text.
pub(super) fn is_blank(row: &[String]) -> bool {
    row.iter().all(|cell| cell.trim().is_empty())
}

/// Row number as spreadsheet programs show it. Sheets are capped far below the largest number.
pub(super) fn row_number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX - 1) + 1
}

/// The column a header cell names; blanks inside (姓 名) only spread the word.
fn column(cell: &str) -> Option<Column> {
    let name: String = cell.chars().filter(|c| !c.is_whitespace()).collect();
    Column::parse(&name)
}
