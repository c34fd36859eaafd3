//! One field of a crontab expression: from its text to the set of values it names.

use super::CronError;

/// Place of a field in the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// 0–59
    Minute,
    /// 0–23
    Hour,
    /// Day of the month, 1–31
    Day,
    /// 1–12 or JAN–DEC
    Month,
    /// 0–7 or SUN–SAT; 0 and 7 are Sunday
    Weekday,
}

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Sunday's second number, so that a week may end with it (`5-7`, `FRI-SUN`).
const SUNDAY_AT_THE_END: u8 = 7;

impl Field {
    /// Smallest and largest number that may be written.
    pub const fn bounds(self) -> (u8, u8) {
        match self {
            Self::Minute => (0, 59),
            Self::Hour => (0, 23),
            Self::Day => (1, 31),
            Self::Month => (1, 12),
            Self::Weekday => (0, SUNDAY_AT_THE_END),
        }
    }

    /// Largest value that `*` and a step reach; the second Sunday is left out.
    const fn last(self) -> u8 {
        match self {
            Self::Weekday => SUNDAY_AT_THE_END - 1,
            Self::Minute | Self::Hour | Self::Day | Self::Month => self.bounds().1,
        }
    }

    /// The number a name stands for, where the field has names.
    fn named(self, name: &str) -> Option<u8> {
        let (names, first): (&[&str], u8) = match self {
            Self::Month => (&MONTHS, 1),
            Self::Weekday => (&WEEKDAYS, 0),
            Self::Minute | Self::Hour | Self::Day => (&[], 0),
        };
        (first..).zip(names).find(|(_, n)| **n == name).map(|(number, _)| number)
    }

    fn not_understood(self, text: &str) -> CronError {
        CronError::NotUnderstood { field: self, text: text.to_owned() }
    }
}

/// The values a field names. Weekdays are 0–6 with 0 = Sunday.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Values {
    bits: u64,
    every: bool,
}

impl Values {
    /// Whether the field is anything else than `*`. Steps over `*` restrict, as in POSIX.
    pub(super) fn restricted(&self) -> bool {
        !self.every
    }

    pub(super) fn has(&self, value: u8) -> bool {
        self.bits & (1 << value) != 0
    }

    /// The values as the engine reads them: a plain list of numbers, or `*`.
    pub(super) fn list(&self) -> String {
        self.joined((0..64).map(|value: u8| (value, value.to_string())))
    }

    /// Weekdays by name, because the engine's numbers mean other days than crontab's.
    pub(super) fn weekday_names(&self) -> String {
        self.joined((0..).zip(WEEKDAYS.map(str::to_owned)))
    }

    fn joined(&self, words: impl Iterator<Item = (u8, String)>) -> String {
        if self.every {
            return "*".to_owned();
        }
        words.filter(|(value, _)| self.has(*value)).map(|(_, word)| word).collect::<Vec<_>>().join(",")
    }
}

/// Reads one field, already in half width and upper case.
pub(super) fn parse(field: Field, text: &str) -> Result<Values, CronError> {
    let mut bits = 0;
    for part in text.split(',') {
        bits |= part_bits(field, part)?;
    }
    // A list that holds `*` beside other values is a slip, not a wish.
    if text.contains(',') && text.split(',').any(|part| part == "*") {
        return Err(field.not_understood(text));
    }
    Ok(Values { bits, every: text == "*" })
}

fn part_bits(field: Field, part: &str) -> Result<u64, CronError> {
    let (span, step) = match part.split_once('/') {
        Some((span, step)) => (span, Some(step)),
        None => (part, None),
    };
    let (from, to) = if span == "*" {
        (field.bounds().0, field.last())
    } else if let Some((from, to)) = span.split_once('-') {
        range(field, span, (from, to))?
    } else if step.is_some() {
        value(field, span)?;
        return Err(CronError::StepWithoutRange { field, text: part.to_owned() });
    } else {
        let one = value(field, span)?;
        (one, one)
    };
    let step = step.map_or(Ok(1), |step| step_of(field, part, step))?;
    Ok((from..=to).step_by(step).map(|v| bit(field, v)).fold(0, |bits, b| bits | b))
}

fn range(field: Field, span: &str, (from, to): (&str, &str)) -> Result<(u8, u8), CronError> {
    let first = value(field, from)?;
    let mut last = value(field, to)?;
    if field == Field::Weekday && to == WEEKDAYS[0] && first != 0 {
        last = SUNDAY_AT_THE_END;
    }
    if first > last {
        return Err(CronError::WrapAround { field, text: span.to_owned() });
    }
    Ok((first, last))
}

fn step_of(field: Field, part: &str, step: &str) -> Result<usize, CronError> {
    let number = digits(step).ok_or_else(|| field.not_understood(part))?;
    let widest = u32::from(field.last() - field.bounds().0);
    match usize::try_from(number) {
        Ok(step) if (1..=widest).contains(&number) => Ok(step),
        Ok(_) | Err(_) => Err(CronError::Step { field, text: part.to_owned() }),
    }
}

fn value(field: Field, text: &str) -> Result<u8, CronError> {
    if let Some(number) = field.named(text) {
        return Ok(number);
    }
    let number = digits(text).ok_or_else(|| field.not_understood(text))?;
    let (min, max) = field.bounds();
    u8::try_from(number)
        .ok()
        .filter(|n| (min..=max).contains(n))
        .ok_or_else(|| CronError::OutOfRange { field, text: text.to_owned() })
}

/// A number written in digits alone; one too long to hold is as good as the largest.
fn digits(text: &str) -> Option<u32> {
    let all_digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| text.parse().unwrap_or(u32::MAX))
}

fn bit(field: Field, value: u8) -> u64 {
    let value = if field == Field::Weekday { value % SUNDAY_AT_THE_END } else { value };
    1 << value
}
