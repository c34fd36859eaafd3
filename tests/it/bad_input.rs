//! What nobody should send and somebody does: presses on what was never there, is gone or is for others; people who are
//! gone themselves when their press is stored; a batch that holds all of it. The good ones count, each once.

use qingfeng::channel::RawUpdate;
use qingfeng::ctx::Ctx;
use qingfeng::domain::tag::Verb;
use qingfeng::ids::{AttemptId, PushId};
use qingfeng::inbox::effect::Effect;
use qingfeng::inbox::intake;
use qingfeng::office::merge::OtherName;
use qingfeng::office::push::{Now, NowTarget, Shown, levers};
use qingfeng::office::{self, delivery, quiz};
use qingfeng::store;
use serde_json::{Value, json};

use crate::db::databases;
use crate::nudge::between::first_leaves;
use crate::people_chat::{press_data, screen, tap};
use crate::quiz::{SEVERAL, SINGLE, asking, copy, forged, push as ask, set, shown, stored};
use crate::world::{FIRMS, OPERATOR, STUDY, World};

const GONE: &str = "这个按钮已经失效，没有记录，请以最新的一条为准。";
const RECALLED: &str = "本条已撤回，不用确认，请以新发的一条为准。";
const BUSY: &str = "系统忙，这次还没有记录，请过几分钟再点一次。";

/// What 已阅 carries under the copy of an attempt: our own seal, whatever the number.
fn ack(office: &World, attempt: AttemptId) -> String {
    delivery::tag(office.ctx().store.keys(), Verb::Ack, attempt.0)
}

async fn acks(office: &World, push: PushId) -> i64 {
    let mut tx = office.ctx().store.read().await.unwrap();
    store::ack::count(&mut tx, push).await.unwrap()
}

/// Hands presses over all at once, `data` as a forged client would send it; their answers, in order.
async fn batch(office: &mut World, message: &str, presses: &[(i64, String)]) -> Vec<String> {
    let message: i64 = message.parse().unwrap();
    let one = |(user, data): &(i64, String)| json!({"user": user, "chat": STUDY, "message_id": message, "data": data});
    let order = json!({ "presses": presses.iter().map(one).collect::<Vec<_>>() });
    let ids = office.server.order("press", order).await;
    office.poll().await;
    let ledger = office.server.look("ledger").await;
    let all = ledger["pressed"].as_array().unwrap();
    let told = |id: &Value| all.iter().find(|press| press["callback_id"] == *id).unwrap()["answered"].clone();
    let ids = ids["callback_ids"].as_array().unwrap();
    ids.iter().map(|id| told(id)["text"].as_str().unwrap_or("nothing").to_owned()).collect()
}

/// A push whose only message the platform refuses, and which is then cancelled.
async fn cancelled(office: &World) -> Shown {
    let refused = json!({"kind": "error", "code": 400, "description": "Bad Request: text must be encoded in UTF-8"});
    office.server.order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": refused})).await;
    let pushed = office.push_now(None).await;
    office.later(2).await;
    office.work().await;
    levers::cancel(&office.ctx(), &OPERATOR, pushed.push.id, "内容有误").await.unwrap();
    pushed
}

#[tokio::test]
async fn a_press_for_an_unknown_a_cancelled_or_a_recalled_push_counts_nothing_and_says_why() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let (good, message) = ask(&office).await;
        let cancelled = cancelled(&office).await;
        let (recalled, _) = ask(&office).await;
        levers::recall(&office.ctx(), &OPERATOR, recalled.push.id, "内容有误").await.unwrap();
        let attempts = [AttemptId(9_999), AttemptId(0), AttemptId(-1), AttemptId(i64::MAX)];
        for attempt in attempts {
            let data = ack(&office, attempt);
            assert_eq!(forged(&mut office, (1, STUDY), &message, &data).await, GONE, "{label}: {attempt}");
        }
        for pushed in [&cancelled, &recalled] {
            let data = ack(&office, copy(&office, pushed).await);
            assert_eq!(forged(&mut office, (1, STUDY), &message, &data).await, RECALLED, "{label}");
            assert_eq!(acks(&office, pushed.push.id).await, 0, "{label}");
        }
        assert_eq!(acks(&office, good.push.id).await, 0, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_press_on_what_is_for_others_is_thanked_and_in_no_rate() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        office.server.order("members", json!({"chat": FIRMS, "join": [1]})).await;
        let target = NowTarget::Groups(vec![FIRMS.to_string()]);
        let pushed =
            office::push::now(&office.ctx(), &OPERATOR, &Now { target, ..World::by_hand() }).await.unwrap().shown;
        office.work().await;
        let theirs = office.newest(FIRMS).await;
        let thanked = "谢谢阅读。本条发出时您不在应知范围，不计入统计。";
        assert_eq!(office.press(1, FIRMS, &theirs, "已阅").await, thanked, "{label}");
        assert_eq!(office.press(1, FIRMS, &theirs, "已阅").await, thanked, "{label}: again");
        assert_eq!(acks(&office, pushed.push.id).await, 1, "{label}: it is stored once");
        let voluntary = office.report().await["voluntary"].clone();
        assert_eq!((&voluntary["acked"], &voluntary["others"]), (&json!(0), &json!(1)), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_press_long_after_a_push_went_out_still_counts() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let (_, message) = ask(&office).await;
        office.at(29, 16, 0).await;
        office.work().await;
        assert_eq!(office.press(1, STUDY, &message, "已阅").await, "已记录（9月29日16:00），谢谢。", "{label}");
        let voluntary = office.report().await["voluntary"].clone();
        assert_eq!((&voluntary["acked"], &voluntary["late"]), (&json!(1), &json!(0)), "{label}");
        office.stop().await;
    }
}

