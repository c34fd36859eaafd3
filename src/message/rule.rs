//! Problems of a rule and of a deadline, naming the part and giving an example.

use super::roster::shown;
use super::schedule::cron_problem;
use crate::domain::schedule::{
    DEADLINE_HOURS, DEADLINE_WORKDAYS, FESTIVAL_WORKDAYS, MERGE_WITHIN, NTH_MAX, Part, RuleError, WEEKS,
};

const REMOVE: &str = "请删除这个计划再重新添加：qingfeng schedule remove 名称";

/// Why a rule or a deadline is refused, and what to write instead.
pub fn rule_problem(error: &RuleError) -> String {
    match error {
        RuleError::Cron(error) => cron_problem(error),
        // Only a stored rule is read as a whole.
        RuleError::Unreadable(rule) => format!("数据库里的时间规则“{}”看不懂。{REMOVE}", shown(rule)),
        RuleError::Missing(part) => format!("数据库里的时间规则缺了{}。{REMOVE}", name(*part)),
        RuleError::Surplus(text) => format!("数据库里的时间规则后面多了“{}”。{REMOVE}", shown(text)),
        RuleError::NotUnderstood { part, text } if text.is_empty() => {
            format!("{}没有写。{}", name(*part), hint(*part))
        }
        RuleError::NotUnderstood { part, text } => {
            format!("{}看不懂“{}”。{}", name(*part), shown(text), hint(*part))
        }
        RuleError::OutOfRange { part, text } => format!("{}不能是“{}”。{}", name(*part), shown(text), hint(*part)),
        RuleError::NoSuchDate { part, text } => {
            format!("{}写的“{}”这一天不存在。{}", name(*part), shown(text), hint(*part))
        }
        RuleError::EndsBeforeStart { starts_on, ends_on } => {
            format!("最后一天{ends_on}早于第一天{starts_on}。请核对起止日期")
        }
    }
}

fn name(part: Part) -> &'static str {
    match part {
        Part::Weeks => "间隔周数",
        Part::Weekday => "星期",
        Part::From => "起算日期",
        Part::At => "时间",
        Part::Nth => "当月第几个工作日",
        Part::Festival => "节日",
        Part::FestivalWorkdays => "节前工作日数",
        Part::MergeWithin => "合并提醒的间隔天数",
        Part::MonthDay => "每年的日期",
        Part::Date => "日期",
        Part::Deadline => "期限",
        Part::DeadlineWorkdays => "期限的工作日数",
        Part::DeadlineHours => "期限的小时数",
    }
}

fn hint(part: Part) -> String {
    match part {
        Part::Weeks => format!("可写{}至{}，如2是隔周", WEEKS.start(), WEEKS.end()),
        Part::Weekday => "可写mon至sun，或周一至周日".to_owned(),
        Part::From | Part::Date => "应写2000年至2099年的一天，如2026-12-01".to_owned(),
        Part::At => "应写时和分，从00:00至23:59，如09:30".to_owned(),
        Part::Nth => format!("可写1至{NTH_MAX}，从月末倒数写-1至-{NTH_MAX}"),
        Part::Festival => "可写all（全部），或元旦、春节、清明、劳动节、端午、中秋、国庆中的几个，用“,”隔开".to_owned(),
        Part::FestivalWorkdays => {
            format!("可写{}至{}，如3", FESTIVAL_WORKDAYS.start(), FESTIVAL_WORKDAYS.end())
        }
        Part::MergeWithin => format!("可写{}至{}，0是只合并连休的节日", MERGE_WITHIN.start(), MERGE_WITHIN.end()),
        Part::MonthDay => "应写月和日，如12-04".to_owned(),
        Part::Deadline => "可写workday-end、“3个工作日”、24h，或2026-12-31这样的日期".to_owned(),
        Part::DeadlineWorkdays => {
            format!("可写{}至{}，如“3个工作日”", DEADLINE_WORKDAYS.start(), DEADLINE_WORKDAYS.end())
        }
        Part::DeadlineHours => format!("可写{}至{}，如24h", DEADLINE_HOURS.start(), DEADLINE_HOURS.end()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

    use super::*;
    use crate::domain::schedule::{DeadlineRule, Rule};

    const REFUSED: [&str; 20] = [
        "",
        "daily 09:30",
        "cron 60 9 * * *",
        "every-weeks 0 thu 2026-09-03 14:30",
        "every-weeks 53 thu 2026-09-03 14:30",
        "every-weeks two thu 2026-09-03 14:30",
        "every-weeks 2 thurs 2026-09-03 14:30",
        "every-weeks 2 thu 2026-09-31 14:30",
        "every-weeks 2 thu 2026-09-03",
        "workday-of-month 0 09:30",
        "workday-of-month 24 09:30",
        "before-festival 重阳 3 0 09:30",
        "before-festival 中秋,, 3 0 09:30",
        "before-festival all 0 0 09:30",
        "before-festival all 3 61 09:30",
        "yearly 02-30 09:30",
        "yearly 12-4 09:30",
        "once 1926-12-01 09:30",
        "once 2026-12-01 9:30",
        "once 2026-12-01 24:00 again",
    ];

    const DEADLINES_REFUSED: [&str; 6] = ["", "soon", "0 workdays", "61个工作日", "721h", "2026-02-29"];

    #[test]
    fn every_refusal_names_the_part_and_what_to_write() {
        let line = |text: &str| format!("{text}\n  {}", rule_problem(&Rule::parse(text).unwrap_err()));
        insta::assert_snapshot!(REFUSED.map(line).join("\n"));
    }

    #[test]
    fn every_refused_deadline_names_the_part_and_what_to_write() {
        let line = |text: &str| format!("{text}\n  {}", rule_problem(&DeadlineRule::parse(text).unwrap_err()));
        insta::assert_snapshot!(DEADLINES_REFUSED.map(line).join("\n"));
    }
}
