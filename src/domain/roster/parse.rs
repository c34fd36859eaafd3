//! From rows of text to a checked roster, or to every problem of the sheet.

use super::header::{Header, is_blank, row_number};
use super::{Column, EXAMPLE_MARK, Person, Problem, ProblemKind, Roster, cell};
use crate::domain::word::Kind;
use std::collections::{HashMap, HashSet};

/// Reads a sheet: an optional title, the header row, one row a person; empty rows are skipped.
pub fn parse(rows: &[Vec<String>]) -> Result<Roster, Vec<Problem>> {
    let Some(mut header) = Header::find(rows) else {
        return Err(vec![Problem { row: None, column: None, kind: ProblemKind::EmptySheet }]);
    };
    let mut problems = std::mem::take(&mut header.problems);
    let mut drafts = Vec::new();
    let mut rows_read = 0;
    for (index, row) in rows.iter().enumerate().skip(header.index + 1) {
        if is_blank(row) || header.is_repeated_by(row) {
            continue;
        }
        rows_read += 1;
        let mut reader = Reader { header: &header, row, number: row_number(index), problems: &mut problems };
        drafts.extend(reader.draft());
    }
    if rows_read == 0 {
        problems.push(Problem { row: None, column: None, kind: ProblemKind::NoDataRow });
    }
    problems.extend(repeated_numbers(&drafts));
    problems.extend(divided(&drafts, Column::Unit, |draft| draft.unit.as_deref()));
    problems.extend(divided(&drafts, Column::Branch, |draft| draft.branch.as_deref()));
    if !problems.is_empty() {
        problems.sort_by_key(|problem| problem.row);
        return Err(problems);
    }
    Ok(roster(drafts.into_iter().filter_map(Draft::finish).collect()))
}

/// What could be read of one row.
struct Draft {
    row: u32,
    staff_no: Option<String>,
    name: Option<String>,
    unit: Option<String>,
    branch: Option<String>,
    post: Option<String>,
    kinds: Option<Vec<Kind>>,
    order: Option<u32>,
}

impl Draft {
    /// The person, when nothing required is missing; a sheet without problems has only such rows.
    fn finish(self) -> Option<Person> {
        Some(Person {
            staff_no: self.staff_no?,
            name: self.name?,
            unit: self.unit?,
            branch: self.branch,
            post: self.post,
            kinds: self.kinds?,
            order: self.order,
        })
    }
}

struct Reader<'a> {
    header: &'a Header,
    row: &'a [String],
    number: u32,
    problems: &'a mut Vec<Problem>,
}

impl Reader<'_> {
    /// `None` for an example row, of which only the row itself is worth telling.
    fn draft(&mut self) -> Option<Draft> {
        if self.header.text(self.row, Column::StaffNo).is_some_and(|no| no.starts_with(EXAMPLE_MARK)) {
            self.report(None, ProblemKind::ExampleRow);
            return None;
        }
        for position in self.header.outside(self.row) {
            self.report(None, ProblemKind::OutsideColumns { position });
        }
        Some(Draft {
            row: self.number,
            staff_no: self.read(Column::StaffNo, cell::staff_no),
            name: self.read(Column::Name, cell::name),
            unit: self.read(Column::Unit, cell::path),
            branch: self.read(Column::Branch, cell::path),
            post: self.read(Column::Post, cell::post),
            kinds: self.read(Column::Kinds, cell::kinds),
            order: self.read(Column::Order, cell::order),
        })
    }

    fn read<T>(&mut self, column: Column, read: fn(&str) -> Result<T, ProblemKind>) -> Option<T> {
        let text = self.header.text(self.row, column)?;
        if text.is_empty() {
            if column.required() {
                self.report(Some(column), ProblemKind::Blank);
            }
            return None;
        }
        read(text).map_err(|kind| self.report(Some(column), kind)).ok()
    }

    fn report(&mut self, column: Option<Column>, kind: ProblemKind) {
        self.problems.push(Problem { row: Some(self.number), column, kind });
    }
}

/// Numbers that stand in two rows. Numbers that differ in case alone count as the same: nobody could tell them apart.
fn repeated_numbers(drafts: &[Draft]) -> Vec<Problem> {
    let mut first: HashMap<String, &Draft> = HashMap::new();
    let mut problems = Vec::new();
    for draft in drafts {
        let Some(no) = &draft.staff_no else { continue };
        let earlier = *first.entry(no.to_ascii_lowercase()).or_insert(draft);
        if earlier.row == draft.row {
            continue;
        }
        let (text, first_row) = (no.clone(), earlier.row);
        let two_names = draft.name.is_some() && earlier.name.is_some() && draft.name != earlier.name;
        let kind = if two_names {
            ProblemKind::TwoNames { text, first_row }
        } else {
            ProblemKind::DuplicateStaffNo { text, first_row }
        };
        problems.push(Problem { row: Some(draft.row), column: Some(Column::StaffNo), kind });
    }
    problems
}

/// Rows whose unit (or branch) is a parent of another row's: leaves are disjoint, and a person belongs to a leaf.
fn divided(drafts: &[Draft], column: Column, path_of: fn(&Draft) -> Option<&str>) -> Vec<Problem> {
    let mut children: HashMap<&str, (&str, u32)> = HashMap::new();
    for draft in drafts {
        let Some(path) = path_of(draft) else { continue };
        for (cut, _) in path.match_indices('/') {
            children.entry(&path[..cut]).or_insert((path, draft.row));
        }
    }
    let problem = |draft: &Draft| {
        let path = path_of(draft)?;
        let (child, child_row) = *children.get(path)?;
        let kind = ProblemKind::Divided { path: path.to_owned(), child: child.to_owned(), child_row };
        Some(Problem { row: Some(draft.row), column: Some(column), kind })
    };
    drafts.iter().filter_map(problem).collect()
}

fn roster(mut people: Vec<Person>) -> Roster {
    people.sort_by_key(|person| person.order.unwrap_or(u32::MAX));
    let units = first_seen(people.iter().map(|person| person.unit.as_str()));
    let branches = first_seen(people.iter().filter_map(|person| person.branch.as_deref()));
    Roster { people, units, branches }
}

fn first_seen<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut seen = HashSet::new();
    paths.filter(|path| seen.insert(*path)).map(str::to_owned).collect()
}
