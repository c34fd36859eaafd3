//! Codes: the notice before anything, how long they are good, whose they are.

use qingfeng::office;
use qingfeng::office::staff::{Invitees, invite};

use super::{ADMIN, OTHER_ADMIN, PHONE, STRANGER, staffed};
use crate::db::databases;
use crate::world::{OPERATOR, STUDY};

const NOTICE: &str = "您好，我是本单位机关党委的廉政学习提醒机器人。绑定前请先看：";

#[tokio::test]
async fn the_notice_comes_before_anything_is_bound_in_every_order() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        // The notice first, as for most people; the code alone after it.
        assert!(office.say(3, "/start").await.starts_with(NOTICE), "{label}");
        let code = office.invite(3).await;
        let asked = office.say(3, &code).await;
        assert_eq!(asked, "请核对：白*，综合科，工号尾号03。是您本人吗？", "{label}");
        assert!(!office.is_bound("S03").await, "{label}");
        assert!(office.tap(3, "是我，绑定").await.starts_with("绑定好了。"), "{label}");
        // The code first, and by the link on the slip.
        for (user, typed) in [(4, office.invite(4).await), (5, format!("/start {}", office.invite(5).await))] {
            let both = office.say(user, &typed).await;
            assert!(both.starts_with(NOTICE), "{label}: {both}");
            assert!(both.contains(&format!("请核对：白*，综合科，工号尾号0{user}。是您本人吗？")), "{label}: {both}");
            assert!(both.ends_with("同意并且是您本人，请点“是我，绑定”；不同意请不要点。"), "{label}: {both}");
            assert!(!office.is_bound(&format!("S0{user}")).await, "{label}");
            assert!(office.tap(user, "是我，绑定").await.starts_with("绑定好了。"), "{label}");
        }
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_code_is_good_for_workdays_and_the_office_says_how_many() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        let code = office.invite(3).await;
        // 1 September is a Tuesday; ten workdays end on the 15th at 17:30.
        office.at(15, 17, 29).await;
        assert!(office.say(3, &code).await.contains("是您本人吗？"), "{label}");
        office.at(15, 17, 30).await;
        let late = "这个码已经过期，或者已经换发新码。请找机关党委办公室重新领一张纸条，原来的记录都在。";
        assert_eq!(office.tap(3, "是我，绑定").await, late, "{label}");
        assert_eq!(office.say(3, &code).await, late, "{label}");
        assert!(!office.is_bound("S03").await, "{label}");
        office::setting::set(&office.ctx(), &OPERATOR, "invite.workdays", "1").await.unwrap();
        // 25 to 27 September are days off.
        office.at(24, 10, 0).await;
        let one = invite(&office.ctx(), &OPERATOR, &Invitees::One("S03".to_owned())).await.unwrap().remove(0);
        assert_eq!(one.expires_at.to_rfc3339(), "2026-09-28T09:30:00+00:00", "{label}");
        let bounds = ["0", "31", "zehn"];
        for value in bounds {
            assert!(office::setting::set(&office.ctx(), &OPERATOR, "invite.workdays", value).await.is_err(), "{value}");
        }
        // A newer slip takes the older one back.
        let newer = office.invite(3).await;
        assert_eq!(office.say(3, &one.code).await, late, "{label}");
        assert!(office.say(3, &newer).await.contains("是您本人吗？"), "{label}");
    }
}

