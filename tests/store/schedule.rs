//! Recurring rules and their occurrences.

use qingfeng::domain::schedule::{Missed, OnHoliday};
use qingfeng::domain::slot::{MissReason, OccurrenceState};
use qingfeng::domain::word::{Confirm, ScheduleState};
use qingfeng::store::At;
use qingfeng::store::occurrence::{self, NewOccurrence};
use qingfeng::store::push::{self, NewPush};
use qingfeng::store::schedule::{self, NewSchedule};

use crate::world::{World, assert_constraint, at, new_push, worlds};

fn weekly<'a>(world: &'a World, name: &'a str) -> NewSchedule<'a> {
    let groups = std::slice::from_ref(&world.chat);
    NewSchedule {
        name,
        rule: "cron 30 9 * * MON",
        on_holiday: OnHoliday::Skip,
        missed: Missed::Late,
        max_late: 240,
        starts_on: None,
        ends_on: None,
        theme: Some("law"),
        tag: None,
        slug: None,
        confirm: Some(Confirm::Voluntary),
        deadline: None,
        groups,
    }
}

#[tokio::test]
async fn a_rule_has_its_name_alone_until_it_is_removed() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let row = schedule::find(&mut tx, "每周一学").await.unwrap().unwrap();
        assert_eq!((row.id, row.state, row.revision, row.planned_to), (id, ScheduleState::Active, 1, At::from(at(0))));
        assert_eq!((row.theme.as_deref(), row.slug, row.confirm), (Some("law"), None, Some(Confirm::Voluntary)));
        assert_eq!(schedule::groups(&mut tx).await.unwrap(), [(id, world.chat)]);
        schedule::remove(&mut tx, id).await.unwrap();
        assert!(schedule::find(&mut tx, "每周一学").await.unwrap().is_none());
        let again = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(1)).await.unwrap();
        let other = schedule::add(&mut tx, &weekly(&world, "每周二学"), at(1)).await.unwrap();
        let listed: Vec<_> = schedule::list(&mut tx).await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(listed, [again, other]);
        assert_constraint(schedule::add(&mut tx, &weekly(&world, "每周二学"), at(2)).await);
    }
}

#[tokio::test]
async fn a_rule_names_a_theme_or_an_item() {
    for world in worlds().await {
        let both = NewSchedule { slug: Some("gifts"), ..weekly(&world, "每周一学") };
        assert_constraint(schedule::add(&mut world.tx().await, &both, at(0)).await);
    }
}

#[tokio::test]
async fn planning_stops_for_a_rule_that_changed_meanwhile() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        assert!(schedule::set_planned_to(&mut tx, id, 1, at(60)).await.unwrap());
        assert_eq!(schedule::find(&mut tx, "每周一学").await.unwrap().unwrap().planned_to, At::from(at(60)));
        schedule::remove(&mut tx, id).await.unwrap();
        assert!(!schedule::set_planned_to(&mut tx, id, 1, at(90)).await.unwrap());
    }
}

#[tokio::test]
async fn one_slot_is_decided_once_and_has_one_push() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let slot = |second, state| NewOccurrence {
            schedule_id: id,
            slot_at: at(second),
            due_at: at(second),
            moved_from: None,
            moved_by: None,
            festivals: String::new(),
            revision: 1,
            state,
            reason: None,
        };
        let late = slot(90, OccurrenceState::SkippedLate);
        assert!(occurrence::decide(&mut tx, &late, at(99)).await.unwrap().is_some());
        let due = slot(30, OccurrenceState::Materialised);
        let first = occurrence::decide(&mut tx, &due, at(99)).await.unwrap().unwrap();
        assert_eq!(occurrence::decide(&mut tx, &due, at(99)).await.unwrap(), None);
        let rows = occurrence::occurrences(&mut tx, id).await.unwrap();
        let told: Vec<_> = rows.iter().map(|row| (row.slot_at, row.state)).collect();
        assert_eq!(told, [(At::from(at(30)), due.state), (At::from(at(90)), late.state)]);
        occurrence::set_state(&mut tx, first, OccurrenceState::SkippedUnapproved, MissReason::NoItem).await.unwrap();
        let row = occurrence::occurrences(&mut tx, id).await.unwrap().remove(0);
        assert_eq!((row.state, row.reason), (OccurrenceState::SkippedUnapproved, Some(MissReason::NoItem)));
        let new = NewPush { occurrence_id: Some(first), ..new_push(world.item_version) };
        push::add(&mut tx, &new, at(99)).await.unwrap();
        assert_constraint(push::add(&mut tx, &new, at(99)).await);
    }
}
