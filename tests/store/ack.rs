//! Confirmations, their batches, and presses kept for later.

use qingfeng::domain::audit::{Action, Actor, Event, Job, batch_mac};
use qingfeng::domain::word::AckMethod;
use qingfeng::ids::{AckId, AttemptId, InboxId, StaffId};
use qingfeng::secret::Purpose;
use qingfeng::store::ack::{self, AckRow, KeptPress, NewAck};
use qingfeng::store::{At, Tx, account, delivery};

use crate::world::{World, assert_constraint, at, worlds};

fn press(world: &World, staff: StaffId, second: i64) -> NewAck {
    NewAck {
        push_id: world.push,
        staff_id: staff,
        pressed_at: at(second).timestamp_millis(),
        method: AckMethod::Button,
        attempt_id: None,
        inbox_id: Some(InboxId(second)),
    }
}

/// Confirms for these people as one batch with the entry that seals it.
pub(crate) async fn confirm(world: &World, tx: &mut Tx, people: &[StaffId]) -> Vec<AckRow> {
    let presses: Vec<NewAck> = people.iter().map(|staff| press(world, *staff, 5)).collect();
    let (batch, stored) = ack::add_batch(tx, &presses, at(5)).await.unwrap();
    let lines: Vec<_> = stored.iter().map(qingfeng::office::ack::line).collect();
    let mac = batch_mac(&lines, |bytes| world.keys.mac(Purpose::AckBatch, &[bytes]));
    tx.note(Event {
        at_ms: at(5).timestamp_millis(),
        actor: Actor::System { job: Job::Inbox },
        action: Action::AckBatch,
        subject: format!("ack_batch:{batch}"),
        detail: serde_json::json!({ "count": stored.len(), "mac": hex::encode(mac) }),
    });
    stored
}

#[tokio::test]
async fn the_first_press_of_a_person_counts_and_only_new_rows_come_back() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let first = [press(&world, world.wang, 3), press(&world, world.li, 1), press(&world, world.wang, 2)];
        let (batch, stored) = ack::add_batch(&mut tx, &first, at(1)).await.unwrap();
        let told: Vec<_> = stored.iter().map(|row| (row.staff_id, row.pressed_at, row.batch_id)).collect();
        assert_eq!(told, [(world.wang, At::from(at(3)), batch), (world.li, At::from(at(1)), batch)]);
        let second = [press(&world, world.li, 9), press(&world, world.zhao, 9)];
        let (next, stored) = ack::add_batch(&mut tx, &second, at(9)).await.unwrap();
        assert!(next > batch);
        assert_eq!(stored.iter().map(|row| row.staff_id).collect::<Vec<_>>(), [world.zhao]);
        assert_eq!(ack::count(&mut tx, world.push).await.unwrap(), 3);
    }
}

#[tokio::test]
async fn a_row_holds_all_that_its_batch_seals() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        let claimed = crate::delivery::claim(&mut tx, "boot", 0).await.remove(0);
        let attempt = delivery::begin_attempt(&mut tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap();
        assert_eq!(attempt.delivery_id, id);
        let new = NewAck::made((world.push, world.li), at(4), (AckMethod::Button, Some(attempt.id)), InboxId(8));
        let (batch, mut stored) = ack::add_batch(&mut tx, &[new], at(1)).await.unwrap();
        let stored = stored.remove(0);
        let expected = AckRow {
            id: stored.id,
            push_id: world.push,
            staff_id: world.li,
            pressed_at: At::from(at(4)),
            method: AckMethod::Button,
            recorded_by: None,
            attempt_id: Some(attempt.id),
            inbox_id: Some(InboxId(8)),
            batch_id: batch,
        };
        assert_eq!(stored, expected);
        assert_eq!(ack::page(&mut tx, stored.id, 9).await.unwrap(), [stored]);
    }
}

#[tokio::test]
async fn confirmations_are_found_by_push_person_and_place() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let rows = confirm(&world, &mut tx, &[world.li, world.wang, world.zhang]).await;
        let pairs = [(world.push, world.wang), (world.push, world.zhao)];
        assert_eq!(ack::find_many(&mut tx, &pairs).await.unwrap(), rows[1..2]);
        assert_eq!(ack::find_many(&mut tx, &[]).await.unwrap(), []);
        assert_eq!(ack::page(&mut tx, rows[1].id, 1).await.unwrap(), rows[1..2]);
        assert_eq!(ack::page(&mut tx, AckId(i64::MIN), 9).await.unwrap(), rows);
        let sealed: Vec<_> = rows.iter().map(qingfeng::office::ack::line).collect();
        assert_eq!(ack::sealed(&mut tx, AckId(i64::MIN), 9).await.unwrap(), sealed);
        assert_eq!(ack::sealed(&mut tx, rows[1].id, 1).await.unwrap(), sealed[1..2]);
        let mut who = ack::of_pushes(&mut tx, &[world.push]).await.unwrap();
        who.sort_unstable();
        assert_eq!(who, [world.zhang, world.li, world.wang].map(|staff| (world.push, staff, At::from(at(5)))));
        assert_eq!(ack::of_pushes(&mut tx, &[]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn batches_are_listed_and_an_empty_one_is_taken_back() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let batch = confirm(&world, &mut tx, &[world.li]).await[0].batch_id;
        let empty = ack::open_batch(&mut tx, at(6)).await.unwrap();
        let both = [(batch, At::from(at(5))), (empty, At::from(at(6)))];
        assert_eq!(ack::batches(&mut tx, i64::MIN, 9).await.unwrap(), both);
        assert_eq!(ack::batches(&mut tx, empty, 1).await.unwrap(), both[1..]);
        ack::drop_batch(&mut tx, empty).await.unwrap();
        assert_eq!(ack::batches(&mut tx, i64::MIN, 9).await.unwrap(), both[..1]);
        assert_constraint(ack::drop_batch(&mut tx, batch).await);
    }
}

