//! `pause` and `resume`: everything that the program sends by itself.

use chrono_tz::Tz;
use clap::Args;

use super::out::{self, Ended};
use super::session::{Session, Setup};
use crate::domain::delivery::HaltCause;
use crate::message::print::local;
use crate::office::halt;
use crate::store::halt::HaltRow;

/// 暂停全部推送，重启后仍然暂停
///
/// 一秒内停发：群推送、私聊提醒、给管理员的提示都不再发出。职工点“已阅”、绑定、查询照常答复。
/// 暂停期间到时的推送记为“暂停未发”，恢复以后不补发。
#[derive(Debug, Args)]
#[command(after_help = "例子\n  qingfeng pause\n  qingfeng pause --reason 系统迁移")]
pub struct Pause {
    /// 为什么暂停，记入审计记录；不要写姓名
    #[arg(long, value_name = "原因")]
    reason: Option<String>,
}

/// 恢复全部推送
///
/// 从下一次推送开始。暂停之前已经排好的消息，还没过时间的接着发。
#[derive(Debug, Args)]
#[command(after_help = "例子\n  qingfeng resume")]
pub struct Resume {}

impl Pause {
    /// Stops everything.
    pub fn run(self, setup: &Setup) -> Ended {
        setup.open(async |session| {
            let reason = self.reason.unwrap_or_default();
            halt::pause(&session.ctx, &session.actor, reason.trim()).await?;
            out::print("已暂停全部推送，重启后仍然暂停。恢复请运行：qingfeng resume")
        })
    }
}

impl Resume {
    /// Lets it go on.
    pub fn run(self, setup: &Setup) -> Ended {
        let Self {} = self;
        setup.open(async |session| {
            let resumed = halt::resume(&session.ctx, &session.actor).await?;
            let zone = session.config.zone;
            let missed = match resumed.missed {
                0 => "暂停期间没有到时的推送".to_owned(),
                missed => format!("暂停期间到时的{missed}次推送不补发"),
            };
            let waiting = match resumed.waiting {
                0 => String::new(),
                waiting => format!("；暂停前排好、还没过时间的{waiting}条消息接着发"),
            };
            out::print(&format!("已恢复全部推送（{}起暂停）。{missed}{waiting}", local(resumed.since, zone)))
        })
    }
}

/// Says on stderr that nothing goes out, where a list could make one believe that it does.
pub(super) async fn hint(session: &Session) -> Ended {
    for row in halt::standing(&session.ctx).await? {
        out::warn(&format!("注意：{}", standing(&row, session.config.zone)));
    }
    Ok(())
}

/// Why nothing goes out, and what to do.
pub(super) fn standing(row: &HaltRow, zone: Tz) -> String {
    let since = local(row.since.utc(), zone);
    let why = if row.detail.is_empty() { String::new() } else { format!("（{}）", row.detail) };
    match row.cause {
        HaltCause::Paused => {
            format!("全部推送从{since}起暂停{why}，到时的推送记为“暂停未发”。恢复请运行：qingfeng resume")
        }
        HaltCause::Quarantine => {
            format!("从{since}起停发，等待确认这份数据是不是恢复来的。确认请运行：qingfeng db confirm-restore")
        }
        HaltCause::Unauthorized => format!("平台从{since}起不认TELOXIDE_TOKEN，消息都在等待。请核对令牌后重启服务"),
    }
}
