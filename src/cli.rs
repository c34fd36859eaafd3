//! The command line: one file per noun, each parsing, calling a use case and wording the outcome. A new noun is a
//! module, a variant of `Noun` and an arm of `Noun::run`.

use clap::{Parser, Subcommand};

/// `audit`: the ledger.
pub mod audit;
/// `calendar`: which days are worked.
pub mod calendar;
/// `content`: items.
pub mod content;
/// `db`: the database itself.
pub mod db;
/// `demo`: the whole loop on a temporary database and the sandbox.
pub mod demo;
/// `doctor`: whether everything is in order.
pub mod doctor;
/// `group`: chats.
pub mod group;
/// To stdout and stderr, files, and how a command ends.
pub mod out;
/// `pause` and `resume`: everything that goes out.
pub mod pause;
/// `push`: what goes out.
pub mod push;
/// Every refusal of a use case in Chinese.
pub mod refusal;
/// `report`: the month's figures.
pub mod report;
/// `roster`: the file of who works where.
pub mod roster;
/// `sandbox`: the local Bot API server alone.
pub mod sandbox;
/// `schedule`: recurring rules.
pub mod schedule;
/// `serve`: the service.
pub mod serve;
/// What a command works with: configuration, open database, who acts.
pub mod session;
/// `setting`: what the office may change.
pub mod setting;
/// `staff`: people.
pub mod staff;
/// `unit`: names and places of units.
pub mod unit;
/// Chinese help pages and usage errors.
pub mod usage;
/// Words of values: how they are printed, and how they are read from an argument.
pub mod words;

use out::Ended;
use session::Setup;

/// 把廉政小知识按时推送到各科室的群里，记录谁已知悉，到月底出参学情况报表。
#[derive(Debug, Parser)]
#[command(
    name = "qingfeng",
    version,
    after_help = "例子\n  qingfeng db migrate\n  qingfeng roster import 花名册.xlsx\n  qingfeng content sync\n  \
                  qingfeng doctor"
)]
pub struct Cli {
    /// 以哪个工号的身份操作；不写就看QINGFENG_OPERATOR，都没有就记为本机操作员
    #[arg(long = "as", global = true, value_name = "工号", value_parser = words::staff_no)]
    pub acting_as: Option<String>,
    #[command(subcommand)]
    pub noun: Noun,
}

/// What a command is about.
#[derive(Debug, Subcommand)]
pub enum Noun {
    Demo(demo::Args),
    Serve(serve::Serve),
    Sandbox(sandbox::Sandbox),
    Doctor(doctor::Doctor),
    Content(content::Content),
    Roster(roster::Roster),
    Unit(unit::Unit),
    Staff(staff::Staff),
    Setting(setting::Setting),
    Group(group::Group),
    Calendar(calendar::Calendar),
    Schedule(schedule::Schedule),
    Push(push::Push),
    Pause(pause::Pause),
    Resume(pause::Resume),
    Report(report::Report),
    Audit(audit::Audit),
    Db(db::Db),
}

impl Noun {
    /// What is logged unless the environment says otherwise: the service tells what it does, a command only warns.
    pub fn log(&self) -> &'static str {
        match self {
            Self::Serve(_) => "info",
            // The demo's month has a delivery that fails for good, which is no news.
            Self::Demo(_) => "error",
            Self::Sandbox(_)
            | Self::Doctor(_)
            | Self::Content(_)
            | Self::Roster(_)
            | Self::Unit(_)
            | Self::Staff(_)
            | Self::Setting(_)
            | Self::Group(_)
            | Self::Calendar(_)
            | Self::Schedule(_)
            | Self::Push(_)
            | Self::Pause(_)
            | Self::Resume(_)
            | Self::Report(_)
            | Self::Audit(_)
            | Self::Db(_) => "warn",
        }
    }

    /// Carries the command out.
    pub fn run(self, setup: &Setup) -> Ended {
        match self {
            Self::Demo(demo) => demo.run(setup),
            Self::Serve(serve) => serve.run(setup),
            Self::Sandbox(sandbox) => sandbox.run(setup),
            Self::Doctor(doctor) => doctor.run(setup),
            Self::Content(content) => content.verb.run(setup),
            Self::Roster(roster) => roster.verb.run(setup),
            Self::Unit(unit) => unit.verb.run(setup),
            Self::Staff(staff) => staff.verb.run(setup),
            Self::Setting(setting) => setting.verb.run(setup),
            Self::Group(group) => group.verb.run(setup),
            Self::Calendar(calendar) => calendar.verb.run(setup),
            Self::Schedule(schedule) => schedule.verb.run(setup),
            Self::Push(push) => push.verb.run(setup),
            Self::Pause(pause) => pause.run(setup),
            Self::Resume(resume) => resume.run(setup),
            Self::Report(report) => report.verb.run(setup),
            Self::Audit(audit) => audit.verb.run(setup),
            Self::Db(db) => db.verb.run(setup),
        }
    }
}

#[cfg(test)]
mod tests;
