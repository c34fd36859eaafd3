//! Problems of a roster sheet, one line each: file, row, column, what is wrong, what to do; there people appear by staff
//! number alone, so that the lines may stand in any log. And what an import changes, with names: it is read by whoever
//! holds the sheet, on their own machine.

mod doubt;
#[cfg(test)]
mod tests;

pub use doubt::doubts;

use crate::domain::roster::{
    CellFault, Change, Column, EXAMPLE_MARK, FileProblem, NAME_CHARS_MAX, ORDER_MAX, Person, Problem, ProblemKind,
    RosterDiff, STAFF_NO_CHARS_MAX, UnitsDiff, kinds_text,
};
use crate::domain::word::Kind;

/// Problems printed of one sheet; whoever corrects these imports again and sees the rest.
const PROBLEMS_SHOWN_MAX: usize = 50;

/// People named in one line of a difference: a line that still fits a screen.
const PEOPLE_SHOWN_MAX: usize = 20;

/// Characters of a cell that a line quotes.
const QUOTED_CHARS_MAX: usize = 40;

const BYTES_PER_MIB: usize = 1024 * 1024;

/// Why a sheet's file could not be read, and what to do.
pub fn file_problem(file: &str, problem: &FileProblem) -> String {
    let what = match problem {
        FileProblem::TooLarge { bytes_max } => {
            format!("文件太大，最多读{}MB。请只留花名册这一张表，另存后再导入。", bytes_max / BYTES_PER_MIB)
        }
        FileProblem::UnpacksTooLarge { bytes_max } => format!(
            "解压后超过{}MB，不像花名册，没有打开。请把花名册复制到新表，另存为xlsx格式后再导入。",
            bytes_max / BYTES_PER_MIB as u64
        ),
        FileProblem::NotUtf8 => {
            "不是UTF-8编码，读不了。请用表格软件打开，另存为“CSV UTF-8（逗号分隔）”或xlsx格式后再导入。".to_owned()
        }
        FileProblem::OldWorkbook => "是旧版xls，或者设了打开密码。请取消密码，另存为xlsx格式后再导入。".to_owned(),
        FileProblem::BrokenWorkbook { detail } => {
            format!("打不开，文件可能已损坏，或者不是xlsx。请用表格软件打开，另存为xlsx格式后再导入（{detail}）。")
        }
        FileProblem::TooManyRows { rows_max } => format!("超过{rows_max}行。请删去多余的行后再导入。"),
        FileProblem::TooManyColumns { columns_max } => {
            format!("超过{columns_max}列。请删去花名册以外的列后再导入。")
        }
        FileProblem::Cell { row, column, fault } => {
            return format!("{file}第{row}行{}列：{}", letters(*column), cell_fault(*fault));
        }
    };
    format!("{file}：{what}")
}

fn cell_fault(fault: CellFault) -> &'static str {
    match fault {
        CellFault::Date => "这一格已被表格软件变成日期。请把它设为“文本”格式后重新填写。",
        CellFault::LongNumber => "这一格是超过15位的数字，末几位已丢失。请把它设为“文本”格式后重新填写。",
        CellFault::FormulaError => "这一格的公式出错。请改成文字。",
    }
}

/// All problems of a sheet, one line each; of very many the first ones and the count of the rest.
pub fn problems(file: &str, problems: &[Problem]) -> Vec<String> {
    let mut lines: Vec<String> = problems.iter().take(PROBLEMS_SHOWN_MAX).map(|p| problem(file, p)).collect();
    if let Some(rest) = problems.len().checked_sub(PROBLEMS_SHOWN_MAX).filter(|rest| *rest > 0) {
        lines.push(format!("{file}：另有{rest}处问题，改好以上各处后再导入即可看到。"));
    }
    lines
}

/// One problem of a sheet.
pub fn problem(file: &str, problem: &Problem) -> String {
    let row = problem.row.map(|row| format!("第{row}行")).unwrap_or_default();
    let column = problem.column.map(|column| format!("“{}”", column.as_str())).unwrap_or_default();
    format!("{file}{row}{column}：{}", what(problem.column, &problem.kind))
}

