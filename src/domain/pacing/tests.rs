#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use super::*;
use proptest::prelude::*;

fn at(ms: i64) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(1_788_000_000_000 + ms).unwrap()
}

const LIMITS: Limits = Limits { per_second: 25, per_group: 18 };

fn message(chat: &str) -> Waiting {
    Waiting { kind: Kind::Message, chat: chat.to_owned(), is_group: chat.starts_with('-') }
}

fn past(calls: &[(&str, i64)]) -> Vec<Past> {
    calls.iter().map(|(chat, ms)| Past { chat: (*chat).to_owned(), at: at(*ms) }).collect()
}

#[test]
fn one_call_a_second_in_a_chat() {
    let two = [message("-1"), message("-1")];
    let first = pace(LIMITS, (&[], &[]), &two, at(0));
    assert_eq!((first.go, first.next), (vec![0], Some(at(1000))));
    let early = pace(LIMITS, (&past(&[("-1", 0)]), &[]), &two[1..], at(999));
    assert_eq!((early.go, early.next), (vec![], Some(at(1000))));
    assert_eq!(pace(LIMITS, (&past(&[("-1", 0)]), &[]), &two[1..], at(1000)).go, [0]);
}

#[test]
fn twenty_five_a_second_over_all_chats() {
    let many: Vec<Waiting> = (0..40).map(|n| message(&n.to_string())).collect();
    let first = pace(LIMITS, (&[], &[]), &many, at(0));
    assert_eq!((first.go.len(), first.next), (6, Some(at(200))));
    let made: Vec<Past> = (0..25).map(|n| Past { chat: format!("{n}"), at: at(200 * (n / 6)) }).collect();
    let held = pace(LIMITS, (&made, &[]), &many[25..], at(999));
    assert_eq!((held.go.len(), held.next), (0, Some(at(1000))));
    assert_eq!(pace(LIMITS, (&made, &[]), &many[25..], at(1000)).go.len(), 6, "those of 0 left the second");
}

#[test]
fn eighteen_a_minute_in_a_group_and_no_such_limit_for_a_person() {
    let calls = |chat| (0..18).map(|n| Past { chat: String::from(chat), at: at(n * 1000) }).collect::<Vec<_>>();
    let held = pace(LIMITS, (&calls("-1"), &[]), &[message("-1")], at(30_000));
    assert_eq!((held.go, held.next), (vec![], Some(at(60_000))));
    assert_eq!(pace(LIMITS, (&calls("-1"), &[]), &[message("-1")], at(60_000)).go, [0]);
    assert_eq!(pace(LIMITS, (&calls("1"), &[]), &[message("1")], at(30_000)).go, [0]);
}

#[test]
fn a_gate_of_a_chat_holds_that_chat_and_the_gate_of_the_channel_all() {
    let waiting = [message("-1"), message("2")];
    let one = [Gate { chat: Some("-1".to_owned()), until: at(35_000) }];
    let paced = pace(LIMITS, (&[], &one), &waiting, at(0));
    assert_eq!((paced.go, paced.next), (vec![1], Some(at(35_000))));
    let all = [Gate { chat: None, until: at(3_000) }];
    let paced = pace(LIMITS, (&[], &all), &waiting, at(0));
    assert_eq!((paced.go, paced.next), (vec![], Some(at(3_000))));
    assert_eq!(pace(LIMITS, (&[], &all), &waiting, at(3_000)).go.len(), 2);
}

#[test]
fn in_one_chat_messages_go_before_edits() {
    let edit = Waiting { kind: Kind::Edit, ..message("-1") };
    let removal = Waiting { kind: Kind::Removal, ..message("-1") };
    assert_eq!(pace(LIMITS, (&[], &[]), &[edit.clone(), removal.clone(), message("-1")], at(0)).go, [2]);
    assert_eq!(pace(LIMITS, (&[], &[]), &[edit, removal], at(0)).go, [1]);
}

#[test]
fn groups_and_people_take_turns_however_many_people_wait() {
    let mut waiting: Vec<Waiting> = (0..500).map(|n| message(&n.to_string())).collect();
    waiting.push(message("-1"));
    let recent = past(&[("-1", -5_000)]);
    assert_eq!(pace(LIMITS, (&recent, &[]), &waiting, at(0)).go[..2], [500, 0]);
}

#[test]
fn an_estimate_says_what_the_pace_brings() {
    let person = Backlog { is_group: false, calls: 1 };
    assert_eq!(estimate(LIMITS, &[]), TimeDelta::zero());
    assert_eq!(estimate(LIMITS, &[person; 25]), TimeDelta::zero());
    assert_eq!(estimate(LIMITS, &[person; 26]), SECOND);
    assert_eq!(estimate(LIMITS, &vec![person; 10_000]), TimeDelta::seconds(399));
    let group = |calls| [Backlog { is_group: true, calls }];
    assert_eq!(estimate(LIMITS, &group(18)), TimeDelta::seconds(17));
    assert_eq!(estimate(LIMITS, &group(19)), TimeDelta::seconds(60));
    assert_eq!(estimate(LIMITS, &group(0)), TimeDelta::zero());
}

