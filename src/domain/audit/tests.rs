#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::*;
use crate::ids::{AckId, AttemptId, ChannelId, InboxId, PushId, StaffId};

/// A keyed tag good enough for tests: what matters is that it depends on every byte.
fn mac(bytes: &[u8]) -> Tag {
    Sha256::new().chain_update(b"test key").chain_update(bytes).finalize().into()
}

fn event(text: &str, at_ms: i64) -> Event {
    let actor = Actor::Staff { id: StaffId(7), channel: ChannelId(1) };
    Event {
        at_ms,
        actor,
        action: Action::GroupLink,
        subject: format!("group:{text}"),
        detail: json!({ "units": [text] }),
    }
}

fn chain_of(texts: &[String]) -> Vec<Entry> {
    let mut head = Head::EMPTY;
    let mut entries = Vec::new();
    for (text, at_ms) in texts.iter().zip(1000..) {
        let entry = head.append(&event(text, at_ms), mac);
        head = Head { seq: entry.seq, mac: entry.mac };
        entries.push(entry);
    }
    entries
}

fn head_of(entries: &[Entry]) -> Head {
    entries.last().map_or(Head::EMPTY, |entry| Head { seq: entry.seq, mac: entry.mac })
}

/// The whole check, as `audit verify` makes it.
fn check(entries: &[Entry], stored: Head) -> Result<Head, Broken> {
    let mut chain = Chain::after(Head::EMPTY);
    entries.iter().try_for_each(|entry| chain.check(entry, mac))?;
    chain.finish(stored)
}

/// A chain of 2 to 12 entries and a place in it.
fn chain_and_place() -> impl Strategy<Value = (Vec<Entry>, usize)> {
    proptest::collection::vec("[a-c]{0,2}", 2..12).prop_map(|texts| chain_of(&texts)).prop_flat_map(|entries| {
        let places = 0..entries.len();
        (Just(entries), places)
    })
}

fn broken(seq: usize, kind: BrokenKind) -> Result<Head, Broken> {
    Err(Broken { seq: AuditSeq(i64::try_from(seq).unwrap()), kind })
}

/// Changes one stored column.
fn edit(entry: &mut Entry, column: u8, bit: u8) {
    match column {
        0 => entry.at_ms ^= 1 << (bit % 63),
        1 => entry.actor.push('0'),
        2 => entry.action.push('x'),
        3 => entry.subject = format!("{}x", entry.subject),
        4 => entry.detail = entry.detail.replace('"', "'"),
        5 => std::mem::swap(&mut entry.actor, &mut entry.action),
        _ => {
            let byte = entry.mac.get_mut(usize::from(bit % 32)).unwrap();
            *byte ^= 1 << (bit / 32);
        }
    }
}

