//! What waits, what is given back, what is out of time, and what is deleted.

use qingfeng::domain::delivery::{Before, CallResult, DeliveryState, StopReason, TargetKind, unmade};
use qingfeng::store::At;
use qingfeng::store::delivery::{self, NewDelivery};

use crate::delivery::{any_work, claim, due, finish, sending};
use crate::world::{at, worlds};

#[tokio::test]
async fn a_claim_is_put_down_or_given_back_only_under_its_epoch() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        world.deliver(&mut tx).await;
        let mut claimed = claim(&mut tx, "boot-1", 0).await.remove(0);
        let later = unmade(Before { tries: 0, doubted: false }, at(1), 1.0);
        claimed.epoch -= 1;
        assert!(!delivery::put_down(&mut tx, &claimed, (&later, None), at(1)).await.unwrap());
        assert!(!delivery::release(&mut tx, &claimed, at(1)).await.unwrap());
        assert_eq!(world.delivery(&mut tx, claimed.id).await.state, DeliveryState::Claimed, "under an old epoch");
        claimed.epoch += 1;
        assert!(delivery::release(&mut tx, &claimed, at(1)).await.unwrap());
        let again = claim(&mut tx, "boot-1", 1).await.remove(0);
        assert!(delivery::put_down(&mut tx, &again, (&later, None), at(1)).await.unwrap());
        let waiting = world.delivery(&mut tx, claimed.id).await;
        assert_eq!((waiting.state, waiting.tries), (DeliveryState::RetryWait, 1));
        assert_eq!(due(&mut tx, 2).await, [], "not before its pause is over");
        let last = claim(&mut tx, "boot-1", 3).await.remove(0);
        let over = unmade(Before { tries: 7, doubted: false }, at(4), 1.0);
        let broken = Some(StopReason::Broken);
        assert!(delivery::put_down(&mut tx, &last, (&over, broken), at(4)).await.unwrap());
        let failed = world.delivery(&mut tx, claimed.id).await;
        assert_eq!((failed.state, failed.reason), (DeliveryState::Failed, broken));
    }
}

#[tokio::test]
async fn a_sender_that_stops_gives_back_its_own_claims() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = world.deliver(&mut tx).await;
        claim(&mut tx, "boot-1", 0).await;
        assert_eq!(delivery::release_own(&mut tx, "boot-2", at(1)).await.unwrap(), 0);
        assert_eq!(delivery::release_own(&mut tx, "boot-1", at(1)).await.unwrap(), 1);
        assert_eq!(world.delivery(&mut tx, id).await.state, DeliveryState::Queued);
    }
}

#[tokio::test]
async fn of_each_target_the_first_that_waits_is_seen() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let mut second = world.to_chat(world.push);
        second.subject_id = 99;
        second.not_before = at(-5);
        let early = delivery::add(&mut tx, &second, at(0)).await.unwrap();
        world.deliver(&mut tx).await;
        let person = NewDelivery { target_kind: TargetKind::Staff, target_id: world.li.0, ..world.to_chat(world.push) };
        let person = delivery::add(&mut tx, &person, at(0)).await.unwrap();
        for target in 100..103 {
            let gone = NewDelivery { target_id: target, not_before: at(9), ..world.to_chat(world.push) };
            delivery::add(&mut tx, &gone, at(0)).await.unwrap();
        }
        let by_hand = NewDelivery { by_hand: true, target_id: 104, ..world.to_chat(world.push) };
        delivery::add(&mut tx, &by_hand, at(0)).await.unwrap();
        let channel = world.channel;
        let groups = delivery::waiting(&mut tx, channel, (TargetKind::Group, 0), 3, at(0)).await.unwrap();
        let seen: Vec<_> = groups.iter().map(|row| (row.target_id, row.chat.as_deref(), row.due)).collect();
        assert_eq!(seen, [(world.chat.0, Some("-100"), true), (100, None, false), (101, None, false)]);
        assert_eq!(groups[0].id, early, "the longest due");
        let rest = delivery::waiting(&mut tx, channel, (TargetKind::Group, 101), 3, at(0)).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.target_id).collect::<Vec<_>>(), [102]);
        let people = delivery::waiting(&mut tx, channel, (TargetKind::Staff, 0), 3, at(0)).await.unwrap();
        assert_eq!(people.iter().map(|row| (row.id, row.chat.clone())).collect::<Vec<_>>(), [(person, None)]);
        let backlog = delivery::backlog(&mut tx, at(0)).await.unwrap();
        assert_eq!(
            backlog.iter().map(|row| (row.target_id, row.calls)).collect::<Vec<_>>(),
            [(world.chat.0, 2), (world.li.0, 1)]
        );
    }
}

