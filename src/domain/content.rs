//! Items as editors write them: a Markdown file with front matter becomes an `ItemSource`, or every reason why not.
//! Pure: reading folders and storing versions happens elsewhere.

mod addressed;
mod basis;
mod fields;
mod front;
mod markdown;
mod placeholder;
mod problem;
mod quiz;
#[cfg(test)]
mod tests;
mod theme;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use crate::domain::calendar::Festival;
use crate::domain::quiz::Quiz;
use crate::domain::rich::{Rich, Span};
use crate::domain::word::Confirm;
pub use addressed::Addressed;
pub use basis::{Basis, basis_label};
pub use placeholder::{KnownSetting, Placeholder, fill, placeholders, unknown_placeholders};
pub use problem::{BodyFault, ContentProblem, ContentProblemKind, FrontFault, Markup, QuizFault};
pub use theme::Theme;

/// Longest slug. It is a file name and stands in command lines.
pub const SLUG_MAX_CHARS: usize = 64;
/// Longest title: two lines on a phone.
pub const TITLE_MAX_CHARS: usize = 40;
/// Longest takeaway: one sentence.
pub const TAKEAWAY_MAX_CHARS: usize = 60;
/// Longest verbatim law text.
pub const ARTICLE_TEXT_MAX_CHARS: usize = 180;
/// Longest tag.
pub const TAG_MAX_CHARS: usize = 20;
/// Most tags of an item.
pub const TAGS_MOST: usize = 8;
/// What 看原文 can show, in UTF-16 code units (Bot API `answerCallbackQuery`: text of 0–200 characters).
pub const ALERT_MAX_UNITS: usize = 200;
/// What one message can hold, in UTF-16 code units (Bot API `sendMessage`: 1–4096 characters after entities parsing).
pub const MESSAGE_MAX_UNITS: usize = 4096;
/// Kept free for what a push adds around an item: 【…】, （补发）, version, date, deadline, count, the private reminder's
/// own sentences, and settings longer than the blanks they fill. UTF-16 code units.
pub const MESSAGE_RESERVE_UNITS: usize = 600;

/// What stands before an option: its letter, a stop, the end of the line before. UTF-16 code units.
const LETTER_UNITS: usize = 3;

/// An item as its file says it, without blemish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemSource {
    /// Name that stays when everything else changes; also the file's name.
    pub slug: String,
    pub theme: Theme,
    /// At most `TITLE_MAX_CHARS`, one line.
    pub title: String,
    pub audience: Addressed,
    /// At least one; the first is the one `article_text` quotes.
    pub basis: Vec<Basis>,
    /// Verbatim words of the rule, at most `ARTICLE_TEXT_MAX_CHARS`.
    pub article_text: String,
    /// The one sentence to remember.
    pub takeaway: String,
    /// Day on which the quotation was last compared with the rule.
    pub verified_on: NaiveDate,
    /// The role that compared it, never a person.
    pub checked_by: String,
    /// First day on which the item may no longer go out.
    pub expires_on: Option<NaiveDate>,
    pub confirm: Confirm,
    /// Printed under the item, for quoting on the telephone: ZW-017.
    pub code: String,
    /// What schedules may choose it by, in one order.
    pub tags: Vec<String>,
    /// The festivals it reminds of, in the order of the year; none: of any. Empty unless the theme is `Festival`.
    pub festivals: Vec<Festival>,
    /// Questions about it; usually none.
    pub quiz: Quiz,
    /// The body as written: what is stored with a version.
    pub markdown: String,
    /// The body as read. May hold blanks (`placeholders`).
    pub body: Rich,
}

impl ItemSource {
    /// What 看原文 shows: article number and the words of the rule.
    pub fn alert_text(&self) -> String {
        let article = self.basis.first().map_or("", |basis| basis.article.as_str());
        format!("{article}　{}", self.article_text)
    }

    /// SHA-256 over everything the file means, as 64 hex digits: equal for files that differ only in spelling (line ends,
    /// order of keys, spaces), different as soon as anything readers or the schedule see has changed.
    pub fn content_hash(&self) -> String {
        let mut hash = MeaningHash(Sha256::new());
        hash.text(&self.slug).text(self.theme.as_str()).text(&self.title).text(&self.audience.label());
        hash.count(self.basis.len());
        for basis in &self.basis {
            hash.text(&basis.label());
        }
        hash.text(&self.article_text).text(&self.takeaway).text(&self.verified_on.to_string()).text(&self.checked_by);
        hash.text(&self.expires_on.map(|day| day.to_string()).unwrap_or_default());
        hash.text(self.confirm.as_str()).text(&self.code).rich(&self.body);
        // An item without these keeps the hash it had before they could be written.
        if !self.tags.is_empty() {
            hash.text("tags").texts(self.tags.iter().map(String::as_str));
        }
        if !self.festivals.is_empty() {
            hash.text("festivals").texts(self.festivals.iter().map(|festival| festival.as_str()));
        }
        if !self.quiz.is_empty() {
            hash.text("quiz").text(&self.quiz.encode());
        }
        hex::encode(hash.0.finalize())
    }