proptest! {
    #[test]
    fn an_untouched_chain_is_right((entries, at) in chain_and_place()) {
        prop_assert_eq!(check(&entries, head_of(&entries)), Ok(head_of(&entries)));
        let (before, rest) = entries.split_at(at);
        prop_assert_eq!(verify(head_of(before), rest, mac), Ok(head_of(&entries)), "from a checkpoint");
    }

    #[test]
    fn any_edit_is_located((mut entries, at) in chain_and_place(), column in 0..7_u8, bit in any::<u8>()) {
        let stored = head_of(&entries);
        edit(entries.get_mut(at).unwrap(), column, bit);
        prop_assert_eq!(check(&entries, stored), broken(at + 1, BrokenKind::Edited));
    }

    #[test]
    fn an_edit_with_a_tag_of_another_key_is_located((mut entries, at) in chain_and_place()) {
        let stored = head_of(&entries);
        let mut previous = at.checked_sub(1).map_or([0; 32], |before| entries[before].mac);
        for entry in entries.iter_mut().skip(at) {
            entry.detail = "{}".to_owned();
            entry.mac = Sha256::digest(link(&previous, entry)).into();
            previous = entry.mac;
        }
        prop_assert_eq!(check(&entries, stored), broken(at + 1, BrokenKind::Edited));
    }

    #[test]
    fn a_removed_entry_is_located((mut entries, at) in chain_and_place()) {
        let stored = head_of(&entries);
        entries.remove(at);
        prop_assert_eq!(check(&entries, stored), broken(at + 1, BrokenKind::Missing));
    }

    #[test]
    fn a_removed_entry_is_located_when_the_rest_is_renumbered((mut entries, at) in chain_and_place()) {
        let stored = head_of(&entries);
        let last = entries.len();
        entries.remove(at);
        for entry in entries.iter_mut().skip(at) {
            entry.seq = AuditSeq(entry.seq.0 - 1);
        }
        let kind = if at + 1 == last { BrokenKind::Missing } else { BrokenKind::Edited };
        prop_assert_eq!(check(&entries, stored), broken(at + 1, kind));
    }

    #[test]
    fn an_inserted_entry_is_located((mut entries, at) in chain_and_place(), text in "[a-c]{0,2}") {
        let stored = head_of(&entries);
        let forged = Head { seq: AuditSeq(i64::try_from(at).unwrap()), mac: [9; 32] }.append(&event(&text, 5), mac);
        entries.insert(at, forged);
        for entry in entries.iter_mut().skip(at + 1) {
            entry.seq = AuditSeq(entry.seq.0 + 1);
        }
        prop_assert_eq!(check(&entries, stored), broken(at + 1, BrokenKind::Edited));
    }

    #[test]
    fn a_repeated_entry_is_located((mut entries, at) in chain_and_place()) {
        let stored = head_of(&entries);
        entries.insert(at + 1, entries[at].clone());
        prop_assert_eq!(check(&entries, stored), broken(at + 1, BrokenKind::OutOfOrder));
    }

    #[test]
    fn exchanged_contents_are_located((mut entries, at) in chain_and_place(), by in 1..11_usize) {
        let stored = head_of(&entries);
        let other = (at + by) % entries.len();
        prop_assume!(other != at);
        entries.swap(at, other);
        let (low, high) = (at.min(other), at.max(other));
        prop_assert_eq!(check(&entries, stored), broken(low + 1, BrokenKind::Missing), "rows read in the wrong order");
        let (a, b) = (entries[low].seq, entries[high].seq);
        entries[low].seq = b;
        entries[high].seq = a;
        prop_assert_eq!(check(&entries, stored), broken(low + 1, BrokenKind::Edited), "places exchanged as well");
    }

    #[test]
    fn a_cut_end_is_located_by_the_stored_head_alone((mut entries, at) in chain_and_place()) {
        let stored = head_of(&entries);
        entries.truncate(at);
        prop_assert_eq!(verify(Head::EMPTY, &entries, mac), Ok(head_of(&entries)), "by itself the rest is right");
        prop_assert_eq!(check(&entries, stored), broken(at + 1, BrokenKind::Missing));
    }

    #[test]
    fn a_head_put_back_is_located((entries, at) in chain_and_place()) {
        prop_assert_eq!(check(&entries, head_of(&entries[..at])), broken(at + 1, BrokenKind::BeyondHead));
        let forged = Head { mac: [1; 32], ..head_of(&entries) };
        prop_assert_eq!(check(&entries, forged), broken(entries.len(), BrokenKind::Edited));
    }

    #[test]
    fn an_actor_is_read_back(id in any::<i64>(), channel in any::<i64>(), staff_no in "\\PC{1,8}", job in 0..Job::ALL.len()) {
        let operator = Actor::Operator { staff_no: Some(staff_no) };
        let staff = Actor::Staff { id: StaffId(id), channel: ChannelId(channel) };
        for actor in [staff, operator, Actor::Operator { staff_no: None }, Actor::System { job: Job::ALL[job] }] {
            prop_assert_eq!(Actor::parse(&actor.to_string()), Some(actor));
        }
    }

    #[test]
    fn any_change_of_an_ack_row_is_seen(count in 1..6_i64, at in 0..6_usize, column in 0..9_u8) {
        let mut lines = acks(count);
        let tag = batch_mac(&lines, mac);
        let at = at % lines.len();
        let line = lines.get_mut(at).unwrap();
        match column {
            0 => line.ack = AckId(line.ack.0 + 100),
            1 => line.push = PushId(4),
            2 => line.staff = StaffId(line.staff.0 + 1),
            3 => line.at_ms -= 1,
            4 => line.method = "manual".to_owned(),
            5 => line.attempt = None,
            6 => line.inbox = Some(InboxId(0)),
            7 => line.batch += 1,
            _ => line.recorded_by = Some(String::new()),
        }
        prop_assert_eq!(check_batch(&lines, lines.len(), &tag, mac), Err(BatchFault::Edited));
    }
}

