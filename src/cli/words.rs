//! Words of values: how they are printed, and how they are read from an argument.

use chrono::{NaiveDate, NaiveDateTime};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use crate::domain::audit::{Action, Actor};
use crate::domain::delivery::{AttemptOutcome, DeliveryState};
use crate::domain::leave::LeaveCategory;
use crate::domain::month::Month;
use crate::domain::policy::{Act, Role};
use crate::domain::push::PushState;
use crate::domain::roster;
use crate::domain::word::{Confirm, GroupState, ItemState, Kind};
pub use crate::message::delivery::reason;

/// The policy table.
pub mod rights;

/// What a push asks of its readers.
pub const fn confirm(confirm: Confirm) -> &'static str {
    match confirm {
        Confirm::Required => "需知悉",
        Confirm::Voluntary => "自愿",
        Confirm::None => "不统计",
    }
}

/// Where an item stands.
pub const fn item_state(state: ItemState) -> &'static str {
    match state {
        ItemState::Draft => "草稿",
        ItemState::Submitted => "待审核",
        ItemState::Approved => "可推送",
        ItemState::Published => "已发布",
        ItemState::Withdrawn => "已撤下",
        ItemState::Expired => "已过期",
    }
}

/// Where a chat stands.
pub const fn group_state(state: GroupState) -> &'static str {
    match state {
        GroupState::Unlinked => "未关联",
        GroupState::Active => "正常",
        GroupState::Suspended => "已暂停",
        GroupState::Gone => "已退出",
    }
}

/// Where a push stands.
pub const fn push_state(state: PushState) -> &'static str {
    match state {
        PushState::Open => "进行中",
        PushState::Closed => "已结账",
        PushState::Cancelled => "已取消",
        PushState::Recalled => "已撤回",
    }
}

/// Where a message stands.
pub const fn delivery_state(state: DeliveryState) -> &'static str {
    match state {
        DeliveryState::Queued => "待发送",
        DeliveryState::Claimed | DeliveryState::Sending => "发送中",
        DeliveryState::Sent => "已送达",
        DeliveryState::RetryWait => "等待重试",
        DeliveryState::InDoubt => "存疑",
        DeliveryState::Failed => "发送失败",
        DeliveryState::Expired => "过期未发",
        DeliveryState::Cancelled => "已取消",
        DeliveryState::Abandoned => "已放弃",
    }
}

/// What a call came to.
pub const fn attempt_outcome(outcome: AttemptOutcome) -> &'static str {
    match outcome {
        AttemptOutcome::Pending => "未返回",
        AttemptOutcome::Ok => "成功",
        AttemptOutcome::NotSent => "没有发出",
        AttemptOutcome::Limited => "平台要求稍后",
        AttemptOutcome::Rejected => "平台拒绝",
        AttemptOutcome::Unknown => "结果不明",
        AttemptOutcome::Proved => "由按键证实",
    }
}

/// What an entry of the ledger records, from its stored word; a word of a newer program stays as it is.
pub fn action(word: &str) -> &str {
    match Action::parse(word) {
        Some(action) => what_was_done(action),
        None => word,
    }
}

const fn what_was_done(action: Action) -> &'static str {
    match action {
        Action::DbInit => "建库",
        Action::Install => "接入机器人",
        Action::RosterImport => "导入花名册",
        Action::StaffView => "查看人员名单",
        Action::RosterExport => "导出花名册",
        Action::LeaveAdd => "登记免计",
        Action::RoleGrant => "给予角色",
        Action::RoleRevoke => "收回角色",
        Action::Invite => "生成绑定码",
        Action::Bind => "绑定",
        Action::BindRefused => "绑定码不对",
        Action::PressCredit => "补记绑定前的确认",
        Action::GroupSeen => "进群",
        Action::GroupLink => "群关联单位",
        Action::GroupState => "群状态变化",
        Action::ContentSync => "更新内容",
        Action::ScheduleAdd => "增加计划",
        Action::ScheduleRemove => "停用计划",
        Action::ScheduleEdit => "修改计划",
        Action::SchedulePause => "暂停计划",
        Action::ScheduleResume => "恢复计划",
        Action::CalendarImport => "导入放假安排",
        Action::AlertRaise => "告知管理员",
        Action::UnitRename => "单位改名",
        Action::UnitMove => "单位调整",
        Action::StaffMerge => "合并重复人员",
        Action::StaffUnbind => "解除绑定",
        Action::StaffLeave => "调离",
        Action::StaffErase => "删除个人身份",
        Action::LeaveImport => "导入请假",
        Action::LeaveEnd => "结束请假",
        Action::LeaveDeclare => "本人申报返岗日期",
        Action::InviteDecline => "绑定码不是本人",
        Action::PressPurge => "删除未绑定的点击",
        Action::GroupClaim => "确认是本单位的群",
        Action::GroupLeave => "退出群",
        Action::GroupWelcome => "群内首次说明",
        Action::Refused => "拒绝越权",
        Action::Checkpoint => "写检查点",
        Action::KeyRotate => "更换密钥",
        Action::SettingSet => "更改设置",
        Action::PushCreate => "生成推送",
        Action::PushMissingView => "查看未确认名单",
        Action::AckBatch => "记录确认",
        Action::QuizBatch => "记录答题",
        Action::DeliveryState => "消息状态变化",
        Action::ReportView => "查看报表",
        Action::PushCancel => "取消推送",
        Action::PushRecall => "撤回推送",
        Action::PushResend => "补发未发出的消息",
        Action::PushNudge => "私聊提醒",
        Action::NudgeMute => "不要私聊提醒",
        Action::NudgeUnmute => "恢复私聊提醒",
        Action::AckRecord => "代为登记确认",
        Action::DeliveryDecide => "认定消息去向",
        Action::CopyRemove => "删除已发消息",
        Action::OutgoingPause => "暂停全部推送",
        Action::OutgoingResume => "恢复全部推送",
        Action::GroupAdd => "增加人工转发的群",
        Action::InboundMode => "更改接收方式",
        Action::BlindWindow => "采集中断",
        Action::UpdateAside => "搁置处理不了的操作",
        Action::DbBackup => "备份数据库",
        Action::DbRestore => "恢复数据库",
        Action::Quarantine => "停发待确认",
        Action::RestoreConfirm => "确认恢复的数据",
    }
}

