//! Judges the values of the front matter, each on its own, and keeps every complaint.

use chrono::NaiveDate;

use super::front::{Entry, Front};
use super::placeholder::has_blank;
use super::problem::{ContentProblem, ContentProblemKind as Kind};
use super::quiz;
use super::{
    ARTICLE_TEXT_MAX_CHARS, Addressed, Basis, SLUG_MAX_CHARS, TAG_MAX_CHARS, TAGS_MOST, TAKEAWAY_MAX_CHARS,
    TITLE_MAX_CHARS, Theme,
};
use crate::domain::calendar::Festival;
use crate::domain::quiz::Quiz;
use crate::domain::word::Confirm;

/// What the front matter says, judged.
pub(super) struct Fields {
    pub slug: String,
    pub theme: Theme,
    pub title: String,
    pub audience: Addressed,
    pub basis: Vec<Basis>,
    pub article_text: String,
    pub takeaway: String,
    pub verified_on: NaiveDate,
    pub checked_by: String,
    pub expires_on: Option<NaiveDate>,
    pub confirm: Confirm,
    pub code: String,
    pub tags: Vec<String>,
    pub festivals: Vec<Festival>,
    pub quiz: Quiz,
}

/// Where the file lies, which slug and theme must repeat.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub folder: &'a str,
    pub stem: &'a str,
}

/// Judges every key; `None` when any value could not be read, with the reasons added to `problems`.
pub(super) fn read(front: &Front, place: Place<'_>, problems: &mut Vec<ContentProblem>) -> Option<Fields> {
    let mut judge = Judge { front, problems };
    let slug = judge.slug(place.stem);
    let theme = judge.theme(place.folder);
    let title = judge.line_of("title", TITLE_MAX_CHARS);
    let audience = judge.audience();
    let basis = judge.basis();
    let article_text = judge.text("article_text", ARTICLE_TEXT_MAX_CHARS);
    let takeaway = judge.line_of("takeaway", TAKEAWAY_MAX_CHARS);
    let verified_on = judge.required("verified_on").and_then(|value| judge.date(&value));
    let checked_by = judge.line_of("checked_by", CHECKED_BY_MAX_CHARS);
    let expires_on = judge.expires_on(verified_on);
    let confirm = judge.confirm(theme);
    let code = judge.code();
    let tags = judge.tags();
    let festivals = judge.festivals(theme);
    let quiz = judge.quiz(basis.as_deref().unwrap_or_default());
    Some(Fields {
        slug: slug?,
        theme: theme?,
        title: title?,
        audience: audience?,
        basis: basis?,
        article_text: article_text?,
        takeaway: takeaway?,
        verified_on: verified_on?,
        checked_by: checked_by?,
        expires_on,
        confirm: confirm?,
        code: code?,
        tags,
        festivals,
        quiz: quiz?,
    })
}

/// A role such as 机关党委办公室; long enough for any office's name.
const CHECKED_BY_MAX_CHARS: usize = 40;

/// A value with the key it belongs to.
struct Value<'a> {
    field: &'static str,
    line: u32,
    text: &'a str,
}

struct Judge<'a> {
    front: &'a Front,
    problems: &'a mut Vec<ContentProblem>,
}

impl<'a> Judge<'a> {
    fn complain(&mut self, value: &Value<'_>, kind: Kind) {
        self.problems.push(ContentProblem::of(value.field, Some(value.line), kind));
    }

