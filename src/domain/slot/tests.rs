#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use chrono::NaiveDateTime;
use proptest::prelude::*;
use rstest::rstest;

const TZ: Tz = Tz::Asia__Shanghai;

/// An instant by the office's clocks, `2026-09-07 09:30` or with seconds.
fn at(wall: &str) -> DateTime<Utc> {
    let full = if wall.len() == 16 { format!("{wall}:00") } else { wall.to_owned() };
    wall::instant(NaiveDateTime::parse_from_str(&full, "%Y-%m-%d %H:%M:%S").unwrap(), TZ)
}

#[rstest]
#[case::before("2026-09-07 09:30", "2026-09-07 09:29:59", Fate::Wait)]
#[case::punctual("2026-09-07 09:30", "2026-09-07 09:30", Fate::Plain)]
#[case::ten_minutes("2026-09-07 09:30", "2026-09-07 09:40", Fate::Plain)]
#[case::over_ten_minutes("2026-09-07 09:30", "2026-09-07 09:40:01", Fate::Late)]
#[case::plain_over_the_end_of_the_hours("2026-09-07 11:25", "2026-09-07 11:35", Fate::Plain)]
#[case::last_minute_of_the_morning("2026-09-07 09:30", "2026-09-07 11:30:59", Fate::Late)]
#[case::midday_rest("2026-09-07 09:30", "2026-09-07 11:31", Fate::SkipLate)]
#[case::afternoon_within_four_hours("2026-09-07 11:00", "2026-09-07 14:30", Fate::Late)]
#[case::four_hours("2026-09-07 11:00", "2026-09-07 15:00", Fate::Late)]
#[case::over_four_hours("2026-09-07 11:00", "2026-09-07 15:00:01", Fate::SkipLate)]
#[case::evening("2026-09-07 17:00", "2026-09-07 17:31", Fate::SkipLate)]
#[case::next_day("2026-09-07 09:30", "2026-09-08 09:30", Fate::SkipLate)]
#[case::over_midnight_within_four_hours("2026-09-07 23:30", "2026-09-08 00:30", Fate::SkipLate)]
#[case::saturday_punctual("2026-09-05 09:30", "2026-09-05 09:35", Fate::Plain)]
#[case::saturday_late("2026-09-05 09:30", "2026-09-05 09:45", Fate::SkipLate)]
fn lateness(#[case] slot: &str, #[case] now: &str, #[case] expected: Fate) {
    assert_eq!(fate(at(slot), at(now), &AllowedHours::standard(TZ)), expected);
}

#[test]
fn late_ends_with_the_day_even_where_nights_are_allowed() {
    let midnight = NaiveTime::MIN;
    let whole_day = Window { from: midnight, to: midnight - TimeDelta::minutes(1) };
    let hours = AllowedHours { windows: vec![whole_day], tz: TZ };
    assert_eq!(fate(at("2026-09-07 23:00"), at("2026-09-07 23:59"), &hours), Fate::Late);
    assert_eq!(fate(at("2026-09-07 23:00"), at("2026-09-08 00:00"), &hours), Fate::SkipLate);
}

#[test]
fn only_the_newest_missed_slot_goes_out() {
    let slots = ["2026-09-06 09:30", "2026-09-07 09:00", "2026-09-07 09:30", "2026-09-07 10:00", "2026-09-07 10:30"];
    let fates = fates(&slots.map(at), at("2026-09-07 10:20"), &AllowedHours::standard(TZ));
    assert_eq!(fates, [Fate::SkipLate, Fate::SkipCollapsed, Fate::SkipCollapsed, Fate::Late, Fate::Wait]);
    let states: Vec<&str> = fates.iter().map(|fate| fate.state().as_str()).collect();
    assert_eq!(states, ["skipped_late", "skipped_collapsed", "skipped_collapsed", "materialised", "planned"]);
}

#[test]
fn a_punctual_slot_takes_the_place_of_a_late_one() {
    let slots = ["2026-09-07 10:00", "2026-09-07 09:00"];
    let fates = fates(&slots.map(at), at("2026-09-07 10:00"), &AllowedHours::standard(TZ));
    assert_eq!(fates, [Fate::Plain, Fate::SkipCollapsed]);
}

#[test]
fn when_none_is_inside_the_window_all_are_late() {
    let slots = ["2026-09-04 09:30", "2026-09-05 09:30"];
    let fates = fates(&slots.map(at), at("2026-09-07 09:30"), &AllowedHours::standard(TZ));
    assert_eq!(fates, [Fate::SkipLate, Fate::SkipLate]);
}

#[rstest]
#[case::morning_opens("2026-09-07 09:00", true)]
#[case::too_early("2026-09-07 08:59:59", false)]
#[case::rest("2026-09-07 12:00", false)]
#[case::afternoon("2026-09-07 14:30", true)]
#[case::evening("2026-09-07 17:31", false)]
#[case::sunday("2026-09-06 10:00", false)]
fn allowed_hours(#[case] now: &str, #[case] expected: bool) {
    assert_eq!(AllowedHours::standard(TZ).allow(at(now)), expected);
}

#[rstest]
#[case::monday("2026-09-21 09:30", "2026-09-23 17:30")]
#[case::tuesday_of_the_demo("2026-09-22 09:30", "2026-09-24 17:30")]
#[case::thursday("2026-09-24 09:30", "2026-09-28 17:30")]
#[case::friday("2026-09-25 17:30", "2026-09-29 17:30")]
#[case::saturday("2026-09-26 09:30", "2026-09-29 17:30")]
#[case::sunday("2026-09-27 23:59", "2026-09-29 17:30")]
fn required_pushes_are_due_on_the_second_weekday_after(#[case] pushed: &str, #[case] due: &str) {
    assert_eq!(default_deadline(at(pushed), TZ), at(due));
}

#[test]
fn states_read_back() {
    let all = OccurrenceState::ALL;
    assert!(all.iter().all(|state| OccurrenceState::parse(state.as_str()) == Some(*state)));
    assert_eq!(OccurrenceState::parse("sent"), None);
}

proptest! {
    #[test]
    fn at_most_one_slot_goes_out_and_no_newer_one_could(
        offsets in prop::collection::btree_set(-3000_i64..600, 0..12), minute in 0_i64..525_600,
    ) {
        let hours = AllowedHours::standard(TZ);
        let now = at("2026-01-01 00:00") + TimeDelta::minutes(minute);
        let slots: Vec<_> = offsets.iter().map(|offset| now + TimeDelta::minutes(*offset)).collect();
        let fates = fates(&slots, now, &hours);
        prop_assert_eq!(fates.len(), slots.len());
        prop_assert!(fates.iter().filter(|fate| fate.sends()).count() <= 1);
        let could: Vec<bool> = slots.iter().map(|slot| fate(*slot, now, &hours).sends()).collect();
        prop_assert_eq!(fates.iter().any(|fate| fate.sends()), could.contains(&true));
        prop_assert_eq!(fates.iter().position(|fate| fate.sends()), could.iter().rposition(|sends| *sends));
    }

    #[test]
    fn deadlines_come_later_on_a_workday_at_half_past_five(minute in 0_i64..2_000_000) {
        let pushed = at("2026-01-01 00:00") + TimeDelta::minutes(minute);
        let due = wall::of(default_deadline(pushed, TZ), TZ);
        prop_assert!(is_workday(due.date()));
        prop_assert_eq!(due.time(), NaiveTime::from_hms_opt(17, 30, 0).unwrap());
        prop_assert!((2..=4).contains(&(due.date() - wall::of(pushed, TZ).date()).num_days()));
    }
}
