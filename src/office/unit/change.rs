//! Units get other names and places. Their people, chats and past stay with them: a unit is its row, and its path is what
//! it is called. What it was called until then stays on record, and past figures are printed with it.

use std::collections::HashMap;

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::domain::unit::{Side, UnitFault, arranged, joined, last, parent, part, path, renamed, within};
use crate::domain::wall;
use crate::ids::{StaffId, UnitId};
use crate::message;
use crate::office::unit::known_as;
use crate::office::{Allowed, Outcome, Refusal, authorise, authorise_units, note};
use crate::store::unit::{BRANCH, OFFICE, UnitRow};
use crate::store::{self, Tx};

/// Which of the two views of the same people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// 科室
    Offices,
    /// 支部
    Branches,
}

impl View {
    const fn stored(self) -> &'static str {
        match self {
            Self::Offices => OFFICE,
            Self::Branches => BRANCH,
        }
    }
}

/// Where a unit goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// Under a parent that is there; with a stroke in front, under that very path, which may be new; a stroke alone: the
    /// top.
    Under(String),
    Before(String),
    After(String),
}

/// What became of a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Path of the unit, a leaf or a parent, before and after.
    pub was: String,
    pub now: String,
    /// Leaves whose path changed.
    pub leaves: usize,
    /// Next to which unit it stands now, when its place changed.
    pub next_to: Option<(Side, String)>,
}

/// A unit with how many people are in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub unit: UnitRow,
    pub people: usize,
}

/// The leaf units of a view in roster order, with as many of their people as the actor may see; those of whom that is
/// nobody are left out, unless the actor may see all of the office.
pub async fn list(ctx: &Ctx, actor: &Actor, view: View) -> Outcome<Vec<Listed>> {
    let mut tx = ctx.store.read().await?;
    let allowed = authorise_units(&mut tx, actor, Act::RosterRead, &[]).await?;
    let mut people: HashMap<String, usize> = HashMap::new();
    for person in store::staff::roster(&mut tx).await?.into_iter().filter(|person| allowed.covers(person.unit_id)) {
        let path = match view {
            View::Offices => Some(person.unit),
            View::Branches => person.branch,
        };
        *people.entry(path.unwrap_or_default()).or_default() += 1;
    }
    let units = store::unit::list(&mut tx, view.stored()).await?.into_iter();
    let listed = units.map(|unit| Listed { people: people.get(&unit.path).copied().unwrap_or(0), unit });
    Ok(listed.filter(|listed| allowed == Allowed::Office || listed.people > 0).collect())
}

/// Gives a unit another name; a parent takes all its leaves along.
pub async fn rename(ctx: &Ctx, actor: &Actor, (view, unit): (View, &str), name: &str) -> Outcome<Changed> {
    let name = part(name)?;
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::UnitWrite).await?;
    let units = store::unit::list(&mut tx, view.stored()).await?;
    let was = named(&mut tx, (view, &units), unit).await?;
    let now = joined(parent(&was), &name);
    let leaves = put_paths(&mut tx, ctx, (view, &units), (&was, &now)).await?;
    done(&mut tx, ctx, actor, (Action::UnitRename, &leaves)).await?;
    tx.commit().await?;
    Ok(Changed { was, now, leaves: leaves.len(), next_to: None })
}

/// Puts a unit under another parent, or to another place among the units of its parent.
pub async fn relocate(ctx: &Ctx, actor: &Actor, (view, unit): (View, &str), to: &To) -> Outcome<Changed> {
    let mut tx = ctx.store.write().await?;
    authorise(&mut tx, actor, Act::UnitWrite).await?;
    let units = store::unit::list(&mut tx, view.stored()).await?;
    let was = named(&mut tx, (view, &units), unit).await?;
    let (now, anchor, side) = match to {
        To::Under(given) => {
            let under = new_parent(&mut tx, (view, &units), given).await?;
            let now = joined(&under, last(&was));
            (now, under, Side::After)
        }
        To::Before(given) => (was.clone(), named(&mut tx, (view, &units), given).await?, Side::Before),
        To::After(given) => (was.clone(), named(&mut tx, (view, &units), given).await?, Side::After),
    };
    let mut leaves = Vec::new();
    if now != was || matches!(to, To::Under(_)) {
        leaves = put_paths(&mut tx, ctx, (view, &units), (&was, &now)).await?;
    } else if anchor == was {
        return Err(UnitFault::NoChange { path: was }.into());
    } else if parent(&anchor) != parent(&was) {
        return Err(UnitFault::OtherParent { path: was, anchor }.into());
    }
    let next = put_places(&mut tx, view, (&units, &was), (&anchor, side)).await?;
    let moved: Vec<UnitId> = units.iter().filter(|unit| within(&unit.path, &was)).map(|unit| unit.id).collect();
    if leaves.is_empty() && !next {
        return Err(UnitFault::NoChange { path: was }.into());
    }
    done(&mut tx, ctx, actor, (Action::UnitMove, &moved)).await?;
    tx.commit().await?;
    let next_to = (now == was).then_some((side, anchor));
    Ok(Changed { was, now, leaves: leaves.len(), next_to })
}

