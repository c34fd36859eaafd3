#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::{Days, NaiveDateTime};
use proptest::prelude::*;

use crate::domain::calendar::{Holiday, YearFile, YearStatus};

const TZ: Tz = Tz::Asia__Shanghai;
const STANDARD: Caps = Caps { per_day: 1, per_week: 3 };
const STUDY: &[GroupId] = &[GroupId(1)];
const BOTH: &[GroupId] = &[GroupId(1), GroupId(2)];

fn at(wall: &str) -> DateTime<Utc> {
    wall::instant(NaiveDateTime::parse_from_str(wall, "%Y-%m-%d %H:%M").unwrap(), TZ)
}

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// The autumn of 2026: 中秋 and 国庆, with the Sunday that is worked.
fn autumn() -> Calendar {
    let block = |from: &str, to: &str| Holiday { festivals: Vec::new(), from: day(from), to: day(to) };
    Calendar::new([YearFile {
        year: 2026,
        status: YearStatus::Official,
        source: String::new(),
        covers_until: day("2026-12-31"),
        holidays: vec![block("2026-09-25", "2026-09-27"), block("2026-10-01", "2026-10-07")],
        makeup: vec![day("2026-09-20"), day("2026-10-10")],
    }])
}

fn candidate<'a>(schedule: i64, wall: &str, (right, groups): (RightOfWay, &'a [GroupId])) -> Candidate<'a> {
    Candidate { schedule: ScheduleId(schedule), due: at(wall), groups, right, leeway: Leeway::Any }
}

