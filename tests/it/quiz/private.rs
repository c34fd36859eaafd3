//! More than one question, or one with several right options: in private, one after another.

use super::{SEVERAL, asking, labels, push, set, shown, stored};
use crate::db::databases;
use crate::people_chat::{screen, tap};
use crate::world::World;

/// Opens the link under the newest item; what is asked.
async fn open(office: &mut World, user: i64) -> String {
    let (_, rows) = shown(office).await;
    let url = rows[1][0]["url"].as_str().unwrap().to_owned();
    let code = url.split_once("?start=").unwrap().1;
    office.say(user, &format!("/start {code}")).await
}

#[tokio::test]
async fn questions_come_one_after_another_and_the_end_explains() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SEVERAL, 2).await;
        let (pushed, _) = push(&office).await;
        let (text, rows) = shown(&office).await;
        assert!(!text.contains("先看什么"), "{label}: {text}");
        assert_eq!(labels(&rows[1]), ["答题（私聊，2题）"], "{label}");
        open(&mut office, 1).await;
        let first = screen(&office, 1).await;
        insta::allow_duplicates! { insta::assert_snapshot!("first", first.read()) };
        let second = tap(&mut office, 1, "A").await;
        insta::allow_duplicates! { insta::assert_snapshot!("second", second.read()) };
        tap(&mut office, 1, "A").await;
        assert_eq!(stored(&office, &pushed).await.len(), 1, "{label}: marks are no answer");
        tap(&mut office, 1, "C").await;
        let end = tap(&mut office, 1, "选好了").await;
        insta::allow_duplicates! { insta::assert_snapshot!("end", end.read()) };
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 1, false), (1, 1, 5, true)], "{label}");
        assert_eq!(office.report().await["voluntary"]["acked"], 0, "{label}: nobody confirmed");
        let again = open(&mut office, 1).await;
        assert!(again.contains("答完了：2题，答对1题"), "{label}: {again}");
        assert_eq!(stored(&office, &pushed).await.len(), 2, "{label}: nothing is left to answer");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn whoever_stops_half_way_goes_on_there() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SEVERAL, 1).await;
        let (pushed, _) = push(&office).await;
        open(&mut office, 1).await;
        tap(&mut office, 1, "B").await;
        office.stop().await;
        office.start().await;
        tap(&mut office, 1, "A").await;
        let later = tap(&mut office, 1, "先不答了").await;
        assert!(later.text.contains("答过的题已经记下"), "{label}: {}", later.text);
        let again = open(&mut office, 1).await;
        assert!(again.contains("第2题，共2题"), "{label}: {again}");
        tap(&mut office, 1, "C").await;
        let end = tap(&mut office, 1, "选好了").await;
        assert!(end.text.contains("答对1题") && end.text.contains("您选的是C"), "{label}: {}", end.text);
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 2, true), (1, 1, 4, false)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_was_wrong_may_be_answered_again_as_often_as_is_set() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SEVERAL, 1).await;
        set(&office, "quiz.attempts", "2").await;
        set(&office, "quiz.score", "best").await;
        let (pushed, _) = push(&office).await;
        open(&mut office, 1).await;
        tap(&mut office, 1, "A").await;
        for mark in ["A", "C"] {
            tap(&mut office, 1, mark).await;
        }
        let end = tap(&mut office, 1, "选好了").await;
        assert!(end.text.contains("还可以再答1次") && !end.text.contains("没有起点金额"), "{label}: {}", end.text);
        let again = open(&mut office, 1).await;
        assert!(again.contains("第1题，共2题"), "{label}: {again}");
        let end = tap(&mut office, 1, "B").await;
        assert!(end.text.contains("答完了：2题，答对2题"), "{label}: {}", end.text);
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 1, false), (0, 2, 2, true), (1, 1, 5, true)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn links_that_lead_nowhere_say_so() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SEVERAL, 1).await;
        let (pushed, _) = push(&office).await;
        let stranger = open(&mut office, 2).await;
        assert!(stranger.contains("绑定前请先看"), "{label}: {stranger}");
        let forged = office.say(1, "/start quiz_1z1-000000000000").await;
        assert!(forged.starts_with("这个链接已经失效"), "{label}: {forged}");
        open(&mut office, 1).await;
        let ctx = office.ctx();
        qingfeng::office::push::levers::recall(&ctx, &crate::world::OPERATOR, pushed.push.id, "内容有误")
            .await
            .unwrap();
        let end = tap(&mut office, 1, "B").await;
        assert_eq!(end.text, "本条已撤回，不用答题，请以新发的一条为准。", "{label}");
        assert!(stored(&office, &pushed).await.is_empty(), "{label}");
        office.stop().await;
    }
}
