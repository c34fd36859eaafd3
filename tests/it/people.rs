//! The roster changes: imports, units that get other names, two numbers of one person. Told over the cast of the world.

use chrono::NaiveDate;
use qingfeng::domain::audit::Actor;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::month::Month;
use qingfeng::domain::roster::{self, Doubt, Renumbered, Roster, Stated};
use qingfeng::domain::unit::UnitFault;
use qingfeng::office::merge::{MergeFault, OtherName, merge};
use qingfeng::office::roster::{ImportFault, Imported, Mode, import, import_stated, ready};
use qingfeng::office::unit::change::{self, To, View};
use qingfeng::office::{self, Outcome, Refusal};

use crate::db::databases;
use crate::world::{OPERATOR, STUDY, World};

const HEADER: &str = "工号,姓名,单位,支部,职务,类别,顺序\n";

/// One row of the cast, as the world imported it.
fn row(n: i64) -> String {
    let unit = match n {
        1..=5 => "管委会/综合科",
        6..=10 => "管委会/规划科",
        _ => "管委会/企业科",
    };
    let kinds = if n == 12 { "聘用" } else { "公职人员" };
    format!("S{n:02},白露{n},{unit},,,{kinds},\n")
}

/// The cast with some rows changed: each row may be kept, replaced or left out.
fn sheet(change: impl Fn(i64) -> Option<String>) -> Roster {
    text(&(1..=12).filter_map(change).collect::<String>())
}

fn text(rows: &str) -> Roster {
    let rows = qingfeng::render::sheet::read(format!("{HEADER}{rows}").as_bytes()).unwrap();
    roster::parse(&rows).unwrap()
}

fn replaced(n: i64, with: &str) -> Roster {
    sheet(|each| Some(if each == n { with.to_owned() } else { row(each) }))
}

async fn apply(world: &World, roster: &Roster, stated: &Stated) -> Outcome<Imported> {
    import_stated(&world.ctx(), &OPERATOR, (roster, stated), Mode::Apply).await
}

#[track_caller]
fn doubts(outcome: Outcome<Imported>) -> Vec<Doubt> {
    match outcome {
        Err(Refusal::Import(ImportFault::Doubts(doubts))) => doubts,
        other => panic!("{:?}", other.map(|imported| imported.after)),
    }
}

async fn people(world: &World) -> Vec<(String, String, String)> {
    let people = office::roster::export(&world.ctx(), &OPERATOR).await.unwrap();
    people.into_iter().map(|person| (person.staff_no, person.name, person.unit)).collect()
}

fn rename(unit: &str) -> (View, &str) {
    (View::Offices, unit)
}

#[tokio::test]
async fn a_changed_sheet_needs_nothing_to_be_stated() {
    for db in databases().await {
        let world = World::new(db).await;
        let new = sheet(|n| match n {
            2 => None,
            3 => Some("S03,白露3,管委会/规划科,,,公职人员,\n".to_owned()),
            4 => Some("S04,白露四,管委会/综合科,,科长,公职人员,\n".to_owned()),
            12 => Some(format!("{}S13,𬭊㛃,管委会/企业科,,,聘用,\nS14,白露1,管委会/企业科,,,聘用,\n", row(12))),
            n => Some(row(n)),
        });
        let told = import(&world.ctx(), &OPERATOR, &new, Mode::DryRun).await.unwrap();
        let diff = told.diff();
        let counts = (diff.joined.len(), diff.left.len(), diff.moved.len(), diff.renamed.len(), diff.unchanged);
        assert_eq!(counts, (2, 1, 1, 1, 9));
        assert!(told.doubts.is_empty());
        assert_eq!(people(&world).await.len(), 12, "a trial changes nobody");
        import(&world.ctx(), &OPERATOR, &new, Mode::Apply).await.unwrap();
        let people = people(&world).await;
        assert_eq!(people.len(), 13);
        assert!(people.contains(&("S13".into(), "𬭊㛃".into(), "管委会/企业科".into())));
        assert_eq!(people.iter().filter(|person| person.1 == "白露1").count(), 2, "two people of one name");
        let again = import(&world.ctx(), &OPERATOR, &new, Mode::Apply).await.unwrap();
        assert_eq!(again.diff().unchanged, 13);
        assert!(world.verified().await);
    }
}

