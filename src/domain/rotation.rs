//! Which item goes out next: one that rested, before any that did not. The same state always gives the same choice.

#[cfg(test)]
mod tests;

use std::cmp::Reverse;

use chrono::{DateTime, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::calendar::Festival;
use super::content::Theme;
use super::wall;
use super::word::Confirm;

/// An approved item that may be chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub slug: String,
    /// 编号; breaks ties.
    pub code: String,
    pub theme: String,
    pub tags: Vec<String>,
    /// The festivals it reminds of; none: of any. Means nothing outside the theme of festivals.
    pub festivals: Vec<Festival>,
    /// Whether it is for 党员 and nobody else.
    pub party_only: bool,
    pub confirm: Confirm,
    /// First day on which it may no longer go out.
    pub expires_on: Option<NaiveDate>,
    /// Slot of its latest push to the same audience: to any of the chats it is chosen for.
    pub last: Option<DateTime<Utc>>,
}

/// What a schedule chooses from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pool {
    /// Always this item.
    Item(String),
    /// The items of one theme.
    Theme(String),
    /// The items with a tag.
    Tag(String),
    /// All voluntary items; before a festival, all reminders of it. What must be confirmed goes out only where it was
    /// asked for.
    Voluntary,
}

/// One slot that needs an item.
#[derive(Debug, Clone, Copy)]
pub struct Want<'a> {
    pub pool: &'a Pool,
    /// Day of the slot in the office's zone.
    pub day: NaiveDate,
    pub zone: Tz,
    /// The festivals the slot reminds of.
    pub festivals: &'a [Festival],
    /// Whether everyone in the chats is 党员.
    pub all_party: bool,
    /// An item pushed less than this many months before the day has not rested.
    pub months: u32,
}

/// The item of a slot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pick {
    /// Its place among the choices.
    pub place: usize,
    /// Whether it rested. If not, the pool is exhausted.
    pub fresh: bool,
}

impl Choice {
    /// Whether it reminds before festivals (节前提醒).
    pub fn is_reminder(&self) -> bool {
        self.theme == Theme::Festival.as_str()
    }
}

impl Pool {
    /// Whether the item may be chosen for some slot.
    pub fn has(&self, choice: &Choice) -> bool {
        match self {
            Self::Item(slug) => choice.slug == *slug,
            Self::Theme(theme) => choice.theme == *theme,
            Self::Tag(tag) => choice.tags.contains(tag),
            Self::Voluntary => choice.confirm == Confirm::Voluntary || choice.is_reminder(),
        }
    }
}

impl Want<'_> {
    fn fits(&self, choice: &Choice) -> bool {
        let named = matches!(self.pool, Pool::Item(_));
        self.pool.has(choice)
            && choice.expires_on.is_none_or(|end| self.day < end)
            && (named || (self.suits_slot(choice) && (self.all_party || !choice.party_only)))
    }

    /// A reminder that names its festivals and expires is for the one before it expires. The same festival is at least
    /// 354 days, more than eleven months, from one year to the next.
    fn is_this_years(&self, choice: &Choice) -> bool {
        let Some(end) = choice.expires_on.filter(|_| !choice.festivals.is_empty()) else { return true };
        self.day.checked_add_months(Months::new(11)).is_some_and(|until| end <= until)
    }

    /// A reminder goes out before its festival and at no other time; a slot before a festival takes nothing else unless
    /// the schedule says what.
    fn suits_slot(&self, choice: &Choice) -> bool {
        if choice.is_reminder() {
            let named = choice.festivals.iter().any(|festival| self.festivals.contains(festival));
            !self.festivals.is_empty() && (choice.festivals.is_empty() || named) && self.is_this_years(choice)
        } else {
            self.festivals.is_empty() || *self.pool != Pool::Voluntary
        }
    }

    /// Whether the item's latest push lies as far back as an item has to rest.
    fn rested(&self, choice: &Choice) -> bool {
        let Some(last) = choice.last else { return true };
        let since = self.day.checked_sub_months(Months::new(self.months));
        since.is_some_and(|since| wall::of(last, self.zone).date() <= since)
    }

    /// How far an item's festivals are from those of the slot: festivals it does not name, then those it names besides.
    fn distance(&self, choice: &Choice) -> (usize, usize) {
        let apart = |these: &[Festival], those: &[Festival]| these.iter().filter(|f| !those.contains(f)).count();
        (apart(self.festivals, &choice.festivals), apart(&choice.festivals, self.festivals))
    }
}

/// The next item among `choices`. Of those that fit, one that rested goes before any that did not. Among the rested: the
/// one that names the slot's festivals best, then never pushed before pushed, then the longest rest, then by 编号. When
/// none has rested the pool is exhausted, and the longest rest decides alone.
pub fn next(choices: &[Choice], want: &Want<'_>) -> Option<Pick> {
    let fitting = choices.iter().enumerate().filter(|(_, choice)| want.fits(choice));
    let rank = |choice: &Choice| {
        let fresh = want.rested(choice);
        (Reverse(fresh), fresh.then(|| want.distance(choice)), choice.last)
    };
    let first = fitting.min_by_key(|(_, choice)| (rank(choice), choice.code.as_str(), choice.slug.as_str()));
    first.map(|(place, choice)| Pick { place, fresh: want.rested(choice) })
}
