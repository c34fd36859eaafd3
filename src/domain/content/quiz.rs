//! The questions of an item as editors write them.

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::front::OneOrMany;
use super::placeholder::has_blank;
use super::problem::{ContentProblem, ContentProblemKind, QuizFault};
use super::{ALERT_MAX_UNITS, Basis};
use crate::domain::quiz::{
    EXPLAIN_MAX_UNITS, Letters, OPTION_MAX_CHARS, OPTIONS_LEAST, OPTIONS_MOST, QUESTION_MAX_CHARS, QUESTIONS_MOST,
    Question, Quiz,
};

/// The keys of a question.
const KEYS: [&str; 6] = ["question", "options", "answer", "answers", "explain", "basis"];

/// What people write between an option's letter and the option.
const AFTER_LETTERS: [char; 12] = ['.', '．', '。', '、', ')', '）', ']', '】', ':', '：', ',', '，'];

/// A question as written: its keys and their texts, in order.
#[derive(Debug, Default)]
pub(super) struct RawQuestion(Vec<(String, Vec<String>)>);

impl<'de> Deserialize<'de> for RawQuestion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawQuestion;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("keys of a question")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawQuestion, A::Error> {
        let mut keys = Vec::new();
        while let Some(key) = map.next_key::<String>()? {
            let values = match key.as_str() {
                "options" | "answer" | "answers" => map.next_value::<OneOrMany>()?.0,
                known if KEYS.contains(&known) => map.next_value::<Option<String>>()?.into_iter().collect(),
                _ => map.next_value::<IgnoredAny>().map(|_| Vec::new())?,
            };
            keys.push((key, values));
        }
        Ok(RawQuestion(keys))
    }
}

/// Judges the questions of an item; each complaint names its question, counted from 1. `basis` is the item's own.
pub(super) fn read(
    written: &[RawQuestion],
    line: u32,
    basis: &[Basis],
    problems: &mut Vec<ContentProblem>,
) -> Option<Quiz> {
    let mut judge = Judge { line, nth: 0, problems };
    if written.is_empty() {
        judge.complain(QuizFault::NoQuestion);
    }
    if written.len() > QUESTIONS_MOST {
        judge.complain(QuizFault::TooManyQuestions { len: written.len(), max: QUESTIONS_MOST });
    }
    let mut questions = Vec::new();
    for (nth, raw) in (1..).zip(written) {
        judge.nth = nth;
        questions.extend(judge.question(raw, basis));
    }
    judge.nth = 0;
    let whole = questions.len() == written.len() && !written.is_empty();
    let quiz = Quiz(questions);
    let fits = |one: &&Question| one.explain.encode_utf16().count() <= EXPLAIN_MAX_UNITS;
    if let Some(only) = quiz.in_place().filter(|_| whole).filter(fits) {
        let len = only.alert_units(basis.first());
        if len > ALERT_MAX_UNITS {
            judge.nth = 1;
            judge.complain(QuizFault::AlertTooLong { len, max: ALERT_MAX_UNITS });
        }
    }
    whole.then_some(quiz)
}

struct Judge<'a> {
    line: u32,
    /// Of which question; 0: of all.
    nth: usize,
    problems: &'a mut Vec<ContentProblem>,
}

