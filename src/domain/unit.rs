//! The tree of units. A unit is a leaf with a path (`a/b/c`); a parent is what several paths begin with and has no row of
//! its own. Renaming or moving a parent therefore gives all its leaves other paths.

use super::width;

/// Longest part of a path, in characters: more does not fit a report's column.
pub const PART_CHARS_MAX: usize = 40;

/// Why a unit does not get another path or place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UnitFault {
    /// A part without text.
    EmptyPart { given: String },
    /// A name with a stroke: that would be two parts.
    Stroke { given: String },
    /// Line breaks or characters that nobody sees.
    BadCharacter,
    /// More characters than are kept.
    TooLong { chars: usize },
    /// The unit is called and stands that way already.
    NoChange { path: String },
    /// A unit under itself.
    Cycle { path: String, under: String },
    /// Another unit is called that way.
    Taken { path: String },
    /// People stand directly in the unit that would become a parent.
    Divided { path: String },
    /// The unit that was named so is called otherwise now.
    Renamed { was: String, now: String },
    /// Places are compared among the units of one parent.
    OtherParent { path: String, anchor: String },
}

/// One part of a path as it is kept: half-width blanks around it go.
pub fn part(text: &str) -> Result<String, UnitFault> {
    let name = text.trim();
    let chars = name.chars().count();
    if name.is_empty() {
        Err(UnitFault::EmptyPart { given: text.to_owned() })
    } else if name.contains(['/', '／']) {
        Err(UnitFault::Stroke { given: name.to_owned() })
    } else if width::has_unseen(name) {
        Err(UnitFault::BadCharacter)
    } else if chars > PART_CHARS_MAX {
        Err(UnitFault::TooLong { chars })
    } else {
        Ok(name.to_owned())
    }
}

/// A whole path as it is kept; a full-width stroke parts like `/`.
pub fn path(text: &str) -> Result<String, UnitFault> {
    let slashed = text.trim().replace('／', "/");
    let parts = slashed.split('/').map(|name| match part(name) {
        Err(UnitFault::EmptyPart { .. }) => Err(UnitFault::EmptyPart { given: text.trim().to_owned() }),
        other => other,
    });
    Ok(parts.collect::<Result<Vec<_>, _>>()?.join("/"))
}

/// Whether `path` is `unit` or lies under it.
pub fn within(path: &str, unit: &str) -> bool {
    path.strip_prefix(unit).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path of the parent; empty for a unit at the top.
pub fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

/// The last part of a path.
pub fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// A path under a parent, which may be the top.
pub fn joined(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}/{name}") }
}

/// New paths when the unit `from`, a leaf or a parent, is called `to`: old and new of each leaf that changes.
pub fn renamed(leaves: &[String], from: &str, to: &str) -> Result<Vec<(String, String)>, UnitFault> {
    if from == to {
        return Err(UnitFault::NoChange { path: to.to_owned() });
    }
    if within(to, from) {
        return Err(UnitFault::Cycle { path: from.to_owned(), under: parent(to).to_owned() });
    }
    let others = || leaves.iter().filter(|leaf| !within(leaf, from));
    if others().any(|leaf| within(leaf, to)) {
        return Err(UnitFault::Taken { path: to.to_owned() });
    }
    if let Some(leaf) = others().find(|leaf| within(to, leaf)) {
        return Err(UnitFault::Divided { path: leaf.clone() });
    }
    let moved = leaves.iter().filter_map(|leaf| {
        let rest = leaf.strip_prefix(from).filter(|_| within(leaf, from))?;
        Some((leaf.clone(), format!("{to}{rest}")))
    });
    Ok(moved.collect())
}

