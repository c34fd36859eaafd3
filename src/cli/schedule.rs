//! `schedule`: recurring rules.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left};
use super::session::{Session, Setup};
use super::words;
use crate::domain::cron::CronExpr;
use crate::domain::rotation::Pool;
use crate::domain::schedule::{LATE_MINUTES, Missed, Rule, Terms};
use crate::domain::slot::MissReason;
use crate::domain::word::Confirm;
use crate::message::print::{local, weekday};
use crate::office::Refusal;
use crate::office::outlook::Entry;
use crate::office::schedule::{self, Listed, New};

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
    /// 时间表达式有5段：依次是分、时、日、月、星期（1是周一，0和7是周日）。不写--item和--theme，就在自愿阅读的内容里轮换，最久没发的先发。
    #[command(after_help = "例子\n  qingfeng schedule add 每周小知识 --cron \"30 9 * * 1,3,5\" --group 1 2\n  \
                            qingfeng schedule add 保密周 --cron \"0 10 * * 2\" --group -1001234567890 --theme secrecy")]
    Add(Add),
    /// 列出全部计划和下一次的时间
    #[command(after_help = "例子\n  qingfeng schedule list\n  qingfeng schedule list --json")]
    List {
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
    /// 停用一个计划，已推送的不受影响
    #[command(after_help = "例子\n  qingfeng schedule remove 每周小知识")]
    Remove {
        /// 计划的名称
        #[arg(value_name = "名称")]
        name: String,
    },
}

#[derive(Debug, Args)]
pub struct Add {
    /// 计划的名称，不超过40个字
    #[arg(value_name = "名称")]
    name: String,
    /// 时间表达式，5段，整个加引号
    #[arg(long, value_name = "表达式")]
    cron: String,
    /// 发到哪些群，编号或会话号，见group list
    #[arg(long, value_name = "群", num_args = 1.., required = true, allow_negative_numbers = true)]
    group: Vec<String>,
    /// 只发这个主题的内容
    #[arg(long, value_name = "主题", conflicts_with = "item")]
    theme: Option<String>,
    /// 每次都发这一条
    #[arg(long, value_name = "短名")]
    item: Option<String>,
    /// 要读者做什么；不写就看内容自己的
    #[arg(long, value_name = "方式", value_parser = words::confirm_parser())]
    confirm: Option<Confirm>,
}

#[derive(Serialize)]
struct ScheduleJson<'a> {
    schedule: i64,
    name: &'a str,
    rule: &'a str,
    theme: Option<&'a str>,
    item: Option<&'a str>,
    confirm: Option<&'a str>,
    groups: Vec<i64>,
    state: &'a str,
    next: Option<String>,
}

#[derive(Serialize)]
struct UpcomingJson<'a> {
    at: String,
    local: String,
    weekday: &'static str,
    item: Option<&'a str>,
    /// Slots do not move yet.
    moved_from: Option<String>,
    reason: Option<&'static str>,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Add(add) => setup.open(async |session| new(session, add).await),
            Self::List { json } => setup.open(async |session| list(session, json.into()).await),
            Self::Next { name, count, json } => setup.open(async |session| {
                let slots = schedule::next(&session.ctx, &session.actor, &name, usize::from(count)).await?;
                upcoming(session, &slots, json.into())
            }),
            Self::Remove { name } => setup.open(async |session| {
                schedule::remove(&session.ctx, &session.actor, &name).await?;
                out::print(&format!("计划“{}”已停用", name.trim()))
            }),
        }
    }
}

async fn new(session: &Session, add: Add) -> Ended {
    let Add { name, cron, group, theme, item, confirm } = add;
    let pool = match (item, theme) {
        (Some(slug), _) => Pool::Item(slug),
        (None, Some(theme)) => Pool::Theme(theme),
        (None, None) => Pool::Voluntary,
    };
    let new = New {
        name,
        terms: Terms::every_day(Rule::Cron(CronExpr::parse(&cron).map_err(Refusal::from)?)),
        missed: Missed::Late,
        max_late: LATE_MINUTES,
        groups: words::list(&group),
        pool,
        confirm,
        deadline: None,
    };
    let added = schedule::add(&session.ctx, &session.actor, &new).await?;
    out::print(&format!("计划“{}”已增加，下一次：{}", added.schedule.name, next(session, &added)))
}

/// `2026-09-07 09:30（周一）`
fn next(session: &Session, listed: &Listed) -> String {
    let zone = session.config.zone;
    listed.next.map_or_else(|| "没有".to_owned(), |at| format!("{}（{}）", local(at, zone), weekday(at, zone)))
}

async fn list(session: &Session, form: Form) -> Ended {
    let listed = schedule::list(&session.ctx, &session.actor).await?;
    if form == Form::Json {
        let rows = listed.iter().map(|listed| ScheduleJson {
            schedule: listed.schedule.id.0,
            name: &listed.schedule.name,
            rule: &listed.schedule.rule,
            theme: listed.schedule.theme.as_deref(),
            item: listed.schedule.slug.as_deref(),
            confirm: listed.schedule.confirm.map(Confirm::as_str),
            groups: listed.groups.iter().map(|group| group.0).collect(),
            state: listed.schedule.state.as_str(),
            next: listed.next.map(|at| out::instant(at, session.config.zone)),
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let columns = [left("名称"), left("时间表达式"), left("内容"), left("方式"), left("群"), left("下一次")];
    let rows = listed.iter().map(|listed| {
        let rule = &listed.schedule;
        let chosen = match (&rule.slug, &rule.theme) {
            (Some(slug), _) => slug.clone(),
            (None, Some(theme)) => format!("{theme}轮换"),
            (None, None) => "自愿内容轮换".to_owned(),
        };
        let confirm = rule.confirm.map_or("按内容", words::confirm).to_owned();
        let groups = listed.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join("、");
        vec![rule.name.clone(), rule.rule.clone(), chosen, confirm, groups, next(session, listed)]
    });
    out::table(&columns, rows.collect(), "还没有计划。请看：qingfeng schedule add --help")
}

fn upcoming(session: &Session, slots: &[Entry], form: Form) -> Ended {
    let zone = session.config.zone;
    if form == Form::Json {
        let rows = slots.iter().map(|slot| UpcomingJson {
            at: out::instant(slot.at, zone),
            local: local(slot.at, zone),
            weekday: weekday(slot.at, zone),
            item: slot.item.as_ref().map(|item| item.slug.as_str()),
            moved_from: None,
            reason: slot.item.is_none().then_some(MissReason::NoItem.as_str()),
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let rows = slots.iter().map(|slot| {
        let item = slot.item.as_ref().map(|item| item.slug.clone()).unwrap_or_else(|| "（没有合适的内容）".to_owned());
        vec![local(slot.at, zone), weekday(slot.at, zone).to_owned(), item]
    });
    out::table(&[left("时间"), left("星期"), left("内容")], rows.collect(), "往后没有要推送的时间")
}
