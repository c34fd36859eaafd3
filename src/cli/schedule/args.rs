//! Flags of `schedule add` and `schedule edit`: what they are called, and what they come to.

use chrono::NaiveDate;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{ArgGroup, Args};

use crate::cli::words;
use crate::domain::rotation::Pool;
use crate::domain::schedule::{DeadlineRule, LATE_MINUTES, Missed, OnHoliday, Rule, RuleError, Terms};
use crate::domain::width::half_text;
use crate::domain::word::Confirm;
use crate::office::schedule::{Change, New};

/// Minutes that every message may be late: no schedule can ask for less.
const LATE_LEAST: i64 = 10;

const WHEN: &str = "时间（只选一种）";
const BOUNDS: &str = "遇放假、错过和起止";
const WHAT: &str = "内容和对象";

/// A schedule to add.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("rule").required(true))]
pub struct Add {
    /// 计划的名称，不超过40个字
    #[arg(value_name = "名称")]
    name: String,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    terms: TermsArgs,
    /// 发到哪些群，编号或会话号，见group list
    #[arg(long, value_name = "群", num_args = 1.., required = true, allow_negative_numbers = true, help_heading = WHAT)]
    group: Vec<String>,
    #[command(flatten)]
    pool: PoolArgs,
}

/// What to change of a schedule.
#[derive(Debug, Args)]
pub struct Edit {
    /// 计划的名称
    #[arg(value_name = "名称")]
    pub name: String,
    #[command(flatten)]
    rule: RuleArgs,
    #[command(flatten)]
    terms: TermsArgs,
    /// 改发到哪些群，编号或会话号，见group list
    #[arg(long, value_name = "群", num_args = 1.., allow_negative_numbers = true, help_heading = WHAT)]
    group: Vec<String>,
    #[command(flatten)]
    pool: PoolArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = WHEN)]
struct RuleArgs {
    /// 时间表达式，5段，整个加引号
    #[arg(long, value_name = "表达式", group = "rule")]
    cron: Option<String>,
    /// 每隔几周一次，2就是双周；连同--on、--from、--at
    #[arg(long, value_name = "周数", group = "rule", requires_all = ["on", "from", "at"])]
    every_weeks: Option<String>,
    /// 星期几，如周四，也可写4
    #[arg(long, value_name = "星期", requires = "every_weeks")]
    on: Option<String>,
    /// 从哪一天所在的那一周起算，如2026-09-03
    #[arg(long, value_name = "日期", requires = "every_weeks")]
    from: Option<String>,
    /// 每月第几个工作日，-1是最后一个；连同--at
    #[arg(long, value_name = "第几个", group = "rule", requires = "at", allow_negative_numbers = true)]
    workday_of_month: Option<String>,
    /// 哪些节日放假之前，如“中秋,国庆”，全部写all；连同--workdays、--at
    #[arg(long, value_name = "节日", num_args = 1.., group = "rule", requires_all = ["workdays", "at"])]
    before_festival: Vec<String>,
    /// 放假之前第几个工作日，1至20
    #[arg(long, value_name = "天数", requires = "before_festival", allow_negative_numbers = true)]
    workdays: Option<String>,
    /// 两个节日的放假相隔不超过几天就合并成一次；不写就只合并放假相连的
    #[arg(long, value_name = "天数", requires = "before_festival", allow_negative_numbers = true)]
    merge_within: Option<String>,
    /// 每年的同一天，如12-04；连同--at
    #[arg(long, value_name = "月-日", group = "rule", requires = "at")]
    yearly: Option<String>,
    /// 只在这一天，如2026-12-01；连同--at
    #[arg(long, value_name = "日期", group = "rule", requires = "at")]
    once: Option<String>,
    /// 几点几分，如09:30；--cron的时间写在表达式里
    #[arg(long, value_name = "时:分", requires = "rule", conflicts_with = "cron")]
    at: Option<String>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = BOUNDS)]
