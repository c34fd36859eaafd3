//! Who counts when a push is frozen, and until when somebody who was away is asked.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use qingfeng::domain::audit::Actor;
use qingfeng::domain::leave::{Effect, LeaveCategory, sheet};
use qingfeng::domain::month::Month;
use qingfeng::domain::policy::Act;
use qingfeng::domain::push::MemberStatus;
use qingfeng::ids::{PushId, StaffId};
use qingfeng::office::leave::{self, Ending, Leave, LeaveFault, Taken, Which};
use qingfeng::office::push::{Hours, Now, NowTarget};
use qingfeng::office::roster::Mode;
use qingfeng::office::{self, Refusal};
use qingfeng::store;

use crate::db::databases;
use crate::world::{FIRMS, OPERATOR, STUDY, World};

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn absence(staff_no: &str, category: &str, (from, to): (&str, &str)) -> Leave {
    let to = Some(to).filter(|to| !to.is_empty()).map(day);
    Leave { staff_no: staff_no.to_owned(), category: LeaveCategory::read(category).unwrap(), from: day(from), to }
}

async fn away(office: &World, staff_no: &str, category: &str, days: (&str, &str)) -> leave::Recorded {
    leave::add(&office.ctx(), &OPERATOR, &absence(staff_no, category, days)).await.unwrap()
}

/// How everybody stands in a push, by staff number; who is not in it does not stand there.
async fn standing(office: &World, push: PushId) -> BTreeMap<String, &'static str> {
    let ctx = office.ctx();
    let mut tx = ctx.store.read().await.unwrap();
    let mut standing = BTreeMap::new();
    for (_, chunk) in store::push::audiences(&mut tx, &[push]).await.unwrap() {
        for member in chunk.members {
            let person = store::staff::find(&mut tx, member.staff).await.unwrap().unwrap();
            let counted = match member.status {
                MemberStatus::Expected => "应知",
                MemberStatus::Exempt => "免计",
                MemberStatus::Unasked => "问不到",
            };
            standing.insert(person.staff_no, counted);
        }
    }
    standing
}

async fn import(office: &World, rows: &[String]) {
    let text = format!("工号,姓名,单位,支部,职务,类别,顺序\n{}\n", rows.join("\n"));
    let rows = qingfeng::render::sheet::read(text.as_bytes()).unwrap();
    let people = qingfeng::domain::roster::parse(&rows).unwrap();
    office::roster::import(&office.ctx(), &OPERATOR, &people, Mode::Apply).await.unwrap();
}

/// The required item to both groups, by hand.
async fn push_required(office: &World) -> PushId {
    let groups = vec![STUDY.to_string(), FIRMS.to_string()];
    let (target, hours) = (NowTarget::Groups(groups), Hours::Any);
    let order = Now { slug: "feast".to_owned(), target, confirm: None, hours, deadline: None };
    office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown.push.id
}

async fn id_of(office: &World, staff_no: &str) -> StaffId {
    let ctx = office.ctx();
    let mut tx = ctx.store.read().await.unwrap();
    store::staff::find_by_no(&mut tx, staff_no).await.unwrap().unwrap().id
}

/// The own deadlines of a push, by staff number, on the office's clock.
async fn own(office: &World, push: PushId) -> BTreeMap<String, String> {
    let ctx = office.ctx();
    let mut tx = ctx.store.read().await.unwrap();
    let mut own = BTreeMap::new();
    for row in store::deadline::of_pushes(&mut tx, &[push]).await.unwrap() {
        let person = store::staff::find(&mut tx, row.staff_id).await.unwrap().unwrap();
        own.insert(person.staff_no, qingfeng::message::print::local(row.deadline_at.utc(), ctx.zone));
    }
    own
}

