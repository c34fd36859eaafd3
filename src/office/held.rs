//! Why a lever of the operator does not move: what it is about stands otherwise. Worded in `cli::refusal`.

use chrono::{DateTime, Utc};

use crate::domain::delivery::{DeliveryState, StopReason};
use crate::domain::personal::Personal;
use crate::domain::push::{MemberStatus, PushState};
use crate::domain::word::GroupState;

/// Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    #[error("push {push} is {state:?}")]
    PushStands { push: i64, state: PushState },
    /// What is out, or may be.
    #[error("of push {push} something is out")]
    PushOut { push: i64, sent: usize, in_doubt: usize },
    #[error("of push {0} nothing was sent")]
    NothingSent(i64),
    #[error("of push {0} nothing failed")]
    NothingFailed(i64),
    #[error("delivery {0} is unknown")]
    UnknownDelivery(i64),
    #[error("delivery {delivery} is {state:?}, not in doubt")]
    NotInDoubt { delivery: i64, state: DeliveryState },
    #[error("group {group} is {state:?} for {reason:?}")]
    GroupStopped { group: i64, title: String, state: GroupState, reason: StopReason },
    #[error("group {group} is {state:?} already")]
    GroupStands { group: String, state: GroupState },
    #[error("everything is paused already")]
    PausedAlready,
    #[error("nothing is paused")]
    NotPaused,
    #[error("a name is missing or too long")]
    RelayName,
    #[error("the reason tells of a person: {0:?}")]
    ReasonPersonal(Personal),
    #[error("a relayed group {0} exists")]
    RelayExists(String),
    #[error("push {0} asks for no confirmation")]
    AckNotAsked(i64),
    /// `None`: the push does not address the person.
    #[error("push {push} does not expect {staff_no}: {standing:?}")]
    AckNotExpected { push: i64, staff_no: String, standing: Option<MemberStatus> },
    #[error("{staff_no} confirmed push {push} at {at}")]
    AckStands { push: i64, staff_no: String, at: DateTime<Utc> },
}