impl Judge<'_> {
    fn complain(&mut self, fault: QuizFault) {
        let kind = ContentProblemKind::Quiz { nth: self.nth, fault };
        self.problems.push(ContentProblem::of("quiz", Some(self.line), kind));
    }

    fn question(&mut self, raw: &RawQuestion, of_item: &[Basis]) -> Option<Question> {
        for (key, _) in raw.0.iter().filter(|(key, _)| !KEYS.contains(&key.as_str())) {
            self.complain(QuizFault::UnknownKey { key: key.clone() });
        }
        let text = self.text(raw, "question");
        if let Some(text) = &text {
            self.short(text, QUESTION_MAX_CHARS, |len, max| QuizFault::QuestionTooLong { len, max });
        }
        let options = self.options(raw);
        let key = self.key(raw, options.as_deref());
        let explain = self.text(raw, "explain");
        if let Some(explain) = &explain {
            let len = explain.encode_utf16().count();
            if len > EXPLAIN_MAX_UNITS {
                self.complain(QuizFault::ExplainTooLong { len, max: EXPLAIN_MAX_UNITS });
            }
        }
        let basis = self.basis(raw, of_item);
        Some(Question { text: text?, options: options?, key: key?, explain: explain?, basis: basis? })
    }

    fn short(&mut self, text: &str, max: usize, fault: fn(usize, usize) -> QuizFault) {
        let len = text.chars().count();
        if len > max {
            self.complain(fault(len, max));
        }
    }

    /// A text on one line, without blanks to fill in.
    fn text(&mut self, raw: &RawQuestion, key: &'static str) -> Option<String> {
        let Some(text) = values(raw, key).next() else {
            self.complain(QuizFault::Missing { key });
            return None;
        };
        if text.contains('\n') || has_blank(text) {
            self.complain(QuizFault::NotPlain { key });
        }
        Some(text.to_owned())
    }

    fn options(&mut self, raw: &RawQuestion) -> Option<Vec<String>> {
        // An empty one counts: left out, it would give its letter, and the right answer, to the next.
        let options: Vec<String> = texts(raw, "options").map(str::to_owned).collect();
        if !(OPTIONS_LEAST..=OPTIONS_MOST).contains(&options.len()) {
            let (len, least, most) = (options.len(), OPTIONS_LEAST, OPTIONS_MOST);
            self.complain(QuizFault::OptionCount { len, least, most });
            return None;
        }
        for (place, option) in options.iter().enumerate() {
            if option.is_empty() {
                self.complain(QuizFault::OptionEmpty);
                continue;
            }
            if options[..place].contains(option) {
                self.complain(QuizFault::OptionTwice { found: option.clone() });
            }
            if is_lettered(place, option) {
                self.complain(QuizFault::OptionLettered { found: option.clone() });
            }
            if option.contains('\n') || has_blank(option) {
                self.complain(QuizFault::NotPlain { key: "options" });
            }
            self.short(option, OPTION_MAX_CHARS, |len, max| QuizFault::OptionTooLong { len, max });
        }
        Some(options)
    }

    /// `answer` is one letter, `answers` are several.
    fn key(&mut self, raw: &RawQuestion, options: Option<&[String]>) -> Option<Letters> {
        let [single, several] = ["answer", "answers"].map(|key| values(raw, key).collect::<Vec<&str>>());
        let written = match (single.is_empty(), several.is_empty()) {
            (true, true) => {
                self.complain(QuizFault::NoKey);
                return None;
            }
            (false, false) => {
                self.complain(QuizFault::BothKeys);
                return None;
            }
            (false, true) => single.concat(),
            (true, false) => several.concat(),
        };
        let letters: String =
            written.chars().filter(|c| !c.is_whitespace() && !matches!(c, ',' | '，' | '、')).collect();
        let Some(key) = Letters::parse(&letters) else {
            self.complain(QuizFault::BadKey { found: written });
            return None;
        };
        match (single.is_empty(), key.count()) {
            (false, 2..) => {
                self.complain(QuizFault::SeveralKeys { found: key.joined("") });
                return None;
            }
            (true, 1) => {
                self.complain(QuizFault::OneKey { found: key.joined("") });
                return None;
            }
            (true | false, _) => {}
        }
        let last = key.last().map_or(0, usize::from);
        if let Some(options) = options.filter(|options| last >= options.len()) {
            self.complain(QuizFault::KeyOutOfRange { found: key.joined(""), options: options.len() });
            return None;
        }
        Some(key)
    }

    /// Its own, or the item's first.
    fn basis(&mut self, raw: &RawQuestion, of_item: &[Basis]) -> Option<Basis> {
        let Some(text) = values(raw, "basis").next() else { return of_item.first().cloned() };
        let basis = Basis::parse(text);
        if basis.is_none() {
            self.complain(QuizFault::BadBasis { found: text.to_owned() });
        }
        basis
    }
}

/// What is written after a key, empty texts aside.
fn values<'a>(raw: &'a RawQuestion, key: &'a str) -> impl Iterator<Item = &'a str> {
    texts(raw, key).filter(|text| !text.is_empty())
}

/// What is written after a key.
fn texts<'a>(raw: &'a RawQuestion, key: &'a str) -> impl Iterator<Item = &'a str> {
    let found = raw.0.iter().filter(move |(name, _)| name == key).flat_map(|(_, values)| values);
    found.map(|text| text.trim())
}

/// Whether an option begins with the letter of its place and a mark after it, as in `A. 甲` and `（A）甲`.
fn is_lettered(place: usize, option: &str) -> bool {
    let option = option.strip_prefix(['(', '（', '[', '【']).unwrap_or(option).trim_start();
    let rest = ['A', 'a', 'Ａ', 'ａ'].into_iter().find_map(|first| {
        let own = u32::try_from(place).ok().and_then(|place| char::from_u32(u32::from(first) + place))?;
        option.strip_prefix(own)
    });
    rest.is_some_and(|rest| rest.trim_start().starts_with(AFTER_LETTERS))
}
