//! Figures of questions.

use std::collections::HashSet;

use proptest::collection::vec;
use proptest::prelude::*;

use super::{as_of, at, member, month, push};
use crate::domain::content::Basis;
use crate::domain::push::MemberStatus;
use crate::domain::quiz::{Letters, Question, Score, Try};
use crate::domain::report::{
    CheckName, Extent, Given, Member, MonthInput, PushFacts, QuizFacts, QuizQuestion, QuizReport, UnitRef, month_report,
};
use crate::ids::{PushId, StaffId, UnitId};

fn question(key: &str) -> Question {
    Question {
        text: "问？".to_owned(),
        options: ["甲", "乙", "丙"].map(str::to_owned).to_vec(),
        key: Letters::parse(key).unwrap(),
        explain: String::new(),
        basis: Basis::parse("《某法》（2020年7月1日起施行）第一条").unwrap(),
    }
}

fn given(staff: i64, question: usize, chosen: &str) -> Given {
    let chosen = Letters::parse(chosen).unwrap();
    let right = chosen == Letters::parse("B").unwrap();
    Given { staff: StaffId(staff), question, at: at(23, 10, 0), one: Try { chosen, right } }
}

/// A push to people 1 to 4 that asks two questions, of which B is right.
fn asks(score: Score, given: Vec<Given>) -> PushFacts {
    let quiz = QuizFacts { score, questions: vec![question("B"), question("B")], given };
    PushFacts { quiz: Some(quiz), ..push(1, 4) }
}

#[test]
fn a_month_without_questions_has_no_figures_of_them_and_no_check() {
    let report = month_report(&month(vec![push(1, 2)])).unwrap();
    assert_eq!(report.quiz, None);
    assert!(report.checks.iter().all(|check| check.name != CheckName::QuizSums));
}

#[test]
fn who_answered_counts_once_and_questions_count_each() {
    let all = vec![
        given(1, 0, "B"),
        given(1, 1, "A"),
        given(1, 1, "B"),
        given(2, 0, "C"),
        given(3, 0, "C"),
        given(9, 0, "B"),
        Given { at: as_of() + chrono::TimeDelta::seconds(1), ..given(4, 0, "B") },
    ];
    for (score, right) in [(Score::First, 1), (Score::Best, 2)] {
        let report = month_report(&month(vec![asks(score, all.clone())])).unwrap();
        let quiz = report.quiz.unwrap();
        let total = quiz.total;
        assert_eq!((total.expected, total.took_part, total.answered, total.right), (4, 3, 4, right));
        assert_eq!((total.participation().to_string(), total.people), ("75.0%".to_owned(), 3));
        let [first, second] = quiz.questions.as_slice() else { panic!("{quiz:?}") };
        assert_eq!((first.counts.answered, first.counts.right), (3, 1));
        assert_eq!(first.wrong, Some((Letters::parse("C").unwrap(), 2)));
        // One person alone: what they answered is nobody else's business, and is not to be had by taking the other away.
        for one in [first, second] {
            assert_eq!(
                (one.counts.right_told(), one.wrong_told(), one.counts.correct().to_string()),
                (None, None, "—".to_owned())
            );
        }
        assert_eq!((second.counts.answered, total.right_told()), (1, Some(right)));
        assert!(report.checks.iter().any(|check| check.name == CheckName::QuizSums));
    }
}

#[test]
fn what_several_people_answered_is_told() {
    let all = [1, 2, 3].into_iter().flat_map(|staff| [given(staff, 0, "A"), given(staff, 1, "B")]).collect();
    let quiz = month_report(&month(vec![asks(Score::First, all)])).unwrap().quiz.unwrap();
    assert_eq!(quiz.questions[0].wrong_told(), Some((Letters::parse("A").unwrap(), 3)));
    assert_eq!(quiz.questions[1].wrong_told(), None, "nobody was wrong");
    assert_eq!(quiz.questions[1].counts.correct().to_string(), "100.0%");
    assert_eq!((quiz.total.right_told(), quiz.units[0].counts.right_told()), (Some(3), Some(3)));
}

