//! Who plays the demo month, and what they do when. A table of parts and a seeded die: no clock, no database, the same
//! month every time. Nothing here knows what the program will make of it.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

use crate::domain::roster::Person;

/// Midnight of 1 September 2026 in the office's zone, in UTC milliseconds.
const FIRST_MIDNIGHT_MS: i64 = 1_788_192_000_000;
/// Changes every roll of the die.
const SEED: u64 = 20_260_901;
/// Account of the first person of the roster; the others follow.
const FIRST_ACCOUNT: i64 = 5_000_000_001;
/// Days of the month with a push. The 22nd and the 28th have the reminders before 中秋 and 国庆, the others are Mondays,
/// Wednesdays and Fridays, with two exceptions: the 25th is a holiday, and what belongs to the 28th gives way to the
/// reminder and goes out on the 29th.
const PUSH_DAYS: [i64; 14] = [2, 4, 7, 9, 11, 14, 16, 18, 21, 22, 23, 28, 29, 30];
const REMINDER_DAYS: [i64; 2] = [22, 28];
/// Wall time of every push.
const PUSH_TIME: (i64, i64) = (9, 30);
/// Minutes after a push at which people of the same habit look at their phones, from most to least common.
const MOMENTS: [i64; 12] = [1, 1, 2, 2, 4, 7, 12, 25, 48, 107, 322, 415];
/// Days after which those who were out the day before catch up, and when.
const NEXT_DAY: (i64, i64) = (8, 50);
/// When people with a slip of paper join, on 1 September.
const JOINING: [(i64, i64); 3] = [(9, 40), (14, 50), (16, 20)];

/// A chat of the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Chat {
    Office,
    Service,
}

impl Chat {
    pub(super) const ALL: [Self; 2] = [Self::Office, Self::Service];

    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Office => "机关学习群",
            Self::Service => "企业服务群",
        }
    }

    /// The units it addresses. One unit is in both, so its people are reached twice.
    pub(super) const fn units(self) -> &'static [&'static str] {
        match self {
            Self::Office => &["综合科", "经济发展科", "规划建设科", "机关党委办公室"],
            Self::Service => &["经济发展科", "企业服务科"],
        }
    }

    fn addresses(self, unit: &str) -> bool {
        self.units().contains(&unit)
    }
}

/// What someone does this month that the others do not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Usual,
    /// Joined, and never presses.
    Silent,
    /// Never joins, and presses once all the same.
    Unbound,
    /// Presses this many pushes before joining on a day at a time.
    JoinsAfter {
        presses: usize,
        day: i64,
        time: (i64, i64),
    },
    /// Presses again ten minutes later.
    Twice,
    /// Sits in both chats and presses in both.
    BothChats,
    /// Confirms the first reminder on a day at a time.
    Reminder {
        day: i64,
        time: (i64, i64),
    },
    /// Reads, but not the reminders.
    NoReminder,
    /// Away from a day on; `reads` tells how many pushes are pressed all the same.
    Away {
        from: (i32, u32, u32),
        category: &'static str,
        reads: usize,
    },
}

/// Everyone with a part of their own; the rest are [`Part::Usual`].
const PARTS: [(&str, Part); 18] = [
    ("G2602", Part::Twice),
    ("G2605", Part::Away { from: (2026, 7, 1), category: "parental", reads: 0 }),
    ("G2607", Part::Silent),
    ("G2611", Part::BothChats),
    ("G2613", Part::BothChats),
    ("G2616", Part::Reminder { day: 25, time: (8, 50) }),
    ("G2617", Part::JoinsAfter { presses: 1, day: 3, time: (10, 5) }),
    ("G2620", Part::Twice),
    ("G2623", Part::Away { from: (2026, 9, 14), category: "long_sick", reads: 0 }),
    ("G2627", Part::BothChats),
    ("G2629", Part::Reminder { day: 28, time: (9, 10) }),
    ("G2631", Part::JoinsAfter { presses: 0, day: 10, time: (15, 5) }),
    ("G2633", Part::NoReminder),
    ("G2634", Part::Unbound),
    // At the deadline to the minute is late; the minute before is not.
    ("G2637", Part::Reminder { day: 24, time: (17, 30) }),
    ("G2638", Part::Reminder { day: 24, time: (17, 29) }),
    ("G2640", Part::Away { from: (2026, 3, 1), category: "seconded", reads: 3 }),
    ("G2642", Part::JoinsAfter { presses: 2, day: 7, time: (8, 45) }),
];

