//! What a loop tells the log of its trouble.

use crate::office::Refusal;
use crate::store::trouble::Trouble;

/// What was told so far: each cause once, and once that it is over. A database that is gone for an hour is one line, not a
/// thousand.
#[derive(Debug, Default)]
pub struct Troubled(Option<String>);

impl Troubled {
    /// A step of a loop failed.
    pub fn tell(&mut self, job: &'static str, error: &Refusal) {
        let known = if let Refusal::Store(error) = error { error.trouble() } else { Trouble::Other };
        let cause = if known == Trouble::Other { error.to_string() } else { known.as_str().to_owned() };
        if self.0.as_ref() != Some(&cause) {
            tracing::error!(%error, job, cause, "a step failed and is repeated until it works");
            self.0 = Some(cause);
        }
    }

    /// A step of a loop worked.
    pub fn over(&mut self, job: &'static str) {
        if let Some(cause) = self.0.take() {
            tracing::info!(job, cause, "works again");
        }
    }
}
