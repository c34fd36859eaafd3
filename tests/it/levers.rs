//! The operator's levers: pause, cancel, recall, send again, decide. What was sent is never sent twice by them, and what
//! was not counted is not hidden.

use qingfeng::domain::delivery::{Decision, HaltCause, TargetKind};
use qingfeng::domain::policy::Role;
use qingfeng::domain::tag::Verb;
use qingfeng::domain::word::{Confirm, GroupState};
use qingfeng::ids::{DeliveryId, PushId};
use qingfeng::jobs::send;
use qingfeng::office::push::levers::{self, CopyFate};
use qingfeng::office::push::{Now, NowTarget, Shown, resolve};
use qingfeng::office::{self, Refusal, delivery, halt, push};
use serde_json::{Value, json};

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// The voluntary item by hand to both groups.
async fn to_both(office: &World) -> Shown {
    let target = NowTarget::Groups(vec![STUDY.to_string(), FIRMS.to_string()]);
    push::now(&office.ctx(), &OPERATOR, &Now { target, ..World::by_hand() }).await.unwrap().shown
}

async fn refuse_chat(office: &World, chat: i64, description: &str) {
    let fault = json!({"kind": "error", "code": 403, "description": description});
    office.server.order("faults", json!({"method": "sendMessage", "chat": chat, "times": 1, "fault": fault})).await;
}

/// The next message to the study group arrives, and nobody tells us.
async fn lose_reply(office: &World, times: i64) {
    let fault = json!({"kind": "reset", "accept": true});
    office
        .server
        .order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": times, "fault": fault}))
        .await;
}

async fn shown(office: &World, id: PushId) -> Shown {
    push::show(&office.ctx(), &OPERATOR, id).await.unwrap()
}

/// States of a push's deliveries.
async fn states(office: &World, id: PushId) -> Vec<&'static str> {
    shown(office, id).await.deliveries.iter().map(|(row, _)| row.state.as_str()).collect()
}

async fn make_admin(office: &World, staff_no: &str) {
    office::staff::grant(&office.ctx(), &OPERATOR, staff_no, Role::Admin).await.unwrap();
}

/// States of the newest slots of the plan, by time.
async fn slots(office: &World) -> Vec<&'static str> {
    let shown = office::schedule::show(&office.ctx(), &OPERATOR, "小知识").await.unwrap();
    let mut states: Vec<_> = shown.latest.iter().map(|row| (row.due_at, row.state.as_str())).collect();
    states.sort_unstable();
    states.into_iter().map(|(_, state)| state).collect()
}

#[tokio::test]
async fn a_pause_stops_everything_and_going_on_floods_nobody() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.schedules().await;
        office.at(1, 14, 31).await;
        let waiting = office.push_now(Some(Confirm::Required)).await;
        halt::pause(&office.ctx(), &OPERATOR, "迁移").await.unwrap();
        let again = halt::pause(&office.ctx(), &OPERATOR, "").await;
        assert!(matches!(again, Err(Refusal::PausedAlready)), "{label}");
        // It stands across restarts.
        office.stop().await;
        office.start().await;
        for day in 2..=3 {
            office.at(day, 9, 36).await;
            office.work().await;
        }
        assert!(office.sent(STUDY).await.is_empty(), "{label}");
        assert_eq!(slots(&office).await, ["skipped_paused"; 2], "{label}");
        assert_eq!(halt::standing(&office.ctx()).await.unwrap()[0].cause, HaltCause::Paused, "{label}");
        // What a person just did is still answered.
        assert!(office.say(1, "/privacy").await.contains("记录"), "{label}");
        // The service stands still over the next slot; it is missed all the same.
        office.at(4, 9, 40).await;
        let resumed = halt::resume(&office.ctx(), &OPERATOR).await.unwrap();
        assert_eq!((resumed.missed, resumed.waiting), (1, 0), "{label}");
        assert!(matches!(halt::resume(&office.ctx(), &OPERATOR).await, Err(Refusal::NotPaused)), "{label}");
        office.work().await;
        assert!(office.sent(STUDY).await.is_empty(), "{label}");
        assert_eq!(slots(&office).await, ["skipped_paused"; 3], "{label}");
        assert_eq!(states(&office, waiting.push.id).await, ["expired"], "{label}");
        office.at(7, 9, 30).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn what_was_queued_before_a_pause_and_is_in_time_goes_out_after_it() {
    for db in databases().await {
        let office = World::new(db).await;
        let push = office.push_now(None).await;
        halt::pause(&office.ctx(), &OPERATOR, "").await.unwrap();
        office.later(600).await;
        office.work().await;
        assert_eq!(states(&office, push.push.id).await, ["queued"]);
        assert_eq!(halt::resume(&office.ctx(), &OPERATOR).await.unwrap().waiting, 1);
        office.work().await;
        assert_eq!(states(&office, push.push.id).await, ["sent"]);
    }
}

