//! What the admins are told without asking. Ends with what to do.

use crate::domain::alert::Alert;
use crate::domain::delivery::StopReason;
use crate::domain::rich::Rich;
use crate::message::delivery::reason as words_of;
use crate::message::outgoing::Outgoing;
use crate::message::print::month_day;

/// The message to an admin.
pub fn alert(alert: &Alert) -> Outgoing {
    let words = match alert {
        Alert::CalendarProvisional { year, known: true, .. } => format!(
            "{year}年放假安排还没有导入，现在按法定节假日暂排，调休日可能有变。\
            国务院办公厅通知公布后请运行：qingfeng calendar import 文件。"
        ),
        Alert::CalendarProvisional { year, known: false, .. } => {
            format!("{year}年没有任何放假资料，按工作日安排的推送到时会停下。请先运行：qingfeng calendar import 文件。")
        }
        Alert::PoolExhausted { name, day, left, again, months, .. } => {
            let left = match left {
                0 => String::new(),
                left => format!("之前的{left}次还有新内容。"),
            };
            let what = match again {
                Some(title) => format!("没有新内容了，将重复{months}个月内推送过的《{title}》"),
                None => "没有可以推送的内容，到时不会发出".to_owned(),
            };
            let day = month_day(*day);
            format!("计划“{name}”{day}那次{what}。{left}请补充内容文件，再运行：qingfeng content sync。")
        }
        Alert::ItemExpiring { code, title, on, .. } => format!(
            "《{title}》（{code}）从{}起不再推送。不再用的无需处理；\
            还要用的，请核对原文，改好内容文件里的expires_on，再运行：qingfeng content sync。",
            month_day(*on)
        ),
        Alert::GroupSuspended { group, title, reason, .. } => format!(
            "“{title}”（群编号{group}）发不进消息了（{}），已暂停向它推送，群里的人列“未送达”。\
            处理好以后请运行：qingfeng group resume {group}，没有发出的补发：qingfeng push resend-failed。",
            StopReason::parse(reason).map_or("平台拒绝", words_of)
        ),
        Alert::TopicLost { title, .. } => format!(
            "“{title}”里原来的话题已关闭或删除，消息改发到群里的默认话题。\
            想换话题请重新关联，否则无需处理。"
        ),
        Alert::InDoubt { title, target, .. } => {
            format!("《{title}》发到“{target}”的这条不确定是否发出。请核对一下再选。")
        }
        Alert::PushFailed { push, title, target, reason, .. } => format!(
            "《{title}》发到“{target}”没有发出（{}），要收的人列“未送达”。原因见：qingfeng push show {push}，\
            处理好以后补发：qingfeng push resend-failed {push}。",
            StopReason::parse(reason).map_or("平台拒绝", words_of)
        ),
        Alert::RemovalRefused { title, target, .. } => {
            format!("《{title}》已撤回，但是“{target}”里的那一条平台不让机器人删除，请到群里手工删除。")
        }
        Alert::DeliveryBroken { delivery } => {
            format!("有一条消息（编号{delivery}）多次没能做出来，已放在一边，其他消息照常。请看日志，再联系维护人员。")
        }
        Alert::Relay { .. } => "有一条内容要请您转发。".to_owned(),
        Alert::UpdateAside { .. } => {
            "有人发来的一次操作多次处理不了，已放在一边，其他人不受影响。请看日志，再联系维护人员。".to_owned()
        }
        Alert::OtherPoller { .. } => {
            "有另一个程序在用同一个机器人收消息，点击可能被它收走。请停掉另一个程序。".to_owned()
        }
        Alert::CodeDeclined { .. } => "有一张绑定码到了别人手里，请核对纸条发给了谁。".to_owned(),
        Alert::CodesGuessed { accounts, .. } => format!(
            "现在有{accounts}个账号连续输错绑定码，都已各停30分钟。码猜不中，已有的绑定不受影响，无需处理；\
            正在集中发纸条的，请提醒大家看清纸条上的码。"
        ),
        Alert::StrangeChat { title, .. } => format!("有人把机器人拉进了“{title}”。"),
    };
    Outgoing { text: Rich::plain(format!("【管理员】{words}")), buttons: Vec::new() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

    use super::*;
    use crate::ids::ScheduleId;
    use chrono::NaiveDate;

    fn words(told: &Alert) -> String {
        let outgoing = alert(told);
        assert!(outgoing.buttons.is_empty());
        outgoing.text.to_plain()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn exhausted(left: usize, again: Option<&str>) -> Alert {
        let (schedule, name, day) = (ScheduleId(1), "每周一学".to_owned(), day("2026-09-09"));
        Alert::PoolExhausted { schedule, name, day, left, again: again.map(str::to_owned), months: 12 }
    }

    #[test]
    fn each_alert_says_what_to_do() {
        let week = day("2026-11-30");
        let expiring = Alert::ItemExpiring {
            slug: "invitation".to_owned(),
            code: "ZW-017".to_owned(),
            title: "收礼多少算违规？".to_owned(),
            on: day("2026-09-30"),
        };
        let all = [
            Alert::CalendarProvisional { year: 2027, week, known: true },
            Alert::CalendarProvisional { year: 2028, week, known: false },
            exhausted(0, Some("抽屉里那份文件，该归档了")),
            exhausted(2, Some("抽屉里那份文件，该归档了")),
            exhausted(0, None),
            exhausted(12, None),
            expiring,
        ];
        insta::assert_snapshot!(all.iter().map(words).collect::<Vec<_>>().join("\n"), @r"
        【管理员】2027年放假安排还没有导入，现在按法定节假日暂排，调休日可能有变。国务院办公厅通知公布后请运行：qingfeng calendar import 文件。
        【管理员】2028年没有任何放假资料，按工作日安排的推送到时会停下。请先运行：qingfeng calendar import 文件。
        【管理员】计划“每周一学”9月9日（周三）那次没有新内容了，将重复12个月内推送过的《抽屉里那份文件，该归档了》。请补充内容文件，再运行：qingfeng content sync。
        【管理员】计划“每周一学”9月9日（周三）那次没有新内容了，将重复12个月内推送过的《抽屉里那份文件，该归档了》。之前的2次还有新内容。请补充内容文件，再运行：qingfeng content sync。
        【管理员】计划“每周一学”9月9日（周三）那次没有可以推送的内容，到时不会发出。请补充内容文件，再运行：qingfeng content sync。
        【管理员】计划“每周一学”9月9日（周三）那次没有可以推送的内容，到时不会发出。之前的12次还有新内容。请补充内容文件，再运行：qingfeng content sync。
        【管理员】《收礼多少算违规？》（ZW-017）从9月30日（周三）起不再推送。不再用的无需处理；还要用的，请核对原文，改好内容文件里的expires_on，再运行：qingfeng content sync。
        ");
    }

    #[test]
    fn what_is_wrong_with_a_message_names_where_and_the_command() {
        let (title, target) = ("收礼多少算违规？".to_owned(), "机关学习群".to_owned());
        let reason = StopReason::Refused.as_str().to_owned();
        let since = chrono::DateTime::UNIX_EPOCH;
        let (group, kicked) = (crate::ids::GroupId(7), StopReason::Kicked.as_str().to_owned());
        let (delivery, push) = (crate::ids::DeliveryId(31), crate::ids::PushId(12));
        let all = [
            Alert::GroupSuspended { group, title: target.clone(), reason: kicked, since },
            Alert::PushFailed { delivery, push, title: title.clone(), target: target.clone(), reason, attempt: 40 },
            Alert::RemovalRefused { push, title, target, attempt: 40 },
        ];
        insta::assert_snapshot!(all.iter().map(words).collect::<Vec<_>>().join("\n"), @r"
        【管理员】“机关学习群”（群编号7）发不进消息了（机器人已被移出群），已暂停向它推送，群里的人列“未送达”。处理好以后请运行：qingfeng group resume 7，没有发出的补发：qingfeng push resend-failed。
        【管理员】《收礼多少算违规？》发到“机关学习群”没有发出（平台拒绝），要收的人列“未送达”。原因见：qingfeng push show 12，处理好以后补发：qingfeng push resend-failed 12。
        【管理员】《收礼多少算违规？》已撤回，但是“机关学习群”里的那一条平台不让机器人删除，请到群里手工删除。
        ");
    }
}
