//! Every move of a delivery in one function. What a call came to is refined by [`step`](super::step), which also says
//! when to try again; the conditions in `store::delivery` name the states from which an event moves, and a test holds
//! them to this table.

use super::{Decision, DeliveryState};
use crate::domain::word::words;

words! {
    /// What can happen to a delivery.
    Event {
        /// A sender took it under a lease.
        Claimed = "claimed",
        /// The sender gave it back unsent: something holds everything up, or it stops.
        Released = "released",
        /// The sender that holds it is gone.
        SenderGone = "sender_gone",
        /// An attempt is committed; its call follows.
        Begun = "begun",
        /// The message could not be made, and a later try may.
        Unmade = "unmade",
        /// It cannot go out: there is no chat or account any more, or it could not be made in any of the tries.
        Hopeless = "hopeless",
        /// The platform has it.
        Accepted = "accepted",
        /// The call provably sent nothing, or was told to wait; another follows.
        NotSent = "not_sent",
        /// The platform refused for good, or the tries are used up.
        Refused = "refused",
        /// Refused for a reason that was mended: it goes on at once.
        Mended = "mended",
        /// Nobody knows what the call came to.
        Unknown = "unknown",
        /// Someone pressed a button of a copy whose outcome was not known.
        Pressed = "pressed",
        /// It was in doubt for long enough, in a group, in time, and for the first time.
        WaitedOut = "waited_out",
        /// An admin decided a doubt, or an admin passed it on by hand, or will not.
        Sent = "decided_sent",
        /// An admin has it sent once more.
        Resend = "decided_resend",
        /// An admin gave it up.
        Abandon = "decided_abandon",
        /// A person passed it on by hand.
        Relayed = "relayed",
        /// A person does not pass it on.
        Declined = "declined",
        /// Its push was taken back before it was sent.
        Cancelled = "cancelled",
        /// Its time is over.
        Expired = "expired",
        /// It ends unsent by any other way, but an earlier copy may be there: nobody knows.
        Lapsed = "lapsed",
        /// An admin has what failed sent again.
        Again = "again",
    }
}

impl From<Decision> for Event {
    fn from(decision: Decision) -> Self {
        match decision {
            Decision::Sent => Self::Sent,
            Decision::Resend => Self::Resend,
            Decision::Abandon => Self::Abandon,
            Decision::Relayed => Self::Relayed,
            Decision::Declined => Self::Declined,
        }
    }
}

/// Where an event leads from a state; `None` when it changes nothing there.
#[expect(clippy::match_same_arms, reason = "one row for each event, as the table is printed")]
pub fn next(state: DeliveryState, event: Event) -> Option<DeliveryState> {
    use DeliveryState as S;
    use Event as E;
    match (event, state) {
        (E::Claimed, S::Queued | S::RetryWait) => Some(S::Claimed),
        (E::Released | E::SenderGone, S::Claimed) => Some(S::Queued),
        (E::SenderGone, S::Sending) => Some(S::InDoubt),
        (E::Begun, S::Claimed) => Some(S::Sending),
        (E::Unmade, S::Claimed) => Some(S::RetryWait),
        (E::Hopeless, S::Claimed) => Some(S::Failed),
        // A reply that comes after the call was given up still tells what happened.
        (E::Accepted, S::Sending | S::InDoubt) => Some(S::Sent),
        (E::NotSent, S::Sending | S::InDoubt) => Some(S::RetryWait),
        (E::Refused, S::Sending | S::InDoubt) => Some(S::Failed),
        (E::Mended, S::Sending | S::InDoubt) => Some(S::Queued),
        (E::Unknown, S::Sending | S::InDoubt) => Some(S::InDoubt),
        // Also of a copy before the one that is due or under way: the people have it, and no more is sent.
        (E::Pressed, S::Queued | S::Claimed | S::Sending | S::RetryWait | S::InDoubt) => Some(S::Sent),
        (E::WaitedOut | E::Resend, S::InDoubt) => Some(S::Queued),
        (E::Sent, S::InDoubt) => Some(S::Sent),
        (E::Abandon, S::InDoubt) => Some(S::Abandoned),
        // Carried by hand: it waits in the queue for its person, and no sender claims it.
        (E::Relayed, S::Queued) => Some(S::Sent),
        (E::Declined, S::Queued) => Some(S::Cancelled),
        // A call under way is not taken back: whoever cancels then recalls what arrived.
        (E::Cancelled, S::Queued | S::Claimed | S::RetryWait) => Some(S::Cancelled),
        // In doubt does not expire: the message may be there.
        (E::Expired, S::Queued | S::RetryWait) => Some(S::Expired),
        (E::Lapsed, S::Queued | S::Claimed | S::RetryWait) => Some(S::InDoubt),
        (E::Again, S::Failed) => Some(S::Queued),
        (
            E::Claimed
            | E::Released
            | E::SenderGone
            | E::Begun
            | E::Unmade
            | E::Hopeless
            | E::Accepted
            | E::NotSent
            | E::Refused
            | E::Mended
            | E::Unknown
            | E::Pressed
            | E::WaitedOut
            | E::Sent
            | E::Resend
            | E::Abandon
            | E::Relayed
            | E::Declined
            | E::Cancelled
            | E::Expired
            | E::Lapsed
            | E::Again,
            _,
        ) => None,
    }
}

