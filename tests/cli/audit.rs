//! `audit`: what people read when the ledger is noted, compared and gets another key.

use std::fmt::Write;
use std::fs;
use std::process::Command;

use qingfeng::domain::audit::Head;
use qingfeng::domain::audit::checkpoint::{Checkpoint, Line};
use qingfeng::ids::AuditSeq;
use qingfeng::secret::Purpose;
use qingfeng::store;
use serde_json::json;

use crate::office::{Office, block_on};

/// Instants and the ids of keys differ from run to run.
fn steady(text: &str) -> String {
    let shape = |text: &str, pattern: &str| {
        text.len() == pattern.len()
            && text.bytes().zip(pattern.bytes()).all(|(b, p)| if p == b'0' { b.is_ascii_digit() } else { b == p })
    };
    let mut shown = String::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if rest.get(..16).is_some_and(|at| shape(at, "0000-00-00 00:00")) {
            shown.push_str("2026-09-30 17:00");
            rest = &rest[16..];
        } else if shown.ends_with("密钥")
            && rest.get(..8).is_some_and(|id| id.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)))
        {
            shown.push_str("……");
            rest = &rest[8..];
        } else {
            shown.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    shown
}

#[test]
fn the_ledger_is_noted_and_compared() {
    let office = Office::ready();
    let mut said = vec![office.run("audit checkpoint 检查点.txt").done()];
    let noted = office.run("audit checkpoint 检查点.txt --json").json();
    assert_eq!((&noted["line"], &noted["seq"], &noted["entries"]), (&json!(2), &json!(4), &json!(4)));
    said.push(office.run("audit verify --against 检查点.txt").done());
    let found = office.run("audit verify --against 检查点.txt --json").json();
    assert_eq!((&found["ok"], &found["first_bad"]), (&json!(true), &json!(null)));
    let against = json!({
        "file": "检查点.txt", "checkpoints": 2, "absent": 0, "covered": 4, "unmet": null, "restored": null,
    });
    assert_eq!(found["against"], against);
    let text = fs::read_to_string(office.path("检查点.txt")).unwrap();
    office.write("较早的.txt", text.split_inclusive('\n').next().unwrap().as_bytes());
    said.push(office.run("audit verify --against 较早的.txt").done());

    let tail = office.run("audit tail").done();
    assert!(tail.lines().last().unwrap().contains("检查点"), "{tail}");
    office.write("改过的.txt", text.replacen(" 3 ", " 2 ", 1).as_bytes());
    for line in ["audit verify --against 改过的.txt", "audit checkpoint 改过的.txt", "audit checkpoint 花名册.csv"]
    {
        said.push(office.refuses(line));
    }
    office.write("空的.txt", b"");
    for line in ["audit verify --against 空的.txt", "audit verify --against 没有.txt", "audit checkpoint data"] {
        said.push(office.refuses(line));
    }
    let other = Office::ready();
    other.write("别处的.txt", text.as_bytes());
    said.push(other.refuses("audit verify --against 别处的.txt"));
    insta::assert_snapshot!("noted", steady(&said.join("\n")));
}

#[test]
fn a_restored_ledger_says_which_checkpoint_it_does_not_hold() {
    let office = Office::ready();
    office.run("db backup copy.db").done();
    office.run("audit checkpoint 检查点.txt").done();
    office.run("setting set office.name 园区").done();
    office.run("audit checkpoint 检查点.txt").done();
    office.run("db restore copy.db").done();
    office.run("db confirm-restore --yes").done();
    let plain = office.run("audit verify --against 检查点.txt").refused();
    let told = office.run("audit verify --against 检查点.txt --json");
    assert_eq!((told.code, &told.err), (1, &plain));
    let found: serde_json::Value = serde_json::from_str(&told.out).unwrap();
    assert_eq!((&found["ok"], &found["against"]["checkpoints"]), (&json!(false), &json!(2)));
    assert!(found["first_bad"].as_str().unwrap().starts_with("checkpoint:"), "{found}");
    office.run("audit verify").done();
    let said = [plain, office.refuses("audit checkpoint 检查点.txt")];
    insta::assert_snapshot!("restored", steady(&said.join("\n")));
}

