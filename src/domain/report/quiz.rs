//! Figures of questions: how many of those who were expected answered, and how many answers are right. They stand apart from
//! who confirmed, and nobody learns from them what one person answered.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::input::{Member, MonthInput, PushFacts, UnitRef};
use super::part::Extent;
use super::rate::Rate;
use crate::domain::push::MemberStatus;
use crate::domain::quiz::{Letters, Question, Score, Try, counted};
use crate::ids::{PushId, StaffId, UnitId};

/// What a push asked and what was answered.
#[derive(Debug, Clone)]
pub struct QuizFacts {
    /// Which of several answers counts.
    pub score: Score,
    /// In order.
    pub questions: Vec<Question>,
    /// Each person's answers in the order they gave them, people outside the audience included.
    pub given: Vec<Given>,
}

/// One answer.
#[derive(Debug, Clone, Copy)]
pub struct Given {
    /// Who gave it.
    pub staff: StaffId,
    /// To which question, counted from 0.
    pub question: usize,
    /// When.
    pub at: DateTime<Utc>,
    /// What it was.
    pub one: Try,
}

/// The figures of a month's questions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizReport {
    /// All of them.
    pub total: QuizCounts,
    /// Every unit, in roster order.
    pub units: Vec<QuizUnit>,
    /// Every question, by the slot of its push.
    pub questions: Vec<QuizQuestion>,
}

/// Counts of answers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct QuizCounts {
    /// People expected by pushes that ask, each once a push.
    pub expected: u32,
    /// Of these, with an answer.
    pub took_part: u32,
    /// Questions they answered.
    pub answered: u32,
    /// Of these, where the answer that counts is right.
    pub right: u32,
    /// How many different people answered.
    pub people: u32,
    /// Whether it is told how many answers are right: not where that would tell what one person answered.
    pub told: bool,
}

/// One unit's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizUnit {
    /// The unit.
    pub unit: UnitId,
    /// Its name or path.
    pub name: String,
    /// Its figures.
    pub counts: QuizCounts,
}

/// One question's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuizQuestion {
    /// The push that asked.
    pub push: PushId,
    /// Its slot.
    pub at: DateTime<Utc>,
    /// Title of its item version.
    pub title: String,
    /// Which of its questions, counted from 1.
    pub nth: usize,
    /// What was asked.
    pub text: String,
    /// The options that are right.
    pub key: Letters,
    /// Its figures; `took_part` and `answered` are the same people here.
    pub counts: QuizCounts,
    /// The wrong answer given most often, and how often.
    pub wrong: Option<(Letters, u32)>,
}

impl QuizCounts {
    /// 答题参与率
    pub const fn participation(&self) -> Rate {
        Rate::of(self.took_part, self.expected)
    }

    /// 答对题次; `None` where it would tell what one person answered.
    pub fn right_told(&self) -> Option<u32> {
        self.told.then_some(self.right)
    }

    /// 正确率
    pub fn correct(&self) -> Rate {
        self.right_told().map_or(Rate::NONE, |right| Rate::of(right, self.answered))
    }

    fn add(&mut self, other: Self) {
        self.expected += other.expected;
        self.took_part += other.took_part;
        self.answered += other.answered;
        self.right += other.right;
    }
}

impl QuizQuestion {
    /// The commonest wrong answer, where it does not tell what one person answered.
    pub fn wrong_told(&self) -> Option<(Letters, u32)> {
        self.wrong.filter(|_| self.counts.told)
    }
}

impl QuizReport {
    /// Whether units and questions add up to the whole.
    pub(super) fn adds_up(&self) -> bool {
        let sum = |parts: &mut dyn Iterator<Item = QuizCounts>| {
            parts.fold(QuizCounts::default(), |mut sum, part| {
                sum.add(part);
                sum
            })
        };
        let whole = QuizCounts { people: 0, told: false, ..self.total };
        let units = sum(&mut self.units.iter().map(|unit| unit.counts));
        let asked = sum(&mut self.questions.iter().map(|question| question.counts));
        let people: u32 = self.units.iter().map(|unit| unit.counts.people).sum();
        units == whole
            && (asked.answered, asked.right) == (whole.answered, whole.right)
            && whole.took_part <= whole.expected
            && whole.right <= whole.answered
            && self.total.people <= people
    }
}

