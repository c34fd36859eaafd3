//! Putting a copy in place. The copy is looked at before anything is touched; what stood there is set aside and never
//! deleted; what stands there then sends nothing until someone confirms (invariant I12).

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde_json::json;

use super::backup::{failed, look};
use super::{CopyFault, Hold, check_zone, home, keys_of, side};
use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor};
use crate::domain::installation::Doubt;
use crate::domain::policy::Act;
use crate::office::audit::{Verified, tail};
use crate::office::{Outcome, Refusal, authorise, note};
use crate::store::backup::{fold, looks_like_one};
use crate::store::trouble::Trouble;
use crate::store::{StoreError, Unsealed};

/// What was put in place.
#[derive(Debug)]
pub struct Restored {
    /// What stood there before, under its new name; `None` when there was nothing.
    pub aside: Option<PathBuf>,
    /// The copy as it was.
    pub verified: Verified,
    /// When the last entry of the copy was written.
    pub last: Option<DateTime<Utc>>,
}

/// Puts a copy in place of the database. The hold shows that no `serve` is running on it.
pub async fn restore(
    config: &Config,
    _hold: &Hold,
    (actor, clock): (&Actor, &Clock),
    file: &Path,
) -> Outcome<Restored> {
    let database = match &config.database {
        DatabaseUrl::Sqlite { path } => path,
        DatabaseUrl::Postgres { shown, .. } => {
            return Err(Refusal::Copy(CopyFault::OnServer {
                file: file.display().to_string(),
                database: shown.clone(),
            }));
        }
    };
    if !looks_like_one(file).map_err(failed(file))? {
        return Err(Refusal::Copy(CopyFault::NoBackup(file.display().to_string())));
    }
    let fresh = Fresh::copy(file, database)?;
    let (verified, last) = prepare(config, (actor, clock), (file, &fresh.0)).await?;
    let aside = set_aside(database, clock.now())?;
    fs::rename(&fresh.0, database).map_err(failed(database))?;
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(database))?;
    Ok(Restored { aside, verified, last })
}

/// Brings the copy up to this program, looks at it from end to end, and sets it to send nothing.
async fn prepare(
    config: &Config,
    (actor, clock): (&Actor, &Clock),
    (file, fresh): (&Path, &Path),
) -> Outcome<(Verified, Option<DateTime<Utc>>)> {
    let shown = file.display().to_string();
    let named = |error: StoreError| match error.trouble() {
        Trouble::Damaged => Refusal::Copy(CopyFault::BadBackup { path: shown.clone(), detail: error.to_string() }),
        Trouble::DiskFull | Trouble::ReadOnly | Trouble::Busy | Trouble::DiskError | Trouble::Gone | Trouble::Other => {
            error.into()
        }
    };
    let url = DatabaseUrl::Sqlite { path: fresh.to_owned() };
    let database = Unsealed::open_copy(fresh);
    let version = database.version().await;
    match version {
        Ok(_) => {}
        Err(StoreError::Older) => return Err(Refusal::Copy(CopyFault::NoBackup(shown))),
        Err(error) => return Err(named(error)),
    }
    drop(database);
    let database = Unsealed::open_migrated(&url).await.map_err(named)?;
    let office =
        database.office().await.map_err(named)?.ok_or_else(|| Refusal::Copy(CopyFault::NoBackup(shown.clone())))?;
    check_zone(config, &office)?;
    let keys = keys_of(config, &office)?;
    let store = database.seal(Arc::clone(&keys));
    let content_dir = config.content_dir.as_path().into();
    let (boot, spool) = ("restore".to_owned(), config.spool_file().into());
    let ctx = Ctx { store, clock: clock.clone(), zone: config.zone, content_dir, boot, spool };
    let done = inspect(&ctx, actor, fresh, Arc::clone(&keys)).await;
    ctx.store.close().await;
    let done = done.map_err(|refusal| {
        if let Refusal::Copy(CopyFault::BadBackup { detail, .. }) = refusal {
            Refusal::Copy(CopyFault::BadBackup { path: shown.clone(), detail })
        } else if let Refusal::Store(error) = refusal {
            named(error)
        } else {
            refusal
        }
    })?;
    fold(fresh).await?;
    Ok(done)
}

async fn inspect(
    ctx: &Ctx,
    actor: &Actor,
    fresh: &Path,
    keys: Arc<crate::secret::Keys>,
) -> Outcome<(Verified, Option<DateTime<Utc>>)> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::DatabaseWrite).await?;
    drop(tx);
    fold(fresh).await?;
    let verified = look(ctx, fresh, keys).await?;
    let last = tail(ctx, actor, 1).await?.last().and_then(|entry| DateTime::from_timestamp_millis(entry.at_ms));
    let mut tx = ctx.store.write().await?;
    home::set_aside(&mut tx, Doubt::Restored, ctx.now()).await?;
    let detail = json!({ "entries": verified.entries, "acks": verified.acks, "head": hex::encode(verified.head.mac) });
    note(&mut tx, ctx.now(), actor, (Action::DbRestore, "office".to_owned(), detail));
    tx.commit().await?;
    Ok((verified, last))
}

/// Gives what stands there another name, side files included; they must be gone before another file has the name, for
/// SQLite would take them for its own.
fn set_aside(database: &Path, now: DateTime<Utc>) -> Outcome<Option<PathBuf>> {
    if !database.exists() {
        return Ok(None);
    }
    let stamp = now.format("%Y%m%dT%H%M%SZ");
    let aside = side(database, &format!(".before-restore-{stamp}"));
    for suffix in ["-wal", "-shm", ""] {
        let from = side(database, suffix);
        match fs::rename(&from, side(&aside, suffix)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(failed(&from)(error)),
        }
    }
    Ok(Some(aside))
}

/// The copy beside the database; it goes away again unless it takes the database's place.
struct Fresh(PathBuf);

impl Fresh {
    fn copy(file: &Path, database: &Path) -> Outcome<Self> {
        let fresh = Self(side(database, ".restoring"));
        fresh.clear();
        for suffix in ["", "-wal"] {
            let (from, to) = (side(file, suffix), side(&fresh.0, suffix));
            if suffix.is_empty() || from.exists() {
                fs::copy(&from, &to).map_err(failed(&from))?;
                fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).map_err(failed(&to))?;
                File::open(&to).and_then(|file| file.sync_all()).map_err(failed(&to))?;
            }
        }
        Ok(fresh)
    }

    fn clear(&self) {
        for suffix in ["", "-wal", "-shm"] {
            // Not there is as good as gone.
            let _ = fs::remove_file(side(&self.0, suffix));
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        self.clear();
    }
}
