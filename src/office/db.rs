//! The database itself: set up, open, check. Opening is where a foreign key file, zone or bot is refused.

use std::fs::{DirBuilder, File, Permissions, TryLockError};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl};
use crate::domain::audit::{Action, Actor, Job};
use crate::domain::delivery::HaltCause;
use crate::domain::word::InboundMode;
use crate::ids::ChannelId;
use crate::office::{Outcome, Refusal, note};
use crate::secret::{self, KeyId, Keys};
use crate::store::halt::HaltRow;
use crate::store::office::OfficeRow;
use crate::store::{self, Store, StoreError, Unsealed};

/// A copy of the database while it is in use.
pub mod backup;
/// Going on with data that may be a copy.
pub mod confirm;
mod home;
/// Putting a copy in place.
pub mod restore;

pub use home::{CLOCKS_APART, Home};

/// What is wrong with a database's file, or with a copy of one.
#[derive(Debug, thiserror::Error)]
pub enum CopyFault {
    #[error("damaged: {detail}")]
    Damaged { database: String, detail: String },
    /// PostgreSQL has programs of its own for this.
    #[error("the database is on a server")]
    OnServer { file: String, database: String },
    #[error("{0} is no copy of a database of this program")]
    NoBackup(String),
    #[error("{path} is not right: {detail}")]
    BadBackup { path: String, detail: String },
    /// Where it was, and the file that knows of it.
    #[error("the database that was at {database} is gone")]
    Vanished { database: String, known: String },
    #[error("nothing is to be confirmed")]
    NothingToConfirm,
}

/// Any of these permission bits lets others in.
const OTHERS: u32 = 0o077;

/// Holds a SQLite database for one `serve`; the open file is the lock, and goes with the value. PostgreSQL needs none.
#[derive(Debug)]
pub struct Hold(Option<File>);

impl Hold {
    /// Whether this process has the database alone.
    pub fn alone(&self) -> bool {
        self.0.is_some()
    }
}

/// Takes the database for this process alone, or says who has it.
pub fn hold(url: &DatabaseUrl) -> Outcome<Hold> {
    let DatabaseUrl::Sqlite { path } = url else { return Ok(Hold(None)) };
    let lock: PathBuf = path.with_added_extension("lock");
    let failed = |source| Refusal::File { path: lock.display().to_string(), source };
    if let Some(folder) = lock.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        // The database and its key will stand there too: nobody else has business in it.
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(failed)?;
    }
    let mut options = File::options();
    options.create(true).truncate(false).read(true).write(true).mode(0o600);
    let mut file = options.open(&lock).map_err(failed)?;
    match file.try_lock() {
        Ok(()) => {
            file.set_len(0).map_err(failed)?;
            file.rewind().map_err(failed)?;
            write!(file, "{}", std::process::id()).map_err(failed)?;
            Ok(Hold(Some(file)))
        }
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            file.read_to_string(&mut holder).map_err(failed)?;
            Err(Refusal::Held { holder })
        }
        Err(TryLockError::Error(source)) => Err(failed(source)),
    }
}

/// Opens a database that was set up before.
pub async fn open(config: &Config) -> Outcome<Store> {
    let not_set_up = || Refusal::NotSetUp { database: config.database.to_string() };
    let database = match Unsealed::open(&config.database).await {
        Ok(database) => database,
        Err(StoreError::Older) => return Err(not_set_up()),
        Err(error) => return Err(error.into()),
    };
    let office = database.office().await?.ok_or_else(not_set_up)?;
    check_zone(config, &office)?;
    Ok(database.seal(keys_of(config, &office)?))
}

/// Creates what is missing and brings the schema up to this program: the database, its key, the office's row. The hold
/// shows that no `serve` is running on it.
pub async fn migrate(config: &Config, _hold: &Hold, now: DateTime<Utc>) -> Outcome<Store> {
    make_private(&config.database)?;
    let database = Unsealed::open_migrated(&config.database).await?;
    if let Some(office) = database.office().await? {
        check_zone(config, &office)?;
        let store = database.seal(keys_of(config, &office)?);
        let mut tx = store.write().await?;
        // One from before databases had names.
        if Home::new(config).found(&mut tx).await? {
            tx.commit().await?;
        }
        return Ok(store);
    }
    Home::new(config).vanished()?;
    let keys = Arc::new(secret::open(&config.secret_file, None)?);
    let office = OfficeRow { zone: config.zone.name().to_owned(), key_id: keys.current().id().to_string() };
    let store = database.seal(keys);
    let mut tx = store.write().await?;
    store::office::create(&mut tx, &office, now).await?;
    Home::new(config).found(&mut tx).await?;
    let detail = json!({ "zone": office.zone, "key_id": office.key_id });
    note(&mut tx, now, &Actor::Operator { staff_no: None }, (Action::DbInit, "office".to_owned(), detail));
    tx.commit().await?;
    Ok(store)
}

