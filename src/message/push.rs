//! The push as a group reads it. No denominators, no percentages, nobody is named.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::outgoing::{Button, Outgoing};
use super::print;
use super::quiz::{self, Asked};
use crate::domain::content::{ItemSource, Theme, basis_label};
use crate::domain::hearing::Gap;
use crate::domain::rich::{Rich, Span};

/// Everything a copy of a push says.
#[derive(Debug, Clone)]
pub struct Copy<'a> {
    pub item: &'a ItemSource,
    /// The item's body with its placeholders filled.
    pub body: &'a Rich,
    pub version: i64,
    /// It goes out late: when it was due.
    pub due: Option<DateTime<Utc>>,
    /// Required pushes are to be confirmed before this.
    pub deadline: Option<DateTime<Utc>>,
    /// Another copy may be in the chat already.
    pub resent: bool,
    /// Times of which presses may be lost, in order.
    pub silent: &'a [Gap],
    /// How many confirmed, when that is shown.
    pub count: Option<i64>,
    /// The questions it asks, when it does.
    pub asked: Option<Asked<'a>>,
    pub zone: Tz,
}

/// What the buttons carry.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// 已阅; none for a push that asks for nothing.
    pub ack: Option<String>,
    /// 看原文
    pub basis: String,
}

/// One copy with its buttons.
pub fn copy(copy: &Copy<'_>, tags: Tags) -> Outgoing {
    let item = copy.item;
    let mut text = Rich::default();
    text.push(vec![Span::Bold(heading(copy))]);
    for paragraph in &copy.body.0 {
        text.push(paragraph.clone());
    }
    if item.theme != Theme::Festival {
        text.push(vec![Span::Bold(format!("记住一句：{}", item.takeaway))]);
    }
    text.push(vec![Span::Plain(source(copy))]);
    text.0.extend(copy.asked.as_ref().and_then(quiz::paragraph));
    if !copy.silent.is_empty() {
        text.push(vec![Span::Plain(lost(copy.silent, copy.zone))]);
    }
    if let Some(count) = copy.count.filter(|count| *count > 0) {
        text.push(vec![Span::Plain(format!("已阅{count}人"))]);
    }
    let ack = tags.ack.map(|data| Button::Press { label: "已阅".to_owned(), data });
    let basis = Button::Press { label: "看原文".to_owned(), data: tags.basis };
    let rows = [ack.into_iter().chain([basis]).collect()].into_iter();
    Outgoing { text, buttons: rows.chain(copy.asked.clone().map(quiz::buttons)).collect() }
}

fn heading(copy: &Copy<'_>) -> String {
    let resent = if copy.resent { "（补发）" } else { "" };
    let due = copy.due.map(|at| format!("原定{}　", print::time(at, copy.zone))).unwrap_or_default();
    let kind = match copy.item.theme {
        Theme::Festival => "节前廉洁提醒",
        Theme::Notice => "通知",
        Theme::Gifts
        | Theme::Reception
        | Theme::Business
        | Theme::Service
        | Theme::Discipline
        | Theme::Supervision
        | Theme::Duty
        | Theme::Secrecy
        | Theme::Privacy
        | Theme::Frugality
        | Theme::Archives
        | Theme::Law => "廉政小知识",
    };
    format!("{resent}{due}【{kind}】{}", copy.item.title)
}

/// Said quietly, once per time: whoever pressed in vain learns it where they pressed.
fn lost(gaps: &[Gap], zone: Tz) -> String {
    let spans: Vec<String> = gaps.iter().map(|gap| print::span(gap.from, gap.to, zone)).collect();
    format!("{}系统没有收到点击，这段时间点过的，请再点一次。", spans.join("、"))
}

