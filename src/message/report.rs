//! The sentences of the month report: neutral, dated, never a judgement. Required and voluntary never share a rate.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use crate::domain::content::Theme;
use crate::domain::hearing::Silence;
use crate::domain::report::{Counts, DaysOff, Extent, Figures, MonthReport, PushRow, QuizReport, Rate};
use crate::domain::word::Confirm;
use crate::message::print;

/// What every term under the tables means; printed with every table.
pub const DEFINITIONS: &[&str] = &[
    "应知＝推送时在册人员－免计人员",
    "参与率＝已阅/可阅（小知识的应知称可阅）",
    "知悉率＝已确认/应知",
    "按期＝在截止时间前确认，请假的看顺延后的截止时间",
    "按期知悉率＝按期确认/应知",
    "按已送达计＝已确认/（应知－未送达－存疑）",
    "未送达＝系统未能送达，或者尚未绑定工号、无法记录",
    "存疑＝无法确定是否送达",
    "应知＝已确认＋未确认＋未送达＋存疑",
    "人数＝本月至少一次应知的人员，月内调动的计入最后一次推送时所在单位",
    "合计按人次相加后计算",
];

/// What the terms of the tables of questions mean; printed with them.
pub const QUIZ_DEFINITIONS: &[&str] = &[
    "答题参与率＝答题人次/应答人次（应答人次＝带小题的推送的应知人次）",
    "正确率＝答对题次/已答题次",
    "一题答过几次的，按设置取第一次或者最好的一次",
    "答题不到3人的不列答对数、正确率和错答，能由合计倒推的也不列",
    "免计人员和应知范围以外的人员答题不计入",
    "答题与阅读、确认分开统计",
];

/// What the figures are for, and what they are not for. Stands in every report.
pub const PURPOSE: &str = "供了解情况、改进内容使用，不作为对单位和个人考核评价的依据";

/// The month's questions in one sentence.
pub fn quiz(quiz: &QuizReport) -> String {
    let QuizReport { total, questions, .. } = quiz;
    format!(
        "小题{}道，自愿作答。答题参与率{}，正确率{}。",
        questions.len(),
        with_fraction(total.participation()),
        with_fraction(total.correct())
    )
}

/// The definitions as the note under the tables of questions.
pub fn quiz_note() -> String {
    format!("表注：{}。", QUIZ_DEFINITIONS.join("；"))
}

/// The title of the report.
pub fn title(report: &MonthReport) -> String {
    format!("{}年{}月廉政学习开展情况统计（供参考）", report.month.year(), report.month.number())
}

/// Which units it is about; `None` when it is about all of the office.
pub fn extent(report: &MonthReport) -> Option<String> {
    let names: Vec<&str> = report.units.iter().map(|row| row.name.as_str()).collect();
    match report.extent {
        Extent::Office => None,
        Extent::Units => Some(format!("本表只含：{}。人数和人次只按这些单位计算。", names.join("、"))),
    }
}

/// The definitions as the note under a table.
pub fn table_note() -> String {
    format!("表注：{}。", DEFINITIONS.join("；"))
}

/// The month in one paragraph.
pub fn summary(report: &MonthReport) -> String {
    let opening = if report.pushes.is_empty() { no_pushes(report) } else { pushed(report) };
    let cut_off = format!("数据截至{}，{PURPOSE}。", moment(report.as_of, report.zone));
    [opening, voluntary(report), required(report), cut_off].concat()
}

/// The sentences of 需要说明的情况: what the system did not do, push by push, then times in which
/// it took in no presses, days off, and what held all month.
pub fn notes(report: &MonthReport) -> Vec<String> {
    let mut notes: Vec<String> = report.pushes.iter().flat_map(|push| push_notes(report, push)).collect();
    notes.extend(interruptions(report));
    notes.extend(report.days_off.iter().map(days_off));
    notes.extend(month_notes(report));
    notes.extend(relayed(report));
    if notes.is_empty() {
        let fine = if report.pushes.is_empty() { "本月没有推送" } else { "本月推送、送达、记录正常" };
        notes.push(format!("{fine}，无需要说明的事项。"));
    }
    notes
}

