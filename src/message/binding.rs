//! Joining: the notice that comes before anything is bound, the question, the answers.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::outgoing::{Button, Outgoing};
use super::print::{Masked, day_time, time};
use crate::domain::invite::{FAILURES_MOST, PAUSE_MINUTES};
use crate::domain::rich::{Rich, Span};

/// What 是我，绑定 and 不是我 carry.
#[derive(Debug, Clone)]
pub struct Tags {
    pub accept: String,
    pub decline: String,
}

fn notice_paragraph(office: &str, contact: &str) -> Vec<String> {
    vec![
        format!("您好，我是{office}的廉政学习提醒机器人。绑定前请先看："),
        "① 记录什么：工号、所在单位、本平台账号编号，以及点“已阅”、答题、请假、到会登记的时间。".to_owned(),
        "② 做什么用：推送学习内容，统计知悉和到会情况。不打分，不排先后，不作为考核依据。".to_owned(),
        "③ 放在哪里：存在本单位电脑上，个人记录保存13个月，之后只留合计；集中学习台账按本单位档案规定保存。\
         消息经Telegram境外服务器传送，所以这里不出现完整姓名、职务和电话。"
            .to_owned(),
        format!("查看、更正、提意见：/mydata　/privacy　/feedback。联系：{contact}。"),
    ]
}

/// What is stored, why and where, and the request for the code.
pub fn notice(office: &str, contact: &str) -> Outgoing {
    let mut lines = notice_paragraph(office, contact);
    lines.push("同意就请发送纸条上的8位绑定码。".to_owned());
    plain(&lines.join("\n"))
}

/// What is stored, why and where.
pub fn privacy(office: &str, contact: &str) -> Outgoing {
    plain(&notice_paragraph(office, contact).join("\n"))
}

/// The notice and the question in one message, for a code that came before the notice was shown.
pub fn notice_and_question(office: &str, contact: &str, question: &Question<'_>) -> Outgoing {
    let mut text = Rich::plain(notice_paragraph(office, contact).join("\n"));
    text.push(vec![Span::Plain(check(question))]);
    text.push(vec![Span::Plain("同意并且是您本人，请点“是我，绑定”；不同意请不要点。".to_owned())]);
    Outgoing { text, buttons: vec![buttons(question.tags)] }
}

/// Whom a code belongs to.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub person: &'a Masked,
    pub unit: &'a str,
    pub tags: &'a Tags,
}

/// Is it you?
pub fn question(question: &Question<'_>) -> Outgoing {
    Outgoing { text: Rich::plain(check(question)), buttons: vec![buttons(question.tags)] }
}

fn check(question: &Question<'_>) -> String {
    let Masked { name, tail } = question.person;
    format!("请核对：{name}，{}，工号尾号{tail}。是您本人吗？", question.unit)
}

fn buttons(tags: &Tags) -> Vec<Button> {
    let button = |label: &str, data: &String| Button::Press { label: label.to_owned(), data: data.clone() };
    vec![button("是我，绑定", &tags.accept), button("不是我", &tags.decline)]
}

/// What 看最近一条 and 我的记录 carry.
#[derive(Debug, Clone)]
pub struct Next {
    pub latest: String,
    pub record: String,
}

/// Bound; says which presses of before count now.
pub fn bound(credited: &[DateTime<Utc>], next: &Next, zone: Tz) -> Outgoing {
    let credited = match credited {
        [] => String::new(),
        [only] => format!("您{}在群里点的那一条已经补记。", day_time(*only, zone)),
        [first, ..] => format!("您{}以来在群里点的{}条已经补记。", day_time(*first, zone), credited.len()),
    };
    let text = Rich::plain(format!("绑定好了。{credited}以后在群里点“已阅”就行，不用再来这里。"));
    let button = |label: &str, data: &String| Button::Press { label: label.to_owned(), data: data.clone() };
    Outgoing {
        text, buttons: vec![vec![button("看最近一条", &next.latest), button("我的记录", &next.record)]]
    }
}

/// 看最近一条: there is none.
pub fn nothing_yet() -> Outgoing {
    plain("最近没有发给您的内容。新的一条会发在群里。")
}

/// 是我 or 不是我 of someone who did not send that code.
pub fn not_asked() -> Outgoing {
    plain("请先发送您纸条上的8位绑定码，核对后再点按钮。")
}

/// To the admins: a code reached somebody else.
pub fn code_declined(person: &Masked, unit: &str) -> Outgoing {
    plain(&format!(
        "【管理员】{unit}{person}的绑定码到了别人手里，收到的人点了“不是我”。没有绑定，这个码仍然有效。\
         请核对纸条发给了谁；找不到纸条的，给本人重新发一张，旧码随即作废：/people 或 qingfeng staff invite 工号。"
    ))
}

/// The account is bound already.
pub fn already_bound() -> Outgoing {
    plain("您已经绑定好了，在群里点“已阅”就行，不用再绑定。")
}

/// 不是我
pub fn declined() -> Outgoing {
    plain("没有绑定，这个码仍然有效。请把纸条交还发放人。")
}

/// No such code.
pub fn wrong_code(left: i64) -> Outgoing {
    plain(&format!("没有找到这个绑定码，请核对（码里没有0、O、1、I）。还可以试{left}次。"))
}

/// Too many wrong codes.
pub fn paused(until: DateTime<Utc>, zone: Tz) -> Outgoing {
    plain(&format!("连续{FAILURES_MOST}次没有找到绑定码，先停{PAUSE_MINUTES}分钟，请在{}以后再试。", time(until, zone)))
}

