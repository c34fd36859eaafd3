//! What can be wrong with a year file. Data only: the sentences stand in `message::calendar`.

use chrono::NaiveDate;

use super::Festival;
use crate::domain::word::words;

/// One thing that is wrong, with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub place: Place,
    pub kind: ProblemKind,
}

/// Where in a file. The parts of an entry stand apart, so the date or the key in [`ProblemKind`] narrows it further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The file as a whole.
    File,
    /// A line of a TOML file, or of one that is no JSON, from 1.
    Line(usize),
    /// A place in the list `days` of a JSON file, from 1.
    Entry(usize),
}

/// The two ways of writing a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Ours.
    Toml,
    /// The one in which years are passed around in public.
    Json,
}

words! {
    /// What a file may say, as it is spelt there.
    Key {
        Year = "year",
        Status = "status",
        Source = "source",
        CoversUntil = "covers_until",
        Makeup = "makeup",
        Holiday = "holiday",
        Name = "name",
        From = "from",
        To = "to",
        Papers = "papers",
        Days = "days",
        Date = "date",
        IsOffDay = "isOffDay",
    }
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProblemKind {
    /// More than [`FILE_BYTES_MAX`](super::FILE_BYTES_MAX).
    TooLarge,
    /// Not UTF-8.
    NotUtf8,
    /// Nothing of the file can be read as the form that it seems to have.
    Syntax(Form),
    /// A key that must be there is not.
    Missing(Key),
    /// A key that year files do not have; a slip of spelling would otherwise go unnoticed.
    UnknownKey(String),
    /// The value is not of the kind that the key takes.
    BadValue(Key),
    /// Outside 2000 to 2099.
    Year,
    /// The file's name is that of another year.
    NotFileName { year: i32 },
    /// No day is listed: such a file never covers a year.
    Empty,
    /// Official by no document.
    NoSource,
    /// The last covered day lies in another year.
    CoversOtherYear,
    /// A day behind the last one that the file says it covers.
    NotCovered(NaiveDate),
    /// No festival of the whole people.
    UnknownFestival(String),
    /// The festival is listed before.
    FestivalTwice(Festival),
    /// The days off do not contain the festival itself, which by law and almanac is `day`.
    FestivalElsewhere { festival: Festival, day: NaiveDate },
    /// Neither in the year nor in the December before.
    OutsideYear(NaiveDate),
    /// The last day comes before the first.
    Backwards,
    /// More days than [`BLOCK_DAYS_MAX`](super::BLOCK_DAYS_MAX).
    TooLong,
    /// The day belongs to the days off of an earlier entry.
    Overlap(NaiveDate),
    /// The day is listed before.
    Repeated(NaiveDate),
    /// A make-up workday that is a day off.
    Contradiction(NaiveDate),
    /// A make-up workday on Monday to Friday.
    MakeupOnWeekday(NaiveDate),
}