#[tokio::test]
async fn a_new_number_under_a_known_name_is_no_guess() {
    for db in databases().await {
        let mut world = World::new(db).await;
        world.bind(3).await;
        let new = replaced(3, "T30,白露3,管委会/综合科,,,公职人员,\n");
        let found = doubts(apply(&world, &new, &Stated::default()).await);
        assert!(matches!(&found[..], [Doubt::Renumbered { olds, new, .. }] if olds == &["S03"] && new == "T30"));

        let same = Stated { renumbered: Renumbered::Pairs(vec![("S03".into(), "T30".into())]), ..Stated::default() };
        apply(&world, &new, &same).await.unwrap();
        let listed = office::staff::list(&world.ctx(), &OPERATOR).await.unwrap();
        let bound: Vec<_> = listed.iter().filter(|one| one.bound).map(|one| one.person.staff_no.as_str()).collect();
        assert_eq!(bound, ["T30"], "the account stays with the person");

        let another = replaced(4, "T40,白露4,管委会/综合科,,,公职人员,\n");
        let another = Roster {
            people: another
                .people
                .into_iter()
                .map(|mut person| {
                    if person.staff_no == "S03" {
                        "T30".clone_into(&mut person.staff_no);
                    }
                    person
                })
                .collect(),
            ..another
        };
        let other = Stated { newcomers: vec!["T40".into()], ..Stated::default() };
        apply(&world, &another, &other).await.unwrap();
        assert!(people(&world).await.iter().any(|person| person.0 == "T40"));
        let back = sheet(|n| match n {
            3 => Some("T30,白露3,管委会/综合科,,,公职人员,\n".to_owned()),
            4 => Some("S04,秋分,管委会/综合科,,,公职人员,\n".to_owned()),
            n => Some(row(n)),
        });
        let found = doubts(apply(&world, &back, &Stated::default()).await);
        assert_eq!(
            found,
            [Doubt::OtherPerson { staff_no: "S04".into(), name: "秋分".into() }],
            "someone else's number"
        );
    }
}

#[tokio::test]
async fn a_sheet_cut_short_or_slipped_by_a_row_is_counted_first() {
    for db in databases().await {
        let world = World::new(db).await;
        let half = sheet(|n| (n > 6).then(|| row(n)));
        let found = doubts(apply(&world, &half, &Stated::default()).await);
        assert_eq!(found, [Doubt::ManyLeave { left: 6, of: 12, stated: None }]);
        let wrong = Stated { leaving: Some(5), ..Stated::default() };
        let found = doubts(apply(&world, &half, &wrong).await);
        assert_eq!(found, [Doubt::ManyLeave { left: 6, of: 12, stated: Some(5) }]);
        let slipped = sheet(|n| Some(row(n).replace(&format!("白露{n},"), &format!("白露{},", n % 12 + 1))));
        let found = doubts(apply(&world, &slipped, &Stated::default()).await);
        assert_eq!(found, [Doubt::ManyRenamed { renamed: 12, of: 12, stated: None }]);
        assert_eq!(people(&world).await.len(), 12);
        apply(&world, &half, &Stated { leaving: Some(6), ..Stated::default() }).await.unwrap();
        assert_eq!(people(&world).await.len(), 6);
    }
}