#[test]
fn a_key_is_changed_while_no_service_runs() {
    let office = Office::ready();
    office.run("audit checkpoint 检查点.txt").done();
    let hold = qingfeng::office::db::hold(&office.config().database).unwrap();
    let refused = office.run("audit rotate-key").refused().replace(&std::process::id().to_string(), "4321");
    drop(hold);
    let mut said = vec![refused, office.run("audit rotate-key").done()];
    office.run("setting set office.name 园区").done();
    said.push(office.run("audit verify --against 检查点.txt").done());
    let rotated = office.run("audit rotate-key --json").json();
    assert_ne!(rotated["from"], rotated["to"]);
    let key = office.path("data/qingfeng.key");
    let keys = fs::read_to_string(&key).unwrap();
    assert_eq!(keys.lines().count(), 3);
    // The first key is taken out, then a newer one is there that the database does not name.
    fs::write(&key, keys.split_once('\n').unwrap().1).unwrap();
    let lost = office.run("audit verify --json");
    let found: serde_json::Value = serde_json::from_str(&lost.out).unwrap();
    assert_eq!((lost.code, &found["first_bad"]), (1, &json!("entry:1")));
    assert_eq!(found["missing_key"].as_str(), keys.get(..8));
    said.push(office.run("audit verify").refused());
    said.push(office.run("audit verify --against 检查点.txt").refused());
    fs::write(&key, &keys).unwrap();
    qingfeng::secret::grow(&key, &qingfeng::secret::KeyId::parse(rotated["to"].as_str().unwrap()).unwrap()).unwrap();
    said.push(office.run("audit verify").done());
    insta::assert_snapshot!("rotated", steady(&said.join("\n")));
}

/// A file of checkpoints of this office that is long, and ends shortly before a block does.
fn long_file(office: &Office) -> u64 {
    let (keys, installation) = block_on(async {
        let store = qingfeng::office::db::open(&office.config()).await.unwrap();
        let mut tx = store.read().await.unwrap();
        let found = store::installation::find(&mut tx).await.unwrap().unwrap();
        drop(tx);
        let keys = std::sync::Arc::clone(store.keys());
        store.close().await;
        (keys, found.installation_id)
    });
    let verified = office.ledger();
    let mut mac = [0; 32];
    hex::decode_to_slice(verified["head"].as_str().unwrap(), &mut mac).unwrap();
    let head = Head { seq: AuditSeq(verified["entries"].as_i64().unwrap()), mac };
    let (mut text, mut previous, mut n) = (String::new(), [0; 32], 0);
    loop {
        n += 1;
        let key_id = keys.current().id().to_string();
        let (entries, acks) = (head.seq.0, 0);
        let checkpoint =
            Checkpoint { n, at_ms: 1_790_000_000_000, installation: installation.clone(), key_id, head, entries, acks };
        let line: Line = checkpoint.seal(&previous, |bytes| keys.mac(Purpose::Checkpoint, &[bytes]));
        previous = line.tag;
        writeln!(text, "{line}").unwrap();
        let left = 512 - text.len() % 512;
        if text.len() > 1_000_000 && (20..200).contains(&left) {
            break;
        }
    }
    office.write("检查点.txt", text.as_bytes());
    u64::try_from(text.len()).unwrap().div_ceil(512)
}

#[test]
fn on_a_full_disk_no_half_line_is_left() {
    let office = Office::ready();
    let blocks = long_file(&office);
    let before = fs::read(office.path("检查点.txt")).unwrap();
    let program = env!("CARGO_BIN_EXE_qingfeng");
    let mut command = Command::new("sh");
    // The signal would end the process; without it the write fails, as on a disk.
    let limited = format!("trap '' XFSZ; ulimit -S -f {blocks}; exec {program} audit checkpoint 检查点.txt");
    command.args(["-c", &limited]).current_dir(office.path(".")).env_clear().env("PATH", "/usr/bin:/bin");
    let output = command.output().unwrap();
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), told.starts_with("检查点.txt：")), (Some(1), true), "{told}");
    assert_eq!(fs::read(office.path("检查点.txt")).unwrap(), before);
    let found = office.run("audit verify --against 检查点.txt --json").json();
    assert_eq!((&found["ok"], &found["against"]["absent"]), (&json!(true), &json!(0)));
}
