//! Conversations of several steps: what an option means, where a conversation stands, and what a press on one of its
//! buttons is. A button carries which conversation it belongs to, which step of it, and which option: a button of an
//! earlier step, or of a conversation that is over, is told from one that stands.
//!
//! The engine (`office::dialogue`) does the same for every conversation: it finds the stored one, judges the press, checks
//! who acts, lets the conversation take the answer, and stores what it asks next, in one transaction with whatever the
//! answer changes.
//!
//! To add a conversation:
//! 1. here, a variant of `Talk` and a file beside `people.rs`: where in it one can be (stored, so no names), the pure
//!    function from (place, answer) to what comes next, and the question as data. Meanings of buttons are shared: `Pick`;
//! 2. in `office/dialogue/`, a file with `ask` (loads what a question shows and says what its buttons mean) and `take` (lets
//!    the pure function decide; does what is to be done in the transaction it is given), and an arm for each in
//!    `office/dialogue/talks.rs`; both begin with `authorise`;
//! 3. in `message/dialogue.rs` an arm for the words of its questions, its buttons and its ends;
//! 4. where it begins: `inbox::dialogue::begin` for a text or a press, `office::dialogue::begin` from anywhere else.
//!
//! The compiler names every place that was left out.

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

use crate::domain::leave::LeaveCategory;
use crate::ids::{AccountId, DialogueId, InboxId, StaffId, UnitId};

/// Which units does a chat address?
pub mod chat;
/// Days as people type them.
pub mod day;
/// `/me`: a person's own record.
pub mod me;
/// `/people`: what an admin does about people.
pub mod people;
/// The questions of a push.
pub mod quiz;

/// Options of one step at most: what stands in the lowest bits.
pub const OPTIONS_MOST: u8 = 200;
/// Steps of one conversation at most.
const STEPS_MOST: u16 = 4_096;
/// A conversation that nobody went on with for so long is over: what its question says may not hold any more, and a phone
/// that was left lying must not stay a way in.
pub const EXPIRES_AFTER: TimeDelta = TimeDelta::minutes(30);
/// Options of a list shown at once, so that it fits a phone.
pub const PAGE: usize = 8;
/// Version of the stored text. One of another version is over: nobody has to understand half a conversation of before.
const VERSION: u8 = 1;

/// An option of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Choice {
    pub dialogue: DialogueId,
    pub step: u16,
    /// Counted from 0 in the order of the step's options.
    pub option: u8,
}

impl Choice {
    /// As one number, for the tag of a button; `None` when a part is out of its bounds.
    pub fn pack(self) -> Option<i64> {
        let fits = self.step < STEPS_MOST && self.option < OPTIONS_MOST;
        let id = self.dialogue.0.checked_mul(i64::from(STEPS_MOST))?.checked_add(i64::from(self.step))?;
        fits.then(|| id.checked_mul(256)?.checked_add(i64::from(self.option)))?
    }

    /// Reads the number back; `None` for one that no option has.
    pub fn unpack(number: i64) -> Option<Self> {
        let option = u8::try_from(number % 256).ok().filter(|option| *option < OPTIONS_MOST)?;
        let rest = number / 256;
        let step = u16::try_from(rest % i64::from(STEPS_MOST)).ok()?;
        let dialogue = rest / i64::from(STEPS_MOST);
        (dialogue > 0).then_some(Self { dialogue: DialogueId(dialogue), step, option })
    }
}

/// A conversation and where in it a person is. What was answered so far stands in the variants, as ids and days: never a
/// name, and nothing a chat platform could not be told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Talk {
    People(people::People),
    Me(me::Me),
    /// Which units does a chat address?
    Chat(chat::Chat),
    /// The questions of a push.
    Quiz(quiz::Run),
}

/// A question with what it shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    People(people::Question),
    Me(me::Question),
    Chat(chat::Question),
    Quiz(quiz::Question),
}

/// How a conversation ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// 取消
    Cancelled,
    /// The person has lost the right to go on, or never had it.
    NoRight,
    /// The account is bound to nobody.
    NotBound,
    People(people::Ended),
    Me(me::Ended),
    Chat(chat::Ended),
    Quiz(quiz::Ended),
}

/// What a button means. A question keeps these in the order of its buttons, so that a button carries a number alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pick {
    /// 取消: ends the conversation; nothing is changed.
    Cancel,
    /// 上一页
    Previous,
    /// 下一页
    Next,
    /// 确认, or whatever the question says for going ahead.
    Confirm,
    /// The other way of going ahead that a question may offer.
    Otherwise,
    Unit(UnitId),
    /// All units below the parent of a unit at a depth, counted from 1 at the top.
    Above(UnitId, u8),
    Person(StaffId),
    Day(NaiveDate),
    /// 其他日期: the day is typed next.
    OtherDay,
    /// 未定
    NoDay,
    Category(#[serde(with = "category")] LeaveCategory),
    /// A branch of `/people`.
    Task(people::Task),
    /// An option of a question, counted from 0.
    Option(u8),
}

