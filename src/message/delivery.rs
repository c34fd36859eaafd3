//! Words about single messages: why one did not go out, and what became of it.

use crate::domain::delivery::StopReason;

/// Why a message was not sent, or why a chat takes none.
pub const fn reason(reason: StopReason) -> &'static str {
    match reason {
        StopReason::Kicked | StopReason::Removed => "机器人已被移出群",
        StopReason::Left => "不是本单位的群，机器人已退出",
        StopReason::Migrated => "群已升级，改用新的群",
        StopReason::ChatGone => "群已不在",
        StopReason::Blocked => "对方屏蔽了机器人",
        StopReason::NeverStarted => "对方还没有打开与机器人的私聊",
        StopReason::Deactivated => "对方账号已注销",
        StopReason::Refused => "平台拒绝",
        StopReason::Unreachable => "连不上平台",
        StopReason::NoTarget => "没有可发的群或私聊",
        StopReason::NoRights => "机器人在群里没有发言权限",
        StopReason::NoTopic => "话题已关闭或删除",
        StopReason::Broken => "消息没能做出来",
        StopReason::ByAdmin => "管理员已暂停",
        StopReason::NotRelayed => "未转发",
        StopReason::Declined => "管理员选择不发",
        StopReason::Confirmed => "本人已确认，不用提醒",
        StopReason::Muted => "本人不要私聊提醒",
        StopReason::OnLeave => "本人休假或出差，不提醒",
        StopReason::TakenBack => "推送已取消或撤回",
    }
}
