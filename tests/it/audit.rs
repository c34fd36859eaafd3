//! The ledger over its life: noted outside the database, compared with that, its key changed, tampered with.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use qingfeng::domain::audit::checkpoint::{LineFault, UnmetKind};
use qingfeng::office::audit::{LedgerFault, Verified, checkpoint};
use qingfeng::office::db::{self, backup, restore};
use qingfeng::office::{Outcome, Refusal};
use serde_json::json;

use crate::db::databases;
use crate::sandbox::TOKEN;
use crate::world::{OPERATOR, STUDY, World};

/// Every column of every row.
mod edits;
/// A new key.
mod keys;

use keys::change_key;

fn beside(office: &World, name: &str) -> PathBuf {
    office.db.folder.path().join(name)
}

/// Sends the voluntary item to the study group; its message there.
async fn push(office: &World) -> String {
    // A chat takes one message a second.
    office.later(2).await;
    office.push_now(None).await;
    office.work().await;
    office.newest(STUDY).await
}

/// People press 已阅, all of them before anything is taken in.
async fn press_all(office: &mut World, people: &[i64], message: &str) {
    let message: i64 = message.parse().unwrap();
    let one = |user| json!({"user": user, "chat": STUDY, "message_id": message, "button": "已阅"});
    let presses: Vec<_> = people.iter().map(one).collect();
    office.server.order("press", json!({ "presses": presses })).await;
    office.poll().await;
}

async fn note(office: &World, file: &Path) -> Outcome<checkpoint::Written> {
    checkpoint::write(&office.ctx(), &OPERATOR, file).await
}

async fn compare(office: &World, file: &Path) -> Outcome<Verified> {
    checkpoint::verify(&office.ctx(), &OPERATOR, file).await
}

/// Which line of the file the ledger does not hold, how, and whether the data was put back.
async fn unmet(office: &World, file: &Path) -> Option<(i64, UnmetKind, bool)> {
    let found = compare(office, file).await.unwrap();
    let unmet = found.against.unwrap().unmet.map(|(unmet, _)| unmet);
    assert_eq!(found.first_bad, unmet.map(|unmet| format!("checkpoint:{}", unmet.line)), "nothing else is wrong");
    unmet.map(|unmet| (unmet.line, unmet.kind, unmet.restored.is_some()))
}

#[tokio::test]
async fn checkpoints_are_noted_line_by_line_and_the_ledger_holds_them() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let file = beside(&office, "stick.txt");
        let before = office.entries_of_ledger().await;
        let first = note(&office, &file).await.unwrap();
        assert_eq!((first.line, first.verified.head.seq.0), (1, i64::try_from(before).unwrap()), "{label}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(office.entries_of_ledger().await, before + 1, "{label}: that it was made is an entry");
        office.bind(1).await;
        let second = note(&office, &file).await.unwrap();
        assert_eq!((second.line, unmet(&office, &file).await), (2, None), "{label}");
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.lines().count(), 2);
        let against = compare(&office, &file).await.unwrap().against.unwrap();
        assert_eq!((against.checkpoints, against.absent, against.last.seq), (2, 0, second.verified.head.seq));
        // A copy of the first line alone, as an auditor may have kept it.
        let kept = beside(&office, "kept.txt");
        fs::write(&kept, text.split_inclusive('\n').next().unwrap()).unwrap();
        let against = compare(&office, &kept).await.unwrap().against.unwrap();
        assert_eq!((against.checkpoints, against.absent, against.unmet), (1, 1, None), "{label}");
        office.stop().await;
    }
}

#[tokio::test]
async fn a_cut_and_rolled_back_or_rewritten_ledger_is_found_by_a_checkpoint_alone() {
    for db in databases().await {
        let label = db.label;
        let office = World::new(db).await;
        let file = beside(&office, "stick.txt");
        note(&office, &file).await.unwrap();
        // What someone keeps who can read the database and does not have the key.
        office.behind_its_back("CREATE TABLE old_head AS SELECT * FROM audit_head".to_owned()).await;
        office.behind_its_back("CREATE TABLE old_entry AS SELECT * FROM audit_entry".to_owned()).await;
        office.away("S01", 7..=8).await;
        let last = note(&office, &file).await.unwrap().verified.head.seq.0;
        assert_eq!(unmet(&office, &file).await, None, "{label}");
        let back = "DELETE FROM audit_entry WHERE seq > (SELECT seq FROM old_head); DELETE FROM audit_head;
            INSERT INTO audit_head SELECT * FROM old_head";
        office.behind_its_back(back.to_owned()).await;
        assert!(office.verified().await, "{label}: by itself the shorter chain is right");
        assert_eq!(unmet(&office, &file).await, Some((2, UnmetKind::Shorter, false)), "{label}");
        let refused = note(&office, &file).await;
        assert!(matches!(refused, Err(Refusal::Ledger(LedgerFault::Unmet { .. }))), "{label}: {refused:?}");
        // Gone on with, by the program itself: the same length, another end.
        while i64::try_from(office.entries_of_ledger().await).unwrap() < last {
            office.away("S02", 7..=8).await;
        }
        assert!(office.verified().await, "{label}");
        assert_eq!(unmet(&office, &file).await, Some((2, UnmetKind::Rewritten, false)), "{label}");
    }
}

