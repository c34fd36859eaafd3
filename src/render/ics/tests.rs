#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use std::collections::{BTreeMap, BTreeSet};

use ical::parser::ical::component::IcalCalendar;

use super::*;

/// Longest line in octets, its line break not counted (RFC 5545, 3.1).
const LINE_OCTETS_MAX: usize = 75;

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn now() -> DateTime<Utc> {
    at("2026-09-01T00:00:00Z")
}

fn events() -> Vec<Event> {
    let event = |n: i64, start: &str, summary: &str, description: &str| Event {
        uid: format!("schedule-1-{n}@office"),
        at: at(start),
        summary: summary.to_owned(),
        description: description.to_owned(),
        status: if n == 2 { Settled::Open } else { Settled::Yes },
    };
    vec![
        event(
            1,
            "2026-09-22T01:30:00Z",
            "【节前提醒】中秋、国庆廉洁提醒；请查收, 谢谢\\",
            &"依据：《公职人员政务处分法》第三十四条\n".repeat(9),
        ),
        event(2, "2026-09-28T01:30:00Z", "【小知识】内容待定", ""),
        event(3, "2026-12-31T16:30:00Z", &format!("【{}】🙂", "长".repeat(200)), "a\rb\u{7}c"),
    ]
}

fn parsed(text: &str) -> IcalCalendar {
    let mut calendars = ical::IcalParser::new(text.as_bytes());
    let calendar = calendars.next().unwrap().unwrap();
    assert!(calendars.next().is_none());
    calendar
}

fn of_event(calendar: &IcalCalendar, place: usize) -> BTreeMap<String, String> {
    let properties = calendar.events[place].properties.iter();
    properties.map(|property| (property.name.clone(), property.value.clone().unwrap_or_default())).collect()
}

#[test]
fn another_reader_finds_every_entry() {
    let events = events();
    let calendar = parsed(&ics("机关党委推送计划", Tz::Asia__Shanghai, &events, now()));
    assert_eq!(calendar.events.len(), events.len());
    let uids: BTreeSet<String> = (0..events.len()).map(|place| of_event(&calendar, place)["UID"].clone()).collect();
    assert_eq!(uids.len(), events.len());
    let first = of_event(&calendar, 0);
    assert_eq!((first["DTSTART"].as_str(), first["DTEND"].as_str()), ("20260922T013000Z", "20260922T014000Z"));
    assert_eq!((first["DTSTAMP"].as_str(), first["TRANSP"].as_str()), ("20260901T000000Z", "TRANSPARENT"));
    assert_eq!(first["SUMMARY"], "【节前提醒】中秋、国庆廉洁提醒；请查收\\, 谢谢\\\\");
    assert_eq!(first["DESCRIPTION"].matches("\\n").count(), 9);
    let status = |place| of_event(&calendar, place)["STATUS"].clone();
    assert_eq!((status(0), status(1)), ("CONFIRMED".to_owned(), "TENTATIVE".to_owned()));
    assert_eq!(of_event(&calendar, 2)["SUMMARY"], events[2].summary);
    assert_eq!(of_event(&calendar, 2)["DESCRIPTION"], "abc");
    let head: BTreeMap<_, _> = calendar.properties.iter().map(|p| (p.name.as_str(), p.value.as_deref())).collect();
    assert_eq!(head["X-WR-TIMEZONE"], Some("Asia/Shanghai"));
    assert_eq!(head["X-WR-CALNAME"], Some("机关党委推送计划"));
}

#[test]
fn lines_are_short_and_broken_between_characters() {
    let text = ics("计划", Tz::Asia__Shanghai, &events(), now());
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert!(lines.iter().all(|line| line.len() <= LINE_OCTETS_MAX && !line.contains(['\r', '\n'])), "{text}");
    assert!(lines.iter().filter(|line| line.starts_with(' ')).count() > 10);
    // A name comes back whole when the folds are taken out.
    assert!(text.replace("\r\n ", "").contains(&"长".repeat(200)));
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let once = || ics("计划", Tz::Asia__Shanghai, &events(), now());
    assert_eq!(once(), once());
}

#[test]
fn an_empty_plan_is_a_calendar_with_something_in_it() {
    let text = ics("计划", Tz::Asia__Shanghai, &[], now());
    let calendar = parsed(&text);
    assert_eq!((calendar.events.len(), calendar.timezones.len()), (0, 1));
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "0"));
}
