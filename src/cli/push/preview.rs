//! What goes out next, as an admin reads it before it reaches people.

use chrono::TimeDelta;
use chrono_tz::Tz;
use serde::Serialize;

use crate::cli::out::{self, Ended, Form};
use crate::cli::refusal;
use crate::domain::calendar::{Day, DayKind};
use crate::domain::schedule::MovedBy;
use crate::domain::slot::MissReason;
use crate::domain::wall;
use crate::domain::word::Confirm;
use crate::message::outgoing::{Button, Outgoing};
use crate::message::print::{day_time, local, time, weekday};
use crate::message::schedule::outcome;
use crate::office::push::{Chat, Coming, Draft, Heads};

#[derive(Serialize)]
struct ComingJson<'a> {
    schedule: i64,
    name: &'a str,
    at: String,
    local: String,
    weekday: &'static str,
    item: Option<&'a str>,
    version: Option<i64>,
    title: Option<&'a str>,
    confirm: Option<&'a str>,
    deadline: Option<String>,
    expected: Option<usize>,
    exempt: Option<usize>,
    unasked: Option<usize>,
    unbound: Option<usize>,
    groups: Vec<i64>,
    /// Which item of its week it is in each group.
    week: Vec<WeekJson>,
    moved_from: Option<String>,
    reason: Option<&'static str>,
    /// Seconds until all of it is out.
    takes: i64,
    text: Option<String>,
}

#[derive(Serialize)]
struct WeekJson {
    group: i64,
    nth: u32,
    most: u32,
}

impl<'a> ComingJson<'a> {
    fn of(coming: &'a Coming, zone: Tz) -> Self {
        let (entry, draft) = (&coming.entry, coming.draft.as_ref());
        let stop = coming.stop.as_ref().map(|(reason, _)| MissReason::as_str(*reason));
        let week = |chat: &Chat| WeekJson { group: chat.id.0, nth: chat.nth, most: coming.per_week };
        Self {
            schedule: entry.schedule.0,
            name: &entry.name,
            at: out::instant(entry.at, zone),
            local: local(entry.at, zone),
            weekday: weekday(entry.at, zone),
            item: entry.item.as_ref().map(|item| item.slug.as_str()),
            version: draft.map(|draft| draft.version),
            title: draft.map(|draft| draft.title.as_str()),
            confirm: draft.map(|draft| draft.confirm.as_str()),
            deadline: draft.and_then(|draft| draft.deadline).map(|at| out::instant(at, zone)),
            expected: draft.map(|draft| draft.heads.expected),
            exempt: draft.map(|draft| draft.heads.exempt),
            unasked: draft.map(|draft| draft.heads.unasked),
            unbound: draft.map(|draft| draft.heads.unbound),
            groups: coming.chats.iter().map(|chat| chat.id.0).collect(),
            week: coming.chats.iter().map(week).collect(),
            moved_from: entry.moved.map(|(from, _)| out::instant(from, zone)),
            reason: stop.or_else(|| entry.moved.map(|(_, by)| MovedBy::as_str(by))),
            takes: coming.takes.num_seconds(),
            text: draft.map(|draft| draft.words.text.to_plain()),
        }
    }
}

/// Prints it.
pub(super) fn print(coming: &Coming, zone: Tz, form: Form) -> Ended {
    match form {
        Form::Json => out::json(&ComingJson::of(coming, zone)),
        Form::Text => out::print(&text(coming, zone)),
    }
}

fn text(coming: &Coming, zone: Tz) -> String {
    let entry = &coming.entry;
    let mut lines = Vec::new();
    if let Some(draft) = &coming.draft {
        lines.push(sample(&draft.words));
        lines.push(String::new());
    }
    lines.push("下一次推送，现在还没有发出".to_owned());
    lines.push(format!("计划：{}", entry.name));
    lines.extend(coming.draft.as_ref().map(content));
    lines.push(format!("发到：{}", chats(&coming.chats)));
    lines.extend(coming.draft.as_ref().map(|draft| heads(&draft.heads)));
    lines.push(format!("时间：{}", when(coming, zone)));
    lines.extend(entry.moved.map(|(from, by)| format!("改期：{}", outcome::moved(from, by, zone))));
    if let Some(draft) = &coming.draft {
        lines.push(format!("方式：{}", manner(draft.confirm)));
        let until = |at| format!("期限：{}（{}）", day_time(at, zone), weekday(at, zone));
        lines.extend(draft.deadline.map(until));
        lines.push(takes(coming.takes));
    }
    if let Some((_, refusal)) = &coming.stop {
        lines.push(format!("\n照现在的情况到时不会发出：{}", refusal::words(refusal)));
    }
    lines.join("\n")
}