/// The code was used before.
pub fn used(contact: &str) -> Outgoing {
    plain(&format!("这个码已经用过。如果不是您本人用的，请告诉{}。", who(contact)))
}

/// The code ran out, or a newer one was handed out.
pub fn expired(contact: &str) -> Outgoing {
    plain(&format!("这个码已经过期，或者已经换发新码。请找{}重新领一张纸条，原来的记录都在。", who(contact)))
}

/// Where to bring an opinion.
pub fn feedback(contact: &str) -> Outgoing {
    plain(&format!("谢谢。意见和建议请直接联系{contact}。"))
}

/// Whom to ask, without the bracket that says how to reach them.
fn who(contact: &str) -> &str {
    contact.split('（').next().unwrap_or(contact)
}

/// What the bot understands.
pub fn help(contact: &str) -> Outgoing {
    plain(&format!(
        "在群里点“已阅”就行，平时不用来这里。\n绑定：发送纸条上的8位绑定码。\n查看保存了什么：/mydata\n怎样保护您的信息：/privacy\n提意见：/feedback\n联系：{contact}。"
    ))
}

/// What is stored about the person who asks.
pub fn my_data(record: &Record<'_>, zone: Tz) -> Outgoing {
    let Masked { name, tail } = record.person;
    let lines = [
        Some("这里保存了您的：".to_owned()),
        Some(format!("{name}，{}，工号尾号{tail}", record.unit)),
        Some(format!("绑定时间：{}", day_time(record.bound_at, zone))),
        Some(format!("点“已阅”的时间：共{}条", record.acks)),
        (record.answers > 0).then(|| format!("作答（选了什么、对不对、什么时间）：共{}次", record.answers)),
        (record.absences > 0).then(|| format!("请假和免计：共{}条", record.absences)),
        record.muted.then(|| "私聊提醒：您已关闭".to_owned()),
        Some(format!("更正或删除，请联系{}。", record.contact)),
    ];
    plain(&lines.into_iter().flatten().collect::<Vec<_>>().join("\n"))
}

/// What is stored about a bound person.
#[derive(Debug, Clone)]
pub struct Record<'a> {
    pub person: &'a Masked,
    pub unit: &'a str,
    pub bound_at: DateTime<Utc>,
    /// How many confirmations are stored.
    pub acks: i64,
    /// How many answers to questions.
    pub answers: i64,
    /// How many absences.
    pub absences: i64,
    /// Whether the person wants no reminders.
    pub muted: bool,
    pub contact: &'a str,
}

fn plain(text: &str) -> Outgoing {
    Outgoing { text: Rich::plain(text), buttons: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE: Tz = Tz::Asia__Shanghai;
    const OFFICE: &str = "本单位机关党委";
    const CONTACT: &str = "机关党委办公室（内线见通讯录）";

    fn read(out: &Outgoing) -> String {
        let label = |button: &Button| match button {
            Button::Press { label, .. } | Button::Open { label, .. } => format!("[ {label} ]"),
        };
        let rows = out.buttons.iter().map(|row| row.iter().map(label).collect::<Vec<_>>().join(" "));
        [out.text.to_plain()].into_iter().chain(rows).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn joining_reads_as_printed() {
        let at = DateTime::from_timestamp(1_795_570_860, 0).unwrap_or_default();
        let person = Masked { name: "张*".to_owned(), tail: "08".to_owned() };
        let tags = Tags { accept: "y".to_owned(), decline: "n".to_owned() };
        let next = Next { latest: "v".to_owned(), record: "m".to_owned() };
        let asked = Question { person: &person, unit: "综合科", tags: &tags };
        let (unit, contact) = ("综合科", CONTACT);
        let record =
            Record { person: &person, unit, bound_at: at, acks: 12, answers: 0, absences: 0, muted: false, contact };
        let all = [
            notice(OFFICE, CONTACT),
            question(&asked),
            notice_and_question(OFFICE, CONTACT, &asked),
            bound(&[], &next, ZONE),
            bound(&[at], &next, ZONE),
            bound(&[at, at], &next, ZONE),
            nothing_yet(),
            declined(),
            not_asked(),
            code_declined(&person, "综合科"),
            already_bound(),
            wrong_code(4),
            paused(at, ZONE),
            used(CONTACT),
            expired(CONTACT),
            privacy(OFFICE, CONTACT),
            help(CONTACT),
            feedback(CONTACT),
            my_data(&record, ZONE),
        ];
        insta::assert_snapshot!(all.iter().map(read).collect::<Vec<_>>().join("\n----\n"));
    }

    #[test]
    fn everything_that_is_stored_is_named() {
        let person = Masked { name: "张*".to_owned(), tail: "08".to_owned() };
        let bound_at = DateTime::from_timestamp(1_795_570_860, 0).unwrap_or_default();
        let counts = Record {
            person: &person,
            unit: "综合科",
            bound_at,
            acks: 12,
            answers: 4,
            absences: 1,
            muted: true,
            contact: CONTACT,
        };
        let said = my_data(&counts, ZONE).text.to_plain();
        let lines: Vec<&str> = said.lines().skip(3).take(4).collect();
        assert_eq!(
            lines,
            [
                "点“已阅”的时间：共12条",
                "作答（选了什么、对不对、什么时间）：共4次",
                "请假和免计：共1条",
                "私聊提醒：您已关闭"
            ]
        );
    }
}
