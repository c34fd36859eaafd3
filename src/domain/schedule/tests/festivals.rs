use rstest::rstest;

use super::support::{SHANGHAI, announced, at, between, date, local, terms, with_law};
use crate::domain::calendar::Calendar;
use crate::domain::calendar::Festival::{self, DragonBoat, Labour, MidAutumn, National, NewYear, Qingming, Spring};
use crate::domain::schedule::OnHoliday;

/// What is due before one festival of a year.
fn reminder(calendar: &Calendar, festival: Festival, year: i32, workdays: u32) -> String {
    let terms = terms(&format!("before-festival {} {workdays} 0 09:30", festival.as_str()), OnHoliday::Skip);
    let mut slots = terms.slots(calendar, SHANGHAI, at(&format!("{}-11-01 00:00", year - 1)));
    let slot = slots.find(|slot| slot.first_off.is_some_and(|first| first >= date(&format!("{year}-01-01")))).unwrap();
    assert!(slot.known && slot.off.is_none() && slot.moved_from.is_none());
    assert!(slot.festivals.contains(&festival));
    local(slot.due)
}

/// Each festival as 1, 3 and 5 workdays before its first day off.
#[rstest]
#[case(2026, NewYear, ["2025-12-31", "2025-12-29", "2025-12-25"])]
#[case(2026, Spring, ["2026-02-14", "2026-02-12", "2026-02-10"])]
#[case(2026, Qingming, ["2026-04-03", "2026-04-01", "2026-03-30"])]
#[case(2026, Labour, ["2026-04-30", "2026-04-28", "2026-04-24"])]
#[case(2026, DragonBoat, ["2026-06-18", "2026-06-16", "2026-06-12"])]
#[case(2026, MidAutumn, ["2026-09-24", "2026-09-22", "2026-09-20"])]
#[case(2026, National, ["2026-09-30", "2026-09-28", "2026-09-23"])]
#[case(2025, Spring, ["2025-01-27", "2025-01-24", "2025-01-22"])]
#[case(2025, Qingming, ["2025-04-03", "2025-04-01", "2025-03-28"])]
#[case(2025, Labour, ["2025-04-30", "2025-04-28", "2025-04-25"])]
#[case(2025, DragonBoat, ["2025-05-30", "2025-05-28", "2025-05-26"])]
#[case(2025, National, ["2025-09-30", "2025-09-28", "2025-09-25"])]
#[case(2025, MidAutumn, ["2025-09-30", "2025-09-28", "2025-09-25"])]
#[case(2024, Spring, ["2024-02-09", "2024-02-07", "2024-02-05"])]
#[case(2024, National, ["2024-09-30", "2024-09-27", "2024-09-25"])]
fn reminders_stand_on_the_days_that_offices_use(
    #[case] year: i32,
    #[case] festival: Festival,
    #[case] expected: [&str; 3],
) {
    let found = [1, 3, 5].map(|workdays| reminder(&announced(), festival, year, workdays));
    assert_eq!(found, expected.map(|day| format!("{day} 09:30")));
}

/// The due days of a rule over a year, each with its festivals.
fn plan(rule: &str, calendar: &Calendar, year: i32) -> Vec<String> {
    let slots = between(&terms(rule, OnHoliday::Skip), calendar, &format!("{year}-01-01"), &format!("{year}-12-31"));
    let line = |slot: &crate::domain::schedule::Slot| {
        let names: Vec<&str> = slot.festivals.iter().map(|festival| festival.label()).collect();
        let flag = if slot.known { "" } else { "?" };
        format!("{}{flag} {}", &local(slot.due)[5..10], names.join("、"))
    };
    slots.iter().map(line).collect()
}

#[test]
fn one_rule_plans_the_year() {
    let expected_2026 =
        ["02-12 春节", "04-01 清明", "04-28 劳动节", "06-16 端午", "09-22 中秋", "09-28 国庆", "12-29 元旦"];
    assert_eq!(plan("before-festival all 3 0 09:30", &with_law(2027..=2027), 2026), expected_2026);
    // The same with 2027 missing: the reminder's own day is covered.
    assert_eq!(plan("before-festival all 3 0 09:30", &announced(), 2026), expected_2026);
    let expected_2025 = ["01-24 春节", "04-01 清明", "04-28 劳动节", "05-28 端午", "09-28 中秋、国庆", "12-29 元旦"];
    assert_eq!(plan("before-festival all 3 0 09:30", &announced(), 2025), expected_2025);
}

