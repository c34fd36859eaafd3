//! The program dies while it sets up its database or takes a file in; the same command then does it as if nothing had
//! happened. Half of a file is never there.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::office::{Size, roster_csv};
use crate::program;

/// People of the roster that is taken in.
const PEOPLE: Size = Size { groups: 10, people: 20 };
/// SIGABRT: how the program dies at a place.
const ABORT: i32 = 6;

fn run(folder: &Path, line: &str, order: Option<&str>) -> Output {
    let mut command = Command::new(program::path());
    command.args(line.split_whitespace()).current_dir(folder).env_clear();
    command.env("QINGFENG_CONTENT_DIR", concat!(env!("CARGO_MANIFEST_DIR"), "/content"));
    if let Some(order) = order {
        command.env("FAILPOINTS", order);
    }
    command.output().unwrap()
}

fn json(folder: &Path, line: &str) -> Value {
    serde_json::from_slice(&run(folder, line, None).stdout).unwrap_or_default()
}

fn died(output: &Output) -> bool {
    output.status.signal() == Some(ABORT)
}

/// Dies `times` times after a step of the schema, each time another one, then migrates again.
pub(crate) fn migrations(times: usize) -> Vec<String> {
    let steps = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/migrations/sqlite")).unwrap().count();
    let mut broken = Vec::new();
    for n in 0..times {
        let folder = tempfile::tempdir().unwrap();
        let order = format!("mid_migration={}*off->return", n % steps);
        let order = if n % steps == 0 { "mid_migration=return" } else { &order };
        if !died(&run(folder.path(), "db migrate", Some(order))) {
            broken.push(format!("mid_migration was not reached by {order}"));
        }
        let again = run(folder.path(), "db migrate", None);
        if !again.status.success() || json(folder.path(), "db check --json")["ok"] != true {
            let said = String::from_utf8_lossy(&again.stderr).into_owned();
            broken.push(format!("after {order} the database could not be brought up: {said}"));
        }
    }
    broken
}

/// Dies `times` times with a roster or the items half taken in; nothing of them is there, and the next try takes all.
pub(crate) fn imports(times: usize) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut broken = Vec::new();
    run(folder.path(), "db migrate", None);
    fs::write(folder.path().join("roster.csv"), roster_csv(PEOPLE)).unwrap();
    let count = |line: &str| json(folder.path(), line).as_array().map_or(0, Vec::len);
    for n in 0..times {
        let (import, list) =
            [("roster import roster.csv", "staff list --json"), ("content sync", "content list --json")][n % 2];
        if !died(&run(folder.path(), import, Some("mid_import=return"))) {
            broken.push(format!("mid_import was not reached by {import}"));
        }
        if count(list) != 0 {
            broken.push(format!("{import} left a part of its file behind"));
        }
    }
    for (import, list) in [("roster import roster.csv", "staff list --json"), ("content sync", "content list --json")] {
        let done = run(folder.path(), import, None);
        if !done.status.success() || count(list) == 0 {
            broken.push(format!("{import} did not work afterwards: {}", String::from_utf8_lossy(&done.stderr)));
        }
    }
    if json(folder.path(), "db check --json")["ok"] != true {
        broken.push("the database check fails after imports that were cut".to_owned());
    }
    broken
}
