#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use rstest::rstest;

use super::{Choice, Pick, Pool, Want, next};
use crate::domain::calendar::Festival::{self, DragonBoat, MidAutumn, National};
use crate::domain::word::Confirm;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// 09:30 in the office's zone.
fn morning(day: NaiveDate) -> DateTime<Utc> {
    day.and_hms_opt(1, 30, 0).unwrap().and_utc()
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

fn pushed(code: &str, on: &str) -> Choice {
    Choice { last: Some(morning(day(on))), ..choice(code) }
}

fn reminder(code: &str, festivals: &[Festival]) -> Choice {
    let (theme, confirm) = ("festival".to_owned(), Confirm::Required);
    Choice { theme, confirm, festivals: festivals.to_vec(), ..choice(code) }
}

fn want<'a>(pool: &'a Pool, festivals: &'a [Festival]) -> Want<'a> {
    let zone = Tz::Asia__Shanghai;
    Want { pool, day: day("2026-09-02"), zone, festivals, all_party: false, months: 12 }
}

/// The code of the pick and whether it rested.
fn picked<'a>(choices: &'a [Choice], want: &Want<'_>) -> Option<(&'a str, bool)> {
    next(choices, want).map(|pick| (choices[pick.place].code.as_str(), pick.fresh))
}

#[test]
fn all_take_turns_and_then_the_longest_rest_begins_anew() {
    let mut choices = [choice("B"), choice("A"), pushed("C", "2026-08-01")];
    let mut told = Vec::new();
    for week in 0..6 {
        let on = day("2026-09-02") + TimeDelta::weeks(week);
        let pick = next(&choices, &Want { day: on, ..want(&Pool::Voluntary, &[]) }).unwrap();
        choices[pick.place].last = Some(morning(on));
        told.push(format!("{}{}", choices[pick.place].code, if pick.fresh { "" } else { "!" }));
    }
    assert_eq!(told.join(" "), "A B C! A! B! C!");
}

#[rstest]
#[case::never_before_long_ago(&[pushed("A", "2020-01-01"), choice("B")], Some(("B", true)))]
#[case::longest_rest(&[pushed("A", "2025-01-02"), pushed("B", "2025-01-01")], Some(("B", true)))]
#[case::by_code(&[choice("B"), choice("A")], Some(("A", true)))]
#[case::twelve_months_are_enough(&[pushed("A", "2025-09-02")], Some(("A", true)))]
#[case::a_day_less_is_not(&[pushed("A", "2025-09-03")], Some(("A", false)))]
#[case::nothing(&[], None)]
fn who_rested_goes_first(#[case] choices: &[Choice], #[case] expected: Option<(&str, bool)>) {
    assert_eq!(picked(choices, &want(&Pool::Voluntary, &[])), expected);
}

/// 07:00 in Shanghai is the day before in UTC.
#[test]
fn rest_is_counted_in_days_of_the_office() {
    let early = Choice { last: Some("2025-09-02T23:00:00Z".parse().unwrap()), ..choice("A") };
    assert_eq!(picked(&[early], &want(&Pool::Voluntary, &[])), Some(("A", false)));
}

