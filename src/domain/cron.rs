//! Five-field crontab expressions with their standard meaning. The engine beneath counts weekdays from 1 = Sunday, joins
//! day and weekday by AND, skips or repeats runs at summer time and wants seconds; none of that passes this module.

mod field;
#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

use crate::domain::{wall, width};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cron::Schedule;
pub use field::Field;
use field::Values;
use std::str::FromStr;
use thiserror::Error;

/// Fields of a crontab expression: minute hour day month weekday.
const FIELDS: usize = 5;

/// Days of each month, January first, with the 29th that February has in leap years.
const DAYS_OF_MONTH: [u8; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Why a text is no usable crontab expression. Texts are as typed, in half width and upper case.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CronError {
    /// Not five fields.
    #[error("{found} fields instead of 5")]
    FieldCount { found: usize },
    /// Six fields: the first would be seconds, which have no place in an office's plan.
    #[error("6 fields: seconds are not supported")]
    Seconds,
    /// A part is no number, name, range, step or `*`.
    #[error("{field:?}: {text} is not understood")]
    NotUnderstood { field: Field, text: String },
    /// A number lies outside the field's range.
    #[error("{field:?}: {text} is out of range")]
    OutOfRange { field: Field, text: String },
    /// A range runs backwards over the end of the field, such as `FRI-MON`.
    #[error("{field:?}: {text} wraps around")]
    WrapAround { field: Field, text: String },
    /// A step is 0, or so wide that nothing but the start is left of `*`.
    #[error("{field:?}: the step of {text} is out of range")]
    Step { field: Field, text: String },
    /// A step after a single number (`10/20`), which crontabs read in different ways.
    #[error("{field:?}: {text} has a step but no range")]
    StepWithoutRange { field: Field, text: String },
    /// No month named has any of the days named, such as 30 February.
    #[error("never fires")]
    NeverFires,
    /// The engine refused values that were checked here; kept apart so that it is seen and not taken for a typing error.
    #[error("the engine refused {text}")]
    Engine { text: String },
}

/// A checked crontab expression of five fields.
#[derive(Debug, Clone)]
pub struct CronExpr {
    text: String,
    /// Minute, hour, day, month and weekday, as in the text.
    fields: [Values; FIELDS],
    /// One engine schedule, or two whose runs are united: crontab joins a restricted day and weekday by OR.
    parts: Vec<Schedule>,
}

/// Expressions are equal when they are written alike, in their one spelling.
impl PartialEq for CronExpr {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl CronExpr {
    /// Reads five fields. Accepted: `*`, `?`, numbers, lists, ranges, `*/n`, `a-b/n`, English names of months and
    /// weekdays in any case, weekdays 0–7 with 0 and 7 = Sunday, and all of it in full width.
    pub fn parse(text: &str) -> Result<Self, CronError> {
        let text = normalise(text);
        let fields: Vec<&str> = text.split(' ').filter(|f| !f.is_empty()).collect();
        let [minute, hour, day, month, weekday] = fields[..] else {
            return Err(wrong_count(fields.len()));
        };
        let minute = field::parse(Field::Minute, minute)?;
        let hour = field::parse(Field::Hour, hour)?;
        let day = field::parse(Field::Day, day)?;
        let month = field::parse(Field::Month, month)?;
        let weekday = field::parse(Field::Weekday, weekday)?;
        if !can_fire(&day, &month, &weekday) {
            return Err(CronError::NeverFires);
        }
        let clock = format!("0 {} {}", minute.list(), hour.list());
        let engine = |day: &str, weekday: &str| schedule(&format!("{clock} {day} {} {weekday}", month.list()));
        let parts = if day.restricted() && weekday.restricted() {
            vec![engine(&day.list(), "*")?, engine("*", &weekday.weekday_names())?]
        } else {
            vec![engine(&day.list(), &weekday.weekday_names())?]
        };
        Ok(Self { text, fields: [minute, hour, day, month, weekday], parts })
    }

    /// The values that a field names, ascending, weekdays as 0–6 with 0 = Sunday; `None` for `*`, which restricts nothing.
    /// When both day and weekday are restricted, either of them is enough.
    pub fn values(&self, field: Field) -> Option<Vec<u8>> {
        let [minute, hour, day, month, weekday] = &self.fields;
        let values = match field {
            Field::Minute => minute,
            Field::Hour => hour,
            Field::Day => day,
            Field::Month => month,
            Field::Weekday => weekday,
        };
        values.restricted().then(|| (0..64).filter(|value| values.has(*value)).collect())
    }

    /// The expression in half width and upper case, one space between fields, `?` as `*`. Reading it again gives the same
    /// runs and the same text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The first run after `after` (never `after` itself), with the wall time read in `tz`. A wall time that summer time
    /// skips runs once, at the next valid minute; one that is repeated runs once, the first time. `None` from 2100 on.
    pub fn next_after(&self, after: DateTime<Utc>, tz: Tz) -> Option<DateTime<Utc>> {
        let from = wall::of(after, tz).and_utc();
        let first_of = |part: &Schedule| {
            part.after(&from).map(|run| wall::instant(run.naive_utc(), tz)).find(|instant| *instant > after)
        };
        self.parts.iter().filter_map(first_of).min()
    }

    /// All runs after `after`, ascending, each once.
    pub fn runs(&self, after: DateTime<Utc>, tz: Tz) -> impl Iterator<Item = DateTime<Utc>> {
        std::iter::successors(self.next_after(after, tz), move |run| self.next_after(*run, tz))
    }
}

fn normalise(text: &str) -> String {
    width::plain(text).replace('?', "*").to_ascii_uppercase()
}

fn wrong_count(found: usize) -> CronError {
    if found == FIELDS + 1 { CronError::Seconds } else { CronError::FieldCount { found } }
}

/// Whether any date fits. A restricted weekday always comes; otherwise some month named must have some day named.
/// Every date that exists at all comes within five years while the engine lasts (29 February 2096 is its last).
fn can_fire(day: &Values, month: &Values, weekday: &Values) -> bool {
    let fits = |(month_no, days): (u8, u8)| month.has(month_no) && (1..=days).any(|d| day.has(d));
    weekday.restricted() || (1..).zip(DAYS_OF_MONTH).any(fits)
}

fn schedule(text: &str) -> Result<Schedule, CronError> {
    Schedule::from_str(text).map_err(|_| CronError::Engine { text: text.to_owned() })
}
