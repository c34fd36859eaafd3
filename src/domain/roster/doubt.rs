//! What an import could mean in two ways. It is refused until somebody states which: a person's past hangs on their
//! staff number, and a guess would give it to someone else.

use super::{Person, RosterDiff};
use std::collections::{HashMap, HashSet};

/// So few people may leave or change their name in one import without being counted first.
const FEW: usize = 5;

/// More than one in so many is suspicious: a sheet cut short, or a column that slipped by a row.
const SUSPICIOUS_ONE_IN: usize = 10;

/// Which new staff numbers are stated to be of people on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Renumbered {
    /// Old and new number of each.
    Pairs(Vec<(String, String)>),
    /// Each new person who bears the name of exactly one who is gone from the same unit.
    All,
}

impl Default for Renumbered {
    fn default() -> Self {
        Self::Pairs(Vec::new())
    }
}

/// What the person who imports states about the sheet.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stated {
    pub renumbered: Renumbered,
    /// Staff numbers of people who are new although they bear the name of someone who is gone.
    pub newcomers: Vec<String>,
    /// Staff numbers whose person is the same under another name.
    pub renamed: Vec<String>,
    /// How many leave.
    pub leaving: Option<usize>,
    /// How many change their name.
    pub renaming: Option<usize>,
}

/// Someone who had a staff number and is not on the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Former {
    pub staff_no: String,
    /// `None` once their identity was removed.
    pub name: Option<String>,
    /// The number under which the same person goes on.
    pub merged_into: Option<String>,
}

/// What is known besides the two rosters.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    pub former: &'a [Former],
    /// Staff numbers of those with an admin's rights who are on the roster.
    pub admins: &'a [String],
    /// Former paths of units and what they are called now.
    pub renamed_units: &'a [(String, String)],
}

/// One thing that is not taken in before it is clear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// A new number under the name and in the unit of people who are gone from the sheet.
    Renumbered { olds: Vec<String>, new: String, name: String, unit: String },
    /// A new number that differs from a known one in upper and lower case alone.
    CaseOnly { known: String, given: String },
    /// A known number under another name, in another unit or after its person had left.
    OtherPerson { staff_no: String, name: String },
    /// The number of someone who goes on under another number.
    Merged { staff_no: String, into: String },
    /// So many leave, or another number than was stated.
    ManyLeave { left: usize, of: usize, stated: Option<usize> },
    /// So many change their name, or another number than was stated.
    ManyRenamed { renamed: usize, of: usize, stated: Option<usize> },
    /// Nobody with an admin's rights would be left.
    LastAdmin { staff_no: String },
    /// The sheet calls a unit by a name that it no longer has.
    OldUnit { was: String, now: String },
    /// A statement about a number that fits nothing in the sheet.
    Misstated { staff_no: String },
}

/// People whose number changes, as stated: old and new. What is stated and fits nothing comes back as doubts.
pub fn renumbered(
    current: &[Person],
    incoming: &[Person],
    stated: &Stated,
    former: &[Former],
) -> (Vec<(String, String)>, Vec<Doubt>) {
    let (old, new) = (numbers(current), numbers(incoming));
    match &stated.renumbered {
        Renumbered::All => {
            let gone = gone(current, &new);
            let newcomers: HashSet<&str> = stated.newcomers.iter().map(String::as_str).collect();
            let joined = incoming.iter().filter(|p| !old.contains(p.staff_no.as_str()));
            let joined = joined.filter(|p| !newcomers.contains(p.staff_no.as_str()));
            let mut bearers: HashMap<(&str, &str), Vec<&Person>> = HashMap::new();
            for person in joined {
                bearers.entry((&person.name, &person.unit)).or_default().push(person);
            }
            let pair = |(key, olds): (&(&str, &str), &Vec<&str>)| match (olds.as_slice(), bearers.get(key)?.as_slice())
            {
                ([old], [new]) => Some(((*old).to_owned(), new.staff_no.clone())),
                (_, _) => None,
            };
            let mut pairs: Vec<(String, String)> = gone.iter().filter_map(pair).collect();
            pairs.sort();
            (pairs, Vec::new())
        }
        Renumbered::Pairs(pairs) => {
            let taken: HashSet<&str> = former.iter().map(|f| f.staff_no.as_str()).collect();
            let fits = |(was, is): &&(String, String)| {
                let (was, is) = (was.as_str(), is.as_str());
                old.contains(was) && !new.contains(was) && new.contains(is) && !old.contains(is) && !taken.contains(is)
            };
            let (fit, not): (Vec<_>, Vec<_>) = pairs.iter().partition(fits);
            let doubt = |(was, _): &(String, String)| Doubt::Misstated { staff_no: was.clone() };
            (fit.into_iter().cloned().collect(), not.into_iter().map(doubt).collect())
        }
    }
}