fn acks(count: i64) -> Vec<AckLine> {
    let line = |n| AckLine {
        ack: AckId(n),
        push: PushId(3),
        staff: StaffId(10 + n),
        at_ms: 5000 + n,
        method: "button".to_owned(),
        recorded_by: None,
        attempt: Some(AttemptId(20 + n)),
        inbox: Some(InboxId(30 + n)),
        batch: 1,
    };
    (1..=count).map(line).collect()
}

#[test]
fn acks_are_tagged_in_the_order_of_their_ids_and_counted() {
    let lines = acks(3);
    let tag = batch_mac(&lines, mac);
    let reversed: Vec<AckLine> = lines.iter().rev().cloned().collect();
    assert_eq!(check_batch(&reversed, 3, &tag, mac), Ok(()));
    assert_eq!(check_batch(&lines[..2], 3, &tag, mac), Err(BatchFault::Count { expected: 3, found: 2 }));
    assert_eq!(check_batch(&acks(4), 3, &tag, mac), Err(BatchFault::Count { expected: 3, found: 4 }));
    assert_ne!(batch_mac(&[], mac), batch_mac(&acks(1), mac));
}

/// The bytes are a promise to every chain already written.
#[test]
fn the_encoding_of_an_entry_never_changes() {
    let entry = Head::EMPTY.append(&event("1", 2), mac);
    let mut expected = vec![0, 0, 0, 0, 0, 0, 0, 22];
    expected.extend_from_slice(b"qingfeng audit entry 1");
    expected.extend_from_slice(&[0; 32]);
    expected.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2]);
    for text in ["staff:7@1", "group_link", "group:1", r#"{"units":["1"]}"#] {
        expected.extend_from_slice(&[0, 0, 0, 0, 0, 0, 0, u8::try_from(text.len()).unwrap()]);
        expected.extend_from_slice(text.as_bytes());
    }
    assert_eq!(link(&[0; 32], &entry), expected);
}

#[test]
fn canonical_json_has_one_spelling() {
    let value = json!({ "b": [1, null, { "y": true, "x": "甲\"乙" }], "a": -2.5 });
    assert_eq!(canonical(&value), r#"{"a":-2.5,"b":[1,null,{"x":"甲\"乙","y":true}]}"#);
    assert_eq!(serde_json::from_str::<Value>(&canonical(&value)).unwrap(), value);
}

#[rstest]
#[case("")]
#[case("staff")]
#[case("staff:1")]
#[case("staff:01@2")]
#[case("staff:+1@2")]
#[case("staff:1@")]
#[case("operator:")]
#[case("system:nobody")]
#[case("system")]
#[case("guest:1")]
fn other_texts_are_no_actor(#[case] text: &str) {
    assert_eq!(Actor::parse(text), None);
}

#[test]
fn every_action_is_read_back() {
    for action in Action::ALL {
        assert_eq!(Action::parse(action.as_str()), Some(*action));
    }
    assert_eq!(Action::parse("roster"), None);
}
