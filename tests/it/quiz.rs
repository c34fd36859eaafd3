//! Questions after an item: asked in the group or in private, answered to the presser alone, counted for nobody by name.

use qingfeng::domain::content::{ItemSource, parse};
use qingfeng::domain::tag::Verb;
use qingfeng::ids::AttemptId;
use qingfeng::office::push::{Shown, levers};
use qingfeng::office::{self, delivery, quiz};
use serde_json::{Value, json};

use crate::db::{TestDb, databases};
use crate::world::{OPERATOR, STUDY, World};

mod figures;
mod private;

pub(crate) const SINGLE: &str =
    "  - question: 先看什么？\n    options: [价钱, 公正, 节日]\n    answer: B\n    explain: 没有起点金额。\n";

pub(crate) const SEVERAL: &str = "  - question: 先看什么？\n    options: [价钱, 公正, 节日]\n    answer: B\n    explain: 没有起点金额。\n  - question: 哪些是处分？\n    options: [警告, 罚款, 开除]\n    answers: AC\n    explain: 罚款不是处分。\n";

/// The items of the small office, the voluntary one with these questions.
pub(crate) fn items(quiz: &str) -> Vec<ItemSource> {
    let item = |slug: &str, theme: &str, code: &str, quiz: &str| {
        let text = format!(
            "---\nslug: {slug}\ntheme: {theme}\ntitle: 题目{code}\naudience: 全体\n\
             basis: 《中华人民共和国监察法》（2025年6月1日起施行）第六条\narticle_text: 条文。\ntakeaway: 一句话。\n\
             verified_on: 2026-07-17\nchecked_by: 机关党委办公室\ncode: {code}\n{quiz}---\n正文。\n"
        );
        parse(theme, slug, &text).unwrap()
    };
    vec![item("gift", "gifts", "LP-001", &format!("quiz:\n{quiz}")), item("feast", "festival", "JQ-2026-01", "")]
}

pub(crate) async fn set(office: &World, key: &str, value: &str) {
    office::setting::set(&office.ctx(), &OPERATOR, key, value).await.unwrap();
}

/// An office that asks, whose first people are bound.
pub(crate) async fn asking(db: TestDb, quiz: &str, bound: i64) -> World {
    let mut office = World::new(db).await;
    office::content::sync(&office.ctx(), &OPERATOR, &items(quiz)).await.unwrap();
    set(&office, "quiz.enabled", "on").await;
    office::db::set_bot_name(&office.ctx().store, office.line().id, "qingfeng_bot").await.unwrap();
    for user in 1..=bound {
        Box::pin(office.bind(user)).await;
    }
    office
}

/// The item goes out to the study group; its message there.
pub(crate) async fn push(office: &World) -> (Shown, String) {
    let pushed = office.push_now(None).await;
    // A group gets one message a second.
    office.later(2).await;
    office.work().await;
    (pushed, office.newest(STUDY).await)
}

/// The message as the group sees it: its text, and its buttons row by row.
pub(crate) async fn shown(office: &World) -> (String, Vec<Vec<Value>>) {
    let view = office.server.look(&format!("view?user=1&chat={STUDY}")).await;
    let message = view["messages"].as_array().unwrap().iter().rfind(|m| m["from"]["bot"] == true).unwrap().clone();
    let rows = message["buttons"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect();
    (message["text"].as_str().unwrap().to_owned(), rows)
}

fn labels(row: &[Value]) -> Vec<&str> {
    row.iter().map(|button| button["text"].as_str().unwrap()).collect()
}

/// Every stored answer as (question, which, chosen, right).
pub(crate) async fn stored(office: &World, push: &Shown) -> Vec<(i64, i64, i64, bool)> {
    let mut tx = office.ctx().store.read().await.unwrap();
    let rows = qingfeng::store::quiz::of_pushes(&mut tx, &[push.push.id]).await.unwrap();
    rows.iter().map(|row| (row.question, row.n, row.chosen, row.is_right)).collect()
}

/// A press with data that a forged client sends; the answer.
pub(crate) async fn forged(office: &mut World, (user, chat): (i64, i64), message: &str, data: &str) -> String {
    let press = json!({"user": user, "chat": chat, "message_id": message.parse::<i64>().unwrap(), "data": data});
    let ids = office.server.order("press", json!({ "presses": [press] })).await;
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    let pressed = ledger["pressed"].as_array().unwrap();
    let mine = pressed.iter().find(|press| press["callback_id"] == ids["callback_ids"][0]).unwrap();
    mine["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
}

/// The copy that the push made in the group.
pub(crate) async fn copy(office: &World, push: &Shown) -> AttemptId {
    let shown = office::push::show(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
    shown.deliveries[0].1[0].id
}

#[tokio::test]
async fn a_question_is_asked_once_it_is_switched_on_and_never_under_what_is_out() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 1).await;
        set(&office, "quiz.enabled", "off").await;
        push(&office).await;
        let (text, rows) = shown(&office).await;
        assert!(!text.contains("先看什么") && rows.len() == 1, "{label}: {text}");
        set(&office, "quiz.enabled", "on").await;
        // A count that changes makes the words anew.
        let before = office.newest(STUDY).await;
        office.press(1, STUDY, &before, "已阅").await;
        office.later(20).await;
        office.work().await;
        assert_eq!(shown(&office).await.1.len(), 1, "{label}: it went out without");
        let (_, message) = push(&office).await;
        let (text, rows) = shown(&office).await;
        assert!(text.contains("【小题】先看什么？\nA．价钱\nB．公正\nC．节日"), "{label}: {text}");
        assert_eq!(
            rows.iter().map(|row| labels(row)).collect::<Vec<_>>(),
            [vec!["已阅", "看原文"], vec!["A", "B", "C"]]
        );
        set(&office, "quiz.enabled", "off").await;
        set(&office, "quiz.attempts", "3").await;
        assert_eq!(
            office.press(1, STUDY, &message, "A").await,
            "正确答案是B。没有起点金额。（第六条）",
            "{label}: as it was made"
        );
        office.stop().await;
    }
}

