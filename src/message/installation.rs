//! Why data may be a copy, in words.

use crate::domain::installation::Doubt;

/// The reason as it is stored, for people.
pub fn why(stored: &str) -> &'static str {
    match Doubt::parse(stored) {
        Some(Doubt::Foreign) => "这台机器没有服务过这份数据，可能是从别的机器复制来的",
        Some(Doubt::Generation) => "这份数据与这台机器记得的不是同一代，可能是换上了以前的备份",
        Some(Doubt::Older) => "这台机器见过这份数据更新的状态，它可能是以前的备份，或者缺了-wal文件",
        Some(Doubt::Silent) => "这份数据超过24小时没有服务在用，可能是以前的备份",
        Some(Doubt::Restored) => "数据是用备份恢复的",
        None => "数据可能是复制来的",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_its_words() {
        let mut all: Vec<&str> = Doubt::ALL.iter().map(|doubt| why(doubt.as_str())).collect();
        all.push(why("later"));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), Doubt::ALL.len() + 1);
    }
}