fn arranged(candidates: &[Candidate<'_>], taken: &[(GroupId, NaiveDate)], caps: Caps) -> Vec<Place> {
    let calendar = autumn();
    arrange(candidates, taken, &Ground { caps, calendar: &calendar, tz: TZ })
}

#[test]
fn knowledge_gives_way_to_the_reminder_and_moves_to_the_free_day_between() {
    let knowledge = (RightOfWay::Knowledge, STUDY);
    let week = [
        candidate(1, "2026-09-28 09:30", knowledge),
        candidate(1, "2026-09-30 09:30", knowledge),
        candidate(2, "2026-09-28 09:30", (RightOfWay::Reminder, STUDY)),
    ];
    assert_eq!(arranged(&week, &[], STANDARD), [Place::Move(at("2026-09-29 09:30")), Place::Stay, Place::Stay]);
}

#[test]
fn a_reminder_later_in_the_week_is_seen_coming() {
    let knowledge = (RightOfWay::Knowledge, STUDY);
    let week =
        [candidate(1, "2026-09-09 09:30", knowledge), candidate(2, "2026-09-10 15:00", (RightOfWay::Reminder, STUDY))];
    let taken = [(GroupId(1), day("2026-09-07")), (GroupId(1), day("2026-09-08"))];
    assert_eq!(arranged(&week, &taken, STANDARD), [Place::GiveUp, Place::Stay]);
}

#[test]
fn a_loser_takes_no_day_that_an_equal_has_for_its_own() {
    let knowledge = (RightOfWay::Knowledge, STUDY);
    let days = ["2026-09-07 09:30", "2026-09-08 09:30", "2026-09-09 09:30", "2026-09-10 09:30", "2026-09-11 09:30"];
    let mut week: Vec<Candidate<'_>> = days.iter().map(|wall| candidate(1, wall, knowledge)).collect();
    week.push(candidate(2, "2026-09-07 14:30", (RightOfWay::Notice, STUDY)));
    let expected = [Place::GiveUp, Place::Stay, Place::Stay, Place::GiveUp, Place::GiveUp, Place::Stay];
    assert_eq!(arranged(&week, &[], STANDARD), expected);
}

#[test]
fn a_day_of_its_own_goes_before_what_could_go_any_day() {
    let week = [
        candidate(1, "2026-09-11 09:30", (RightOfWay::Knowledge, STUDY)),
        candidate(2, "2026-09-11 09:30", (RightOfWay::Dated, STUDY)),
        candidate(3, "2026-09-11 15:00", (RightOfWay::Notice, STUDY)),
    ];
    assert_eq!(arranged(&week, &[], STANDARD), [Place::GiveUp, Place::GiveUp, Place::Stay]);
    assert_eq!(arranged(&week[..2], &[], STANDARD), [Place::GiveUp, Place::Stay]);
}

#[test]
fn days_off_take_nothing_and_a_worked_weekend_does() {
    let knowledge = (RightOfWay::Knowledge, STUDY);
    let taken = |on: &str| [(GroupId(1), day(on))];
    // Thursday before 中秋: Friday to Sunday are off.
    let week = [candidate(1, "2026-09-24 09:30", knowledge)];
    assert_eq!(arranged(&week, &taken("2026-09-24"), STANDARD), [Place::GiveUp]);
    // The Friday before the worked Sunday: Saturday is off.
    let week = [candidate(1, "2026-09-18 09:30", knowledge)];
    assert_eq!(arranged(&week, &taken("2026-09-18"), STANDARD), [Place::Move(at("2026-09-20 09:30"))]);
}

#[test]
fn one_message_to_two_chats_needs_a_day_free_for_both() {
    let knowledge = (RightOfWay::Knowledge, BOTH);
    let week = [candidate(1, "2026-09-07 09:30", knowledge)];
    let taken = [(GroupId(1), day("2026-09-07")), (GroupId(2), day("2026-09-08"))];
    assert_eq!(arranged(&week, &taken, STANDARD), [Place::Move(at("2026-09-09 09:30"))]);
    assert_eq!(arranged(&week, &[(GroupId(3), day("2026-09-07"))], STANDARD), [Place::Stay]);
}

#[test]
fn what_is_late_does_not_move_and_what_lost_its_workday_has_to() {
    let mut late = candidate(1, "2026-09-07 09:30", (RightOfWay::Knowledge, STUDY));
    late.leeway = Leeway::Stay;
    assert_eq!(arranged(&[late.clone()], &[(GroupId(1), day("2026-09-07"))], STANDARD), [Place::GiveUp]);
    assert_eq!(arranged(&[late.clone()], &[], STANDARD), [Place::Stay]);
    late.leeway = Leeway::Move;
    assert_eq!(arranged(&[late], &[], STANDARD), [Place::Move(at("2026-09-08 09:30"))]);
}

proptest! {
    /// Whatever wants to go out: no chat gets more than it may, whoever moves lands on a later workday of its week at the
    /// same wall time, and nobody gives way to someone with less right.
    #[test]
    fn caps_hold(
        slots in prop::collection::vec((0_i64..28, 9_u32..17, 0_usize..4, 0_usize..3), 0..40),
        taken in prop::collection::vec((1_i64..3, 0_u64..28), 0..10),
        per_day in 1_u32..3,
        per_week in 1_u32..5,
    ) {
        let calendar = autumn();
        let caps = Caps { per_day, per_week };
        let start = day("2026-09-07");
        let rights = [RightOfWay::Reminder, RightOfWay::Notice, RightOfWay::Dated, RightOfWay::Knowledge];
        let groups: [&[GroupId]; 3] = [STUDY, &[GroupId(2)], BOTH];
        let candidates: Vec<Candidate<'_>> = (0..).zip(&slots).map(|(n, (offset, hour, right, group))| Candidate {
            schedule: ScheduleId(n),
            due: wall::instant((start + chrono::TimeDelta::days(*offset)).and_hms_opt(*hour, 30, 0).unwrap(), TZ),
            groups: groups[*group],
            right: rights[*right],
            leeway: Leeway::Any,
        }).collect();
        let taken: Vec<(GroupId, NaiveDate)> =
            taken.iter().map(|(group, offset)| (GroupId(*group), start + Days::new(*offset))).collect();
        let places = arrange(&candidates, &taken, &Ground { caps, calendar: &calendar, tz: TZ });
        let mut room = Room { caps, days: HashMap::new(), weeks: HashMap::new() };
        for (group, on) in &taken {
            room.take(&[*group], *on);
        }
        let before = room.days.clone();
        for (candidate, place) in candidates.iter().zip(&places) {
            let own = wall::of(candidate.due, TZ);
            match place {
                Place::Stay => room.take(candidate.groups, own.date()),
                Place::Move(to) => {
                    let to = wall::of(*to, TZ);
                    prop_assert!(to.date() > own.date() && monday(to.date()) == monday(own.date()));
                    prop_assert!(calendar.is_workday(to.date()) && to.time() == own.time());
                    room.take(candidate.groups, to.date());
                }
                Place::GiveUp => {}
            }
        }
        for (key, count) in &room.days {
            prop_assert!(*count <= per_day.max(before.get(key).copied().unwrap_or(0)));
        }
        for ((group, week), count) in &room.weeks {
            let before = taken.iter().filter(|(g, on)| g == group && monday(*on) == *week).count();
            prop_assert!(*count <= per_week.max(u32::try_from(before).unwrap()));
        }
        // Whoever has less right makes no difference to those with more.
        for right in rights {
            let better: Vec<usize> = (0..candidates.len()).filter(|n| candidates[*n].right <= right).collect();
            let alone: Vec<Candidate<'_>> = better.iter().map(|n| candidates[*n].clone()).collect();
            let without = arrange(&alone, &taken, &Ground { caps, calendar: &calendar, tz: TZ });
            prop_assert_eq!(without, better.iter().map(|n| places[*n]).collect::<Vec<_>>());
        }
    }
}
