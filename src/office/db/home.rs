//! What this machine knows of its database, and whether the database agrees (invariant I12). Each minute a running service
//! writes a sign of life into the database, and beside the key which state it has seen.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::config::{Config, DatabaseUrl};
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::delivery::HaltCause;
use crate::domain::installation::{Doubt, Facts, Remembered, Start, start};
use crate::ids::AuditSeq;
use crate::office::db::CopyFault;
use crate::office::{Outcome, Refusal, note};
use crate::secret::installation::{self, Known};
use crate::secret::{SecretFault, SecretFaultKind};
use crate::store::audit::StoredHead;
use crate::store::installation::Installation;
use crate::store::{self, Store, Tx};

/// Clocks that stand further apart than this are told of.
pub const CLOCKS_APART: TimeDelta = TimeDelta::seconds(5);

/// Where this machine keeps what it knows. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Home {
    file: PathBuf,
    /// Where the database is.
    place: String,
    /// Several instances may share the database.
    shared: bool,
    /// Whether it was told that the clocks stand apart.
    apart: Arc<AtomicBool>,
}

impl Home {
    /// The file beside the key.
    pub fn new(config: &Config) -> Self {
        let (place, shared) = match &config.database {
            // As the system finds it, so that it is the same from any folder.
            DatabaseUrl::Sqlite { path } => {
                (std::path::absolute(path).unwrap_or_else(|_| path.clone()).display().to_string(), false)
            }
            DatabaseUrl::Postgres { shown, .. } => (shown.clone(), true),
        };
        Self { file: installation::path(&config.secret_file), place, shared, apart: Arc::default() }
    }

    /// Names a database that has no name, and remembers it; false when it has one. The file comes first: a line for a
    /// database that never was does no harm.
    pub(super) async fn found(&self, tx: &mut Tx) -> Outcome<bool> {
        if store::installation::find(tx).await?.is_none_or(|found| !found.installation_id.is_empty()) {
            return Ok(false);
        }
        let no_randomness = || SecretFault { path: self.file.clone(), kind: SecretFaultKind::NoRandomness };
        let id = installation::new_id().ok_or_else(no_randomness)?;
        self.put(&Known { id: id.clone(), generation: 1, seq: 0, mac: String::new(), place: self.place.clone() })?;
        Ok(store::installation::name(tx, &id).await?)
    }

    /// Refuses to make a database where one is known to have been: its file was emptied or taken away, or only its `-wal`
    /// held anything.
    pub(super) fn vanished(&self) -> Outcome<()> {
        match installation::at(&self.file, &self.place).map_err(|source| self.failed(source))? {
            // Before the first entry was seen there was nothing to lose.
            Some(known) if known.seq > 0 => Err(Refusal::Copy(CopyFault::Vanished {
                database: self.place.clone(),
                known: self.file.display().to_string(),
            })),
            Some(_) | None => Ok(()),
        }
    }

    /// Decides how the service starts: as ever, or in quarantine.
    pub async fn check_in(&self, store: &Store, told: DateTime<Utc>) -> Outcome<Start> {
        let mut tx = store.write().await?;
        if let Some(stands) = standing(&mut tx).await? {
            say(&stands);
            return Ok(Start::Doubt(Doubt::parse(&stands).unwrap_or(Doubt::Foreign)));
        }
        let Some(found) = store::installation::find(&mut tx).await? else { return Ok(Start::Home) };
        let now = tx.lease_now(told).await?;
        let facts = Facts {
            here: self.remembered(&mut tx, &found).await?,
            generation: found.generation,
            alive_at: found.alive_at.map(store::At::utc),
            shared: self.shared,
            new: store::channel::find(&mut tx, crate::channel::telegram::KIND).await?.is_none(),
        };
        let start = start(&facts, now);
        match start {
            Start::Home | Start::Join => {
                store::installation::alive(&mut tx, now).await?;
                tx.commit().await?;
                self.remember(store).await?;
            }
            Start::Doubt(doubt) => {
                set_aside(&mut tx, doubt, told).await?;
                tx.commit().await?;
                say(doubt.as_str());
            }
        }
        Ok(start)
    }

