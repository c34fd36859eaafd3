//! What an import could mean in two ways, one line each: what was found, and how to state which. People are named as the
//! sheet names them; nothing comes from the database but numbers.

use super::shown;
use crate::domain::roster::Doubt;

/// Doubts printed of one import; whoever clears these up imports again and sees the rest.
const DOUBTS_SHOWN_MAX: usize = 50;

/// Everything that has to be cleared up before an import.
pub fn doubts(doubts: &[Doubt]) -> Vec<String> {
    let mut lines = vec![format!("有{}处要先弄清，没有导入：", doubts.len())];
    lines.extend(doubts.iter().take(DOUBTS_SHOWN_MAX).map(doubt));
    if let Some(rest) = doubts.len().checked_sub(DOUBTS_SHOWN_MAX).filter(|rest| *rest > 0) {
        lines.push(format!("另有{rest}处，弄清以上各处后再导入即可看到。"));
    }
    lines
}

fn doubt(doubt: &Doubt) -> String {
    match doubt {
        Doubt::Renumbered { olds, new, name, unit } => {
            let old = if let [only] = olds.as_slice() { only } else { "旧工号" };
            format!(
                "{new}（{name}，{unit}）是新工号，同一单位同名的{}却不在表里。是同一人换了工号，加--renumbered {old}={new}；\
                 是另一个人，加--newcomer {new}。",
                olds.join("、")
            )
        }
        Doubt::CaseOnly { known, given } => {
            format!("{given}与已有的{known}只有大小写不同。请在表里改成{known}；确是另一个人，请另编工号。")
        }
        Doubt::OtherPerson { staff_no, name } => format!(
            "{staff_no}在表里是“{}”，与花名册里的姓名不同，单位也变了或本已调离。是同一人改了名，加--renamed {staff_no}；\
             是另一个人，请给他另编工号，否则会接上前一人的记录。",
            shown(name)
        ),
        Doubt::Merged { staff_no, into } => {
            format!("{staff_no}已并入{into}，是同一人的旧工号。请在表里删去{staff_no}这一行，只留{into}。")
        }
        Doubt::ManyLeave { left, of, stated } => match stated {
            None => format!(
                "现有{of}人，有{left}人不在表里，会全部按调离处理。请核对表是否完整；确实都调离，加--leaving {left}。"
            ),
            Some(stated) => {
                format!("--leaving写的是{stated}，不在表里的却有{left}人。请核对；无误就写--leaving {left}。")
            }
        },
        Doubt::ManyRenamed { renamed, of, stated } => match stated {
            None => format!(
                "现有{of}人，有{renamed}人的姓名与原来不同。请核对姓名一列是否错行；确实都改名，加--renaming {renamed}。"
            ),
            Some(stated) => {
                format!("--renaming写的是{stated}，改了姓名的却有{renamed}人。请核对；无误就写--renaming {renamed}。")
            }
        },
        Doubt::LastAdmin { staff_no } => {
            format!("{staff_no}是最后一个管理员，却不在表里。请先把角色给别人：qingfeng staff role grant 工号 admin")
        }
        Doubt::OldUnit { was, now } => {
            format!("单位“{}”已改名为“{}”。请在表里改用现在的名称。", shown(was), shown(now))
        }
        Doubt::Misstated { staff_no } => {
            format!("命令里写的{staff_no}与表对不上，没有要说明的。请核对工号，或去掉这一项。")
        }
    }
}
