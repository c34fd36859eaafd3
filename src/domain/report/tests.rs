#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

mod laws;
mod quiz;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Datelike, NaiveDate, TimeZone, Utc};
use chrono_tz::Tz;
use rstest::rstest;

use super::{
    Basis, CheckName, Counts, Coverage, DayOff, Extent, Fate, Figures, Member, MonthInput, MonthReport, NotAcked,
    PushFacts, Rate, Reason, Standing, Undelivered, UnitRef, Withheld, check, missing, month_report, push_figures,
};
use crate::domain::month::Month;
use crate::domain::push::MemberStatus;
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId, UnitId};

const ZONE: Tz = chrono_tz::Asia::Shanghai;
const UNIT: UnitId = UnitId(1);

/// An instant of September 2026 by the office's clock.
fn at(day: u32, hour: u32, minute: u32) -> DateTime<Utc> {
    ZONE.with_ymd_and_hms(2026, 9, day, hour, minute, 0).unwrap().with_timezone(&Utc)
}

fn as_of() -> DateTime<Utc> {
    at(30, 18, 0)
}

fn member(staff: i64) -> Member {
    Member { staff: StaffId(staff), unit: UNIT, status: MemberStatus::Expected, deadline: None }
}

/// A required push to people 1 to `expected` of one unit, delivered, nobody has acked.
fn push(id: i64, expected: i64) -> PushFacts {
    PushFacts {
        id: PushId(id),
        slug: "mid-autumn".to_owned(),
        title: "中秋国庆廉洁提醒".to_owned(),
        label: "节前提醒".to_owned(),
        confirm: Confirm::Required,
        slot: at(22, 9, 30),
        deadline: Some(at(24, 17, 30)),
        members: (1..=expected).map(member).collect(),
        acks: HashMap::new(),
        coverage: Coverage::Groups(vec![(UNIT, Fate::Sent)]),
        unbound: HashSet::new(),
        relayed: 0,
        waited: HashMap::new(),
        quiz: None,
    }
}

fn acked_by(mut push: PushFacts, people: std::ops::RangeInclusive<i64>, when: DateTime<Utc>) -> PushFacts {
    push.acks.extend(people.map(|staff| (StaffId(staff), when)));
    push
}

fn month(pushes: Vec<PushFacts>) -> MonthInput {
    let units = vec![UnitRef { id: UNIT, name: "综合科".to_owned() }];
    MonthInput {
        month: Month::new(2026, 9).unwrap(),
        zone: ZONE,
        as_of: as_of(),
        extent: Extent::Office,
        units,
        withheld: Withheld::of(&pushes, as_of()),
        pushes,
        off: Vec::new(),
        silent: Vec::new(),
    }
}

#[rstest]
#[case::worked_example(38, 39, "97.4%")]
#[case::all(39, 39, "100.0%")]
#[case::never_rounded_up_to_all(1999, 2000, "99.9%")]
#[case::nobody_expected(0, 0, "—")]
#[case::nobody(0, 7, "0.0%")]
#[case::half_goes_up(1, 2000, "0.1%")]
#[case::just_below_half_stays(499, 1_000_000, "0.0%")]
#[case::third(1, 3, "33.3%")]
#[case::two_thirds(2, 3, "66.7%")]
#[case::largest(u32::MAX, u32::MAX, "100.0%")]
#[case::largest_but_one(u32::MAX - 1, u32::MAX, "99.9%")]
fn a_rate_prints_one_decimal(#[case] part: u32, #[case] whole: u32, #[case] text: &str) {
    assert_eq!(Rate::of(part, whole).to_string(), text);
}

