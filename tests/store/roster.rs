//! Rosters taken in by steps, units that change their names, numbers that are made one.

use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::policy::Role;
use qingfeng::ids::{StaffId, UnitId};
use qingfeng::store::leave::{self, NewLeave};
use qingfeng::store::merge::{self, Merge};
use qingfeng::store::office::{self, OfficeRow};
use qingfeng::store::roster::{self, Staged};
use qingfeng::store::unit::{self, OFFICE};
use qingfeng::store::{Tx, account, invite, people, role, staff};

use crate::world::{World, at, day, known_person, stays, take_in, worlds};

async fn open(tx: &mut Tx) {
    let row = OfficeRow { zone: "Asia/Shanghai".to_owned(), key_id: "k".to_owned() };
    office::create(tx, &row, at(0)).await.unwrap();
}

/// A new person of 财务科, one who moves there under another name and number, and one who leaves.
async fn staged(tx: &mut Tx, world: &World, import: i64) -> StaffId {
    let new = roster::new_staff(tx, 1).await.unwrap()[0];
    let versions = roster::new_versions(tx, 2).await.unwrap();
    let known = roster::known(tx).await.unwrap();
    let row = |id: StaffId| {
        let known = known.iter().find(|row| row.id == id).unwrap();
        stays(known.id, known.version_id, known.position)
    };
    let version = |row: Staged<'static>, n: usize| Staged {
        version_id: versions[n],
        unit_id: Some(world.finance),
        kinds: Some("party"),
        new_version: 1,
        ..row
    };
    let joins = Staged {
        staff_id: new,
        staff_no: Some("G009"),
        position: 9,
        name: Some("白露"),
        post: Some("科员"),
        new_staff: 1,
        new_name: 1,
        ..row(world.zhang)
    };
    let moves = Staged { staff_no: Some("G033"), name: Some("𬭊㛃"), position: 1, ..row(world.wang) };
    let leaves = Staged { left_at: Some(at(5).timestamp_millis()), ..row(world.li) };
    roster::stage(tx, (import, 1), &[version(joins, 0), version(moves, 1)], at(4)).await.unwrap();
    roster::stage(tx, (import, 2), &[leaves], at(4)).await.unwrap();
    new
}

#[tokio::test]
async fn what_is_staged_is_seen_by_nobody_until_the_swap() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        open(&mut tx).await;
        let before = staff::roster(&mut tx).await.unwrap();
        let import = roster::begin(&mut tx).await.unwrap();
        assert_eq!(roster::turn(&mut tx).await.unwrap(), roster::Turn { revision: 0, import });
        // One who leaves by the import had a day of leaving before them, and one who stays has.
        for person in [world.li, world.zhao] {
            people::set_leaves_on(&mut tx, person, Some(day(9))).await.unwrap();
        }
        let new = staged(&mut tx, &world, import).await;
        assert!(![world.zhang, world.li, world.wang, world.zhao].contains(&new));
        assert_eq!(staff::roster(&mut tx).await.unwrap(), before);
        tx.commit().await.unwrap();

        let mut tx = world.tx().await;
        roster::swap(&mut tx, None).await.unwrap();
        office::bump_roster(&mut tx).await.unwrap();
        tx.commit().await.unwrap();
        let mut tx = world.tx().await;
        let people = staff::roster(&mut tx).await.unwrap();
        let told: Vec<_> =
            people.iter().map(|p| (p.staff_no.as_str(), p.name.as_str(), p.unit.as_str(), p.kinds.as_str())).collect();
        let expected = [
            ("G001", "姓名G001", "机关/财务科", "official"),
            ("G033", "𬭊㛃", "机关/财务科", "party"),
            ("G004", "姓名G004", "机关/办公室", "official"),
            ("G009", "白露", "机关/财务科", "party"),
        ];
        assert_eq!(told, expected);
        assert_eq!(staff::find(&mut tx, world.li).await.unwrap().unwrap().left_at, Some(at(5).into()));
        assert_eq!(office::roster_revision(&mut tx).await.unwrap(), 1);
        let back = Staged { position: 5, ..known_person(&mut tx, world.li).await };
        take_in(&mut tx, &[back], None).await;
        let leaving = people::leaving(&mut tx, day(30)).await.unwrap();
        assert_eq!(leaving, [(world.zhao, day(9))], "who comes back stays");
        assert!(!roster::sweep(&mut tx, i64::MAX).await.unwrap(), "nothing stays staged");
        assert!(roster::new_staff(&mut tx, 2).await.unwrap()[0] > new, "ids are given once");
    }
}