/// Who answered what is asked, of the units named.
fn people(input: &MonthInput, units: &[UnitId], asked: Option<(PushId, usize)>) -> HashSet<StaffId> {
    let mut people = HashSet::new();
    for push in &input.pushes {
        let expected = |staff: StaffId| {
            let mut members = push.members.iter().filter(|member| member.status == MemberStatus::Expected);
            members.any(|member| member.staff == staff && units.contains(&member.unit))
        };
        let given = push.quiz.iter().flat_map(|quiz| &quiz.given).filter(|given| given.at <= input.as_of);
        let given = given.filter(|given| asked.is_none_or(|(id, place)| id == push.id && place == given.question));
        people.extend(given.map(|given| given.staff).filter(|staff| expected(*staff)));
    }
    people
}

/// The figures of some units, as their own report has them.
fn part(input: &MonthInput, units: &[UnitId]) -> QuizReport {
    let own = units.iter().copied().collect();
    let input = MonthInput {
        extent: Extent::Units,
        units: input.units.iter().filter(|unit| units.contains(&unit.id)).cloned().collect(),
        pushes: input.pushes.iter().cloned().map(|push| push.part(&own)).collect(),
        ..input.clone()
    };
    month_report(&input).unwrap().quiz.unwrap()
}

/// Whatever is told of the office, of its units and of its questions, no difference of two such figures is of one or two people.
fn nothing_is_left(input: &MonthInput) {
    let quiz = month_report(input).unwrap().quiz.unwrap();
    let all: Vec<UnitId> = input.units.iter().map(|unit| unit.id).collect();
    let fine = |told: bool, left: usize| assert!(!told || left == 0 || left > 2, "{left} people are left of {quiz:?}");
    fine(quiz.total.told, people(input, &all, None).len());
    let silent: Vec<UnitId> = quiz.units.iter().filter(|unit| !unit.counts.told).map(|unit| unit.unit).collect();
    fine(quiz.total.told, people(input, &silent, None).len());
    let asked = |one: &QuizQuestion| Some((one.push, one.nth - 1));
    let silent = quiz.questions.iter().filter(|one| !one.counts.told);
    let silent: HashSet<StaffId> = silent.flat_map(|one| people(input, &all, asked(one))).collect();
    fine(quiz.total.told, silent.len());
    let parts: Vec<(UnitId, QuizReport)> = all.iter().map(|unit| (*unit, part(input, &[*unit]))).collect();
    for one in &quiz.questions {
        fine(one.counts.told, people(input, &all, asked(one)).len());
        let cell = |part: &QuizReport| part.questions.iter().any(|its| asked(its) == asked(one) && its.counts.told);
        // A question in the whole, without the units whose own reports tell of it.
        let silent: Vec<UnitId> = parts.iter().filter(|(_, part)| !cell(part)).map(|(unit, _)| *unit).collect();
        fine(one.counts.told, people(input, &silent, asked(one)).len());
        let told_of_all = silent.iter().all(|unit| people(input, &[*unit], asked(one)).is_empty());
        assert!(one.counts.told || one.counts.answered == 0 || !told_of_all, "added up they tell it: {quiz:?}");
    }
    for (unit, part) in &parts {
        assert_eq!(part.total.told, part.units[0].counts.told);
        let own = quiz.units.iter().find(|row| row.unit == *unit).unwrap();
        assert_eq!(part.total.told, own.counts.told, "a part tells what its row of the whole tells");
        let silent = part.questions.iter().filter(|one| !one.counts.told);
        let silent: HashSet<StaffId> = silent.flat_map(|one| people(input, &[*unit], asked(one))).collect();
        fine(part.total.told, silent.len());
    }
}

#[test]
fn one_person_with_two_answers_is_one_person() {
    // Two questions of one and of two people, both of the same two; the third is told.
    let mut all: Vec<Given> = (1..=4).map(|staff| given(staff, 0, "B")).collect();
    all.extend([given(1, 1, "A"), given(2, 1, "B")]);
    let other = PushFacts { quiz: asks(Score::First, vec![given(1, 0, "A")]).quiz, ..push(2, 4) };
    let input = month(vec![asks(Score::First, all), other]);
    let quiz = month_report(&input).unwrap().quiz.unwrap();
    let told: Vec<bool> = quiz.questions.iter().map(|one| one.counts.told).collect();
    assert_eq!((told, quiz.total.told), (vec![false; 4], true));
    nothing_is_left(&input);
}

