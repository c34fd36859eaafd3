//! The one place that words a use case's refusal: what, where, and what to do next. The match is exhaustive, so that a
//! new refusal does not compile until it has its words.

use std::io::{self, ErrorKind};

use chrono::NaiveDate;

use crate::cli::words::{self, rights};
use crate::domain::content::{ContentProblem, Theme};
use crate::domain::personal::Personal;
use crate::domain::policy::{Act, Role};
use crate::domain::report::{CheckFailed, CheckName};
use crate::domain::setting::{Key, OFF, Shape};
use crate::domain::word::{ItemState, ScheduleState};
use crate::message;
use crate::message::print::date;
use crate::office::Refusal;
use crate::office::db::CopyFault;
use crate::office::role::RoleFault;
use crate::store::StoreError;
use crate::store::trouble::Trouble;

/// A ledger that is not worked with.
mod ledger;
/// Levers that do not move.
mod lever;
/// People and units that do not change.
mod people;

/// Names shown of a long list.
const SHOWN_MAX: usize = 12;

pub use ledger::unmet;

/// One line, or one for each problem of a file.
pub fn words(refusal: &Refusal) -> String {
    let fixed = |text: &str| text.to_owned();
    match refusal {
        Refusal::Forbidden { actor, act } => forbidden(actor, *act),
        Refusal::OtherUnit { actor, act, own, .. } => other_unit(actor, *act, own),
        Refusal::NotOnRoster(no) => format!("花名册里没有工号“{no}”。在册的工号见：qingfeng staff list"),
        Refusal::NotBound(no) => format!("{no}没有绑定账号，没有可解除的。绑定情况见：qingfeng staff list"),
        Refusal::RosterEmpty => fixed("花名册还是空的。请先运行：qingfeng roster import 花名册.xlsx"),
        Refusal::UnknownUnit { given, known } => unknown_unit(given, known),
        Refusal::AmbiguousUnit { given, options } => ambiguous_unit(given, options),
        Refusal::Unit(fault) => people::unit(fault),
        Refusal::Import(fault) => people::import(fault),
        Refusal::Merge(fault) => people::merge(fault),
        Refusal::UnknownGroup(name) => unknown_group(name),
        Refusal::GroupNotLinked(name) => group_not_linked(name),
        Refusal::UnknownItem(slug) => format!("没有“{slug}”这条内容。短名见：qingfeng content list"),
        Refusal::UnknownTheme(theme) => format!("没有“{theme}”这个主题。可写：{}", themes()),
        Refusal::ItemNotReady { slug, state } => item_not_ready(slug, *state),
        Refusal::ItemExpired { slug, on } => item_expired(slug, *on),
        Refusal::Unfilled { slug, blanks } => unfilled(slug, blanks),
        Refusal::UnknownSchedule(name) => format!("没有“{name}”这个计划。名称见：qingfeng schedule list"),
        Refusal::NothingToCome(plan) => nothing_to_come(plan.as_deref()),
        Refusal::ScheduleExists(name) => schedule_exists(name),
        Refusal::ScheduleName => fixed("计划的名称要有1至40个字，不含换行和看不见的字符。请改一个名称"),
        Refusal::ScheduleOutsideHours { at, hours } => schedule_outside_hours(*at, &message::print::hours(hours)),
        Refusal::ScheduleNeverDue => fixed(NEVER_DUE),
        Refusal::ScheduleStands { name, state } => schedule_stands(name, *state),
        Refusal::NoFittingItem => {
            fixed("没有一条可推送的内容合适。请先运行qingfeng content sync，或换主题，见：qingfeng content list")
        }
        Refusal::Cron(error) => message::schedule::cron_problem(error),
        Refusal::Rule(error) => message::rule::rule_problem(error),
        Refusal::UnknownPush(id) => format!("没有编号为{id}的推送。编号见：qingfeng push list"),
        Refusal::NoMissingList(id) => no_missing_list(*id),
        Refusal::OutsideHours { hours } => outside_hours(&message::print::hours(hours)),
        Refusal::NobodyAddressed => fixed(NOBODY_ADDRESSED),
        Refusal::NoTarget => fixed("没有写发给谁。请用--group写群，或用--private写单位或工号"),
        Refusal::DeadlinePassed => fixed("期限已经过去。请写一个以后的时间"),
        Refusal::DeadlineNotAsked => fixed("只有需知悉的推送才有期限。请去掉--deadline，或加--confirm required"),
        Refusal::UnknownSetting(key) => format!("没有“{key}”这项设置。全部设置见：qingfeng setting list"),
        Refusal::SettingPersonal { key, what } => personal(*key, *what),
        Refusal::SettingValue(key) => format!("{}（{}）不能这样写。应是{}", key.as_str(), key.label(), bounds(*key)),
        Refusal::RoleHeld { staff_no, role } => format!("{staff_no}已经是{}，不用再给", words::role(*role)),
        Refusal::RoleNotHeld { staff_no, role } => role_not_held(staff_no, *role),
        Refusal::UnknownStaff(no) => format!("从来没有工号“{no}”，或者已经删除。请核对工号"),
        Refusal::LastAdmin => fixed(LAST_ADMIN),
        Refusal::Role(fault) => role_fault(*fault),
        Refusal::Leave(fault) => people::leave(fault),
        Refusal::Content(problems) => content(problems),
        Refusal::Calendar(problems) => message::calendar::problems("年度文件", problems).join("\n"),
        Refusal::YearMissing(year) => message::calendar::missing(*year),
        Refusal::NoItemFiles(path) => no_item_files(path),
        Refusal::File { path, source } => format!("{path}：{}", io_words(source)),
        Refusal::OtherZone { stored, configured } => other_zone(stored, configured),
        Refusal::OtherBot { stored, configured } => other_bot(stored, configured),
        Refusal::Held { holder } => format!("数据库正由另一个服务使用（进程{holder}）。请先停掉它，再运行一次"),
        Refusal::Copy(fault) => copy(fault),
        Refusal::Quarantined => fixed("数据可能是另一处的副本，现在不收也不发。请先运行：qingfeng db confirm-restore"),
        Refusal::NotSetUp { database } => format!("数据库{database}{NOT_SET_UP}"),
        Refusal::Secret(fault) => message::secret::fault(fault),
        Refusal::Check(failed) => check(failed),
        Refusal::Lever(held) => lever::words(held),
        Refusal::Ledger(fault) => ledger::words(fault),
        Refusal::Store(error) => store(error),
    }
}

