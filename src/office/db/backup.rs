//! A copy of the database while it is in use: taken beside the writer, looked at from end to end, and only then given its
//! name.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;

use crate::config::{Config, DatabaseUrl};
use crate::ctx::Ctx;
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::policy::Act;
use crate::office::audit::{Verified, verify};
use crate::office::db::CopyFault;
use crate::office::{Outcome, Refusal, authorise, note};
use crate::secret::Keys;
use crate::store::{self, Unsealed};

/// A copy that was written and is right.
#[derive(Debug)]
pub struct Copied {
    pub bytes: u64,
    pub verified: Verified,
}

/// Writes a copy to a file that does not exist yet.
pub async fn backup(ctx: &Ctx, actor: &Actor, config: &Config, target: &Path) -> Outcome<Copied> {
    let mut tx = ctx.store.read().await?;
    authorise(&mut tx, actor, Act::DatabaseWrite).await?;
    drop(tx);
    if let DatabaseUrl::Postgres { shown, .. } = &config.database {
        return Err(Refusal::Copy(CopyFault::OnServer { file: target.display().to_string(), database: shown.clone() }));
    }
    if target.symlink_metadata().is_ok() {
        return Err(failed(target)(io::ErrorKind::AlreadyExists.into()));
    }
    let part = Part::create(target)?;
    ctx.store.copy_into(&part.0).await?;
    let keys = Arc::clone(ctx.store.keys());
    let verified = look(ctx, &part.0, keys).await?;
    // The name must not outlive a power cut without the content.
    let bytes =
        File::open(&part.0).and_then(|file| file.sync_all().and_then(|()| file.metadata())).map_err(failed(target))?;
    part.name(target)?;
    let mut tx = ctx.store.write().await?;
    let detail = json!({ "entries": verified.entries, "acks": verified.acks, "head": hex::encode(verified.head.mac) });
    note(&mut tx, ctx.now(), actor, (Action::DbBackup, "office".to_owned(), detail));
    tx.commit().await?;
    Ok(Copied { bytes: bytes.len(), verified })
}

/// Looks at a copy from end to end; an error says what is wrong with it.
pub(super) async fn look(ctx: &Ctx, path: &Path, keys: Arc<Keys>) -> Outcome<Verified> {
    let store = Unsealed::open_copy(path).seal(keys);
    let copy = Ctx { store, ..ctx.clone() };
    let found = examine(&copy).await;
    copy.store.close().await;
    let bad = |detail: String| Refusal::Copy(CopyFault::BadBackup { path: path.display().to_string(), detail });
    let (integrity, misfits, verified) = found?;
    if integrity != "ok" {
        return Err(bad(integrity));
    }
    if let Some(wrong) = verified.first_bad.iter().chain(&misfits).next() {
        return Err(bad(wrong.clone()));
    }
    Ok(verified)
}

async fn examine(copy: &Ctx) -> Outcome<(String, Vec<String>, Verified)> {
    let mut tx = copy.store.read().await?;
    let integrity = store::office::integrity(&mut tx).await?;
    drop(tx);
    let misfits = super::misfits(&copy.store).await?;
    Ok((integrity, misfits, verify(copy, &Actor::System { job: Job::Serve }).await?))
}

/// A file that goes away again unless it gets its name.
struct Part(PathBuf);

impl Part {
    fn create(target: &Path) -> Outcome<Self> {
        let part = target.with_added_extension("part");
        // Left over from a copy that was interrupted.
        if part.exists() {
            fs::remove_file(&part).map_err(failed(&part))?;
        }
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&part).map_err(failed(target))?;
        Ok(Self(part))
    }

    /// Gives the file its name; one that appeared meanwhile is not overwritten.
    fn name(self, target: &Path) -> Outcome<()> {
        fs::hard_link(&self.0, target).map_err(failed(target))?;
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed(target))
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // Its second name, or a copy that came to nothing.
        let _ = fs::remove_file(&self.0);
    }
}

pub(in crate::office) fn failed(path: &Path) -> impl Fn(io::Error) -> Refusal {
    let path = path.display().to_string();
    move |source| Refusal::File { path: path.clone(), source }
}
