//! `audit`: verify the ledger, note its end, change its key, read its latest entries.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::out::{self, Ended, Form, left, line, right};
use super::refusal::unmet;
use super::session::Setup;
use super::words;
use crate::message::print::local;
use crate::office::audit::{self, Against, Verified};
use crate::office::db;

/// 审计记录：核验、查看、写检查点、换密钥
///
/// 每次改动都有一条记录，逐条用密钥连成链。有人直接改动、删除或插入数据库里的记录和确认，核验时会指出是哪一条。整个数据库被换成旧副本，要靠放在别处的检查点才看得出来。
#[derive(Debug, Args)]
pub struct Audit {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// 从头核验全部审计记录和确认
    ///
    /// 对得上就退出0，对不上就指出第一条不对的，退出1。加--against，再与检查点文件逐行比对：记录被截短、被重写，或数据库被换成旧副本，都会指出是哪个检查点。
    #[command(
        after_help = "例子\n  qingfeng audit verify\n  qingfeng audit verify --against /U盘/检查点.txt\n  qingfeng audit verify --json"
    )]
    Verify {
        /// 与这个检查点文件比对
        #[arg(long, value_name = "文件")]
        against: Option<PathBuf>,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 写一个检查点：把记录的末尾记到数据库以外的文件
    ///
    /// 先核验，全部对得上才写。文件里每个检查点一行，用密钥封好，与前一行相连；文件已有时接着写，是别的数据库的、被改动过的或与现在的记录对不上的，不写。文件里没有姓名，请放到U盘或另一台机器上。服务不用停。
    #[command(after_help = "例子\n  qingfeng audit checkpoint /U盘/检查点.txt")]
    Checkpoint {
        /// 写到哪个文件
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 输出JSON，供其他程序读取
        #[arg(long)]
        json: bool,
    },
    /// 换一把新密钥，要先停服务
    ///
    /// 新密钥加在密钥文件末尾，旧的留着核验以前的记录，不能删。已发出的按钮、链接和绑定码照常可用。中途断电，再运行一次即可。
    #[command(after_help = "例子\n  qingfeng audit rotate-key")]
    RotateKey {
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
    missing_key: Option<&'a str>,
    waiting_key: Option<&'a str>,
    against: Option<AgainstJson>,
}

#[derive(Serialize)]
struct AgainstJson {
    file: String,
    checkpoints: usize,
    absent: i64,
    covered: i64,
    unmet: Option<i64>,
    restored: Option<i64>,
}

#[derive(Serialize)]
struct CheckpointJson {
    file: String,
    line: i64,
    seq: i64,
    entries: i64,
    acks: i64,
    head: String,
}

#[derive(Serialize)]
struct RotatedJson {
    from: String,
    to: String,
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
            Self::Verify { against, json } => verify(setup, against.as_deref(), json.into()),
            Self::Checkpoint { file, json } => checkpoint(setup, &file, json.into()),
            Self::RotateKey { json } => rotate_key(setup, json.into()),
            Self::Tail { count, json } => tail(setup, count, json.into()),
        }
    }
}

fn verify(setup: &Setup, file: Option<&Path>, form: Form) -> Ended {
    let verified = setup.open(async |session| {
        Ok(match file {
            Some(file) => audit::checkpoint::verify(&session.ctx, &session.actor, file).await?,
            None => audit::verify(&session.ctx, &session.actor).await?,
        })
    })?;
    let shown = file.map(|file| file.display().to_string()).unwrap_or_default();
    match form {
        Form::Json => out::json(&VerifiedJson {
            ok: verified.first_bad.is_none(),
            entries: verified.entries,
            acks: verified.acks,
            head: hex::encode(verified.head.mac),
            first_bad: verified.first_bad.as_deref(),
            missing_key: verified.missing_key.as_deref(),
            waiting_key: verified.waiting_key.as_deref(),
            against: verified.against.as_ref().map(|against| AgainstJson {
                file: shown.clone(),
                checkpoints: against.checkpoints,
                absent: against.absent,
                covered: against.last.seq.0,
                unmet: against.unmet.map(|(unmet, _)| unmet.line),
                restored: against.unmet.and_then(|(unmet, _)| unmet.restored).map(|seq| seq.0),
            }),
        })?,
        Form::Text if verified.first_bad.is_none() => out::print(&sound(&verified, &shown))?,
        Form::Text => {}
    }
    let met = verified.against.as_ref().and_then(|against| against.unmet.as_ref());
    let wrong: Vec<String> = broken(&verified).into_iter().chain(met.map(|met| unmet(&shown, met))).collect();
    if wrong.is_empty() { Ok(()) } else { Err(line(wrong.join("\n"))) }
}

