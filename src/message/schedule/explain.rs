//! A rule in one sentence, with what bounds it and what speaks against it.

use chrono::{NaiveDate, NaiveTime, Weekday};

use super::cron;
use crate::domain::calendar::Festival;
use crate::domain::cap::Caps;
use crate::domain::schedule::{BeforeFestival, OnHoliday, Rule, Terms, load, outside_hours, stays_on_weekdays};
use crate::domain::slot::AllowedHours;
use crate::domain::wall::has_summer_time;
use crate::message::print::{date, hours, weekday_name, weekday_of};

/// What a rule is held against.
#[derive(Debug, Clone)]
pub struct Bounds {
    pub hours: AllowedHours,
    pub caps: Caps,
    /// From when on summer time counts.
    pub today: NaiveDate,
}

/// 双周（从2026年9月3日那一周起）的周四14:30
pub fn rule(rule: &Rule) -> String {
    match rule {
        Rule::Cron(expr) => cron::sentence(expr),
        Rule::EveryWeeks { weeks, on, from, at } => every_weeks(*weeks, *on, *from, *at),
        Rule::WorkdayOfMonth { n, at } => format!("每月{}{}", workday_of_month(*n), clock(*at)),
        Rule::BeforeFestival(before) => before_festival(before),
        Rule::Yearly { month: 2, day: 29, at } => format!("每年2月29日{}（没有这一天就跳过）", clock(*at)),
        Rule::Yearly { month, day, at } => format!("每年{month}月{day}日{}", clock(*at)),
        Rule::Once { on, at } => format!("{}（{}）{}一次", date(*on), weekday_of(*on), clock(*at)),
    }
}

fn clock(at: NaiveTime) -> String {
    at.format("%H:%M").to_string()
}

fn every_weeks(weeks: u32, on: Weekday, from: NaiveDate, at: NaiveTime) -> String {
    let (since, day, at) = (format!("（从{}那一周起）", date(from)), weekday_name(on), clock(at));
    match weeks {
        1 => format!("每{day}{at}{since}"),
        2 => format!("双周{since}的{day}{at}"),
        weeks => format!("每{weeks}周一次{since}，{day}{at}"),
    }
}

fn workday_of_month(n: i32) -> String {
    match n {
        -1 => "最后一个工作日".to_owned(),
        n if n < 0 => format!("倒数第{}个工作日", n.unsigned_abs()),
        n => format!("第{n}个工作日"),
    }
}

fn before_festival(before: &BeforeFestival) -> String {
    let BeforeFestival { festivals, workdays, merge_within, at } = before;
    let names = Festival::labels(festivals);
    let day = match workdays {
        1 => "最后一个工作日".to_owned(),
        n => format!("第{n}个工作日"),
    };
    let merged = match (festivals.len(), merge_within) {
        (0 | 1, _) => String::new(),
        (_, 0) => "（放假相连的合并为一次）".to_owned(),
        (_, days) => format!("（放假相连或相隔不超过{days}天的合并为一次）"),
    };
    format!("{names}放假前{day}{}{merged}", clock(*at))
}

/// A rule with what bounds it: `每周一09:30；遇放假不推送；2026年9月1日起`.
pub fn terms(terms: &Terms) -> String {
    let Terms { rule: of, on_holiday, starts_on, ends_on } = terms;
    let mut parts = vec![rule(of)];
    parts.extend(holiday(of, *on_holiday));
    parts.extend(match (starts_on, ends_on) {
        (None, None) => None,
        (Some(first), None) => Some(format!("{}起", date(*first))),
        (None, Some(last)) => Some(format!("到{}为止", date(*last))),
        (Some(first), Some(last)) => Some(format!("{}起，到{}为止", date(*first), date(*last))),
    });
    parts.join("；")
}

/// What a day off does; `None` where the rule itself names workdays only.
fn holiday(rule: &Rule, on_holiday: OnHoliday) -> Option<String> {
    let off = match rule {
        Rule::WorkdayOfMonth { .. } | Rule::BeforeFestival(_) => return None,
        rule if stays_on_weekdays(rule) => "遇放假",
        Rule::Cron(_) | Rule::EveryWeeks { .. } | Rule::Yearly { .. } | Rule::Once { .. } => "遇放假和周末",
    };
    let what = match on_holiday {
        OnHoliday::Skip => "不推送",
        OnHoliday::Previous => "提前到前一个工作日",
        OnHoliday::Next => "顺延到后一个工作日",
        OnHoliday::Run => "照常推送",
    };
    Some(format!("{off}{what}"))
}

/// The sentence with its warnings, each a sentence of its own.
pub fn explained(of: &Rule, bounds: &Bounds) -> String {
    let warnings = warnings(of, bounds).into_iter().map(|warning| format!("注意：{warning}。"));
    std::iter::once(format!("{}。", rule(of))).chain(warnings).collect::<Vec<_>>().concat()
}

/// What speaks against a rule, without full stops.
pub fn warnings(rule: &Rule, bounds: &Bounds) -> Vec<String> {
    let Bounds { hours: allowed, caps, today } = bounds;
    let outside = outside_hours(rule, allowed)
        .map(|time| format!("{}不在允许推送的时段（工作日{}）", clock(time), hours(allowed)));
    let summer = has_summer_time(allowed.tz, *today)
        .then(|| format!("时区{}有夏令时，跳过的时刻顺延到下一个有效的分钟，重复的时刻只推送一次", allowed.tz));
    outside.into_iter().chain(too_often(rule, *caps)).chain(summer).collect()
}

fn too_often(rule: &Rule, caps: Caps) -> Option<String> {
    let load = load(rule);
    let day = (load.day > caps.per_day).then(|| (format!("一天最多{}次", load.day), format!("每天{}条", caps.per_day)));
    let week =
        (load.week > caps.per_week).then(|| (format!("一周最多{}次", load.week), format!("每周{}条", caps.per_week)));
    let (found, most): (Vec<String>, Vec<String>) = day.into_iter().chain(week).unzip();
    let (found, most) = (found.join("、"), most.join("、"));
    (!found.is_empty()).then(|| format!("{found}，超过每群{most}的上限，超出的会改期或不推送"))
}

#[cfg(test)]
mod tests;
