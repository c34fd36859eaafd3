//! What the platform answers when it does not take a message, and what follows. The numbers are those of the list of
//! faults.

use qingfeng::domain::alert::AlertKind;
use qingfeng::domain::delivery::{DeliveryState, StopReason};
use qingfeng::domain::policy::Role;
use qingfeng::domain::word::GroupState;
use qingfeng::office;
use qingfeng::office::push::{Now, Shown};
use qingfeng::store::{self, halt};
use serde_json::{Value, json};

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// The next calls of a method in a chat are refused.
async fn refuse(office: &World, (method, times): (&str, u32), (code, words): (u16, &str)) {
    let fault = json!({"kind": "error", "code": code, "description": words});
    office.server.order("faults", json!({"method": method, "chat": STUDY, "times": times, "fault": fault})).await;
}

async fn limit(office: &World, chat: i64, seconds: u64) {
    let fault = json!({"kind": "error", "code": 429, "description": "Too Many Requests", "parameters": {"retry_after": seconds}});
    office.server.order("faults", json!({"method": "sendMessage", "chat": chat, "times": 1, "fault": fault})).await;
}

/// Why the first delivery of a push failed.
async fn reason(office: &World, push: &Shown) -> Option<StopReason> {
    let shown = office::push::show(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
    shown.deliveries[0].0.reason
}

async fn group(office: &World) -> (GroupState, Option<StopReason>) {
    let groups = office::group::list(&office.ctx(), &OPERATOR).await.unwrap();
    (groups[0].group.state, groups[0].group.reason)
}

/// How many alerts of a kind were raised.
async fn alerts(office: &World, kind: AlertKind) -> usize {
    let tail = office::audit::tail(&office.ctx(), &OPERATOR, i64::MAX).await.unwrap();
    let kind = format!("\"kind\":\"{}\"", kind.as_str());
    tail.iter().filter(|entry| entry.action == "alert_raise" && entry.detail.contains(&kind)).count()
}

async fn push_to(office: &World, chat: i64) -> Shown {
    let target = office::push::NowTarget::Groups(vec![chat.to_string()]);
    let order = Now { target, ..World::by_hand() };
    office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown
}

#[tokio::test]
async fn e1_a_limit_is_obeyed_burns_no_try_and_slows_no_other_chat() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        limit(&office, STUDY, 35).await;
        let held = office.push_now(None).await;
        let other = push_to(&office, FIRMS).await;
        office.work().await;
        assert_eq!(office.delivery(&held).await, ("retry_wait".to_owned(), vec!["limited".to_owned()]), "{label}");
        assert_eq!(office.delivery(&other).await.0, "sent", "{label}");
        // What is new in the chat waits as well.
        let next = office.push_now(None).await;
        office.later(34).await;
        office.work().await;
        assert_eq!(office.delivery(&held).await.1.len(), 1, "{label}");
        assert_eq!(office.delivery(&next).await.0, "queued", "{label}");
        office.later(1).await;
        office.work().await;
        office.later(1).await;
        office.work().await;
        assert_eq!((office.delivery(&held).await.0, office.delivery(&next).await.0), ("sent".into(), "sent".into()));
        let shown = office::push::show(&office.ctx(), &OPERATOR, held.push.id).await.unwrap();
        assert_eq!(shown.deliveries[0].0.tries, 0, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e1_limits_in_two_chats_at_once_mean_the_whole_bot() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        limit(&office, STUDY, 30).await;
        limit(&office, FIRMS, 30).await;
        office.push_now(None).await;
        push_to(&office, FIRMS).await;
        office.work().await;
        let target = office::push::NowTarget::Private(vec!["S01".to_owned()]);
        let order = Now { target, ..World::by_hand() };
        let private = office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown;
        office.later(29).await;
        office.work().await;
        assert_eq!(office.delivery(&private).await.0, "queued", "{label}");
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&private).await.0, "sent", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e2_a_limit_without_end_ends_at_the_deadline() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let limit = json!({"kind": "error", "code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 3600}});
        office.server.order("faults", json!({"method": "sendMessage", "times": 99, "fault": limit})).await;
        let push = office.push_now(None).await;
        for _ in 0..5 {
            office.work().await;
            office.later(3600).await;
        }
        office.work().await;
        let (state, outcomes) = office.delivery(&push).await;
        assert_eq!(state, "expired", "{label}");
        assert!(outcomes.len() <= 4 && outcomes.iter().all(|outcome| outcome == "limited"), "{label}: {outcomes:?}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e4_a_refused_token_stops_everything_and_uses_nothing_up() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let fault = json!({"kind": "error", "code": 401, "description": "Unauthorized"});
        office.server.order("faults", json!({"method": "sendMessage", "times": 1, "fault": fault})).await;
        office.server.order("faults", json!({"method": "getMe", "times": 1, "fault": fault})).await;
        let push = office.push_now(None).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("queued".to_owned(), vec!["rejected".to_owned()]), "{label}");
        let halted =
            async |office: &World| halt::list(&mut office.ctx().store.read().await.unwrap()).await.unwrap().len();
        assert_eq!(halted(&office).await, 1, "{label}");
        // Asked after a minute, and refused again; a minute later it answers, and all goes on by itself.
        office.later(60).await;
        office.work().await;
        assert_eq!((halted(&office).await, office.delivery(&push).await.1.len()), (1, 1), "{label}");
        office.later(60).await;
        office.work().await;
        assert_eq!(halted(&office).await, 0, "{label}");
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        let shown = office::push::show(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        assert_eq!(shown.deliveries[0].0.tries, 0, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e6_a_group_that_moved_is_followed_and_e10_refused_markup_goes_out_plain_once() {
    for db in databases().await {
        let mut office = World::new(db).await;
        // The new chat is met before the old one is known to have moved.
        let chat = json!({"id": -1003, "kind": "supergroup", "title": "学习群", "members": [1], "bot": "member"});
        office.server.order("chats", chat).await;
        office.poll().await;
        refuse(&office, ("sendMessage", 1), (400, "Bad Request: can't parse entities: unclosed")).await;
        let moved = json!({"kind": "error", "code": 400, "description": "Bad Request: group chat was upgraded to a supergroup chat", "parameters": {"migrate_to_chat_id": -1003}});
        office.server.order("faults", json!({"method": "sendMessage", "times": 1, "fault": moved})).await;
        let push = office.push_now(None).await;
        for _ in 0..3 {
            office.work().await;
            office.later(1).await;
        }
        let (state, outcomes) = office.delivery(&push).await;
        assert_eq!(outcomes[..2], ["rejected".to_owned(), "rejected".to_owned()]);
        assert_eq!((state.as_str(), outcomes.len()), ("sent", 3));
        assert_eq!(office.sent(-1003).await.len(), 1);
        office.stop().await;
    }
}

#[tokio::test]
async fn e7_a_group_that_is_gone_is_suspended_once_and_what_waits_for_it_fails() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let closed = [
            "Forbidden: bot was kicked from the supergroup chat",
            "Forbidden: bot is not a member of the supergroup chat",
            "Bad Request: chat not found",
            "Forbidden: the group chat was deleted",
            "Bad Request: not enough rights to send text messages to the chat",
        ];
        for words in closed {
            let code = if words.starts_with("Bad") { 400 } else { 403 };
            refuse(&office, ("sendMessage", 1), (code, words)).await;
            let push = office.push_now(None).await;
            let queued = office.push_now(None).await;
            office.work().await;
            office.later(1).await;
            office.work().await;
            assert_eq!(
                office.delivery(&push).await,
                ("failed".to_owned(), vec!["rejected".to_owned()]),
                "{label} {words}"
            );
            assert_eq!(office.delivery(&queued).await, ("failed".to_owned(), vec![]), "{label} {words}");
            let (state, why) = group(&office).await;
            assert_eq!(state, GroupState::Suspended, "{label} {words}");
            assert_eq!((reason(&office, &push).await, reason(&office, &queued).await), (why, why), "{label} {words}");
            let units = ["综合科", "规划科"].map(str::to_owned);
            office::group::link(&office.ctx(), &OPERATOR, &STUDY.to_string(), &units).await.unwrap();
        }
        assert_eq!(alerts(&office, AlertKind::GroupSuspended).await, closed.len(), "{label}");
        assert_eq!(alerts(&office, AlertKind::PushFailed).await, 0, "{label}: one cause, one message");
        office.stop().await;
    }
}

#[tokio::test]
async fn e8_words_not_met_before_fail_the_message_and_keep_the_group() {
    for db in databases().await {
        let mut office = World::new(db).await;
        refuse(&office, ("sendMessage", 1), (403, "Forbidden: something new")).await;
        let push = office.push_now(None).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await, ("failed".to_owned(), vec!["rejected".to_owned()]));
        assert_eq!(reason(&office, &push).await, Some(StopReason::Refused));
        assert_eq!(group(&office).await, (GroupState::Active, None));
        assert_eq!(alerts(&office, AlertKind::GroupSuspended).await, 0);
        assert_eq!(alerts(&office, AlertKind::PushFailed).await, 1, "nobody in the chat sees what is missing there");
        office.stop().await;
    }
}

#[tokio::test]
async fn e9_a_lost_topic_falls_back_to_the_group_and_is_told_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.behind_its_back(format!("UPDATE chat_group SET thread = '7' WHERE external_id = '{STUDY}'")).await;
        refuse(&office, ("sendMessage", 1), (400, "Bad Request: message thread not found")).await;
        let push = office.push_now(None).await;
        office.work().await;
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        let next = office.push_now(None).await;
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&next).await, ("sent".to_owned(), vec!["ok".to_owned()]), "{label}: no detour");
        assert_eq!(alerts(&office, AlertKind::TopicLost).await, 1, "{label}");
        // The whole group takes nothing either.
        refuse(&office, ("sendMessage", 1), (400, "Bad Request: TOPIC_CLOSED")).await;
        let last = office.push_now(None).await;
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&last).await.0, "failed", "{label}");
        assert_eq!(group(&office).await, (GroupState::Suspended, Some(StopReason::NoTopic)), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn e15_an_edit_that_is_lost_is_made_no_more_and_one_that_changes_nothing_is_done() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=3 {
            office.bind(user).await;
        }
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        let edits = async |office: &World| office.sent(STUDY).await[0]["edits"].as_array().unwrap().len();
        refuse(&office, ("editMessageText", 1), (400, "Bad Request: message is not modified")).await;
        office.press(1, STUDY, &message, "已阅").await;
        office.later(15).await;
        office.work().await;
        office.press(2, STUDY, &message, "已阅").await;
        office.later(15).await;
        office.work().await;
        assert_eq!(edits(&office).await, 1, "{label}");
        refuse(&office, ("editMessageText", 1), (400, "Bad Request: message to edit not found")).await;
        office.press(3, STUDY, &message, "已阅").await;
        office.later(15).await;
        office.work().await;
        office.later(600).await;
        office.work().await;
        assert_eq!(edits(&office).await, 1, "{label}");
        let mut tx = office.ctx().store.read().await.unwrap();
        assert_eq!(store::delivery::count_line::next_due(&mut tx).await.unwrap(), None, "{label}");
        drop(tx);
        office.stop().await;
    }
}

