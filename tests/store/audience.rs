//! How much a year of frozen audiences takes.

use chrono::Days;
use qingfeng::domain::content::Addressed;
use qingfeng::domain::leave::LeaveCategory;
use qingfeng::domain::push::{Candidate, freeze};
use qingfeng::ids::{LeaveId, StaffId, UnitId};
use qingfeng::store::leave::NewLeave;
use qingfeng::store::push::NewPush;
use qingfeng::store::unit::OFFICE;
use qingfeng::store::{self, Tx, roster};
use sqlx::{Connection, PgConnection, SqliteConnection};

use crate::world::{World, at, day, joins, moved, new_push, take_in, worlds};

const PEOPLE: usize = 1000;
const UNITS: usize = 20;
/// Workdays of a year, each with a push.
const PUSHES: usize = 250;
/// Absences that begin or end each workday.
const CHANGES: usize = 5;
/// What audiences may take a year.
const BYTES_MOST: i64 = 10_000_000;

/// Bytes of the tables that hold audiences and people's own deadlines, indexes included.
async fn bytes(world: &World) -> i64 {
    const SQLITE: &str = "SELECT SUM(pgsize) FROM dbstat WHERE name LIKE '%audience_chunk%' OR name LIKE '%push_chunk%'
        OR name LIKE '%person_version%' OR name LIKE '%personal_deadline%'";
    const PG: &str = "SELECT SUM(pg_total_relation_size(name::regclass))::bigint
        FROM unnest(ARRAY['audience_chunk', 'push_chunk', 'person_version', 'personal_deadline']) AS t (name)";
    if world.db.label == "postgres" {
        let mut connection = PgConnection::connect(&world.db.url).await.unwrap();
        return sqlx::query_scalar(PG).fetch_one(&mut connection).await.unwrap();
    }
    let mut connection = SqliteConnection::connect(&world.db.url).await.unwrap();
    sqlx::query_scalar(SQLITE).fetch_one(&mut connection).await.unwrap()
}

/// The audience of everybody as a push of today would freeze it.
async fn candidates(tx: &mut Tx, today: chrono::NaiveDate) -> Vec<Candidate> {
    let rows = store::staff::candidates(tx, today).await.unwrap();
    let candidate = |row: store::staff::CandidateRow| Candidate {
        exempt: row.exempt,
        staff: row.id,
        version: row.version_id,
        unit: row.unit_id,
        kinds: Vec::new(),
        asked: true,
    };
    rows.into_iter().map(candidate).collect()
}

/// One workday: some leave, some come back, one moves to the next unit.
async fn change(tx: &mut Tx, n: usize, (people, units): (&[StaffId], &[UnitId]), away: &mut Vec<LeaveId>) {
    let today = day(1) + Days::new(n as u64);
    for k in 0..CHANGES {
        let back = (n + k).is_multiple_of(2) && !away.is_empty();
        if back {
            store::leave::end(tx, away.remove(0), today - Days::new(1)).await.unwrap();
            continue;
        }
        let staff_id = people[(n * 37 + k * 211) % PEOPLE];
        let category = LeaveCategory::Parental;
        let new = NewLeave { staff_id, category, starts_on: today - Days::new(1), ends_on: None, declared: false };
        away.push(store::leave::add(tx, &new, at(0)).await.unwrap());
    }
    let staff_id = people[(n * 53) % PEOPLE];
    let moves = moved(tx, staff_id, units[(n * 7) % UNITS], "official").await;
    take_in(tx, &[moves], None).await;
}

#[tokio::test]
async fn a_year_of_audiences_of_a_thousand_people_stays_small() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let mut units = Vec::new();
        for n in 0..UNITS {
            units.push(crate::world::unit(&mut tx, OFFICE, &format!("机关/科室{n}"), 10).await);
        }
        let people = roster::new_staff(&mut tx, PEOPLE).await.unwrap();
        let versions = roster::new_versions(&mut tx, PEOPLE).await.unwrap();
        let numbers: Vec<String> = (0..PEOPLE).map(|n| format!("G{}", 10_000 + n)).collect();
        let new = (0..PEOPLE).map(|n| joins((people[n], versions[n]), &numbers[n], units[n % UNITS]));
        take_in(&mut tx, &new.collect::<Vec<_>>(), None).await;
        tx.commit().await.unwrap();
        let before = bytes(&world).await;
        let mut tx = world.tx().await;
        let mut away = Vec::new();
        for n in 0..PUSHES {
            change(&mut tx, n, (&people, &units), &mut away).await;
            let new = NewPush { slot_at: at(60), ..new_push(world.item_version) };
            let push = store::push::add(&mut tx, &new, at(0)).await.unwrap();
            let today = day(1) + Days::new(n as u64);
            for chunk in freeze(&candidates(&mut tx, today).await, &Addressed::Everyone) {
                store::push::add_chunk(&mut tx, push, &chunk, &chunk.hash()).await.unwrap();
            }
        }
        tx.commit().await.unwrap();
        let grown = bytes(&world).await - before;
        println!(
            "{}: {PEOPLE} people in {UNITS} units, {PUSHES} pushes, {CHANGES} status changes and one move each workday: \
             {} kB of audiences a year",
            world.db.label,
            grown / 1_000
        );
        assert!(grown > 0 && grown <= BYTES_MOST, "{}: {grown}", world.db.label);
    }
}