/// The press waits at the platform.
async fn pressed(office: &World, user: i64, message: &str) -> String {
    let number: i64 = message.parse().unwrap();
    let press = json!({"user": user, "chat": STUDY, "message_id": number, "button": "已阅"});
    let ids = office.server.order("press", json!({ "presses": [press] })).await;
    ids["callback_ids"][0].as_str().unwrap().to_owned()
}

async fn answer(office: &World, callback: &str) -> String {
    let ledger = office.server.look("ledger").await;
    let mine = ledger["pressed"].as_array().unwrap().iter().find(|press| press["callback_id"] == callback).cloned();
    mine.unwrap()["answered"]["text"].as_str().unwrap_or("nothing").to_owned()
}

#[tokio::test]
async fn who_leaves_between_the_press_and_its_commit_is_counted_where_they_were_expected() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(1).await;
        let (_, message) = ask(&office).await;
        let press = pressed(&office, 1, &message).await;
        first_leaves(&office).await;
        office.server.order("members", json!({"chat": STUDY, "leave": [1]})).await;
        office.poll().await;
        assert_eq!(answer(&office, &press).await, "已记录（9月1日09:30），谢谢。", "{label}");
        let voluntary = office.report().await["voluntary"].clone();
        assert_eq!((&voluntary["expected"], &voluntary["acked"]), (&json!(10), &json!(1)), "{label}");
        assert_eq!(voluntary["others"], 0, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn whose_account_is_let_go_or_who_is_erased_before_the_commit_counts_for_nobody_yet() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in 1..=2 {
            office.bind(user).await;
        }
        let (pushed_out, message) = ask(&office).await;
        let presses = [pressed(&office, 1, &message).await, pressed(&office, 2, &message).await];
        office::staff::unbind(&office.ctx(), &OPERATOR, "S01", None).await.unwrap();
        office::erase::erase(&office.ctx(), &OPERATOR, "S02").await.unwrap();
        office.poll().await;
        for press in &presses {
            let told = answer(&office, press).await;
            assert!(told.starts_with("已收到您的点击。还差一步：绑定工号"), "{label}: {told}");
        }
        assert_eq!(acks(&office, pushed_out.push.id).await, 0, "{label}");
        // Bound anew, the press counts with its own time.
        office.later(600).await;
        assert!(office.bind(1).await.contains("您9月1日09:30在群里点的那一条已经补记"), "{label}");
        assert_eq!(acks(&office, pushed_out.push.id).await, 1, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

/// A rule of the database that only the answer of one person breaks.
async fn poison(office: &World, staff: i64) {
    let sql = match office.db.label {
        "sqlite" => format!(
            "CREATE TRIGGER poison BEFORE INSERT ON quiz_answer WHEN NEW.staff_id = {staff} BEGIN SELECT RAISE(ABORT, 'poison'); END"
        ),
        _ => format!("ALTER TABLE quiz_answer ADD CONSTRAINT poison CHECK (staff_id <> {staff})"),
    };
    office.behind_its_back(sql).await;
}

#[tokio::test]
async fn one_answer_that_breaks_a_rule_costs_no_other_press_of_its_batch() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 4).await;
        let (pushed, message) = ask(&office).await;
        poison(&office, 2).await;
        let attempt = copy(&office, &pushed).await;
        let keys = office.ctx().store.keys().clone();
        let option = |option| delivery::tag(&keys, Verb::Answer, quiz::link::pack(attempt, option).unwrap());
        let seen = ack(&office, attempt);
        let presses =
            [(1, option(1)), (2, option(1)), (3, option(0)), (4, seen.clone()), (2, seen), (1, "1a1.0".to_owned())];
        let told = batch(&mut office, &message, &presses).await;
        let recorded = "已记录（9月1日09:30），谢谢。";
        let expected = [
            "答对了。没有起点金额。（第六条）",
            BUSY,
            "正确答案是B。没有起点金额。（第六条）",
            recorded,
            recorded,
            GONE,
        ];
        assert_eq!(told, expected, "{label}");
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 2, true), (0, 1, 1, false)], "{label}");
        assert_eq!(acks(&office, pushed.push.id).await, 2, "{label}");
        // It is tried three times and set aside; nothing waits behind it.
        office.say(1, "/help").await;
        office.say(1, "/help").await;
        let mut tx = office.ctx().store.read().await.unwrap();
        assert_eq!(store::inbox::standing(&mut tx).await.unwrap(), (0, 1), "{label}");
        drop(tx);
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn nobody_answers_a_question_that_another_is_asked_in_private() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SEVERAL, 2).await;
        let (pushed, _) = ask(&office).await;
        let (_, rows) = shown(&office).await;
        let code = rows[1][0]["url"].as_str().unwrap().split_once("?start=").unwrap().1.to_owned();
        office.say(1, &format!("/start {code}")).await;
        let theirs = screen(&office, 1).await;
        let own = office.newest(2).await;
        let told = press_data(&mut office, 2, &own, &theirs.data("B")).await;
        assert_eq!(told, "这个按钮是别人的，没有改动。", "{label}");
        assert!(stored(&office, &pushed).await.is_empty(), "{label}");
        // Twice the same option answers one question, not two.
        let first = theirs.data("B");
        tap(&mut office, 1, "B").await;
        press_data(&mut office, 1, &theirs.id, &first).await;
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 2, true)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn an_answer_under_another_message_does_not_tell_where_a_copy_in_doubt_is() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 1).await;
        let lost = json!({"kind": "reset", "accept": true});
        office.server.order("faults", json!({"method": "sendMessage", "chat": STUDY, "times": 1, "fault": lost})).await;
        let (pushed, message) = ask(&office).await;
        let attempt = copy(&office, &pushed).await;
        let data = delivery::tag(office.ctx().store.keys(), Verb::Answer, quiz::link::pack(attempt, 1).unwrap());
        let private = office.newest(1).await;
        let foreign = "这个按钮不属于这条消息，没有记录，请点原来那一条。";
        assert_eq!(forged(&mut office, (1, 1), &private, &data).await, foreign, "{label}");
        assert_eq!(office.delivery(&pushed).await.0, "in_doubt", "{label}");
        assert!(office.press(1, STUDY, &message, "B").await.starts_with("答对了"), "{label}");
        assert_eq!(office.delivery(&pushed).await.0, "sent", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_number_that_was_merged_brings_no_second_answer() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 1).await;
        let (pushed, message) = ask(&office).await;
        assert!(office.press(1, STUDY, &message, "A").await.starts_with("正确答案是B"), "{label}");
        office::merge::merge(&office.ctx(), &OPERATOR, ("S01", "S03"), OtherName::Stated).await.unwrap();
        assert!(office.press(1, STUDY, &message, "B").await.starts_with("您已答过"), "{label}");
        assert_eq!(stored(&office, &pushed).await, [(0, 1, 1, false)], "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn two_answers_of_one_person_at_two_instances_come_one_after_the_other() {
    for db in databases().await {
        let label = db.label;
        let mut office = asking(db, SINGLE, 1).await;
        set(&office, "quiz.attempts", "2").await;
        for round in 0..5 {
            let (pushed, message) = ask(&office).await;
            let number: i64 = message.parse().unwrap();
            let press = |button: &str| json!({"user": 1, "chat": STUDY, "message_id": number, "button": button});
            office.server.order("press", json!({ "presses": [press("A"), press("C")] })).await;
            let brought = office.server.ok("getUpdates", json!({})).await;
            let raw = |place: usize| {
                let id = brought[place]["update_id"].as_i64().unwrap();
                [RawUpdate { event_id: id.to_string(), id, raw: brought[place].to_string() }]
            };
            let (one, two) = (office.ctx(), Ctx { boot: "two".to_owned(), ..office.ctx() });
            let (here, there) = (raw(0), raw(1));
            let line = office.line();
            let both =
                tokio::join!(Box::pin(intake::take(&one, &line, &here)), Box::pin(intake::take(&two, &line, &there)));
            let mut told: Vec<String> = [both.0.unwrap(), both.1.unwrap()].concat().iter().map(text).collect();
            told.sort();
            let expected = ["正确答案是B。没有起点金额。（第六条）", "这次没有答对，还可以再答1次。可以先看看第六条。"];
            assert_eq!(told, expected, "{label}: {round}");
            assert_eq!(stored(&office, &pushed).await.len(), 2, "{label}: {round}");
            office.poll().await;
            office.later(2).await;
        }
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

fn text(effect: &Effect) -> String {
    match effect {
        Effect::Answer(due) => due.answer.text.clone(),
        Effect::Say { .. } | Effect::Edit { .. } | Effect::Leave { .. } => "something else".to_owned(),
    }
}
