#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use rstest::rstest;

use super::{Alert, Shortage, expiring, horizon, opening, shortage, unsettled_years};
use crate::domain::calendar::{Calendar, Festival, YearFile, YearStatus, statutory};
use crate::domain::rotation::{Choice, Pool, Want};
use crate::domain::schedule::Slot;
use crate::domain::slot::AllowedHours;
use crate::domain::word::Confirm;
use crate::ids::ScheduleId;

const ZONE: Tz = Tz::Asia__Shanghai;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// Wall time in Shanghai.
fn at(text: &str) -> DateTime<Utc> {
    format!("{text}:00+08:00").parse().unwrap()
}

/// 2026 by notice, 2027 by the law alone; nothing of 2028.
fn calendar() -> Calendar {
    Calendar::new([YearFile { status: YearStatus::Official, ..statutory(2026) }, statutory(2027)])
}

fn choice(code: &str) -> Choice {
    Choice {
        slug: code.to_lowercase(),
        code: code.to_owned(),
        theme: "gifts".to_owned(),
        tags: Vec::new(),
        festivals: Vec::new(),
        party_only: false,
        confirm: Confirm::Voluntary,
        expires_on: None,
        last: None,
    }
}

fn slot(due: &str) -> Slot {
    let due = at(due);
    Slot::at(due)
}

fn want(pool: &Pool) -> Want<'_> {
    Want { pool, day: NaiveDate::MIN, zone: ZONE, festivals: &[], all_party: false, months: 12 }
}

#[rstest]
#[case::settled("2026-10-26", &[])]
#[case::last_of_october("2026-10-30", &[])]
#[case::sunday("2026-11-01", &[])]
#[case::monday("2026-11-02", &["2027:2026-11-02 known"])]
#[case::same_week("2026-11-06", &["2027:2026-11-02 known"])]
#[case::next_week("2026-11-09", &["2027:2026-11-09 known"])]
#[case::new_year("2027-01-04", &["2027:2027-01-04 known"])]
#[case::monday_off("2027-02-08", &[])]
#[case::first_workday_after_it("2027-02-09", &["2027:2027-02-08 known"])]
#[case::two_years("2027-11-01", &["2027:2027-11-01 known", "2028:2027-11-01 missing"])]
fn a_year_without_notice_is_told_once_a_week(#[case] today: &str, #[case] expected: &[&str]) {
    let alerts = unsettled_years(&calendar(), day(today));
    let told = alerts.iter().map(|alert| match alert {
        Alert::CalendarProvisional { known, .. } => {
            format!("{} {}", alert.key(), if *known { "known" } else { "missing" })
        }
        Alert::PoolExhausted { .. }
        | Alert::ItemExpiring { .. }
        | Alert::GroupSuspended { .. }
        | Alert::TopicLost { .. }
        | Alert::InDoubt { .. }
        | Alert::DeliveryBroken { .. }
        | Alert::Relay { .. }
        | Alert::UpdateAside { .. }
        | Alert::PushFailed { .. }
        | Alert::RemovalRefused { .. }
        | Alert::OtherPoller { .. }
        | Alert::CodeDeclined { .. }
        | Alert::CodesGuessed { .. }
        | Alert::StrangeChat { .. } => format!("{alert:?}"),
    });
    assert_eq!(told.collect::<Vec<_>>(), expected);
}

#[test]
fn a_notice_that_ends_before_its_year_does_not_settle_it() {
    let autumn = YearFile { status: YearStatus::Official, covers_until: day("2026-09-30"), ..statutory(2026) };
    let week = day("2026-08-31");
    let told = unsettled_years(&Calendar::new([autumn]), day("2026-09-02"));
    assert_eq!(told, [Alert::CalendarProvisional { year: 2026, week, known: true }]);
}

#[test]
fn seven_workdays_ahead_is_counted_by_the_calendar() {
    // Friday 25 September and 1 to 3 October are off by the law.
    assert_eq!(horizon(&calendar(), day("2026-09-23")), day("2026-10-07"));
}

#[test]
fn the_first_slot_that_repeats_is_told_with_what_is_left_before_it() {
    let items = vec![choice("A"), choice("B")];
    let slots = ["2026-09-02T09:30", "2026-09-03T09:30", "2026-09-04T09:30"].map(slot);
    let short = shortage(items.clone(), &want(&Pool::Voluntary), slots.clone());
    assert_eq!(short, Some(Shortage { due: slots[2].due, left: 2, again: Some(0) }));
    assert_eq!(shortage(items, &want(&Pool::Voluntary), slots[..2].to_vec()), None);
}

