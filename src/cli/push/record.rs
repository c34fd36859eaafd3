//! Confirmations recorded for somebody else.

use clap::Args;
use serde::Serialize;

use crate::cli::out::{self, Ended, Form, line};
use crate::cli::session::Session;
use crate::cli::words;
use crate::domain::word::AckMethod;
use crate::ids::PushId;
use crate::message::print::local;
use crate::office::ack::manual;

#[derive(Debug, Args)]
pub struct AckArgs {
    /// 推送的编号，见push list
    #[arg(value_name = "编号")]
    id: i64,
    /// 替谁登记
    #[arg(long, value_name = "工号", value_parser = words::staff_no)]
    staff: String,
    /// 为什么由您登记，记入审计记录；不要写姓名
    #[arg(long, value_name = "原因")]
    reason: String,
    /// 输出JSON，供其他程序读取
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct RecordedJson<'a> {
    push: i64,
    staff_no: &'a str,
    at: String,
    method: &'static str,
    /// The actor, as the ledger writes it.
    recorded_by: &'a str,
    on_time: bool,
}

pub(super) async fn ack(session: &Session, args: AckArgs) -> Ended {
    let (id, reason, zone) = (PushId(args.id), args.reason.trim(), session.config.zone);
    if reason.is_empty() {
        return Err(line("代为登记要写原因。请在--reason后面写明，如“当面看过，没有手机”"));
    }
    let recorded = manual::record(&session.ctx, &session.actor, (id, &args.staff), reason).await?;
    let staff_no = &recorded.person.staff_no;
    if Form::from(args.json) == Form::Json {
        return out::json(&RecordedJson {
            push: id.0,
            staff_no,
            at: out::instant(recorded.at, zone),
            method: AckMethod::Manual.as_str(),
            recorded_by: &recorded.by,
            on_time: recorded.on_time(),
        });
    }
    let when = match recorded.deadline {
        Some(deadline) if !recorded.on_time() => {
            format!("，本人的期限是{}，按“截止后确认”统计", local(deadline, zone))
        }
        Some(_) => "，按期".to_owned(),
        None => String::new(),
    };
    out::print(&format!("推送{id}：{staff_no}的确认已代为登记（{}{when}），原因记入审计记录", local(recorded.at, zone)))
}
