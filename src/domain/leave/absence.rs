//! A person's absences together: what holds on a day.

use chrono::NaiveDate;

use super::{Effect, LeaveCategory, Span, effect};
use crate::ids::LeaveId;

/// A recorded absence of a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Absence {
    pub id: LeaveId,
    pub category: LeaveCategory,
    pub span: Span,
}

impl Absence {
    /// What it does, with all absences of the person known: those of its category that follow each other without a day
    /// between are one, as with sick notes that are renewed.
    pub(super) fn effect(&self, all: &[Self]) -> Effect {
        effect(self.category, whole(self, all))
    }
}

/// The whole stretch that an absence belongs to.
fn whole(one: &Absence, all: &[Absence]) -> Span {
    let mut span = one.span;
    let same: Vec<Span> = all.iter().filter(|other| other.category == one.category).map(|other| other.span).collect();
    // Each round takes at least one more in, so there are no more rounds than absences.
    for _ in 0..same.len() {
        let before = span;
        for other in &same {
            if touches(span, *other) {
                span.from = span.from.min(other.from);
                span.to = span.to.zip(other.to).map(|(a, b)| a.max(b));
            }
        }
        if span == before {
            break;
        }
    }
    span
}

fn touches(one: Span, other: Span) -> bool {
    let day_after = |span: Span| span.to.and_then(|last| last.succ_opt());
    one.overlaps(other) || day_after(one) == Some(other.from) || day_after(other) == Some(one.from)
}

/// What holds for a person on a day; `None`: they are not away.
pub fn standing(absences: &[Absence], day: NaiveDate) -> Option<Effect> {
    absences.iter().filter(|absence| absence.span.covers(day)).map(|absence| absence.effect(absences)).max()
}

/// Whether a person is outside the count of what is frozen on a day. Who took up work here counts from the next day on.
pub fn outside(absences: &[Absence], joined_on: Option<NaiveDate>, day: NaiveDate) -> bool {
    let new = joined_on.is_some_and(|joined| day <= joined);
    new || match standing(absences, day) {
        Some(Effect::Excluded | Effect::Apart) => true,
        Some(Effect::Present | Effect::Extended | Effect::Excused) | None => false,
    }
}
