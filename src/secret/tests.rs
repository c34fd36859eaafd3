#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail loudly")]

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use rstest::rstest;
use tempfile::TempDir;

use super::*;

/// SHA-256 of 32 bytes 0x11 begins with 02d449a3.
const ONES: &str = "02d449a3:1111111111111111111111111111111111111111111111111111111111111111";
/// SHA-256 of 32 bytes 0x22 begins with 9f72ea0c.
const TWOS: &str = "9f72ea0c:2222222222222222222222222222222222222222222222222222222222222222";

fn key(byte: u8) -> Key {
    Key::new(SecretBox::new(Box::new([byte; KEY_LEN])))
}

fn id(text: &str) -> KeyId {
    KeyId::parse(text).unwrap()
}

fn file_with(text: &str) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("qingfeng.key");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
    (folder, path)
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn fault_of(text: &str) -> SecretFaultKind {
    let (_folder, path) = file_with(text);
    open(&path, None).unwrap_err().kind
}

#[test]
fn a_new_database_gets_a_key_file_only_its_owner_can_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a/b/qingfeng.key");
    let made = open(&path, None).unwrap();
    assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700));
    let read = open(&path, Some(made.current().id())).unwrap();
    assert_eq!(read.mac(Purpose::Audit, &[b"x"]), made.mac(Purpose::Audit, &[b"x"]));
    let other = open(&folder.path().join("other.key"), None).unwrap();
    assert_ne!(other.current().id(), made.current().id());
}

#[test]
fn a_file_left_by_an_unfinished_creation_is_used_and_not_replaced() {
    let (_folder, path) = file_with(ONES);
    assert_eq!(open(&path, None).unwrap().current().id(), &id("02d449a3"));
    assert_eq!(fs::read_to_string(&path).unwrap(), ONES);
}

#[test]
fn a_database_with_a_key_never_gets_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("qingfeng.key");
    let wanted = id("02d449a3");
    let fault = open(&path, Some(&wanted)).unwrap_err();
    assert_eq!(fault, SecretFault { path: path.clone(), kind: SecretFaultKind::Missing { wanted } });
    assert!(!path.exists());
}

#[test]
fn the_key_of_another_database_is_refused_naming_both() {
    let (_folder, path) = file_with(&format!("{ONES}\n"));
    let fault = open(&path, Some(&id("9f72ea0c"))).unwrap_err();
    let (wanted, found) = (id("9f72ea0c"), vec![id("02d449a3")]);
    assert_eq!(fault.kind, SecretFaultKind::Foreign { wanted, found });
}

#[test]
fn the_newest_line_is_current_unless_the_database_names_another() {
    let (_folder, path) = file_with(&format!("{ONES}\n\n{TWOS}\n"));
    let newest = open(&path, None).unwrap();
    assert_eq!(newest.current().id().as_str(), "9f72ea0c");
    let named = open(&path, Some(&id("02d449a3"))).unwrap();
    assert_eq!(named.current().id().as_str(), "02d449a3");
    assert!(named.by_id(&id("9f72ea0c")).is_some());
    assert!(named.by_id(&id("00000000")).is_none());
}

#[rstest]
#[case(0o640)]
#[case(0o604)]
#[case(0o660)]
#[case(0o601)]
fn a_file_others_may_touch_is_refused(#[case] wide: u32) {
    let (_folder, path) = file_with(ONES);
    fs::set_permissions(&path, Permissions::from_mode(wide)).unwrap();
    assert_eq!(open(&path, None).unwrap_err().kind, SecretFaultKind::TooOpen { mode: wide });
}

#[test]
fn a_stricter_file_is_fine() {
    let (_folder, path) = file_with(ONES);
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    assert!(open(&path, None).is_ok());
}

#[rstest]
#[case("02d449a3", LineFault::Shape)]
#[case("02d449a3:11", LineFault::Shape)]
#[case("02D449A3:1111111111111111111111111111111111111111111111111111111111111111", LineFault::Shape)]
#[case("02d449a3:111111111111111111111111111111111111111111111111111111111111111g", LineFault::Shape)]
#[case("02d449a2:1111111111111111111111111111111111111111111111111111111111111111", LineFault::IdMismatch)]
#[case(TWOS, LineFault::Repeated)]
fn a_bad_line_is_named(#[case] bad: &str, #[case] fault: LineFault) {
    assert_eq!(fault_of(&format!("{TWOS}\n\n{bad}\n{ONES}\n")), SecretFaultKind::Malformed { line: 3, fault });
}

#[test]
fn other_faults_of_the_file_are_named() {
    assert_eq!(fault_of("\n"), SecretFaultKind::Empty);
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o700)).unwrap();
    assert_eq!(open(folder.path(), None).unwrap_err().kind, SecretFaultKind::Unreadable(io::ErrorKind::IsADirectory));
    let under_a_file = file_with(ONES);
    let kind = open(&under_a_file.1.join("x.key"), None).unwrap_err().kind;
    assert_eq!(kind, SecretFaultKind::Unreadable(io::ErrorKind::NotADirectory));
    let text = file_with("");
    fs::write(&text.1, [0xff, 0xfe]).unwrap();
    assert_eq!(open(&text.1, None).unwrap_err().kind, SecretFaultKind::Unreadable(io::ErrorKind::InvalidData));
}