/// What people passed on by hand; `None` in a month without.
pub fn relayed(report: &MonthReport) -> Option<String> {
    (report.relayed > 0).then(|| format!("本月发出的消息，其中人工转发{}条，不统计阅知。", report.relayed))
}

/// The times in which presses may be lost, and the acks that count as on time because they waited.
pub fn interruptions(report: &MonthReport) -> Vec<String> {
    let said = |silence: &Silence| {
        let Silence { gap, told } = silence;
        // As printed, so that the minutes are those between the two times.
        let minutes = gap.to.timestamp().div_euclid(60) - gap.from.timestamp().div_euclid(60);
        let told = if *told { "，恢复后已在群内提示可补点一次" } else { "" };
        format!("{}采集中断{minutes}分钟{told}。", print::span(gap.from, gap.to, report.zone))
    };
    let mut notes: Vec<String> = report.silent.iter().map(said).collect();
    if report.excused > 0 {
        notes.push(format!("有{}人次的确认在采集中断后收到，中断始于截止之前，计为按期。", report.excused));
    }
    notes
}

/// The last line: revision, cut-off and who signs.
pub fn footer(report: &MonthReport) -> String {
    let as_of = report.as_of.with_timezone(&report.zone).format("%Y年%-m月%-d日%H:%M");
    format!("第1版　截至{as_of}　制表人＿＿＿　审核人＿＿＿")
}

/// An instant by the office's clock, e.g. 9月22日09:30.
pub fn moment(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%-m月%-d日%H:%M").to_string()
}

fn no_pushes(report: &MonthReport) -> String {
    format!("{}月没有推送。", report.month.number())
}

fn pushed(report: &MonthReport) -> String {
    let units = report.units.iter().filter(|row| row.all.counts.expected > 0).count();
    format!(
        "{}月，共推送{}，涉及{units}个单位{}人，其中{}人至少阅读或确认1条。",
        report.month.number(),
        what_was_pushed(report).join("、"),
        report.people.expected,
        report.people.took_part,
    )
}

/// 廉政小知识5条, then a single required push by its title, several by what their kind is called.
fn what_was_pushed(report: &MonthReport) -> Vec<String> {
    let voluntary = of(report, Confirm::Voluntary).count();
    let mut parts = Vec::new();
    if voluntary > 0 {
        parts.push(format!("廉政小知识{voluntary}条"));
    }
    let required: Vec<_> = of(report, Confirm::Required).collect();
    if let [only] = required.as_slice() {
        parts.push(format!("{}1次", named(only)));
    } else {
        let times = |label: &str| required.iter().filter(|push| push.label == label).count();
        parts.extend(labels(report).into_iter().map(|label| format!("{label}{}次", times(label))));
    }
    parts
}

/// A push within a sentence. Titles that name what they are (…提醒, …通知) read as words; that of a reminder before a
/// festival is the festival with its dates; others need 《》 to hold together.
fn named(push: &PushRow) -> String {
    let title = &push.title;
    if title.ends_with("提醒") || title.ends_with("通知") {
        title.clone()
    } else if push.label == Theme::Festival.label() {
        let festival = title.split_once('（').map_or(title.as_str(), |(festival, _)| festival);
        format!("{festival}廉洁提醒")
    } else {
        format!("《{title}》")
    }
}

fn voluntary(report: &MonthReport) -> String {
    if of(report, Confirm::Voluntary).next().is_none() {
        return String::new();
    }
    let figures = &report.voluntary;
    let gaps = gaps(figures, "人次");
    format!("小知识为自愿阅读，已阅{}人次，参与率{}{gaps}。", figures.counts.acked, with_fraction(figures.rate()))
}

fn required(report: &MonthReport) -> String {
    // Of one push people are counted, of several the same people again and again.
    let people = match of(report, Confirm::Required).count() {
        0 => return String::new(),
        1 => "人",
        _ => "人次",
    };
    let Counts { expected, acked, .. } = report.required.counts;
    format!(
        "{}应知{expected}{people}，已确认{acked}{people}，知悉率{}{}。",
        labels(report).join("、"),
        with_fraction(report.required.rate()),
        gaps(&report.required, people),
    )
}

