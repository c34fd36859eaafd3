//! Calendars written from the notices by hand, independent of the files that ship.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;

use crate::domain::calendar::Festival::{DragonBoat, Labour, MidAutumn, National, NewYear, Qingming, Spring};
use crate::domain::calendar::{Calendar, Festival, Holiday, YearFile, YearStatus, statutory};
use crate::domain::schedule::{OnHoliday, Rule, Slot, Terms};

pub(super) const SHANGHAI: Tz = Tz::Asia__Shanghai;

pub(super) fn date(text: &str) -> NaiveDate {
    text.parse().unwrap()
}

/// An instant by Shanghai's clock, `2026-09-25 09:30`.
pub(super) fn at(text: &str) -> DateTime<Utc> {
    let wall = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap();
    crate::domain::wall::instant(wall, SHANGHAI)
}

pub(super) fn local(instant: DateTime<Utc>) -> String {
    instant.with_timezone(&SHANGHAI).format("%Y-%m-%d %H:%M").to_string()
}

fn year(year: i32, holidays: &[(&[Festival], &str, &str)], makeup: &[&str]) -> YearFile {
    let day = |text: &str| date(&format!("{year}-{text}"));
    let holiday = |(festivals, from, to): &(&[Festival], &str, &str)| Holiday {
        festivals: festivals.to_vec(),
        from: day(from),
        to: day(to),
    };
    YearFile {
        year,
        status: YearStatus::Official,
        source: String::new(),
        covers_until: day("12-31"),
        holidays: holidays.iter().map(holiday).collect(),
        makeup: makeup.iter().map(|text| day(text)).collect(),
    }
}

fn of_2024() -> YearFile {
    year(
        2024,
        &[
            (&[NewYear], "01-01", "01-01"),
            (&[Spring], "02-10", "02-17"),
            (&[Qingming], "04-04", "04-06"),
            (&[Labour], "05-01", "05-05"),
            (&[DragonBoat], "06-10", "06-10"),
            (&[MidAutumn], "09-15", "09-17"),
            (&[National], "10-01", "10-07"),
        ],
        &["02-04", "02-18", "04-07", "04-28", "05-11", "09-14", "09-29", "10-12"],
    )
}

fn of_2025() -> YearFile {
    year(
        2025,
        &[
            (&[NewYear], "01-01", "01-01"),
            (&[Spring], "01-28", "02-04"),
            (&[Qingming], "04-04", "04-06"),
            (&[Labour], "05-01", "05-05"),
            (&[DragonBoat], "05-31", "06-02"),
            (&[MidAutumn, National], "10-01", "10-08"),
        ],
        &["01-26", "02-08", "04-27", "09-28", "10-11"],
    )
}

fn of_2026() -> YearFile {
    year(
        2026,
        &[
            (&[NewYear], "01-01", "01-03"),
            (&[Spring], "02-15", "02-23"),
            (&[Qingming], "04-04", "04-06"),
            (&[Labour], "05-01", "05-05"),
            (&[DragonBoat], "06-19", "06-21"),
            (&[MidAutumn], "09-25", "09-27"),
            (&[National], "10-01", "10-07"),
        ],
        &["01-04", "02-14", "02-28", "05-09", "09-20", "10-10"],
    )
}

/// 2024 to 2026 by their notices; 2027 is not known at all.
pub(super) fn announced() -> Calendar {
    Calendar::new([of_2024(), of_2025(), of_2026()])
}

/// 2024 to 2026 by their notices, then some years by the law alone.
pub(super) fn with_law(years: std::ops::RangeInclusive<i32>) -> Calendar {
    Calendar::new([of_2024(), of_2025(), of_2026()].into_iter().chain(years.map(statutory)))
}

pub(super) fn terms(rule: &str, on_holiday: OnHoliday) -> Terms {
    Terms { on_holiday, ..Terms::every_day(Rule::parse(rule).unwrap()) }
}

/// The slots due on days from the first to the last, both included.
pub(super) fn between(terms: &Terms, calendar: &Calendar, from: &str, to: &str) -> Vec<Slot> {
    let (from, to) = (at(&format!("{from} 00:00")), at(&format!("{to} 23:59")));
    let after = from - chrono::TimeDelta::seconds(1);
    terms.slots(calendar, SHANGHAI, after).take_while(|slot| slot.due <= to).collect()
}
