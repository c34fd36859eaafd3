//! `group`: chats and the units they address.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left, right};
use super::session::Setup;
use super::words;
use crate::domain::delivery::StopReason;
use crate::office::group::{self, Listed};

/// 群：查看、关联单位
///
/// 把机器人拉进群，群就出现在列表里，状态是“未关联”。关联单位之后才会收到推送。
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
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::List { json } => setup.open(async |session| {
                let groups = group::list(&session.ctx, &session.actor).await?;
                match Form::from(json) {
                    Form::Json => out::json(&groups.iter().map(one_json).collect::<Vec<_>>()),
                    Form::Text => table(groups),
                }
            }),
            Self::Link { group, units } => setup.open(async |session| {
                let linked = group::link(&session.ctx, &session.actor, &group, &words::list(&units)).await?;
                let units = linked.units.join("、");
                out::print(&format!("群“{}”已关联：{units}。今天应知{}人", linked.group.title, linked.expected))
            }),
        }
    }
}

fn one_json(listed: &Listed) -> GroupJson<'_> {
    let group = &listed.group;
    GroupJson {
        group: group.id.0,
        channel: &group.channel,
        chat_id: &group.external_id,
        topic: Some(group.thread.as_str()).filter(|thread| !thread.is_empty()),
        title: &group.title,
        state: group.state.as_str(),
        units: &listed.units,
        expected: listed.expected,
        reason: group.reason.map(StopReason::as_str),
    }
}

fn table(groups: Vec<Listed>) -> Ended {
    let columns = [right("编号"), left("会话号"), left("名称"), left("状态"), right("应知"), left("单位")];
    let rows = groups.into_iter().map(|listed| {
        let Listed { group, units, expected } = listed;
        let why = group.reason.map(|reason| format!("（{}）", words::reason(reason))).unwrap_or_default();
        let state = format!("{}{why}", words::group_state(group.state));
        vec![group.id.to_string(), group.external_id, group.title, state, expected.to_string(), units.join("、")]
    });
    out::table(&columns, rows.collect(), "还没有群。请运行服务，再把机器人拉进群，群会自己出现")
}