/// The message with its buttons, as a chat shows it.
fn sample(words: &Outgoing) -> String {
    let label = |button: &Button| match button {
        Button::Press { label, .. } | Button::Open { label, .. } => format!("[ {label} ]"),
    };
    let row = |row: &Vec<Button>| row.iter().map(label).collect::<Vec<_>>().join(" ");
    let rows = words.buttons.iter().map(row).collect::<Vec<_>>().join("\n");
    format!("{}\n{rows}", words.text.to_plain())
}

fn content(draft: &Draft) -> String {
    format!("内容：《{}》 {}第{}版（上方为实际样子）", draft.title, draft.code, draft.version)
}

fn chats(chats: &[Chat]) -> String {
    let titles: Vec<&str> = chats.iter().map(|chat| chat.title.as_str()).collect();
    format!("{}，共{}个群", titles.join("、"), chats.len())
}

fn heads(heads: &Heads) -> String {
    let Heads { expected, exempt, unasked, unbound } = heads;
    let unreached = if *unbound == 0 {
        String::new()
    } else {
        format!("；其中{unbound}人未绑定，届时列“未送达”")
    };
    let relayed = relayed(*unasked);
    format!("应知：{expected}人＝在册{}－免计{exempt}{unreached}{relayed}", expected + exempt)
}

/// Of people on a platform where nobody can press back: they are told, and nothing is counted.
pub(super) fn relayed(unasked: usize) -> String {
    if unasked == 0 { String::new() } else { format!("；另由人工转发面向{unasked}人，不统计阅知") }
}

/// 预计2秒内发完
pub(super) fn takes(takes: TimeDelta) -> String {
    match takes.num_seconds() {
        seconds @ ..=99 => format!("预计{seconds}秒内发完"),
        seconds => format!("预计{}分钟内发完", (seconds + 59) / 60),
    }
}

/// 11月25日（周三，工作日）09:30，在允许时段内；2个群当周各第1条（上限3条）
fn when(coming: &Coming, zone: Tz) -> String {
    let at = coming.entry.at;
    let date = wall::of(at, zone).format("%-m月%-d日");
    let hours = if coming.in_hours { "，在允许时段内" } else { "" };
    let due = if coming.overdue { "，已到时间，服务运行时就发" } else { "" };
    let (weekday, day) = (weekday(at, zone), day(&coming.day));
    format!("{date}（{weekday}，{day}）{}{hours}{due}；{}", time(at, zone), week(&coming.chats, coming.per_week))
}

fn day(day: &Day) -> String {
    match day.kind {
        DayKind::Workday => "工作日".to_owned(),
        DayKind::Makeup => "调休上班".to_owned(),
        DayKind::Weekend => "周末".to_owned(),
        DayKind::Holiday => format!("{}放假", day.name.as_deref().unwrap_or_default()),
    }
}

/// Which item of its week it is in the chats.
fn week(chats: &[Chat], most: u32) -> String {
    let nth = match chats {
        [only] => format!("当周第{}条", only.nth),
        [first, rest @ ..] if rest.iter().all(|chat| chat.nth == first.nth) => {
            format!("{}个群当周各第{}条", chats.len(), first.nth)
        }
        several => {
            let each = several.iter().map(|chat| format!("“{}”第{}条", chat.title, chat.nth));
            format!("当周{}", each.collect::<Vec<_>>().join("、"))
        }
    };
    format!("{nth}（上限{most}条）")
}

/// What its readers are asked, and what comes of it.
const fn manner(confirm: Confirm) -> &'static str {
    match confirm {
        Confirm::Required => "需知悉，列未确认人员",
        Confirm::Voluntary => "自愿阅读，不提醒，不列未阅人员",
        Confirm::None => "不统计，没有“已阅”按钮",
    }
}