#[tokio::test]
async fn the_last_number_is_shown_in_the_end_and_a_limited_edit_closes_the_gate() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=3 {
            office.bind(user).await;
        }
        office.push_now(None).await;
        office.work().await;
        let message = office.newest(STUDY).await;
        office.later(15).await;
        let fault = json!({"kind": "error", "code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 20}});
        office.server.order("faults", json!({"method": "editMessageText", "times": 1, "fault": fault})).await;
        office.press(1, STUDY, &message, "已阅").await;
        office.work().await;
        office.press(2, STUDY, &message, "已阅").await;
        let held = office.push_now(None).await;
        office.later(19).await;
        office.work().await;
        assert_eq!(office.delivery(&held).await.0, "queued", "{label}: the gate is closed");
        office.later(1).await;
        office.work().await;
        assert_eq!(office.delivery(&held).await.0, "sent", "{label}: messages go before edits");
        let edits = |sent: &[Value]| sent[0]["edits"].as_array().unwrap().clone();
        assert!(edits(&office.sent(STUDY).await).is_empty(), "{label}");
        office.press(3, STUDY, &message, "已阅").await;
        office.later(1).await;
        office.work().await;
        let made = edits(&office.sent(STUDY).await);
        assert_eq!(made.len(), 1, "{label}");
        assert!(made[0]["text"].as_str().unwrap().ends_with("已阅3人"), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_message_that_cannot_be_made_is_set_aside_and_holds_up_no_other() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office::role::grant(&office.ctx(), &OPERATOR, "S01", Role::Admin).await.unwrap();
        let bad = office.push_now(None).await;
        office.behind_its_back("UPDATE push SET fills = '?'".to_owned()).await;
        let good = push_to(&office, FIRMS).await;
        office.work().await;
        assert_eq!(office.delivery(&bad).await, ("retry_wait".to_owned(), vec![]), "{label}");
        assert_eq!(office.delivery(&good).await.0, "sent", "{label}");
        for _ in 0..8 {
            office.later(300).await;
            office.work().await;
        }
        assert_eq!(office.delivery(&bad).await.0, DeliveryState::Failed.as_str(), "{label}");
        assert_eq!(reason(&office, &bad).await, Some(StopReason::Broken), "{label}");
        office.later(1).await;
        office.work().await;
        let told = office.sent(1).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(told.contains("多次没能做出来"), "{label}: {told}");
        office.stop().await;
    }
}
