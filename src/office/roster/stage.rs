//! Taking an import in: staged part by part, then put in force by one short transaction.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::clock::Mark;
use crate::crash;
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::policy::Act;
use crate::domain::roster::{Person, Roster, Stated};
use crate::domain::wall;
use crate::ids::{AuditSeq, PersonVersionId, StaffId, UnitId};
use crate::office::roster::prepare::{Prepared, View, prepare};
use crate::office::roster::{ImportFault, Imported, Locked, Meanwhile, current};
use crate::office::{Outcome, authorise, note, role};
use crate::store::roster::{KnownRow, Staged};
use crate::store::{self, Tx};

/// People of one part. A part of 2,500 new people keeps others from writing for some 50 ms.
const PART: usize = 2_500;

/// Pause between two parts, in which others write: longer than SQLite lets who waits for the lock sleep between two tries.
const BREATH: Duration = Duration::from_millis(110);

/// Entries of the ledger looked through for what happened meanwhile.
const ENTRIES_MAX: i64 = 200;

/// An import that has been looked at and is clear.
#[derive(Debug)]
pub struct Ready<'a> {
    import: Import<'a>,
    prepared: Prepared,
    roster: &'a Roster,
}

/// Takes an import's turn and looks at what it changes; refused when something about it is not clear.
pub async fn ready<'a>(ctx: &'a Ctx, actor: &'a Actor, (roster, stated): (&'a Roster, &Stated)) -> Outcome<Ready<'a>> {
    let mut import = Import { ctx, actor, number: 0, at: ctx.now(), locked: Locked::default() };
    import.begin().await?;
    let prepared = prepare(ctx, actor, roster, stated).await?;
    if prepared.doubts.is_empty() {
        Ok(Ready { import, prepared, roster })
    } else {
        Err(ImportFault::Doubts(prepared.doubts).into())
    }
}

impl Ready<'_> {
    /// Takes the roster in, unless people or units changed since it was looked at.
    pub async fn take(self) -> Outcome<Imported> {
        let Self { mut import, prepared, roster } = self;
        if let Err(refusal) = import.take(&prepared, roster).await {
            // Names that were staged do not stay; should this fail too, the next import takes them back.
            let _ = import.sweep(import.number + 1).await;
            return Err(refusal);
        }
        Ok(prepared.told(roster, import.locked))
    }
}

/// One import under way.
#[derive(Debug)]
struct Import<'a> {
    ctx: &'a Ctx,
    actor: &'a Actor,
    number: i64,
    at: DateTime<Utc>,
    locked: Locked,
}

