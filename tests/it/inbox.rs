//! Inbox first: what is confirmed to the platform is stored, and what is said is stored.

use std::time::Duration;

use qingfeng::channel::RawUpdate;
use qingfeng::domain::audit::Action;
use qingfeng::domain::policy::Role;
use qingfeng::domain::setting::Key;
use qingfeng::inbox::effect::Effect;
use qingfeng::inbox::intake;
use qingfeng::office::{self, Refusal};
use qingfeng::store::StoreError;
use serde_json::json;

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

#[tokio::test]
async fn a_press_is_not_confirmed_to_the_platform_before_it_is_stored() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message: i64 = office.newest(STUDY).await.parse().unwrap();
        let press = json!({"user": 1, "chat": STUDY, "message_id": message, "button": "已阅"});
        office.server.order("press", json!({ "presses": [press] })).await;
        // The database is gone when the press comes in: nothing is confirmed, nothing is said.
        office.ctx().store.close().await;
        let failed = office.poller.as_mut().unwrap().once(Duration::ZERO).await;
        assert!(failed.is_err(), "{label}");
        office.poller.as_mut().unwrap().once(Duration::ZERO).await.unwrap_err();
        let ledger = office.server.look("ledger").await;
        assert_eq!(ledger["pressed"].as_array().unwrap().last().unwrap()["answered"], json!(null), "{label}");
        // It comes back, and so does the press.
        office.stop().await;
        office.start().await;
        office.poll().await;
        let ledger = office.server.look("ledger").await;
        let text = &ledger["pressed"].as_array().unwrap().last().unwrap()["answered"]["text"];
        assert_eq!(text, "已记录（9月1日09:30），谢谢。", "{label}");
        assert_eq!(office.report().await["voluntary"]["acked"], 1, "{label}");
    }
}

#[tokio::test]
async fn an_update_delivered_again_counts_once_and_gets_the_same_answer() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message: i64 = office.newest(STUDY).await.parse().unwrap();
        let press = json!({"user": 1, "chat": STUDY, "message_id": message, "button": "已阅"});
        office.server.order("press", json!({ "presses": [press] })).await;
        // What the platform would deliver again after a crash between the commit and the next poll.
        let raw = office.server.ok("getUpdates", json!({})).await[0].clone();
        let id = raw["update_id"].as_i64().unwrap();
        let batch = [RawUpdate { event_id: id.to_string(), id, raw: raw.to_string() }];
        let first = intake::take(&office.ctx(), &office.line(), &batch).await.unwrap();
        office.later(30).await;
        let again = intake::take(&office.ctx(), &office.line(), &batch).await.unwrap();
        assert!(
            matches!(&first[..], [Effect::Answer(due)] if due.answer.text == "已记录（9月1日09:30），谢谢。"),
            "{first:?}"
        );
        assert_eq!(first, again);
        assert_eq!(office.report().await["voluntary"]["acked"], 1);
        assert!(office.verified().await);
        office.stop().await;
    }
}

#[tokio::test]
async fn forged_and_foreign_data_is_refused_and_changes_nothing() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.push_now(None).await;
        office.work().await;
        let message: i64 = office.newest(STUDY).await.parse().unwrap();
        for data in ["1a1.000000000000", "1a1", "", "x", "1a99999999999999999999.0", "1y1.000000000000"] {
            let press = json!({"user": 2, "chat": STUDY, "message_id": message, "data": data});
            office.server.order("press", json!({ "presses": [press] })).await;
        }
        office.poll().await;
        let ledger = office.server.look("ledger").await;
        let answers = ledger["pressed"].as_array().unwrap().iter().skip(1).map(|p| p["answered"]["text"].clone());
        assert!(
            answers.clone().count() == 6
                && answers.clone().all(|a| a == "这个按钮已经失效，没有记录，请以最新的一条为准。")
        );
        assert_eq!(office.report().await["voluntary"]["acked"], 0);
        office.stop().await;
    }
}

#[tokio::test]
async fn codes_are_read_kindly_and_guessing_is_paused() {
    for db in databases().await {
        let mut office = World::new(db).await;
        let hello = office.say(1, "/start").await;
        assert!(hello.contains("绑定前请先看") && hello.ends_with("同意就请发送纸条上的8位绑定码。"), "{hello}");
        let code = office.invite(1).await;
        let question = office.say(1, &code.to_lowercase()).await;
        assert_eq!(question, "请核对：白*，综合科，工号尾号01。是您本人吗？");
        let message = office.newest(1).await;
        office.press(1, 1, &message, "不是我").await;
        let declined = office.sent(1).await.pop().unwrap();
        assert_eq!(declined["text"], "没有绑定，这个码仍然有效。请把纸条交还发放人。");
        for left in [4, 3, 2, 1] {
            let wrong = format!("没有找到这个绑定码，请核对（码里没有0、O、1、I）。还可以试{left}次。");
            assert_eq!(office.say(1, "AAAA-AAAA").await, wrong);
        }
        assert!(office.say(1, "AAAA-AAAA").await.contains("请在10:00以后再试"));
        assert!(office.say(1, &code).await.contains("请在10:00以后再试"));
        office.later(1800).await;
        office.say(1, &code).await;
        let message = office.newest(1).await;
        office.press(1, 1, &message, "是我，绑定").await;
        assert!(office.say(1, &code).await.starts_with("您已经绑定好了"));
        assert!(office.say(2, &code).await.starts_with("这个码已经用过"));
        let people = qingfeng::office::staff::list(&office.ctx(), &OPERATOR).await.unwrap();
        assert_eq!(people.iter().filter(|person| person.bound).count(), 1);
        office.stop().await;
    }
}

