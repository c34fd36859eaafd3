//! The policy table in words: what each act is, who may do it, and how far.

use crate::cli::words::role as name;
use crate::domain::policy::{Act, Role, Scope, scope};

/// What is done, as a verb with its object.
pub const fn act(act: Act) -> &'static str {
    match act {
        Act::ContentRead => "查看内容",
        Act::ContentWrite => "更新内容",
        Act::RosterRead => "查看花名册",
        Act::RosterWrite => "导入花名册",
        Act::StaffWrite => "管理人员",
        Act::UnitWrite => "调整单位",
        Act::LeaveRead => "查看请假",
        Act::LeaveWrite => "登记请假",
        Act::StaffErase => "删除个人身份",
        Act::RoleRead => "查看角色",
        Act::CheckpointWrite => "写检查点",
        Act::KeyRotate => "更换密钥",
        Act::RoleWrite => "管理角色",
        Act::SettingRead => "查看设置",
        Act::SettingWrite => "更改设置",
        Act::GroupRead => "查看群",
        Act::GroupWrite => "管理群",
        Act::CalendarRead => "查看工作日历",
        Act::CalendarWrite => "导入放假安排",
        Act::ScheduleRead => "查看计划",
        Act::ScheduleWrite => "管理计划",
        Act::PushRead => "查看推送",
        Act::PushWrite => "发送推送",
        Act::AckWrite => "代为登记确认",
        Act::MissingRead => "查看未确认名单",
        Act::ReportRead => "查看报表",
        Act::AuditRead => "查看审计记录",
        Act::OutgoingWrite => "暂停或恢复推送",
        Act::DatabaseWrite => "备份或恢复数据库",
    }
}

/// Who may do it: 管理员、科室负责人（限本人负责的单位）.
pub fn who(act: Act) -> String {
    let each = |role: &Role| match scope(*role, act) {
        Scope::No => None,
        Scope::OwnUnits => Some(format!("{}（限本人负责的单位）", name(*role))),
        Scope::Office => Some(name(*role).to_owned()),
    };
    Role::ALL.iter().filter_map(each).collect::<Vec<_>>().join("、")
}

/// How far a right reaches, as a cell of the table.
pub const fn reach(scope: Scope) -> &'static str {
    match scope {
        Scope::No => "—",
        Scope::OwnUnits => "本单位",
        Scope::Office => "全部",
    }
}

/// The whole table, a line for each act, as Markdown prints it.
pub fn table() -> Vec<String> {
    let roles: Vec<&str> = Role::ALL.iter().map(|role| name(*role)).collect();
    let head = format!("| 做什么 | {} |", roles.join(" | "));
    let rule = format!("|---|{}", "---|".repeat(roles.len()));
    let row = |of: &Act| {
        let cells: Vec<&str> = Role::ALL.iter().map(|role| reach(scope(*role, *of))).collect();
        format!("| {} | {} |", act(*of), cells.join(" | "))
    };
    [head, rule].into_iter().chain(Act::ALL.iter().map(row)).collect()
}
