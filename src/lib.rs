//! qingfeng (清风): pushes short integrity-knowledge items to staff groups on a schedule, records who confirmed,
//! and produces the month's participation report. Modules stand in data-flow order; `ARCHITECTURE.md` is the map.

/// Pure rules: no I/O, no async, `now` is an argument.
pub mod domain;
/// Newtype ids of stored rows.
pub mod ids;
