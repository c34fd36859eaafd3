//! The report as plain text in Chinese, for a terminal or a message. Paragraphs are one line each, so that they can be
//! pasted into a document; titles stand last in their rows, because quotation marks differ in width between fonts.

use crate::domain::report::{Counts, Figures, MonthReport, PushRow, UnitRow};
use crate::domain::word::Confirm;
use crate::message::report as say;
use crate::render::report::quiz;
use crate::render::table::{Align, Column, Table, display_width};

const fn word(heading: &'static str) -> Column {
    Column { heading, align: Align::Left }
}

const fn number(heading: &'static str) -> Column {
    Column { heading, align: Align::Right }
}

const UNITS: &[Column] = &[
    number("序号"),
    word("单位"),
    number("人数"),
    number("小知识（自愿）\n已阅/可阅人次"),
    number("参与率"),
    number("需知悉：\n已确认/应知人次"),
    number("其中按期"),
    number("未确认"),
    number("未送达"),
    number("存疑"),
    number("知悉率"),
];

const VOLUNTARY: &[Column] = &[
    number("序号"),
    word("时间"),
    number("已阅/可阅"),
    number("参与率"),
    number("未送达"),
    number("存疑"),
    number("按已送达计"),
    word("标题"),
];

const REQUIRED: &[Column] = &[
    number("序号"),
    word("时间"),
    word("截止"),
    number("已确认/应知"),
    number("其中按期"),
    number("未确认"),
    number("未送达"),
    number("存疑"),
    number("知悉率"),
    number("按期知悉率"),
    number("按已送达计"),
    word("标题"),
];

/// The whole report; ends with a line feed.
pub fn text(report: &MonthReport) -> String {
    let (title, units) = (say::title(report), units(report).to_text());
    let mut parts = vec![
        centred(&title, &units),
        format!("一、总体情况\n{}　　{}\n", extent(report), say::summary(report)),
        format!("二、分单位情况\n表1　推送与知悉（按花名册顺序）\n{units}{}\n", say::table_note()),
        format!("三、逐次推送情况\n{}", pushes(report)),
    ];
    let mut nth = "四";
    if let Some(quiz) = &report.quiz {
        parts.push(format!("四、答题情况\n{}", quiz::section(quiz, report.zone)));
        nth = "五";
    }
    parts.push(format!("{nth}、需要说明的情况\n{}", notes(report)));
    parts.push(say::footer(report) + "\n");
    parts.join("\n")
}

fn extent(report: &MonthReport) -> String {
    say::extent(report).map(|line| format!("　　{line}\n")).unwrap_or_default()
}

/// The title over the middle of the widest table.
fn centred(title: &str, table: &str) -> String {
    let width = table.lines().map(display_width).max().unwrap_or(0);
    let left = width.saturating_sub(display_width(title)) / 2;
    format!("{}{title}\n", " ".repeat(left))
}

fn units(report: &MonthReport) -> Table<'static> {
    let rows = report.units.iter().enumerate().map(|(place, row)| unit_cells(place + 1, row)).collect();
    let sums = [&report.voluntary, &report.required];
    let total = [String::new(), "合计".to_owned(), report.people.expected.to_string()];
    Table { columns: UNITS, rows, total: Some(total.into_iter().chain(unit_figures(sums)).collect()) }
}

fn unit_cells(place: usize, row: &UnitRow) -> Vec<String> {
    let head = [place.to_string(), row.name.clone(), row.headcount.to_string()];
    head.into_iter().chain(unit_figures([&row.voluntary, &row.required])).collect()
}

fn unit_figures([voluntary, required]: [&Figures; 2]) -> [String; 8] {
    let Counts { on_time, missing, undelivered, in_doubt, .. } = required.counts;
    [
        fraction(voluntary),
        voluntary.rate().to_string(),
        fraction(required),
        on_time.to_string(),
        missing.to_string(),
        undelivered.total().to_string(),
        in_doubt.to_string(),
        required.rate().to_string(),
    ]
}

fn pushes(report: &MonthReport) -> String {
    let tables = [
        ("附表1　小知识（自愿阅读）", VOLUNTARY, rows(report, Confirm::Voluntary, voluntary_cells)),
        ("附表2　需知悉的推送", REQUIRED, rows(report, Confirm::Required, required_cells)),
    ];
    let tables = tables.into_iter().map(|(title, columns, rows)| {
        if rows.is_empty() {
            return format!("{title}\n本月没有。\n");
        }
        format!("{title}\n{}", Table { columns, rows, total: None }.to_text())
    });
    tables.collect::<Vec<_>>().join("\n")
}

type Cells = fn(&MonthReport, &PushRow) -> Vec<String>;

fn rows(report: &MonthReport, confirm: Confirm, cells: Cells) -> Vec<Vec<String>> {
    let pushes = report.pushes.iter().filter(|push| push.confirm == confirm).enumerate();
    pushes.map(|(place, push)| [vec![(place + 1).to_string()], cells(report, push)].concat()).collect()
}

/// No count of who did not read: reading these is free.
fn voluntary_cells(report: &MonthReport, push: &PushRow) -> Vec<String> {
    let figures = &push.figures;
    vec![
        say::moment(push.at, report.zone),
        fraction(figures),
        figures.rate().to_string(),
        figures.counts.undelivered.total().to_string(),
        figures.counts.in_doubt.to_string(),
        figures.rate_delivered().to_string(),
        push.title.clone(),
    ]
}

fn required_cells(report: &MonthReport, push: &PushRow) -> Vec<String> {
    let figures = &push.figures;
    let Counts { on_time, missing, undelivered, in_doubt, .. } = figures.counts;
    vec![
        say::moment(push.at, report.zone),
        push.deadline.map_or_else(|| "—".to_owned(), |at| say::moment(at, report.zone)),
        fraction(figures),
        on_time.to_string(),
        missing.to_string(),
        undelivered.total().to_string(),
        in_doubt.to_string(),
        figures.rate().to_string(),
        figures.on_time_rate().to_string(),
        figures.rate_delivered().to_string(),
        push.title.clone(),
    ]
}

fn notes(report: &MonthReport) -> String {
    let notes = say::notes(report);
    let numbered = |(place, note): (usize, &String)| format!("　　{}．{note}\n", place + 1);
    match notes.as_slice() {
        [only] => format!("　　{only}\n"),
        several => several.iter().enumerate().map(numbered).collect(),
    }
}

fn fraction(figures: &Figures) -> String {
    format!("{}/{}", figures.counts.acked, figures.counts.expected)
}
