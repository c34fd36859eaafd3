//! The block between the `---` lines: splits it off and reads its keys without judging their values. The YAML reader
//! stops at its first complaint, so keys are collected here as text and checked one by one in `fields`.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

use super::problem::{ContentProblem, FrontFault};
use super::quiz::RawQuestion;

/// Every key an item may have.
pub(super) const KEYS: [&str; 15] = [
    "slug",
    "theme",
    "title",
    "audience",
    "basis",
    "article_text",
    "takeaway",
    "verified_on",
    "checked_by",
    "expires_on",
    "confirm",
    "code",
    "tags",
    "festivals",
    QUIZ,
];

/// The keys that may hold a list.
const LISTS: [&str; 3] = ["basis", "tags", "festivals"];

/// The key that holds questions.
const QUIZ: &str = "quiz";

/// The line of the file on which the front matter's first key stands.
const FRONT_FIRST_LINE: u32 = 2;

/// An item file cut in two.
pub(super) struct Parts {
    pub front: String,
    pub body: String,
    /// Line of the file on which the body begins.
    pub body_line: u32,
}

/// What one key holds.
pub(super) struct Entry {
    /// Line of the file.
    pub line: u32,
    /// One value, or several of a list, or none when the key stands alone.
    pub values: Vec<String>,
    /// The questions of `quiz`; none of any other key.
    pub questions: Vec<RawQuestion>,
}

/// The keys as written.
#[derive(Default)]
pub(super) struct Front {
    pub entries: BTreeMap<&'static str, Entry>,
    pub problems: Vec<ContentProblem>,
}

/// Cuts the file at its `---` lines. A byte order mark and Windows line ends, which office editors write, are let pass.
pub(super) fn split(text: &str) -> Result<Parts, ContentProblem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n").replace('\r', "\n");
    let lines: Vec<&str> = text.split('\n').collect();
    let is_fence = |line: &&str| line.trim_end() == "---";
    if !lines.first().is_some_and(is_fence) {
        return Err(ContentProblem::front(Some(1), FrontFault::Missing));
    }
    let rest = lines.get(1..).unwrap_or_default();
    let Some(end) = rest.iter().position(is_fence) else {
        return Err(ContentProblem::front(Some(1), FrontFault::Unclosed));
    };
    let (front, body) = rest.split_at(end);
    Ok(Parts {
        front: front.join("\n"),
        body: body.get(1..).unwrap_or_default().join("\n"),
        body_line: line_number(end).saturating_add(FRONT_FIRST_LINE + 1),
    })
}

fn line_number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}

/// Reads the keys. Unknown keys are problems; a shape that is not YAML is one problem and yields no keys.
pub(super) fn read(front: &str) -> Front {
    let colons = full_width_colons(front);
    if !colons.is_empty() {
        return Front { problems: colons, ..Front::default() };
    }
    match serde_saphyr::from_str::<Keys>(front) {
        Ok(keys) => sort_out(keys),
        Err(error) => Front { problems: vec![syntax(&error)], ..Front::default() },
    }
}

/// The commonest slip on a Chinese keyboard; the YAML reader's own words for it would not help anyone.
fn full_width_colons(front: &str) -> Vec<ContentProblem> {
    let slip = |(index, line): (usize, &str)| {
        let (key, _) = line.split_once('：')?;
        let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        let line = line_number(index).saturating_add(FRONT_FIRST_LINE);
        is_key.then(|| ContentProblem::front(Some(line), FrontFault::FullWidthColon { key: key.to_owned() }))
    };
    front.split('\n').enumerate().filter_map(slip).collect()
}

fn sort_out(keys: Keys) -> Front {
    let mut front = Front::default();
    for Key { name: key, line, values, questions } in keys.0 {
        match KEYS.iter().find(|known| **known == key) {
            Some(known) => {
                front.entries.insert(known, Entry { line, values, questions });
            }
            None => front.problems.push(ContentProblem::front(Some(line), FrontFault::UnknownKey { key })),
        }
    }
    front
}

#[expect(clippy::wildcard_enum_match_arm, reason = "not our enum: the line says more than the reader's many kinds")]
fn syntax(error: &serde_saphyr::Error) -> ContentProblem {
    let line = error.location().map(|at| file_line(at.line()));
    let fault = match error.without_snippet() {
        serde_saphyr::Error::DuplicateMappingKey { key: Some(key), .. } => {
            FrontFault::DuplicateKey { key: key.clone() }
        }
        _ => FrontFault::Syntax,
    };
    ContentProblem::front(line, fault)
}

/// From a line of the front matter (from 1) to a line of the file.
fn file_line(front_line: u64) -> u32 {
    u32::try_from(front_line).unwrap_or(u32::MAX).saturating_add(FRONT_FIRST_LINE - 1)
}

/// The keys in the order written.
struct Keys(Vec<Key>);

struct Key {
    name: String,
    line: u32,
    values: Vec<String>,
    questions: Vec<RawQuestion>,
}

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(KeysVisitor)
    }
}

struct KeysVisitor;

impl<'de> Visitor<'de> for KeysVisitor {
    type Value = Keys;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys of an item")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Keys, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_key::<Spanned<String>>()? {
            let line = file_line(key.referenced.line());
            if key.value == QUIZ {
                let questions = map.next_value::<Option<Vec<RawQuestion>>>()?.unwrap_or_default();
                keys.push(Key { name: key.value, line, values: Vec::new(), questions });
                continue;
            }
            let values = match key.value.as_str() {
                list if LISTS.contains(&list) => map.next_value::<OneOrMany>()?.0,
                known if KEYS.contains(&known) => map.next_value::<Option<String>>()?.into_iter().collect(),
                _ => map.next_value::<IgnoredAny>().map(|_| Vec::new())?,
            };
            keys.push(Key { name: key.value, line, values, questions: Vec::new() });
        }
        Ok(Keys(keys))
    }
}

/// One text or a list of texts.
pub(super) struct OneOrMany(pub(super) Vec<String>);

impl<'de> Deserialize<'de> for OneOrMany {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(OneOrManyVisitor)
    }
}

struct OneOrManyVisitor;

impl<'de> Visitor<'de> for OneOrManyVisitor {
    type Value = OneOrMany;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text or a list of texts")
    }

    fn visit_str<E>(self, text: &str) -> Result<OneOrMany, E> {
        Ok(OneOrMany(vec![text.to_owned()]))
    }

    fn visit_unit<E>(self) -> Result<OneOrMany, E> {
        Ok(OneOrMany(Vec::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<OneOrMany, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = seq.next_element::<String>()? {
            texts.push(text);
        }
        Ok(OneOrMany(texts))
    }
}