/// What a person answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Given {
    Pick(Pick),
    /// A typed day, where one was asked for; `None`: it could not be read as one.
    Day(Option<NaiveDate>),
}

/// A stored conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    v: u8,
    pub talk: Talk,
    /// What the buttons of the question mean. Empty once the conversation is over.
    pub picks: Vec<Pick>,
    /// The update that led here: delivered again, it leads nowhere else.
    pub by: InboxId,
}

impl State {
    /// The state after an update.
    pub fn new(talk: Talk, picks: Vec<Pick>, by: InboxId) -> Self {
        Self { v: VERSION, talk, picks, by }
    }

    /// As it is stored.
    pub fn encode(&self) -> String {
        // Words, numbers and days always serialise.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// Reads the stored text; `None` for one of another version, or that is none.
    pub fn decode(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok().filter(|state: &Self| state.v == VERSION)
    }

    /// Whether nothing more can be answered.
    pub fn is_over(&self) -> bool {
        self.picks.is_empty()
    }
}

/// A stored conversation as far as a press is judged by it.
#[derive(Debug, Clone, Copy)]
pub struct Kept<'a> {
    pub account: AccountId,
    pub step: u16,
    pub state: &'a State,
    pub expires_at: DateTime<Utc>,
}

/// A press as far as it is judged.
#[derive(Debug, Clone, Copy)]
pub struct Pressed {
    pub account: AccountId,
    pub choice: Choice,
    pub update: InboxId,
}

/// What a press is, measured by the conversation that its button names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It answers the question that stands.
    Answers(Pick),
    /// The button is another person's.
    Foreign,
    /// Nobody went on for too long, or it went on for more steps than buttons can name.
    Expired,
    /// The very update that was answered before.
    Repeated,
    /// The button is of an earlier step.
    Past,
    /// The conversation is over.
    Over,
}

/// What a press is. Whose button it is comes first: nobody learns anything of another person's conversation.
pub fn judge(kept: &Kept<'_>, pressed: &Pressed, now: DateTime<Utc>) -> Standing {
    if kept.account != pressed.account {
        Standing::Foreign
    } else if kept.state.is_over() {
        Standing::Over
    } else if kept.expires_at <= now || kept.step >= STEPS_MOST - 1 {
        Standing::Expired
    } else if kept.state.by == pressed.update {
        Standing::Repeated
    } else if kept.step == pressed.choice.step {
        let pick = kept.state.picks.get(usize::from(pressed.choice.option)).copied();
        pick.map_or(Standing::Past, Standing::Answers)
    } else {
        Standing::Past
    }
}

/// Part of a list: which page it is, of how many, both counted from 1 in print.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// From 0.
    pub at: u16,
    /// At least 1.
    pub of: u16,
}

impl Page {
    /// The page nearest to the one asked for: a list may have become shorter.
    pub fn of(length: usize, asked: u16) -> Self {
        let of = u16::try_from(length.div_ceil(PAGE)).unwrap_or(u16::MAX).max(1);
        Self { at: asked.min(of - 1), of }
    }

    /// What stands on it.
    pub fn part<T>(self, list: &[T]) -> &[T] {
        let from = (usize::from(self.at) * PAGE).min(list.len());
        &list[from..list.len().min(from + PAGE)]
    }

    /// The buttons of a list: what stands on the page, how to get to others, what else the question offers, and 取消.
    pub fn picks<T>(self, list: &[T], pick: impl Fn(&T) -> Pick, more: &[Pick]) -> Vec<Pick> {
        let mut picks: Vec<Pick> = self.part(list).iter().map(pick).collect();
        picks.extend(self.turns());
        picks.extend(more);
        picks.push(Pick::Cancel);
        picks
    }

    /// 上一页, 下一页, where there are such.
    pub fn turns(self) -> impl Iterator<Item = Pick> {
        let back = (self.at > 0).then_some(Pick::Previous);
        let on = (self.at + 1 < self.of).then_some(Pick::Next);
        back.into_iter().chain(on)
    }
}

/// The page that a turn leads to.
pub(super) fn turned(page: u16, pick: Pick) -> Option<u16> {
    match pick {
        Pick::Previous => Some(page.saturating_sub(1)),
        Pick::Next => Some(page.saturating_add(1)),
        Pick::Cancel
        | Pick::Confirm
        | Pick::Otherwise
        | Pick::Unit(_)
        | Pick::Above(..)
        | Pick::Person(_)
        | Pick::Day(_)
        | Pick::OtherDay
        | Pick::NoDay
        | Pick::Category(_)
        | Pick::Task(_)
        | Pick::Option(_) => None,
    }
}

/// A category by its spelling in tables.
mod category {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::domain::leave::LeaveCategory;

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
    pub(super) fn serialize<S: Serializer>(category: &LeaveCategory, into: S) -> Result<S::Ok, S::Error> {
        into.serialize_str(category.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<LeaveCategory, D::Error> {
        let text = String::deserialize(from)?;
        LeaveCategory::parse(&text).ok_or_else(|| D::Error::custom("no category"))
    }
}

#[cfg(test)]
mod tests;