/// Each row of the table of who counts, frozen on 1 September: staff number, category, first and last day, and how they
/// stand.
const ROWS: [(&str, &str, &str, &str, &str); 10] = [
    ("S02", "出差", "2026-09-01", "2026-09-04", "应知"),
    ("S03", "产假", "2026-08-01", "2027-01-20", "免计"),
    ("S04", "长期病假", "2026-08-20", "2026-09-30", "免计"),
    ("S05", "挂职", "2026-05-01", "2026-12-31", "免计"),
    ("S06", "借调", "2026-08-01", "2026-12-31", "应知"),
    ("S07", "借入", "2026-08-01", "", "应知"),
    ("S08", "退休", "2026-08-31", "", "免计"),
    ("S09", "停职", "2026-08-31", "", "免计"),
    ("S10", "流动党员", "2026-03-01", "", "免计"),
    ("S11", "调离", "2026-09-01", "", "免计"),
];

#[tokio::test]
async fn every_row_of_the_table_is_frozen_as_it_says() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(8).await;
        for (staff_no, category, from, to, _) in ROWS {
            away(&office, staff_no, category, (from, to)).await;
        }
        let push = push_required(&office).await;
        let frozen = standing(&office, push).await;
        for (staff_no, category, .., expected) in ROWS {
            assert_eq!(frozen.get(staff_no), Some(&expected), "{label}: {category}");
        }
        assert_eq!(frozen.get("S01"), Some(&"应知"), "{label}: at their desk");
        assert_eq!(frozen.get("S12"), None, "{label}: the item is not for them");
        // Who is outside the count and reads all the same is recorded, and is in no rate.
        office.work().await;
        let message = office.newest(STUDY).await;
        let toast = office.press(8, STUDY, &message, "已阅").await;
        assert_eq!(toast, "已记录。您目前在免计范围，点不点都不影响统计。", "{label}");
        let required = office.report().await["required"].clone();
        assert_eq!(
            (&required["expected"], &required["exempt"], &required["others"]),
            (&4.into(), &7.into(), &1.into())
        );
        assert_eq!(required["acked"], 0, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn who_leaves_is_out_and_who_is_new_counts_from_the_next_day() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(2, 9, 0).await;
        let row = |n: i64| format!("S{n:02},白露{n},管委会/综合科,,,公职人员,");
        let rows = (1..=12).filter(|n| *n != 2).map(row).chain(["N01,新人,管委会/综合科,,,公职人员,".to_owned()]);
        import(&office, &rows.collect::<Vec<_>>()).await;
        let first = push_required(&office).await;
        let today = standing(&office, first).await;
        assert_eq!(
            (today.get("N01"), today.get("S01"), today.get("S02")),
            (Some(&"免计"), Some(&"应知"), None),
            "{label}"
        );
        office.at(3, 9, 0).await;
        let second = push_required(&office).await;
        assert_eq!(standing(&office, second).await.get("N01"), Some(&"应知"), "{label}");
        assert_eq!(standing(&office, first).await, today, "{label}: and what was frozen stays");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_deadline_is_frozen_at_the_second_workday_from_the_return() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in [2, 3] {
            office.bind(user).await;
        }
        away(&office, "S02", "出差", ("2026-09-03", "2026-09-08")).await;
        office.schedules().await;
        office.at(3, 9, 35).await;
        office.work().await;
        let feast = office.newest(STUDY).await;
        // Everybody has until the 7th; who is back on the 9th has until the 10th.
        let month = Month::new(2026, 9).unwrap();
        let report = office::report::month(&office.ctx(), &OPERATOR, month).await.unwrap();
        let push = report.pushes.iter().find(|push| push.slug == "feast").unwrap().id;
        assert_eq!(own(&office, push).await, BTreeMap::from([("S02".to_owned(), "2026-09-10 17:30".to_owned())]));
        office.at(10, 17, 29).await;
        assert_eq!(office.press(2, STUDY, &feast, "已阅").await, "已记录（9月10日17:29），谢谢。", "{label}");
        let late = office.press(3, STUDY, &feast, "已阅").await;
        assert_eq!(late, "已记录。本条9月7日17:30截止，按“截止后确认”统计。", "{label}");
        let required = office.report().await["required"].clone();
        assert_eq!((&required["acked"], &required["on_time"], &required["late"]), (&2.into(), &1.into(), &1.into()));
        office.stop().await;
    }
}