struct TermsArgs {
    /// 遇到放假和周末怎么办；增加时不写就是skip
    #[arg(long, value_name = "办法", value_parser = on_holiday())]
    on_holiday: Option<OnHoliday>,
    /// 到时间没能发出怎么办；增加时不写就是late
    #[arg(long, value_name = "办法", value_parser = missed())]
    missed: Option<Missed>,
    /// 最多晚多久还推送，分钟数，或如90m、4h，10分钟至4小时；增加时不写就是4h
    #[arg(long, value_name = "时长", value_parser = max_late)]
    max_late: Option<i64>,
    /// 第一天
    #[arg(long, value_name = "日期", value_parser = words::day)]
    start: Option<NaiveDate>,
    /// 最后一天，含当天
    #[arg(long, value_name = "日期", value_parser = words::day)]
    end: Option<NaiveDate>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = WHAT)]
struct PoolArgs {
    /// 每次都发这一条，短名见content list
    #[arg(long, value_name = "短名", group = "pool")]
    item: Option<String>,
    /// 只在这个主题里轮换
    #[arg(long, value_name = "主题", group = "pool")]
    theme: Option<String>,
    /// 只在带这个标签的内容里轮换
    #[arg(long, value_name = "标签", group = "pool")]
    tag: Option<String>,
    /// 要读者做什么；不写就看内容自己的
    #[arg(long, value_name = "方式", value_parser = words::confirm_parser())]
    confirm: Option<Confirm>,
    /// 需知悉的期限：workday-end（当天下班前）、"3 workdays"、24h，或一个日期
    #[arg(long, value_name = "期限")]
    deadline: Option<String>,
}

impl Add {
    /// The schedule that these flags describe.
    pub fn read(self) -> Result<New, RuleError> {
        let Self { name, rule, terms, group, pool } = self;
        // The command line demands exactly one.
        let rule = rule.read()?.ok_or_else(|| RuleError::Unreadable(String::new()))?;
        let deadline = pool.deadline()?;
        let confirm = pool.confirm;
        let on_holiday = terms.on_holiday.unwrap_or(OnHoliday::Skip);
        let new = New {
            name,
            terms: Terms { rule, on_holiday, starts_on: terms.start, ends_on: terms.end },
            missed: terms.missed.unwrap_or(Missed::Late),
            max_late: terms.max_late.unwrap_or(LATE_MINUTES),
            groups: words::list(&group),
            pool: pool.read().unwrap_or(Pool::Voluntary),
            confirm,
            deadline,
        };
        new.terms.check()?;
        Ok(new)
    }
}

impl Edit {
    /// What these flags change; `None` when they change nothing.
    pub fn read(self) -> Result<Option<Change>, RuleError> {
        let Self { name: _, rule, terms, group, pool } = self;
        let change = Change {
            rule: rule.read()?,
            on_holiday: terms.on_holiday,
            missed: terms.missed,
            max_late: terms.max_late,
            starts_on: terms.start,
            ends_on: terms.end,
            groups: (!group.is_empty()).then(|| words::list(&group)),
            deadline: pool.deadline()?,
            confirm: pool.confirm,
            pool: pool.read(),
        };
        if let (Some(starts_on), Some(ends_on)) = (change.starts_on, change.ends_on)
            && ends_on < starts_on
        {
            return Err(RuleError::EndsBeforeStart { starts_on, ends_on });
        }
        Ok((!is_empty(&change)).then_some(change))
    }
}

fn is_empty(change: &Change) -> bool {
    let Change { rule, on_holiday, missed, max_late, starts_on, ends_on, groups, pool, confirm, deadline } = change;
    let terms = rule.is_none() && on_holiday.is_none() && starts_on.is_none() && ends_on.is_none();
    let rest = groups.is_none() && pool.is_none() && confirm.is_none() && deadline.is_none();
    terms && rest && missed.is_none() && max_late.is_none()
}