/// Every row: what happened to one person → where they stand.
#[rstest]
#[case::silence_after_delivery(Some(Fate::Sent), false, None, Standing::Missing)]
#[case::on_time(Some(Fate::Sent), false, Some(at(24, 17, 29)), Standing::OnTime)]
#[case::at_the_deadline_is_late(Some(Fate::Sent), false, Some(at(24, 17, 30)), Standing::Late)]
#[case::press_after_the_cut_off_does_not_count(Some(Fate::Sent), false, Some(at(30, 18, 1)), Standing::Missing)]
#[case::press_on_a_copy_in_doubt(Some(Fate::InDoubt), false, Some(at(22, 10, 0)), Standing::OnTime)]
#[case::press_though_failed(Some(Fate::Failed), false, Some(at(22, 10, 0)), Standing::OnTime)]
#[case::in_doubt(Some(Fate::InDoubt), false, None, Standing::InDoubt)]
#[case::in_doubt_comes_before_unbound(Some(Fate::InDoubt), true, None, Standing::InDoubt)]
#[case::waiting(Some(Fate::Waiting), false, None, Standing::Undelivered(Reason::Waiting))]
#[case::failed(Some(Fate::Failed), false, None, Standing::Undelivered(Reason::SendFailed))]
#[case::failed_comes_before_unbound(Some(Fate::Failed), true, None, Standing::Undelivered(Reason::SendFailed))]
#[case::no_group(None, false, None, Standing::Undelivered(Reason::NoGroup))]
#[case::no_group_comes_before_unbound(None, true, None, Standing::Undelivered(Reason::NoGroup))]
#[case::unbound(Some(Fate::Sent), true, None, Standing::Undelivered(Reason::Unbound))]
fn each_expected_person_stands_in_one_place(
    #[case] fate: Option<Fate>,
    #[case] unbound: bool,
    #[case] press: Option<DateTime<Utc>>,
    #[case] standing: Standing,
) {
    let mut push = push(1, 1);
    push.coverage = Coverage::Groups(fate.map(|fate| (UNIT, fate)).into_iter().collect());
    push.acks.extend(press.map(|at| (StaffId(1), at)));
    push.unbound.extend(unbound.then_some(StaffId(1)));

    let mut counts = Counts::default();
    counts.count(standing);
    counts.others = u32::from(press.is_some_and(|at| at <= as_of())) - counts.acked;
    assert_eq!(push_figures(&push, as_of()), Some(Figures { counts, basis: Some(Basis::Required) }));
}

#[rstest]
#[case::sent_wins(&[Fate::Failed, Fate::Sent, Fate::InDoubt], Standing::Missing)]
#[case::doubt_beats_waiting(&[Fate::Waiting, Fate::InDoubt, Fate::Failed], Standing::InDoubt)]
#[case::waiting_beats_failed(&[Fate::Failed, Fate::Waiting], Standing::Undelivered(Reason::Waiting))]
fn of_several_groups_the_best_counts(#[case] fates: &[Fate], #[case] standing: Standing) {
    let mut push = push(1, 1);
    push.coverage = Coverage::Groups(fates.iter().map(|fate| (UNIT, *fate)).collect());
    let one = NotAcked { staff: StaffId(1), unit: UNIT, standing, deadline: push.deadline };
    assert_eq!(missing(&push, as_of()), Some(vec![one]));
}

#[test]
fn a_private_push_goes_by_person() {
    let mut push = push(1, 4);
    push.coverage = Coverage::Private(vec![(StaffId(1), Fate::Sent), (StaffId(2), Fate::Failed)]);
    push.unbound.insert(StaffId(3));
    let standings: Vec<_> = missing(&push, as_of()).unwrap().into_iter().map(|person| person.standing).collect();
    let undelivered = Standing::Undelivered;
    assert_eq!(
        standings,
        [
            Standing::Missing,
            undelivered(Reason::SendFailed),
            undelivered(Reason::Unbound),
            undelivered(Reason::NoGroup)
        ]
    );
}

#[test]
fn a_personal_deadline_stands_in_place_of_the_pushs() {
    let mut push = acked_by(push(1, 2), 1..=2, at(26, 9, 0));
    push.members[0].deadline = Some(at(28, 17, 30));
    let counts = push_figures(&push, as_of()).unwrap().counts;
    assert_eq!((counts.on_time, counts.late), (1, 1));
}

#[test]
fn exempt_and_outside_people_are_others() {
    let mut push = acked_by(push(1, 5), 4..=7, at(22, 10, 0));
    push.members[3].status = MemberStatus::Exempt;
    push.members[2].status = MemberStatus::Exempt;
    let figures = push_figures(&push, as_of()).unwrap();
    let counts = Counts { expected: 3, exempt: 2, acked: 1, on_time: 1, missing: 2, others: 3, ..Counts::default() };
    assert_eq!(figures.counts, counts);
}

#[test]
fn a_voluntary_push_has_no_deadline_and_no_list_of_the_missing() {
    let mut push = acked_by(push(1, 3), 1..=2, at(29, 9, 0));
    push.confirm = Confirm::Voluntary;
    let figures = push_figures(&push, as_of()).unwrap();
    assert_eq!((figures.counts.on_time, figures.counts.late), (2, 0));
    assert_eq!((figures.rate().to_string(), figures.on_time_rate().to_string()), ("66.7%".into(), "—".into()));
    assert_eq!(missing(&push, as_of()), None);
}

#[test]
fn a_push_without_a_button_is_outside_all_figures() {
    let mut silent = push(1, 3);
    silent.confirm = Confirm::None;
    assert_eq!(push_figures(&silent, as_of()), None);
    let report = month_report(&month(vec![silent])).unwrap();
    assert!(report.pushes.is_empty());
    assert_eq!((report.totals.counts, report.people.expected), (Counts::default(), 0));
    assert_eq!(report.required.rate(), Rate::NONE);
}