/// Before or after what something is put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Puts everything that `moves` says next to everything that `anchor` says; the order within each stays. Without an
/// anchor nothing moves.
pub fn arranged<T: Clone>(list: &[T], moves: impl Fn(&T) -> bool, anchor: impl Fn(&T) -> bool, side: Side) -> Vec<T> {
    let (block, mut rest): (Vec<T>, Vec<T>) = list.iter().cloned().partition(|one| moves(one));
    let at = match side {
        Side::Before => rest.iter().position(&anchor),
        Side::After => rest.iter().rposition(&anchor).map(|at| at + 1),
    };
    let Some(at) = at else { return list.to_vec() };
    rest.splice(at..at, block);
    rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    fn leaves() -> Vec<String> {
        ["园区/机关/综合科", "园区/机关/财务科", "园区/企业/综合科", "服务中心"].map(str::to_owned).into()
    }

    #[rstest]
    #[case::leaf("园区/机关/综合科", "园区/机关/党政办", &[("园区/机关/综合科", "园区/机关/党政办")])]
    #[case::parent("园区/机关", "园区/管委会", &[
        ("园区/机关/综合科", "园区/管委会/综合科"), ("园区/机关/财务科", "园区/管委会/财务科")])]
    #[case::to_the_top("园区/企业", "企业", &[("园区/企业/综合科", "企业/综合科")])]
    #[case::a_name_that_begins_alike("园区/机", "园区/机关部", &[])]
    #[case::under_another("服务中心", "园区/服务中心", &[("服务中心", "园区/服务中心")])]
    fn a_parent_takes_its_leaves_along(#[case] from: &str, #[case] to: &str, #[case] expected: &[(&str, &str)]) {
        let expected: Vec<_> = expected.iter().map(|(was, is)| ((*was).to_owned(), (*is).to_owned())).collect();
        assert_eq!(renamed(&leaves(), from, to), Ok(expected));
    }

    #[rstest]
    #[case::same("园区", "园区", UnitFault::NoChange { path: "园区".into() })]
    #[case::cycle("园区", "园区/机关/园区", UnitFault::Cycle { path: "园区".into(), under: "园区/机关".into() })]
    #[case::a_leaf_under_itself("服务中心", "服务中心/服务中心",
        UnitFault::Cycle { path: "服务中心".into(), under: "服务中心".into() })]
    #[case::another_leaf("园区/机关/综合科", "园区/机关/财务科", UnitFault::Taken { path: "园区/机关/财务科".into() })]
    #[case::another_parent("服务中心", "园区/企业", UnitFault::Taken { path: "园区/企业".into() })]
    #[case::under_a_leaf("园区/企业/综合科", "服务中心/综合科", UnitFault::Divided { path: "服务中心".into() })]
    fn what_would_break_the_tree_is_refused(#[case] from: &str, #[case] to: &str, #[case] fault: UnitFault) {
        assert_eq!(renamed(&leaves(), from, to), Err(fault));
    }

    #[rstest]
    #[case("", UnitFault::EmptyPart { given: String::new() })]
    #[case(" ", UnitFault::EmptyPart { given: " ".into() })]
    #[case("综合／科", UnitFault::Stroke { given: "综合／科".into() })]
    #[case("综合\n科", UnitFault::BadCharacter)]
    #[case("综\u{200b}合科", UnitFault::BadCharacter)]
    fn bad_names_are_refused(#[case] name: &str, #[case] fault: UnitFault) {
        assert_eq!(part(name), Err(fault));
    }

    #[test]
    fn paths_are_kept_with_plain_strokes() {
        assert_eq!(path(" 管委会／ 综合科 "), Ok("管委会/综合科".to_owned()));
        assert_eq!(path("管委会//综合科"), Err(UnitFault::EmptyPart { given: "管委会//综合科".into() }));
        assert_eq!(part(&"科".repeat(41)), Err(UnitFault::TooLong { chars: 41 }));
    }

    #[test]
    fn a_block_goes_next_to_another() {
        let put = |moves: &[u8], anchor: &[u8], side| {
            arranged(&[1_u8, 2, 3, 4, 5], |n| moves.contains(n), |n| anchor.contains(n), side)
        };
        assert_eq!(put(&[1, 2], &[4], Side::Before), [3, 1, 2, 4, 5]);
        assert_eq!(put(&[1, 4], &[2, 3], Side::After), [2, 3, 1, 4, 5]);
        assert_eq!(put(&[5], &[1], Side::Before), [5, 1, 2, 3, 4]);
        assert_eq!(put(&[5], &[9], Side::Before), [1, 2, 3, 4, 5]);
    }

    proptest! {
        /// Leaves stay disjoint and as many as they were, and going back gives what was there before.
        #[test]
        fn renaming_keeps_the_tree(paths in prop::collection::btree_set("[ab](/[ab]){0,3}", 1..8), from in "[ab](/[ab]){0,2}", to in "[abc](/[abc]){0,2}") {
            let mut leaves: Vec<String> = Vec::new();
            for path in paths {
                if !leaves.iter().any(|leaf| within(leaf, &path) || within(&path, leaf)) {
                    leaves.push(path);
                }
            }
            let Ok(moved) = renamed(&leaves, &from, &to) else { return Ok(()) };
            let now: Vec<String> = leaves.iter()
                .map(|leaf| moved.iter().find(|(was, _)| was == leaf).map_or(leaf.clone(), |(_, is)| is.clone())).collect();
            for (at, one) in now.iter().enumerate() {
                prop_assert!(!now.iter().enumerate().any(|(other, two)| other != at && within(two, one)), "{:?}", now);
            }
            if !moved.is_empty() {
                // A leaf that took its parent's place does not go under itself again.
                if let Ok(back) = renamed(&now, &to, &from) {
                    prop_assert_eq!(back.len(), moved.len());
                }
            }
        }
    }
}
