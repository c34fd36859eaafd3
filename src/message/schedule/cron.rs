//! A crontab expression as people would say it. Every expression has its words: what has no short form is listed.

use crate::domain::cron::{CronExpr, Field};

/// Times of day that are listed one by one; more than these are told by their distance or their parts.
const TIMES_LISTED: usize = 4;

/// Days that only some months have begin here.
const DAY_MISSING_SOMEWHERE: u8 = 29;

/// When on a day.
struct Times {
    text: String,
    /// Goes on through all hours, so that 每天 before it would say it twice.
    around_the_clock: bool,
}

/// 每周一、三、五09:30
pub(super) fn sentence(expr: &CronExpr) -> String {
    let (dates, more) = (dates(expr), missing(expr));
    let times = times(expr);
    let text = match (dates, times) {
        (Dates::Daily, times) if times.around_the_clock => times.text,
        (Dates::Daily, times) => format!("每天{}", times.text),
        (Dates::Plain(dates), times) if !times.around_the_clock => format!("{dates}{}", times.text),
        (Dates::Plain(dates) | Dates::Either(dates), times) => format!("{dates}，{}", times.text),
    };
    text + more
}

/// On which days.
enum Dates {
    Daily,
    /// Ends so that a time may follow at once.
    Plain(String),
    /// Two clauses.
    Either(String),
}

fn dates(expr: &CronExpr) -> Dates {
    let [days, months, weekdays] = [(Field::Day, 31), (Field::Month, 12), (Field::Weekday, 7)].map(|(field, all)| {
        let values = expr.values(field)?;
        // `*/1` and the like restrict nothing.
        Some((values.len() == all, values))
    });
    let months = months.filter(|(all, _)| !all).map(|(_, months)| months);
    let of_year = |text: &str| {
        months.as_deref().map_or_else(|| format!("每{text}"), |months| format!("每年{}的每{text}", of_months(months)))
    };
    match (days, weekdays) {
        // Either is enough, and one of them is always so.
        (Some((true, _)), _) | (_, Some((true, _))) | (None, None) => match months {
            None => Dates::Daily,
            Some(months) => Dates::Plain(format!("每年{}的每天", of_months(&months))),
        },
        (None, Some((false, weekdays))) => Dates::Plain(of_year(&of_week(&weekdays))),
        (Some((false, days)), None) => Dates::Plain(of_month(&days, months.as_deref())),
        (Some((false, days)), Some((false, weekdays))) => {
            let of_week = of_week(&weekdays);
            let other = match months.as_deref() {
                None => format!("每{of_week}"),
                Some([month]) => format!("{month}月的每{of_week}"),
                Some(_) => format!("这些月份的每{of_week}"),
            };
            Dates::Either(format!("{}，以及{other}", of_month(&days, months.as_deref())))
        }
    }
}

/// 每月1日、15日 · 每年12月4日 · 每年3月、9月的1日 · 每月单日
fn of_month(days: &[u8], months: Option<&[u8]>) -> String {
    let days = match (every_other(days), days.first()) {
        (true, Some(1)) => "单日".to_owned(),
        (true, _) => "双日".to_owned(),
        (false, _) => listed(days, |day| format!("{day}日")),
    };
    match months {
        None => format!("每月{days}"),
        Some([month]) if days.starts_with(|c: char| c.is_ascii_digit()) => format!("每年{month}月{days}"),
        Some(months) => format!("每年{}的{days}", of_months(months)),
    }
}

/// Whether these are all odd or all even days of a month.
fn every_other(days: &[u8]) -> bool {
    step(days) == Some(2) && matches!(days, [1, .., 31] | [2, .., 30])
}

fn of_months(months: &[u8]) -> String {
    listed(months, |month| format!("{month}月"))
}

/// 周一、三、五 · 周一至周五 · 周一至周三、周六
fn of_week(weekdays: &[u8]) -> String {
    // Sunday last.
    let mut days: Vec<u8> = weekdays.iter().map(|day| if *day == 0 { 7 } else { *day }).collect();
    days.sort_unstable();
    if blocks(&days).into_iter().any(is_range) {
        return listed(&days, |day| format!("周{}", weekday(day)));
    }
    let names: Vec<&str> = days.into_iter().map(weekday).collect();
    format!("周{}", names.join("、"))
}

fn weekday(day: u8) -> &'static str {
    ["一", "二", "三", "四", "五", "六", "日"].get(usize::from(day).saturating_sub(1)).copied().unwrap_or_default()
}

/// What is to be known of days that not every month or year has.
fn missing(expr: &CronExpr) -> &'static str {
    let days = expr.values(Field::Day).unwrap_or_default();
    let to_the_end = every_other(&days) || blocks(&days).into_iter().any(|block| is_range(block) && block.1 == 31);
    if days.iter().any(|day| *day >= DAY_MISSING_SOMEWHERE) && !to_the_end && some_month_lacks(&days, expr) {
        "（没有这一天就跳过）"
    } else {
        ""
    }
}

