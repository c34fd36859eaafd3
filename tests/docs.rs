//! What the documents print is what the program says: commands can be typed as they stand, sentences about rules are the
//! program's own, and the plan of reminders is computed from the year files.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use qingfeng::cli::schedule::{Schedule, Verb};
use qingfeng::cli::usage::{Stop, parse};
use qingfeng::cli::words::{self, rights};
use qingfeng::cli::{Cli, Noun};
use qingfeng::domain::calendar::{Calendar, DayKind, Festival};
use qingfeng::domain::cap::Caps;
use qingfeng::domain::cron::CronExpr;
use qingfeng::domain::delivery::DeliveryState;
use qingfeng::domain::policy::Role;
use qingfeng::domain::schedule::{Rule, Slot, Terms, default_deadline};
use qingfeng::domain::slot::{AllowedHours, MissReason, OccurrenceState};
use qingfeng::domain::wall;
use qingfeng::message::print::weekday_of;
use qingfeng::message::schedule::{explain, outcome};

const ZONE: Tz = Tz::Asia__Shanghai;

/// Documents with commands for people to type.
const DOCUMENTS: [&str; 13] = [
    "README.md",
    "README.zh-CN.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "content/README.md",
    "docs/audit.md",
    "docs/delivery.md",
    "docs/leave.md",
    "docs/schedules.md",
    "docs/operations.md",
    "docs/quiz.md",
    "docs/roles.md",
];

fn path(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(file)
}

fn document(file: &str) -> String {
    fs::read_to_string(path(file)).unwrap()
}

/// Words of a shell line with double quotes.
fn split(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(c),
        }
    }
    words
}

/// Every command line of a document: in back-quotes, or a line of a fenced block.
fn commands(text: &str) -> Vec<&str> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            found.push(line.trim_start_matches("$ "));
        } else {
            found.extend(line.split('`').skip(1).step_by(2));
        }
    }
    found.retain(|command| command.starts_with("qingfeng "));
    found
}

/// A command line as the program reads it; `None` for a page of help.
fn read(command: &str) -> Result<Option<Cli>, String> {
    match parse(split(command)) {
        Ok(cli) => Ok(Some(cli)),
        Err(Stop::Page(_)) => Ok(None),
        Err(Stop::Mistake(mistake)) => Err(format!("{command}: {mistake}")),
    }
}

/// The sentence of the program about a schedule or an expression on a command line; `None` for any other command.
fn sentence(command: &str, cli: Cli) -> Option<String> {
    let Noun::Schedule(Schedule { verb }) = cli.noun else { return None };
    match verb {
        Verb::Add(add) => Some(explain::terms(&add.read().unwrap_or_else(|why| panic!("{command}: {why}")).terms)),
        Verb::Edit(edit) => {
            assert!(
                edit.read().unwrap_or_else(|why| panic!("{command}: {why}")).is_some(),
                "{command} changes nothing"
            );
            None
        }
        Verb::Explain { expr, .. } => {
            let expr = expr.join(" ");
            let rule = CronExpr::parse(&expr).map(Rule::Cron).or_else(|_| Rule::parse(&expr)).unwrap();
            let caps = Caps { per_day: 1, per_week: 3 };
            let bounds = explain::Bounds { hours: AllowedHours::standard(ZONE), caps, today: day("2026-11-26") };
            Some(explain::explained(&rule, &bounds))
        }
        Verb::List { .. }
        | Verb::Show { .. }
        | Verb::Next { .. }
        | Verb::Month { .. }
        | Verb::Export { .. }
        | Verb::Pause { .. }
        | Verb::Resume { .. }
        | Verb::Remove { .. } => None,
    }
}

#[test]
fn every_command_can_be_typed_as_it_stands() {
    let mut mistakes = Vec::new();
    for file in DOCUMENTS {
        for command in commands(&document(file)) {
            match read(command) {
                Ok(cli) => drop(cli.and_then(|cli| sentence(command, cli))),
                Err(mistake) => mistakes.push(format!("{file}: {mistake}")),
            }
        }
    }
    assert!(mistakes.is_empty(), "\n{}\n", mistakes.join("\n"));
    assert!(commands(&document("docs/schedules.md")).len() > 30);
}

