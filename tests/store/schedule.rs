//! Recurring rules and their occurrences.

use qingfeng::domain::schedule::{Missed, MovedBy, OnHoliday};
use qingfeng::domain::slot::{MissReason, OccurrenceState};
use qingfeng::domain::word::{Confirm, ScheduleState};
use qingfeng::ids::ScheduleId;
use qingfeng::store::occurrence::{self, Decision, NewOccurrence};
use qingfeng::store::push::{self, NewPush};
use qingfeng::store::schedule::{self, Advance, NewSchedule};
use qingfeng::store::{At, Tx};

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
        since: at(0),
    }
}

fn slot(schedule: ScheduleId, second: i64, state: OccurrenceState) -> NewOccurrence {
    NewOccurrence {
        schedule_id: schedule,
        slot_at: at(second),
        due_at: at(second),
        moved_from: None,
        moved_by: None,
        festivals: String::new(),
        revision: 1,
        state,
        reason: None,
        off_name: None,
    }
}

fn advance(id: ScheduleId, (from, to): (i64, i64), next: Option<i64>) -> Advance {
    Advance { id, revision: 1, from: At::from(at(from)), to: at(to), next: next.map(at) }
}

async fn states(tx: &mut Tx, id: ScheduleId) -> Vec<(At, OccurrenceState, Option<MissReason>)> {
    let mut rows = occurrence::latest(tx, id, 9).await.unwrap();
    rows.reverse();
    rows.into_iter().map(|row| (row.slot_at, row.state, row.reason)).collect()
}

#[tokio::test]
async fn a_rule_has_its_name_alone_until_it_is_removed() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let row = schedule::find(&mut tx, "每周一学").await.unwrap().unwrap();
        assert_eq!((row.id, row.state, row.revision, row.planned_to), (id, ScheduleState::Active, 1, At::from(at(0))));
        assert_eq!((row.theme.as_deref(), row.slug, row.confirm), (Some("law"), None, Some(Confirm::Voluntary)));
        assert_eq!(schedule::groups(&mut tx, &[id]).await.unwrap(), [(id, world.chat)]);
        schedule::set_state(&mut tx, id, ScheduleState::Removed).await.unwrap();
        assert!(schedule::find(&mut tx, "每周一学").await.unwrap().is_none());
        assert_eq!(schedule::find_many(&mut tx, &[id]).await.unwrap().len(), 1, "its past is still told");
        let again = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(1)).await.unwrap();
        let other = schedule::add(&mut tx, &weekly(&world, "每周二学"), at(1)).await.unwrap();
        let listed: Vec<_> = schedule::list(&mut tx).await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(listed, [again, other]);
        assert_constraint(schedule::add(&mut tx, &weekly(&world, "每周二学"), at(2)).await);
    }
}

#[tokio::test]
async fn a_rule_names_a_theme_or_an_item_and_knows_what_the_item_is() {
    for world in worlds().await {
        let both = NewSchedule { slug: Some("gifts"), ..weekly(&world, "每周一学") };
        assert_constraint(schedule::add(&mut world.tx().await, &both, at(0)).await);
        let mut tx = world.tx().await;
        let item = NewSchedule { theme: None, slug: Some("gifts"), ..weekly(&world, "每周一学") };
        schedule::add(&mut tx, &item, at(0)).await.unwrap();
        let row = schedule::find(&mut tx, "每周一学").await.unwrap().unwrap();
        assert!(row.item_theme.is_some() && row.item_confirm.is_some());
    }
}

#[tokio::test]
async fn a_change_is_a_new_revision_that_is_looked_at_at_once() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        schedule::advance(&mut tx, &[advance(id, (0, 10), Some(99))]).await.unwrap();
        let new = NewSchedule { rule: "cron 0 15 * * TUE", groups: &[], since: at(50), ..weekly(&world, "") };
        schedule::change(&mut tx, id, &new).await.unwrap();
        let row = schedule::find(&mut tx, "每周一学").await.unwrap().unwrap();
        assert_eq!((row.rule.as_str(), row.revision, row.planned_to), ("cron 0 15 * * TUE", 2, At::from(at(50))));
        assert_eq!(schedule::groups(&mut tx, &[id]).await.unwrap(), []);
        assert_eq!(schedule::next_look(&mut tx).await.unwrap(), Some(At(0)));
    }
}

