//! How long a push will take, told before it starts.

use chrono::{DateTime, TimeDelta, Timelike, Utc};

use crate::ctx::Ctx;
use crate::domain::pacing::{self, Backlog};
use crate::domain::wall;
use crate::office::setting::Settings;
use crate::office::{Outcome, delivery};
use crate::store::Tx;

/// What comes on top of the pace: the service looks once a second, and the last call takes a moment.
const OVERHEAD: TimeDelta = TimeDelta::seconds(2);

/// What one more push has ahead of it and brings itself. Asked in the transaction that adds it.
pub(super) async fn of_queue(tx: &mut Tx, ctx: &Ctx) -> Outcome<TimeDelta> {
    Ok(delivery::forecast(tx, ctx).await? + OVERHEAD)
}

/// What a push to so many groups takes at its slot. At the full and the half hour messages may be spread.
pub(super) fn of_slot(settings: &Settings, groups: usize, at: DateTime<Utc>) -> TimeDelta {
    let chats = vec![Backlog { is_group: true, calls: 1 }; groups];
    let spread = if wall::of(at, settings.hours.tz).minute().is_multiple_of(30) {
        settings.send_spread
    } else {
        TimeDelta::zero()
    };
    pacing::estimate(delivery::limits(settings), &chats) + OVERHEAD + spread
}
