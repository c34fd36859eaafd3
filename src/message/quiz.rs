//! Questions about an item: as they stand under it, as they are asked in private, and what an answer is told.

use super::dialogue::{Worded, plain};
use super::outgoing::{Answer, Button, Emphasis, Outgoing};
use super::toast;
use crate::domain::content::Basis;
use crate::domain::dialogue::Pick;
use crate::domain::dialogue::quiz::{Ended, Question as Shown, Row, Summary};
use crate::domain::month::Month;
use crate::domain::quiz::{Answered, Letters, Pressed, Question};
use crate::domain::rich::{Paragraph, Span};

/// Letters that fit a row of a phone.
pub const LETTERS_IN_A_ROW: usize = 6;
/// Nobody went on answering for too long.
pub const RAN_OUT: &str = "时间过了。答过的题已经记下；要接着答，请在那一条下面再点一次“答题”。";

/// What a copy asks.
#[derive(Debug, Clone)]
pub enum Asked<'a> {
    /// A single choice under the copy itself, with what its buttons carry, one an option.
    Here { question: &'a Question, tags: Vec<String> },
    /// So many questions in private, by this link.
    Private { questions: usize, link: String },
}

/// The paragraph under an item.
pub(super) fn paragraph(asked: &Asked<'_>) -> Option<Paragraph> {
    match asked {
        Asked::Here { question, .. } => {
            let text = format!("\n{}\n点字母作答，答案和对错只有您自己看得到。", options(question));
            Some(vec![Span::Bold(format!("【小题】{}", question.text)), Span::Plain(text)])
        }
        Asked::Private { .. } => None,
    }
}

/// The buttons under an item.
pub(super) fn buttons(asked: Asked<'_>) -> Vec<Button> {
    match asked {
        Asked::Here { tags, .. } => {
            let label = |option: u8| Letters::one(option).map(|letter| letter.to_string()).unwrap_or_default();
            (0_u8..).zip(tags).map(|(option, data)| Button::Press { label: label(option), data }).collect()
        }
        Asked::Private { questions, link } => {
            vec![Button::Open { label: format!("答题（私聊，{questions}题）"), url: link }]
        }
    }
}

fn options(question: &Question) -> String {
    let line = |(option, text): (u8, &String)| {
        format!("{}．{text}", Letters::one(option).map(|letter| letter.to_string()).unwrap_or_default())
    };
    (0_u8..).zip(&question.options).map(line).collect::<Vec<_>>().join("\n")
}

/// The answer to a press on an option; `bind` is the link into the private chat.
pub fn pressed(pressed: &Pressed, bind: Option<String>) -> Answer {
    match pressed {
        Pressed::Answered { answered, question, item_basis } => {
            alert(verdict(*answered, question, item_basis.as_ref()))
        }
        Pressed::NotBound => Answer {
            text: "答题前还差一步：绑定工号，约一分钟。这次没有记录，绑定后请再点一次。".to_owned(),
            emphasis: Emphasis::Alert,
            open: bind,
        },
        Pressed::Recalled => alert(recalled().to_owned()),
        Pressed::Closed(month) => alert(closed(*month)),
        Pressed::Foreign => alert("这个按钮不属于这条消息，没有记录，请点原来那一条。".to_owned()),
        Pressed::Unknown => toast::unknown(),
    }
}

fn recalled() -> &'static str {
    "本条已撤回，不用答题，请以新发的一条为准。"
}

fn closed(month: Option<Month>) -> String {
    let month = month.map_or_else(|| "当月".to_owned(), |month| format!("{}月", month.number()));
    format!("{month}统计已截止，不再收答案，这次没有记录。")
}

/// A right answer is told why; a wrong one as well, once it cannot be given again.
fn verdict(answered: Answered, question: &Question, item_basis: Option<&Basis>) -> String {
    let why = format!("{}（{}）", question.explain, question.cite(item_basis));
    match answered {
        Answered::Right => format!("答对了。{why}"),
        Answered::Wrong { left: 0 } => format!("正确答案是{}。{why}", question.key),
        Answered::Wrong { left } => {
            format!("这次没有答对，还可以再答{left}次。可以先看看{}。", question.cite(item_basis))
        }
        Answered::Spent => format!("您已答过，正确答案是{}。{why}", question.key),
        Answered::Known => format!("您已经答对过。{why}"),
        Answered::NoOption => "没有这个选项，没有记录。".to_owned(),
    }
}

