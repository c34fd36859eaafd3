//! Chats: what the bot says in one when it begins, and what the admins are asked about it.

use chrono::{DateTime, Utc, Weekday};
use chrono_tz::Tz;

use super::outgoing::{Answer, Button, Emphasis, Outgoing};
use super::print::{day_time, weekday_name};
use crate::domain::rich::Rich;

/// The first message in a chat. `on`: the one weekday on which its items come, where there is just one.
pub fn welcome(on: Option<Weekday>) -> Outgoing {
    let what =
        on.map_or_else(|| "会推送廉政小知识".to_owned(), |day| format!("每{}推送一条廉政小知识", weekday_name(day)));
    plain(&format!(
        "大家好，这里{what}，节前发一次提醒。小知识自愿阅读，点“已阅”即可，不点也不会被催。\
         首次使用请私聊绑定，约一分钟。意见请发 /feedback。"
    ))
}

/// 是我们的群 or 退出, under the words that say where the bot was added.
pub fn strange(told: &Outgoing, leaves: DateTime<Utc>, zone: Tz, [ours, leave]: [String; 2]) -> Outgoing {
    let words = told.text.to_plain();
    let text = format!(
        "{words}它在群里不说话。是本单位的群请点“是我们的群”；不是的请点“退出”，不点的话{}自动退出。",
        day_time(leaves, zone)
    );
    let button = |label: &str, data: String| Button::Press { label: label.to_owned(), data };
    Outgoing { text: Rich::plain(text), buttons: vec![vec![button("是我们的群", ours), button("退出", leave)]] }
}

/// 是我们的群: the question follows.
pub fn claimed() -> Answer {
    alert("已记下是本单位的群。请接着选它面向哪些单位。")
}

/// The bot goes.
pub fn left() -> Answer {
    alert("这就退出这个群。无需处理。")
}

/// Another admin said that it is the office's.
pub fn claimed_already() -> Answer {
    alert("已有管理员点过“是我们的群”，没有退出。要退出，请在群里把机器人移除。")
}

/// Someone was quicker: the chat addresses units by now.
pub fn linked_already(units: &[String]) -> Answer {
    alert(&cut(format!("这个群已经关联好了，面向：{}。无需处理。", units.join("、"))))
}

/// Someone was quicker, or the bot was removed.
pub fn gone_already() -> Answer {
    alert("机器人已经不在这个群里了。无需处理。")
}

/// An answer to a press has at most 200 characters.
fn cut(text: String) -> String {
    const MOST: usize = 190;
    if text.chars().count() <= MOST {
        return text;
    }
    let start: String = text.chars().take(MOST).collect();
    format!("{start}…")
}

fn alert(text: &str) -> Answer {
    Answer { text: text.to_owned(), emphasis: Emphasis::Alert, open: None }
}

fn plain(text: &str) -> Outgoing {
    Outgoing { text: Rich::plain(text), buttons: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chat_and_its_admins_read_as_printed() {
        let leaves = DateTime::from_timestamp(1_795_599_000, 0).unwrap_or_default();
        let told = plain("【管理员】有人把机器人拉进了“吃饭群”。");
        let asked = strange(&told, leaves, Tz::Asia__Shanghai, ["o".to_owned(), "l".to_owned()]);
        let said = [welcome(Some(Weekday::Wed)), welcome(None), asked];
        let units: Vec<String> = (0..60).map(|n| format!("管委会/第{n}科")).collect();
        let answers =
            [claimed(), claimed_already(), left(), gone_already(), linked_already(&units[..2]), linked_already(&units)];
        assert!(answers.iter().all(|answer| answer.text.encode_utf16().count() <= 200));
        let said = said.iter().map(|out| out.text.to_plain());
        let lines: Vec<String> = said.chain(answers.into_iter().map(|answer| answer.text)).collect();
        insta::assert_snapshot!(lines.join("\n"));
    }
}
