//! Whether a database is the one this machine served before (invariant I12): restored or copied data must send nothing
//! until a person says so, because another copy of it may be at work, or may have been.

use chrono::{DateTime, TimeDelta, Utc};

use super::word::words;

/// A service that gave no sign of life for this long may be a backup that was put in place.
pub const SILENT: TimeDelta = TimeDelta::hours(24);
/// A sign of life this recent shows that another instance is at work now.
pub const COMPANY: TimeDelta = TimeDelta::minutes(2);

words! {
    /// Why data may be a copy.
    Doubt {
        /// This machine never served it.
        Foreign = "foreign",
        /// It is from before, or after, what this machine knows to have been confirmed.
        Generation = "generation",
        /// This machine has seen a later state of it.
        Older = "older",
        /// Nobody served it for a day.
        Silent = "silent",
        /// `db restore` put it in place.
        Restored = "restored",
    }
}

/// What the machine knows of the database: the line beside the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Remembered {
    pub generation: i64,
    /// Whether the database stood elsewhere when it was last seen: what stood there may be at work still.
    pub moved: bool,
    /// Whether the last state that was seen here is part of what the database holds.
    pub contained: bool,
}

/// What is known when a service starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts {
    pub here: Option<Remembered>,
    /// The database's own generation.
    pub generation: i64,
    /// Last sign of life of a running service.
    pub alive_at: Option<DateTime<Utc>>,
    /// Several instances may share the database, so another machine may have moved it on.
    pub shared: bool,
    /// No service ever ran on it.
    pub new: bool,
}

/// How to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// It is ours.
    Home,
    /// It is new here and in use elsewhere at this moment, or was never used: this machine joins.
    Join,
    /// It may be a copy.
    Doubt(Doubt),
}

/// Decides how to start at `now`, by the clock that signs of life are written by.
pub fn start(facts: &Facts, now: DateTime<Utc>) -> Start {
    let company = facts.shared && facts.alive_at.is_some_and(|at| now - at < COMPANY);
    let here = match facts.here {
        None if facts.new || company => return Start::Join,
        None => return Start::Doubt(Doubt::Foreign),
        Some(here) => here,
    };
    if here.moved {
        return Start::Doubt(Doubt::Foreign);
    }
    if !here.contained {
        return Start::Doubt(Doubt::Older);
    }
    if here.generation != facts.generation {
        let moved_on = company && here.generation < facts.generation;
        return if moved_on { Start::Join } else { Start::Doubt(Doubt::Generation) };
    }
    match facts.alive_at {
        Some(at) if now - at >= SILENT => Start::Doubt(Doubt::Silent),
        Some(_) | None => Start::Home,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const HERE: Option<Remembered> = Some(Remembered { generation: 3, moved: false, contained: true });
    const OLDER: Option<Remembered> = Some(Remembered { generation: 3, moved: false, contained: false });
    const BEFORE: Option<Remembered> = Some(Remembered { generation: 2, moved: false, contained: true });
    const AFTER: Option<Remembered> = Some(Remembered { generation: 4, moved: false, contained: true });

    const MOVED: Option<Remembered> = Some(Remembered { generation: 3, moved: true, contained: true });

    fn facts(here: Option<Remembered>, alive_minutes_ago: Option<i64>, shared: bool) -> Facts {
        let alive_at = alive_minutes_ago.map(|minutes| DateTime::UNIX_EPOCH - TimeDelta::minutes(minutes));
        Facts { here, generation: 3, alive_at, shared, new: false }
    }

    #[rstest]
    #[case::as_it_was_left(facts(HERE, Some(5), false), Start::Home)]
    #[case::upgraded_and_never_served_since(facts(HERE, None, false), Start::Home)]
    #[case::a_weekend(facts(HERE, Some(24 * 60), false), Start::Doubt(Doubt::Silent))]
    #[case::a_night(facts(HERE, Some(24 * 60 - 1), false), Start::Home)]
    #[case::copied_to_another_machine(facts(None, Some(1), false), Start::Doubt(Doubt::Foreign))]
    #[case::copied_with_all_that_is_beside_it(facts(MOVED, Some(1), false), Start::Doubt(Doubt::Foreign))]
    #[case::another_machine_joins(facts(None, Some(1), true), Start::Join)]
    #[case::another_machine_finds_nobody(facts(None, Some(2), true), Start::Doubt(Doubt::Foreign))]
    #[case::an_older_state(facts(OLDER, Some(1), false), Start::Doubt(Doubt::Older))]
    #[case::an_older_state_with_company(facts(OLDER, Some(1), true), Start::Doubt(Doubt::Older))]
    #[case::confirmed_elsewhere(facts(BEFORE, Some(1), true), Start::Join)]
    #[case::confirmed_elsewhere_and_gone(facts(BEFORE, Some(9), true), Start::Doubt(Doubt::Generation))]
    #[case::confirmed_elsewhere_on_a_file(facts(BEFORE, Some(1), false), Start::Doubt(Doubt::Generation))]
    #[case::from_before_a_confirmation(facts(AFTER, Some(1), true), Start::Doubt(Doubt::Generation))]
    #[case::a_clock_that_was_set_back(facts(HERE, Some(-9999), false), Start::Home)]
    fn each_case_has_one_start(#[case] facts: Facts, #[case] expected: Start) {
        assert_eq!(start(&facts, DateTime::UNIX_EPOCH), expected);
    }

    #[test]
    fn a_database_that_nobody_served_is_no_copy_of_one() {
        let facts = Facts { new: true, ..facts(None, None, false) };
        assert_eq!(start(&facts, DateTime::UNIX_EPOCH), Start::Join);
    }
}
