#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use std::path::PathBuf;

use crate::domain::content::{BodyFault, ContentProblem, ContentProblemKind, FrontFault};
use crate::domain::cron::CronExpr;
use crate::domain::report::CheckName;
use crate::ids::{PushId, UnitId};
use crate::secret::{KeyId, SecretFault, SecretFaultKind};

use super::*;
use crate::domain::slot::AllowedHours;
use crate::office::leave::LeaveFault;

fn text(text: &str) -> String {
    text.to_owned()
}

fn io(kind: ErrorKind) -> io::Error {
    io::Error::from(kind)
}

fn about_people() -> Vec<Refusal> {
    let units = vec![text("管委会/综合科"), text("服务中心/综合科")];
    vec![
        Refusal::Forbidden { actor: text("operator:G2608"), act: Act::PushWrite },
        Refusal::OtherUnit {
            actor: text("operator:G2608"),
            act: Act::ReportRead,
            asked: vec![UnitId(3)],
            own: vec![text("管委会/综合科")],
        },
        Refusal::NotOnRoster(text("G9999")),
        Refusal::NotBound(text("G2601")),
        Refusal::RosterEmpty,
        Refusal::UnknownUnit { given: text("宣传科"), known: units.clone() },
        Refusal::UnknownUnit { given: text("宣传科"), known: Vec::new() },
        Refusal::AmbiguousUnit { given: text("综合科"), options: units },
        Refusal::RoleHeld { staff_no: text("G2601"), role: Role::Admin },
        Refusal::RoleNotHeld { staff_no: text("G2601"), role: Role::Leader },
        Refusal::LastAdmin,
        Refusal::Role(RoleFault::NeedsUnit(Role::UnitHead)),
        Refusal::Role(RoleFault::TakesNoUnit(Role::Leader)),
        Refusal::SettingPersonal { key: Key::OfficeContact, what: Personal::Name },
        Refusal::SettingPersonal { key: Key::OfficeContact, what: Personal::Mobile },
        Refusal::Leave(LeaveFault::Backwards),
        Refusal::Leave(LeaveFault::Overlaps),
    ]
}

fn about_pushes() -> Vec<Refusal> {
    let on = "2026-10-08".parse().unwrap();
    let blanks = vec![(text("本单位监督电话"), Some(Key::OfficeHotline)), (text("其他"), None)];
    vec![
        Refusal::UnknownGroup(text("-100123")),
        Refusal::GroupNotLinked(text("-100123")),
        Refusal::UnknownItem(text("six-kind")),
        Refusal::UnknownTheme(text("gift")),
        Refusal::ItemNotReady { slug: text("six-kinds"), state: ItemState::Withdrawn },
        Refusal::ItemNotReady { slug: text("six-kinds"), state: ItemState::Draft },
        Refusal::ItemExpired { slug: text("mid-autumn"), on },
        Refusal::Unfilled { slug: text("mid-autumn"), blanks },
        Refusal::UnknownSchedule(text("小知识")),
        Refusal::NothingToCome(Some(text("小知识"))),
        Refusal::NothingToCome(None),
        Refusal::ScheduleExists(text("小知识")),
        Refusal::ScheduleName,
        Refusal::NoFittingItem,
        Refusal::Cron(CronExpr::parse("30 25 * * *").unwrap_err()),
        Refusal::UnknownPush(7),
        Refusal::NoMissingList(7),
        Refusal::OutsideHours { hours: AllowedHours::standard(chrono_tz::Tz::Asia__Shanghai) },
        Refusal::NobodyAddressed,
        Refusal::NoTarget,
        Refusal::DeadlinePassed,
        Refusal::DeadlineNotAsked,
        Refusal::UnknownSetting(text("office.phone")),
        Refusal::SettingValue(Key::OfficeHotline),
        Refusal::SettingValue(Key::HoursMorning),
        Refusal::SettingValue(Key::InboxDays),
        Refusal::Check(CheckFailed { check: CheckName::PushSums, push: Some(PushId(7)) }),
    ]
}

