//! What a process has cost so far, from `/proc`, and its flushes, from a library that counts them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Clock ticks of `/proc` in a second; the same on every Linux that is in use.
const TICKS: f64 = 100.0;

/// Seconds of processor time of a process with all its threads.
#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
pub(crate) fn processor(id: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
    let after_name = text.rsplit(')').next().unwrap();
    let ticks = |place: usize| after_name.split_whitespace().nth(place).unwrap().parse::<u64>().unwrap();
    (ticks(11) + ticks(12)) as f64 / TICKS
}

/// Most memory a process ever had resident, in MiB.
pub(crate) fn peak_mib(id: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    peak.trim().trim_end_matches(" kB").parse::<f64>().unwrap() / 1024.0
}

/// One-minute load of the machine.
pub(crate) fn load_average() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap();
    text.split_whitespace().next().unwrap_or_default().to_owned()
}

/// Counts the flushes of a program, and makes each take a set time.
#[derive(Debug)]
pub(crate) struct Flushes {
    library: PathBuf,
    count: PathBuf,
    us: u32,
}

impl Flushes {
    /// Compiles the library into a folder; `us` 0 only counts.
    pub(crate) fn new(folder: &Path, us: u32) -> Self {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/support/flush.c");
        let (library, count) = (folder.join("flush.so"), folder.join("flushes"));
        let mut compiler = Command::new("cc");
        let built = compiler.args(["-O2", "-shared", "-fPIC", "-o"]).arg(&library).arg(source).arg("-ldl").status();
        assert!(built.unwrap().success(), "the C compiler builds the library that counts flushes");
        fs::write(&count, [0; 8]).unwrap();
        Self { library, count, us }
    }

    /// A program that is to be started with it.
    pub(crate) fn dress(&self, command: &mut Command) {
        command.env("LD_PRELOAD", &self.library).env("QF_FLUSH_COUNT", &self.count);
        command.env("QF_FLUSH_US", self.us.to_string());
    }

    /// Flushes so far.
    pub(crate) fn so_far(&self) -> u64 {
        u64::from_ne_bytes(fs::read(&self.count).unwrap().try_into().unwrap())
    }
}
