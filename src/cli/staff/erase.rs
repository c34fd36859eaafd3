//! `staff erase`: removing who somebody was.

use clap::Args;

use crate::cli::out::{self, Ended, line};
use crate::cli::session::Setup;
use crate::cli::words;
use crate::office::erase::{self, Erased};

/// 删除一个人的身份信息；过去的统计数字不变
///
/// 删去姓名、职务、工号、平台账号、绑定码、角色、请假和还留着的原始消息；人还在册的，同时调离。编号、当时所在单位和确认时间留着，所以过去的统计和审计记录照样核对得上。不写--yes只显示会删去什么，什么都不改动。删除以后不能恢复；以前的数据库副本里还有。
#[derive(Debug, Args)]
#[command(after_help = "例子\n  qingfeng staff erase G2608\n  qingfeng staff erase G2608 --yes")]
pub struct Erase {
    /// 谁；已经调离的也可以
    #[arg(value_name = "工号", value_parser = words::staff_no)]
    staff_no: String,
    /// 真正删除
    #[arg(long)]
    yes: bool,
}

impl Erase {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        setup.open(async |session| {
            if self.yes {
                let erased = erase::erase(&session.ctx, &session.actor, &self.staff_no).await?;
                let id = erased.person.id;
                return out::print(&format!("已删除，这个人在记录里只剩编号{id}。{AFTER}"));
            }
            let erased = erase::preview(&session.ctx, &session.actor, &self.staff_no).await?;
            out::print(&going(&erased))?;
            Err(line("还没有删除，什么都没有改动。看清楚后加--yes再运行；删除以后不能恢复"))
        })
    }
}

const AFTER: &str = "花名册文件里还有他的，请一并删去；以前的数据库副本里还有他的姓名，请按规定处理";

fn going(erased: &Erased) -> String {
    let Erased { person, merged, accounts, texts, leaves } = erased;
    let mut lines = vec![format!("将删除：{}（{}，{}）", person.staff_no, person.name, person.unit)];
    if person.left_at.is_none() {
        lines.push("还在花名册里，同时调离".to_owned());
    }
    if *merged > 0 {
        lines.push(format!("并入的工号：{merged}个"));
    }
    lines
        .push(format!("删去：姓名、职务、工号、绑定码、角色，平台账号{accounts}个、请假{leaves}段、原始消息{texts}条"));
    lines.push(
        "留着：编号、当时所在单位和类别、确认的时间；审计记录里，他以操作员身份做过的事仍写着当时的工号".to_owned(),
    );
    lines.join("\n")
}
