//! Absences and people's own deadlines.

use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::push::PushState;
use qingfeng::ids::{LeaveId, PushId, StaffId};
use qingfeng::store::deadline::{self, NewOwn};
use qingfeng::store::leave::{self, NewLeave};
use qingfeng::store::{At, Tx, ack, push, staff};

use crate::world::{assert_constraint, at, day, new_person, new_push, take_in, worlds};

pub(crate) fn absent(staff_id: StaffId, from: u32, to: Option<u32>) -> NewLeave {
    let (starts_on, ends_on) = (day(from), to.map(day));
    NewLeave { staff_id, category: LeaveCategory::Study, starts_on, ends_on, declared: false }
}

#[tokio::test]
async fn an_absence_is_recorded_ended_and_withdrawn() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = leave::add(&mut tx, &absent(world.li, 5, None), at(1)).await.unwrap();
        leave::end(&mut tx, id, day(9)).await.unwrap();
        let row = leave::find(&mut tx, id).await.unwrap().unwrap();
        assert_eq!((row.staff_id, row.category, row.declared), (world.li, LeaveCategory::Study, false));
        assert_eq!((row.starts_on, row.ends_on, row.recorded_at), (day(5), Some(day(9)), At::from(at(1))));
        assert_eq!((row.absence().id, row.span().to), (id, Some(day(9))));
        leave::withdraw(&mut tx, id, at(2)).await.unwrap();
        leave::withdraw(&mut tx, id, at(3)).await.unwrap();
        let rows = leave::of_staff(&mut tx, world.li).await.unwrap();
        assert_eq!(rows.iter().map(|row| row.withdrawn_at).collect::<Vec<_>>(), [Some(At::from(at(2)))]);
        leave::hold(&mut tx, &[world.li, world.wang]).await.unwrap();
        assert_eq!(leave::of_many(&mut tx, &[world.li]).await.unwrap(), []);
        assert_eq!(leave::of_staff(&mut tx, world.zhang).await.unwrap(), []);
        assert_eq!(leave::find(&mut tx, LeaveId(99)).await.unwrap(), None);
        assert_constraint(leave::add(&mut tx, &absent(world.li, 5, Some(4)), at(0)).await);
    }
}

#[tokio::test]
async fn absences_that_matter_from_a_day_on_are_found() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let declared = NewLeave { category: LeaveCategory::Away, declared: true, ..absent(world.wang, 7, Some(8)) };
        let many =
            [absent(world.li, 1, Some(4)), absent(world.li, 5, Some(7)), declared, absent(world.zhao, 1, Some(6))];
        leave::add_many(&mut tx, &many, at(0)).await.unwrap();
        leave::add_many(&mut tx, &[absent(world.zhang, 20, None)], at(0)).await.unwrap();
        let of = |rows: Vec<leave::LeaveRow>| {
            rows.into_iter().map(|row| (row.staff_id, row.starts_on, row.ends_on, row.declared)).collect::<Vec<_>>()
        };
        let found = of(leave::standing(&mut tx, day(7)).await.unwrap());
        let expected = [
            (world.li, day(1), Some(day(4)), false),
            (world.li, day(5), Some(day(7)), false),
            (world.wang, day(7), Some(day(8)), true),
            (world.zhang, day(20), None, false),
        ];
        assert_eq!(found, expected, "{}", world.db.label);
        assert_eq!(of(leave::of_many(&mut tx, &[world.wang, world.zhang]).await.unwrap()), expected[2..]);
        assert_eq!(of(leave::standing(&mut tx, day(30)).await.unwrap()), expected[3..]);
    }
}