#[tokio::test]
async fn whoever_comes_second_is_told_what_changed() {
    for db in databases().await {
        let world = World::new(db).await;
        let ctx = world.ctx();
        let second = Actor::Operator { staff_no: None };
        let new = replaced(12, "S12,白露12,管委会/规划科,,,聘用,\n");
        let stated = Stated::default();
        let prepared = ready(&ctx, &second, (&new, &stated)).await.unwrap();
        change::rename(&ctx, &OPERATOR, rename("综合科"), "党政办公室").await.unwrap();
        let refused = prepared.take().await;
        let Err(Refusal::Import(ImportFault::Moved(meanwhile))) = refused else {
            panic!("{:?}", refused.map(|told| told.after))
        };
        assert_eq!(meanwhile.entries.iter().map(|entry| entry.action.as_str()).collect::<Vec<_>>(), ["unit_rename"]);
        let moved = roster::diff(&meanwhile.before, &meanwhile.now);
        assert_eq!(moved.moved.len(), 5, "the five of that unit");

        let first = ready(&ctx, &OPERATOR, (&new, &stated)).await;
        let found = match first {
            Err(Refusal::Import(ImportFault::Doubts(found))) => found,
            other => panic!("{other:?}"),
        };
        let old = Doubt::OldUnit { was: "管委会/综合科".into(), now: "管委会/党政办公室".into() };
        assert_eq!(found, [old], "the sheet has the old name");

        let late = change::rename(&ctx, &second, rename("综合科"), "综合处").await;
        let told = matches!(&late, Err(Refusal::Unit(UnitFault::Renamed { now, .. })) if now == "管委会/党政办公室");
        assert!(told, "{late:?}");
    }
}

#[tokio::test]
async fn an_import_that_another_took_over_changes_nothing() {
    for db in databases().await {
        let world = World::new(db).await;
        let ctx = world.ctx();
        let (stated, new) = (Stated::default(), replaced(12, "S12,白露12,管委会/规划科,,,聘用,\n"));
        let first = ready(&ctx, &OPERATOR, (&new, &stated)).await.unwrap();
        let second = ready(&ctx, &OPERATOR, (&new, &stated)).await.unwrap();
        assert!(matches!(first.take().await, Err(Refusal::Import(ImportFault::Overtaken))));
        second.take().await.unwrap();
        assert_eq!(people(&world).await[11].2, "管委会/规划科");
    }
}

#[tokio::test]
async fn a_past_month_keeps_the_names_of_its_units() {
    for db in databases().await {
        let world = World::new(db).await;
        let push = world.push_now(None).await;
        let names = async |world: &World| -> Vec<String> {
            let month = Month::new(2026, 9).unwrap();
            let report = office::report::month(&world.ctx(), &OPERATOR, month).await.unwrap();
            report.units.iter().map(|unit| unit.name.clone()).collect()
        };
        assert_eq!(names(&world).await, ["综合科", "规划科", "企业科"]);
        world.at(15, 10, 0).await;
        change::rename(&world.ctx(), &OPERATOR, rename("管委会"), "园区管委会").await.unwrap();
        change::rename(&world.ctx(), &OPERATOR, rename("综合科"), "党政办公室").await.unwrap();
        assert_eq!(names(&world).await, ["党政办公室", "规划科", "企业科"], "the month goes on");
        world.at(33, 10, 0).await;
        change::rename(&world.ctx(), &OPERATOR, rename("党政办公室"), "综合处").await.unwrap();
        change::relocate(&world.ctx(), &OPERATOR, rename("规划科"), &To::After("企业科".into())).await.unwrap();
        let past = names(&world).await;
        assert!(past.contains(&"党政办公室".to_owned()) && !past.contains(&"综合处".to_owned()), "{past:?}");
        let groups = office::group::list(&world.ctx(), &OPERATOR).await.unwrap();
        let study = groups.iter().find(|group| group.group.external_id == STUDY.to_string()).unwrap();
        assert_eq!(study.units, ["园区管委会/综合处", "园区管委会/规划科"], "the chat goes with its units");
        assert!(world.verified().await);
        assert!(push.push.id.0 > 0);
    }
}

