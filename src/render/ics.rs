//! The plan as an iCalendar file (RFC 5545), for the calendars of phones and desks. Times are UTC, which every calendar
//! shows by its own clock; the same plan at the same instant gives the same bytes.

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use icalendar::{Calendar, Component, EventLike, EventStatus, Property};

/// How long an entry takes in a calendar: reading an item takes minutes.
const MINUTES: i64 = 10;

/// Names the program that wrote the file, as the standard asks.
const PRODUCT: &str = concat!("-//qingfeng//qingfeng ", env!("CARGO_PKG_VERSION"), "//ZH");

/// A calendar must hold something, even when nothing is planned.
const NOTHING: &str = "BEGIN:VTIMEZONE\r\nTZID:UTC\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0000\r\n\
                       TZOFFSETTO:+0000\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n";
const END: &str = "END:VCALENDAR\r\n";

/// One entry of the calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The same for the same slot in every file of the office, and another for any other.
    pub uid: String,
    pub at: DateTime<Utc>,
    pub summary: String,
    /// Lines parted by line feeds.
    pub description: String,
    /// Whether it is known what goes out.
    pub status: Settled,
}

/// How sure an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It will go out.
    Yes,
    /// What goes out is still open.
    Open,
}

/// The calendar of an office with its entries, written at `now`.
pub fn ics(name: &str, zone: Tz, events: &[Event], now: DateTime<Utc>) -> String {
    let mut calendar = Calendar::empty();
    let head = [("VERSION", "2.0"), ("PRODID", PRODUCT), ("CALSCALE", "GREGORIAN"), ("METHOD", "PUBLISH")];
    for (key, value) in head {
        calendar.append_property(Property::new(key, value));
    }
    calendar.name(&one_line(name)).timezone(zone.name());
    calendar.extend(events.iter().map(|event| entry(event, now)));
    let text = calendar.to_string();
    match text.strip_suffix(END) {
        Some(head) if events.is_empty() => format!("{head}{NOTHING}{END}"),
        Some(_) | None => text,
    }
}

fn entry(event: &Event, now: DateTime<Utc>) -> icalendar::Event {
    let status = match event.status {
        Settled::Yes => EventStatus::Confirmed,
        Settled::Open => EventStatus::Tentative,
    };
    icalendar::Event::with_uid(&event.uid)
        .timestamp(now)
        .starts(event.at)
        .ends(event.at + TimeDelta::minutes(MINUTES))
        .summary(&one_line(&event.summary))
        .description(&readable(&event.description))
        .status(status)
        .add_property("TRANSP", "TRANSPARENT")
        .done()
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Text values may hold line feeds and no other control characters.
fn readable(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

#[cfg(test)]
mod tests;
