//! `staff`: who is on the roster, binding codes, absences, roles.

mod erase;
/// Codes, slips and accounts.
mod joining;
mod leave;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left};
use super::session::{Session, Setup};
use super::words;
use crate::domain::channel::ChannelKind;
use crate::office::merge::{self, Merged, OtherName};
use crate::office::staff::{self, Invitees};

/// Who may do what.
pub mod role;

/// 人员：名单、绑定码、请假、角色、删除
#[derive(Debug, Args)]
pub struct Staff {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 列出在册人员和是否已绑定
    ///
    /// 科室负责人只看到本人负责的单位。每看一次都记入审计记录。
    #[command(after_help = "例子\n  qingfeng staff list\n  qingfeng staff list --json")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 生成绑定码，当面或单独交给本人
    ///
    /// 本人在与机器人的私聊里发送绑定码，再点“是我”，就完成绑定。绑定码只显示这一次，用一次就失效；重新生成后，旧的作废。
    #[command(after_help = "例子\n  qingfeng staff invite G2601\n  \
                            qingfeng staff invite --all --out 绑定码.docx\n  qingfeng staff invite --all --json")]
    Invite {
        #[command(flatten)]
        whom: Whom,
        /// 写成可打印的纸条：每人一张，带二维码，裁开分发；里面有姓名和绑定码，打印后请删除
        #[arg(long, value_name = "文件", value_parser = joining::document, conflicts_with = "json")]
        out: Option<PathBuf>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 解除一个人的绑定，用于手机丢失等
    ///
    /// 原来的记录都在。解除后的推送按未绑定计；重新绑定请再生成绑定码。
    #[command(after_help = "例子\n  qingfeng staff unbind G2601\n  qingfeng staff unbind G2601 --channel telegram")]
    Unbind {
        /// 谁
        #[arg(value_name = "工号", value_parser = words::staff_no)]
        staff_no: String,
        /// 只解除一个平台上的；不写就全部解除
        #[arg(long, value_name = "平台", value_parser = joining::channel)]
        channel: Option<ChannelKind>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    Leave(leave::Leave),
    Erase(erase::Erase),
    Role(role::RoleNoun),
    /// 把同一个人的两个工号合成一个
    ///
    /// 旧工号从花名册里去掉，绑定的账号、角色和没有结束的请假转到留下的工号；过去的统计不变，没确认的仍由本人确认。合并以后不能再分开。
    #[command(after_help = "例子\n  qingfeng staff merge G2601 G2699")]
    Merge {
        /// 不再用的工号，也可以是已调离的
        #[arg(value_name = "旧工号", value_parser = words::staff_no)]
        from: String,
        /// 留下的工号
        #[arg(value_name = "留下的工号", value_parser = words::staff_no)]
        into: String,
        /// 两个工号的姓名不同，核对过确是同一个人
        #[arg(long)]
        other_name: bool,
    },
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Whom {
    /// 给谁
    #[arg(value_name = "工号", value_parser = words::staff_no)]
    staff_no: Option<String>,
    /// 给所有还没有绑定的人
    #[arg(long)]
    all: bool,
}

#[derive(Serialize)]
struct StaffJson<'a> {
    staff_no: &'a str,
    name: &'a str,
    unit: &'a str,
    branch: Option<&'a str>,
    kinds: Vec<&'a str>,
    bound: bool,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::List { json } => setup.open(async |session| list(session, json.into()).await),
            Self::Invite { whom, out, json } => {
                let whom = whom.staff_no.map_or(Invitees::All, Invitees::One);
                match out {
                    Some(file) => setup.open(async |session| joining::slips(session, &whom, &file).await),
                    None => setup.open(async |session| joining::invite(session, &whom, json.into()).await),
                }
            }
            Self::Unbind { staff_no, channel, json } => {
                setup.open(async |session| joining::unbind(session, (&staff_no, channel), json.into()).await)
            }
            Self::Merge { from, into, other_name } => {
                let other_name = if other_name { OtherName::Stated } else { OtherName::Refused };
                setup.open(async |session| {
                    merged(&merge::merge(&session.ctx, &session.actor, (&from, &into), other_name).await?)
                })
            }
            Self::Leave(leave) => leave.verb.run(setup),
            Self::Erase(erase) => erase.run(setup),
            Self::Role(role) => role.run(setup),
        }
    }
}

async fn list(session: &Session, form: Form) -> Ended {
    let people = staff::list(&session.ctx, &session.actor).await?;
    if form == Form::Json {
        let rows = people.iter().map(|listed| StaffJson {
            staff_no: &listed.person.staff_no,
            name: &listed.person.name,
            unit: &listed.person.unit,
            branch: listed.person.branch.as_deref(),
            kinds: listed.person.kinds.split(',').filter(|kind| !kind.is_empty()).collect(),
            bound: listed.bound,
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let columns = [left("工号"), left("姓名"), left("单位"), left("支部"), left("类别"), left("绑定")];
    let rows = people.into_iter().map(|listed| {
        let bound = if listed.bound { "已绑定" } else { "未绑定" };
        let person = listed.person;
        let kinds = words::kinds(&person.kinds);
        vec![person.staff_no, person.name, person.unit, person.branch.unwrap_or_default(), kinds, bound.to_owned()]
    });
    out::table(&columns, rows.collect(), "花名册还是空的。请先运行：qingfeng roster import 花名册.xlsx")
}

fn merged(merged: &Merged) -> Ended {
    let Merged { from, into, bindings, leave, roles } = merged;
    let mut moved = Vec::new();
    if *bindings > 0 {
        moved.push("绑定的账号".to_owned());
    }
    if *leave > 0 {
        moved.push(format!("请假{leave}段"));
    }
    if !roles.is_empty() {
        moved.push(format!("角色（{}）", roles.iter().map(|role| words::role(*role)).collect::<Vec<_>>().join("、")));
    }
    let moved = if moved.is_empty() { "没有要转的".to_owned() } else { format!("已转：{}", moved.join("、")) };
    out::print(&format!(
        "{}（{}）已并入{}（{}），{moved}。过去的统计不变；以后的花名册里不要再写{0}",
        from.staff_no, from.name, into.staff_no, into.name
    ))
}
