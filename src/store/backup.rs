//! A copy of a SQLite database while it is in use. What is committed before the copy begins is in it, nothing of what
//! follows, and no writer waits for it.

use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};
use sqlx::{ConnectOptions, Connection, SqliteConnection};

use super::{Pools, Result, Store, StoreError, Unsealed};

/// What a batch of updates may come to.
const ROOM: usize = 1024 * 1024;
/// The first bytes of every SQLite file.
const MAGIC: &[u8] = b"SQLite format 3\0";

impl Store {
    /// Copies the database into `target`, an empty file. False on PostgreSQL, which has a program of its own for that.
    pub async fn copy_into(&self, target: &Path) -> Result<bool> {
        let Pools::Sqlite { write, .. } = &self.pools else { return Ok(false) };
        let text = target.to_str().ok_or_else(|| std::io::Error::from(std::io::ErrorKind::InvalidFilename))?;
        // A connection of its own: the writer goes on, and the readers may change nothing, not even another file.
        let mut connection = write.connect_options().as_ref().clone().connect().await?;
        let copied = sqlx::query("VACUUM INTO $1").bind(text).execute(&mut connection).await;
        connection.close().await?;
        copied?;
        Ok(true)
    }

    /// Whether there is room beside the database for a lot. PostgreSQL looks after its own.
    pub(super) fn room(&self) -> Result<()> {
        let Pools::Sqlite { write, .. } = &self.pools else { return Ok(()) };
        let probe = write.connect_options().get_filename().with_added_extension("probe");
        let written = std::fs::File::create(&probe).and_then(|mut file| {
            std::io::Write::write_all(&mut file, &vec![0; ROOM])?;
            file.sync_all()
        });
        // It is of no more use, whole or not.
        let _ = std::fs::remove_file(&probe);
        Ok(written?)
    }

    /// Whether the file is sound as far as a quick look tells: `ok`, or the first fault. PostgreSQL looks after its own.
    pub async fn quick_check(&self) -> Result<String> {
        let Pools::Sqlite { read, .. } = &self.pools else { return Ok("ok".to_owned()) };
        Ok(sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(read).await?)
    }
}

impl Unsealed {
    /// Opens a copy that nobody uses, to look at it and nothing else; no file is made beside it.
    pub fn open_copy(path: &Path) -> Self {
        let options = SqliteConnectOptions::new().filename(path).read_only(true).immutable(true);
        let pool = || SqlitePoolOptions::new().max_connections(1).connect_lazy_with(options.clone());
        Self::of(Pools::Sqlite { write: pool(), read: pool() })
    }
}

/// Whether a file looks like a SQLite database at all.
pub fn looks_like_one(path: &Path) -> std::io::Result<bool> {
    use std::io::Read;
    let mut head = Vec::new();
    std::fs::File::open(path)?.take(MAGIC.len() as u64).read_to_end(&mut head)?;
    Ok(head == MAGIC)
}

/// Makes a database one file again: what stands in its side files is moved into it.
pub async fn fold(path: &Path) -> Result<()> {
    let mut connection = SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(path)).await?;
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await?;
    connection.close().await?;
    if busy == 0 { Ok(()) } else { Err(StoreError::Io(std::io::ErrorKind::ResourceBusy.into())) }
}
