//! qingfeng (清风): pushes short integrity-knowledge items to staff groups on a schedule, records who confirmed,
//! and produces the month's participation report. Modules stand in data-flow order; `ARCHITECTURE.md` is the map.

/// The composition root: configuration to running program.
pub mod app;
/// Chat platforms: sends, edits, answers, and reads what comes in.
pub mod channel;
/// The command line: parses, calls a use case, words the outcome.
pub mod cli;
/// The only reader of time and the only sleeper.
pub mod clock;
/// Environment to typed configuration.
pub mod config;
/// Places where a test makes the program die.
pub mod crash;
/// What use cases may touch.
pub mod ctx;
/// Pure rules: no I/O, no async, `now` is an argument.
pub mod domain;
/// Newtype ids of stored rows.
pub mod ids;
/// Inbound: stores a batch, answers it, works through the rest.
pub mod inbox;
/// What the program does by itself.
pub mod jobs;
/// Every sentence people read.
pub mod message;
/// Use cases, one file per noun.
pub mod office;
/// Reports and sheets.
pub mod render;
/// A local Bot API server with a chat page: try-out, demo, tests, benchmarks.
pub mod sandbox;
/// The key file and what is derived from it.
pub mod secret;
/// Tells the loops to stop.
pub mod stop;
/// The only SQL.
pub mod store;
/// HTTP of the running service.
pub mod web;
