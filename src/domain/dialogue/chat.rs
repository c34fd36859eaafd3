//! 这个群面向哪些单位？ An admin picks units one by one, or all below a parent, sees how many people that is, and says 完成.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Given, Page, Pick, turned};
use crate::ids::{GroupId, UnitId};

/// Where an admin is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chat {
    pub group: GroupId,
    /// In the order of the roster.
    pub picked: Vec<UnitId>,
    pub page: u16,
}

impl Chat {
    /// The beginning: nothing is picked.
    pub const fn about(group: GroupId) -> Self {
        Self { group, picked: Vec::new(), page: 0 }
    }
}

/// What a person reads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub title: String,
    /// What may be picked, in the order of its buttons, whatever page they are on.
    pub rows: Vec<Row>,
    pub page: Page,
    /// Paths of what is picked.
    pub picked: Vec<String>,
    /// People who would be expected today.
    pub expected: usize,
}

/// A unit to pick, or a parent that stands for all below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub pick: Pick,
    /// Path.
    pub path: String,
    pub parent: bool,
    /// All of it is picked.
    pub on: bool,
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The chat addresses these units from now on.
    Linked { title: String, units: Vec<String>, expected: usize },
    /// Another admin was quicker.
    Already { title: String, units: Vec<String> },
    /// The bot is no longer in the chat.
    Gone,
    /// 取消: it stays mute.
    Left { title: String },
}

/// What an answer leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Move {
    Ask(Chat),
    Link(Chat),
    Cancelled,
}

/// What may be picked: leaf units by id and path, in roster order, each parent of several before the first of them.
pub fn rows(units: &[(UnitId, String)], picked: &[UnitId]) -> Vec<Row> {
    let mut below: BTreeMap<&str, Vec<UnitId>> = BTreeMap::new();
    for (id, path) in units {
        for parent in parents(path) {
            below.entry(parent).or_default().push(*id);
        }
    }
    let mut rows = Vec::new();
    let mut shown: Vec<&str> = Vec::new();
    for (id, path) in units {
        for (depth, parent) in (1_u8..).zip(parents(path)) {
            let all = below.get(parent).map(Vec::as_slice).unwrap_or_default();
            if all.len() < 2 || shown.contains(&parent) {
                continue;
            }
            shown.push(parent);
            let on = all.iter().all(|unit| picked.contains(unit));
            rows.push(Row { pick: Pick::Above(*id, depth), path: parent.to_owned(), parent: true, on });
        }
        rows.push(Row { pick: Pick::Unit(*id), path: path.clone(), parent: false, on: picked.contains(id) });
    }
    rows
}

/// The parents of a path from the top, itself left out.
fn parents(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at])
}

/// The units that a pick stands for.
fn meant(units: &[(UnitId, String)], pick: Pick) -> Vec<UnitId> {
    match pick {
        Pick::Unit(id) => vec![id],
        Pick::Above(id, depth) => {
            let path = units.iter().find(|(unit, _)| *unit == id).map(|(_, path)| path.as_str());
            let parent = path.and_then(|path| parents(path).nth(usize::from(depth.saturating_sub(1))));
            let is_below = |path: &str| parent.is_some_and(|parent| parents(path).any(|other| other == parent));
            units.iter().filter(|(_, path)| is_below(path)).map(|(id, _)| *id).collect()
        }
        Pick::Cancel
        | Pick::Previous
        | Pick::Next
        | Pick::Confirm
        | Pick::Otherwise
        | Pick::Person(_)
        | Pick::Day(_)
        | Pick::OtherDay
        | Pick::NoDay
        | Pick::Category(_)
        | Pick::Task(_)
        | Pick::Option(_) => Vec::new(),
    }
}

/// What an answer leads to. A pick that is on goes off, with all it stands for, and the other way round; units that are
/// gone meanwhile are forgotten.
pub fn next(at: &Chat, given: Given, units: &[(UnitId, String)]) -> Move {
    let Given::Pick(pick) = given else { return Move::Ask(at.clone()) };
    if pick == Pick::Cancel {
        return Move::Cancelled;
    }
    let mut at = Chat { picked: known(units, |id| at.picked.contains(&id)), ..*at };
    if pick == Pick::Confirm {
        return if at.picked.is_empty() { Move::Ask(at) } else { Move::Link(at) };
    }
    if let Some(page) = turned(at.page, pick) {
        return Move::Ask(Chat { page, ..at });
    }
    let meant = meant(units, pick);
    let on = meant.iter().all(|unit| at.picked.contains(unit));
    at.picked = known(units, |id| if meant.contains(&id) { !on } else { at.picked.contains(&id) });
    Move::Ask(at)
}

fn known(units: &[(UnitId, String)], keep: impl Fn(UnitId) -> bool) -> Vec<UnitId> {
    units.iter().map(|(id, _)| *id).filter(|id| keep(*id)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn units() -> Vec<(UnitId, String)> {
        let paths = ["管委会/机关/综合科", "管委会/机关/规划科", "管委会/企业科", "服务中心"];
        (1..).map(UnitId).zip(paths.map(str::to_owned)).collect()
    }

    fn pick(at: &Chat, pick: Pick) -> Vec<i64> {
        match next(at, Given::Pick(pick), &units()) {
            Move::Ask(at) | Move::Link(at) => at.picked.into_iter().map(|unit| unit.0).collect(),
            Move::Cancelled => Vec::new(),
        }
    }

    fn with(picked: &[i64]) -> Chat {
        Chat { picked: picked.iter().copied().map(UnitId).collect(), ..Chat::about(GroupId(7)) }
    }

    #[test]
    fn parents_of_several_stand_before_their_units() {
        let all = units();
        let shown: Vec<_> = rows(&all, &[UnitId(1), UnitId(2)])
            .into_iter()
            .map(|row| format!("{}{}{}", if row.on { "+" } else { "-" }, row.path, if row.parent { "/*" } else { "" }))
            .collect();
        assert_eq!(
            shown,
            [
                "-管委会/*",
                "+管委会/机关/*",
                "+管委会/机关/综合科",
                "+管委会/机关/规划科",
                "-管委会/企业科",
                "-服务中心"
            ]
        );
    }

    #[test]
    fn a_pick_turns_what_it_stands_for() {
        assert_eq!(pick(&with(&[]), Pick::Unit(UnitId(3))), [3]);
        assert_eq!(pick(&with(&[3, 4]), Pick::Unit(UnitId(3))), [4]);
        // A parent: what is missing comes in, and a whole one goes out.
        assert_eq!(pick(&with(&[2, 4]), Pick::Above(UnitId(1), 2)), [1, 2, 4]);
        assert_eq!(pick(&with(&[1, 2, 4]), Pick::Above(UnitId(1), 2)), [4]);
        assert_eq!(pick(&with(&[]), Pick::Above(UnitId(3), 1)), [1, 2, 3]);
        assert_eq!(pick(&with(&[1, 9]), Pick::Next), [1], "a unit that is gone is forgotten");
    }

    #[test]
    fn nothing_picked_is_no_answer() {
        let confirm = |at: &Chat| next(at, Given::Pick(Pick::Confirm), &units());
        assert_eq!(confirm(&with(&[])), Move::Ask(with(&[])));
        assert_eq!(confirm(&with(&[1])), Move::Link(with(&[1])));
        assert_eq!(confirm(&with(&[9])), Move::Ask(with(&[])));
        assert_eq!(next(&with(&[1]), Given::Pick(Pick::Cancel), &units()), Move::Cancelled);
        assert_eq!(next(&with(&[1]), Given::Day(None), &units()), Move::Ask(with(&[1])));
    }
}