/// In a row `| … | command | sentence |` the sentence is what the program says.
#[test]
fn sentences_about_rules_are_the_programs_own() {
    let text = document("docs/schedules.md");
    let mut seen = 0;
    for row in text.lines().filter(|line| line.starts_with('|')) {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let said = commands(row).first().and_then(|command| sentence(command, read(command).unwrap()?));
        let Some(said) = said else { continue };
        assert_eq!(cells.last().copied(), Some(said.as_str()), "{row}");
        seen += 1;
    }
    assert_eq!(seen, 12);
}

/// The rows of the table of categories are the rule's own.
#[test]
fn every_category_of_absence_is_in_the_table() {
    let text = document("docs/leave.md");
    let written = |row: &&str| row.starts_with('|') && (row.contains("必填") || row.contains("可空"));
    let rows: Vec<&str> = text.lines().filter(written).collect();
    let table = qingfeng::message::leave::table();
    assert_eq!(rows, table, "\n{}\n", table.join("\n"));
    for sentence in ["没有查到全国统一的定义", "说的是选举，不是学习"] {
        assert!(text.contains(sentence), "{sentence}");
    }
    let most = format!("最多{}天", qingfeng::domain::leave::RETURN_DAYS_MOST);
    assert!(text.contains(&most), "{most}");
}

#[test]
fn every_end_of_a_slot_is_explained() {
    let text = document("docs/schedules.md");
    let states = OccurrenceState::ALL.iter().map(|state| outcome::past(*state, None));
    let reasons = MissReason::ALL.iter().map(|why| outcome::past(OccurrenceState::SkippedUnapproved, Some(*why)));
    for said in states.chain(reasons) {
        assert!(text.contains(&format!("\n| {said} | ")), "docs/schedules.md does not explain {said}");
    }
}

#[test]
fn every_state_of_a_message_is_explained() {
    let text = document("docs/delivery.md");
    for state in DeliveryState::ALL {
        let said = words::delivery_state(*state);
        assert!(text.contains(&format!("\n| {said} | ")), "docs/delivery.md does not explain {said}");
    }
    assert!(commands(&text).len() > 15);
}

/// The table of roles and acts is printed from the program's own; `UPDATE_DOCS=1` prints it anew.
#[test]
fn the_table_of_roles_is_the_programs_own() {
    let text = document("docs/roles.md");
    let table = rights::table().join("\n");
    let printed: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("| 做什么 |")).collect();
    let printed: Vec<&str> = printed.into_iter().take_while(|line| line.starts_with('|')).collect();
    let printed = printed.join("\n");
    if std::env::var_os("UPDATE_DOCS").is_some() && printed != table {
        fs::write(path("docs/roles.md"), text.replace(&printed, &table)).unwrap();
        return;
    }
    assert_eq!(printed, table, "run with UPDATE_DOCS=1 and read what changed");
    for role in Role::ALL {
        let row = format!("\n| {}（`{}`） | ", words::role(*role), role.as_str());
        assert!(text.contains(&row), "docs/roles.md does not explain {}", role.as_str());
    }
    assert!(commands(&text).len() > 5);
}

/// Every cause that `/readyz` can give for the database is explained.
#[test]
fn every_cause_of_an_unready_service_is_explained() {
    use qingfeng::store::trouble::Trouble;
    let text = document("docs/operations.md");
    let named = Trouble::ALL.iter().filter(|trouble| **trouble != Trouble::Other);
    for trouble in named {
        let cause = format!("\n| `database: {}` | ", trouble.as_str());
        assert!(text.contains(&cause), "docs/operations.md does not explain {}", trouble.as_str());
    }
    assert!(commands(&text).len() > 8);
}

/// What the documents show of the demo month stands in its report.
#[test]
fn figures_of_the_demo_month_are_its_own() {
    let report = document("tests/it/snapshots/it__demo__month.snap");
    let readme = document("README.md");
    let rate = readme.split("参与率").nth(1).unwrap().split('）').next().unwrap();
    assert!(report.contains(&format!("参与率{rate}）")), "参与率{rate}）");
    let shown = document("docs/schedules.md");
    let sent: Vec<&str> =
        shown.lines().filter(|line| line.starts_with("2026-09-") && line.ends_with("已推送")).collect();
    for line in &sent {
        let columns: Vec<&str> = line.split("  ").collect();
        let at = day(columns[0]).format("%-m月%-d日09:30").to_string();
        let title = columns[3].trim();
        let row = report.lines().find(|row| row.contains(&format!("  {at} ")));
        assert!(row.is_some_and(|row| row.ends_with(title)), "{at} {title}");
    }
    assert_eq!(sent.len(), 6);
}

