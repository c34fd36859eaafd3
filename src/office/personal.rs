//! Texts that must not tell of a person: those that are sent, and reasons, which stand in the ledger for ever.

use crate::domain::personal::{Personal, has_mobile, names_someone};
use crate::office::Outcome;
use crate::office::held::Held;
use crate::store::{self, Tx};

/// Whether someone on the roster is named in a text.
pub(super) async fn names(tx: &mut Tx, text: &str) -> Outcome<bool> {
    let people = store::staff::roster(tx).await?;
    Ok(names_someone(text, people.iter().map(|person| person.name.as_str())))
}

/// Refuses a reason that tells of a person: no entry of the ledger can be taken back.
pub(super) async fn reason(tx: &mut Tx, reason: &str) -> Outcome<()> {
    if has_mobile(reason) {
        return Err(Held::ReasonPersonal(Personal::Mobile).into());
    }
    if names(tx, reason).await? { Err(Held::ReasonPersonal(Personal::Name).into()) } else { Ok(()) }
}