fn some_month_lacks(days: &[u8], expr: &CronExpr) -> bool {
    let months = expr.values(Field::Month).unwrap_or_else(|| (1..=12).collect());
    let shortest = |month: &u8| match month {
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    months.iter().map(shortest).min() < days.iter().copied().max()
}

fn times(expr: &CronExpr) -> Times {
    let hours = expr.values(Field::Hour).filter(|hours| hours.len() < 24);
    let minutes = expr.values(Field::Minute).unwrap_or_else(|| (0..60).collect());
    match hours {
        None => Times { text: every_hour(&minutes), around_the_clock: true },
        Some(hours) => Times { text: some_hours(&hours, &minutes), around_the_clock: false },
    }
}

fn every_hour(minutes: &[u8]) -> String {
    match (minutes, pace(minutes)) {
        ([0], _) => "每小时整点".to_owned(),
        (_, Some(1)) => "每分钟一次".to_owned(),
        ([0, ..], Some(pace)) => format!("每{pace}分钟一次"),
        ([first, ..], Some(pace)) => format!("每{pace}分钟一次（每小时从{first}分起）"),
        (minutes, None) => of_hour(minutes),
        ([], Some(_)) => String::new(),
    }
}

fn some_hours(hours: &[u8], minutes: &[u8]) -> String {
    if hours.len() * minutes.len() <= TIMES_LISTED {
        return each(hours, minutes);
    }
    let (first, last) = (minutes.first().copied().unwrap_or_default(), minutes.last().copied().unwrap_or_default());
    let span = |(from, to): &(u8, u8)| match (clock(*from, first), clock(*to, last)) {
        (from, to) if from == to => from,
        (from, to) => format!("{from}至{to}"),
    };
    let blocks = blocks(hours);
    let spans = blocks.iter().map(span).collect::<Vec<_>>().join("、");
    match (hours, minutes) {
        ([from, .., to], [minute]) if step(hours).is_some_and(|step| step > 1) => {
            let step = step(hours).unwrap_or_default();
            format!("{}至{}，每{step}小时一次", clock(*from, *minute), clock(*to, *minute))
        }
        (_, [_]) if blocks.iter().copied().any(is_range) => format!("{spans}，每小时一次"),
        (_, [_]) => each(hours, minutes),
        ([_], _) if step(minutes).is_some() => format!("{spans}，{}", every(step(minutes))),
        (_, _) if pace(minutes).is_some() => format!("{spans}，{}", every(pace(minutes))),
        (_, _) => format!("{}，{}", listed(hours, |hour| format!("{hour}时")), of_hour(minutes)),
    }
}

fn each(hours: &[u8], minutes: &[u8]) -> String {
    let all = hours.iter().flat_map(|hour| minutes.iter().map(move |minute| clock(*hour, *minute)));
    all.collect::<Vec<_>>().join("、")
}

/// 每小时的5分、20分 · 每小时的0分至56分，每7分钟一次
fn of_hour(minutes: &[u8]) -> String {
    let name = |minute: u8| format!("{minute}分");
    match (minutes, step(minutes)) {
        ([first, .., last], Some(step)) => {
            format!("每小时的{}至{}，{}", name(*first), name(*last), every(Some(step)))
        }
        (minutes, _) => {
            format!("每小时的{}", minutes.iter().map(|minute| name(*minute)).collect::<Vec<_>>().join("、"))
        }
    }
}

fn every(minutes: Option<u8>) -> String {
    match minutes {
        None | Some(1) => "每分钟一次".to_owned(),
        Some(minutes) => format!("每{minutes}分钟一次"),
    }
}

/// Minutes between two runs, when it is the same across the full hour.
fn pace(minutes: &[u8]) -> Option<u8> {
    let count = u8::try_from(minutes.len()).ok().filter(|count| *count > 1 && 60 % count == 0)?;
    let pace = 60 / count;
    minutes.windows(2).all(|pair| matches!(pair, [a, b] if a + pace == *b)).then_some(pace)
}

/// The distance between values, when it is the same between each of at least four.
fn step(values: &[u8]) -> Option<u8> {
    let step = match values {
        [a, b, _, _, ..] => b - a,
        _ => return None,
    };
    values.windows(2).all(|pair| matches!(pair, [a, b] if a + step == *b)).then_some(step)
}

fn clock(hour: u8, minute: u8) -> String {
    format!("{hour:02}:{minute:02}")
}

/// Values joined by 、, three or more in a row as a range.
fn listed(values: &[u8], name: impl Fn(u8) -> String) -> String {
    let part = |block: (u8, u8)| match block {
        (from, to) if is_range(block) => format!("{}至{}", name(from), name(to)),
        (from, to) if from == to => name(from),
        (from, to) => format!("{}、{}", name(from), name(to)),
    };
    blocks(values).into_iter().map(part).collect::<Vec<_>>().join("、")
}

/// First and last of each unbroken row of ascending values.
fn blocks(values: &[u8]) -> Vec<(u8, u8)> {
    let mut blocks: Vec<(u8, u8)> = Vec::new();
    for value in values {
        match blocks.last_mut() {
            Some((_, last)) if *last + 1 == *value => *last = *value,
            Some(_) | None => blocks.push((*value, *value)),
        }
    }
    blocks
}

fn is_range((from, to): (u8, u8)) -> bool {
    to - from >= 2
}

#[cfg(test)]
mod tests;
