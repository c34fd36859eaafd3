//! 〔…〕 in a body: a blank that each office fills in once by a setting, so that shipped items can name its own hotline.
//! A bracket that holds only digits is part of a document number such as 〔2026〕 and is left alone.

use std::ops::Range;

use super::ItemSource;
use super::problem::{BodyFault, ContentProblem};
use crate::domain::rich::{Paragraph, Rich, Span};

/// A blank as written, without its brackets: `office.hotline` or `本单位监督电话，启用前必填`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Placeholder(pub String);

/// A setting that a blank may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownSetting<'a> {
    /// As in `setting set KEY`: `office.hotline`.
    pub key: &'a str,
    /// As people write it: 本单位监督电话.
    pub label: &'a str,
}

impl Placeholder {
    /// The key of the setting that fills the blank: named by its key, or by its label up to the first `，`.
    pub fn key<'a>(&self, known: &[KnownSetting<'a>]) -> Option<&'a str> {
        let label = self.0.split('，').next().unwrap_or_default().trim();
        known.iter().find(|setting| setting.key == label || setting.label == label).map(|setting| setting.key)
    }
}

/// The blanks of an item's body, each once, in reading order.
pub fn placeholders(item: &ItemSource) -> Vec<Placeholder> {
    let mut found = Vec::new();
    for span in item.body.0.iter().flatten() {
        for blank in blanks(span.text()) {
            if !found.contains(&blank.placeholder) {
                found.push(blank.placeholder);
            }
        }
    }
    found
}

/// The blanks that no setting can fill; such an item could never go out.
pub fn unknown_placeholders(item: &ItemSource, known: &[KnownSetting<'_>]) -> Vec<ContentProblem> {
    let unknown = placeholders(item).into_iter().filter(|placeholder| placeholder.key(known).is_none());
    unknown
        .map(|placeholder| ContentProblem::body(None, BodyFault::UnknownPlaceholder { found: placeholder.0 }))
        .collect()
}

/// Fills every blank. Fails with the blanks `lookup` has no value for, so that none can go out unfilled.
pub fn fill(rich: &Rich, lookup: impl Fn(&Placeholder) -> Option<String>) -> Result<Rich, Vec<Placeholder>> {
    let mut unfilled = Vec::new();
    let mut fill_span = |span: &Span| match span {
        Span::Plain(text) => Span::Plain(fill_text(text, &lookup, &mut unfilled)),
        Span::Bold(text) => Span::Bold(fill_text(text, &lookup, &mut unfilled)),
        Span::Italic(text) => Span::Italic(fill_text(text, &lookup, &mut unfilled)),
        Span::Link { text, url } => Span::Link { text: fill_text(text, &lookup, &mut unfilled), url: url.clone() },
    };
    let paragraphs: Vec<Paragraph> = rich.0.iter().map(|p| p.iter().map(&mut fill_span).collect()).collect();
    if unfilled.is_empty() { Ok(Rich(paragraphs)) } else { Err(unfilled) }
}

fn fill_text(text: &str, lookup: &impl Fn(&Placeholder) -> Option<String>, unfilled: &mut Vec<Placeholder>) -> String {
    let mut filled = String::with_capacity(text.len());
    let mut done = 0;
    for blank in blanks(text) {
        filled.push_str(&text[done..blank.range.start]);
        done = blank.range.end;
        match lookup(&blank.placeholder) {
            Some(value) => filled.push_str(&value),
            None if unfilled.contains(&blank.placeholder) => {}
            None => unfilled.push(blank.placeholder),
        }
    }
    filled.push_str(&text[done..]);
    filled
}

/// A blank and where it stands, brackets included (bytes).
struct Blank {
    range: Range<usize>,
    placeholder: Placeholder,
}

fn blanks(text: &str) -> Vec<Blank> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((before, rest)) = text[from..].split_once('〔') {
        let Some((inside, _)) = rest.split_once('〕') else { break };
        let start = from + before.len();
        from = start + '〔'.len_utf8() + inside.len() + '〕'.len_utf8();
        let is_number = !inside.is_empty() && inside.chars().all(char::is_numeric);
        if !is_number {
            found.push(Blank { range: start..from, placeholder: Placeholder(inside.trim().to_owned()) });
        }
    }
    found
}

/// Whether a text holds a blank.
pub(super) fn has_blank(text: &str) -> bool {
    !blanks(text).is_empty()
}

/// Whether brackets do not pair up one by one: a blank cut in two, for example by bold inside it, would never be filled.
pub(super) fn is_cut(text: &str) -> bool {
    let mut open = false;
    for bracket in text.chars().filter(|c| matches!(c, '〔' | '〕')) {
        let opens = bracket == '〔';
        if opens == open {
            return true;
        }
        open = opens;
    }
    open
}
