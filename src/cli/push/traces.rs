//! What people decided about the messages of a push, and what became of deleting its copies.

use chrono_tz::Tz;
use serde::Serialize;

use crate::cli::out;
use crate::cli::words;
use crate::domain::delivery::{Decision, DeliveryState, Removal};
use crate::domain::wall;
use crate::ids::{AttemptId, DeliveryId};
use crate::message::print::{local, month_day};
use crate::office::push::{Beside, Shown};
use crate::store::nudge::DayRow;

/// A decision about a delivery.
#[derive(Serialize)]
pub(super) struct RulingJson<'a> {
    decision: &'static str,
    /// The actor, as the ledger writes it.
    by: &'a str,
    at: String,
    reason: Option<&'a str>,
}

/// What was decided about a delivery.
pub(super) fn ruling(shown: &Shown, delivery: DeliveryId, zone: Tz) -> Option<RulingJson<'_>> {
    let row = shown.rulings.iter().find(|row| row.delivery_id == delivery)?;
    Some(RulingJson {
        decision: row.decision.as_str(),
        by: &row.decided_by,
        at: out::instant(row.decided_at.utc(), zone),
        reason: row.decision_reason.as_deref(),
    })
}

/// What became of deleting a copy.
pub(super) fn removal(shown: &Shown, attempt: AttemptId) -> Option<Removal> {
    shown.placed.iter().find(|row| row.attempt_id == attempt)?.removal
}

/// How many messages people passed on by hand.
pub(super) fn relayed(shown: &Shown) -> usize {
    shown.deliveries.iter().filter(|(row, _)| row.by_hand && row.state == DeliveryState::Sent).count()
}

/// 人工转发：已转发1条，共2条，不统计阅知; `None` when nobody carries anything of it.
pub(super) fn by_hand(shown: &Shown) -> Option<String> {
    let all = shown.deliveries.iter().filter(|(row, _)| row.by_hand).count();
    (all > 0).then(|| format!("人工转发：共{all}条，已转发{}条，不统计阅知", relayed(shown)))
}

/// A line for each decision, in the order of the messages.
pub(super) fn rulings(shown: &Shown, zone: Tz) -> Vec<String> {
    let line = |row: &crate::store::delivery::decide::RulingRow| {
        let why = row.decision_reason.as_ref().map(|why| format!("：{why}")).unwrap_or_default();
        format!(
            "消息{}　{}，{}，{}{why}",
            row.delivery_id,
            decision(row.decision),
            local(row.decided_at.utc(), zone),
            words::actor(&row.decided_by)
        )
    };
    shown.rulings.iter().map(line).collect()
}

const fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Sent => "认定已发出",
        Decision::Resend => "认定重发",
        Decision::Abandon => "认定放弃",
        Decision::Relayed => "已转发",
        Decision::Declined => "选择不发",
    }
}

/// What became of deleting a copy, in a word.
pub(super) const fn removal_word(removal: Removal) -> &'static str {
    match removal {
        Removal::Wanted => "待删除",
        Removal::Done => "已删除",
        Removal::Gone => "已不在",
        Removal::TooOld => "请手工删除（超过48小时）",
        Removal::Refused => "请手工删除（平台不让删）",
    }
}

/// What happened about a push beside its messages, a line each.
pub(super) fn beside(shown: &Shown, zone: Tz) -> Vec<String> {
    let Some(Beside { nudges, nudged, manual }) = &shown.beside else { return Vec::new() };
    let mut lines = Vec::new();
    if *manual > 0 {
        lines.push(format!("代为登记：{manual}人"));
    }
    lines.extend(nudges.iter().map(|row| format!("私聊提醒：{}{}", month_day(row.day), nudging(row, zone))));
    if !nudges.is_empty() {
        lines.push(format!("私聊提醒已送达{nudged}人"));
    }
    lines
}

fn nudging(row: &DayRow, zone: Tz) -> String {
    let DayRow { queued, unreachable, .. } = row;
    if is_missed(row, zone) {
        return "错过时间，没有排入".to_owned();
    }
    let nobody =
        if *unreachable > 0 { format!("；另有{unreachable}人没有私聊，未提醒") } else { String::new() };
    format!("排入{queued}人{nobody}")
}

/// Whether nobody was reminded on a day: it was over when it was looked at.
pub(super) fn is_missed(row: &DayRow, zone: Tz) -> bool {
    wall::of(row.decided_at.utc(), zone).date() > row.day
}