const LAST_ADMIN: &str = "这样就没有管理员了，没有改动。请先给在册的另一个人：qingfeng staff role grant 工号 admin";
const NOBODY_ADDRESSED: &str =
    "没有人要收这条推送：内容的对象在所选范围里一个都没有。请核对对象和范围，见：qingfeng content list";
const NEVER_DUE: &str =
    "这个计划往后一次也不会推送：时间已经过去、在起止日期之外，或者都遇上放假和周末。请改时间、起止日期或--on-holiday";
const NOT_SET_UP: &str = "还没有建好，或者比程序旧。请先运行：qingfeng db migrate";

fn schedule_exists(name: &str) -> String {
    format!("已有名为“{name}”的计划。请换个名称，或先运行：qingfeng schedule remove {name}")
}

fn other_zone(stored: &str, configured: &str) -> String {
    format!("数据库的时区是{stored}，配置是{configured}，不能中途更改。请把QINGFENG_TZ改回{stored}")
}

fn copy(fault: &CopyFault) -> String {
    match fault {
        CopyFault::Damaged { database, detail } => damaged(database, detail),
        CopyFault::OnServer { file, database } => on_server(file, database),
        CopyFault::NoBackup(path) => format!("{path}不是清风的数据库副本。请用qingfeng db backup写出的文件"),
        CopyFault::BadBackup { path, detail } => {
            format!("副本{path}不完好，没有使用，现在的数据库没有动（{detail}）。请换一份更早或更晚的副本")
        }
        CopyFault::Vanished { database, known } => vanished(database, known),
        CopyFault::NothingToConfirm => "数据没有被隔离，不用确认。服务的状态见：qingfeng doctor".to_owned(),
    }
}