#[tokio::test]
async fn what_people_read_about_themselves_is_masked() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(3).await;
        let mine = office.say(3, "/mydata").await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(mine, @r"
            这里保存了您的：
            白*，综合科，工号尾号03
            绑定时间：9月1日09:30
            点“已阅”的时间：共0条
            更正或删除，请联系机关党委办公室（内线见通讯录）。
            ");
        }
        let ledger = office.server.look("ledger").await;
        assert!(!ledger.to_string().contains("白露"), "a full name went out");
        office.stop().await;
    }
}

/// A rule of the database that only the press of one person breaks.
async fn poison(office: &World, staff: i64) {
    let sql = match office.db.label {
        "sqlite" => format!(
            "CREATE TRIGGER poison BEFORE INSERT ON ack WHEN NEW.staff_id = {staff} BEGIN SELECT RAISE(ABORT, 'poison'); END"
        ),
        _ => format!("ALTER TABLE ack ADD CONSTRAINT poison CHECK (staff_id <> {staff})"),
    };
    office.behind_its_back(sql).await;
}

#[tokio::test]
async fn a9_one_poison_press_never_costs_the_others_and_is_set_aside() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(4).await;
        office::role::grant(&office.ctx(), &OPERATOR, "S04", Role::Admin).await.unwrap();
        for user in 1..=3 {
            office.bind(user).await;
        }
        office.push_now(None).await;
        office.work().await;
        poison(&office, 2).await;
        let message: i64 = office.newest(STUDY).await.parse().unwrap();
        let press = |user| json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
        office.server.order("press", json!({ "presses": [press(1), press(2), press(3)] })).await;
        office.poll().await;
        let ledger = office.server.look("ledger").await;
        let pressed = ledger["pressed"].as_array().unwrap();
        let answers: Vec<&str> = pressed[4..].iter().map(|p| p["answered"]["text"].as_str().unwrap()).collect();
        let recorded = "已记录（9月1日09:30），谢谢。";
        assert_eq!(answers, [recorded, "系统忙，这次还没有记录，请过几分钟再点一次。", recorded], "{label}");
        assert_eq!(office.report().await["voluntary"]["acked"], 2, "{label}");
        // It is tried again with each poll, three times in all, and then set aside with its text.
        office.say(1, "/help").await;
        office.say(1, "/help").await;
        let ctx = office.ctx();
        let mut tx = ctx.store.read().await.unwrap();
        let waiting = qingfeng::store::inbox::waiting(&mut tx, office.line().id, 10).await.unwrap();
        assert!(waiting.is_empty(), "{label}: {waiting:?}");
        assert_eq!(qingfeng::store::inbox::standing(&mut tx).await.unwrap(), (0, 1), "{label}");
        drop(tx);
        // The admin is told once, however many follow that day.
        office.work().await;
        let told = office.sent(4).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(told.starts_with("【管理员】有人发来的一次操作多次处理不了"), "{label}: {told}");
        let entries = office::audit::tail(&ctx, &OPERATOR, i64::MAX).await.unwrap();
        assert_eq!(entries.iter().filter(|entry| entry.action == Action::UpdateAside.as_str()).count(), 1, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_setting_that_cannot_be_read_erases_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.say(1, "/help").await;
        let ctx = office.ctx();
        let mut tx = ctx.store.write().await.unwrap();
        qingfeng::store::setting::put(&mut tx, Key::InboxDays, "three", ctx.now()).await.unwrap();
        tx.commit().await.unwrap();
        office.at(30, 9, 30).await;
        let refused = qingfeng::office::inbox::tidy(&ctx).await;
        assert!(matches!(refused, Err(Refusal::Store(StoreError::Unreadable(_)))), "{label}: {refused:?}");
        let mut tx = ctx.store.write().await.unwrap();
        assert!(qingfeng::store::inbox::forget(&mut tx, ctx.now(), 9).await.unwrap() > 0, "{label}");
        drop(tx);
        office.stop().await;
    }
}
