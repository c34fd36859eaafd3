//! The program as people and scripts run it: arguments in, exit code, stdout and stderr out. Every test has a folder of
//! its own, which is also the working folder, so that no output holds a path of the machine.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail loudly")]

#[path = "cli/audit.rs"]
mod audit;
#[path = "cli/calendar.rs"]
mod calendar;
#[path = "cli/content.rs"]
mod content;
#[path = "cli/database.rs"]
mod database;
#[path = "cli/doctor.rs"]
mod doctor;
#[path = "cli/leave.rs"]
mod leave;
#[path = "cli/levers.rs"]
mod levers;
#[path = "cli/office.rs"]
mod office;
#[path = "cli/plan.rs"]
mod plan;
#[path = "cli/push.rs"]
mod push;
#[path = "cli/roles.rs"]
mod roles;
#[path = "cli/roster.rs"]
mod roster;
#[path = "cli/schedule.rs"]
mod schedule;
#[path = "cli/story.rs"]
mod story;