async fn done(tx: &mut Tx, ctx: &Ctx, actor: &Actor, (action, units): (Action, &[UnitId])) -> Outcome<()> {
    store::office::bump_roster(tx).await?;
    let subject = units.first().map_or_else(|| "unit".to_owned(), |unit| format!("unit:{unit}"));
    note(tx, ctx.now(), actor, (action, subject, json!({ "units": units })));
    Ok(())
}

/// The full path of the leaf or parent that is meant. Who names a unit by what it was called is told its new name.
async fn named(tx: &mut Tx, (view, units): (View, &[UnitRow]), given: &str) -> Outcome<String> {
    let given = given.trim().replace('／', "/");
    match known_as(units, &given) {
        Err(Refusal::UnknownUnit { given, known }) => {
            let former = store::unit::former(tx, view.stored()).await?;
            let was = |row: &&store::unit::WasRow| within(&row.was, &given) || last(&row.was) == given;
            match former.iter().rfind(was) {
                Some(row) => Err(UnitFault::Renamed { was: row.was.clone(), now: row.now.clone() }.into()),
                None => Err(Refusal::UnknownUnit { given, known }),
            }
        }
        other => other,
    }
}

async fn new_parent(tx: &mut Tx, (view, units): (View, &[UnitRow]), given: &str) -> Outcome<String> {
    match given.trim().strip_prefix(['/', '／']) {
        Some(rest) if rest.trim().is_empty() => Ok(String::new()),
        Some(rest) => Ok(path(rest)?),
        None => named(tx, (view, units), given).await,
    }
}

/// Gives the leaves their new paths. A retired unit of such a path makes way: it keeps its figures under its old name.
async fn put_paths(
    tx: &mut Tx,
    ctx: &Ctx,
    (view, units): (View, &[UnitRow]),
    (was, now): (&str, &str),
) -> Outcome<Vec<UnitId>> {
    let paths: Vec<String> = units.iter().map(|unit| unit.path.clone()).collect();
    let moved = renamed(&paths, was, now)?;
    let ids: HashMap<&str, UnitId> = units.iter().map(|unit| (unit.path.as_str(), unit.id)).collect();
    let moved: Vec<(UnitId, String)> =
        moved.into_iter().filter_map(|(was, now)| Some((*ids.get(was.as_str())?, now))).collect();
    let all = store::unit::list_all(tx, view.stored()).await?;
    let day = wall::of(ctx.now(), ctx.zone).date();
    let taken: HashMap<&str, UnitId> = all.iter().map(|unit| (unit.path.as_str(), unit.id)).collect();
    let aside = |path: &String| {
        let id = *taken.get(path.as_str())?;
        let mut names = (1..).map(|n| message::unit::set_aside(path, day, n));
        Some((id, names.find(|name| !taken.contains_key(name.as_str()))?))
    };
    let aside: Vec<(UnitId, String)> = moved.iter().filter_map(|(_, path)| aside(path)).collect();
    store::unit::rename(tx, &aside, ctx.now()).await?;
    store::unit::rename(tx, &moved, ctx.now()).await?;
    Ok(moved.into_iter().map(|(id, _)| id).collect())
}

/// Puts the leaves of a unit, and their people, next to those of another; false when they stand there already.
async fn put_places(
    tx: &mut Tx,
    view: View,
    (units, moved): (&[UnitRow], &str),
    (anchor, side): (&str, Side),
) -> Outcome<bool> {
    let goes = |unit: &UnitRow| within(&unit.path, moved);
    let beside = |unit: &UnitRow| !anchor.is_empty() && within(&unit.path, anchor);
    let units_now = arranged(units, goes, beside, side);
    let places: Vec<(UnitId, i64)> = (1..)
        .zip(&units_now)
        .filter(|(place, unit)| unit.position != *place)
        .map(|(place, unit)| (unit.id, place))
        .collect();
    store::unit::arrange(tx, &places).await?;
    let changed = units_now.iter().map(|unit| unit.id).ne(units.iter().map(|unit| unit.id));
    if changed && view == View::Offices {
        let people = store::staff::roster(tx).await?;
        let path = |id: UnitId| units.iter().find(|unit| unit.id == id);
        let of: HashMap<UnitId, (bool, bool)> = people
            .iter()
            .filter_map(|person| path(person.unit_id))
            .map(|unit| (unit.id, (goes(unit), beside(unit))))
            .collect();
        let is = |id: UnitId| of.get(&id).copied().unwrap_or_default();
        let order = arranged(&people, |person| is(person.unit_id).0, |person| is(person.unit_id).1, side);
        let places: Vec<(StaffId, i64)> = (1..)
            .zip(&order)
            .filter(|(place, person)| person.position != *place)
            .map(|(place, person)| (person.id, place))
            .collect();
        store::roster::reorder(tx, &places).await?;
    }
    Ok(changed)
}
