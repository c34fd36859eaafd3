//! What a press on a button is answered with: at most 200 characters, and 已记录 only after the commit.

use chrono_tz::Tz;

use super::outgoing::{Answer, Emphasis};
use super::print::day_time;
use crate::domain::ack::PressResult;

/// The answer to a press on 已阅. `bind` is the link into the private chat, where the bot's name is known.
pub fn press(result: &PressResult, audience: &str, bind: Option<String>, zone: Tz) -> Answer {
    match result {
        PressResult::Recorded { at } => toast(format!("已记录（{}），谢谢。", day_time(*at, zone))),
        PressResult::Again { at } => toast(format!("已记录过（{}），不用再点。", day_time(*at, zone))),
        PressResult::Late { deadline } => {
            toast(format!("已记录。本条{}截止，按“截止后确认”统计。", day_time(*deadline, zone)))
        }
        PressResult::NotBound => Answer {
            text: "已收到您的点击。还差一步：绑定工号，约一分钟，绑定后这次自动计入。".to_owned(),
            emphasis: Emphasis::Alert,
            open: bind,
        },
        PressResult::Outside => alert(format!("谢谢阅读。本条面向{audience}，您不在应知范围，不计入统计。")),
        PressResult::Unlisted => alert("谢谢阅读。本条发出时您不在应知范围，不计入统计。".to_owned()),
        PressResult::Exempt => alert("已记录。您目前在免计范围，点不点都不影响统计。".to_owned()),
        PressResult::Recalled => alert("本条已撤回，不用确认，请以新发的一条为准。".to_owned()),
        PressResult::Unknown => unknown(),
        PressResult::Nothing => toast("现在没有需要您确认的内容。".to_owned()),
        PressResult::Several => toast("有几条还没有确认，请点其中一条。".to_owned()),
    }
}

/// The press could not be stored.
pub fn not_stored() -> Answer {
    alert("系统忙，这次还没有记录，请过几分钟再点一次。".to_owned())
}

/// A button that is not ours, or of something that is gone.
pub fn unknown() -> Answer {
    alert("这个按钮已经失效，没有记录，请以最新的一条为准。".to_owned())
}

/// Pressed in the name of the group: the platform does not say who it was.
pub fn anonymous() -> Answer {
    alert("现在是匿名身份，认不出是谁，没有记录。请关闭群管理里的“匿名”后再点一次。".to_owned())
}

/// 看原文: the article's number and its words.
pub fn basis(text: String) -> Answer {
    alert(text)
}

/// A press whose outcome is said in the chat itself.
pub fn quiet() -> Answer {
    toast(String::new())
}

fn toast(text: String) -> Answer {
    Answer { text, emphasis: Emphasis::Toast, open: None }
}

fn alert(text: String) -> Answer {
    Answer { text, emphasis: Emphasis::Alert, open: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};

    #[test]
    fn every_case_reads_as_printed_and_fits() {
        let at = DateTime::from_timestamp(1_795_570_860, 0).unwrap_or_default();
        let deadline = at + TimeDelta::days(36);
        let link = Some("https://t.me/qingfeng_bot?start=bind".to_owned());
        let cases = [
            PressResult::Recorded { at },
            PressResult::Again { at },
            PressResult::Late { deadline },
            PressResult::NotBound,
            PressResult::Outside,
            PressResult::Unlisted,
            PressResult::Exempt,
            PressResult::Recalled,
            PressResult::Unknown,
            PressResult::Nothing,
            PressResult::Several,
        ];
        let mut answers: Vec<Answer> =
            cases.iter().map(|case| press(case, "党员", link.clone(), Tz::Asia__Shanghai)).collect();
        answers.extend([not_stored(), anonymous()]);
        assert!(answers.iter().all(|answer| answer.text.encode_utf16().count() <= 200));
        let lines =
            answers.iter().map(|a| format!("{:?} {}{}", a.emphasis, a.text, a.open.as_deref().unwrap_or_default()));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    }
}
