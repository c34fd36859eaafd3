//! Units, staff, leave, roles, accounts and codes.

use qingfeng::domain::channel::ChannelKind;
use qingfeng::domain::policy::Role;
use qingfeng::ids::{InviteId, StaffId};
use qingfeng::store::account::{On, RecordRow};
use qingfeng::store::roster::{self, Staged};
use qingfeng::store::unit::{self, BRANCH, OFFICE};
use qingfeng::store::{At, account, invite, people, role, staff};

use crate::world::{assert_constraint, at, day, known_person, moved, new_person, take_in, worlds};

#[tokio::test]
async fn units_stand_in_roster_order_and_come_back_by_their_path() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let third = crate::world::unit(&mut tx, OFFICE, "机关/法规科", 0).await;
        let branch = crate::world::unit(&mut tx, BRANCH, "第一支部", 1).await;
        let ids = |rows: Vec<unit::UnitRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(unit::list(&mut tx, OFFICE).await.unwrap()), [third, world.finance, world.general]);
        assert_eq!(ids(unit::list(&mut tx, BRANCH).await.unwrap()), [branch]);
        unit::retire_many(&mut tx, &[third], at(1)).await.unwrap();
        assert_eq!(ids(unit::list(&mut tx, OFFICE).await.unwrap()), [world.finance, world.general]);
        assert_eq!(ids(unit::list_all(&mut tx, OFFICE).await.unwrap()), [third, world.finance, world.general]);
        assert_eq!(crate::world::unit(&mut tx, OFFICE, "机关/法规科", 9).await, third, "the same unit again");
        assert_eq!(ids(unit::list(&mut tx, OFFICE).await.unwrap()), [world.finance, world.general, third]);
    }
}

#[tokio::test]
async fn a_person_has_one_state_in_force_and_one_name() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let before = staff::find(&mut tx, world.li).await.unwrap().unwrap();
        let told = (before.staff_no.as_str(), before.name.as_str(), before.post.as_str(), before.position);
        assert_eq!(told, ("G002", "姓名G002", "科员", 2));
        let branch = crate::world::unit(&mut tx, BRANCH, "第一支部", 1).await;
        let next = moved(&mut tx, world.li, world.general, "party").await;
        let next = Staged { branch_id: Some(branch), name: Some("改名"), post: Some(""), ..next };
        take_in(&mut tx, std::slice::from_ref(&next), None).await;
        let version = next.version_id;
        assert!(version > before.version_id);
        let after = staff::find_by_no(&mut tx, "G002").await.unwrap().unwrap();
        assert_eq!((after.id, after.version_id, after.unit.as_str()), (world.li, version, "机关/办公室"));
        assert_eq!((after.branch.as_deref(), after.kinds.as_str()), (Some("第一支部"), "party"));
        assert_eq!((after.name.as_str(), after.post.as_str()), ("改名", ""));
        assert_eq!(staff::find(&mut tx, StaffId(99)).await.unwrap(), None);
        let twice = new_person(&mut tx, "G002", world.general).await;
        assert_constraint(roster::stage(&mut tx, (1, 1), &[twice], at(3)).await);
    }
}

#[tokio::test]
async fn a_person_needs_a_state_before_the_commit() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let stateless = Staged { new_version: 0, ..new_person(&mut tx, "G009", world.general).await };
        take_in(&mut tx, &[stateless], None).await;
        assert_constraint(tx.commit().await);
        assert_eq!(staff::find_by_no(&mut world.tx().await, "G009").await.unwrap(), None);
    }
}

#[tokio::test]
async fn the_roster_is_in_order_without_those_who_left() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        staff::leave(&mut tx, world.li, at(1)).await.unwrap();
        roster::reorder(&mut tx, &[(world.zhao, 0)]).await.unwrap();
        let ids = |rows: Vec<staff::PersonRow>| rows.into_iter().map(|row| row.id).collect::<Vec<_>>();
        assert_eq!(ids(staff::roster(&mut tx).await.unwrap()), [world.zhao, world.zhang, world.wang]);
        let asked = [world.li, world.zhao, StaffId(99)];
        assert_eq!(ids(staff::find_many(&mut tx, &asked).await.unwrap()), [world.zhao, world.li], "also who left");
        assert_eq!(ids(staff::find_many(&mut tx, &[]).await.unwrap()), []);
        assert_eq!(staff::find(&mut tx, world.li).await.unwrap().unwrap().left_at, Some(At::from(at(1))));
        let back = Staged { position: 9, ..known_person(&mut tx, world.li).await };
        take_in(&mut tx, &[back], None).await;
        assert_eq!(staff::roster(&mut tx).await.unwrap().last().unwrap().id, world.li, "back on it");
    }
}

