//! `staff`: who is on the roster, binding codes, absences, roles.

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left};
use super::session::{Session, Setup};
use super::words;
use crate::domain::channel::ChannelKind;
use crate::domain::leave::LeaveCategory;
use crate::domain::policy::Role;
use crate::message::print::{date, local};
use crate::office::staff::{self, Invitees};

/// Codes, slips and accounts.
mod joining;

/// 人员：名单、绑定码、免计、角色
#[derive(Debug, Args)]
pub struct Staff {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 列出在册人员和是否已绑定
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
    Leave(Leave),
    Role(RoleNoun),
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

/// 免计：一段日期里不计入应知人数
#[derive(Debug, Args)]
pub struct Leave {
    #[command(subcommand)]
    pub verb: LeaveVerb,
}

#[derive(Debug, Subcommand)]
pub enum LeaveVerb {
    /// 登记一个人的免计日期
    ///
    /// 只记类别，不记事由。已经发出的推送不受影响。
    #[command(after_help = leave_help())]
    Add(LeaveAdd),
}

#[derive(Debug, Args)]
pub struct LeaveAdd {
    /// 谁
    #[arg(value_name = "工号", value_parser = words::staff_no)]
    staff_no: String,
    /// 类别，见下
    #[arg(long, value_name = "类别", value_parser = words::leave_category)]
    category: LeaveCategory,
    /// 第一天
    #[arg(long, value_name = "日期", value_parser = words::day)]
    from: NaiveDate,
    /// 最后一天；不写就一直免计
    #[arg(long, value_name = "日期", value_parser = words::day)]
    to: Option<NaiveDate>,
}

fn leave_help() -> String {
    let rows =
        LeaveCategory::ALL.iter().map(|category| format!("  {}，也可写{}", words::leave(*category), category.as_str()));
    format!(
        "类别\n{}\n\n例子\n  qingfeng staff leave add G2608 --category 产假 --from 2026-09-01 --to 2027-02-05",
        rows.collect::<Vec<_>>().join("\n")
    )
}

/// 角色：管理员、领导
#[derive(Debug, Args)]
pub struct RoleNoun {
    #[command(subcommand)]
    pub verb: RoleVerb,
}

#[derive(Debug, Subcommand)]
pub enum RoleVerb {
    /// 给一个人角色
    #[command(after_help = "例子\n  qingfeng staff role grant G2601 admin\n  qingfeng staff role grant G2602 领导")]
    Grant(Given),
    /// 收回一个人的角色
    ///
    /// 最后一个管理员不能收回。
    #[command(after_help = "例子\n  qingfeng staff role revoke G2601 admin")]
    Revoke(Given),
    /// 列出现有的角色
    #[command(after_help = "例子\n  qingfeng staff role list")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
pub struct Given {
    /// 谁
    #[arg(value_name = "工号", value_parser = words::staff_no)]
    staff_no: String,
    /// admin（管理员：管计划、花名册、群）或leader（领导：看报表）
    #[arg(value_name = "角色", value_parser = words::granted_role)]
    role: Role,
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

#[derive(Serialize)]
struct RoleJson<'a> {
    staff_no: &'a str,
    role: &'a str,
    granted_at: String,
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
            Self::Leave(Leave { verb: LeaveVerb::Add(leave) }) => setup.open(async |session| add(session, leave).await),
            Self::Role(RoleNoun { verb }) => setup.open(async |session| match verb {
                RoleVerb::Grant(Given { staff_no, role }) => {
                    let person = staff::grant(&session.ctx, &session.actor, &staff_no, role).await?;
                    out::print(&format!("{}（{}）现在是{}", person.staff_no, person.name, words::role(role)))
                }
                RoleVerb::Revoke(Given { staff_no, role }) => {
                    let person = staff::revoke(&session.ctx, &session.actor, &staff_no, role).await?;
                    out::print(&format!("{}（{}）不再是{}", person.staff_no, person.name, words::role(role)))
                }
                RoleVerb::List { json } => roles(session, json.into()).await,
            }),
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

async fn add(session: &Session, leave: LeaveAdd) -> Ended {
    let LeaveAdd { staff_no, category, from, to } = leave;
    let person = staff::add_leave(&session.ctx, &session.actor, &staff::Leave { staff_no, category, from, to }).await?;
    let until = to.map_or_else(|| "起一直".to_owned(), |to| format!("至{}", date(to)));
    let what = words::leave(category);
    out::print(&format!("已登记：{}（{}）{}{until}免计（{what}）", person.staff_no, person.name, date(from)))
}

async fn roles(session: &Session, form: Form) -> Ended {
    let grants = staff::roles(&session.ctx, &session.actor).await?;
    let zone = session.config.zone;
    if form == Form::Json {
        let rows = grants.iter().map(|grant| RoleJson {
            staff_no: &grant.staff_no,
            role: grant.role.as_str(),
            granted_at: out::instant(grant.granted_at.utc(), zone),
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let rows = grants
        .into_iter()
        .map(|grant| vec![grant.staff_no, words::role(grant.role).to_owned(), local(grant.granted_at.utc(), zone)]);
    let empty = "还没有给过角色。请运行：qingfeng staff role grant 工号 admin";
    out::table(&[left("工号"), left("角色"), left("时间")], rows.collect(), empty)
}
