//! Pushes, frozen audiences and what reports read of them.

use std::collections::BTreeSet;

use qingfeng::domain::delivery::DeliveryState;
use qingfeng::domain::push::PushState;
use qingfeng::domain::word::Confirm;
use qingfeng::ids::PushId;
use qingfeng::store::push::{self, NewPush};
use qingfeng::store::{At, delivery, report};

use crate::world::{assert_constraint, at, chunk, new_push, worlds};

#[tokio::test]
async fn a_push_carries_its_item_version() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let row = push::find(&mut tx, world.push).await.unwrap().unwrap();
        assert_eq!(
            (row.slug.as_str(), row.version, row.title.as_str(), row.theme.as_str()),
            ("gifts", 1, "礼品礼金", "law")
        );
        assert_eq!((row.audience.as_str(), row.confirm, row.state), ("全体", Confirm::Required, PushState::Open));
        assert_eq!((row.slot_at, row.deadline_at, row.late), (At::from(at(0)), Some(At::from(at(3600))), false));
        assert_eq!(push::find(&mut tx, PushId(99)).await.unwrap(), None);
        assert_eq!(push::earlier(&mut tx, &row).await.unwrap(), None);
        assert_eq!(push::find_many(&mut tx, &[world.push, PushId(99)]).await.unwrap(), [row]);
        assert_eq!(push::find_many(&mut tx, &[]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn pushes_are_listed_newest_first_and_by_month_oldest_first() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let later = NewPush { slot_at: at(60), late: true, ..new_push(world.item_version) };
        let later = push::add(&mut tx, &later, at(0)).await.unwrap();
        let other = NewPush { slot_at: at(30), month: "2026-09", ..new_push(world.item_version) };
        let other = push::add(&mut tx, &other, at(0)).await.unwrap();
        let ids = |rows: Vec<push::PushRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert!(push::find(&mut tx, later).await.unwrap().unwrap().late);
        assert_eq!(ids(push::list(&mut tx).await.unwrap()), [later, other, world.push]);
        assert_eq!(ids(push::of_month(&mut tx, "2026-08").await.unwrap()), [world.push, later]);
        tx.commit().await.unwrap();
        world.raw(&format!("UPDATE push SET state = 'cancelled' WHERE id = {later}")).await.unwrap();
        assert_eq!(ids(push::of_month(&mut world.tx().await, "2026-08").await.unwrap()), [world.push]);
    }
}

#[tokio::test]
async fn only_a_required_push_has_a_deadline() {
    for world in worlds().await {
        let wrong = NewPush { confirm: Confirm::Voluntary, ..new_push(world.item_version) };
        assert_constraint(push::add(&mut world.tx().await, &wrong, at(0)).await);
        let nothing = new_push(qingfeng::ids::ItemVersionId(99));
        assert_constraint(push::add(&mut world.tx().await, &nothing, at(0)).await);
    }
}

#[tokio::test]
async fn an_equal_chunk_is_stored_once_and_read_for_each_push() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let second = crate::world::push(&mut tx, world.item_version).await;
        let same = chunk(world.finance, &[world.zhang, world.li]);
        let smaller = chunk(world.general, &[world.zhao]);
        for chunk in [&same, &smaller] {
            push::add_chunk(&mut tx, second, chunk, &chunk.encode()).await.unwrap();
        }
        tx.commit().await.unwrap();
        let mut tx = world.tx().await;
        let read = push::audiences(&mut tx, &[world.push, second]).await.unwrap();
        let general = chunk(world.general, &[world.wang, world.zhao]);
        assert_eq!(
            read,
            [(world.push, same.clone()), (world.push, general), (second, same.clone()), (second, smaller)]
        );
        assert_eq!(push::audiences(&mut tx, &[]).await.unwrap(), []);
        assert_constraint(push::add_chunk(&mut tx, second, &same, &same.encode()).await);
        drop(tx);
        // Three rows serve four uses: a fourth row with one of their texts would break this rule of uniqueness.
        world.raw("CREATE UNIQUE INDEX members_once ON audience_chunk (unit_id, members)").await.unwrap();
    }
}

#[tokio::test]
async fn covers_tell_what_became_of_each_unit_and_person() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let group = world.deliver(&mut tx).await;
        push::add_cover(&mut tx, world.push, group, world.finance, None).await.unwrap();
        push::add_cover(&mut tx, world.push, group, world.general, Some(world.wang)).await.unwrap();
        let row = crate::delivery::claim(&mut tx, "boot", 0).await.remove(0);
        let attempt = delivery::begin_attempt(&mut tx, &row, "boot", "-100", at(0)).await.unwrap().unwrap();
        let before = report::covers(&mut tx, &[world.push]).await.unwrap();
        assert!(before.iter().all(|cover| !cover.arrived && cover.state == DeliveryState::Sending));
        delivery::prove(&mut tx, &[(attempt.id, ("-100", "9"))], at(1)).await.unwrap();
        let after = report::covers(&mut tx, &[world.push]).await.unwrap();
        assert!(after.iter().all(|c| c.arrived && c.delivery_id == group && c.push_id == world.push));
        let told: BTreeSet<_> = after.iter().map(|cover| (cover.unit_id, cover.staff_id)).collect();
        assert_eq!(told, BTreeSet::from([(world.finance, None), (world.general, Some(world.wang))]));
        assert!(report::covers(&mut tx, &[]).await.unwrap().is_empty());
        assert_constraint(push::add_cover(&mut tx, world.push, group, world.finance, None).await);
    }
}
