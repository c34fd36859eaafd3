//! Schedules in words: what a rule says, what becomes of its slots, and the problems of an expression, naming the field
//! and giving an example.

mod cron;
/// A rule in one sentence.
pub mod explain;
/// What becomes of slots.
pub mod outcome;

use super::roster::shown;
use crate::domain::cron::{CronError, Field};

/// What the fields are, and one whole example.
const SHAPE: &str = "应写5段，用空格隔开：分 时 日 月 星期，如“30 9 * * 1,3,5”是每周一、三、五09:30。";

/// Why an expression is refused, and what to write instead.
pub fn cron_problem(error: &CronError) -> String {
    match error {
        CronError::FieldCount { found } => format!("时间表达式有{found}段。{SHAPE}"),
        CronError::Seconds => format!("时间表达式有6段，最前面一段像是秒，这里不用秒。{SHAPE}"),
        CronError::NotUnderstood { field, text } if text.is_empty() => {
            format!("时间表达式的“{}”缺了内容，多了“,”“-”或“/”。{}", name(*field), hint(*field))
        }
        CronError::NotUnderstood { field, text } => {
            format!("时间表达式的“{}”看不懂“{}”。{}", name(*field), shown(text), hint(*field))
        }
        CronError::OutOfRange { field, text } => {
            format!("时间表达式的“{}”不能是“{}”。{}", name(*field), shown(text), hint(*field))
        }
        CronError::WrapAround { field, text } => {
            format!("时间表达式的“{}”里“{text}”从大到小，不能跨过末尾。请拆成两段，如{}。", name(*field), split(*field))
        }
        CronError::Step { field, text } => {
            format!("时间表达式的“{}”里“{text}”的间隔不对。间隔至少是1，且不能超出这一段的范围，如*/2。", name(*field))
        }
        CronError::StepWithoutRange { field, text } => {
            let end = field.bounds().1;
            let (start, step) = text.split_once('/').unwrap_or((text, ""));
            format!("时间表达式的“{}”里“{text}”没有写到哪里为止。请写成{start}-{end}/{step}。", name(*field))
        }
        CronError::NeverFires => "时间表达式写的日期不存在（如2月30日），永远不会到。请改“日”或“月”。".to_owned(),
        CronError::Engine { text } => format!("时间表达式不能使用（{text}）。{SHAPE}"),
    }
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Minute => "分",
        Field::Hour => "时",
        Field::Day => "日",
        Field::Month => "月",
        Field::Weekday => "星期",
    }
}

fn hint(field: Field) -> &'static str {
    match field {
        Field::Minute => "可写0至59，如30；多个用“,”隔开，每隔用*/15。",
        Field::Hour => "可写0至23，如9；多个用“,”隔开，如9,15。",
        Field::Day => "可写1至31，如1,15；每天写*。",
        Field::Month => "可写1至12或JAN至DEC，如3,9；每月写*。",
        Field::Weekday => "可写0至7（1是周一，0和7是周日）或MON至SUN，如1,3,5或1-5；不限写*。",
    }
}

fn split(field: Field) -> &'static str {
    match field {
        Field::Minute => "50-59,0-10",
        Field::Hour => "22-23,0-6",
        Field::Day => "25-31,1-5",
        Field::Month => "11-12,1-2",
        Field::Weekday => "5-7,1",
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

    use super::*;
    use crate::domain::cron::CronExpr;

    const REFUSED: [&str; 16] = [
        "30 9 * *",
        "0 30 9 * * MON",
        "60 9 * * *",
        "30 24 * * *",
        "30 9 32 * *",
        "30 9 * 13 *",
        "30 9 * * 8",
        "30 9 * * 周一",
        "30 9 L * *",
        "0,,5 9 * * *",
        "30 9 * * FRI-MON",
        "0 22-6 * * *",
        "*/0 9 * * *",
        "*/90 9 * * *",
        "10/20 9 * * *",
        "30 9 30 2 *",
    ];

    #[test]
    fn every_refusal_names_the_field_and_what_to_write() {
        let line = |expr: &str| format!("{expr}\n  {}", cron_problem(&CronExpr::parse(expr).unwrap_err()));
        insta::assert_snapshot!(REFUSED.map(line).join("\n"));
    }

    #[test]
    fn what_a_refusal_proposes_is_accepted() {
        let fields = [Field::Minute, Field::Hour, Field::Day, Field::Month, Field::Weekday];
        for (at, field) in fields.into_iter().enumerate() {
            let mut parts = ["*"; 5];
            parts[at] = split(field);
            assert!(CronExpr::parse(&parts.join(" ")).is_ok(), "{field:?}");
        }
        assert!(CronExpr::parse("10-59/20 9 * * *").is_ok());
        assert!(CronExpr::parse("30 9 * * 1,3,5").is_ok());
    }

    #[test]
    fn the_engines_own_refusal_is_worded() {
        let error = CronError::Engine { text: "0 1 2 3 4 5".into() };
        insta::assert_snapshot!(cron_problem(&error), @"时间表达式不能使用（0 1 2 3 4 5）。应写5段，用空格隔开：分 时 日 月 星期，如“30 9 * * 1,3,5”是每周一、三、五09:30。");
    }
}
