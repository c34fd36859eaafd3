//! Conversations, and people as conversations look for them.

use qingfeng::ids::DialogueId;
use qingfeng::store::account::On;
use qingfeng::store::dialogue::{self, DialogueRow};
use qingfeng::store::people::{self, Among};
use qingfeng::store::{At, account, invite, staff};

use crate::world::{at, day, worlds};

#[tokio::test]
async fn an_account_has_one_conversation_and_a_step_is_taken_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let me = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let other = account::ensure(&mut tx, world.channel, "502").await.unwrap().id;
        let first = dialogue::begin(&mut tx, me, "one", at(60)).await.unwrap();
        let theirs = dialogue::begin(&mut tx, other, "theirs", at(60)).await.unwrap();
        let second = dialogue::begin(&mut tx, me, "two", at(60)).await.unwrap();
        assert!(second > first, "its buttons are told from those of the one before");
        assert_eq!(dialogue::find(&mut tx, first).await.unwrap(), None);
        assert!(dialogue::take(&mut tx, second, 0).await.unwrap());
        assert!(!dialogue::take(&mut tx, second, 0).await.unwrap(), "taken");
        assert!(!dialogue::take(&mut tx, DialogueId(99), 0).await.unwrap());
        dialogue::put(&mut tx, second, "three", at(120)).await.unwrap();
        let row = DialogueRow {
            id: second,
            account_id: me,
            step: 1,
            state: "three".to_owned(),
            expires_at: At::from(at(120)),
        };
        assert_eq!(dialogue::find(&mut tx, second).await.unwrap().as_ref(), Some(&row));
        assert_eq!(dialogue::of_account(&mut tx, me).await.unwrap(), Some(row));
        assert_eq!(dialogue::forget(&mut tx, at(100)).await.unwrap(), 1);
        assert_eq!(dialogue::find(&mut tx, theirs).await.unwrap(), None);
        assert!(dialogue::find(&mut tx, second).await.unwrap().is_some());
    }
}

#[tokio::test]
async fn of_two_who_take_the_same_step_at_once_one_does() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let me = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let id = dialogue::begin(&mut tx, me, "one", at(60)).await.unwrap();
        tx.commit().await.unwrap();
        let take = async || {
            let mut tx = world.again().await.write().await.unwrap();
            let taken = dialogue::take(&mut tx, id, 0).await.unwrap();
            tx.commit().await.unwrap();
            taken
        };
        let (one, other) = tokio::join!(take(), take());
        assert!(one ^ other, "{}", world.db.label);
    }
}

#[tokio::test]
async fn people_are_found_by_unit_and_by_whether_they_have_an_account() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let phone = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        account::bind(&mut tx, world.channel, phone, world.li, at(0)).await.unwrap();
        let counts = |rows: Vec<people::CountedRow>| rows.into_iter().map(|r| (r.id, r.people)).collect::<Vec<_>>();
        let both = [(world.finance, 2), (world.general, 2)];
        assert_eq!(counts(people::units(&mut tx, Among::All).await.unwrap()), both);
        assert_eq!(counts(people::units(&mut tx, Among::Bound).await.unwrap()), [(world.finance, 1)]);
        let free = [(world.finance, 1), (world.general, 2)];
        assert_eq!(counts(people::units(&mut tx, Among::Unbound).await.unwrap()), free);
        let ids = |rows: Vec<people::ListedRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        let rows = people::of_unit(&mut tx, Among::All, world.finance).await.unwrap();
        assert_eq!(
            (rows[1].name.as_str(), rows[1].staff_no.as_str(), rows[1].unit.as_str()),
            ("姓名G002", "G002", "机关/财务科")
        );
        assert_eq!(ids(rows), [world.zhang, world.li]);
        assert_eq!(ids(people::of_unit(&mut tx, Among::Unbound, world.finance).await.unwrap()), [world.zhang]);
        assert_eq!(ids(people::newest(&mut tx, Among::Unbound, 2).await.unwrap()), [world.zhao, world.wang]);
        staff::leave(&mut tx, world.zhao, at(1)).await.unwrap();
        assert_eq!(ids(people::newest(&mut tx, Among::Unbound, 9).await.unwrap()), [world.wang, world.zhang]);
    }
}

#[tokio::test]
async fn how_things_stand_with_a_person_is_seen_at_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let before = people::standing(&mut tx, world.li, at(0)).await.unwrap().unwrap();
        assert_eq!((before.binding, before.bound_at, before.invite, before.leave), (None, None, None, None));
        let phone = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        account::bind(&mut tx, world.channel, phone, world.li, at(5)).await.unwrap();
        let code = invite::issue(&mut tx, world.li, "mac", at(0), at(60)).await.unwrap();
        people::set_leaves_on(&mut tx, world.li, Some(day(9))).await.unwrap();
        let now = people::standing(&mut tx, world.li, at(10)).await.unwrap().unwrap();
        assert_eq!((now.bound_at, now.invite, now.leaves_on), (Some(At::from(at(5))), Some(code), Some(day(9))));
        account::unbind(&mut tx, world.li, On::Every, at(20)).await.unwrap();
        let later = people::standing(&mut tx, world.li, at(60)).await.unwrap().unwrap();
        assert_eq!((later.bound_at, later.binding, later.invite), (None, now.binding, None), "the code ran out");
        assert_eq!(people::acks_of_month(&mut tx, world.li, "2026-08").await.unwrap(), 0);
        // Off the roster from the day on.
        let on = |day, candidates: &[staff::CandidateRow]| (day, candidates.iter().any(|row| row.id == world.li));
        assert_eq!(on(8, &staff::candidates(&mut tx, day(8)).await.unwrap()), (8, true));
        assert_eq!(on(9, &staff::candidates(&mut tx, day(9)).await.unwrap()), (9, false));
        assert_eq!(people::leaving(&mut tx, day(8)).await.unwrap(), []);
        assert_eq!(people::leaving(&mut tx, day(9)).await.unwrap(), [(world.li, day(9))]);
        staff::leave(&mut tx, world.li, at(70)).await.unwrap();
        people::set_leaves_on(&mut tx, world.li, None).await.unwrap();
        assert_eq!(people::leaving(&mut tx, day(9)).await.unwrap(), []);
        assert_eq!(people::standing(&mut tx, world.li, at(80)).await.unwrap(), None);
    }
}