fn what(column: Option<Column>, kind: &ProblemKind) -> String {
    match kind {
        ProblemKind::EmptySheet => format!("是空表。请按模板填写（列名：{}）。", all_columns()),
        ProblemKind::NoDataRow => "只有列名，没有人员。请在列名下面一人一行填写。".to_owned(),
        ProblemKind::MissingColumn => {
            format!("缺少这一列。列名应有：{}；没有内容的列也要保留列名。", all_columns())
        }
        ProblemKind::UnknownColumn { position, text } => {
            format!("{}列的列名“{}”不认识。请删去这一列，或改成：{}。", letters(*position), shown(text), all_columns())
        }
        ProblemKind::RepeatedColumn => "这个列名出现了两次。请删去多余的一列。".to_owned(),
        ProblemKind::OutsideColumns { position } => {
            format!("{}列有内容，但这一列没有列名。请删去，或移到对应的列。", letters(*position))
        }
        ProblemKind::ExampleRow => format!("这是模板里的{EXAMPLE_MARK}。请删去这一行。"),
        ProblemKind::Blank => format!("不能为空。{}", hint(column)),
        ProblemKind::StaffNo { text } => format!("“{}”不是工号。{}", shown(text), hint(column)),
        ProblemKind::TooLong { chars, chars_max } => format!("有{chars}个字，最多{chars_max}个。请改短。"),
        ProblemKind::BadCharacter => {
            "里面有换行或看不见的字符。请清空这一格，重新输入；CSV文件请检查引号是否成对。".to_owned()
        }
        ProblemKind::Path { text } => format!("“{}”里有一级是空的。{}", shown(text), hint(column)),
        ProblemKind::Kinds { word } if word.is_empty() => format!("“、”前后有一处是空的。{}", hint(column)),
        ProblemKind::Kinds { word } => format!("“{}”不是可用的类别。{}", shown(word), hint(column)),
        ProblemKind::Order { text } => format!("“{}”不是顺序。{}", shown(text), hint(column)),
        ProblemKind::DuplicateStaffNo { text, first_row } => {
            format!("“{text}”与第{first_row}行重复（不分大小写）。一人只留一行，请删去或改正其中一行。")
        }
        ProblemKind::TwoNames { text, first_row } => {
            format!("“{text}”与第{first_row}行相同，姓名却不同。请核对是谁的工号，改正其中一行。")
        }
        ProblemKind::Divided { path, child, child_row } => {
            format!("“{}”下面还有“{}”（第{child_row}行）。人员要放在最末一级，请写全。", shown(path), shown(child))
        }
    }
}

/// A text as one line may quote it: cut when long, without line breaks.
pub(super) fn shown(text: &str) -> String {
    let mut line: String = text.chars().take(QUOTED_CHARS_MAX).map(|c| if c.is_control() { '␣' } else { c }).collect();
    if text.chars().nth(QUOTED_CHARS_MAX).is_some() {
        line.push('…');
    }
    line
}

/// What belongs in a column.
fn hint(column: Option<Column>) -> String {
    match column {
        Some(Column::StaffNo) => format!("请填1至{STAFF_NO_CHARS_MAX}位数字、字母或“-”，如：G2601。"),
        Some(Column::Name) => format!("请填姓名，不超过{NAME_CHARS_MAX}个字。"),
        Some(Column::Unit | Column::Branch) => "请写到最末一级，各级用“/”隔开，如：管委会/综合科。".to_owned(),
        Some(Column::Kinds) => format!("请填{}中的一个或几个，用“、”隔开。", kinds_text(Kind::ALL)),
        Some(Column::Order) => format!("请填1至{ORDER_MAX}的整数，或者不填。"),
        Some(Column::Post) | None => String::new(),
    }
}

