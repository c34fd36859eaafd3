//! A small command line with every sort of command and argument, to be localised.

use std::net::SocketAddr;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// 把廉政小知识按时推送到各科室的群里，记录谁已知悉，
/// 到月底出参学情况报表。
#[derive(Debug, Parser)]
#[command(name = "qingfeng", version = "0.1.0", after_help = "例子\n  qingfeng demo --once")]
pub(super) struct Sample {
    /// 以哪个工号的身份操作
    #[arg(long = "as", global = true, value_name = "工号")]
    pub(super) acting_as: Option<String>,
    #[command(subcommand)]
    pub(super) noun: Noun,
}

#[derive(Debug, Subcommand)]
pub(super) enum Noun {
    /// 试用：在临时数据库上走完整个流程
    #[command(visible_alias = "try")]
    Demo {
        /// 跑完一个月，打印报表后退出
        #[arg(long)]
        once: bool,
    },
    /// 推送
    #[command(subcommand)]
    Push(Push),
    /// 数据库
    #[command(subcommand_required = true, arg_required_else_help = false)]
    Db {
        #[command(subcommand)]
        verb: Db,
    },
    /// 检查
    Probe(Box<Probe>),
    #[command(hide = true)]
    Secret,
}

#[derive(Debug, Subcommand)]
pub(super) enum Db {
    /// 建库或升级
    Migrate,
}

#[derive(Debug, Subcommand)]
pub(super) enum Push {
    /// 立刻发送一条内容
    ///
    /// 先显示会发给哪些人，写了--yes才真正发送。默认只在允许的时段发送；时段之外要加--outside-hours，这样休息日也会发，请想清楚再用。
    #[command(after_help = "例子\n  qingfeng push now --item gift-limits --group 1 --yes")]
    Now(Now),
    /// 列出推送
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub(super) struct Now {
    /// 内容的短名
    #[arg(long, value_name = "短名")]
    pub(super) item: String,
    #[command(flatten)]
    pub(super) target: Target,
    /// 要读者做什么
    #[arg(long, value_name = "方式", value_enum, default_value_t = Mode::Voluntary)]
    pub(super) confirm: Mode,
    /// 允许的时段之外也发送
    #[arg(long, help_heading = "时间", visible_alias = "any-time")]
    pub(super) outside_hours: bool,
    /// 确认发送
    #[arg(long)]
    pub(super) yes: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct Target {
    /// 发到哪些群，群号或平台的会话号
    #[arg(long, value_name = "群", num_args = 1.., action = ArgAction::Append, allow_negative_numbers = true)]
    pub(super) group: Vec<i64>,
    /// 私聊发给哪些科室或工号
    #[arg(long, value_name = "单位或工号")]
    pub(super) private: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Mode {
    /// 有期限，计入知悉率
    Required,
    /// 自愿，计入参与率
    Voluntary,
    /// 没有按钮，不计入
    None,
}

#[derive(Debug, Args)]
pub(super) struct Probe {
    /// 月份
    #[arg(value_name = "月份", value_parser = month)]
    pub(super) month: String,
    /// 备注
    #[arg(value_name = "备注")]
    pub(super) note: Option<String>,
    /// 多少个
    #[arg(short = 'n', long, value_name = "个数", default_value_t = 8, value_parser = clap::value_parser!(u8).range(1..=28))]
    pub(super) count: u8,
    /// 至少
    #[arg(long, value_name = "数", value_parser = clap::value_parser!(i64).range(3..))]
    pub(super) least: Option<i64>,
    /// 格式
    #[arg(long, value_name = "格式", value_parser = ["text", "json", "csv"], conflicts_with = "note")]
    pub(super) format: Option<String>,
    /// 两个日期
    #[arg(long, value_names = ["起", "止"], num_args = 2)]
    pub(super) between: Vec<chrono::NaiveDate>,
    /// 至少两个
    #[arg(long, value_name = "号", num_args = 2..)]
    pub(super) many: Vec<String>,
    /// 等号
    #[arg(long, value_name = "值", require_equals = true)]
    pub(super) equals: Option<String>,
    /// 地址
    #[arg(long, value_name = "地址")]
    pub(super) addr: Option<SocketAddr>,
    /// 比例
    #[arg(long, value_name = "比例")]
    pub(super) rate: Option<f64>,
    /// 固定一个值
    #[arg(long, value_name = "值", num_args = 1, default_missing_value = "x")]
    pub(super) fixed: Option<String>,
}

fn month(text: &str) -> Result<String, &'static str> {
    if text.len() == 7 { Ok(text.to_owned()) } else { Err("月份要写成2026-09") }
}
