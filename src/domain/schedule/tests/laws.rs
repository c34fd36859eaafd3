//! What holds for every rule, whatever the calendar says.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::sample::select;

use super::spelling::rules;
use super::support::{SHANGHAI, at, with_law};
use crate::domain::calendar::{Calendar, DayKind};
use crate::domain::schedule::{OnHoliday, Rule, Slot, Terms};
use crate::domain::wall;

const MANY: usize = 60;

fn all_terms() -> impl Strategy<Value = Terms> {
    let bound = || prop::option::weighted(0.3, 0_u64..1_500);
    let day = |days: u64| chrono::NaiveDate::from_ymd_opt(2024, 1, 1).unwrap() + chrono::Days::new(days);
    (rules(), select(OnHoliday::ALL), bound(), bound()).prop_map(move |(rule, on_holiday, starts, length)| Terms {
        rule,
        on_holiday,
        starts_on: starts.map(day),
        ends_on: length.map(|length| day(starts.unwrap_or(0) + length)),
    })
}

/// Three years and a half of minutes, from 2024 on.
fn instants() -> impl Strategy<Value = DateTime<Utc>> {
    (0_i64..1_840_000).prop_map(|minutes| at("2024-01-01 00:00") + TimeDelta::minutes(minutes))
}

fn slots(terms: &Terms, calendar: &Calendar, after: DateTime<Utc>) -> Vec<Slot> {
    terms.slots(calendar, SHANGHAI, after).take(MANY).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn slots_ascend_and_each_has_its_own_key(terms in all_terms(), after in instants()) {
        let calendar = with_law(2027..=2035);
        let slots = slots(&terms, &calendar, after);
        prop_assert!(slots.iter().all(|slot| slot.due > after));
        prop_assert!(slots.windows(2).all(|pair| (pair[0].due, pair[0].key) < (pair[1].due, pair[1].key)));
        let keys: std::collections::BTreeSet<_> = slots.iter().map(|slot| slot.key).collect();
        prop_assert_eq!(keys.len(), slots.len());
    }

    #[test]
    fn what_is_moved_or_counted_lands_on_a_workday(terms in all_terms(), after in instants()) {
        let calendar = with_law(2027..=2035);
        for slot in slots(&terms, &calendar, after) {
            let day = wall::of(slot.due, SHANGHAI).date();
            let counted = matches!(terms.rule, Rule::WorkdayOfMonth { .. } | Rule::BeforeFestival(_));
            if slot.moved_from.is_some() || counted {
                prop_assert!(calendar.is_workday(day), "{:?}", slot);
            }
            if let Some(from) = slot.moved_from {
                prop_assert_eq!(from, slot.key);
                prop_assert!(!calendar.is_workday(wall::of(from, SHANGHAI).date()));
                prop_assert_eq!(wall::of(from, SHANGHAI).time(), wall::of(slot.due, SHANGHAI).time());
            }
            let off = terms.on_holiday == OnHoliday::Skip && !calendar.is_workday(day);
            prop_assert_eq!(slot.off.is_some(), off);
            let named = calendar.kind(day) == DayKind::Holiday;
            prop_assert!(slot.off.is_none_or(|name| name.is_empty() != named));
        }
    }

    #[test]
    fn it_does_not_matter_from_where_one_looks(terms in all_terms(), after in instants(), days in 0_i64..120) {
        let calendar = with_law(2027..=2035);
        let later = after + TimeDelta::days(days);
        let seen = slots(&terms, &calendar, after);
        let tail: Vec<Slot> = seen.into_iter().filter(|slot| slot.due > later).collect();
        let fresh: Vec<Slot> = slots(&terms, &calendar, later).into_iter().take(tail.len()).collect();
        prop_assert_eq!(fresh, tail);
    }

    /// However the planner's mark jumps, a key always means the same instant.
    #[test]
    fn a_key_has_one_due_time(terms in all_terms(), marks in prop::collection::vec(instants(), 2..6)) {
        let calendar = with_law(2027..=2035);
        let mut seen = BTreeMap::new();
        for mark in marks {
            for slot in slots(&terms, &calendar, mark) {
                let due = *seen.entry(slot.key).or_insert(slot.due);
                prop_assert_eq!(due, slot.due, "{}", slot.key);
            }
        }
    }
}
