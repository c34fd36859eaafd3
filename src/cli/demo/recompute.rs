//! The demo's second opinion: the month's figures once more, from two JSON texts alone. One is the sandbox's ledger
//! (what was really sent and pressed), the other the cast file (what the office knows: people, units, absences, pushes
//! with their deadlines). It shares no line with the program and never reads its database; if both agree, the report
//! says what happened.

use std::collections::HashMap;

use chrono::{DateTime, FixedOffset, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};
use serde_json::{Error, Value};

/// A message of a push stands in its chat at most this long after its time.
const MINUTES_LATE_MAX: i64 = 10;
/// The button that counts.
const READ: &str = "已阅";

#[derive(Deserialize)]
struct Cast {
    as_of: DateTime<FixedOffset>,
    units: Vec<String>,
    people: Vec<Person>,
    groups: Vec<Group>,
    items: Vec<Item>,
    pushes: Vec<Push>,
}

#[derive(Deserialize)]
struct Person {
    unit: String,
    kinds: Vec<String>,
    account: i64,
    bound_at: Option<DateTime<FixedOffset>>,
    exempt_from: Option<NaiveDate>,
}

#[derive(Deserialize)]
struct Group {
    chat: i64,
    units: Vec<String>,
}

#[derive(Deserialize)]
struct Item {
    slug: String,
    code: String,
    audience: String,
}

#[derive(Deserialize)]
struct Push {
    at: DateTime<FixedOffset>,
    /// Only required pushes have one.
    deadline: Option<DateTime<FixedOffset>>,
}

#[derive(Deserialize)]
struct Ledger {
    sent: Vec<Sent>,
    pressed: Vec<Pressed>,
}

#[derive(Deserialize)]
struct Sent {
    chat: i64,
    message_id: i64,
    at: i64,
    text: String,
    buttons: Option<Vec<Vec<Button>>>,
}

#[derive(Deserialize)]
struct Button {
    text: String,
    data: Option<String>,
}

#[derive(Deserialize)]
struct Pressed {
    user: i64,
    chat: i64,
    message_id: i64,
    data: String,
    at: i64,
}

/// The figures in the report's own keys.
#[derive(Debug, Clone, Serialize)]
pub struct Recomputed {
    /// Required and voluntary pushes added; counts only.
    pub totals: Figures,
    /// Every unit in roster order; counts only.
    pub units: Vec<UnitFigures>,
    /// Every push in order of time.
    pub pushes: Vec<PushFigures>,
}

/// One unit.
#[derive(Debug, Clone, Serialize)]
pub struct UnitFigures {
    /// The last part of its path.
    pub unit: String,
    /// Those of its people.
    #[serde(flatten)]
    pub figures: Figures,
}

/// One push.
#[derive(Debug, Clone, Serialize)]
pub struct PushFigures {
    /// When it was to go out, RFC 3339 with the office's offset.
    pub at: String,
    /// Slug of the item whose number stands in the message.
    pub slug: String,
    /// Those of its audience.
    #[serde(flatten)]
    pub figures: Figures,
}

/// Counts of people, and rates as printed.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Figures {
    /// In the audience and not exempt; each is one of acked, missing, undelivered and in doubt.
    pub expected: u32,
    /// In the audience and away.
    pub exempt: u32,
    /// Pressed.
    pub acked: u32,
    /// Of these, before the deadline, or without one.
    pub on_time: u32,
    /// Of these, at the deadline or after it.
    pub late: u32,
    /// Reached, joined, and no press.
    pub missing: u32,
    /// Nothing was sent to any of their chats, or they never joined.
    pub undelivered: u32,
    /// The sandbox answered or refused every call of the month, so nothing is ever in doubt.
    pub in_doubt: u32,
    /// Pressed without being expected.
    pub others: u32,
    /// Acked of expected.
    pub rate: String,
    /// Before the deadline, of expected; required pushes only.
    pub on_time_rate: String,
    /// Acked of those who are neither undelivered nor in doubt.
    pub rate_delivered: String,
}

/// Counts the month again.
pub(super) fn recompute(ledger: &Value, cast: &Value) -> Result<Recomputed, Error> {
    let (ledger, cast) = (Ledger::deserialize(ledger)?, Cast::deserialize(cast)?);
    let mut units: Vec<Figures> = vec![Figures::default(); cast.units.len()];
    let mut totals = Figures::default();
    let mut pushes = Vec::new();
    for push in &cast.pushes {
        let copies = copies(&ledger, &cast, push);
        let Some(item) = cast.items.iter().find(|item| copies.iter().any(|copy| names(copy, item))) else { continue };
        let pressed = first_presses(&ledger, &cast, &copies);
        let mut figures = Figures::default();
        for (place, person) in cast.people.iter().enumerate() {
            let mut one = Figures::default();
            judge(&mut one, &Case { cast: &cast, push, item, copies: &copies, person, pressed: pressed.get(&place) });
            figures.add(&one);
            // Who is outside the audience has no unit in it.
            if let Some(unit) = cast.units.iter().position(|unit| *unit == person.unit).filter(|_| one.is_member()) {
                units[unit].add(&one);
            }
        }
        totals.add(&figures);
        figures.print_rates(push);
        pushes.push(PushFigures { at: push.at.to_rfc3339(), slug: item.slug.clone(), figures });
    }
    // These add required and voluntary pushes, and no rate mixes the two.
    totals.print_no_rates();
    units.iter_mut().for_each(Figures::print_no_rates);
    let units = cast.units.into_iter().zip(units).map(|(unit, figures)| UnitFigures { unit, figures }).collect();
    Ok(Recomputed { totals, units, pushes })
}