#[tokio::test]
async fn units_get_other_places_and_never_stand_under_themselves() {
    for db in databases().await {
        let world = World::new(db).await;
        let ctx = world.ctx();
        let refused = async |unit: &str, to: To| match change::relocate(&ctx, &OPERATOR, rename(unit), &to).await {
            Err(Refusal::Unit(fault)) => fault,
            other => panic!("{other:?}"),
        };
        let cycle = UnitFault::Cycle { path: "管委会".into(), under: "管委会/综合科".into() };
        assert_eq!(refused("管委会", To::Under("/管委会/综合科".into())).await, cycle);
        let divided = UnitFault::Divided { path: "管委会/综合科".into() };
        assert_eq!(refused("规划科", To::Under("综合科".into())).await, divided);
        let same = UnitFault::NoChange { path: "管委会/规划科".into() };
        assert_eq!(refused("规划科", To::Under("管委会".into())).await, same);
        let taken = change::rename(&ctx, &OPERATOR, rename("规划科"), "综合科").await;
        assert!(matches!(taken, Err(Refusal::Unit(UnitFault::Taken { .. }))), "{taken:?}");

        change::relocate(&ctx, &OPERATOR, rename("企业科"), &To::Before("综合科".into())).await.unwrap();
        let first = people(&world).await;
        assert_eq!((first[0].0.as_str(), first[1].0.as_str(), first[2].0.as_str()), ("S11", "S12", "S01"));
        let exported = office::roster::export(&ctx, &OPERATOR).await.unwrap();
        let units = exported.iter().map(|person| person.unit.clone()).collect::<Vec<_>>();
        let roster = Roster {
            units: ["管委会/企业科", "管委会/综合科", "管委会/规划科"].map(str::to_owned).into(),
            branches: Vec::new(),
            people: exported,
        };
        assert_eq!(units.len(), 12);
        import(&ctx, &OPERATOR, &roster, Mode::Apply).await.unwrap();
        let listed = change::list(&ctx, &OPERATOR, View::Offices).await.unwrap();
        let paths: Vec<_> = listed.iter().map(|one| (one.unit.path.as_str(), one.people)).collect();
        assert_eq!(paths, [("管委会/企业科", 2), ("管委会/综合科", 5), ("管委会/规划科", 5)]);
        change::relocate(&ctx, &OPERATOR, rename("企业科"), &To::Under("/".into())).await.unwrap();
        change::relocate(&ctx, &OPERATOR, rename("规划科"), &To::Under("/管委会/机关".into())).await.unwrap();
        let listed = change::list(&ctx, &OPERATOR, View::Offices).await.unwrap();
        let mut paths: Vec<_> = listed.iter().map(|one| one.unit.path.as_str()).collect();
        paths.sort_unstable();
        assert_eq!(paths, ["企业科", "管委会/机关/规划科", "管委会/综合科"]);
    }
}

#[tokio::test]
async fn a_name_that_a_retired_unit_had_is_given_again() {
    for db in databases().await {
        let world = World::new(db).await;
        let ctx = world.ctx();
        // A sheet with the new name makes another unit; the old sheet and a rename mend it.
        let renamed = sheet(|n| Some(row(n).replace("企业科", "企业服务科")));
        let told = import(&ctx, &OPERATOR, &renamed, Mode::Apply).await.unwrap();
        assert_eq!(told.units.alike, [("管委会/企业科".to_owned(), "管委会/企业服务科".to_owned())]);
        import(&ctx, &OPERATOR, &sheet(|n| Some(row(n))), Mode::Apply).await.unwrap();
        change::rename(&ctx, &OPERATOR, rename("企业科"), "企业服务科").await.unwrap();
        let again = import(&ctx, &OPERATOR, &renamed, Mode::Apply).await.unwrap();
        assert!(again.diff().is_empty(), "{:?}", again.diff());
    }
}

