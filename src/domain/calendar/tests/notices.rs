//! What is shipped, against the notices and the almanac as they are printed. The tables here are written out a second
//! time, apart from the files.

use rstest::rstest;

use super::super::*;
use super::{calendar, day, shipped};

/// Days off as `first..last` of one year, then make-up workdays, then workdays of each month.
struct Printed {
    year: i32,
    off: &'static str,
    makeup: &'static str,
    months: [usize; 12],
    total: usize,
}

const PRINTED: [Printed; 3] = [
    Printed {
        year: 2024,
        off: "01-01..01-01 02-10..02-17 04-04..04-06 05-01..05-05 06-10..06-10 09-15..09-17 10-01..10-07",
        makeup: "02-04 02-18 04-07 04-28 05-11 09-14 09-29 10-12",
        months: [22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22],
        total: 251,
    },
    Printed {
        year: 2025,
        off: "01-01..01-01 01-28..02-04 04-04..04-06 05-01..05-05 05-31..06-02 10-01..10-08",
        makeup: "01-26 02-08 04-27 09-28 10-11",
        months: [19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23],
        total: 248,
    },
    Printed {
        year: 2026,
        off: "01-01..01-03 02-15..02-23 04-04..04-06 05-01..05-05 06-19..06-21 09-25..09-27 10-01..10-07",
        makeup: "01-04 02-14 02-28 05-09 09-20 10-10",
        months: [21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23],
        total: 248,
    },
];

impl Printed {
    fn kind(&self, date: NaiveDate) -> DayKind {
        let of = |text: &str| day(&format!("{}-{text}", self.year));
        let inside = |span: &str| span.split_once("..").is_some_and(|(from, to)| (of(from)..=of(to)).contains(&date));
        if self.makeup.split(' ').any(|makeup| of(makeup) == date) {
            DayKind::Makeup
        } else if self.off.split(' ').any(inside) {
            DayKind::Holiday
        } else if date.weekday().num_days_from_monday() >= 5 {
            DayKind::Weekend
        } else {
            DayKind::Workday
        }
    }
}

#[test]
fn every_day_of_three_years_is_as_printed() {
    let calendar = calendar();
    for printed in PRINTED {
        let days: Vec<NaiveDate> =
            day(&format!("{}-01-01", printed.year)).iter_days().take_while(|day| day.year() == printed.year).collect();
        for date in &days {
            assert_eq!(calendar.kind(*date), printed.kind(*date), "{date}");
        }
        let of = |month: u32| days.iter().filter(|date| date.month() == month && calendar.is_workday(**date)).count();
        let months: Vec<usize> = (1..=12).map(of).collect();
        assert_eq!((months.iter().sum::<usize>(), &months[..]), (printed.total, &printed.months[..]));
        assert_eq!(calendar.standing(printed.year), YearStatus::Official);
    }
}

#[test]
fn the_eve_of_the_spring_festival_was_worked_in_2024() {
    assert_eq!(calendar().kind(day("2024-02-09")), DayKind::Workday);
}

#[test]
fn the_year_without_a_notice_has_the_days_of_the_law() {
    let file = shipped(2027);
    assert_eq!((file.status, &file.makeup[..]), (YearStatus::Provisional, &[][..]));
    let days: Vec<String> = file
        .holidays
        .iter()
        .flat_map(|h| h.from.iter_days().take_while(|d| *d <= h.to))
        .map(|d| d.to_string())
        .collect();
    let expected = [
        "2027-01-01",
        "2027-02-05",
        "2027-02-06",
        "2027-02-07",
        "2027-02-08",
        "2027-04-05",
        "2027-05-01",
        "2027-05-02",
        "2027-06-09",
        "2027-09-15",
        "2027-10-01",
        "2027-10-02",
        "2027-10-03",
    ];
    assert_eq!(days, expected);
    assert_eq!(file.holidays, statutory(2027).holidays);
}

#[rstest]
#[case(2024, ["02-10", "04-04", "06-10", "09-17"])]
#[case(2025, ["01-29", "04-04", "05-31", "10-06"])]
#[case(2026, ["02-17", "04-05", "06-19", "09-25"])]
#[case(2027, ["02-06", "04-05", "06-09", "09-15"])]
#[case(2028, ["01-26", "04-04", "05-28", "10-03"])]
#[case(2029, ["02-13", "04-04", "06-16", "09-22"])]
#[case(2030, ["02-03", "04-05", "06-05", "09-12"])]
fn lunar_festivals_fall_as_the_almanac_has_them(#[case] year: i32, #[case] days: [&str; 4]) {
    let lunar = [Festival::Spring, Festival::Qingming, Festival::DragonBoat, Festival::MidAutumn];
    assert_eq!(
        lunar.map(|festival| festival_day(festival, year)),
        days.map(|text| Some(day(&format!("{year}-{text}"))))
    );
}

#[test]
fn festivals_stand_with_their_days_off() {
    let told = |year: i32| -> Vec<String> {
        let line = |f: FestivalDays| format!("{} {} {}..{}", f.festival.label(), f.day, f.first_off, f.last_off);
        calendar().festivals(year).into_iter().map(line).collect()
    };
    assert_eq!(told(2026)[1], "春节 2026-02-17 2026-02-15..2026-02-23");
    assert_eq!(told(2025)[5..], ["国庆 2025-10-01 2025-10-01..2025-10-08", "中秋 2025-10-06 2025-10-01..2025-10-08"]);
    assert_eq!(told(2028)[5..], ["国庆 2028-10-01 2028-10-01..2028-10-03", "中秋 2028-10-03 2028-10-01..2028-10-03"]);
    assert_eq!((2024..=2030).map(|year| told(year).len()).collect::<Vec<_>>(), [7; 7]);
}

/// The public form of a year of the tables, as it is passed around.
fn public(file: &YearFile) -> serde_json::Value {
    let name = |holiday: &Holiday| holiday.festivals.iter().map(|f| full(*f)).collect::<Vec<_>>().join("、");
    let off = file.holidays.iter().flat_map(|holiday| {
        let days = holiday.from.iter_days().take_while(|day| *day <= holiday.to);
        days.map(move |day| serde_json::json!({ "name": name(holiday), "date": day, "isOffDay": true }))
    });
    let makeup = file.makeup.iter().map(|day| serde_json::json!({ "name": "春节", "date": day, "isOffDay": false }));
    let days: Vec<_> = off.chain(makeup).collect();
    serde_json::json!({
        "$schema": "https://example.org/schema.json", "$id": "year", "year": file.year, "papers": [file.source], "days": days,
    })
}

fn full(festival: Festival) -> String {
    let label = festival.label();
    if label.ends_with('节') || festival == Festival::NewYear { label.to_owned() } else { format!("{label}节") }
}

#[rstest]
#[case(2024)]
#[case(2025)]
#[case(2026)]
fn both_forms_read_to_the_same(#[case] year: i32) {
    let file = shipped(year);
    let mut json = public(&file);
    assert_eq!(read(json.to_string().as_bytes()).unwrap(), file);
    json["days"].as_array_mut().unwrap().reverse();
    let marked = format!("\u{feff}\r\n{json:#}");
    assert_eq!(read(marked.as_bytes()).unwrap(), file, "in any order, with a byte order mark");
}
