//! The directory of a ZIP file, read before anything is unpacked: a small file can claim to hold gigabytes.
//! Layout: APPNOTE.TXT (PKWARE) 4.3.12 central directory header, 4.3.16 end of central directory record.

/// First bytes of a ZIP file, and with it of every XLSX.
pub(super) const SIGNATURE: &[u8] = b"PK\x03\x04";

const END_SIGNATURE: &[u8] = b"PK\x05\x06";
/// The record without its comment; the comment's length is a u16.
const END_BYTES: usize = 22;
const ENTRY_SIGNATURE: &[u8] = b"PK\x01\x02";
const ENTRY_BYTES: usize = 46;

/// Bytes that the entries of a ZIP file claim to hold when unpacked; `None` when the directory cannot be read.
pub(super) fn unpacked_bytes(bytes: &[u8]) -> Option<u64> {
    let search_from = bytes.len().saturating_sub(END_BYTES + usize::from(u16::MAX));
    let tail = bytes.get(search_from..)?;
    let end = tail.get(tail.windows(END_SIGNATURE.len()).rposition(|w| w == END_SIGNATURE)?..)?;
    let entries = number(end, 10, 2)?;
    let mut at = usize::try_from(number(end, 16, 4)?).ok()?;
    let mut total = 0;
    for _ in 0..entries {
        let entry = bytes.get(at..)?;
        if !entry.starts_with(ENTRY_SIGNATURE) {
            return None;
        }
        total += number(entry, 24, 4)?;
        let variable = number(entry, 28, 2)? + number(entry, 30, 2)? + number(entry, 32, 2)?;
        at += ENTRY_BYTES + usize::try_from(variable).ok()?;
    }
    Some(total)
}

/// A little-endian number of `width` bytes.
fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(at..at + width)?;
    Some(digits.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}
