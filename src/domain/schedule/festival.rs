//! Festivals whose days off run together share one reminder.

use chrono::{Datelike, NaiveDate, TimeDelta};

use crate::domain::calendar::{Calendar, Festival, FestivalDays};
use crate::domain::schedule::BeforeFestival;

/// Festivals under one reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Block {
    /// The own day of the festival that opens the block: stays the same whatever a notice says.
    pub(super) day: NaiveDate,
    pub(super) first_off: NaiveDate,
    last_off: NaiveDate,
    /// In the order of the year.
    pub(super) festivals: Vec<Festival>,
}

/// The first day off after `day` of any of these festivals, this year or next; `None` when there are none.
pub fn first_off(festivals: &[Festival], calendar: &Calendar, day: NaiveDate) -> Option<NaiveDate> {
    let years = [day.year(), day.year() + 1].into_iter().flat_map(|year| calendar.festivals(year));
    let own = years.filter(|days| festivals.contains(&days.festival) && days.first_off > day);
    own.map(|days| days.first_off).min()
}

/// The blocks from 中秋 of the year before to 端午 of `year`, ascending. No block reaches over the summer (see
/// [`MERGE_WITHIN`](super::MERGE_WITHIN)), so a block is the same from wherever one looks.
pub(super) fn season(rule: &BeforeFestival, calendar: &Calendar, year: i32) -> Vec<Block> {
    let in_autumn = |festival: Festival| matches!(festival, Festival::MidAutumn | Festival::National);
    let autumn = calendar.festivals(year - 1).into_iter().filter(|days| in_autumn(days.festival));
    let spring = calendar.festivals(year).into_iter().filter(|days| !in_autumn(days.festival));
    let mut blocks: Vec<Block> = Vec::new();
    for next in autumn.chain(spring).filter(|days| rule.festivals.contains(&days.festival)) {
        match blocks.last_mut() {
            Some(block) if joins(block, &next, rule.merge_within, calendar) => {
                block.last_off = block.last_off.max(next.last_off);
                block.festivals.push(next.festival);
                block.festivals.sort_unstable();
            }
            Some(_) | None => blocks.push(Block {
                day: next.day,
                first_off: next.first_off,
                last_off: next.last_off,
                festivals: vec![next.festival],
            }),
        }
    }
    blocks
}

/// Whether the next festival shares the reminder: few days lie between the days off, or none that is worked.
fn joins(block: &Block, next: &FestivalDays, merge_within: u32, calendar: &Calendar) -> bool {
    let between = || block.last_off.iter_days().skip(1).take_while(|day| *day < next.first_off);
    next.first_off - block.last_off <= TimeDelta::days(i64::from(merge_within) + 1)
        || between().all(|day| !calendar.is_workday(day))
}
