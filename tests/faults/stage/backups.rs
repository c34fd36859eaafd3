//! Copies taken while people press and messages go out: each restores on an empty machine, checks out, and is the ledger as
//! it stood at one commit between the beginning and the end of the copying.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use serde_json::Value;
use tokio::task::spawn_blocking;

use crate::facts;
use crate::lane::{Ground, START};
use crate::office::Office;
use crate::run::Lane;
use crate::verdict::Verdict;

/// One office of which `times` copies are taken.
pub(crate) async fn run(Lane { db, hook, times, dice }: Lane) -> (Verdict, usize) {
    let ground = Ground::lay(db, hook, dice).await;
    let office = Arc::clone(&ground.office);
    let mut life = office.serve(None);
    let mut broken = Vec::new();
    if !life.ready(&office, START).await {
        broken.push("the service did not take up its work".to_owned());
    }
    let mut sound = 0;
    for n in 1..=times {
        match copy(&office, n).await {
            Ok(()) => sound += 1,
            Err(why) => broken.push(format!("copy {n}: {why}")),
        }
    }
    drop(life);
    office.count_cut().await;
    (ground.judge(broken).await, sound)
}

/// Takes one copy, restores it elsewhere and checks it.
async fn copy(office: &Office, n: usize) -> Result<(), String> {
    let before = facts::acked(office).await;
    let file = office.db.folder.path().join(format!("copy-{n}.db"));
    let taken = told(office.command(&format!("db backup {} --json", file.display()), 1)).await?;
    let after = facts::acked(office).await;
    let elsewhere = tempfile::tempdir().unwrap();
    std::fs::copy(office.key(), elsewhere.path().join("test.key")).unwrap();
    let command = |line: &str| there(office, elsewhere.path(), line);
    let restored = told(command(&format!("db restore {} --json", file.display()))).await?;
    let checked = told(command("db check --json")).await?;
    std::fs::remove_file(&file).unwrap();
    let acks = checked["acks"].as_u64().and_then(|acks| usize::try_from(acks).ok()).unwrap_or(usize::MAX);
    if checked["ok"] != true {
        return Err(format!("does not check out: {checked}"));
    }
    if (&taken["head"], &taken["entries"]) != (&restored["head"], &restored["entries"]) {
        return Err(format!("is another ledger than the one that was copied: {taken} {restored}"));
    }
    if !(before..=after).contains(&acks) {
        return Err(format!("has {acks} confirmations; there were {before} before it and {after} after it"));
    }
    Ok(())
}

/// The program on an empty machine that has nothing but the key.
fn there(office: &Office, folder: &Path, line: &str) -> Command {
    let mut command = office.command(line, 1);
    command.current_dir(folder).env("QINGFENG_SECRET_FILE", folder.join("test.key"));
    command.env("DATABASE_URL", format!("sqlite://{}", folder.join("restored.db").display()));
    command
}

/// Runs a command that must succeed; its JSON.
async fn told(mut command: Command) -> Result<Value, String> {
    let output = spawn_blocking(move || command.output().unwrap()).await.unwrap();
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    serde_json::from_slice(&output.stdout).map_err(|why| why.to_string())
}