fn damaged(database: &str, detail: &str) -> String {
    format!("数据库{database}已损坏（{detail}）。{RESTORE}")
}

fn vanished(database: &str, known: &str) -> String {
    format!(
        "{database}原来有数据，现在不见了或是空的，没有新建。请把它和同名的-wal文件放回原处，或恢复：\
         qingfeng db restore 副本文件；确实要从头开始，请先删除{known}里它那一行"
    )
}

const RESTORE: &str = "请停止服务，用最近的副本恢复：qingfeng db restore 副本文件（损坏的文件会改名留着，不会删）";

fn on_server(file: &str, database: &str) -> String {
    format!(
        "数据库在PostgreSQL服务器上（{database}），请用它自己的程序。备份：pg_dump --format=custom --file={file} 连接地址；\
         恢复：先停止所有服务，再运行：pg_restore --clean --if-exists --exit-on-error --dbname=连接地址 {file}。\
         连接地址同DATABASE_URL；恢复后启动服务，再运行：qingfeng db confirm-restore"
    )
}

fn unknown_unit(given: &str, known: &[String]) -> String {
    if known.is_empty() {
        return format!("没有“{given}”这个单位：花名册还是空的。请先运行：qingfeng roster import 花名册.xlsx");
    }
    format!("没有“{given}”这个单位。现有：{}", several(known))
}

fn group_not_linked(name: &str) -> String {
    format!(
        "群“{name}”还没有关联单位，或已停发。没有关联的，请先运行：qingfeng group link {name} --units 单位；\
        已停发的，请先运行：qingfeng group resume {name}"
    )
}

fn item_expired(slug: &str, on: NaiveDate) -> String {
    format!("内容“{slug}”从{}起不再推送。请核对原文后改expires_on，再运行：qingfeng content sync", date(on))
}

fn no_missing_list(id: i64) -> String {
    format!("推送{id}不要求知悉，没有未确认名单：自愿阅读的不列名。汇总见：qingfeng push show {id}")
}

fn outside_hours(hours: &str) -> String {
    format!("现在不在允许推送的时段（工作日{hours}）。请到时再发；确需现在发，加--outside-hours")
}

fn content(problems: &[(String, ContentProblem)]) -> String {
    let lines = problems.iter().map(|(file, problem)| message::content::problem(file, problem));
    lines.collect::<Vec<_>>().join("\n")
}

fn no_item_files(path: &str) -> String {
    format!("{path}里没有内容文件。请核对文件夹（默认看QINGFENG_CONTENT_DIR），文件放在items/主题/短名.md")
}

fn other_bot(stored: &str, configured: &str) -> String {
    format!("数据库属于机器人{stored}，TELOXIDE_TOKEN是机器人{configured}的。请换回原来的令牌，或核对DATABASE_URL")
}

/// Why a file cannot be used, and what to do.
pub fn io_words(error: &io::Error) -> String {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library may add kinds")]
    let known = match error.kind() {
        ErrorKind::NotFound => "找不到。请核对路径",
        ErrorKind::PermissionDenied => "没有权限。请换个位置，或改它的权限",
        ErrorKind::AlreadyExists => "已经有了，不覆盖。请换个文件名，或先移走它",
        ErrorKind::IsADirectory => "它是一个文件夹。请写出文件名",
        ErrorKind::NotADirectory => "路径中间有一段是文件，不是文件夹。请核对路径",
        ErrorKind::ReadOnlyFilesystem => "所在磁盘是只读的。请换个位置",
        ErrorKind::StorageFull => "磁盘已满。请先腾出空间",
        ErrorKind::InvalidData => "内容不是文本。请核对文件",
        _ => return format!("系统不允许（{error}）。请检查磁盘和路径"),
    };
    known.to_owned()
}

