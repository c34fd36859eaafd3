//! Who may do what, by a cast of made-up people with different rights: every act by its own use case, from the machine and
//! from chat; units of one's own; the last admin.

use qingfeng::domain::audit::Actor;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::month::Month;
use qingfeng::domain::policy::{Act, Role, Scope, scope};
use qingfeng::domain::roster::{self, Doubt, Roster, Stated};
use qingfeng::domain::word::Confirm;
use qingfeng::ids::PushId;
use qingfeng::office::leave::Leave;
use qingfeng::office::role::{self, Given, RoleFault};
use qingfeng::office::roster::Mode;
use qingfeng::office::staff::Invitees;
use qingfeng::office::{self, Outcome, Refusal};
use qingfeng::store;
use serde_json::json;

use crate::db::{TestDb, databases};
use crate::world::{FIRMS, OPERATOR, STUDY, World};

/// The cast, all of 综合科 (1–5) and 规划科 (6–10): who holds which role. S08 holds none.
const CAST: [(&str, Role); 7] = [
    ("S01", Role::Admin),
    ("S02", Role::Editor),
    ("S03", Role::Approver),
    ("S04", Role::UnitHead),
    ("S05", Role::Leader),
    ("S06", Role::Auditor),
    ("S08", Role::Staff),
];

fn operator(staff_no: &str) -> Actor {
    Actor::Operator { staff_no: Some(staff_no.to_owned()) }
}

fn head_of(units: &[&str]) -> Given {
    Given { role: Role::UnitHead, units: units.iter().map(|unit| (*unit).to_owned()).collect() }
}

/// The office with its roles given: the first admin by the machine's operator, the others by that admin.
async fn staffed(db: TestDb) -> World {
    let office = World::new(db).await;
    let ctx = office.ctx();
    role::grant(&ctx, &OPERATOR, "S01", Role::Admin).await.unwrap();
    let admin = operator("S01");
    for (staff_no, held) in CAST {
        match held {
            Role::Admin | Role::Staff => {}
            Role::UnitHead => drop(role::grant(&ctx, &admin, staff_no, head_of(&["综合科"])).await.unwrap()),
            Role::Editor | Role::Approver | Role::Leader | Role::Auditor => {
                role::grant(&ctx, &admin, staff_no, held).await.unwrap();
            }
        }
    }
    office
}

/// The same person in chat.
async fn in_chat(office: &World, staff_no: &str) -> Actor {
    let mut tx = office.ctx().store.read().await.unwrap();
    let person = store::staff::find_by_no(&mut tx, staff_no).await.unwrap().unwrap();
    Actor::Staff { id: person.id, channel: office.line().id }
}

fn sheet(rows: &[&str]) -> Roster {
    let header = "工号,姓名,单位,支部,职务,类别,顺序";
    let text = [header].iter().chain(rows).flat_map(|row| [*row, "\n"]).collect::<String>();
    roster::parse(&qingfeng::render::sheet::read(text.as_bytes()).unwrap()).unwrap()
}

/// A required push to everybody of both chats.
async fn required(office: &World) -> PushId {
    let target = office::push::NowTarget::Groups(vec![STUDY.to_string(), FIRMS.to_string()]);
    let order = office::push::Now { target, confirm: Some(Confirm::Required), ..World::by_hand() };
    office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap().shown.push.id
}

/// What an act is tried on.
struct Stage {
    office: World,
    push: PushId,
}