#[tokio::test]
async fn an_import_that_was_cut_off_leaves_no_name() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        open(&mut tx).await;
        let cut = roster::begin(&mut tx).await.unwrap();
        let new = staged(&mut tx, &world, cut).await;
        let name = |rows: &[roster::KnownRow]| rows.iter().find(|row| row.id == new).unwrap().name.clone();
        assert_eq!(name(&roster::known(&mut tx).await.unwrap()), None, "told as nobody");
        let next = roster::begin(&mut tx).await.unwrap();
        assert!(next > cut);
        assert!(!roster::sweep(&mut tx, cut).await.unwrap(), "not its own");
        assert!(roster::sweep(&mut tx, next).await.unwrap());
        assert!(roster::sweep(&mut tx, next).await.unwrap(), "part by part");
        assert!(!roster::sweep(&mut tx, next).await.unwrap());
        assert_eq!(name(&roster::known(&mut tx).await.unwrap()), None);
        assert_eq!(staff::find(&mut tx, new).await.unwrap().unwrap().name, "");
        assert_eq!(staff::find(&mut tx, world.wang).await.unwrap().unwrap().name, "姓名G003");
        assert_eq!(staff::roster(&mut tx).await.unwrap().len(), 4);
    }
}

#[tokio::test]
async fn people_change_places_at_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        roster::reorder(&mut tx, &[(world.zhao, 1), (world.zhang, 4)]).await.unwrap();
        let ids: Vec<StaffId> = staff::roster(&mut tx).await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(ids, [world.zhao, world.li, world.wang, world.zhang]);
    }
}

#[tokio::test]
async fn units_are_staged_arranged_and_retired_together() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let paths = |rows: Vec<unit::UnitRow>| rows.into_iter().map(|row| row.path).collect::<Vec<_>>();
        unit::stage(&mut tx, OFFICE, &[("机关/法规科", 3), ("机关/财务科", 9)], at(1)).await.unwrap();
        assert_eq!(paths(unit::list(&mut tx, OFFICE).await.unwrap()), ["机关/财务科", "机关/办公室"]);
        let all = unit::list_all(&mut tx, OFFICE).await.unwrap();
        let law = all.iter().find(|row| row.path == "机关/法规科").unwrap().id;
        unit::arrange(&mut tx, &[(law, 1), (world.finance, 2)]).await.unwrap();
        unit::retire_many(&mut tx, &[world.general], at(2)).await.unwrap();
        assert_eq!(paths(unit::list(&mut tx, OFFICE).await.unwrap()), ["机关/法规科", "机关/财务科"]);
    }
}

#[tokio::test]
async fn a_unit_is_known_by_the_name_of_the_day() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let now = |path: &str| [(world.finance, path.to_owned())];
        unit::rename(&mut tx, &now("机关/计财科"), at(10)).await.unwrap();
        unit::rename(&mut tx, &now("机关/计划财务科"), at(20)).await.unwrap();
        for (second, path) in
            [(0, "机关/财务科"), (9, "机关/财务科"), (10, "机关/计财科"), (19, "机关/计财科"), (20, "机关/计划财务科")]
        {
            let paths = unit::paths_at(&mut tx, at(second)).await.unwrap();
            assert_eq!(paths[&world.finance], path, "{second}");
            assert_eq!(paths[&world.general], "机关/办公室");
        }
        let former = unit::former(&mut tx, OFFICE).await.unwrap();
        let told: Vec<_> = former.iter().map(|row| (row.was.as_str(), row.now.as_str())).collect();
        assert_eq!(told, [("机关/财务科", "机关/计划财务科"), ("机关/计财科", "机关/计划财务科")]);
        assert_eq!(unit::paths_at(&mut tx, at(0)).await.unwrap().get(&UnitId(99)), None);
    }
}

