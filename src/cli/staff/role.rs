//! `staff role`: who may do what.

use clap::{Args, Subcommand};
use serde::Serialize;

use crate::cli::out::{self, Ended, Form, left};
use crate::cli::session::{Session, Setup};
use crate::cli::words;
use crate::domain::policy::Role;
use crate::message::print::{local, named};
use crate::office::role::{self, Changed};

/// 角色：管理员、编辑、审核人、科室负责人、领导、审计员
#[derive(Debug, Args)]
pub struct RoleNoun {
    #[command(subcommand)]
    pub verb: RoleVerb,
}

#[derive(Debug, Subcommand)]
pub enum RoleVerb {
    /// 给一个人角色
    ///
    /// 科室负责人按单位给，要写--unit；其他角色管全单位。第一个管理员在本机给，以后由管理员给。群里的管理员不是这里的角色。
    #[command(after_help = grant_help())]
    Grant(Given),
    /// 收回一个人的角色
    ///
    /// 最后一个管理员不能收回。不写--unit，科室负责人就全部收回。
    #[command(after_help = "例子\n  qingfeng staff role revoke G2601 admin\n  \
                            qingfeng staff role revoke G2605 unit_head --unit 综合科")]
    Revoke(Given),
    /// 列出现有的角色
    #[command(after_help = "例子\n  qingfeng staff role list\n  qingfeng staff role list --json")]
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
    /// 哪个角色，见qingfeng staff role grant --help
    #[arg(value_name = "角色", value_parser = words::granted_role)]
    role: Role,
    /// 负责哪些单位，只用于科室负责人；上级单位指它现有的全部科室
    #[arg(long, value_name = "单位", num_args = 1..)]
    unit: Vec<String>,
}

fn grant_help() -> String {
    let what = |role: Role| match role {
        Role::Admin => "管计划、花名册、群和设置",
        Role::Editor => "写内容",
        Role::Approver => "看内容，审核启用后审核别人写的",
        Role::UnitHead => "看本人负责单位的人员、请假、未确认名单和报表",
        Role::Leader => "看报表、推送、计划和内容，不看姓名",
        Role::Auditor => "查看和核验审计记录，写检查点",
        Role::Staff => "",
    };
    let granted = Role::ALL.iter().copied().filter(|role| *role != Role::Staff);
    let rows = granted.map(|role| format!("  {}（{}）：{}", role.as_str(), words::role(role), what(role)));
    format!(
        "角色\n{}\n\n例子\n  qingfeng staff role grant G2601 admin\n  qingfeng staff role grant G2602 领导\n  \
         qingfeng staff role grant G2605 unit_head --unit 综合科",
        rows.collect::<Vec<_>>().join("\n")
    )
}

#[derive(Serialize)]
struct RoleJson<'a> {
    staff_no: &'a str,
    role: &'a str,
    unit: Option<&'a str>,
    granted_at: String,
}

impl RoleNoun {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        setup.open(async |session| match self.verb {
            RoleVerb::Grant(given) => {
                let (staff_no, given) = read(given);
                let changed = role::grant(&session.ctx, &session.actor, &staff_no, given.clone()).await?;
                out::print(&said(&changed, given.role, "现在是"))
            }
            RoleVerb::Revoke(given) => {
                let (staff_no, given) = read(given);
                let changed = role::revoke(&session.ctx, &session.actor, &staff_no, given.clone()).await?;
                out::print(&said(&changed, given.role, "不再是"))
            }
            RoleVerb::List { json } => list(session, json.into()).await,
        })
    }
}

fn read(given: Given) -> (String, role::Given) {
    let Given { staff_no, role, unit } = given;
    (staff_no, role::Given { role, units: words::list(&unit) })
}

/// `G02（钱青黛）现在是科室负责人（管委会/综合科）`
fn said(changed: &Changed, role: Role, verb: &str) -> String {
    let Changed { person, units } = changed;
    let who = named(out::NAMES, &person.name, &person.staff_no, &[]);
    let paths: Vec<&str> = units.iter().map(|unit| unit.path.as_str()).collect();
    let of = if paths.is_empty() { String::new() } else { format!("（{}）", paths.join("、")) };
    format!("{who}{verb}{}{of}", words::role(role))
}

async fn list(session: &Session, form: Form) -> Ended {
    let grants = role::list(&session.ctx, &session.actor).await?;
    let zone = session.config.zone;
    if form == Form::Json {
        let rows = grants.iter().map(|grant| RoleJson {
            staff_no: &grant.staff_no,
            role: grant.role.as_str(),
            unit: grant.unit.as_deref(),
            granted_at: out::instant(grant.granted_at.utc(), zone),
        });
        return out::json(&rows.collect::<Vec<_>>());
    }
    let rows = grants.into_iter().map(|grant| {
        let unit = grant.unit.unwrap_or_else(|| "全单位".to_owned());
        vec![grant.staff_no, words::role(grant.role).to_owned(), unit, local(grant.granted_at.utc(), zone)]
    });
    let empty = "还没有给过角色。请运行：qingfeng staff role grant 工号 admin";
    out::table(&[left("工号"), left("角色"), left("单位"), left("时间")], rows.collect(), empty)
}
