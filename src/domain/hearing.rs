//! Time in which nobody took in what people pressed: what counts as such, and what follows for being on time.

use chrono::{DateTime, TimeDelta, Utc};

use super::word::InboundMode;

/// The platform keeps a press for 150 s. Half a minute less, because nobody knows when within the last try it was asked.
pub const BLIND: TimeDelta = TimeDelta::seconds(120);
/// Longer than a poll that brings nothing, with its pause and its way over the network.
const SHORTEST: TimeDelta = TimeDelta::seconds(45);
/// What waited at the platform comes in at most a hundred at a time, at once.
const SETTLES_POLLED: TimeDelta = TimeDelta::seconds(10);
/// What waited for a webhook is repeated after pauses of up to two minutes.
const SETTLES_BROUGHT: TimeDelta = TimeDelta::seconds(120);

/// A time in which nobody took in updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Gap {
    /// When updates were last taken in before it.
    pub from: DateTime<Utc>,
    /// When they were taken in again.
    pub to: DateTime<Utc>,
    /// What had waited at the platform came in by then.
    pub settled: DateTime<Utc>,
}

impl Gap {
    /// The gap that ends now; `None` when updates were taken in without one. A clock that was set back shows none.
    pub fn ending(now: DateTime<Utc>, heard: Option<DateTime<Utc>>, mode: InboundMode) -> Option<Self> {
        let from = heard.filter(|heard| now - *heard > SHORTEST)?;
        let settles = match mode {
            InboundMode::Poll => SETTLES_POLLED,
            InboundMode::Webhook => SETTLES_BROUGHT,
        };
        Some(Self { from, to: now, settled: now + settles })
    }

    /// Whether presses may be lost. A shorter gap only delayed them.
    pub fn is_blind(&self) -> bool {
        self.to - self.from > BLIND
    }
}

/// A gap in which presses may be lost, as a report tells of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    pub gap: Gap,
    /// The copies that were open say so in their chats.
    pub told: bool,
}

/// When a press that was received at `received` may have been made at the earliest: what comes in at the end of a gap may
/// have been pressed at its beginning. `None` when it came in without waiting.
pub fn waited_since(received: DateTime<Utc>, gaps: &[Gap]) -> Option<DateTime<Utc>> {
    let waited = gaps.iter().filter(|gap| (gap.to..=gap.settled).contains(&received));
    waited.map(|gap| gap.from).min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
    }

    #[rstest]
    #[case::never_heard(None, 1_000, None)]
    #[case::an_idle_poll(Some(1_000), 1_045, None)]
    #[case::a_short_gap(Some(1_000), 1_046, Some(false))]
    #[case::what_the_platform_keeps(Some(1_000), 1_120, Some(false))]
    #[case::longer(Some(1_000), 1_121, Some(true))]
    #[case::set_back(Some(1_000), 400, None)]
    fn a_gap_is_longer_than_an_idle_poll(#[case] heard: Option<i64>, #[case] now: i64, #[case] blind: Option<bool>) {
        let gap = Gap::ending(at(now), heard.map(at), InboundMode::Poll);
        assert_eq!(gap.map(|gap| gap.is_blind()), blind);
        assert!(gap.is_none_or(|gap| (Some(gap.from), gap.to) == (heard.map(at), at(now))));
    }

    #[rstest]
    #[case::before_its_end(99, None)]
    #[case::first_batch(100, Some(10))]
    #[case::what_still_waited(110, Some(10))]
    #[case::made_afterwards(111, None)]
    #[case::at_the_end_of_two(105, Some(10))]
    fn what_comes_in_at_the_end_of_a_gap_counts_from_its_beginning(#[case] received: i64, #[case] since: Option<i64>) {
        let first = Gap { from: at(10), to: at(100), settled: at(110) };
        let second = Gap { from: at(103), to: at(105), settled: at(106) };
        assert_eq!(waited_since(at(received), &[second, first]), since.map(at));
        assert_eq!(waited_since(at(received), &[]), None);
    }

    #[test]
    fn a_webhook_takes_longer_to_bring_what_waited() {
        let gap = |mode| Gap::ending(at(500), Some(at(100)), mode).map(|gap| gap.settled);
        assert_eq!(gap(InboundMode::Poll), Some(at(510)));
        assert_eq!(gap(InboundMode::Webhook), Some(at(620)));
    }
}
