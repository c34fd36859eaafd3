//! What a monitoring system is told: counts and states, never names.

use crate::ctx::Ctx;
use crate::domain::delivery::HaltCause;
use crate::domain::slot::OccurrenceState;
use crate::office::Outcome;
use crate::office::calendar::{Standing, standing};
use crate::store;

/// Figures of one moment.
#[derive(Debug)]
pub struct Figures {
    pub calendar: Standing,
    /// Every state with the count of slots that are in it.
    pub occurrences: Vec<(OccurrenceState, i64)>,
    /// Every reason for which nothing may go out, with whether it stands.
    pub halted: Vec<(HaltCause, bool)>,
    /// Updates that wait to be worked through.
    pub inbox_waiting: i64,
    /// Updates that were set aside.
    pub inbox_aside: i64,
    /// Seconds since updates last reached us; `None` before the first.
    pub heard_seconds: Option<i64>,
}

/// Reads the figures.
pub async fn figures(ctx: &Ctx) -> Outcome<Figures> {
    let mut tx = ctx.store.read().await?;
    let counted = store::occurrence::count_by_state(&mut tx).await?;
    let count =
        |state: OccurrenceState| counted.iter().find(|(known, _)| *known == state).map_or(0, |(_, count)| *count);
    let occurrences = OccurrenceState::ALL.iter().map(|state| (*state, count(*state))).collect();
    let (inbox_waiting, inbox_aside) = store::inbox::standing(&mut tx).await?;
    let heard = store::channel::last_heard(&mut tx).await?;
    let heard_seconds = heard.map(|at| (ctx.now() - at.utc()).num_seconds());
    let halts = store::halt::list(&mut tx).await?;
    let halted = HaltCause::ALL.iter().map(|cause| (*cause, halts.iter().any(|row| row.cause == *cause))).collect();
    let calendar = standing(&mut tx, ctx).await?;
    Ok(Figures { calendar, occurrences, halted, inbox_waiting, inbox_aside, heard_seconds })
}
