//! What a figure was measured on: printed above every table, so that no figure travels without its machine.

use std::fs::{self, File};
use std::io::Write;
use std::process::Command;
use std::time::{Duration, Instant};

/// Prints processors, kernel, compiler profile and what one disk flush costs here.
pub(crate) fn print() {
    let processors = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    println!("machine: {processors} processors, Linux {}, flush {:?} (median of 50)", kernel.trim(), flush());
}

/// The commit that is checked out, `-dirty` when a file of it was changed: what is measured, if it was built from that.
#[allow(dead_code, reason = "several benchmarks share this file, and not all are quoted by their commit")]
pub(crate) fn commit() -> String {
    let mut git = Command::new("git");
    git.args(["describe", "--always", "--dirty"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let told = git.output().ok().filter(|output| output.status.success());
    told.map_or_else(|| "no commit".to_owned(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Median cost of one flush of four kilobytes to the disk that holds the temporary folder.
fn flush() -> Duration {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut file = File::create(folder.path().join("flush")).expect("a file");
    let samples = (0..50).map(|_| {
        time(|| {
            file.write_all(&[0; 4096]).expect("room on the disk");
            file.sync_data().expect("a disk that flushes");
        })
    });
    median(samples.collect())
}

/// How long one run takes.
#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time")]
pub(crate) fn time(run: impl FnOnce()) -> Duration {
    let start = Instant::now();
    run();
    start.elapsed()
}

/// The middle one of several measurements.
pub(crate) fn median(mut samples: Vec<Duration>) -> Duration {
    samples.sort_unstable();
    samples[samples.len() / 2]
}
