//! The days that the law itself gives off (全国年节及纪念日放假办法, as of 2025-01-01): 13 in a year. Lunar dates and the
//! solar term come from the almanac.

use std::sync::OnceLock;

use chrono::{NaiveDate, TimeDelta};
use tyme4rs::tyme::lunar::LunarDay;
use tyme4rs::tyme::solar::{SolarDay, SolarTerm};

use super::{Festival, Holiday, YearFile, YearStatus};

/// Place of 清明 among the solar terms of a year, 冬至 being 0.
const QINGMING_TERM: isize = 7;

/// First of the years whose festivals are kept once they are reckoned: the almanac takes longer than all the rest of a plan.
const KEPT_FROM: i32 = 2000;

/// By year from [`KEPT_FROM`], then by festival.
static KEPT: [OnceLock<Vec<Option<NaiveDate>>>; 101] = [const { OnceLock::new() }; 101];

/// The festival's own day in a year of the common calendar; `None` outside the almanac's years.
pub fn festival_day(festival: Festival, year: i32) -> Option<NaiveDate> {
    let kept = usize::try_from(year - KEPT_FROM).ok().and_then(|at| KEPT.get(at));
    let Some(kept) = kept else { return reckoned(festival, year) };
    let days = kept.get_or_init(|| Festival::ALL.iter().map(|festival| reckoned(*festival, year)).collect());
    days.get(festival as usize).copied().flatten()
}

fn reckoned(festival: Festival, year: i32) -> Option<NaiveDate> {
    let lunar = |month: isize, day: usize| {
        let year = isize::try_from(year).ok()?;
        LunarDay::validate(year, month, day).ok()?;
        common(&LunarDay::from_ymd(year, month, day).get_solar_day())
    };
    match festival {
        Festival::NewYear => NaiveDate::from_ymd_opt(year, 1, 1),
        Festival::Spring => lunar(1, 1),
        Festival::Qingming => {
            common(&SolarTerm::from_index(isize::try_from(year).ok()?, QINGMING_TERM).get_solar_day())
        }
        Festival::Labour => NaiveDate::from_ymd_opt(year, 5, 1),
        Festival::DragonBoat => lunar(5, 5),
        Festival::MidAutumn => lunar(8, 15),
        Festival::National => NaiveDate::from_ymd_opt(year, 10, 1),
    }
}

fn common(day: &SolarDay) -> Option<NaiveDate> {
    let part = |n: usize| u32::try_from(n).ok();
    NaiveDate::from_ymd_opt(i32::try_from(day.get_year()).ok()?, part(day.get_month())?, part(day.get_day())?)
}

/// Days off before the festival's own day, and days off in all.
const fn span(festival: Festival) -> (i64, i64) {
    match festival {
        // 除夕 to 初三
        Festival::Spring => (1, 4),
        Festival::Labour => (0, 2),
        Festival::National => (0, 3),
        Festival::NewYear | Festival::Qingming | Festival::DragonBoat | Festival::MidAutumn => (0, 1),
    }
}

/// A year as the law alone gives it. 中秋 inside the days of 国庆 is listed with them as one block.
pub fn statutory(year: i32) -> YearFile {
    let mut holidays: Vec<Holiday> = Vec::new();
    for festival in Festival::ALL {
        let Some(day) = festival_day(*festival, year) else { continue };
        let (before, days) = span(*festival);
        let from = day - TimeDelta::days(before);
        holidays.push(Holiday { festivals: vec![*festival], from, to: from + TimeDelta::days(days - 1) });
    }
    holidays.sort_by_key(|holiday| holiday.from);
    holidays.dedup_by(|next, earlier| {
        let inside = next.from <= earlier.to;
        if inside {
            earlier.festivals.append(&mut next.festivals);
            earlier.to = earlier.to.max(next.to);
        }
        inside
    });
    let covers_until = NaiveDate::from_ymd_opt(year, 12, 31).unwrap_or(NaiveDate::MAX);
    let source = String::new();
    YearFile { year, status: YearStatus::Provisional, source, covers_until, holidays, makeup: Vec::new() }
}
