//! `schedule explain`: what an expression means, without anything stored.

use std::path::Path;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use serde::Serialize;

use crate::cli::out::{self, Ended, Failure, Form, left, line};
use crate::cli::session::{Session, Setup};
use crate::clock::Clock;
use crate::domain::calendar::{Calendar, statutory};
use crate::domain::cap::Caps;
use crate::domain::schedule::{OnHoliday, Rule, RuleError, Terms};
use crate::domain::setting::Key;
use crate::domain::slot::AllowedHours;
use crate::domain::{wall, width};
use crate::message::print::{local, weekday};
use crate::message::schedule::explain::{self, Bounds};
use crate::office::{Refusal, calendar, setting};

/// Runs that are shown.
const RUNS: usize = 12;

/// Where every kind stands as it is to be typed.
const EXAMPLES: &str = "见：qingfeng schedule explain --help";

/// Years from now on that are known by the law alone where no database says more.
const YEARS_AHEAD: i32 = 5;

#[derive(Serialize)]
struct ExplainedJson {
    text: String,
    next: Vec<RunJson>,
}

#[derive(Serialize)]
struct RunJson {
    at: String,
    local: String,
    weekday: &'static str,
}

/// Says what an expression means and when it runs next. The office's hours, caps and calendar are used where there is a
/// database, the defaults where there is none.
pub(super) fn run(setup: &Setup, words: &[String], form: Form) -> Ended {
    let config = setup.config()?;
    let zone = config.zone;
    let rule = read(&words.join(" ")).map_err(not_read)?;
    let now = Clock::system().now();
    let today = wall::of(now, zone).date();
    let (bounds, calendar) = setup.block_on(async {
        if let Ok(session) = setup.session().await {
            return of_office(&session, today).await;
        }
        let bounds = Bounds { hours: AllowedHours::standard(zone), caps: standard_caps(), today };
        Ok((bounds, without_database(&config.content_dir, today)))
    })?;
    // A bare expression: nothing but its own words decides.
    let terms = Terms { on_holiday: OnHoliday::Run, ..Terms::every_day(rule) };
    let runs: Vec<DateTime<Utc>> = terms.slots(&calendar, zone, now).take(RUNS).map(|slot| slot.due).collect();
    if runs.is_empty() {
        return Err(line(format!("“{}”已经过去，不会再到。请写以后的日期", explain::rule(&terms.rule))));
    }
    let text = explain::explained(&terms.rule, &bounds);
    if form == Form::Json {
        let run = |at: &DateTime<Utc>| RunJson {
            at: out::instant(*at, zone),
            local: local(*at, zone),
            weekday: weekday(*at, zone),
        };
        return out::json(&ExplainedJson { text, next: runs.iter().map(run).collect() });
    }
    out::print(&format!("{}\n\n接下来", text.replace("。注意", "。\n注意")))?;
    let rows = runs.iter().map(|at| vec![local(*at, zone), weekday(*at, zone).to_owned()]);
    out::table(&[left("时间"), left("星期")], rows.collect(), "")
}

/// Five fields of a crontab, or a rule as tables spell it, which begins with a word.
fn read(text: &str) -> Result<Rule, RuleError> {
    let word = text.trim_start().chars().next().map(width::half).is_some_and(char::is_alphabetic);
    if word { Rule::parse(text) } else { Rule::cron(text) }
}

/// The words for a stored rule would send people to their database.
fn not_read(error: RuleError) -> Failure {
    match error {
        RuleError::Unreadable(text) => line(format!("时间表达式看不懂“{text}”。应写5段，或写其他种类，{EXAMPLES}")),
        RuleError::Missing(_) => line(format!("时间表达式没有写全，少了一项。例子{EXAMPLES}")),
        RuleError::Surplus(text) => line(format!("时间表达式后面多了“{text}”。例子{EXAMPLES}")),
        RuleError::Cron(_)
        | RuleError::NotUnderstood { .. }
        | RuleError::OutOfRange { .. }
        | RuleError::NoSuchDate { .. }
        | RuleError::EndsBeforeStart { .. } => Refusal::from(error).into(),
    }
}

async fn of_office(session: &Session, today: NaiveDate) -> Ended<(Bounds, Calendar)> {
    let settings = setting::read(&session.ctx).await?;
    let mut tx = session.ctx.store.read().await.map_err(Refusal::from)?;
    let calendar = calendar::load(&mut tx, &session.ctx).await?;
    drop(tx);
    session.ctx.store.close().await;
    Ok((Bounds { hours: settings.hours, caps: settings.caps, today }, calendar))
}

fn standard_caps() -> Caps {
    let number = |key: Key| key.default().and_then(|value| value.parse().ok()).unwrap_or(1);
    Caps { per_day: number(Key::PushPerDay), per_week: number(Key::PushPerWeek) }
}

/// The years that are shipped, and others by the law alone.
fn without_database(content_dir: &Path, today: NaiveDate) -> Calendar {
    let by_law = (today.year() - 1..=today.year() + YEARS_AHEAD).map(statutory);
    // Of two files for one year the later one counts.
    Calendar::new(by_law.chain(calendar::shipped(content_dir).files))
}