#[tokio::test]
async fn two_numbers_of_one_person_become_one() {
    for db in databases().await {
        let mut world = World::new(db).await;
        world.bind(3).await;
        let push = world.push_now(Some(qingfeng::domain::word::Confirm::Required)).await;
        world.work().await;
        let message = world.newest(STUDY).await;
        world.press(3, STUDY, &message, "已阅").await;
        let before = world.report().await;
        let ctx = world.ctx();
        assert!(matches!(
            merge(&ctx, &OPERATOR, ("S03", "S03"), OtherName::Stated).await,
            Err(Refusal::Merge(MergeFault::Same))
        ));
        let other = merge(&ctx, &OPERATOR, ("S03", "S04"), OtherName::Refused).await;
        assert!(matches!(other, Err(Refusal::Merge(MergeFault::OtherName { .. }))), "{other:?}");
        let merged = merge(&ctx, &OPERATOR, ("S03", "S04"), OtherName::Stated).await.unwrap();
        assert_eq!(merged.bindings, 1);
        let after = world.report().await;
        for key in ["expected", "exempt", "acked", "on_time", "late", "others"] {
            assert_eq!(
                before["totals"][key], after["totals"][key],
                "{key}: whom a push counts and who confirmed stays"
            );
        }
        let again = merge(&ctx, &OPERATOR, ("S03", "S05"), OtherName::Stated).await;
        assert!(matches!(again, Err(Refusal::Merge(MergeFault::Already { .. }))), "{again:?}");
        let found = doubts(apply(&world, &sheet(|n| Some(row(n))), &Stated::default()).await);
        assert_eq!(found, [Doubt::Merged { staff_no: "S03".into(), into: "S04".into() }]);
        assert!(world.verified().await);
        assert!(push.push.id.0 > 0);

        world.bind(5).await;
        let both = merge(&ctx, &OPERATOR, ("S05", "S04"), OtherName::Stated).await;
        assert!(matches!(both, Err(Refusal::Merge(MergeFault::BothBound { .. }))), "{both:?}");
    }
}

/// What is out names the person by the number of before: whoever they are bound as now confirms it, and their absences move
/// its deadline.
#[tokio::test]
async fn what_was_out_before_two_numbers_became_one_is_confirmed_all_the_same() {
    for db in databases().await {
        let label = db.label;
        let mut world = World::new(db).await;
        for user in [3, 4] {
            world.bind(user).await;
        }
        let push = world.push_now(Some(qingfeng::domain::word::Confirm::Required)).await;
        world.work().await;
        let message = world.newest(STUDY).await;
        let ctx = world.ctx();
        for (from, into) in [("S03", "S11"), ("S11", "S12"), ("S04", "S10")] {
            merge(&ctx, &OPERATOR, (from, into), OtherName::Stated).await.unwrap();
        }
        let away = office::leave::Leave {
            staff_no: "S12".to_owned(),
            category: LeaveCategory::Trip,
            from: NaiveDate::from_ymd_opt(2026, 9, 2).unwrap(),
            to: NaiveDate::from_ymd_opt(2026, 9, 4),
        };
        assert_eq!(office::leave::add(&ctx, &OPERATOR, &away).await.unwrap().moved, 1, "{label}");
        assert!(world.press(3, STUDY, &message, "已阅").await.starts_with("已记录（"), "{label}");
        assert!(world.press(3, STUDY, &message, "已阅").await.starts_with("已记录过（"), "{label}");
        let said = world.say(4, "已阅").await;
        assert!(said.starts_with("已记录"), "{label}: a text that names no copy: {said}");
        // It addresses both numbers of one person, who confirms them at once.
        let figures = office::report::figures(&ctx, &OPERATOR, &push.push).await.unwrap().unwrap().counts;
        assert_eq!((figures.acked, figures.others), (3, 0), "{label}");
        let missing = office::report::missing(&ctx, &OPERATOR, push.push.id).await.unwrap();
        assert!(missing.iter().all(|row| !["S03", "S04", "S10"].contains(&row.person.staff_no.as_str())), "{label}");
        assert!(world.verified().await, "{label}");
    }
}

#[tokio::test]
async fn the_last_admin_does_not_go_with_a_sheet() {
    for db in databases().await {
        let world = World::new(db).await;
        office::role::grant(&world.ctx(), &OPERATOR, "S01", qingfeng::domain::policy::Role::Admin).await.unwrap();
        let without = sheet(|n| (n != 1).then(|| row(n)));
        let found = doubts(apply(&world, &without, &Stated::default()).await);
        assert_eq!(found, [Doubt::LastAdmin { staff_no: "S01".into() }]);
    }
}
