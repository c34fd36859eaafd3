//! Whom an item is for, as editors write it and as it is printed after 适用.

use crate::domain::word::Kind;

/// Whom an item is for. Who of them is expected is decided later, per push.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Addressed {
    /// 全体
    Everyone,
    /// One or more kinds, in the order of `Kind`, each once.
    Kinds(Vec<Kind>),
}

/// 全体, in files and in print.
const EVERYONE: &str = "全体";

impl Addressed {
    /// Reads `全体`, or kinds joined by `、` as in the roster. The error is what is not understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == EVERYONE {
            return Ok(Self::Everyone);
        }
        if text.contains(EVERYONE) {
            return Err(text.to_owned());
        }
        let mut kinds = Vec::new();
        for word in text.split('、').map(str::trim) {
            let kind = Kind::ALL.iter().find(|kind| kind.label() == word);
            kinds.push(*kind.ok_or_else(|| word.to_owned())?);
        }
        kinds.sort_unstable();
        kinds.dedup();
        Ok(Self::Kinds(kinds))
    }

    /// As printed after 适用 and as read by `parse`.
    pub fn label(&self) -> String {
        match self {
            Self::Everyone => EVERYONE.to_owned(),
            Self::Kinds(kinds) => kinds.iter().map(|kind| kind.label()).collect::<Vec<_>>().join("、"),
        }
    }

    /// Whether a person of these kinds is addressed.
    pub fn includes(&self, kinds: &[Kind]) -> bool {
        match self {
            Self::Everyone => true,
            Self::Kinds(addressed) => addressed.iter().any(|kind| kinds.contains(kind)),
        }
    }
}