/// The year whose plan is printed.
const YEAR: i32 = 2026;

/// Its reminders 1, 3 and 5 workdays before the first day off, as offices send them.
const REMINDERS: [(Festival, [&str; 3]); 7] = [
    (Festival::NewYear, ["2025-12-31", "2025-12-29", "2025-12-25"]),
    (Festival::Spring, ["2026-02-14", "2026-02-12", "2026-02-10"]),
    (Festival::Qingming, ["2026-04-03", "2026-04-01", "2026-03-30"]),
    (Festival::Labour, ["2026-04-30", "2026-04-28", "2026-04-24"]),
    (Festival::DragonBoat, ["2026-06-18", "2026-06-16", "2026-06-12"]),
    (Festival::MidAutumn, ["2026-09-24", "2026-09-22", "2026-09-20"]),
    (Festival::National, ["2026-09-30", "2026-09-28", "2026-09-23"]),
];

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The shipped year files, as the program reads them.
fn calendar() -> Calendar {
    qingfeng::office::calendar::shipped(&path("content")).calendar()
}

/// What one rule for all festivals has due before those of the year.
fn reminders(calendar: &Calendar, workdays: u32) -> Vec<Slot> {
    let terms = Terms::every_day(Rule::parse(&format!("before-festival all {workdays} 0 09:30")).unwrap());
    let (from, to) = (day(&format!("{YEAR}-01-01")), day(&format!("{YEAR}-12-31")));
    let slots = terms.slots(calendar, ZONE, "2025-11-30T16:00:00Z".parse().unwrap());
    let slots = slots.skip_while(|slot| slot.first_off.unwrap() < from);
    slots.take_while(|slot| slot.first_off.unwrap() <= to).collect()
}

/// `2026-02-14（周六，调休）`
fn dated(calendar: &Calendar, at: DateTime<Utc>) -> String {
    let date = wall::of(at, ZONE).date();
    let makeup = if calendar.kind(date) == DayKind::Makeup { "，调休" } else { "" };
    format!("{date}（{}{makeup}）", weekday_of(date))
}

/// The table as it stands in the document, a line for each festival.
fn plan(calendar: &Calendar) -> Vec<String> {
    let [last, third, fifth] = [1, 3, 5].map(|workdays| reminders(calendar, workdays));
    let row = |((last, third), fifth): ((&Slot, &Slot), &Slot)| {
        let names: Vec<&str> = third.festivals.iter().map(|festival| festival.label()).collect();
        let days = calendar.festivals(YEAR).into_iter().find(|days| Some(days.first_off) == third.first_off).unwrap();
        let [from, to] =
            [days.first_off, days.last_off].map(|day| format!("{}（{}）", day.format("%m-%d"), weekday_of(day)));
        let deadline = default_deadline(third.due, third.first_off, calendar, &AllowedHours::standard(ZONE));
        let deadline = wall::of(deadline, ZONE).format("%m-%d %H:%M");
        let [last, third, fifth] = [last, third, fifth].map(|slot| dated(calendar, slot.due));
        format!("| {} | {from}至{to} | {last} | {third} | {fifth} | {deadline} |", names.join("、"))
    };
    last.iter().zip(&third).zip(&fifth).map(row).collect()
}

#[test]
fn the_printed_plan_is_the_programs_own() {
    let computed = plan(&calendar());
    let text = document("docs/schedules.md");
    let printed: Vec<&str> = text.lines().skip_while(|line| !line.starts_with("| 节日 |")).skip(2).collect();
    let printed: Vec<&str> = printed.into_iter().take_while(|line| line.starts_with('|')).collect();
    assert_eq!(printed, computed, "print this in docs/schedules.md:\n{}\n", computed.join("\n"));
}

#[test]
fn the_plan_stands_on_the_days_that_offices_use() {
    let calendar = calendar();
    for (at, workdays) in [1, 3, 5].into_iter().enumerate() {
        let slots = reminders(&calendar, workdays);
        let found: Vec<_> =
            slots.iter().map(|slot| (slot.festivals.clone(), wall::of(slot.due, ZONE).to_string())).collect();
        let expected: Vec<_> =
            REMINDERS.iter().map(|(festival, days)| (vec![*festival], format!("{} 09:30:00", days[at]))).collect();
        assert_eq!(found, expected, "{workdays} workdays before");
    }
}