#[rstest]
#[case::required_is_not_voluntary(Choice { confirm: Confirm::Required, ..choice("A") }, Pool::Voluntary, false)]
#[case::required_by_name(Choice { confirm: Confirm::Required, ..choice("A") }, Pool::Item("a".into()), true)]
#[case::expired(Choice { expires_on: Some(day("2026-09-02")), ..choice("A") }, Pool::Voluntary, false)]
#[case::expired_by_name(Choice { expires_on: Some(day("2026-09-02")), ..choice("A") }, Pool::Item("a".into()), false)]
#[case::last_day(Choice { expires_on: Some(day("2026-09-03")), ..choice("A") }, Pool::Voluntary, true)]
#[case::theme(choice("A"), Pool::Theme("gifts".into()), true)]
#[case::other_theme(choice("A"), Pool::Theme("law".into()), false)]
#[case::tag(Choice { tags: vec!["新人".into()], ..choice("A") }, Pool::Tag("新人".into()), true)]
#[case::other_tag(Choice { tags: vec!["新人".into()], ..choice("A") }, Pool::Tag("新".into()), false)]
#[case::party(Choice { party_only: true, ..choice("A") }, Pool::Voluntary, false)]
#[case::party_by_theme(Choice { party_only: true, ..choice("A") }, Pool::Theme("gifts".into()), false)]
#[case::party_by_name(Choice { party_only: true, ..choice("A") }, Pool::Item("a".into()), true)]
#[case::reminder_on_a_plain_day(reminder("A", &[]), Pool::Theme("festival".into()), false)]
#[case::reminder_by_name(reminder("A", &[National]), Pool::Item("a".into()), true)]
fn fit_on_a_plain_day(#[case] one: Choice, #[case] pool: Pool, #[case] fits: bool) {
    assert_eq!(next(&[one], &want(&pool, &[])).is_some(), fits);
}

#[test]
fn what_is_for_party_members_goes_where_all_are() {
    let items = [Choice { party_only: true, ..choice("A") }];
    let want = Want { all_party: true, ..want(&Pool::Voluntary, &[]) };
    assert_eq!(picked(&items, &want), Some(("A", true)));
}

#[rstest]
#[case::exact_first(&[National], "N")]
#[case::both_for_the_merged_slot(&[MidAutumn, National], "MN")]
#[case::the_rest_of_a_pair(&[MidAutumn], "MN")]
#[case::any_when_none_names_it(&[DragonBoat], "X")]
fn a_reminder_that_names_the_festival_goes_first(#[case] festivals: &[Festival], #[case] code: &str) {
    let items = [choice("A"), reminder("MN", &[MidAutumn, National]), reminder("N", &[National]), reminder("X", &[])];
    for pool in [Pool::Voluntary, Pool::Theme("festival".into())] {
        assert_eq!(picked(&items, &want(&pool, festivals)), Some((code, true)), "{pool:?}");
    }
}

#[test]
fn a_slot_before_a_festival_takes_only_reminders_unless_told() {
    let items = [choice("A"), reminder("N", &[National])];
    assert_eq!(picked(&items, &want(&Pool::Voluntary, &[DragonBoat])), None);
    assert_eq!(picked(&items, &want(&Pool::Theme("gifts".into()), &[DragonBoat])), Some(("A", true)));
    assert_eq!(picked(&items, &want(&Pool::Item("n".into()), &[DragonBoat])), Some(("N", true)));
}

/// Next year's reminder names the festival better and must wait all the same.
#[test]
fn a_reminder_of_next_year_waits_for_it() {
    let until = |on: &str, item: Choice| Choice { expires_on: Some(day(on)), ..item };
    let items = [
        until("2027-09-22", reminder("M27", &[MidAutumn])),
        until("2026-10-08", reminder("MN26", &[MidAutumn, National])),
    ];
    let (pool, festivals) = (Pool::Voluntary, [MidAutumn]);
    let want = |on: &str| Want { day: day(on), ..want(&pool, &festivals) };
    assert_eq!(picked(&items, &want("2026-09-22")), Some(("MN26", true)));
    assert_eq!(picked(&items[..1], &want("2026-09-22")), None);
    assert_eq!(picked(&items, &want("2027-09-10")), Some(("M27", true)));
}

#[test]
fn a_less_exact_reminder_that_rested_goes_before_the_exact_one_that_did_not() {
    let exact = Choice { last: Some(morning(day("2026-08-31"))), ..reminder("N", &[National]) };
    let items = [exact.clone(), reminder("MN", &[MidAutumn, National])];
    assert_eq!(picked(&items, &want(&Pool::Voluntary, &[National])), Some(("MN", true)));
    assert_eq!(picked(&[exact], &want(&Pool::Voluntary, &[National])), Some(("N", false)));
}

