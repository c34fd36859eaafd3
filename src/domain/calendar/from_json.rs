//! The JSON in which years are passed around in public: `{year, papers, days: [{name, date, isOffDay}]}`, a day an entry.
//! Keys beside these are other people's and are passed over.

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::YearStatus;
use super::check::{Block, Draft, Placed};
use super::problem::{Form, Key, Place, Problem, ProblemKind};
use super::read::{Drafted, date, syntax};

/// One entry of `days`.
struct Entry {
    name: String,
    date: NaiveDate,
    off: bool,
}

/// What the text says. A notice settles its whole year.
pub(super) fn draft(text: &str) -> Drafted {
    let value: Value = serde_json::from_str(text).map_err(|error| syntax(Form::Json, Some(error.line())))?;
    let file = value.as_object().ok_or_else(|| syntax(Form::Json, None))?;
    let mut draft = Draft { status: Some(YearStatus::Official), ..Draft::default() };
    let year = part(&mut draft, file, (Place::File, Key::Year), Value::as_i64);
    let last_day = year.and_then(|year| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, 12, 31));
    draft.covers_until = last_day.map(|value| Placed { place: Place::File, value });
    draft.year = year.map(|value| Placed { place: Place::File, value });
    if file.contains_key(Key::Papers.as_str()) {
        draft.source = part(&mut draft, file, (Place::File, Key::Papers), papers).unwrap_or_default();
    }
    let entries = part(&mut draft, file, (Place::File, Key::Days), |value| value.as_array().cloned());
    days(&mut draft, &entries.unwrap_or_default());
    Ok(draft)
}

/// The value under a key, or the problem that it is missing or of another kind.
fn part<T>(
    draft: &mut Draft,
    from: &Map<String, Value>,
    (place, key): (Place, Key),
    read: impl Fn(&Value) -> Option<T>,
) -> Option<T> {
    let value = from.get(key.as_str());
    let found = value.and_then(read);
    if found.is_none() {
        let kind = if value.is_some() { ProblemKind::BadValue(key) } else { ProblemKind::Missing(key) };
        draft.problems.push(Problem { place, kind });
    }
    found
}

/// Addresses of the notices, parted by spaces.
fn papers(value: &Value) -> Option<String> {
    let papers = value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    Some(papers.join(" "))
}

/// Days off of one name that follow each other become one block.
fn days(draft: &mut Draft, list: &[Value]) {
    draft.entries = list.len();
    let mut entries: Vec<Placed<Entry>> =
        list.iter().zip(1..).filter_map(|(value, nth)| entry(draft, value, Place::Entry(nth))).collect();
    entries.sort_by_key(|entry| entry.value.date);
    for Placed { place, value: Entry { name, date, off } } in entries {
        if !off {
            draft.makeup.push(Placed { place, value: date });
            continue;
        }
        match draft.blocks.last_mut().map(|block| &mut block.value) {
            Some(block) if block.to == date => {
                draft.problems.push(Problem { place, kind: ProblemKind::Repeated(date) });
            }
            Some(block) if block.name == name && block.to.succ_opt() == Some(date) => block.to = date,
            Some(_) | None => {
                draft.blocks.push(Placed { place, value: Block { name, from: date, to: date } });
            }
        }
    }
}

fn entry(draft: &mut Draft, value: &Value, place: Place) -> Option<Placed<Entry>> {
    let Some(entry) = value.as_object() else {
        draft.problems.push(Problem { place, kind: ProblemKind::BadValue(Key::Days) });
        return None;
    };
    let name = part(draft, entry, (place, Key::Name), |value| value.as_str().map(str::to_owned));
    let day = part(draft, entry, (place, Key::Date), |value| date(value.as_str()?));
    let off = part(draft, entry, (place, Key::IsOffDay), Value::as_bool);
    Some(Placed { place, value: Entry { name: name?, date: day?, off: off? } })
}
