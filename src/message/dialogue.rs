//! Conversations: what they ask, what their buttons are called, how they end, and what a press is answered with that leads
//! nowhere.

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;

use super::outgoing::{Answer, Button, Emphasis, Outgoing};
use super::print::weekday_of;
use super::{chat, me, people, quiz};
use crate::domain::dialogue::{Ended, OPTIONS_MOST, Pick, Question, Talk};
use crate::domain::rich::Rich;

/// A question ready to be sent: its text, and for each pick its label and tag.
#[derive(Debug, Clone)]
pub struct Worded {
    pub text: String,
    /// In the order of the question's picks.
    pub labels: Vec<String>,
}

/// The message of a question. `tags` are what its buttons carry, one a pick.
pub fn message(worded: Worded, picks: &[Pick], tags: Vec<String>) -> Outgoing {
    let mut rows: Vec<Vec<Button>> = Vec::new();
    let mut last: Option<Kind> = None;
    for ((pick, label), data) in picks.iter().zip(worded.labels).zip(tags).take(usize::from(OPTIONS_MOST)) {
        let kind = kind(*pick);
        let button = Button::Press { label, data };
        match rows.last_mut() {
            Some(row) if last == Some(kind) && row.len() < kind.in_a_row() => row.push(button),
            Some(_) | None => rows.push(vec![button]),
        }
        last = Some(kind);
    }
    Outgoing { text: Rich::plain(worded.text), buttons: rows }
}

/// The words of a question and of its buttons.
pub fn question(question: &Question, picks: &[Pick], zone: Tz) -> Worded {
    match question {
        Question::People(question) => people::question(question, picks, zone),
        Question::Me(question) => me::question(question, picks, zone),
        Question::Chat(question) => chat::question(question, picks),
        Question::Quiz(question) => quiz::question(question, picks),
    }
}

/// How a conversation ended. `None`: whoever began it answers with their own words.
pub fn ended(ended: &Ended, zone: Tz) -> Option<Outgoing> {
    match ended {
        Ended::Cancelled => Some(plain("已取消，没有改动。")),
        Ended::NoRight | Ended::NotBound => None,
        Ended::People(ended) => Some(people::ended(ended, zone)),
        Ended::Me(ended) => Some(me::ended(ended, zone)),
        Ended::Chat(ended) => Some(chat::ended(ended)),
        Ended::Quiz(ended) => Some(quiz::ended(ended)),
    }
}

/// Buttons that stand in one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Wide,
    Half,
    Day,
    Way,
    Letter,
}

impl Kind {
    /// How many of them fit a phone's width.
    const fn in_a_row(self) -> usize {
        match self {
            Self::Wide => 1,
            Self::Half => 2,
            Self::Day | Self::Way => 3,
            Self::Letter => quiz::LETTERS_IN_A_ROW,
        }
    }
}

const fn kind(pick: Pick) -> Kind {
    match pick {
        Pick::Person(_) | Pick::Confirm | Pick::Otherwise => Kind::Wide,
        Pick::Unit(_) | Pick::Above(..) | Pick::Category(_) | Pick::Task(_) => Kind::Half,
        Pick::Day(_) | Pick::OtherDay | Pick::NoDay => Kind::Day,
        Pick::Previous | Pick::Next | Pick::Cancel => Kind::Way,
        Pick::Option(_) => Kind::Letter,
    }
}

/// The label of a button that is called the same in every conversation; `None`: the conversation names it.
pub fn common(pick: Pick) -> Option<String> {
    match pick {
        Pick::Cancel => Some("取消".to_owned()),
        Pick::Previous => Some("上一页".to_owned()),
        Pick::Next => Some("下一页".to_owned()),
        Pick::Day(day) => Some(button_day(day)),
        Pick::OtherDay => Some("其他日期".to_owned()),
        Pick::NoDay => Some("未定".to_owned()),
        Pick::Confirm
        | Pick::Otherwise
        | Pick::Unit(_)
        | Pick::Above(..)
        | Pick::Person(_)
        | Pick::Category(_)
        | Pick::Task(_)
        | Pick::Option(_) => None,
    }
}

/// `1月4日 周一`
pub fn button_day(day: NaiveDate) -> String {
    format!("{} {}", short_day(day), weekday_of(day))
}

/// `1月4日`
pub fn short_day(day: NaiveDate) -> String {
    format!("{}月{}日", day.month(), day.day())
}

/// How units of a list are called: by the last part of their path, and as many more as tell it from the others.
pub fn unit_labels(paths: &[&str]) -> Vec<String> {
    let last = |path: &str, parts: usize| {
        let all: Vec<&str> = path.split('/').collect();
        all[all.len().saturating_sub(parts)..].join("/")
    };
    let one = |path: &&str| {
        let same = |parts: usize| paths.iter().filter(|other| last(other, parts) == last(path, parts)).count();
        let parts = (1..path.split('/').count()).find(|parts| same(*parts) == 1);
        parts.map_or_else(|| (*path).to_owned(), |parts| last(path, parts))
    };
    paths.iter().map(one).collect()
}

/// The right went while the conversation stood.
pub fn no_right() -> Outgoing {
    plain("您现在没有这项权限，没有改动。")
}

/// The conversation ran out; the same in the chat and as an answer to the press.
pub fn expired(talk: &Talk) -> Outgoing {
    plain(&ran_out(talk))
}

/// A button of an earlier step.
pub fn past() -> Answer {
    alert("这一步已经过去了，请看最新的一条。")
}

/// A button of a conversation that is over.
pub fn over(talk: &Talk) -> Answer {
    let again = command(talk).map(|command| format!("还要办，请重新发{command}。")).unwrap_or_default();
    alert(&format!("这件事已经办完，没有重复办。{again}"))
}

/// A button of a conversation that ran out.
pub fn late(talk: &Talk) -> Answer {
    alert(&ran_out(talk))
}

/// Another person's button.
pub fn foreign() -> Answer {
    alert("这个按钮是别人的，没有改动。")
}

fn ran_out(talk: &Talk) -> String {
    if let Talk::Quiz(_) = talk {
        return quiz::RAN_OUT.to_owned();
    }
    let again = command(talk).map(|command| format!("请重新发{command}。")).unwrap_or_default();
    format!("时间过了，没有改动。{again}")
}

/// What begins a conversation, where people do.
const fn command(talk: &Talk) -> Option<&'static str> {
    match talk {
        Talk::People(_) => Some("/people"),
        Talk::Me(_) => Some("/me"),
        // The question of one has a button to ask it anew, the other begins at its push.
        Talk::Chat(_) | Talk::Quiz(_) => None,
    }
}

fn alert(text: &str) -> Answer {
    Answer { text: text.to_owned(), emphasis: Emphasis::Alert, open: None }
}

/// A message without buttons.
pub fn plain(text: &str) -> Outgoing {
    Outgoing { text: Rich::plain(text), buttons: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_one_name_are_told_apart() {
        let labels = unit_labels(&["园区/机关/综合科", "园区/企业/综合科", "园区/机关/财务科", "办公室"]);
        assert_eq!(labels, ["机关/综合科", "企业/综合科", "财务科", "办公室"]);
        assert_eq!(unit_labels(&["a", "b/a"]), ["a", "b/a"]);
    }
}
