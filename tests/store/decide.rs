//! What people decide about deliveries, and stops.

use chrono::DateTime;
use qingfeng::domain::delivery::{Decision, DeliveryState, Event, HaltCause, Removal, StopReason, TargetKind, next};
use qingfeng::domain::push::PushState;
use qingfeng::domain::word::GroupState;
use qingfeng::ids::DeliveryId;
use qingfeng::store::delivery::decide::{self, NewRuling};
use qingfeng::store::delivery::{self, NewDelivery};
use qingfeng::store::{self, At, Tx, channel, group, halt, occurrence, schedule};

use crate::world::{World, at, worlds};

/// A delivery of the push to a chat of its own, put into a state behind the program's back.
async fn put(world: &World, tx: &mut Tx, state: DeliveryState, target: i64) -> DeliveryId {
    let new = NewDelivery { target_id: target, ..world.to_chat(world.push) };
    let id = delivery::add(tx, &new, at(0)).await.unwrap();
    qingfeng::store::delivery::decide::rule(tx, id, &forced(state), at(0)).await.unwrap();
    id
}

/// A ruling that the domain would not allow, to reach any state from the queue.
fn forced(to: DeliveryState) -> NewRuling<'static> {
    NewRuling {
        decision: Decision::Sent,
        by: "operator",
        why: None,
        from: DeliveryState::Queued,
        to,
        reason: None,
        expires_at: None,
    }
}

#[tokio::test]
async fn a_push_is_cancelled_from_the_states_of_the_table() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let mut expected = Vec::new();
        for (place, state) in DeliveryState::ALL.iter().enumerate() {
            let id = put(&world, &mut tx, *state, 100 + i64::try_from(place).unwrap()).await;
            if next(*state, Event::Cancelled).is_some() {
                expected.push(id);
            }
        }
        let mut cancelled = decide::cancel(&mut tx, world.push, at(5)).await.unwrap();
        cancelled.sort_unstable();
        assert_eq!(cancelled, expected);
        for id in expected {
            assert_eq!(world.delivery(&mut tx, id).await.state, DeliveryState::Cancelled);
        }
    }
}

#[tokio::test]
async fn what_is_under_way_or_in_doubt_is_not_sent_once_more() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let doubt = put(&world, &mut tx, DeliveryState::InDoubt, 7).await;
        let queued = put(&world, &mut tx, DeliveryState::Queued, 8).await;
        decide::close(&mut tx, world.push, at(100)).await.unwrap();
        assert_eq!(world.delivery(&mut tx, doubt).await.expires_at, At::from(at(100)));
        assert_eq!(world.delivery(&mut tx, queued).await.expires_at, At::from(at(3600)));
        assert_eq!(delivery::requeue_doubtful(&mut tx, at(200), at(200)).await.unwrap(), []);
    }
}

#[tokio::test]
async fn only_what_failed_is_queued_again_with_all_its_tries() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let failed = put(&world, &mut tx, DeliveryState::Failed, 7).await;
        let sent = put(&world, &mut tx, DeliveryState::Sent, 8).await;
        let queued = decide::again(&mut tx, &[failed, sent], at(9000), at(50)).await.unwrap();
        assert_eq!(queued, [failed]);
        let row = world.delivery(&mut tx, failed).await;
        assert_eq!((row.state, row.tries, row.reason), (DeliveryState::Queued, 0, None));
        assert_eq!(row.expires_at, At::from(at(9000)));
        assert_eq!(delivery::claim(&mut tx, "boot", &[failed], at(50), at(110)).await.unwrap()[0].id, failed);
        assert_eq!(decide::waiting(&mut tx, at(60)).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_decision_is_stored_once_with_who_and_why() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = put(&world, &mut tx, DeliveryState::InDoubt, 7).await;
        let ruling = NewRuling {
            decision: Decision::Abandon,
            by: "staff:3@1",
            why: Some("当面说了"),
            from: DeliveryState::InDoubt,
            to: DeliveryState::Abandoned,
            reason: None,
            expires_at: Some(at(7200)),
        };
        assert!(decide::rule(&mut tx, id, &ruling, at(9)).await.unwrap());
        assert!(!decide::rule(&mut tx, id, &ruling, at(10)).await.unwrap());
        let row = decide::rulings(&mut tx, world.push).await.unwrap().remove(0);
        assert_eq!((row.delivery_id, row.decision, row.decided_at), (id, Decision::Abandon, At::from(at(9))));
        assert_eq!((row.decided_by.as_str(), row.decision_reason.as_deref()), ("staff:3@1", Some("当面说了")));
        assert_eq!(world.delivery(&mut tx, id).await.expires_at, At::from(at(7200)));
    }
}

