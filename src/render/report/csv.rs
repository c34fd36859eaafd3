//! Table 1 for spreadsheets: numerators and denominators stand in cells of their own, because a spreadsheet reads
//! `9/9` as the ninth of September.

use crate::domain::report::{Figures, MonthReport};
use crate::message::report as say;

/// Tells spreadsheets that the file is UTF-8.
const BYTE_ORDER_MARK: char = '\u{feff}';

const HEADER: [&str; 13] = [
    "序号",
    "单位",
    "人数",
    "小知识（自愿）已阅人次",
    "小知识（自愿）可阅人次",
    "参与率",
    "需知悉：已确认人次",
    "需知悉：应知人次",
    "其中按期",
    "未确认",
    "未送达",
    "存疑",
    "知悉率",
];

/// A header, a row per unit, 合计, then the definitions, the cut-off, the purpose and what held up presses as rows of a label and a text.
/// Every row has as many cells as the header; lines end with CR LF.
pub fn csv(report: &MonthReport) -> String {
    let mut out = String::from(BYTE_ORDER_MARK);
    add_row(&mut out, HEADER.map(str::to_owned));
    for (place, row) in report.units.iter().enumerate() {
        let head = [(place + 1).to_string(), row.name.clone(), row.headcount.to_string()];
        add_row(&mut out, cells(head, [&row.voluntary, &row.required]));
    }
    let head = [String::new(), "合计".to_owned(), report.people.expected.to_string()];
    add_row(&mut out, cells(head, [&report.voluntary, &report.required]));
    for definition in say::DEFINITIONS {
        add_row(&mut out, remark("表注", definition));
    }
    if let Some(extent) = say::extent(report) {
        add_row(&mut out, remark("范围", &extent));
    }
    if let Some(relayed) = say::relayed(report) {
        add_row(&mut out, remark("人工转发", &relayed));
    }
    let as_of = report.as_of.with_timezone(&report.zone).format("%Y-%m-%d %H:%M").to_string();
    add_row(&mut out, remark("数据截至", &as_of));
    add_row(&mut out, remark("说明", say::PURPOSE));
    for interruption in say::interruptions(report) {
        add_row(&mut out, remark("说明", &interruption));
    }
    out
}

fn cells(head: [String; 3], [voluntary, required]: [&Figures; 2]) -> [String; HEADER.len()] {
    let [place, unit, people] = head;
    let (read, acked) = (&voluntary.counts, &required.counts);
    [
        place,
        unit,
        people,
        read.acked.to_string(),
        read.expected.to_string(),
        voluntary.rate().to_string(),
        acked.acked.to_string(),
        acked.expected.to_string(),
        acked.on_time.to_string(),
        acked.missing.to_string(),
        acked.undelivered.total().to_string(),
        acked.in_doubt.to_string(),
        required.rate().to_string(),
    ]
}

fn remark(label: &str, text: &str) -> [String; HEADER.len()] {
    let mut cells = [const { String::new() }; HEADER.len()];
    let [first, second, ..] = &mut cells;
    label.clone_into(first);
    text.clone_into(second);
    cells
}

fn add_row(out: &mut String, cells: [String; HEADER.len()]) {
    out.push_str(&cells.map(|cell| quoted(harmless(cell))).join(","));
    out.push_str("\r\n");
}

/// A leading apostrophe keeps a spreadsheet from running a cell as a formula. Full-width signs count too: East Asian
/// editions read them as the plain ones.
fn harmless(cell: String) -> String {
    let runs = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠');
    if cell.starts_with(runs) { format!("'{cell}") } else { cell }
}

fn quoted(cell: String) -> String {
    if cell.contains([',', '"', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}
