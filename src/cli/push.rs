//! `push`: see what comes next, send by hand, list, look at one, see who is missing.

use chrono::NaiveDateTime;
use chrono_tz::Tz;
use clap::{Args, Subcommand};

use super::out::{self, Ended, Form, left, line};
use super::session::{Session, Setup};
use super::{pause, words};
use crate::domain::wall;
use crate::domain::word::Confirm;
use crate::ids::PushId;
use crate::message::print::local;
use crate::office::push::{self, Hours, Now, NowTarget, OverCap, Preview};
use crate::office::report::{self, Missing};
use crate::store::At;

/// Taking back, sending again, deciding.
mod levers;
/// What goes out next.
mod preview;
/// Confirmations recorded for somebody else.
mod record;
/// What people decided about its messages.
mod traces;
/// How a push and its deliveries are printed.
mod view;

use levers::{CancelArgs, RecallArgs, ResendArgs, ResolveArgs};
use record::AckArgs;
use view::{MadeJson, MissingJson, PushJson, ShownJson};

/// 推送：预览、立即发送、查看、取消、撤回、补发
#[derive(Debug, Args)]
pub struct Push {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 预览下一次推送：实际样子、应知人数、发到哪些群、时间
    ///
    /// 只看不发，什么都不改动。到时内容、人数或计划有变，以到时为准；有什么会让它发不出去，写在最后。
    #[command(after_help = "例子\n  qingfeng push preview\n  qingfeng push preview 每周小知识 --json")]
    Preview {
        /// 计划的名称；不写就是全部计划里最早的一次
        #[arg(value_name = "计划")]
        plan: Option<String>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 立即推送一条内容
    ///
    /// 不写--yes只显示会发给谁，什么都不改动。默认只在允许的时段发送；加--outside-hours后任何时候都发，包括休息日，请想清楚再用。
    #[command(after_help = "例子\n  qingfeng push now --item token-price-is-gift --group 1\n  \
                            qingfeng push now --item token-price-is-gift --group -1001234567890 --yes\n  \
                            qingfeng push now --item six-kinds --private 综合科 G2601 --confirm required \
                            --deadline \"2026-09-24 17:30\" --yes")]
    Now(NowArgs),
    /// 列出推送，最新的在最前
    #[command(after_help = "例子\n  qingfeng push list\n  qingfeng push list --json")]
    List {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 显示一次推送的人数和每条消息的经过
    #[command(after_help = "例子\n  qingfeng push show 12")]
    Show {
        /// 推送的编号，见push list
        #[arg(value_name = "编号")]
        id: i64,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 列出一次需知悉的推送还有谁没有确认
    ///
    /// 自愿阅读的推送不列名。期限按各人的列。每次查看都记入审计记录。
    #[command(after_help = "例子\n  qingfeng push missing 12")]
    Missing {
        /// 推送的编号，见push list
        #[arg(value_name = "编号")]
        id: i64,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 代为登记一个人的确认
    ///
    /// 本人看过了、自己点不了“已阅”的（如没有手机），由管理员登记，记作“代为登记”，并记下是谁登记的。按登记的时间算按期还是截止后；登记了不能撤销。
    #[command(after_help = "例子\n  qingfeng push ack 12 --staff G2601 --reason 当面看过，没有手机")]
    Ack(AckArgs),
    /// 取消一次还没有发出的推送
    ///
    /// 只要有一条已经发出或不确定是否发出，就不能取消，改用push recall。
    #[command(after_help = "例子\n  qingfeng push cancel 12\n  qingfeng push cancel 12 --reason 内容有误")]
    Cancel(CancelArgs),
    /// 撤回一次已经发出的推送
    ///
    /// 没发的不再发；已发的由服务逐条删除，平台不让删的列出来，请手工删除。不写--yes只显示会删哪些，什么都不改动。
    #[command(after_help = "例子\n  qingfeng push recall 12 --reason 内容有误\n  \
                            qingfeng push recall 12 --reason 内容有误 --yes")]
    Recall(RecallArgs),
    /// 补发一次推送里发送失败的消息
    ///
    /// 只补发状态为“发送失败”的，还是同一次推送，应知人数不变。暂停的群要先恢复，见group resume。
    #[command(after_help = "例子\n  qingfeng push resend-failed 12")]
    ResendFailed(ResendArgs),
    /// 认定一条存疑的消息：已发出、重发或放弃
    ///
    /// 先到群里看一眼。消息的编号见push show。私聊只有这样才会重发。
    #[command(after_help = "例子\n  qingfeng push resolve 31 --sent --reason 群里已看到\n  \
                            qingfeng push resolve 31 --resend --reason 群里没有\n  \
                            qingfeng push resolve 31 --abandon --reason 已当面通知")]
    Resolve(ResolveArgs),
}

#[derive(Debug, Args)]
pub struct NowArgs {
    /// 内容的短名，见content list
    #[arg(long, value_name = "短名")]
    item: String,
    #[command(flatten)]
    target: TargetArgs,
    /// 要读者做什么；不写就看内容自己的
    #[arg(long, value_name = "方式", value_parser = words::confirm_parser())]
    confirm: Option<Confirm>,
    /// 允许的时段之外也发送
    #[arg(long)]
    outside_hours: bool,
    /// 需知悉的期限，单位所在地的时间；不写就是之后第二个工作日17:30
    #[arg(long, value_name = "时间", value_parser = words::wall_time)]
    deadline: Option<NaiveDateTime>,
    /// 真正发送
    #[arg(long)]
    yes: bool,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct TargetArgs {
    /// 发到哪些群，编号或会话号，见group list
    #[arg(long, value_name = "群", num_args = 1.., allow_negative_numbers = true)]
    group: Vec<String>,
    /// 私聊发给哪些单位或工号
    #[arg(long, value_name = "单位或工号", num_args = 1..)]
    private: Vec<String>,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Preview { plan, json } => setup.open(async |session| {
                let coming = push::coming(&session.ctx, &session.actor, plan.as_deref()).await?;
                preview::print(&coming, session.config.zone, json.into())
            }),
            Self::Now(args) => setup.open(async |session| now(session, args).await),
            Self::List { json } => setup.open(async |session| list(session, json.into()).await),
            Self::Show { id, json } => setup.open(async |session| show(session, PushId(id), json.into()).await),
            Self::Missing { id, json } => setup.open(async |session| missing(session, PushId(id), json.into()).await),
            Self::Ack(args) => setup.open(async |session| record::ack(session, args).await),
            Self::Cancel(args) => setup.open(async |session| levers::cancel(session, args).await),
            Self::Recall(args) => setup.open(async |session| levers::recall(session, args).await),
            Self::ResendFailed(args) => setup.open(async |session| levers::resend(session, args).await),
            Self::Resolve(args) => setup.open(async |session| levers::resolve(session, args).await),
        }
    }
}

async fn now(session: &Session, args: NowArgs) -> Ended {
    let (ctx, actor, zone) = (&session.ctx, &session.actor, session.config.zone);
    let target = if args.target.group.is_empty() {
        NowTarget::Private(words::list(&args.target.private))
    } else {
        NowTarget::Groups(words::list(&args.target.group))
    };
    let order = Now {
        slug: args.item,
        target,
        confirm: args.confirm,
        hours: if args.outside_hours { Hours::Any } else { Hours::Allowed },
        deadline: args.deadline.map(|deadline| wall::instant(deadline, zone)),
    };
    if !args.yes {
        let preview = push::preview(ctx, actor, &order).await?;
        out::print(&preview_text(session, &preview))?;
        warn(&preview, zone);
        pause::hint(session).await?;
        return Err(line("还没有发送，什么都没有改动。看清楚后加--yes再运行"));
    }
    let made = push::now(ctx, actor, &order).await?;
    warn(&made, zone);
    pause::hint(session).await?;
    let shown = made.shown;
    match Form::from(args.json) {
        Form::Json => out::json(&MadeJson::of(&shown)),
        Form::Text => {
            let count = shown.deliveries.len();
            out::print(&format!(
                "推送{0}已排入，共{count}条消息，由运行中的服务发出。经过见：qingfeng push show {0}",
                shown.push.id
            ))
        }
    }
}

/// What whoever sends by hand may not have thought of.
fn warn(push: &Preview, zone: Tz) {
    if let Some(earlier) = &push.earlier {
        let (at, id) = (local(earlier.slot_at.utc(), zone), earlier.id);
        out::warn(&format!("注意：这条内容{at}已经向其中的群或人推送过，见：qingfeng push show {id}"));
    }
    for over in &push.over {
        out::warn(&over_cap(over));
    }
}

/// A chat that gets more than the office's own limit by a push by hand.
fn over_cap(over: &OverCap) -> String {
    let OverCap { title, day, week, caps } = over;
    format!(
        "注意：“{title}”今天已有{day}条（上限{}条），本周已有{week}条（上限{}条）。手工推送不受限制，但计入条数，后面的计划会让开",
        caps.per_day, caps.per_week
    )
}

fn preview_text(session: &Session, preview: &Preview) -> String {
    let zone = session.config.zone;
    let push = &preview.shown.push;
    let deadline = push.deadline_at.map_or_else(|| "无".to_owned(), |at| local(at.utc(), zone));
    let targets: Vec<String> =
        preview.shown.deliveries.iter().map(|(row, _)| view::shown_target(&preview.shown, row)).collect();
    [
        format!("内容：{}（{}，第{}版）", push.title, push.slug, push.version),
        format!("对象：{}", push.audience),
        format!("方式：{}", words::confirm(push.confirm)),
        format!("期限：{deadline}"),
        format!("发到：{}", targets.join("、")),
        format!("应知：{}人{}", preview.expected, preview::relayed(preview.unasked)),
        format!("时间：{}，立即发送", local(push.slot_at.utc(), zone)),
        preview::takes(preview.takes),
    ]
    .join("\n")
}

async fn list(session: &Session, form: Form) -> Ended {
    let pushes = push::list(&session.ctx, &session.actor).await?;
    pause::hint(session).await?;
    let zone = session.config.zone;
    if form == Form::Json {
        return out::json(&pushes.iter().map(|push| PushJson::of(push, zone)).collect::<Vec<_>>());
    }
    let columns = [left("编号"), left("时间"), left("方式"), left("状态"), left("短名"), left("标题")];
    let rows = pushes.into_iter().map(|push| {
        let confirm = words::confirm(push.confirm).to_owned();
        let state = words::push_state(push.state).to_owned();
        vec![push.id.to_string(), local(push.slot_at.utc(), zone), confirm, state, push.slug, push.title]
    });
    out::table(&columns, rows.collect(), "还没有推送")
}

async fn show(session: &Session, id: PushId, form: Form) -> Ended {
    let shown = push::show(&session.ctx, &session.actor, id).await?;
    let figures = report::figures(&session.ctx, &session.actor, &shown.push).await?;
    let zone = session.config.zone;
    if form == Form::Json {
        return out::json(&ShownJson::of(&shown, figures.as_ref(), zone));
    }
    let push = &shown.push;
    let deadline = push.deadline_at.map(At::utc).map_or_else(|| "无".to_owned(), |at| local(at, zone));
    let mut head = vec![
        format!("推送{}：{}（{}，第{}版）", push.id, push.title, push.slug, push.version),
        format!("时间：{}；期限：{deadline}", local(push.slot_at.utc(), zone)),
        format!(
            "方式：{}{}；状态：{}",
            words::confirm(push.confirm),
            if push.asks { "，带小题" } else { "" },
            words::push_state(push.state)
        ),
        figures.as_ref().map_or_else(|| "不统计人数".to_owned(), view::figures),
    ];
    head.extend(traces::by_hand(&shown));
    head.extend(traces::beside(&shown, zone));
    out::print(&head.join("\n"))?;
    out::print("")?;
    view::deliveries(&shown)?;
    let rulings = traces::rulings(&shown, zone);
    if rulings.is_empty() { Ok(()) } else { out::print(&format!("\n认定\n{}", rulings.join("\n"))) }
}

async fn missing(session: &Session, id: PushId, form: Form) -> Ended {
    let people = report::missing(&session.ctx, &session.actor, id).await?;
    let zone = session.config.zone;
    if form == Form::Json {
        return out::json(&people.iter().map(|missing| MissingJson::of(missing, zone)).collect::<Vec<_>>());
    }
    let columns = [left("工号"), left("姓名"), left("单位"), left("送达"), left("期限")];
    let rows = people.into_iter().map(|Missing { person, reached, deadline }| {
        let reached = if reached { "已送达" } else { "未送达" };
        let deadline = deadline.map_or_else(|| "无".to_owned(), |at| local(at, zone));
        vec![person.staff_no, person.name, person.unit, reached.to_owned(), deadline]
    });
    out::table(&columns, rows.collect(), "都已确认")
}
