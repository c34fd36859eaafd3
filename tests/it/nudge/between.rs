//! What changes between the decision, the call and the press: people leave, are made one, lose their account; everything
//! stops; a deadline moves.

use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::roster::Stated;
use qingfeng::domain::word::Confirm;
use qingfeng::jobs::send;
use qingfeng::office::leave::Leave;
use qingfeng::office::merge::OtherName;
use qingfeng::office::push::levers;
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, plan};
use serde_json::json;

use super::{asked, beside, days, put_down, reminded, reminders};
use crate::db::databases;
use crate::people_chat::screen;
use crate::world::{OPERATOR, STUDY, World};

/// The morning of the deadline up to the decision; nothing is sent yet.
async fn decided(office: &World) {
    office.at(7, 9, 30).await;
    Box::pin(plan::plan(&office.ctx())).await.unwrap();
}

async fn call(office: &World) {
    Box::pin(send::step(&office.ctx(), &office.line())).await.unwrap();
}

/// The roster of today, without the first person.
pub(crate) async fn first_leaves(office: &World) {
    let unit = |n| {
        if n <= 5 {
            "综合科"
        } else if n <= 10 {
            "规划科"
        } else {
            "企业科"
        }
    };
    let kinds = |n| if n == 12 { "聘用" } else { "公职人员" };
    let person = |n| format!("S{n:02},白露{n},管委会/{},,,{},\n", unit(n), kinds(n));
    let rows: String = (2..=12).map(person).collect();
    let rows = qingfeng::render::sheet::read(format!("工号,姓名,单位,支部,职务,类别,顺序\n{rows}").as_bytes()).unwrap();
    let people = qingfeng::domain::roster::parse(&rows).unwrap();
    let stated = Stated { leaving: Some(1), ..Stated::default() };
    let ctx = office.ctx();
    let taken = office::roster::import_stated(&ctx, &OPERATOR, (&people, &stated), Mode::Apply);
    Box::pin(taken).await.unwrap();
}