#[tokio::test]
async fn due_rules_come_longest_waiting_first_and_only_active_ones_share_a_chat() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let mut ids = Vec::new();
        for name in ["甲", "乙", "丙"] {
            ids.push(schedule::add(&mut tx, &weekly(&world, name), at(0)).await.unwrap());
        }
        let steps =
            [advance(ids[0], (0, 1), Some(30)), advance(ids[1], (0, 1), Some(20)), advance(ids[2], (0, 1), None)];
        assert_eq!(schedule::advance(&mut tx, &steps).await.unwrap().len(), 3);
        let due = async |tx: &mut Tx, second, limit| {
            schedule::due(tx, at(second), limit).await.unwrap().into_iter().map(|row| row.id).collect::<Vec<_>>()
        };
        assert_eq!(due(&mut tx, 19, 9).await, []);
        assert_eq!(due(&mut tx, 30, 9).await, [ids[1], ids[0]]);
        assert_eq!(due(&mut tx, 30, 1).await, [ids[1]]);
        assert_eq!(schedule::next_look(&mut tx).await.unwrap(), Some(At::from(at(20))));
        schedule::set_state(&mut tx, ids[0], ScheduleState::Paused).await.unwrap();
        assert_eq!(due(&mut tx, 30, 9).await, [ids[0], ids[1]], "a paused rule is looked at: its slots become rows");
        let sharing: Vec<_> =
            schedule::sharing(&mut tx, &[world.chat]).await.unwrap().into_iter().map(|row| row.id).collect();
        assert_eq!(sharing, [ids[1], ids[2]]);
        assert!(schedule::sharing(&mut tx, &[]).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn planning_stops_for_a_rule_that_changed_meanwhile() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        assert_eq!(schedule::advance(&mut tx, &[advance(id, (0, 60), None)]).await.unwrap(), [id]);
        assert_eq!(schedule::find(&mut tx, "每周一学").await.unwrap().unwrap().planned_to, At::from(at(60)));
        // Another instance planned the same stretch.
        assert_eq!(schedule::advance(&mut tx, &[advance(id, (0, 60), None)]).await.unwrap(), []);
        schedule::set_state(&mut tx, id, ScheduleState::Paused).await.unwrap();
        assert_eq!(schedule::advance(&mut tx, &[advance(id, (60, 90), None)]).await.unwrap(), []);
        assert_eq!(schedule::advance(&mut tx, &[]).await.unwrap(), []);
    }
}

#[tokio::test]
async fn planning_goes_back_when_what_it_rests_on_changes() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        schedule::advance(&mut tx, &[advance(id, (0, 100), Some(200))]).await.unwrap();
        let planned_to = async |tx: &mut Tx| schedule::find(tx, "每周一学").await.unwrap().unwrap().planned_to;
        schedule::replan(&mut tx, at(40)).await.unwrap();
        assert_eq!(planned_to(&mut tx).await, At::from(at(40)));
        assert_eq!(schedule::next_look(&mut tx).await.unwrap(), Some(At(0)));
        schedule::replan(&mut tx, at(-10)).await.unwrap();
        assert_eq!(planned_to(&mut tx).await, At::from(at(0)), "nothing before its first day is its own");
        schedule::replan(&mut tx, at(40)).await.unwrap();
        assert_eq!(planned_to(&mut tx).await, At::from(at(0)), "what is not planned yet stays so");
        assert_eq!(schedule::plan_calendar(&mut tx).await.unwrap(), "");
        schedule::set_plan_calendar(&mut tx, "abc").await.unwrap();
        assert_eq!(schedule::plan_calendar(&mut tx).await.unwrap(), "abc");
    }
}

#[tokio::test]
async fn one_slot_is_decided_once_and_has_one_push() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let late = slot(id, 90, OccurrenceState::SkippedLate);
        let due = slot(id, 30, OccurrenceState::Planned);
        occurrence::add(&mut tx, &[late.clone(), due.clone()], at(99)).await.unwrap();
        let again = NewOccurrence { state: OccurrenceState::SkippedCap, ..due.clone() };
        occurrence::add(&mut tx, &[again], at(99)).await.unwrap();
        occurrence::add(&mut tx, &[], at(99)).await.unwrap();
        assert_eq!(
            states(&mut tx, id).await,
            [
                (At::from(at(30)), OccurrenceState::Planned, None),
                (At::from(at(90)), OccurrenceState::SkippedLate, None)
            ]
        );
        let mut decided = occurrence::decided(&mut tx, &[id], at(30)).await.unwrap();
        decided.sort_unstable();
        assert_eq!(decided, [(id, At::from(at(30))), (id, At::from(at(90)))]);
        assert_eq!(occurrence::decided(&mut tx, &[id], at(31)).await.unwrap(), [(id, At::from(at(90)))]);
        let row = occurrence::to_make(&mut tx, at(99), 9).await.unwrap().remove(0);
        assert_eq!(row.slot_at, At::from(at(30)));
        let made = Decision {
            state: OccurrenceState::Materialised,
            reason: None,
            due_at: at(30),
            moved_from: None,
            moved_by: None,
        };
        assert!(occurrence::redecide(&mut tx, &row, &made, at(99)).await.unwrap());
        assert!(!occurrence::redecide(&mut tx, &row, &made, at(99)).await.unwrap(), "it is decided");
        assert!(occurrence::to_make(&mut tx, at(99), 9).await.unwrap().is_empty());
        let new = NewPush { occurrence_id: Some(row.id), ..new_push(world.item_version) };
        let made = push::add(&mut tx, &new, at(99)).await.unwrap();
        let between = occurrence::between(&mut tx, at(30), at(90)).await.unwrap();
        assert_eq!(
            between.iter().map(|(row, push)| (row.slot_at, *push)).collect::<Vec<_>>(),
            [(At::from(at(30)), Some(made))]
        );
        assert_constraint(push::add(&mut tx, &new, at(99)).await);
    }
}

