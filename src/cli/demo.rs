//! `demo`: the whole loop on a temporary database and the built-in sandbox. A month passes in seconds through the same
//! code as `serve`, its figures are counted again by code that shares nothing with the program, and then everything
//! stays up to be tried out.

use std::io::Write;

use anyhow::Context;

use super::out::{Ended, line};
use super::serve::shutdown_signal;
use super::session::Setup;

/// Who plays the month, and what they do when.
mod cast;
/// Everything stays up to be tried out.
mod live;
/// The month itself.
mod month;
/// The second opinion.
mod recompute;
/// The folder, the sandbox and the program on one clock.
mod stage;
/// Report against second opinion.
mod verdict;

pub use live::live;
pub use recompute::{Figures, PushFigures, Recomputed, UnitFigures};
pub use verdict::{Month, Verdict, judge};

/// 试用：在临时数据库上走完整个流程
///
/// 用虚构的42名职工、5个科室，把2026年9月从推送、点“已阅”到月末报表走一遍，再继续运行，打开网页就能以任何人的身份试用。不需要任何设置，不连外网；结束后临时文件自动删除。
#[derive(Debug, Clone, Copy, clap::Args)]
#[command(after_help = "例子\n  qingfeng demo\n  qingfeng demo --once\n  qingfeng demo --once --json")]
pub struct Args {
    /// 跑完一个月，打印报表后退出；报表与另行核算不一致时退出码为1
    #[arg(long)]
    pub once: bool,
    /// 输出JSON：报表、另行核算的结果、两者是否一致
    #[arg(long, requires = "once")]
    pub json: bool,
}

impl Args {
    /// Carries the command out.
    pub fn run(self, setup: &Setup) -> Ended {
        let done = setup.block_on(async {
            // Boxed: a whole month is deep.
            Ok(Box::pin(run(&self, &mut std::io::stdout(), shutdown_signal()?)).await)
        })?;
        match done {
            Ok(0) => Ok(()),
            Ok(_) => Err(line("报表与另行核算的结果不一致")),
            Err(error) => Err(line(format!("{error:#}"))),
        }
    }
}

/// Runs the demo and returns the process's exit status.
pub async fn run(args: &Args, out: &mut impl Write, shutdown: impl Future<Output = ()>) -> anyhow::Result<u8> {
    let done = if args.once { once(args, out).await } else { live(out, shutdown).await };
    done.context("演示没有跑完；请确认临时目录可写、本机的127.0.0.1可用，再试一次")
}

/// Plays the month and returns it; nothing stays behind.
pub async fn month() -> anyhow::Result<Month> {
    let played = Box::pin(month::play()).await?;
    played.stage.leave().await.close().await?;
    Ok(played.month)
}

async fn once(args: &Args, out: &mut impl Write) -> anyhow::Result<u8> {
    let month = month().await?;
    let verdict = judge(&month)?;
    if args.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&verdict)?)?;
    } else {
        writeln!(out, "{}\n{}", month.text, verdict_line(&verdict))?;
    }
    Ok(verdict.exit_status())
}

fn verdict_line(verdict: &Verdict<'_>) -> &'static str {
    if verdict.equal {
        "核对：按聊天服务器的实际收发记录另行核算，结果与报表一致。"
    } else {
        "核对：按聊天服务器的实际收发记录另行核算，结果与报表不一致。用--json可以看到两份数字。"
    }
}