#[tokio::test]
async fn a_push_of_which_nothing_is_out_is_cancelled_and_a_claim_under_way_sends_nothing() {
    for db in databases().await {
        let label = db.label;
        let office = World::new(db).await;
        let push = to_both(&office).await;
        let id = push.push.id;
        assert_eq!(levers::cancel(&office.ctx(), &OPERATOR, id, "内容有误").await.unwrap(), 2, "{label}");
        office.work().await;
        assert_eq!(states(&office, id).await, ["cancelled", "cancelled"], "{label}");
        assert!(office.sent(STUDY).await.is_empty() && office.sent(FIRMS).await.is_empty(), "{label}");
        assert_eq!(office.report().await["pushes"], json!([]), "{label}");
        let again = levers::cancel(&office.ctx(), &OPERATOR, id, "").await;
        assert!(matches!(again, Err(Refusal::PushStands { .. })), "{label}");
        let nothing = office.push_now(None).await;
        let recalled = levers::recall(&office.ctx(), &OPERATOR, nothing.push.id, "x").await;
        assert!(matches!(recalled, Err(Refusal::NothingSent(_))), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn what_is_out_or_may_be_is_not_cancelled() {
    for db in databases().await {
        let office = World::new(db).await;
        let sent = office.push_now(None).await;
        office.work().await;
        let refused = levers::cancel(&office.ctx(), &OPERATOR, sent.push.id, "").await;
        assert!(matches!(refused, Err(Refusal::PushOut { sent: 1, in_doubt: 0, .. })));
        lose_reply(&office, 1).await;
        office.later(60).await;
        let lost = office.push_now(None).await;
        office.work().await;
        let refused = levers::cancel(&office.ctx(), &OPERATOR, lost.push.id, "").await;
        assert!(matches!(refused, Err(Refusal::PushOut { sent: 0, in_doubt: 1, .. })));
    }
}

#[tokio::test]
async fn a_recalled_push_leaves_the_figures_and_its_doubt_gets_no_second_copy() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.bind(11).await;
        lose_reply(&office, 1).await;
        let push = to_both(&office).await;
        office.work().await;
        assert_eq!(states(&office, push.push.id).await, ["in_doubt", "sent"], "{label}");
        let looked = levers::look(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        assert_eq!(states(&office, push.push.id).await, ["in_doubt", "sent"], "{label}");
        let recalled = levers::recall(&office.ctx(), &OPERATOR, push.push.id, "内容有误").await.unwrap();
        assert_eq!(recalled.copies, looked.copies, "{label}");
        let fates: Vec<CopyFate> = recalled.copies.iter().map(|copy| copy.fate).collect();
        assert_eq!(fates, [CopyFate::Unknown, CopyFate::Deleted], "{label}");
        assert_eq!(office.report().await["pushes"], json!([]), "{label}");
        let before = office.sent(STUDY).await.len();
        office.later(200).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), before, "{label}: a recalled push is not sent once more");
        // The press proves the copy that was in doubt: it is to be deleted as well, and nothing is counted.
        let message = office.newest(STUDY).await;
        let said = office.press(1, STUDY, &message, "已阅").await;
        assert_eq!(said, "本条已撤回，不用确认，请以新发的一条为准。", "{label}");
        let removals: Vec<_> =
            shown(&office, push.push.id).await.placed.iter().map(|row| row.removal.is_some()).collect();
        assert_eq!(removals, [true, true], "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn what_is_older_than_the_platform_allows_is_left_to_a_person() {
    for db in databases().await {
        let office = World::new(db).await;
        let push = office.push_now(None).await;
        office.work().await;
        office.at(3, 9, 31).await;
        let recalled = levers::recall(&office.ctx(), &OPERATOR, push.push.id, "过时").await.unwrap();
        assert_eq!(recalled.copies[0].fate, CopyFate::TooOld);
        assert!(recalled.copies[0].message_id.is_some());
    }
}

#[tokio::test]
async fn only_what_failed_is_sent_again_to_the_same_people() {
    for db in databases().await {
        let label = db.label;
        let office = World::new(db).await;
        refuse_chat(&office, FIRMS, "Forbidden: bot was kicked from the supergroup chat").await;
        let push = to_both(&office).await;
        office.work().await;
        assert_eq!(states(&office, push.push.id).await, ["sent", "failed"], "{label}");
        let before = office.report().await["voluntary"]["expected"].clone();
        let stopped = levers::resend_failed(&office.ctx(), &OPERATOR, push.push.id).await;
        assert!(matches!(stopped, Err(Refusal::GroupStopped { .. })), "{label}");
        assert_eq!(states(&office, push.push.id).await, ["sent", "failed"], "{label}");
        office::group::resume(&office.ctx(), &OPERATOR, &FIRMS.to_string()).await.unwrap();
        levers::resend_failed(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        assert_eq!(states(&office, push.push.id).await, ["sent", "queued"], "{label}");
        office.work().await;
        assert_eq!(states(&office, push.push.id).await, ["sent", "sent"], "{label}");
        assert_eq!((office.sent(STUDY).await.len(), office.sent(FIRMS).await.len()), (1, 1), "{label}");
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["expected"], push::list(&office.ctx(), &OPERATOR).await.unwrap().len()), (&before, 1));
        let again = levers::resend_failed(&office.ctx(), &OPERATOR, push.push.id).await;
        assert!(matches!(again, Err(Refusal::NothingFailed(_))), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_required_push_past_its_deadline_is_not_sent_again() {
    for db in databases().await {
        let office = World::new(db).await;
        refuse_chat(&office, STUDY, "Forbidden: bot was kicked from the supergroup chat").await;
        let push = office.push_now(Some(Confirm::Required)).await;
        office.work().await;
        office::group::resume(&office.ctx(), &OPERATOR, &STUDY.to_string()).await.unwrap();
        office.at(3, 17, 30).await;
        let late = levers::resend_failed(&office.ctx(), &OPERATOR, push.push.id).await;
        assert!(matches!(late, Err(Refusal::DeadlinePassed)));
    }
}

/// A delivery to the study group that is in doubt, and stays so.
async fn doubt(office: &World) -> (Shown, DeliveryId) {
    lose_reply(office, 1).await;
    let push = office.push_now(None).await;
    office.work().await;
    let id = push.deliveries[0].0.id;
    assert_eq!(office.delivery(&push).await.0, "in_doubt");
    (push, id)
}

#[tokio::test]
async fn an_admin_decides_a_doubt_once() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let (push, id) = doubt(&office).await;
        let ctx = office.ctx();
        let seen = resolve::resolve(&ctx, &OPERATOR, id, (Decision::Sent, "群里已看到")).await.unwrap();
        assert_eq!((seen.state.as_str(), seen.decision), ("sent", Some(Decision::Sent)), "{label}");
        let again = resolve::resolve(&ctx, &OPERATOR, id, (Decision::Resend, "")).await;
        assert!(matches!(again, Err(Refusal::NotInDoubt { .. })), "{label}");
        let unknown = resolve::resolve(&ctx, &OPERATOR, DeliveryId(99), (Decision::Sent, "")).await;
        assert!(matches!(unknown, Err(Refusal::UnknownDelivery(99))), "{label}");
        let ruling = shown(&office, push.push.id).await.rulings.remove(0);
        assert_eq!(ruling.decision_reason.as_deref(), Some("群里已看到"), "{label}");
        let entry = office::audit::tail(&ctx, &OPERATOR, 1).await.unwrap().remove(0);
        assert_eq!(entry.action, "delivery_decide", "{label}");
        assert!(!entry.detail.contains("群里"), "{label}: the ledger holds ids and words");
        assert_eq!(office.report().await["voluntary"]["in_doubt"], 0, "{label}");
    }
}

#[tokio::test]
async fn a_doubt_that_is_given_up_counts_as_not_reached_and_one_sent_again_says_so() {
    for db in databases().await {
        let label = db.label;
        let office = World::new(db).await;
        let (_, given_up) = doubt(&office).await;
        resolve::resolve(&office.ctx(), &OPERATOR, given_up, (Decision::Abandon, "当面说了")).await.unwrap();
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["undelivered"], &figures["in_doubt"]), (&json!(10), &json!(0)), "{label}");
        office.later(60).await;
        let (push, again) = doubt(&office).await;
        // Later than the message would have been worth sending by itself.
        office.later(4 * 3600).await;
        resolve::resolve(&office.ctx(), &OPERATOR, again, (Decision::Resend, "群里没有")).await.unwrap();
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        let text = office.sent(STUDY).await.pop().unwrap()["text"].as_str().unwrap().to_owned();
        assert!(text.starts_with("（补发）【廉政小知识】"), "{label}: {text}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_private_message_in_doubt_is_sent_again_only_by_an_admin() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(2).await;
        let fault = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": 2, "times": 1, "fault": fault})).await;
        let order = Now { target: NowTarget::Private(vec!["S02".to_owned()]), ..World::by_hand() };
        let push = push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown;
        office.work().await;
        assert_eq!(push.deliveries[0].0.target_kind, TargetKind::Staff);
        office.later(300).await;
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "in_doubt");
        let id = push.deliveries[0].0.id;
        resolve::resolve(&office.ctx(), &OPERATOR, id, (Decision::Resend, "没收到")).await.unwrap();
        office.work().await;
        assert_eq!(office.delivery(&push).await.0, "sent");
    }
}