#[tokio::test]
async fn who_is_frozen_is_known_with_the_day_they_came() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let joins = new_person(&mut tx, "G009", world.general).await;
        take_in(&mut tx, std::slice::from_ref(&joins), Some(day(3))).await;
        let new = joins.staff_id;
        staff::leave(&mut tx, world.wang, at(0)).await.unwrap();
        leave::add(&mut tx, &absent(world.zhao, 4, None), at(0)).await.unwrap();
        for (on, outside) in [(3, vec![new]), (4, vec![world.zhao])] {
            let people = staff::candidates(&mut tx, day(on)).await.unwrap();
            assert_eq!(people.iter().map(|p| p.id).collect::<Vec<_>>(), [world.zhang, world.li, world.zhao, new]);
            assert_eq!(people.iter().filter(|p| p.exempt).map(|p| p.id).collect::<Vec<_>>(), outside, "day {on}");
        }
    }
}

async fn own(tx: &mut Tx, pushes: &[PushId]) -> Vec<(PushId, StaffId, At)> {
    let mut rows: Vec<_> = deadline::of_pushes(tx, pushes)
        .await
        .unwrap()
        .iter()
        .map(|row| (row.push_id, row.staff_id, row.deadline_at))
        .collect();
    rows.sort_unstable();
    rows
}

#[tokio::test]
async fn an_own_deadline_only_moves_later() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let leave_id = leave::add(&mut tx, &absent(world.li, 5, Some(9)), at(0)).await.unwrap();
        let to = |staff_id, seconds| NewOwn {
            push_id: world.push,
            staff_id,
            deadline_at: at(seconds).timestamp_millis(),
            leave_id,
        };
        deadline::put_many(&mut tx, &[to(world.li, 7200), to(world.wang, 5000)], at(0)).await.unwrap();
        deadline::put_many(&mut tx, &[to(world.li, 6000), to(world.wang, 9000)], at(1)).await.unwrap();
        let both = [(world.push, world.li, At::from(at(7200))), (world.push, world.wang, At::from(at(9000)))];
        assert_eq!(own(&mut tx, &[world.push]).await, both, "{}", world.db.label);
        assert_eq!(own(&mut tx, &[]).await, []);
        let pairs = [(world.push, world.wang), (world.push, world.zhao)];
        let found = deadline::find_many(&mut tx, &pairs).await.unwrap();
        assert_eq!(found.iter().map(|row| row.deadline_at).collect::<Vec<_>>(), [At::from(at(9000))]);
        assert_eq!(deadline::next(&mut tx, world.li, at(0)).await.unwrap(), Some(At::from(at(7200))));
        assert_eq!(deadline::next(&mut tx, world.li, at(7200)).await.unwrap(), None, "it has passed");
        assert_eq!(deadline::next(&mut tx, world.zhao, at(0)).await.unwrap(), None);
        let press = ack::NewAck {
            push_id: world.push,
            staff_id: world.li,
            pressed_at: at(2).timestamp_millis(),
            method: qingfeng::domain::word::AckMethod::Button,
            attempt_id: None,
            inbox_id: None,
        };
        ack::add_batch(&mut tx, &[press], at(2)).await.unwrap();
        assert_eq!(deadline::next(&mut tx, world.li, at(0)).await.unwrap(), None, "confirmed");
    }
}

#[tokio::test]
async fn pushes_with_a_deadline_in_a_stretch_are_found() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let second = push::add(&mut tx, &new_push(world.item_version), at(0)).await.unwrap();
        let ids = async |tx: &mut Tx, from: i64, until: Option<i64>| {
            let rows = deadline::open(tx, at(from), until.map(at)).await.unwrap();
            rows.into_iter().map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_eq!(ids(&mut tx, 3600, None).await, [world.push, second]);
        assert_eq!(ids(&mut tx, 0, Some(3600)).await, []);
        let leave_id = leave::add(&mut tx, &absent(world.li, 5, Some(9)), at(0)).await.unwrap();
        let later = at(7200).timestamp_millis();
        let own = NewOwn { push_id: second, staff_id: world.li, deadline_at: later, leave_id };
        deadline::put_many(&mut tx, &[own], at(0)).await.unwrap();
        assert_eq!(ids(&mut tx, 7000, None).await, [second], "somebody's own lies there");
        push::end(&mut tx, second, PushState::Recalled).await.unwrap();
        assert_eq!(ids(&mut tx, 0, None).await, [world.push]);
    }
}