#[tokio::test]
async fn an_absence_recorded_later_moves_what_falls_into_it_and_never_back() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.bind(4).await;
        office.at(3, 9, 35).await;
        let push = push_required(&office).await;
        office.work().await;
        office.at(7, 10, 0).await;
        let recorded = away(&office, "S04", "病假", ("2026-09-07", "2026-09-08")).await;
        assert_eq!((recorded.effect, recorded.moved), (Effect::Excused, 1), "{label}");
        assert_eq!(away(&office, "S05", "事假", ("2026-09-01", "2026-09-04")).await.moved, 0, "{label}: before it");
        assert_eq!(away(&office, "S12", "事假", ("2026-09-07", "2026-09-08")).await.moved, 0, "{label}: not asked");
        let expected = BTreeMap::from([("S04".to_owned(), "2026-09-10 17:30".to_owned())]);
        assert_eq!(own(&office, push).await, expected, "{label}");
        assert_eq!(standing(&office, push).await.get("S04"), Some(&"应知"), "{label}: the audience stays");
        // Ended early, then taken back: the deadline stays where it is.
        let ctx = office.ctx();
        let of = Which::Of("S04".to_owned());
        leave::end(&ctx, &OPERATOR, &of, Ending::On(day("2026-09-07"))).await.unwrap();
        leave::end(&ctx, &OPERATOR, &Which::Id(recorded.leave), Ending::Withdrawn).await.unwrap();
        assert!(matches!(
            leave::end(&ctx, &OPERATOR, &Which::Id(recorded.leave), Ending::Withdrawn).await,
            Err(Refusal::Leave(LeaveFault::None(_)))
        ));
        assert_eq!(own(&office, push).await, expected, "{label}");
        // The word 已阅 alone finds what is open for this person, after everybody's deadline.
        office.at(9, 9, 0).await;
        office.say(4, "已阅").await;
        assert_eq!(office.report().await["required"]["on_time"], 1, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_person_says_themselves_when_they_are_back() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(3, 9, 35).await;
        let push = push_required(&office).await;
        office.at(7, 9, 30).await;
        let ctx = office.ctx();
        let channel = office.line().id;
        let (id, other) = (id_of(&office, "S03").await, id_of(&office, "S04").await);
        let me = Actor::Staff { id, channel };
        assert_eq!(leave::return_days(&ctx).await.unwrap(), [day("2026-09-08"), day("2026-09-09")], "{label}");
        for wrong in ["2026-09-07", "2026-09-01", "2026-11-07"] {
            let refused = leave::declare(&ctx, &me, id, day(wrong)).await;
            assert!(matches!(refused, Err(Refusal::Leave(LeaveFault::ReturnDay { .. }))), "{label}: {wrong}");
        }
        for actor in [OPERATOR, Actor::Staff { id: other, channel }] {
            let refused = leave::declare(&ctx, &actor, id, day("2026-09-09")).await;
            assert!(matches!(refused, Err(Refusal::Forbidden { act: Act::LeaveWrite, .. })), "{label}");
        }
        let at = |text: &str| Some(DateTime::parse_from_rfc3339(text).unwrap().with_timezone(&Utc));
        let declared = leave::declare(&ctx, &me, id, day("2026-09-09")).await.unwrap();
        assert_eq!(declared.deadline, at("2026-09-10T17:30:00+08:00"), "{label}");
        let words = qingfeng::message::leave::declared(declared.return_day, declared.deadline, ctx.zone);
        assert_eq!(words, "已记下：9月9日返岗。这期间不再提醒，截止时间顺延到9月10日17:30。", "{label}");
        // Saying an earlier day afterwards leaves the deadline, and one absence.
        let again = leave::declare(&ctx, &me, id, day("2026-09-08")).await.unwrap();
        assert_eq!(again.deadline, declared.deadline, "{label}");
        let listed = leave::list(&ctx, &OPERATOR, None).await.unwrap();
        let listed: Vec<_> = listed.iter().map(|l| (l.person.id, l.row.declared, l.row.ends_on)).collect();
        assert_eq!(listed, [(id, true, Some(day("2026-09-07")))], "{label}");
        // An admin's record may lie beside it.
        away(&office, "S03", "年休假", ("2026-09-07", "2026-09-15")).await;
        assert_eq!(own(&office, push).await["S03"], "2026-09-17 17:30", "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn nobody_makes_themselves_punctual_afterwards() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        office.at(3, 9, 35).await;
        let push = push_required(&office).await;
        office.at(7, 18, 0).await;
        let (id, channel) = (id_of(&office, "S03").await, office.line().id);
        let me = Actor::Staff { id, channel };
        let declared = leave::declare(&office.ctx(), &me, id, day("2026-09-09")).await.unwrap();
        assert_eq!(declared.deadline, None, "{label}");
        let words = qingfeng::message::leave::declared(declared.return_day, None, office.ctx().zone);
        assert_eq!(words, "已记下：9月9日返岗。这期间不再提醒。", "{label}");
        assert_eq!(own(&office, push).await, BTreeMap::new(), "{label}");
        assert_eq!(away(&office, "S04", "出差", ("2026-09-07", "2026-09-08")).await.moved, 1, "{label}: an admin may");
        office.stop().await;
    }
}

