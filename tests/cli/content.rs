//! Item files: every problem is told by file, line and key, and nothing is taken in.

use crate::office::{Office, item, shipped};

fn token() -> String {
    item("token", "gifts", "LP-101", "价低也是礼")
}

#[test]
fn the_shipped_items_pass() {
    let office = Office::new();
    assert!(office.run(&format!("content check {}", shipped())).done().ends_with("条内容都没有问题\n"));
}

#[test]
fn bad_items_are_refused_whole() {
    let office = Office::ready();
    let items = office.run("content list").done();
    let good = token();
    let bad: [(&str, Vec<u8>); 12] = [
        ("无资料栏", "价低也是礼\n".into()),
        ("未知键", good.replace("takeaway:", "author: 某人\ntakeaway:").into()),
        ("短名不符", good.replace("slug: token", "slug: other").into()),
        ("原文过长", good.replace("以象征性低价收款的物品。", &"法".repeat(181)).into()),
        ("正文过长", good.replace("价低也是礼", &"礼".repeat(4200)).into()),
        ("标记没有成对", good.replace("价低也是礼", "价低**也是礼").into()),
        ("编码", vec![0xb9, 0xa4, 0xba, 0xc5]),
        ("日期", good.replace("2026-07-17", "2026年7月17日").into()),
        ("依据", good.replace("（1988年12月1日发布施行）第四条", "").into()),
        ("没有设置的待填项", good.replace("价低也是礼", "打〔区号〕").into()),
        ("全角冒号", good.replace("theme: gifts", "theme：gifts").into()),
        ("方式", good.replace("code:", "confirm: must\ncode:").into()),
    ];
    let answers = bad.map(|(what, bytes)| {
        office.write("content/items/gifts/token.md", &bytes);
        let checked = office.run("content check").refused();
        assert_eq!(office.refuses("content sync"), format!("$ qingfeng content sync\n{checked}"));
        format!("# {what}\n{checked}")
    });
    insta::assert_snapshot!(answers.join(""));
    assert_eq!(office.run("content list").done(), items);
}

#[test]
fn f10_a_question_without_a_key_or_with_two_is_refused_whole() {
    let office = Office::ready();
    let with = |key: &str| {
        let quiz = format!("quiz:\n  - question: 问？\n    options: [甲, 乙]\n{key}    explain: 释。\ncode:");
        token().replacen("code:", &quiz, 1)
    };
    for (key, told) in [("", "第1题没有写正确答案"), ("    answer: AB\n", "第1题是单选，却写了2个答案“AB”")]
    {
        office.item("gifts/token", &with(key));
        let refused = office.run("content check").refused();
        assert!(refused.contains(told), "{refused}");
        assert_eq!(office.run("content sync").refused(), refused);
    }
    office.item("gifts/token", &with("    answer: B\n"));
    assert!(office.run("content sync").done().starts_with("新增0条，更新1条"));
    assert!(office.run("content show token").done().contains("小题1：问？（甲／乙）正确答案B。释。"));
}

#[test]
fn a_slug_and_a_number_are_used_once() {
    let office = Office::ready();
    office.item("reception/token", &item("token", "reception", "LP-101", "价低也是礼"));
    insta::assert_snapshot!(office.refuses("content sync"));
}

#[test]
fn a_byte_order_mark_and_other_line_ends_are_accepted() {
    let office = Office::ready();
    office.item("gifts/token", &format!("\u{feff}{}", token().replace('\n', "\r\n")));
    assert!(office.run("content sync").done().starts_with("新增0条，更新0条，撤下0条，不变2条"));
}

#[test]
fn a_changed_item_is_a_new_version_and_a_deleted_one_is_withdrawn() {
    let office = Office::ready();
    office.item("gifts/token", &token().replace("价低也是礼", "价低也算礼"));
    std::fs::remove_file(office.path("content/items/notice/hotline.md")).unwrap();
    insta::assert_snapshot!("synced", office.run("content sync").done());
    insta::assert_snapshot!("listed", office.run("content list").done());
    insta::assert_snapshot!("shown", office.run("content show token").done());
    insta::assert_snapshot!("no_such_item", office.refuses("content show six-kind"));
}

#[test]
fn a_folder_without_items_is_named() {
    let office = Office::ready();
    office.write("空/items/gifts/note.txt", b"");
    let lines = ["content check 没有", "content check 空"];
    insta::assert_snapshot!(lines.map(|line| office.refuses(line)).join(""));
}
