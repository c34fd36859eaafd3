//! Why a ledger is not worked with, and what a checkpoint that it does not hold means.

use crate::cli::audit::broken;
use crate::domain::audit::checkpoint::{BadLine, LineFault, Unmet, UnmetKind};
use crate::office::audit::{LedgerFault, Noted};

pub(super) fn words(fault: &LedgerFault) -> String {
    match fault {
        LedgerFault::Broken(verified) => {
            format!("没有写检查点，审计记录核验不通过：{}", broken(verified).unwrap_or_default())
        }
        LedgerFault::NotPlain { path } => format!("{path}是文件夹、链接或设备，不是普通文件。请换一个文件名"),
        LedgerFault::NoCheckpoints { path } => {
            format!("{path}是空的，里面没有检查点。请用qingfeng audit checkpoint写出的文件")
        }
        LedgerFault::BadFile { path, bad } => bad_file(path, bad),
        LedgerFault::InUse { path } => format!("{path}正由另一个命令写入。请等它写完，再运行一次"),
        LedgerFault::Unmet { path, unmet: found } => {
            format!("{}。没有写新的检查点；要接着写，请另起一个文件", unmet(path, found))
        }
        LedgerFault::ServiceRuns { owner } => {
            format!("服务正在运行（{owner}），它不会知道密钥换了。请先停掉所有机器上的服务，一分钟后再运行一次")
        }
    }
}

fn bad_file(path: &str, BadLine { line, fault }: &BadLine) -> String {
    let why = match fault {
        LineFault::Shape if *line == 1 => {
            return format!("{path}不是检查点文件。请用qingfeng audit checkpoint写出的文件");
        }
        LineFault::Shape => "不是检查点，有人改过这个文件".to_owned(),
        LineFault::Unfinished => "没有写完：写的时候断了，或被截去一段".to_owned(),
        LineFault::Foreign => "是另一个数据库的检查点，不是这一个的".to_owned(),
        LineFault::KeyMissing { key_id } => {
            format!("是用密钥{key_id}封的，密钥文件里没有它，无法核对。请从备份取回密钥文件")
        }
        LineFault::Edited => "对不上：它或它前面的行被改动、删除或插入过".to_owned(),
    };
    let next = match fault {
        LineFault::Foreign => "请核对文件和DATABASE_URL",
        LineFault::KeyMissing { .. } => return format!("检查点文件{path}第{line}行{why}"),
        LineFault::Shape | LineFault::Unfinished | LineFault::Edited => {
            "请换一份没有动过的副本来核对；要接着写，请另起一个文件，这一份留着备查"
        }
    };
    format!("检查点文件{path}第{line}行{why}。{next}")
}

/// A checkpoint that the ledger does not hold: which, and what that means.
pub fn unmet(path: &str, (unmet, Noted { seq, at }): &(Unmet, Noted)) -> String {
    let place = format!("检查点文件{path}第{}行（{}写）记到第{seq}条审计记录", unmet.line, at.format("%Y-%m-%d %H:%M"));
    let now = match unmet.kind {
        UnmetKind::Shorter => "现在的数据库没有这么多条".to_owned(),
        UnmetKind::Rewritten => format!("现在的第{seq}条不是当时那一条"),
    };
    let meaning = match (unmet.restored, unmet.kind) {
        (Some(restored), _) => format!(
            "第{restored}条记着数据库恢复过，恢复所用的副本之后、检查点之前的记录不在现在的数据库里。\
             如果那次恢复是正当的，这就是它留下的缺口：请把换下的数据库和这份检查点文件一起留存备查，并另起一个检查点文件"
        ),
        (None, UnmetKind::Shorter) => {
            "记录被截短，或数据库被换成了更早的副本。请停止改动，保留数据库和这份检查点文件，查明经过".to_owned()
        }
        (None, UnmetKind::Rewritten) => {
            "记录被重写过，或数据库被换成更早的副本后接着用了。请停止改动，保留数据库和这份检查点文件，查明经过"
                .to_owned()
        }
    };
    format!("{place}，{now}：{meaning}")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use chrono::NaiveDate;

    use super::*;
    use crate::domain::audit::Head;
    use crate::ids::AuditSeq;
    use crate::office::audit::Verified;

    #[test]
    fn every_trouble_with_the_ledger_is_worded() {
        let path = || "检查点.txt".to_owned();
        let bad = |line, fault| LedgerFault::BadFile { path: path(), bad: BadLine { line, fault } };
        let at = NaiveDate::from_ymd_opt(2026, 9, 30).unwrap().and_hms_opt(17, 0, 0).unwrap();
        let unmet = |kind, restored: Option<i64>| LedgerFault::Unmet {
            path: path(),
            unmet: (Unmet { line: 3, kind, restored: restored.map(AuditSeq) }, Noted { seq: AuditSeq(412), at }),
        };
        let verified = Verified {
            entries: 40,
            acks: 9,
            head: Head::EMPTY,
            first_bad: Some("entry:17".to_owned()),
            missing_key: None,
            waiting_key: None,
            against: None,
        };
        let all = [
            LedgerFault::Broken(Box::new(verified)),
            LedgerFault::NotPlain { path: path() },
            LedgerFault::NoCheckpoints { path: path() },
            bad(1, LineFault::Shape),
            bad(2, LineFault::Shape),
            bad(4, LineFault::Unfinished),
            bad(1, LineFault::Foreign),
            bad(2, LineFault::KeyMissing { key_id: "02d449a3".to_owned() }),
            bad(2, LineFault::Edited),
            LedgerFault::InUse { path: path() },
            unmet(UnmetKind::Shorter, None),
            unmet(UnmetKind::Rewritten, None),
            unmet(UnmetKind::Shorter, Some(388)),
            unmet(UnmetKind::Rewritten, Some(388)),
            LedgerFault::ServiceRuns { owner: "gate-1".to_owned() },
        ];
        insta::assert_snapshot!(all.iter().map(words).collect::<Vec<_>>().join("\n"));
    }
}
