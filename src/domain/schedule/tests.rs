#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod deadlines;
mod festivals;
mod laws;
mod shifts;
mod spelling;
mod support;
