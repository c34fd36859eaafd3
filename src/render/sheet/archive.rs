//! How much a ZIP file holds, found out before its reader keeps any of it: a small file can unpack to gigabytes, and what it
//! claims to hold need not be what it holds.

use std::io::{self, Cursor, Read};

use zip::ZipArchive;
use zip::result::ZipError;

/// First bytes of a ZIP file, and with it of every XLSX.
pub(super) const SIGNATURE: &[u8] = b"PK\x03\x04";

/// Whether everything inside unpacks to at most `most` bytes. It is unpacked to nowhere, and not further than that.
pub(super) fn fits(bytes: &[u8], most: u64) -> Result<bool, ZipError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes))?;
    let mut room = most;
    for index in 0..archive.len() {
        let entry = archive.by_index(index)?;
        if entry.size() > room {
            return Ok(false);
        }
        let held = io::copy(&mut entry.take(room + 1), &mut io::sink())?;
        let Some(rest) = room.checked_sub(held) else { return Ok(false) };
        room = rest;
    }
    Ok(true)
}
