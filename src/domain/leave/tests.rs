#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use chrono::{DateTime, Days, Utc};
use chrono_tz::Tz;
use proptest::prelude::*;
use rstest::rstest;

use super::*;
use crate::domain::calendar::{Calendar, DayKind, read};
use crate::domain::slot::AllowedHours;
use crate::domain::wall;
use crate::ids::LeaveId;

const ZONE: Tz = Tz::Asia__Shanghai;

fn day(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

fn absence(id: i64, category: LeaveCategory, from: &str, to: &str) -> Absence {
    let to = Some(to).filter(|to| !to.is_empty()).map(day);
    Absence { id: LeaveId(id), category, span: Span { from: day(from), to } }
}

/// The rows of the table of who counts, each category where it stands there. Whoever is not away, left the roster or is new
/// is told apart by the roster itself.
#[rstest]
#[case::trip("出差", "2026-09-01", "2026-09-05", Effect::Excused)]
#[case::duty("公务", "2026-09-01", "2026-09-01", Effect::Excused)]
#[case::duty_conflict("公务冲突", "2026-09-01", "2026-09-01", Effect::Excused)]
#[case::personal("事假", "2026-09-01", "2026-09-02", Effect::Excused)]
#[case::sick("病假", "2026-09-01", "2026-09-10", Effect::Excused)]
#[case::annual("年休假", "2026-09-01", "2026-09-10", Effect::Excused)]
#[case::on_call("值班", "2026-09-05", "2026-09-05", Effect::Excused)]
#[case::declared("不在岗", "2026-09-05", "2026-09-05", Effect::Excused)]
#[case::maternity("产假", "2026-09-01", "2027-02-05", Effect::Excluded)]
#[case::care("育儿假", "2026-09-01", "2026-09-03", Effect::Excluded)]
#[case::long_sick("长期病假", "2026-09-01", "", Effect::Excluded)]
#[case::sick_for_a_month("病假", "2026-09-01", "2026-09-30", Effect::Excluded)]
#[case::sick_for_less("长期病假", "2026-09-01", "2026-09-29", Effect::Excused)]
#[case::unable("生活不能自理", "2026-09-01", "", Effect::Excluded)]
#[case::seconded("借调", "2026-09-01", "2027-02-28", Effect::Excluded)]
#[case::seconded_without_end("挂职", "2026-09-01", "", Effect::Excluded)]
#[case::study("脱产学习", "2026-09-01", "2027-08-31", Effect::Excluded)]
#[case::transferred("组织关系已转", "2026-09-01", "2026-09-30", Effect::Excluded)]
#[case::seconded_for_less("借调", "2026-09-01", "2027-02-27", Effect::Extended)]
#[case::study_for_less("脱产学习", "2026-09-01", "2026-12-31", Effect::Extended)]
#[case::loaned_in("借入", "2026-09-01", "2027-08-31", Effect::Present)]
#[case::loaned_in_post("挂职到本单位", "2026-09-01", "", Effect::Present)]
#[case::retired("退休", "2026-09-01", "", Effect::Apart)]
#[case::early_retired("离岗退养", "2026-09-01", "", Effect::Apart)]
#[case::moved_away("调离", "2026-09-01", "", Effect::Excluded)]
#[case::resigned("离职", "2026-09-01", "", Effect::Excluded)]
#[case::suspended("停职", "2026-09-01", "", Effect::Excluded)]
#[case::detained("留置", "2026-09-01", "", Effect::Excluded)]
#[case::punished("处分期", "2026-09-01", "2027-02-28", Effect::Excluded)]
#[case::floating("流动党员", "2026-09-01", "2027-02-28", Effect::Excluded)]
#[case::floating_for_less("流动党员", "2026-09-01", "2026-11-30", Effect::Extended)]
fn every_row_of_the_table_holds(#[case] name: &str, #[case] from: &str, #[case] to: &str, #[case] expected: Effect) {
    let one = absence(1, LeaveCategory::read(name).unwrap(), from, to);
    assert_eq!(effect(one.category, one.span), expected, "{name} {from}—{to}");
    assert_eq!(standing(&[one], one.span.from), Some(expected));
    assert_eq!(standing(&[one], one.span.from - Days::new(1)), None);
    let out = matches!(expected, Effect::Excluded | Effect::Apart);
    assert_eq!(outside(&[one], None, one.span.from), out, "{name}");
}

#[test]
fn who_is_new_counts_from_the_next_day_on() {
    let joined = Some(day("2026-09-01"));
    assert!(!outside(&[], None, day("2026-09-01")), "at their desk");
    assert!(outside(&[], joined, day("2026-08-31")) && outside(&[], joined, day("2026-09-01")));
    assert!(!outside(&[], joined, day("2026-09-02")));
}

#[test]
fn what_must_not_be_told_is_not_even_kept() {
    for hidden in ["停职", "留置", "处分期"] {
        let category = LeaveCategory::read(hidden).unwrap();
        assert_eq!((category.label(), category.as_str()), ("其他", "other"), "{hidden}");
    }
    let names: Vec<&str> = LeaveCategory::ALL.iter().flat_map(|category| category.names()).copied().collect();
    let once: std::collections::BTreeSet<&str> = names.iter().copied().collect();
    assert_eq!(once.len(), names.len(), "a name means one category");
    assert!(LeaveCategory::ALL.iter().all(|category| LeaveCategory::read(category.as_str()) == Some(*category)));
}

#[test]
fn absences_that_follow_each_other_are_one() {
    use LeaveCategory::{Floating, Sick};
    let notes = [absence(1, Sick, "2026-09-01", "2026-09-14"), absence(2, Sick, "2026-09-15", "2026-10-05")];
    assert_eq!(standing(&notes[..1], day("2026-09-02")), Some(Effect::Excused));
    assert_eq!(standing(&notes, day("2026-09-02")), Some(Effect::Excluded));
    let gap = [notes[0], absence(2, Sick, "2026-09-16", "2026-10-05")];
    assert_eq!(standing(&gap, day("2026-09-02")), Some(Effect::Excused), "a day between");
    let other = [notes[0], absence(2, Floating, "2026-09-15", "")];
    assert_eq!(standing(&other, day("2026-09-02")), Some(Effect::Excused), "another category");
    let both = [notes[0], absence(3, LeaveCategory::Parental, "2026-09-10", "2026-12-01")];
    assert_eq!(standing(&both, day("2026-09-12")), Some(Effect::Excluded), "the stronger one holds");
}

fn calendar() -> Calendar {
    let file = |year: i32| {
        let path = format!("{}/content/calendar/{year}.toml", env!("CARGO_MANIFEST_DIR"));
        read(&std::fs::read(path).unwrap()).unwrap()
    };
    Calendar::new([file(2026), file(2027)])
}

fn at(text: &str) -> DateTime<Utc> {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    wall::instant(wall, ZONE)
}

/// A push of the first day with a deadline, the absences as `from—to`, and the own deadline that follows.
#[rstest]
#[case::new_year("2026-12-29", "2026-12-31 17:30", &["2026-12-31—2027-01-03"], "2027-01-05 17:30")]
#[case::away_at_the_push("2026-09-03", "2026-09-07 17:30", &["2026-09-03—2026-09-08"], "2026-09-10 17:30")]
#[case::back_just_before("2026-09-03", "2026-09-07 17:30", &["2026-09-03—2026-09-06"], "2026-09-08 17:30")]
#[case::back_long_before("2026-09-03", "2026-09-10 17:30", &["2026-09-03—2026-09-04"], "")]
#[case::before_the_push("2026-09-03", "2026-09-07 17:30", &["2026-09-01—2026-09-02"], "")]
#[case::between_the_two("2026-09-03", "2026-09-10 17:30", &["2026-09-07—2026-09-08"], "")]
#[case::after_the_deadline("2026-09-03", "2026-09-07 17:30", &["2026-09-08—2026-09-09"], "")]
#[case::a_weekend_between("2026-09-03", "2026-09-07 17:30", &["2026-09-07—2026-09-11"], "2026-09-15 17:30")]
#[case::away_again_on_monday("2026-09-03", "2026-09-07 17:30", &["2026-09-07—2026-09-11", "2026-09-14—2026-09-15"], "2026-09-17 17:30")]
#[case::away_again_at_the_new_deadline("2026-09-03", "2026-09-07 17:30", &["2026-09-07—2026-09-08", "2026-09-10—2026-09-11"], "2026-09-15 17:30")]
#[case::overlapping("2026-09-03", "2026-09-07 17:30", &["2026-09-07—2026-09-08", "2026-09-07—2026-09-14"], "2026-09-16 17:30")]
#[case::a_makeup_sunday("2026-09-17", "2026-09-18 17:30", &["2026-09-18—2026-09-19"], "2026-09-21 17:30")]
#[case::without_an_end("2026-09-03", "2026-09-07 17:30", &["2026-09-07—"], "")]
fn a_deadline_moves_to_the_second_workday_from_the_return(
    #[case] pushed: &str,
    #[case] deadline: &str,
    #[case] away: &[&str],
    #[case] expected: &str,
) {
    let (calendar, hours) = (calendar(), AllowedHours::standard(ZONE));
    let spans = away.iter().map(|span| span.split_once('—').unwrap());
    let away: Vec<Absence> =
        spans.zip(1..).map(|((from, to), id)| absence(id, LeaveCategory::Trip, from, to)).collect();
    let own = own_deadline(&away, (Some(day(pushed)), at(deadline)), &calendar, &hours);
    let expected = Some(expected).filter(|text| !text.is_empty()).map(at);
    assert_eq!(own.map(|own| own.deadline), expected);
}

#[test]
fn of_a_push_that_is_out_only_the_deadline_matters() {
    let (calendar, hours) = (calendar(), AllowedHours::standard(ZONE));
    let away = [absence(1, LeaveCategory::Trip, "2026-09-03", "2026-09-06")];
    assert_eq!(own_deadline(&away, (None, at("2026-09-07 17:30")), &calendar, &hours), None);
    let here = [absence(1, LeaveCategory::LoanedIn, "2026-09-03", "2026-09-16")];
    assert_eq!(own_deadline(&here, (None, at("2026-09-07 17:30")), &calendar, &hours), None, "not away at all");
}

#[test]
fn the_next_two_workdays_are_offered() {
    let calendar = calendar();
    assert_eq!(return_days(&calendar, day("2026-12-31")), [day("2027-01-04"), day("2027-01-05")]);
    assert_eq!(latest_return(day("2026-12-31")), day("2027-03-01"));
}

proptest! {
    /// A deadline never moves earlier, and never into a day that somebody named as one of absence.
    #[test]
    fn a_deadline_only_moves_later(
        spans in proptest::collection::vec((0..60u64, 0..20u64, 0..LeaveCategory::ALL.len(), any::<bool>()), 0..6),
        pushed in 0..40u64,
        left in 0..10u64,
    ) {
        let (calendar, hours) = (calendar(), AllowedHours::standard(ZONE));
        let first = day("2026-09-01");
        let away: Vec<Absence> = spans.iter().zip(1..).map(|((start, days, category, open), id)| {
            let from = first + Days::new(*start);
            let to = (!open).then(|| from + Days::new(*days));
            Absence { id: LeaveId(id), category: LeaveCategory::ALL[*category], span: Span { from, to } }
        }).collect();
        let pushed = first + Days::new(pushed);
        let deadline = wall::instant((pushed + Days::new(left)).and_hms_opt(17, 30, 0).unwrap(), ZONE);
        if let Some(own) = own_deadline(&away, (Some(pushed), deadline), &calendar, &hours) {
            prop_assert!(own.deadline > deadline);
            let at = wall::of(own.deadline, ZONE).date();
            prop_assert_ne!(calendar.kind(at), DayKind::Weekend);
            let named = away.iter().filter(|one| one.span.to.is_some() && one.effect(&away) > Effect::Present);
            let free = named.clone().all(|one| !one.span.covers(at));
            let open = away.iter().any(|one| one.span.to.is_none());
            prop_assert!(free || open, "{at}");
            prop_assert!(away.iter().any(|one| one.id == own.leave));
        }
    }
}