#[tokio::test]
async fn out_of_time_is_not_known_to_have_missed_when_a_copy_may_be_there() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        finish(&mut tx, &row, &attempt, CallResult::Unknown).await;
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(110), at(20)).await.unwrap(), [row.id]);
        let by_hand = NewDelivery { by_hand: true, target_id: 104, ..world.to_chat(world.push) };
        let by_hand = delivery::add(&mut tx, &by_hand, at(0)).await.unwrap();
        let ended = delivery::expire(&mut tx, at(3600)).await.unwrap();
        assert_eq!(ended, [(row.id, DeliveryState::InDoubt), (by_hand, DeliveryState::Expired)]);
        assert_eq!(world.delivery(&mut tx, by_hand).await.reason, Some(StopReason::NotRelayed));
        // Nothing more is done about it, and the admins are told once.
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(3700), at(3610)).await.unwrap(), []);
        assert_eq!(delivery::stuck(&mut tx, at(3689), at(3599)).await.unwrap(), []);
        let stuck = delivery::stuck(&mut tx, at(3690), at(3600)).await.unwrap().remove(0);
        assert_eq!((stuck.id, stuck.push_id, stuck.attempt_id), (row.id, world.push, attempt.id));
        let key = format!("{}:{}", stuck.id, stuck.attempt_id);
        let kind = qingfeng::domain::alert::AlertKind::InDoubt;
        qingfeng::store::alert::add(&mut tx, kind, &key, "{}", at(3690)).await.unwrap();
        assert_eq!(delivery::stuck(&mut tx, at(3690), at(3600)).await.unwrap(), []);
        assert!(!any_work(&mut tx, 3690).await);
    }
}

#[tokio::test]
async fn a_copy_to_delete_is_booked_and_its_end_is_stored_once() {
    use delivery::{decide, removal};
    use qingfeng::domain::delivery::Removal;
    for world in worlds().await {
        let mut tx = world.tx().await;
        let (row, attempt) = sending(&world, &mut tx).await;
        decide::remove(&mut tx, &[attempt.id], Removal::Wanted, at(25)).await.unwrap();
        assert_eq!(removal::due(&mut tx, at(25), 9).await.unwrap(), [], "no message yet");
        finish(&mut tx, &row, &attempt, CallResult::Sent).await;
        decide::remove(&mut tx, &[attempt.id], Removal::Wanted, at(26)).await.unwrap();
        assert_eq!(removal::next_due(&mut tx).await.unwrap(), Some(At::from(at(25))));
        assert_eq!(removal::due(&mut tx, at(24), 9).await.unwrap(), []);
        let due = removal::due(&mut tx, at(25), 9).await.unwrap().remove(0);
        assert_eq!((due.attempt_id, due.chat.as_str(), due.message_id.as_str()), (attempt.id, "-100", "901"));
        assert!(due.is_group);
        removal::book(&mut tx, attempt.id, at(85)).await.unwrap();
        assert_eq!(removal::due(&mut tx, at(84), 9).await.unwrap(), []);
        assert!(removal::finish(&mut tx, attempt.id, Removal::Done, at(30)).await.unwrap());
        assert!(!removal::finish(&mut tx, attempt.id, Removal::Gone, at(31)).await.unwrap());
        assert_eq!(removal::next_due(&mut tx).await.unwrap(), None);
    }
}
