//! Why a lever of the operator does not move, and the one that does.

use crate::cli::words;
use crate::domain::delivery::StopReason;
use crate::domain::personal::Personal;
use crate::domain::push::{MemberStatus, PushState};
use crate::domain::word::GroupState;
use crate::office::held::Held;

/// What stands in the way, and what to do next.
pub(super) fn words(held: &Held) -> String {
    let fixed = |text: &str| text.to_owned();
    match held {
        Held::PushStands { push, state } => push_stands(*push, *state),
        Held::PushOut { push, sent, in_doubt } => push_out(*push, *sent, *in_doubt),
        Held::NothingSent(push) => {
            format!("推送{push}一条都还没有发出，不用撤回。请改用：qingfeng push cancel {push}")
        }
        Held::NothingFailed(push) => nothing_failed(*push),
        Held::UnknownDelivery(id) => format!("没有编号为{id}的消息。消息的编号见：qingfeng push show 推送的编号"),
        Held::ReasonPersonal(Personal::Name) => {
            fixed("原因里有在册人员的姓名。原因记入审计记录，删不掉；请写事由或部门，不写人")
        }
        Held::ReasonPersonal(Personal::Mobile) => fixed("原因里有手机号码。原因记入审计记录，删不掉；请只写事由"),
        Held::NotInDoubt { delivery, state } => {
            format!("消息{delivery}现在是“{}”，不是存疑，不用认定，没有改动", words::delivery_state(*state))
        }
        Held::GroupStopped { group, title, state, reason } => group_stopped(*group, title, (*state, *reason)),
        Held::GroupStands { group, state } => group_stands(group, *state),
        Held::PausedAlready => fixed("全部推送已经在暂停中，不用再暂停。要恢复请运行：qingfeng resume"),
        Held::NotPaused => fixed("全部推送没有暂停，不用恢复。要暂停请运行：qingfeng pause"),
        Held::RelayName => fixed("群的名称要有1至40个字，不含换行和看不见的字符。请改一个名称"),
        Held::RelayExists(name) => {
            format!("已有名为“{name}”的人工转发群。换单位请运行：qingfeng group link {name} --units 单位")
        }
        Held::AckNotAsked(push) => format!("推送{push}不要求确认，没有可登记的。方式见：qingfeng push show {push}"),
        Held::AckNotExpected { push, staff_no, standing } => not_expected(*push, staff_no, *standing),
        Held::AckStands { push, staff_no, .. } => {
            format!("{staff_no}已经确认过推送{push}，没有重复登记。人数见：qingfeng push show {push}")
        }
    }
}

fn push_stands(push: i64, state: PushState) -> String {
    format!("推送{push}的状态是“{}”，不能再改。经过见：qingfeng push show {push}", words::push_state(state))
}

/// Somebody of whom the push expects nothing.
fn not_expected(push: i64, staff_no: &str, standing: Option<MemberStatus>) -> String {
    let why = match standing {
        Some(MemberStatus::Exempt) => "在免计范围，不计入统计，不用登记",
        Some(MemberStatus::Unasked) => "只由人工转发面向，不统计阅知，不用登记",
        Some(MemberStatus::Expected) | None => "不在应知范围，没有登记。请核对工号和推送的编号，见：qingfeng push list",
    };
    format!("{staff_no}在推送{push}里{why}")
}

/// What is out already, and the way that is left.
fn push_out(push: i64, sent: usize, in_doubt: usize) -> String {
    let parts = [(sent, "已经发出"), (in_doubt, "不确定是否发出")];
    let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count}条{what}"));
    let out = parts.collect::<Vec<_>>().join("，");
    format!("推送{push}有{out}，不能取消，没有改动。请改用：qingfeng push recall {push} --reason 原因")
}

fn nothing_failed(push: i64) -> String {
    format!(
        "推送{push}没有发送失败的消息，不用补发。存疑的请逐条认定：qingfeng push resolve 消息编号；经过见：qingfeng push show {push}"
    )
}

/// A chat that takes no messages, and how it is let in again.
fn group_stopped(group: i64, title: &str, (state, reason): (GroupState, StopReason)) -> String {
    let next = match state {
        GroupState::Suspended | GroupState::Active => format!("请处理好以后先运行：qingfeng group resume {group}"),
        GroupState::Gone => "请先把机器人拉回群里".to_owned(),
        GroupState::Unlinked => format!("请先运行：qingfeng group link {group} --units 单位"),
    };
    format!("“{title}”现在收不了消息（{}），没有补发任何消息。{next}", words::reason(reason))
}

fn group_stands(group: &str, state: GroupState) -> String {
    match state {
        GroupState::Active => format!("群“{group}”本来就正常，不用恢复"),
        GroupState::Suspended => format!("群“{group}”已经暂停。要恢复请运行：qingfeng group resume {group}"),
        GroupState::Unlinked => {
            format!("群“{group}”还没有关联单位，本来就不发。请先运行：qingfeng group link {group} --units 单位")
        }
        GroupState::Gone => format!("机器人已不在群“{group}”里，本来就不发。请先把机器人拉回群里"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lever_says_which_one_moves() {
        let title = "企业群".to_owned();
        let stopped = |state, reason| Held::GroupStopped { group: 2, title: title.clone(), state, reason };
        let stands = |state| Held::GroupStands { group: "2".to_owned(), state };
        let not = |standing| Held::AckNotExpected { push: 12, staff_no: "G2601".to_owned(), standing };
        let all = [
            Held::PushStands { push: 12, state: PushState::Recalled },
            Held::PushOut { push: 12, sent: 1, in_doubt: 1 },
            Held::PushOut { push: 12, sent: 2, in_doubt: 0 },
            Held::NothingSent(12),
            Held::NothingFailed(12),
            Held::UnknownDelivery(31),
            Held::NotInDoubt { delivery: 31, state: crate::domain::delivery::DeliveryState::Sent },
            stopped(GroupState::Suspended, StopReason::NoRights),
            stopped(GroupState::Gone, StopReason::Removed),
            stopped(GroupState::Unlinked, StopReason::ByAdmin),
            stands(GroupState::Active),
            stands(GroupState::Suspended),
            stands(GroupState::Unlinked),
            stands(GroupState::Gone),
            Held::PausedAlready,
            Held::NotPaused,
            Held::RelayName,
            Held::RelayExists("机关微信群".to_owned()),
            Held::AckNotAsked(12),
            not(None),
            not(Some(MemberStatus::Exempt)),
            not(Some(MemberStatus::Unasked)),
            Held::AckStands { push: 12, staff_no: "G2601".to_owned(), at: chrono::DateTime::UNIX_EPOCH },
        ];
        insta::assert_snapshot!(all.iter().map(words).collect::<Vec<_>>().join("\n"));
    }
}