#[tokio::test]
async fn a_moved_slot_waits_for_its_time() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let moved = NewOccurrence {
            due_at: at(200),
            moved_from: Some(at(30)),
            moved_by: Some(MovedBy::Cap),
            festivals: "mid-autumn,national".to_owned(),
            ..slot(id, 30, OccurrenceState::Planned)
        };
        occurrence::add(&mut tx, &[moved], at(30)).await.unwrap();
        assert!(occurrence::moved_due(&mut tx, at(199), 9).await.unwrap().is_empty());
        assert!(occurrence::moved_ahead(&mut tx, &[id], at(200)).await.unwrap().is_empty());
        assert_eq!(occurrence::moved_ahead(&mut tx, &[id], at(201)).await.unwrap().len(), 1);
        assert!(occurrence::moved_ahead(&mut tx, &[], at(201)).await.unwrap().is_empty());
        assert_eq!(occurrence::next_moved(&mut tx).await.unwrap(), Some(At::from(at(200))));
        assert!(occurrence::to_make(&mut tx, at(300), 9).await.unwrap().is_empty(), "nobody decided that it goes");
        let row = occurrence::moved_due(&mut tx, at(200), 9).await.unwrap().remove(0);
        assert_eq!((row.moved_from, row.moved_by), (Some(At::from(at(30))), Some(MovedBy::Cap)));
        assert_eq!((row.festivals.as_str(), row.decided_at), ("mid-autumn,national", At::from(at(30))));
        let goes = Decision {
            state: OccurrenceState::Planned,
            reason: None,
            due_at: at(200),
            moved_from: Some(at(30)),
            moved_by: Some(MovedBy::Cap),
        };
        assert!(occurrence::redecide(&mut tx, &row, &goes, at(200)).await.unwrap());
        assert_eq!(occurrence::to_make(&mut tx, at(200), 9).await.unwrap().len(), 1);
        occurrence::cancel(&mut tx, id, MissReason::Edited, at(201)).await.unwrap();
        assert_eq!(
            states(&mut tx, id).await,
            [(At::from(at(30)), OccurrenceState::Cancelled, Some(MissReason::Edited))]
        );
    }
}

