//! Taking a push back, sending again what failed, deciding what became of a message.

use clap::Args;
use serde::Serialize;

use super::view::{self, MadeJson};
use crate::cli::out::{self, Ended, Form, line};
use crate::cli::session::Session;
use crate::domain::delivery::Decision;
use crate::ids::{DeliveryId, PushId};
use crate::office::push::levers::{self, Copy, CopyFate, Recalled};
use crate::office::push::resolve;

#[derive(Debug, Args)]
pub struct CancelArgs {
    /// 推送的编号，见push list
    #[arg(value_name = "编号")]
    id: i64,
    /// 为什么取消，记入审计记录；不要写姓名
    #[arg(long, value_name = "原因")]
    reason: Option<String>,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct RecallArgs {
    /// 推送的编号，见push list
    #[arg(value_name = "编号")]
    id: i64,
    /// 为什么撤回，记入审计记录；不要写姓名
    #[arg(long, value_name = "原因")]
    reason: String,
    /// 真正撤回
    #[arg(long)]
    yes: bool,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ResendArgs {
    /// 推送的编号，见push list
    #[arg(value_name = "编号")]
    id: i64,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// 消息的编号，见push show
    #[arg(value_name = "消息编号")]
    delivery: i64,
    #[command(flatten)]
    what: WhatArgs,
    /// 根据什么认定，记在这条消息上；不要写姓名
    #[arg(long, value_name = "原因")]
    reason: String,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub(super) struct WhatArgs {
    /// 已经发出：在群里看到了
    #[arg(long)]
    sent: bool,
    /// 重发一次，新的一条注明（补发）
    #[arg(long)]
    resend: bool,
    /// 放弃，群里的人列“未送达”
    #[arg(long)]
    abandon: bool,
}

impl WhatArgs {
    /// Exactly one is given.
    fn decision(&self) -> Decision {
        if self.sent {
            Decision::Sent
        } else if self.resend {
            Decision::Resend
        } else {
            Decision::Abandon
        }
    }
}

#[derive(Serialize)]
struct CancelledJson {
    push: i64,
    state: &'static str,
    cancelled: usize,
}

pub(super) async fn cancel(session: &Session, args: CancelArgs) -> Ended {
    let reason = args.reason.unwrap_or_default();
    let cancelled = levers::cancel(&session.ctx, &session.actor, PushId(args.id), reason.trim()).await?;
    match Form::from(args.json) {
        Form::Json => out::json(&CancelledJson { push: args.id, state: "cancelled", cancelled }),
        Form::Text => out::print(&format!("推送{}已取消，{cancelled}条消息不再发出，不列入统计", args.id)),
    }
}

#[derive(Serialize)]
struct RecalledJson {
    push: i64,
    state: &'static str,
    /// Messages that were not sent and never will be.
    cancelled: usize,
    copies: Vec<CopyJson>,
    /// Private reminders that the program deletes.
    reminders: usize,
}

#[derive(Serialize)]
struct CopyJson {
    delivery: i64,
    target: String,
    message_id: Option<String>,
    /// `wanted`: the program deletes it. Otherwise why a person has to.
    removal: &'static str,
}

const fn fate_word(fate: CopyFate) -> &'static str {
    match fate {
        CopyFate::Deleted => "wanted",
        CopyFate::TooOld => "too_old",
        CopyFate::Unknown => "unknown",
        CopyFate::ByHand => "by_hand",
    }
}

pub(super) async fn recall(session: &Session, args: RecallArgs) -> Ended {
    let (id, reason) = (PushId(args.id), args.reason.trim());
    if reason.is_empty() {
        return Err(line("撤回要写原因。请在--reason后面写明为什么撤回"));
    }
    if !args.yes {
        let recalled = levers::look(&session.ctx, &session.actor, id).await?;
        out::print(&recalled_text(&recalled))?;
        return Err(line("还没有撤回，什么都没有改动。看清楚后加--yes再运行"));
    }
    let recalled = levers::recall(&session.ctx, &session.actor, id, reason).await?;
    match Form::from(args.json) {
        Form::Text => {
            out::print(&format!("推送{id}已撤回，不列入统计；再点“已阅”会提示已撤回"))?;
            out::print(&recalled_text(&recalled))
        }
        Form::Json => out::json(&RecalledJson {
            push: id.0,
            state: recalled.shown.push.state.as_str(),
            cancelled: recalled.cancelled,
            copies: recalled.copies.iter().map(|copy| copy_json(&recalled, copy)).collect(),
            reminders: recalled.reminders[0],
        }),
    }
}

fn copy_json(recalled: &Recalled, copy: &Copy) -> CopyJson {
    let row = recalled.shown.deliveries.iter().find(|(row, _)| row.id == copy.delivery);
    CopyJson {
        delivery: copy.delivery.0,
        target: row.map(|(row, _)| view::target(&recalled.shown, row)).unwrap_or_default(),
        message_id: copy.message_id.clone(),
        removal: fate_word(copy.fate),
    }
}

/// What is deleted, what is not sent any more, and what a person has to delete.
fn recalled_text(recalled: &Recalled) -> String {
    let place = |copy: &Copy| {
        let row = recalled.shown.deliveries.iter().find(|(row, _)| row.id == copy.delivery);
        let target = row.map(|(row, _)| view::shown_target(&recalled.shown, row)).unwrap_or_default();
        copy.message_id.as_ref().map_or_else(|| target.clone(), |id| format!("{target}消息号{id}"))
    };
    let list = |fates: &[CopyFate]| -> Vec<String> {
        let of = recalled.copies.iter().filter(|copy| fates.contains(&copy.fate));
        of.map(|copy| match copy.fate {
            CopyFate::Deleted => place(copy),
            CopyFate::TooOld => format!("{}（超过48小时，平台不让程序删除）", place(copy)),
            CopyFate::Unknown => format!("{}（不确定是否发出）", place(copy)),
            CopyFate::ByHand => format!("{}（人工转发的）", place(copy)),
        })
        .collect()
    };
    let (deleted, left) = (list(&[CopyFate::Deleted]), list(&[CopyFate::TooOld, CopyFate::Unknown, CopyFate::ByHand]));
    let mut lines = Vec::new();
    if recalled.cancelled > 0 {
        lines.push(format!("不再发出：{}条", recalled.cancelled));
    }
    if !deleted.is_empty() {
        lines.push(format!("由运行中的服务删除：{}", deleted.join("、")));
    }
    let [reminders, stay] = recalled.reminders;
    if reminders > 0 {
        lines.push(format!("由运行中的服务删除的私聊提醒：{reminders}条"));
    }
    if stay > 0 {
        lines.push(format!("平台不让程序删除的私聊提醒：{stay}条，留在本人的私聊里，再点“已阅”会提示已撤回"));
    }
    if !left.is_empty() {
        lines.push(format!("请手工删除：{}", left.join("、")));
    }
    lines.join("\n")
}

pub(super) async fn resend(session: &Session, args: ResendArgs) -> Ended {
    let shown = levers::resend_failed(&session.ctx, &session.actor, PushId(args.id)).await?;
    match Form::from(args.json) {
        Form::Json => out::json(&MadeJson::of(&shown)),
        Form::Text => out::print(&format!(
            "推送{0}里没发出去的消息已重新排入，由运行中的服务发出，应知人数不变。经过见：qingfeng push show {0}",
            args.id
        )),
    }
}

#[derive(Serialize)]
struct ResolvedJson {
    id: i64,
    state: &'static str,
    decision: Option<&'static str>,
}

pub(super) async fn resolve(session: &Session, args: ResolveArgs) -> Ended {
    let (id, why, decision) = (DeliveryId(args.delivery), args.reason.trim(), args.what.decision());
    if why.is_empty() {
        return Err(line("认定要写依据。请在--reason后面写明，如“群里已看到”"));
    }
    let row = resolve::resolve(&session.ctx, &session.actor, id, (decision, why)).await?;
    if args.json {
        let decision = row.decision.map(Decision::as_str);
        return out::json(&ResolvedJson { id: row.id.0, state: row.state.as_str(), decision });
    }
    out::print(match decision {
        Decision::Resend => "已排入重发，新的一条注明（补发），由运行中的服务发出",
        Decision::Abandon => "已放弃，这条消息面向的人列“未送达”",
        Decision::Sent | Decision::Relayed | Decision::Declined => "已认定为发出",
    })
}