#[tokio::test]
async fn an_office_that_set_nothing_asks_nothing() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office::content::sync(&office.ctx(), &OPERATOR, &items(SINGLE)).await.unwrap();
        push(&office).await;
        let (text, rows) = shown(&office).await;
        assert!(text.contains("正文。") && !text.contains("先看什么"), "{text}");
        assert_eq!(rows.iter().map(|row| labels(row)).collect::<Vec<_>>(), [vec!["已阅", "看原文"]]);
        office.stop().await;
    }
}

#[tokio::test]
async fn an_option_is_answered_to_its_presser_and_confirms_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 3).await;
        let (pushed, message) = push(&office).await;
        let entries = office.entries_of_ledger().await;
        assert_eq!(office.press(1, STUDY, &message, "B").await, "答对了。没有起点金额。（第六条）", "{label}");
        assert_eq!(office.press(2, STUDY, &message, "A").await, "正确答案是B。没有起点金额。（第六条）", "{label}");
        assert_eq!(office.entries_of_ledger().await, entries + 2, "{label}: one entry a batch");
        assert_eq!(office.press(1, STUDY, &message, "A").await, "您已经答对过。没有起点金额。（第六条）", "{label}");
        assert_eq!(
            office.press(2, STUDY, &message, "B").await,
            "您已答过，正确答案是B。没有起点金额。（第六条）",
            "{label}"
        );
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 2, true), (0, 1, 1, false)], "{label}");
        assert_eq!(office.report().await["voluntary"]["acked"], 0, "{label}: nobody confirmed");
        let tail = office::audit::tail(&office.ctx(), &OPERATOR, 2).await.unwrap();
        for entry in &tail {
            assert_eq!(entry.action, "quiz_batch", "{label}");
            let detail: Value = serde_json::from_str(&entry.detail).unwrap();
            let keys: Vec<&str> = detail.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!((keys, &detail["count"]), (vec!["count", "mac"], &json!(1)), "{label}: no answer");
        }
        assert!(office.verified().await, "{label}");
        // The answer is an alert, and nothing is said in the chat.
        let ledger = office.server.look("ledger").await;
        let answers = ledger["pressed"].as_array().unwrap().iter().filter(|press| press["chat"] == STUDY);
        assert!(answers.clone().count() == 4 && answers.clone().all(|press| press["answered"]["show_alert"] == true));
        assert_eq!(office.press(3, STUDY, &message, "已阅").await, "已记录（9月1日09:30），谢谢。", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn presses_of_one_batch_count_one_after_the_other() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 2).await;
        let (pushed, message) = push(&office).await;
        let number: i64 = message.parse().unwrap();
        let press =
            |user: i64, button: &str| json!({"user": user, "chat": STUDY, "message_id": number, "button": button});
        let presses = [press(1, "A"), press(1, "B"), press(1, "已阅"), press(2, "B"), press(1, "C")];
        office.server.order("press", json!({ "presses": presses })).await;
        office.poll().await;
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 1, false), (0, 1, 2, true)], "{label}: the first of each");
        assert_eq!(office.report().await["voluntary"]["acked"], 1, "{label}");
        let ledger = office.server.look("ledger").await;
        let told: Vec<&str> = ledger["pressed"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|press| press["chat"] == STUDY)
            .map(|press| press["answered"]["text"].as_str().unwrap())
            .collect();
        assert!(told[0].starts_with("正确答案是B") && told[1].starts_with("您已答过"), "{label}: {told:?}");
        assert!(told[2].starts_with("已记录") && told[3].starts_with("答对了"), "{label}: {told:?}");
        office.stop().await;
    }
}

