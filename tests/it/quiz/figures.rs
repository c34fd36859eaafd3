//! What is counted of answers, and what nobody is told.

use qingfeng::domain::month::Month;
use qingfeng::office;
use qingfeng::office::erase;
use qingfeng::render::report as render;
use serde_json::{Value, json};

use super::{SEVERAL, SINGLE, asking, push, set, stored};
use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

async fn text(office: &World) -> String {
    let report = office::report::month(&office.ctx(), &OPERATOR, Month::new(2026, 9).unwrap()).await.unwrap();
    render::text(&report)
}

fn unit<'a>(quiz: &'a Value, name: &str) -> &'a Value {
    quiz["units"].as_array().unwrap().iter().find(|unit| unit["unit"] == name).unwrap()
}

#[tokio::test]
async fn answers_are_counted_by_unit_and_question_apart_from_who_read() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 8).await;
        assert_eq!(office.report().await.get("quiz"), None, "{label}: a month without");
        assert!(!text(&office).await.contains("答题"), "{label}");
        let (_, message) = push(&office).await;
        for (user, option) in [(1, "B"), (2, "A"), (3, "C"), (4, "C"), (6, "B"), (7, "C"), (8, "C")] {
            office.press(user, STUDY, &message, option).await;
        }
        office.press(7, STUDY, &message, "已阅").await;
        let report = office.report().await;
        let quiz = &report["quiz"];
        assert_eq!((&quiz["expected"], &quiz["took_part"]), (&json!(10), &json!(7)), "{label}");
        assert_eq!((&quiz["answered"], &quiz["right"]), (&json!(7), &json!(2)), "{label}");
        assert_eq!((&quiz["participation_rate"], &quiz["correct_rate"]), (&json!("70.0%"), &json!("28.6%")), "{label}");
        let general = unit(quiz, "综合科");
        assert_eq!((&general["took_part"], &general["right"]), (&json!(4), &json!(1)), "{label}");
        assert_eq!(general["correct_rate"], "25.0%", "{label}");
        let planning = unit(quiz, "规划科");
        assert_eq!((&planning["took_part"], &planning["answered"]), (&json!(3), &json!(3)), "{label}");
        assert_eq!((&planning["right"], &planning["correct_rate"]), (&json!(1), &json!("33.3%")), "{label}");
        let question = &quiz["questions"][0];
        assert_eq!((&question["question"], &question["answer"]), (&json!("先看什么？"), &json!("B")), "{label}");
        assert_eq!(question["common_wrong"], json!({"answer": "C", "count": 4}), "{label}");
        let checks = report["checks"].as_array().unwrap();
        assert!(checks.iter().any(|check| check["name"] == "quiz_sums" && check["ok"] == true), "{label}");
        assert_eq!(report["voluntary"]["acked"], 1, "{label}: apart");
        let printed = text(&office).await;
        insta::allow_duplicates! { insta::assert_snapshot!("text", printed) };
        // Nothing of it tells who answered what.
        let all = serde_json::to_string(&report).unwrap() + &text(&office).await;
        assert!(!all.contains("S02") && !all.contains("白露"), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_one_person_answered_cannot_be_worked_out() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 6).await;
        let (_, message) = push(&office).await;
        office.press(6, STUDY, &message, "A").await;
        let quiz = office.report().await["quiz"].clone();
        assert_eq!((&quiz["took_part"], &quiz["right"]), (&json!(1), &Value::Null), "{label}");
        assert_eq!(
            (&quiz["questions"][0]["right"], &quiz["questions"][0]["common_wrong"]),
            (&Value::Null, &Value::Null)
        );
        for user in [1, 2] {
            office.press(user, STUDY, &message, "B").await;
        }
        let quiz = office.report().await["quiz"].clone();
        assert_eq!((&quiz["took_part"], &quiz["right"]), (&json!(3), &json!(2)), "{label}");
        for name in ["综合科", "规划科"] {
            assert_eq!(unit(&quiz, name)["right"], Value::Null, "{label}: {name}");
        }
        office.stop().await;
    }
}

#[tokio::test]
async fn an_answer_that_was_changed_is_found() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 2).await;
        let (_, message) = push(&office).await;
        for user in 1..=2 {
            office.press(user, STUDY, &message, "A").await;
        }
        let bad = async |office: &World| office::audit::verify(&office.ctx(), &OPERATOR).await.unwrap().first_bad;
        assert_eq!(bad(&office).await, None, "{label}");
        office.behind_its_back("UPDATE quiz_answer SET chosen = 2 WHERE id = 2".to_owned()).await;
        assert_eq!(bad(&office).await.as_deref(), Some("quiz_batch:2"), "{label}");
        office.behind_its_back("UPDATE quiz_answer SET chosen = 1 WHERE id = 2".to_owned()).await;
        assert_eq!(bad(&office).await, None, "{label}");
        office.behind_its_back("DELETE FROM quiz_answer WHERE id = 1".to_owned()).await;
        assert_eq!(bad(&office).await.as_deref(), Some("quiz_batch:1"), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn the_answer_that_counts_is_the_first_or_the_best() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 3).await;
        for (score, right) in [("first", 0), ("best", 1)] {
            set(&office, "quiz.attempts", "2").await;
            set(&office, "quiz.score", score).await;
            let (_, message) = push(&office).await;
            for option in ["A", "B"] {
                office.press(1, STUDY, &message, option).await;
            }
            for user in [2, 3] {
                office.press(user, STUDY, &message, "C").await;
            }
            let quiz = office.report().await["quiz"].clone();
            let question = quiz["questions"].as_array().unwrap().last().unwrap().clone();
            assert_eq!((&question["right"], &question["answered"]), (&json!(right), &json!(3)), "{label}: {score}");
        }
        office.stop().await;
    }
}

#[tokio::test]
async fn an_erased_person_leaves_the_figures_as_they_are() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 3).await;
        let (pushed, message) = push(&office).await;
        for (user, option) in [(2, "A"), (3, "B")] {
            office.press(user, STUDY, &message, option).await;
        }
        let own = office.say(2, "/me").await;
        assert!(own.contains("本月答题：1题，答对0题（只有您自己看得到）"), "{label}: {own}");
        assert!(!office.say(1, "/me").await.contains("答题"), "{label}");
        let before = office.report().await["quiz"].clone();
        erase::erase(&office.ctx(), &OPERATOR, "S02").await.unwrap();
        assert_eq!(office.report().await["quiz"], before, "{label}");
        assert_eq!(stored(&office, &pushed).await.len(), 2, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn answers_of_people_outside_the_audience_are_taken_and_not_counted() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SEVERAL, 1).await;
        Box::pin(office.bind(11)).await;
        let (pushed, _) = push(&office).await;
        let (_, rows) = super::shown(&office).await;
        let code = rows[1][0]["url"].as_str().unwrap().split_once("?start=").unwrap().1.to_owned();
        office.say(11, &format!("/start {code}")).await;
        crate::people_chat::tap(&mut office, 11, "B").await;
        assert_eq!(stored(&office, &pushed).await.len(), 1, "{label}");
        assert!(office.sent(FIRMS).await.is_empty(), "{label}");
        let quiz = office.report().await["quiz"].clone();
        assert_eq!((&quiz["expected"], &quiz["took_part"]), (&json!(10), &json!(0)), "{label}");
        assert_eq!(quiz["participation_rate"], "0.0%", "{label}");
        office.stop().await;
    }
}