/// Files that others may read are closed to them: they hold names.
fn make_private(url: &DatabaseUrl) -> Outcome<()> {
    let DatabaseUrl::Sqlite { path } = url else { return Ok(()) };
    for path in [path.clone(), side(path, "-wal"), side(path, "-shm")] {
        let failed = |source| Refusal::File { path: path.display().to_string(), source };
        let Ok(mode) = std::fs::metadata(&path).map(|found| found.permissions().mode() & 0o777) else { continue };
        if mode & OTHERS != 0 {
            std::fs::set_permissions(&path, Permissions::from_mode(mode & !OTHERS)).map_err(failed)?;
            tracing::warn!(
                file = %path.display(),
                mode = format!("{mode:o}"),
                "others than its owner could read or write this file; it is closed to them now"
            );
        }
    }
    Ok(())
}

/// A side file of a SQLite database: its name and a suffix.
fn side(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// Refuses a file that is damaged, before anything is made of what it still tells.
pub async fn sound(config: &Config, store: &Store) -> Outcome<()> {
    let found = store.quick_check().await?;
    if found == "ok" {
        return Ok(());
    }
    Err(CopyFault::Damaged { database: config.database.to_string(), detail: found }.into())
}

/// Why the data may be a copy, when it may; nothing goes out then.
pub async fn quarantine(store: &Store) -> Outcome<Option<HaltRow>> {
    Ok(halts(store).await?.into_iter().find(|halt| halt.cause == HaltCause::Quarantine))
}

/// Everything that keeps messages from going out.
pub async fn halts(store: &Store) -> Outcome<Vec<HaltRow>> {
    let mut tx = store.read().await?;
    Ok(store::halt::list(&mut tx).await?)
}

fn check_zone(config: &Config, office: &OfficeRow) -> Outcome<()> {
    if office.zone == config.zone.name() {
        return Ok(());
    }
    Err(Refusal::OtherZone { stored: office.zone.clone(), configured: config.zone.name().to_owned() })
}

fn keys_of(config: &Config, office: &OfficeRow) -> Outcome<Arc<Keys>> {
    let id = KeyId::parse(&office.key_id).ok_or_else(|| StoreError::Unreadable(office.key_id.clone()))?;
    Ok(Arc::new(secret::open(&config.secret_file, Some(&id))?))
}

/// The row of our bot, made at the first start. A token of another bot than the database's is refused.
pub async fn connect(store: &Store, kind: &str, instance: &str, now: DateTime<Utc>) -> Outcome<ChannelId> {
    let mut tx = store.write().await?;
    if let Some((id, stored)) = store::channel::find(&mut tx, kind).await? {
        if stored != instance {
            return Err(Refusal::OtherBot { stored, configured: instance.to_owned() });
        }
        return Ok(id);
    }
    let id = store::channel::add(&mut tx, kind, instance).await?;
    let actor = Actor::System { job: Job::Serve };
    note(&mut tx, now, &actor, (Action::Install, format!("channel:{id}"), json!({ "kind": kind, "bot": instance })));
    tx.commit().await?;
    Ok(id)
}

/// Remembers what the platform calls our bot; links are made of it.
pub async fn set_bot_name(store: &Store, line: ChannelId, name: &str) -> Outcome<()> {
    let mut tx = store.write().await?;
    store::channel::set_name(&mut tx, line, name).await?;
    Ok(tx.commit().await?)
}

/// What the platform calls our bot; `None` until it told.
pub async fn bot_name(store: &Store) -> Outcome<Option<String>> {
    let mut tx = store.read().await?;
    Ok(store::channel::names(&mut tx).await?.into_iter().next())
}

/// Whether the database takes what is written to it now: it is tried, for a disk that is full shows at a commit alone.
pub async fn writable(store: &Store) -> Outcome<()> {
    Ok(store.probe().await?)
}

/// Most misfits that are looked for: one is enough to know, a few tell where.
const MISFITS_MOST: i64 = 5;

/// What in the database does not fit together, as `what:id`.
pub async fn misfits(store: &Store) -> Outcome<Vec<String>> {
    let mut tx = store.read().await?;
    Ok(store::installation::misfits(&mut tx, MISFITS_MOST).await?)
}

/// How updates reach us on each channel, and when they last did.
pub async fn heard(store: &Store) -> Outcome<Vec<(InboundMode, Option<DateTime<Utc>>)>> {
    let mut tx = store.read().await?;
    let heard = store::channel::heard(&mut tx).await?;
    Ok(heard.into_iter().map(|(mode, at)| (mode, at.map(store::At::utc))).collect())
}

/// How far the database's clock stands ahead of ours; zero where it has none of its own.
pub async fn clock_gap(store: &Store, clock: &Clock) -> Outcome<TimeDelta> {
    let mut tx = store.read().await?;
    Ok(tx.database_now(clock.now()).await? - clock.now())
}

/// What the database says of its own state: `ok`, or the first fault.
pub async fn integrity(store: &Store) -> Outcome<String> {
    let mut tx = store.read().await?;
    Ok(store::office::integrity(&mut tx).await?)
}

/// The platform's id of the bot that this database belongs to; `None` before the first start.
pub async fn bot(store: &Store, kind: &str) -> Outcome<Option<String>> {
    let mut tx = store.read().await?;
    Ok(store::channel::find(&mut tx, kind).await?.map(|(_, instance)| instance))
}
