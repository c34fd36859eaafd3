//! The life of one outgoing message. A delivery is only ever in one state. What a call leads to is decided here; moves
//! that only compare instants or leases (expired, left behind, re-sent, proved) are conditions of `store::delivery`.
//!
//! `queued → claimed → sending → sent | retry_wait | in_doubt | failed`, and `expired`, `cancelled`, `abandoned` at any
//! time before the end. A call whose outcome is not known leaves the delivery `in_doubt`: it is never guessed.

use chrono::{DateTime, Duration, Utc};

use super::word::words;

mod moves;

pub use moves::{Event, next, sources};

words! {
    /// Where a delivery stands.
    DeliveryState {
        /// Waits for its time.
        Queued = "queued",
        /// One sender holds it under a lease; nothing was attempted yet.
        Claimed = "claimed",
        /// An attempt is committed and its call may be under way.
        Sending = "sending",
        /// The platform has it: by its reply or by a press on that very copy.
        Sent = "sent",
        /// The last call provably did not send; another follows.
        RetryWait = "retry_wait",
        /// A call was made and nobody knows whether it arrived.
        InDoubt = "in_doubt",
        /// The platform refused for good, or the attempts are used up.
        Failed = "failed",
        /// Its time passed before it could be sent.
        Expired = "expired",
        /// Taken back before it was sent.
        Cancelled = "cancelled",
        /// An admin gave up on a delivery in doubt.
        Abandoned = "abandoned",
    }
}

words! {
    /// What one call came to.
    AttemptOutcome {
        /// Committed, and its result is not known yet.
        Pending = "pending",
        /// The platform replied with the message.
        Ok = "ok",
        /// The call never reached the platform.
        NotSent = "not_sent",
        /// The platform asked to wait.
        Limited = "limited",
        /// The platform refused.
        Rejected = "rejected",
        /// The call may or may not have reached the platform.
        Unknown = "unknown",
        /// Unknown at first, then proved by a press on that copy.
        Proved = "proved",
    }
}

words! {
    /// What a delivery carries.
    DeliveryKind {
        /// An item for a group or a person.
        Push = "push",
        /// Something the admins should know.
        Alert = "alert",
        /// The first message in a chat.
        Notice = "notice",
        /// The one private reminder of a required push.
        Nudge = "nudge",
    }
}

words! {
    /// Whom a delivery speaks to.
    TargetKind {
        Group = "group",
        Staff = "staff",
    }
}

words! {
    /// Why a delivery ended without being sent, or why a chat takes no messages.
    StopReason {
        /// The platform says that the bot was removed from the group, or never was in it.
        Kicked = "kicked",
        /// The platform told that the bot was removed from the group.
        Removed = "removed",
        /// The bot left the group, which nobody of the office stood for.
        Left = "left",
        /// The group goes on under another id that an admin linked already.
        Migrated = "migrated",
        /// The chat was deleted, or the platform does not know it.
        ChatGone = "chat_gone",
        /// The person blocked the bot.
        Blocked = "blocked",
        /// The person has not opened the private chat yet.
        NeverStarted = "never_started",
        /// The account is closed.
        Deactivated = "deactivated",
        /// The bot may not write in the group until its admin allows it.
        NoRights = "no_rights",
        /// The topic is closed or deleted, and the group takes no messages outside of it.
        NoTopic = "no_topic",
        /// The platform refused this message; the target stays.
        Refused = "refused",
        /// The platform could not be reached in any of the tries.
        Unreachable = "unreachable",
        /// There is no active chat or bound account to send to.
        NoTarget = "no_target",
        /// The message could not be made in any of the tries.
        Broken = "broken",
        /// An admin stopped messages to this chat.
        ByAdmin = "by_admin",
        /// Nobody passed it on in time.
        NotRelayed = "not_relayed",
        /// An admin decided not to pass it on.
        Declined = "declined",
        /// The person confirmed before they were reminded.
        Confirmed = "confirmed",
        /// The person wants no private reminders.
        Muted = "muted",
        /// The person is away, or has a later deadline for it.
        OnLeave = "on_leave",
        /// What it reminds of was taken back.
        TakenBack = "taken_back",
    }
}

words! {
    /// What a person decided about a delivery that the program cannot know enough of.
    Decision {
        /// It was seen in the chat.
        Sent = "sent",
        /// It is to be sent once more.
        Resend = "resend",
        /// It is given up.
        Abandon = "abandon",
        /// A person passed it on.
        Relayed = "relayed",
        /// A person does not pass it on.
        Declined = "declined",
    }
}

