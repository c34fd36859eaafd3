//! Laws that hold for any month whatever happened in it.

use std::collections::BTreeSet;

use proptest::collection::{hash_map, hash_set, vec};
use proptest::prelude::*;
use proptest::sample::select;

use super::*;

const UNITS: i64 = 4;

fn any_member(staff: i64) -> impl Strategy<Value = Member> {
    let status = prop_oneof![4 => Just(MemberStatus::Expected), 1 => Just(MemberStatus::Exempt)];
    (1..=UNITS, status, prop::option::weighted(0.1, 1..=30_u32)).prop_map(move |(unit, status, day)| Member {
        staff: StaffId(staff),
        unit: UnitId(unit),
        status,
        deadline: day.map(|day| at(day, 17, 30)),
    })
}

fn any_coverage() -> impl Strategy<Value = Coverage> {
    let fate = || select(vec![Fate::Failed, Fate::Waiting, Fate::InDoubt, Fate::Sent]);
    prop_oneof![
        vec((1..=UNITS, fate()), 0..6)
            .prop_map(|fates| Coverage::Groups(fates.into_iter().map(|(unit, fate)| (UnitId(unit), fate)).collect())),
        vec((1..=12_i64, fate()), 0..12)
            .prop_map(|fates| Coverage::Private(fates.into_iter().map(|(id, fate)| (StaffId(id), fate)).collect())),
    ]
}

fn any_push(id: i64) -> impl Strategy<Value = PushFacts> {
    let members: Vec<_> = (1..=10).map(any_member).collect();
    let confirm = select(Confirm::ALL);
    // People 11 and 12 are in no audience.
    let acks = hash_map(1..=12_i64, (1..=30_u32, 0..24_u32), 0..12);
    (members, confirm, 1..=30_u32, any_coverage(), acks, hash_set(1..=10_i64, 0..5), 0..=10_usize).prop_map(
        move |(mut members, confirm, day, coverage, acks, unbound, size)| {
            members.truncate(size);
            PushFacts {
                confirm,
                slot: at(day, 9, 30),
                members,
                coverage,
                acks: acks.into_iter().map(|(staff, (day, hour))| (StaffId(staff), at(day, hour, 0))).collect(),
                unbound: unbound.into_iter().map(StaffId).collect(),
                ..push(id, 0)
            }
        },
    )
}

fn any_month() -> impl Strategy<Value = MonthInput> {
    let pushes: Vec<_> = (1..=6).map(any_push).collect();
    (pushes, 1..=30_u32).prop_map(|(pushes, day)| {
        let units = (1..=UNITS).map(|unit| UnitRef { id: UnitId(unit), name: format!("第{unit}科") }).collect();
        MonthInput { units, as_of: at(day, 18, 0), ..month(pushes) }
    })
}

fn sums_hold(counts: &Counts) -> bool {
    counts.expected == counts.acked + counts.missing + counts.undelivered.total() + counts.in_doubt
        && counts.acked == counts.on_time + counts.late
}

/// The same month told in another order; pushes of one slot keep theirs by id.
fn shuffled(mut input: MonthInput) -> MonthInput {
    input.pushes.reverse();
    for push in &mut input.pushes {
        push.members.reverse();
        match &mut push.coverage {
            Coverage::Groups(fates) => fates.reverse(),
            Coverage::Private(fates) => fates.reverse(),
        }
    }
    input
}

proptest! {
    #[test]
    fn any_month_has_a_report_whose_sums_hold(input in any_month()) {
        let report = month_report(&input).expect("no stored fact can break a sum");
        let units = report.units.iter().flat_map(|row| [&row.all, &row.required, &row.voluntary]);
        let all = report.pushes.iter().map(|row| &row.figures).chain(units).chain([&report.totals]);
        for figures in all {
            prop_assert!(sums_hold(&figures.counts), "{figures:?}");
        }
        let units: Counts = report.units.iter().map(|row| row.all.counts).sum();
        let others = report.totals.counts.others;
        prop_assert_eq!(Counts { others, ..units }, report.totals.counts);
        prop_assert_eq!(report.voluntary.counts.late, 0);
    }

    #[test]
    fn every_audience_is_expected_or_exempt_and_every_press_is_acked_or_other(input in any_month()) {
        for push in &input.pushes {
            let Some(figures) = push_figures(push, input.as_of) else { continue };
            let counts = figures.counts;
            let presses = push.acks.values().filter(|at| **at <= input.as_of).count();
            prop_assert_eq!((counts.expected + counts.exempt) as usize, push.members.len());
            prop_assert_eq!((counts.acked + counts.others) as usize, presses);
            if let Some(people) = missing(push, input.as_of) {
                prop_assert_eq!(people.len(), (counts.expected - counts.acked) as usize);
                prop_assert_eq!(people.iter().filter(|person| person.reached()).count(), counts.missing as usize);
            }
        }
    }

    #[test]
    fn the_order_of_the_facts_does_not_matter(input in any_month()) {
        prop_assert_eq!(month_report(&input), month_report(&shuffled(input)));
    }

    #[test]
    fn a_push_alone_and_in_its_month_has_the_same_figures(input in any_month()) {
        let report = month_report(&input).expect("no stored fact can break a sum");
        for row in &report.pushes {
            let push = input.pushes.iter().find(|push| push.id == row.id).expect("the push of the row");
            prop_assert_eq!(push_figures(push, input.as_of), Some(row.figures));
        }
    }

    #[test]
    fn the_part_of_a_unit_is_its_row_of_the_whole(input in any_month()) {
        let whole = month_report(&input).expect("no stored fact can break a sum");
        for row in &whole.units {
            let own = BTreeSet::from([row.unit]);
            let pushes = input.pushes.iter().cloned().map(|push| push.part(&own));
            let part = MonthInput {
                extent: Extent::Units,
                units: input.units.iter().filter(|unit| unit.id == row.unit).cloned().collect(),
                pushes: pushes.filter(|push| !push.members.is_empty()).collect(),
                ..input.clone()
            };
            let part = month_report(&part).expect("a part has sums of its own");
            prop_assert_eq!((part.required, part.voluntary, part.totals), (row.required, row.voluntary, row.all));
            prop_assert!(part.people.expected >= row.headcount, "who moved away is counted here as well");
            prop_assert_eq!(part.people.expected, part.units[0].headcount);
        }
    }

    #[test]
    fn a_rate_is_the_nearest_tenth_and_says_all_only_of_all(whole in 1_u32..5000, missed in 0_u32..5000) {
        let part = whole.saturating_sub(missed);
        let text = Rate::of(part, whole).to_string();
        let tenths: i64 = text.trim_end_matches('%').replace('.', "").parse().expect("digits");
        prop_assert_eq!(text == "100.0%", part == whole);
        let distance = (tenths * i64::from(whole) - i64::from(part) * 1000).abs() * 2;
        prop_assert!(distance <= i64::from(whole) || tenths == 999, "{part}/{whole} printed {text}");
    }
}