#[tokio::test]
async fn not_me_leaves_the_code_good_and_tells_the_admins_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        let code = office.invite(3).await;
        for _ in 0..2 {
            office.say(STRANGER, &code).await;
            let declined = office.tap(STRANGER, "不是我").await;
            assert_eq!(declined, "没有绑定，这个码仍然有效。请把纸条交还发放人。", "{label}");
            office.work().await;
        }
        for admin in [ADMIN, OTHER_ADMIN] {
            let told: Vec<_> =
                office.sent(admin).await.into_iter().map(|sent| sent["text"].as_str().unwrap().to_owned()).collect();
            let told: Vec<_> = told.iter().filter(|text| text.contains("不是我”")).collect();
            assert_eq!(
                told,
                [
                    "【管理员】综合科白*（工号尾号03）的绑定码到了别人手里，收到的人点了“不是我”。没有绑定，这个码仍然有效。\
                 请核对纸条发给了谁；找不到纸条的，给本人重新发一张，旧码随即作废：/people 或 qingfeng staff invite 工号。"
                ],
                "{label}"
            );
        }
        assert_eq!(office.entries("invite_decline").await, 2, "{label}");
        // Whoever said no is not asked any more; the code is still its owner's.
        let asked = office.data(STRANGER, "是我，绑定").await;
        office.forge(STRANGER, STRANGER, &asked).await;
        assert!(office.told(STRANGER).await.contains("请先发送您纸条上的8位绑定码"), "{label}");
        office.say(3, &code).await;
        assert!(office.tap(3, "是我，绑定").await.starts_with("绑定好了。"), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_new_phone_takes_over_and_a_lost_one_is_let_go() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.bind(3).await;
        let first = office.push_now(None).await;
        office.work().await;
        let copy = office.newest(STUDY).await;
        office.press(3, STUDY, &copy, "已阅").await;
        office.server.order("members", serde_json::json!({"chat": STUDY, "join": [PHONE]})).await;
        // 换手机: a new slip, typed on the new phone.
        let code = office.invite(3).await;
        office.say(PHONE, &code).await;
        assert!(office.tap(PHONE, "是我，绑定").await.starts_with("绑定好了。"), "{label}");
        assert!(office.press(PHONE, STUDY, &copy, "已阅").await.starts_with("已记录过"), "{label}");
        assert!(office.press(3, STUDY, &copy, "已阅").await.starts_with("已收到您的点击。还差一步"), "{label}");
        // 手机丢了: nobody is bound, and what was confirmed stays.
        let unbound = office::staff::unbind(&office.ctx(), &OPERATOR, "S03", None).await.unwrap();
        assert_eq!(unbound.channels.len(), 1, "{label}");
        assert!(office::staff::unbind(&office.ctx(), &OPERATOR, "S03", None).await.is_err(), "{label}");
        office.later(2).await;
        let second = office.push_now(None).await;
        office.work().await;
        let report = office.report().await;
        let of = |id: i64| report["pushes"].as_array().unwrap().iter().find(|push| push["id"] == id).unwrap().clone();
        assert_eq!(
            (of(first.push.id.0)["acked"].as_i64(), of(second.push.id.0)["acked"].as_i64()),
            (Some(1), Some(0)),
            "{label}"
        );
        // Admins 1 and 2 can be reached; the eight others of the chat have no account.
        assert_eq!(of(second.push.id.0)["undelivered"], 8, "{label}");
        // The old phone, and the lost one.
        assert_eq!(office.entries("staff_unbind").await, 2, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn who_just_joined_reads_the_newest_and_sees_what_is_stored() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.bind(4).await;
        assert_eq!(office.tap(4, "看最近一条").await, "最近没有发给您的内容。新的一条会发在群里。", "{label}");
        office.push_now(None).await;
        office.work().await;
        let in_group = office.sent(STUDY).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        office.bind(3).await;
        let joined = office.newest(3).await;
        assert_eq!(office.tap(3, "看最近一条").await, in_group, "{label}");
        // The button counts like the one in the chat, once.
        let shown = office.newest(3).await;
        assert!(office.press(3, 3, &shown, "已阅").await.starts_with("已记录（"), "{label}");
        let copy = office.newest(STUDY).await;
        assert!(office.press(3, STUDY, &copy, "已阅").await.starts_with("已记录过"), "{label}");
        office.press(3, 3, &joined, "看最近一条").await;
        let again = office.sent(3).await.pop().unwrap();
        let labels: Vec<_> =
            again["buttons"][0].as_array().unwrap().iter().map(|button| button["text"].clone()).collect();
        assert_eq!(labels, ["看原文"], "{label}: who confirmed is not asked again");
        office.press(3, 3, &joined, "我的记录").await;
        let record = office.told(3).await;
        assert!(record.contains("点“已阅”的时间：共1条"), "{label}: {record}");
        assert_eq!(record, office.say(3, "/mydata").await, "{label}");
        assert!(office.verified().await, "{label}");
    }
}
