//! Raw inbound updates.

use qingfeng::ids::InboxId;
use qingfeng::store::inbox;

use crate::world::{at, worlds};

#[tokio::test]
async fn an_update_is_stored_once_per_channel_in_the_order_it_came() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let other = qingfeng::store::channel::add(&mut tx, "relay", "1").await.unwrap();
        let batch = [("12", "{\"a\":\"\\u0000“”\"}"), ("11", "{}"), ("12", "again")];
        let new = inbox::receive(&mut tx, world.channel, &batch, at(0)).await.unwrap();
        assert_eq!(new.len(), 2);
        assert_eq!(inbox::receive(&mut tx, world.channel, &batch, at(1)).await.unwrap(), []);
        let lower = inbox::receive(&mut tx, world.channel, &[("3", "{}")], at(2)).await.unwrap();
        assert_eq!(lower[0].0, "3", "ids start anew after a while: a lower one is new");
        assert_eq!(inbox::receive(&mut tx, other, &[("12", "{}")], at(3)).await.unwrap().len(), 1);
        let waiting = inbox::waiting(&mut tx, world.channel, 9).await.unwrap();
        let told: Vec<_> = waiting.iter().map(|row| (row.event_id.as_str(), row.raw.as_str(), row.tries)).collect();
        assert_eq!(told, [("12", batch[0].1, 0), ("11", "{}", 0), ("3", "{}", 0)]);
        assert_eq!(waiting[0].received_at, qingfeng::store::At::from(at(0)));
        assert_eq!(inbox::waiting(&mut tx, world.channel, 1).await.unwrap().len(), 1);
        let seen = inbox::seen(&mut tx, world.channel, &["3", "99"]).await.unwrap();
        assert_eq!(seen, [("3".to_owned(), waiting[2].id)]);
    }
}

#[tokio::test]
async fn what_was_worked_through_waits_no_more() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        inbox::receive(&mut tx, world.channel, &[("1", "{}"), ("2", "{}")], at(0)).await.unwrap();
        let first = inbox::waiting(&mut tx, world.channel, 1).await.unwrap().remove(0);
        inbox::done(&mut tx, &[first.id]).await.unwrap();
        let rest = inbox::waiting(&mut tx, world.channel, 9).await.unwrap();
        assert_eq!(rest.iter().map(|row| row.event_id.as_str()).collect::<Vec<_>>(), ["2"]);
        assert_eq!(inbox::receive(&mut tx, world.channel, &[("1", "{}")], at(9)).await.unwrap(), [], "still known");
    }
}

fn sorted(mut rows: Vec<(String, InboxId)>) -> Vec<(String, InboxId)> {
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn what_is_done_with_its_batch_never_waits() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        inbox::receive(&mut tx, world.channel, &[("1", "{}")], at(0)).await.unwrap();
        let batch = [("1", "again"), ("2", "{\"a\":\"已阅\"}"), ("3", "{}"), ("3", "{}")];
        let mut seen = inbox::seen(&mut tx, world.channel, &["1"]).await.unwrap();
        for new in [2, 0] {
            let stored = inbox::receive_done(&mut tx, world.channel, &batch, at(1)).await.unwrap();
            seen = inbox::seen(&mut tx, world.channel, &["1", "2", "3"]).await.unwrap();
            assert_eq!((sorted(stored.0), stored.1), (sorted(seen.clone()), new), "{}", world.db.label);
        }
        assert_eq!(seen.len(), 3);
        // All of a batch are new: each has the id that it has.
        let batch = [("7", "{}"), ("5", "{}"), ("6", "{}")];
        let (stored, new) = inbox::receive_done(&mut tx, world.channel, &batch, at(1)).await.unwrap();
        let seen = inbox::seen(&mut tx, world.channel, &["5", "6", "7"]).await.unwrap();
        assert_eq!((sorted(stored), new), (sorted(seen), 3), "{}", world.db.label);
        let waiting = inbox::waiting(&mut tx, world.channel, 9).await.unwrap();
        assert_eq!(waiting.iter().map(|row| row.event_id.as_str()).collect::<Vec<_>>(), ["1"]);
    }
}

#[tokio::test]
async fn an_update_that_keeps_failing_is_set_aside() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = inbox::receive(&mut tx, world.channel, &[("1", "{}")], at(0)).await.unwrap()[0].1;
        assert_eq!(inbox::failed(&mut tx, id, 3).await.unwrap(), 1);
        assert_eq!(inbox::failed(&mut tx, id, 3).await.unwrap(), 2);
        assert_eq!(inbox::waiting(&mut tx, world.channel, 9).await.unwrap()[0].tries, 2);
        assert_eq!(inbox::failed(&mut tx, id, 3).await.unwrap(), 3);
        assert!(inbox::waiting(&mut tx, world.channel, 9).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn e12_updates_are_forgotten_after_their_days_and_only_once_worked_through() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let old =
            inbox::receive(&mut tx, world.channel, &[("1", "{}"), ("2", "{}"), ("3", "{}")], at(0)).await.unwrap();
        let id = |event: &str| old.iter().find(|(known, _)| known == event).unwrap().1;
        let new = inbox::receive(&mut tx, world.channel, &[("4", "{}")], at(10)).await.unwrap();
        inbox::done(&mut tx, &[id("1"), new[0].1]).await.unwrap();
        inbox::failed(&mut tx, id("2"), 1).await.unwrap();
        assert_eq!(inbox::standing(&mut tx).await.unwrap(), (1, 1));
        assert_eq!(inbox::forget(&mut tx, at(10), 9).await.unwrap(), 2);
        assert_eq!(inbox::forget(&mut tx, at(10), 9).await.unwrap(), 0);
        // The one that waits keeps its text; the two ids are free for a sequence that starts anew.
        assert_eq!(inbox::waiting(&mut tx, world.channel, 9).await.unwrap()[0].raw, "{}");
        let again = inbox::receive(&mut tx, world.channel, &[("1", "a"), ("2", "b"), ("3", "c"), ("4", "d")], at(20));
        let mut again: Vec<String> = again.await.unwrap().into_iter().map(|(event, _)| event).collect();
        again.sort_unstable();
        assert_eq!(again, ["1", "2"]);
        let aside = format!("aside:{}", id("2"));
        assert_eq!(inbox::seen(&mut tx, world.channel, &[&aside]).await.unwrap(), [(aside.clone(), id("2"))]);
        assert_eq!(inbox::standing(&mut tx).await.unwrap(), (3, 1));
    }
}

#[tokio::test]
async fn no_more_updates_are_forgotten_at_once_than_asked_for() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let batch = [("1", "{}"), ("2", "{}"), ("3", "{}")];
        let ids = inbox::receive(&mut tx, world.channel, &batch, at(0)).await.unwrap();
        inbox::done(&mut tx, &ids.iter().map(|(_, id)| *id).collect::<Vec<_>>()).await.unwrap();
        assert_eq!(inbox::forget(&mut tx, at(1), 2).await.unwrap(), 2);
        assert_eq!(inbox::forget(&mut tx, at(1), 2).await.unwrap(), 1);
    }
}
