//! The command line: parses, calls a use case, words the outcome. One file per noun.

/// The whole loop on a temporary database and the sandbox.
pub mod demo;
/// Chinese help pages and usage errors.
pub mod usage;
