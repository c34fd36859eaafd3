//! Why people and units were not changed, and what to do.

use crate::cli::words;
use crate::domain::roster::diff;
use crate::domain::unit::{PART_CHARS_MAX, UnitFault};
use crate::message;
use crate::office::leave::LeaveFault;
use crate::office::merge::MergeFault;
use crate::office::roster::{ImportFault, Meanwhile};

pub(super) fn import(fault: &ImportFault) -> String {
    match fault {
        ImportFault::Doubts(doubts) => message::roster::doubts(doubts).join("\n"),
        ImportFault::Moved(meanwhile) => roster_moved(meanwhile),
        ImportFault::Overtaken => {
            "另一次导入刚刚开始，接替了本次，本次没有导入。请等它结束，核对后再运行一次".to_owned()
        }
    }
}

pub(super) fn leave(fault: &LeaveFault) -> String {
    match fault {
        LeaveFault::Backwards => "最后一天早于第一天。请核对--from和--to".to_owned(),
        LeaveFault::Overlaps => {
            "与这个人已登记的请假日期重叠。请核对--from和--to，见：qingfeng staff leave list".to_owned()
        }
        LeaveFault::NeedsEnd(category) => {
            format!("{}要写最后一天（--to），截止时间才知道顺延到哪天", category.label())
        }
        LeaveFault::None(which) => format!("没有“{which}”还没结束的请假。编号见：qingfeng staff leave list"),
        LeaveFault::Which(ids) => {
            let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
            format!("这个人有{}段还没结束的请假（编号{}）。请用--id写明是哪一段", ids.len(), ids.join("、"))
        }
        LeaveFault::End(span) => format!(
            "最后一天要在这一段里（{}）。要延长，请另登记首尾相接的一段；登记错了，用--withdraw撤销",
            message::leave::days(*span)
        ),
        LeaveFault::ReturnDay { today, latest } => message::leave::bad_return_day(*today, *latest),
        LeaveFault::Sheet(problems) => message::leave::problems("请假表", problems).join("\n"),
    }
}

pub(super) fn unit(fault: &UnitFault) -> String {
    match fault {
        UnitFault::EmptyPart { given } if given.trim().is_empty() => "单位的名称是空的。请写出名称".to_owned(),
        UnitFault::EmptyPart { given } => format!("“{given}”里有一级是空的。各级用“/”隔开，如：管委会/综合科"),
        UnitFault::Stroke { given } => {
            format!("“{given}”里有“/”。改名只写最后一级的新名称；要换到别的上级下，请用：qingfeng unit move")
        }
        UnitFault::BadCharacter => "名称里有换行或看不见的字符。请重新输入".to_owned(),
        UnitFault::TooLong { chars } => format!("名称有{chars}个字，最多{PART_CHARS_MAX}个。请改短"),
        UnitFault::NoChange { path } => format!("“{path}”已经是这样，不用改"),
        UnitFault::Cycle { path, under } => {
            format!("“{path}”不能移到自己下面（{under}）。请换一个上级单位")
        }
        UnitFault::Taken { path } => {
            format!("已有“{path}”。请换个名称；要把两个单位合成一个，请在花名册里改人员的单位后导入")
        }
        UnitFault::Divided { path } => {
            format!("“{path}”里直接有人，下面不能再设单位。请先在花名册里把这些人放到它的下级单位")
        }
        UnitFault::Renamed { was, now } => {
            format!("单位“{was}”已改为“{now}”，可能是别人刚改的。请核对：qingfeng unit list，再用现在的名称")
        }
        UnitFault::OtherParent { path, anchor } => {
            format!("“{path}”和“{anchor}”不在同一个上级下，排不到一起。要换上级，请用--under")
        }
    }
}

fn roster_moved(meanwhile: &Meanwhile) -> String {
    let mut lines = vec!["导入期间花名册有变动，本次没有导入。期间的变动：".to_owned()];
    let done = meanwhile
        .entries
        .iter()
        .map(|entry| format!("{}（{}）", words::action(&entry.action), words::actor(&entry.actor)));
    let done = done.collect::<Vec<_>>().join("、");
    if !done.is_empty() {
        lines.push(format!("操作：{done}"));
    }
    let changes = diff(&meanwhile.before, &meanwhile.now);
    if !changes.is_empty() {
        lines.extend(message::roster::diff_lines(&changes));
    }
    lines.push("请核对手里的表是否还合适，再运行一次。".to_owned());
    lines.join("\n")
}

pub(super) fn merge(fault: &MergeFault) -> String {
    match fault {
        MergeFault::Same => "两个工号是同一个，不用合并。请核对工号".to_owned(),
        MergeFault::Already { from, into } => format!("{from}已经并入{into}，不用再合并"),
        MergeFault::BothBound { from, into } => format!(
            "{from}和{into}在同一平台上各绑定了一个账号，不知留哪个。请先解绑不用的那个：qingfeng staff unbind {from}"
        ),
        MergeFault::OtherName { from, into } => {
            format!(
                "{from}和{into}的姓名不同，没有合并：合并后账号、角色和记录都归留下的工号，不能再分开。确是同一个人的，加--other-name再运行"
            )
        }
        MergeFault::LeaveOverlaps { from, into } => {
            format!("{from}和{into}登记的请假日期重叠。请先核对，结束其中一个：qingfeng staff leave list")
        }
    }
}
