//! `unit`: names and places of units.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left, right};
use super::session::Setup;
use crate::domain::unit::Side;
use crate::office::unit::change::{self, Changed, To, View};

/// 单位：查看、改名、换上级、换位置
///
/// 单位来自花名册。只是改名或换上级，用这里的命令，它的群和统计都连着；过去月份的报表仍用当时的名称。
#[derive(Debug, Args)]
pub struct Unit {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 列出单位和人数
    #[command(after_help = "例子\n  qingfeng unit list\n  qingfeng unit list --branch --json")]
    List {
        #[command(flatten)]
        which: Which,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 给一个单位改名
    ///
    /// 单位写路径或不重名的最后一级。上级单位改名，它下面的跟着改。
    #[command(
        after_help = "例子\n  qingfeng unit rename 综合科 党政办公室\n  qingfeng unit rename 管委会/财务科 计划财务科"
    )]
    Rename {
        /// 哪个单位
        #[arg(value_name = "单位")]
        unit: String,
        /// 新名称，只写最后一级
        #[arg(value_name = "新名称")]
        name: String,
        #[command(flatten)]
        which: Which,
    },
    /// 把一个单位移到别的上级下，或换个位置
    ///
    /// 上级单位移动，它下面的跟着移。位置决定名单和报表里的先后。
    #[command(after_help = "例子\n  qingfeng unit move 综合科 --under 服务中心\n  \
                            qingfeng unit move 财务科 --before 综合科\n  \
                            qingfeng unit move 财务科 --under /管委会/机关本部")]
    Move {
        /// 哪个单位
        #[arg(value_name = "单位")]
        unit: String,
        #[command(flatten)]
        to: Place,
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Args)]
pub struct Which {
    /// 看支部，不看科室
    #[arg(long)]
    branch: bool,
}

impl From<Which> for View {
    fn from(which: Which) -> Self {
        if which.branch { Self::Branches } else { Self::Offices }
    }
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct Place {
    /// 移到这个上级下；新的上级在前面加“/”写全，只写“/”是最上一级
    #[arg(long, value_name = "上级")]
    under: Option<String>,
    /// 排到这个单位前面
    #[arg(long, value_name = "单位")]
    before: Option<String>,
    /// 排到这个单位后面
    #[arg(long, value_name = "单位")]
    after: Option<String>,
}

impl From<Place> for To {
    fn from(Place { under, before, after }: Place) -> Self {
        match (under, before, after) {
            (Some(under), _, _) => Self::Under(under),
            (None, Some(before), _) => Self::Before(before),
            (None, None, after) => Self::After(after.unwrap_or_default()),
        }
    }
}

#[derive(Serialize)]
struct UnitJson<'a> {
    unit: i64,
    path: &'a str,
    people: usize,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::List { which, json } => setup.open(async |session| {
                let units = change::list(&session.ctx, &session.actor, which.into()).await?;
                list(&units, json.into())
            }),
            Self::Rename { unit, name, which } => setup.open(async |session| {
                let which = (which.into(), unit.as_str());
                told(&change::rename(&session.ctx, &session.actor, which, &name).await?)
            }),
            Self::Move { unit, to, which } => setup.open(async |session| {
                let which = (which.into(), unit.as_str());
                told(&change::relocate(&session.ctx, &session.actor, which, &to.into()).await?)
            }),
        }
    }
}

fn list(units: &[change::Listed], form: Form) -> Ended {
    if form == Form::Json {
        let rows = units.iter().map(|listed| UnitJson {
            unit: listed.unit.id.0,
            path: &listed.unit.path,
            people: listed.people,
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let rows = units.iter().map(|listed| vec![listed.unit.path.clone(), listed.people.to_string()]).collect();
    out::table(&[left("单位"), right("人数")], rows, "还没有单位。请先运行：qingfeng roster import 花名册.xlsx")
}

fn told(changed: &Changed) -> Ended {
    let Changed { was, now, leaves, next_to } = changed;
    out::print(&match next_to {
        Some((Side::Before, anchor)) => format!("“{was}”已排到“{anchor}”前面"),
        Some((Side::After, anchor)) => format!("“{was}”已排到“{anchor}”后面"),
        None if *leaves > 1 => format!("“{was}”已改为“{now}”，下面{leaves}个单位跟着改。过去月份的报表仍用原来的名称"),
        None => format!("“{was}”已改为“{now}”。过去月份的报表仍用原来的名称"),
    })
}
