//! Removing who somebody was.

use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::policy::Role;
use qingfeng::store::account::On;
use qingfeng::store::deadline::{self, NewOwn};
use qingfeng::store::leave::{self, NewLeave};
use qingfeng::store::{At, account, erase, gate, inbox, invite, office, pace, role, staff};

use crate::world::{at, day, worlds};

#[tokio::test]
async fn what_leads_from_an_id_to_a_person_goes() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let own = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let shared = account::ensure(&mut tx, world.channel, "502").await.unwrap().id;
        account::bind(&mut tx, world.channel, own, world.li, at(0)).await.unwrap();
        account::unbind(&mut tx, world.li, On::Every, at(1)).await.unwrap();
        account::bind(&mut tx, world.channel, shared, world.li, at(1)).await.unwrap();
        account::unbind(&mut tx, world.li, On::Every, at(2)).await.unwrap();
        account::bind(&mut tx, world.channel, shared, world.wang, at(3)).await.unwrap();
        account::bind(&mut tx, world.channel, own, world.li, at(4)).await.unwrap();
        invite::issue(&mut tx, world.li, "mac", at(0), at(100)).await.unwrap();
        role::grant(&mut tx, world.li, Role::Leader, at(0)).await.unwrap();
        pace::add(&mut tx, world.channel, &["501", "502"], at(0)).await.unwrap();
        gate::close(&mut tx, world.channel, Some("501"), at(35), at(0)).await.unwrap();

        let people = [world.li];
        let accounts = erase::accounts(&mut tx, &people).await.unwrap();
        assert_eq!(accounts.iter().map(|account| account.id).collect::<Vec<_>>(), [own], "the other is Wang's now");
        erase::account(&mut tx, &accounts[0]).await.unwrap();
        erase::people(&mut tx, &people, at(9)).await.unwrap();

        let gone = staff::find(&mut tx, world.li).await.unwrap().unwrap();
        assert_eq!((gone.staff_no, gone.name, gone.post), (format!("#{}", world.li), String::new(), String::new()));
        assert_eq!(gone.left_at.map(At::utc), Some(at(9)));
        assert_eq!(account::bound_to(&mut tx, own).await.unwrap(), None);
        assert_eq!(account::bound_to(&mut tx, shared).await.unwrap(), Some(world.wang));
        assert!(role::list(&mut tx).await.unwrap().is_empty());
        assert!(invite::find_by_mac(&mut tx, "mac").await.unwrap().unwrap().revoked_at.is_some());
        assert_ne!(account::ensure(&mut tx, world.channel, "501").await.unwrap().id, own, "a stranger's now");
        let spans = account::spans(&mut tx).await.unwrap();
        assert_eq!(spans.iter().filter(|span| span.staff_id == world.li).count(), 3, "that they were bound stays");
        // The number is free for somebody else.
        let new = crate::world::person(&mut tx, "G002", world.finance).await;
        assert_ne!(new, world.li);
        tx.commit().await.unwrap();
    }
}

#[tokio::test]
async fn of_absences_only_the_days_stay_that_a_deadline_rests_on() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let new = |from, staff_id| NewLeave {
            staff_id,
            category: LeaveCategory::Sick,
            starts_on: day(from),
            ends_on: Some(day(from)),
            declared: false,
        };
        leave::add(&mut tx, &new(1, world.li), at(0)).await.unwrap();
        let leave_id = leave::add(&mut tx, &new(2, world.li), at(0)).await.unwrap();
        leave::add(&mut tx, &new(3, world.wang), at(0)).await.unwrap();
        let own = NewOwn { push_id: world.push, staff_id: world.li, deadline_at: 1, leave_id };
        deadline::put_many(&mut tx, &[own], at(0)).await.unwrap();
        assert_eq!(erase::leaves(&mut tx, &[world.li]).await.unwrap(), 2);
        let left = leave::of_many(&mut tx, &[world.li, world.wang]).await.unwrap();
        let left: Vec<_> = left.iter().map(|row| (row.starts_on, row.category)).collect();
        assert_eq!(left, [(day(2), LeaveCategory::Other), (day(3), LeaveCategory::Sick)]);
    }
}

#[tokio::test]
async fn texts_of_an_account_go() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let batch = [("1", r#"{"from":{"id":501}}"#), ("2", r#"{"from":{"id":7}}"#)];
        let ids = inbox::receive(&mut tx, world.channel, &batch, at(0)).await.unwrap();
        let found = erase::updates_with(&mut tx, world.channel, "501").await.unwrap();
        assert_eq!(found, [(ids[0].1, batch[0].1.to_owned())]);
        erase::updates(&mut tx, &[ids[0].1]).await.unwrap();
        assert_eq!(erase::updates_with(&mut tx, world.channel, "501").await.unwrap(), []);
        let waiting = inbox::waiting(&mut tx, world.channel, 9).await.unwrap();
        assert_eq!(waiting.iter().map(|row| row.event_id.as_str()).collect::<Vec<_>>(), ["2"]);
    }
}

#[tokio::test]
async fn a_change_of_people_is_counted() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        office::bump_roster(&mut tx).await.unwrap();
        office::bump_roster(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        world.raw("CREATE TABLE twice (n INTEGER CHECK (n = 2))").await.unwrap();
        world.raw("INSERT INTO twice SELECT roster_revision FROM office").await.unwrap();
    }
}