    /// UTF-16 code units of the words that the item itself brings to a message.
    fn own_units(&self) -> usize {
        let lines = [&self.title, &self.takeaway, &self.audience.label(), &basis_label(&self.basis), &self.code];
        let asked = self.quiz.in_place().map_or(0, |question| {
            units(&question.text) + question.options.iter().map(|option| units(option) + LETTER_UNITS).sum::<usize>()
        });
        self.body.utf16_len() + asked + lines.into_iter().map(|line| units(line)).sum::<usize>()
    }
}

/// Feeds texts with their lengths, so that moving a word from one field to the next changes the hash.
struct MeaningHash(Sha256);

impl MeaningHash {
    fn count(&mut self, n: usize) -> &mut Self {
        self.0.update((n as u64).to_be_bytes());
        self
    }

    fn text(&mut self, text: &str) -> &mut Self {
        self.count(text.len());
        self.0.update(text);
        self
    }

    fn texts<'a>(&mut self, texts: impl ExactSizeIterator<Item = &'a str>) {
        self.count(texts.len());
        for text in texts {
            self.text(text);
        }
    }

    fn rich(&mut self, rich: &Rich) {
        self.count(rich.0.len());
        for paragraph in &rich.0 {
            self.count(paragraph.len());
            for span in paragraph {
                match span {
                    Span::Plain(text) => self.text("plain").text(text),
                    Span::Bold(text) => self.text("bold").text(text),
                    Span::Italic(text) => self.text("italic").text(text),
                    Span::Link { text, url } => self.text("link").text(text).text(url),
                };
            }
        }
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// Reads one item file. `folder` is the name of the folder it lies in, `stem` its file name without `.md`.
///
/// On failure every problem of the file, in the order of its lines; those without a line first.
pub fn parse(folder: &str, stem: &str, text: &str) -> Result<ItemSource, Vec<ContentProblem>> {
    let parts = front::split(text).map_err(|problem| vec![problem])?;
    let mut front = front::read(&parts.front);
    let mut problems = std::mem::take(&mut front.problems);
    // Keys that could not be read at all are not also reported as absent.
    let fields = if front.entries.is_empty() && !problems.is_empty() {
        None
    } else {
        fields::read(&front, fields::Place { folder, stem }, &mut problems)
    };
    let body = markdown::read(&parts.body, parts.body_line);
    problems.extend(body.problems);
    let item = fields.map(|fields| assemble(fields, parts.body.trim(), body.rich));
    problems.extend(item.iter().flat_map(|item| length_problems(item, &front)));
    problems.sort_by_key(|problem| problem.line);
    // An opening and a closing tag on one line are one thing to correct.
    problems.dedup();
    match item {
        Some(item) if problems.is_empty() => Ok(item),
        Some(_) | None => Err(problems),
    }
}

fn assemble(fields: fields::Fields, markdown: &str, body: Rich) -> ItemSource {
    ItemSource {
        slug: fields.slug,
        theme: fields.theme,
        title: fields.title,
        audience: fields.audience,
        basis: fields.basis,
        article_text: fields.article_text,
        takeaway: fields.takeaway,
        verified_on: fields.verified_on,
        checked_by: fields.checked_by,
        expires_on: fields.expires_on,
        confirm: fields.confirm,
        code: fields.code,
        tags: fields.tags,
        festivals: fields.festivals,
        quiz: fields.quiz,
        markdown: markdown.to_owned(),
        body,
    }
}

/// A stored body as it reads: what was refused when the file was read cannot be in it.
pub fn body(markdown: &str) -> Rich {
    markdown::read(markdown, 1).rich
}

/// Limits that need several fields together. A field already too long by itself is not reported twice.
fn length_problems(item: &ItemSource, front: &front::Front) -> Vec<ContentProblem> {
    let mut problems = Vec::new();
    let alert = units(&item.alert_text());
    if alert > ALERT_MAX_UNITS && item.article_text.chars().count() <= ARTICLE_TEXT_MAX_CHARS {
        let line = front.entries.get("article_text").map(|entry| entry.line);
        let kind = ContentProblemKind::AlertTooLong { len: alert, max: ALERT_MAX_UNITS };
        problems.push(ContentProblem::of("article_text", line, kind));
    }
    let len = item.own_units();
    let max = MESSAGE_MAX_UNITS - MESSAGE_RESERVE_UNITS;
    if len > max {
        problems.push(ContentProblem::body(None, BodyFault::TooLong { len, max }));
    }
    problems
}

/// Slugs and codes that stand in more than one file: one entry per later file, naming the first. `files` are names to
/// show with their items.
pub fn duplicates<'a>(files: &'a [(String, ItemSource)]) -> Vec<(&'a str, ContentProblem)> {
    let mut slugs: BTreeMap<&str, &'a str> = BTreeMap::new();
    let mut codes: BTreeMap<&str, &'a str> = BTreeMap::new();
    let mut found = Vec::new();
    for (file, item) in files {
        if let Some(other) = slugs.get(item.slug.as_str()) {
            let kind = ContentProblemKind::DuplicateSlug { slug: item.slug.clone(), other: (*other).to_owned() };
            found.push((file.as_str(), ContentProblem::of("slug", None, kind)));
        }
        if let Some(other) = codes.get(item.code.as_str()) {
            let kind = ContentProblemKind::DuplicateCode { code: item.code.clone(), other: (*other).to_owned() };
            found.push((file.as_str(), ContentProblem::of("code", None, kind)));
        }
        slugs.entry(&item.slug).or_insert(file);
        codes.entry(&item.code).or_insert(file);
    }
    found
}
