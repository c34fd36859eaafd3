//! The one private reminder: what it says around the whole text of its item, and what its buttons answer.

use chrono::{DateTime, Utc};

use super::outgoing::{Answer, Button, Emphasis, Outgoing};
use super::print;
use super::push::{Copy, Tags, copy};
use crate::domain::content::{ItemSource, Theme};
use crate::domain::rich::{Rich, Span};
use crate::domain::wall;

/// When things are, for whoever is reminded.
#[derive(Debug, Clone, Copy)]
pub struct When {
    /// The push it is about.
    pub pushed: DateTime<Utc>,
    /// Until when this person is asked.
    pub deadline: DateTime<Utc>,
    pub now: DateTime<Utc>,
}

/// What the buttons carry.
#[derive(Debug, Clone)]
pub struct Buttons {
    pub ack: String,
    /// 我在休假或出差
    pub away: String,
    /// 不再私聊提醒
    pub mute: String,
}

/// The reminder with its buttons; `said` is the item as this person reads it.
pub fn nudge(said: &Copy<'_>, when: When, buttons: Buttons) -> Outgoing {
    let mut text = Rich::default();
    text.push(vec![Span::Plain(opening(said, when))]);
    for paragraph in copy(said, Tags::default()).text.0 {
        text.push(paragraph);
    }
    text.push(vec![Span::Plain("本条只提醒这一次。".to_owned())]);
    let press = |label: &str, data: String| Button::Press { label: label.to_owned(), data };
    let rows = vec![
        vec![press("已阅", buttons.ack)],
        vec![press("我在休假或出差", buttons.away), press("不再私聊提醒", buttons.mute)],
    ];
    Outgoing { text, buttons: rows }
}

fn opening(said: &Copy<'_>, When { pushed, deadline, now }: When) -> String {
    let day = |at: DateTime<Utc>| wall::of(at, said.zone).date();
    let until = if day(deadline) == day(now) {
        format!("今天{}", print::time(deadline, said.zone))
    } else {
        print::day_time(deadline, said.zone)
    };
    let title = called(said.item);
    format!(
        "【仅发给您】{}的《{title}》还没有收到您的确认，{until}前点一下“已阅”即可。全文在下面，不用回群里找。",
        super::dialogue::short_day(day(pushed))
    )
}

/// What people call an item: one for a festival by the festival alone, without its day.
fn called(item: &ItemSource) -> String {
    // Inside 《》 a title's own marks are the single ones.
    let title = item.title.replace('《', "〈").replace('》', "〉");
    if item.theme == Theme::Festival {
        format!("{}廉洁提醒", title.split('（').next().unwrap_or_default())
    } else {
        title
    }
}

/// 不再私聊提醒 was pressed and is stored.
pub fn muted() -> Answer {
    let text = "好的，以后不再私聊提醒，统计不受影响。想恢复请发/me。".to_owned();
    Answer { text, emphasis: Emphasis::Toast, open: None }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use crate::domain::content::{fill, parse};
    use chrono_tz::Tz;

    const ZONE: Tz = Tz::Asia__Shanghai;

    fn at(text: &str) -> DateTime<Utc> {
        wall::instant(chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%d %H:%M").unwrap(), ZONE)
    }

    fn read(path: &str, when: When) -> String {
        let (folder, stem) = path.split_once('/').unwrap();
        let file = format!("{}/content/items/{path}.md", env!("CARGO_MANIFEST_DIR"));
        let item = parse(folder, stem, &std::fs::read_to_string(file).unwrap()).unwrap();
        let body = fill(&item.body, |_| Some("内线8000".to_owned())).unwrap();
        let said = Copy {
            item: &item,
            body: &body,
            version: 2,
            due: None,
            deadline: Some(when.deadline),
            resent: false,
            silent: &[],
            count: None,
            asked: None,
            zone: ZONE,
        };
        let buttons = Buttons { ack: "a".to_owned(), away: "w".to_owned(), mute: "q".to_owned() };
        let out = nudge(&said, when, buttons);
        let label = |button: &Button| match button {
            Button::Press { label, .. } | Button::Open { label, .. } => format!("[ {label} ]"),
        };
        let rows = out.buttons.iter().map(|row| row.iter().map(label).collect::<Vec<_>>().join(" "));
        format!("{}\n{}", out.text.to_plain(), rows.collect::<Vec<_>>().join("\n"))
    }

    #[test]
    fn a_reminder_reads_as_printed() {
        let (pushed, deadline) = (at("2026-09-22 09:30"), at("2026-09-24 17:30"));
        let when = When { pushed, deadline, now: at("2026-09-24 09:30") };
        insta::assert_snapshot!(read("festival/mid-autumn-national-2026", when));
    }

    #[test]
    fn a_deadline_of_another_day_is_named() {
        let (pushed, deadline) = (at("2026-09-22 09:30"), at("2026-09-27 17:30"));
        let when = When { pushed, deadline, now: at("2026-09-24 09:30") };
        let text = read("festival/mid-autumn-national-2026", when);
        let first = text.lines().next().unwrap().to_owned();
        assert!(first.contains("还没有收到您的确认，9月27日17:30前点一下“已阅”即可。"), "{first}");
    }

    #[test]
    fn what_follows_a_press_fits_a_toast() {
        assert!(muted().text.encode_utf16().count() <= 200);
    }
}
