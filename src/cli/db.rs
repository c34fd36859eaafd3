//! `db`: the database itself.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, line};
use super::session::Setup;
use crate::cli::audit::{bad_line, summary};
use crate::clock::Clock;
use crate::office::{audit, db};

/// 数据库：建库升级、检查
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
    /// 检查数据库是否完好，并核验审计记录
    #[command(after_help = "例子\n  qingfeng db check\n  qingfeng db check --json")]
    Check {
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
    let (integrity, verified) = setup.open(async |session| {
        let integrity = db::integrity(&session.ctx.store).await?;
        Ok((integrity, audit::verify(&session.ctx, &session.actor).await?))
    })?;
    let sound = integrity == "ok";
    if form == Form::Json {
        out::json(&CheckJson {
            ok: sound && verified.first_bad.is_none(),
            database: setup.config()?.database.to_string(),
            integrity: integrity.clone(),
            entries: verified.entries,
            acks: verified.acks,
            first_bad: verified.first_bad.clone(),
        })?;
    }
    if !sound {
        return Err(line(format!("数据库文件已损坏，请停止服务，用最近的备份恢复（{integrity}）")));
    }
    match &verified.first_bad {
        Some(bad) => Err(line(bad_line(bad))),
        None if form == Form::Text => out::print(&format!("数据库完好，版本与程序一致；{}", summary(&verified))),
        None => Ok(()),
    }
}
