//! `schedule`: recurring rules.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::out::{self, Ended, line};
use super::session::{Session, Setup};
use super::words;
use crate::domain::month::Month;
use crate::office::{Refusal, schedule};

/// Flags of rules.
mod args;
/// What an expression means.
mod explain;
/// The plan as a table and as a calendar file.
mod plan;
/// How schedules and slots are printed.
pub(super) mod view;

/// Slots to come that are shown with a schedule.
const SHOWN: usize = 3;

/// 计划：到点自动推送
#[derive(Debug, Args)]
pub struct Schedule {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 增加一个计划
    ///
    /// 时间表达式有5段：依次是分、时、日、月、星期（1是周一，0和7是周日），含义见schedule explain。不写--item、--theme和--tag，就在自愿阅读的内容里轮换，最久没发的先发。
    #[command(after_help = "例子\n  qingfeng schedule add 每周小知识 --cron \"30 9 * * 1,3,5\" --group 1 2\n  \
                            qingfeng schedule add 节前提醒 --before-festival all --workdays 3 --at 09:30 --theme festival --group 1\n  \
                            qingfeng schedule add 双周讲堂 --every-weeks 2 --on 周四 --from 2026-09-03 --at 14:30 --group 1\n  \
                            qingfeng schedule add 月末自查 --workday-of-month -1 --at 10:00 --item six-kinds --group -1001234567890\n  \
                            qingfeng schedule add 宪法日 --yearly 12-04 --at 09:30 --on-holiday previous --theme law --group 1")]
    Add(Box<args::Add>),
    /// 修改一个计划，只写要改的
    ///
    /// 从现在起按新的办，已推送的不受影响。
    #[command(after_help = "例子\n  qingfeng schedule edit 每周小知识 --cron \"0 10 * * 1,3,5\"\n  \
                            qingfeng schedule edit 每周小知识 --on-holiday next --end 2026-12-31")]
    Edit(Box<args::Edit>),
    /// 列出全部计划和下一次的时间
    #[command(after_help = "例子\n  qingfeng schedule list\n  qingfeng schedule list --json")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 显示一个计划：时间、设定、接下来几次、最近几次的结果
    #[command(after_help = "例子\n  qingfeng schedule show 每周小知识")]
    Show {
        /// 计划的名称
        #[arg(value_name = "名称")]
        name: String,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 显示一个计划往后几次的时间和内容
    #[command(after_help = "例子\n  qingfeng schedule next 每周小知识 --count 5")]
    Next {
        /// 计划的名称
        #[arg(value_name = "名称")]
        name: String,
        /// 显示几次
        #[arg(long, value_name = "次数", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=366))]
        count: u16,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 说明一个时间表达式的意思和往后12次的时间
    ///
    /// 只看表达式本身，不管放假、允许的时段和条数上限；与它们冲突的，在说明里提醒。不需要数据库。
    #[command(after_help = "例子\n  qingfeng schedule explain \"30 9 * * 1,3,5\"\n  \
                            qingfeng schedule explain before-festival all 3 0 09:30\n  \
                            qingfeng schedule explain every-weeks 2 thu 2026-09-03 14:30\n  \
                            qingfeng schedule explain workday-of-month -1 09:30")]
    Explain {
        /// 5段的时间表达式（整个加引号），或像例子那样写其他种类
        #[arg(value_name = "表达式", required = true, allow_negative_numbers = true)]
        expr: Vec<String>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 列出一个月的推送计划，也可写成表格文件
    ///
    /// 过去的列实际结果，以后的列预计；放假不推送和因条数上限改期的都在说明里。
    #[command(
        after_help = "例子\n  qingfeng schedule month 2026-09\n  qingfeng schedule month 2026-09 --out 九月计划.xlsx"
    )]
    Month {
        /// 月份，如2026-09
        #[arg(value_name = "月份", value_parser = words::month)]
        month: Month,
        /// 写到哪个文件，以.xlsx或.csv结尾；已有的文件会被替换
        #[arg(long, value_name = "文件", value_parser = plan::table_file, conflicts_with = "json")]
        out: Option<PathBuf>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 把往后一年的推送写成日历文件，可导入手机或电脑的日历
    #[command(after_help = "例子\n  qingfeng schedule export --ics 推送计划.ics")]
    Export {
        /// 写到哪个文件，以.ics结尾；已有的文件会被替换
        #[arg(long, value_name = "文件", value_parser = plan::calendar_file)]
        ics: PathBuf,
    },
    /// 暂停一个计划，期间到时间的不推送，各留一条记录
    #[command(after_help = "例子\n  qingfeng schedule pause 每周小知识")]
    Pause {
        /// 计划的名称
        #[arg(value_name = "名称")]
        name: String,
    },
    /// 恢复一个暂停的计划，从下一次起
    #[command(after_help = "例子\n  qingfeng schedule resume 每周小知识")]
    Resume {
        /// 计划的名称
        #[arg(value_name = "名称")]
        name: String,
    },
    /// 停用一个计划，已推送的不受影响
    #[command(after_help = "例子\n  qingfeng schedule remove 每周小知识")]
    Remove {
        /// 计划的名称
        #[arg(value_name = "名称")]
        name: String,
    },
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Add(flags) => add(setup, *flags),
            Self::Edit(flags) => edit(setup, *flags),
            Self::List { json } => setup.open(async |session| {
                let listed = schedule::list(&session.ctx, &session.actor).await?;
                super::pause::hint(session).await?;
                view::list(session, &listed, json.into())
            }),
            Self::Show { name, json } => setup.open(async |session| {
                let shown = schedule::show(&session.ctx, &session.actor, &name).await?;
                let next = schedule::next(&session.ctx, &session.actor, &name, SHOWN).await?;
                view::shown(session, &shown, &next, json.into())
            }),
            Self::Next { name, count, json } => setup.open(async |session| {
                let next = schedule::next(&session.ctx, &session.actor, &name, usize::from(count)).await?;
                view::upcoming(session, &next, json.into())
            }),
            Self::Explain { expr, json } => explain::run(setup, &expr, json.into()),
            Self::Month { month, out, json } => {
                setup.open(async |session| plan::month(session, month, out, json.into()).await)
            }
            Self::Export { ics } => setup.open(async |session| plan::export(session, &ics).await),
            Self::Pause { name } => setup.open(async |session| {
                schedule::pause(&session.ctx, &session.actor, &name).await?;
                out::print(&format!("计划“{0}”已暂停。恢复请运行：qingfeng schedule resume {0}", name.trim()))
            }),
            Self::Resume { name } => setup.open(async |session| {
                schedule::resume(&session.ctx, &session.actor, &name).await?;
                let resumed = schedule::show(&session.ctx, &session.actor, &name).await?;
                say(session, &resumed.listed, "已恢复").await
            }),
            Self::Remove { name } => setup.open(async |session| {
                schedule::remove(&session.ctx, &session.actor, &name).await?;
                out::print(&format!("计划“{}”已停用", name.trim()))
            }),
        }
    }
}