#[test]
fn the_report_of_a_unit_tells_nothing_that_the_whole_is_silent_about() {
    let unit = |n: i64| UnitRef { id: UnitId(n), name: format!("第{n}科") };
    let member = |n: i64| Member {
        unit: UnitId(if n <= 4 {
            1
        } else if n <= 7 {
            2
        } else {
            3
        }),
        ..member(n)
    };
    let members: Vec<Member> = (1..=8).map(member).collect();
    let given = (1..=8).map(|staff| given(staff, 0, "B")).collect();
    let asked = PushFacts { members, quiz: asks(Score::First, given).quiz, ..push(1, 0) };
    let input = MonthInput { units: (1..=3).map(unit).collect(), ..month(vec![asked]) };
    let quiz = month_report(&input).unwrap().quiz.unwrap();
    // The one of the third unit is covered by the smaller of the others.
    let told = |quiz: &QuizReport| quiz.units.iter().map(|unit| unit.counts.told).collect::<Vec<_>>();
    assert_eq!((told(&quiz), quiz.total.told), (vec![true, false, false], true));
    let second = part(&input, &[UnitId(2)]);
    assert_eq!((second.total.told, second.questions[0].counts.told), (false, false));
    assert_eq!(second.total.answered, 3, "how many answered is no secret");
    let both = part(&input, &[UnitId(1), UnitId(2)]);
    assert_eq!((told(&both), both.total.told, both.questions[0].counts.told), (vec![true, false], false, false));
    nothing_is_left(&input);
}

fn any_given() -> impl Strategy<Value = Given> {
    let letters = prop::sample::select(vec!["A", "B", "C", "AC"]);
    (1..=14_i64, 0..2_usize, letters, 1..=30_u32)
        .prop_map(|(staff, question, letters, day)| Given { at: at(day, 10, 0), ..given(staff, question, letters) })
}

proptest! {
    /// Whatever was answered, units and questions add up to the whole, and nobody outside the count is in it.
    #[test]
    fn sums_hold(
        answers in vec(vec(any_given(), 0..30), 1..4),
        exempt in vec(any::<bool>(), 12),
        best in any::<bool>(),
    ) {
        let score = if best { Score::Best } else { Score::First };
        let member = |n: i64| Member {
            unit: UnitId(n % 3 + 1),
            status: if exempt[usize::try_from(n - 1).unwrap()] { MemberStatus::Exempt } else { MemberStatus::Expected },
            ..member(n)
        };
        let members: Vec<Member> = (1..=12).map(member).collect();
        let expected = u32::try_from(members.iter().filter(|m| m.status == MemberStatus::Expected).count()).unwrap();
        let pushes = (1..).zip(&answers).map(|(id, given)| PushFacts {
            members: members.clone(),
            quiz: asks(score, given.clone()).quiz,
            ..push(id, 0)
        });
        let units = (1..=3).map(|unit| UnitRef { id: UnitId(unit), name: format!("第{unit}科") }).collect();
        let input = MonthInput { units, ..month(pushes.collect()) };
        nothing_is_left(&input);
        let quiz = month_report(&input).unwrap().quiz.unwrap();
        prop_assert_eq!(quiz.total.expected, expected * u32::try_from(answers.len()).unwrap());
        prop_assert!(quiz.total.took_part <= quiz.total.answered && quiz.total.answered <= 2 * quiz.total.took_part);
        prop_assert_eq!(quiz.units.iter().map(|unit| unit.counts.right).sum::<u32>(), quiz.total.right);
        prop_assert_eq!(quiz.questions.iter().map(|one| one.counts.answered).sum::<u32>(), quiz.total.answered);
        for one in &quiz.questions {
            prop_assert!(one.wrong.is_none_or(|(letters, count)| letters != one.key && count <= one.counts.answered - one.counts.right));
        }
    }
}
