//! What a press on 已阅 comes to, and what the person is told. A tap is thanked, never scored.

use chrono::{DateTime, Utc};

use super::push::{MemberStatus, PushState};
use super::word::Confirm;

/// What a press came to. The instants are those of the press that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PressResult {
    /// Counted now.
    Recorded { at: DateTime<Utc> },
    /// Had been counted before.
    Again { at: DateTime<Utc> },
    /// Counted, after the deadline of a required push.
    Late { deadline: DateTime<Utc> },
    /// Kept until the account is bound.
    NotBound,
    /// Stored, by somebody whom the push is not for.
    Outside,
    /// Stored, by somebody like those whom the push is for, who was not among them when it was made: it went to other units,
    /// or they came later.
    Unlisted,
    /// Stored, outside the count on that day.
    Exempt,
    /// The push was taken back.
    Recalled,
    /// Not a press on a copy of ours.
    Unknown,
    /// A text that names no copy, and there is nothing for this person to confirm.
    Nothing,
    /// A text that names no copy, and there are several to confirm.
    Several,
}

/// What a bound person's press is judged by.
#[derive(Debug, Clone, Copy)]
pub struct Standing {
    pub state: PushState,
    pub confirm: Confirm,
    pub deadline: Option<DateTime<Utc>>,
    /// How the person stands in the frozen audience; `None`: not in it.
    pub member: Option<MemberStatus>,
    /// Whether the push is for people like this one, who may be outside its audience all the same.
    pub addressed: bool,
    /// The ack that counts was there before this press.
    pub repeat: bool,
    /// The ack that counts came in at the end of a time in which nobody took in presses, which began then.
    pub waited_since: Option<DateTime<Utc>>,
}

/// Whether a press may be stored at all.
pub fn takes_presses(state: PushState) -> bool {
    match state {
        PushState::Open | PushState::Closed => true,
        PushState::Cancelled | PushState::Recalled => false,
    }
}

/// What a stored press is answered with. `counted` is the instant of the ack that counts.
pub fn judge(standing: &Standing, counted: DateTime<Utc>) -> PressResult {
    match standing.member {
        _ if !takes_presses(standing.state) => PressResult::Recalled,
        None if standing.addressed => PressResult::Unlisted,
        None => PressResult::Outside,
        Some(MemberStatus::Exempt) => PressResult::Exempt,
        Some(MemberStatus::Unasked | MemberStatus::Expected) if standing.repeat => PressResult::Again { at: counted },
        // Met the message in a chat of others: it is recorded, and nothing is measured by it.
        Some(MemberStatus::Unasked) => PressResult::Recorded { at: counted },
        Some(MemberStatus::Expected) => match standing.deadline {
            Some(deadline)
                if standing.confirm == Confirm::Required && standing.waited_since.unwrap_or(counted) >= deadline =>
            {
                PressResult::Late { deadline }
            }
            Some(_) | None => PressResult::Recorded { at: counted },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(minute: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + chrono::TimeDelta::minutes(minute)
    }

    #[rstest]
    #[case::in_time(PushState::Open, Some(MemberStatus::Expected), 9, false, PressResult::Recorded { at: at(9) })]
    #[case::at_the_deadline(PushState::Open, Some(MemberStatus::Expected), 10, false, PressResult::Late { deadline: at(10) })]
    #[case::again(PushState::Open, Some(MemberStatus::Expected), 9, true, PressResult::Again { at: at(9) })]
    #[case::again_after_it(PushState::Open, Some(MemberStatus::Expected), 12, true, PressResult::Again { at: at(12) })]
    #[case::exempt(PushState::Open, Some(MemberStatus::Exempt), 9, true, PressResult::Exempt)]
    #[case::unasked(PushState::Open, Some(MemberStatus::Unasked), 12, false, PressResult::Recorded { at: at(12) })]
    #[case::unasked_again(PushState::Open, Some(MemberStatus::Unasked), 12, true, PressResult::Again { at: at(12) })]
    #[case::unlisted(PushState::Open, None, 9, false, PressResult::Unlisted)]
    #[case::recalled(PushState::Recalled, Some(MemberStatus::Expected), 9, false, PressResult::Recalled)]
    #[case::cancelled(PushState::Cancelled, None, 9, false, PressResult::Recalled)]
    fn every_case_has_its_answer(
        #[case] state: PushState,
        #[case] member: Option<MemberStatus>,
        #[case] minute: i64,
        #[case] repeat: bool,
        #[case] expected: PressResult,
    ) {
        let (confirm, deadline) = (Confirm::Required, Some(at(10)));
        let standing = Standing { state, confirm, deadline, member, addressed: true, repeat, waited_since: None };
        assert_eq!(judge(&standing, at(minute)), expected);
    }

    #[rstest]
    #[case::outside(None, PressResult::Outside)]
    #[case::expected_then_and_no_more(Some(MemberStatus::Expected), PressResult::Recorded { at: at(9) })]
    fn whom_it_is_for_is_asked_of_those_outside_the_audience_alone(
        #[case] member: Option<MemberStatus>,
        #[case] expected: PressResult,
    ) {
        let (state, confirm) = (PushState::Open, Confirm::Required);
        let standing =
            Standing { state, confirm, deadline: None, member, addressed: false, repeat: false, waited_since: None };
        assert_eq!(judge(&standing, at(9)), expected);
    }

    #[rstest]
    #[case::made_in_time(9, PressResult::Recorded { at: at(12) })]
    #[case::late_all_the_same(10, PressResult::Late { deadline: at(10) })]
    fn a_press_that_waited_out_a_gap_counts_from_its_beginning(#[case] since: i64, #[case] expected: PressResult) {
        let standing = Standing {
            state: PushState::Open,
            confirm: Confirm::Required,
            deadline: Some(at(10)),
            member: Some(MemberStatus::Expected),
            addressed: true,
            repeat: false,
            waited_since: Some(at(since)),
        };
        assert_eq!(judge(&standing, at(12)), expected);
    }

    #[test]
    fn a_voluntary_push_is_never_late() {
        let standing = Standing {
            state: PushState::Open,
            confirm: Confirm::Voluntary,
            deadline: Some(at(10)),
            member: Some(MemberStatus::Expected),
            addressed: true,
            repeat: false,
            waited_since: None,
        };
        assert_eq!(judge(&standing, at(99)), PressResult::Recorded { at: at(99) });
    }
}
