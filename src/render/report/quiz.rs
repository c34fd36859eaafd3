//! The figures of questions, as text and for programs. Neither says what one person answered.

use chrono_tz::Tz;
use serde::Serialize;

use super::json::instant;
use crate::domain::report::{QuizCounts, QuizQuestion, QuizReport, QuizUnit};
use crate::message::report as say;
use crate::render::table::{Align, Column, Table};

/// Key `quiz` of the report.
#[derive(Debug, Serialize)]
pub(super) struct QuizJson<'a> {
    definitions: &'static [&'static str],
    #[serde(flatten)]
    total: CountsJson,
    units: Vec<UnitJson<'a>>,
    questions: Vec<QuestionJson<'a>>,
}

/// `right` is absent where it would tell what one person answered.
#[derive(Debug, Serialize)]
struct CountsJson {
    expected: u32,
    took_part: u32,
    answered: u32,
    right: Option<u32>,
    participation_rate: String,
    correct_rate: String,
}

#[derive(Debug, Serialize)]
struct UnitJson<'a> {
    unit: &'a str,
    #[serde(flatten)]
    counts: CountsJson,
}

#[derive(Debug, Serialize)]
struct QuestionJson<'a> {
    push: i64,
    at: String,
    title: &'a str,
    nth: usize,
    question: &'a str,
    answer: String,
    #[serde(flatten)]
    counts: CountsJson,
    common_wrong: Option<WrongJson>,
}

/// The wrong answer given most often.
#[derive(Debug, Serialize)]
struct WrongJson {
    answer: String,
    count: u32,
}

pub(super) fn quiz_json(quiz: &QuizReport, zone: Tz) -> QuizJson<'_> {
    QuizJson {
        definitions: say::QUIZ_DEFINITIONS,
        total: CountsJson::of(&quiz.total),
        units: quiz.units.iter().map(|row| UnitJson { unit: &row.name, counts: CountsJson::of(&row.counts) }).collect(),
        questions: quiz.questions.iter().map(|row| question_json(row, zone)).collect(),
    }
}

fn question_json(row: &QuizQuestion, zone: Tz) -> QuestionJson<'_> {
    QuestionJson {
        push: row.push.0,
        at: instant(row.at, zone),
        title: &row.title,
        nth: row.nth,
        question: &row.text,
        answer: row.key.joined(""),
        counts: CountsJson::of(&row.counts),
        common_wrong: row.wrong_told().map(|(letters, count)| WrongJson { answer: letters.joined(""), count }),
    }
}

impl CountsJson {
    fn of(counts: &QuizCounts) -> Self {
        Self {
            expected: counts.expected,
            took_part: counts.took_part,
            answered: counts.answered,
            right: counts.right_told(),
            participation_rate: counts.participation().to_string(),
            correct_rate: counts.correct().to_string(),
        }
    }
}

const fn word(heading: &'static str) -> Column {
    Column { heading, align: Align::Left }
}

const fn number(heading: &'static str) -> Column {
    Column { heading, align: Align::Right }
}

const UNITS: &[Column] = &[
    number("序号"),
    word("单位"),
    number("答题/应答人次"),
    number("答题参与率"),
    number("答对/已答题次"),
    number("正确率"),
];

const QUESTIONS: &[Column] = &[
    number("序号"),
    word("时间"),
    number("已答/应答"),
    number("答对"),
    number("正确率"),
    word("正确答案"),
    word("最多的错答"),
    word("题目"),
];

/// The section of a month with questions.
pub(super) fn section(quiz: &QuizReport, zone: Tz) -> String {
    let rows = (1..).zip(&quiz.units).map(|(place, row): (usize, &QuizUnit)| {
        [vec![place.to_string(), row.name.clone()], figures(&row.counts)].concat()
    });
    let total = [vec![String::new(), "合计".to_owned()], figures(&quiz.total)].concat();
    let units = Table { columns: UNITS, rows: rows.collect(), total: Some(total) }.to_text();
    let rows = (1..).zip(&quiz.questions).map(|(place, row): (usize, &QuizQuestion)| {
        vec![
            place.to_string(),
            say::moment(row.at, zone),
            format!("{}/{}", row.counts.answered, row.counts.expected),
            right(&row.counts),
            row.counts.correct().to_string(),
            row.key.to_string(),
            row.wrong_told().map_or_else(|| "—".to_owned(), |(letters, count)| format!("{letters}（{count}人）")),
            row.text.clone(),
        ]
    });
    let questions = Table { columns: QUESTIONS, rows: rows.collect(), total: None }.to_text();
    format!(
        "　　{}\n附表3　答题（按花名册顺序）\n{units}{}\n附表4　逐题情况\n{questions}",
        say::quiz(quiz),
        say::quiz_note()
    )
}

fn figures(counts: &QuizCounts) -> Vec<String> {
    vec![
        format!("{}/{}", counts.took_part, counts.expected),
        counts.participation().to_string(),
        format!("{}/{}", right(counts), counts.answered),
        counts.correct().to_string(),
    ]
}

/// 答对 as printed.
fn right(counts: &QuizCounts) -> String {
    counts.right_told().map_or_else(|| "—".to_owned(), |right| right.to_string())
}
