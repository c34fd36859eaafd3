//! The month: its pushes in order of time, its units in roster order, its people by head.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::check::{self, Check, CheckFailed};
use super::counts::{Basis, Counts, Figures};
use super::input::{Member, MonthInput, PushFacts, UnitRef};
use super::off::{DaysOff, days_off};
use super::part::Extent;
use super::quiz::{QuizReport, quiz_report};
use super::standing::Judge;
use crate::domain::hearing::Silence;
use crate::domain::month::Month;
use crate::domain::word::Confirm;
use crate::ids::{PushId, StaffId, UnitId};

/// The figures of a month. It exists only with every check passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MonthReport {
    /// The month reported on.
    pub month: Month,
    /// The office's zone, in which instants are printed.
    pub zone: Tz,
    /// The cut-off.
    pub as_of: DateTime<Utc>,
    /// Required and voluntary added; counts only.
    pub totals: Figures,
    /// The required pushes.
    pub required: Figures,
    /// The voluntary pushes.
    pub voluntary: Figures,
    /// People by head.
    pub people: People,
    /// Whether the units below are all of the office's.
    pub extent: Extent,
    /// Every unit, in roster order.
    pub units: Vec<UnitRow>,
    /// Every push with a button, by slot.
    pub pushes: Vec<PushRow>,
    /// Messages of the month that people passed on by hand, those of pushes without a button included.
    pub relayed: u32,
    /// Holidays on which something would have gone out, in order.
    pub days_off: Vec<DaysOff>,
    /// Times in which presses on these pushes may be lost, in order.
    pub silent: Vec<Silence>,
    /// Acks that count as on time because they came in at the end of a time in which nobody took in presses, and which
    /// began before the deadline.
    pub excused: u32,
    /// Figures of questions; `None` in a month without.
    pub quiz: Option<QuizReport>,
    /// What was checked; all of it passed.
    pub checks: Vec<Check>,
}

/// People by head: each counted once, however many pushes they had.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct People {
    /// Expected in at least one push.
    pub expected: u32,
    /// Of these, with at least one ack as an expected person.
    pub took_part: u32,
    /// Of these, with an ack for every push they were expected in.
    pub all_done: u32,
}

/// One unit's figures. `others` are its exempt people who pressed; people outside an audience have no unit in it and
/// stand only in pushes and totals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// The unit.
    pub unit: UnitId,
    /// Its name or path.
    pub name: String,
    /// People by head. Someone who moved within the month is counted where their last push found them.
    pub headcount: u32,
    /// Required and voluntary added; counts only.
    pub all: Figures,
    /// The required pushes.
    pub required: Figures,
    /// The voluntary pushes.
    pub voluntary: Figures,
}

/// One push's figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushRow {
    /// The push.
    pub id: PushId,
    /// Its slot.
    pub at: DateTime<Utc>,
    /// The deadline of a required push.
    pub deadline: Option<DateTime<Utc>>,
    /// Slug of its item.
    pub slug: String,
    /// Title of its item version.
    pub title: String,
    /// What the report calls pushes of this kind.
    pub label: String,
    /// What it asked of its readers; never [`Confirm::None`].
    pub confirm: Confirm,
    /// Its figures.
    pub figures: Figures,
    /// Messages that people passed on by hand; who read them is not known.
    pub relayed: u32,
}

/// Computes the report of a month, or names the check that failed; a report that fails a check does not exist.
pub fn month_report(input: &MonthInput) -> Result<MonthReport, CheckFailed> {
    let mut tally = Tally::new(input);
    let pushes: Vec<PushRow> = in_order(input).into_iter().map(|(push, basis)| tally.add(push, basis)).collect();
    let (required, voluntary) = (sum(&pushes, Basis::Required), sum(&pushes, Basis::Voluntary));
    let mut report = MonthReport {
        month: input.month,
        zone: input.zone,
        as_of: input.as_of,
        totals: required + voluntary,
        required,
        voluntary,
        people: tally.by_head(),
        extent: input.extent,
        units: tally.unit_rows(),
        pushes,
        relayed: of_month(input).map(|push| push.relayed).sum(),
        days_off: days_off(input),
        silent: input.silent.clone(),
        excused: tally.excused,
        quiz: quiz_report(input, &in_order(input).into_iter().map(|(push, _)| push).collect::<Vec<_>>()),
        checks: Vec::new(),
    };
    report.checks = check::passed(&report, tally.repeated)?;
    Ok(report)
}

fn of_month(input: &MonthInput) -> impl Iterator<Item = &PushFacts> {
    input.pushes.iter().filter(|push| Month::of(push.slot, input.zone) == input.month)
}