#[tokio::test]
async fn what_hangs_on_one_number_goes_over_to_the_other() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let merge = Merge { from: world.li, into: world.wang, at: at(9) };
        let one = account::ensure(&mut tx, world.channel, "501").await.unwrap().id;
        account::bind(&mut tx, world.channel, one, world.li, at(1)).await.unwrap();
        role::grant(&mut tx, world.li, Role::Leader, at(1)).await.unwrap();
        role::grant(&mut tx, world.li, Role::Admin, at(1)).await.unwrap();
        role::grant(&mut tx, world.wang, Role::Admin, at(1)).await.unwrap();
        let code = invite::issue(&mut tx, world.li, "mac", at(0), at(100)).await.unwrap();
        for (from, to) in [(1, Some(2)), (5, Some(7)), (20, None)] {
            let (starts_on, ends_on) = (day(from), to.map(day));
            let new =
                NewLeave { staff_id: world.li, category: LeaveCategory::Study, starts_on, ends_on, declared: false };
            leave::add(&mut tx, &new, at(0)).await.unwrap();
        }
        assert_eq!(merge::merged_into(&mut tx, world.li).await.unwrap(), None);
        assert!(!merge::both_bound(&mut tx, merge).await.unwrap());
        assert!(!merge::leave_overlaps(&mut tx, merge, day(6)).await.unwrap());
        assert_eq!(merge::roles(&mut tx, world.li).await.unwrap(), [Role::Admin, Role::Leader]);
        assert_eq!(merge::move_bindings(&mut tx, merge).await.unwrap(), 1);
        assert_eq!(merge::copy_leave(&mut tx, merge, day(6)).await.unwrap(), 2);
        merge::move_roles(&mut tx, merge).await.unwrap();
        merge::close(&mut tx, merge).await.unwrap();

        assert_eq!(account::bound_to(&mut tx, one).await.unwrap(), Some(world.wang));
        let moved = leave::of_staff(&mut tx, world.wang).await.unwrap();
        let moved: Vec<_> = moved.into_iter().map(|row| (row.starts_on, row.ends_on)).collect();
        assert_eq!(moved, [(day(5), Some(day(7))), (day(20), None)]);
        assert_eq!(merge::roles(&mut tx, world.wang).await.unwrap(), [Role::Admin, Role::Leader]);
        assert_eq!(merge::roles(&mut tx, world.li).await.unwrap(), []);
        assert_eq!(merge::merged_into(&mut tx, world.li).await.unwrap().as_deref(), Some("G003"));
        let further = Merge { from: world.wang, into: world.zhao, at: at(9) };
        merge::close(&mut tx, further).await.unwrap();
        let formers = merge::formers(&mut tx, &[world.zhao, world.zhang]).await.unwrap();
        assert_eq!(formers, [(world.li, world.zhao), (world.wang, world.zhao)], "through all that lies between");
        assert_eq!(staff::find(&mut tx, world.li).await.unwrap().unwrap().left_at, Some(at(9).into()));
        assert!(invite::find(&mut tx, code).await.unwrap().unwrap().revoked_at.is_some());
        assert!(merge::leave_overlaps(&mut tx, merge, day(6)).await.unwrap(), "now both have the same days");
    }
}

#[tokio::test]
async fn accounts_of_both_on_one_channel_are_found() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        for (external, person) in [("501", world.li), ("502", world.wang)] {
            let id = account::ensure(&mut tx, world.channel, external).await.unwrap().id;
            account::bind(&mut tx, world.channel, id, person, at(1)).await.unwrap();
        }
        let merge = Merge { from: world.li, into: world.wang, at: at(9) };
        assert!(merge::both_bound(&mut tx, merge).await.unwrap());
        let other = Merge { into: world.zhao, ..merge };
        assert!(!merge::both_bound(&mut tx, other).await.unwrap());
    }
}