/// A question in private and its buttons.
pub fn question(shown: &Shown, picks: &[Pick]) -> Worded {
    let kind = if shown.asked.is_multiple() { "多选，选好后点“选好了”" } else { "单选" };
    let text = format!(
        "【答题】{}\n第{}题，共{}题（{kind}）\n{}\n{}",
        shown.title,
        shown.nth,
        shown.of,
        shown.asked.text,
        options(&shown.asked)
    );
    let label = |pick: &Pick| match pick {
        Pick::Option(option) => {
            let mark = if shown.marked.contains(*option) { "✓ " } else { "" };
            format!("{mark}{}", Letters::one(*option).map(|letter| letter.to_string()).unwrap_or_default())
        }
        Pick::Confirm => "选好了".to_owned(),
        Pick::Cancel
        | Pick::Previous
        | Pick::Next
        | Pick::Otherwise
        | Pick::Unit(_)
        | Pick::Above(..)
        | Pick::Person(_)
        | Pick::Day(_)
        | Pick::OtherDay
        | Pick::NoDay
        | Pick::Category(_)
        | Pick::Task(_) => "先不答了".to_owned(),
    };
    Worded { text, labels: picks.iter().map(label).collect() }
}

/// How it ended.
pub fn ended(ended: &Ended) -> Outgoing {
    match ended {
        Ended::Done(done) => plain(&summary(done, 0)),
        Ended::Again { summary: so_far, left } => plain(&summary(so_far, *left)),
        Ended::Later => plain("好的。答过的题已经记下；要接着答，请在那一条下面再点一次“答题”。"),
        Ended::Recalled => plain(recalled()),
        Ended::Closed(month) => plain(&closed(*month)),
        Ended::Nothing => link_gone(),
    }
}

/// The link leads to no question of ours.
pub fn link_gone() -> Outgoing {
    plain("这个链接已经失效，没有记录。请在最新的一条下面再点一次“答题”。")
}

fn summary(summary: &Summary, left: u8) -> String {
    let right = summary.rows.iter().filter(|row| row.counted.is_some_and(|one| one.right)).count();
    let head =
        format!("【答题】{}\n答完了：{}题，答对{right}题（只有您自己看得到）。", summary.title, summary.rows.len());
    let again =
        (left > 0).then(|| format!("没有答对的还可以再答{left}次，请在那一条下面再点一次“答题”。答案和解析答完再看。"));
    let rows = (1..).zip(&summary.rows).map(|(nth, row)| told(nth, row, left));
    [head].into_iter().chain(rows).chain(again).collect::<Vec<_>>().join("\n\n")
}

/// What is told of one question: of one that may be answered again, only that it was wrong.
fn told(nth: usize, row: &Row, left: u8) -> String {
    let asked = &row.asked;
    let Some(counted) = row.counted else { return format!("第{nth}题　没有作答") };
    // The first answer counts, and a later one was right.
    let later = !counted.right && row.known;
    let result = match (counted.right, later) {
        (true, _) => "答对了",
        (false, true) => "后来答对了（按第一次计，没有答对）",
        (false, false) => "没有答对",
    };
    if left > 0 && !row.known {
        return format!("第{nth}题　{result}");
    }
    let first = if later { "第一次" } else { "" };
    let chosen = if counted.right { String::new() } else { format!("，您{first}选的是{}", counted.chosen) };
    let (key, explain, basis) = (asked.key, &asked.explain, asked.basis.label());
    format!("第{nth}题　{result}，正确答案是{key}{chosen}。\n{explain}\n依据：{basis}")
}