    /// A sign of life, and what was seen. In quarantine there is neither: what the last sign was is still of use. Data that
    /// was put back under a running service is noticed here.
    pub async fn alive(&self, ctx: &Ctx) -> Outcome<()> {
        let mut tx = ctx.store.read().await?;
        if standing(&mut tx).await?.is_some() {
            return Ok(());
        }
        let Some(found) = store::installation::find(&mut tx).await? else { return Ok(()) };
        let here = self.remembered(&mut tx, &found).await?;
        self.compare_clocks(&mut tx, ctx).await?;
        drop(tx);
        let doubt = match here {
            Some(here) if !here.contained => Some(Doubt::Older),
            // A greater one was confirmed by another instance.
            Some(here) if here.generation > found.generation => Some(Doubt::Generation),
            Some(_) | None => None,
        };
        let mut tx = ctx.store.write().await?;
        if let Some(doubt) = doubt {
            set_aside(&mut tx, doubt, ctx.now()).await?;
            tx.commit().await?;
            say(doubt.as_str());
            return Ok(());
        }
        let now = tx.lease_now(ctx.now()).await?;
        store::installation::alive(&mut tx, now).await?;
        tx.commit().await?;
        self.remember(&ctx.store).await
    }

    /// Begins the generation after both the database's and the one that is known here. Returns it.
    pub(super) async fn next_generation(&self, tx: &mut Tx) -> Outcome<i64> {
        let Some(found) = store::installation::find(tx).await? else { return Ok(0) };
        let known = self.known(&found.installation_id)?.map_or(0, |known| known.generation);
        let next = found.generation.max(known) + 1;
        store::installation::begin_generation(tx, next).await?;
        Ok(next)
    }

    /// Notes beside the key which copy the database is and what its last entry is.
    pub(super) async fn remember(&self, store: &Store) -> Outcome<()> {
        let mut tx = store.read().await?;
        let Some(found) = store::installation::find(&mut tx).await? else { return Ok(()) };
        let StoredHead::Sound(head) = store::audit::head(&mut tx).await? else { return Ok(()) };
        let Installation { installation_id: id, generation, .. } = found;
        self.put(&Known { id, generation, seq: head.seq.0, mac: hex::encode(head.mac), place: self.place.clone() })
    }

    async fn remembered(&self, tx: &mut Tx, found: &Installation) -> Outcome<Option<Remembered>> {
        let Some(known) = self.known(&found.installation_id)? else { return Ok(None) };
        let entry = store::audit::page(tx, AuditSeq(known.seq), 1).await?.into_iter().next();
        let same = entry.is_some_and(|entry| entry.seq.0 == known.seq && hex::encode(entry.mac) == known.mac);
        // Several machines name a database on a server each in its own way.
        let moved = !self.shared && known.place != self.place;
        Ok(Some(Remembered { generation: known.generation, moved, contained: known.seq == 0 || same }))
    }

    async fn compare_clocks(&self, tx: &mut Tx, ctx: &Ctx) -> Outcome<()> {
        if ctx.clock.is_manual() {
            return Ok(());
        }
        let gap = tx.database_now(ctx.now()).await? - ctx.now();
        let apart = gap.abs() > CLOCKS_APART;
        if apart && !self.apart.swap(apart, Ordering::Relaxed) {
            tracing::warn!(
                seconds = gap.num_seconds(),
                "the database's clock and this machine's stand apart; leases go by the database's, slots by this machine's: set both right"
            );
        }
        if !apart {
            self.apart.store(false, Ordering::Relaxed);
        }
        Ok(())
    }

    fn known(&self, id: &str) -> Outcome<Option<Known>> {
        installation::find(&self.file, id).map_err(|source| self.failed(source))
    }

    fn put(&self, known: &Known) -> Outcome<()> {
        installation::put(&self.file, known).map_err(|source| self.failed(source))
    }

    fn failed(&self, source: std::io::Error) -> Refusal {
        Refusal::File { path: self.file.display().to_string(), source }
    }
}

/// Why the data is in quarantine, when it is.
async fn standing(tx: &mut Tx) -> Outcome<Option<String>> {
    let halts = store::halt::list(tx).await?;
    Ok(halts.into_iter().find(|halt| halt.cause == HaltCause::Quarantine).map(|halt| halt.detail))
}

/// From here on nothing goes out until someone confirms.
pub(super) async fn set_aside(tx: &mut Tx, doubt: Doubt, now: DateTime<Utc>) -> Outcome<()> {
    let actor = Actor::System { job: Job::Serve };
    if store::halt::put(tx, HaltCause::Quarantine, (&actor.to_string(), doubt.as_str()), now).await? {
        note(tx, now, &actor, (Action::Quarantine, "office".to_owned(), json!({ "why": doubt.as_str() })));
    }
    Ok(())
}

fn say(why: &str) {
    tracing::warn!(
        why,
        "this data may be a copy: nothing is planned, sent or polled; look with `qingfeng db confirm-restore` and let it go on with --yes"
    );
}