#[tokio::test]
async fn a_chat_has_what_was_sent_and_what_is_about_to_be() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        world.deliver(&mut tx).await;
        let mut moved = slot(id, 30, OccurrenceState::Planned);
        moved.due_at = at(500);
        let rows = [slot(id, 40, OccurrenceState::Planned), slot(id, 50, OccurrenceState::SkippedCap), moved];
        occurrence::add(&mut tx, &rows, at(60)).await.unwrap();
        let mut taken = occurrence::taken(&mut tx, &[world.chat], at(0), at(900)).await.unwrap();
        taken.sort_unstable();
        let due: Vec<_> = taken.iter().map(|(group, due, _)| (*group, *due)).collect();
        assert_eq!(due, [(world.chat, At::from(at(0))), (world.chat, At::from(at(40)))]);
        assert!(occurrence::taken(&mut tx, &[world.chat], at(41), at(900)).await.unwrap().is_empty());
        assert!(occurrence::taken(&mut tx, &[], at(0), at(900)).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn what_a_clock_that_ran_ahead_skipped_is_planned_again() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        schedule::advance(&mut tx, &[advance(id, (0, 9_000), None)]).await.unwrap();
        let rows = [slot(id, 50, OccurrenceState::SkippedLate), slot(id, 5_000, OccurrenceState::SkippedLate)];
        occurrence::add(&mut tx, &rows, at(9_000)).await.unwrap();
        assert!(schedule::planned_beyond(&mut tx, at(700), at(9_999)).await.unwrap());
        assert!(!schedule::planned_beyond(&mut tx, at(9_000), at(9_999)).await.unwrap());
        occurrence::reopen(&mut tx, at(100)).await.unwrap();
        schedule::plan_from(&mut tx, at(100), at(9_999)).await.unwrap();
        assert_eq!(states(&mut tx, id).await, [(At::from(at(50)), OccurrenceState::SkippedLate, None)]);
        let row = schedule::find(&mut tx, "每周一学").await.unwrap().unwrap();
        assert_eq!(row.planned_to, At::from(at(100)));
        // A rule that was changed waits until its day is over, and no longer.
        let changed = NewSchedule { since: at(500), ..weekly(&world, "") };
        schedule::change(&mut tx, id, &changed).await.unwrap();
        for (rest, ahead) in [(500, false), (499, true)] {
            assert_eq!(schedule::planned_beyond(&mut tx, at(100), at(rest)).await.unwrap(), ahead);
            schedule::plan_from(&mut tx, at(100), at(rest)).await.unwrap();
            let row = schedule::find(&mut tx, "每周一学").await.unwrap().unwrap();
            assert_eq!(row.planned_to, At::from(at(if ahead { 100 } else { 500 })));
        }
    }
}

#[tokio::test]
async fn days_off_keep_the_name_they_had() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let off = |second, name: Option<&str>| NewOccurrence {
            off_name: name.map(str::to_owned),
            ..slot(id, second, OccurrenceState::SkippedHoliday)
        };
        let rows =
            [off(30, Some("中秋")), off(40, None), off(90, Some("国庆")), slot(id, 50, OccurrenceState::SkippedCap)];
        occurrence::add(&mut tx, &rows, at(99)).await.unwrap();
        let found = occurrence::days_off(&mut tx, at(30), at(90)).await.unwrap();
        assert_eq!(found, [(At::from(at(30)), "中秋".to_owned())]);
        let names: Vec<_> =
            occurrence::latest(&mut tx, id, 9).await.unwrap().into_iter().map(|row| row.off_name).collect();
        assert_eq!(names, [Some("国庆".to_owned()), None, None, Some("中秋".to_owned())]);
    }
}

#[tokio::test]
async fn a_rule_that_is_to_begin_later_today_is_no_clock_that_ran_ahead() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let planned = async |tx: &mut Tx, name: &str| schedule::find(tx, name).await.unwrap().unwrap().planned_to;
        let later = NewSchedule { since: at(800), ..weekly(&world, "今晚起") };
        schedule::add(&mut tx, &later, at(90)).await.unwrap();
        assert!(!schedule::planned_beyond(&mut tx, at(110), at(900)).await.unwrap());
        let later = NewSchedule { since: at(9_000), ..weekly(&world, "明年起") };
        schedule::add(&mut tx, &later, at(9_000)).await.unwrap();
        assert!(schedule::planned_beyond(&mut tx, at(110), at(900)).await.unwrap());
        schedule::plan_from(&mut tx, at(100), at(900)).await.unwrap();
        assert_eq!(planned(&mut tx, "今晚起").await, At::from(at(800)));
        assert_eq!(planned(&mut tx, "明年起").await, At::from(at(100)));
        assert!(!schedule::planned_beyond(&mut tx, at(110), at(900)).await.unwrap());
    }
}

#[tokio::test]
async fn a_slot_is_taken_in_hand_while_it_goes_out() {
    for world in worlds().await {
        let mut tx = world.tx().await;
        let id = schedule::add(&mut tx, &weekly(&world, "每周一学"), at(0)).await.unwrap();
        let rows = [slot(id, 30, OccurrenceState::Planned), slot(id, 40, OccurrenceState::Planned)];
        occurrence::add(&mut tx, &rows, at(50)).await.unwrap();
        let rows = occurrence::to_make(&mut tx, at(50), 9).await.unwrap();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        assert_eq!(occurrence::take(&mut tx, &ids).await.unwrap().len(), 2);
        occurrence::cancel(&mut tx, id, MissReason::Edited, at(60)).await.unwrap();
        assert!(occurrence::take(&mut tx, &ids).await.unwrap().is_empty());
        occurrence::forget_edited(&mut tx, id, &[at(30)]).await.unwrap();
        assert_eq!(
            states(&mut tx, id).await,
            [(At::from(at(40)), OccurrenceState::Cancelled, Some(MissReason::Edited))]
        );
    }
}
