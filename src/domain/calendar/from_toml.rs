//! A year file of ours: TOML with unquoted dates. Every problem is told with its line.

use std::ops::Range;

use chrono::NaiveDate;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::YearStatus;
use super::check::{Block, Draft, Placed};
use super::problem::{Form, Key, Place, Problem, ProblemKind};
use super::read::{Drafted, syntax};

/// Where lines begin, to turn the parser's offsets into lines.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        Self(std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect())
    }

    fn line(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset)
    }

    fn place(&self, span: &Range<usize>) -> Place {
        Place::Line(self.line(span.start))
    }
}

/// What the text says; the parser's own refusal is the one problem of a text that is no TOML.
pub(super) fn draft(text: &str) -> Drafted {
    let lines = Lines::of(text);
    let table = DeTable::parse(text);
    let table = table.map_err(|error| syntax(Form::Toml, error.span().map(|span| lines.line(span.start))))?;
    let mut reader = Reader { lines, draft: Draft::default() };
    reader.file(table.get_ref());
    Ok(reader.draft)
}

struct Reader {
    lines: Lines,
    draft: Draft,
}

type Value<'a> = Spanned<DeValue<'a>>;

impl Reader {
    fn file(&mut self, table: &DeTable<'_>) {
        let keys = [Key::Year, Key::Status, Key::Source, Key::CoversUntil, Key::Makeup, Key::Holiday];
        self.only(table, &keys);
        self.draft.year = self.required(table, Key::Year, integer);
        self.draft.status = self.required(table, Key::Status, status).map(|status| status.value);
        self.draft.source = self.optional(table, Key::Source, text).map(|source| source.value).unwrap_or_default();
        self.draft.covers_until = self.required(table, Key::CoversUntil, date);
        for day in self.list(table, Key::Makeup) {
            let day = self.value(day, Key::Makeup, date);
            self.draft.makeup.extend(day);
        }
        for holiday in self.list(table, Key::Holiday) {
            match holiday.get_ref().as_table() {
                Some(entry) => self.holiday(entry, self.lines.place(&holiday.span())),
                None => self.tell(&holiday.span(), ProblemKind::BadValue(Key::Holiday)),
            }
        }
    }

    fn holiday(&mut self, table: &DeTable<'_>, place: Place) {
        self.only(table, &[Key::Name, Key::From, Key::To]);
        let mut part = |key: Key| {
            let found = table.get(key.as_str());
            if found.is_none() {
                self.draft.problems.push(Problem { place, kind: ProblemKind::Missing(key) });
            }
            found
        };
        let (name, from, to) = (part(Key::Name), part(Key::From), part(Key::To));
        let name = name.and_then(|value| self.value(value, Key::Name, text));
        let from = from.and_then(|value| self.value(value, Key::From, date));
        let to = to.and_then(|value| self.value(value, Key::To, date));
        if let (Some(name), Some(from), Some(to)) = (name, from, to) {
            let block = Block { name: name.value, from: from.value, to: to.value };
            self.draft.blocks.push(Placed { place, value: block });
        }
    }

    /// Tells keys that do not belong into a table.
    fn only(&mut self, table: &DeTable<'_>, keys: &[Key]) {
        for (name, _) in table {
            if !keys.iter().any(|key| key.as_str() == name.get_ref().as_ref()) {
                self.tell(&name.span(), ProblemKind::UnknownKey(name.get_ref().to_string()));
            }
        }
    }

    fn required<T>(&mut self, table: &DeTable<'_>, key: Key, read: Read<T>) -> Option<Placed<T>> {
        if table.get(key.as_str()).is_none() {
            self.draft.problems.push(Problem { place: Place::File, kind: ProblemKind::Missing(key) });
        }
        self.optional(table, key, read)
    }

    fn optional<T>(&mut self, table: &DeTable<'_>, key: Key, read: Read<T>) -> Option<Placed<T>> {
        table.get(key.as_str()).and_then(|value| self.value(value, key, read))
    }

    /// The entries under a key; none when it is absent.
    fn list<'a, 'i>(&mut self, table: &'a DeTable<'i>, key: Key) -> Vec<&'a Value<'i>> {
        let Some(value) = table.get(key.as_str()) else { return Vec::new() };
        let Some(entries) = value.get_ref().as_array() else {
            self.tell(&value.span(), ProblemKind::BadValue(key));
            return Vec::new();
        };
        self.draft.entries += entries.len();
        entries.iter().collect()
    }

    fn value<T>(&mut self, value: &Value<'_>, key: Key, read: Read<T>) -> Option<Placed<T>> {
        let Some(found) = read(value.get_ref()) else {
            self.tell(&value.span(), ProblemKind::BadValue(key));
            return None;
        };
        Some(Placed { place: self.lines.place(&value.span()), value: found })
    }

    fn tell(&mut self, span: &Range<usize>, kind: ProblemKind) {
        self.draft.problems.push(Problem { place: self.lines.place(span), kind });
    }
}

/// Reads a value of one kind; `None` when it is of another.
type Read<T> = fn(&DeValue<'_>) -> Option<T>;

fn integer(value: &DeValue<'_>) -> Option<i64> {
    value.as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
}

fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().map(str::to_owned)
}

fn status(value: &DeValue<'_>) -> Option<YearStatus> {
    value.as_str().and_then(YearStatus::parse).filter(|status| *status != YearStatus::Missing)
}

/// A date alone: no time, no offset.
fn date(value: &DeValue<'_>) -> Option<NaiveDate> {
    let found = value.as_datetime().filter(|found| found.time.is_none() && found.offset.is_none())?.date?;
    NaiveDate::from_ymd_opt(found.year.into(), found.month.into(), found.day.into())
}