#[tokio::test]
async fn a_role_is_held_once_and_can_be_given_again() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert!(role::grant(&mut tx, world.wang, Role::Admin, at(1)).await.unwrap());
        assert!(!role::grant(&mut tx, world.wang, Role::Admin, at(2)).await.unwrap());
        assert!(role::grant(&mut tx, world.li, Role::Leader, at(3)).await.unwrap());
        let grants = role::list(&mut tx).await.unwrap();
        assert!(grants.iter().all(|grant| !grant.bound), "nobody has an account");
        let told: Vec<_> = grants.iter().map(|g| (g.staff_id, g.staff_no.as_str(), g.role, g.granted_at)).collect();
        let (li, wang) =
            ((world.li, "G002", Role::Leader, At::from(at(3))), (world.wang, "G003", Role::Admin, At::from(at(1))));
        assert_eq!(told, [li, wang]);
        assert!(role::revoke(&mut tx, world.wang, Role::Admin, at(4)).await.unwrap());
        assert!(!role::revoke(&mut tx, world.wang, Role::Admin, at(5)).await.unwrap());
        assert!(role::grant(&mut tx, world.wang, Role::Admin, at(6)).await.unwrap());
        staff::leave(&mut tx, world.li, at(7)).await.unwrap();
        assert_eq!(role::list(&mut tx).await.unwrap().len(), 1, "not who left");
    }
}

#[tokio::test]
async fn a_role_of_units_is_held_unit_by_unit() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert!(!role::was_granted(&mut tx, Role::UnitHead).await.unwrap());
        for unit in [world.general, world.finance] {
            assert!(role::grant_in(&mut tx, world.li, Role::UnitHead, unit, at(1)).await.unwrap());
            assert!(!role::grant_in(&mut tx, world.li, Role::UnitHead, unit, at(2)).await.unwrap());
        }
        role::grant(&mut tx, world.wang, Role::Leader, at(1)).await.unwrap();
        let held = role::of_staff(&mut tx, world.li).await.unwrap();
        let held: Vec<_> = held.iter().map(|grant| (grant.unit_id, grant.unit.as_deref())).collect();
        let (finance, general) =
            ((Some(world.finance), Some("机关/财务科")), (Some(world.general), Some("机关/办公室")));
        assert_eq!(held, [finance, general]);
        assert!(role::revoke_in(&mut tx, world.li, Role::UnitHead, world.finance, at(3)).await.unwrap());
        assert!(!role::revoke_in(&mut tx, world.li, Role::UnitHead, world.finance, at(4)).await.unwrap());
        assert_eq!(role::of_staff(&mut tx, world.li).await.unwrap().len(), 1);
        let leader = role::of_staff(&mut tx, world.wang).await.unwrap().remove(0);
        assert_eq!((leader.role, leader.unit_id, leader.unit), (Role::Leader, None, None));
        role::hold(&mut tx, Role::UnitHead).await.unwrap();
        assert_eq!(role::staying(&mut tx, Role::UnitHead).await.unwrap(), [world.li]);
        people::set_leaves_on(&mut tx, world.li, Some(day(9))).await.unwrap();
        assert_eq!(role::staying(&mut tx, Role::UnitHead).await.unwrap(), [], "their day is known");
        assert!(role::revoke(&mut tx, world.li, Role::UnitHead, at(5)).await.unwrap());
        assert!(role::was_granted(&mut tx, Role::UnitHead).await.unwrap(), "and revoked since");
        staff::leave(&mut tx, world.wang, at(6)).await.unwrap();
        assert!(role::of_staff(&mut tx, world.wang).await.unwrap().is_empty(), "not of who left");
    }
}

#[tokio::test]
async fn an_account_is_stored_once_and_counts_wrong_codes() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let first = account::ensure(&mut tx, world.channel, "501").await.unwrap();
        assert_eq!((first.external_id.as_str(), first.code_failures, first.code_wait_until), ("501", 0, None));
        account::set_code_failures(&mut tx, first.id, 3, Some(at(60))).await.unwrap();
        account::opened(&mut tx, first.id).await.unwrap();
        account::closed(&mut tx, first.id).await.unwrap();
        account::set_notice_shown(&mut tx, first.id, at(7)).await.unwrap();
        assert_eq!(account::record(&mut tx, first.id).await.unwrap(), None, "not bound");
        let again = account::ensure(&mut tx, world.channel, "501").await.unwrap();
        assert_eq!(again.notice_at, Some(At::from(at(7))));
        assert_eq!((again.id, again.code_failures, again.code_wait_until), (first.id, 3, Some(At::from(at(60)))));
        account::set_code_failures(&mut tx, first.id, 0, None).await.unwrap();
        assert_eq!(account::ensure(&mut tx, world.channel, "501").await.unwrap().code_wait_until, None);
    }
}

