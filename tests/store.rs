//! Every function of the store on both databases: SQL is not checked when it is compiled, and the two differ.
//! One file per aggregate; `world` holds the small office they all start from.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

#[path = "support/db.rs"]
mod db;

#[path = "store/ack.rs"]
mod ack;
#[path = "store/alert.rs"]
mod alert;
#[path = "store/audience.rs"]
mod audience;
#[path = "store/audit.rs"]
mod audit;
#[path = "store/blind.rs"]
mod blind;
#[path = "store/calendar.rs"]
mod calendar;
#[path = "store/content.rs"]
mod content;
#[path = "store/decide.rs"]
mod decide;
#[path = "store/delivery.rs"]
mod delivery;
#[path = "store/dialogue.rs"]
mod dialogue;
#[path = "store/erase.rs"]
mod erase;
#[path = "store/inbox.rs"]
mod inbox;
#[path = "store/installation.rs"]
mod installation;
#[path = "store/joining.rs"]
mod joining;
#[path = "store/lease.rs"]
mod lease;
#[path = "store/leave.rs"]
mod leave;
#[path = "store/ledger.rs"]
mod ledger;
#[path = "store/look.rs"]
mod look;
#[path = "store/model.rs"]
mod model;
#[path = "store/moves.rs"]
mod moves;
#[path = "store/nudge.rs"]
mod nudge;
#[path = "store/open.rs"]
mod open;
#[path = "store/pace.rs"]
mod pace;
#[path = "store/people.rs"]
mod people;
#[path = "store/places.rs"]
mod places;
#[path = "store/push.rs"]
mod push;
#[path = "store/queue.rs"]
mod queue;
#[path = "store/quiz.rs"]
mod quiz;
#[path = "store/roster.rs"]
mod roster;
#[path = "store/schedule.rs"]
mod schedule;
#[path = "store/schema.rs"]
mod schema;
#[path = "store/world.rs"]
mod world;