/// Sends the world's delivery; its attempt's message id is `901`.
async fn sent(world: &World, tx: &mut Tx) -> qingfeng::ids::AttemptId {
    world.deliver(tx).await;
    let claimed = crate::delivery::claim(tx, "boot", 0).await.remove(0);
    let attempt = delivery::begin_attempt(tx, &claimed, "boot", "-100", at(1)).await.unwrap().unwrap();
    delivery::prove(tx, &[(attempt.id, ("-100", "901"))], at(2)).await.unwrap();
    attempt.id
}

#[tokio::test]
async fn copies_are_marked_once_and_those_that_turn_up_late_as_well() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let attempt = sent(&world, &mut tx).await;
        let placed = decide::placed(&mut tx, world.push).await.unwrap().remove(0);
        assert_eq!((placed.attempt_id, placed.message_id.as_deref(), placed.removal), (attempt, Some("901"), None));
        assert_eq!(placed.started_at, At::from(at(1)));
        decide::remove_late(&mut tx, &[attempt], at(3)).await.unwrap();
        assert_eq!(decide::placed(&mut tx, world.push).await.unwrap()[0].removal, None, "its push stands");
        assert!(store::push::end(&mut tx, world.push, PushState::Recalled).await.unwrap());
        assert!(!store::push::end(&mut tx, world.push, PushState::Cancelled).await.unwrap());
        decide::remove_late(&mut tx, &[attempt], at(3)).await.unwrap();
        assert_eq!(decide::placed(&mut tx, world.push).await.unwrap()[0].removal, Some(Removal::Wanted));
        decide::remove(&mut tx, &[attempt], Removal::TooOld, at(4)).await.unwrap();
        assert_eq!(decide::placed(&mut tx, world.push).await.unwrap()[0].removal, Some(Removal::Wanted));
    }
}

#[tokio::test]
async fn what_a_person_carries_is_never_claimed_and_expires_as_not_passed_on() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let relay = channel::add(&mut tx, "relay", "relay").await.unwrap();
        let chat = group::add(&mut tx, relay, "微信群").await.unwrap().unwrap();
        assert_eq!(group::add(&mut tx, relay, "微信群").await.unwrap(), None);
        assert_eq!(group::find(&mut tx, chat).await.unwrap().unwrap().state, GroupState::Active);
        let new = NewDelivery { by_hand: true, target_id: chat.0, ..world.to_chat(world.push) };
        let id = delivery::add(&mut tx, &new, at(0)).await.unwrap();
        let groups = (TargetKind::Group, 0);
        assert_eq!(delivery::waiting(&mut tx, relay, groups, 9, at(1)).await.unwrap(), []);
        assert_eq!(decide::to_carry(&mut tx, at(1)).await.unwrap(), [id]);
        assert_eq!(decide::to_carry(&mut tx, at(3600)).await.unwrap(), []);
        assert_eq!(decide::relayed(&mut tx, &[world.push]).await.unwrap(), []);
        let other = NewDelivery { target_id: 9, ..new.clone() };
        let other = delivery::add(&mut tx, &other, at(0)).await.unwrap();
        let ruling = NewRuling { decision: Decision::Relayed, ..forced(DeliveryState::Sent) };
        assert!(decide::rule(&mut tx, other, &ruling, at(5)).await.unwrap());
        assert_eq!(decide::relayed(&mut tx, &[world.push]).await.unwrap(), [(world.push, other)]);
        delivery::expire(&mut tx, at(3600)).await.unwrap();
        let row = world.delivery(&mut tx, id).await;
        assert_eq!((row.state, row.reason), (DeliveryState::Expired, Some(StopReason::NotRelayed)));
    }
}

#[tokio::test]
async fn a_stop_stands_until_it_is_lifted() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(halt::list(&mut tx).await.unwrap(), []);
        assert!(halt::put(&mut tx, HaltCause::Paused, ("operator", "迁移"), at(1)).await.unwrap());
        assert!(!halt::put(&mut tx, HaltCause::Paused, ("operator", ""), at(2)).await.unwrap());
        let row = halt::list(&mut tx).await.unwrap().remove(0);
        assert_eq!((row.since, row.by_actor.as_str(), row.detail.as_str()), (At::from(at(1)), "operator", "迁移"));
        assert!(halt::lift(&mut tx, HaltCause::Paused).await.unwrap());
        assert!(!halt::lift(&mut tx, HaltCause::Paused).await.unwrap());
    }
}

#[tokio::test]
async fn slots_of_a_pause_that_are_not_made_yet_are_missed() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(occurrence::miss_paused(&mut tx, DateTime::UNIX_EPOCH, at(1)).await.unwrap(), 0);
        assert_eq!(occurrence::missed_in_pause(&mut tx, DateTime::UNIX_EPOCH).await.unwrap(), 0);
        assert_eq!(schedule::lateness(&mut tx, world.push).await.unwrap(), None, "made by hand");
    }
}
