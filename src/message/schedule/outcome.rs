//! What becomes of slots, in words.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::schedule::MovedBy;
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::message::print::day_time;

/// What became of a slot: 已推送 · 没有合适的内容，未推送
pub fn past(state: OccurrenceState, why: Option<MissReason>) -> String {
    match end(state, why) {
        End::Stands(words) => words.to_owned(),
        End::Missed(cause) => format!("{cause}，未推送"),
    }
}

/// What becomes of a slot that is to come: 条数已到上限，不推送
pub fn to_come(state: OccurrenceState, why: Option<MissReason>) -> String {
    match end(state, why) {
        End::Stands(words) => words.to_owned(),
        End::Missed(cause) => format!("{cause}，不推送"),
    }
}

/// The words of a slot's end.
enum End {
    /// Nothing keeps it from going out, or a person took it back.
    Stands(&'static str),
    /// Why it does not go out.
    Missed(&'static str),
}

fn end(state: OccurrenceState, why: Option<MissReason>) -> End {
    if let Some(why) = why {
        return End::Missed(reason(why));
    }
    match state {
        OccurrenceState::Planned => End::Stands("待推送"),
        OccurrenceState::Materialised => End::Stands("已推送"),
        OccurrenceState::Cancelled => End::Stands("已取消"),
        OccurrenceState::SkippedLate => End::Missed("错过时间"),
        OccurrenceState::SkippedCollapsed => End::Missed("由之后的一次代替"),
        OccurrenceState::SkippedPaused => End::Missed("计划暂停"),
        OccurrenceState::SkippedHoliday => End::Missed("放假"),
        OccurrenceState::SkippedCap => End::Missed("条数已到上限"),
        OccurrenceState::SkippedUnapproved => End::Missed("没有可推送的内容"),
    }
}

/// Why, where the state alone does not tell.
const fn reason(reason: MissReason) -> &'static str {
    match reason {
        MissReason::NoGroup => "没有可用的群",
        MissReason::NoItem => "没有合适的内容",
        MissReason::Unfilled => "内容有待填项",
        MissReason::Nobody => "群里没有内容的对象",
        MissReason::NoCalendar => "没有这一年的放假安排",
        MissReason::OutsideHours => "不在允许时段",
        MissReason::Edited => "计划已修改",
        MissReason::Removed => "计划已停用",
    }
}

/// 中秋放假，不推送
pub fn off(holiday: &str) -> String {
    if holiday.is_empty() { "周末，不推送".to_owned() } else { format!("{holiday}放假，不推送") }
}

/// 原定9月28日09:30，因每群条数上限改期
pub fn moved(from: DateTime<Utc>, by: MovedBy, zone: Tz) -> String {
    let why = match by {
        MovedBy::Holiday => "放假或周末",
        MovedBy::Cap => "每群条数上限",
    };
    format!("原定{}，因{why}改期", day_time(from, zone))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;

    #[test]
    fn every_end_of_a_slot_has_its_words() {
        let states = OccurrenceState::ALL.iter().map(|state| (*state, None));
        let reasons = MissReason::ALL.iter().map(|why| (OccurrenceState::SkippedUnapproved, Some(*why)));
        let line = |(state, why)| format!("{} / {}", past(state, why), to_come(state, why));
        let from = "2026-09-25T01:30:00Z".parse().unwrap();
        let moves = MovedBy::ALL.iter().map(|by| moved(from, *by, Tz::Asia__Shanghai));
        let lines = states.chain(reasons).map(line).chain(moves).chain([off("国庆、中秋"), off("")]);
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    }
}
