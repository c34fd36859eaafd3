//! What is wrong with the key file, and what to do about it: one line each.

use std::io::ErrorKind;

use crate::secret::{KeyId, LineFault, SecretFault, SecretFaultKind};

/// One line naming the file, the fault and the next step.
pub fn fault(fault: &SecretFault) -> String {
    let path = fault.path.display();
    match &fault.kind {
        SecretFaultKind::Missing { wanted } => {
            format!(
                "密钥文件{path}不存在，数据库要用密钥{wanted}。请从备份取回这个文件，或用QINGFENG_SECRET_FILE指明它在哪里"
            )
        }
        SecretFaultKind::Unreadable(kind) => format!("密钥文件{path}读不了：{}", reason(*kind)),
        SecretFaultKind::NotCreated(kind) => format!("密钥文件{path}建不了：{}", reason(*kind)),
        SecretFaultKind::NoRandomness => format!("密钥文件{path}建不了：系统给不出随机数。请稍后再试"),
        SecretFaultKind::TooOpen { mode } => {
            format!("密钥文件{path}的权限是{mode:04o}，本机其他用户能碰到它。请运行chmod 600 {path}")
        }
        SecretFaultKind::Empty => {
            format!("密钥文件{path}是空的。如有备份请取回；全新安装可删除它后重试")
        }
        SecretFaultKind::Malformed { line, fault } => {
            format!("密钥文件{path}第{line}行{}。请从备份取回这个文件", line_fault(*fault))
        }
        SecretFaultKind::Foreign { wanted, found } => {
            format!(
                "密钥文件{path}里是密钥{}，数据库要用密钥{wanted}。请换成这个数据库自己的密钥文件，或核对DATABASE_URL",
                list(found)
            )
        }
    }
}

const fn line_fault(fault: LineFault) -> &'static str {
    match fault {
        LineFault::Shape => "不是“8位编号:64位十六进制”",
        LineFault::IdMismatch => "的编号与密钥对不上",
        LineFault::Repeated => "与前面的某一行重复",
    }
}

fn list(ids: &[KeyId]) -> String {
    ids.iter().map(KeyId::as_str).collect::<Vec<_>>().join("、")
}

fn reason(kind: ErrorKind) -> &'static str {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the standard library may add kinds")]
    match kind {
        ErrorKind::PermissionDenied => "没有权限。请用运行本程序的用户来拥有它",
        ErrorKind::IsADirectory => "它是一个文件夹。请改QINGFENG_SECRET_FILE",
        ErrorKind::NotADirectory => "路径中间有一段是文件，不是文件夹。请改QINGFENG_SECRET_FILE",
        ErrorKind::ReadOnlyFilesystem => "所在磁盘是只读的。请换一个可写的位置",
        ErrorKind::StorageFull => "磁盘已满。请先腾出空间",
        ErrorKind::InvalidData => "内容不是文本。请从备份取回这个文件",
        ErrorKind::AlreadyExists => "另一个进程刚建好了它。请再运行一次",
        _ => "系统不允许。请检查磁盘和路径",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[test]
    fn every_fault_says_what_to_do() {
        let wanted = KeyId::parse("02d449a3").unwrap();
        let found = vec![KeyId::parse("9f72ea0c").unwrap(), KeyId::parse("00112233").unwrap()];
        let lines: Vec<String> = [
            SecretFaultKind::Missing { wanted: wanted.clone() },
            SecretFaultKind::Unreadable(ErrorKind::PermissionDenied),
            SecretFaultKind::NotCreated(ErrorKind::StorageFull),
            SecretFaultKind::NotCreated(ErrorKind::Other),
            SecretFaultKind::NoRandomness,
            SecretFaultKind::TooOpen { mode: 0o644 },
            SecretFaultKind::Empty,
            SecretFaultKind::Malformed { line: 3, fault: LineFault::Shape },
            SecretFaultKind::Malformed { line: 2, fault: LineFault::IdMismatch },
            SecretFaultKind::Malformed { line: 2, fault: LineFault::Repeated },
            SecretFaultKind::Foreign { wanted, found },
        ]
        .into_iter()
        .map(|kind| fault(&SecretFault { path: "data/qingfeng.key".into(), kind }))
        .collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        密钥文件data/qingfeng.key不存在，数据库要用密钥02d449a3。请从备份取回这个文件，或用QINGFENG_SECRET_FILE指明它在哪里
        密钥文件data/qingfeng.key读不了：没有权限。请用运行本程序的用户来拥有它
        密钥文件data/qingfeng.key建不了：磁盘已满。请先腾出空间
        密钥文件data/qingfeng.key建不了：系统不允许。请检查磁盘和路径
        密钥文件data/qingfeng.key建不了：系统给不出随机数。请稍后再试
        密钥文件data/qingfeng.key的权限是0644，本机其他用户能碰到它。请运行chmod 600 data/qingfeng.key
        密钥文件data/qingfeng.key是空的。如有备份请取回；全新安装可删除它后重试
        密钥文件data/qingfeng.key第3行不是“8位编号:64位十六进制”。请从备份取回这个文件
        密钥文件data/qingfeng.key第2行的编号与密钥对不上。请从备份取回这个文件
        密钥文件data/qingfeng.key第2行与前面的某一行重复。请从备份取回这个文件
        密钥文件data/qingfeng.key里是密钥9f72ea0c、00112233，数据库要用密钥02d449a3。请换成这个数据库自己的密钥文件，或核对DATABASE_URL
        ");
    }
}