#[tokio::test]
async fn who_left_is_neither_reminded_nor_anybodys_task() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        office.at(4, 10, 0).await;
        first_leaves(&office).await;
        decided(&office).await;
        call(&office).await;
        assert_eq!(reminded(&office).await, [(2, 1)], "{label}");
        // The other nine who are still here have no private chat.
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 1, 9)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_leaves_before_the_call_is_not_written_to_any_more() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        decided(&office).await;
        first_leaves(&office).await;
        call(&office).await;
        assert_eq!(reminded(&office).await, [], "{label}");
        assert_eq!(put_down(&office, id).await, [("cancelled", Some("no_target"))], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_reminder_follows_its_person_to_their_other_number() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        // Decided right before the noon rest, sent after it; the numbers are made one meanwhile.
        office.at(7, 11, 30).await;
        Box::pin(plan::plan(&office.ctx())).await.unwrap();
        office.at(7, 12, 0).await;
        office::merge::merge(&office.ctx(), &OPERATOR, ("S01", "S03"), OtherName::Stated).await.unwrap();
        office.at(7, 14, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1)], "{label}");
        office.at(7, 15, 0).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1)], "{label}: once");
        assert_eq!(beside(&office, id).await.nudged, 2, "{label}");
        let reminder = screen(&office, 1).await.id;
        assert_eq!(office.press(1, 1, &reminder, "已阅").await, "已记录（9月7日15:00），谢谢。", "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_confirmed_before_their_numbers_were_made_one_is_not_asked_again() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2]).await;
        let copy = office.newest(STUDY).await;
        office.press(1, STUDY, &copy, "已阅").await;
        office.at(4, 10, 0).await;
        office::merge::merge(&office.ctx(), &OPERATOR, ("S01", "S03"), OtherName::Stated).await.unwrap();
        // The other one confirms between the decision and the merge.
        decided(&office).await;
        assert_eq!(days(&office, id).await, [("2026-09-07".to_owned(), 1, 8)], "{label}");
        office.press(2, STUDY, &copy, "已阅").await;
        office::merge::merge(&office.ctx(), &OPERATOR, ("S02", "S04"), OtherName::Stated).await.unwrap();
        call(&office).await;
        assert_eq!(reminded(&office).await, [], "{label}");
        assert_eq!(put_down(&office, id).await, [("cancelled", Some("confirmed"))], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn two_instances_that_send_at_once_remind_once() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1, 2, 3]).await;
        let (one, two) = (office.ctx(), qingfeng::ctx::Ctx { boot: "two".to_owned(), ..office.ctx() });
        office.at(7, 9, 30).await;
        for ctx in [&one, &two] {
            Box::pin(plan::plan(ctx)).await.unwrap();
        }
        let line = office.line();
        let (first, second) = tokio::join!(Box::pin(send::step(&one, &line)), Box::pin(send::step(&two, &line)));
        first.and(second).unwrap();
        call(&office).await;
        assert_eq!(reminded(&office).await, [(1, 1), (2, 1), (3, 1)], "{label}");
        assert_eq!(beside(&office, id).await.nudged, 3, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_press_on_a_reminder_by_an_account_that_was_let_go_waits_for_who_is_bound_next() {
    for db in databases().await {
        let label = db.label;
        let (mut office, _) = asked(db, &[1]).await;
        decided(&office).await;
        call(&office).await;
        let reminder = screen(&office, 1).await.id;
        office::staff::unbind(&office.ctx(), &OPERATOR, "S01", None).await.unwrap();
        let told = office.press(1, 1, &reminder, "已阅").await;
        assert!(told.starts_with("已收到您的点击。还差一步：绑定工号"), "{label}: {told}");
        let gone = "这个按钮已经失效，没有记录，请以最新的一条为准。";
        for button in ["我在休假或出差", "不再私聊提醒"] {
            assert_eq!(office.press(1, 1, &reminder, button).await, gone, "{label}: {button}");
        }
        assert_eq!(office.report().await["required"]["acked"], 0, "{label}");
        office.at(7, 18, 0).await;
        let bound = office.bind(1).await;
        assert!(bound.contains("已经补记"), "{label}: {bound}");
        assert_eq!(office.report().await["required"]["on_time"], 1, "{label}: by the time of the press");
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn what_was_held_up_until_after_the_deadline_reminds_nobody() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        decided(&office).await;
        office::halt::pause(&office.ctx(), &OPERATOR, "").await.unwrap();
        call(&office).await;
        office.at(7, 17, 30).await;
        office::halt::resume(&office.ctx(), &OPERATOR).await.unwrap();
        office.work().await;
        office.at(8, 9, 30).await;
        office.work().await;
        assert_eq!(reminded(&office).await, [], "{label}");
        assert_eq!(put_down(&office, id).await.iter().map(|row| row.0).collect::<Vec<_>>(), ["expired"], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_deadline_that_moves_after_the_reminder_brings_no_second_one_and_its_button_keeps_to_it() {
    for db in databases().await {
        let label = db.label;
        let (mut office, _) = asked(db, &[1]).await;
        decided(&office).await;
        call(&office).await;
        let reminder = screen(&office, 1).await.id;
        let day = |day| chrono::NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
        let (staff_no, category) = ("S01".to_owned(), LeaveCategory::Trip);
        let trip = Leave { staff_no, category, from: day(7), to: Some(day(8)) };
        office::leave::add(&office.ctx(), &OPERATOR, &trip).await.unwrap();
        for day in 8..=10 {
            office.at(day, 9, 30).await;
            office.work().await;
        }
        assert_eq!(reminders(&office, 1).await.len(), 1, "{label}");
        office.at(10, 17, 29).await;
        assert_eq!(office.press(1, 1, &reminder, "已阅").await, "已记录（9月10日17:29），谢谢。", "{label}");
        assert_eq!(office.report().await["required"]["on_time"], json!(1), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_reminder_that_turns_up_after_its_push_was_taken_back_is_deleted_whichever_button_tells() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        let lost = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": 1, "times": 1, "fault": lost})).await;
        decided(&office).await;
        call(&office).await;
        let recalled = levers::recall(&office.ctx(), &OPERATOR, id, "内容有误").await.unwrap();
        assert_eq!(recalled.reminders, [0, 1], "{label}: nobody knows which message it is");
        let reminder = screen(&office, 1).await;
        office.press(1, 1, &reminder.id, "不再私聊提醒").await;
        office.later(2).await;
        office.work().await;
        assert_ne!(screen(&office, 1).await.id, reminder.id, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_push_that_cannot_be_read_keeps_nobody_from_being_reminded_of_another() {
    for db in databases().await {
        let label = db.label;
        let (mut office, id) = asked(db, &[1]).await;
        office::content::sync(&office.ctx(), &OPERATOR, &crate::quiz::items(crate::quiz::SINGLE)).await.unwrap();
        crate::quiz::set(&office, "quiz.enabled", "on").await;
        let spoiled = office.push_now(Some(Confirm::Required)).await.push.id;
        office.later(2).await;
        office.work().await;
        office.behind_its_back("UPDATE item_version SET quiz = '{' WHERE quiz <> ''".to_owned()).await;
        office.at(7, 9, 30).await;
        assert!(Box::pin(plan::plan(&office.ctx())).await.is_err(), "{label}");
        call(&office).await;
        assert_eq!(reminded(&office).await, [(1, 1)], "{label}");
        assert_eq!((days(&office, id).await.len(), days(&office, spoiled).await.len()), (1, 0), "{label}");
        office.stop().await;
    }
}