words! {
    /// What became of taking a copy back.
    Removal {
        /// It is to be deleted.
        Wanted = "wanted",
        /// The platform deleted it.
        Done = "done",
        /// It was not there any more.
        Gone = "gone",
        /// The platform no longer lets us delete it.
        TooOld = "too_old",
        /// The platform refused for another reason.
        Refused = "refused",
    }
}

words! {
    /// Why nothing goes out.
    HaltCause {
        /// An admin stopped everything.
        Paused = "paused",
        /// The data may be a copy of what runs elsewhere.
        Quarantine = "quarantine",
        /// The platform refuses our token.
        Unauthorized = "unauthorized",
    }
}

/// First pause after a call that did not send, doubled each time (`reliability`: 2 s to 5 min).
pub const BACKOFF_FIRST: Duration = Duration::seconds(2);
/// Longest pause between two tries.
pub const BACKOFF_LONGEST: Duration = Duration::minutes(5);
/// Tries that may fail before a delivery is given up. A request to wait (429) is not a try.
pub const TRIES_MOST: i64 = 8;
/// How long a delivery in doubt waits for a press to prove it before its one flagged re-send.
pub const DOUBT_WAIT: Duration = Duration::seconds(90);
/// How long a claim holds without a result. Longer than a call's time-out of 15 s.
pub const LEASE: Duration = Duration::seconds(60);

/// What a call came to, as far as the delivery cares.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CallResult {
    Sent,
    NotSent,
    Limited {
        retry_after: Duration,
    },
    Unknown,
    /// Refused for good; another try would be refused as well.
    Refused,
    /// Refused for a reason that was mended (chat moved, markup or topic dropped): the same delivery goes on at once.
    Mended,
    /// The bot itself was refused: nothing is consumed, and it waits with everything else.
    Halted,
    /// The call was not made after all: the sender had held it for too long.
    Withheld,
}

impl CallResult {
    /// What it means for a delivery.
    pub const fn event(&self, before: Before) -> Event {
        let Before { tries, doubted } = before;
        match self {
            Self::Sent => Event::Accepted,
            Self::Unknown => Event::Unknown,
            Self::Mended | Self::Halted => Event::Mended,
            Self::Limited { .. } | Self::Withheld => Event::NotSent,
            Self::NotSent if tries + 1 < TRIES_MOST => Event::NotSent,
            // The second copy is not there; of the first nobody knows.
            Self::NotSent | Self::Refused if doubted => Event::Unknown,
            Self::NotSent | Self::Refused => Event::Refused,
        }
    }
}

/// What the delivery does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub state: DeliveryState,
    pub outcome: AttemptOutcome,
    /// Tries used so far.
    pub tries: i64,
    /// Earliest instant of the next call.
    pub not_before: DateTime<Utc>,
}

/// Where a delivery stands before its call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Before {
    /// Tries that failed so far.
    pub tries: i64,
    /// An earlier copy may be in the chat.
    pub doubted: bool,
}

/// Decides the move out of `sending` once the call returned. `jitter` is between 0 and 1.
pub fn step(result: &CallResult, before: Before, now: DateTime<Utc>, jitter: f64) -> Step {
    use AttemptOutcome as O;
    let tries = before.tries;
    // A result has a move out of `sending`; a test holds it.
    let state = next(DeliveryState::Sending, result.event(before)).unwrap_or(DeliveryState::InDoubt);
    let at_once = |outcome| Step { state, outcome, tries, not_before: now };
    match result {
        CallResult::Sent => at_once(O::Ok),
        CallResult::Unknown => at_once(O::Unknown),
        CallResult::Refused | CallResult::Mended | CallResult::Halted => at_once(O::Rejected),
        CallResult::Withheld => at_once(O::NotSent),
        CallResult::Limited { retry_after } => Step { not_before: now + *retry_after, ..at_once(O::Limited) },
        CallResult::NotSent => {
            Step { tries: tries + 1, not_before: now + backoff(tries, jitter), ..at_once(O::NotSent) }
        }
    }
}

/// Decides the move out of `claimed` of a message that could not be made: a later try, or the end.
pub fn unmade(before: Before, now: DateTime<Utc>, jitter: f64) -> Step {
    let Before { tries, doubted } = before;
    let event = match tries + 1 < TRIES_MOST {
        true => Event::Unmade,
        false if doubted => Event::Lapsed,
        false => Event::Hopeless,
    };
    let state = next(DeliveryState::Claimed, event).unwrap_or(DeliveryState::RetryWait);
    Step { state, outcome: AttemptOutcome::NotSent, tries: tries + 1, not_before: now + backoff(tries, jitter) }
}

