#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use insta::assert_snapshot;
use rstest::rstest;

use super::problem;
use crate::domain::content::{ItemSource, KnownSetting, duplicates, parse, unknown_placeholders};

const GOOD: &str = "---
slug: gift-no-threshold
theme: gifts
title: 收礼多少算违规
audience: 公职人员
basis: 《中华人民共和国公职人员政务处分法》（2020年7月1日起施行）第三十四条第一款
article_text: 收受可能影响公正行使公权力的礼品、礼金、有价证券等财物的，予以警告、记过或者记大过。
takeaway: 先问会不会影响公正，不先问贵不贵。
verified_on: 2026-11-20
checked_by: 机关党委办公室
code: ZW-017
---
法条没有设“起点金额”。
";

/// The good file with some of its text exchanged.
fn changed(edits: &[(&str, &str)]) -> String {
    let mut text = GOOD.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from} is not in the sample");
        text = text.replace(from, to);
    }
    text
}

fn with_body(body: &str) -> String {
    changed(&[("法条没有设“起点金额”。\n", body)])
}

/// The good file with these questions.
fn quiz(written: &str) -> String {
    changed(&[("code: ZW-017\n", &format!("code: ZW-017\nquiz:\n{written}"))])
}

fn worded(text: &str) -> String {
    let problems = parse("gifts", "gift-no-threshold", text).expect_err("the sample is meant to be faulty");
    problems.iter().map(|p| problem("content/items/gifts/gift-no-threshold.md", p)).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case::tags("tags", changed(&[("code: ZW-017", "code: ZW-017\ntags: [礼品, Law, 礼品, a, b, c, d, e, f]")]))]
