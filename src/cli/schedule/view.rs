//! How schedules and their slots are printed.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::cli::content;
use crate::cli::out::{self, Ended, Form, left};
use crate::cli::session::Session;
use crate::cli::words;
use crate::domain::rotation::Pool;
use crate::domain::schedule::{DeadlineRule, Missed, MovedBy, Rule};
use crate::domain::slot::{MissReason, OccurrenceState};
use crate::domain::word::{Confirm, ScheduleState};
use crate::message::print::{date, local, weekday};
use crate::message::schedule::{explain, outcome};
use crate::office::outlook::{Entry, Standing};
use crate::office::schedule::{self, Shown};
use crate::store::occurrence::OccurrenceRow;
use crate::store::schedule::ScheduleRow;

#[derive(Serialize)]
struct ScheduleJson<'a> {
    schedule: i64,
    name: &'a str,
    /// The expression of a crontab rule; of other kinds nothing.
    cron: Option<&'a str>,
    rule: &'a str,
    text: String,
    theme: Option<&'a str>,
    tag: Option<&'a str>,
    item: Option<&'a str>,
    confirm: Option<&'a str>,
    groups: Vec<i64>,
    state: &'a str,
    next: Option<String>,
}

#[derive(Serialize)]
struct ShownJson<'a> {
    #[serde(flatten)]
    schedule: ScheduleJson<'a>,
    on_holiday: &'a str,
    missed: &'a str,
    /// Minutes.
    max_late: i64,
    starts_on: Option<NaiveDate>,
    ends_on: Option<NaiveDate>,
    deadline: Option<&'a str>,
    upcoming: Vec<UpcomingJson<'a>>,
    latest: Vec<LatestJson>,
}

#[derive(Serialize)]
struct UpcomingJson<'a> {
    at: String,
    local: String,
    weekday: &'static str,
    item: Option<&'a str>,
    moved_from: Option<String>,
    reason: Option<&'a str>,
}

#[derive(Serialize)]
struct LatestJson {
    at: String,
    local: String,
    weekday: &'static str,
    state: &'static str,
    moved_from: Option<String>,
    reason: Option<&'static str>,
}

impl<'a> ScheduleJson<'a> {
    fn of(listed: &'a schedule::Listed, zone: Tz) -> Self {
        let row = &listed.schedule;
        Self {
            schedule: row.id.0,
            name: &row.name,
            cron: row.rule.strip_prefix("cron "),
            rule: &row.rule,
            text: sentence(row),
            theme: row.theme.as_deref(),
            tag: row.tag.as_deref(),
            item: row.slug.as_deref(),
            confirm: row.confirm.map(Confirm::as_str),
            groups: listed.groups.iter().map(|group| group.0).collect(),
            state: row.state.as_str(),
            next: listed.next.map(|at| out::instant(at, zone)),
        }
    }
}

impl<'a> UpcomingJson<'a> {
    fn of(entry: &'a Entry, zone: Tz) -> Self {
        Self {
            at: out::instant(entry.at, zone),
            local: local(entry.at, zone),
            weekday: weekday(entry.at, zone),
            item: entry.item.as_ref().map(|item| item.slug.as_str()),
            moved_from: entry.moved.map(|(from, _)| out::instant(from, zone)),
            reason: reason(entry),
        }
    }
}

impl LatestJson {
    fn of(row: &OccurrenceRow, zone: Tz) -> Self {
        let at = row.due_at.utc();
        Self {
            at: out::instant(at, zone),
            local: local(at, zone),
            weekday: weekday(at, zone),
            state: row.state.as_str(),
            moved_from: row.moved_from.map(|from| out::instant(from.utc(), zone)),
            reason: row.reason.map(MissReason::as_str).or_else(|| row.moved_by.map(MovedBy::as_str)),
        }
    }
}