/// Pause before try `tries + 1`: doubling from 2 s to 5 min, spread by `jitter` over its second half.
pub fn backoff(tries: i64, jitter: f64) -> Duration {
    let doublings = u32::try_from(tries.clamp(0, 16)).unwrap_or(16);
    let full = (BACKOFF_FIRST.num_milliseconds() << doublings).min(BACKOFF_LONGEST.num_milliseconds());
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "milliseconds of at most 5 minutes"
    )]
    let spread = (full as f64 / 2.0 * jitter.clamp(0.0, 1.0)) as i64;
    Duration::milliseconds(full / 2 + spread)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn now() -> DateTime<Utc> {
        DateTime::UNIX_EPOCH
    }

    fn fresh(tries: i64) -> Before {
        Before { tries, doubted: false }
    }

    #[rstest]
    #[case(CallResult::Sent, DeliveryState::Sent, AttemptOutcome::Ok, 0)]
    #[case(CallResult::NotSent, DeliveryState::RetryWait, AttemptOutcome::NotSent, 1)]
    #[case(CallResult::Unknown, DeliveryState::InDoubt, AttemptOutcome::Unknown, 0)]
    #[case(CallResult::Refused, DeliveryState::Failed, AttemptOutcome::Rejected, 0)]
    #[case(CallResult::Mended, DeliveryState::Queued, AttemptOutcome::Rejected, 0)]
    #[case(CallResult::Halted, DeliveryState::Queued, AttemptOutcome::Rejected, 0)]
    #[case(CallResult::Withheld, DeliveryState::RetryWait, AttemptOutcome::NotSent, 0)]
    fn each_result_has_one_move(
        #[case] result: CallResult,
        #[case] state: DeliveryState,
        #[case] outcome: AttemptOutcome,
        #[case] tries: i64,
    ) {
        let step = step(&result, fresh(0), now(), 0.5);
        assert_eq!((step.state, step.outcome, step.tries), (state, outcome, tries));
    }

    #[test]
    fn no_result_is_without_a_move() {
        let pause = CallResult::Limited { retry_after: Duration::seconds(1) };
        let results = [
            CallResult::Sent,
            CallResult::NotSent,
            pause,
            CallResult::Unknown,
            CallResult::Refused,
            CallResult::Mended,
            CallResult::Halted,
            CallResult::Withheld,
        ];
        for result in results {
            for tries in [0, TRIES_MOST - 1] {
                for doubted in [false, true] {
                    let before = Before { tries, doubted };
                    let event = result.event(before);
                    let moved = next(DeliveryState::Sending, event);
                    assert_eq!(moved, Some(step(&result, before, now(), 0.0).state), "{result:?}");
                    // A late reply means the same.
                    assert_eq!(next(DeliveryState::InDoubt, event), moved, "{result:?}");
                }
            }
        }
    }

    #[test]
    fn a_request_to_wait_burns_no_try_and_is_obeyed() {
        let result = CallResult::Limited { retry_after: Duration::seconds(35) };
        let step = step(&result, fresh(TRIES_MOST - 1), now(), 0.0);
        assert_eq!((step.state, step.tries), (DeliveryState::RetryWait, TRIES_MOST - 1));
        assert_eq!(step.not_before, now() + Duration::seconds(35));
    }

    #[test]
    fn the_last_try_ends_in_failed() {
        assert_eq!(step(&CallResult::NotSent, fresh(TRIES_MOST - 1), now(), 0.0).state, DeliveryState::Failed);
        assert_eq!(unmade(fresh(TRIES_MOST - 1), now(), 0.0).state, DeliveryState::Failed);
        let later = unmade(fresh(0), now(), 1.0);
        assert_eq!((later.state, later.tries), (DeliveryState::RetryWait, 1));
        assert_eq!(later.not_before, now() + Duration::seconds(2));
    }

    #[test]
    fn a_second_copy_that_is_refused_settles_nothing_about_the_first() {
        let doubted = Before { tries: 0, doubted: true };
        let refused = step(&CallResult::Refused, doubted, now(), 0.0);
        assert_eq!((refused.state, refused.outcome), (DeliveryState::InDoubt, AttemptOutcome::Rejected));
        let last = Before { tries: TRIES_MOST - 1, doubted: true };
        assert_eq!(step(&CallResult::NotSent, last, now(), 0.0).state, DeliveryState::InDoubt);
        assert_eq!(unmade(last, now(), 0.0).state, DeliveryState::InDoubt);
    }

    #[test]
    fn pauses_double_up_to_five_minutes() {
        let seconds: Vec<i64> = (0..10).map(|tries| backoff(tries, 1.0).num_seconds()).collect();
        assert_eq!(seconds, [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        assert_eq!(backoff(0, 0.0), Duration::seconds(1));
    }
}