/// What a setting's value must look like.
pub fn bounds(key: Key) -> String {
    match key.shape() {
        Shape::Text { most } => format!("1至{most}个字的文字，不含换行和〔〕"),
        Shape::Word { of } => format!("{}中的一个", of.join("、")),
        Shape::Hours => "一段时间，写成09:00-11:30，先早后晚".to_owned(),
        Shape::Number { least, most } => format!("{least}至{most}的整数"),
        Shape::TimeOrOff { from_hour, to_hour } => {
            format!("{from_hour:02}:00至{to_hour:02}:00之间的时间，写成09:30；写{OFF}就不用")
        }
    }
}

fn forbidden(actor: &str, act: Act) -> String {
    let who = actor.strip_prefix("operator:").unwrap_or(actor);
    format!(
        "{who}没有权限{}。请由{}操作，或让管理员给相应的角色，见：qingfeng staff role grant --help",
        rights::act(act),
        rights::who(act)
    )
}

fn ambiguous_unit(given: &str, options: &[String]) -> String {
    format!("“{given}”可以指{}个单位：{}。请写全路径", options.len(), several(options))
}

fn unknown_group(name: &str) -> String {
    format!("没有“{name}”这个群。请写编号或会话号，见：qingfeng group list；新群要先把机器人拉进去")
}

fn role_not_held(staff_no: &str, role: Role) -> String {
    format!("{staff_no}不是{}，没有可收回的。现有角色见：qingfeng staff role list", words::role(role))
}

fn role_fault(fault: RoleFault) -> String {
    match fault {
        RoleFault::NeedsUnit(role) => format!(
            "{}按单位给。请写明单位：qingfeng staff role grant 工号 {} --unit 单位",
            words::role(role),
            role.as_str()
        ),
        RoleFault::TakesNoUnit(role) => format!("{}管全单位，不分单位。请去掉--unit", words::role(role)),
    }
}

/// It goes out to people over servers abroad, where nobody is named (invariant I10).
fn personal(key: Key, what: Personal) -> String {
    let found = match what {
        Personal::Name => "在册人员的姓名。请写部门，不写人，如：机关党委办公室",
        Personal::Mobile => "手机号码。请写办公电话或内线",
    };
    format!("{}（{}）会随消息发出，里面不能有{found}", key.as_str(), key.label())
}

fn other_unit(actor: &str, act: Act, own: &[String]) -> String {
    let who = actor.strip_prefix("operator:").unwrap_or(actor);
    format!("{who}{}只限本人负责的单位：{}。这次的请求没有执行，已记入审计记录", rights::act(act), several(own))
}

fn schedule_outside_hours(at: chrono::NaiveTime, hours: &str) -> String {
    let at = at.format("%H:%M");
    format!(
        "{at}不在允许推送的时段（{hours}）。请改时间，或先改时段，如：qingfeng setting set hours.morning 08:30-11:30"
    )
}

fn schedule_stands(name: &str, state: ScheduleState) -> String {
    match state {
        ScheduleState::Paused => format!("计划“{name}”已经是暂停的。要恢复请运行：qingfeng schedule resume {name}"),
        ScheduleState::Active | ScheduleState::Removed => format!("计划“{name}”没有暂停，不用恢复"),
    }
}

fn nothing_to_come(plan: Option<&str>) -> String {
    match plan {
        Some(name) => {
            format!("计划“{name}”往后没有要推送的：已暂停，或已过结束日期。请看：qingfeng schedule show {name}")
        }
        None => "往后没有要推送的。请先增加或恢复一个计划，见：qingfeng schedule list".to_owned(),
    }
}

fn item_not_ready(slug: &str, state: ItemState) -> String {
    let next = match state {
        ItemState::Withdrawn => "它的文件已不在内容文件夹里；放回后运行：qingfeng content sync",
        ItemState::Draft | ItemState::Submitted => "请等它通过审核",
        ItemState::Expired => "请核对原文后改expires_on，再运行：qingfeng content sync",
        ItemState::Approved | ItemState::Published => "请再运行一次",
    };
    format!("内容“{slug}”的状态是{}，不能推送。{next}", words::item_state(state))
}