/// Whom the system did not reach, and the rate without them; empty when it reached everybody.
fn gaps(figures: &Figures, people: &str) -> String {
    if !figures.has_gaps() {
        return String::new();
    }
    let Counts { undelivered, in_doubt, .. } = figures.counts;
    let not_sent = undelivered.total() - undelivered.unbound;
    let parts = [(not_sent, "系统未能送达"), (undelivered.unbound, "尚未绑定工号"), (in_doubt, "送达情况存疑")];
    let parts: Vec<_> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count}{people}{what}")).collect();
    format!("，另{}，按已送达计为{}", parts.join("、"), with_fraction(figures.rate_delivered()))
}

/// The rate with its fraction, e.g. 97.4%（38/39）.
/// `86.3%（398/461）`
pub fn with_fraction(rate: Rate) -> String {
    match rate.fraction() {
        Some((part, whole)) => format!("{rate}（{part}/{whole}）"),
        None => rate.to_string(),
    }
}

fn push_notes(report: &MonthReport, push: &PushRow) -> Vec<String> {
    let Counts { undelivered, in_doubt, .. } = push.figures.counts;
    let when = day_of(report, push);
    let cases = [
        (undelivered.send_failed, "系统未能送达，不作未确认统计"),
        (undelivered.waiting, "截至统计时尚未发出，不作未确认统计"),
        (in_doubt, "送达情况存疑，不作未确认统计"),
    ];
    let cases = cases.into_iter().filter(|(count, _)| *count > 0);
    cases.map(|(count, what)| format!("{when}推送有{count}人次{what}。")).collect()
}

/// 9月25日遇中秋放假，当日未安排推送。
fn days_off(off: &DaysOff) -> String {
    let (name, from) = (&off.name, off.from.format("%-m月%-d日"));
    if off.from == off.to {
        return format!("{from}遇{name}放假，当日未安排推送。");
    }
    format!("{from}至{}遇{name}放假，期间未安排推送。", off.to.format("%-d日"))
}

/// Conditions that last stand once for the month, not once per push.
fn month_notes(report: &MonthReport) -> Vec<String> {
    let Counts { undelivered, others, .. } = report.totals.counts;
    let mut notes = Vec::new();
    if undelivered.no_group > 0 {
        let pushes = report.pushes.iter().filter(|push| push.figures.counts.undelivered.no_group > 0).count();
        let count = undelivered.no_group;
        notes.push(format!("有{pushes}次推送共{count}人次所在单位没有关联群，未能送达，不作未确认统计。"));
    }
    if undelivered.unbound > 0 {
        let count = undelivered.unbound;
        notes.push(format!("本月有{count}人次尚未绑定工号，是否阅读无法记录，不作未确认统计。"));
    }
    if others > 0 {
        notes.push(format!("免计人员和应知范围以外的人员另有{others}人次阅读或确认，不计入各项比率。"));
    }
    notes
}

/// The push's day; with its time when that day had another push.
fn day_of(report: &MonthReport, push: &PushRow) -> String {
    let day = |at: DateTime<Utc>| at.with_timezone(&report.zone).date_naive();
    let same_day = report.pushes.iter().filter(|other| day(other.at) == day(push.at)).count();
    if same_day > 1 { moment(push.at, report.zone) } else { day(push.at).format("%-m月%-d日").to_string() }
}

fn of(report: &MonthReport, confirm: Confirm) -> impl Iterator<Item = &PushRow> {
    report.pushes.iter().filter(move |push| push.confirm == confirm)
}

/// What the month's required pushes are called, each once, in order of time.
fn labels(report: &MonthReport) -> Vec<&str> {
    let mut labels: Vec<&str> = Vec::new();
    for push in of(report, Confirm::Required) {
        if !labels.contains(&push.label.as_str()) {
            labels.push(&push.label);
        }
    }
    labels
}