/// Someone of the cast.
#[derive(Debug, Clone)]
pub(super) struct Player {
    pub(super) staff_no: String,
    pub(super) name: String,
    /// The leaf unit.
    pub(super) unit: String,
    pub(super) kinds: Vec<&'static str>,
    pub(super) account: i64,
    pub(super) part: Part,
}

impl Player {
    /// When this person joins; `None`: never.
    pub(super) fn joins_at(&self) -> Option<DateTime<Utc>> {
        match self.part {
            Part::Unbound => None,
            Part::JoinsAfter { day, time, .. } => Some(at(day, time)),
            Part::Usual
            | Part::Silent
            | Part::Twice
            | Part::BothChats
            | Part::Reminder { .. }
            | Part::NoReminder
            | Part::Away { .. } => Some(at(1, JOINING[self.die(0) % JOINING.len()])),
        }
    }

    /// First day of the absence that takes this person out of the count.
    pub(super) fn away_from(&self) -> Option<(NaiveDate, &'static str)> {
        match self.part {
            Part::Away { from: (year, month, day), category, .. } => {
                Some((NaiveDate::from_ymd_opt(year, month, day)?, category))
            }
            Part::Usual
            | Part::Silent
            | Part::Unbound
            | Part::JoinsAfter { .. }
            | Part::Twice
            | Part::BothChats
            | Part::Reminder { .. }
            | Part::NoReminder => None,
        }
    }

    /// Whether this person is in a chat: with the own unit, or as one who sits in both.
    pub(super) fn is_in(&self, chat: Chat) -> bool {
        chat.addresses(&self.unit) || self.part == Part::BothChats
    }

    /// A number that is the same for the same person and push every time.
    fn die(&self, salt: u64) -> usize {
        let seed =
            SEED ^ self.account.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ salt.wrapping_mul(0xD1B5_4A32);
        let mut mixed = seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((mixed ^ (mixed >> 31)) % 100_000).unwrap_or_default()
    }

    /// How many of a hundred voluntary pushes this person reads.
    fn zeal(&self) -> usize {
        match self.die(1) % 10 {
            0 => 75,
            1..5 => 95,
            _ => 99,
        }
    }
}

/// The cast in roster order.
pub(super) fn players(roster: &[Person]) -> Vec<Player> {
    let part = |no: &str| PARTS.iter().find(|(of, _)| *of == no).map_or(Part::Usual, |(_, part)| *part);
    let player = |(person, account): (&Person, i64)| Player {
        staff_no: person.staff_no.clone(),
        name: person.name.clone(),
        unit: person.unit.rsplit('/').next().unwrap_or_default().to_owned(),
        kinds: person.kinds.iter().map(|kind| kind.label()).collect(),
        account,
        part: part(&person.staff_no),
    };
    roster.iter().zip(FIRST_ACCOUNT..).map(player).collect()
}

/// A wall time of September 2026; day 0 is the last of August.
pub(super) fn at(day: i64, (hour, minute): (i64, i64)) -> DateTime<Utc> {
    let midnight = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(FIRST_MIDNIGHT_MS) + TimeDelta::days(day - 1);
    midnight + TimeDelta::hours(hour) + TimeDelta::minutes(minute)
}

/// A push of the month.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    day: i64,
    pub(super) at: DateTime<Utc>,
    /// Set for the reminders.
    pub(super) deadline: Option<DateTime<Utc>>,
}

/// The pushes of the month in order.
pub(super) fn slots() -> Vec<Slot> {
    let deadline = |day: i64| REMINDER_DAYS.contains(&day).then(|| at(day + 2, (17, 30)));
    PUSH_DAYS.iter().map(|day| Slot { day: *day, at: at(*day, PUSH_TIME), deadline: deadline(*day) }).collect()
}

/// Something that someone does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Act {
    /// Types the code and says 是我.
    Join,
    /// Presses 已阅 under the push of this place in [`slots`].
    Press { slot: usize, chat: Chat },
}