fn alert(text: String) -> Answer {
    Answer { text, emphasis: Emphasis::Alert, open: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::content::ALERT_MAX_UNITS;
    use crate::domain::dialogue::quiz::Run;
    use crate::domain::quiz::Try;
    use crate::ids::AttemptId;

    fn asked(key: &str) -> Question {
        Question {
            text: "收了礼算不算违规，法条先看什么？".to_owned(),
            options: ["东西值多少钱", "会不会影响公正行使公权力", "是不是过节时送的"].map(str::to_owned).to_vec(),
            key: Letters::parse(key).unwrap(),
            explain: "第三十四条没有设起点金额，看的是会不会影响公正行使公权力。".to_owned(),
            basis: Basis::parse("《中华人民共和国公职人员政务处分法》（2020年7月1日起施行）第三十四条第一款").unwrap(),
        }
    }

    #[test]
    fn every_answer_reads_as_printed_and_fits() {
        let question = Box::new(asked("B"));
        let item_basis = Some(question.basis.clone());
        let told = [
            Answered::Right,
            Answered::Wrong { left: 0 },
            Answered::Wrong { left: 1 },
            Answered::Spent,
            Answered::Known,
            Answered::NoOption,
        ];
        let of = |answered| Pressed::Answered { answered, question: question.clone(), item_basis: item_basis.clone() };
        let others = [
            Pressed::NotBound,
            Pressed::Recalled,
            Pressed::Closed(Month::new(2026, 9)),
            Pressed::Foreign,
            Pressed::Unknown,
        ];
        let link = Some("https://t.me/qingfeng_bot?start=bind".to_owned());
        let answers: Vec<Answer> =
            told.into_iter().map(of).chain(others).map(|case| pressed(&case, link.clone())).collect();
        assert!(answers.iter().all(|answer| answer.text.encode_utf16().count() <= ALERT_MAX_UNITS));
        assert!(answers.iter().all(|answer| answer.emphasis == Emphasis::Alert));
        let lines = answers.iter().map(|a| format!("{}{}", a.text, a.open.as_deref().unwrap_or_default()));
        insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
    }

    #[test]
    fn the_longest_explanation_that_is_let_in_fits_the_alert() {
        let mut longest = asked("B");
        let other = Basis::parse("《某某规定》（2020年7月1日起施行）第九条").unwrap();
        for item in [None, Some(&other), Some(&longest.basis.clone())] {
            let room = ALERT_MAX_UNITS - asked("B").alert_units(item) + asked("B").explain.encode_utf16().count();
            longest.explain = "长".repeat(room.min(crate::domain::quiz::EXPLAIN_MAX_UNITS));
            assert!(longest.alert_units(item) <= ALERT_MAX_UNITS);
            let all = [
                Answered::Right,
                Answered::Wrong { left: 0 },
                Answered::Wrong { left: 2 },
                Answered::Spent,
                Answered::Known,
                Answered::NoOption,
            ];
            assert!(all.iter().all(|one| verdict(*one, &longest, item).encode_utf16().count() <= ALERT_MAX_UNITS));
        }
    }

    #[test]
    fn who_was_right_later_is_told_so_and_what_counts() {
        let wrong = Try { chosen: Letters::parse("A").unwrap(), right: false };
        let row = Row { asked: asked("B"), counted: Some(wrong), known: true };
        let line = told(1, &row, 0);
        let head = "第1题　后来答对了（按第一次计，没有答对），正确答案是B，您第一次选的是A。";
        assert_eq!(line.lines().next(), Some(head));
    }

    #[test]
    fn questions_and_ends_in_private_read_as_printed() {
        let run = Run { copy: AttemptId(1), at: Some(1), marked: 5 };
        let several = Shown { title: "题目".to_owned(), nth: 2, of: 2, asked: asked("AC"), marked: run.letters() };
        let picks = [0, 1, 2].map(Pick::Option).into_iter().chain([Pick::Confirm, Pick::Cancel]).collect::<Vec<_>>();
        let single = Shown { nth: 1, asked: asked("B"), marked: Letters::default(), ..several.clone() };
        let shown = |shown: &Shown, picks: &[Pick]| {
            let worded = question(shown, picks);
            format!("{}\n[ {} ]", worded.text, worded.labels.join(" ] [ "))
        };
        let wrong = Try { chosen: Letters::parse("A").unwrap(), right: false };
        let right = Try { chosen: Letters::parse("AC").unwrap(), right: true };
        let row = |asked, counted: Option<Try>| Row { asked, counted, known: counted.is_some_and(|one| one.right) };
        let rows = vec![row(asked("B"), Some(wrong)), row(asked("AC"), Some(right))];
        let summary = Summary { title: "题目".to_owned(), rows };
        let ends = [
            Ended::Done(summary.clone()),
            Ended::Again { summary, left: 1 },
            Ended::Later,
            Ended::Recalled,
            Ended::Closed(None),
            Ended::Nothing,
        ];
        let parts = [shown(&single, &picks[..3]), shown(&several, &picks)].into_iter();
        let parts = parts.chain(ends.iter().map(|end| ended(end).text.to_plain()));
        insta::assert_snapshot!(parts.collect::<Vec<_>>().join("\n———\n"));
    }
}
