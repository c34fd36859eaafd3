//! The report for programs. Keys may be added, never renamed; instants carry the offset of the office's zone.

use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::hearing::Silence;
use crate::domain::report::{DaysOff, Extent, Figures, MonthReport, Undelivered};
use crate::message::report as say;
use crate::render::report::quiz::{QuizJson, quiz_json};

/// What `report month --format json` prints.
#[derive(Debug, Serialize)]
pub struct MonthJson<'a> {
    month: String,
    definitions: &'static [&'static str],
    as_of: String,
    closed: bool,
    revision: u32,
    totals: FiguresJson,
    required: FiguresJson,
    voluntary: FiguresJson,
    people: PeopleJson,
    /// Whether only some units are reported on: those below.
    part: bool,
    units: Vec<UnitJson<'a>>,
    pushes: Vec<PushJson<'a>>,
    /// Messages that people passed on by hand; who read them is not known.
    relayed: u32,
    days_off: Vec<DaysOffJson<'a>>,
    interruptions: Vec<InterruptionJson>,
    excused: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    quiz: Option<QuizJson<'a>>,
    checks: Vec<CheckJson>,
}

/// The figures of a push, a unit or a month: integer counts, rates as printed.
#[derive(Debug, Serialize)]
pub struct FiguresJson {
    expected: u32,
    exempt: u32,
    unasked: u32,
    acked: u32,
    on_time: u32,
    late: u32,
    missing: u32,
    undelivered: u32,
    in_doubt: u32,
    others: u32,
    rate: String,
    on_time_rate: String,
    rate_delivered: String,
}

#[derive(Debug, Serialize)]
struct PeopleJson {
    expected: u32,
    took_part: u32,
    all_done: u32,
}

#[derive(Debug, Serialize)]
struct UnitJson<'a> {
    unit: &'a str,
    headcount: u32,
    required: FiguresJson,
    voluntary: FiguresJson,
    #[serde(flatten)]
    all: FiguresJson,
}

#[derive(Debug, Serialize)]
struct PushJson<'a> {
    id: i64,
    at: String,
    slug: &'a str,
    title: &'a str,
    confirm: &'static str,
    #[serde(flatten)]
    figures: FiguresJson,
    undelivered_reasons: ReasonsJson,
    relayed: u32,
}

#[derive(Debug, Serialize)]
struct ReasonsJson {
    send_failed: u32,
    no_group: u32,
    unbound: u32,
    waiting: u32,
}

/// Days of a holiday, both included, on which something would have gone out.
#[derive(Debug, Serialize)]
struct DaysOffJson<'a> {
    name: &'a str,
    from: NaiveDate,
    to: NaiveDate,
}

/// A time in which presses may be lost, and whether the copies in the chats say so.
#[derive(Debug, Serialize)]
struct InterruptionJson {
    from: String,
    to: String,
    told: bool,
}

#[derive(Debug, Serialize)]
struct CheckJson {
    name: &'static str,
    ok: bool,
}

/// The report in its JSON shape. Months are not closed yet, so it is always the first revision of an open month.
pub fn json(report: &MonthReport) -> MonthJson<'_> {
    let people = report.people;
    MonthJson {
        month: report.month.to_string(),
        definitions: say::DEFINITIONS,
        as_of: instant(report.as_of, report.zone),
        closed: false,
        revision: 1,
        totals: (&report.totals).into(),
        required: (&report.required).into(),
        voluntary: (&report.voluntary).into(),
        people: PeopleJson { expected: people.expected, took_part: people.took_part, all_done: people.all_done },
        part: report.extent == Extent::Units,
        units: units(report),
        pushes: pushes(report),
        relayed: report.relayed,
        days_off: report.days_off.iter().map(DaysOffJson::of).collect(),
        interruptions: report.silent.iter().map(|silence| interruption(silence, report.zone)).collect(),
        excused: report.excused,
        quiz: report.quiz.as_ref().map(|quiz| quiz_json(quiz, report.zone)),
        checks: report.checks.iter().map(|check| CheckJson { name: check.name.as_str(), ok: check.ok }).collect(),
    }
}

fn units(report: &MonthReport) -> Vec<UnitJson<'_>> {
    report
        .units
        .iter()
        .map(|row| UnitJson {
            unit: &row.name,
            headcount: row.headcount,
            required: (&row.required).into(),
            voluntary: (&row.voluntary).into(),
            all: (&row.all).into(),
        })
        .collect()
}

fn pushes(report: &MonthReport) -> Vec<PushJson<'_>> {
    report
        .pushes
        .iter()
        .map(|row| PushJson {
            id: row.id.0,
            at: instant(row.at, report.zone),
            slug: &row.slug,
            title: &row.title,
            confirm: row.confirm.as_str(),
            figures: (&row.figures).into(),
            undelivered_reasons: row.figures.counts.undelivered.into(),
            relayed: row.relayed,
        })
        .collect()
}

fn interruption(silence: &Silence, zone: Tz) -> InterruptionJson {
    InterruptionJson { from: instant(silence.gap.from, zone), to: instant(silence.gap.to, zone), told: silence.told }
}

pub(super) fn instant(at: DateTime<Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339_opts(SecondsFormat::Secs, false)
}

impl<'a> DaysOffJson<'a> {
    fn of(off: &'a DaysOff) -> Self {
        Self { name: &off.name, from: off.from, to: off.to }
    }
}

impl From<&Figures> for FiguresJson {
    fn from(figures: &Figures) -> Self {
        let counts = &figures.counts;
        Self {
            expected: counts.expected,
            exempt: counts.exempt,
            unasked: counts.unasked,
            acked: counts.acked,
            on_time: counts.on_time,
            late: counts.late,
            missing: counts.missing,
            undelivered: counts.undelivered.total(),
            in_doubt: counts.in_doubt,
            others: counts.others,
            rate: figures.rate().to_string(),
            on_time_rate: figures.on_time_rate().to_string(),
            rate_delivered: figures.rate_delivered().to_string(),
        }
    }
}

impl From<Undelivered> for ReasonsJson {
    fn from(reasons: Undelivered) -> Self {
        Self {
            send_failed: reasons.send_failed,
            no_group: reasons.no_group,
            unbound: reasons.unbound,
            waiting: reasons.waiting,
        }
    }
}
