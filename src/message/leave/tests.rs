#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use super::*;
use crate::domain::leave::sheet::parse;

fn day(month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(2027, month, day).unwrap()
}

#[test]
fn a_day_of_return_is_answered() {
    let zone = Tz::Asia__Shanghai;
    let deadline = day(1, 5).and_hms_opt(9, 30, 0).unwrap().and_utc();
    let said = [
        WHEN_BACK.to_owned(),
        declared(day(1, 4), Some(deadline), zone),
        declared(day(1, 4), None, zone),
        bad_return_day(day(1, 4), day(3, 5)),
    ];
    insta::assert_snapshot!(said.join("\n"), @r"
    哪天返岗？只选日期，不用写原因。
    已记下：1月4日返岗。这期间不再提醒，截止时间顺延到1月5日17:30。
    已记下：1月4日返岗。这期间不再提醒。
    返岗日期要在2027年1月5日至2027年3月5日之间，请重新选。更长的请告诉管理员登记。
    ");
}

#[test]
fn every_category_says_what_it_does() {
    insta::assert_snapshot!(table().join("\n"));
}

#[test]
fn every_problem_of_a_sheet_is_told_at_once() {
    let rows: Vec<Vec<String>> = [
        &["工号", "类别", "起", "止", "事由", ""][..],
        &["G01", "出差", "2026-09-01", "2026-09-05"],
        &["G01", "事假", "2026-09-05", "2026-09-06"],
        &["G 1", "生病", "9月1日", "2026-02-30"],
        &["G02", "产假", "2026/9/5", "2026.9.1"],
        &["G03", "年休假", "2026年9月1日", ""],
        &["", "", "2026-09-01", "", "", "多"],
    ]
    .iter()
    .map(|row| row.iter().map(|cell| (*cell).to_owned()).collect())
    .collect();
    let mut found = parse(&rows).problems;
    found.sort_by_key(|problem| problem.row);
    let recorded = Span { from: day(1, 1), to: None };
    found.push(Problem { row: Some(9), kind: ProblemKind::OverlapsRecorded(recorded) });
    found.push(Problem { row: Some(9), kind: ProblemKind::NotOnRoster("G99".to_owned()) });
    let none = [parse(&[]).problems, parse(&rows[..1]).problems].concat();
    insta::assert_snapshot!(problems("请假.xlsx", &[found, none].concat()).join("\n"));
}
