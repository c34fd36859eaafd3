//! 这个群面向哪些单位？ as an admin reads it.

use super::dialogue::{Worded, common, plain, unit_labels};
use super::outgoing::{Button, Outgoing};
use crate::domain::dialogue::Pick;
use crate::domain::dialogue::chat::{Ended, Question};
use crate::domain::rich::Rich;

/// Units named one by one at most; of more their number is said.
const NAMED_MOST: usize = 12;

/// The question and its buttons.
pub fn question(question: &Question, picks: &[Pick]) -> Worded {
    let page = question.page;
    let pages = if page.of > 1 { format!("（第{}页，共{}页）", page.at + 1, page.of) } else { String::new() };
    let picked = if question.picked.is_empty() {
        "还没有选。".to_owned()
    } else {
        format!("已选：{}。今天应知{}人。", named(&question.picked), question.expected)
    };
    let text = format!("“{}”这个群面向哪些单位？点一下选上，再点一下去掉{pages}。\n{picked}", question.title);
    let paths: Vec<&str> = question.rows.iter().map(|row| row.path.as_str()).collect();
    let labels = unit_labels(&paths);
    let label = |pick: &Pick| {
        let row = question.rows.iter().zip(&labels).find(|(row, _)| row.pick == *pick);
        let own = row.map(|(row, label)| {
            let (mark, whole) = (if row.on { "✓ " } else { "" }, if row.parent { "（全部）" } else { "" });
            format!("{mark}{label}{whole}")
        });
        own.or_else(|| common(*pick)).unwrap_or_else(|| "完成".to_owned())
    };
    Worded { text, labels: picks.iter().map(label).collect() }
}

/// How it ended.
pub fn ended(ended: &Ended) -> Outgoing {
    plain(&match ended {
        Ended::Linked { title, units, expected } => format!(
            "已关联：“{title}”面向{}，今天应知{expected}人。群里会先发一条说明，之后按计划推送。无需处理。",
            named(units)
        ),
        Ended::Already { title, units } => {
            format!("已有管理员关联了“{title}”，面向{}。这里没有改动，无需处理。", named(units))
        }
        Ended::Gone => "机器人已经不在这个群里了，没有改动。无需处理。".to_owned(),
        Ended::Left { title } => format!(
            "没有关联，机器人在“{title}”里不说话。要关联，请把它移出群再拉进来，或在本机运行：qingfeng group link。"
        ),
    })
}

/// The question ran out; `tag` asks it anew.
pub fn expired(tag: String) -> Outgoing {
    let again = Button::Press { label: "重新选单位".to_owned(), data: tag };
    Outgoing { text: Rich::plain("时间过了，没有改动。"), buttons: vec![vec![again]] }
}

fn named(paths: &[String]) -> String {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let labels = unit_labels(&paths);
    if labels.len() <= NAMED_MOST {
        return labels.join("、");
    }
    format!("{}等{}个单位", labels[..NAMED_MOST].join("、"), labels.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::dialogue::Page;
    use crate::domain::dialogue::chat::rows;
    use crate::ids::UnitId;

    fn shown(picked: &[i64], count: usize) -> String {
        let paths = ["管委会/机关/综合科", "管委会/机关/规划科", "管委会/企业科", "服务中心"].map(str::to_owned);
        let more = (paths.len()..count).map(|n| format!("服务中心/第{n}组"));
        let units: Vec<(UnitId, String)> = (1..).map(UnitId).zip(paths.into_iter().chain(more)).collect();
        let picked: Vec<UnitId> = picked.iter().copied().map(UnitId).collect();
        let rows = rows(&units, &picked);
        let page = Page::of(rows.len(), 0);
        let picks = page.picks(&rows, |row| row.pick, &[Pick::Confirm]);
        let names = units.into_iter().filter(|(id, _)| picked.contains(id)).map(|(_, path)| path).collect();
        let asked = Question { title: "规划群".to_owned(), rows, page, picked: names, expected: 9 };
        let worded = question(&asked, &picks);
        format!("{}\n[ {} ]", worded.text, worded.labels.join(" ] [ "))
    }

    #[test]
    fn a_chat_is_asked_about_and_its_ends_read_as_printed() {
        let units = |n: usize| (1..=n).map(|n| format!("管委会/第{n}科")).collect::<Vec<_>>();
        let ends = [
            Ended::Linked { title: "规划群".to_owned(), units: units(1), expected: 5 },
            Ended::Linked { title: "大群".to_owned(), units: units(30), expected: 412 },
            Ended::Already { title: "规划群".to_owned(), units: units(2) },
            Ended::Gone,
            Ended::Left { title: "规划群".to_owned() },
        ];
        let asked = [shown(&[], 4), shown(&[1, 2], 4), shown(&[3], 20)];
        let ends = ends.iter().map(|end| ended(end).text.to_plain()).chain([expired(String::new()).text.to_plain()]);
        insta::assert_snapshot!(asked.into_iter().chain(ends).collect::<Vec<_>>().join("\n----\n"));
    }
}
