//! Years of the working calendar, and how many slots stand in each state.

use qingfeng::domain::schedule::{Missed, OnHoliday};
use qingfeng::domain::slot::OccurrenceState;
use qingfeng::store::occurrence::{self, NewOccurrence};
use qingfeng::store::schedule::{self, NewSchedule};
use qingfeng::store::{Tx, calendar};

use crate::world::{World, at, worlds};

async fn rule(world: &World, tx: &mut Tx, name: &str) -> qingfeng::ids::ScheduleId {
    let new = NewSchedule {
        name,
        rule: "cron 30 9 * * MON",
        on_holiday: OnHoliday::Skip,
        missed: Missed::Late,
        max_late: 240,
        starts_on: None,
        ends_on: None,
        theme: None,
        tag: None,
        slug: None,
        confirm: None,
        deadline: None,
        groups: std::slice::from_ref(&world.chat),
        since: at(0),
    };
    schedule::add(tx, &new, at(0)).await.unwrap()
}

#[tokio::test]
async fn a_year_has_one_file() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(calendar::all(&mut tx).await.unwrap(), []);
        calendar::put(&mut tx, 2027, "第一份", at(0)).await.unwrap();
        calendar::put(&mut tx, 2026, "另一年", at(0)).await.unwrap();
        calendar::put(&mut tx, 2027, "第二份", at(1)).await.unwrap();
        let stored = [(2026, "另一年".to_owned()), (2027, "第二份".to_owned())];
        assert_eq!(calendar::all(&mut tx).await.unwrap(), stored);
    }
}

#[tokio::test]
async fn slots_are_counted_by_state() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        assert_eq!(occurrence::count_by_state(&mut tx).await.unwrap(), []);
        let schedule_id = rule(&world, &mut tx, "每周一学").await;
        let states = [OccurrenceState::SkippedLate, OccurrenceState::Materialised, OccurrenceState::SkippedLate];
        for (second, state) in (0..).zip(states) {
            let slot = NewOccurrence {
                schedule_id,
                slot_at: at(second),
                due_at: at(second),
                moved_from: None,
                moved_by: None,
                festivals: String::new(),
                revision: 1,
                state,
                reason: None,
                off_name: None,
            };
            occurrence::add(&mut tx, &[slot], at(9)).await.unwrap();
        }
        let counted = [(OccurrenceState::Materialised, 1), (OccurrenceState::SkippedLate, 2)];
        assert_eq!(occurrence::count_by_state(&mut tx).await.unwrap(), counted);
    }
}