/// The states from which an event moves.
pub fn sources(event: Event) -> Vec<DeliveryState> {
    DeliveryState::ALL.iter().copied().filter(|state| next(*state, event).is_some()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_reads_as_printed() {
        let row = |event: &Event| {
            let moves = DeliveryState::ALL
                .iter()
                .filter_map(|state| next(*state, *event).map(|to| format!("{}→{}", state.as_str(), to.as_str())));
            format!("{}: {}", event.as_str(), moves.collect::<Vec<_>>().join(" "))
        };
        let rows: Vec<String> = Event::ALL.iter().map(row).collect();
        insta::assert_snapshot!(rows.join("\n"), @r"
        claimed: queued→claimed retry_wait→claimed
        released: claimed→queued
        sender_gone: claimed→queued sending→in_doubt
        begun: claimed→sending
        unmade: claimed→retry_wait
        hopeless: claimed→failed
        accepted: sending→sent in_doubt→sent
        not_sent: sending→retry_wait in_doubt→retry_wait
        refused: sending→failed in_doubt→failed
        mended: sending→queued in_doubt→queued
        unknown: sending→in_doubt in_doubt→in_doubt
        pressed: queued→sent claimed→sent sending→sent retry_wait→sent in_doubt→sent
        waited_out: in_doubt→queued
        decided_sent: in_doubt→sent
        decided_resend: in_doubt→queued
        decided_abandon: in_doubt→abandoned
        relayed: queued→sent
        declined: queued→cancelled
        cancelled: queued→cancelled claimed→cancelled retry_wait→cancelled
        expired: queued→expired retry_wait→expired
        lapsed: queued→in_doubt claimed→in_doubt retry_wait→in_doubt
        again: failed→queued
        ");
    }

    #[test]
    fn what_is_over_stays_over_unless_an_admin_has_a_failure_sent_again() {
        use DeliveryState as S;
        for state in [S::Sent, S::Failed, S::Expired, S::Cancelled, S::Abandoned] {
            for event in Event::ALL {
                let moved = next(state, *event);
                let again = (state, *event) == (S::Failed, Event::Again);
                assert_eq!(moved.is_some(), again, "{} {}", state.as_str(), event.as_str());
            }
        }
    }

    #[test]
    fn a_doubt_is_never_guessed() {
        // Out of doubt: a late reply, a press, the one flagged re-send, an admin. Nothing else, time least of all.
        let ways: Vec<&str> = Event::ALL
            .iter()
            .filter(|event| next(DeliveryState::InDoubt, **event).is_some_and(|to| to != DeliveryState::InDoubt))
            .map(|event| event.as_str())
            .collect();
        assert_eq!(
            ways,
            [
                "accepted",
                "not_sent",
                "refused",
                "mended",
                "pressed",
                "waited_out",
                "decided_sent",
                "decided_resend",
                "decided_abandon"
            ]
        );
    }
}
