//! Figures as Markdown, and the list of what was broken.

use crate::stage::compare::Side;
use crate::verdict::Verdict;

/// Head of the main table; its columns are explained in `docs/reliability.md`.
const HEAD: [&str; 13] = [
    "stage",
    "ends",
    "presses",
    "people × pushes",
    "expired",
    "lost",
    "counted twice",
    "deliveries",
    "second copies",
    "flagged",
    "cut sends",
    "most per delivery",
    "false sent",
];

/// The run's figures, collected.
#[derive(Debug, Default)]
pub(crate) struct Report {
    rows: Vec<Vec<String>>,
    /// Other tables and lines, in order.
    more: Vec<String>,
    pub(crate) broken: Vec<String>,
}

impl Report {
    /// A row of the main table. `ends`: how often a service was ended.
    pub(crate) fn stage(&mut self, name: &str, ends: usize, verdicts: &[&Verdict]) {
        if verdicts.is_empty() {
            return;
        }
        let sum = |of: fn(&Verdict) -> usize| verdicts.iter().map(|v| of(v)).sum::<usize>().to_string();
        let most = verdicts.iter().map(|v| v.most).max().unwrap_or(0);
        self.rows.push(vec![
            name.to_owned(),
            ends.to_string(),
            sum(|v| v.presses),
            sum(|v| v.pairs),
            sum(|v| v.expired),
            sum(|v| v.lost),
            sum(|v| v.doubled),
            sum(|v| v.deliveries),
            sum(|v| v.duplicates),
            sum(|v| v.flagged),
            sum(|v| v.cut),
            most.to_string(),
            sum(|v| v.false_sent),
        ]);
        for verdict in verdicts {
            self.fail(name, &verdict.broken);
        }
    }

    /// What was broken in a stage.
    pub(crate) fn fail(&mut self, stage: &str, broken: &[String]) {
        self.broken.extend(broken.iter().map(|why| format!("{stage}: {why}")));
    }

    /// A line below the main table.
    pub(crate) fn line(&mut self, line: String) {
        self.more.push(line);
    }

    /// A table below the main one.
    pub(crate) fn table(&mut self, head: &[&str], rows: &[Vec<String>]) {
        self.more.push(format!("\n{}", markdown(head, rows)));
    }

    pub(crate) fn print(&self) {
        println!("\n{}", markdown(&HEAD, &self.rows));
        for line in &self.more {
            println!("{line}");
        }
        if self.broken.is_empty() {
            println!("\nEvery promise held.");
        } else {
            println!("\n{} promises were broken:", self.broken.len());
            for why in self.broken.iter().take(60) {
                println!("- {why}");
            }
        }
    }
}

/// The comparison.
pub(crate) fn compared(sides: &[Side], kills: usize) {
    let share = |side: &Side| {
        #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
        let share = side.lost as f64 * 100.0 / side.issued.max(1) as f64;
        format!("{share:.1} %")
    };
    let row = |side: &Side| {
        vec![side.name.to_owned(), kills.to_string(), side.issued.to_string(), side.lost.to_string(), share(side)]
    };
    let rows: Vec<Vec<String>> = sides.iter().map(row).collect();
    println!("\n{}", markdown(&["bot", "kill -9", "presses issued", "lost", "share"], &rows));
}

fn markdown(head: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let head: Vec<String> = head.iter().map(|cell| (*cell).to_owned()).collect();
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    line(&head) + &rule + &rows.iter().map(|row| line(row)).collect::<String>()
}
