//! A new key for a file that has one. The file comes first and the database second: a file that holds a key too many works,
//! a database that names a key nobody has does not.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt, chown};
use std::path::Path;

use secrecy::zeroize::Zeroizing;

use super::file::{fault, folder_of, line_of, load, random_key};
use super::{Key, KeyId, Keys, SecretFault, SecretFaultKind};

/// Puts a new key behind the others and returns the keys with the new one current. A key that stands behind `current` already
/// was made by a change that did not reach the database: it is taken, and nothing is written. The file is there whole, before
/// or after, whatever happens; what it returns is on the disk.
pub fn grow(path: &Path, current: &KeyId) -> Result<Keys, SecretFault> {
    let failed = |kind| fault(path, kind);
    let missing = || SecretFaultKind::Missing { wanted: current.clone() };
    let keys = load(path).and_then(|keys| keys.ok_or_else(missing)).map_err(failed)?;
    let foreign = |found| failed(SecretFaultKind::Foreign { wanted: current.clone(), found });
    let keys = keys.with_current(current).map_err(foreign)?;
    let behind = !keys.after.is_empty();
    let mut keys = keys.in_order();
    if !behind {
        keys.push(random_key().ok_or_else(|| failed(SecretFaultKind::NoRandomness))?);
        replace(path, &keys).map_err(|error| failed(SecretFaultKind::NotCreated(error.kind())))?;
    }
    Keys::of(keys).ok_or_else(|| failed(SecretFaultKind::Empty))
}

/// Writes the whole file anew beside the old one, with its rights and its owner, and puts it in place.
fn replace(path: &Path, keys: &[Key]) -> io::Result<()> {
    // What a link points to is replaced, not the link.
    let path = fs::canonicalize(path)?;
    let found = fs::metadata(&path)?;
    let fresh = path.with_added_extension(format!("new-{}", std::process::id()));
    let written = write(&fresh, keys, &found).and_then(|()| fs::rename(&fresh, &path));
    if written.is_err() {
        // Nothing refers to it, and it must not lie about with keys in it.
        let _ = fs::remove_file(&fresh);
    }
    written?;
    // Without this a power cut may bring the file of before back, after the database named the new key.
    File::open(folder_of(&path))?.sync_all()
}

fn write(fresh: &Path, keys: &[Key], like: &fs::Metadata) -> io::Result<()> {
    // Room for all of it at once: a text that grows leaves copies of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(keys.len() * 80));
    for key in keys {
        text.push_str(&line_of(key));
    }
    // Left over from a process of the same number that was killed.
    let _ = fs::remove_file(fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(fresh)?;
    let own = file.metadata()?;
    if (own.uid(), own.gid()) != (like.uid(), like.gid()) {
        // The service that reads the file may run as another user than whoever changes the key.
        chown(fresh, Some(like.uid()), Some(like.gid()))?;
    }
    file.set_permissions(Permissions::from_mode(like.permissions().mode() & 0o777))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
