//! Sheets that people fill in and open: bytes to rows of text, and the roster to bytes. What a file is shows in its
//! first bytes; its name is not trusted.

mod archive;
mod plan;
mod read;
#[cfg(test)]
mod tests;
mod write;

pub use plan::{PlanRow, plan_csv, plan_xlsx};
pub use read::{read, read_dated};
pub use write::{WriteError, roster_csv, roster_xlsx, template};

/// Cells of a sheet as text, row by row; rows may differ in length.
pub type Rows = Vec<Vec<String>>;

/// Largest file that is read. A roster of 100,000 people takes some 10 MiB as CSV and half of that as XLSX.
pub const BYTES_MAX: usize = 20 * 1024 * 1024;

/// Most rows that are read: above every office, below what a column formatted to the end of the sheet (1,048,576) holds.
pub const ROWS_MAX: u32 = 110_000;

/// Rightmost column that is read; sheets of the office have under 20.
pub const COLUMNS_MAX: u32 = 100;

/// Mark at the head of UTF-8 files by which spreadsheet programs know the encoding.
const BOM: &str = "\u{FEFF}";

/// First characters by which a spreadsheet program takes a CSV cell for a formula, with their full-width twins.
const FORMULA_SIGNS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Put before a CSV cell that looks like a formula; spreadsheet programs show the rest as text.
const QUOTE: char = '\'';

/// Whether a spreadsheet program could run the cell, blanks and quotes before it left aside.
fn looks_like_formula(cell: &str) -> bool {
    cell.trim_start_matches(|c: char| c == QUOTE || c.is_whitespace()).starts_with(FORMULA_SIGNS)
}

/// A cell as it is written to CSV.
fn quoted(cell: &str) -> String {
    if looks_like_formula(cell) { format!("{QUOTE}{cell}") } else { cell.to_owned() }
}

/// A CSV cell as it was before [`quoted`].
fn unquoted(cell: &str) -> &str {
    match cell.strip_prefix(QUOTE) {
        Some(rest) if looks_like_formula(rest) => rest,
        Some(_) | None => cell,
    }
}