#[tokio::test]
async fn an_answer_may_be_given_as_often_as_is_set_and_the_key_is_told_last() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 1).await;
        set(&office, "quiz.attempts", "2").await;
        let (pushed, message) = push(&office).await;
        let first = office.press(1, STUDY, &message, "A").await;
        assert_eq!(first, "这次没有答对，还可以再答1次。可以先看看第六条。", "{label}");
        assert!(office.press(1, STUDY, &message, "C").await.starts_with("正确答案是B"), "{label}");
        assert!(office.press(1, STUDY, &message, "B").await.starts_with("您已答过"), "{label}");
        assert_eq!(stored(&office, &pushed).await.len(), 2, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn the_longest_explanation_that_is_let_in_is_told_whole_in_one_alert() {
    let (longest, basis) = ("长".repeat(180), "《某办法》（2020年7月1日起施行）第九条");
    let written = |explain: &str| SINGLE.replace("没有起点金额。", explain);
    let text = |quiz: &str| {
        let front = "slug: gift\ntheme: gifts\ntitle: 题目\naudience: 全体\narticle_text: 条文。\ntakeaway: 一句话。";
        format!(
            "---\n{front}\nbasis: {basis}\nverified_on: 2026-07-17\nchecked_by: 机关党委办公室\ncode: LP-001\nquiz:\n{quiz}---\n正文。\n"
        )
    };
    assert!(parse("gifts", "gift", &text(&written(&longest))).is_ok());
    assert!(parse("gifts", "gift", &text(&written(&format!("{longest}。")))).is_err(), "one more");
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, &written(&longest), 2).await;
        set(&office, "quiz.attempts", "2").await;
        let (_, message) = push(&office).await;
        for (user, option) in [(1, "B"), (1, "A"), (2, "A"), (2, "C"), (2, "B")] {
            let told = office.press(user, STUDY, &message, option).await;
            assert!(told.encode_utf16().count() <= 200, "{label}: {told}");
            let hint = told.starts_with("这次没有答对");
            assert!(hint || told.contains(&longest) && told.ends_with("（第六条）"), "{label}: {told}");
        }
        office.stop().await;
    }
}

#[tokio::test]
async fn what_may_not_be_answered_is_told_so_and_not_stored() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 2).await;
        let (pushed, message) = push(&office).await;
        let hint = office.press(5, STUDY, &message, "B").await;
        assert!(hint.starts_with("答题前还差一步：绑定工号"), "{label}: {hint}");
        let attempt = copy(&office, &pushed).await;
        let keys = office.ctx().store.keys().clone();
        let tag = |option| delivery::tag(&keys, Verb::Answer, quiz::link::pack(attempt, option).unwrap());
        assert_eq!(forged(&mut office, (1, STUDY), &message, &tag(5)).await, "没有这个选项，没有记录。", "{label}");
        assert_eq!(forged(&mut office, (1, STUDY), &message, &tag(7)).await, "没有这个选项，没有记录。", "{label}");
        let altered = format!("{}9{}", &tag(1)[..2], &tag(1)[2..]);
        assert!(forged(&mut office, (1, STUDY), &message, &altered).await.starts_with("这个按钮已经失效"), "{label}");
        // Its own button under another message of ours, there and in private.
        let (other, later) = push(&office).await;
        let foreign = "这个按钮不属于这条消息，没有记录，请点原来那一条。";
        assert_eq!(forged(&mut office, (1, STUDY), &later, &tag(1)).await, foreign, "{label}");
        let private = office.newest(1).await;
        assert_eq!(forged(&mut office, (1, 1), &private, &tag(1)).await, foreign, "{label}");
        let unasked = delivery::tag(&keys, Verb::Answer, quiz::link::pack(AttemptId(9_999), 1).unwrap());
        assert!(forged(&mut office, (1, STUDY), &message, &unasked).await.starts_with("这个按钮已经失效"), "{label}");
        levers::recall(&office.ctx(), &OPERATOR, other.push.id, "内容有误").await.unwrap();
        let recalled = office.press(1, STUDY, &later, "B").await;
        assert_eq!(recalled, "本条已撤回，不用答题，请以新发的一条为准。", "{label}");
        // Figures of September are taken on the third workday of October, the 10th, at 18:00.
        office.at(40, 17, 59).await;
        assert!(office.press(2, STUDY, &message, "A").await.starts_with("正确答案是B"), "{label}");
        assert_eq!(stored(&office, &pushed).await.len(), 1, "{label}");
        office.at(40, 18, 0).await;
        let closed = office.press(1, STUDY, &message, "B").await;
        assert_eq!(closed, "9月统计已截止，不再收答案，这次没有记录。", "{label}");
        assert_eq!(stored(&office, &pushed).await.len(), 1, "{label}");
        assert!(stored(&office, &other).await.is_empty(), "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}