/// Who acted, from the stored form.
pub fn actor(stored: &str) -> String {
    match Actor::parse(stored) {
        Some(Actor::Staff { id, .. }) => format!("人员{id}"),
        Some(Actor::Operator { staff_no: None }) => "本机操作员".to_owned(),
        Some(Actor::Operator { staff_no: Some(staff_no) }) => staff_no,
        Some(Actor::System { .. }) => "系统".to_owned(),
        None => stored.to_owned(),
    }
}

/// What was acted on, from the stored form `kind:id`.
pub fn subject(stored: &str) -> String {
    let (kind, id) = stored.split_once(':').unwrap_or((stored, ""));
    let kind = match kind {
        "staff" => "人员",
        "group" => "群",
        "chat" => "会话",
        "push" => "推送",
        "delivery" => "消息",
        "schedule" => "计划",
        "channel" => "渠道",
        "account" => "账号",
        "act" => return Act::parse(id).map_or_else(|| stored.to_owned(), |act| rights::act(act).to_owned()),
        "ack_batch" => "确认批次",
        "quiz_batch" => "答题批次",
        "office" => "单位",
        "content" => "内容",
        "roster" => "花名册",
        "calendar" => "工作日历",
        _ => return stored.to_owned(),
    };
    format!("{kind}{id}")
}

/// A right.
pub const fn role(role: Role) -> &'static str {
    match role {
        Role::Admin => "管理员",
        Role::Editor => "编辑",
        Role::Approver => "审核人",
        Role::UnitHead => "科室负责人",
        Role::Leader => "领导",
        Role::Auditor => "审计员",
        Role::Staff => "职工",
    }
}

/// Kinds as they are stored, for people: 党员、公职人员.
pub fn kinds(stored: &str) -> String {
    roster::kinds_text(&stored.split(',').filter_map(Kind::parse).collect::<Vec<_>>())
}

/// Reads a category of absence by a name or its code.
pub fn leave_category(text: &str) -> Result<LeaveCategory, String> {
    LeaveCategory::read(text).ok_or_else(|| format!("类别可写：{}", leave_choices()))
}

/// Every category with its code.
pub fn leave_choices() -> String {
    let each = |category: &LeaveCategory| format!("{}（{}）", category.label(), category.as_str());
    LeaveCategory::ALL.iter().map(each).collect::<Vec<_>>().join("、")
}

/// Reads a right that is granted; being staff needs no grant.
pub fn granted_role(text: &str) -> Result<Role, String> {
    let mut granted = Role::ALL.iter().filter(|role| **role != Role::Staff);
    let named = granted.find(|known| [role(**known), known.as_str()].contains(&text)).copied();
    named.ok_or_else(|| format!("角色可写：{}", role_choices()))
}

/// Every right that is granted, with its word.
pub fn role_choices() -> String {
    let granted = Role::ALL.iter().filter(|role| **role != Role::Staff);
    granted.map(|known| format!("{}（{}）", known.as_str(), role(*known))).collect::<Vec<_>>().join("、")
}

/// Reads a staff number as rosters spell it.
pub fn staff_no(text: &str) -> Result<String, String> {
    let rule = |_| format!("工号是1至{}位数字、字母或“-”，如G2601", roster::STAFF_NO_CHARS_MAX);
    roster::staff_no(text).map_err(rule)
}