impl Stage {
    /// A use case that asks for the act and for no other.
    async fn attempt(&self, actor: &Actor, act: Act) -> Outcome<()> {
        let ctx = &self.office.ctx();
        let text = |text: &str| text.to_owned();
        let september = Month::new(2026, 9).unwrap();
        match act {
            Act::ContentRead => office::content::list(ctx, actor).await.map(drop),
            Act::ContentWrite => office::content::sync(ctx, actor, &[]).await.map(drop),
            Act::RosterRead => office::staff::list(ctx, actor).await.map(drop),
            Act::RosterWrite => {
                let rows = sheet(&["S01,白露1,管委会/综合科,,,公职人员,"]);
                office::roster::import(ctx, actor, &rows, Mode::DryRun).await.map(drop)
            }
            Act::StaffWrite => office::staff::invite(ctx, actor, &Invitees::One(text("S08"))).await.map(drop),
            Act::LeaveWrite => {
                let day = chrono::NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
                let (staff_no, category) = (text("S99"), LeaveCategory::Other);
                office::leave::add(ctx, actor, &Leave { staff_no, category, from: day, to: None }).await.map(drop)
            }
            Act::RoleRead => role::list(ctx, actor).await.map(drop),
            Act::RoleWrite => role::grant(ctx, actor, "S99", Role::Leader).await.map(drop),
            Act::SettingRead => office::setting::list(ctx, actor).await.map(drop),
            Act::SettingWrite => office::setting::set(ctx, actor, "office.name", "园区").await.map(drop),
            Act::GroupRead => office::group::list(ctx, actor).await.map(drop),
            Act::GroupWrite => office::group::suspend(ctx, actor, "没有的群", "").await.map(drop),
            Act::CalendarRead => office::calendar::show(ctx, actor, 2026).await.map(drop),
            Act::CalendarWrite => {
                let year = concat!(env!("CARGO_MANIFEST_DIR"), "/content/calendar/2027.toml");
                let bytes = std::fs::read(year).unwrap();
                office::calendar::import(ctx, actor, &bytes, Mode::DryRun).await.map(drop)
            }
            Act::ScheduleRead => office::schedule::list(ctx, actor).await.map(drop),
            Act::ScheduleWrite => office::schedule::pause(ctx, actor, "没有的计划").await,
            Act::PushRead => office::push::list(ctx, actor).await.map(drop),
            Act::PushWrite => office::push::preview(ctx, actor, &World::by_hand()).await.map(drop),
            Act::AckWrite => office::ack::manual::record(ctx, actor, (self.push, "S99"), "当面看过").await.map(drop),
            Act::MissingRead => office::report::missing(ctx, actor, self.push).await.map(drop),
            Act::ReportRead => office::report::month(ctx, actor, september).await.map(drop),
            Act::AuditRead => office::audit::tail(ctx, actor, 1).await.map(drop),
            Act::OutgoingWrite => office::halt::pause(ctx, actor, "").await,
            Act::DatabaseWrite => office::db::confirm::waiting(ctx, actor).await.map(drop),
            // By the question alone that every use case asks first.
            Act::UnitWrite | Act::StaffErase | Act::CheckpointWrite | Act::KeyRotate => {
                office::authorise(&mut ctx.store.read().await?, actor, act).await
            }
            Act::LeaveRead => office::leave::list(ctx, actor, None).await.map(drop),
        }
    }
}

