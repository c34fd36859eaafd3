//! Confirming by words instead of a button: what counts as 已阅, and what it is answered with in private. In a group nothing
//! is said.

use chrono_tz::Tz;

use super::outgoing::{Button, Outgoing};
use super::toast;
use crate::domain::ack::PressResult;
use crate::domain::rich::Rich;

/// Longest label of a button, in characters; longer ones are cut by most clients.
const LABEL_MOST: usize = 24;

/// Whether a text is nothing but 已阅, as the button says it.
pub fn is_confirmation(text: &str) -> bool {
    text.trim().trim_end_matches(['。', '！', '!', '.']) == "已阅"
}

/// One push to choose, with what its button carries.
#[derive(Debug, Clone)]
pub struct Choice<'a> {
    pub title: &'a str,
    pub data: String,
}

/// What a text came to: the words of the button, and the pushes when one has to be chosen.
pub fn reply(result: &PressResult, audience: &str, choices: Vec<Choice<'_>>, zone: Tz) -> Outgoing {
    let text = Rich::plain(toast::press(result, audience, None, zone).text);
    let button = |choice: Choice<'_>| vec![Button::Press { label: label(choice.title), data: choice.data }];
    Outgoing { text, buttons: choices.into_iter().map(button).collect() }
}

fn label(title: &str) -> String {
    if title.chars().count() <= LABEL_MOST {
        return title.to_owned();
    }
    let start: String = title.chars().take(LABEL_MOST - 1).collect();
    format!("{start}…")
}

/// The text could not be stored.
pub fn not_stored() -> Outgoing {
    plain("系统忙，这次还没有记录，请过几分钟再发一次。")
}

/// Written in the name of the group: the platform does not say who it was.
pub fn anonymous() -> Outgoing {
    plain(
        "刚才那条是用群的匿名身份发的，认不出是谁，没有记录。请关闭群管理里的“匿名”，再点“已阅”；其他事请私聊机器人。",
    )
}

/// A link that is not ours, or whose push is gone.
pub fn link_gone() -> Outgoing {
    plain("这个链接已经失效，没有记录，请以最新的一条为准。")
}

fn plain(text: &str) -> Outgoing {
    Outgoing { text: Rich::plain(text), buttons: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("已阅", true)]
    #[case(" 已阅。\n", true)]
    #[case("已阅！", true)]
    #[case("已阅!", true)]
    #[case("已阅了", false)]
    #[case("没有已阅", false)]
    #[case("已 阅", false)]
    #[case("", false)]
    #[case("。", false)]
    fn only_the_words_of_the_button_confirm(#[case] text: &str, #[case] confirms: bool) {
        assert_eq!(is_confirmation(text), confirms);
    }

    #[test]
    fn the_choice_fits_on_buttons() {
        let title = "元旦将至，请记住“五个严禁”，廉洁过节，从我做起，从现在做起";
        let choices = ["收礼多少算违规？", title].map(|title| Choice { title, data: "a".to_owned() });
        let out = reply(&PressResult::Several, "全体", choices.into(), Tz::Asia__Shanghai);
        let labels = out.buttons.iter().flatten().map(|button| match button {
            Button::Press { label, .. } | Button::Open { label, .. } => label.as_str(),
        });
        let labels: Vec<_> = labels.collect();
        assert_eq!(out.text.to_plain(), "有几条还没有确认，请点其中一条。");
        assert_eq!(labels, ["收礼多少算违规？", "元旦将至，请记住“五个严禁”，廉洁过节，从我做…"]);
        assert_eq!(not_stored().text.to_plain(), "系统忙，这次还没有记录，请过几分钟再发一次。");
        assert!(anonymous().buttons.is_empty() && anonymous().text.to_plain().contains("匿名"));
        assert_eq!(link_gone().text.to_plain(), "这个链接已经失效，没有记录，请以最新的一条为准。");
    }
}
