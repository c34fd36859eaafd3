//! The plan table of a month to bytes. The same rows give the same bytes.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder};

use super::write::{WriteError, book};
use super::{BOM, quoted};
use crate::render::table::display_width;

/// Columns of the table with their widths in characters of the sheet's font; a Chinese character takes two.
const COLUMNS: [(&str, u16); 10] = [
    ("日期", 11),
    ("星期", 7),
    ("时间", 7),
    ("标题", 26),
    ("短名", 16),
    ("对象", 10),
    ("发到", 16),
    ("方式", 8),
    ("依据", 30),
    ("说明", 20),
];

/// Font of the sheet, in points.
const POINTS: f64 = 10.0;

/// Height of one line of that font, in points.
const LINE_POINTS: u16 = 14;

/// A row as it is printed, in the order of the columns.
pub type PlanRow = [String; COLUMNS.len()];

/// The table as a workbook: one A4 page wide, long texts wrapped, the header on every page.
pub fn plan_xlsx(title: &str, rows: &[PlanRow]) -> Result<Vec<u8>, WriteError> {
    let mut book = book()?;
    let sheet = book.add_worksheet();
    sheet.set_name(title)?.set_freeze_panes(1, 0)?;
    sheet.set_paper_size(9).set_landscape().set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?;
    sheet.set_margins(0.4, 0.4, 0.7, 0.6, 0.3, 0.3);
    sheet.set_header(format!("&C&\"-,Bold\"&14 {title}")).set_footer("&C第&P页，共&N页");
    let cell = Format::new()
        .set_num_format("@")
        .set_font_size(POINTS)
        .set_text_wrap()
        .set_align(FormatAlign::Top)
        .set_border(FormatBorder::Thin);
    let bold = cell.clone().set_bold().set_align(FormatAlign::Center).set_align(FormatAlign::VerticalCenter);
    for (at, (heading, width)) in (0..).zip(COLUMNS) {
        sheet.set_column_width(at, f64::from(width))?;
        sheet.write_string_with_format(0, at, heading, &bold)?;
    }
    for (row, cells) in (1..).zip(rows) {
        sheet.set_row_height(row, height(cells))?;
        for (at, text) in (0..).zip(cells) {
            sheet.write_string_with_format(row, at, text, &cell)?;
        }
    }
    Ok(book.save_to_buffer()?)
}

/// Height in points that shows every line of a row. Not every program that opens the sheet reckons it by itself.
fn height(cells: &PlanRow) -> u16 {
    let lines = |(text, (_, width)): (&String, (&str, u16))| {
        // One column is the margin.
        let room = usize::from(width - 1);
        text.lines().map(|line| display_width(line).div_ceil(room).max(1)).sum::<usize>()
    };
    let most = cells.iter().zip(COLUMNS).map(lines).max().unwrap_or_default().max(1);
    u16::try_from(most).unwrap_or(u16::MAX).saturating_mul(LINE_POINTS)
}

/// The table as CSV in UTF-8 with byte order mark and CRLF. Cells that look like formulas get a quote in front.
pub fn plan_csv(rows: &[PlanRow]) -> Result<Vec<u8>, WriteError> {
    let mut bytes = BOM.as_bytes().to_vec();
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(&mut bytes);
    writer.write_record(COLUMNS.map(|(heading, _)| heading))?;
    for row in rows {
        writer.write_record(row.iter().map(|cell| quoted(cell)))?;
    }
    writer.flush().map_err(csv::Error::from)?;
    drop(writer);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use super::*;
    use crate::render::sheet::read;

    fn rows() -> Vec<PlanRow> {
        let row = |cells: [&str; COLUMNS.len()]| cells.map(str::to_owned);
        vec![
            row([
                "2026-09-22",
                "周二",
                "09:30",
                "中秋廉洁提醒",
                "mid-autumn",
                "全体",
                "机关群、=群",
                "需知悉",
                "《规定》第四条\n《条例》第三条",
                "已推送",
            ]),
            row(["2026-09-25", "周五", "09:30", "", "", "", "机关群", "", "", "中秋放假，不推送"]),
            row([
                "2026-09-29",
                "周二",
                "09:30",
                "=1+1",
                "-x",
                "党员",
                "@群",
                "自愿",
                "",
                "原定9月28日09:30，因每群条数上限改期",
            ]),
        ]
    }

    #[test]
    fn both_forms_hold_the_same_cells() {
        let sheet = read(&plan_xlsx("2026年9月推送计划", &rows()).unwrap()).unwrap();
        assert_eq!(read(&plan_csv(&rows()).unwrap()).unwrap(), sheet);
        assert_eq!(sheet[0], COLUMNS.map(|(heading, _)| heading));
        assert_eq!(sheet[3], rows()[2]);
    }

    #[test]
    fn no_cell_is_taken_for_a_formula() {
        let text = String::from_utf8(plan_csv(&rows()).unwrap()).unwrap();
        assert!(text.contains(",'=1+1,'-x,党员,'@群,"), "{text}");
    }

    #[test]
    fn the_same_plan_gives_the_same_bytes() {
        assert_eq!(plan_xlsx("计划", &rows()).unwrap(), plan_xlsx("计划", &rows()).unwrap());
    }
}
