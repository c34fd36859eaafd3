//! Deadlines of confirmations, what becomes of them when a push is taken back, and those that an admin records for somebody.

use chrono::NaiveDate;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::policy::{Act, Role};
use qingfeng::domain::push::MemberStatus;
use qingfeng::domain::word::{AckMethod, Confirm};
use qingfeng::ids::{AckId, PushId, StaffId};
use qingfeng::office::ack::manual::{self, Recorded};
use qingfeng::office::held::Held;
use qingfeng::office::leave::Leave;
use qingfeng::office::merge::OtherName;
use qingfeng::office::push::{Hours, Now, NowTarget, levers};
use qingfeng::office::{self, Outcome, Refusal};
use qingfeng::store;
use serde_json::Value;

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// The required item to both groups at 09:35 on 3 September, asked for until the 7th 17:30.
async fn required(office: &World) -> PushId {
    office.at(3, 9, 35).await;
    let target = NowTarget::Groups(vec![STUDY.to_string(), FIRMS.to_string()]);
    let order = Now { slug: "feast".to_owned(), target, confirm: None, hours: Hours::Any, deadline: None };
    let id = office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown.push.id;
    office.work().await;
    id
}

async fn record(office: &World, push: PushId, staff_no: &str) -> Outcome<Recorded> {
    manual::record(&office.ctx(), &OPERATOR, (push, staff_no), "当面看过，没有手机").await
}

async fn trip(office: &World, staff_no: &str, (from, to): (u32, u32)) {
    let day = |day: u32| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
    let (staff_no, category) = (staff_no.to_owned(), LeaveCategory::Trip);
    let leave = Leave { staff_no, category, from: day(from), to: Some(day(to)) };
    office::leave::add(&office.ctx(), &OPERATOR, &leave).await.unwrap();
}

fn figures(report: &Value) -> [i64; 4] {
    ["acked", "on_time", "late", "missing"].map(|key| report["required"][key].as_i64().unwrap())
}

