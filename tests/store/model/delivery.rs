//! One delivery as the model sees it, and what was promised of it.

use chrono::{DateTime, Utc};
use qingfeng::domain::delivery::{AttemptOutcome, Decision, DeliveryState, Event, next};
use qingfeng::ids::{AttemptId, DeliveryId, PushId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) id: AttemptId,
    pub(crate) outcome: AttemptOutcome,
    pub(crate) second: bool,
    pub(crate) message: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Model {
    pub(crate) id: DeliveryId,
    pub(crate) push: PushId,
    pub(crate) group: bool,
    pub(crate) state: DeliveryState,
    pub(crate) tries: i64,
    pub(crate) epoch: i64,
    pub(crate) not_before: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) changed_at: DateTime<Utc>,
    pub(crate) lease: Option<(&'static str, DateTime<Utc>)>,
    pub(crate) calls: Vec<Call>,
    pub(crate) decision: Option<Decision>,
    /// How often an admin had it sent once more.
    pub(crate) resends: usize,
}

impl Model {
    /// Moves as the table says; false when the table says that nothing happens.
    pub(crate) fn go(&mut self, event: Event, now: DateTime<Utc>) -> bool {
        let Some(to) = next(self.state, event) else { return false };
        self.state = to;
        self.changed_at = now;
        self.lease = None;
        true
    }

    /// An earlier copy may be in the chat.
    pub(crate) fn doubted(&self) -> bool {
        self.calls.iter().any(|call| matches!(call.outcome, AttemptOutcome::Unknown | AttemptOutcome::Pending))
    }

    pub(crate) fn is_waiting(&self) -> bool {
        matches!(self.state, DeliveryState::Queued | DeliveryState::RetryWait)
    }

    pub(crate) fn is_over(&self) -> bool {
        matches!(
            self.state,
            DeliveryState::Sent
                | DeliveryState::Failed
                | DeliveryState::Expired
                | DeliveryState::Cancelled
                | DeliveryState::Abandoned
        )
    }

    /// What was promised of every delivery, at any moment.
    pub(crate) fn check(&self) {
        let came = |call: &Call| matches!(call.outcome, AttemptOutcome::Ok | AttemptOutcome::Proved);
        if self.state == DeliveryState::Sent {
            assert!(
                self.calls.iter().any(came) || self.decision == Some(Decision::Sent),
                "sent without a reason: {self:?}"
            );
        }
        let may_be_there =
            |call: &&Call| came(call) || matches!(call.outcome, AttemptOutcome::Unknown | AttemptOutcome::Pending);
        let second = self.calls.iter().filter(|call| call.second).filter(may_be_there).count();
        assert!(second <= 1 + self.resends, "more than one second copy: {self:?}");
    }
}
