//! Times in which nobody took in updates, and the copies that say so.

use qingfeng::domain::hearing::Gap;
use qingfeng::domain::word::InboundMode;
use qingfeng::ids::AttemptId;
use qingfeng::store::delivery::count_line;
use qingfeng::store::{At, Tx, blind, channel, delivery};

use crate::world::{World, at, worlds};

fn gap(from: i64, to: i64) -> Gap {
    Gap { from: at(from), to: at(to), settled: at(to + 10) }
}

/// The copy of a push, in its chat since the 5th second.
async fn copy(world: &World, tx: &mut Tx) -> AttemptId {
    world.deliver(tx).await;
    let claimed = crate::delivery::claim(tx, "boot", 0).await.remove(0);
    let attempt = delivery::begin_attempt(tx, &claimed, "boot", "-100", at(0)).await.unwrap().unwrap().id;
    delivery::prove(tx, &[(attempt, ("-100", "5"))], at(5)).await.unwrap();
    attempt
}

#[tokio::test]
async fn the_way_in_and_the_last_sign_are_remembered() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(channel::inbound(&mut tx, world.channel).await.unwrap(), (InboundMode::Poll, None));
        assert_eq!(channel::last_heard(&mut tx).await.unwrap(), None);
        channel::set_inbound(&mut tx, world.channel, InboundMode::Webhook).await.unwrap();
        channel::set_heard(&mut tx, world.channel, at(9)).await.unwrap();
        let expected = (InboundMode::Webhook, Some(At::from(at(9))));
        assert_eq!(channel::inbound(&mut tx, world.channel).await.unwrap(), expected);
        assert_eq!(channel::last_heard(&mut tx).await.unwrap(), Some(At::from(at(9))));
    }
}

#[tokio::test]
async fn a_gap_is_stored_once_and_found_until_it_is_settled() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = blind::add(&mut tx, world.channel, &gap(100, 400)).await.unwrap().unwrap();
        assert_eq!(blind::add(&mut tx, world.channel, &gap(100, 401)).await.unwrap(), None, "another saw it as well");
        let rows = blind::since(&mut tx, at(410)).await.unwrap();
        assert_eq!(rows.iter().map(|row| (row.id, Gap::from(*row))).collect::<Vec<_>>(), [(id, gap(100, 400))]);
        assert_eq!(blind::since(&mut tx, at(411)).await.unwrap(), []);
    }
}

#[tokio::test]
async fn copies_that_stood_in_a_gap_say_so_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let copy = copy(&world, &mut tx).await;
        let before = gap(-500, 4);
        let early = blind::add(&mut tx, world.channel, &before).await.unwrap().unwrap();
        assert_eq!(blind::hint(&mut tx, early, &before).await.unwrap(), 0, "it was sent afterwards");
        let during = gap(10, 400);
        let window = blind::add(&mut tx, world.channel, &during).await.unwrap().unwrap();
        assert_eq!(blind::hint(&mut tx, window, &during).await.unwrap(), 1);
        assert_eq!(blind::hint(&mut tx, window, &during).await.unwrap(), 0, "once a gap");
        assert_eq!(blind::next_due(&mut tx).await.unwrap(), Some(At::from(at(400))));
        assert_eq!(blind::due(&mut tx, at(399), 9).await.unwrap(), []);
        let due = blind::due(&mut tx, at(400), 9).await.unwrap();
        let told: Vec<_> = due.iter().map(|row| (row.attempt_id, row.chat.as_str(), row.message_id.as_str())).collect();
        assert_eq!((told, due[0].count), (vec![(copy, "-100", "5")], None));
        assert_eq!(
            blind::of_pushes(&mut tx, &[world.push]).await.unwrap().iter().map(|r| r.1).collect::<Vec<_>>(),
            [0]
        );
        blind::book(&mut tx, copy, at(460)).await.unwrap();
        assert_eq!(blind::due(&mut tx, at(459), 9).await.unwrap(), []);
        blind::shown(&mut tx, copy, at(400)).await.unwrap();
        assert_eq!(blind::due(&mut tx, at(460), 9).await.unwrap().len(), 1, "booked anew meanwhile");
        blind::shown(&mut tx, copy, at(460)).await.unwrap();
        assert_eq!(blind::next_due(&mut tx).await.unwrap(), None);
        assert_eq!(blind::of_copy(&mut tx, copy).await.unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), [window]);
        let of_pushes = blind::of_pushes(&mut tx, &[world.push]).await.unwrap();
        assert_eq!(of_pushes.iter().map(|(row, shown)| (row.id, *shown)).collect::<Vec<_>>(), [(window, 1)]);
        assert_eq!(blind::of_pushes(&mut tx, &[]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn a_copy_that_counts_waits_for_its_line_and_lets_it_rest() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let copy = copy(&world, &mut tx).await;
        let of = delivery::pushes_of_attempts(&mut tx, &[copy]).await.unwrap().remove(0).delivery_id;
        count_line::add(&mut tx, of, 0, at(415)).await.unwrap();
        let during = gap(10, 400);
        let window = blind::add(&mut tx, world.channel, &during).await.unwrap().unwrap();
        blind::hint(&mut tx, window, &during).await.unwrap();
        assert_eq!(blind::next_due(&mut tx).await.unwrap(), Some(At::from(at(415))));
        assert_eq!(blind::due(&mut tx, at(415), 9).await.unwrap()[0].count, Some(0));
        count_line::book(&mut tx, of, at(430)).await.unwrap();
        assert_eq!(blind::due(&mut tx, at(429), 9).await.unwrap(), []);
        assert_eq!(blind::due(&mut tx, at(430), 9).await.unwrap().len(), 1);
    }
}
