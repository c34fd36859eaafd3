//! Reading a year file: ours in TOML, or the public JSON. Both become a draft, and one check judges the draft.

use chrono::NaiveDate;

use super::check::{Draft, check};
use super::problem::{Form, Place, Problem, ProblemKind};
use super::{YearFile, from_json, from_toml};

/// Bytes of the largest file that is read; a real one has some two thousand.
pub const FILE_BYTES_MAX: usize = 1024 * 1024;

/// Reads a year file, or tells everything that is wrong with it. What starts with a brace is JSON.
pub fn read(bytes: &[u8]) -> Result<YearFile, Vec<Problem>> {
    let whole = |kind| vec![Problem { place: Place::File, kind }];
    if bytes.len() > FILE_BYTES_MAX {
        return Err(whole(ProblemKind::TooLarge));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| whole(ProblemKind::NotUtf8))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let draft = if text.trim_start().starts_with('{') { from_json::draft(text) } else { from_toml::draft(text) };
    check(draft.map_err(|problem| vec![problem])?)
}

/// Why nothing of a file could be read.
pub(super) fn syntax(form: Form, line: Option<usize>) -> Problem {
    Problem { place: line.map_or(Place::File, Place::Line), kind: ProblemKind::Syntax(form) }
}

/// What became of the text: a draft with its problems so far, or the one reason why there is none.
pub(super) type Drafted = Result<Draft, Problem>;

/// A date in the one spelling that both forms have.
pub(super) fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == "2026-01-01".len())
}