#[tokio::test]
async fn a_press_for_nobody_or_nothing_is_refused() {
    for world in worlds().await {
        for wrong in [
            press(&world, StaffId(99), 1),
            NewAck { method: AckMethod::Manual, ..press(&world, world.li, 1) },
            NewAck { attempt_id: Some(AttemptId(99)), ..press(&world, world.li, 1) },
        ] {
            let mut tx = world.tx().await;
            assert_constraint(ack::add_batch(&mut tx, &[wrong], at(1)).await);
        }
    }
}

#[tokio::test]
async fn presses_are_kept_once_and_handed_over_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        world.deliver(&mut tx).await;
        let claimed = crate::delivery::claim(&mut tx, "boot", 0).await.remove(0);
        let attempt = delivery::begin_attempt(&mut tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap().id;
        let account = account::ensure(&mut tx, world.channel, "555").await.unwrap().id;
        let kept = |second: i64| KeptPress {
            push_id: world.push,
            account_id: account,
            attempt_id: attempt,
            pressed_at: at(second).timestamp_millis(),
            inbox_id: InboxId(second),
            method: AckMethod::Text,
        };
        ack::keep(&mut tx, &[kept(2), kept(1)]).await.unwrap();
        ack::keep(&mut tx, &[kept(3)]).await.unwrap();
        let taken = ack::take_kept(&mut tx, account).await.unwrap();
        assert_eq!(taken[0].method, AckMethod::Text);
        let told: Vec<_> = taken.iter().map(|p| (p.push_id, p.attempt_id, p.pressed_at, p.inbox_id)).collect();
        assert_eq!(told, [(world.push, attempt, at(2).timestamp_millis(), InboxId(2))], "the first that came in");
        assert!(ack::take_kept(&mut tx, account).await.unwrap().is_empty());
    }
}

/// A push whose one copy arrived as message 5 of chat -100.
async fn arrived(world: &World, tx: &mut Tx) -> AttemptId {
    world.deliver(tx).await;
    let claimed = crate::delivery::claim(tx, "boot", 0).await.remove(0);
    let attempt = delivery::begin_attempt(tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap().id;
    delivery::prove(tx, &[(attempt, ("-100", "5"))], at(1)).await.unwrap();
    attempt
}

#[tokio::test]
async fn what_a_person_may_still_confirm_is_listed_with_its_copy() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let none = ack::unconfirmed(&mut tx, world.li, at(2), at(-9)).await.unwrap();
        assert_eq!(none, [], "it is in no chat yet");
        let attempt = arrived(&world, &mut tx).await;
        let open = ack::unconfirmed(&mut tx, world.li, at(2), at(-9)).await.unwrap();
        assert_eq!(open.iter().map(|row| (row.push_id, row.attempt_id)).collect::<Vec<_>>(), [(world.push, attempt)]);
        confirm(&world, &mut tx, &[world.li]).await;
        assert_eq!(ack::unconfirmed(&mut tx, world.li, at(2), at(-9)).await.unwrap(), []);
        assert_eq!(ack::unconfirmed(&mut tx, world.wang, at(2), at(-9)).await.unwrap().len(), 1);
        // Long past its deadline, and not among those that fell due lately.
        let later = at(90 * 86_400);
        assert_eq!(ack::unconfirmed(&mut tx, world.wang, later, later).await.unwrap(), []);
    }
}

#[tokio::test]
async fn an_ack_is_found_by_its_update_and_a_copy_by_its_message() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let attempt = arrived(&world, &mut tx).await;
        let new = NewAck::made((world.push, world.li), at(4), (AckMethod::DeepLink, Some(attempt)), InboxId(8));
        ack::add_batch(&mut tx, &[new], at(1)).await.unwrap();
        assert_eq!(ack::of_inbox(&mut tx, world.li, InboxId(8)).await.unwrap(), Some(world.push));
        assert_eq!(ack::of_inbox(&mut tx, world.li, InboxId(9)).await.unwrap(), None);
        assert_eq!(ack::of_inbox(&mut tx, world.wang, InboxId(8)).await.unwrap(), None);
        let asked = [("-100", "5"), ("-100", "6"), ("-200", "5")];
        let found = delivery::copies_of_messages(&mut tx, &asked).await.unwrap();
        assert_eq!(found, [("-100".to_owned(), "5".to_owned(), attempt)]);
    }
}
