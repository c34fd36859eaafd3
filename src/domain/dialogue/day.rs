//! A day as a person types it: 1月5日, 5号, 2027-01-05, 1/5, 明天, 下周一. Read kindly, and never guessed: what could be no
//! day is `None`.

use chrono::{Datelike, NaiveDate, TimeDelta, Weekday};

use crate::domain::width;

/// Which year or month is meant where none was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lean {
    /// The first such day from today on.
    Ahead,
    /// The nearest such day.
    Nearest,
}

/// The day that a text means.
pub fn read(text: &str, today: NaiveDate, lean: Lean) -> Option<NaiveDate> {
    let text: String = width::plain(text).chars().filter(|c| !c.is_whitespace()).collect();
    let text = text.trim_end_matches(['.', '。', '!', '！']);
    by_name(text, today).or_else(|| by_weekday(text, today)).or_else(|| by_number(text, today, lean))
}

fn by_name(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let days = match text {
        "昨天" | "昨日" => -1,
        "今天" | "今日" => 0,
        "明天" | "明日" => 1,
        "后天" => 2,
        "大后天" => 3,
        _ => return None,
    };
    today.checked_add_signed(TimeDelta::days(days))
}

/// 周一 is the next one after today; 下周一 the one of next week.
fn by_weekday(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let (next_week, text) = text.strip_prefix('下').map_or((false, text), |rest| (true, rest));
    let text = text.strip_prefix('个').unwrap_or(text);
    let name = ["周", "星期", "礼拜"].iter().find_map(|prefix| text.strip_prefix(prefix))?;
    let weekday = match name {
        "一" | "1" => Weekday::Mon,
        "二" | "2" => Weekday::Tue,
        "三" | "3" => Weekday::Wed,
        "四" | "4" => Weekday::Thu,
        "五" | "5" => Weekday::Fri,
        "六" | "6" => Weekday::Sat,
        "日" | "天" | "7" => Weekday::Sun,
        _ => return None,
    };
    let from = if next_week { today.checked_add_signed(days_to(today, Weekday::Mon))? } else { today.succ_opt()? };
    from.iter_days().take(7).find(|day| day.weekday() == weekday)
}

/// Days to the next such weekday, at least one.
fn days_to(today: NaiveDate, weekday: Weekday) -> TimeDelta {
    let away = (7 + weekday.num_days_from_monday() - today.weekday().num_days_from_monday()) % 7;
    TimeDelta::days(i64::from(if away == 0 { 7 } else { away }))
}

fn by_number(text: &str, today: NaiveDate, lean: Lean) -> Option<NaiveDate> {
    let text = text.trim_end_matches(['日', '号']);
    let numbers: Vec<u32> = text.split(['年', '月', '-', '/', '.']).map(number).collect::<Option<_>>()?;
    match numbers.as_slice() {
        // 20270105
        [all] if text.len() == 8 => {
            NaiveDate::from_ymd_opt(i32::try_from(all / 10_000).ok()?, all / 100 % 100, all % 100)
        }
        [day] => of_month(*day, today, lean),
        [month, day] => of_year((*month, *day), today, lean),
        [year, month, day] if *year >= 2000 => NaiveDate::from_ymd_opt(i32::try_from(*year).ok()?, *month, *day),
        _ => None,
    }
}

/// Digits alone: `parse` would take a sign.
fn number(text: &str) -> Option<u32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

fn of_month(day: u32, today: NaiveDate, lean: Lean) -> Option<NaiveDate> {
    let months = -1..=2;
    let dates = months.filter_map(|months| {
        let month = today.year() * 12 + i32::try_from(today.month0()).ok()? + months;
        NaiveDate::from_ymd_opt(month.div_euclid(12), u32::try_from(month.rem_euclid(12)).ok()? + 1, day)
    });
    best(dates, today, lean)
}

fn of_year((month, day): (u32, u32), today: NaiveDate, lean: Lean) -> Option<NaiveDate> {
    // Eight years: 2月29日 may be that far away.
    let dates = (-8..=8).filter_map(|years| NaiveDate::from_ymd_opt(today.year() + years, month, day));
    best(dates, today, lean)
}

fn best(dates: impl Iterator<Item = NaiveDate>, today: NaiveDate, lean: Lean) -> Option<NaiveDate> {
    let away = |date: &NaiveDate| (*date - today).num_days();
    match lean {
        Lean::Ahead => dates.filter(|date| *date >= today).min_by_key(away),
        Lean::Nearest => dates.min_by_key(|date| away(date).abs()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn date(text: &str) -> Option<NaiveDate> {
        text.parse().ok()
    }

    #[rstest]
    #[case("1月5日", "2027-01-05")]
    #[case(" １月５日 ", "2027-01-05")]
    #[case("1月5号。", "2027-01-05")]
    #[case("2027-01-05", "2027-01-05")]
    #[case("2027年1月5日", "2027-01-05")]
    #[case("2027/1/5", "2027-01-05")]
    #[case("20270105", "2027-01-05")]
    #[case("1-5", "2027-01-05")]
    #[case("1.5", "2027-01-05")]
    #[case("12月31日", "2026-12-31")]
    #[case("5号", "2027-01-05")]
    #[case("今天", "2026-12-31")]
    #[case("明天", "2027-01-01")]
    #[case("后天", "2027-01-02")]
    #[case("周一", "2027-01-04")]
    #[case("星期四", "2027-01-07")]
    #[case("下周一", "2027-01-04")]
    #[case("下周日", "2027-01-10")]
    #[case("2月29日", "2028-02-29")]
    fn typed_days_are_read_kindly(#[case] text: &str, #[case] day: &str) {
        let today = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
        assert_eq!(read(text, today, Lean::Ahead), date(day), "{text}");
    }

    #[rstest]
    #[case("12月28日", "2026-12-28")]
    #[case("28号", "2026-12-28")]
    #[case("1月5日", "2027-01-05")]
    fn the_nearest_may_lie_behind(#[case] text: &str, #[case] day: &str) {
        let today = NaiveDate::from_ymd_opt(2027, 1, 2).unwrap();
        assert_eq!(read(text, today, Lean::Nearest), date(day), "{text}");
    }

    #[rstest]
    fn what_is_no_day_is_not_guessed(
        #[values(
            "",
            "谢谢",
            "13月1日",
            "2月30日",
            "32号",
            "下周",
            "1月",
            "-5",
            "+1月5日",
            "0",
            "月",
            "1//5",
            "99-1-5"
        )]
        text: &str,
    ) {
        let today = NaiveDate::from_ymd_opt(2026, 12, 31).unwrap();
        assert_eq!(read(text, today, Lean::Ahead), None, "{text}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_survived(text in ".{0,24}", days in 0i64..60_000) {
            let today = NaiveDate::default() + TimeDelta::days(days);
            let _ = read(&text, today, Lean::Ahead);
            let _ = read(&text, today, Lean::Nearest);
        }
    }
}
