//! The one private reminder: days, deliveries, wishes; and confirmations recorded for somebody else.

use qingfeng::domain::delivery::DeliveryKind;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::word::AckMethod;
use qingfeng::store::ack::{self, manual};
use qingfeng::store::deadline::{self, NewOwn};
use qingfeng::store::delivery::decide;
use qingfeng::store::leave::{self, NewLeave};
use qingfeng::store::merge::{self, Merge};
use qingfeng::store::nudge::{self, DayRow, NewNudge};
use qingfeng::store::{At, account, delivery, erase, staff};

use crate::world::{World, at, day, new_push, worlds};

fn decided(world: &World, on: u32) -> DayRow {
    DayRow { push_id: world.push, day: day(on), queued: 2, unreachable: 1, decided_at: at(9).into() }
}

fn nudge_of(staff_id: qingfeng::ids::StaffId) -> NewNudge {
    NewNudge { staff_id, expires_at: at(3600).timestamp_millis() }
}

#[tokio::test]
async fn a_day_is_decided_once_while_a_deadline_is_to_come() {
    for world in worlds().await {
        let label = world.db.label;
        let mut tx = world.tx().await;
        let open = nudge::open(&mut tx, at(-1), at(3599), day(1)).await.unwrap();
        let expected = (world.push, At::from(at(0)), At::from(at(3600)));
        assert_eq!(
            open.iter().map(|row| (row.push_id, row.slot_at, row.deadline_at)).collect::<Vec<_>>(),
            [expected],
            "{label}"
        );
        assert_eq!(nudge::open(&mut tx, at(-1), at(3600), day(1)).await.unwrap(), [], "{label}: its time is over");
        // Somebody has longer.
        let new = NewLeave {
            staff_id: world.li,
            category: LeaveCategory::Trip,
            starts_on: day(1),
            ends_on: Some(day(2)),
            declared: false,
        };
        let leave_id = leave::add(&mut tx, &new, at(0)).await.unwrap();
        let deadline_at = at(9000).timestamp_millis();
        let own = NewOwn { push_id: world.push, staff_id: world.li, deadline_at, leave_id };
        deadline::put_many(&mut tx, &[own], at(0)).await.unwrap();
        assert_eq!(nudge::open(&mut tx, at(-1), at(3600), day(1)).await.unwrap().len(), 1, "{label}");
        assert!(nudge::add_day(&mut tx, &decided(&world, 1)).await.unwrap(), "{label}");
        assert!(!nudge::add_day(&mut tx, &DayRow { queued: 7, ..decided(&world, 1) }).await.unwrap(), "{label}");
        assert_eq!(nudge::days(&mut tx, &[world.push]).await.unwrap(), [decided(&world, 1)], "{label}");
        assert_eq!(nudge::open(&mut tx, at(-1), at(0), day(1)).await.unwrap(), [], "{label}");
        assert_eq!(nudge::open(&mut tx, at(-1), at(0), day(2)).await.unwrap().len(), 1, "{label}: another day");
        assert_eq!(nudge::open(&mut tx, at(0), at(0), day(2)).await.unwrap(), [], "{label}: it is not after itself");
        assert_eq!(nudge::all_open(&mut tx, at(-1)).await.unwrap(), open, "{label}: whatever was decided");
        assert_eq!(nudge::all_open(&mut tx, at(0)).await.unwrap(), [], "{label}");
        let voluntary = qingfeng::domain::word::Confirm::Voluntary;
        let other =
            qingfeng::store::push::NewPush { confirm: voluntary, deadline_at: None, ..new_push(world.item_version) };
        qingfeng::store::push::add(&mut tx, &other, at(0)).await.unwrap();
        assert_eq!(
            nudge::open(&mut tx, at(-1), at(0), day(3)).await.unwrap().len(),
            1,
            "{label}: never of what is voluntary"
        );
    }
}

#[tokio::test]
async fn a_person_is_reminded_of_a_push_once() {
    for world in worlds().await {
        let label = world.db.label;
        let mut tx = world.tx().await;
        let both = [nudge_of(world.zhang), nudge_of(world.li)];
        nudge::queue(&mut tx, world.push, &both, at(0)).await.unwrap();
        nudge::queue(&mut tx, world.push, &both, at(1)).await.unwrap();
        assert_eq!(nudge::reminded(&mut tx, world.push).await.unwrap(), [world.zhang, world.li], "{label}");
        let claimed = crate::delivery::claim(&mut tx, "boot", 2).await;
        assert_eq!(claimed.iter().map(|row| row.target_id).collect::<Vec<_>>(), [world.zhang.0, world.li.0], "{label}");
        let attempt = delivery::begin_attempt(&mut tx, &claimed[0], "boot", "501", at(2)).await.unwrap().unwrap();
        let copies = delivery::pushes_of_attempts(&mut tx, &[attempt.id]).await.unwrap();
        assert_eq!(copies.iter().map(|copy| copy.push_id).collect::<Vec<_>>(), [world.push], "{label}");
        // Taken back: what is under way ends as it ends, the other is over and may begin anew.
        assert_eq!(decide::cancel(&mut tx, world.push, at(3)).await.unwrap(), [claimed[1].id], "{label}");
        decide::close(&mut tx, world.push, at(3)).await.unwrap();
        assert_eq!(nudge::reminded(&mut tx, world.push).await.unwrap(), [world.zhang], "{label}");
        assert_eq!(nudge::arrived(&mut tx, world.push).await.unwrap(), 0, "{label}");
        delivery::prove(&mut tx, &[(attempt.id, ("501", "77"))], at(4)).await.unwrap();
        assert_eq!(nudge::arrived(&mut tx, world.push).await.unwrap(), 1, "{label}");
        let placed = decide::placed(&mut tx, world.push).await.unwrap();
        let placed: Vec<_> = placed.iter().map(|row| (row.kind, row.message_id.as_deref())).collect();
        assert_eq!(placed, [(DeliveryKind::Nudge, Some("77"))], "{label}");
        let said = [("501", "77"), ("501", "78")];
        let replied = delivery::copies_of_messages(&mut tx, &said).await.unwrap();
        assert_eq!(replied, [("501".to_owned(), "77".to_owned(), attempt.id)], "{label}");
        nudge::queue(&mut tx, world.push, &both, at(9)).await.unwrap();
        let states: Vec<_> =
            nudge::of_push(&mut tx, world.push).await.unwrap().iter().map(|row| row.state.as_str()).collect();
        assert_eq!(states, ["sent", "queued"], "{label}");
        assert_eq!(delivery::of_push(&mut tx, world.push).await.unwrap(), [], "{label}: they are no copies for a chat");
    }
}