#[test]
fn missing_keeps_roster_order_and_tells_who_was_reached() {
    let mut push = acked_by(push(1, 4), 2..=2, at(22, 10, 0));
    push.members.reverse();
    push.members[0].status = MemberStatus::Exempt;
    push.unbound.insert(StaffId(3));
    let people = missing(&push, as_of()).unwrap();
    let people: Vec<_> = people.iter().map(|person| (person.staff.0, person.reached())).collect();
    assert_eq!(people, [(3, false), (1, true)]);
}

/// The worked example of the definitions: 42 on the roster, 3 exempt, 38 acked, one not delivered.
#[test]
fn both_rates_of_the_worked_example() {
    let mut push = acked_by(push(1, 42), 1..=38, at(22, 10, 0));
    push.members[38].unit = UnitId(2);
    for exempt in &mut push.members[39..] {
        exempt.status = MemberStatus::Exempt;
    }
    push.coverage = Coverage::Groups(vec![(UNIT, Fate::Sent), (UnitId(2), Fate::Failed)]);
    let figures = push_figures(&push, as_of()).unwrap();
    assert_eq!(figures.counts.undelivered, Undelivered { send_failed: 1, ..Undelivered::default() });
    assert_eq!((figures.rate().to_string(), figures.rate().fraction()), ("97.4%".into(), Some((38, 39))));
    assert_eq!(
        (figures.rate_delivered().to_string(), figures.rate_delivered().fraction()),
        ("100.0%".into(), Some((38, 38)))
    );
    assert!(figures.has_gaps());
}