/// Why a slot does not go out as its rule says, in one word; `None` when it does.
pub(in crate::cli) fn reason(entry: &Entry) -> Option<&'static str> {
    let skipped = |state: OccurrenceState| match state {
        OccurrenceState::Planned | OccurrenceState::Materialised => None,
        OccurrenceState::SkippedLate
        | OccurrenceState::SkippedCollapsed
        | OccurrenceState::SkippedPaused
        | OccurrenceState::SkippedHoliday
        | OccurrenceState::SkippedCap
        | OccurrenceState::SkippedUnapproved
        | OccurrenceState::Cancelled => Some(state.as_str().trim_start_matches("skipped_")),
    };
    let moved = || entry.moved.map(|(_, by)| by.as_str());
    match &entry.standing {
        Standing::Ahead if entry.item.is_none() => Some("no_item"),
        Standing::Ahead => moved(),
        Standing::Off(_) => Some("holiday"),
        Standing::Miss(state, why) | Standing::Decided(state, why) => {
            why.map(MissReason::as_str).or_else(|| skipped(*state)).or_else(moved)
        }
    }
}

/// What is to be known of a slot beside its item.
pub(in crate::cli) fn note(entry: &Entry, zone: Tz) -> String {
    let standing = match &entry.standing {
        Standing::Ahead if entry.item.is_none() => Some("没有合适的内容".to_owned()),
        Standing::Ahead => None,
        Standing::Off(holiday) => Some(outcome::off(holiday)),
        Standing::Miss(state, why) => Some(outcome::to_come(*state, *why)),
        Standing::Decided(state, why) => Some(outcome::past(*state, *why)),
    };
    let moved = entry.moved.map(|(from, by)| outcome::moved(from, by, zone));
    moved.into_iter().chain(standing).collect::<Vec<_>>().join("；")
}

/// The rule of a schedule with its bounds. One that a newer program wrote stays as it is stored.
pub(super) fn sentence(row: &ScheduleRow) -> String {
    row.terms().map_or_else(|_| row.rule.clone(), |terms| explain::terms(&terms))
}

/// `2026-09-07 09:30（周一）`
pub(super) fn next(next: Option<DateTime<Utc>>, zone: Tz) -> String {
    next.map_or_else(|| "没有".to_owned(), |at| format!("{}（{}）", local(at, zone), weekday(at, zone)))
}

/// Why a rule that comes does not send: the plan of that month tells.
pub(super) fn never(due: Option<DateTime<Utc>>, zone: Tz) -> String {
    let Some(due) = due else { return "没有".to_owned() };
    let local = local(due, zone);
    let month = local.get(..7).unwrap_or(&local);
    format!("没有，因放假、条数上限或内容，到时不推送，原因见：qingfeng schedule month {month}")
}

fn chosen(row: &ScheduleRow) -> String {
    let festival = || matches!(Rule::parse(&row.rule), Ok(Rule::BeforeFestival(_)));
    match row.pool() {
        Pool::Item(slug) => slug,
        Pool::Theme(theme) => format!("{}轮换", content::theme(&theme)),
        Pool::Tag(tag) => format!("标签“{tag}”轮换"),
        Pool::Voluntary if festival() => "各节日的提醒".to_owned(),
        Pool::Voluntary => "自愿内容轮换".to_owned(),
    }
}

fn groups(listed: &schedule::Listed) -> String {
    listed.groups.iter().map(ToString::to_string).collect::<Vec<_>>().join("、")
}

fn confirm(row: &ScheduleRow) -> &'static str {
    row.confirm.map_or("按内容", words::confirm)
}

const fn state(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Active => "进行中",
        ScheduleState::Paused => "已暂停",
        ScheduleState::Removed => "已停用",
    }
}

/// Every schedule, one a line.
pub(super) fn list(session: &Session, listed: &[schedule::Listed], form: Form) -> Ended {
    let zone = session.config.zone;
    if form == Form::Json {
        return out::json(&listed.iter().map(|listed| ScheduleJson::of(listed, zone)).collect::<Vec<_>>());
    }
    let columns = [left("名称"), left("状态"), left("时间"), left("内容"), left("方式"), left("群"), left("下一次")];
    let rows = listed.iter().map(|listed| {
        let row = &listed.schedule;
        let cells = [&row.name, state(row.state), &sentence(row), &chosen(row), confirm(row)].map(str::to_owned);
        cells.into_iter().chain([groups(listed), next(listed.next, zone)]).collect()
    });
    out::table(&columns, rows.collect(), "还没有计划。请看：qingfeng schedule add --help")
}

