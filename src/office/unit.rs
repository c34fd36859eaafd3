//! Units as people name them: by their path or an unambiguous last part; a parent stands for all its leaves.

use crate::ids::UnitId;
use crate::office::{Outcome, Refusal};
use crate::store::unit::UnitRow;

/// Other names and places.
pub mod change;

/// The leaf units that a list of names means, each once, in roster order.
pub fn resolve(units: &[UnitRow], names: &[String]) -> Outcome<Vec<UnitId>> {
    let mut found = Vec::new();
    for name in names {
        found.extend(leaves(units, name.trim())?);
    }
    if found.is_empty() {
        // Nothing was named: a group that addresses nobody is a slip.
        return Err(Refusal::UnknownUnit {
            given: String::new(),
            known: units.iter().map(|unit| unit.path.clone()).collect(),
        });
    }
    Ok(units.iter().map(|unit| unit.id).filter(|id| found.contains(id)).collect())
}

fn leaves(units: &[UnitRow], name: &str) -> Outcome<Vec<UnitId>> {
    Ok(under(units, &known_as(units, name)?))
}

/// The path of the leaf or parent that a name means.
pub(super) fn known_as(units: &[UnitRow], name: &str) -> Outcome<String> {
    if !under(units, name).is_empty() {
        return Ok(name.to_owned());
    }
    let mut options: Vec<String> = Vec::new();
    for unit in units {
        for path in prefixes(&unit.path).filter(|path| last_parts(path, name)) {
            if !options.iter().any(|known| known == path) {
                options.push(path.to_owned());
            }
        }
    }
    match options.as_slice() {
        [] => Err(Refusal::UnknownUnit {
            given: name.to_owned(),
            known: units.iter().map(|unit| unit.path.clone()).collect(),
        }),
        [only] => Ok(only.clone()),
        _ => Err(Refusal::AmbiguousUnit { given: name.to_owned(), options }),
    }
}

/// The leaf of that path, or all leaves below it.
fn under(units: &[UnitRow], path: &str) -> Vec<UnitId> {
    let below =
        |unit: &&UnitRow| unit.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    units.iter().filter(below).map(|unit| unit.id).collect()
}

/// `a`, `a/b`, `a/b/c` of `a/b/c`.
fn prefixes(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/').map(|(at, _)| &path[..at]).chain([path])
}

/// Whether `path` ends in the whole parts of `name`.
fn last_parts(path: &str, name: &str) -> bool {
    !name.is_empty() && path.strip_suffix(name).is_some_and(|head| head.is_empty() || head.ends_with('/'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]
    use super::*;
    use rstest::rstest;

    fn units() -> Vec<UnitRow> {
        ["园区/机关/综合科", "园区/机关/财务科", "园区/企业/综合科", "园区/企业/服务科"]
            .iter()
            .zip(1..)
            .map(|(path, id)| UnitRow { id: UnitId(id), path: (*path).to_owned(), position: id })
            .collect()
    }

    #[rstest]
    #[case(&["园区"], &[1, 2, 3, 4])]
    #[case(&["机关"], &[1, 2])]
    #[case(&["园区/企业"], &[3, 4])]
    #[case(&["财务科"], &[2])]
    #[case(&["企业/综合科"], &[3])]
    #[case(&["服务科", "财务科", "服务科"], &[2, 4])]
    fn names_mean_leaves(#[case] names: &[&str], #[case] ids: &[i64]) {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let found: Vec<i64> = resolve(&units(), &names).unwrap().iter().map(|id| id.0).collect();
        assert_eq!(found, ids);
    }

    #[test]
    fn what_is_unknown_or_ambiguous_is_refused_with_the_choices() {
        let ambiguous = resolve(&units(), &["综合科".to_owned()]);
        assert!(matches!(ambiguous, Err(Refusal::AmbiguousUnit { options, .. }) if options.len() == 2));
        let unknown = resolve(&units(), &["合科".to_owned()]);
        assert!(matches!(unknown, Err(Refusal::UnknownUnit { known, .. }) if known.len() == 4));
        assert!(resolve(&units(), &[String::new()]).is_err());
    }
}