impl Import<'_> {
    /// Takes its turn: what an earlier import left behind goes first.
    async fn begin(&mut self) -> Outcome<()> {
        let mark = self.ctx.clock.mark();
        let mut tx = self.ctx.store.write().await?;
        authorise(&mut tx, self.actor, Act::RosterWrite).await?;
        self.number = store::roster::begin(&mut tx).await?;
        self.commit(tx, &mark).await?;
        self.sweep(self.number).await
    }

    async fn sweep(&mut self, number: i64) -> Outcome<()> {
        loop {
            let mark = self.ctx.clock.mark();
            let mut tx = self.ctx.store.write().await?;
            if !store::roster::sweep(&mut tx, number).await? {
                return Ok(());
            }
            self.commit(tx, &mark).await?;
            self.breathe().await;
        }
    }

    async fn take(&mut self, prepared: &Prepared, roster: &Roster) -> Outcome<()> {
        let offices = self.units(prepared, &prepared.offices).await?;
        let branches = self.units(prepared, &prepared.branches).await?;
        let drafts = drafts(prepared, roster, (&offices, &branches));
        for (part, drafts) in (1..).zip(drafts.chunks(PART)) {
            let mark = self.ctx.clock.mark();
            let mut tx = self.turn(prepared).await?;
            let rows = rows(&mut tx, drafts, self.at).await?;
            store::roster::stage(&mut tx, (self.number, part), &rows, self.at).await?;
            self.commit(tx, &mark).await?;
            self.breathe().await;
        }
        self.swap(prepared, roster, (&offices, &branches)).await
    }

    /// Ids of all units of a view; those that are new are not in force yet.
    async fn units(&mut self, prepared: &Prepared, view: &View) -> Outcome<HashMap<String, UnitId>> {
        let missing = view.missing();
        if !missing.is_empty() {
            let mark = self.ctx.clock.mark();
            let mut tx = self.turn(prepared).await?;
            store::unit::stage(&mut tx, view.kind, &missing, self.at).await?;
            self.commit(tx, &mark).await?;
        }
        let all = store::unit::list_all(&mut self.ctx.store.read().await?, view.kind).await?;
        Ok(all.into_iter().map(|unit| (unit.path, unit.id)).collect())
    }

    /// Puts everything in force, if it still is what the import looked at.
    async fn swap(&mut self, prepared: &Prepared, roster: &Roster, ids: Ids<'_>) -> Outcome<()> {
        let detail = counts(prepared, roster);
        let views = [(&prepared.offices, ids.0), (&prepared.branches, ids.1)];
        let places: Vec<(UnitId, i64)> = views.iter().flat_map(|(view, ids)| view.places(ids)).collect();
        let gone: Vec<UnitId> = views.iter().flat_map(|(view, _)| view.gone()).collect();
        let mark = self.ctx.clock.mark();
        let mut tx = self.turn(prepared).await?;
        authorise(&mut tx, self.actor, Act::RosterWrite).await?;
        store::unit::arrange(&mut tx, &places).await?;
        store::unit::retire_many(&mut tx, &gone, self.at).await?;
        // Who stands on the first roster was here before; who comes later took up work on the day they appear.
        let joined_on = (!prepared.before.is_empty()).then(|| wall::of(self.at, self.ctx.zone).date());
        store::roster::swap(&mut tx, joined_on).await?;
        role::guard_last_admin(&mut tx).await?;
        store::office::bump_roster(&mut tx).await?;
        note(&mut tx, self.ctx.now(), self.actor, (Action::RosterImport, "roster".to_owned(), detail));
        crash::point("mid_import");
        self.commit(tx, &mark).await
    }

    /// A writing transaction for this import, if no other took over and nothing changed.
    async fn turn(&self, prepared: &Prepared) -> Outcome<Tx> {
        let mut tx = self.ctx.store.write().await?;
        let turn = store::roster::turn(&mut tx).await?;
        if turn.revision != prepared.revision {
            drop(tx);
            return Err(ImportFault::Moved(Box::new(meanwhile(self.ctx, prepared).await?)).into());
        }
        if turn.import != self.number {
            return Err(ImportFault::Overtaken.into());
        }
        Ok(tx)
    }

    async fn commit(&mut self, tx: Tx, mark: &Mark) -> Outcome<()> {
        tx.commit().await?;
        let held = self.ctx.clock.since(mark);
        self.locked.longest = self.locked.longest.max(held);
        self.locked.total += held;
        self.locked.times += 1;
        Ok(())
    }

    /// Lets others write. A clock that stands still has nobody waiting.
    async fn breathe(&self) {
        if !self.ctx.clock.is_manual() {
            self.ctx.clock.sleep(BREATH).await;
        }
    }
}

/// What was done to people and units since the import looked at them.
async fn meanwhile(ctx: &Ctx, prepared: &Prepared) -> Outcome<Meanwhile> {
    let mut tx = ctx.store.read().await?;
    let now = current(&mut tx).await?;
    let entries = store::audit::page(&mut tx, AuditSeq(prepared.seq.0 + 1), ENTRIES_MAX).await?;
    let about = |action: &str| Action::parse(action).is_some_and(changes_roster);
    let entries = entries.into_iter().filter(|entry| about(&entry.action)).collect();
    Ok(Meanwhile { before: prepared.before.clone(), now, entries })
}

/// Whether an entry of the ledger may be of a change of people or units.
fn changes_roster(action: Action) -> bool {
    matches!(
        action,
        Action::RosterImport
            | Action::UnitRename
            | Action::UnitMove
            | Action::StaffMerge
            | Action::StaffLeave
            | Action::StaffErase
            | Action::StaffUnbind
    )
}

fn counts(prepared: &Prepared, roster: &Roster) -> Value {
    let changes = crate::domain::roster::diff(&prepared.before, &roster.people);
    json!({
        "joined": changes.joined.len(), "left": changes.left.len(), "moved": changes.moved.len(),
        "renamed": changes.renamed.len(), "changed": changes.changed.len(), "unchanged": changes.unchanged,
        "renumbered": prepared.renumbered.len(),
    })
}