/// What verifying found when nothing is wrong, and what a reader should know beside it.
fn sound(verified: &Verified, file: &str) -> String {
    let mut lines = vec![summary(verified)];
    if let Some(against) = &verified.against {
        let Against { checkpoints, last, absent, .. } = against;
        lines.push(format!(
            "与检查点文件{file}里的{checkpoints}个检查点都一致；最后一个写于{}，记到第{}条，之后的记录还没有检查点",
            last.at.format("%Y-%m-%d %H:%M"),
            last.seq
        ));
        if *absent > 0 {
            lines.push(format!(
                "往这个文件还写过{absent}个检查点，不在这一份里：它可能是较早的一份，请与最新的一份比对"
            ));
        }
    }
    if let Some(waiting) = &verified.waiting_key {
        lines.push(format!(
            "密钥文件里有更新的密钥{waiting}，还没有启用：如果换密钥时断过，请再运行qingfeng audit rotate-key；\
             如果早就换过，这份数据库就是换密钥以前的，请用检查点核对"
        ));
    }
    lines.join("\n")
}

/// What verifying found when nothing is wrong.
pub(super) fn summary(verified: &Verified) -> String {
    format!("审计记录{}条、确认{}条，全部对得上", verified.entries, verified.acks)
}

/// What verifying found wrong in the ledger itself; a checkpoint that it does not hold is worded apart.
pub(super) fn broken(verified: &Verified) -> Option<String> {
    let bad = verified.first_bad.as_deref().filter(|bad| !bad.starts_with("checkpoint:"))?;
    let (kind, id) = bad.split_once(':').unwrap_or((bad, ""));
    if let Some(key) = &verified.missing_key {
        return Some(format!(
            "从第{id}条审计记录起无法核验：它们用密钥{key}封存，密钥文件里没有它。旧密钥不能删，请从备份取回密钥文件；\
             密钥文件没有动过的，就是这一条被直接改动过"
        ));
    }
    let place = match kind {
        "entry" => format!("第{id}条审计记录"),
        "ack" => format!("编号{id}的确认"),
        "ack_batch" => format!("第{id}批确认"),
        "quiz_answer" => format!("编号{id}的作答"),
        "quiz_batch" => format!("第{id}批答题"),
        "audit_head" => "数据库里记着的末尾".to_owned(),
        "key_id" => "数据库里记着的密钥编号".to_owned(),
        _ => bad.to_owned(),
    };
    Some(format!("{place}对不上：它或它前后的数据被直接改动过。请停止改动，保留数据库，与最近的备份比对"))
}

fn checkpoint(setup: &Setup, file: &Path, form: Form) -> Ended {
    let written =
        setup.open(async |session| Ok(audit::checkpoint::write(&session.ctx, &session.actor, file).await?))?;
    let (shown, verified) = (file.display().to_string(), &written.verified);
    let (line, seq, head) = (written.line, verified.head.seq.0, hex::encode(verified.head.mac));
    if form == Form::Json {
        let (entries, acks) = (verified.entries, verified.acks);
        return out::json(&CheckpointJson { file: shown, line, seq, entries, acks, head });
    }
    out::print(&format!(
        "{}\n已写入{shown}第{line}行，记到第{seq}条。请把这个文件放到U盘或另一台机器上，与数据库分开；以后核对：qingfeng audit verify --against {shown}",
        summary(verified)
    ))
}

fn rotate_key(setup: &Setup, form: Form) -> Ended {
    let hold = db::hold(&setup.config()?.database)?;
    let rotated =
        setup.open(async |session| Ok(audit::rotate(&session.ctx, &session.actor, &session.config, &hold).await?))?;
    drop(hold);
    if form == Form::Json {
        return out::json(&RotatedJson { from: rotated.from, to: rotated.to });
    }
    let key = setup.config()?.secret_file.display();
    out::print(&format!(
        "已换用密钥{}，旧密钥{}留在{key}里核验以前的记录，不能删\n请重新备份{key}；有几台机器的，把它复制到每一台再启动服务。最好现在就写一个检查点：qingfeng audit checkpoint 文件",
        rotated.to, rotated.from
    ))
}

fn tail(setup: &Setup, count: i64, form: Form) -> Ended {
    setup.open(async |session| {
        let entries = audit::tail(&session.ctx, &session.actor, count).await?;
        let zone = session.config.zone;
        let at = |ms: i64| chrono::DateTime::from_timestamp_millis(ms).unwrap_or_default();
        if form == Form::Json {
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
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    fn verified(bad: Option<&str>) -> Verified {
        let first_bad = bad.map(str::to_owned);
        let head = crate::domain::audit::Head::EMPTY;
        Verified { entries: 40, acks: 9, head, first_bad, missing_key: None, waiting_key: None, against: None }
    }

    #[test]
    fn what_is_wrong_is_located() {
        let places = ["entry:17", "ack:9", "ack_batch:3", "audit_head", "key_id"];
        let mut lines = places.map(|bad| broken(&verified(Some(bad))).unwrap()).to_vec();
        let key = Some("02d449a3".to_owned());
        lines.push(broken(&Verified { missing_key: key.clone(), ..verified(Some("entry:18")) }).unwrap());
        lines.push(sound(&Verified { waiting_key: key, ..verified(None) }, ""));
        insta::assert_snapshot!(lines.join("\n"));
        assert_eq!(broken(&verified(Some("checkpoint:2"))), None);
        assert_eq!(broken(&verified(None)), None);
    }
}
