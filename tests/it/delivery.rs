//! Attempt first: what became of a message is known, or said to be unknown.

use qingfeng::jobs::send;
use qingfeng::office::{self};
use serde_json::json;

use crate::db::databases;
use crate::world::{STUDY, World};

mod doubt;
mod faults;
mod pacing;
mod stops;

#[tokio::test]
async fn d4_a_lost_reply_is_in_doubt_until_someone_presses_that_copy() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let fault =
            json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": {"kind": "reset", "accept": true}});
        office.server.order("faults", fault).await;
        let push = office.push_now(None).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("in_doubt".to_owned(), vec!["unknown".to_owned()]), "{label}");
        assert_eq!(office.report().await["voluntary"]["in_doubt"], 10, "{label}");
        let message = office.newest(STUDY).await;
        assert_eq!(office.press(1, STUDY, &message, "已阅").await, "已记录（9月1日09:30），谢谢。");
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["proved".to_owned()]), "{label}");
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["acked"], &figures["in_doubt"]), (&json!(1), &json!(0)), "{label}");
    }
}

#[tokio::test]
async fn a_message_in_doubt_is_sent_again_once_and_says_so() {
    for db in databases().await {
        let mut office = World::new(db).await;
        let fault = json!({"method": "sendMessage", "chat": STUDY, "times": 2, "fault": {"kind": "error", "code": 502, "description": "Bad Gateway"}});
        office.server.order("faults", fault).await;
        let push = office.push_now(None).await;
        office.work().await;
        office.later(89).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "in_doubt");
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("in_doubt".to_owned(), vec!["unknown".to_owned(); 2]));
        // The second copy is in doubt as well: no third one follows.
        office.later(600).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.1.len(), 2);
        assert_eq!(office.sent(STUDY).await.len(), 0);
        office.stop().await;
    }
}

#[tokio::test]
async fn the_second_copy_is_flagged() {
    for db in databases().await {
        let office = World::new(db).await;
        let fault =
            json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": {"kind": "reset", "accept": true}});
        office.server.order("faults", fault).await;
        let push = office.push_now(None).await;
        office.work().await;
        office.later(90).await;
        office.work().await;
        let sent = office.sent(STUDY).await;
        assert_eq!(sent.len(), 2);
        assert!(sent[1]["text"].as_str().unwrap().starts_with("（补发）【廉政小知识】"));
        assert_eq!(office.delivery(&push).await, ("sent".to_owned(), vec!["unknown".to_owned(), "ok".to_owned()]));
    }
}

#[tokio::test]
async fn a2_a_call_under_way_when_the_program_dies_is_in_doubt_after_the_restart() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let fault =
            json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": {"kind": "hang", "accept": true}});
        office.server.order("faults", fault).await;
        let push = office.push_now(None).await;
        let (ctx, line) = (office.ctx(), office.line());
        let sending = tokio::spawn(async move { send::step(&ctx, &line).await.map(drop) });
        office.server.look("wait?sent=1").await;
        sending.abort();
        assert!(sending.await.is_err());
        // The attempt was committed before the call.
        assert_eq!(office.delivery(&push).await, ("sending".to_owned(), vec!["pending".to_owned()]), "{label}");
        office.stop().await;
        office.later(61).await;
        office.start().await;
        assert_eq!(office.delivery(&push).await, ("in_doubt".to_owned(), vec!["unknown".to_owned()]), "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e7_a_group_that_threw_the_bot_out_is_suspended_and_its_people_are_not_reached() {
    for db in databases().await {
        let mut office = World::new(db).await;
        for user in 1..=10 {
            office.bind(user).await;
        }
        let kicked =
            json!({"kind": "error", "code": 403, "description": "Forbidden: bot was kicked from the supergroup chat"});
        office
            .server
            .order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": kicked}))
            .await;
        let push = office.push_now(None).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("failed".to_owned(), vec!["rejected".to_owned()]));
        let groups = office::group::list(&office.ctx(), &crate::world::OPERATOR).await.unwrap();
        assert_eq!(groups[0].group.state.as_str(), "suspended");
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["undelivered"], &figures["missing"]), (&json!(10), &json!(0)));
        office.stop().await;
    }
}
