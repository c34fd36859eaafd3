//! What only an admin can settle, asked in private with buttons: whether a message arrived, whether one was passed on.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::outgoing::{Answer, Button, Emphasis, Outgoing};
use super::print::day_time;
use crate::domain::delivery::{Decision, DeliveryState};
use crate::domain::rich::{Rich, Span};

/// A message to pass on by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relay {
    /// Where to.
    pub group: String,
    /// When it is too late.
    pub until: DateTime<Utc>,
    /// The whole of it, ready to copy.
    pub text: String,
    pub zone: Tz,
}

fn buttons<const N: usize>(labels: [&str; N], tags: [String; N]) -> Vec<Vec<Button>> {
    let press = |(label, data): (&str, String)| Button::Press { label: label.to_owned(), data };
    vec![labels.into_iter().zip(tags).map(press).collect()]
}

/// 这条不确定是否发出, with what may be done about it.
pub fn in_doubt(told: Outgoing, tags: [String; 3]) -> Outgoing {
    Outgoing { text: told.text, buttons: buttons(["已看到", "重发", "放弃"], tags) }
}

/// The words to pass on, below a line that says where and until when.
pub fn relay(relay: &Relay, tags: [String; 2]) -> Outgoing {
    let Relay { group, until, text, zone } = relay;
    let asked = format!(
        "【管理员】请把下面的全文转发到“{group}”，{}前有效。转发后点“已转发”；不转发请点“今天不发”。",
        day_time(*until, *zone)
    );
    let mut words = Rich::plain(asked);
    words.push(vec![Span::Plain(text.clone())]);
    Outgoing { text: words, buttons: buttons(["已转发", "今天不发"], tags) }
}

/// The press was taken.
pub fn decided(decision: Decision) -> Answer {
    let text = match decision {
        Decision::Sent => "已记为发出。无需处理。",
        Decision::Resend => "马上重发，新的一条会注明（补发）。无需处理。",
        Decision::Abandon => "已放弃，要收的人列“未送达”。无需处理。",
        Decision::Relayed => "已记为转发。无需处理。",
        Decision::Declined => "已记下今天不发。无需处理。",
    };
    answer(text)
}

/// Someone was quicker, or it became known by itself. Says what it came to, and nobody's name.
pub fn settled(state: DeliveryState, decision: Option<Decision>) -> Answer {
    let decided = decision.map(|decision| match decision {
        Decision::Sent => "已有管理员点过“已看到”，记为发出。无需处理。",
        Decision::Resend => "已有管理员点过“重发”。无需处理。",
        Decision::Abandon => "已有管理员点过“放弃”。无需处理。",
        Decision::Relayed => "已有管理员点过“已转发”。无需处理。",
        Decision::Declined => "已有管理员点过“今天不发”。无需处理。",
    });
    answer(decided.unwrap_or(match state {
        DeliveryState::Sent => "已经确定发出。无需处理。",
        DeliveryState::Queued | DeliveryState::Claimed | DeliveryState::Sending | DeliveryState::RetryWait => {
            "系统已经在补发。无需处理。"
        }
        DeliveryState::InDoubt => "这条之后又补发过一次，请看新的提示。",
        DeliveryState::Failed => "平台已经拒绝这条，没有发出。请在本机用push show看原因，处理好再补发。",
        DeliveryState::Expired => "已过时间，没有发出。无需处理。",
        DeliveryState::Cancelled => "这次推送已取消或撤回。无需处理。",
        DeliveryState::Abandoned => "已放弃。无需处理。",
    }))
}

/// What the decision asks for is no longer possible.
pub fn too_late() -> Answer {
    answer("已过时间，不能再发。没有改动。")
}

/// The presser is not an admin.
pub fn not_yours() -> Answer {
    answer("这个按钮由管理员使用，没有改动。")
}

fn answer(text: &str) -> Answer {
    Answer { text: text.to_owned(), emphasis: Emphasis::Alert, open: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_answer_reads_as_printed_and_fits() {
        let all = [Decision::Sent, Decision::Resend, Decision::Abandon, Decision::Relayed, Decision::Declined];
        let mut answers: Vec<Answer> = all.into_iter().map(decided).collect();
        answers.extend(all.into_iter().map(|decision| settled(DeliveryState::Sent, Some(decision))));
        answers.extend(DeliveryState::ALL.iter().map(|state| settled(*state, None)));
        answers.extend([too_late(), not_yours()]);
        assert!(answers.iter().all(|answer| answer.text.encode_utf16().count() <= 200));
        insta::assert_snapshot!(answers.into_iter().map(|answer| answer.text).collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn a_message_to_pass_on_reads_as_printed() {
        let message = Relay {
            group: "机关微信群".to_owned(),
            until: DateTime::from_timestamp(1_795_584_600, 0).unwrap_or_default(),
            text: "【廉政小知识】题目\n\n正文。".to_owned(),
            zone: Tz::Asia__Shanghai,
        };
        let out = relay(&message, ["p".to_owned(), "d".to_owned()]);
        insta::assert_snapshot!(out.text.to_plain());
        assert_eq!(out.buttons[0].len(), 2);
    }
}
