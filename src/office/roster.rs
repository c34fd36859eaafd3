//! The roster file: what it changes, and taking it in whole.

use std::collections::{HashMap, HashSet};

use serde_json::json;

use crate::crash;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::domain::roster::{Person, Roster, diff};
use crate::domain::word::Kind;
use crate::ids::UnitId;
use crate::office::{Outcome, authorise, note, role};
use crate::store::staff::{NewVersion, PersonRow};
use crate::store::unit::{BRANCH, OFFICE};
use crate::store::{self, Tx};

/// Whether an import is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    DryRun,
    Apply,
}

/// The present roster in roster order, in the file's terms.
pub async fn export(ctx: &Ctx, actor: &Actor) -> Outcome<Vec<Person>> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::RosterRead).await?;
    let people = current(&mut tx).await?;
    note(&mut tx, ctx.now(), actor, (Action::RosterExport, "roster".to_owned(), json!({ "people": people.len() })));
    tx.commit().await?;
    Ok(people)
}

async fn current(tx: &mut Tx) -> Outcome<Vec<Person>> {
    Ok(store::staff::roster(tx).await?.into_iter().map(person).collect())
}

fn person(row: PersonRow) -> Person {
    Person {
        kinds: row.kinds.split(',').filter_map(Kind::parse).collect(),
        order: u32::try_from(row.position).ok(),
        post: Some(row.post).filter(|post| !post.is_empty()),
        staff_no: row.staff_no,
        name: row.name,
        unit: row.unit,
        branch: row.branch,
    }
}

/// Takes a roster in, or only tells what it would change. Who is not in it leaves the roster; their past stays.
pub async fn import(ctx: &Ctx, actor: &Actor, roster: &Roster, mode: Mode) -> Outcome<Vec<Person>> {
    let mut tx = match mode {
        Mode::DryRun => ctx.store.read().await?,
        Mode::Apply => ctx.store.write().await?,
    };
    authorise(&mut tx, actor, Act::RosterWrite).await?;
    let before = current(&mut tx).await?;
    if mode == Mode::DryRun {
        return Ok(before);
    }
    let units = put_units(&mut tx, ctx, OFFICE, &roster.units).await?;
    let branches = put_units(&mut tx, ctx, BRANCH, &roster.branches).await?;
    for (person, position) in roster.people.iter().zip(1..) {
        put_person(&mut tx, ctx, person, &Place { position, units: &units, branches: &branches }).await?;
    }
    let staying: HashSet<&str> = roster.people.iter().map(|person| person.staff_no.as_str()).collect();
    for row in store::staff::roster(&mut tx).await?.iter().filter(|row| !staying.contains(row.staff_no.as_str())) {
        store::staff::leave(&mut tx, row.id, ctx.now()).await?;
    }
    role::guard_last_admin(&mut tx).await?;
    let changes = diff(&before, &roster.people);
    let detail = json!({
        "joined": changes.joined.len(), "left": changes.left.len(), "moved": changes.moved.len(),
        "renamed": changes.renamed.len(), "changed": changes.changed.len(), "unchanged": changes.unchanged,
    });
    note(&mut tx, ctx.now(), actor, (Action::RosterImport, "roster".to_owned(), detail));
    crash::point("mid_import");
    tx.commit().await?;
    Ok(before)
}

/// Stores the units of one view in their order and retires those that are gone.
async fn put_units(tx: &mut Tx, ctx: &Ctx, kind: &str, paths: &[String]) -> Outcome<HashMap<String, UnitId>> {
    let mut ids = HashMap::with_capacity(paths.len());
    for (path, position) in paths.iter().zip(1..) {
        ids.insert(path.clone(), store::unit::put(tx, kind, path, position).await?);
    }
    for unit in store::unit::list(tx, kind).await?.iter().filter(|unit| !ids.contains_key(&unit.path)) {
        store::unit::retire(tx, unit.id, ctx.now()).await?;
    }
    Ok(ids)
}

/// Where a person of the file stands.
struct Place<'a> {
    position: i64,
    units: &'a HashMap<String, UnitId>,
    branches: &'a HashMap<String, UnitId>,
}

async fn put_person(tx: &mut Tx, ctx: &Ctx, person: &Person, place: &Place<'_>) -> Outcome<()> {
    let Some(unit_id) = place.units.get(&person.unit).copied() else { return Ok(()) };
    let branch_id = person.branch.as_ref().and_then(|branch| place.branches.get(branch)).copied();
    let kinds: Vec<&str> = person.kinds.iter().map(|kind| kind.as_str()).collect();
    let kinds = kinds.join(",");
    let known = store::staff::find_by_no(tx, &person.staff_no).await?;
    let same_state = |row: &PersonRow| row.unit_id == unit_id && row.branch == person.branch && row.kinds == kinds;
    let staff_id = match &known {
        Some(row) => {
            store::staff::place(tx, row.id, place.position).await?;
            row.id
        }
        None => store::staff::add(tx, &person.staff_no, place.position).await?,
    };
    if !known.as_ref().is_some_and(same_state) {
        let version = NewVersion { staff_id, unit_id, branch_id, kinds: &kinds };
        store::staff::set_version(tx, &version, ctx.now()).await?;
    }
    let post = person.post.as_deref().unwrap_or_default();
    if !known.is_some_and(|row| row.name == person.name && row.post == post) {
        store::staff::put_name(tx, staff_id, &person.name, post).await?;
    }
    Ok(())
}
