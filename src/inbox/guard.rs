//! Work on one update that must not bring the others down, whatever is in it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;

use futures::FutureExt;

use crate::office::{Outcome, Refusal};
use crate::store::trouble::Trouble as DatabaseTrouble;

/// Why work on an update came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum Trouble {
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error("the program panicked over it")]
    Panicked,
}

/// Whether the database keeps work from being done, whatever the update: full, locked, gone. Then nothing speaks against
/// the update, and nothing is gained by trying the next.
pub(super) fn is_database(refusal: &Refusal) -> bool {
    matches!(refusal, Refusal::Store(error) if error.trouble() != DatabaseTrouble::Other)
}

/// Runs work, which is boxed: it is deep, and stands on the stack of whoever stores a batch. A panic is an error like any
/// other. A transaction that was open is undone when its work is dropped.
pub(super) async fn guarded<T>(work: Pin<Box<impl Future<Output = Outcome<T>>>>) -> Result<T, Trouble> {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => Ok(outcome?),
        Err(_) => Err(Trouble::Panicked),
    }
}

/// Reads something out of an update; `None` after a panic.
pub(super) fn read<T>(look: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(look)).unwrap_or_else(|_| {
        tracing::error!("an update made the program panic when it was read; its text is kept");
        None
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::panic, reason = "what is tested")]

    use super::*;

    #[tokio::test]
    async fn a9_a_panic_is_an_error_like_any_other() {
        assert!(matches!(guarded(Box::pin(async { Ok(7) })).await, Ok(7)));
        assert!(matches!(guarded::<()>(Box::pin(async { panic!("poison") })).await, Err(Trouble::Panicked)));
        let refused = guarded::<()>(Box::pin(async { Err(Refusal::RosterEmpty) })).await;
        assert!(matches!(refused, Err(Trouble::Refused(Refusal::RosterEmpty))));
        assert_eq!(read::<()>(|| panic!("poison")), None);
        assert_eq!(read(|| Some(7)), Some(7));
    }
}
