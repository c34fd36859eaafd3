//! What can be wrong with a roster sheet. Data only: the sentences stand in `message::roster`.

use super::Column;

/// Why a file could not be read as rows of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileProblem {
    /// More bytes than are read.
    TooLarge { bytes_max: usize },
    /// A workbook that unpacks to more bytes than are read.
    UnpacksTooLarge { bytes_max: u64 },
    /// Text that is not UTF-8: GBK, UTF-16, or no text at all.
    NotUtf8,
    /// A workbook of the old binary kind (.xls), or one locked with a password, which is stored the same way.
    OldWorkbook,
    /// A compressed file that is no readable workbook; the reader's own words.
    BrokenWorkbook { detail: String },
    /// More rows than are read.
    TooManyRows { rows_max: u32 },
    /// Cells further right than are read.
    TooManyColumns { columns_max: u32 },
    /// A cell whose text cannot be known for sure. Row and column count from 1.
    Cell { row: u32, column: u32, fault: CellFault },
}

/// Why the text of a workbook's cell cannot be known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CellFault {
    /// The spreadsheet program turned what was typed into a date.
    Date,
    /// A number of more than 15 digits: the program has already replaced the last ones by zeros.
    LongNumber,
    /// A formula that ended in an error.
    FormulaError,
}

/// One thing that is wrong with a roster, with its place. Rows count from 1 as spreadsheet programs show them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// `None` when the sheet as a whole is meant.
    pub row: Option<u32>,
    /// `None` when the row as a whole is meant.
    pub column: Option<Column>,
    pub kind: ProblemKind,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// No cell of the sheet holds text.
    EmptySheet,
    /// A header and nothing beneath.
    NoDataRow,
    /// The header row lacks the column.
    MissingColumn,
    /// The header row has a column that rosters do not have. Positions count from 1.
    UnknownColumn { position: u32, text: String },
    /// The header row has the column twice.
    RepeatedColumn,
    /// A cell with text under no header.
    OutsideColumns { position: u32 },
    /// One of the template's example rows was left in.
    ExampleRow,
    /// A required cell is empty.
    Blank,
    /// Not 1–32 of `0-9 A-Z a-z -`.
    StaffNo { text: String },
    /// More characters than are kept.
    TooLong { chars: usize, chars_max: usize },
    /// A line break or an invisible character inside the text.
    BadCharacter,
    /// A path with an empty part.
    Path { text: String },
    /// A word that is no kind of staff.
    Kinds { word: String },
    /// No whole number from 1 to 99,999.
    Order { text: String },
    /// A row above has the same staff number and the same name, or differs from it in upper and lower case alone.
    DuplicateStaffNo { text: String, first_row: u32 },
    /// A row above has the same staff number under another name.
    TwoNames { text: String, first_row: u32 },
    /// People stand directly in a unit (or branch) that another row divides further.
    Divided { path: String, child: String, child_row: u32 },
}