fn add(setup: &Setup, flags: args::Add) -> Ended {
    let new = flags.read().map_err(Refusal::from)?;
    setup.open(async |session| {
        let added = schedule::add(&session.ctx, &session.actor, &new).await?;
        say(session, &added, "已增加").await
    })
}

fn edit(setup: &Setup, flags: args::Edit) -> Ended {
    let name = flags.name.clone();
    let change = flags.read().map_err(Refusal::from)?;
    let change = change.ok_or_else(|| line("没有写要改什么。可改的见：qingfeng schedule edit --help"))?;
    setup.open(async |session| {
        let edited = schedule::edit(&session.ctx, &session.actor, &name, &change).await?;
        say(session, &edited, "已修改").await
    })
}

/// When the schedule first sends, every other one considered, and what it says in a sentence.
async fn say(session: &Session, listed: &schedule::Listed, done: &str) -> Ended {
    let row = &listed.schedule;
    let first = schedule::next(&session.ctx, &session.actor, &row.name, 1).await?;
    let zone = session.config.zone;
    let next = first.first().map_or_else(
        || view::never(listed.due, zone),
        |entry| [view::next(Some(entry.at), zone), view::note(entry, zone)].join("　").trim_end().to_owned(),
    );
    out::print(&format!("计划“{}”{done}，下一次：{next}\n{}", row.name, view::sentence(row)))
}
