//! Questions about an item: what they say, and what an answer comes to. What a person got wrong is theirs alone; figures
//! count answers, and nobody reads whose they were.

mod letters;
mod play;

use serde::{Deserialize, Serialize};

use super::content::Basis;
pub use letters::Letters;
pub use play::{Answered, Begins, Next, Pressed, Rules, Score, Tally, Try, counted, judge, next, tally};

/// Most questions of an item.
pub const QUESTIONS_MOST: usize = 5;
/// Fewest options of a question.
pub const OPTIONS_LEAST: usize = 2;
/// Most options of a question: as many letters as fit a row of buttons.
pub const OPTIONS_MOST: usize = 6;
/// Longest question: three lines on a phone.
pub const QUESTION_MAX_CHARS: usize = 100;
/// Longest option: two lines on a phone.
pub const OPTION_MAX_CHARS: usize = 40;
/// Longest explanation, in UTF-16 code units.
pub const EXPLAIN_MAX_UNITS: usize = 180;
/// What an alert says before the explanation at most, 您已答过，正确答案是B。, in UTF-16 code units.
pub const VERDICT_UNITS: usize = 12;

/// The questions of an item, in order; empty when it has none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Quiz(pub Vec<Question>);

/// One question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub text: String,
    /// 2 to 6, called A, B, C and so on.
    pub options: Vec<String>,
    /// The right ones; more than one makes it a multiple choice.
    pub key: Letters,
    /// Why, at most `EXPLAIN_MAX_UNITS`.
    pub explain: String,
    pub basis: Basis,
}

impl Question {
    /// Whether several options are right together.
    pub fn is_multiple(&self) -> bool {
        self.key.count() > 1
    }

    /// Whether every letter of a choice is one of the options.
    pub fn has(&self, chosen: Letters) -> bool {
        chosen.last().is_some_and(|last| usize::from(last) < self.options.len())
    }

    /// The basis as an alert has room for it: the article alone when the rule is the one that the item names first.
    pub fn cite(&self, item: Option<&Basis>) -> String {
        let same = item.is_some_and(|first| first.title == self.basis.title);
        if same { self.basis.article.clone() } else { format!("《{}》{}", self.basis.title, self.basis.article) }
    }

    /// UTF-16 code units of the longest alert that answers it.
    pub fn alert_units(&self, item: Option<&Basis>) -> usize {
        // Brackets around the basis.
        VERDICT_UNITS + units(&self.explain) + units(&self.cite(item)) + 2
    }
}

impl Quiz {
    /// Whether the item asks nothing.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The question that stands under the item itself: a single choice that is alone. Anything more is asked in private.
    pub fn in_place(&self) -> Option<&Question> {
        match self.0.as_slice() {
            [only] if !only.is_multiple() => Some(only),
            _ => None,
        }
    }

    /// As it is stored; empty when there is none.
    pub fn encode(&self) -> String {
        if self.is_empty() {
            return String::new();
        }
        let stored = self.0.iter().map(|question| Stored {
            question: question.text.clone(),
            options: question.options.clone(),
            answers: question.key.joined(""),
            explain: question.explain.clone(),
            basis: question.basis.label(),
        });
        // Texts always serialise.
        serde_json::to_string(&stored.collect::<Vec<_>>()).unwrap_or_default()
    }

    /// Reads the stored text; `None` when it is none.
    pub fn decode(text: &str) -> Option<Self> {
        if text.is_empty() {
            return Some(Self::default());
        }
        let stored: Vec<Stored> = serde_json::from_str(text).ok()?;
        let question = |stored: Stored| {
            Some(Question {
                key: Letters::parse(&stored.answers)?,
                basis: Basis::parse(&stored.basis)?,
                text: stored.question,
                options: stored.options,
                explain: stored.explain,
            })
        };
        stored.into_iter().map(question).collect::<Option<_>>().map(Self)
    }
}

/// A question as JSON.
#[derive(Serialize, Deserialize)]
struct Stored {
    question: String,
    options: Vec<String>,
    answers: String,
    explain: String,
    basis: String,
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(key: &str) -> Question {
        Question {
            text: "先问什么？".to_owned(),
            options: ["贵不贵", "会不会影响公正", "是不是节日"].map(str::to_owned).to_vec(),
            key: Letters::parse(key).unwrap(),
            explain: "法条没有起点金额。".to_owned(),
            basis: Basis::parse("《某法》（2020年7月1日起施行）第三十四条").unwrap(),
        }
    }

    #[test]
    fn what_is_stored_reads_back() {
        for quiz in [Quiz::default(), Quiz(vec![question("B")]), Quiz(vec![question("B"), question("AC")])] {
            assert_eq!(Quiz::decode(&quiz.encode()), Some(quiz));
        }
        assert_eq!(Quiz::decode("{"), None);
    }

    #[test]
    fn only_a_lone_single_choice_stands_under_the_item() {
        assert!(Quiz(vec![question("B")]).in_place().is_some());
        assert!(Quiz(vec![question("BC")]).in_place().is_none());
        assert!(Quiz(vec![question("B"), question("A")]).in_place().is_none());
        assert!(Quiz::default().in_place().is_none());
    }

    #[test]
    fn a_basis_is_cited_as_short_as_it_can_be() {
        let (one, first) = (question("B"), Basis::parse("《某法》（2021年1月1日起施行）第一条").unwrap());
        assert_eq!(one.cite(Some(&first)), "第三十四条");
        assert_eq!(one.cite(None), "《某法》第三十四条");
        assert_eq!(one.alert_units(Some(&first)), 12 + 9 + 5 + 2);
        assert!(one.has(Letters::one(2).unwrap()) && !one.has(Letters::one(3).unwrap()));
        assert!(!one.has(Letters::default()));
    }
}
