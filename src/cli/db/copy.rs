//! `db backup` and `db restore`.

use std::path::Path;

use serde::Serialize;

use crate::cli::audit::summary;
use crate::cli::out::{self, Ended, Form};
use crate::cli::session::Setup;
use crate::clock::Clock;
use crate::message::print::local;
use crate::office::db;
use crate::office::db::{backup, restore};

#[derive(Serialize)]
struct BackupJson {
    file: String,
    bytes: u64,
    entries: i64,
    acks: i64,
    head: String,
}

#[derive(Serialize)]
struct RestoreJson {
    database: String,
    file: String,
    aside: Option<String>,
    entries: i64,
    acks: i64,
    head: String,
    last_entry_at: Option<String>,
}

/// Writes a copy and says what is in it, and what is not.
pub(super) fn backup(setup: &Setup, file: &Path, form: Form) -> Ended {
    let copied =
        setup.open(async |session| Ok(backup::backup(&session.ctx, &session.actor, &session.config, file).await?))?;
    let (shown, verified) = (file.display().to_string(), &copied.verified);
    if form == Form::Json {
        return out::json(&BackupJson {
            file: shown,
            bytes: copied.bytes,
            entries: verified.entries,
            acks: verified.acks,
            head: hex::encode(verified.head.mac),
        });
    }
    let key = setup.config()?.secret_file.display();
    out::print(&format!(
        "已备份到{shown}（{}字节），核验通过：{}\n密钥文件{key}不在里面，没有它副本打不开，请另外备份，与副本分开放",
        copied.bytes,
        summary(verified)
    ))
}

/// Puts a copy in place and says how to go on.
pub(super) fn restore(setup: &Setup, file: &Path, form: Form) -> Ended {
    let (config, actor) = (setup.config()?, setup.actor()?);
    let hold = db::hold(&config.database)?;
    let restored =
        setup.block_on(async { Ok(restore::restore(config, &hold, (&actor, &Clock::system()), file).await?) })?;
    drop(hold);
    let verified = &restored.verified;
    let aside = restored.aside.as_ref().map(|aside| aside.display().to_string());
    if form == Form::Json {
        return out::json(&RestoreJson {
            database: config.database.to_string(),
            file: file.display().to_string(),
            aside,
            entries: verified.entries,
            acks: verified.acks,
            head: hex::encode(verified.head.mac),
            last_entry_at: restored.last.map(|at| out::instant(at, config.zone)),
        });
    }
    let last = restored.last.map(|at| format!("，最后一条记于{}", local(at, config.zone))).unwrap_or_default();
    let before = match aside {
        Some(aside) => format!("原来的数据库改名为{aside}（连同同名的-wal、-shm文件），确认不再需要后由您自己删除"),
        None => "原来没有数据库".to_owned(),
    };
    out::print(&format!(
        "已恢复，核验通过：{}{last}\n{before}\n现在这份数据什么都不会推送。请先运行qingfeng db confirm-restore看有哪些到时的推送，再加--yes继续",
        summary(verified)
    ))
}
