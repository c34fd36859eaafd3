//! A person's own answers, shown to nobody else.

use std::collections::HashMap;

use super::try_of;
use crate::domain::quiz::{Tally, Try, tally};
use crate::ids::{PushId, StaffId};
use crate::office::Outcome;
use crate::store::{self, Tx};

/// How many questions of the month's pushes a person answered, and how many rightly; `None`: none.
pub(in crate::office) async fn own(tx: &mut Tx, staff: StaffId, month: &str) -> Outcome<Option<Tally>> {
    let pushes = store::quiz::answered_in(tx, staff, month).await?;
    if pushes.is_empty() {
        return Ok(None);
    }
    let pairs: Vec<(PushId, StaffId)> = pushes.iter().map(|push| (*push, staff)).collect();
    let mut tries: HashMap<PushId, HashMap<i64, Vec<Try>>> = HashMap::new();
    for row in store::quiz::answers(tx, &pairs).await? {
        tries.entry(row.push_id).or_default().entry(row.question).or_default().push(try_of(&row)?);
    }
    let mut sum = Tally::default();
    for row in store::quiz::asking(tx, &pushes).await? {
        let one = tally(tries.get(&row.push_id).into_iter().flat_map(HashMap::values), row.score);
        sum = Tally { answered: sum.answered + one.answered, right: sum.right + one.right };
    }
    Ok(Some(sum))
}