#[rstest]
#[case::unbroken_days_off_2025("before-festival all 3 0 09:30", 2025, &["09-28 中秋、国庆"])]
#[case::inside_the_days_off_2028("before-festival all 3 0 09:30", 2028, &["09-27 中秋、国庆"])]
#[case::four_worked_days_between_2026("before-festival all 3 2 09:30", 2026, &["09-22 中秋", "09-28 国庆"])]
#[case::three_days_between_allowed_2026("before-festival all 3 3 09:30", 2026, &["09-22 中秋、国庆"])]
#[case::only_named_festivals_merge("before-festival national 3 3 09:30", 2026, &["09-28 国庆"])]
#[case::one_of_a_merged_block("before-festival mid-autumn 3 0 09:30", 2025, &["09-28 中秋"])]
fn festivals_share_a_reminder(#[case] rule: &str, #[case] year: i32, #[case] expected: &[&str]) {
    let plan = plan(rule, &with_law(2027..=2029), year);
    let autumn: Vec<&String> = plan.iter().filter(|line| ("09".."11").contains(&&line[..2])).collect();
    assert_eq!(autumn, expected);
}

#[test]
fn weekends_bridge_days_off() {
    // 2023 by the law alone: 中秋 on Friday 29 September, 国庆 from Sunday 1 October.
    let calendar = with_law(2023..=2023);
    assert_eq!(plan("before-festival mid-autumn,national 1 0 09:30", &calendar, 2023), ["09-28 中秋、国庆"]);
}

#[test]
fn the_widest_merging_never_reaches_over_the_summer() {
    let calendar = with_law(2027..=2036);
    for year in 2026..2036 {
        let plan = plan("before-festival all 3 60 09:30", &calendar, year);
        assert!(plan.iter().all(|line| !(line.contains("端午") && line.contains("中秋"))), "{plan:?}");
    }
    let last = |rule: &str| plan(rule, &announced(), 2026).pop().unwrap();
    assert_eq!(last("before-festival all 3 60 09:30"), "12-29 元旦、春节、清明、劳动节、端午");
}

#[test]
fn a_key_is_the_festivals_own_day_whatever_is_announced() {
    let terms = terms("before-festival spring 3 0 09:30", OnHoliday::Skip);
    let key = |calendar: &Calendar| terms.slots(calendar, SHANGHAI, at("2026-01-01 00:00")).next().unwrap();
    let (announced, by_law) = (key(&announced()), key(&Calendar::default()));
    assert_eq!(local(announced.key), "2026-02-17 09:30");
    assert_eq!(announced.key, by_law.key);
    assert_ne!(announced.due, by_law.due);
    assert_eq!(announced.first_off, Some(date("2026-02-15")));
    assert!(!by_law.known);
}

#[test]
fn a_reminder_is_unknown_only_by_its_own_day() {
    // 春节 2027 is on 6 February: twenty workdays before lie in January, of which nothing is known.
    let known = |rule: &str| {
        let slots = terms(rule, OnHoliday::Skip);
        let calendar = announced();
        slots.slots(&calendar, SHANGHAI, at("2026-12-01 00:00")).take(2).map(|slot| slot.known).collect::<Vec<_>>()
    };
    assert_eq!(known("before-festival new-year,spring 3 0 09:30"), [true, false]);
}

#[test]
fn terms_bound_the_day_of_the_reminder() {
    let all = terms("before-festival all 3 0 09:30", OnHoliday::Skip);
    let bounded = crate::domain::schedule::Terms {
        starts_on: Some(date("2026-09-22")),
        ends_on: Some(date("2026-09-27")),
        ..all
    };
    let due: Vec<_> =
        between(&bounded, &announced(), "2026-01-01", "2026-12-31").iter().map(|s| local(s.due)).collect();
    assert_eq!(due, ["2026-09-22 09:30"]);
}
