//! Questions of an item.

use std::collections::BTreeSet;

use super::{FRONT, parse};
use crate::domain::content::ItemSource;
use crate::domain::content::problem::{ContentProblem, ContentProblemKind, QuizFault};

fn with_quiz(quiz: &str) -> String {
    FRONT.replace("code: JQ-2026-03\n", &format!("code: JQ-2026-03\nquiz:\n{quiz}")) + "正文。\n"
}

#[test]
fn questions_are_read_and_a_changed_one_is_another_version() {
    let one = "  - question: 问？\n    options: [甲, 乙, 丙]\n    answer: b\n    explain: 释。\n".replace(": b", ": B");
    let read = |quiz: &str| parse("festival", "mid-autumn", &with_quiz(quiz)).unwrap();
    let item = read(&one);
    let question = item.quiz.in_place().unwrap();
    assert_eq!((question.text.as_str(), question.options.len(), question.key.to_string()), ("问？", 3, "B".to_owned()));
    assert_eq!(question.basis, item.basis[0]);
    let own = "    basis: 《某某规定》（国务院令第20号，1988年12月1日发布施行）第九条\n";
    let two =
        format!("{one}{own}  - question: 再问？\n    options: [甲, 乙, 丙]\n    answers: [A, C]\n    explain: 释。\n");
    let several = read(&two);
    assert_eq!(several.quiz.0[0].basis, several.basis[1]);
    assert!(several.quiz.0[1].is_multiple() && several.quiz.in_place().is_none());
    let plain = parse("festival", "mid-autumn", &format!("{FRONT}正文。\n")).unwrap();
    let changed = [one.replace("answer: B", "answer: C"), one.replace("释", "注"), one.replace("乙", "丁")];
    let mut hashes: Vec<String> = changed.iter().map(|quiz| read(quiz).content_hash()).collect();
    hashes.extend([item, several, plain].iter().map(ItemSource::content_hash));
    let different: BTreeSet<&String> = hashes.iter().collect();
    assert_eq!(different.len(), hashes.len());
}

#[test]
fn letters_may_be_written_in_any_usual_way() {
    for written in ["AC", "[A, C]", "A、C", "\n      - A\n      - C", "C A"] {
        let quiz =
            format!("  - question: 问？\n    options: [甲, 乙, 丙]\n    answers: {written}\n    explain: 释。\n");
        let item = parse("festival", "mid-autumn", &with_quiz(&quiz)).unwrap();
        assert_eq!(item.quiz.0[0].key.to_string(), "A、C", "{written}");
    }
}

#[test]
fn options_carry_no_letters_of_their_own() {
    let refused = |first: &str, second: &str| -> Vec<String> {
        let quiz =
            format!("  - question: 问？\n    options: [\"{first}\", \"{second}\"]\n    answer: A\n    explain: 释。\n");
        let problems = parse("festival", "mid-autumn", &with_quiz(&quiz)).err().unwrap_or_default();
        let lettered = |problem: ContentProblem| {
            let ContentProblemKind::Quiz { fault: QuizFault::OptionLettered { found }, .. } = &problem.kind else {
                panic!("{problem:?}")
            };
            found.clone()
        };
        problems.into_iter().map(lettered).collect()
    };
    let marked = ["A. 甲", "A．甲", "A、甲", "A) 甲", "A）甲", "A：甲", "A : 甲", "A,甲", "A，甲", "A。甲"];
    for lettered in marked.into_iter().chain(["(A) 甲", "（A）甲", "【A】甲", "Ａ．甲", "a. 甲"]) {
        assert_eq!(refused(lettered, "乙"), [lettered]);
    }
    assert_eq!(refused("A. 甲", "B. 乙"), ["A. 甲", "B. 乙"]);
    for plain in ["A类违纪", "APP", "B、C都对", "（一）甲", "甲"] {
        assert_eq!(refused(plain, "乙"), [""; 0], "{plain}");
    }
}