    /// The value of a key; `None` when the key is absent or holds nothing.
    fn optional(&self, field: &'static str) -> Option<Value<'a>> {
        let Entry { line, values, .. } = self.front.entries.get(field)?;
        let text = values.first().map(|text| text.trim()).filter(|text| !text.is_empty())?;
        Some(Value { field, line: *line, text })
    }

    fn required(&mut self, field: &'static str) -> Option<Value<'a>> {
        let value = self.optional(field);
        if value.is_none() {
            self.missing(field);
        }
        value
    }

    fn missing(&mut self, field: &'static str) {
        let line = self.front.entries.get(field).map(|entry| entry.line);
        self.problems.push(ContentProblem::of(field, line, Kind::Missing));
    }

    /// A text of at most `max` characters, without blanks to fill in.
    fn text(&mut self, field: &'static str, max: usize) -> Option<String> {
        let value = self.required(field)?;
        let len = value.text.chars().count();
        if len > max {
            self.complain(&value, Kind::TooLong { len, max });
        }
        if has_blank(value.text) {
            self.complain(&value, Kind::PlaceholderOutsideBody);
        }
        Some(value.text.to_owned())
    }

    /// The same on one line.
    fn line_of(&mut self, field: &'static str, max: usize) -> Option<String> {
        let text = self.text(field, max)?;
        if text.contains('\n') {
            let line = self.front.entries.get(field).map(|entry| entry.line);
            self.problems.push(ContentProblem::of(field, line, Kind::LineBreak));
        }
        Some(text)
    }

    fn slug(&mut self, stem: &str) -> Option<String> {
        let value = self.required("slug")?;
        let found = value.text.to_owned();
        let plain = found.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        if !plain || found.len() > SLUG_MAX_CHARS {
            self.complain(&value, Kind::BadSlug { found: found.clone() });
        } else if found != stem {
            self.complain(&value, Kind::SlugNotFileName { found: found.clone(), stem: stem.to_owned() });
        }
        Some(found)
    }

    fn theme(&mut self, folder: &str) -> Option<Theme> {
        let value = self.required("theme")?;
        let theme = Theme::parse(value.text);
        let found = value.text.to_owned();
        if theme.is_none() {
            self.complain(&value, Kind::UnknownTheme { found });
        } else if found != folder {
            self.complain(&value, Kind::ThemeNotFolder { found, folder: folder.to_owned() });
        }
        theme
    }

    fn audience(&mut self) -> Option<Addressed> {
        let value = self.required("audience")?;
        match Addressed::parse(value.text) {
            Ok(audience) => Some(audience),
            Err(found) => {
                self.complain(&value, Kind::BadAudience { found });
                None
            }
        }
    }

    fn basis(&mut self) -> Option<Vec<Basis>> {
        let entry = self.front.entries.get("basis").filter(|entry| !entry.values.is_empty());
        let Some(Entry { line, values, .. }) = entry else {
            self.missing("basis");
            return None;
        };
        let mut all = Vec::new();
        for text in values {
            if let Some(basis) = Basis::parse(text) {
                all.push(basis);
            } else {
                let value = Value { field: "basis", line: *line, text };
                self.complain(&value, Kind::BadBasis { found: text.clone() });
            }
        }
        Some(all).filter(|all| all.len() == values.len())
    }

    fn date(&mut self, value: &Value<'_>) -> Option<NaiveDate> {
        let date = NaiveDate::parse_from_str(value.text, "%Y-%m-%d").ok();
        // chrono also takes 2026-1-5 and +2026-01-05; one spelling keeps files comparable.
        let date = date.filter(|date| date.to_string() == value.text);
        if date.is_none() {
            self.complain(value, Kind::BadDate { found: value.text.to_owned() });
        }
        date
    }

    fn expires_on(&mut self, verified_on: Option<NaiveDate>) -> Option<NaiveDate> {
        let value = self.optional("expires_on")?;
        let expires_on = self.date(&value)?;
        if verified_on.is_some_and(|verified_on| expires_on <= verified_on) {
            self.complain(&value, Kind::ExpiresTooEarly);
        }
        Some(expires_on)
    }

    fn confirm(&mut self, theme: Option<Theme>) -> Option<Confirm> {
        let Some(value) = self.optional("confirm") else {
            return theme.map(Theme::default_confirm);
        };
        let confirm = Confirm::parse(value.text);
        if confirm.is_none() {
            self.complain(&value, Kind::BadConfirm { found: value.text.to_owned() });
        }
        confirm
    }

    fn code(&mut self) -> Option<String> {
        let value = self.required("code")?;
        if !is_code(value.text) {
            self.complain(&value, Kind::BadCode { found: value.text.to_owned() });
        }
        Some(value.text.to_owned())
    }

    /// The words of a list, each with the key it belongs to.
    fn list(&self, field: &'static str) -> Vec<Value<'a>> {
        let Some(Entry { line, values, .. }) = self.front.entries.get(field) else { return Vec::new() };
        values.iter().map(|text| Value { field, line: *line, text: text.trim() }).collect()
    }

    /// In one order however they are written; a word that stands twice is a slip.
    fn sorted<T: Ord>(&mut self, mut found: Vec<(T, Value<'_>)>) -> Vec<T> {
        found.sort_by(|one, other| one.0.cmp(&other.0));
        for pair in found.windows(2) {
            if let [(one, _), (other, value)] = pair
                && one == other
            {
                self.complain(value, Kind::Twice { found: value.text.to_owned() });
            }
        }
        found.into_iter().map(|(word, _)| word).collect()
    }

    fn tags(&mut self) -> Vec<String> {
        let values = self.list("tags");
        if let [first, ..] = values.as_slice()
            && values.len() > TAGS_MOST
        {
            self.complain(first, Kind::TooManyTags { len: values.len(), max: TAGS_MOST });
        }
        for value in values.iter().filter(|value| !is_tag(value.text)) {
            self.complain(value, Kind::BadTag { found: value.text.to_owned() });
        }
        self.sorted(values.into_iter().map(|value| (value.text.to_owned(), value)).collect())
    }

    fn quiz(&mut self, basis: &[Basis]) -> Option<Quiz> {
        let Some(Entry { line, questions, .. }) = self.front.entries.get("quiz") else { return Some(Quiz::default()) };
        quiz::read(questions, *line, basis, self.problems)
    }

    fn festivals(&mut self, theme: Option<Theme>) -> Vec<Festival> {
        let values = self.list("festivals");
        if let ([first, ..], Some(theme)) = (values.as_slice(), theme)
            && theme != Theme::Festival
        {
            self.complain(first, Kind::FestivalsElsewhere);
        }
        let mut found = Vec::new();
        for value in values {
            match Festival::read(value.text) {
                Some(festival) => found.push((festival, value)),
                None => self.complain(&value, Kind::UnknownFestival { found: value.text.to_owned() }),
            }
        }
        self.sorted(found)
    }
}

/// Chinese characters, a–z, 0–9 and hyphens: what stands in a command line without quotes and never holds the comma that
/// joins tags in tables.
fn is_tag(text: &str) -> bool {
    let plain =
        |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || matches!(c, '\u{4e00}'..='\u{9fff}');
    (1..=TAG_MAX_CHARS).contains(&text.chars().count()) && text.chars().all(plain)
}

/// Two to four capitals, then one or two groups of one to four digits: ZW-017, JQ-2027-01.
fn is_code(text: &str) -> bool {
    let mut parts = text.split('-');
    let letters = parts.next().unwrap_or_default();
    let numbers: Vec<&str> = parts.collect();
    let is_number = |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    (2..=4).contains(&letters.len())
        && letters.bytes().all(|b| b.is_ascii_uppercase())
        && (1..=2).contains(&numbers.len())
        && numbers.iter().all(is_number)
}