/// Whom it is for, what it rests on, which version, and until when to confirm.
fn source(copy: &Copy<'_>) -> String {
    let item = copy.item;
    let mut lines = vec![
        format!("适用：{}", item.audience.label()),
        format!("依据：{}", basis_label(&item.basis)),
        format!("编号{}　第{}版　{}核对", item.code, copy.version, print::date(item.verified_on)),
    ];
    if let Some(deadline) = copy.deadline {
        lines.push(format!("请于{}前点“已阅”。", print::day_time(deadline, copy.zone)));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use crate::domain::content::{fill, parse};

    const ZONE: Tz = Tz::Asia__Shanghai;

    fn item(path: &str) -> ItemSource {
        let (folder, stem) = path.split_once('/').unwrap();
        let file = format!("{}/content/items/{path}.md", env!("CARGO_MANIFEST_DIR"));
        parse(folder, stem, &std::fs::read_to_string(file).unwrap()).unwrap()
    }

    fn read<'a>(item: &'a ItemSource, change: impl FnOnce(&mut Copy<'a>)) -> String {
        let body = Box::leak(Box::new(fill(&item.body, |_| Some("内线8000".to_owned())).unwrap()));
        let mut said = Copy {
            item,
            body,
            version: 2,
            due: None,
            deadline: None,
            resent: false,
            silent: &[],
            count: None,
            asked: None,
            zone: ZONE,
        };
        change(&mut said);
        printed(&copy(&said, Tags { ack: Some("a".to_owned()), basis: "b".to_owned() }))
    }

    fn printed(out: &Outgoing) -> String {
        let rows = out.buttons.iter().map(|row| row.iter().map(label).collect::<Vec<_>>().join(" "));
        format!("{}\n{}", out.text.to_plain(), rows.collect::<Vec<_>>().join("\n"))
    }

    /// The item with what it asks, and with 26 who confirmed.
    fn asks(item: &ItemSource, asked: Asked<'_>) -> String {
        let body = fill(&item.body, |_| None).unwrap();
        let said = Copy {
            item,
            body: &body,
            version: 2,
            due: None,
            deadline: None,
            resent: false,
            silent: &[],
            count: Some(26),
            asked: Some(asked),
            zone: ZONE,
        };
        printed(&copy(&said, Tags { ack: Some("a".to_owned()), basis: "b".to_owned() }))
    }

    fn label(button: &Button) -> String {
        match button {
            Button::Press { label, .. } | Button::Open { label, .. } => format!("[ {label} ]"),
        }
    }

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_788_226_200 + seconds, 0).unwrap()
    }

    #[test]
    fn a_voluntary_push_reads_as_printed() {
        insta::assert_snapshot!(read(&item("gifts/gift-no-threshold"), |copy| copy.count = Some(26)));
    }

    #[test]
    fn a_required_reminder_reads_as_printed() {
        let festival = item("festival/mid-autumn-national-2026");
        insta::assert_snapshot!(read(&festival, |copy| copy.deadline = Some(at(28_800))));
    }

    #[test]
    fn a_late_copy_and_a_second_copy_say_so() {
        let gift = item("gifts/gift-no-threshold");
        let heading = |text: String| text.lines().next().unwrap_or_default().to_owned();
        assert_eq!(
            heading(read(&gift, |copy| copy.due = Some(at(0)))),
            "原定09:30　【廉政小知识】收礼多少算违规？法条没有“起点金额”"
        );
        assert_eq!(
            heading(read(&gift, |copy| copy.resent = true)),
            "（补发）【廉政小知识】收礼多少算违规？法条没有“起点金额”"
        );
    }

    #[test]
    fn lost_presses_are_said_above_the_count() {
        let [first, second] =
            [0, 7_200].map(|from| Gap { from: at(from), to: at(from + 840), settled: at(from + 850) });
        let gift = item("gifts/gift-no-threshold");
        let line = |gaps: &[Gap]| {
            let body = fill(&gift.body, |_| None).unwrap();
            let (silent, count) = (gaps, Some(26));
            let said = Copy {
                item: &gift,
                body: &body,
                version: 2,
                due: None,
                deadline: None,
                resent: false,
                silent,
                count,
                asked: None,
                zone: ZONE,
            };
            let text = copy(&said, Tags::default()).text.to_plain();
            text.lines().rev().filter(|line| !line.is_empty()).take(2).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(line(&[first])[0], "已阅26人");
        assert_eq!(line(&[first])[1], "9月1日09:30至09:44系统没有收到点击，这段时间点过的，请再点一次。");
        let both = "9月1日09:30至09:44、9月1日11:30至11:44系统没有收到点击，这段时间点过的，请再点一次。";
        assert_eq!(line(&[first, second])[1], both);
    }

    #[test]
    fn a_question_stands_under_the_item_with_a_letter_an_option() {
        let gift = item("gifts/gift-no-threshold");
        let question = gift.quiz.in_place().unwrap();
        let tags = ["x", "y", "z"].map(str::to_owned).to_vec();
        insta::assert_snapshot!(asks(&gift, Asked::Here { question, tags }));
    }

    #[test]
    fn several_questions_are_asked_in_private() {
        let kinds = item("discipline/six-kinds");
        assert!(kinds.quiz.in_place().is_none());
        let link = "https://t.me/qingfeng_bot?start=quiz_1".to_owned();
        let text = asks(&kinds, Asked::Private { questions: kinds.quiz.0.len(), link });
        assert!(!text.contains("小题"), "{text}");
        assert_eq!(text.lines().last(), Some("[ 答题（私聊，2题） ]"));
    }

    #[test]
    fn nobody_having_confirmed_is_not_said() {
        assert!(!read(&item("gifts/gift-no-threshold"), |copy| copy.count = Some(0)).contains("已阅0人"));
    }
}
