#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::NaiveDateTime;
use proptest::prelude::*;
use rstest::rstest;

const TZ: Tz = Tz::Asia__Shanghai;
const TOO_LATE: Fate = Fate::Skip(OccurrenceState::SkippedLate, None);
const COLLAPSED: Fate = Fate::Skip(OccurrenceState::SkippedCollapsed, None);
const OUTSIDE: Fate = Fate::Skip(OccurrenceState::SkippedCap, Some(MissReason::OutsideHours));

/// An instant by the office's clocks, `2026-09-07 09:30` or with seconds.
fn at(wall: &str) -> DateTime<Utc> {
    let full = if wall.len() == 16 { format!("{wall}:00") } else { wall.to_owned() };
    wall::instant(NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M:%S").unwrap(), TZ)
}

fn slot(wall: &str) -> Slot {
    Slot::at(at(wall))
}

/// Looks with the patience of a schedule whose messages may be four hours late.
fn patiently<T>(look: impl FnOnce(&Patience<'_>) -> T) -> T {
    let (hours, calendar) = (AllowedHours::standard(TZ), Calendar::default());
    look(&Patience { missed: Missed::Late, max_late: TimeDelta::hours(4), hours: &hours, calendar: &calendar })
}

#[rstest]
#[case::before("2026-09-07 09:30", "2026-09-07 09:29:59", Fate::Wait)]
#[case::punctual("2026-09-07 09:30", "2026-09-07 09:30", Fate::Plain)]
#[case::ten_minutes("2026-09-07 09:30", "2026-09-07 09:40", Fate::Plain)]
#[case::over_ten_minutes("2026-09-07 09:30", "2026-09-07 09:40:01", Fate::Late)]
#[case::plain_over_the_end_of_the_hours("2026-09-07 11:25", "2026-09-07 11:35", Fate::Plain)]
#[case::last_minute_of_the_morning("2026-09-07 09:30", "2026-09-07 11:30:59", Fate::Late)]
#[case::midday_rest("2026-09-07 09:30", "2026-09-07 11:31", TOO_LATE)]
#[case::afternoon_within_four_hours("2026-09-07 11:00", "2026-09-07 14:30", Fate::Late)]
#[case::four_hours("2026-09-07 11:00", "2026-09-07 15:00", Fate::Late)]
#[case::over_four_hours("2026-09-07 11:00", "2026-09-07 15:00:01", TOO_LATE)]
#[case::evening("2026-09-07 17:00", "2026-09-07 17:31", TOO_LATE)]
#[case::next_day("2026-09-07 09:30", "2026-09-08 09:30", TOO_LATE)]
#[case::outside_the_hours("2026-09-07 12:00", "2026-09-07 12:00", OUTSIDE)]
#[case::at_night("2026-09-07 23:30", "2026-09-08 00:30", OUTSIDE)]
#[case::saturday_punctual("2026-09-05 09:30", "2026-09-05 09:35", Fate::Plain)]
#[case::saturday_late("2026-09-05 09:30", "2026-09-05 09:45", TOO_LATE)]
fn lateness(#[case] due: &str, #[case] now: &str, #[case] expected: Fate) {
    assert_eq!(patiently(|patience| fate(&slot(due), at(now), patience)), expected);
}

#[test]
fn a_schedule_may_be_less_patient() {
    let late = |missed, max_late, now| {
        patiently(|patience| fate(&slot("2026-09-07 09:30"), at(now), &Patience { missed, max_late, ..*patience }))
    };
    let half_an_hour = TimeDelta::minutes(30);
    assert_eq!(late(Missed::Late, half_an_hour, "2026-09-07 10:00"), Fate::Late);
    assert_eq!(late(Missed::Late, half_an_hour, "2026-09-07 10:01"), TOO_LATE);
    assert_eq!(late(Missed::Skip, half_an_hour, "2026-09-07 09:40"), Fate::Plain);
    assert_eq!(late(Missed::Skip, half_an_hour, "2026-09-07 09:41"), TOO_LATE);
}

#[test]
fn a_day_off_is_told_whenever_it_is_looked_at() {
    let off = Slot { off: Some("中秋".to_owned()), ..slot("2026-09-25 09:30") };
    let holiday = Fate::Skip(OccurrenceState::SkippedHoliday, None);
    for now in ["2026-09-25 09:30", "2026-09-29 09:30"] {
        assert_eq!(patiently(|patience| fate(&off, at(now), patience)), holiday);
    }
}

#[test]
fn late_ends_with_the_day_even_where_nights_are_allowed() {
    let midnight = NaiveTime::MIN;
    let hours = AllowedHours { windows: vec![Window { from: midnight, to: midnight - TimeDelta::minutes(1) }], tz: TZ };
    let look =
        |now| patiently(|patience| fate(&slot("2026-09-07 23:00"), at(now), &Patience { hours: &hours, ..*patience }));
    assert_eq!(look("2026-09-07 23:59"), Fate::Late);
    assert_eq!(look("2026-09-08 00:00"), TOO_LATE);
}

#[test]
fn only_the_newest_missed_slot_goes_out() {
    let slots = ["2026-09-06 09:30", "2026-09-07 09:00", "2026-09-07 09:30", "2026-09-07 10:00", "2026-09-07 10:30"];
    let fates = patiently(|patience| fates(&slots.map(slot), at("2026-09-07 10:20"), patience));
    assert_eq!(fates, [TOO_LATE, COLLAPSED, COLLAPSED, Fate::Late, Fate::Wait]);
}

#[test]
fn a_punctual_slot_takes_the_place_of_a_late_one() {
    let slots = ["2026-09-07 10:00", "2026-09-07 09:00"];
    let fates = patiently(|patience| fates(&slots.map(slot), at("2026-09-07 10:00"), patience));
    assert_eq!(fates, [Fate::Plain, COLLAPSED]);
}

#[test]
fn when_none_is_inside_the_window_all_are_late() {
    let slots = ["2026-09-04 09:30", "2026-09-05 09:30"];
    let fates = patiently(|patience| fates(&slots.map(slot), at("2026-09-07 09:30"), patience));
    assert_eq!(fates, [TOO_LATE, TOO_LATE]);
}

#[rstest]
#[case::morning_opens("2026-09-07 09:00", true)]
#[case::too_early("2026-09-07 08:59:59", false)]
#[case::rest("2026-09-07 12:00", false)]
#[case::afternoon("2026-09-07 14:30", true)]
#[case::evening("2026-09-07 17:31", false)]
#[case::sunday("2026-09-06 10:00", false)]
fn allowed_hours(#[case] now: &str, #[case] expected: bool) {
    assert_eq!(AllowedHours::standard(TZ).allow(at(now), &Calendar::default()), expected);
}

proptest! {
    #[test]
    fn of_any_slots_at_most_one_goes_out_and_it_is_the_newest_that_could(
        minutes in prop::collection::vec(0_i64..10_000, 0..12),
        now in 0_i64..10_000,
    ) {
        let start = at("2026-09-07 00:00");
        let slots: Vec<Slot> = minutes.iter().map(|m| Slot::at(start + TimeDelta::minutes(*m))).collect();
        let now = start + TimeDelta::minutes(now);
        let (all, alone): (Vec<Fate>, Vec<Fate>) = patiently(|patience| {
            (fates(&slots, now, patience), slots.iter().map(|slot| fate(slot, now, patience)).collect())
        });
        let newest = slots.iter().zip(&alone).filter(|(_, fate)| fate.sends()).map(|(slot, _)| slot.due).max();
        for (slot, fate) in slots.iter().zip(&all).filter(|(_, fate)| fate.sends()) {
            prop_assert_eq!(Some(slot.due), newest, "{:?}", fate);
        }
        prop_assert_eq!(newest.is_some(), all.iter().any(|fate| fate.sends()));
        for (one, other) in alone.iter().zip(&all) {
            prop_assert!(one == other || (one.sends() && *other == COLLAPSED));
        }
    }
}