/// Everything that is not clear. `current` and `diff` already know the stated new numbers.
pub fn doubts(diff: &RosterDiff<'_>, current: &[Person], stated: &Stated, known: Known<'_>) -> Vec<Doubt> {
    let mut found = Vec::new();
    people(diff, stated, known, &mut found);
    let unclear: HashSet<&str> = found
        .iter()
        .flat_map(|doubt| if let Doubt::Renumbered { olds, .. } = doubt { olds.as_slice() } else { &[] })
        .map(String::as_str)
        .collect();
    let leaving = diff.left.iter().filter(|person| !unclear.contains(person.staff_no.as_str())).count();
    let of = current.len();
    if unclear.is_empty() && stated.leaving.is_some_and(|n| n != leaving)
        || stated.leaving.is_none() && many(leaving, of)
    {
        found.push(Doubt::ManyLeave { left: leaving, of, stated: stated.leaving });
    }
    let renamed = diff.renamed.len();
    if stated.renaming.is_some_and(|n| n != renamed) || stated.renaming.is_none() && many(renamed, of) {
        found.push(Doubt::ManyRenamed { renamed, of, stated: stated.renaming });
    }
    let left = |no: &String| diff.left.iter().any(|person| person.staff_no == *no);
    if let Some(last) = known.admins.last().filter(|_| known.admins.iter().all(left)) {
        found.push(Doubt::LastAdmin { staff_no: last.clone() });
    }
    found
}

/// Units that the sheet calls by a former name, when the unit's present name is not in the sheet as well: then the two
/// are two units.
pub fn old_units(sheet: &[String], active: &[String], known: Known<'_>) -> Vec<Doubt> {
    let is = |paths: &[String], path: &String| paths.iter().any(|known| known == path);
    let stale = known
        .renamed_units
        .iter()
        .filter(|(was, now)| is(sheet, was) && !is(active, was) && is(active, now) && !is(sheet, now));
    stale.map(|(was, now)| Doubt::OldUnit { was: was.clone(), now: now.clone() }).collect()
}

fn people(diff: &RosterDiff<'_>, stated: &Stated, known: Known<'_>, found: &mut Vec<Doubt>) {
    let left: Vec<&Person> = diff.left.clone();
    let mut gone: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
    for person in &left {
        gone.entry((&person.name, &person.unit)).or_default().push(&person.staff_no);
    }
    let former: HashMap<&str, &Former> = known.former.iter().map(|f| (f.staff_no.as_str(), f)).collect();
    let mut folded: HashMap<String, &str> = former.keys().map(|no| (no.to_ascii_lowercase(), *no)).collect();
    folded.extend(left.iter().map(|p| (p.staff_no.to_ascii_lowercase(), p.staff_no.as_str())));
    for person in &diff.joined {
        let no = person.staff_no.as_str();
        let same = |listed: &[String]| listed.iter().any(|stated| stated == no);
        let doubt = match former.get(no) {
            Some(Former { merged_into: Some(into), .. }) => {
                Some(Doubt::Merged { staff_no: no.to_owned(), into: into.clone() })
            }
            Some(Former { name: Some(name), .. }) if *name != person.name && !same(&stated.renamed) => {
                Some(other(person))
            }
            Some(_) => None,
            None if folded.contains_key(&no.to_ascii_lowercase()) => {
                let known = folded.get(&no.to_ascii_lowercase()).copied().unwrap_or_default().to_owned();
                Some(Doubt::CaseOnly { known, given: no.to_owned() })
            }
            None if same(&stated.newcomers) => None,
            None => gone.get(&(person.name.as_str(), person.unit.as_str())).map(|olds| Doubt::Renumbered {
                olds: olds.iter().map(|old| (*old).to_owned()).collect(),
                new: no.to_owned(),
                name: person.name.clone(),
                unit: person.unit.clone(),
            }),
        };
        found.extend(doubt);
    }
    for change in &diff.renamed {
        let (before, after) = (change.before, change.after);
        if before.unit != after.unit && !stated.renamed.contains(&after.staff_no) {
            found.push(other(after));
        }
    }
    let joined: HashSet<&str> = diff.joined.iter().map(|person| person.staff_no.as_str()).collect();
    let renamed: HashSet<&str> = diff.renamed.iter().map(|change| change.after.staff_no.as_str()).collect();
    let idle = |no: &&String| !joined.contains(no.as_str());
    let no_change = |no: &&String| !renamed.contains(no.as_str()) && !joined.contains(no.as_str());
    let misstated = stated.newcomers.iter().filter(idle).chain(stated.renamed.iter().filter(no_change));
    found.extend(misstated.map(|no| Doubt::Misstated { staff_no: no.clone() }));
}

fn other(person: &Person) -> Doubt {
    Doubt::OtherPerson { staff_no: person.staff_no.clone(), name: person.name.clone() }
}

fn many(some: usize, of: usize) -> bool {
    some > FEW && some * SUSPICIOUS_ONE_IN > of
}

fn numbers(people: &[Person]) -> HashSet<&str> {
    people.iter().map(|person| person.staff_no.as_str()).collect()
}

/// Numbers of those who are gone, by name and unit.
fn gone<'a>(current: &'a [Person], new: &HashSet<&str>) -> HashMap<(&'a str, &'a str), Vec<&'a str>> {
    let mut gone: HashMap<(&str, &str), Vec<&str>> = HashMap::new();
    for person in current.iter().filter(|person| !new.contains(person.staff_no.as_str())) {
        gone.entry((&person.name, &person.unit)).or_default().push(&person.staff_no);
    }
    gone
}

#[cfg(test)]
mod tests;