impl RuleArgs {
    fn read(self) -> Result<Option<Rule>, RuleError> {
        let Self { cron, every_weeks, on, from, workday_of_month, before_festival, workdays, merge_within, .. } = &self;
        let at = self.at.as_deref().unwrap_or_default();
        let text = |given: &Option<String>| given.clone().unwrap_or_default();
        let rule = if let Some(expr) = cron {
            Rule::cron(expr)
        } else if let Some(weeks) = every_weeks {
            Rule::every_weeks(weeks, weekday(&text(on)).as_str(), &text(from), at)
        } else if let Some(nth) = workday_of_month {
            Rule::workday_of_month(nth, at)
        } else if !before_festival.is_empty() {
            let names = words::list(before_festival).join(",");
            Rule::before_festival(&names, &text(workdays), merge_within.as_deref().unwrap_or("0"), at)
        } else if let Some(day) = &self.yearly {
            Rule::yearly(day, at)
        } else if let Some(day) = &self.once {
            Rule::once(day, at)
        } else {
            return Ok(None);
        };
        rule.map(Some)
    }
}

impl PoolArgs {
    fn deadline(&self) -> Result<Option<DeadlineRule>, RuleError> {
        self.deadline.as_deref().map(DeadlineRule::parse).transpose()
    }

    fn read(self) -> Option<Pool> {
        let Self { item, theme, tag, confirm: _, deadline: _ } = self;
        item.map(Pool::Item).or(theme.map(Pool::Theme)).or(tag.map(Pool::Tag))
    }
}

/// A weekday as crontab numbers it, in the spelling of rules; any other text unchanged.
fn weekday(text: &str) -> String {
    let number = half_text(text.trim());
    let words = ["sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    let word = number.parse::<usize>().ok().and_then(|number| words.get(number));
    word.map_or(number, |word| (*word).to_owned())
}

/// Minutes of `90`, `90m` or `4h`.
fn max_late(text: &str) -> Result<i64, String> {
    let text = half_text(text.trim()).to_lowercase();
    let (number, minutes) = match (text.strip_suffix('h'), text.strip_suffix('m')) {
        (Some(hours), _) => (hours, 60),
        (None, Some(minutes)) => (minutes, 1),
        (None, None) => (text.as_str(), 1),
    };
    let digits = !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit());
    let minutes = digits.then(|| number.parse::<i64>().ok()?.checked_mul(minutes)).flatten();
    let within = minutes.filter(|minutes| (LATE_LEAST..=LATE_MINUTES).contains(minutes));
    within.ok_or_else(|| format!("要在{LATE_LEAST}分钟到{}小时之间，写成90、90m或4h", LATE_MINUTES / 60))
}

fn on_holiday() -> impl TypedValueParser<Value = OnHoliday> {
    let value = |word: OnHoliday, help: &'static str| PossibleValue::new(word.as_str()).help(help);
    let values = [
        value(OnHoliday::Skip, "不推送，留一条记录"),
        value(OnHoliday::Previous, "提前到前一个工作日的同一时间"),
        value(OnHoliday::Next, "顺延到后一个工作日的同一时间"),
        value(OnHoliday::Run, "照常推送"),
    ];
    PossibleValuesParser::new(values).try_map(|text| OnHoliday::parse(&text).ok_or("写法不对"))
}

fn missed() -> impl TypedValueParser<Value = Missed> {
    let value = |word: Missed, help: &'static str| PossibleValue::new(word.as_str()).help(help);
    let values = [
        value(Missed::Skip, "晚了10分钟以上就不发，留一条记录"),
        value(Missed::Late, "在--max-late之内、当天的允许时段里仍推送，注明原定时间"),
    ];
    PossibleValuesParser::new(values).try_map(|text| Missed::parse(&text).ok_or("写法不对"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("90", Some(90))]
    #[case("90m", Some(90))]
    #[case("４Ｈ", Some(240))]
    #[case("10", Some(10))]
    #[case("9", None)]
    #[case("5h", None)]
    #[case("241", None)]
    #[case("-30", None)]
    #[case("h", None)]
    #[case("99999999999999999999h", None)]
    #[case("9223372036854775807h", None)]
    fn lateness_is_minutes_or_hours_within_bounds(#[case] text: &str, #[case] minutes: Option<i64>) {
        assert_eq!(max_late(text).ok(), minutes);
    }

    #[rstest]
    #[case("1", "mon")]
    #[case("７", "sun")]
    #[case("0", "sun")]
    #[case("周四", "周四")]
    #[case("8", "8")]
    fn b5_weekdays_have_numbers(#[case] text: &str, #[case] word: &str) {
        assert_eq!(weekday(text), word);
    }
}
