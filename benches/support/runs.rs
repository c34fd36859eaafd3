//! Figures of repeated runs, as a table of medians.

use std::collections::BTreeMap;

use crate::process;

/// One run of one program under one load.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Figures {
    pub(crate) per_second: f64,
    /// Milliseconds from press to answer.
    pub(crate) p50: f64,
    pub(crate) p99: f64,
    /// Seconds of processor time of the program for a thousand presses.
    pub(crate) processor: f64,
    /// MiB.
    pub(crate) memory: f64,
    /// Flushes per press.
    pub(crate) flushes: f64,
    /// Microseconds of processor time of the sandbox and the load in it, per press.
    pub(crate) load_us: f64,
}

/// Runs by name, in the order in which the names came first.
#[derive(Debug, Default)]
pub(crate) struct Table {
    names: Vec<String>,
    runs: BTreeMap<String, Vec<Figures>>,
    /// Runs in which not everything was answered in time, by name.
    broken_off: BTreeMap<String, usize>,
}

impl Table {
    /// Adds a run and says so at once, with the load of the machine: a benchmark that is broken off has shown something.
    pub(crate) fn add(&mut self, name: &str, figures: Figures) {
        let Figures { per_second, p99, processor, .. } = figures;
        let around = process::load_average();
        println!(
            "{name}: {per_second:.0}/s, p99 {p99:.0} ms, {processor:.3} s of processor / 1,000; load average {around}"
        );
        self.enlist(name);
        self.runs.entry(name.to_owned()).or_default().push(figures);
    }

    /// Counts a run that did not come to its end.
    pub(crate) fn broken_off(&mut self, name: &str) {
        println!("{name}: not everything was answered in time");
        self.enlist(name);
        *self.broken_off.entry(name.to_owned()).or_default() += 1;
    }

    fn enlist(&mut self, name: &str) {
        if !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// The median of one figure of a name's runs.
    pub(crate) fn median(&self, name: &str, of: fn(&Figures) -> f64) -> Option<f64> {
        let mut values: Vec<f64> = self.runs.get(name)?.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        let (upper, lower) = (values.len() / 2, (values.len() - 1) / 2);
        Some(f64::midpoint(values[lower], values[upper]))
    }

    pub(crate) fn print(&self, title: &str) {
        println!("\n{title}");
        println!(
            "| what | runs | presses/s (lowest to highest) | p50 ms | p99 ms | s of processor / 1,000 | MiB | flushes/press | load µs/press |"
        );
        println!("|---|---|---|---|---|---|---|---|---|");
        for name in &self.names {
            let broken_off = self.broken_off.get(name).copied().unwrap_or_default();
            let Some(runs) = self.runs.get(name) else {
                println!("| {name} | 0, {broken_off} broken off | | | | | | | |");
                continue;
            };
            let of = |figure| self.median(name, figure).unwrap_or_default();
            let number = match broken_off {
                0 => runs.len().to_string(),
                _ => format!("{}, {broken_off} broken off", runs.len()),
            };
            let all = runs.iter().map(|run| run.per_second);
            let (low, high) = (all.clone().fold(f64::MAX, f64::min), all.fold(0.0, f64::max));
            println!(
                "| {name} | {number} | {:.0} ({low:.0} to {high:.0}) | {:.0} | {:.0} | {:.3} | {:.1} | {:.3} | {:.1} |",
                of(|run| run.per_second),
                of(|run| run.p50),
                of(|run| run.p99),
                of(|run| run.processor),
                of(|run| run.memory),
                of(|run| run.flushes),
                of(|run| run.load_us),
            );
        }
    }

    /// How many times as fast the first is.
    pub(crate) fn ratio(&self, first: &str, second: &str) {
        let speed = |name| self.median(name, |run: &Figures| run.per_second);
        if let (Some(one), Some(other)) = (speed(first), speed(second)) {
            println!("{first} : {second} = {:.2}", one / other);
        }
    }
}