#[tokio::test]
async fn many_accounts_come_at_once_with_whom_they_are_bound_to() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let known = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        account::bind(&mut tx, world.channel, known, world.li, at(1)).await.unwrap();
        assert_eq!(
            account::record(&mut tx, known).await.unwrap(),
            Some(RecordRow { bound_at: At::from(at(1)), acks: 0, answers: 0, absences: 0, muted: false })
        );
        let mut rows = account::ensure_many(&mut tx, world.channel, &["502", "501", "502"]).await.unwrap();
        rows.sort_unstable_by_key(|row| row.account_id);
        let told: Vec<_> = rows.iter().map(|row| (row.external_id.as_str(), row.staff_id)).collect();
        assert_eq!(told, [("501", Some(world.li)), ("502", None)]);
        account::unbind(&mut tx, world.li, On::Every, at(2)).await.unwrap();
        let rows = account::ensure_many(&mut tx, world.channel, &["501"]).await.unwrap();
        assert_eq!((rows.len(), rows[0].staff_id), (1, None));
    }
}

#[tokio::test]
async fn a_binding_is_one_to_one_while_it_lasts() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let one = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let two = account::ensure(&mut tx, world.channel, "502").await.unwrap().id;
        account::bind(&mut tx, world.channel, one, world.li, at(1)).await.unwrap();
        assert_eq!(account::bound_to(&mut tx, one).await.unwrap(), Some(world.li));
        assert_eq!(account::bound_to(&mut tx, two).await.unwrap(), None);
        assert_eq!(
            account::unbind(&mut tx, world.li, On::One(world.channel), at(2)).await.unwrap(),
            [ChannelKind::Telegram]
        );
        assert_eq!(account::unbind(&mut tx, world.li, On::One(world.channel), at(3)).await.unwrap(), []);
        account::bind(&mut tx, world.channel, two, world.li, at(4)).await.unwrap();
        let binding = account::of_staff(&mut tx, world.channel, world.li).await.unwrap().unwrap();
        assert_eq!((binding.account_id, binding.external_id.as_str(), binding.bound_at), (two, "502", At::from(at(4))));
        assert!(account::of_staff(&mut tx, world.channel, world.wang).await.unwrap().is_none());
        let all = account::bindings(&mut tx).await.unwrap();
        assert_eq!(all.iter().map(|b| (b.staff_id, b.account_id)).collect::<Vec<_>>(), [(world.li, two)]);
        let mut spans = account::spans(&mut tx).await.unwrap();
        spans.sort_unstable_by_key(|span| span.bound_at);
        let told: Vec<_> = spans.iter().map(|s| (s.staff_id, s.bound_at.utc(), s.ended_at.map(At::utc))).collect();
        assert_eq!(told, [(world.li, at(1), Some(at(2))), (world.li, at(4), None)]);
    }
}

#[tokio::test]
async fn a_second_binding_of_either_side_is_refused() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let one = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        let two = account::ensure(&mut tx, world.channel, "502").await.unwrap().id;
        let relay = qingfeng::store::channel::add(&mut tx, "relay", "1").await.unwrap();
        account::bind(&mut tx, world.channel, one, world.li, at(1)).await.unwrap();
        tx.commit().await.unwrap();
        for (channel, account, staff) in
            [(world.channel, one, world.wang), (world.channel, two, world.li), (relay, two, world.wang)]
        {
            assert_constraint(account::bind(&mut world.tx().await, channel, account, staff, at(2)).await);
        }
    }
}

#[tokio::test]
async fn a_code_works_once_and_a_new_one_takes_the_old_back() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let old = invite::issue(&mut tx, world.li, "mac-1", at(0), at(100)).await.unwrap();
        let new = invite::issue(&mut tx, world.li, "mac-2", at(1), at(101)).await.unwrap();
        assert_eq!(invite::find(&mut tx, old).await.unwrap().unwrap().revoked_at, Some(At::from(at(1))));
        assert!(!invite::use_up(&mut tx, old, at(2)).await.unwrap(), "taken back");
        assert!(invite::use_up(&mut tx, new, at(2)).await.unwrap());
        assert!(!invite::use_up(&mut tx, new, at(3)).await.unwrap(), "used");
        let row = invite::find_by_mac(&mut tx, "mac-2").await.unwrap().unwrap();
        assert_eq!(
            (row.id, row.staff_id, row.expires_at, row.used_at),
            (new, world.li, At::from(at(101)), Some(At::from(at(2))))
        );
        assert!(invite::find_by_mac(&mut tx, "mac-3").await.unwrap().is_none());
        assert!(invite::find(&mut tx, InviteId(99)).await.unwrap().is_none());
        let both = [(world.wang, "mac-3".to_owned()), (world.li, "mac-4".to_owned())];
        let many = invite::issue_many(&mut tx, &both, at(3), at(103)).await.unwrap();
        for (id, staff) in many.into_iter().zip([world.wang, world.li]) {
            assert_eq!(invite::find(&mut tx, id).await.unwrap().unwrap().staff_id, staff);
        }
        assert_constraint(invite::issue(&mut tx, world.wang, "mac-2", at(4), at(104)).await);
    }
}