#[test]
fn slots_that_do_not_go_out_take_nothing() {
    let [off, unknown, due] = ["2026-09-02T09:30", "2026-09-03T09:30", "2026-09-04T09:30"].map(slot);
    let slots = [Slot { off: Some("中秋".into()), ..off }, Slot { known: false, ..unknown }, due];
    assert_eq!(shortage(vec![choice("A")], &want(&Pool::Voluntary), slots), None);
}

#[test]
fn a_slot_for_which_nothing_fits_is_told_without_an_item() {
    let due = slot("2026-09-04T09:30");
    let expected = Some(Shortage { due: due.due, left: 0, again: None });
    assert_eq!(shortage(Vec::new(), &want(&Pool::Voluntary), [due.clone()]), expected);
    let festival = Slot { festivals: vec![Festival::National], ..due };
    assert_eq!(shortage(vec![choice("A")], &want(&Pool::Voluntary), [festival]), expected);
}

#[test]
fn an_item_that_is_named_may_be_repeated_until_it_expires() {
    let named = Pool::Item("a".to_owned());
    let item = Choice { expires_on: Some(day("2026-09-04")), ..choice("A") };
    let slots = ["2026-09-02T09:30", "2026-09-03T09:30", "2026-09-04T09:30"].map(slot);
    assert_eq!(shortage(vec![item.clone()], &want(&named), slots[..2].to_vec()), None);
    let short = shortage(vec![item], &want(&named), slots.clone());
    assert_eq!(short, Some(Shortage { due: slots[2].due, left: 2, again: None }));
}

#[rstest]
#[case::tomorrow("2026-09-03", "gifts", Confirm::Voluntary, true)]
#[case::last_of_seven("2026-09-11", "gifts", Confirm::Voluntary, true)]
#[case::later("2026-09-12", "gifts", Confirm::Voluntary, false)]
#[case::already("2026-09-02", "gifts", Confirm::Voluntary, false)]
#[case::reminder("2026-09-03", "festival", Confirm::Required, false)]
#[case::in_no_pool("2026-09-03", "gifts", Confirm::Required, false)]
fn an_item_is_told_before_it_expires(
    #[case] on: &str,
    #[case] theme: &str,
    #[case] confirm: Confirm,
    #[case] told: bool,
) {
    let item = Choice { expires_on: Some(day(on)), theme: theme.to_owned(), confirm, ..choice("A") };
    let today = day("2026-09-02");
    let found = expiring(&[choice("B"), item], &[Pool::Voluntary], today, horizon(&calendar(), today));
    assert_eq!(found, if told { vec![1] } else { vec![] });
}

#[rstest]
#[case::inside("2026-09-02T10:00", "2026-09-02T10:00")]
#[case::before("2026-09-02T00:05", "2026-09-02T09:00")]
#[case::last_minute("2026-09-02T11:30", "2026-09-02T11:30")]
#[case::midday("2026-09-02T11:31", "2026-09-02T14:30")]
#[case::evening("2026-09-02T17:31", "2026-09-03T09:00")]
#[case::before_a_weekend("2026-09-04T18:00", "2026-09-07T09:00")]
#[case::before_holidays("2026-09-30T20:00", "2026-10-05T09:00")]
fn alerts_wait_for_the_allowed_hours(#[case] now: &str, #[case] expected: &str) {
    assert_eq!(opening(&AllowedHours::standard(ZONE), &calendar(), at(now)), at(expected));
}

#[test]
fn an_alert_is_read_back_as_it_was() {
    let monday = day("2026-11-02");
    let all = [
        Alert::CalendarProvisional { year: 2027, week: monday, known: true },
        Alert::PoolExhausted {
            schedule: ScheduleId(3),
            name: "每周一学".to_owned(),
            day: monday,
            left: 2,
            again: None,
            months: 12,
        },
        Alert::ItemExpiring { slug: "a".to_owned(), code: "A-1".to_owned(), title: "题目".to_owned(), on: monday },
    ];
    for alert in all {
        let json = serde_json::to_value(&alert).unwrap();
        assert_eq!(json["kind"], alert.kind().as_str());
        assert_eq!(serde_json::from_value::<Alert>(json).unwrap(), alert);
    }
}

proptest! {
    #[test]
    fn what_opens_is_open_and_never_past(minutes in 0_i64..600_000) {
        let (hours, calendar) = (AllowedHours::standard(ZONE), calendar());
        let now = at("2026-01-01T00:00") + chrono::TimeDelta::minutes(minutes);
        let opens = opening(&hours, &calendar, now);
        let wall = crate::domain::wall::of(opens, ZONE);
        prop_assert!(opens >= now && calendar.is_workday(wall.date()));
        prop_assert!(hours.windows.iter().any(|w| w.from <= wall.time() && wall.time() <= w.to));
    }
}