/// The messages of a push: in one of the groups, at its time, with the button.
fn copies<'a>(ledger: &'a Ledger, cast: &Cast, push: &Push) -> Vec<&'a Sent> {
    let from = push.at.timestamp_millis();
    let to = (push.at + TimeDelta::minutes(MINUTES_LATE_MAX)).timestamp_millis();
    let in_group = |sent: &&Sent| cast.groups.iter().any(|group| group.chat == sent.chat);
    let in_time = |sent: &&Sent| (from..=to).contains(&sent.at);
    ledger.sent.iter().filter(in_group).filter(in_time).filter(|sent| read_button(sent).is_some()).collect()
}

fn names(copy: &Sent, item: &Item) -> bool {
    copy.text.contains(&format!("编号{}　", item.code))
}

fn read_button(sent: &Sent) -> Option<&str> {
    let buttons = sent.buttons.iter().flatten().flatten();
    buttons.filter(|button| button.text == READ).find_map(|button| button.data.as_deref())
}

/// Each person's first press on any copy, by place in the cast. A press of an account that never joined is nobody's.
fn first_presses(ledger: &Ledger, cast: &Cast, copies: &[&Sent]) -> HashMap<usize, i64> {
    let mut first: HashMap<usize, i64> = HashMap::new();
    for press in &ledger.pressed {
        let on = |copy: &&&Sent| copy.chat == press.chat && copy.message_id == press.message_id;
        let counts = copies.iter().find(on).is_some_and(|copy| read_button(copy) == Some(&press.data));
        let who = cast.people.iter().position(|person| person.account == press.user && is_bound(cast, person));
        if let Some(who) = who.filter(|_| counts && press.at <= cast.as_of.timestamp_millis()) {
            let earliest = first.entry(who).or_insert(press.at);
            *earliest = press.at.min(*earliest);
        }
    }
    first
}

fn is_bound(cast: &Cast, person: &Person) -> bool {
    person.bound_at.is_some_and(|at| at <= cast.as_of)
}

/// One person and one push.
struct Case<'a> {
    cast: &'a Cast,
    push: &'a Push,
    item: &'a Item,
    copies: &'a [&'a Sent],
    person: &'a Person,
    pressed: Option<&'a i64>,
}

fn judge(figures: &mut Figures, case: &Case<'_>) {
    let Case { cast, push, item, copies, person, pressed } = case;
    let groups: Vec<&Group> = cast.groups.iter().filter(|group| group.units.contains(&person.unit)).collect();
    let addressed =
        item.audience == "全体" || item.audience.split('、').any(|kind| person.kinds.iter().any(|k| k == kind));
    let outside = groups.is_empty() || !addressed;
    let exempt = person.exempt_from.is_some_and(|from| from <= push.at.date_naive());
    if outside || exempt {
        figures.exempt = u32::from(!outside);
        figures.others = u32::from(pressed.is_some());
        return;
    }
    figures.expected = 1;
    let reached = copies.iter().any(|copy| groups.iter().any(|group| group.chat == copy.chat));
    match pressed {
        Some(at) => {
            figures.acked = 1;
            let late = push.deadline.is_some_and(|deadline| **at >= deadline.timestamp_millis());
            *(if late { &mut figures.late } else { &mut figures.on_time }) = 1;
        }
        None if !reached || !is_bound(cast, person) => figures.undelivered = 1,
        None => figures.missing = 1,
    }
}

impl Figures {
    /// Whether it counts someone of the audience.
    fn is_member(&self) -> bool {
        self.expected + self.exempt > 0
    }

    fn add(&mut self, other: &Self) {
        self.expected += other.expected;
        self.exempt += other.exempt;
        self.acked += other.acked;
        self.on_time += other.on_time;
        self.late += other.late;
        self.missing += other.missing;
        self.undelivered += other.undelivered;
        self.in_doubt += other.in_doubt;
        self.others += other.others;
    }

    fn print_rates(&mut self, push: &Push) {
        self.rate = rate(self.acked, self.expected);
        self.on_time_rate = match push.deadline {
            Some(_) => rate(self.on_time, self.expected),
            None => NO_RATE.to_owned(),
        };
        self.rate_delivered = rate(self.acked, self.expected - self.undelivered - self.in_doubt);
    }

    fn print_no_rates(&mut self) {
        for rate in [&mut self.rate, &mut self.on_time_rate, &mut self.rate_delivered] {
            NO_RATE.clone_into(rate);
        }
    }
}

const NO_RATE: &str = "—";

/// A percentage with one decimal, half up; 100.0% only when it is all of them.
fn rate(part: u32, whole: u32) -> String {
    if whole == 0 {
        return NO_RATE.to_owned();
    }
    let mut tenths = (2 * 1000 * part + whole) / (2 * whole);
    if part < whole && tenths == 1000 {
        tenths = 999;
    }
    format!("{}.{}%", tenths / 10, tenths % 10)
}
