//! What this machine knows of the databases it serves, in a file beside the key: a line for each, `id generation seq mac place`.
//! A database that is put back, or carried to another machine, does not agree with it. Nothing in it is secret.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Only the owner has business with it.
const FILE_MODE: u32 = 0o600;

/// Stands for no tag.
const NO_MAC: &str = "-";

/// What is known of one database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// The database's own name, 32 hex digits.
    pub id: String,
    /// Grows with each restore that was confirmed.
    pub generation: i64,
    /// Place of the last audit entry that was seen; 0 for none.
    pub seq: i64,
    /// The tag of that entry, as the database writes it; empty for none.
    pub mac: String,
    /// Where the database is, so that one that vanished is missed.
    pub place: String,
}

/// The file beside a key file.
pub fn path(secret_file: &Path) -> PathBuf {
    secret_file.with_added_extension("installation")
}

/// A name for a new database. `None` when the system gives no random bytes.
pub fn new_id() -> Option<String> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok()?;
    Some(hex::encode(bytes))
}

/// What is known of a database; `None` when nothing is. A line that cannot be read counts for nothing, which leads to
/// asking a person.
pub fn find(path: &Path, id: &str) -> io::Result<Option<Known>> {
    Ok(read(path)?.into_iter().find(|known| known.id == id))
}

/// The database that was last known at a place.
pub fn at(path: &Path, place: &str) -> io::Result<Option<Known>> {
    Ok(read(path)?.into_iter().find(|known| known.place == place))
}

/// Remembers what is known of a database in place of what was, and leaves the others as they are. The file is there
/// whole, before or after, whatever happens.
pub fn put(path: &Path, known: &Known) -> io::Result<()> {
    let mut all = read(path)?;
    match all.iter_mut().find(|other| other.id == known.id) {
        Some(other) if other == known => return Ok(()),
        Some(other) => other.clone_from(known),
        None => all.push(known.clone()),
    }
    let line = |known: &Known| {
        let mac = if known.mac.is_empty() { NO_MAC } else { &known.mac };
        format!("{} {} {} {mac} {}\n", known.id, known.generation, known.seq, known.place)
    };
    let text: String = all.iter().map(line).collect();
    // Named by the process: two services may share a key, and each writes a whole file.
    let fresh = path.with_added_extension(format!("new-{}", std::process::id()));
    let written = write(&fresh, &text).and_then(|()| fs::rename(&fresh, path));
    if written.is_err() {
        // Nothing refers to it; what stood there before still does.
        let _ = fs::remove_file(&fresh);
    }
    written
}

fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn read(path: &Path) -> io::Result<Vec<Known>> {
    let text = match File::open(path).and_then(io::read_to_string) {
        Ok(text) => text,
        Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    Ok(text.lines().filter_map(parse).collect())
}

fn parse(line: &str) -> Option<Known> {
    let (id, rest) = line.split_once(' ')?;
    let (generation, rest) = rest.split_once(' ')?;
    let (seq, rest) = rest.split_once(' ')?;
    let (mac, place) = rest.split_once(' ')?;
    Some(Known {
        id: id.to_owned(),
        generation: generation.parse().ok()?,
        seq: seq.parse().ok()?,
        mac: Some(mac).filter(|mac| *mac != NO_MAC).unwrap_or_default().to_owned(),
        place: place.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail loudly")]

    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn known(id: &str, generation: i64) -> Known {
        Known { id: id.to_owned(), generation, seq: 7, mac: "00ff".to_owned(), place: format!("/data of/{id}.db") }
    }

    #[test]
    fn each_database_has_its_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = path(&folder.path().join("office.key"));
        assert_eq!(file.file_name().unwrap(), "office.key.installation");
        assert_eq!(find(&file, "a").unwrap(), None);
        put(&file, &known("a", 1)).unwrap();
        put(&file, &Known { seq: 0, mac: String::new(), ..known("b", 1) }).unwrap();
        put(&file, &known("a", 2)).unwrap();
        assert_eq!(find(&file, "a").unwrap(), Some(known("a", 2)));
        assert_eq!(find(&file, "b").unwrap().unwrap().mac, "");
        assert_eq!(at(&file, "/data of/b.db").unwrap().unwrap().id, "b");
        assert_eq!(at(&file, "/data of/c.db").unwrap(), None);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }

    #[test]
    fn a_line_that_cannot_be_read_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.installation");
        fs::write(&file, "a one 7 00 /a\nb\n\nc 3 9 0a /c\n").unwrap();
        assert_eq!(find(&file, "a").unwrap(), None);
        assert_eq!(find(&file, "c").unwrap().unwrap().generation, 3);
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(find(&file, "a").is_err() && put(&file, &known("a", 1)).is_err());
    }

    #[test]
    fn names_differ() {
        let (one, other) = (new_id().unwrap(), new_id().unwrap());
        assert!(one != other && one.len() == 32);
    }
}
