//! One binary for every test that needs more than one module.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod calendar;
#[path = "../support/db.rs"]
mod db;
mod delivery;
mod demo;
mod doubt;
mod inbox;
mod levers;
mod metrics;
mod plan;
mod preview;
mod process;
mod relay;
mod sandbox;
mod story;
mod upset;
mod world;
