//! Whether the report says what happened: its figures against those counted again from the sandbox's ledger.

use serde::Serialize;
use serde_json::Value;

use super::recompute::{Recomputed, recompute};

/// The figures that must agree, in the report's keys.
const KEYS: [&str; 12] = [
    "expected",
    "exempt",
    "acked",
    "on_time",
    "late",
    "missing",
    "undelivered",
    "in_doubt",
    "others",
    "rate",
    "on_time_rate",
    "rate_delivered",
];

/// A month that was played.
#[derive(Debug, Clone)]
pub struct Month {
    /// What `report month --format json` prints.
    pub report: Value,
    /// The same as text.
    pub text: String,
    /// What `GET /sandbox/ledger` answered at the end.
    pub ledger: Value,
    /// What the office knew by itself.
    pub cast: Value,
}

/// What `demo --once --json` prints.
#[derive(Debug, Serialize)]
pub struct Verdict<'a> {
    report: &'a Value,
    recomputed: Recomputed,
    /// Whether every figure of both is the same.
    pub equal: bool,
}

impl Verdict<'_> {
    /// 0 when the figures agree, 1 otherwise.
    pub fn exit_status(&self) -> u8 {
        u8::from(!self.equal)
    }
}

/// Counts the month again from its ledger and its cast file, and compares with its report.
pub fn judge(month: &Month) -> serde_json::Result<Verdict<'_>> {
    let recomputed = recompute(&month.ledger, &month.cast)?;
    let equal = agree(&month.report, &serde_json::to_value(&recomputed)?);
    Ok(Verdict { report: &month.report, recomputed, equal })
}

fn agree(report: &Value, recomputed: &Value) -> bool {
    same(&report["totals"], &recomputed["totals"], &[])
        && all_same((&report["units"], &recomputed["units"]), &["unit"])
        && all_same((&report["pushes"], &recomputed["pushes"]), &["at", "slug"])
}

fn all_same((one, other): (&Value, &Value), names: &[&str]) -> bool {
    match (one.as_array(), other.as_array()) {
        (Some(one), Some(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other, names))
        }
        _ => false,
    }
}

fn same(one: &Value, other: &Value, names: &[&str]) -> bool {
    KEYS.iter().chain(names).all(|key| !one[key].is_null() && one[key] == other[key])
}
