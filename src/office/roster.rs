//! The roster file: what it changes, and taking it in whole.
//!
//! An import is read, compared and staged while everything else goes on. Each step holds the write lock for a moment; the
//! last one puts everything in force, unless people or units changed since the import looked at them.

use std::time::Duration;

use serde_json::json;

use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor, Entry};
use crate::domain::policy::Act;
use crate::domain::roster::{Doubt, Person, Roster, RosterDiff, Stated, UnitsDiff, diff};
use crate::domain::word::Kind;
use crate::office::{Outcome, authorise, note};
use crate::store::staff::PersonRow;
use crate::store::{self, Tx};

/// What an import changes, from what is known.
mod prepare;
/// Staging in steps, and the swap.
mod stage;

pub use stage::{Ready, ready};

/// Whether an import is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    DryRun,
    Apply,
}

/// What an import comes to.
#[derive(Debug, Clone)]
pub struct Imported {
    /// The roster before, in the file's terms, with the numbers that are stated to be new.
    pub before: Vec<Person>,
    /// The roster after.
    pub after: Vec<Person>,
    /// Old and new number of those who go on under another.
    pub renumbered: Vec<(String, String)>,
    pub units: UnitsDiff,
    /// What has to be cleared up first; an import that is carried out has none.
    pub doubts: Vec<Doubt>,
    pub locked: Locked,
}

impl Imported {
    /// Who is different afterwards.
    pub fn diff(&self) -> RosterDiff<'_> {
        diff(&self.before, &self.after)
    }
}

/// For how long an import kept others from writing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Locked {
    pub longest: Duration,
    pub total: Duration,
    pub times: u32,
}

/// Why an import is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ImportFault {
    #[error("the import could mean two things")]
    Doubts(Vec<Doubt>),
    #[error("people or units changed meanwhile")]
    Moved(Box<Meanwhile>),
    #[error("another import took over")]
    Overtaken,
}

/// What changed while an import was under way.
#[derive(Debug)]
pub struct Meanwhile {
    /// The roster as the import knew it, and as it is now.
    pub before: Vec<Person>,
    pub now: Vec<Person>,
    /// What was done since, by the ledger.
    pub entries: Vec<Entry>,
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
        kinds: kinds(&row.kinds),
        order: u32::try_from(row.position).ok(),
        post: Some(row.post).filter(|post| !post.is_empty()),
        staff_no: row.staff_no,
        name: row.name,
        unit: row.unit,
        branch: row.branch,
    }
}

fn kinds(stored: &str) -> Vec<Kind> {
    stored.split(',').filter_map(Kind::parse).collect()
}

/// Takes a roster in about which nothing needs to be stated, or only tells what it would change. Who is not in it leaves
/// the roster; their past stays.
pub async fn import(ctx: &Ctx, actor: &Actor, roster: &Roster, mode: Mode) -> Outcome<Imported> {
    // Boxed: it is deep, and stands on the stack of whoever imports.
    Box::pin(import_stated(ctx, actor, (roster, &Stated::default()), mode)).await
}

/// The same with statements about what could mean two things. What stays unclear refuses the import.
pub async fn import_stated(
    ctx: &Ctx,
    actor: &Actor,
    (roster, stated): (&Roster, &Stated),
    mode: Mode,
) -> Outcome<Imported> {
    match mode {
        Mode::DryRun => {
            let prepared = prepare::prepare(ctx, actor, roster, stated).await?;
            look(ctx, actor, &prepared).await?;
            Ok(prepared.told(roster, Locked::default()))
        }
        Mode::Apply => stage::ready(ctx, actor, (roster, stated)).await?.take().await,
    }
}

/// A trial shows names of the present roster, and each look at these is an entry in the ledger.
async fn look(ctx: &Ctx, actor: &Actor, prepared: &prepare::Prepared) -> Outcome<()> {
    let shown = prepared.names_shown();
    if shown > 0 {
        let mut tx = ctx.store.write().await?;
        note(&mut tx, ctx.now(), actor, (Action::StaffView, "roster".to_owned(), json!({ "people": shown })));
        tx.commit().await?;
    }
    Ok(())
}