#[case::festivals("festivals", changed(&[("code: ZW-017", "code: ZW-017\nfestivals: [中秋, 重阳]")]))]
#[case::quiz_keys(
    "quiz_keys",
    quiz(
        "  - question: 问？\n    options: [甲, 乙]\n    explain: 释\n  - question: 问？\n    options: [甲, 乙]\n    answer: AB\n    explain: 释\n  - question: 问？\n    options: [甲, 乙]\n    answer: [A, B]\n    explain: 释\n  - question: 问？\n    options: [甲, 乙]\n    answer: A\n    answers: AB\n    explain: 释\n  - question: 问？\n    options: [甲, 乙]\n    answers: B\n    explain: 释\n"
    )
)]
#[case::quiz_range(
    "quiz_range",
    quiz(
        "  - question: 问？\n    options: [甲, 乙]\n    answer: C\n    explain: 释\n  - question: 问？\n    options: [甲]\n    answer: A\n    explain: 释\n  - question: 问？\n    options: [甲, 乙, 甲]\n    answer: 甲\n    explain: 释\n  - question: 问？\n    options: [A. 甲, B、乙]\n    answer: A\n    explain: 释\n  - question: 问？\n    options: [\"\", \"　\", 甲]\n    answer: C\n    explain: 释\n"
    )
)]
#[case::quiz_lengths("quiz_lengths", quiz(&format!("  - question: {}\n    options: [{}, 乙]\n    answer: A\n    explain: {}\n", "长".repeat(101), "长".repeat(41), "长".repeat(181))))]
#[case::quiz_alert("quiz_alert", quiz(&format!("  - question: 问？\n    options: [甲, 乙]\n    answer: A\n    explain: {}\n", "长".repeat(180))))]
#[case::quiz_count("quiz_count", quiz(&"  - question: 问？\n    options: [甲, 乙]\n    answer: A\n    explain: 释\n".repeat(6)))]
#[case::quiz_missing("quiz_missing", quiz("  - options: [甲, 乙]\n    answer: A\n    hint: 无\n    basis: 第七条\n"))]
#[case::quiz_empty("quiz_empty", quiz(""))]
#[case::quiz_shape("quiz_shape", quiz("  question: 问？\n"))]
#[case::empty_file("empty_file", String::new())]
#[case::no_front("no_front", "只有正文。".to_owned())]
#[case::unclosed_front("unclosed_front", GOOD.replacen("\n---\n", "\n", 1))]
#[case::full_width_colon("full_width_colon", changed(&[("title: ", "title："), ("code: ", "code：")]))]
#[case::syntax("syntax", changed(&[("收礼多少算违规", "\"收礼多少算违规")]))]
#[case::list_for_text("list_for_text", changed(&[("title: 收礼多少算违规", "title:\n  - 甲\n  - 乙")]))]
#[case::duplicate_key("duplicate_key", changed(&[("code: ZW-017", "code: ZW-017\ntitle: 又一个")]))]
#[case::unknown_key("unknown_key", changed(&[("checked_by: 机关党委办公室", "checked_by: 机关党委办公室\nauthor: 办公室")]))]
#[case::missing_all("missing_all", "---\n---\n".to_owned())]
#[case::missing_values("missing_values", changed(&[("title: 收礼多少算违规", "title:"), ("2020年7月1日起施行", "")]))]
#[case::slug_form("slug_form", changed(&[("slug: gift-no-threshold", "slug: Gift_No")]))]
#[case::slug_and_theme_place("slug_and_theme_place", changed(&[("slug: gift-no", "slug: gift-yes"), ("theme: gifts", "theme: law")]))]
#[case::unknown_theme("unknown_theme", changed(&[("theme: gifts", "theme: 礼品")]))]
#[case::audience("audience", changed(&[("audience: 公职人员", "audience: 党员、干部")]))]
#[case::everyone_and_more("everyone_and_more", changed(&[("audience: 公职人员", "audience: 全体、党员")]))]
#[case::basis_without_article("basis_without_article", changed(&[("）第三十四条第一款", "）")]))]
#[case::dates("dates", changed(&[("2026-11-20", "2026年11月20日\nexpires_on: 2026-13-01")]))]
#[case::expires_early("expires_early", changed(&[("2026-11-20", "2026-11-20\nexpires_on: 2026-11-20")]))]
#[case::confirm_and_code("confirm_and_code", changed(&[("code: ZW-017", "code: 政-1\nconfirm: 必须")]))]
#[case::too_long("too_long", changed(&[
    ("收礼多少算违规", &"长".repeat(41)),
    ("先问会不会影响公正，不先问贵不贵。", &"长".repeat(61)),
    ("予以警告、记过或者记大过", &"长".repeat(180)),
]))]
#[case::alert_too_long("alert_too_long", changed(&[
    ("收受可能影响公正行使公权力的礼品、礼金、有价证券等财物的，予以警告、记过或者记大过。", &"长".repeat(180)),
    ("第三十四条第一款", "第三十四条第一款、第三十五条、第三十八条第一款"),
]))]
#[case::line_break("line_break", changed(&[("takeaway: 先问会不会影响公正，不先问贵不贵。", "takeaway: |\n  先问公正。\n  不问贵贱。")]))]
#[case::placeholder_outside("placeholder_outside", changed(&[("不先问贵不贵。", "拿不准打〔office.hotline〕。")]))]
#[case::empty_body("empty_body", with_body("\n"))]
#[case::markup_unclosed("markup_unclosed", with_body("第一行\n**没有合上\n\n还有*斜体，[链接](https://example.org\n"))]
#[case::bad_link("bad_link", with_body("见[附件](附件.docx)。\n"))]
#[case::unsupported(
    "unsupported",
    with_body(
        "<b>粗</b>\n\n![图](https://example.org/a.png)\n\n|甲|乙|\n|-|-|\n|1|2|\n\n`码`\n\n    空四格\n\n> 引用\n\n\
     分隔线\n---\n\n***\n\n- 一层\n  - 二层\n\n~~删去~~\n",
    )
)]
#[case::body_too_long("body_too_long", with_body(&"长".repeat(3500)))]
#[case::bracket_cut("bracket_cut", with_body("请打〔本单位**监督电话**〕，或者〔总机。\n"))]
fn each_fault_is_one_clear_line(#[case] name: &str, #[case] text: String) {
    assert_snapshot!(name, worded(&text));
}

fn item(slug: &str, code: &str) -> ItemSource {
    let text = changed(&[("slug: gift-no-threshold", &format!("slug: {slug}")), ("ZW-017", code)]);
    parse("gifts", slug, &text).unwrap()
}

#[test]
fn duplicates_name_the_other_file() {
    let files = [
        ("gifts/a.md".to_owned(), item("a", "ZW-001")),
        ("gifts/b.md".to_owned(), item("b", "ZW-001")),
        ("law/a.md".to_owned(), item("a", "ZW-003")),
    ];
    let lines: Vec<String> = duplicates(&files).iter().map(|(file, p)| problem(file, p)).collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn an_unknown_blank_names_the_setting_list() {
    let text = with_body("请打〔本单位监督电话，启用前必填〕或〔值班室〕，见国办函〔2026〕12号。\n");
    let item = parse("gifts", "gift-no-threshold", &text).unwrap();
    let known = [KnownSetting { key: "office.hotline", label: "本单位监督电话" }];
    let lines: Vec<String> = unknown_placeholders(&item, &known).iter().map(|p| problem("a.md", p)).collect();
    assert_snapshot!(lines.join("\n"), @"a.md：〔值班室〕没有对应的设置，请用qingfeng setting list查看可用的名称。");
}
