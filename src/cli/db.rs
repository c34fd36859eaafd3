//! `db`: the database itself.

/// `db confirm-restore`.
mod confirm;
/// `db backup` and `db restore`.
mod copy;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, line};
use super::session::Setup;
use crate::cli::audit::{broken, summary};
use crate::clock::Clock;
use crate::office::{audit, db};

/// 数据库：建库升级、检查、备份恢复
#[derive(Debug, Args)]
pub struct Db {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 建立数据库和密钥，或升级到本程序的版本
    ///
    /// 已是最新时什么都不做。服务正在运行时不能升级。
    #[command(after_help = "例子\n  qingfeng db migrate")]
    Migrate,
    /// 检查数据库是否完好、数据是否自洽，并核验审计记录
    #[command(after_help = "例子\n  qingfeng db check\n  qingfeng db check --json")]
    Check {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 备份：把数据库复制成一个文件，服务不用停
    ///
    /// 副本写好后从头核验一遍，核验通过才算数；已有的文件不覆盖。副本里没有密钥文件，请另外备份，两者分开放。数据库在服务器上的，用服务器自带的程序备份，运行后会给出命令。
    #[command(after_help = "例子\n  qingfeng db backup /备份/qingfeng-20260901.db")]
    Backup {
        /// 写到哪个文件
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 恢复：用备份的副本换下现在的数据库，要先停服务
    ///
    /// 副本先核验，不完好就不用。现在的数据库改名留在原处，不会删。恢复后启动服务只作健康检查，不推送、不接收，直到运行db confirm-restore。
    #[command(after_help = "例子\n  qingfeng db restore /备份/qingfeng-20260901.db")]
    Restore {
        /// 用哪个副本
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 恢复或搬迁之后，确认让这份数据继续推送
    ///
    /// 先列出停下以来到时的推送、还没发完的和不知是否送到的消息，以及继续后各会怎样；看清楚后加--yes。确认前请先弄清：没有另一个服务在用同一个机器人。
    #[command(after_help = "例子\n  qingfeng db confirm-restore\n  qingfeng db confirm-restore --yes")]
    ConfirmRestore {
        /// 看清楚了，继续
        #[arg(long)]
        yes: bool,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct CheckJson {
    ok: bool,
    database: String,
    integrity: String,
    misfits: Vec<String>,
    entries: i64,
    acks: i64,
    first_bad: Option<String>,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Migrate => migrate(setup),
            Self::Check { json } => check(setup, json.into()),
            Self::Backup { file, json } => copy::backup(setup, &file, json.into()),
            Self::Restore { file, json } => copy::restore(setup, &file, json.into()),
            Self::ConfirmRestore { yes: true, json } => confirm::go_on(setup, json.into()),
            Self::ConfirmRestore { yes: false, json } => confirm::look(setup, json.into()),
        }
    }
}

fn migrate(setup: &Setup) -> Ended {
    let config = setup.config()?;
    let hold = db::hold(&config.database)?;
    setup.block_on(async {
        let store = db::migrate(config, &hold, Clock::system().now()).await?;
        store.close().await;
        Ok(())
    })?;
    let key = config.secret_file.display();
    out::print(&format!("数据库{}已就绪，密钥文件{key}。请把两者分开备份", config.database))
}

fn check(setup: &Setup, form: Form) -> Ended {
    let (integrity, misfits, verified) = setup.open(async |session| {
        let integrity = db::integrity(&session.ctx.store).await?;
        // A damaged file may not even answer this; its damage is told first.
        let misfits = if integrity == "ok" { db::misfits(&session.ctx.store).await? } else { Vec::new() };
        Ok((integrity, misfits, audit::verify(&session.ctx, &session.actor).await?))
    })?;
    let sound = integrity == "ok";
    if form == Form::Json {
        out::json(&CheckJson {
            ok: sound && misfits.is_empty() && verified.first_bad.is_none(),
            database: setup.config()?.database.to_string(),
            integrity: integrity.clone(),
            misfits: misfits.clone(),
            entries: verified.entries,
            acks: verified.acks,
            first_bad: verified.first_bad.clone(),
        })?;
    }
    if !sound {
        return Err(line(format!(
            "数据库文件已损坏，请停止服务，用最近的副本恢复：qingfeng db restore 副本文件（{integrity}）"
        )));
    }
    if verified.first_bad.is_none() && !misfits.is_empty() {
        return Err(line(format!("数据前后对不上：{}。请停止改动，保留数据库，与最近的备份比对", misfits.join("、"))));
    }
    match broken(&verified) {
        Some(wrong) => Err(line(wrong)),
        None if form == Form::Text => out::print(&format!("数据库完好，版本与程序一致；{}", summary(&verified))),
        None => Ok(()),
    }
}
