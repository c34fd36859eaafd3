//! `group`: chats and the units they address.

use chrono_tz::Tz;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left, right};
use super::session::Setup;
use super::words;
use crate::domain::delivery::StopReason;
use crate::message::print::day_time;
use crate::office::group::{self, Linked};
use crate::office::relay;

/// 群：查看、关联单位、暂停、人工转发
///
/// 把机器人拉进群，群就出现在列表里，状态是“未关联”。关联单位之后才会收到推送。管理员以外的人拉进的群，三个工作日内没有管理员认领或关联，机器人自动退出。
#[derive(Debug, Args)]
pub struct Group {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 列出机器人所在的群
    #[command(after_help = "例子\n  qingfeng group list\n  qingfeng group list --json")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 指定一个群面向哪些单位
    ///
    /// 单位写路径或不重名的最后一级；写上级单位就包括它下面的全部。再次运行会整个替换。
    #[command(after_help = "例子\n  qingfeng group link 1 --units 综合科 财务科\n  \
                            qingfeng group link -1001234567890 --units 管委会、服务中心")]
    Link {
        /// 群的编号或平台的会话号，见group list
        #[arg(value_name = "群", allow_negative_numbers = true)]
        group: String,
        /// 面向的单位，可写多个，也可用逗号或顿号连着写
        #[arg(long, value_name = "单位", num_args = 1.., required = true)]
        units: Vec<String>,
    },
    /// 增加一个由人转发的群，如单位的微信群
    ///
    /// 程序发不进这样的群：到时把写好的全文私聊发给管理员，转发后点“已转发”。群里没有“已阅”，看没看不统计。
    #[command(after_help = "例子\n  qingfeng group add --relay 机关微信群 --units 管委会")]
    Add {
        /// 群的名称
        #[arg(long, value_name = "名称")]
        relay: String,
        /// 面向的单位，可写多个，也可用逗号或顿号连着写
        #[arg(long, value_name = "单位", num_args = 1.., required = true)]
        units: Vec<String>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 暂停向一个群推送
    ///
    /// 群里的人仍在应知范围，暂停期间列“未送达”。
    #[command(after_help = "例子\n  qingfeng group suspend 1 --reason 群要改组")]
    Suspend {
        /// 群的编号或平台的会话号，见group list
        #[arg(value_name = "群", allow_negative_numbers = true)]
        group: String,
        /// 为什么暂停，记入审计记录；不要写姓名
        #[arg(long, value_name = "原因")]
        reason: String,
    },
    /// 恢复向一个群推送
    ///
    /// 机器人被移出群、没有发言权限的，先在群里处理好再恢复。没发出去的可以补发，见push resend-failed。
    #[command(after_help = "例子\n  qingfeng group resume 1")]
    Resume {
        /// 群的编号或平台的会话号，见group list
        #[arg(value_name = "群", allow_negative_numbers = true)]
        group: String,
    },
}

#[derive(Serialize)]
struct GroupJson<'a> {
    group: i64,
    channel: &'a str,
    chat_id: &'a str,
    topic: Option<&'a str>,
    title: &'a str,
    state: &'a str,
    units: &'a [String],
    expected: usize,
    reason: Option<&'static str>,
    leaves_at: Option<String>,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::List { json } => setup.open(async |session| {
                let groups = group::list(&session.ctx, &session.actor).await?;
                match Form::from(json) {
                    Form::Json => {
                        let rows = groups.iter().map(|group| one_json(group, session.config.zone));
                        out::json(&rows.collect::<Vec<_>>())
                    }
                    Form::Text => table(groups, session.config.zone),
                }
            }),
            Self::Link { group, units } => setup.open(async |session| {
                let linked = group::link(&session.ctx, &session.actor, &group, &words::list(&units)).await?;
                let Linked { now, before } = linked;
                let was = if before.is_empty() || before == now.units {
                    String::new()
                } else {
                    format!("（原来是：{}）", before.join("、"))
                };
                let (title, units) = (&now.group.title, now.units.join("、"));
                out::print(&format!("群“{title}”已关联：{units}{was}。今天应知{}人", now.expected))
            }),
            Self::Add { relay: name, units, json } => setup.open(async |session| {
                let added = relay::add(&session.ctx, &session.actor, &name, &words::list(&units)).await?;
                match Form::from(json) {
                    Form::Json => out::json(&one_json(&added, session.config.zone)),
                    Form::Text => out::print(&format!(
                        "群{}“{}”已增加，由管理员转发，面向：{}。看没看不统计",
                        added.group.id,
                        added.group.title,
                        added.units.join("、")
                    )),
                }
            }),
            Self::Suspend { group, reason } => setup.open(async |session| {
                let group = group::suspend(&session.ctx, &session.actor, &group, reason.trim()).await?;
                out::print(&format!(
                    "已暂停向“{}”推送，群里的人暂列“未送达”。恢复请运行：qingfeng group resume {}",
                    group.title, group.id
                ))
            }),
            Self::Resume { group } => setup.open(async |session| {
                let group = group::resume(&session.ctx, &session.actor, &group).await?;
                out::print(&format!("已恢复向“{}”推送", group.title))
            }),
        }
    }
}

fn one_json(listed: &group::Listed, zone: Tz) -> GroupJson<'_> {
    let group = &listed.group;
    GroupJson {
        group: group.id.0,
        channel: group.channel.as_str(),
        chat_id: &group.external_id,
        topic: Some(group.thread.as_str()).filter(|thread| !thread.is_empty()),
        title: &group.title,
        state: group.state.as_str(),
        units: &listed.units,
        expected: listed.expected,
        reason: group.reason.map(StopReason::as_str),
        leaves_at: group.leaves_at.map(|at| out::instant(at.utc(), zone)),
    }
}

fn table(groups: Vec<group::Listed>, zone: Tz) -> Ended {
    let columns = [right("编号"), left("会话号"), left("名称"), left("状态"), right("应知"), left("单位")];
    let rows = groups.into_iter().map(|listed| {
        let group::Listed { group, units, expected } = listed;
        let chat = if group.channel.capabilities().send { group.external_id } else { "人工转发".to_owned() };
        let leaves = group.leaves_at.map(|at| format!("（{}自动退出）", day_time(at.utc(), zone)));
        let why = group.reason.map(|reason| format!("（{}）", words::reason(reason))).or(leaves).unwrap_or_default();
        let state = format!("{}{why}", words::group_state(group.state));
        vec![group.id.to_string(), chat, group.title, state, expected.to_string(), units.join("、")]
    });
    out::table(&columns, rows.collect(), "还没有群。请运行服务，再把机器人拉进群，群会自己出现")
}