/// Vectors computed apart (Python `hmac` and RFC 5869 written out), so that a change of the derivation, which would
/// orphan every stored tag, cannot pass unseen.
#[rstest]
#[case(Purpose::Audit, "7f0dd671b1073046eb14c84efc2067a9728080f6ad85bc7bf71852da1133c103")]
#[case(Purpose::AckBatch, "dfa86be5f3463e842ed6272a25612653733e0f0e9162c2a252b803639fb7df6c")]
#[case(Purpose::Button, "2975f0f6eeeeb169db22043f91fde8ccf2495bcd8752a2f5568aeda2f49026fe")]
#[case(Purpose::Invite, "70a8bdfd64ed3b163565be60b77d4961d42f59b786d47df889d5cee2589d0354")]
#[case(Purpose::Webhook, "e6a7cda89ad0fcdd2dfef3aaea41ad7dac76fce6a08521baefe64b3f66cbc318")]
#[case(Purpose::Checkpoint, "eb0fe92705d50e1a5707d942465ef4ab952224692b15d93bd26a866a15fc0b02")]
fn tags_are_what_they_always_were(#[case] purpose: Purpose, #[case] expected: &str) {
    assert_eq!(hex::encode(key(0x11).mac(purpose, &[b"ab", b"", b"c"])), expected);
}

#[test]
fn a_tag_is_right_for_its_key_purpose_and_parts_alone() {
    let tag = key(1).mac(Purpose::Button, &[b"7", b"9"]);
    assert!(key(1).verify(Purpose::Button, &[b"7", b"9"], &tag));
    assert!(!key(2).verify(Purpose::Button, &[b"7", b"9"], &tag));
    assert!(!key(1).verify(Purpose::Invite, &[b"7", b"9"], &tag));
    assert!(!key(1).verify(Purpose::Button, &[b"79"], &tag));
    assert!(!key(1).verify(Purpose::Button, &[b"7", b"9"], tag.get(..31).unwrap()));
    assert!(!key(1).verify(Purpose::Button, &[b"7", b"9"], &[]));
}

#[test]
fn a_key_is_put_behind_the_others_and_the_file_keeps_its_rights() {
    let (folder, path) = file_with(&format!("{ONES}\n"));
    fs::set_permissions(&path, Permissions::from_mode(0o400)).unwrap();
    let grown = grow(&path, &id("02d449a3")).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    let new = grown.current().id().clone();
    let ids: Vec<&str> = text.lines().filter_map(|line| line.get(..8)).collect();
    assert_eq!(ids, ["02d449a3", new.as_str()]);
    assert_eq!((mode(&path), fs::read_dir(folder.path()).unwrap().count()), (0o400, 1), "nothing is left behind");
    let tag = key(0x11).mac(Purpose::Button, &[b"7"]);
    assert!(grown.verify(Purpose::Button, &[b"7"], &tag), "what the key before made is still known");
    assert_ne!(grown.mac(Purpose::Button, &[b"7"]), tag);
    // The database was not reached: it names the key before, and the next run takes the new one up.
    let still = open(&path, Some(&id("02d449a3"))).unwrap();
    assert_eq!((still.current().id(), still.waiting().collect::<Vec<_>>()), (&id("02d449a3"), vec![&new]));
    assert_eq!(grow(&path, &id("02d449a3")).unwrap().current().id(), &new);
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    // It was: the one after the next is another.
    let last = grow(&path, &new).unwrap();
    assert_eq!(last.every().map(|key| key.id().clone()).collect::<Vec<_>>()[1..], [new, id("02d449a3")]);
    assert_eq!(last.oldest().id(), &id("02d449a3"));
}

#[test]
fn a_file_that_cannot_be_grown_stays_as_it_was() {
    let (folder, path) = file_with(ONES);
    let wanted = id("9f72ea0c");
    let found = vec![id("02d449a3")];
    assert_eq!(grow(&path, &wanted).unwrap_err().kind, SecretFaultKind::Foreign { wanted: wanted.clone(), found });
    let gone = folder.path().join("gone.key");
    assert_eq!(grow(&gone, &wanted).unwrap_err().kind, SecretFaultKind::Missing { wanted });
    // What a link points to is replaced.
    let link = folder.path().join("link.key");
    std::os::unix::fs::symlink(&path, &link).unwrap();
    grow(&link, &id("02d449a3")).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
}

#[test]
fn debug_tells_ids_and_no_key() {
    let (_folder, path) = file_with(&format!("{ONES}\n{TWOS}\n"));
    let text = format!("{:?}", open(&path, None).unwrap());
    assert!(text.contains("9f72ea0c") && text.contains("02d449a3"));
    assert!(!text.contains("1111") && !text.contains("2222") && !text.contains("[17") && !text.contains("34, 34"));
}

proptest! {
    /// Two different lists of parts never have the same tag, however their bytes are cut.
    #[test]
    fn parts_are_unambiguous(a in proptest::collection::vec("[ab]{0,3}", 0..4), b in proptest::collection::vec("[ab]{0,3}", 0..4)) {
        let tag = |parts: &[String]| {
            let parts: Vec<&[u8]> = parts.iter().map(String::as_bytes).collect();
            key(3).mac(Purpose::Audit, &parts)
        };
        prop_assert_eq!(a == b, tag(&a) == tag(&b));
    }
}