/// The month's pushes that have figures, by slot.
fn in_order(input: &MonthInput) -> Vec<(&PushFacts, Basis)> {
    let mut pushes: Vec<_> = of_month(input).filter_map(|push| Some((push, Basis::of(push.confirm)?))).collect();
    pushes.sort_by_key(|(push, _)| (push.slot, push.id));
    pushes
}

fn sum(pushes: &[PushRow], basis: Basis) -> Figures {
    let of_basis = pushes.iter().map(|row| row.figures).filter(|figures| figures.basis == Some(basis));
    Figures { counts: of_basis.map(|figures| figures.counts).sum(), basis: Some(basis) }
}

/// Running sums per unit and per person while the pushes go by.
struct Tally<'a> {
    as_of: DateTime<Utc>,
    units: &'a [UnitRef],
    place: HashMap<UnitId, usize>,
    sums: Vec<UnitSums>,
    people: HashMap<StaffId, Person>,
    repeated: Option<PushId>,
    excused: u32,
}

#[derive(Clone, Default)]
struct UnitSums {
    required: Counts,
    voluntary: Counts,
}

struct Person {
    unit: UnitId,
    expected: u32,
    acked: u32,
    seen_in: Option<PushId>,
}

impl<'a> Tally<'a> {
    fn new(input: &'a MonthInput) -> Self {
        Self {
            as_of: input.as_of,
            units: &input.units,
            place: input.units.iter().enumerate().map(|(place, unit)| (unit.id, place)).collect(),
            sums: vec![UnitSums::default(); input.units.len()],
            people: HashMap::new(),
            repeated: None,
            excused: 0,
        }
    }

    /// Adds one push to the sums of units and people and returns its own row.
    fn add(&mut self, push: &PushFacts, basis: Basis) -> PushRow {
        let judge = Judge::new(push, self.as_of);
        let mut counts = Counts::default();
        for member in &push.members {
            let mut one = Counts::default();
            judge.count(member, &mut one);
            counts += one;
            self.excused += u32::from(judge.is_excused(member));
            // A unit that is not listed leaves its people out of the unit sums, which the checks then find.
            if let Some(sums) = self.place.get(&member.unit).and_then(|place| self.sums.get_mut(*place)) {
                *sums.of(basis) += one;
            }
            self.meet(push.id, member, &one);
        }
        counts.others = judge.presses().saturating_sub(counts.acked);
        PushRow {
            id: push.id,
            at: push.slot,
            deadline: push.deadline,
            slug: push.slug.clone(),
            title: push.title.clone(),
            label: push.label.clone(),
            confirm: push.confirm,
            figures: Figures { counts, basis: Some(basis) },
            relayed: push.relayed,
        }
    }

    /// Remembers a person by head. Pushes go by in order of time, so the last expected unit stays.
    fn meet(&mut self, push: PushId, member: &Member, one: &Counts) {
        let new = Person { unit: member.unit, expected: 0, acked: 0, seen_in: None };
        let person = self.people.entry(member.staff).or_insert(new);
        if person.seen_in.replace(push) == Some(push) {
            self.repeated = Some(push);
        }
        if one.expected > 0 {
            person.unit = member.unit;
        }
        person.expected += one.expected;
        person.acked += one.acked;
    }

    fn by_head(&self) -> People {
        let mut people = People::default();
        for person in self.people.values().filter(|person| person.expected > 0) {
            people.expected += 1;
            people.took_part += u32::from(person.acked > 0);
            people.all_done += u32::from(person.acked == person.expected);
        }
        people
    }

    fn unit_rows(&self) -> Vec<UnitRow> {
        let mut heads: HashMap<UnitId, u32> = HashMap::with_capacity(self.units.len());
        for person in self.people.values().filter(|person| person.expected > 0) {
            *heads.entry(person.unit).or_default() += 1;
        }
        self.units.iter().zip(&self.sums).map(|(unit, sums)| sums.row(unit, heads.get(&unit.id))).collect()
    }
}

impl UnitSums {
    fn of(&mut self, basis: Basis) -> &mut Counts {
        match basis {
            Basis::Required => &mut self.required,
            Basis::Voluntary => &mut self.voluntary,
        }
    }

    fn row(&self, unit: &UnitRef, heads: Option<&u32>) -> UnitRow {
        let required = Figures { counts: self.required, basis: Some(Basis::Required) };
        let voluntary = Figures { counts: self.voluntary, basis: Some(Basis::Voluntary) };
        UnitRow {
            unit: unit.id,
            name: unit.name.clone(),
            headcount: heads.copied().unwrap_or_default(),
            all: required + voluntary,
            required,
            voluntary,
        }
    }
}
