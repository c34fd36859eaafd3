//! Leases: one owner at a time, by the database's clock, with an epoch that grows.

use chrono::{DateTime, TimeDelta, Utc};
use qingfeng::clock::Clock;
use qingfeng::store::lease::{self, Claim, LeaseClock};
use qingfeng::store::{At, Tx};

use crate::world::{World, at, worlds};

async fn take(tx: &mut Tx, owner: &str, now: DateTime<Utc>) -> Option<i64> {
    let claim = Claim { name: "plan", owner, now, until: now + TimeDelta::seconds(60), alone: false };
    lease::take(tx, &claim).await.unwrap()
}

#[tokio::test]
async fn a_lease_has_one_owner_until_it_runs_out() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(take(&mut tx, "one", at(0)).await, Some(1));
        assert_eq!(take(&mut tx, "one", at(15)).await, Some(1), "kept under the same epoch");
        assert_eq!(take(&mut tx, "two", at(74)).await, None, "kept until 75 s");
        assert_eq!(take(&mut tx, "two", at(75)).await, Some(2));
        assert_eq!(take(&mut tx, "one", at(76)).await, None, "the former owner does not get it back");
        let row = lease::list(&mut tx).await.unwrap().remove(0);
        assert_eq!((row.name.as_str(), row.owner.as_str(), row.epoch), ("plan", "two", 2));
        assert_eq!(row.until, At::from(at(135)));
        // One that ran out and that nobody took meanwhile is still under the epoch that nobody else acted under.
        assert_eq!(take(&mut tx, "two", at(9000)).await, Some(2));
    }
}

#[tokio::test]
async fn a_lease_that_is_given_back_can_be_taken_at_once_and_its_epoch_goes_on() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(take(&mut tx, "one", at(0)).await, Some(1));
        assert_eq!(lease::give_back(&mut tx, "two").await.unwrap(), 0, "another's is not");
        assert_eq!(lease::give_back(&mut tx, "one").await.unwrap(), 1);
        assert_eq!(take(&mut tx, "two", at(1)).await, Some(2));
        // Whoever holds the database's lock file knows that every other owner is gone.
        let alone = Claim { name: "plan", owner: "three", now: at(2), until: at(62), alone: true };
        assert_eq!(lease::take(&mut tx, &alone).await.unwrap(), Some(3));
    }
}

#[tokio::test]
async fn of_two_that_try_at_once_one_gets_it() {
    for world in worlds().await {
        let claim = async |owner: &'static str| {
            let mut tx = world.tx().await;
            let taken = take(&mut tx, owner, at(0)).await;
            tx.commit().await.unwrap();
            taken
        };
        let (one, two, three) = tokio::join!(claim("one"), claim("two"), claim("three"));
        assert_eq!([one, two, three].into_iter().flatten().collect::<Vec<_>>(), [1], "{}", world.db.label);
    }
}

#[tokio::test]
async fn leases_run_by_the_databases_clock() {
    for world in worlds().await {
        let machine = Clock::system().now();
        let told = machine - TimeDelta::hours(2);
        let by_database = world.tx().await.lease_now(told).await.unwrap();
        let moved_by_hand = world.store.clone().with_lease_clock(LeaseClock::Told);
        assert_eq!(moved_by_hand.write().await.unwrap().lease_now(told).await.unwrap(), told);
        let database = world.tx().await.database_now(told).await.unwrap();
        match world.db.label {
            "sqlite" => assert_eq!((by_database, database), (told, told), "it has no clock of its own"),
            // The test server runs on this machine.
            _ => assert!(near(by_database, machine) && near(database, machine), "{by_database} {database} {machine}"),
        }
    }
}

fn near(one: DateTime<Utc>, other: DateTime<Utc>) -> bool {
    (one - other).abs() < TimeDelta::seconds(30)
}

/// The clock moves on inside a transaction, unlike PostgreSQL's `now()`: a transaction that waited for a lock must not
/// believe an instant from before it waited.
#[tokio::test]
async fn the_databases_clock_does_not_stand_still_in_a_transaction() {
    for world in worlds().await.into_iter().filter(|world: &World| world.db.label == "postgres") {
        let mut tx = world.tx().await;
        let first = tx.lease_now(at(0)).await.unwrap();
        let mut later = first;
        while later == first {
            later = tx.lease_now(at(0)).await.unwrap();
        }
        assert!(later > first);
    }
}
