//! Codes and buttons in the wrong hands.

use qingfeng::domain::tag::Verb;
use qingfeng::office;

use super::{ADMIN, STRANGER, staffed};
use crate::db::databases;
use crate::world::{OPERATOR, STUDY};

const DEAD: &str = "这个按钮已经失效，没有记录，请以最新的一条为准。";

#[tokio::test]
async fn a_button_that_was_passed_on_binds_nobody() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.push_now(None).await;
        office.work().await;
        let code = office.invite(3).await;
        office.say(3, &code).await;
        let (accept, decline) = (office.data(3, "是我，绑定").await, office.data(3, "不是我").await);
        office.say(STRANGER, "/start").await;
        let refused = "请先发送您纸条上的8位绑定码，核对后再点按钮。";
        for data in [&accept, &decline] {
            office.forge(STRANGER, STRANGER, data).await;
            assert_eq!(office.told(STRANGER).await, refused, "{label}");
        }
        assert!(!office.is_bound("S03").await, "{label}");
        assert_eq!(office.entries("invite_decline").await, 0, "{label}");
        // It still works for the account that sent the code, even when a group carries the press.
        office.forge(3, STUDY, &accept).await;
        assert!(office.is_bound("S03").await, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_code_binds_one_account_and_an_account_one_person() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        let code = office.invite(3).await;
        // Two have the slip, and both are asked.
        for user in [3, STRANGER] {
            office.say(user, &code).await;
        }
        assert!(office.tap(3, "是我，绑定").await.starts_with("绑定好了。"), "{label}");
        let used = "这个码已经用过。如果不是您本人用的，请告诉机关党委办公室。";
        assert_eq!(office.tap(STRANGER, "是我，绑定").await, used, "{label}");
        assert_eq!(office.say(STRANGER, &code).await, used, "{label}");
        // The bound account cannot be somebody else as well, and the code it tried stays good.
        let theirs = office.invite(4).await;
        assert_eq!(office.say(3, &theirs).await, "您已经绑定好了，在群里点“已阅”就行，不用再绑定。", "{label}");
        office.say(4, &theirs).await;
        assert!(office.tap(4, "是我，绑定").await.starts_with("绑定好了。"), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn both_accounts_say_yes_at_the_same_time() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        let code = office.invite(3).await;
        for user in [3, STRANGER] {
            office.say(user, &code).await;
        }
        let data = office.data(3, "是我，绑定").await;
        let (ctx, line) = (office.ctx(), office.line());
        let id = office::delivery::read_tag(ctx.store.keys(), &data).filter(|tag| tag.verb == Verb::Accept).unwrap().id;
        let invite = qingfeng::ids::InviteId(id);
        let (mine, theirs) = (3.to_string(), STRANGER.to_string());
        let both = tokio::join!(
            Box::pin(office::binding::accept(&ctx, &line, &mine, invite)),
            Box::pin(office::binding::accept(&ctx, &line, &theirs, invite)),
        );
        let bound = [both.0, both.1].into_iter().map(Result::unwrap);
        let bound = bound.filter(|accepted| matches!(accepted, office::binding::Accepted::Bound { .. })).count();
        assert_eq!(bound, 1, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn guessing_is_stopped_account_by_account_and_told() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        let good = office.invite(3).await;
        for user in [3, 4, 5] {
            for left in (1..=4).rev() {
                let wrong = format!("没有找到这个绑定码，请核对（码里没有0、O、1、I）。还可以试{left}次。");
                assert_eq!(office.say(user, "K7QF-3M2P").await, wrong, "{label}");
            }
            let paused = office.say(user, "K7QF-3M2P").await;
            assert_eq!(paused, "连续5次没有找到绑定码，先停30分钟，请在10:00以后再试。", "{label}");
        }
        // Even the right one has to wait, and nobody else does.
        assert!(office.say(3, &good).await.contains("先停30分钟"), "{label}");
        assert!(office.bind(6).await.starts_with("绑定好了。"), "{label}");
        assert_eq!(office.entries("bind_refused").await, 15, "{label}");
        office.work().await;
        assert!(office.told(ADMIN).await.starts_with("【管理员】现在有3个账号连续输错绑定码"), "{label}");
        office.at(1, 10, 0).await;
        assert!(office.say(3, &good).await.contains("是您本人吗？"), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn forged_and_foreign_data_does_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        office.push_now(None).await;
        office.work().await;
        let code = office.invite(3).await;
        office.say(3, &code).await;
        let sealed = office.data(3, "是我，绑定").await;
        let (body, seal) = sealed.split_once('.').unwrap();
        let foreign = [
            String::new(),
            "已阅".to_owned(),
            "vote:1".to_owned(),
            format!("{body}.{}", "0".repeat(seal.len())),
            body.to_owned(),
            format!("1y999.{seal}"),
            // The seal of one verb under another.
            format!("{}.{seal}", body.replacen('y', "o", 1)),
            "x".repeat(64),
        ];
        let before = office.sent(STRANGER).await.len();
        office.say(STRANGER, "/start").await;
        for data in foreign.iter().filter(|data| !data.is_empty()) {
            assert_eq!(office.forge(STRANGER, STRANGER, data).await, DEAD, "{label}: {data}");
            assert_eq!(office.forge(3, STUDY, data).await, DEAD, "{label}: {data}");
        }
        assert_eq!(office.sent(STRANGER).await.len(), before + 1, "{label}");
        assert!(!office.is_bound("S03").await, "{label}");
        assert_eq!(office.report().await["pushes"][0]["acked"], 0, "{label}");
        let people = office::staff::list(&office.ctx(), &OPERATOR).await.unwrap();
        assert_eq!(people.iter().filter(|listed| listed.bound).count(), 2, "{label}");
        assert!(office.verified().await, "{label}");
    }
}
