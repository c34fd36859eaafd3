//! One cell: from its text to a value, or to what is wrong with it.

use super::ProblemKind;
use crate::domain::{width, word::Kind};

/// Longest staff number, in characters.
pub const STAFF_NO_CHARS_MAX: usize = 32;
/// Longest name, in characters: transliterated names reach 20 and more.
pub const NAME_CHARS_MAX: usize = 40;
/// Longest post, and longest part of a unit's or branch's path, in characters: more does not fit a report's column.
pub const TEXT_CHARS_MAX: usize = 40;
/// Largest place in the roster: no office of this kind has more people.
pub const ORDER_MAX: u32 = 99_999;

/// Reads a staff number: full-width characters become half-width; case and leading zeros stay.
pub fn staff_no(text: &str) -> Result<String, ProblemKind> {
    let no = width::half_text(text).trim().to_owned();
    let fits = (1..=STAFF_NO_CHARS_MAX).contains(&no.len());
    if fits && no.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
        Ok(no)
    } else {
        Err(ProblemKind::StaffNo { text: text.trim().to_owned() })
    }
}

/// Reads a name. Blanks between two Chinese characters only align columns (张　三) and go; other blanks become one.
pub(super) fn name(text: &str) -> Result<String, ProblemKind> {
    let mut name = String::new();
    for part in text.trim().split(is_blank).filter(|part| !part.is_empty()) {
        let aligned = name.ends_with(is_han) && part.starts_with(is_han);
        if !name.is_empty() && !aligned {
            name.push(' ');
        }
        name.push_str(part);
    }
    checked(&name, NAME_CHARS_MAX)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\u{3000}' | '\u{A0}')
}

/// The blocks of Chinese characters, extensions included.
fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{3FFFF}')
}

/// Reads a post.
pub(super) fn post(text: &str) -> Result<String, ProblemKind> {
    checked(text.trim(), TEXT_CHARS_MAX)
}

/// Reads a path; a full-width stroke parts like `/`, blanks around parts go.
pub(super) fn path(text: &str) -> Result<String, ProblemKind> {
    let slashed = text.replace('／', "/");
    let parts: Vec<&str> = slashed.split('/').map(str::trim).collect();
    if parts.iter().any(|part| part.is_empty()) {
        return Err(ProblemKind::Path { text: text.trim().to_owned() });
    }
    let parts = parts.into_iter().map(|part| checked(part, TEXT_CHARS_MAX));
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join("/"))
}

/// Reads one or more kinds. Commas, semicolons and full-width ones part like `、`.
pub(super) fn kinds(text: &str) -> Result<Vec<Kind>, ProblemKind> {
    let mut named = Vec::new();
    for word in text.split(['、', ',', '，', ';', '；']).map(str::trim) {
        let kind = Kind::ALL.iter().find(|kind| kind.label() == word);
        named.push(*kind.ok_or_else(|| ProblemKind::Kinds { word: word.to_owned() })?);
    }
    named.sort_unstable();
    named.dedup();
    Ok(named)
}

/// Reads a place in the roster.
pub(super) fn order(text: &str) -> Result<u32, ProblemKind> {
    let digits = width::half_text(text).trim().to_owned();
    let number = if digits.bytes().all(|b| b.is_ascii_digit()) { digits.parse().ok() } else { None };
    number.filter(|n| (1..=ORDER_MAX).contains(n)).ok_or_else(|| ProblemKind::Order { text: text.trim().to_owned() })
}

fn checked(text: &str, chars_max: usize) -> Result<String, ProblemKind> {
    let chars = text.chars().count();
    if width::has_unseen(text) {
        Err(ProblemKind::BadCharacter)
    } else if chars > chars_max {
        Err(ProblemKind::TooLong { chars, chars_max })
    } else {
        Ok(text.to_owned())
    }
}
