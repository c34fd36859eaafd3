//! The file of checkpoints. Only plain files are touched; a line that cannot be written whole leaves nothing behind.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use crate::office::audit::LedgerFault;
use crate::office::db::backup::failed;
use crate::office::{Outcome, Refusal};

/// Longest file that is read: a line a day for more than a century.
const BYTES_MOST: u64 = 16 * 1024 * 1024;

/// What a file holds. A byte that is no text makes its line one that is not right.
pub(super) fn read_text(path: &Path) -> Outcome<String> {
    if !is_plain(path)? {
        return Err(failed(path)(io::ErrorKind::NotFound.into()));
    }
    let file = OpenOptions::new().read(true).open(path).map_err(failed(path))?;
    text_of(&file, path)
}

fn text_of(file: &File, path: &Path) -> Outcome<String> {
    let mut bytes = Vec::new();
    file.take(BYTES_MOST).read_to_end(&mut bytes).map_err(failed(path))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Whether there is a plain file. Anything else that stands there is refused: a link may lead anywhere.
fn is_plain(path: &Path) -> Outcome<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_file() => Ok(true),
        Ok(_) => Err(Refusal::Ledger(LedgerFault::NotPlain { path: path.display().to_string() })),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(failed(path)(error)),
    }
}

/// A file that is going to get one more line, held for this process alone. One that was begun here goes away again unless
/// it gets it.
pub(super) struct Appending {
    path: PathBuf,
    file: File,
    text: String,
    begun: bool,
}

impl Appending {
    pub(super) fn open(path: &Path) -> Outcome<Self> {
        let begun = !is_plain(path)?;
        let mut options = OpenOptions::new();
        options.read(true).append(true).create_new(begun).mode(0o600);
        let file = options.open(path).map_err(failed(path))?;
        // Held from here on, so that it goes away when anything of the following fails.
        let mut appending = Self { path: path.to_owned(), file, text: String::new(), begun };
        appending.take()?;
        appending.text = text_of(&appending.file, path)?;
        Ok(appending)
    }

    /// Locks it, and makes sure that it is still what was looked at.
    fn take(&self) -> Outcome<()> {
        let path = || self.path.display().to_string();
        match self.file.try_lock() {
            Err(TryLockError::WouldBlock) => return Err(Refusal::Ledger(LedgerFault::InUse { path: path() })),
            // Some file systems of sticks and shares know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => {}
        }
        let (open, named) = (self.file.metadata(), fs::symlink_metadata(&self.path));
        let (open, named) = (open.map_err(failed(&self.path))?, named.map_err(failed(&self.path))?);
        if (open.dev(), open.ino()) == (named.dev(), named.ino()) {
            return Ok(());
        }
        Err(Refusal::Ledger(LedgerFault::NotPlain { path: path() }))
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Adds a line; once it returns the line is on the disk.
    pub(super) fn append(mut self, line: &str) -> Outcome<()> {
        let before = self.file.metadata().map_err(failed(&self.path))?.len();
        let written = self.file.write_all(line.as_bytes()).and_then(|()| self.file.sync_all());
        if let Err(error) = written {
            // Half a line would make the whole file one that is not right.
            let _ = self.file.set_len(before).and_then(|()| self.file.sync_all());
            return Err(failed(&self.path)(error));
        }
        if self.begun {
            self.begun = false;
            let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            // The content is safe; some file systems of sticks cannot do the same for its name.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }
}

impl Drop for Appending {
    fn drop(&mut self) {
        if self.begun {
            // Nothing was written to it.
            let _ = fs::remove_file(&self.path);
        }
    }
}