/// The figures of pushes of the input, in the order given; `None` when none of them asks.
pub(super) fn quiz_report(input: &MonthInput, pushes: &[&PushFacts]) -> Option<QuizReport> {
    let MonthInput { units, as_of, withheld, extent, .. } = input;
    let mut sum = Sum { total: QuizCounts::default(), units: HashMap::new(), questions: Vec::new() };
    let mut asks = false;
    let mut people: HashMap<UnitId, HashSet<StaffId>> = HashMap::new();
    for push in pushes {
        let Some(quiz) = &push.quiz else { continue };
        asks = true;
        sum.push(push, quiz, (*as_of, &mut people));
    }
    let heads = |unit: UnitId| people.get(&unit).map_or(0, |people| u32::try_from(people.len()).unwrap_or(u32::MAX));
    let all: HashSet<StaffId> = people.values().flatten().copied().collect();
    sum.total.people = u32::try_from(all.len()).unwrap_or(u32::MAX);
    let row = |unit: &UnitRef| {
        let counts = sum.units.get(&unit.id).copied().unwrap_or_default();
        let told = counts.answered > 0 && !withheld.unit(unit.id);
        QuizUnit {
            unit: unit.id,
            name: unit.name.clone(),
            counts: QuizCounts { people: heads(unit.id), told, ..counts },
        }
    };
    // Several units tell together what each of them tells by itself.
    let any = |of: &dyn Fn(UnitId) -> bool| people.keys().any(|unit| of(*unit));
    let of_office = |office: bool, unit: &dyn Fn(UnitId) -> bool| match extent {
        Extent::Office => office,
        Extent::Units => any(unit),
    };
    sum.total.told = sum.total.answered > 0 && !of_office(withheld.office(), &|unit| withheld.unit(unit));
    for one in &mut sum.questions {
        let asked = (one.push, one.nth - 1);
        let hidden = of_office(withheld.question(asked), &|unit| withheld.cell(unit, asked));
        one.counts.told = one.counts.answered > 0 && !hidden;
    }
    let units = units.iter().map(row).collect();
    asks.then_some(QuizReport { total: sum.total, units, questions: sum.questions })
}

struct Sum {
    total: QuizCounts,
    units: HashMap<UnitId, QuizCounts>,
    questions: Vec<QuizQuestion>,
}

impl Sum {
    fn push(
        &mut self,
        push: &PushFacts,
        quiz: &QuizFacts,
        (as_of, people): (DateTime<Utc>, &mut HashMap<UnitId, HashSet<StaffId>>),
    ) {
        let mut tries: HashMap<(StaffId, usize), Vec<Try>> = HashMap::new();
        for given in quiz.given.iter().filter(|given| given.at <= as_of) {
            tries.entry((given.staff, given.question)).or_default().push(given.one);
        }
        let expected: Vec<&Member> =
            push.members.iter().filter(|member| member.status == MemberStatus::Expected).collect();
        let mut rows: Vec<(QuizCounts, BTreeMap<Letters, u32>)> = vec![Default::default(); quiz.questions.len()];
        for member in expected {
            let mut one = QuizCounts { expected: 1, ..QuizCounts::default() };
            for (place, (counts, wrong)) in rows.iter_mut().enumerate() {
                counts.expected += 1;
                let tries = tries.get(&(member.staff, place)).map_or(&[][..], Vec::as_slice);
                let Some(counted) = counted(tries, quiz.score) else { continue };
                let right = u32::from(counted.right);
                let answer = QuizCounts { took_part: 1, answered: 1, right, ..QuizCounts::default() };
                counts.add(answer);
                counts.people += 1;
                one = QuizCounts { took_part: 1, answered: one.answered + 1, right: one.right + right, ..one };
                if !counted.right {
                    *wrong.entry(counted.chosen).or_default() += 1;
                }
            }
            if one.answered > 0 {
                people.entry(member.unit).or_default().insert(member.staff);
            }
            self.total.add(one);
            self.units.entry(member.unit).or_default().add(one);
        }
        let questions = (1..).zip(&quiz.questions).zip(rows);
        self.questions.extend(questions.map(|((nth, question), (counts, wrong))| QuizQuestion {
            push: push.id,
            at: push.slot,
            title: push.title.clone(),
            nth,
            text: question.text.clone(),
            key: question.key,
            counts,
            // Of equally many the first by its letters.
            wrong: wrong.into_iter().max_by_key(|(letters, count)| (*count, std::cmp::Reverse(*letters))),
        }));
    }
}