/// An act with its time; `who` is the place in the cast.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cue {
    pub(super) at: DateTime<Utc>,
    pub(super) who: usize,
    pub(super) act: Act,
}

/// When a member of the second chat removes the bot from it: a breath before the last push, too late to be known.
pub(super) fn removal() -> DateTime<Utc> {
    at(30, PUSH_TIME) - TimeDelta::seconds(1)
}

/// The cut-off of the report.
pub(super) fn end() -> DateTime<Utc> {
    at(30, (18, 0))
}

/// Everything that people do, by time.
pub(super) fn script(players: &[Player]) -> Vec<Cue> {
    let slots = slots();
    let mut cues = Vec::new();
    for (who, player) in players.iter().enumerate() {
        cues.extend(player.joins_at().map(|at| Cue { at, who, act: Act::Join }));
        for (place, slot) in slots.iter().enumerate() {
            cues.extend(presses(player, (place, slot)).into_iter().map(|(at, act)| Cue { at, who, act }));
        }
    }
    cues.retain(|cue| cue.at < end());
    cues.sort_by_key(|cue| (cue.at, cue.who));
    cues
}

/// What a person presses of one push.
fn presses(player: &Player, (place, slot): (usize, &Slot)) -> Vec<(DateTime<Utc>, Act)> {
    let Some(first) = first_press(player, (place, slot)) else { return Vec::new() };
    // The bot is not in the second chat any more when the last push goes out.
    let open = |chat: &Chat| player.is_in(*chat) && (*chat == Chat::Office || slot.at < removal());
    let chats: Vec<Chat> = Chat::ALL.into_iter().filter(open).collect();
    let die = player.die(1_000 + place as u64);
    // Of those whose unit is in both chats one in three reads in the second.
    let home = if die.is_multiple_of(3) { chats.last() } else { chats.first() };
    let mut pressed: Vec<_> = home.map(|chat| (first, Act::Press { slot: place, chat: *chat })).into_iter().collect();
    let again = first + TimeDelta::minutes(10);
    match player.part {
        Part::Twice => pressed.extend(pressed.clone().into_iter().map(|(_, act)| (again, act))),
        Part::BothChats => {
            let other = chats.iter().find(|chat| Some(*chat) != home);
            pressed.extend(other.map(|chat| (again, Act::Press { slot: place, chat: *chat })));
        }
        Part::Usual
        | Part::Silent
        | Part::Unbound
        | Part::JoinsAfter { .. }
        | Part::Reminder { .. }
        | Part::NoReminder
        | Part::Away { .. } => {}
    }
    pressed
}

fn first_press(player: &Player, (place, slot): (usize, &Slot)) -> Option<DateTime<Utc>> {
    let usual = slot.at + TimeDelta::minutes(MOMENTS[player.die(100 + place as u64) % MOMENTS.len()]);
    let next_day = next_workday(slot.day);
    let catches_up = player.die(200 + place as u64).is_multiple_of(12) && next_day < end();
    let usual = if catches_up { next_day } else { usual };
    let reads = player.die(300 + place as u64) % 100 < player.zeal() || slot.deadline.is_some();
    let prompt = slot.at + TimeDelta::minutes(2);
    match player.part {
        Part::Silent => None,
        Part::Unbound => (place == 12).then_some(prompt),
        Part::JoinsAfter { presses, .. } if place < presses => Some(prompt),
        Part::JoinsAfter { .. } => player.joins_at().filter(|joined| *joined < slot.at && reads).map(|_| usual),
        Part::Reminder { day, time } if slot.day == REMINDER_DAYS[0] => Some(at(day, time)),
        Part::NoReminder if slot.deadline.is_some() => None,
        Part::Away { from: (_, month, day), reads, .. } => {
            let present = month == 9 && slot.day < i64::from(day);
            (present || place < reads).then_some(usual)
        }
        Part::Usual | Part::Twice | Part::BothChats | Part::Reminder { .. } | Part::NoReminder => {
            reads.then_some(usual)
        }
    }
}

/// The morning of the next workday after a day of the month; the 1st is a Tuesday.
fn next_workday(day: i64) -> DateTime<Utc> {
    let days = if day % 7 == 4 { 3 } else { 1 };
    at(day + days, NEXT_DAY)
}
