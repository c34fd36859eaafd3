#![allow(clippy::unwrap_used, reason = "tests fail loudly")]

use proptest::prelude::*;
use sha2::{Digest, Sha256};

use super::*;

const OFFICE: &str = "00112233445566778899aabbccddeeff";

fn mac(key: &str, bytes: &[u8]) -> Option<Tag> {
    (key != "ffffffff").then(|| Sha256::new().chain_update(key).chain_update(bytes).finalize().into())
}

fn head(seq: i64) -> Head {
    Head { seq: AuditSeq(seq), mac: [u8::try_from(seq % 256).unwrap(); 32] }
}

fn lines(seqs: &[i64]) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (seq, n) in seqs.iter().zip(1..) {
        let checkpoint = Checkpoint {
            n,
            at_ms: 1_788_000_000_000 + n,
            installation: OFFICE.to_owned(),
            key_id: if n < 3 { "02d449a3" } else { "9f72ea0c" }.to_owned(),
            head: head(*seq),
            entries: *seq,
            acks: n * 3,
        };
        let key = checkpoint.key_id.clone();
        let previous = lines.last().map_or([0; 32], |line| line.tag);
        lines.push(checkpoint.seal(&previous, |bytes| mac(&key, bytes).unwrap()));
    }
    lines
}

fn text(lines: &[Line]) -> String {
    lines.iter().flat_map(|line| [line.to_string(), "\n".to_owned()]).collect()
}

fn fault(text: &str) -> (usize, LineFault) {
    let bad = read(text, OFFICE, mac).unwrap_err();
    (bad.line, bad.fault)
}

#[test]
fn a_line_never_changes_its_spelling() {
    insta::assert_snapshot!(lines(&[7])[0], @"qingfeng-checkpoint-1 1 2026-08-29T10:40:00.001Z 00112233445566778899aabbccddeeff 02d449a3 7 0707070707070707070707070707070707070707070707070707070707070707 7 3 7e33d26b5f2aaca091b9f4e032248e15e016f9f62355de5c4415b1a6789bd435");
}

#[test]
fn what_was_written_is_read_back() {
    let lines = lines(&[4, 4, 9, 30]);
    assert_eq!(read(&text(&lines), OFFICE, mac), Ok(lines));
    assert_eq!(read("", OFFICE, mac), Ok(Vec::new()));
}

#[test]
fn a_file_that_is_not_right_is_located() {
    let lines = lines(&[4, 6, 9, 30]);
    let whole = text(&lines);
    let other = |n: usize, to: &[Line]| {
        let mut all = lines.clone();
        all.splice(n..=n, to.iter().cloned());
        text(&all)
    };
    assert_eq!(fault(&other(1, &[])), (2, LineFault::Edited), "a line is gone");
    assert_eq!(fault(&other(0, &[])), (1, LineFault::Edited), "the first one is");
    assert_eq!(fault(&other(1, &[lines[1].clone(), lines[1].clone()])), (3, LineFault::Edited), "twice");
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    assert_eq!(fault(&text(&swapped)), (2, LineFault::Edited));
    assert_eq!(fault(&whole[..whole.len() - 1]), (4, LineFault::Unfinished), "no end of the line");
    assert_eq!(fault(&whole[..whole.len() - 9]), (4, LineFault::Unfinished), "a part of it");
    assert_eq!(fault(&whole[..30]), (1, LineFault::Unfinished));
    assert_eq!(fault(&whole[..9]), (1, LineFault::Shape), "a part of the mark is none");
    assert_eq!(fault(&format!("{whole}\n")), (5, LineFault::Shape), "an empty line");
    assert_eq!(fault("工号,姓名\n"), (1, LineFault::Shape));
    assert_eq!(fault("no newline"), (1, LineFault::Shape));
    assert_eq!(fault(&whole.replace('\n', "\r\n")), (1, LineFault::Shape));
    assert_eq!(fault(&whole.replace(OFFICE, &"0".repeat(32))), (1, LineFault::Foreign));
    assert_eq!(fault(&whole.replace("9f72ea0c", "ffffffff")), (3, LineFault::KeyMissing { key_id: "ffffffff".into() }));
    let again = read(&text(&lines[..2]), OFFICE, mac);
    assert_eq!(again.unwrap().len(), 2, "a file that was cut is right as far as it goes");
}

fn holding(upto: i64, changed_from: i64, restores: &[i64]) -> Held {
    let tag = |seq: i64| if seq < changed_from { head(seq).mac } else { [0xee; 32] };
    let tags = (1..=upto).map(|seq| (AuditSeq(seq), tag(seq))).collect();
    Held { tags, restores: restores.iter().copied().map(AuditSeq).collect() }
}

#[test]
fn a_chain_that_differs_is_told_from_one_that_holds_all() {
    let lines = lines(&[4, 6, 9, 30]);
    let unmet =
        |held: &Held| judge(&lines, held).map_err(|unmet| (unmet.line, unmet.kind, unmet.restored.map(|s| s.0)));
    assert_eq!(unmet(&holding(30, 99, &[])), Ok(()));
    assert_eq!(unmet(&holding(40, 99, &[3, 35])), Ok(()), "it has grown, and was put back before and since");
    assert_eq!(unmet(&holding(29, 99, &[3])), Err((4, UnmetKind::Shorter, None)));
    assert_eq!(unmet(&holding(0, 99, &[])), Err((1, UnmetKind::Shorter, None)));
    assert_eq!(unmet(&holding(40, 8, &[])), Err((3, UnmetKind::Rewritten, None)));
    assert_eq!(unmet(&holding(12, 8, &[8])), Err((3, UnmetKind::Rewritten, Some(8))));
    assert_eq!(unmet(&holding(12, 10, &[5, 10])), Err((4, UnmetKind::Shorter, Some(10))));
}

proptest! {
    /// Whatever one byte becomes, the file is not right any more, and the line is named; only the byte that ends the file
    /// may take the last line with it.
    #[test]
    fn any_byte_matters(at in 0_usize..2000, with in 1_u8..=255) {
        let lines = lines(&[4, 6, 9, 30]);
        let whole = text(&lines);
        let at = at % whole.len();
        let line = whole[..at].matches('\n').count() + 1;
        let mut bytes = whole.into_bytes();
        bytes[at] ^= with;
        if let Ok(text) = String::from_utf8(bytes) {
            prop_assert_eq!(read(&text, OFFICE, mac).unwrap_err().line, line);
        }
    }

    #[test]
    fn any_text_is_survived(text in "\\PC{0,90}\n?") {
        prop_assert_eq!(read(&text, OFFICE, mac).is_ok(), text.is_empty());
    }
}