#[test]
fn messages_are_spread_over_the_span_and_always_by_the_same() {
    let span = TimeDelta::seconds(120);
    let of = |push, target| spread(PushId(push), target, span).num_seconds();
    let all: HashSet<i64> = (1..200).map(|target| of(7, target)).collect();
    assert!(all.len() > 60 && all.iter().all(|seconds| (0..=120).contains(seconds)), "{all:?}");
    assert_eq!(of(7, 3), of(7, 3));
    assert_eq!(spread(PushId(7), 3, TimeDelta::zero()), TimeDelta::zero());
}

/// Some limits, and for each chat whether it is a group and how many calls wait.
fn worlds() -> impl Strategy<Value = (Limits, Vec<(bool, u32)>)> {
    let limits = (1u32..12, 1u32..5).prop_map(|(per_second, per_group)| Limits { per_second, per_group });
    (limits, prop::collection::vec((any::<bool>(), 0u32..8), 1..12))
}

/// Sends everything, each time at the instant that was said to be the next. Returns the calls in order.
fn run(limits: Limits, chats: &[(bool, u32)]) -> Vec<Past> {
    let name = |n: usize, group: bool| if group { format!("-{n}") } else { n.to_string() };
    let all = chats.iter().enumerate().flat_map(|(n, (group, count))| vec![name(n, *group); *count as usize]);
    let mut waiting: Vec<Waiting> = all.map(|chat| message(&chat)).collect();
    let (mut calls, mut now) = (Vec::<Past>::new(), at(0));
    loop {
        let Pace { go, next } = pace(limits, (&calls, &[]), &waiting, now);
        assert!(waiting.is_empty() || !go.is_empty(), "nothing goes at the instant that was named");
        calls.extend(go.iter().map(|place| Past { chat: waiting[*place].chat.clone(), at: now }));
        let mut places = 0..;
        waiting.retain(|_| !go.contains(&places.next().unwrap()));
        let Some(next) = next else { return calls };
        let sooner = next - TimeDelta::milliseconds(1);
        assert!(sooner >= now, "it would come again at once");
        assert!(pace(limits, (&calls, &[]), &waiting, sooner).go.is_empty(), "something could have gone sooner");
        now = next;
    }
}

proptest! {
    #[test]
    fn no_window_ever_holds_more_than_it_may((limits, chats) in worlds()) {
        let calls = run(limits, &chats);
        let held = |window: TimeDelta, end: &Past, of: &dyn Fn(&Past) -> bool| {
            calls.iter().filter(|call| call.at <= end.at && call.at > end.at - window && of(call)).count()
        };
        for end in &calls {
            prop_assert!(held(SECOND, end, &|_| true) <= limits.per_second as usize);
            prop_assert!(held(SECOND / 5, end, &|_| true) <= limits.per_second.div_ceil(5) as usize + 1);
            prop_assert!(held(SECOND, end, &|call| call.chat == end.chat) <= 1);
            if end.chat.starts_with('-') {
                prop_assert!(held(MINUTE, end, &|call| call.chat == end.chat) <= limits.per_group as usize);
            }
        }
    }

    #[test]
    fn everything_goes_as_soon_as_it_may((limits, chats) in worlds()) {
        let all: u32 = chats.iter().map(|(_, count)| count).sum();
        prop_assert_eq!(run(limits, &chats).len(), all as usize);
    }

    #[test]
    fn chats_that_always_have_something_get_the_same((limits, many) in (1u32..6, 2usize..12)
        .prop_map(|(per_second, many)| (Limits { per_second, per_group: 1_000 }, many)), first in 1u32..100)
    {
        // One has a hundred waiting before any other has its first.
        let waiting: Vec<Waiting> = (0..many)
            .flat_map(|n| vec![message(&n.to_string()); if n == 0 { 100 } else { first as usize }])
            .collect();
        let (mut calls, mut now) = (Vec::<Past>::new(), at(0));
        for _ in 0..30 {
            let Pace { go, next } = pace(limits, (&calls, &[]), &waiting, now);
            calls.extend(go.iter().map(|place| Past { chat: waiting[*place].chat.clone(), at: now }));
            now = next.unwrap();
        }
        let counts: Vec<usize> =
            (0..many).map(|n| calls.iter().filter(|call| call.chat == n.to_string()).count()).collect();
        prop_assert!(counts.iter().max().unwrap() - counts.iter().min().unwrap() <= 1, "{counts:?}");
    }
}