#[tokio::test]
async fn a_ledger_that_is_wrong_by_itself_is_told_apart_from_one_that_is_too_short() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let file = beside(&office, "stick.txt");
        office.bind(1).await;
        let last = note(&office, &file).await.unwrap().verified.head.seq.0;
        let found = async |sql: String| {
            office.behind_its_back(sql).await;
            let found = compare(&office, &file).await.unwrap();
            (found.first_bad.unwrap(), found.against.unwrap().unmet.map(|(unmet, _)| unmet.kind))
        };
        let cut = format!("DELETE FROM audit_entry WHERE seq >= {last}");
        assert_eq!(found(cut).await, (format!("entry:{last}"), Some(UnmetKind::Shorter)), "{label}");
        let edit = "UPDATE audit_entry SET at = at + 1 WHERE seq = 3".to_owned();
        assert_eq!(found(edit).await, ("entry:3".to_owned(), Some(UnmetKind::Shorter)), "{label}");
        let more = format!(
            "INSERT INTO audit_entry SELECT {last}, at, actor, action, subject, detail, mac FROM audit_entry WHERE seq = 1"
        );
        assert_eq!(found(more).await, ("entry:3".to_owned(), None), "{label}: behind what is wrong nothing is judged");
        office.stop().await;
    }
}

#[tokio::test]
async fn after_a_restore_the_gap_is_told_truthfully() {
    // Copies are of SQLite files.
    let mut office = World::new(databases().await.remove(0)).await;
    let file = beside(&office, "stick.txt");
    let copy = beside(&office, "copy.db");
    note(&office, &file).await.unwrap();
    backup::backup(&office.ctx(), &OPERATOR, &office.config(TOKEN), &copy).await.unwrap();
    office.bind(1).await;
    note(&office, &file).await.unwrap();
    office.stop().await;
    let config = office.config(TOKEN);
    let hold = db::hold(&config.database).unwrap();
    restore::restore(&config, &hold, (&OPERATOR, &office.clock), &copy).await.unwrap();
    drop(hold);
    office.start().await;
    assert!(office.verified().await);
    let found = unmet(&office, &file).await.unwrap();
    assert_eq!((found.0, found.2), (2, true), "the second checkpoint was made after the copy");
    let fresh = beside(&office, "fresh.txt");
    assert_eq!(note(&office, &fresh).await.unwrap().line, 1, "a new file goes on");
    assert_eq!(unmet(&office, &fresh).await, None);
    office.stop().await;
}

#[tokio::test]
async fn a_file_that_is_not_right_is_refused_and_located() {
    let mut office = World::new(databases().await.remove(0)).await;
    let file = beside(&office, "stick.txt");
    for _ in 0..3 {
        note(&office, &file).await.unwrap();
    }
    let text = fs::read_to_string(&file).unwrap();
    let entries = office.entries_of_ledger().await;
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let edited = text.replacen(" 0 ", " 1 ", 1);
    let cases = [
        (edited, 1, LineFault::Edited),
        (lines[1..].concat(), 1, LineFault::Edited),
        ([lines[0], lines[2]].concat(), 2, LineFault::Edited),
        (text.trim_end().to_owned(), 3, LineFault::Unfinished),
        (format!("{text}\n"), 4, LineFault::Shape),
        ("工号,姓名\n".to_owned(), 1, LineFault::Shape),
    ];
    for (changed, line, fault) in cases {
        fs::write(&file, &changed).unwrap();
        for refused in [note(&office, &file).await.map(drop), compare(&office, &file).await.map(drop)] {
            let Err(Refusal::Ledger(LedgerFault::BadFile { bad, .. })) = refused else { panic!("{refused:?}") };
            assert_eq!((bad.line, &bad.fault), (line, &fault), "{changed}");
        }
        assert_eq!(fs::read_to_string(&file).unwrap(), changed, "nothing is written to it");
    }
    fs::write(&file, [0xff, 0xfe]).unwrap();
    assert!(matches!(note(&office, &file).await, Err(Refusal::Ledger(LedgerFault::BadFile { .. }))));
    fs::write(&file, "").unwrap();
    assert!(matches!(compare(&office, &file).await, Err(Refusal::Ledger(LedgerFault::NoCheckpoints { .. }))));
    let (link, folder) = (beside(&office, "link.txt"), office.db.folder.path().to_owned());
    symlink(&file, &link).unwrap();
    for path in [&link, &folder, Path::new("/dev/null")] {
        for refused in [note(&office, path).await.map(drop), compare(&office, path).await.map(drop)] {
            assert!(matches!(refused, Err(Refusal::Ledger(LedgerFault::NotPlain { .. }))), "{refused:?}");
        }
    }
    let nowhere = folder.join("no folder/stick.txt");
    assert!(matches!(note(&office, &nowhere).await, Err(Refusal::File { .. })));
    assert!(matches!(compare(&office, &beside(&office, "none.txt")).await, Err(Refusal::File { .. })));
    let held = fs::File::options().append(true).open(&file).unwrap();
    held.lock().unwrap();
    assert!(matches!(note(&office, &file).await, Err(Refusal::Ledger(LedgerFault::InUse { .. }))));
    drop(held);
    assert_eq!(office.entries_of_ledger().await, entries, "nothing of all this was made");
    assert_eq!(note(&office, &file).await.unwrap().line, 1, "an empty file is begun");
    office.stop().await;
}