#[tokio::test]
async fn a_wish_stands_until_it_is_taken_back_and_goes_with_the_person() {
    for world in worlds().await {
        let label = world.db.label;
        let mut tx = world.tx().await;
        assert!(nudge::mute(&mut tx, world.li, at(1)).await.unwrap());
        assert!(!nudge::mute(&mut tx, world.li, at(2)).await.unwrap());
        assert!(
            nudge::is_muted(&mut tx, world.li).await.unwrap() && !nudge::is_muted(&mut tx, world.wang).await.unwrap()
        );
        assert!(nudge::unmute(&mut tx, world.li).await.unwrap());
        assert!(!nudge::unmute(&mut tx, world.li).await.unwrap());
        nudge::mute(&mut tx, world.li, at(3)).await.unwrap();
        nudge::mute(&mut tx, world.zhao, at(3)).await.unwrap();
        let merge = Merge { from: world.li, into: world.wang, at: at(4) };
        merge::move_mute(&mut tx, merge).await.unwrap();
        assert_eq!(nudge::muted(&mut tx).await.unwrap(), [world.wang, world.zhao], "{label}");
        erase::people(&mut tx, &[world.zhao], at(5)).await.unwrap();
        assert_eq!(nudge::muted(&mut tx).await.unwrap(), [world.wang], "{label}");
    }
}

#[tokio::test]
async fn what_waits_for_a_number_that_is_merged_goes_to_the_other_once() {
    for world in worlds().await {
        let label = world.db.label;
        let mut tx = world.tx().await;
        nudge::queue(&mut tx, world.push, &[nudge_of(world.zhang), nudge_of(world.li)], at(0)).await.unwrap();
        let target = async |tx: &mut qingfeng::store::Tx| {
            let rows = nudge::of_push(tx, world.push).await.unwrap();
            rows.into_iter().map(|row| qingfeng::ids::StaffId(row.target_id)).collect::<Vec<_>>()
        };
        merge::move_nudges(&mut tx, Merge { from: world.li, into: world.wang, at: at(4) }).await.unwrap();
        assert_eq!(target(&mut tx).await, [world.zhang, world.wang], "{label}");
        // Who has one of their own gets no second one.
        merge::move_nudges(&mut tx, Merge { from: world.zhang, into: world.wang, at: at(5) }).await.unwrap();
        assert_eq!(target(&mut tx).await, [world.zhang, world.wang], "{label}");
    }
}

#[tokio::test]
async fn who_has_a_private_chat_is_known() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        for (staff, account) in [(world.zhang, "501"), (world.li, "502"), (world.wang, "503")] {
            let id = account::ensure(&mut tx, world.channel, account).await.unwrap().id;
            account::bind(&mut tx, world.channel, id, staff, at(0)).await.unwrap();
            if account != "502" {
                account::opened(&mut tx, id).await.unwrap();
            }
        }
        assert_eq!(nudge::reachable(&mut tx).await.unwrap(), [world.zhang, world.wang], "{}", world.db.label);
        staff::leave(&mut tx, world.wang, at(1)).await.unwrap();
        assert_eq!(nudge::reachable(&mut tx).await.unwrap(), [world.zhang], "{}", world.db.label);
    }
}

#[tokio::test]
async fn a_confirmation_recorded_for_somebody_names_who_recorded_it() {
    for world in worlds().await {
        let label = world.db.label;
        let mut tx = world.tx().await;
        let batch = ack::open_batch(&mut tx, at(5)).await.unwrap();
        let row =
            manual::record(&mut tx, batch, (world.push, world.li), "operator:G009", at(5)).await.unwrap().unwrap();
        assert_eq!((row.method, row.recorded_by.as_deref()), (AckMethod::Manual, Some("operator:G009")), "{label}");
        assert_eq!((row.pressed_at, row.attempt_id, row.inbox_id, row.batch_id), (at(5).into(), None, None, batch));
        let again = manual::record(&mut tx, batch, (world.push, world.li), "operator", at(6)).await.unwrap();
        assert_eq!(again, None, "{label}");
        assert_eq!(manual::count(&mut tx, world.push).await.unwrap(), 1, "{label}");
    }
}