/// Items of every sort, with codes of their own.
fn items() -> impl Strategy<Value = Vec<Choice>> {
    let festivals = prop::sample::subsequence(vec![MidAutumn, National, DragonBoat], 0..=3);
    let one = (any::<bool>(), festivals, any::<bool>(), any::<bool>(), 0_i64..900, prop::option::of(0_i64..900));
    prop::collection::vec(one, 0..12).prop_map(|all| {
        let from = day("2025-01-01");
        let item =
            |(n, (is_reminder, festivals, party_only, tagged, ends, last)): (usize, (bool, Vec<_>, _, bool, _, _))| {
                let code = format!("C{n:02}");
                let base = if is_reminder { reminder(&code, &festivals) } else { choice(&code) };
                let last = Option::<i64>::map(last, |days| morning(from + TimeDelta::days(days)));
                let tags = tagged.then(|| "标".to_owned()).into_iter().collect();
                Choice { party_only, tags, expires_on: Some(from + TimeDelta::days(ends)), last, ..base }
            };
        all.into_iter().enumerate().map(item).collect()
    })
}

fn pools() -> impl Strategy<Value = Pool> {
    prop_oneof![
        Just(Pool::Voluntary),
        Just(Pool::Theme("festival".into())),
        Just(Pool::Theme("gifts".into())),
        Just(Pool::Tag("标".into())),
        Just(Pool::Item("c01".into())),
    ]
}

proptest! {
    #[test]
    fn the_order_in_which_items_are_read_changes_nothing(
        (items, shuffled) in items().prop_flat_map(|items| (Just(items.clone()), Just(items).prop_shuffle())),
        pool in pools(),
        festivals in prop::sample::subsequence(vec![MidAutumn, National], 0..=2),
        days in 0_i64..900,
    ) {
        let want = Want { day: day("2025-01-01") + TimeDelta::days(days), ..want(&pool, &festivals) };
        prop_assert_eq!(picked(&items, &want), picked(&shuffled, &want));
    }

    #[test]
    fn what_goes_out_fits(
        items in items(),
        pool in pools(),
        festivals in prop::sample::subsequence(vec![MidAutumn, National], 0..=2),
        all_party in any::<bool>(),
        days in 0_i64..900,
    ) {
        let on = day("2025-01-01") + TimeDelta::days(days);
        let want = Want { day: on, all_party, ..want(&pool, &festivals) };
        let Some(Pick { place, .. }) = next(&items, &want) else { return Ok(()) };
        let item = &items[place];
        prop_assert!(item.expires_on.unwrap() > on);
        match &pool {
            Pool::Item(slug) => prop_assert_eq!(&item.slug, slug),
            Pool::Theme(_) | Pool::Tag(_) | Pool::Voluntary => {
                prop_assert!(all_party || !item.party_only);
                if item.theme == "festival" {
                    prop_assert!(!festivals.is_empty());
                    let next_year = item.expires_on.unwrap() - on >= TimeDelta::days(354);
                    prop_assert!(item.festivals.is_empty() || !next_year);
                    prop_assert!(item.festivals.is_empty() || item.festivals.iter().any(|f| festivals.contains(f)));
                } else {
                    prop_assert!(festivals.is_empty() || pool != Pool::Voluntary);
                }
            }
        }
    }

    #[test]
    fn no_item_comes_back_within_its_months_while_another_rested(
        mut items in items(),
        months in 1_u32..15,
        gaps in prop::collection::vec(1_i64..40, 1..40),
    ) {
        let mut on = day("2025-01-01");
        for gap in gaps {
            on += TimeDelta::days(gap);
            let want = Want { day: on, months, ..want(&Pool::Voluntary, &[]) };
            let Some(pick) = next(&items, &want) else { continue };
            let since = on.checked_sub_months(chrono::Months::new(months)).unwrap();
            let rested = |item: &Choice| item.last.is_none_or(|last| last.date_naive() <= since);
            prop_assert_eq!(pick.fresh, rested(&items[pick.place]));
            if !pick.fresh {
                prop_assert!(!items.iter().any(|item| want.fits(item) && rested(item)));
            }
            items[pick.place].last = Some(morning(on));
        }
    }
}