fn about_the_machine() -> Vec<Refusal> {
    let wanted = KeyId::parse("02d449a3").unwrap();
    let missing = SecretFaultKind::Missing { wanted };
    let front = ContentProblemKind::Front(FrontFault::Missing);
    let unclosed = ContentProblemKind::Body(BodyFault::MarkupUnclosed);
    let problems = vec![
        (text("items/gifts/a.md"), ContentProblem { line: Some(1), field: None, kind: front }),
        (text("items/gifts/b.md"), ContentProblem { line: Some(9), field: None, kind: unclosed }),
    ];
    let database = text("sqlite://data/qingfeng.db");
    vec![
        Refusal::Content(problems),
        Refusal::NoItemFiles(text("content/items")),
        Refusal::File { path: text("花名册.csv"), source: io(ErrorKind::NotFound) },
        Refusal::OtherZone { stored: text("Asia/Shanghai"), configured: text("Asia/Urumqi") },
        Refusal::OtherBot { stored: text("1001"), configured: text("1002") },
        Refusal::Held { holder: text("4321") },
        Refusal::NotSetUp { database: database.clone() },
        Refusal::Copy(CopyFault::Damaged { database: database.clone(), detail: text("row 7 missing") }),
        Refusal::Copy(CopyFault::OnServer { file: text("a.dump"), database: text("db.example/qingfeng") }),
        Refusal::Copy(CopyFault::NoBackup(text("a.txt"))),
        Refusal::Copy(CopyFault::BadBackup { path: text("a.db"), detail: text("entry:7") }),
        Refusal::Copy(CopyFault::Vanished { database, known: text("data/qingfeng.key.installation") }),
        Refusal::Copy(CopyFault::NothingToConfirm),
        Refusal::Secret(SecretFault { path: PathBuf::from("data/qingfeng.key"), kind: missing }),
        Refusal::Store(StoreError::Newer { found: 9 }),
        Refusal::Store(StoreError::Older),
        Refusal::Store(StoreError::UnsafeSqlite(text("3.46.0"))),
        Refusal::Store(StoreError::Constraint(text("push.id"))),
        Refusal::Store(StoreError::Unreadable(text("approvd"))),
        Refusal::Store(StoreError::KeyChanged { wanted: text("9f72ea0c") }),
        Refusal::Store(StoreError::Io(io(ErrorKind::StorageFull))),
        Refusal::Store(StoreError::Migrate(sqlx::migrate::MigrateError::VersionMismatch(3))),
        Refusal::Store(StoreError::Db(sqlx::Error::PoolTimedOut)),
    ]
}

fn worded(refusals: &[Refusal]) -> String {
    refusals.iter().map(words).collect::<Vec<_>>().join("\n")
}

#[test]
fn refusals_about_people_are_worded() {
    insta::assert_snapshot!(worded(&about_people()));
}

#[test]
fn refusals_about_pushes_are_worded() {
    insta::assert_snapshot!(worded(&about_pushes()));
}

#[test]
fn refusals_about_the_machine_are_worded() {
    insta::assert_snapshot!(worded(&about_the_machine()));
}

#[test]
fn every_act_is_worded() {
    let lines = Act::ALL.iter().map(|act| forbidden("operator:G2608", *act));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_trouble_with_a_file_is_worded() {
    let kinds = [
        ErrorKind::NotFound,
        ErrorKind::PermissionDenied,
        ErrorKind::AlreadyExists,
        ErrorKind::IsADirectory,
        ErrorKind::NotADirectory,
        ErrorKind::ReadOnlyFilesystem,
        ErrorKind::StorageFull,
        ErrorKind::InvalidData,
        ErrorKind::TimedOut,
    ];
    insta::assert_snapshot!(kinds.map(|kind| io_words(&io(kind))).join("\n"));
}
