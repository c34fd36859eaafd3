//! One binary for every test that needs more than one module.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod demo;
mod sandbox;
