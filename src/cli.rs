//! The command line: parses, calls a use case, words the outcome. One file per noun.

/// Chinese help pages and usage errors.
pub mod usage;
