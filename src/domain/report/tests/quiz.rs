//! Figures of questions.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{as_of, at, member, month, push};
use crate::domain::content::Basis;
use crate::domain::push::MemberStatus;
use crate::domain::quiz::{Letters, Question, Score, Try};
use crate::domain::report::{CheckName, Given, Member, MonthInput, PushFacts, QuizFacts, UnitRef, month_report};
use crate::ids::{StaffId, UnitId};

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
        let quiz = month_report(&input).unwrap().quiz.unwrap();
        prop_assert_eq!(quiz.total.expected, expected * u32::try_from(answers.len()).unwrap());
        prop_assert!(quiz.total.took_part <= quiz.total.answered && quiz.total.answered <= 2 * quiz.total.took_part);
        prop_assert_eq!(quiz.units.iter().map(|unit| unit.counts.right).sum::<u32>(), quiz.total.right);
        let hidden = quiz.units.iter().filter(|unit| unit.counts.people > 0 && !unit.counts.told);
        let hidden: u32 = hidden.map(|unit| unit.counts.people).sum();
        prop_assert!(hidden != 1 || !quiz.total.told, "{quiz:?}");
        prop_assert_eq!(quiz.questions.iter().map(|one| one.counts.answered).sum::<u32>(), quiz.total.answered);
        for one in &quiz.questions {
            prop_assert!(one.wrong.is_none_or(|(letters, count)| letters != one.key && count <= one.counts.answered - one.counts.right));
        }
    }
}