/// 38/39 and 20/40 give 58/79 = 73.4%; the mean of the two percentages would be 73.7%.
#[test]
fn a_month_adds_numerators_and_denominators() {
    let first = acked_by(push(1, 39), 1..=38, at(22, 10, 0));
    let second = acked_by(push(2, 40), 1..=20, at(22, 10, 0));
    let report = month_report(&month(vec![second, first])).unwrap();
    assert_eq!(report.required.rate().fraction(), Some((58, 79)));
    assert_eq!(report.required.rate().to_string(), "73.4%");
    assert_eq!(report.totals.rate(), Rate::NONE);
    assert_eq!(report.pushes.iter().map(|row| row.id.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!((report.people.expected, report.people.took_part, report.people.all_done), (40, 38, 20));
}

#[rstest]
#[case::first_instant((2026, 8, 31, 16, 0), true)]
#[case::just_before((2026, 8, 31, 15, 59), false)]
#[case::last_minute((2026, 9, 30, 15, 59), true)]
#[case::just_after((2026, 9, 30, 16, 0), false)]
fn b12_a_push_belongs_to_the_month_of_its_slot_by_the_offices_clock(
    #[case] (year, month_number, day, hour, minute): (i32, u32, u32, u32, u32),
    #[case] inside: bool,
) {
    let slot = Utc.with_ymd_and_hms(year, month_number, day, hour, minute, 0).unwrap();
    let month_of = Month::new(2026, 9).unwrap();
    assert_eq!(month_of.instants(ZONE).contains(&slot), inside);
    let report = month_report(&month(vec![PushFacts { slot, ..push(1, 1) }])).unwrap();
    assert_eq!(report.pushes.len(), usize::from(inside));
}

#[test]
fn a_month_starts_late_where_the_clock_jumps_at_midnight() {
    // Paraguay, 1 October 2000: 00:00 to 00:59 did not exist.
    let zone = chrono_tz::America::Asuncion;
    let start = Month::new(2000, 10).unwrap().instants(zone).start;
    assert_eq!(start.with_timezone(&zone).to_rfc3339(), "2000-10-01T01:00:00-03:00");
}

#[rstest]
#[case("2026-09", Some("2026-09"))]
#[case("2026-9", None)]
#[case("2026-13", None)]
#[case("2026-00", None)]
#[case("+026-09", None)]
#[case("2026年9月", None)]
fn a_month_is_read_strictly(#[case] text: &str, #[case] read: Option<&str>) {
    assert_eq!(Month::parse(text).map(|month| month.to_string()).as_deref(), read);
}

#[test]
fn someone_who_moved_is_counted_where_the_last_push_found_them() {
    let first = PushFacts { slot: at(1, 9, 30), ..push(2, 2) };
    let mut second = PushFacts { slot: at(8, 9, 30), ..push(1, 2) };
    second.members[1].unit = UnitId(2);
    let mut input = month(vec![second, first]);
    input.units.push(UnitRef { id: UnitId(2), name: "企业服务科".to_owned() });
    let report = month_report(&input).unwrap();
    assert_eq!(report.units.iter().map(|row| row.headcount).collect::<Vec<_>>(), [1, 1]);
    assert_eq!(report.units.iter().map(|row| row.all.counts.expected).collect::<Vec<_>>(), [3, 1]);
}

#[test]
fn a_report_naming_an_unlisted_unit_is_not_produced() {
    let mut stray = push(1, 2);
    stray.members[1].unit = UnitId(9);
    assert_eq!(month_report(&month(vec![stray])).unwrap_err().check, CheckName::UnitSums);
}

#[test]
fn a_report_counting_someone_twice_is_not_produced() {
    let mut twice = push(7, 2);
    twice.members.push(member(1));
    let failed = month_report(&month(vec![push(6, 2), twice])).unwrap_err();
    assert_eq!((failed.check, failed.push), (CheckName::AudienceOnce, Some(PushId(7))));
}

#[rstest]
#[case::a_lost_person(CheckName::PushSums, |report: &mut MonthReport| report.pushes[0].figures.counts.missing -= 1)]
#[case::late_and_on_time(CheckName::OnTimeSums, |report: &mut MonthReport| report.pushes[0].figures.counts.late += 1)]
#[case::a_total(CheckName::Totals, |report: &mut MonthReport| report.totals.counts.others += 1)]
#[case::a_part(CheckName::Totals, |report: &mut MonthReport| report.voluntary.counts.exempt += 1)]
#[case::a_unit(CheckName::UnitSums, |report: &mut MonthReport| report.units[0].required.counts.acked -= 1)]
#[case::others_of_a_unit(CheckName::UnitSums, |report: &mut MonthReport| report.units[0].voluntary.counts.others += 1)]
#[case::heads(CheckName::UnitSums, |report: &mut MonthReport| report.units[0].headcount += 1)]
#[case::all_done(CheckName::PeopleBounds, |report: &mut MonthReport| report.people.all_done = 3)]
fn every_check_finds_its_fault(#[case] name: CheckName, #[case] spoil: fn(&mut MonthReport)) {
    let mut report = month_report(&month(vec![acked_by(push(1, 3), 1..=2, at(22, 10, 0))])).unwrap();
    assert!(report.checks.iter().all(|check| check.ok) && report.checks.len() == CheckName::ALL.len() - 1);
    spoil(&mut report);
    assert_eq!(check::passed(&report, None).unwrap_err().check, name);
}

#[rstest]
#[case::none(&[], &[], "")]
#[case::once_for_a_day(&[(25, "中秋"), (25, "中秋")], &[], "中秋25-25")]
#[case::one_holiday(&[(27, "中秋"), (25, "中秋")], &[], "中秋25-27")]
#[case::two_holidays(&[(1, "甲"), (2, "乙")], &[], "甲1-1 乙2-2")]
#[case::something_went_out_that_day(&[(25, "中秋")], &[25], "")]
#[case::or_in_between(&[(25, "中秋"), (27, "中秋")], &[26], "中秋25-25 中秋27-27")]
fn days_off_are_told_where_nothing_went_out(
    #[case] off: &[(u32, &str)],
    #[case] pushes: &[u32],
    #[case] expected: &str,
) {
    let pushes = pushes.iter().map(|day| PushFacts { slot: at(*day, 9, 30), ..push(1, 1) }).collect();
    let day = |day| NaiveDate::from_ymd_opt(2026, 9, day).unwrap();
    let mut input = month(pushes);
    input.off = off.iter().map(|(d, name)| DayOff { day: day(*d), name: (*name).to_owned() }).collect();
    input.off.push(DayOff { day: NaiveDate::from_ymd_opt(2026, 10, 1).unwrap(), name: "国庆".to_owned() });
    let told = month_report(&input).unwrap().days_off;
    let told = told.iter().map(|off| format!("{}{}-{}", off.name, off.from.day(), off.to.day()));
    assert_eq!(told.collect::<Vec<_>>().join(" "), expected);
}

#[rstest]
#[case::made_in_time(at(24, 17, 29), 1, 1)]
#[case::late_all_the_same(at(24, 17, 30), 0, 0)]
fn an_ack_that_waited_out_a_gap_counts_from_its_beginning(
    #[case] since: DateTime<Utc>,
    #[case] on_time: u32,
    #[case] excused: u32,
) {
    let mut waited = acked_by(push(1, 2), 1..=1, at(24, 17, 44));
    waited.waited.insert(StaffId(1), since);
    let report = month_report(&month(vec![waited])).unwrap();
    let counts = report.totals.counts;
    assert_eq!((counts.acked, counts.on_time, report.excused), (1, on_time, excused));
}
