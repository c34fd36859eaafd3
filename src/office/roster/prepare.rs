//! What an import changes: read in one reading transaction, decided in memory. Nothing is written and nothing is locked.

use std::collections::{HashMap, HashSet};

use crate::ctx::Ctx;
use crate::domain::audit::Actor;
use crate::domain::policy::{Act, Role};
use crate::domain::roster::{
    self as sheet, Doubt, Former, Known, Person, Roster, Stated, UnitsDiff, diff, doubts, old_units, units_diff,
};
use crate::ids::{AuditSeq, UnitId};
use crate::office::roster::{Imported, Locked, kinds};
use crate::office::{Outcome, authorise};
use crate::store::audit::StoredHead;
use crate::store::roster::KnownRow;
use crate::store::unit::{BRANCH, OFFICE, UnitRow};
use crate::store::{self, Tx};

/// An import that is ready to be told, or to be staged.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) revision: i64,
    /// Last entry of the ledger that was known.
    pub(super) seq: AuditSeq,
    /// Everyone who has or had a number, by the number they go on under.
    pub(super) known: HashMap<String, KnownRow>,
    /// New numbers of known people.
    pub(super) renumbered: Vec<(String, String)>,
    pub(super) before: Vec<Person>,
    pub(super) offices: View,
    pub(super) branches: View,
    pub(super) doubts: Vec<Doubt>,
    units: UnitsDiff,
    names_shown: usize,
}

/// The units of one view, before and after.
#[derive(Debug)]
pub(super) struct View {
    pub(super) kind: &'static str,
    active: Vec<UnitRow>,
    wanted: Vec<String>,
}

impl View {
    async fn read(tx: &mut Tx, kind: &'static str, wanted: &[String]) -> Outcome<Self> {
        Ok(Self { kind, active: store::unit::list(tx, kind).await?, wanted: wanted.to_vec() })
    }

    fn paths(&self) -> Vec<String> {
        self.active.iter().map(|unit| unit.path.clone()).collect()
    }

    /// Paths that are not in force, with their places.
    pub(super) fn missing(&self) -> Vec<(&str, i64)> {
        let known: HashSet<&str> = self.active.iter().map(|unit| unit.path.as_str()).collect();
        let places = self.wanted.iter().map(String::as_str).zip(1..);
        places.filter(|(path, _)| !known.contains(path)).collect()
    }

    /// Units whose place differs or that come into force; `ids` are those of all paths.
    pub(super) fn places(&self, ids: &HashMap<String, UnitId>) -> Vec<(UnitId, i64)> {
        let old: HashMap<UnitId, i64> = self.active.iter().map(|unit| (unit.id, unit.position)).collect();
        let places = self.wanted.iter().zip(1..).filter_map(|(path, place)| Some((*ids.get(path)?, place)));
        places.filter(|(id, place)| old.get(id) != Some(place)).collect()
    }

    /// Units that are in force and not wanted.
    pub(super) fn gone(&self) -> Vec<UnitId> {
        let wanted: HashSet<&str> = self.wanted.iter().map(String::as_str).collect();
        self.active.iter().filter(|unit| !wanted.contains(unit.path.as_str())).map(|unit| unit.id).collect()
    }
}

impl Prepared {
    /// What the import comes to.
    pub(super) fn told(self, roster: &Roster, locked: Locked) -> Imported {
        let Self { before, renumbered, units, doubts, .. } = self;
        Imported { before, after: roster.people.clone(), renumbered, units, doubts, locked }
    }

    /// Names of the present roster that telling it shows: of those who leave or change theirs.
    pub(super) fn names_shown(&self) -> usize {
        self.names_shown
    }
}

/// Looks at the roster and says what the import changes and what is not clear about it.
pub(super) async fn prepare(ctx: &Ctx, actor: &Actor, roster: &Roster, stated: &Stated) -> Outcome<Prepared> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::RosterWrite).await?;
    let revision = store::office::roster_revision(&mut tx).await?;
    let seq = match store::audit::head(&mut tx).await? {
        StoredHead::Sound(head) => head.seq,
        StoredHead::Cut | StoredHead::Edited => AuditSeq(0),
    };
    let known = store::roster::known(&mut tx).await?;
    let offices = View::read(&mut tx, OFFICE, &roster.units).await?;
    let branches = View::read(&mut tx, BRANCH, &roster.branches).await?;
    let renamed_units: Vec<(String, String)> =
        store::unit::former(&mut tx, OFFICE).await?.into_iter().map(|row| (row.was, row.now)).collect();
    let admins = store::role::list(&mut tx).await?.into_iter().filter(|grant| grant.role == Role::Admin);
    let admins: Vec<String> = admins.map(|grant| grant.staff_no).collect();
    drop(tx);

    let (present, gone): (Vec<KnownRow>, Vec<KnownRow>) = known.into_iter().partition(|row| row.left_at.is_none());
    let former: Vec<Former> = gone.iter().map(was).collect();
    let mut before: Vec<Person> = present.iter().map(person).collect();
    let (renumbered, mut found) = sheet::renumbered(&before, &roster.people, stated, &former);
    let numbers: HashMap<&str, &str> = renumbered.iter().map(|(was, is)| (was.as_str(), is.as_str())).collect();
    for person in &mut before {
        if let Some(is) = numbers.get(person.staff_no.as_str()) {
            person.staff_no = (*is).to_owned();
        }
    }
    let admins: Vec<String> =
        admins.into_iter().map(|no| numbers.get(no.as_str()).map_or(no.clone(), |is| (*is).to_owned())).collect();
    let known = Known { former: &former, admins: &admins, renamed_units: &renamed_units };
    let changes = diff(&before, &roster.people);
    found.extend(doubts(&changes, &before, stated, known));
    found.extend(old_units(&roster.units, &offices.paths(), known));
    let units = units_diff(&offices.paths(), &roster.units, &before, &changes);
    let names_shown = changes.left.len() + changes.renamed.len();
    let by_number = |row: KnownRow| {
        let is = numbers.get(row.staff_no.as_str()).map_or(row.staff_no.clone(), |is| (*is).to_owned());
        (is, row)
    };
    let known = present.into_iter().chain(gone).map(by_number).collect();
    Ok(Prepared { revision, seq, known, renumbered, before, offices, branches, doubts: found, units, names_shown })
}

fn was(row: &KnownRow) -> Former {
    Former { staff_no: row.staff_no.clone(), name: row.name.clone(), merged_into: row.merged_into.clone() }
}

fn person(row: &KnownRow) -> Person {
    Person {
        staff_no: row.staff_no.clone(),
        name: row.name.clone().unwrap_or_default(),
        unit: row.unit.clone(),
        branch: row.branch.clone(),
        post: row.post.clone().filter(|post| !post.is_empty()),
        kinds: kinds(&row.kinds),
        order: u32::try_from(row.position).ok(),
    }
}