/// The slots of one schedule to come.
pub(super) fn upcoming(session: &Session, entries: &[Entry], form: Form) -> Ended {
    coming(session, entries, (form, "往后没有要推送的时间"))
}

fn coming(session: &Session, entries: &[Entry], (form, none): (Form, &str)) -> Ended {
    let zone = session.config.zone;
    if form == Form::Json {
        return out::json(&entries.iter().map(|entry| UpcomingJson::of(entry, zone)).collect::<Vec<_>>());
    }
    let rows = entries.iter().map(|entry| {
        let item = entry.item.as_ref().map_or_else(|| "—".to_owned(), |item| item.slug.clone());
        vec![local(entry.at, zone), weekday(entry.at, zone).to_owned(), item, note(entry, zone)]
    });
    out::table(&[left("时间"), left("星期"), left("内容"), left("说明")], rows.collect(), none)
}

/// One schedule with the slots before and behind.
pub(super) fn shown(session: &Session, shown: &Shown, entries: &[Entry], form: Form) -> Ended {
    let zone = session.config.zone;
    let row = &shown.listed.schedule;
    if form == Form::Json {
        return out::json(&ShownJson {
            schedule: ScheduleJson::of(&shown.listed, zone),
            on_holiday: row.on_holiday.as_str(),
            missed: row.missed.as_str(),
            max_late: row.max_late,
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            deadline: row.deadline.as_deref(),
            upcoming: entries.iter().map(|entry| UpcomingJson::of(entry, zone)).collect(),
            latest: shown.latest.iter().map(|row| LatestJson::of(row, zone)).collect(),
        });
    }
    let head = [
        format!("计划“{}”（{}）", row.name, state(row.state)),
        format!("时间：{}", explain::terms(&shown.terms)),
        format!("错过：{}", late(row)),
        format!("内容：{}；方式：{}", chosen(row), confirm(row)),
        format!("期限：{}", deadline(row)),
        format!("发到：群{}", groups(&shown.listed)),
    ];
    out::print(&format!("{}\n\n接下来", head.join("\n")))?;
    let none = match row.state {
        ScheduleState::Paused => format!("暂停中，恢复后才推送。请运行：qingfeng schedule resume {}", row.name),
        ScheduleState::Active | ScheduleState::Removed => "往后没有要推送的时间".to_owned(),
    };
    coming(session, entries, (Form::Text, &none))?;
    out::print("\n最近")?;
    let rows = shown.latest.iter().map(|row| {
        let at = row.due_at.utc();
        let moved = row.moved_from.zip(row.moved_by).map(|(from, by)| outcome::moved(from.utc(), by, zone));
        let state = outcome::past(row.state, row.reason);
        vec![local(at, zone), weekday(at, zone).to_owned(), state, moved.unwrap_or_default()]
    });
    out::table(&[left("时间"), left("星期"), left("结果"), left("说明")], rows.collect(), "还没有到过时间")
}

fn late(row: &ScheduleRow) -> String {
    match row.missed {
        Missed::Skip => "晚了10分钟以上就不发".to_owned(),
        Missed::Late if row.max_late % 60 == 0 => format!("{}小时之内仍推送", row.max_late / 60),
        Missed::Late => format!("{}分钟之内仍推送", row.max_late),
    }
}

fn deadline(row: &ScheduleRow) -> String {
    let Some(stored) = &row.deadline else { return "按默认".to_owned() };
    match DeadlineRule::parse(stored) {
        Ok(DeadlineRule::WorkdayEnd) => "当天下班前".to_owned(),
        Ok(DeadlineRule::Workdays(n)) => format!("之后第{n}个工作日下班前"),
        Ok(DeadlineRule::Hours(n)) => format!("{n}小时之内"),
        Ok(DeadlineRule::On(day)) => format!("{}下班前", date(day)),
        Err(_) => stored.clone(),
    }
}