#[tokio::test]
async fn every_role_tries_every_act_and_the_table_decides() {
    for db in databases().await {
        let label = db.label;
        let office = staffed(db).await;
        let push = required(&office).await;
        let stage = Stage { office, push };
        let mut tried = 0;
        for (staff_no, held) in CAST {
            for actor in [operator(staff_no), in_chat(&stage.office, staff_no).await] {
                for act in Act::ALL {
                    let came = Box::pin(stage.attempt(&actor, *act)).await;
                    let denied = came.as_ref().err().and_then(Refusal::denied).map(|(act, _)| act);
                    let expected = (scope(held, *act) == Scope::No).then_some(*act);
                    assert_eq!(denied, expected, "{label}: {held:?} as {actor} tries {act:?}: {came:?}");
                    tried += 1;
                }
            }
        }
        assert_eq!(tried, CAST.len() * 2 * Act::ALL.len());
        // The machine's operator has an admin's rights, and someone who is not on the roster has none.
        for act in Act::ALL {
            let came = Box::pin(stage.attempt(&OPERATOR, *act)).await;
            assert!(came.as_ref().err().and_then(Refusal::denied).is_none(), "{label}: {act:?}: {came:?}");
            let came = Box::pin(stage.attempt(&operator("S99"), *act)).await;
            assert!(matches!(came, Err(Refusal::NotOnRoster(_))), "{label}: {act:?}: {came:?}");
        }
        assert!(stage.office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_role_is_given_where_it_belongs_and_ends_with_the_roster() {
    for db in databases().await {
        let label = db.label;
        let office = staffed(db).await;
        let (ctx, admin) = (office.ctx(), operator("S01"));
        let no_unit = role::grant(&ctx, &admin, "S08", Role::UnitHead).await;
        assert!(matches!(no_unit, Err(Refusal::Role(RoleFault::NeedsUnit(Role::UnitHead)))), "{label}");
        let with_unit = Given { role: Role::Leader, units: vec!["综合科".to_owned()] };
        assert!(matches!(
            role::grant(&ctx, &admin, "S08", with_unit.clone()).await,
            Err(Refusal::Role(RoleFault::TakesNoUnit(Role::Leader)))
        ));
        let revoked = role::revoke(&ctx, &admin, "S05", with_unit).await;
        assert!(matches!(revoked, Err(Refusal::Role(RoleFault::TakesNoUnit(Role::Leader)))), "{label}");
        // A parent stands for its leaves; what is held already is not given twice.
        let all = role::grant(&ctx, &admin, "S04", head_of(&["管委会"])).await.unwrap();
        let paths: Vec<&str> = all.units.iter().map(|unit| unit.path.as_str()).collect();
        assert_eq!(paths, ["管委会/规划科", "管委会/企业科"], "{label}");
        let again = role::grant(&ctx, &admin, "S04", head_of(&["企业科"])).await;
        assert!(matches!(again, Err(Refusal::RoleHeld { .. })), "{label}");
        role::revoke(&ctx, &admin, "S04", head_of(&["规划科"])).await.unwrap();
        let held = role::list(&ctx, &admin).await.unwrap();
        let held: Vec<_> =
            held.iter().filter(|grant| grant.staff_no == "S04").map(|grant| grant.unit.clone()).collect();
        assert_eq!(held, [Some("管委会/综合科".to_owned()), Some("管委会/企业科".to_owned())], "{label}");
        assert_eq!(office::staff::list(&ctx, &operator("S04")).await.unwrap().len(), 7, "{label}");
        role::revoke(&ctx, &admin, "S04", Role::UnitHead).await.unwrap();
        let none = office::staff::list(&ctx, &operator("S04")).await;
        assert!(matches!(none, Err(Refusal::Forbidden { act: Act::RosterRead, .. })), "{label}");
        // Who left has no rights, in chat or at the machine, and may lose the role for good.
        let leader = in_chat(&office, "S05").await;
        let rows = sheet(&["S01,白露1,管委会/综合科,,,公职人员,", "S02,白露2,管委会/综合科,,,公职人员,"]);
        let stated = Stated { leaving: Some(10), ..Stated::default() };
        Box::pin(office::roster::import_stated(&ctx, &admin, (&rows, &stated), Mode::Apply)).await.unwrap();
        let report = office::report::month(&ctx, &leader, Month::new(2026, 9).unwrap()).await;
        assert!(matches!(report, Err(Refusal::Forbidden { act: Act::ReportRead, .. })), "{label}");
        role::revoke(&ctx, &admin, "S05", Role::Leader).await.unwrap();
        let again = role::revoke(&ctx, &admin, "S05", Role::Leader).await;
        assert!(matches!(again, Err(Refusal::RoleNotHeld { .. })), "{label}");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn the_last_admin_stays() {
    for db in databases().await {
        let label = db.label;
        let office = World::new(db).await;
        let ctx = office.ctx();
        let everybody_else = sheet(&["S02,白露2,管委会/综合科,,,公职人员,", "S03,白露3,管委会/综合科,,,公职人员,"]);
        role::grant(&ctx, &OPERATOR, "S01", Role::Admin).await.unwrap();
        for actor in [OPERATOR, operator("S01")] {
            let revoked = role::revoke(&ctx, &actor, "S01", Role::Admin).await;
            assert!(matches!(revoked, Err(Refusal::LastAdmin)), "{label}: {revoked:?}");
            let stated = Stated { leaving: Some(10), ..Stated::default() };
            let imported = office::roster::import_stated(&ctx, &actor, (&everybody_else, &stated), Mode::Apply).await;
            let Err(Refusal::Import(office::roster::ImportFault::Doubts(doubts))) = imported else { panic!("{label}") };
            assert!(matches!(doubts.as_slice(), [Doubt::LastAdmin { .. }]), "{label}: {doubts:?}");
        }
        assert_eq!(office::staff::list(&ctx, &OPERATOR).await.unwrap().len(), 12, "{label}: the import was undone");
        // Two take each other's role at once: one of them is the last.
        role::grant(&ctx, &OPERATOR, "S02", Role::Admin).await.unwrap();
        let (first, second, third) = (operator("S01"), operator("S02"), operator("S03"));
        let (one, other) = tokio::join!(
            role::revoke(&ctx, &first, "S02", Role::Admin),
            role::revoke(&ctx, &second, "S01", Role::Admin)
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1, "{label}: {one:?} {other:?}");
        let left = role::list(&ctx, &OPERATOR).await.unwrap();
        assert_eq!(left.len(), 1, "{label}");
        // With another admin on the roster the first one may go.
        role::grant(&ctx, &OPERATOR, "S03", Role::Admin).await.unwrap();
        let stated = Stated { leaving: Some(10), ..Stated::default() };
        let taken = office::roster::import_stated(&ctx, &third, (&everybody_else, &stated), Mode::Apply);
        Box::pin(taken).await.unwrap();
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_head_sees_their_own_unit_and_asking_for_another_is_on_record() {
    for db in databases().await {
        let label = db.label;
        let mut office = staffed(db).await;
        for user in [1, 2, 7] {
            office.bind(user).await;
        }
        let push = required(&office).await;
        office.work().await;
        let copy = office.newest(STUDY).await;
        office.press(1, STUDY, &copy, "已阅").await;
        office.press(7, STUDY, &copy, "已阅").await;
        let (ctx, head, september) = (office.ctx(), operator("S04"), Month::new(2026, 9).unwrap());
        let people = office::staff::list(&ctx, &head).await.unwrap();
        assert!(people.iter().all(|listed| listed.person.unit == "管委会/综合科") && people.len() == 5, "{label}");
        let missing = office::report::missing(&ctx, &head, push).await.unwrap();
        let missing: Vec<&str> = missing.iter().map(|missing| missing.person.staff_no.as_str()).collect();
        assert_eq!(missing, ["S02", "S03", "S04", "S05"], "{label}");
        // The unit's figures are those of its row in the whole report, and they add up by themselves.
        let whole = office::report::month(&ctx, &OPERATOR, september).await.unwrap();
        let own = office::report::month(&ctx, &head, september).await.unwrap();
        let row = whole.units.iter().find(|row| row.name == "综合科").unwrap();
        assert_eq!((own.units.len(), &own.units[0]), (1, row), "{label}");
        assert_eq!((own.totals.counts, own.people.expected), (row.all.counts, 5), "{label}");
        assert!(own.checks.iter().all(|check| check.ok), "{label}");
        let text = qingfeng::render::report::text(&own);
        assert!(text.contains("本表只含：综合科。") && !text.contains("规划科"), "{label}: {text}");
        let by_name = office::report::month_of(&ctx, &OPERATOR, september, &["规划科".to_owned()]).await.unwrap();
        assert_eq!((by_name.totals.counts.expected, by_name.totals.counts.acked), (5, 1), "{label}");
        let figures = office::push::show(&ctx, &head, push).await.unwrap();
        assert_eq!(figures.groups.iter().map(|group| group.title.as_str()).collect::<Vec<_>>(), ["学习群"], "{label}");
        let figures = office::report::figures(&ctx, &head, &figures.push).await.unwrap().unwrap();
        assert_eq!((figures.counts.expected, figures.counts.acked, figures.counts.others), (5, 1, 0), "{label}");
        // Another unit, by name, by its parent, or by a push that is another unit's alone.
        let only_firms = office::push::Now {
            target: office::push::NowTarget::Groups(vec![FIRMS.to_string()]),
            confirm: Some(Confirm::Required),
            ..World::by_hand()
        };
        let theirs = office::push::now(&ctx, &OPERATOR, &only_firms).await.unwrap().shown.push.id;
        assert_eq!(office::push::list(&ctx, &head).await.unwrap().len(), 1, "{label}");
        let before = office.entries_of_ledger().await;
        let asked = |name: &str| vec![name.to_owned()];
        let refusals = [
            office::report::month_of(&ctx, &head, september, &asked("规划科")).await.map(drop),
            office::report::month_of(&ctx, &head, september, &asked("管委会")).await.map(drop),
            office::report::missing(&ctx, &head, theirs).await.map(drop),
            office::push::show(&ctx, &head, theirs).await.map(drop),
        ];
        for refused in refusals {
            let refusal = refused.unwrap_err();
            assert!(matches!(&refusal, Refusal::OtherUnit { own, .. } if *own == ["管委会/综合科"]), "{label}");
            office::refused(&ctx, &head, &refusal).await.unwrap();
        }
        office::refused(&ctx, &head, &Refusal::RosterEmpty).await.unwrap();
        let entries = office::audit::tail(&ctx, &operator("S06"), 4).await.unwrap();
        let told: Vec<_> = entries.iter().map(|e| (e.actor.as_str(), e.action.as_str(), e.subject.as_str())).collect();
        let expected = ["report_read", "report_read", "missing_read", "push_read"].map(|act| format!("act:{act}"));
        assert_eq!(told, expected.each_ref().map(|act| ("operator:S04", "refused", act.as_str())), "{label}");
        assert!(entries.iter().all(|entry| entry.detail.starts_with("{\"units\":[")), "{label}");
        assert_eq!(office.entries_of_ledger().await, before + 4, "{label}: nothing but refusals of rights");
        assert!(office.verified().await, "{label}");
    }
}

#[tokio::test]
async fn a_head_sees_the_absences_and_the_units_that_are_theirs() {
    for db in databases().await {
        let label = db.label;
        let office = staffed(db).await;
        let (ctx, head) = (office.ctx(), operator("S04"));
        let units = office::unit::change::list(&ctx, &head, office::unit::change::View::Offices).await.unwrap();
        let units: Vec<_> = units.iter().map(|listed| (listed.unit.path.as_str(), listed.people)).collect();
        assert_eq!(units, [("管委会/综合科", 5)], "{label}");
        for staff_no in ["S02", "S07"] {
            let away = Leave {
                staff_no: staff_no.to_owned(),
                category: LeaveCategory::Parental,
                from: chrono::NaiveDate::from_ymd_opt(2026, 10, 8).unwrap(),
                to: None,
            };
            office::leave::add(&ctx, &OPERATOR, &away).await.unwrap();
        }
        let away = office::leave::list(&ctx, &head, None).await.unwrap();
        assert_eq!(away.iter().map(|listed| listed.person.staff_no.as_str()).collect::<Vec<_>>(), ["S02"], "{label}");
        let other = office::leave::list(&ctx, &head, Some("S07")).await;
        assert!(matches!(other, Err(Refusal::OtherUnit { .. })), "{label}: {other:?}");
    }
}

/// The creator of the platform's group, without a role of the office, presses what an admin's button carries.
#[tokio::test]
async fn an_admin_of_the_platform_s_group_is_nobody_here() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        for user in [1, 2] {
            office.bind(user).await;
        }
        role::grant(&office.ctx(), &OPERATOR, "S02", Role::Admin).await.unwrap();
        let units = ["企业科"].map(str::to_owned);
        let relay = office::relay::add(&office.ctx(), &OPERATOR, "机关微信群", &units).await.unwrap().group.id;
        let target = office::push::NowTarget::Groups(vec![relay.to_string()]);
        let order = office::push::Now { target, ..World::by_hand() };
        office::push::now(&office.ctx(), &OPERATOR, &order).await.unwrap();
        office.work().await;
        let asked = office.sent(2).await.pop().unwrap();
        let data = asked["buttons"][0][0]["data"].as_str().unwrap().to_owned();
        let message: i64 = office.newest(1).await.parse().unwrap();
        let before = office.entries_of_ledger().await;
        let press = json!({"user": 1, "chat": 1, "message_id": message, "data": data});
        office.server.order("press", json!({ "presses": [press] })).await;
        office.poll().await;
        let ledger = office.server.look("ledger").await;
        let answer = ledger["pressed"].as_array().unwrap().last().unwrap()["answered"]["text"].clone();
        assert_eq!(answer, "这个按钮由管理员使用，没有改动。", "{label}");
        assert_eq!(office.entries_of_ledger().await, before + 1, "{label}");
        let entry = office::audit::tail(&office.ctx(), &OPERATOR, 1).await.unwrap().remove(0);
        let creator = in_chat(&office, "S01").await.to_string();
        assert_eq!(
            (entry.actor, entry.action.as_str(), entry.subject.as_str()),
            (creator, "refused", "act:push_write"),
            "{label}"
        );
        let message = office.newest(2).await;
        assert_eq!(office.press(2, 2, &message, "已转发").await, "已记为转发。无需处理。", "{label}");
        assert!(office.verified().await, "{label}");
    }
}
