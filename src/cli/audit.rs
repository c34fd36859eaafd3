//! `audit`: verify the ledger and read its latest entries.

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, left, line, right};
use super::session::Setup;
use super::words;
use crate::message::print::local;
use crate::office::audit::{self, Verified};

/// 审计记录：核验、查看
///
/// 每次改动都有一条记录，逐条用密钥连成链。有人直接改动、删除或插入数据库里的记录和确认，核验时会指出是哪一条。
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 从头核验全部审计记录和确认
    ///
    /// 对得上就退出0，对不上就指出第一条不对的，退出1。
    #[command(after_help = "例子\n  qingfeng audit verify\n  qingfeng audit verify --json")]
    Verify {
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 显示最近的审计记录，最新的在最后
    ///
    /// 每条的细节见--json；里面只有编号，没有姓名。
    #[command(after_help = "例子\n  qingfeng audit tail\n  qingfeng audit tail --count 100 --json")]
    Tail {
        /// 显示几条
        #[arg(long, value_name = "条数", default_value_t = 20, value_parser = clap::value_parser!(i64).range(1..=1000))]
        count: i64,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct VerifiedJson<'a> {
    ok: bool,
    entries: i64,
    acks: i64,
    head: String,
    first_bad: Option<&'a str>,
}

#[derive(Serialize)]
struct EntryJson<'a> {
    seq: i64,
    at: String,
    actor: &'a str,
    action: &'a str,
    subject: &'a str,
    detail: serde_json::Value,
}

impl Verb {
    /// Carries the verb out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Verify { json } => verify(setup, json.into()),
            Self::Tail { count, json } => tail(setup, count, json.into()),
        }
    }
}

fn verify(setup: &Setup, form: out::Form) -> Ended {
    let verified = setup.open(async |session| Ok(audit::verify(&session.ctx, &session.actor).await?))?;
    match form {
        out::Form::Json => out::json(&VerifiedJson {
            ok: verified.first_bad.is_none(),
            entries: verified.entries,
            acks: verified.acks,
            head: hex::encode(verified.head.mac),
            first_bad: verified.first_bad.as_deref(),
        })?,
        out::Form::Text if verified.first_bad.is_none() => out::print(&summary(&verified))?,
        out::Form::Text => {}
    }
    match &verified.first_bad {
        None => Ok(()),
        Some(bad) => Err(line(bad_line(bad))),
    }
}

/// What verifying found when nothing is wrong.
pub(super) fn summary(verified: &Verified) -> String {
    format!("审计记录{}条、确认{}条，全部对得上", verified.entries, verified.acks)
}

/// What verifying found wrong.
pub(super) fn bad_line(bad: &str) -> String {
    let (kind, id) = bad.split_once(':').unwrap_or((bad, ""));
    let place = match kind {
        "entry" => format!("第{id}条审计记录"),
        "ack" => format!("编号{id}的确认"),
        "ack_batch" => format!("第{id}批确认"),
        _ => bad.to_owned(),
    };
    format!("{place}对不上：它或它前后的数据被直接改动过。请停止改动，保留数据库，与最近的备份比对")
}

fn tail(setup: &Setup, count: i64, form: out::Form) -> Ended {
    setup.open(async |session| {
        let entries = audit::tail(&session.ctx, &session.actor, count).await?;
        let zone = session.config.zone;
        let at = |ms: i64| chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
        if form == out::Form::Json {
            let rows = entries.iter().map(|entry| EntryJson {
                seq: entry.seq.0,
                at: out::instant(at(entry.at_ms), zone),
                actor: &entry.actor,
                action: &entry.action,
                subject: &entry.subject,
                detail: serde_json::from_str(&entry.detail).unwrap_or_default(),
            });
            return out::json(&rows.collect::<Vec<_>>());
        }
        let columns = [right("序号"), left("时间"), left("操作者"), left("动作"), left("对象")];
        let rows = entries.iter().map(|entry| {
            let (actor, subject) = (words::actor(&entry.actor), words::subject(&entry.subject));
            let action = words::action(&entry.action).to_owned();
            vec![entry.seq.to_string(), local(at(entry.at_ms), zone), actor, action, subject]
        });
        out::table(&columns, rows.collect(), "还没有审计记录")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_located() {
        let lines = ["entry:17", "ack:9", "ack_batch:3"].map(bad_line);
        insta::assert_snapshot!(lines.join("\n"));
    }
}