#[tokio::test]
async fn another_office_is_recognised_and_a_broken_ledger_is_not_noted() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let mut other = World::new(databases().await.remove(0)).await;
        let file = beside(&other, "stick.txt");
        note(&other, &file).await.unwrap();
        let refused = note(&office, &file).await;
        let Err(Refusal::Ledger(LedgerFault::BadFile { bad, .. })) = refused else { panic!("{label}: {refused:?}") };
        assert_eq!((bad.line, bad.fault), (1, LineFault::Foreign), "{label}");
        office.behind_its_back("UPDATE audit_entry SET at = at + 1 WHERE seq = 3".to_owned()).await;
        let fresh = beside(&office, "fresh.txt");
        let refused = note(&office, &fresh).await;
        let Err(Refusal::Ledger(LedgerFault::Broken(found))) = refused else { panic!("{label}: {refused:?}") };
        assert_eq!(found.first_bad.as_deref(), Some("entry:3"), "{label}");
        assert!(!fresh.exists(), "{label}: nothing is left behind");
        office.stop().await;
        other.stop().await;
    }
}

#[tokio::test]
async fn a_checkpoint_taken_while_others_write_is_of_one_moment() {
    for db in databases().await {
        let label = db.label;
        let mut office = World::new(db).await;
        let (ctx, file) = (office.ctx(), beside(&office, "stick.txt"));
        let writing = async {
            for n in 0..60 {
                let name = qingfeng::domain::setting::Key::OfficeName;
                qingfeng::office::setting::set(&ctx, &OPERATOR, name.as_str(), &format!("园区{n}")).await.unwrap();
            }
        };
        let noting = async {
            for n in 1..=6 {
                assert_eq!(note(&office, &file).await.unwrap().line, n, "{label}");
            }
        };
        tokio::join!(writing, noting);
        assert_eq!(unmet(&office, &file).await, None, "{label}");
        office.stop().await;
    }
}

/// A ledger with people, confirmations in batches of one and of several, and a change of keys in its midst.
async fn write_ledger(office: &mut World) {
    for user in 1..=4 {
        office.bind(user).await;
    }
    let message = push(office).await;
    press_all(office, &[1, 2, 3], &message).await;
    press_all(office, &[4], &message).await;
    change_key(office).await;
    let message = push(office).await;
    press_all(office, &[2, 1], &message).await;
    press_all(office, &[3], &message).await;
    press_all(office, &[4], &message).await;
    assert!(office.verified().await);
}

#[allow(clippy::print_stdout, reason = "tells the seed, so that a run can be repeated")]
#[tokio::test]
async fn ten_thousand_edits_of_the_ledger_are_all_located() {
    const SEED: u64 = 20_260_901;
    for db in databases().await {
        let label = db.label;
        let edits = if label == "sqlite" { 10_000 } else { 1_000 };
        let mut office = World::new(db).await;
        write_ledger(&mut office).await;
        let made = edits::all_are_located(&office, SEED, edits).await;
        println!("{label}: seed {SEED}, {edits} edits, all located: {made:?}");
        assert!(made.iter().all(|(_, count)| *count > edits / 50), "{label}: {made:?}");
        office.stop().await;
    }
}