fn all_columns() -> String {
    Column::ALL.iter().map(|column| column.as_str()).collect::<Vec<_>>().join("、")
}

/// A column as spreadsheet programs call it: 1 is A, 27 is AA.
fn letters(position: u32) -> String {
    let mut rest = position;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(char::from(b'A' + u8::try_from(rest % 26).unwrap_or_default()));
        rest /= 26;
    }
    letters.iter().rev().collect()
}

/// What importing changes: a line of counts, then who.
pub fn diff_lines(diff: &RosterDiff<'_>) -> Vec<String> {
    if diff.is_empty() {
        return vec![format!("与现有花名册相同，人员没有改动（共{}人）。", diff.unchanged)];
    }
    let (order_only, changed): (Vec<_>, Vec<_>) = diff.changed.iter().partition(|(_, c)| c == &[Column::Order]);
    let in_unit = |person: &&Person| format!("{}{}（{}）", person.staff_no, person.name, person.unit);
    let named = |c: &Change<'_>| format!("{}{}", c.after.staff_no, c.after.name);
    let moved = |c: &Change<'_>| format!("{}（{}→{}）", named(c), c.before.unit, c.after.unit);
    let renamed = |c: &Change<'_>| format!("{}（{}→{}）", c.after.staff_no, c.before.name, c.after.name);
    let columns = |columns: &[Column]| columns.iter().map(|c| c.as_str()).collect::<Vec<_>>().join("、");
    let parts: [(&str, Vec<String>); 6] = [
        ("新增", diff.joined.iter().map(in_unit).collect()),
        ("调离", diff.left.iter().map(in_unit).collect()),
        ("调整单位", diff.moved.iter().map(moved).collect()),
        ("更改姓名", diff.renamed.iter().map(renamed).collect()),
        ("其他变动", changed.iter().map(|(c, which)| format!("{}（{}）", named(c), columns(which))).collect()),
        ("只变顺序", order_only.iter().map(|(c, _)| named(c)).collect()),
    ];
    let parts: Vec<_> = parts.into_iter().filter(|(_, people)| !people.is_empty()).collect();
    let counts = parts.iter().map(|(name, people)| format!("{name}{}人", people.len())).collect::<Vec<_>>().join("、");
    let mut lines = vec![format!("{counts}；不变{}人。", diff.unchanged)];
    lines.extend(parts.iter().map(|(name, people)| format!("{name}：{}", listed(people, "人"))));
    if !diff.left.is_empty() {
        lines.push("调离的人今后不再推送，过去的统计不变。".to_owned());
    }
    lines
}

/// Who goes on under another staff number, and what becomes of the units.
pub fn other_lines(renumbered: &[(String, String)], units: &UnitsDiff) -> Vec<String> {
    let UnitsDiff { added, retired, alike } = units;
    let pairs: Vec<String> = renumbered.iter().map(|(was, now)| format!("{was}→{now}")).collect();
    let quoted = |paths: &[String]| paths.iter().map(|path| format!("“{}”", shown(path))).collect::<Vec<_>>();
    let parts = [("更换工号", pairs, "人"), ("新单位", quoted(added), "个"), ("撤销单位", quoted(retired), "个")];
    let parts = parts.iter().filter(|(_, what, _)| !what.is_empty());
    let mut lines: Vec<String> = parts.map(|(name, what, of)| format!("{name}：{}", listed(what, of))).collect();
    lines.extend(alike.iter().map(|(was, now)| {
        let (was, now) = (shown(was), shown(now));
        format!(
            "“{was}”的人多数在“{now}”。只是改名的话，先不要导入：用unit rename或unit move改好单位，再导入，它的统计才会连着。"
        )
    }));
    lines
}

fn listed(all: &[String], of: &str) -> String {
    let shown = all.iter().take(PEOPLE_SHOWN_MAX).cloned().collect::<Vec<_>>().join("、");
    if all.len() > PEOPLE_SHOWN_MAX { format!("{shown}等{}{of}", all.len()) } else { shown }
}