#[tokio::test]
async fn of_two_absences_recorded_at_once_one_stands() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let trips: Vec<Leave> =
            (3..9).map(|n| absence("S05", "出差", ("2026-09-02", &format!("2026-09-0{n}")))).collect();
        let ctx = office.ctx();
        let all = futures::future::join_all(trips.iter().map(|trip| leave::add(&ctx, &OPERATOR, trip))).await;
        assert_eq!(all.iter().filter(|one| one.is_ok()).count(), 1, "{label}: {all:?}");
        assert_eq!(leave::list(&ctx, &OPERATOR, Some("S05")).await.unwrap().len(), 1, "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_sheet_is_taken_in_whole_or_not_at_all() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let ctx = office.ctx();
        away(&office, "S05", "产假", ("2026-08-01", "2026-12-31")).await;
        let read = |rows: &str| {
            let text = format!("工号,类别,起,止\n{rows}");
            sheet::parse(&qingfeng::render::sheet::read_dated(text.as_bytes()).unwrap())
        };
        let entries = office.entries_of_ledger().await;
        let bad =
            read("S01,出差,2026-09-01,2026-09-03\nS99,出差,2026-09-01,2026-09-03\nS05,其他,2026-12-31,\nS02,度假,1,\n");
        let Err(Refusal::Leave(LeaveFault::Sheet(problems))) = leave::import(&ctx, &OPERATOR, &bad, Mode::Apply).await
        else {
            unreachable!("{label}: it was taken in")
        };
        assert_eq!(problems.iter().map(|p| p.row).collect::<Vec<_>>(), [Some(3), Some(4), Some(5), Some(5)], "{label}");
        assert_eq!(leave::list(&ctx, &OPERATOR, None).await.unwrap().len(), 1, "{label}");
        assert_eq!(office.entries_of_ledger().await, entries + 1, "{label}: only the look");
        let push = push_required(&office).await;
        let good = read("S01,出差,2026-09-02,2026-09-03\nS05,产假,2026-08-01,2026-12-31\nS04,退休,2026-09-02,\n");
        let dry = leave::import(&ctx, &OPERATOR, &good, Mode::DryRun).await.unwrap();
        assert_eq!(dry, Taken { added: 2, known: 1, moved: 0 }, "{label}");
        let taken = leave::import(&ctx, &OPERATOR, &good, Mode::Apply).await.unwrap();
        assert_eq!(taken, Taken { added: 2, known: 1, moved: 1 }, "{label}");
        assert_eq!(own(&office, push).await["S01"], "2026-09-07 17:30", "{label}");
        let again = leave::import(&ctx, &OPERATOR, &good, Mode::Apply).await.unwrap();
        assert_eq!(again, Taken { added: 0, known: 3, moved: 0 }, "{label}");
        assert!(office.verified().await, "{label}");
        office.stop().await;
    }
}