/// Presses a button that an admin's alert would carry; the toast.
async fn press_tag(office: &mut World, user: i64, data: String) -> String {
    let press = json!({"user": user, "chat": user, "message_id": office.newest(user).await.parse::<i64>().unwrap(), "data": data});
    let ids = office.server.order("press", json!({ "presses": [press] })).await;
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    let pressed = ledger["pressed"].as_array().unwrap();
    let mine = pressed.iter().find(|press| press["callback_id"] == ids["callback_ids"][0]).unwrap();
    mine["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
}

/// Raises the alert about a doubt, as the sender does when it does nothing more by itself, and sends it.
async fn tell(office: &World, push: &Shown) {
    let ctx = office.ctx();
    let now = shown(office, push.push.id).await;
    let (row, attempts) = &now.deliveries[0];
    let alert = qingfeng::domain::alert::Alert::InDoubt {
        delivery: row.id,
        push: push.push.id,
        title: push.push.title.clone(),
        target: "学习群".to_owned(),
        attempt: attempts.last().unwrap().id.0,
    };
    let mut tx = ctx.store.write().await.unwrap();
    office::alert::raise(&mut tx, &ctx, &alert).await.unwrap();
    tx.commit().await.unwrap();
    send::step(&ctx, &office.line()).await.unwrap();
}

#[tokio::test]
async fn admins_decide_by_buttons_and_the_first_press_counts() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=3 {
            office.bind(user).await;
        }
        make_admin(&office, "S01").await;
        make_admin(&office, "S02").await;
        let (push, id) = doubt(&office).await;
        tell(&office, &push).await;
        let asked = office.sent(1).await.pop().unwrap();
        let text = asked["text"].as_str().unwrap();
        assert!(text.starts_with("【管理员】《题目LP-001》发到“学习群”的这条不确定是否发出"), "{label}: {text}");
        let labels: Vec<&str> = buttons(&asked).iter().map(|(label, _)| *label).collect();
        assert_eq!(labels, ["已看到", "重发", "放弃"], "{label}");
        // Someone who is no admin, with the very same button.
        let stolen = buttons(&asked)[1].1.to_owned();
        let said = press_tag(&mut office, 3, stolen).await;
        assert_eq!(said, "这个按钮由管理员使用，没有改动。", "{label}");
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        let message = office.newest(1).await;
        assert_eq!(
            office.press(1, 1, &message, "重发").await,
            "马上重发，新的一条会注明（补发）。无需处理。",
            "{label}"
        );
        let message = office.newest(2).await;
        assert_eq!(office.press(2, 2, &message, "放弃").await, "已有管理员点过“重发”。无需处理。", "{label}");
        lose_reply(&office, 1).await;
        office.work().await;
        // The second copy is in doubt as well. A button about the first decides nothing about it.
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        assert_eq!(office.press(2, 2, &message, "放弃").await, "已有管理员点过“重发”。无需处理。", "{label}");
        assert_eq!(office.delivery(&push).await.0, "in_doubt", "{label}");
        tell(&office, &push).await;
        let message = office.newest(2).await;
        assert_eq!(office.press(2, 2, &message, "已看到").await, "已记为发出。无需处理。", "{label}");
        assert_eq!(office.delivery(&push).await.0, "sent", "{label}");
        let ruling = shown(&office, push.push.id).await.rulings.remove(0);
        assert!(ruling.decided_by.starts_with("staff:"), "{label}");
        assert_eq!(ruling.delivery_id, id, "{label}");
        assert!(office.verified().await, "{label}");
    }
}

