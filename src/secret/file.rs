//! The key file: lines `key_id:hex`, oldest first, readable by its owner alone. A fault never leads to a new key by
//! itself: a database with history and a fresh key would look like a forged chain.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use secrecy::zeroize::Zeroizing;
use secrecy::{ExposeSecret, ExposeSecretMut, SecretBox};

use super::{KEY_LEN, Key, KeyId, Keys};

/// Only the owner may read or write the key file.
const FILE_MODE: u32 = 0o600;
/// Only the owner may enter a folder made for it.
const DIR_MODE: u32 = 0o700;
/// Any of these bits lets others in.
const OTHERS: u32 = 0o077;

/// Why the keys cannot be used. `message::secret` words it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("key file {path}: {kind:?}")]
pub struct SecretFault {
    /// The key file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub kind: SecretFaultKind,
}

/// What is wrong with the key file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFaultKind {
    /// The database names a key, but the file is not there.
    Missing {
        /// The key the database names.
        wanted: KeyId,
    },
    /// The file is there and cannot be read.
    Unreadable(io::ErrorKind),
    /// The file, or a folder for it, cannot be created.
    NotCreated(io::ErrorKind),
    /// The system gave no random bytes for a new key.
    NoRandomness,
    /// Others than the owner may read or write it.
    TooOpen {
        /// The permission bits found, such as `0o644`.
        mode: u32,
    },
    /// No key in it, as after a crash while it was being created.
    Empty,
    /// A line is not what it should be.
    Malformed {
        /// Counted from 1.
        line: usize,
        /// How it is wrong.
        fault: LineFault,
    },
    /// None of its keys is the one the database names.
    Foreign {
        /// The key the database names.
        wanted: KeyId,
        /// The keys of the file, newest last.
        found: Vec<KeyId>,
    },
}

/// How a line of the key file is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineFault {
    /// Not 8 hex digits, a colon and 64 hex digits.
    Shape,
    /// The id does not belong to the key.
    IdMismatch,
    /// The same key stands on an earlier line.
    Repeated,
}

/// Opens the keys at `path` for a database that names `stored` as its current key, or (a new database) names none.
/// The file is created only in the second case, and only when there is none: a file left over from a creation that
/// did not reach the database is taken as it is.
pub fn open(path: &Path, stored: Option<&KeyId>) -> Result<Keys, SecretFault> {
    let keys = match (load(path), stored) {
        (Ok(Some(keys)), None) => return Ok(keys),
        (Ok(None), None) => return create(path).map_err(|kind| fault(path, kind)),
        (Ok(Some(keys)), Some(wanted)) => keys.with_current(wanted).map_err(|found| {
            let wanted = wanted.clone();
            SecretFaultKind::Foreign { wanted, found }
        }),
        (Ok(None), Some(wanted)) => Err(SecretFaultKind::Missing { wanted: wanted.clone() }),
        (Err(kind), _) => Err(kind),
    };
    keys.map_err(|kind| fault(path, kind))
}

pub(super) fn fault(path: &Path, kind: SecretFaultKind) -> SecretFault {
    SecretFault { path: path.to_owned(), kind }
}

/// The keys of the file; `None` when there is no file.
pub(super) fn load(path: &Path) -> Result<Option<Keys>, SecretFaultKind> {
    let unreadable = |error: io::Error| SecretFaultKind::Unreadable(error.kind());
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unreadable(error)),
    };
    let mode = file.metadata().map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(SecretFaultKind::TooOpen { mode });
    }
    let mut text = Zeroizing::new(String::new());
    io::Read::read_to_string(&mut file, &mut text).map_err(unreadable)?;
    parse(&text).map(Some)
}

fn parse(text: &str) -> Result<Keys, SecretFaultKind> {
    let mut keys: Vec<Key> = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let malformed = |fault| SecretFaultKind::Malformed { line: index + 1, fault };
        let key = parse_line(line.trim()).map_err(malformed)?;
        if keys.iter().any(|other| other.id == key.id) {
            return Err(malformed(LineFault::Repeated));
        }
        keys.push(key);
    }
    Keys::of(keys).ok_or(SecretFaultKind::Empty)
}

fn parse_line(line: &str) -> Result<Key, LineFault> {
    let (id, digits) = line.split_once(':').ok_or(LineFault::Shape)?;
    let id = KeyId::parse(id).ok_or(LineFault::Shape)?;
    let mut bytes = SecretBox::<[u8; KEY_LEN]>::default();
    hex::decode_to_slice(digits, bytes.expose_secret_mut()).map_err(|_| LineFault::Shape)?;
    let key = Key::new(bytes);
    if key.id == id { Ok(key) } else { Err(LineFault::IdMismatch) }
}

/// Creates the file with one random key. What it returns is on the disk: the database may name the key at once.
fn create(path: &Path) -> Result<Keys, SecretFaultKind> {
    let key = random_key().ok_or(SecretFaultKind::NoRandomness)?;
    write_new(path, &key).map_err(|error| SecretFaultKind::NotCreated(error.kind()))?;
    Keys::of(vec![key]).ok_or(SecretFaultKind::Empty)
}

pub(super) fn random_key() -> Option<Key> {
    let mut bytes = SecretBox::<[u8; KEY_LEN]>::default();
    getrandom::fill(bytes.expose_secret_mut()).ok()?;
    Some(Key::new(bytes))
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The line of a key in the file.
pub(super) fn line_of(key: &Key) -> Zeroizing<String> {
    Zeroizing::new(format!("{}:{}\n", key.id, &*Zeroizing::new(hex::encode(key.bytes.expose_secret()))))
}

fn write_new(path: &Path, key: &Key) -> io::Result<()> {
    let folder = folder_of(path);
    if !folder.exists() {
        DirBuilder::new().recursive(true).mode(DIR_MODE).create(folder)?;
    }
    let line = line_of(key);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
    let written = file.write_all(line.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // Half a key is worth nothing and would only stand in the way of the next attempt.
        let _ = fs::remove_file(path);
    }
    written?;
    // Without this a power cut may lose the name of a file whose content is safe.
    File::open(folder)?.sync_all()
}