#[tokio::test]
async fn a_confirmation_is_on_time_until_the_deadline_and_late_from_it_on() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in [1, 2, 3] {
            office.bind(user).await;
        }
        let id = required(&office).await;
        let copy = office.newest(STUDY).await;
        trip(&office, "S03", (7, 8)).await;
        office.at(7, 17, 29).await;
        assert_eq!(office.press(1, STUDY, &copy, "已阅").await, "已记录（9月7日17:29），谢谢。", "{label}");
        office.at(7, 17, 30).await;
        let late = office.press(2, STUDY, &copy, "已阅").await;
        assert_eq!(late, "已记录。本条9月7日17:30截止，按“截止后确认”统计。", "{label}");
        // Who was away has a deadline of their own.
        office.at(10, 17, 29).await;
        assert_eq!(office.press(3, STUDY, &copy, "已阅").await, "已记录（9月10日17:29），谢谢。", "{label}");
        assert_eq!(figures(&office.report().await)[..3], [3, 2, 1], "{label}");
        levers::recall(&office.ctx(), &OPERATOR, id, "内容有误").await.unwrap();
        let gone = office.press(1, STUDY, &copy, "已阅").await;
        assert_eq!(gone, "本条已撤回，不用确认，请以新发的一条为准。", "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn an_admin_records_a_confirmation_and_it_says_so() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let id = required(&office).await;
        office.bind(4).await;
        office.bind(5).await;
        office.at(7, 10, 0).await;
        let recorded = record(&office, id, "S04").await.unwrap();
        assert_eq!((recorded.person.staff_no.as_str(), recorded.by.as_str()), ("S04", "operator"), "{label}");
        assert!(recorded.on_time(), "{label}");
        // The person themselves is told that it stands.
        let copy = office.newest(STUDY).await;
        assert_eq!(office.press(4, STUDY, &copy, "已阅").await, "已记录过（9月7日10:00），不用再点。", "{label}");
        office.at(8, 10, 0).await;
        let late = record(&office, id, "S05").await.unwrap();
        assert!(!late.on_time(), "{label}: by the instant at which it is recorded");
        assert_eq!(figures(&office.report().await)[..3], [2, 1, 1], "{label}");
        let shown = office::push::show(&office.ctx(), &OPERATOR, id).await.unwrap();
        assert_eq!(shown.beside.unwrap().manual, 2, "{label}");
        let mut tx = office.ctx().store.read().await.unwrap();
        let acks = store::ack::page(&mut tx, AckId(0), 9).await.unwrap();
        assert!(acks.iter().all(|ack| ack.method == AckMethod::Manual), "{label}");
        assert!(acks.iter().all(|ack| ack.recorded_by.as_deref() == Some("operator")), "{label}");
        drop(tx);
        let entry = office::audit::tail(&office.ctx(), &OPERATOR, 9).await.unwrap();
        let entry = entry.into_iter().find(|entry| entry.action == "ack_record").unwrap();
        let detail: Value = serde_json::from_str(&entry.detail).unwrap();
        assert_eq!((&detail["reason"], entry.subject), (&"当面看过，没有手机".into(), format!("push:{id}")), "{label}");
        assert!(office.verified().await, "{label}");
        // What is sealed cannot be made somebody else's afterwards.
        office.behind_its_back("UPDATE ack SET recorded_by = 'operator:S01' WHERE method = 'manual'".to_owned()).await;
        assert!(!office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_recorded_confirmation_keeps_to_the_persons_own_deadline() {
    for db in databases().await {
        let mut office = World::new(db).await;
        let id = required(&office).await;
        trip(&office, "S03", (7, 8)).await;
        office.at(10, 17, 29).await;
        assert!(record(&office, id, "S03").await.unwrap().on_time());
        assert_eq!(figures(&office.report().await)[..3], [1, 1, 0]);
        office.stop().await;
    }
}

#[tokio::test]
async fn what_cannot_be_recorded_is_refused_and_changes_nothing() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.away("S02", 1..=30).await;
        let id = required(&office).await;
        office.bind(1).await;
        let copy = office.newest(STUDY).await;
        office.press(1, STUDY, &copy, "已阅").await;
        let entries = office.entries_of_ledger().await;
        let ctx = office.ctx();
        let refused = record(&office, PushId(99), "S03").await;
        assert!(matches!(refused, Err(Refusal::UnknownPush(99))), "{label}: {refused:?}");
        let refused = record(&office, id, "S99").await;
        assert!(matches!(refused, Err(Refusal::UnknownStaff(_))), "{label}: {refused:?}");
        for (staff_no, stands) in [("S12", None), ("S02", Some(MemberStatus::Exempt))] {
            let refused = record(&office, id, staff_no).await;
            let Err(Refusal::Lever(Held::AckNotExpected { standing, .. })) = refused else {
                panic!("{label}: {refused:?}")
            };
            assert_eq!(standing, stands, "{label}");
        }
        let refused = record(&office, id, "S01").await;
        assert!(matches!(refused, Err(Refusal::Lever(Held::AckStands { .. }))), "{label}: {refused:?}");
        for reason in ["白露3当面看过", "打13812345678说看过"] {
            let refused = manual::record(&ctx, &OPERATOR, (id, "S03"), reason).await;
            assert!(matches!(refused, Err(Refusal::Lever(Held::ReasonPersonal(_)))), "{label}: {refused:?}");
        }
        assert_eq!(office.entries_of_ledger().await, entries, "{label}");
        let uncounted = office.push_now(Some(Confirm::None)).await.push.id;
        let refused = record(&office, uncounted, "S03").await;
        assert!(matches!(refused, Err(Refusal::Lever(Held::AckNotAsked(_)))), "{label}: {refused:?}");
        levers::recall(&ctx, &OPERATOR, id, "内容有误").await.unwrap();
        let refused = record(&office, id, "S03").await;
        assert!(matches!(refused, Err(Refusal::Lever(Held::PushStands { .. }))), "{label}: {refused:?}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn only_an_admin_records_for_others() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let id = required(&office).await;
        let ctx = office.ctx();
        office::role::grant(&ctx, &OPERATOR, "S01", Role::Admin).await.unwrap();
        office::role::grant(&ctx, &OPERATOR, "S02", Role::Leader).await.unwrap();
        let actor = |no: &str| qingfeng::domain::audit::Actor::Operator { staff_no: Some(no.to_owned()) };
        for no in ["S02", "S03"] {
            let refused = manual::record(&ctx, &actor(no), (id, "S03"), "当面看过").await;
            assert!(matches!(refused, Err(Refusal::Forbidden { act: Act::AckWrite, .. })), "{label}: {refused:?}");
        }
        let recorded = manual::record(&ctx, &actor("S01"), (id, "S03"), "当面看过").await.unwrap();
        assert_eq!(recorded.by, "operator:S01", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_person_is_known_by_a_number_that_was_merged_since() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let id = required(&office).await;
        office::merge::merge(&office.ctx(), &OPERATOR, ("S05", "S12"), OtherName::Stated).await.unwrap();
        office.at(4, 10, 0).await;
        // The push expects the former number alone; either names the person.
        let recorded = record(&office, id, "S12").await.unwrap();
        assert_eq!(recorded.person.staff_no, "S12", "{label}");
        let again = record(&office, id, "S05").await;
        assert!(matches!(again, Err(Refusal::Lever(Held::AckStands { .. }))), "{label}: {again:?}");
        let mut tx = office.ctx().store.read().await.unwrap();
        let former = store::staff::find_by_no(&mut tx, "S05").await.unwrap().map(|row| row.id);
        let acks = store::ack::of_pushes(&mut tx, &[id]).await.unwrap();
        assert_eq!(
            acks.iter().map(|(_, staff, _)| *staff).collect::<Vec<StaffId>>(),
            Vec::from_iter(former),
            "{label}"
        );
        drop(tx);
        assert_eq!(figures(&office.report().await)[..3], [1, 1, 0], "{label}");
        office.stop().await;
    }
}