/// Units and branches by their path.
type Ids<'a> = (&'a HashMap<String, UnitId>, &'a HashMap<String, UnitId>);

/// One person to change; ids of what is new are given when its part is written.
struct Draft<'a> {
    known: Option<&'a KnownRow>,
    position: i64,
    /// `None`: leaves the roster.
    after: Option<&'a Person>,
    renumbered: bool,
    /// Unit, branch and kinds of a new version.
    version: Option<(UnitId, Option<UnitId>, String)>,
    named: bool,
}

/// Everyone whom the import changes.
fn drafts<'a>(prepared: &'a Prepared, roster: &'a Roster, (offices, branches): Ids<'_>) -> Vec<Draft<'a>> {
    let renumbered: HashSet<&str> = prepared.renumbered.iter().map(|(_, is)| is.as_str()).collect();
    let mut drafts = Vec::new();
    for (person, position) in roster.people.iter().zip(1..) {
        let known = prepared.known.get(&person.staff_no);
        // A unit that is not there was renamed or closed meanwhile: the swap refuses all of it then.
        let Some(unit) = offices.get(&person.unit).copied() else { continue };
        let branch = person.branch.as_ref().and_then(|path| branches.get(path)).copied();
        let kinds = person.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>().join(",");
        let same_state = known.is_some_and(|row| row.unit_id == unit && row.branch_id == branch && row.kinds == kinds);
        let post = person.post.as_deref().unwrap_or_default();
        let same_name = known.is_some_and(|row| {
            row.name.as_ref() == Some(&person.name) && row.post.as_deref().unwrap_or_default() == post
        });
        let same_place = known.is_some_and(|row| row.left_at.is_none() && row.position == position);
        let renumbered = renumbered.contains(person.staff_no.as_str());
        if same_state && same_name && same_place && !renumbered {
            continue;
        }
        let version = (!same_state).then_some((unit, branch, kinds));
        drafts.push(Draft { known, position, after: Some(person), renumbered, version, named: !same_name });
    }
    let staying: HashSet<&str> = roster.people.iter().map(|person| person.staff_no.as_str()).collect();
    let leaving = prepared.known.iter().filter(|(no, row)| row.left_at.is_none() && !staying.contains(no.as_str()));
    drafts.extend(leaving.map(|(_, row)| Draft {
        known: Some(row),
        position: row.position,
        after: None,
        renumbered: false,
        version: None,
        named: false,
    }));
    drafts
}

/// The rows of one part, with ids for what is new.
async fn rows<'a>(tx: &mut Tx, drafts: &'a [Draft<'_>], now: DateTime<Utc>) -> Outcome<Vec<Staged<'a>>> {
    let people = drafts.iter().filter(|draft| draft.known.is_none()).count();
    let versions = drafts.iter().filter(|draft| draft.version.is_some()).count();
    let mut people = store::roster::new_staff(tx, people).await?.into_iter();
    let mut versions = store::roster::new_versions(tx, versions).await?.into_iter();
    let row = |draft: &'a Draft<'_>| {
        let (known, after) = (draft.known, draft.after);
        let staff_id: StaffId = known.map(|row| row.id).or_else(|| people.next())?;
        let new_version: Option<PersonVersionId> = draft.version.as_ref().and_then(|_| versions.next());
        let version = draft.version.as_ref();
        // Nobody sees the name of a person who is not on the roster, so it need not wait for the swap.
        let unseen = known.is_none_or(|row| row.left_at.is_some() && row.name.is_none());
        let named = after.filter(|_| draft.named);
        Some(Staged {
            staff_id,
            version_id: new_version.or_else(|| known.map(|row| row.version_id))?,
            position: draft.position,
            left_at: after.is_none().then(|| now.timestamp_millis()),
            staff_no: after.filter(|_| known.is_none() || draft.renumbered).map(|person| person.staff_no.as_str()),
            unit_id: version.map(|(unit, _, _)| *unit),
            branch_id: version.and_then(|(_, branch, _)| *branch),
            kinds: version.map(|(_, _, kinds)| kinds.as_str()),
            name: named.map(|person| person.name.as_str()),
            post: named.map(|person| person.post.as_deref().unwrap_or_default()),
            new_staff: u8::from(known.is_none()),
            new_version: u8::from(new_version.is_some()),
            new_name: u8::from(unseen && named.is_some()),
        })
    };
    Ok(drafts.iter().filter_map(row).collect())
}