/// What to fill in, as commands to run.
pub fn unfilled(slug: &str, blanks: &[(String, Option<Key>)]) -> String {
    let mut lines = vec![format!("内容“{slug}”有{}处待填，填好前不能推送：", blanks.len())];
    lines.extend(blanks.iter().map(|(blank, key)| match key {
        Some(key) => {
            format!("  〔{blank}〕请运行：qingfeng setting set {} 值（把“值”换成{}）", key.as_str(), key.label())
        }
        None => format!("  〔{blank}〕没有对应的设置，请在内容文件里改写"),
    }));
    lines.join("\n")
}

fn themes() -> String {
    let each = |theme: &Theme| format!("{}（{}）", theme.as_str(), theme.label());
    Theme::ALL.iter().map(each).collect::<Vec<_>>().join("、")
}

fn several(names: &[String]) -> String {
    let shown = names.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join("、");
    if names.len() > SHOWN_MAX { format!("{shown}等{}个", names.len()) } else { shown }
}

fn check(failed: &CheckFailed) -> String {
    let place = failed.push.map(|push| format!("推送{push}，")).unwrap_or_default();
    format!("报表没有通过自检，不出（{place}{}）。请把这一行告诉维护人员，数据没有改动", check_words(failed.check))
}

const fn check_words(check: CheckName) -> &'static str {
    match check {
        CheckName::AudienceOnce => "名单里有人重复",
        CheckName::PushSums => "应知与各项之和不等",
        CheckName::OnTimeSums => "已确认与按期、逾期之和不等",
        CheckName::Totals => "各次之和与合计不等",
        CheckName::UnitSums => "各单位之和与合计不等",
        CheckName::PeopleBounds => "人数与人次对不上",
        CheckName::QuizSums => "答题的各单位、各题之和与合计不等",
    }
}

fn store(error: &StoreError) -> String {
    match error {
        StoreError::Newer { found } => {
            format!("数据库比程序新（数据库是第{found}版）。请升级程序，或核对DATABASE_URL")
        }
        StoreError::Older => format!("数据库{NOT_SET_UP}"),
        StoreError::UnsafeSqlite(version) => {
            format!("程序带的SQLite是{version}版，可能丢失数据，不能使用。请换官方发布的程序")
        }
        StoreError::Constraint(detail) => format!("有人同时改了同一处，没有保存。请再运行一次（{detail}）"),
        StoreError::Unreadable(detail) => {
            format!("数据库里有看不懂的内容，可能被改动过。请运行：qingfeng audit verify（{detail}）")
        }
        StoreError::KeyChanged { wanted } => {
            format!("数据库刚换用了密钥{wanted}，这次没有保存。请确认密钥文件是最新的，再运行一次；服务要重新启动")
        }
        StoreError::Io(error) => format!("数据库文件读写不了：{}", io_words(error)),
        StoreError::Migrate(error) => {
            format!("数据库升级没有成功，已退回原样。请保留数据库并告诉维护人员（{error}）")
        }
        StoreError::Db(cause) => trouble(error.trouble(), cause),
    }
}

/// What keeps the database from working, and what to do.
fn trouble(trouble: Trouble, cause: &impl std::fmt::Display) -> String {
    match trouble {
        Trouble::DiskFull => format!("磁盘满了，没有改动。请腾出空间后再运行一次，服务会自己恢复（{cause}）"),
        Trouble::ReadOnly => format!("数据库是只读的，没有改动。请检查数据库文件和它所在文件夹的权限（{cause}）"),
        Trouble::Busy => format!("数据库正忙，另一个程序占着它，没有改动。请稍后再运行一次（{cause}）"),
        Trouble::DiskError => format!("磁盘读写出错，没有改动。请检查磁盘；修好前不要再写入（{cause}）"),
        Trouble::Damaged => format!("数据库文件已损坏或不是数据库（{cause}）。{RESTORE}"),
        Trouble::Gone => {
            format!("数据库没有回应，没有改动。请检查DATABASE_URL和数据库服务器，稍后再运行一次（{cause}）")
        }
        Trouble::Other => format!("数据库出错，没有改动。请检查DATABASE_URL、磁盘和权限（{cause}）"),
    }
}

#[cfg(test)]
mod tests;
