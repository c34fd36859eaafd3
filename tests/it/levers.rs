//! The operator's levers: pause, cancel, recall, send again, decide. What was sent is never sent twice by them, and what
//! was not counted is not hidden.

use qingfeng::domain::delivery::HaltCause;
use qingfeng::domain::word::{Confirm, GroupState};
use qingfeng::ids::PushId;
use qingfeng::office::held::Held;
use qingfeng::office::push::levers::{self, CopyFate};
use qingfeng::office::push::{Now, NowTarget, Shown};
use qingfeng::office::{self, Refusal, halt, push};
use serde_json::json;

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
pub(crate) async fn lose_reply(office: &World, times: i64) {
    let fault = json!({"kind": "reset", "accept": true});
    office
        .server
        .order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": times, "fault": fault}))
        .await;
}

pub(crate) async fn shown(office: &World, id: PushId) -> Shown {
    push::show(&office.ctx(), &OPERATOR, id).await.unwrap()
}

/// States of a push's deliveries.
async fn states(office: &World, id: PushId) -> Vec<&'static str> {
    shown(office, id).await.deliveries.iter().map(|(row, _)| row.state.as_str()).collect()
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
        assert!(matches!(again, Err(Refusal::Lever(Held::PausedAlready))), "{label}");
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
        // Three of the one plan and one of the other, whoever put them on record.
        assert_eq!((resumed.missed, resumed.waiting), (4, 0), "{label}");
        assert!(
            matches!(halt::resume(&office.ctx(), &OPERATOR).await, Err(Refusal::Lever(Held::NotPaused))),
            "{label}"
        );
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
        assert!(matches!(again, Err(Refusal::Lever(Held::PushStands { .. }))), "{label}");
        let nothing = office.push_now(None).await;
        let recalled = levers::recall(&office.ctx(), &OPERATOR, nothing.push.id, "x").await;
        assert!(matches!(recalled, Err(Refusal::Lever(Held::NothingSent(_)))), "{label}");
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
        assert!(matches!(refused, Err(Refusal::Lever(Held::PushOut { sent: 1, in_doubt: 0, .. }))));
        lose_reply(&office, 1).await;
        office.later(60).await;
        let lost = office.push_now(None).await;
        office.work().await;
        let refused = levers::cancel(&office.ctx(), &OPERATOR, lost.push.id, "").await;
        assert!(matches!(refused, Err(Refusal::Lever(Held::PushOut { sent: 0, in_doubt: 1, .. }))));
    }
}

#[tokio::test]
async fn a_recalled_push_leaves_the_figures_and_its_doubt_gets_no_second_copy() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.bind(11).await;
        office::role::grant(&office.ctx(), &OPERATOR, "S01", qingfeng::domain::policy::Role::Admin).await.unwrap();
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
        let asked = office.sent(1).await.iter().any(|sent| sent["text"].as_str().unwrap().contains("不确定是否发出"));
        assert!(!asked, "{label}: nobody is asked about what is taken back");
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
async fn a_copy_that_the_platform_keeps_is_told_to_the_admins() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office::role::grant(&office.ctx(), &OPERATOR, "S01", qingfeng::domain::policy::Role::Admin).await.unwrap();
        let push = office.push_now(None).await;
        office.work().await;
        let fault = json!({"kind": "error", "code": 400, "description": "Bad Request: something new"});
        office
            .server
            .order("faults", json!({"method": "deleteMessage", "chat": STUDY, "times": 1, "fault": fault}))
            .await;
        levers::recall(&office.ctx(), &OPERATOR, push.push.id, "过时").await.unwrap();
        let before = office.sent(1).await.len();
        for _ in 0..3 {
            office.later(2).await;
            office.work().await;
        }
        let told: Vec<_> = office.sent(1).await.split_off(before);
        let words: Vec<_> = told.iter().map(|sent| sent["text"].as_str().unwrap()).collect();
        assert_eq!(words.len(), 1, "{label}: {words:?}");
        assert!(words[0].contains("已撤回") && words[0].contains("请到群里手工删除"), "{label}: {words:?}");
        office.stop().await;
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
        assert!(matches!(stopped, Err(Refusal::Lever(Held::GroupStopped { .. }))), "{label}");
        assert_eq!(states(&office, push.push.id).await, ["sent", "failed"], "{label}");
        office::group::resume(&office.ctx(), &OPERATOR, &FIRMS.to_string()).await.unwrap();
        levers::resend_failed(&office.ctx(), &OPERATOR, push.push.id).await.unwrap();
        assert_eq!(states(&office, push.push.id).await, ["sent", "queued"], "{label}");
        // A chat gets one call a second.
        office.later(1).await;
        office.work().await;
        assert_eq!(states(&office, push.push.id).await, ["sent", "sent"], "{label}");
        assert_eq!((office.sent(STUDY).await.len(), office.sent(FIRMS).await.len()), (1, 1), "{label}");
        let figures = office.report().await["voluntary"].clone();
        assert_eq!((&figures["expected"], push::list(&office.ctx(), &OPERATOR).await.unwrap().len()), (&before, 1));
        let again = levers::resend_failed(&office.ctx(), &OPERATOR, push.push.id).await;
        assert!(matches!(again, Err(Refusal::Lever(Held::NothingFailed(_)))), "{label}");
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

#[tokio::test]
async fn a_group_is_suspended_and_let_in_again() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        let name = STUDY.to_string();
        office::group::suspend(&ctx, &OPERATOR, &name, "改组").await.unwrap();
        let again = office::group::suspend(&ctx, &OPERATOR, &name, "").await;
        assert!(
            matches!(again, Err(Refusal::Lever(Held::GroupStands { state: GroupState::Suspended, .. }))),
            "{label}"
        );
        let refused = push::now(&ctx, &OPERATOR, &World::by_hand()).await;
        assert!(matches!(refused, Err(Refusal::GroupNotLinked(_))), "{label}");
        // The platform tells of the bot's rights once more: what an admin stopped stays so.
        office.server.order("bot", json!({"chat": STUDY, "standing": "administrator", "by": 1})).await;
        office.poll().await;
        let state = office::group::list(&ctx, &OPERATOR).await.unwrap()[0].group.state;
        assert_eq!(state, GroupState::Suspended, "{label}");
        let linked = office::group::link(&ctx, &OPERATOR, &name, &["综合科".to_owned()]).await.unwrap();
        assert_eq!(linked.now.group.state, GroupState::Suspended, "{label}: linking lets nothing in again");
        office::group::resume(&ctx, &OPERATOR, &name).await.unwrap();
        let again = office::group::resume(&ctx, &OPERATOR, &name).await;
        assert!(matches!(again, Err(Refusal::Lever(Held::GroupStands { state: GroupState::Active, .. }))), "{label}");
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
