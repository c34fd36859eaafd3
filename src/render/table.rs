//! Tables in plain text, aligned by display width: a Chinese character takes two columns of a terminal.

/// On which side of its column a cell stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column: its heading (a line feed parts two lines) and where its cells stand.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// The heading.
    pub heading: &'static str,
    /// Where the cells stand.
    pub align: Align,
}

/// A table. Every row has a cell per column; a row with fewer leaves the rest empty.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    /// The columns.
    pub columns: &'a [Column],
    /// The rows.
    pub rows: Vec<Vec<String>>,
    /// A last row, parted from the others by a rule.
    pub total: Option<Vec<String>>,
}

/// Columns between two cells.
const GAP: usize = 2;

impl Table<'_> {
    /// The table as lines, each ending with a line feed, none with spaces.
    pub fn to_text(&self) -> String {
        let headings = self.headings();
        let all = headings.iter().chain(&self.rows).chain(&self.total);
        let widths = all.fold(vec![0; self.columns.len()], widest);
        let rule = "-".repeat(widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1));
        let line = |row: &Vec<String>| self.line(row, &widths);
        let mut lines: Vec<String> = headings.iter().map(line).collect();
        lines.push(rule.clone());
        lines.extend(self.rows.iter().map(line));
        if let Some(total) = &self.total {
            lines.push(rule);
            lines.push(line(total));
        }
        lines.into_iter().map(|line| line + "\n").collect()
    }

    /// The headings as rows, standing on the rule: a heading of one line leaves the upper row empty.
    fn headings(&self) -> Vec<Vec<String>> {
        let height = self.columns.iter().map(|column| column.heading.lines().count()).max().unwrap_or(0);
        let cell = |column: &Column, row: usize| {
            let lines: Vec<_> = column.heading.lines().collect();
            let empty = height - lines.len();
            row.checked_sub(empty).and_then(|line| lines.get(line).copied()).unwrap_or_default().to_owned()
        };
        (0..height).map(|row| self.columns.iter().map(|column| cell(column, row)).collect()).collect()
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells = self.columns.iter().zip(widths).enumerate();
        let cells = cells.map(|(place, (column, width))| {
            let text = row.get(place).map_or("", String::as_str);
            let space = " ".repeat(width.saturating_sub(display_width(text)));
            match column.align {
                Align::Left => format!("{text}{space}"),
                Align::Right => format!("{space}{text}"),
            }
        });
        cells.collect::<Vec<_>>().join(&" ".repeat(GAP)).trim_end().to_owned()
    }
}

fn widest(mut widths: Vec<usize>, row: &Vec<String>) -> Vec<usize> {
    for (width, cell) in widths.iter_mut().zip(row) {
        *width = (*width).max(display_width(cell));
    }
    widths
}

/// Terminal columns a text takes.
pub fn display_width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// Two columns for what Unicode calls wide or full-width (East Asian Width, UAX #11), none for marks that join the
/// character before them, one for the rest. Characters of ambiguous width (“ ” —) count as one, as terminals show them
/// unless told otherwise.
fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0x303E
        | 0x3041..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF01..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1F64F
        | 0x1F900..=0x1F9FF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column { heading: "单位", align: Align::Left },
        Column { heading: "已阅\n人次", align: Align::Right },
        Column { heading: "note", align: Align::Left },
    ];

    fn row(cells: &[&str]) -> Vec<String> {
        cells.iter().map(|cell| (*cell).to_owned()).collect()
    }

    #[test]
    fn chinese_and_latin_cells_stand_under_each_other() {
        let rows = vec![row(&["企业服务科", "8", "“a”"]), row(&["IT", "12"])];
        let table = Table { columns: COLUMNS, rows, total: Some(row(&["合计", "20", "—"])) };
        insta::assert_snapshot!(table.to_text(), @r"
                    已阅
        单位        人次  note
        ----------------------
        企业服务科     8  “a”
        IT            12
        ----------------------
        合计          20  —
        ");
    }

    #[test]
    fn a_table_without_rows_keeps_its_headings() {
        let table = Table { columns: COLUMNS, rows: Vec::new(), total: None };
        insta::assert_snapshot!(table.to_text(), @r"
              已阅
        单位  人次  note
        ----------------
        ");
    }

    #[test]
    fn widths_follow_the_terminal() {
        let widths = ["", "科", "ab", "（一）", "—", "e\u{301}", "𠮷", "９%", "ｶ", "🙂"].map(display_width);
        assert_eq!(widths, [0, 2, 2, 6, 1, 1, 2, 3, 1, 2]);
    }
}
