//! The plan of a month as a table, and what is to come as a calendar file.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::view::note;
use crate::cli::out::{self, Ended, Form, left, line};
use crate::cli::session::Session;
use crate::cli::words;
use crate::domain::calendar::YearStatus;
use crate::domain::month::Month;
use crate::domain::setting::Key;
use crate::domain::word::Confirm;
use crate::message::calendar as say;
use crate::message::print::{local, weekday};
use crate::office::outlook::{Entry, Standing};
use crate::office::{calendar, schedule, setting};
use crate::render::ics::{Event, Settled, ics};
use crate::render::sheet::{PlanRow, plan_csv, plan_xlsx};

/// Days that a calendar file reaches ahead: a year.
const DAYS_AHEAD: u32 = 366;

#[derive(Serialize)]
struct EntryJson<'a> {
    date: String,
    weekday: &'static str,
    time: String,
    title: Option<&'a str>,
    slug: Option<&'a str>,
    audience: Option<&'a str>,
    targets: &'a [String],
    confirm: Option<&'a str>,
    basis: Option<&'a str>,
    note: String,
}

/// Reads the name of a plan file.
pub(super) fn table_file(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if is(&path, "xlsx") || is(&path, "csv") { Ok(path) } else { Err("文件名要以.xlsx或.csv结尾") }
}

/// Reads the name of a calendar file.
pub(super) fn calendar_file(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text);
    if is(&path, "ics") { Ok(path) } else { Err("文件名要以.ics结尾") }
}

fn is(path: &Path, ending: &str) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(ending))
}

/// Prints or writes the plan of a month.
pub(super) async fn month(session: &Session, month: Month, file: Option<PathBuf>, form: Form) -> Ended {
    let entries = schedule::month(&session.ctx, &session.actor, month).await?;
    if let Some(file) = file {
        let rows: Vec<PlanRow> = entries.iter().map(|entry| row(session, entry)).collect();
        let title = format!("{}年{}月推送计划", month.year(), month.number());
        let bytes = if is(&file, "csv") { plan_csv(&rows) } else { plan_xlsx(&title, &rows) };
        out::replace(&file, &bytes.map_err(|error| line(format!("表格生成不了（{error}）")))?)?;
        out::print(&format!("{title}共{}行，已写入{}", rows.len(), file.display()))?;
        return unannounced(session, month).await;
    }
    if form == Form::Json {
        return out::json(&entries.iter().map(|entry| json(session, entry)).collect::<Vec<_>>());
    }
    let columns = [left("日期"), left("星期"), left("时间"), left("标题"), left("发到"), left("方式"), left("说明")];
    let rows = entries.iter().map(|entry| {
        let [date, weekday, time, title, _, _, targets, confirm, _, note] = row(session, entry);
        vec![date, weekday, time, title, targets, confirm, note]
    });
    out::table(&columns, rows.collect(), &format!("{month}没有安排推送"))?;
    unannounced(session, month).await
}

/// Says so when the plan rests on days off that no notice has settled.
async fn unannounced(session: &Session, month: Month) -> Ended {
    let year = calendar::show(&session.ctx, &session.actor, month.year()).await?;
    match year.status {
        YearStatus::Official => Ok(()),
        YearStatus::Provisional | YearStatus::Missing => out::print(&say::provisional(&[month.year()])),
    }
}

/// `2026-09-22`, `09:30`
fn date_time(session: &Session, entry: &Entry) -> (String, String) {
    let local = local(entry.at, session.config.zone);
    let (date, time) = local.split_once(' ').unwrap_or((&local, ""));
    (date.to_owned(), time.to_owned())
}

fn json<'a>(session: &Session, entry: &'a Entry) -> EntryJson<'a> {
    let zone = session.config.zone;
    let (date, time) = date_time(session, entry);
    let item = entry.item.as_ref();
    EntryJson {
        date,
        weekday: weekday(entry.at, zone),
        time,
        title: item.map(|item| item.title.as_str()),
        slug: item.map(|item| item.slug.as_str()),
        audience: item.map(|item| item.audience.as_str()),
        targets: &entry.targets,
        confirm: entry.confirm.map(Confirm::as_str),
        basis: item.map(|item| item.basis.as_str()),
        note: note(entry, zone),
    }
}

fn row(session: &Session, entry: &Entry) -> PlanRow {
    let EntryJson { date, weekday, time, title, slug, audience, targets, confirm: _, basis, note } =
        json(session, entry);
    let text = |part: Option<&str>| part.unwrap_or_default().to_owned();
    let confirm = entry.confirm.map(words::confirm);
    // A slot without an item is told apart by its schedule.
    let title = title.map_or_else(|| format!("（{}）", entry.name), str::to_owned);
    let weekday = weekday.to_owned();
    [date, weekday, time, title, text(slug), text(audience), targets.join("、"), text(confirm), text(basis), note]
}

/// Writes what is to come within a year as a calendar file.
pub(super) async fn export(session: &Session, file: &Path) -> Ended {
    let entries = schedule::ahead(&session.ctx, &session.actor, DAYS_AHEAD).await?;
    let settings = setting::read(&session.ctx).await?;
    let coming = entries.iter().filter(|entry| entry.standing == Standing::Ahead);
    let events: Vec<Event> = coming.map(|entry| event(session, entry)).collect();
    let name = format!("{}推送计划", settings.text(Key::OfficeName));
    out::replace(file, ics(&name, session.config.zone, &events, session.ctx.now()).as_bytes())?;
    out::print(&format!("往后一年共{}次推送，已写入{}，可导入手机或电脑的日历", events.len(), file.display()))
}

fn event(session: &Session, entry: &Entry) -> Event {
    let office = session.ctx.store.keys().oldest().id();
    // What moves, for a holiday, a cap or a notice, stays the same event.
    let slot = entry.key.format("%Y%m%dT%H%M%SZ");
    let item = entry.item.as_ref();
    let line = |label: &str, text: &str| (!text.is_empty()).then(|| format!("{label}：{text}"));
    let lines = [
        item.and_then(|item| line("适用", &item.audience)),
        item.and_then(|item| line("依据", &item.basis)),
        entry.confirm.and_then(|confirm| line("方式", words::confirm(confirm))),
        line("发到", &entry.targets.join("、")),
        line("说明", &note(entry, session.config.zone)),
    ];
    Event {
        uid: format!("schedule-{}-{slot}@{office}.qingfeng", entry.schedule),
        at: entry.at,
        summary: format!("【{}】{}", entry.name, item.map_or("内容待定", |item| item.title.as_str())),
        description: lines.into_iter().flatten().collect::<Vec<_>>().join("\n"),
        status: if item.is_some() { Settled::Yes } else { Settled::Open },
    }
}
