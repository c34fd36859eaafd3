//! One binary for every test that needs more than one module.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod badly;
mod calendar;
#[path = "../support/db.rs"]
mod db;
mod delivery;
mod demo;
mod inbox;
mod instances;
mod metrics;
mod plan;
mod preview;
mod process;
mod restore;
mod sandbox;
mod story;
mod upset;
mod world;
