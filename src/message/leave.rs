//! Sentences about absences: what a person is told, what each category does, what is wrong with a sheet. No sentence has a
//! reason in it, because none is kept.

#[cfg(test)]
mod tests;

use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;

use super::print::{date, day_time};
use super::roster::shown;
use crate::domain::leave::sheet::{Column, Problem, ProblemKind};
use crate::domain::leave::{Effect, LeaveCategory, Span, effect};

/// Problems printed of one sheet; whoever corrects these imports again and sees the rest.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// Lengths, in months, at which some rule changes.
const TURNS: [u32; 2] = [1, 6];

/// The question after 我在休假或出差.
pub const WHEN_BACK: &str = "哪天返岗？只选日期，不用写原因。";

/// The answer to a day of return; with the deadline when one moved.
pub fn declared(return_day: NaiveDate, deadline: Option<DateTime<Utc>>, zone: Tz) -> String {
    let moved = deadline.map(|at| format!("，截止时间顺延到{}", day_time(at, zone))).unwrap_or_default();
    format!("已记下：{}月{}日返岗。这期间不再提醒{moved}。", return_day.month(), return_day.day())
}

/// A day of return that cannot be taken; `today` and the last day that can.
pub fn bad_return_day(today: NaiveDate, latest: NaiveDate) -> String {
    let first = today.succ_opt().unwrap_or(today);
    format!("返岗日期要在{}至{}之间，请重新选。更长的请告诉管理员登记。", date(first), date(latest))
}

/// What an absence does, as short as a table has room for.
pub const fn short(effect: Effect) -> &'static str {
    match effect {
        Effect::Present => "照常计入",
        Effect::Extended | Effect::Excused => "计入，截止时间顺延",
        Effect::Excluded | Effect::Apart => "免计",
    }
}

/// What an absence does.
pub const fn long(effect: Effect) -> &'static str {
    match effect {
        Effect::Present => "照常计入",
        Effect::Extended => "计入，截止时间顺延；集中学习可记请假",
        Effect::Excused => "计入，截止时间顺延；集中学习记请假",
        Effect::Excluded => "免计",
        Effect::Apart => "免计；自愿参加的照样记录，列入其他，不进比率",
    }
}

/// What a category does, by length where that matters: asked of the rule itself.
pub fn of_category(category: LeaveCategory) -> String {
    let from = NaiveDate::from_ymd_opt(2027, 1, 1).unwrap_or_default();
    let days = |months: u32| from.checked_add_months(Months::new(months)).and_then(|day| day.pred_opt());
    let lasting = |months: u32| effect(category, Span { from, to: days(months) });
    let brief = effect(category, Span { from, to: Some(from) });
    match TURNS.into_iter().find(|months| lasting(*months) != brief) {
        Some(months) => {
            format!("不满{months}个月：{}；满{months}个月：{}", long(brief), long(lasting(months)))
        }
        None => long(brief).to_owned(),
    }
}

/// What can be written for a category. Names joined from others are read as well and need no mention.
pub fn names(category: LeaveCategory) -> String {
    let single = category.names().iter().filter(|name| !name.contains('、'));
    single.copied().collect::<Vec<_>>().join("、")
}

/// The table of categories for documents, one row each.
pub fn table() -> Vec<String> {
    let row = |category: &LeaveCategory| {
        let (names, end) = (names(*category), if category.needs_end() { "必填" } else { "可空" });
        format!("| {names} | `{}` | {end} | {} |", category.as_str(), of_category(*category))
    };
    LeaveCategory::ALL.iter().map(row).collect()
}

/// All problems of a sheet, one line each.
pub fn problems(file: &str, problems: &[Problem]) -> Vec<String> {
    let line = |problem: &Problem| {
        let row = problem.row.map(|row| format!("第{row}行")).unwrap_or_default();
        format!("{file}{row}：{}", what(&problem.kind))
    };
    let mut lines: Vec<String> = problems.iter().take(PROBLEMS_SHOWN_MAX).map(line).collect();
    if let Some(rest) = problems.len().checked_sub(PROBLEMS_SHOWN_MAX).filter(|rest| *rest > 0) {
        lines.push(format!("{file}：另有{rest}处问题，改好以上各处后再导入即可看到。"));
    }
    lines
}

fn what(kind: &ProblemKind) -> String {
    match kind {
        ProblemKind::Empty => "是空表。第一行请写列名：工号、类别、起、止。".to_owned(),
        ProblemKind::NoRow => "只有列名。请在列名下面一行写一段请假。".to_owned(),
        ProblemKind::MissingColumn(column) => format!("缺少“{}”这一列。列名是：工号、类别、起、止。", column.as_str()),
        ProblemKind::RepeatedColumn(column) => format!("“{}”这一列出现了两次。请删去一列。", column.as_str()),
        ProblemKind::UnknownColumn(text) => {
            format!("多了一列“{}”。只要工号、类别、起、止四列，不收事由，请删去这一列。", shown(text))
        }
        ProblemKind::Outside => "有一格在四列之外。请删去；不收事由。".to_owned(),
        ProblemKind::Blank(column) => format!("“{}”不能为空。{}", column.as_str(), hint(*column)),
        ProblemKind::StaffNo(text) => format!("“{}”不是工号。{}", shown(text), hint(Column::StaffNo)),
        ProblemKind::Category(text) => format!("“{}”不是可用的类别。{}", shown(text), hint(Column::Category)),
        ProblemKind::Date(column, text) => {
            format!("“{}”里的“{}”不是日期。{}", column.as_str(), shown(text), hint(*column))
        }
        ProblemKind::Backwards => "最后一天早于第一天。请核对起止日期。".to_owned(),
        ProblemKind::NeedsEnd(category) => format!("{}要写止日，截止时间才知道顺延到哪天。", category.label()),
        ProblemKind::OverlapsRow(row) => format!("与第{row}行是同一个人，日期重叠。请核对起止日期。"),
        ProblemKind::OverlapsRecorded(span) => {
            format!("与已登记的一段（{}）重叠。请核对，见：qingfeng staff leave list", days(*span))
        }
        ProblemKind::NotOnRoster(no) => format!("花名册里没有工号“{}”。请核对工号。", shown(no)),
    }
}

fn hint(column: Column) -> String {
    match column {
        Column::StaffNo => "请照花名册填写。".to_owned(),
        Column::Category => {
            let names = LeaveCategory::ALL.iter().map(|category| category.label());
            format!("可写：{}。", names.collect::<Vec<_>>().join("、"))
        }
        Column::From | Column::To => "请写成2026-09-01。".to_owned(),
    }
}

/// `2026年9月1日至2026年9月5日`
pub fn days(span: Span) -> String {
    match span.to {
        Some(to) if to == span.from => date(to),
        Some(to) => format!("{}至{}", date(span.from), date(to)),
        None => format!("{}起", date(span.from)),
    }
}
