//! The data's whereabouts: quarantine and pause, disk, file modes, the database's clock.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use rustix::fs::{statfs, statvfs};

use crate::cli::out;
use crate::cli::refusal;
use crate::cli::session::Session;
use crate::config::{Config, DatabaseUrl};
use crate::domain::delivery::HaltCause;
use crate::message::installation::why;
use crate::message::print::local;
use crate::office::db;
use crate::office::db::CLOCKS_APART;

/// Less room than this is told of: a month of an office of a thousand people takes about a tenth of it.
const ROOM_LEAST: u64 = 200 * 1024 * 1024;
/// Any of these permission bits lets others in.
const OTHERS: u32 = 0o077;

/// Quarantine is a fault; a pause is somebody's wish, and told.
pub(super) async fn installation(session: &Session) -> Result<String, String> {
    let halts = db::halts(&session.ctx.store).await.map_err(|refusal| refusal::words(&refusal))?;
    let zone = session.config.zone;
    let mut notes = Vec::new();
    for halt in halts {
        let since = local(halt.since.utc(), zone);
        match halt.cause {
            HaltCause::Quarantine => {
                return Err(format!(
                    "从{since}起停止推送和接收：{}。请运行：qingfeng db confirm-restore",
                    why(&halt.detail)
                ));
            }
            HaltCause::Unauthorized => {
                return Err(format!("从{since}起停止推送：平台不认TELOXIDE_TOKEN里的令牌。请核对后重启服务"));
            }
            HaltCause::Paused => notes.push(format!("注意：从{since}起暂停推送。要恢复请运行：qingfeng resume")),
        }
    }
    Ok(if notes.is_empty() { "可以推送".to_owned() } else { notes.join("；") })
}

/// The machine's clock and the database's; both matter where several machines share one database.
pub(super) async fn clocks(session: &Session) -> Result<String, String> {
    let gap = db::clock_gap(&session.ctx.store, &session.ctx.clock).await;
    let gap = gap.map_err(|refusal| refusal::words(&refusal))?;
    let now = out::instant(session.ctx.now(), session.config.zone);
    if gap.abs() <= CLOCKS_APART {
        return Ok(now);
    }
    let ahead = if gap.num_seconds() > 0 { "快" } else { "慢" };
    let seconds = gap.num_seconds().abs();
    Err(format!("数据库服务器的时间比本机{ahead}{seconds}秒（本机{now}）。请给两台机器都开启自动对时"))
}

/// Room and kind of the disk, and who may read the files. Nothing to tell of a database on a server.
pub(super) fn disk(config: &Config) -> Option<Result<String, String>> {
    let DatabaseUrl::Sqlite { path } = &config.database else { return None };
    Some(look(path, config))
}

fn look(path: &Path, config: &Config) -> Result<String, String> {
    for file in [path, &config.secret_file] {
        let mode = std::fs::metadata(file).map(|found| found.permissions().mode() & 0o777).unwrap_or_default();
        if mode & OTHERS != 0 {
            let file = file.display();
            return Err(format!("{file}的权限是{mode:o}，别的用户也能读。请运行：chmod 600 {file}"));
        }
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unknown = |error: rustix::io::Errno| format!("{}看不了（{error}）。请检查它的权限", folder.display());
    let kind = statfs(folder).map_err(unknown)?.f_type;
    #[expect(clippy::cast_sign_loss, reason = "a number whose bits are the name of a kind")]
    if let Some(name) = network(kind as u64) {
        return Err(format!(
            "数据库放在网络磁盘（{name}）上，断网或多台机器同时使用会损坏它。请移到本机磁盘，多台机器请用PostgreSQL"
        ));
    }
    let room = statvfs(folder).map_err(unknown)?;
    let room = room.f_bavail.saturating_mul(room.f_frsize);
    let shown = format!("剩余{}MB", room / 1024 / 1024);
    if room < ROOM_LEAST {
        Err(format!("{shown}，快满了。满了以后不再接收和推送，请腾出空间"))
    } else {
        Ok(shown)
    }
}

/// What Linux calls file systems that are somewhere else (`man 2 statfs`). The low 32 bits tell, for some machines extend
/// the sign.
const fn network(kind: u64) -> Option<&'static str> {
    match kind & 0xffff_ffff {
        0x6969 => Some("NFS"),
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => Some("SMB"),
        0x0102_1997 => Some("9P"),
        0x00c3_6400 => Some("Ceph"),
        0x5346_414f | 0x6b41_4653 => Some("AFS"),
        0x0bd0_0bd0 => Some("Lustre"),
        0x0116_1970 => Some("GFS2"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn c16_disks_of_other_machines_are_known() {
        assert_eq!(network(0x6969), Some("NFS"));
        assert_eq!(network(0xffff_ffff_ff53_4d42), Some("SMB"), "a negative number on a machine of 64 bits");
        for local in [0xef53_u64, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0x6573_5546] {
            assert_eq!(network(local), None, "{local:x}");
        }
    }
}