/// Reads a month.
pub fn month(text: &str) -> Result<Month, &'static str> {
    Month::parse(text).ok_or("月份要写成2026-09")
}

/// Reads a day.
pub fn day(text: &str) -> Result<NaiveDate, &'static str> {
    let written = text.len() == 10;
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| written).ok_or("日期要写成2026-09-01，且当月要有这一天")
}

/// Reads a wall time of the office.
pub fn wall_time(text: &str) -> Result<NaiveDateTime, &'static str> {
    NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").map_err(|_| "时间要加引号写成\"2026-09-24 17:30\"")
}

/// Reads what a push asks of its readers.
pub fn confirm_parser() -> impl TypedValueParser<Value = Confirm> {
    let value = |word: Confirm, help: &'static str| PossibleValue::new(word.as_str()).help(help);
    let values = [
        value(Confirm::Required, "需知悉，有期限，计入知悉率"),
        value(Confirm::Voluntary, "自愿，计入参与率"),
        value(Confirm::None, "不统计，没有按钮"),
    ];
    PossibleValuesParser::new(values).try_map(|text| Confirm::parse(&text).ok_or("写法不对"))
}

/// Names that were given one by one, or joined by a comma or 、.
pub fn list(given: &[String]) -> Vec<String> {
    let parts = given.iter().flat_map(|text| text.split([',', '，', '、'])).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("产假", Ok(LeaveCategory::Parental))]
    #[case("parental", Ok(LeaveCategory::Parental))]
    #[case("借调", Ok(LeaveCategory::Seconded))]
    #[case("请假", Ok(LeaveCategory::Away))]
    #[case("停职", Ok(LeaveCategory::Other))]
    #[case("生病", Err(()))]
    fn categories_are_read_by_name_or_code(#[case] text: &str, #[case] category: Result<LeaveCategory, ()>) {
        assert_eq!(leave_category(text).map_err(drop), category);
    }

    #[test]
    fn every_category_is_read_back_by_its_print() {
        for category in LeaveCategory::ALL {
            assert_eq!(leave_category(category.label()), Ok(*category));
        }
    }

    #[rstest]
    #[case("admin", Some(Role::Admin))]
    #[case("管理员", Some(Role::Admin))]
    #[case("领导", Some(Role::Leader))]
    #[case("staff", None)]
    fn roles_are_read_by_name_or_word(#[case] text: &str, #[case] role: Option<Role>) {
        assert_eq!(granted_role(text).ok(), role);
    }

    #[rstest]
    #[case(&["综合科,财务科"], &["综合科", "财务科"])]
    #[case(&["综合科、财务科", " 企业服务科 "], &["综合科", "财务科", "企业服务科"])]
    #[case(&["，"], &[])]
    fn lists_may_be_joined(#[case] given: &[&str], #[case] names: &[&str]) {
        assert_eq!(list(&given.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>()), names);
    }

    #[rstest]
    #[case("2026-09-01", true)]
    #[case("2026-9-1", false)]
    #[case("2026-02-30", false)]
    fn days_are_read_in_one_spelling(#[case] text: &str, #[case] good: bool) {
        assert_eq!(day(text).is_ok(), good);
    }

    #[test]
    fn entries_of_the_ledger_are_read_in_chinese() {
        let actors = ["staff:12@3", "operator", "operator:G01", "system:send", "later:1"].map(actor);
        let subjects = ["staff:12", "push:3", "office", "office.hotline", "later:1"].map(subject);
        let words = Action::ALL.iter().map(|known| action(known.as_str())).chain([action("later")]);
        let words = words.collect::<Vec<_>>().join(" ");
        insta::assert_snapshot!(format!("{}\n{}\n{words}", actors.join(" "), subjects.join(" ")));
    }

    #[test]
    fn words_of_states_differ() {
        let groups = GroupState::ALL.iter().map(|state| group_state(*state)).collect::<Vec<_>>();
        let items = ItemState::ALL.iter().map(|state| item_state(*state)).collect::<Vec<_>>();
        let pushes = PushState::ALL.iter().map(|state| push_state(*state)).collect::<Vec<_>>();
        let sent = DeliveryState::ALL.iter().map(|state| delivery_state(*state)).collect::<Vec<_>>();
        let calls = AttemptOutcome::ALL.iter().map(|outcome| attempt_outcome(*outcome)).collect::<Vec<_>>();
        let stops = crate::domain::delivery::StopReason::ALL.iter().map(|stop| reason(*stop)).collect::<Vec<_>>();
        insta::assert_snapshot!([groups, items, pushes, sent, calls, stops].map(|words| words.join(" ")).join("\n"));
    }
}
