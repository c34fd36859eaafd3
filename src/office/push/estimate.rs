//! How long a push will take, told before it starts.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use self::pacing::{Backlog, Limits, estimate};
use crate::domain::delivery::TargetKind;
use crate::domain::wall;
use crate::office::Outcome;
use crate::office::setting::Settings;
use crate::store::{self, Tx};

/// What comes on top of the pace: the service looks once a second, and the last call takes a moment.
const OVERHEAD: TimeDelta = TimeDelta::seconds(2);

/// What one more push has ahead of it and brings itself: messages that wait, by chat.
pub(super) async fn of_queue(tx: &mut Tx, settings: &Settings, now: DateTime<Utc>) -> Outcome<TimeDelta> {
    let waiting = store::delivery::decide::backlog(tx, now).await?;
    let chats: Vec<Backlog> = waiting
        .into_iter()
        .map(|(kind, calls)| Backlog {
            is_group: kind == TargetKind::Group,
            calls: u32::try_from(calls).unwrap_or(u32::MAX),
        })
        .collect();
    Ok(estimate(limits(settings), &chats) + OVERHEAD)
}

/// What a push to so many groups takes at its slot. At the full and the half hour messages may be spread.
pub(super) fn of_slot(settings: &Settings, groups: usize, at: DateTime<Utc>) -> TimeDelta {
    let chats = vec![Backlog { is_group: true, calls: 1 }; groups];
    let spread = if wall::of(at, settings.hours.tz).minute().is_multiple_of(30) {
        settings.send_spread
    } else {
        TimeDelta::zero()
    };
    estimate(limits(settings), &chats) + OVERHEAD + spread
}

fn limits(settings: &Settings) -> Limits {
    Limits { per_second: settings.send_per_second, per_group: settings.send_per_group }
}

/// The sender's own reckoning.
mod pacing {
    use chrono::TimeDelta;

    /// How many calls may go.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Limits {
        /// In any second, over all chats.
        pub(super) per_second: u32,
        /// In any minute, in one group. A chat of any kind gets one in a second.
        pub(super) per_group: u32,
    }

    /// How much waits for one chat.
    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    pub(super) struct Backlog {
        pub(super) is_group: bool,
        pub(super) calls: u32,
    }

    /// How long it takes until everything that waits is out, when nothing goes wrong.
    pub(super) fn estimate(limits: Limits, chats: &[Backlog]) -> TimeDelta {
        let full = |calls: u64, most: u32, window: TimeDelta| {
            let windows = calls.saturating_sub(1) / u64::from(most.max(1));
            window * i32::try_from(windows).unwrap_or(i32::MAX)
        };
        let (second, minute) = (TimeDelta::seconds(1), TimeDelta::minutes(1));
        let all = full(chats.iter().map(|chat| u64::from(chat.calls)).sum(), limits.per_second, second);
        let alone = chats.iter().filter(|chat| chat.calls > 0).map(|chat| {
            if !chat.is_group {
                return full(chat.calls.into(), 1, second);
            }
            let in_minute = (chat.calls - 1) % limits.per_group.max(1);
            full(chat.calls.into(), limits.per_group, minute) + second * i32::try_from(in_minute).unwrap_or(i32::MAX)
        });
        alone.fold(all, TimeDelta::max)
    }
}
