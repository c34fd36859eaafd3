//! The parts of a rule, from their text. Every text gives a value or an error that names the part.

use std::ops::RangeInclusive;

use chrono::{NaiveDate, NaiveTime, Weekday};

use crate::domain::calendar::{Festival, YEARS};
use crate::domain::schedule::{Part, RuleError};
use crate::domain::width;

/// A leap year, in which every date of every year exists.
const LEAP_YEAR: i32 = 2000;

const WEEKDAYS: [(Weekday, [&str; 3]); 7] = [
    (Weekday::Mon, ["mon", "周一", "星期一"]),
    (Weekday::Tue, ["tue", "周二", "星期二"]),
    (Weekday::Wed, ["wed", "周三", "星期三"]),
    (Weekday::Thu, ["thu", "周四", "星期四"]),
    (Weekday::Fri, ["fri", "周五", "星期五"]),
    (Weekday::Sat, ["sat", "周六", "星期六"]),
    (Weekday::Sun, ["sun", "周日", "星期日"]),
];

fn not_understood(part: Part, text: String) -> RuleError {
    RuleError::NotUnderstood { part, text }
}

/// A whole number within bounds that the target holds.
pub(super) fn number<N: TryFrom<i64>>(part: Part, text: &str, bounds: RangeInclusive<i64>) -> Result<N, RuleError> {
    let text = width::plain(text);
    let digits = text.strip_prefix('-').unwrap_or(&text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(not_understood(part, text));
    }
    let within = text.parse().ok().filter(|number| bounds.contains(number));
    within.and_then(|number| N::try_from(number).ok()).ok_or(RuleError::OutOfRange { part, text })
}

/// Two numbers of two digits, joined by a sign.
fn pair(text: &str, sign: char) -> Option<(u32, u32)> {
    let (first, second) = text.split_once(sign)?;
    let number = |part: &str| {
        let fits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| part.parse().ok()).flatten()
    };
    Some((number(first)?, number(second)?))
}

/// `HH:MM`
pub(super) fn time(text: &str) -> Result<NaiveTime, RuleError> {
    let text = width::plain(text);
    let Some((hour, minute)) = pair(&text, ':') else { return Err(not_understood(Part::At, text)) };
    NaiveTime::from_hms_opt(hour, minute, 0).ok_or(RuleError::OutOfRange { part: Part::At, text })
}

/// `MM-DD` of a leap year.
pub(super) fn month_day(text: &str) -> Result<(u32, u32), RuleError> {
    let (part, text) = (Part::MonthDay, width::plain(text));
    let Some((month, day)) = pair(&text, '-') else { return Err(not_understood(part, text)) };
    let exists = NaiveDate::from_ymd_opt(LEAP_YEAR, month, day).is_some();
    if exists { Ok((month, day)) } else { Err(RuleError::NoSuchDate { part, text }) }
}

/// `YYYY-MM-DD`
pub(super) fn date(part: Part, text: &str) -> Result<NaiveDate, RuleError> {
    let text = width::plain(text);
    let read = text.split_once('-').and_then(|(year, rest)| {
        let digits = year.len() == 4 && year.bytes().all(|b| b.is_ascii_digit());
        let (month, day) = pair(rest, '-')?;
        Some((digits.then(|| year.parse::<i32>().ok()).flatten()?, month, day))
    });
    let Some((year, month, day)) = read else { return Err(not_understood(part, text)) };
    if !YEARS.contains(&year) {
        return Err(RuleError::OutOfRange { part, text });
    }
    NaiveDate::from_ymd_opt(year, month, day).ok_or(RuleError::NoSuchDate { part, text })
}

/// `thu`, 周四, 星期四; 周天 for Sunday as well.
pub(super) fn weekday(text: &str) -> Result<Weekday, RuleError> {
    let text = width::plain(text);
    let word = text.to_ascii_lowercase().replace('天', "日");
    let named = WEEKDAYS.iter().find(|(_, names)| names.contains(&word.as_str()));
    named.map(|(day, _)| *day).ok_or_else(|| not_understood(Part::Weekday, text))
}

/// Names joined by commas, or the word for all of them; in the order of the year, each once.
pub(super) fn festivals(text: &str, all: &str) -> Result<Vec<Festival>, RuleError> {
    let text = width::plain(text).to_ascii_lowercase();
    if text == all {
        return Ok(Festival::ALL.to_vec());
    }
    let one = |name: &str| Festival::read(name).ok_or_else(|| not_understood(Part::Festival, name.trim().to_owned()));
    let mut festivals = text.split(',').map(one).collect::<Result<Vec<_>, _>>()?;
    festivals.sort_unstable();
    festivals.dedup();
    Ok(festivals)
}
