//! The sums a report must satisfy before anyone sees it.

use super::counts::Counts;
use super::month::{MonthReport, UnitRow};
use super::quiz::QuizReport;
use crate::domain::word::words;
use crate::ids::PushId;

words! {
    /// What is checked, in the order of checking.
    CheckName {
        /// No audience names a person twice.
        AudienceOnce = "audience_once",
        /// expected = acked + missing + undelivered + in doubt, for every push.
        PushSums = "push_sums",
        /// acked = on time + late, for every push.
        OnTimeSums = "on_time_sums",
        /// The pushes add up to required and voluntary, and these to the totals.
        Totals = "totals",
        /// The leaf units add up to required, voluntary and the totals, and their people by head to all people.
        UnitSums = "unit_sums",
        /// all done ≤ took part ≤ expected people ≤ expected counts, and took part ≤ acked.
        PeopleBounds = "people_bounds",
        /// In a month with questions: units and questions add up to all answers.
        QuizSums = "quiz_sums",
    }
}

/// One check of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Check {
    /// What was checked.
    pub name: CheckName,
    /// Whether it held.
    pub ok: bool,
}

/// The first check that did not hold; the report was not produced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("report check failed: {}", check.as_str())]
pub struct CheckFailed {
    /// The check.
    pub check: CheckName,
    /// The push it failed on, where it is about one push.
    pub push: Option<PushId>,
}

/// Every check, all of them passed, or the first that failed. `repeated` is a push whose audience names someone twice.
pub(super) fn passed(report: &MonthReport, repeated: Option<PushId>) -> Result<Vec<Check>, CheckFailed> {
    let check = |&name| match held(name, report, repeated) {
        Ok(()) => Ok(Check { name, ok: true }),
        Err(push) => Err(CheckFailed { check: name, push }),
    };
    let asked = |name: &&CheckName| **name != CheckName::QuizSums || report.quiz.is_some();
    CheckName::ALL.iter().filter(asked).map(check).collect()
}

/// Whether a check held; the error is the push it failed on, if it is about one.
fn held(name: CheckName, report: &MonthReport, repeated: Option<PushId>) -> Result<(), Option<PushId>> {
    let every_push = |holds: fn(&Counts) -> bool| {
        let failing = report.pushes.iter().find(|row| !holds(&row.figures.counts));
        failing.map_or(Ok(()), |row| Err(Some(row.id)))
    };
    let whole = |holds: bool| if holds { Ok(()) } else { Err(None) };
    match name {
        CheckName::AudienceOnce => repeated.map_or(Ok(()), |push| Err(Some(push))),
        CheckName::PushSums => every_push(classes_add_up),
        CheckName::OnTimeSums => every_push(|counts| counts.acked == counts.on_time + counts.late),
        CheckName::Totals => whole(totals_add_up(report)),
        CheckName::UnitSums => whole(units_add_up(report)),
        CheckName::PeopleBounds => whole(people_are_bounded(report)),
        CheckName::QuizSums => whole(report.quiz.as_ref().is_none_or(QuizReport::adds_up)),
    }
}

fn classes_add_up(counts: &Counts) -> bool {
    counts.expected == counts.acked + counts.missing + counts.undelivered.total() + counts.in_doubt
}

fn totals_add_up(report: &MonthReport) -> bool {
    let pushes: Counts = report.pushes.iter().map(|row| row.figures.counts).sum();
    pushes == report.totals.counts && report.required.counts + report.voluntary.counts == report.totals.counts
}

fn units_add_up(report: &MonthReport) -> bool {
    let sum = |part: fn(&UnitRow) -> Counts| report.units.iter().map(part).sum();
    let heads: u32 = report.units.iter().map(|row| row.headcount).sum();
    heads == report.people.expected
        && make_up(sum(|row| row.required.counts), report.required.counts)
        && make_up(sum(|row| row.voluntary.counts), report.voluntary.counts)
        && make_up(sum(|row| row.all.counts), report.totals.counts)
}

/// Whether the units' sum is the whole. People outside an audience have no unit, so of `others` units have a part.
fn make_up(units: Counts, whole: Counts) -> bool {
    units.others <= whole.others && Counts { others: whole.others, ..units } == whole
}

fn people_are_bounded(report: &MonthReport) -> bool {
    let (people, totals) = (report.people, report.totals.counts);
    people.all_done <= people.took_part
        && people.took_part <= people.expected
        && people.expected <= totals.expected
        && people.took_part <= totals.acked
}