fn buttons(sent: &Value) -> Vec<(&str, &str)> {
    let rows = sent["buttons"].as_array().unwrap().iter();
    let all = rows.flat_map(|row| row.as_array().unwrap());
    all.map(|button| (button["text"].as_str().unwrap(), button["data"].as_str().unwrap())).collect()
}

#[tokio::test]
async fn a_press_in_the_group_settles_a_doubt_before_the_admin_does() {
    for db in databases().await {
        let mut office = World::new(db).await;
        office.bind(1).await;
        make_admin(&office, "S01").await;
        let (push, _) = doubt(&office).await;
        tell(&office, &push).await;
        let copy = office.newest(STUDY).await;
        office.press(1, STUDY, &copy, "已阅").await;
        let message = office.newest(1).await;
        assert_eq!(office.press(1, 1, &message, "重发").await, "已经确定发出：有人在群里点了这条。无需处理。");
        let unknown = delivery::tag(office.ctx().store.keys(), Verb::Seen, 9_999);
        assert_eq!(press_tag(&mut office, 1, unknown).await, "这个按钮已经失效，没有记录，请以最新的一条为准。");
    }
}

#[tokio::test]
async fn a_group_is_suspended_and_let_in_again() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        let name = STUDY.to_string();
        office::group::suspend(&ctx, &OPERATOR, &name, "改组").await.unwrap();
        let again = office::group::suspend(&ctx, &OPERATOR, &name, "").await;
        assert!(matches!(again, Err(Refusal::GroupStands { state: GroupState::Suspended, .. })), "{label}");
        let refused = push::now(&ctx, &OPERATOR, &World::by_hand()).await;
        assert!(matches!(refused, Err(Refusal::GroupNotLinked(_))), "{label}");
        // The platform tells of the bot's rights once more: what an admin stopped stays so.
        let chat =
            json!({"id": STUDY, "kind": "supergroup", "title": "学习群", "members": [1], "bot": "administrator"});
        office.server.order("chats", chat).await;
        office.poll().await;
        let state = office::group::list(&ctx, &OPERATOR).await.unwrap()[0].group.state;
        assert_eq!(state, GroupState::Suspended, "{label}");
        office::group::resume(&ctx, &OPERATOR, &name).await.unwrap();
        let again = office::group::resume(&ctx, &OPERATOR, &name).await;
        assert!(matches!(again, Err(Refusal::GroupStands { state: GroupState::Active, .. })), "{label}");
        office.push_now(None).await;
        office.work().await;
        assert_eq!(office.sent(STUDY).await.len(), 1, "{label}");
    }
}

#[tokio::test]
async fn the_time_a_push_takes_is_known_before() {
    for db in databases().await {
        let office = World::new(db).await;
        let preview = push::preview(&office.ctx(), &OPERATOR, &World::by_hand()).await.unwrap();
        assert_eq!(preview.takes.num_seconds(), 2);
        for _ in 0..3 {
            office.push_now(None).await;
        }
        // Three messages wait for the same chat already, one a second.
        let preview = push::preview(&office.ctx(), &OPERATOR, &World::by_hand()).await.unwrap();
        assert!(preview.takes.num_seconds() >= 2);
        assert_eq!(push::list(&office.ctx(), &OPERATOR).await.unwrap().len(), 3);
    }
}
