//! One binary for every test that needs more than one module.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod ack;
mod audit;
mod bad_input;
mod badly;
mod blind;
mod calendar;
mod confirm_by_text;
mod count_line;
#[path = "../support/db.rs"]
mod db;
mod delivery;
mod demo;
mod doubt;
mod hidden;
mod history;
mod hook;
mod inbox;
mod instances;
mod joining;
mod leave;
mod levers;
mod metrics;
mod names;
mod nudge;
mod outside;
mod people;
mod people_chat;
mod plan;
mod polling;
mod preview;
mod process;
mod quiz;
mod relay;
mod restore;
mod roles;
mod sandbox;
mod story;
mod upset;
mod world;
